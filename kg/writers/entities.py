"""Entities with their names and edges, as the sources of a selection tell them, in a stream."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import func, select

from kg.languages import language_rank
from kg.store.dialects import LOOKUP
from kg.store.quads import StoredTerm
from kg.store.reading import DescriptionRow, combine, description_rows
from kg.store.schema import description, edge, entity, name, relation, term, triple
from kg.store.terms import IRI, LITERAL
from kg.writers.selection import Selection


class StoredName(NamedTuple):
    """A name; `kind` as in `kg.Name`."""

    text: str
    kind: str
    lang: str


class StoredEdge(NamedTuple):
    """An edge that leaves an entity, all IRIs; CURIEs as the knowledge base shows them."""

    relation: str
    relation_curie: str
    tail: str
    tail_curie: str
    origin: str


@dataclass
class StoredEntity:
    """One entity as the selection tells it.

    Args:
        row, iri, curie: as in `kg.Entity`.
        kind: the same; empty where the sources only give it names.
        label: the one that is shown; empty if none.
        deprecated: one source is enough.
        replaced_by: an IRI, or empty.
        definitions: text and language of each source's, the one that is shown first.
        names: all, the shown label first.
        edges: without the inferred ones.
        literals: of the predicates asked for.
    """

    row: int
    iri: str
    curie: str
    kind: str
    label: str
    deprecated: bool
    replaced_by: str
    definitions: list[tuple[str, str]]
    names: list[StoredName] = field(default_factory=list)
    edges: list[StoredEdge] = field(default_factory=list)
    literals: dict[str, list[StoredTerm]] = field(default_factory=dict)


def stored_entities(
    selection: Selection, *, literals: Sequence[str] = ()
) -> Iterator[StoredEntity]:
    """The entities that the selection's sources describe, by row.

    Args:
        selection: what is written.
        literals: IRIs of predicates whose literals are wanted too.
    """
    for found in described_batches(selection):
        _add_names(selection, found)
        _add_edges(selection, found)
        if literals:
            _add_literals(selection, found, literals)
        yield from found.values()


def described_batches(selection: Selection) -> Iterator[dict[int, StoredEntity]]:
    """The same by row, some hundreds at a time, without names, edges and literals."""
    told = select(description.c.row).where(selection.among(description.c.source))
    query = (
        select(entity.c.row, entity.c.iri, entity.c.curie)
        .where(entity.c.row.in_(told))
        .order_by(entity.c.row)
        .limit(LOOKUP)
    )
    last = -1
    while batch := selection.connection.execute(query.where(entity.c.row > last)).all():
        last = batch[-1].row
        yield _described(selection, [(row.row, row.iri, row.curie) for row in batch])


def counted(selection: Selection) -> dict[str, int]:
    """How many names, definitions and edges the selection has, to tell what a format leaves out."""
    told = {
        "names": (name, ("row", "text", "kind", "lang")),
        "edges": (edge, ("head", "relation", "tail")),
    }
    found = {}
    for what, (table, columns) in told.items():
        rows = select(*(table.c[c] for c in columns)).where(selection.among(table.c.source))
        query = select(func.count()).select_from(rows.distinct().subquery())
        found[what] = selection.connection.execute(query).scalar_one()
    described = description_rows(selection.connection, selection.among(description.c.source))
    found["definitions"] = sum(len(_definitions(rows)) for _, rows in described)
    return found


def _described(
    selection: Selection, batch: Iterable[tuple[int, str, str]]
) -> dict[int, StoredEntity]:
    entities = {row: (iri, curie) for row, iri, curie in batch}
    wanted = (description.c.row.in_(list(entities)), selection.among(description.c.source))
    found = {}
    for row, descriptions in description_rows(selection.connection, *wanted):
        whole = combine(descriptions)
        found[row] = StoredEntity(
            row=row,
            iri=entities[row][0],
            curie=entities[row][1],
            kind=whole.kind if any(d.kind for d in descriptions) else "",
            label=whole.label,
            deprecated=whole.deprecated,
            replaced_by=whole.replaced_by,
            definitions=sorted(
                _definitions(descriptions),
                key=lambda d: (d[0] != whole.definition, language_rank(d[1]), d),
            ),
        )
    return found


def _definitions(told: Iterable[DescriptionRow]) -> set[tuple[str, str]]:
    return {(one.definition, one.definition_lang) for one in told if one.definition}


def _add_names(selection: Selection, found: dict[int, StoredEntity]) -> None:
    query = (
        select(name.c.row, name.c.text, name.c.kind, name.c.lang)
        .where(name.c.row.in_(list(found)), selection.among(name.c.source))
        .order_by(name.c.row, name.c.id)
    )
    for row, *columns in selection.connection.execute(query):
        found[row].names.append(StoredName._make(columns))
    for told in found.values():
        shown = told.label
        told.names = sorted(
            dict.fromkeys(told.names),
            key=lambda n: (n.kind != "label" or n.text != shown, n.kind != "label"),
        )


def _add_edges(selection: Selection, found: dict[int, StoredEntity]) -> None:
    query = (
        select(
            edge.c.head, relation.c.iri, relation.c.curie, entity.c.iri, entity.c.curie,
            edge.c.origin,
        )
        .join(relation, relation.c.id == edge.c.relation)
        .join(entity, entity.c.row == edge.c.tail)
        .where(edge.c.head.in_(list(found)), selection.among(edge.c.source))
        .order_by(edge.c.head, edge.c.relation, edge.c.tail, edge.c.origin)
    )  # fmt: skip
    for row, *columns in selection.connection.execute(query):
        found[row].edges.append(StoredEdge._make(columns))
    for told in found.values():
        # one edge is enough of those that two sources state, or that are stated in two ways
        told.edges = list({(e.relation, e.tail): e for e in reversed(told.edges)}.values())[::-1]


def _add_literals(
    selection: Selection, found: dict[int, StoredEntity], predicates: Sequence[str]
) -> None:
    rows = {told.iri: row for row, told in found.items()}
    hashes = [zlib.crc32(iri.encode()) for iri in rows]
    subject, predicate, object_ = term.alias(), term.alias(), term.alias()
    query = (
        select(
            triple.c.subject, triple.c.predicate, triple.c.object, subject.c.value,
            predicate.c.value, object_.c.kind, object_.c.value, object_.c.datatype, object_.c.lang,
        )
        .select_from(subject)
        .join(triple, triple.c.subject == subject.c.id)
        .join(predicate, predicate.c.id == triple.c.predicate)
        .join(object_, object_.c.id == triple.c.object)
        .where(
            subject.c.hash.in_(hashes), subject.c.kind == IRI,
            predicate.c.value.in_(list(predicates)), object_.c.kind == LITERAL,
            selection.among(triple.c.source),
        )
        .order_by(triple.c.subject, triple.c.predicate, triple.c.object)
        .distinct()
    )  # fmt: skip
    for _, _, _, iri, used, *columns in selection.connection.execute(query):
        if iri in rows:
            literals = found[rows[iri]].literals.setdefault(used, [])
            literals.append(StoredTerm._make(columns))
