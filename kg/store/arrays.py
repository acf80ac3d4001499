"""The edges of a knowledge base as arrays. Needs numpy, so imported when asked for."""

from itertools import chain

import numpy as np
from jaxtyping import Int64
from sqlalchemy import Connection, func, select, text

from kg.graph import IS_A, Graph
from kg.snapshots import Shelf
from kg.store.inferred import inferred_from
from kg.store.schema import entity, relation
from kg.text_columns import text_arrays, texts_of
from kg.vocabulary import BROADER, SUBCLASS_OF

# Described, and deprecated by none.
_LIVE = """
SELECT description.row FROM description GROUP BY description.row HAVING MAX(deprecated) = 0
"""

# The origins as numbers of kg.graph.ORIGINS.
_EDGES = """
SELECT head, relation, tail,
    CASE origin WHEN 'asserted' THEN 0 WHEN 'restriction' THEN 1 ELSE 2 END
FROM edge
"""

# Inferred triples between entities, by a relation that edges have. That a thing is itself is none.
_INFERRED = """
SELECT head.row, relation.id, tail.row, 2
FROM inferred
JOIN term AS predicate ON predicate.id = inferred.predicate AND predicate.kind = 0
JOIN relation ON relation.iri = predicate.value
JOIN term AS subject ON subject.id = inferred.subject AND subject.kind = 0
JOIN entity AS head ON head.iri = subject.value
JOIN term AS object ON object.id = inferred.object AND object.kind = 0
JOIN entity AS tail ON tail.iri = object.value
WHERE head.row <> tail.row
"""


def read_graph(connection: Connection, shelf: Shelf, *, inferred: bool = False) -> Graph:
    """Edges between live entities.

    Args:
        connection: to the knowledge base.
        shelf: where its arrays are kept.
        inferred: whether to take what was inferred, too.
    """
    kept = shelf.kept("edges", lambda: _edge_arrays(connection, inferred=inferred))
    return Graph.kept_on(
        shelf,
        entity_count=int(kept["entity_count"][0]),
        edge_index=kept["edge_index"],
        edge_type=kept["edge_type"],
        origin=kept["origin"],
        relations=texts_of(kept, "relations"),
    )


def _edge_arrays(connection: Connection, *, inferred: bool) -> dict[str, np.ndarray]:
    """What a graph is made of: no edge twice, relations without a live edge left out."""
    highest = connection.execute(select(func.max(entity.c.row))).scalar()
    count = 0 if highest is None else int(highest) + 1
    live = np.zeros(count, dtype=np.bool_)
    live[_columns(connection, _LIVE, 1)[:, 0]] = True
    edges = _columns(connection, _EDGES, 4)
    if inferred and inferred_from(connection) is not None:
        edges = np.concatenate([edges, _columns(connection, _INFERRED, 4)])
    edges = edges[live[edges[:, 0]] & live[edges[:, 2]]]
    stored = connection.execute(select(relation).order_by(relation.c.id)).all()
    is_a = {r.id for r in stored if r.iri in (SUBCLASS_OF, BROADER)}
    used = set(np.unique(edges[:, 1]).tolist())
    others = [r for r in stored if r.id in used - is_a]
    # relation 0 is is-a in any case, also without an edge
    number = np.zeros(max((r.id for r in stored), default=0) + 1, dtype=np.int64)
    number[[r.id for r in others]] = np.arange(1, len(others) + 1)
    edges[:, 1] = number[edges[:, 1]]
    edges = edges[np.lexsort(edges.T[[3, 2, 1, 0]])]
    # the same edge may have several origins: the first wins
    first = np.ones(len(edges), dtype=np.bool_)
    first[1:] = (edges[1:, :3] != edges[:-1, :3]).any(axis=1)
    edges = edges[first]
    return {
        "entity_count": np.array([count], dtype=np.int64),
        "edge_index": np.ascontiguousarray(edges[:, [0, 2]].T),
        "edge_type": edges[:, 1].copy(),
        "origin": edges[:, 3].astype(np.uint8),
        **text_arrays("relations", [IS_A, *(r.curie for r in others)]),
    }


def _columns(connection: Connection, sql: str, width: int) -> Int64[np.ndarray, "row width"]:
    """The rows of a query that gives whole numbers."""
    cursor = connection.execute(text(sql)).cursor
    rows = [] if cursor is None else cursor.fetchall()
    flat = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=width * len(rows))
    return flat.reshape(-1, width)
