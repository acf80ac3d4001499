"""The whole knowledge base as columns and as a graph. Needs numpy, so imported when asked for."""

import numpy as np
from sqlalchemy import Connection, func, select

from kg.graph import IS_A, Graph
from kg.store.reading import combined_rows, fetched, live_kinds
from kg.store.schema import edge, entity, name, relation
from kg.table import EntityTable
from kg.vocabulary import BROADER, SUBCLASS_OF


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


def read_graph(connection: Connection) -> Graph:
    """Edges between live entities."""
    count = connection.execute(select(func.count()).select_from(entity)).scalar_one()
    live = np.zeros(count, dtype=np.bool_)
    live[list(live_kinds(connection))] = True
    stored = connection.execute(select(relation).order_by(relation.c.id)).all()
    is_a = {r.id for r in stored if r.iri in (SUBCLASS_OF, BROADER)}
    others = [r for r in stored if r.id not in is_a]
    place = {r.id: i for i, r in enumerate(others, start=1)} | dict.fromkeys(is_a, 0)
    rows = fetched(connection, select(edge.c.head, edge.c.relation, edge.c.tail))
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3)
    places = np.array([place[i] for i in range(len(stored))], dtype=np.int64)
    columns[:, 1] = places[columns[:, 1]]
    columns = np.unique(columns[live[columns[:, 0]] & live[columns[:, 2]]], axis=0)
    used = np.unique(columns[:, 1])
    kept = [r.curie for i, r in enumerate(others, start=1) if i in used]
    # Relations without a live edge go; relation 0 stays in any case.
    numbers = np.concatenate([[0], used[used > 0]])
    return Graph(
        entity_count=count,
        head=columns[:, 0].copy(),
        relation=np.searchsorted(numbers, columns[:, 1]).astype(np.int64),
        tail=columns[:, 2].copy(),
        relations=(IS_A, *kept),
    )


def _synonyms(connection: Connection) -> dict[int, dict[str, None]]:
    """Labels and exact synonyms by row, each text once, in the order of loading."""
    query = (
        select(name.c.row, name.c.text)
        .where(name.c.kind.in_(("label", "exact")))
        .order_by(name.c.row, name.c.id)
    )
    found: dict[int, dict[str, None]] = {}
    for row, text in fetched(connection, query):
        found.setdefault(row, {})[text] = None
    return found
