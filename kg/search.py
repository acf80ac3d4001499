"""Finds entities by name: exact label, exact other name, then names that contain the words.

Score: 1 for an exact label, 0.95 for another exact name. Otherwise 0.6 if the name starts with the
text, 0.4 if it contains the text, 0.2 if it contains all the words, 0.05 if only some, each plus
up to 0.3 (some words: 0.1) by how the text's relevance compares with that of the best name found.
Deprecated entities get half.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from kg.records import SearchHit
from kg.store.dialects import Dialect, NameMatch
from kg.store.reading import combined_rows
from kg.store.schema import entity, name

_FETCHED = 50  # names looked at for each hit wanted: an entity may have many


class _Scored(NamedTuple):
    row: int
    text: str
    score: float


def search(
    connection: Connection, dialect: Dialect, text: str, *, limit: int
) -> tuple[SearchHit, ...]:
    """The best hits, each entity once.

    Args:
        connection: in a transaction.
        dialect: of the connection.
        text: any words, case and surplus blanks do not count; no wildcards.
        limit: above 0.
    """
    asked = " ".join(text.casefold().split())
    words = list(dict.fromkeys(asked.split()))
    if not words or limit < 1:
        return ()
    scored = _exact(connection, asked)
    fetched = _FETCHED * limit
    matches = dialect.match(connection, words, every=True, limit=fetched)
    scored += _scored(connection, asked, matches)
    if not scored and len(words) > 1:
        matches = dialect.match(connection, words, every=False, limit=fetched)
        scored += _scored(connection, asked, matches, weak=True)
    return _hits(connection, scored, limit=limit)


def _exact(connection: Connection, asked: str) -> list[_Scored]:
    query = select(name.c.row, name.c.text, name.c.kind).where(name.c.folded == asked)
    return [
        _Scored(row, text, 1.0 if kind == "label" else 0.95)
        for row, text, kind in connection.execute(query)
    ]


def _scored(
    connection: Connection, asked: str, matches: Sequence[NameMatch], *, weak: bool = False
) -> list[_Scored]:
    if not matches:
        return []
    relevance = {match.name: match.relevance for match in matches}
    best = max(relevance.values())
    found = []
    ids = list(relevance)
    for start in range(0, len(ids), 500):
        query = select(name.c.id, name.c.row, name.c.text, name.c.folded)
        chosen = query.where(name.c.id.in_(ids[start : start + 500]))
        for id_, row, text, folded in connection.execute(chosen):
            share = relevance[id_] / best
            if weak:
                score = 0.05 + 0.1 * share
            elif folded.startswith(asked):
                score = 0.6 + 0.3 * share
            elif asked in folded:
                score = 0.4 + 0.3 * share
            else:
                score = 0.2 + 0.3 * share
            found.append(_Scored(row, text, score))
    return found


def _hits(
    connection: Connection, scored: Sequence[_Scored], *, limit: int
) -> tuple[SearchHit, ...]:
    best: dict[int, _Scored] = {}
    for found in scored:
        if found.row not in best or found.score > best[found.row].score:
            best[found.row] = found
    rows = sorted(best)
    told = {}
    curies = {}
    for start in range(0, len(rows), 500):
        chunk = rows[start : start + 500]
        told.update(combined_rows(connection, chunk))
        query = select(entity).where(entity.c.row.in_(chunk))
        curies.update({row.row: row for row in connection.execute(query)})
    hits = [
        SearchHit(
            curie=curies[row].curie,
            iri=curies[row].iri,
            label=told[row].label or curies[row].curie,
            name=found.text,
            score=round(found.score * (0.5 if told[row].deprecated else 1.0), 4),
        )
        for row, found in best.items()
        if row in told
    ]
    hits.sort(key=lambda hit: (-hit.score, len(hit.name), hit.curie))
    return tuple(hits[:limit])
