"""What a file leaves to others and none has: ends of edges, and what its names belong to."""

from collections.abc import Iterator, Sequence

import numpy as np
from sqlalchemy import Connection, select, text

from kg.integer_rows import numbers_once
from kg.interpretation import Interpretation
from kg.kinds import NAMED
from kg.records import LoadWarning
from kg.store.dialects import LOOKUP, chunks
from kg.store.iris import number_of_iri
from kg.store.schema import description, entity
from kg.triples import Term
from kg.vocabulary import OWL

# IRIs by which the loaded ontologies can be imported.
_IMPORTABLE = """
SELECT source.iri FROM source
JOIN release ON release.id = source.release AND release.format <> ''
UNION SELECT version.value FROM triple
JOIN term AS version ON version.id = triple.object AND version.kind = 0
WHERE triple.predicate = :version
"""


def left_open(
    connection: Connection, meaning: Interpretation, terms: Sequence[Term]
) -> list[LoadWarning]:
    """Warnings of what no loaded file describes, of all that a file refers to.

    Args:
        connection: in a transaction, after the file was written.
        meaning: of the file.
        terms: of the file.
    """
    described = meaning.descriptions
    led_to = np.zeros(len(terms), dtype=np.bool_)
    led_to[meaning.edges.rows[:, 2]] = True
    led_to[described.entities] = False
    ends = meaning.edges.rows[:, 2]
    tails = [str(terms[n]) for n in numbers_once(ends[led_to[ends]]).tolist()]
    named = [str(terms[n]) for n in described.entities[described.kinds == NAMED].tolist()]
    return [
        *_undescribed(
            connection, tails, "Edges lead to {} entities that no loaded file describes: {}"
        ),
        *_undescribed(
            connection,
            named,
            "{} entities are only named here, and no loaded file describes them: {}",
            of_kind=True,
        ),
    ]


def importable(connection: Connection) -> frozenset[str]:
    """The IRIs and version IRIs of all loaded ontologies."""
    values = {"version": number_of_iri(connection, OWL + "versionIRI")}
    return frozenset(connection.execute(text(_IMPORTABLE), values).scalars())


def _undescribed(
    connection: Connection, wanted: Sequence[str], said: str, *, of_kind: bool = False
) -> Iterator[LoadWarning]:
    """A warning if some of these are told of by no source, or by none that tells their kind."""
    known = set[str]()
    for chunk in chunks(wanted, LOOKUP):
        query = select(entity.c.iri).join(description, description.c.row == entity.c.row)
        found = query.where(entity.c.iri.in_(chunk))
        if of_kind:
            found = found.where(description.c.kind != "")
        known.update(connection.execute(found).scalars())
    missing = [iri for iri in wanted if iri not in known]
    if missing:
        yield LoadWarning(0, 0, said.format(f"{len(missing):,}", ", ".join(missing[:3])))
