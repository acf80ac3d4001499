"""What differs between two states of a knowledge base: the release report.

A release that moves a few classes changes the ancestors of thousands; who trained on the old one is
to know which. Counted are entities that are no properties.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64
from sqlalchemy import Connection, select

from kg.closure import transitive_closure
from kg.csr import Csr, csr_of_pairs
from kg.records import Deprecation, Difference, Labelled, Relabelling, Reparenting
from kg.store.iris import number_of_iri
from kg.store.reading import Combined, combined_rows, fetched
from kg.store.schema import edge, entity, name, relation, term, triple
from kg.vocabulary import BROADER, CONSIDER, SUBCLASS_OF

_MOST_PAIRS = 500_000_000
_Pairs = Int64[np.ndarray, "_ 2"]


@dataclass(frozen=True)
class State:
    """What a difference is made of, by row; read at one moment.

    Args:
        curies: of all rows, described or not.
        iris: the CURIE of each IRI.
        told: of the entities that are described and no property.
        is_a: child and parent, each pair once.
        edges: head, relation and tail as `relation.id`, each once.
        names: row, text, kind and language.
        consider: of the IRI of what is deprecated, IRIs or texts of what may stand for it.
    """

    curies: dict[int, str]
    iris: dict[str, str]
    told: dict[int, Combined]
    is_a: _Pairs
    edges: frozenset[tuple[Any, ...]]
    names: frozenset[tuple[Any, ...]]
    consider: dict[str, tuple[str, ...]]


def read_state(connection: Connection) -> State:
    """The state of the knowledge base behind a connection."""
    known = fetched(connection, select(entity.c.row, entity.c.iri, entity.c.curie))
    told = {
        row: found for row, found in combined_rows(connection).items() if found.kind != "property"
    }
    query = select(relation.c.id).where(relation.c.iri.in_((SUBCLASS_OF, BROADER)))
    is_a_numbers = set(connection.execute(query).scalars())
    edges = frozenset(fetched(connection, select(edge.c.head, edge.c.relation, edge.c.tail)))
    is_a = sorted({(head, tail) for head, number, tail in edges if number in is_a_numbers})
    columns = (name.c.row, name.c.text, name.c.kind, name.c.lang)
    return State(
        curies={row: curie for row, _, curie in known},
        iris={iri: curie for _, iri, curie in known},
        told=told,
        is_a=np.array(is_a, dtype=np.int64).reshape(-1, 2),
        edges=edges,
        names=frozenset(fetched(connection, select(*columns))),
        consider=_consider(connection),
    )


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
    both = sorted(old.told.keys() & new.told.keys())
    curies = {**old.curies, **new.curies}
    count = max(curies, default=-1) + 1
    before, after = (csr_of_pairs(s.is_a[:, 0], s.is_a[:, 1], count) for s in (old, new))
    deprecated = tuple(_deprecated(old, new))
    in_both = np.zeros(count, dtype=np.bool_)
    in_both[both] = True
    kept = in_both.copy()
    kept[[row for row in both if new.told[row].deprecated and not old.told[row].deprecated]] = False
    return Difference(
        added=tuple(_labelled(new, sorted(new.told.keys() - old.told.keys()))),
        removed=tuple(_labelled(old, sorted(old.told.keys() - new.told.keys()))),
        deprecated=deprecated,
        relabelled=tuple(
            Relabelling(curies[row], old.told[row].label, new.told[row].label)
            for row in both
            if old.told[row].label != new.told[row].label
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
