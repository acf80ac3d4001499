"""Mappings as an SSSOM table: https://mapping-commons.github.io/sssom/spec-formats-tsv/."""

import re
from collections import Counter
from io import TextIOWrapper

from sqlalchemy import func, select

from kg.readers.identifiers import expanded
from kg.records import Mapping
from kg.store.mappings import read_mappings
from kg.store.schema import entity, term, triple
from kg.vocabulary import OWL, SSSOM, WELL_KNOWN_PREFIXES
from kg.writers.entities import counted
from kg.writers.selection import Selection
from kg.writers.surroundings import numbers_of
from kg.writers.written import Written

_UNSPECIFIED = "semapv:UnspecifiedMatching"
_COLUMNS = (
    "subject_id", "subject_label", "predicate_id", "predicate_modifier", "object_id",
    "object_label", "mapping_justification", "confidence",
)  # fmt: skip
_HELD = (
    OWL + "annotatedSource", OWL + "annotatedProperty", OWL + "annotatedTarget",
    *(SSSOM + column for column in _COLUMNS),
)  # fmt: skip
_CURIE = re.compile(r"([A-Za-z_][\w.-]*):([^\s/]\S*)")
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+|urn:\S+")


def write_sssom(selection: Selection, out: TextIOWrapper) -> Written:
    """A row for each mapping; a cross-reference is one of `oboInOwl:hasDbXref`."""
    iris = {source.iri for source in selection.sources}
    mappings = [m for m in read_mappings(selection.connection, None) if m.source in iris]
    prefixes = _prefixes(selection, mappings)
    lost = Counter[str]()
    rows = [row for mapping in mappings if (row := _row(mapping, prefixes, lost))]
    for line in _header(selection, prefixes):
        out.write(f"#{line}\n")
    out.write("\t".join(_COLUMNS) + "\n")
    out.writelines("\t".join(row) + "\n" for row in dict.fromkeys(rows))
    lost["other columns of mappings"] = _other_columns(selection)
    lost.update(counted(selection))
    return Written("mappings", len(dict.fromkeys(rows)), dict(lost))


def _header(selection: Selection, prefixes: dict[str, str]) -> list[str]:
    lines = ["curie_map:"] if prefixes else []
    lines += [f'  {name}: "{namespace}"' for name, namespace in sorted(prefixes.items())]
    licences = {source.licence for source in selection.sources}
    if len(selection.sources) == 1:
        lines.append(f'mapping_set_id: "{selection.sources[0].iri}"')
    if len(licences) == 1 and (licence := licences.pop()) and _IRI.fullmatch(licence):
        lines.append(f'license: "{licence}"')
    return lines


def _prefixes(selection: Selection, mappings: list[Mapping]) -> dict[str, str]:
    """What the prefixes of the CURIEs stand for, without those that every reader knows."""
    known = selection.prefixes()
    query = select(entity.c.curie, entity.c.iri)
    shown = {text for m in mappings for text in (m.subject, m.predicate, m.object)}
    found: dict[str, str] = {}
    for curie, iri in selection.connection.execute(query):
        local = curie.partition(":")[2]
        if curie in shown and curie != iri and local and iri.endswith(local):
            found.setdefault(curie.partition(":")[0], iri[: -len(local)])
    for text in sorted(shown):
        curie = None if _IRI.fullmatch(text) else _CURIE.fullmatch(text)
        if curie:
            iri = expanded(text, known)
            found.setdefault(curie[1], iri.removesuffix(curie[2]))
    return {name: iri for name, iri in found.items() if name not in WELL_KNOWN_PREFIXES}


def _row(mapping: Mapping, prefixes: dict[str, str], lost: Counter[str]) -> tuple[str, ...] | None:
    ids = (mapping.subject, mapping.predicate, mapping.object)
    if not all(_IRI.fullmatch(text) or _CURIE.fullmatch(text) for text in ids):
        lost["cross-references that are no identifier"] += 1
        return None
    sure = "" if mapping.confidence is None else f"{mapping.confidence:g}"
    cells = (
        mapping.subject, mapping.subject_label, mapping.predicate,
        "Not" if mapping.negated else "", mapping.object, mapping.object_label,
        mapping.justification or _UNSPECIFIED, sure,
    )  # fmt: skip
    return tuple(" ".join(cell.split()) for cell in cells)


def _other_columns(selection: Selection) -> int:
    """Triples about mappings, such as their authors and dates, that no column here holds."""
    listed = numbers_of(selection, [SSSOM + "mappings"])
    held = select(term.c.id).where(term.c.value.in_(_HELD))
    nodes = select(triple.c.object).where(
        triple.c.predicate.in_(listed.values()), selection.among(triple.c.source)
    )
    query = select(func.count()).where(
        triple.c.subject.in_(nodes),
        triple.c.predicate.not_in(held),
        selection.among(triple.c.source),
    )
    number = selection.connection.execute(query.select_from(triple)).scalar_one()
    types = select(func.count(func.distinct(triple.c.object))).where(
        triple.c.predicate.in_(listed.values()), selection.among(triple.c.source)
    )
    return number - selection.connection.execute(types).scalar_one()
