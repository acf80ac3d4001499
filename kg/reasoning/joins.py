"""All ways in which the body of a rule holds, by joins of sorted arrays.

Of the patterns not yet joined, the one comes next that is expected to widen the rows least.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Int64

from kg.reasoning.facts import (
    EMPTY,
    Facts,
    Numbers,
    Table,
    first_of,
    holds,
    keys_of,
    second_of,
)

# Rows that one join may give at a time: what is above is done in parts, so that memory is bounded.
PART = 4_000_000

Place = int | str
Watch = Callable[[], None]


class Atom(NamedTuple):
    """A pattern with term numbers; a variable is a text."""

    subject: Place
    predicate: Place
    object: Place

    @property
    def variables(self) -> set[str]:
        """Its variables."""
        return {place for place in self if isinstance(place, str)}


@runtime_checkable
class Source(Protocol):
    """Where the triples of one pattern are looked for."""

    def table(self, predicate: int) -> Table:
        """The pairs of a predicate."""

    def predicates(self) -> list[int]:
        """Predicates with at least one pair."""

    @property
    def is_part(self) -> bool:
        """Whether it holds only what is new."""


class Since(NamedTuple):
    """The triples that were added after a step."""

    facts: Facts
    step: int

    def table(self, predicate: int) -> Table:
        """The pairs of a predicate."""
        relation = self.facts.relations.get(predicate)
        return EMPTY if relation is None else relation.since(self.step)

    def predicates(self) -> list[int]:
        """Predicates with at least one pair."""
        relations = self.facts.relations.items()
        return [p for p, relation in relations if relation.last_step > self.step]

    @property
    def is_part(self) -> bool:
        """Whether it holds only what is new."""
        return self.step >= 0


class Base(NamedTuple):
    """The triples that rules of transitivity did not give, added after a step (-1: all)."""

    facts: Facts
    step: int
    rule: int

    def table(self, predicate: int) -> Table:
        """The pairs of a predicate."""
        relation = self.facts.relations.get(predicate)
        if relation is None:
            return EMPTY
        return relation.base if self.step < 0 else relation.base_since(self.step, self.rule)

    def predicates(self) -> list[int]:
        """Predicates with at least one pair."""
        return Since(self.facts, self.step).predicates()

    @property
    def is_part(self) -> bool:
        """Whether it holds only what is new."""
        return self.step >= 0


class Rows(NamedTuple):
    """What the variables stand for: `height` rows, a column for each variable."""

    height: int
    columns: dict[str, Numbers]

    def value(self, place: Place) -> Numbers | None:
        """The column of a place, or None for a variable that is free yet."""
        if isinstance(place, int):
            return np.full(self.height, place, dtype=np.int64)
        return self.columns.get(place)

    def kept(self, where: Bool[np.ndarray, " n"]) -> "Rows":
        """The rows of a mask."""
        return Rows(int(np.count_nonzero(where)), {v: c[where] for v, c in self.columns.items()})

    def taken(self, at: Int64[np.ndarray, " m"]) -> "Rows":
        """The rows with these numbers."""
        return Rows(len(at), {v: c[at] for v, c in self.columns.items()})


NOTHING_BOUND = Rows(1, {})


def solutions(
    atoms: Sequence[Atom],
    sources: Sequence[Source],
    needed: frozenset[str],
    *,
    different: Sequence[tuple[str, str]] = (),
    start: Rows = NOTHING_BOUND,
    watch: Watch = lambda: None,
) -> Iterator[Rows]:
    """Every way in which all atoms hold, in parts; a way may come twice.

    Args:
        atoms, sources: atom i is looked for in source i.
        needed: variables whose columns are wanted.
        different: pairs of variables, of which the first term has to be the smaller.
        start: what is known before.
        watch: called between the parts; ends the work by an exception of its own.
    """
    order = _planned(atoms, sources, set(start.columns))
    yield from _extended(start, [(atoms[i], sources[i]) for i in order], needed, different, watch)


def _extended(
    rows: Rows,
    rest: Sequence[tuple[Atom, Source]],
    needed: frozenset[str],
    different: Sequence[tuple[str, str]],
    watch: Watch,
) -> Iterator[Rows]:
    if not rows.height:
        return
    if not rest:
        yield rows
        return
    (atom, source), *later = rest
    wanted = needed.union(*(other.variables for other, _ in later), *map(set, different))
    for part in _joined(rows, atom, source):
        watch()
        bound, open_pairs = part, []
        for first, second in different:
            if first in bound.columns and second in bound.columns:
                bound = bound.kept(bound.columns[first] < bound.columns[second])
            else:
                open_pairs.append((first, second))
        columns = {v: c for v, c in bound.columns.items() if v in wanted}
        yield from _extended(Rows(bound.height, columns), later, needed, open_pairs, watch)


def _planned(atoms: Sequence[Atom], sources: Sequence[Source], bound: set[str]) -> list[int]:
    """The order of the atoms."""
    left, order, known = list(range(len(atoms))), [], set(bound)
    while left:
        best = left[0]
        if len(left) > 1:
            best = min(left, key=lambda i: _width(atoms[i], sources[i], known))
        left.remove(best)
        order.append(best)
        known |= atoms[best].variables
    return order


def _width(atom: Atom, source: Source, bound: set[str]) -> float:
    """Rows that one row is expected to become; a guess where the predicate is a variable."""
    subject = isinstance(atom.subject, int) or atom.subject in bound
    object_ = isinstance(atom.object, int) or atom.object in bound
    if isinstance(atom.predicate, str):
        if atom.predicate not in bound:
            return 1e3 if subject or object_ else 1e12
        width = (0.5 if object_ else 3.0) if subject else (3.0 if object_ else 1e3)
        return width / 10 if source.is_part else width
    table = source.table(atom.predicate)
    if not len(table) or (subject and object_):
        return 0.0
    if subject:
        return table.fan_out
    return table.fan_in if object_ else float(len(table))


def _joined(rows: Rows, atom: Atom, source: Source) -> Iterator[Rows]:
    if isinstance(atom.predicate, int):
        yield from _with_table(rows, atom, source.table(atom.predicate))
        return
    given = rows.columns.get(atom.predicate)
    if given is None:
        for predicate in source.predicates():
            column = np.full(rows.height, predicate, dtype=np.int64)
            known = Rows(rows.height, {**rows.columns, atom.predicate: column})
            yield from _with_table(known, atom, source.table(predicate))
        return
    order = np.argsort(given, kind="stable")
    ordered = given[order]
    bounds = np.flatnonzero(np.diff(ordered, prepend=-1, append=-1))
    for i in range(len(bounds) - 1):
        table = source.table(int(ordered[bounds[i]]))
        if len(table):
            yield from _with_table(rows.taken(order[bounds[i] : bounds[i + 1]]), atom, table)


def _with_table(rows: Rows, atom: Atom, table: Table) -> Iterator[Rows]:
    if not len(table):
        return
    subject, object_ = rows.value(atom.subject), rows.value(atom.object)
    if subject is not None and object_ is not None:
        yield rows.kept(holds(table.keys, keys_of(subject, object_)))
    elif subject is not None:
        yield from _looked_up(rows, subject, table.keys, str(atom.object))
    elif object_ is not None:
        yield from _looked_up(rows, object_, table.reversed_keys, str(atom.subject))
    else:
        yield from _crossed(rows, atom, table)


def _looked_up(rows: Rows, given: Numbers, keys: Numbers, free: str) -> Iterator[Rows]:
    """Rows widened by the second halves of the keys whose first half is given."""
    low = np.searchsorted(keys, given << 32)
    counts = np.searchsorted(keys, (given + 1) << 32) - low
    ends = np.cumsum(counts)
    start = 0
    while start < len(given):
        done = int(ends[start - 1]) if start else 0
        stop = max(int(np.searchsorted(ends, done + PART, side="right")), start + 1)
        part = counts[start:stop]
        at = np.repeat(np.arange(start, stop), part)
        within = np.arange(len(at)) - np.repeat(np.cumsum(part) - part, part)
        found = rows.taken(at)
        found.columns[free] = second_of(keys[low[at] + within])
        yield found
        start = stop


def _crossed(rows: Rows, atom: Atom, table: Table) -> Iterator[Rows]:
    """Rows times all pairs of a table."""
    subject, object_ = first_of(table.keys), second_of(table.keys)
    if atom.subject == atom.object:
        subject = object_ = subject[subject == object_]
    step = max(PART // max(len(subject), 1), 1)
    for start in range(0, rows.height, step):
        at = np.arange(start, min(start + step, rows.height))
        found = rows.taken(np.repeat(at, len(subject)))
        found.columns[str(atom.subject)] = np.tile(subject, len(at))
        found.columns[str(atom.object)] = np.tile(object_, len(at))
        yield found
