"""Answers from the tables that need no arrays: summary, one entity, axioms, names, version."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Connection, Executable, Row, func, literal, select, text

from kg.languages import language_of, language_rank
from kg.nearest import nearest_identifiers, unknown_entity
from kg.records import (
    Axiom,
    AxiomKind,
    Edge,
    Entity,
    EntityKind,
    Name,
    NameKind,
    RuleMode,
    Source,
    Summary,
)
from kg.store.iris import number_of_iri
from kg.store.schema import (
    SCHEMA_VERSION,
    axiom,
    description,
    edge,
    entity,
    name,
    relation,
    release,
    source,
    term,
    triple,
)
from kg.vocabulary import ALTERNATIVE_ID, BROADER, SUBCLASS_OF

REMOVED = ""
"""The format of a release that takes its source away."""

_NAME_ORDER = ("label", "exact", "narrow", "broad", "related", "hidden")

# Ancestors of :row by is-a, through entities that are described and not deprecated. UNION, not
# UNION ALL: so a cycle ends.
_ANCESTORS = """
WITH RECURSIVE
    is_a (id) AS (SELECT id FROM relation WHERE iri IN (:subclass, :broader)),
    above (row) AS (
        SELECT CAST(:row AS INTEGER)
        UNION
        SELECT edge.tail FROM above
        JOIN edge ON edge.head = above.row
        WHERE edge.relation IN (SELECT id FROM is_a)
        AND EXISTS (SELECT 1 FROM description WHERE row = edge.tail)
        AND NOT EXISTS (SELECT 1 FROM description WHERE row = edge.tail AND deprecated <> 0)
    )
SELECT entity.curie FROM above JOIN entity ON entity.row = above.row
WHERE above.row <> :row ORDER BY entity.row
"""

_PARENTS = """
SELECT DISTINCT entity.row, entity.curie FROM edge
JOIN relation ON relation.id = edge.relation
JOIN entity ON entity.row = edge.tail
WHERE edge.head = :row AND relation.iri IN (:subclass, :broader)
AND EXISTS (SELECT 1 FROM description WHERE row = edge.tail)
AND NOT EXISTS (SELECT 1 FROM description WHERE row = edge.tail AND deprecated <> 0)
ORDER BY entity.row
"""

_NEW_NAME = """
SELECT entity.curie FROM triple
JOIN term AS old ON old.id = triple.object AND old.kind = 2 AND old.value = :identifier
JOIN term AS subject ON subject.id = triple.subject
JOIN entity ON entity.iri = subject.value
WHERE triple.predicate = :property
"""


class Combined(NamedTuple):
    """What all sources together say of one entity."""

    kind: EntityKind
    label: str
    definition: str
    deprecated: bool
    replaced_by: str


class DescriptionRow(NamedTuple):
    """What one source says of one entity: a row of the description table, and its definition."""

    kind: str
    label: str
    label_lang: str
    definition: str
    definition_lang: str
    deprecated: int
    replaced_by: str


def combine(found: Sequence[DescriptionRow]) -> Combined:
    """One description out of those of several sources.

    The oldest source that tells a kind decides it; label and definition are the English ones if
    there are any, then those without a language; one source is enough to deprecate.

    Args:
        found: one at least, the oldest source first.
    """
    first = found[0]
    if len(found) > 1:
        labels = [d for d in found if d.label]
        definitions = [d for d in found if d.definition]
        label = min(labels, key=lambda d: language_rank(d.label_lang), default=first)
        defined = min(definitions, key=lambda d: language_rank(d.definition_lang), default=first)
        first = DescriptionRow(
            kind=next((d.kind for d in found if d.kind), ""),
            label=label.label,
            label_lang=label.label_lang,
            definition=defined.definition,
            definition_lang=defined.definition_lang,
            deprecated=max(d.deprecated for d in found),
            replaced_by=next((d.replaced_by for d in found if d.replaced_by), ""),
        )
    return Combined(
        kind=cast(EntityKind, first.kind or "individual"),
        label=first.label,
        definition=first.definition,
        deprecated=bool(first.deprecated),
        replaced_by=first.replaced_by,
    )


def combined_rows(
    connection: Connection, rows: Iterable[int] | None = None, *, definitions: bool = True
) -> dict[int, Combined]:
    """What is said of these entities (all, if None), by row; without those nobody describes.

    Args:
        connection: in a transaction.
        rows: of the entities.
        definitions: whether to read the definitions too.
    """
    wanted = () if rows is None else (description.c.row.in_(list(rows)),)
    found = {}
    for told in _told(connection, wanted, definitions=definitions):
        row, kind, label, _, text, _, gone, other = told[0]
        if len(told) == 1:  # as `combine` does, in half the time
            whole = Combined(
                cast(EntityKind, kind or "individual"), label, text.strip(), bool(gone), other
            )
        else:
            whole = combine(list(map(_description, told)))
        found[row] = whole
    return found


def description_rows(
    connection: Connection, *conditions: ColumnElement[bool], definitions: bool = True
) -> Iterator[tuple[int, list[DescriptionRow]]]:
    """What the sources say of each entity, the oldest source first; by row.

    Args:
        connection: in a transaction.
        conditions: on the description table.
        definitions: whether to read the definitions too.
    """
    for told in _told(connection, conditions, definitions=definitions):
        yield told[0][0], list(map(_description, told))


def _told(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], *, definitions: bool
) -> Iterator[list[tuple[Any, ...]]]:
    """For each entity, by row, what `_description` reads: the oldest source first."""
    text, lang = (term.c.value, term.c.lang) if definitions else (literal(""), literal(""))
    columns = (
        description.c.row, description.c.kind, description.c.label, description.c.label_lang,
        func.coalesce(text, ""), func.coalesce(lang, ""),
        description.c.deprecated, description.c.replaced_by,
    )  # fmt: skip
    query = select(*columns).where(*conditions)
    if definitions:
        defined = description.outerjoin(term, term.c.id == description.c.definition)
        query = query.select_from(defined)
    query = query.order_by(description.c.row, description.c.source)
    for _, told in groupby(fetched(connection, query), key=itemgetter(0)):
        yield list(told)


def _description(told: tuple[Any, ...]) -> DescriptionRow:
    _, kind, label, lang, text, text_lang, gone, other = told
    return DescriptionRow(kind, label, lang, text.strip(), language_of(text_lang), gone, other)


def property_rows(connection: Connection) -> set[int]:
    """The entities that are properties: the oldest source that tells a kind decides, as above."""
    row, kind = description.c.row, description.c.kind
    perhaps = select(row).where(kind == "property")
    query = select(row, kind).where(row.in_(perhaps), kind != "")
    kinds = dict(fetched(connection, query.order_by(description.c.source.desc())))
    return {row for row, kind in kinds.items() if kind == "property"}


def fetched(connection: Connection, query: Executable) -> Sequence[tuple[Any, ...]]:
    """All rows of a query as the driver's own tuples, several times as fast as SQLAlchemy's."""
    cursor = connection.execute(query).cursor
    return [] if cursor is None else cast(Sequence[tuple[Any, ...]], cursor.fetchall())


def read_version(connection: Connection) -> str:
    """Hexadecimal SHA-256 over the sorted hashes of the sources."""
    query = select(release.c.sha256).join(source, source.c.release == release.c.id)
    hashes = sorted(connection.execute(query.where(release.c.format != REMOVED)).scalars())
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def read_summary(connection: Connection) -> Summary:
    """Counts and sources."""
    sources = read_sources(connection)
    properties = select(description.c.row).where(description.c.kind == "property")
    entities = select(func.count(func.distinct(description.c.row))).where(
        description.c.row.not_in(properties)
    )
    property_iris = select(entity.c.iri).where(entity.c.row.in_(properties))
    used = select(relation.c.iri).where(relation.c.id.in_(select(edge.c.relation)))
    relations = set(connection.execute(property_iris.union(used)).scalars())
    stated = connection.execute(select(func.count()).select_from(axiom)).scalar_one()
    return Summary(
        triples=connection.execute(select(func.count()).select_from(triple)).scalar_one(),
        entities=connection.execute(entities).scalar_one(),
        names=connection.execute(select(func.count()).select_from(name)).scalar_one(),
        relations=len(relations | {SUBCLASS_OF}) if sources else 0,
        axioms=stated + len(_derived_axioms(connection)),
        schema_version=SCHEMA_VERSION,
        sources=sources,
    )


def read_sources(connection: Connection) -> tuple[Source, ...]:
    """What each source holds now, in the order of their first loading."""
    query = select(source.c.iri, release).join(release, release.c.id == source.c.release)
    query = query.where(release.c.format != REMOVED)
    return tuple(map(as_source, connection.execute(query.order_by(source.c.id))))


def as_source(row: Row[Any]) -> Source:
    """A row of the release table, with the IRI of its source, as a record."""
    return Source(
        iri=row.iri,
        version=row.version,
        format=row.format,
        licence=row.licence,
        spdx=row.spdx,
        redistributable={1: True, 0: False}.get(row.redistributable),
        sha256=row.sha256,
        triples=row.triples,
        path=row.path,
    )


def read_axioms(connection: Connection) -> tuple[Axiom, ...]:
    """All axioms: those of the axiom table, then subclass and some-values from the edges."""
    query = select(axiom, source.c.iri).join(source, source.c.id == axiom.c.source)
    stated = [
        Axiom(
            kind=cast(AxiomKind, row.kind),
            arguments=tuple(json.loads(row.arguments)),
            weight=row.weight,
            mode=cast(RuleMode, row.mode),
            source=row.iri,
        )
        for row in connection.execute(query.order_by(axiom.c.id))
    ]
    return (*stated, *_derived_axioms(connection))


def _derived_axioms(connection: Connection) -> list[Axiom]:
    head, tail = entity.alias("head"), entity.alias("tail")
    query = (
        select(
            head.c.curie, relation.c.iri, relation.c.curie, tail.c.curie, edge.c.origin,
            source.c.iri,
        )
        .join(head, head.c.row == edge.c.head)
        .join(tail, tail.c.row == edge.c.tail)
        .join(relation, relation.c.id == edge.c.relation)
        .join(source, source.c.id == edge.c.source)
        .where((relation.c.iri == SUBCLASS_OF) | (edge.c.origin == "restriction"))
        .order_by(edge.c.head, edge.c.relation, edge.c.tail)
    )  # fmt: skip
    found = []
    for child, iri, curie, parent, origin, where in connection.execute(query):
        if iri == SUBCLASS_OF and origin != "restriction":
            found.append(Axiom("subclass", (child, parent), source=where))
        else:
            found.append(Axiom("some", (child, curie, parent), source=where))
    return found


def read_entity(connection: Connection, identifier: str, *, location: str) -> Entity:
    """One entity with names, parents, ancestors and edges.

    Raises:
        UnknownEntityError: no source describes it.
    """
    known = connection.execute(
        select(entity)
        .where((entity.c.curie == identifier) | (entity.c.iri == identifier))
        .order_by(entity.c.curie != identifier)
        .limit(1)
    ).one_or_none()
    told = combined_rows(connection, [known.row]).get(known.row) if known else None
    if known is None or told is None:
        raise _unknown(connection, identifier, location=location, referred=known is not None)
    values = {"row": known.row, "subclass": SUBCLASS_OF, "broader": BROADER}
    replaced_by = connection.execute(
        select(entity.c.curie).where(entity.c.iri == told.replaced_by)
    ).scalar()
    return Entity(
        curie=known.curie,
        iri=known.iri,
        label=told.label or known.curie,
        definition=told.definition,
        kind=told.kind,
        names=_names_of(connection, known.row),
        parents=_curies(connection, _PARENTS, values),
        ancestors=_curies(connection, _ANCESTORS, values),
        edges=_edges_of(connection, known.row),
        deprecated=told.deprecated,
        replaced_by=replaced_by or told.replaced_by or None,
    )


def _names_of(connection: Connection, row: int) -> tuple[Name, ...]:
    found = {
        Name(text=n.text, kind=cast(NameKind, n.kind), lang=n.lang)
        for n in connection.execute(select(name).where(name.c.row == row))
    }
    return tuple(sorted(found, key=lambda n: (_NAME_ORDER.index(n.kind), n.lang, n.text)))


def _edges_of(connection: Connection, row: int) -> tuple[Edge, ...]:
    query = (
        select(relation.c.curie, entity.c.curie, edge.c.origin)
        .join(relation, relation.c.id == edge.c.relation)
        .join(entity, entity.c.row == edge.c.tail)
        .where(edge.c.head == row)
        .order_by(edge.c.relation, edge.c.tail, edge.c.origin)
    )
    found = dict.fromkeys(tuple(found) for found in connection.execute(query))
    return tuple(Edge(*row) for row in found)


def _unknown(
    connection: Connection, identifier: str, *, location: str, referred: bool
) -> Exception:
    curies = connection.execute(
        select(entity.c.curie).where(entity.c.row.in_(select(description.c.row)))
    ).scalars()
    known = list(curies)
    property_ = number_of_iri(connection, ALTERNATIVE_ID)
    new = _curies(connection, _NEW_NAME, {"property": property_, "identifier": identifier})
    remark = ""
    if new:
        remark = f"It is now {new[0]}."
    elif referred:
        remark = "Edges lead to it, or a source described it once; none describes it now."
    return unknown_entity(
        identifier,
        count=len(known),
        near=nearest_identifiers(identifier, known),
        where=location,
        remark=remark,
    )


def _curies(connection: Connection, sql: str, values: dict[str, object]) -> tuple[str, ...]:
    """The column `curie` of a query."""
    return tuple(row.curie for row in connection.execute(text(sql), values))
