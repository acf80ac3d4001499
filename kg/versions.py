"""What differs between two states of a knowledge base: the release report.

A release that moves a few classes changes the ancestors of thousands; who trained on the old one is
to know which. Counted are entities that are no properties.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64
from sqlalchemy import Connection, select

from kg.closure import transitive_closure
from kg.csr import Csr, csr_of_pairs
from kg.records import Deprecation, Difference, Labelled, Relabelling, Reparenting
from kg.store.dialects import LOOKUP, chunks
from kg.store.iris import number_of_iri
from kg.store.reading import Combined, combined_rows, fetched
from kg.store.schema import description, edge, entity, name, relation, term, triple
from kg.vocabulary import BROADER, CONSIDER, SUBCLASS_OF

_MOST_PAIRS = 500_000_000
_Pairs = Int64[np.ndarray, "_ 2"]
_Rows = Int64[np.ndarray, " _"]


@dataclass(frozen=True)
class Details:
    """What is said of some entities, by row.

    Args:
        told: of those that are described and no property.
        edges: head, relation and tail as `relation.id`, each once; of these heads.
        names: row, text, kind and language.
    """

    told: dict[int, Combined]
    edges: frozenset[tuple[Any, ...]]
    names: frozenset[tuple[Any, ...]]


@dataclass(frozen=True)
class State:
    """What a difference is made of; read at one moment.

    Args:
        curies: of all rows, described or not.
        iris: the CURIE of each IRI.
        described: the rows of all entities that are described and no property.
        is_a: child and parent, each pair once.
        details: of all entities that may have changed.
        consider: of the IRI of what is deprecated, IRIs or texts of what may stand for it.
    """

    curies: dict[int, str]
    iris: dict[str, str]
    described: _Rows
    is_a: _Pairs
    details: Details
    consider: dict[str, tuple[str, ...]]


class Watch:
    """Sees what a load changes: of each entity it reads the state when that is about to change.

    Args:
        connection: in the transaction of the load, before anything is written.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._described = _described(connection)
        self._is_a = _is_a(connection)
        self._seen: set[int] = set()
        self._details: list[Details] = []

    def note(self, rows: Iterable[int]) -> None:
        """Read what is said of entities that are about to change, unless they have already."""
        new = set(rows) - self._seen
        self._seen |= new
        self._details.append(_details(self._connection, sorted(new)))

    def difference(self) -> Difference:
        """What has changed since the beginning."""
        new = read_state(self._connection, rows=sorted(self._seen))
        details = Details(
            told=dict(chain.from_iterable(d.told.items() for d in self._details)),
            edges=frozenset(chain.from_iterable(d.edges for d in self._details)),
            names=frozenset(chain.from_iterable(d.names for d in self._details)),
        )
        # entities keep their rows and CURIEs
        old = replace(new, described=self._described, is_a=self._is_a, details=details)
        return difference(old, new)


def read_state(connection: Connection, rows: Sequence[int] | None = None) -> State:
    """The state of the knowledge base behind a connection.

    Args:
        connection: in a transaction.
        rows: of the entities that may differ from another state; None for all.
    """
    known = fetched(connection, select(entity.c.row, entity.c.iri, entity.c.curie))
    return State(
        curies={row: curie for row, _, curie in known},
        iris={iri: curie for _, iri, curie in known},
        described=_described(connection),
        is_a=_is_a(connection),
        details=_details(connection, rows),
        consider=_consider(connection),
    )


def _described(connection: Connection) -> _Rows:
    row, kind = description.c.row, description.c.kind
    rows = fetched(connection, select(row).distinct().order_by(row))
    described = np.fromiter(chain.from_iterable(rows), dtype=np.int64)
    perhaps = select(row).where(kind == "property")
    query = select(row, kind).where(row.in_(perhaps), kind != "")
    # the oldest source that tells a kind decides it, as in `combine`
    kinds = dict(fetched(connection, query.order_by(description.c.source.desc())))
    properties = [row for row, kind in kinds.items() if kind == "property"]
    return described[~np.isin(described, properties)]


def _is_a(connection: Connection) -> _Pairs:
    numbers = select(relation.c.id).where(relation.c.iri.in_((SUBCLASS_OF, BROADER)))
    query = select(edge.c.head, edge.c.tail).where(edge.c.relation.in_(numbers)).distinct()
    pairs = fetched(connection, query.order_by(edge.c.head, edge.c.tail))
    return np.fromiter(chain.from_iterable(pairs), dtype=np.int64).reshape(-1, 2)


def _details(connection: Connection, rows: Sequence[int] | None) -> Details:
    told: dict[int, Combined] = {}
    edges, names = set[tuple[Any, ...]](), set[tuple[Any, ...]]()
    for chunk in (None,) if rows is None else chunks(rows, LOOKUP):
        found = combined_rows(connection, chunk, definitions=False)
        told.update((row, one) for row, one in found.items() if one.kind != "property")
        leaving = select(edge.c.head, edge.c.relation, edge.c.tail)
        naming = select(name.c.row, name.c.text, name.c.kind, name.c.lang)
        if chunk is not None:
            leaving = leaving.where(edge.c.head.in_(chunk))
            naming = naming.where(name.c.row.in_(chunk))
        edges.update(fetched(connection, leaving))
        names.update(fetched(connection, naming))
    return Details(told, frozenset(edges), frozenset(names))


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
    was, now = old.details.told, new.details.told
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
            for row in sorted({found[0] for found in old.details.names ^ new.details.names})
            if in_both[row]
        ),
        edges_added=len(new.details.edges - old.details.edges),
        edges_removed=len(old.details.edges - new.details.edges),
    )


def _labelled(state: State, rows: list[int]) -> Iterator[Labelled]:
    for row in rows:
        yield Labelled(state.curies[row], state.details.told[row].label or state.curies[row])


def _deprecated(old: State, new: State) -> Iterator[Deprecation]:
    iris = {curie: iri for iri, curie in new.iris.items()}
    for row, found in sorted(new.details.told.items()):
        before = old.details.told.get(row)
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
