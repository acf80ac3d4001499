"""The part of the graph that linked entities need, with rows of its own.

An entity hears from what it points at: its parents, and the tails of its other relations. So its
vector depends on what it is said to be and on nothing below it, and it is the same in training, in
evaluation and in service, whatever else is in the subgraph.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Int, Int64
from torch import Tensor

from kg import Graph


@dataclass(frozen=True)
class Subgraph:
    """Entities with local rows, and the edges along which they hear from one another.

    Attributes:
        rows: row in the knowledge base of each local row, ascending.
        edge_index: source and target (PyG's form): the target, a head, hears from the source, a
            tail of its.
        edge_type: the relation, as a number of the model.
        ancestor_index: (ancestor, entity) pairs, for the mean of an entity's ancestors.
    """

    rows: Int[Tensor, " entity"]
    edge_index: Int[Tensor, "2 edge"]
    edge_type: Int[Tensor, " edge"]
    ancestor_index: Int[Tensor, "2 pair"]

    @cached_property
    def local(self) -> dict[int, int]:
        """Row of the knowledge base -> local row."""
        return {row: index for index, row in enumerate(self.rows.tolist())}


class Neighbours:
    """The neighbours that stand beside a candidate as slots: what it points at, then what is above.

    First the tails of its own edges, parents before others; then further ancestors, nearest first.

    Args:
        graph: of the knowledge base.
        limit: most neighbours of one entity.
        relations: CURIEs of the relations the model knows; slot relation i + 1 is the i-th, and
            one past the last stands for any other.
        silent: entities that never stand beside another.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        limit: int,
        relations: tuple[str, ...],
        silent: Collection[int] = (),
    ) -> None:
        known = {curie: index + 1 for index, curie in enumerate(relations)}
        self._graph, self._limit, self._silent = graph, limit, frozenset(silent)
        self._slot_relation = [known.get(c, len(relations) + 1) for c in graph.relations]
        self._tails = _Tails(graph)
        self._found: dict[int, list[tuple[int, int]]] = {}

    def __call__(self, row: int) -> list[tuple[int, int]]:
        """(slot relation, row) of each neighbour, none twice."""
        if row not in self._found:
            self._found[row] = self._find(row)
        return self._found[row]

    def _find(self, row: int) -> list[tuple[int, int]]:
        found: dict[int, int] = {}
        for relation, tail in self._tails.of(row):
            found.setdefault(tail, self._slot_relation[relation])
        level, seen = [row], {row}
        while level:
            level = [int(p) for at in level for p in self._graph.parents(at) if int(p) not in seen]
            seen.update(level)
            for parent in level:
                found.setdefault(parent, self._slot_relation[0])
        heard = [(relation, tail) for tail, relation in found.items() if tail not in self._silent]
        return heard[: self._limit]


def cut_subgraph(
    graph: Graph,
    rows: Iterable[int],
    *,
    neighbours: Neighbours,
    relations: tuple[str, ...],
    hops: int,
    silent: Collection[int] = (),
) -> Subgraph:
    """Cut out what is needed to give vectors to `rows` and their slot neighbours.

    Args:
        graph: of the knowledge base.
        rows: the linked entities.
        neighbours: says which neighbours will be slots.
        relations: CURIEs of the relations the model knows; edges of others are left out.
        hops: rounds of messages that the vectors will be made with.
        silent: entities that no other hears from. Concepts whose definitions are the texts are
            silent, so that neither their name nor their text reaches the model through the graph.
    """
    tails = _Tails(graph)
    inside = set(rows)
    inside |= {tail for row in tuple(inside) for _, tail in neighbours(row)}
    level = set(inside)
    for _ in range(hops):
        level = {tail for row in level for _, tail in tails.of(row)} - inside
        inside |= level
    inside = inside.union(*(graph.ancestors(row).tolist() for row in tuple(inside)))
    ordered = np.array(sorted(inside), dtype=np.int64)
    mute = np.array(sorted(silent), dtype=np.int64)

    known = {curie: index for index, curie in enumerate(relations)}
    of_model = np.array([known.get(curie, -1) for curie in graph.relations], dtype=np.int64)
    relation = of_model[graph.relation]
    kept = (relation >= 0) & np.isin(graph.head, ordered) & np.isin(graph.tail, ordered)
    kept &= ~np.isin(graph.tail, mute)
    edges = np.stack(
        [np.searchsorted(ordered, graph.tail[kept]), np.searchsorted(ordered, graph.head[kept])]
    )
    return Subgraph(
        rows=torch.from_numpy(ordered),
        edge_index=torch.from_numpy(edges),
        edge_type=torch.from_numpy(relation[kept]),
        ancestor_index=torch.from_numpy(_ancestor_pairs(graph, ordered, mute)),
    )


def ancestor_mean(
    vectors: Float[Tensor, "entity width"], subgraph: Subgraph
) -> Float[Tensor, "entity width"]:
    """Mean of the vectors of each entity's ancestors; 0 for an entity without any."""
    ancestor, entity = subgraph.ancestor_index
    total = torch.zeros_like(vectors).index_add_(0, entity, vectors[ancestor])
    count = torch.zeros(len(vectors), dtype=vectors.dtype)
    count.index_add_(0, entity, torch.ones(len(entity), dtype=vectors.dtype))
    return total / count.clamp_min(1.0)[:, None]


def label_places(subgraph: Subgraph, label_rows: Sequence[int | None]) -> Int[Tensor, " entity"]:
    """For each entity of a subgraph the label that it is, -1 where it is none."""
    place = {row: index for index, row in enumerate(label_rows) if row is not None}
    return torch.tensor([place.get(row, -1) for row in subgraph.rows.tolist()], dtype=torch.int64)


class _Tails:
    """The (relation, tail) pairs of each head, relation by relation."""

    def __init__(self, graph: Graph) -> None:
        order = np.lexsort((graph.tail, graph.relation, graph.head))
        self._relation, self._tail = graph.relation[order], graph.tail[order]
        self._start = np.searchsorted(graph.head[order], np.arange(graph.entity_count + 1))

    def of(self, row: int) -> list[tuple[int, int]]:
        own = slice(int(self._start[row]), int(self._start[row + 1]))
        return list(zip(self._relation[own].tolist(), self._tail[own].tolist(), strict=True))


def _ancestor_pairs(
    graph: Graph, ordered: Int64[np.ndarray, " entity"], mute: Int64[np.ndarray, " silent"]
) -> Int64[np.ndarray, "2 pair"]:
    """(ancestor, entity) in local rows, without silent ancestors."""
    above = [np.setdiff1d(graph.ancestors(int(row)), mute) for row in ordered]
    entity = np.repeat(np.arange(len(ordered)), [len(ancestors) for ancestors in above])
    ancestor = np.concatenate([*above, np.zeros(0, dtype=np.int64)])
    return np.stack([np.searchsorted(ordered, ancestor), entity]).astype(np.int64)
