"""Identifiers that an entity had before, and the CURIE that stands for each today."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, bindparam, text

from kg.store.terms import IRI, LITERAL
from kg.vocabulary import ALTERNATIVE_ID, SKOS

NOTATION = SKOS + "notation"

_ENTITIES = """
SELECT entity.row, entity.iri, entity.curie, MAX(told.deprecated), MAX(told.replaced_by)
FROM entity JOIN description AS told ON told.row = entity.row
GROUP BY entity.row, entity.iri, entity.curie
ORDER BY entity.row
"""

_OTHER_IDS = text(
    """
SELECT DISTINCT old.value, entity.row FROM triple
JOIN term AS property ON property.id = triple.predicate
    AND property.kind = :iri AND property.value = :property
JOIN term AS old ON old.id = triple.object AND old.kind IN :kinds
JOIN term AS subject ON subject.id = triple.subject AND subject.kind = :iri
JOIN entity ON entity.iri = subject.value
ORDER BY old.value, entity.row
"""
).bindparams(bindparam("kinds", expanding=True))


def read_current_ids(connection: Connection) -> dict[str, str]:
    """Old identifier -> CURIE of the live entity that stands for it.

    Old are the CURIEs and IRIs of deprecated entities with a replacement (chains are followed to
    their end), then alternative ids (oboInOwl:hasAlternativeId), then notations (skos:notation).
    What identifies a live entity, or leads to several, is left out.
    """
    iris: dict[str, int] = {}
    curies: dict[int, str] = {}
    live: set[int] = set()
    replaced: dict[int, str] = {}
    for row, iri, curie, deprecated, heir in connection.execute(text(_ENTITIES)):
        iris[iri], curies[row] = row, curie
        if not deprecated:
            live.add(row)
        elif heir:
            replaced[row] = heir
    heirs = {row: iris[iri] for row, iri in replaced.items() if iri in iris}
    taken = {curies[row] for row in live} | {iri for iri, row in iris.items() if row in live}
    current: dict[str, str] = {}
    for iri, row in iris.items():
        end = _end_of(row, heirs, live)
        if end is not None and end != row:
            current.update({iri: curies[end], curies[row]: curies[end]})
    for meaning in (ALTERNATIVE_ID, NOTATION):
        values = {"property": meaning, "iri": IRI, "kinds": [IRI, LITERAL]}
        found = connection.execute(_OTHER_IDS, values)
        ends = ((old, _end_of(row, heirs, live)) for old, row in found)
        for old, row in _single(ends).items():
            if old not in taken:
                current.setdefault(old, curies[row])
    return current


def _end_of(row: int, heirs: Mapping[int, int], live: set[int]) -> int | None:
    """The live entity at the end of the replacements; None where there is none."""
    passed: set[int] = set()
    while row not in live:
        if row in passed or row not in heirs:
            return None
        passed.add(row)
        row = heirs[row]
    return row


def _single(pairs: Iterable[tuple[str, int | None]]) -> dict[str, int]:
    """Of pairs of an id and an entity, the ids that lead to one entity only."""
    found: dict[str, set[int]] = {}
    for old, row in pairs:
        if row is not None:
            found.setdefault(old, set()).add(row)
    return {old: rows.pop() for old, rows in found.items() if len(rows) == 1}
