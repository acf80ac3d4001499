"""The whole knowledge base as columns and as a graph. Needs numpy, so imported when asked for."""

import hashlib
import json
import os
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64
from sqlalchemy import Connection, func, select, text
from sqlalchemy.engine import make_url

from kg.graph import IS_A, Graph
from kg.snapshots import FORMAT, Memory, Snapshot
from kg.store.database import shown_location
from kg.store.reading import combined_rows, fetched
from kg.store.schema import (
    SCHEMA_VERSION,
    entity,
    meta,
    name,
    relation,
    release,
    source,
)
from kg.store.schema import inferred as inferred_triple
from kg.table import EntityTable
from kg.vocabulary import BROADER, SUBCLASS_OF

# Described, and deprecated by none.
_LIVE = "SELECT row FROM description GROUP BY row HAVING MAX(deprecated) = 0"

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


def read_table(connection: Connection) -> EntityTable:
    """All entities by row."""
    known = fetched(connection, select(entity).order_by(entity.c.row))
    told = combined_rows(connection)
    synonyms = _synonyms(connection)
    labels, definitions, kinds, live, others = [], [], [], [], []
    for row, _, curie in known:
        found = told.get(row)
        label = (found.label or curie) if found else ""
        labels.append(label)
        definitions.append(found.definition if found else "")
        kinds.append(found.kind if found else "class")
        live.append(found is not None and not found.deprecated)
        others.append(tuple(text for text in synonyms.get(row, ()) if text != label))
    return EntityTable(
        iris=tuple(iri for _, iri, _ in known),
        curies=tuple(curie for _, _, curie in known),
        labels=tuple(labels),
        definitions=tuple(definitions),
        synonyms=tuple(others),
        kinds=tuple(kinds),
        live=np.array(live, dtype=np.bool_),
    )


def content_hash(connection: Connection, *, inferred: bool = False) -> str:
    """Names what the arrays are made from: which releases were loaded when, and hold now.

    Two knowledge bases with the same files may number their entities differently, so it is not
    `KnowledgeBase.version`.

    Args:
        connection: to a knowledge base.
        inferred: whether inferred triples are among it; the name then says so.
    """
    releases = select(release.c.id, release.c.source, release.c.sha256, release.c.loaded_at)
    current = select(source.c.id, source.c.release)
    told: list[Any] = [
        SCHEMA_VERSION,
        FORMAT,
        connection.execute(select(func.max(entity.c.row))).scalar(),
        *map(list, fetched(connection, releases.order_by(release.c.id))),
        *map(list, fetched(connection, current.order_by(source.c.id))),
    ]
    if inferred:
        reasoned = select(meta.c.value).where(meta.c.key == "inferred")
        told.append(connection.execute(reasoned).scalar())
        told.append(connection.execute(select(func.count()).select_from(inferred_triple)).scalar())
    digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]
    return f"{digest}-inferred" if inferred else digest


def snapshots_folder(location: str) -> Path | None:
    """Where the snapshots of a knowledge base are; None if it has no place of its own.

    `X.db.snapshots` beside an SQLite file; for other databases a folder of this machine,
    `$XDG_CACHE_HOME/ontograft/snapshots`, or `~/.cache/ontograft/snapshots`.

    Args:
        location: of the knowledge base, a path or a URL.
    """
    if "://" in location:
        url = make_url(location)
        if url.get_backend_name() != "sqlite":
            cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
            name = hashlib.sha256(shown_location(location).encode()).hexdigest()[:32]
            return cache / "ontograft" / "snapshots" / name
        if not url.database or url.database == ":memory:":
            return None
        location = url.database
    return Path(f"{location}.snapshots")


def read_graph(
    connection: Connection, snapshots: Path | None = None, *, inferred: bool = False
) -> Graph:
    """Edges between live entities.

    Args:
        connection: to the knowledge base.
        snapshots: the folder where its arrays are kept; None to keep none.
        inferred: whether to take what was inferred, too.
    """
    content = content_hash(connection, inferred=inferred)
    shelf = Memory() if snapshots is None else Snapshot(snapshots / content)
    kept = shelf.kept("edges", lambda: _edge_arrays(connection, inferred=inferred))
    return Graph.kept_on(
        shelf,
        entity_count=int(kept["entity_count"][0]),
        edge_index=kept["edge_index"],
        edge_type=kept["edge_type"],
        origin=kept["origin"],
        relations=tuple(json.loads(kept["relations"].tobytes())),
    )


def _edge_arrays(connection: Connection, *, inferred: bool) -> dict[str, np.ndarray]:
    """What a graph is made of: no edge twice, relations without a live edge left out."""
    count = next_row(connection)
    live = np.zeros(count, dtype=np.bool_)
    live[_columns(connection, _LIVE, 1)[:, 0]] = True
    edges = _columns(connection, _EDGES, 4)
    if inferred:
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
    curies = json.dumps([IS_A, *(r.curie for r in others)], ensure_ascii=False).encode()
    return {
        "entity_count": np.array([count], dtype=np.int64),
        "edge_index": np.ascontiguousarray(edges[:, [0, 2]].T),
        "edge_type": edges[:, 1].copy(),
        "origin": edges[:, 3].astype(np.uint8),
        "relations": np.frombuffer(curies, dtype=np.uint8).copy(),
    }


def next_row(connection: Connection) -> int:
    """How many rows the entity table has; they have no gaps."""
    highest = connection.execute(select(func.max(entity.c.row))).scalar()
    return 0 if highest is None else int(highest) + 1


def _columns(connection: Connection, sql: str, width: int) -> Int64[np.ndarray, "row width"]:
    """The rows of a query that gives whole numbers."""
    cursor = connection.execute(text(sql)).cursor
    rows = [] if cursor is None else cursor.fetchall()
    flat = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=width * len(rows))
    return flat.reshape(-1, width)


def _synonyms(connection: Connection) -> dict[int, dict[str, None]]:
    """Labels and exact synonyms by row, each text once, in the order of loading."""
    query = (
        select(name.c.row, name.c.text)
        .where(name.c.kind.in_(("label", "exact")))
        .order_by(name.c.row, name.c.id)
    )
    found: dict[int, dict[str, None]] = {}
    for row, synonym in fetched(connection, query):
        found.setdefault(row, {})[synonym] = None
    return found
