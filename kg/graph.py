"""The graph of a knowledge base as arrays, and its is-a hierarchy as two CSR matrices."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Int64

if TYPE_CHECKING:
    import networkx

IS_A = "rdfs:subClassOf"


class _Csr(NamedTuple):
    """`neighbour[start[row]:start[row + 1]]` are the neighbours of `row`, sorted."""

    start: Int64[np.ndarray, " bound"]
    neighbour: Int64[np.ndarray, " edge"]

    def of(self, row: int) -> Int64[np.ndarray, " n"]:
        return self.neighbour[self.start[row] : self.start[row + 1]]


@dataclass(frozen=True)
class Graph:
    """Edges between live entities, each once, sorted by head, relation and tail.

    Args:
        entity_count: rows of the entity table; some have no edge.
        head, relation, tail: `head --relation--> tail`; for is-a the head is the child.
        relations: CURIE of relation i; relation 0 is is-a (`rdfs:subClassOf`, and the
            `skos:broader` that is mapped to it).
    """

    entity_count: int
    head: Int64[np.ndarray, " edge"]
    relation: Int64[np.ndarray, " edge"]
    tail: Int64[np.ndarray, " edge"]
    relations: tuple[str, ...]

    def parents(self, row: int) -> Int64[np.ndarray, " n"]:
        """Rows of the direct parents by is-a, sorted; without the entity itself."""
        return self._up.of(row)

    def children(self, row: int) -> Int64[np.ndarray, " n"]:
        """Rows of the direct children by is-a, sorted; without the entity itself."""
        return self._down.of(row)

    def ancestors(self, row: int) -> Int64[np.ndarray, " n"]:
        """Rows of all ancestors by is-a, sorted; without the entity itself, also on a cycle."""
        return _reached(self._up_lists, row)

    def descendants(self, row: int) -> Int64[np.ndarray, " n"]:
        """Rows of all descendants by is-a, sorted; without the entity itself, also on a cycle."""
        return _reached(self._down_lists, row)

    def is_a(self, child: int, ancestor: int) -> bool:
        """Whether `ancestor` is among the ancestors of `child`; False for the same row."""
        found = self.ancestors(child)
        at = int(np.searchsorted(found, ancestor))
        return at < len(found) and int(found[at]) == ancestor

    def to_networkx(self) -> "networkx.MultiDiGraph":
        """A networkx graph: nodes are rows 0..n-1, edge keys are relation CURIEs."""
        import networkx

        graph = networkx.MultiDiGraph()
        graph.add_nodes_from(range(self.entity_count))
        keys = (self.relations[relation] for relation in self.relation.tolist())
        graph.add_edges_from(zip(self.head.tolist(), self.tail.tolist(), keys, strict=True))
        return graph

    @cached_property
    def _up(self) -> _Csr:
        kept = (self.relation == 0) & (self.head != self.tail)
        return _csr(self.head[kept], self.tail[kept], self.entity_count)

    @cached_property
    def _down(self) -> _Csr:
        kept = (self.relation == 0) & (self.head != self.tail)
        return _csr(self.tail[kept], self.head[kept], self.entity_count)

    # Walking plain lists is several times faster than slicing arrays of two or three elements.
    @cached_property
    def _up_lists(self) -> list[list[int]]:
        return _lists(self._up)

    @cached_property
    def _down_lists(self) -> list[list[int]]:
        return _lists(self._down)


def _csr(
    source: Int64[np.ndarray, " edge"], target: Int64[np.ndarray, " edge"], count: int
) -> _Csr:
    order = np.lexsort((target, source))
    start = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(source, minlength=count), out=start[1:])
    return _Csr(start=start, neighbour=target[order])


def _lists(csr: _Csr) -> list[list[int]]:
    neighbour, start = csr.neighbour.tolist(), csr.start.tolist()
    return [neighbour[a:b] for a, b in pairwise(start)]


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
