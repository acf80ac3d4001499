"""The graph of a knowledge base as arrays, and what can be asked of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from kg.csr import Csr, csr_of_pairs
from kg.errors import InputError
from kg.hierarchy import Hierarchy
from kg.nearest import nearest_identifiers
from kg.snapshots import Memory, Shelf

if TYPE_CHECKING:
    import networkx

    from kg.table import EntityTable

IS_A = "rdfs:subClassOf"

ORIGINS = ("asserted", "restriction", "inferred")
"""What the numbers of `Graph.origin` mean."""


@dataclass(frozen=True, eq=False)
class Graph:
    """Edges between live entities, each once, sorted by head, relation and tail.

    Args:
        entity_count: rows of the entity table; some have no edge.
        head, relation, tail: `head --relation--> tail`; for is-a the head is the child.
        relations: CURIE of relation i; relation 0 is is-a (`rdfs:subClassOf`, and the
            `skos:broader` that is mapped to it).
        origin: where each edge comes from, as a number of `ORIGINS`: stated as it is, flattened
            out of a restriction, or inferred. Of several, the first. Asserted, if not given.
        shelf: where what is computed from the edges is kept.
    """

    entity_count: int
    head: Int64[np.ndarray, " edge"]
    relation: Int64[np.ndarray, " edge"]
    tail: Int64[np.ndarray, " edge"]
    relations: tuple[str, ...]
    origin: UInt8[np.ndarray, " edge"] = field(default_factory=lambda: np.zeros(0, np.uint8))
    shelf: Shelf = field(default_factory=Memory, repr=False)

    def __post_init__(self) -> None:
        if not len(self.origin):
            object.__setattr__(self, "origin", np.zeros(len(self.head), dtype=np.uint8))

    @classmethod
    def kept_on(
        cls,
        shelf: Shelf,
        *,
        entity_count: int,
        edge_index: Int64[np.ndarray, "2 edge"],
        edge_type: Int64[np.ndarray, " edge"],
        origin: UInt8[np.ndarray, " edge"],
        relations: tuple[str, ...],
    ) -> "Graph":
        """A graph whose `edge_index` is this very array, so that a mapped one is never copied."""
        head, tail = edge_index
        graph = cls(entity_count, head, edge_type, tail, relations, origin, shelf)
        graph.__dict__["edge_index"] = edge_index
        return graph

    @cached_property
    def edge_index(self) -> Int64[np.ndarray, "2 edge"]:
        """Heads and tails as one array, as graph libraries want them; relations: `edge_type`."""
        return np.stack([self.head, self.tail])

    @property
    def edge_type(self) -> Int64[np.ndarray, " edge"]:
        """The relation of each edge; another name for `relation`."""
        return self.relation

    def parents(self, row: int) -> Int64[np.ndarray, " n"]:
        """Rows of the direct parents by is-a, ascending; without the entity itself."""
        return self.hierarchy.up.of(row)

    def children(self, row: int) -> Int64[np.ndarray, " n"]:
        """Rows of the direct children by is-a, ascending; without the entity itself."""
        return self.hierarchy.down.of(row)

    def neighbours(
        self, row: int, relation: str | None = None, *, incoming: bool = False
    ) -> Int64[np.ndarray, " n"]:
        """The rows at the other ends of an entity's edges, one for each edge.

        Args:
            row: the entity.
            relation: a CURIE of `relations`; None for all, in their order.
            incoming: heads of the edges that lead to it, instead of tails of its own.

        Raises:
            InputError: no edge has this relation.
        """
        edges = self.edges_of(row, incoming=incoming)
        if relation is not None:
            edges = edges[self.relation[edges] == self.relation_number(relation)]
        found: Int64[np.ndarray, " n"] = (self.head if incoming else self.tail)[edges]
        return found

    def edges_of(self, row: int, *, incoming: bool = False) -> Int64[np.ndarray, " n"]:
        """The numbers of an entity's edges, by relation; with `incoming` of those that lead to it.

        `relation`, `origin` and `tail` (or `head`) at these numbers say what the edges are.
        """
        return (self._incoming if incoming else self._outgoing).of(row)

    def relation_number(self, curie: str) -> int:
        """The place of a relation in `relations`.

        Raises:
            InputError: no edge has it; the message names the nearest.
        """
        number = self._relation_numbers.get(curie)
        if number is None:
            near = ", ".join(nearest_identifiers(curie, self.relations))
            raise InputError(
                f"{curie} is not among the {len(self.relations):,} relations of the graph.",
                mend=f"Nearest: {near}." if near else "`Graph.relations` has them all.",
            )
        return number

    def ancestors(self, row: int) -> Int64[np.ndarray, " n"]:
        """Rows of all ancestors by is-a, ascending; without the entity itself, also on a cycle."""
        return self.hierarchy.ancestors(row)

    def descendants(self, row: int) -> Int64[np.ndarray, " n"]:
        """Rows of all descendants by is-a, ascending; without the entity, also on a cycle."""
        return self.hierarchy.descendants(row)

    def is_a(self, child: int, ancestor: int) -> bool:
        """Whether `ancestor` is among the ancestors of `child`; False for the same row.

        For many at once: `hierarchy.is_a`.
        """
        found = self.ancestors(child)
        at = int(np.searchsorted(found, ancestor))
        return at < len(found) and int(found[at]) == ancestor

    @cached_property
    def hierarchy(self) -> Hierarchy:
        """All that can be asked of the is-a edges: closure, depth, similarity, paths."""
        kept = self.shelf.kept("is-a", self._compute_is_a)
        up, down = Csr.from_arrays(kept, "up"), Csr.from_arrays(kept, "down")
        return Hierarchy(up=up, down=down, shelf=self.shelf)

    def hierarchy_over(self, relations: Iterable[str]) -> Hierarchy:
        """The same questions over other relations: part-of, or is-a and part-of together.

        It is built at every call, and kept in no snapshot.

        Args:
            relations: CURIEs; their tails count as parents of their heads.

        Raises:
            InputError: no edge has one of the relations.
        """
        up, down = self._up_and_down(self._allowed(relations))
        return Hierarchy(up=up, down=down)

    def _compute_is_a(self) -> Mapping[str, np.ndarray]:
        up, down = self._up_and_down(np.arange(len(self.relations)) == 0)
        return up.arrays("up") | down.arrays("down")

    def _up_and_down(self, allowed: Bool[np.ndarray, " relation"]) -> tuple[Csr, Csr]:
        kept = allowed[self.relation] & (self.head != self.tail)
        pairs = np.stack([self.head[kept], self.tail[kept]])
        if np.count_nonzero(allowed) > 1:
            pairs = np.unique(pairs, axis=1)
        child, parent = pairs
        count = self.entity_count
        return csr_of_pairs(child, parent, count), csr_of_pairs(parent, child, count)

    def shortest_path(
        self,
        start: int,
        end: int,
        *,
        relations: Iterable[str] | None = None,
        both_ways: bool = False,
    ) -> tuple[int, ...] | None:
        """Rows of a shortest way from one entity to another, both included; None without one.

        Args:
            start, end: rows.
            relations: CURIEs of those along which one may go; None for all.
            both_ways: edges may also be gone from tail to head.

        Raises:
            InputError: no edge has one of the relations.
        """
        allowed = self._allowed(relations)
        before = np.full(self.entity_count, -1, dtype=np.int64)
        before[start] = start
        reached = np.array([start], dtype=np.int64)
        while len(reached) and before[end] < 0:
            reached = self._step(reached, before, allowed, both_ways=both_ways)
        if before[end] < 0:
            return None
        path = [end]
        while path[-1] != start:
            path.append(int(before[path[-1]]))
        return tuple(reversed(path))

    def _step(
        self,
        reached: Int64[np.ndarray, " n"],
        before: Int64[np.ndarray, " entity"],
        allowed: Bool[np.ndarray, " relation"],
        *,
        both_ways: bool,
    ) -> Int64[np.ndarray, " m"]:
        """The rows one edge further that are new; `before` is told where they were come from."""
        ways = [(self._outgoing, self.tail)]
        if both_ways:
            ways.append((self._incoming, self.head))
        found = []
        for edges_at, other_end in ways:
            place, edges = edges_at.gathered(reached)
            rows, source = other_end[edges], reached[place]
            fresh = allowed[self.relation[edges]] & (before[rows] < 0)
            rows, first = np.unique(rows[fresh], return_index=True)
            before[rows] = source[fresh][first]
            found.append(rows)
        return np.concatenate(found)

    def subgraph(
        self,
        rows: Iterable[int],
        *,
        hops: int = 0,
        relations: Iterable[str] | None = None,
        incoming: bool = True,
    ) -> "InducedSubgraph":
        """Some entities, what is around them, and all edges between these.

        Args:
            rows: the entities to begin with.
            hops: how many edges away another may be.
            relations: CURIEs of the relations that count and are taken over; None for all.
            incoming: whether edges are also followed from tail to head.

        Raises:
            InputError: no edge has one of the relations.
        """
        allowed = self._allowed(relations)
        before = np.full(self.entity_count, -1, dtype=np.int64)
        reached = np.unique(np.fromiter(rows, dtype=np.int64))
        before[reached] = reached
        for _ in range(hops):
            reached = self._step(reached, before, allowed, both_ways=incoming)
        inside = np.flatnonzero(before >= 0)
        local = np.full(self.entity_count, -1, dtype=np.int64)
        local[inside] = np.arange(len(inside))
        # edges of the rows inside only, so that a small part of a large graph costs little
        edges = np.sort(self._outgoing.gathered(inside).neighbour)
        edges = edges[allowed[self.relation[edges]] & (local[self.tail[edges]] >= 0)]
        part = Graph(
            entity_count=len(inside),
            head=local[self.head[edges]],
            relation=self.relation[edges],
            tail=local[self.tail[edges]],
            relations=self.relations,
            origin=self.origin[edges],
        )
        return InducedSubgraph(graph=part, rows=inside)

    def to_networkx(
        self,
        rows: Iterable[int] | None = None,
        *,
        relations: Iterable[str] | None = None,
        table: "EntityTable | None" = None,
    ) -> "networkx.MultiDiGraph":
        """A networkx graph: nodes are rows, edge keys are relation CURIEs.

        Each edge has its `origin`, a word of `ORIGINS`.

        Args:
            rows: the entities to take, with the edges between them; None for all.
            relations: CURIEs of the relations to take; None for all.
            table: gives the nodes `curie`, `label` and `kind`.

        Raises:
            InputError: no edge has one of the relations.
        """
        import networkx

        part = self.subgraph(
            range(self.entity_count) if rows is None else rows, relations=relations
        )
        taken, edges = part.rows.tolist(), part.graph
        graph = networkx.MultiDiGraph()
        if table is None:
            graph.add_nodes_from(taken)
        else:
            graph.add_nodes_from(
                (row, {"curie": table.curies[row], "label": table.labels[row], "kind": kind})
                for row, kind in ((row, table.kinds[row]) for row in taken)
            )
        columns = (edges.head, edges.tail, edges.relation, edges.origin)
        graph.add_edges_from(
            (taken[head], taken[tail], self.relations[relation], {"origin": ORIGINS[origin]})
            for head, tail, relation, origin in zip(*(c.tolist() for c in columns), strict=True)
        )
        return graph

    def _allowed(self, relations: Iterable[str] | None) -> Bool[np.ndarray, " relation"]:
        if relations is None:
            return np.ones(len(self.relations), dtype=np.bool_)
        allowed = np.zeros(len(self.relations), dtype=np.bool_)
        allowed[[self.relation_number(curie) for curie in relations]] = True
        return allowed

    @cached_property
    def _relation_numbers(self) -> dict[str, int]:
        return {curie: number for number, curie in enumerate(self.relations)}

    @cached_property
    def _outgoing(self) -> Csr:
        """The numbers of the edges from each row."""
        return Csr.from_arrays(self._incidence, "outgoing")

    @cached_property
    def _incoming(self) -> Csr:
        """The numbers of the edges to each row."""
        return Csr.from_arrays(self._incidence, "incoming")

    @cached_property
    def _incidence(self) -> Mapping[str, np.ndarray]:
        return self.shelf.kept("incidence", self._compute_incidence)

    def _compute_incidence(self) -> Mapping[str, np.ndarray]:
        outgoing = _edges_by(self.head, (self.tail, self.relation), self.entity_count)
        incoming = _edges_by(self.tail, (self.head, self.relation), self.entity_count)
        return outgoing.arrays("outgoing") | incoming.arrays("incoming")


@dataclass(frozen=True, eq=False)
class InducedSubgraph:
    """Some entities of a graph and the edges between them.

    Attributes:
        graph: with rows of its own, 0..n-1, and the relations of the whole graph.
        rows: the row in the whole graph of each row of its own, ascending.
    """

    graph: Graph
    rows: Int64[np.ndarray, " entity"]


def _edges_by(row: Int64[np.ndarray, " edge"], then: tuple[Any, ...], row_count: int) -> Csr:
    """Numbers of edges by row; within a row by the last of `then` first."""
    order = np.lexsort((*then, row))
    start = np.zeros(row_count + 1, dtype=np.int64)
    np.cumsum(np.bincount(row, minlength=row_count), out=start[1:])
    return Csr(start=start, neighbour=order.astype(np.int32))
