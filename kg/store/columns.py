"""Entities and names as columns, out of a snapshot. Needs numpy, so imported when asked for."""

from collections.abc import Mapping, Sequence
from itertools import pairwise, repeat

import numpy as np
from jaxtyping import Int64
from sqlalchemy import Connection, select

from kg.garbage import no_garbage_search
from kg.integer_rows import packed
from kg.records import NameRow
from kg.snapshots import Shelf
from kg.store.reading import combined_rows, fetched, property_rows
from kg.store.schema import description, entity, name
from kg.table import EntityTable
from kg.text_columns import categories_of, category_arrays, text_arrays, texts_of

_Numbers = Int64[np.ndarray, " row"]


@no_garbage_search()
def read_table(connection: Connection, shelf: Shelf) -> EntityTable:
    """All entities by row."""
    kept = shelf.kept("entities", lambda: _entity_arrays(connection))
    synonyms, start = texts_of(kept, "synonyms"), kept["first_synonym"].tolist()
    return EntityTable(
        iris=texts_of(kept, "iris"),
        curies=texts_of(kept, "curies"),
        labels=texts_of(kept, "labels"),
        definitions=texts_of(kept, "definitions"),
        synonyms=tuple(synonyms[a:b] for a, b in pairwise(start)),
        kinds=categories_of(kept, "kinds"),
        live=kept["live"],
    )


@no_garbage_search()
def read_names(connection: Connection, shelf: Shelf) -> tuple[NameRow, ...]:
    """Names of live entities that are no properties, by row."""
    kept = shelf.kept("names", lambda: _name_arrays(connection))
    columns = (
        kept["rows"].tolist(),
        texts_of(kept, "texts"),
        categories_of(kept, "kinds"),
        categories_of(kept, "languages"),
    )
    # as `NameRow._make`, in half the time
    return tuple(map(tuple.__new__, repeat(NameRow), zip(*columns, strict=True)))


def _name_arrays(connection: Connection) -> Mapping[str, np.ndarray]:
    """In the order of the rows, kinds, languages and texts, each once."""
    gone = select(description.c.row).where(description.c.deprecated != 0)
    silent = property_rows(connection) | {row for (row,) in fetched(connection, gone)}
    found = fetched(connection, select(name.c.row, name.c.kind, name.c.lang, name.c.text))
    rows = np.array([row for row, *_ in found], dtype=np.int64)
    kinds, languages, texts = ([row[at] for row in found] for at in (1, 2, 3))
    [keys] = packed(np.stack([rows, _ranks(kinds), _ranks(languages)], axis=1))
    places = np.flatnonzero(~np.isin(rows, list(silent)))
    places = places[np.argsort(keys[places], kind="stable")]
    places = _by_text(keys[places], places, texts)
    chosen = places.tolist()
    return {
        "rows": rows[places],
        **text_arrays("texts", [texts[place] for place in chosen]),
        **category_arrays("kinds", [kinds[place] for place in chosen]),
        **category_arrays("languages", [languages[place] for place in chosen]),
    }


def _ranks(column: Sequence[str]) -> _Numbers:
    """The place of each text among those that there are, which are few."""
    rank = {text: number for number, text in enumerate(sorted(set(column)))}
    return np.array(list(map(rank.__getitem__, column)), dtype=np.int64)


def _by_text(keys: _Numbers, places: _Numbers, texts: Sequence[str]) -> _Numbers:
    """Places of names whose keys ascend, by key and text, and each name once."""
    same = keys[1:] == keys[:-1]
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    among = places[tied].tolist()
    named = sorted(zip(keys[tied].tolist(), [texts[place] for place in among], among, strict=True))
    places[tied] = [place for *_, place in named]
    again = [first[:2] == second[:2] for first, second in pairwise(named)]
    return np.delete(places, tied[1:][np.array(again, dtype=np.bool_)])


def _entity_arrays(connection: Connection) -> Mapping[str, np.ndarray]:
    known = fetched(connection, select(entity).order_by(entity.c.row))
    curies = [curie for _, _, curie in known]
    labels, definitions, kinds = [""] * len(known), [""] * len(known), ["class"] * len(known)
    live = np.zeros(len(known), dtype=np.bool_)
    for row, told in combined_rows(connection).items():
        labels[row] = told.label or curies[row]
        definitions[row] = told.definition
        kinds[row] = told.kind
        live[row] = not told.deprecated
    synonyms, start = _synonyms(connection, labels)
    return {
        **text_arrays("iris", [iri for _, iri, _ in known]),
        **text_arrays("curies", curies),
        **text_arrays("labels", labels),
        **text_arrays("definitions", definitions),
        **text_arrays("synonyms", synonyms),
        "first_synonym": start,
        **category_arrays("kinds", kinds),
        "live": live,
    }


def _synonyms(
    connection: Connection, labels: Sequence[str]
) -> tuple[list[str], Int64[np.ndarray, " bound"]]:
    """Labels and exact synonyms that are not the label, each once for a row, in their own order.

    Returns:
        All of them, row after row, and where those of each row begin.
    """
    query = (
        select(name.c.row, name.c.text)
        .where(name.c.kind.in_(("label", "exact")))
        .order_by(name.c.row, name.c.id)
    )
    found = dict.fromkeys(
        (row, text) for row, text in fetched(connection, query) if text != labels[row]
    )
    start = np.zeros(len(labels) + 1, dtype=np.int64)
    rows = np.array([row for row, _ in found], dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=len(labels)), out=start[1:])
    return [text for _, text in found], start
