"""The is-a hierarchy: what lies above and below an entity, how deep, how specific, how alike.

Nothing here counts an entity as its own ancestor, also on a cycle, whose other members are its
ancestors. Where a measure is defined on "the concept and its ancestors", its docstring says so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float64, Int32, Int64, Integer, Real

from kg.closure import Closure, condense, reversed_csr, transitive_closure
from kg.csr import Csr
from kg.snapshots import Memory, Shelf


@dataclass(frozen=True)
class Depths:
    """How many steps an entity is below a root, which has nothing above it.

    The members of a cycle have one depth; a step inside a cycle counts nothing.

    Attributes:
        longest, shortest: along the longest and the shortest way; 0 for roots.
    """

    longest: Int32[np.ndarray, " entity"]
    shortest: Int32[np.ndarray, " entity"]


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """The is-a edges between entities.

    Args:
        up: direct parents of each entity, without itself.
        down: direct children of each entity.
        shelf: where the closure is kept once it is computed.
    """

    up: Csr
    down: Csr
    shelf: Shelf = field(default_factory=Memory, repr=False)

    def ancestors(self, row: int) -> Int64[np.ndarray, " n"]:
        """Rows of all ancestors, ascending."""
        return self.closure.up.of(row) if self.closure else _reached(self._up_lists, row)

    def descendants(self, row: int) -> Int64[np.ndarray, " n"]:
        """Rows of all descendants, ascending."""
        return self.closure.down.of(row) if self.closure else _reached(self._down_lists, row)

    def is_a(
        self, children: Integer[np.ndarray, "*shape"], ancestors: Integer[np.ndarray, "*shape"]
    ) -> Bool[np.ndarray, "*shape"]:
        """Whether `ancestors[i]` is an ancestor of `children[i]`; False for the same entity.

        Args:
            children, ancestors: rows.
        """
        if self.closure is not None:
            return _contains(self.closure.up, np.asarray(children), np.asarray(ancestors))
        found = np.zeros(np.shape(children), dtype=np.bool_)
        for child in np.unique(children):
            asked = children == child
            found[asked] = np.isin(ancestors[asked], self.ancestors(int(child)))
        return found

    @cached_property
    def closure(self) -> Closure | None:
        """All pairs of entity and ancestor, computed on first use and kept on the shelf.

        None above `kg.closure.MOST_PAIRS` pairs; each question then walks the graph.
        """
        kept = self.shelf.kept("closure", self._compute_closure)
        if not kept:
            return None
        return Closure(up=Csr.from_arrays(kept, "up"), down=Csr.from_arrays(kept, "down"))

    def _compute_closure(self) -> Mapping[str, np.ndarray]:
        found = transitive_closure(self.up)
        return {} if found is None else found.up.arrays("up") | found.down.arrays("down")

    @cached_property
    def depths(self) -> Depths:
        """How deep each entity lies."""
        kept = self.shelf.kept("depths", self._compute_depths)
        return Depths(longest=kept["longest"], shortest=kept["shortest"])

    def _compute_depths(self) -> Mapping[str, np.ndarray]:
        condensed = condense(self.up)
        longest = np.zeros(condensed.up.row_count, dtype=np.int32)
        for depth, level in enumerate(condensed.levels):
            longest[level] = depth
        shortest = np.full(condensed.up.row_count, -1, dtype=np.int32)
        down = reversed_csr(condensed.up)
        level, depth = np.flatnonzero(condensed.up.counts() == 0), 0
        while len(level):
            shortest[level] = depth
            below = np.unique(down.gathered(level).neighbour)
            level, depth = below[shortest[below] < 0].astype(np.int64), depth + 1
        return {"longest": longest[condensed.node], "shortest": shortest[condensed.node]}

    def intrinsic_information(self) -> Float64[np.ndarray, " entity"]:
        """How specific each entity is, from the hierarchy alone (Seco et al. 2004, ECAI).

        1 - log(1 + descendants) / log(entities that have a parent or a child): 1 for a leaf, and
        for an entity outside the hierarchy; 0 for a root over everything.
        """
        size = int(np.count_nonzero(self.up.counts() + self.down.counts()))
        if size < 2:
            return np.ones(self.up.row_count)
        above: Float64[np.ndarray, " entity"] = np.log1p(self._descendant_counts()) / np.log(size)
        return 1 - above

    def information(self, counts: Real[np.ndarray, " entity"]) -> Float64[np.ndarray, " entity"]:
        """How surprising each entity is in a corpus (Resnik 1995, cmp-lg/9511007), in nats.

        -log of the share of occurrences that are of the entity or of a descendant; infinite where
        none is.

        Args:
            counts: how often each entity itself occurs, 0 or more, above 0 in sum.
        """
        counts = np.asarray(counts, dtype=np.float64)
        with np.errstate(divide="ignore"):
            nats: Float64[np.ndarray, " entity"] = -np.log(
                (counts + self._sums_below(counts)) / counts.sum()
            )
        return nats + 0.0  # no minus zero

    def common_ancestors(self, first: int, second: int) -> Int64[np.ndarray, " n"]:
        """Rows that lie above both, or are one and lie above the other, or are both; ascending."""
        return np.intersect1d(self._upwards(first), self._upwards(second), assume_unique=True)

    def lowest_common_ancestors(self, first: int, second: int) -> Int64[np.ndarray, " n"]:
        """The common ancestors (as above) that have none of the others below them; ascending.

        Several if parents are several. The members of a cycle stand for each other: all or none
        are there.
        """
        common = self.common_ancestors(first, second)
        depth = self.depths.longest
        over = [self.ancestors(int(row)) for row in common]
        higher = [a[depth[a] < depth[row]] for row, a in zip(common, over, strict=True)]
        return np.setdiff1d(common, np.concatenate(higher)) if higher else common

    def resnik(self, first: int, second: int, information: Float64[np.ndarray, " entity"]) -> float:
        """The information of the most informative common ancestor (Resnik 1995, cmp-lg/9511007).

        The entities themselves count as their ancestors; 0 without a common one.
        """
        common = self.common_ancestors(first, second)
        return float(information[common].max(initial=0.0))

    def lin(self, first: int, second: int, information: Float64[np.ndarray, " entity"]) -> float:
        """Shared information over that of both (Lin 1998, ICML): 0 to 1, 1 for the same entity.

        0 where neither entity has any information.
        """
        both = float(information[first] + information[second])
        if first == second:
            return 1.0
        return 2 * self.resnik(first, second, information) / both if both > 0 else 0.0

    def paths(self, child: int, ancestor: int, *, limit: int = 100) -> tuple[tuple[int, ...], ...]:
        """Ways up from an entity to an ancestor, each without a row twice; the shortest first.

        Args:
            child, ancestor: rows; both are part of each way.
            limit: how many ways are looked for, above 0; the shortest of all may not be among the
                first that are found.
        """
        above = self._upwards(child)
        inside = above[self.is_a(above, np.full(len(above), ancestor))]
        found = []
        for path in self._climb(child, ancestor, frozenset(inside.tolist())):
            found.append(path)
            if len(found) == limit:
                break
        return tuple(sorted(found, key=lambda path: (len(path), path)))

    def _climb(
        self, child: int, ancestor: int, inside: frozenset[int]
    ) -> Iterator[tuple[int, ...]]:
        """Depth first, over rows from which the ancestor can be reached."""
        if child == ancestor or child not in inside:
            return
        path, waiting = [child], [iter(self.up.of(child).tolist())]
        while waiting:
            parent = next(waiting[-1], None)
            if parent is None:
                waiting.pop()
                path.pop()
            elif parent == ancestor:
                yield (*path, parent)
            elif parent in inside and parent not in path:
                path.append(parent)
                waiting.append(iter(self.up.of(parent).tolist()))

    def _upwards(self, row: int) -> Int64[np.ndarray, " n"]:
        return np.append(self.ancestors(row), row)

    def _descendant_counts(self) -> Int64[np.ndarray, " entity"]:
        if self.closure is not None:
            return self.closure.down.counts()
        rows = range(self.down.row_count)
        return np.array([len(self.descendants(row)) for row in rows], dtype=np.int64)

    def _sums_below(self, counts: Float64[np.ndarray, " entity"]) -> Float64[np.ndarray, " entity"]:
        if self.closure is None:
            rows = range(self.down.row_count)
            return np.array([counts[self.descendants(row)].sum() for row in rows])
        down = self.closure.down
        ends = np.concatenate([[0.0], np.cumsum(counts[down.neighbour])])
        sums: Float64[np.ndarray, " entity"] = ends[down.start[1:]] - ends[down.start[:-1]]
        return sums

    @cached_property
    def _up_lists(self) -> list[list[int]]:
        return self.up.lists()

    @cached_property
    def _down_lists(self) -> list[list[int]]:
        return self.down.lists()


def _contains(
    csr: Csr, rows: Integer[np.ndarray, "*shape"], wanted: Integer[np.ndarray, "*shape"]
) -> Bool[np.ndarray, "*shape"]:
    """Whether `wanted[i]` is a neighbour of `rows[i]`: one binary search for all at once."""
    low, end = csr.start[rows], csr.start[rows + 1]
    size = end - low
    while size.any():
        half = size >> 1
        middle = low + half
        # where nothing is left to halve, `middle` may be past the last neighbour
        at = csr.neighbour[np.minimum(middle, len(csr.neighbour) - 1)]
        smaller = (at < wanted) & (size > 0)
        low = np.where(smaller, middle + 1, low)
        size = np.where(smaller, size - half - 1, half)
    inside = low < end
    found = csr.neighbour[np.where(inside, low, 0)] if len(csr.neighbour) else wanted
    same: Bool[np.ndarray, "*shape"] = inside & (found == wanted)
    return same


def _reached(neighbours: list[list[int]], row: int) -> Int64[np.ndarray, " n"]:
    found = {row}
    stack = [row]
    while stack:
        for neighbour in neighbours[stack.pop()]:
            if neighbour not in found:
                found.add(neighbour)
                stack.append(neighbour)
    found.remove(row)
    return np.array(sorted(found), dtype=np.int64)
