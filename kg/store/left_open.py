"""What a file leaves to others and none has: ends of edges, and what its names belong to."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, select, text

from kg.interpretation import Interpretation
from kg.records import LoadWarning
from kg.store.dialects import chunks
from kg.store.iris import number_of_iri
from kg.store.schema import description, entity
from kg.vocabulary import OWL

_LOOKUP = 500

# IRIs by which the loaded ontologies can be imported.
_IMPORTABLE = """
SELECT source.iri FROM source
JOIN release ON release.id = source.release AND release.format <> ''
UNION SELECT version.value FROM triple
JOIN term AS version ON version.id = triple.object AND version.kind = 0
WHERE triple.predicate = :version
"""


def left_open(connection: Connection, meaning: Interpretation) -> list[LoadWarning]:
    """Warnings of what no loaded file describes, of all that a file refers to."""
    described = meaning.descriptions
    tails = dict.fromkeys(e.tail for e in meaning.edges if e.tail not in described)
    named = [iri for iri, found in described.items() if not found.kind]
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
    connection: Connection, iris: Iterable[str], said: str, *, of_kind: bool = False
) -> Iterator[LoadWarning]:
    """A warning if some of these are told of by no source, or by none that tells their kind."""
    wanted = list(iris)
    known = set[str]()
    for chunk in chunks(wanted, _LOOKUP):
        query = select(entity.c.iri).join(description, description.c.row == entity.c.row)
        found = query.where(entity.c.iri.in_(chunk))
        if of_kind:
            found = found.where(description.c.kind != "")
        known.update(connection.execute(found).scalars())
    missing = [iri for iri in wanted if iri not in known]
    if missing:
        yield LoadWarning(0, 0, said.format(f"{len(missing):,}", ", ".join(missing[:3])))
