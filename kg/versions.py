"""What differs between two states of a knowledge base: the release report.

A release that moves a few classes changes the ancestors of thousands; who trained on the old one is
to know which. Counted are entities that are no properties.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64
from sqlalchemy import Connection, Table, select

from kg.closure import transitive_closure
from kg.csr import Csr, csr_of_pairs
from kg.records import Deprecation, Difference, Labelled, Relabelling, Reparenting
from kg.store.dialects import LOOKUP, chunks
from kg.store.iris import number_of_iri
from kg.store.reading import (
    Combined,
    DescriptionRow,
    combine,
    combined_rows,
    fetched,
    property_rows,
)
from kg.store.schema import description, edge, entity, name, relation, telling, term, triple
from kg.vocabulary import BROADER, CONSIDER, SUBCLASS_OF

_MOST_PAIRS = 500_000_000
_Pairs = Int64[np.ndarray, "_ 2"]
_Rows = Int64[np.ndarray, " _"]
_Row = tuple[Any, ...]
_Names = frozenset[_Row]


@dataclass(frozen=True)
class State:
    """What a difference is made of; read at one moment.

    Names and what is told are all there is, or at least what differs from another state.

    Args:
        curies: of all rows, described or not.
        iris: the CURIE of each IRI.
        described: the rows of all entities that are described and no property.
        is_a: child and parent of the whole hierarchy, each pair once.
        told: by row, of entities that are described and no property.
        names: row, text, kind and language.
        edges: head, relation and tail as `relation.id`, each once.
        consider: of the IRI of what is deprecated, IRIs or texts of what may stand for it.
    """

    curies: dict[int, str]
    iris: dict[str, str]
    described: _Rows
    is_a: _Pairs
    told: dict[int, Combined]
    names: frozenset[tuple[Any, ...]]
    edges: frozenset[tuple[Any, ...]]
    consider: dict[str, tuple[str, ...]]


class Watch:
    """Keeps account of what a load changes, and tells the difference that it makes.

    The state before is that after the load with all changes undone, so it is not read.
    """

    def __init__(self) -> None:
        self._changes: dict[str, list[tuple[int, Collection[_Row], Collection[_Row]]]] = {
            table.name: [] for table in (description, name, edge)
        }

    def note(
        self, table: Table, source: int, gone: Collection[_Row], added: Collection[_Row]
    ) -> None:
        """What changes in a table.

        Args:
            table: of descriptions, names or edges.
            source: of the rows.
            gone, added: rows of the columns `telling` of the table.
        """
        self._changes[table.name].append((source, gone, added))

    def difference(self, connection: Connection) -> Difference:
        """What has changed.

        Args:
            connection: in the transaction of the load, when all is written.
        """
        described, described_before = self._rows(connection, description)
        edges, edges_before = self._rows(connection, edge)
        names, names_before = self._names(connection)
        new = replace(
            _known(connection),
            told=_combined(described),
            names=names,
            edges=frozenset(row[1:4] for row in edges),
        )
        old = replace(
            new,
            told=_combined(described_before),
            names=names_before,
            edges=frozenset(row[1:4] for row in edges_before),
        )
        same = np.setdiff1d(new.described, list(new.told), assume_unique=True)
        is_a_numbers = list(connection.execute(_IS_A).scalars())
        below = np.isin(new.is_a[:, 0], [head for head, *_ in new.edges])
        pairs = {(head, tail) for head, number, tail in old.edges if number in is_a_numbers}
        old = replace(
            old,
            described=np.concatenate([same, np.array([*old.told], dtype=np.int64)]),
            is_a=np.concatenate([new.is_a[~below], _pairs(sorted(pairs))]),
        )
        return difference(old, new)

    def _rows(self, connection: Connection, table: Table) -> tuple[set[_Row], set[_Row]]:
        """What a table tells of the entities that changed, and what it told; the source first."""
        changes = self._changes[table.name]
        entities = {row[0] for _, gone, added in changes for row in chain(gone, added)}
        columns = telling(table)
        query = select(table.c.source, *columns)
        now = set[_Row]()
        for chunk in chunks(sorted(entities), LOOKUP):
            now.update(fetched(connection, query.where(columns[0].in_(chunk))))
        before = now.copy()
        for source, gone, added in reversed(changes):
            before.difference_update((source, *row) for row in added)
            before.update((source, *row) for row in gone)
        return now, before

    def _names(self, connection: Connection) -> tuple[_Names, _Names]:
        """The names that changed: those that hold, and those that held; several may tell one."""
        changes = self._changes[name.name]
        gone = Counter(row[:4] for _, rows, _ in changes for row in rows)
        added = Counter(row[:4] for *_, rows in changes for row in rows)
        changed = gone.keys() | added.keys()
        now = Counter[_Row]()
        query = select(name.c.row, name.c.text, name.c.kind, name.c.lang)
        for chunk in chunks(sorted({row for row, *_ in changed}), LOOKUP):
            found = fetched(connection, query.where(name.c.row.in_(chunk)))
            now.update(row for row in found if row in changed)
        before = (row for row in changed if now[row] - added[row] + gone[row])
        return frozenset(now), frozenset(before)


def read_state(connection: Connection) -> State:
    """The state of the knowledge base behind a connection."""
    told = combined_rows(connection, definitions=False)
    return replace(
        _known(connection),
        told={row: found for row, found in told.items() if found.kind != "property"},
        names=frozenset(
            fetched(connection, select(name.c.row, name.c.text, name.c.kind, name.c.lang))
        ),
        edges=frozenset(fetched(connection, select(edge.c.head, edge.c.relation, edge.c.tail))),
    )


_IS_A = select(relation.c.id).where(relation.c.iri.in_((SUBCLASS_OF, BROADER)))


def _known(connection: Connection) -> State:
    """The state without what is said of single entities."""
    known = fetched(connection, select(entity.c.row, entity.c.iri, entity.c.curie))
    query = select(edge.c.head, edge.c.tail).where(edge.c.relation.in_(_IS_A)).distinct()
    return State(
        curies={row: curie for row, _, curie in known},
        iris={iri: curie for _, iri, curie in known},
        described=_described(connection),
        is_a=_pairs(fetched(connection, query.order_by(edge.c.head, edge.c.tail))),
        told={},
        names=frozenset(),
        edges=frozenset(),
        consider=_consider(connection),
    )


def _described(connection: Connection) -> _Rows:
    row = description.c.row
    rows = fetched(connection, select(row).distinct().order_by(row))
    described = np.fromiter(chain.from_iterable(rows), dtype=np.int64)
    return np.setdiff1d(described, list(property_rows(connection)), assume_unique=True)


def _pairs(rows: Iterable[tuple[Any, ...]]) -> _Pairs:
    return np.fromiter(chain.from_iterable(rows), dtype=np.int64).reshape(-1, 2)


def _combined(rows: Iterable[_Row]) -> dict[int, Combined]:
    """What rows of `description`, each behind its source, tell of what is no property."""
    found = {}
    in_order = sorted(rows, key=itemgetter(1, 0))
    for row, told in groupby(in_order, key=itemgetter(1)):
        whole = combine(
            [
                DescriptionRow(kind, label, lang, "", "", gone, other)
                for _, _, kind, label, lang, _, gone, other in told
            ]
        )
        if whole.kind != "property":
            found[row] = whole
    return found


def _consider(connection: Connection) -> dict[str, tuple[str, ...]]:
    subject, other = term.alias(), term.alias()
    query = (
        select(subject.c.value, other.c.value)
        .select_from(triple)
        .join(subject, subject.c.id == triple.c.subject)
        .join(other, other.c.id == triple.c.object)
        .where(triple.c.predicate == number_of_iri(connection, CONSIDER))
        .order_by(subject.c.value, other.c.value)
    )
    found: dict[str, tuple[str, ...]] = {}
    for iri, value in connection.execute(query):
        found[iri] = (*found.get(iri, ()), value)
    return found


def difference(old: State, new: State) -> Difference:
    """What differs between two states of one knowledge base, whose rows are the same."""
    was, now = old.told, new.told
    both = sorted(was.keys() & now.keys())
    curies = {**old.curies, **new.curies}
    count = max(curies, default=-1) + 1
    before, after = (csr_of_pairs(s.is_a[:, 0], s.is_a[:, 1], count) for s in (old, new))
    in_both = np.zeros(count, dtype=np.bool_)
    in_both[np.intersect1d(old.described, new.described)] = True
    kept = in_both.copy()
    kept[[row for row in both if now[row].deprecated and not was[row].deprecated]] = False
    return Difference(
        added=tuple(_labelled(new, sorted(now.keys() - was.keys()))),
        removed=tuple(_labelled(old, sorted(was.keys() - now.keys()))),
        deprecated=tuple(_deprecated(old, new)),
        relabelled=tuple(
            Relabelling(curies[row], was[row].label, now[row].label)
            for row in both
            if was[row].label != now[row].label
        ),
        reparented=tuple(
            _reparenting(row, before, after, curies.__getitem__)
            for row in np.flatnonzero(_different(before, after) & kept).tolist()
        ),
        ancestors_changed=tuple(
            curies[row]
            for row in np.flatnonzero(_different(_above(before), _above(after)) & kept).tolist()
        ),
        renamed=tuple(
            curies[row]
            for row in sorted({found[0] for found in old.names ^ new.names})
            if in_both[row]
        ),
        edges_added=len(new.edges - old.edges),
        edges_removed=len(old.edges - new.edges),
    )


def _labelled(state: State, rows: list[int]) -> Iterator[Labelled]:
    for row in rows:
        yield Labelled(state.curies[row], state.told[row].label or state.curies[row])


def _deprecated(old: State, new: State) -> Iterator[Deprecation]:
    iris = {curie: iri for iri, curie in new.iris.items()}
    for row, found in sorted(new.told.items()):
        before = old.told.get(row)
        if found.deprecated and before is not None and not before.deprecated:
            other = new.iris.get(found.replaced_by, found.replaced_by)
            curie = new.curies[row]
            suggested = new.consider.get(iris[curie], ())
            consider = tuple(new.iris.get(value, value) for value in suggested)
            yield Deprecation(curie, before.label or curie, other or None, consider)


def _above(up: Csr) -> Csr:
    found = transitive_closure(up, most_pairs=_MOST_PAIRS)
    if found is None:
        raise MemoryError(f"the hierarchy has more than {_MOST_PAIRS:,} pairs of ancestors")
    return found.up


def _different(old: Csr, new: Csr) -> Bool[np.ndarray, " row"]:
    """Rows that have other neighbours."""
    changed = old.counts() != new.counts()
    same = np.flatnonzero(~changed)
    left, right = old.gathered(same), new.gathered(same)
    unequal = left.place[left.neighbour != right.neighbour]
    changed[same[unequal]] = True
    return np.asarray(changed)


def _reparenting(row: int, old: Csr, new: Csr, curie: Callable[[int], str]) -> Reparenting:
    before, after = set(old.of(row).tolist()), set(new.of(row).tolist())
    added, removed = (tuple(map(curie, sorted(s))) for s in (after - before, before - after))
    return Reparenting(curie(row), added, removed)
