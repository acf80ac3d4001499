"""Entities and names as columns, out of a snapshot. Needs numpy, so imported when asked for."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from sqlalchemy import Connection, select

from kg.records import NameRow
from kg.snapshots import Shelf
from kg.store import reading
from kg.store.reading import combined_rows, fetched
from kg.store.schema import entity, name
from kg.table import EntityTable
from kg.text_columns import categories_of, category_arrays, text_arrays, texts_of


def read_table(connection: Connection, shelf: Shelf) -> EntityTable:
    """All entities by row."""
    kept = shelf.kept("entities", lambda: _entity_arrays(connection))
    synonyms, start = texts_of(kept, "synonyms"), kept["synonyms_start"].tolist()
    return EntityTable(
        iris=texts_of(kept, "iris"),
        curies=texts_of(kept, "curies"),
        labels=texts_of(kept, "labels"),
        definitions=texts_of(kept, "definitions"),
        synonyms=tuple(synonyms[a:b] for a, b in pairwise(start)),
        kinds=categories_of(kept, "kinds"),
        live=kept["live"],
    )


def read_names(connection: Connection, shelf: Shelf) -> tuple[NameRow, ...]:
    """Names of live entities that are no properties, by row."""
    kept = shelf.kept("names", lambda: _name_arrays(connection))
    columns = (
        kept["rows"].tolist(),
        texts_of(kept, "texts"),
        categories_of(kept, "kinds"),
        categories_of(kept, "languages"),
    )
    return tuple(map(NameRow._make, zip(*columns, strict=True)))


def _name_arrays(connection: Connection) -> Mapping[str, np.ndarray]:
    names = reading.read_names(connection)
    return {
        "rows": np.array([n.row for n in names], dtype=np.int64),
        **text_arrays("texts", [n.text for n in names]),
        **category_arrays("kinds", [n.kind for n in names]),
        **category_arrays("languages", [n.lang for n in names]),
    }


def _entity_arrays(connection: Connection) -> Mapping[str, np.ndarray]:
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
    return {
        **text_arrays("iris", [iri for _, iri, _ in known]),
        **text_arrays("curies", [curie for _, _, curie in known]),
        **text_arrays("labels", labels),
        **text_arrays("definitions", definitions),
        **text_arrays("synonyms", [text for texts in others for text in texts]),
        "synonyms_start": np.cumsum([0, *map(len, others)]),
        **category_arrays("kinds", kinds),
        "live": np.array(live, dtype=np.bool_),
    }


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
