"""Neighbourhoods of some nodes, drawn from a graph of any size.

As in GraphSAGE (Hamilton et al. 2017, arXiv:1706.02216, algorithm 2): from each node at most so
many of the edges that lead to it are drawn, each once; then from each node that was new, and so on.
What comes out is what PyG's NeighborLoader gives, which needs pyg-lib (docs/decisions/0027).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, Int64

ALL = -1
"""The fan-out that takes every edge, as in PyG."""


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """A piece of a graph, by numbers of its own.

    Attributes:
        nodes: the number in the graph of each node; the seeds first, in their order.
        edge_index: source and target of each edge, places in `nodes`; as PyG has them.
        edge_type: relation of each edge.
        edges: the number in the graph of each edge.
        within: how many of the nodes are within 0, 1, 2, … hops; those come first.
    """

    nodes: Int64[np.ndarray, " node"]
    edge_index: Int64[np.ndarray, "2 edge"]
    edge_type: Int[np.ndarray, " edge"]
    edges: Int64[np.ndarray, " edge"]
    within: tuple[int, ...]


class NeighbourSampler:
    """Draws neighbourhoods; the edges are sorted by target once.

    Args:
        edge_index: source and target of each edge, as PyG has them.
        edge_type: relation of each edge.
        node_count: of nodes.
    """

    def __init__(
        self,
        edge_index: Int[np.ndarray, "2 edge"],
        edge_type: Int[np.ndarray, " edge"],
        node_count: int,
    ) -> None:
        source, target = edge_index
        self._order = np.argsort(target, kind="stable")
        self._source = source[self._order].astype(np.int32)
        self._type = edge_type[self._order]
        self._start = np.zeros(node_count + 1, dtype=np.int64)
        np.cumsum(np.bincount(target, minlength=node_count), out=self._start[1:])
        self._place = np.full(node_count, -1, dtype=np.int64)  # of the piece that is being drawn

    def sample(
        self,
        seeds: Int[np.ndarray, " seed"],
        fan_outs: Sequence[int],
        generator: np.random.Generator,
    ) -> Neighbourhood:
        """The neighbourhood of some nodes.

        Args:
            seeds: the nodes to begin with, none twice.
            fan_outs: edges to draw at each node, for each hop; `ALL` takes all.
            generator: of the draw.
        """
        place = self._place
        level = np.asarray(seeds, dtype=np.int64)
        nodes, at, target = [level], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        try:
            place[level] = np.arange(len(level))
            count = len(level)
            for fan_out in fan_outs:
                edges, owner = self._drawn(level, fan_out, generator)
                at.append(edges)
                target.append(place[level][owner])
                source = self._source[edges]
                fresh = source[place[source] < 0]
                level = np.unique(fresh).astype(np.int64)
                place[level] = np.arange(count, count + len(level))
                count += len(level)
                nodes.append(level)
            within = tuple(np.cumsum([len(part) for part in nodes]).tolist())
            drawn = np.concatenate(at)
            index = np.stack([place[self._source[drawn]], np.concatenate(target)])
        finally:
            for part in nodes:
                place[part] = -1
        return Neighbourhood(
            np.concatenate(nodes), index, self._type[drawn], self._order[drawn], within
        )

    def _drawn(
        self, level: Int64[np.ndarray, " node"], fan_out: int, generator: np.random.Generator
    ) -> tuple[Int64[np.ndarray, " edge"], Int64[np.ndarray, " edge"]]:
        """Sorted edges to these nodes, and the place of each one's node."""
        first = self._start[level]
        degree = self._start[level + 1] - first
        many = np.flatnonzero(degree > fan_out) if fan_out != ALL else np.zeros(0, np.int64)
        taken = degree.copy()
        taken[many] = 0
        owner = np.repeat(np.arange(len(level)), taken)
        before = np.cumsum(taken) - taken
        whole = np.arange(len(owner)) + (first - before)[owner]
        if not len(many):
            return whole, owner
        some = first[many, None] + _distinct(degree[many], fan_out, generator)
        return (
            np.concatenate([whole, some.ravel()]),
            np.concatenate([owner, np.repeat(many, fan_out)]),
        )


def _distinct(
    below: Int64[np.ndarray, " row"], count: int, generator: np.random.Generator
) -> Int64[np.ndarray, "row count"]:
    """Distinct numbers from 0 for each row, all sets of them equally likely (Floyd's algorithm).

    Bentley and Floyd 1987, "A sample of brilliance", algorithm F2.
    """
    found = np.empty((len(below), count), dtype=np.int64)
    for place in range(count):
        last = below - count + place
        drawn = (generator.random(len(below)) * (last + 1)).astype(np.int64)
        twice = (found[:, :place] == drawn[:, None]).any(axis=1)
        found[:, place] = np.where(twice, last, drawn)
    return found
