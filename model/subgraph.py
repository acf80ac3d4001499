"""The part of the graph that linked entities need, with rows of its own.

It holds the entities themselves, their neighbours, and all ancestors of both.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from kg import Graph


@dataclass(frozen=True)
class Subgraph:
    """Entities with local rows, and the edges along which they hear from one another.

    Attributes:
        rows: row in the knowledge base of each local row, ascending.
        edge_index: source and target (PyG's form): the target hears from the source.
        edge_type: relation r for the edge head -> tail read by the head (it hears from its tail),
            `relation_count + r` for the other direction.
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
    """

    def __init__(self, graph: Graph, *, limit: int, relations: tuple[str, ...]) -> None:
        known = {curie: index + 1 for index, curie in enumerate(relations)}
        self._graph, self._limit = graph, limit
        self._slot_relation = [known.get(c, len(relations) + 1) for c in graph.relations]
        order = np.lexsort((graph.tail, graph.relation, graph.head))
        self._relation, self._tail = graph.relation[order], graph.tail[order]
        self._start = np.searchsorted(graph.head[order], np.arange(graph.entity_count + 1))
        self._found: dict[int, list[tuple[int, int]]] = {}

    def __call__(self, row: int) -> list[tuple[int, int]]:
        """(slot relation, row) of each neighbour, none twice."""
        if row not in self._found:
            self._found[row] = self._find(row)
        return self._found[row]

    def _find(self, row: int) -> list[tuple[int, int]]:
        own = slice(int(self._start[row]), int(self._start[row + 1]))
        found: dict[int, int] = {}
        for relation, tail in zip(
            self._relation[own].tolist(), self._tail[own].tolist(), strict=True
        ):
            found.setdefault(tail, self._slot_relation[relation])
        level, seen = [row], {row}
        while level and len(found) < self._limit:
            level = [int(p) for at in level for p in self._graph.parents(at) if int(p) not in seen]
            seen.update(level)
            for parent in level:
                found.setdefault(parent, self._slot_relation[0])
        return [(relation, tail) for tail, relation in found.items()][: self._limit]


def cut_subgraph(
    graph: Graph,
    rows: Iterable[int],
    *,
    neighbours: Neighbours,
    relations: tuple[str, ...],
    silent: Collection[int] = (),
) -> Subgraph:
    """Cut out what is needed to give vectors to `rows` and their slot neighbours.

    Args:
        graph: of the knowledge base.
        rows: the linked entities.
        neighbours: says which neighbours will be slots.
        relations: CURIEs of the relations the model knows; edges of others are left out.
        silent: entities that no other hears from. Concepts whose definitions are the texts are
            silent, so that neither their name nor their text reaches the model through the graph.
    """
    seeds = set(rows)
    seeds |= {tail for row in tuple(seeds) for _, tail in neighbours(row)}
    ancestors = {row: graph.ancestors(row).tolist() for row in seeds}
    inside = np.array(sorted(seeds.union(*ancestors.values())), dtype=np.int64)
    local = {int(row): index for index, row in enumerate(inside)}
    mute = frozenset(silent)

    known = {curie: index for index, curie in enumerate(relations)}
    of_model = np.array([known.get(curie, -1) for curie in graph.relations], dtype=np.int64)
    relation = of_model[graph.relation] if len(of_model) else graph.relation
    kept = (relation >= 0) & np.isin(graph.head, inside) & np.isin(graph.tail, inside)
    head = np.searchsorted(inside, graph.head[kept])
    tail = np.searchsorted(inside, graph.tail[kept])
    source = np.concatenate([tail, head])
    target = np.concatenate([head, tail])
    kind = np.concatenate([relation[kept], relation[kept] + len(relations)])
    if mute:
        heard = ~np.isin(inside[source], np.array(sorted(mute), dtype=np.int64))
        source, target, kind = source[heard], target[heard], kind[heard]

    pairs = [
        (local[ancestor], local[row])
        for row in sorted(ancestors)
        for ancestor in ancestors[row]
        if ancestor not in mute
    ]
    return Subgraph(
        rows=torch.from_numpy(inside),
        edge_index=torch.from_numpy(np.stack([source, target])),
        edge_type=torch.from_numpy(kind),
        ancestor_index=torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).T.contiguous(),
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
