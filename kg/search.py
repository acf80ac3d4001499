"""Finds entities by name: exact, then names that contain the words, then names a typo away.

Score: 1 for an exact label, CURIE or IRI, 0.95 for another exact name. Otherwise 0.6 if the name
starts with the text, 0.4 if it contains the text, 0.2 if it contains all the words, 0.05 if only
some, each plus up to 0.3 (some words: 0.1) by how the text's relevance compares with that of the
best name found. Where that finds fewer than three entities and no exact one, names within a few
edits count too (1 edit from 4 characters, 2 from 8, 3 from 16; swapped neighbours are one), with
half of the share of characters that no edit touched; a short text must share three characters in a
row with the name. Deprecated entities get half.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, or_, select

from kg.records import SearchHit, SearchHits
from kg.store.dialects import LOOKUP, Dialect, NameMatch, chunks
from kg.store.reading import combined_rows
from kg.store.schema import entity, name

_FETCHED = 50  # names looked at for each hit wanted: an entity may have many
_ENOUGH = 3
"""Entities found, from which on no name with a typo is looked for."""

_EDITS = ((16, 3), (8, 2), (4, 1))
"""Characters of a text from which on so many edits are allowed."""

_LONGEST = 200
"""Characters of a text that may have a typo."""

_CANDIDATES = 5_000


class _Scored(NamedTuple):
    row: int
    text: str
    score: float


def search(connection: Connection, dialect: Dialect, text: str, *, limit: int) -> SearchHits:
    """The best hits, each entity once.

    Args:
        connection: in a transaction.
        dialect: of the connection.
        text: any words, case and surplus blanks do not count; no wildcards. Or a CURIE or IRI.
        limit: above 0.
    """
    text = text.replace("\0", " ")  # which PostgreSQL cannot be asked for
    asked = " ".join(text.casefold().split())
    words = list(dict.fromkeys(asked.split()))
    if not words or limit < 1:
        return SearchHits()
    scored = _identified(connection, text) + _exact(connection, dialect, asked)
    exact = bool(scored)
    fetched = _FETCHED * limit
    matches = dialect.match(connection, words, every=True, limit=fetched)
    scored += _scored(connection, asked, matches)
    if not exact and len({found.row for found in scored}) < _ENOUGH:
        scored += _near(connection, dialect, asked)
    if not scored and len(words) > 1:
        matches = dialect.match(connection, words, every=False, limit=fetched)
        scored += _scored(connection, asked, matches, weak=True)
    return _hits(connection, scored, limit=limit)


def look_up(connection: Connection, dialect: Dialect, text: str) -> SearchHits:
    """All entities of which the text is a CURIE, the IRI or a whole name; the label's first.

    Args:
        connection: in a transaction.
        dialect: of the connection.
        text: case and surplus blanks do not count in a name.
    """
    text = text.replace("\0", " ")  # which PostgreSQL cannot be asked for
    asked = " ".join(text.casefold().split())
    if not asked:
        return SearchHits()
    scored = _identified(connection, text) + _exact(connection, dialect, asked)
    return _hits(connection, scored, limit=len(scored))


def _identified(connection: Connection, text: str) -> list[_Scored]:
    given = text.strip()
    query = select(entity).where(or_(entity.c.curie == given, entity.c.iri == given))
    return [_Scored(row.row, row.curie, 1.0) for row in connection.execute(query)]


def _near(connection: Connection, dialect: Dialect, asked: str) -> list[_Scored]:
    """Names within the edits that a text of this length may have."""
    from rapidfuzz.distance import OSA

    edits = next((edits for length, edits in _EDITS if len(asked) >= length), 0)
    if not edits or len(asked) > _LONGEST:
        return []
    candidates = dialect.near(connection, asked, edits=edits, limit=_CANDIDATES)
    found = []
    for chunk in chunks(candidates, LOOKUP):
        query = select(name.c.row, name.c.text, name.c.folded)
        chosen = query.where(name.c.id.in_(chunk))
        for row, text, folded in connection.execute(chosen):
            distance = OSA.distance(asked, folded, score_cutoff=edits)
            if distance <= edits:
                share = 1 - distance / max(len(asked), len(folded))
                found.append(_Scored(row, text, 0.5 * share))
    return found


def _exact(connection: Connection, dialect: Dialect, asked: str) -> list[_Scored]:
    query = select(name.c.row, name.c.text, name.c.kind).where(dialect.is_named(asked))
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
    for chunk in chunks(relevance, LOOKUP):
        query = select(name.c.id, name.c.row, name.c.text, name.c.folded)
        chosen = query.where(name.c.id.in_(chunk))
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


def _hits(connection: Connection, scored: Sequence[_Scored], *, limit: int) -> SearchHits:
    best: dict[int, _Scored] = {}
    for found in scored:
        if found.row not in best or found.score > best[found.row].score:
            best[found.row] = found
    rows = sorted(best)
    told = {}
    curies = {}
    for chunk in chunks(rows, LOOKUP):
        told.update(combined_rows(connection, chunk, definitions=False))
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
    return SearchHits(hits[:limit])
