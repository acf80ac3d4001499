"""The transitive closure of a hierarchy, without walking from every row.

What lies above a row is what lies above its parents, and the parents. So rows are taken level by
level from the roots, and one product of sparse matrices finds what lies above all rows of a level:
(rows of the level x parents) . (parents x what lies above them). Cycles are closed first: their
members are one row of the products (strongly connected components), and are each other's
ancestors.
"""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int32, Int64, Integer

from kg.csr import Csr, csr_of_pairs

MOST_PAIRS = 50_000_000
"""Above so many pairs no closure is kept: each takes 8 bytes, in both directions together."""


class Closure(NamedTuple):
    """All pairs of the transitive closure; no row is with itself, also on a cycle.

    Attributes:
        up: what lies above each row.
        down: what lies below each row.
    """

    up: Csr
    down: Csr


class Condensed(NamedTuple):
    """A hierarchy whose cycles are each one node, and the nodes by level.

    Attributes:
        node: the node of each row.
        up: the nodes directly above each node; no cycles.
        levels: nodes by the longest way from a root, which is a node with nothing above it.
    """

    node: Int32[np.ndarray, " row"]
    up: Csr
    levels: list[Int64[np.ndarray, " n"]]


def transitive_closure(up: Csr, *, most_pairs: int = MOST_PAIRS) -> Closure | None:
    """All pairs of a row and what lies above it.

    Args:
        up: the rows directly above each row, without the row itself.
        most_pairs: the bound; memory grows with it, about 25 bytes a pair while it is computed.

    Returns:
        None if there are more pairs than that.
    """
    condensed = condense(up)
    pairs = _above_all(condensed, most_pairs)
    if pairs is None:
        return None
    if len(condensed.node) != condensed.up.row_count:
        pairs = _expanded(pairs, condensed.node, most_pairs)
        if pairs is None:
            return None
    down = pairs.tocsc()
    above = down.tocsr()
    return Closure(
        up=Csr(above.indptr.astype(np.int64), above.indices),
        down=Csr(down.indptr.astype(np.int64), down.indices),
    )


def condense(up: Csr) -> Condensed:
    """Cycles become nodes, and nodes get levels (Kahn 1962, CACM 5(11), a level at a time)."""
    from scipy.sparse.csgraph import connected_components

    count = up.row_count
    _, node = connected_components(_matrix(up, count), directed=True, connection="strong")
    nodes = int(node.max(initial=-1)) + 1
    if nodes == count:
        node = np.arange(count, dtype=np.int32)
        above = up
    else:
        child, parent = node[np.repeat(np.arange(count), up.counts())], node[up.neighbour]
        pairs = np.unique(np.stack([child, parent])[:, child != parent], axis=1)
        above = csr_of_pairs(pairs[0], pairs[1], nodes)
    return Condensed(node, above, _levels(above))


def _levels(up: Csr) -> list[Int64[np.ndarray, " n"]]:
    down = reversed_csr(up)
    waiting = up.counts()
    level = np.flatnonzero(waiting == 0)
    levels = []
    while len(level):
        levels.append(level)
        below, count = np.unique(down.gathered(level).neighbour, return_counts=True)
        waiting[below] -= count
        level = below[waiting[below] == 0].astype(np.int64)
    return levels


def reversed_csr(csr: Csr) -> Csr:
    """The same pairs, from neighbour to row; there are as many rows as before."""
    turned = _matrix(csr, csr.row_count).tocsc()
    return Csr(turned.indptr.astype(np.int64), turned.indices.astype(np.int32, copy=False))


def _above_all(condensed: Condensed, most_pairs: int) -> Any:
    """Each node with what lies above it, as a sparse matrix in the nodes' own order."""
    from scipy.sparse import csr_array

    order = np.concatenate([*condensed.levels, np.zeros(0, dtype=np.int64)])
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    found = _Growing(len(order))
    for level in condensed.levels:
        parents = condensed.up.gathered(level)
        start = np.zeros(len(level) + 1, dtype=np.int32)
        np.cumsum(np.bincount(parents.place, minlength=len(level)), out=start[1:])
        over = (np.ones(len(parents.place), np.bool_), place[parents.neighbour], start)
        product = csr_array(over, shape=(len(level), found.rows)) @ found.matrix()
        if found.size - found.rows + product.nnz > most_pairs:
            return None
        found.append(product.indptr, product.indices)
    own = found.start[1:] - 1
    others = np.ones(found.size, dtype=np.bool_)
    others[own] = False
    above = order.astype(np.int32)[found.column[: found.size][others]]
    start = (found.start - np.arange(len(order) + 1)).astype(np.int32)
    shape = (len(order), len(order))
    return csr_array((np.ones(len(above), np.bool_), above, start), shape=shape)[place]


class _Growing:
    """Rows of pairs that grow level by level; each row ends with the node itself."""

    def __init__(self, row_count: int) -> None:
        self.rows = 0
        self.start = np.zeros(row_count + 1, dtype=np.int64)
        self.column = np.empty(4 * row_count, dtype=np.int32)
        self._ones = np.ones(len(self.column), dtype=np.bool_)

    @property
    def size(self) -> int:
        return int(self.start[self.rows])

    def matrix(self) -> Any:
        from scipy.sparse import csr_array

        start = self.start[: self.rows + 1].astype(np.int32)
        pairs = (self._ones[: self.size], self.column[: self.size], start)
        return csr_array(pairs, shape=(self.rows, self.rows))

    def append(self, start: Integer[np.ndarray, " bound"], column: Int32[np.ndarray, " n"]) -> None:
        """Further rows: what lies above each."""
        count, size = len(start) - 1, self.size
        ends = size + start[1:] + np.arange(1, count + 1, dtype=np.int64)
        total = int(ends[-1])
        if total > len(self.column):
            grown = np.empty(max(total, 2 * len(self.column)), dtype=np.int32)
            grown[:size] = self.column[:size]
            self.column, self._ones = grown, np.ones(len(grown), dtype=np.bool_)
        others = np.ones(total - size, dtype=np.bool_)
        others[ends - 1 - size] = False
        self.column[size:total][others] = column
        self.column[ends - 1] = np.arange(self.rows, self.rows + count, dtype=np.int32)
        self.start[self.rows + 1 : self.rows + count + 1] = ends
        self.rows += count


def _expanded(pairs: Any, node: Int32[np.ndarray, " row"], most_pairs: int) -> Any:
    """Pairs of nodes as pairs of rows; members of a cycle are with each other, not themselves."""
    from scipy.sparse import csr_array, diags_array

    size = np.bincount(node).astype(np.int64)
    nodes = len(size)
    own = pairs + diags_array(np.ones(nodes, np.bool_), dtype=np.bool_)
    if int(size @ (own.astype(np.int64) @ size)) - len(node) > most_pairs:
        return None
    rows = np.arange(len(node) + 1, dtype=np.int32)
    member = csr_array((np.ones(len(node), np.bool_), node, rows), shape=(len(node), nodes))
    found = (member @ own @ member.T.tocsr()).tocoo()
    row, column = found.coords
    kept = row != column
    coordinates = (row[kept].astype(np.int32), column[kept].astype(np.int32))
    ones = np.ones(int(kept.sum()), np.bool_)
    return csr_array((ones, coordinates), shape=(len(node), len(node)))


def _matrix(csr: Csr, count: int) -> Any:
    from scipy.sparse import csr_array

    ones = np.ones(len(csr.neighbour), np.bool_)
    return csr_array((ones, csr.neighbour, csr.start.astype(np.int32)), shape=(count, count))
