"""The triples of the store with their terms, now or as they were after some release."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from kg.store.reading import fetched
from kg.store.schema import past_triple, term, triple
from kg.store.terms import TRIPLE


class StoredTerm(NamedTuple):
    """A row of the term table; the value of a triple term is three numbers of others."""

    kind: int
    value: str
    datatype: str
    lang: str


class StoredQuad(NamedTuple):
    """A triple by the numbers of its terms; `graph` is -1 for the default graph."""

    subject: int
    predicate: int
    object: int
    graph: int


def stored_terms(connection: Connection) -> dict[int, StoredTerm]:
    """All terms by number, those of the past too."""
    columns = (term.c.id, term.c.kind, term.c.value, term.c.datatype, term.c.lang)
    return {row[0]: StoredTerm(*row[1:]) for row in fetched(connection, select(*columns))}


def stored_quads(
    connection: Connection, *, sources: Sequence[int] | None = None, at: int | None = None
) -> Iterator[StoredQuad]:
    """The triples, each once, by subject, predicate, object and graph.

    Args:
        connection: in a transaction.
        sources: the numbers of those whose triples are wanted; None for all.
        at: the number of the release after which they held; None for now.
    """
    columns = ("subject", "predicate", "object", "graph")
    now = select(*(triple.c[c] for c in columns))
    past = select(*(past_triple.c[c] for c in columns))
    if sources is not None:
        now = now.where(triple.c.source.in_(sources))
        past = past.where(past_triple.c.source.in_(sources))
    if at is None:
        rows = connection.execute(now.distinct().order_by(*(triple.c[c] for c in columns)))
    else:
        now = now.where(triple.c.added <= at)
        past = past.where(past_triple.c.added <= at, past_triple.c.removed > at)
        rows = connection.execute(now.union(past).order_by(*columns))
    for part in rows.yield_per(50_000).partitions():
        yield from map(StoredQuad._make, part)


def parts_of(found: StoredTerm) -> tuple[int, int, int]:
    """The numbers of the terms of which a triple term is made."""
    if found.kind != TRIPLE:
        raise ValueError(f"{found} is no triple term")
    subject, predicate, object_ = map(int, found.value.split())
    return subject, predicate, object_
