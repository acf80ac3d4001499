"""The edges of a knowledge base as facts to complete, and names for their numbers."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from kg import EntityTable, Graph
from kg.graph import IS_A, ORIGINS
from kg.leaks import read_edges
from kg.readers.identifiers import expanded
from model.completion.facts import Facts, Triples, split_triples
from model.errors import TriplesError

MOST_ENTAILED = 5_000_000
"""Of is-a pairs that follow; above, only direct ones are known."""


@dataclass(frozen=True, eq=False)
class GraphFacts:
    """Facts with names.

    Args:
        facts: by numbers of their own.
        rows: the row in the knowledge base of each entity, ascending.
        relations: the CURIE of each relation.
    """

    facts: Facts
    rows: Int64[np.ndarray, " entity"]
    relations: tuple[str, ...]


def facts_of(
    graph: Graph,
    table: EntityTable,
    *,
    valid: float | str = 0.05,
    test: float | str = 0.05,
    seed: int = 0,
) -> GraphFacts:
    """The edges of a graph, some of them held out.

    Inferred edges are never learnt from or asked for, but known; so is what follows by is-a from
    the edges that are learnt from.

    Args:
        graph, table: of one knowledge base.
        valid, test: shares of the edges, or files of edges (head, relation and tail, a line each,
            CURIEs or IRIs) that are then left out of training.
        seed: of the draw.

    Raises:
        TriplesError: there is no edge, or a file names what the knowledge base has not.
        InputError: a file cannot be read as edges.
    """
    triples = np.stack([graph.head, graph.relation, graph.tail], axis=1)
    inferred = graph.origin == ORIGINS.index("inferred")
    stated, followed = triples[~inferred], triples[inferred]
    given = {
        name: _read(path, graph, table)
        for name, path in (("valid", valid), ("test", test))
        if isinstance(path, str)
    }
    for edges in given.values():
        stated = _without(stated, edges)
    shares = [share for share in (valid, test) if not isinstance(share, str)]
    if sum(shares) >= 1 or any(share < 0 for share in shares):
        raise TriplesError(
            f"The shares of edges to hold out come to {sum(shares):g}.",
            mend="Give shares of at least 0 that leave something to learn from, such as 0.05.",
        )
    train, drawn_valid, drawn_test = split_triples(
        stated,
        valid=0.0 if isinstance(valid, str) else valid,
        test=0.0 if isinstance(test, str) else test,
        generator=np.random.default_rng(seed),
    )
    parts = [train, given.get("valid", drawn_valid), given.get("test", drawn_test)]
    rows = np.unique(np.concatenate([part[:, [0, 2]] for part in (*parts, followed)]))
    entailed = np.concatenate([followed, _above(graph, train)])
    return GraphFacts(
        Facts(
            len(rows),
            len(graph.relations),
            *(_numbered(part, rows) for part in (*parts, entailed)),
        ),
        rows,
        graph.relations,
    )


def _read(path: str, graph: Graph, table: EntityTable) -> Triples:
    """The edges of a file by the numbers of the knowledge base."""
    named = read_edges(path)
    # a bare name is what the reader of such files makes `id:NAME` of
    entities = np.array(
        [table.row(name if ":" in name else expanded(name, {})) for name in named.entities],
        dtype=np.int64,
    )
    relations = np.array(
        [graph.relation_number(n if ":" in n else f"id:{n}") for n in named.relations],
        dtype=np.int64,
    )
    head, relation, tail = named.edges[0].T
    return np.unique(np.stack([entities[head], relations[relation], entities[tail]], 1), axis=0)


def _without(triples: Triples, others: Triples) -> Triples:
    """The triples that are not among the others."""
    whole = np.concatenate([others, triples])
    _, first = np.unique(whole, axis=0, return_index=True)
    kept = np.sort(first[first >= len(others)])
    return whole[kept]


def _above(graph: Graph, train: Triples) -> Triples:
    """The is-a pairs that follow from the train triples."""
    is_a = graph.relation_number(IS_A) if IS_A in graph.relations else -1
    direct = train[train[:, 1] == is_a]
    none = np.zeros((0, 3), dtype=np.int64)
    if not len(direct):
        return none
    head, relation, tail = direct.T.copy()
    learnt = Graph(graph.entity_count, head, relation, tail, graph.relations)
    closure = learnt.hierarchy.closure
    if closure is None or len(closure.up.neighbour) > MOST_ENTAILED:
        return none
    heads = np.repeat(np.arange(graph.entity_count), closure.up.counts())
    pairs = [heads, np.full(len(heads), is_a), closure.up.neighbour]
    return np.stack(pairs, axis=1).astype(np.int64)


def _numbered(triples: Triples, rows: Int64[np.ndarray, " entity"]) -> Triples:
    head, relation, tail = triples.T
    found = [np.searchsorted(rows, head), relation, np.searchsorted(rows, tail)]
    return np.stack(found, axis=1).astype(np.int64)
