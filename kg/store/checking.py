"""Whether the tables still hold what was written: the sums of each release, made again."""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int64, UInt64
from sqlalchemy import Connection, Executable, Table, inspect, literal, select, update
from sqlalchemy.exc import DBAPIError

from kg.store.dialects import MANY, Dialect
from kg.store.inferred import META
from kg.store.reading import fetched
from kg.store.schema import (
    alembic_version,
    axiom,
    description,
    edge,
    entity,
    inferred,
    meta,
    name,
    past_triple,
    relation,
    release,
    source,
    term,
    triple,
)
from kg.store.sums import (
    added_up,
    hashes_of_numbers,
    header_sum,
    kept_sums,
    sum_of_rows,
    sum_of_terms,
)

_NEVER = 2**31 - 1
_UNREADABLE = (
    DBAPIError, ValueError, TypeError, AttributeError, ArithmeticError, LookupError,
)  # fmt: skip
"""What Python, numpy and SQLAlchemy say of values that are no longer what they were."""

_OF_SOURCE = (description, name, edge, axiom)
_ONLY_GROWN = (term, entity, relation)

_Sums = dict[str, int]


class _Held(NamedTuple):
    """The triples of now and of the past: the hash of each, and when it held."""

    hashes: UInt64[np.ndarray, " triple"]
    source: Int64[np.ndarray, " triple"]
    added: Int64[np.ndarray, " triple"]
    removed: Int64[np.ndarray, " triple"]


def check(connection: Connection, dialect: Dialect) -> tuple[str, ...]:
    """What is not as it was written, a sentence each; nothing if all is well.

    Args:
        connection: in a transaction.
        dialect: of the connection.
    """
    found = []
    for looks in (dialect.check(connection), _differing(connection)):
        try:
            found += list(looks)
        except (*_UNREADABLE, connection.dialect.loaded_dbapi.Error) as error:
            said = getattr(error, "orig", error)
            found.append(f"Values cannot be read ({said}).")
    return tuple(dict.fromkeys(found))


def fill_sums(connection: Connection) -> None:
    """Give sums to the releases that have none, from the tables as they are."""
    rows = connection.execute(select(release).order_by(release.c.id)).all()
    known = [json.loads(row.sums) for row in rows if row.sums]
    known.append({t.name: 0 for t in _ONLY_GROWN} | kept_sums(connection))
    grown = {t.name: _sum_of(connection, t) - _total(known, t.name) for t in _ONLY_GROWN}
    newest = dict(fetched(connection, select(source.c.release, source.c.id)))
    held = _read_held(connection)
    for row in rows:
        if row.sums:
            continue
        sums = {key: value % 2**64 for key, value in grown.items()}
        grown = dict.fromkeys(grown, 0)
        sums["release"] = header_sum(connection, row.id)
        sums["triple"] = _triples_at(held, row.source, row.id)
        if row.id in newest:
            sums |= {t.name: _sum_of(connection, t, row.source) for t in _OF_SOURCE}
        chosen = update(release).where(release.c.id == row.id)
        connection.execute(chosen.values(sums=json.dumps(sums)))


def _differing(connection: Connection) -> Iterator[str]:
    rows = connection.execute(select(release.c.id, release.c.source, release.c.sums)).all()
    sums = {row.id: json.loads(row.sums) for row in rows if row.sums}
    yield from _differing_releases(connection, {row.id: row.source for row in rows}, sums)
    yield from _differing_triples(connection, {row.id: row.source for row in rows}, sums)
    for number, newest in fetched(connection, select(source.c.id, source.c.release)):
        for table in _OF_SOURCE:
            wanted = sums.get(newest, {}).get(table.name)
            if wanted is not None and wanted != _sum_of(connection, table, number):
                yield f"The table {table.name} differs from what source {number} brought."
    beside = kept_sums(connection)
    if len(sums) == len(rows):
        for table in _ONLY_GROWN:
            wanted = added_up((_total(sums.values(), table.name), beside.get(table.name, 0)))
            if wanted != _sum_of(connection, table):
                yield f"The table {table.name} differs from what was written."
    if beside.get("inferred") not in (None, inferred_sum(connection)):
        yield "The inferred triples differ from what was written."
    if _alembic_differs(connection):
        yield "The tables meta and alembic_version name different versions of the schema."
    values = fetched(connection, select(term.c.id, term.c.value, term.c.hash))
    spoilt = [number for number, value, hash_ in values if zlib.crc32(value.encode()) != hash_]
    if spoilt:
        yield f"{len(spoilt):,} texts of the table term are not as they were written."


def inferred_sum(connection: Connection) -> int:
    """The sum of the inferred triples, and of what they rest on."""
    told = fetched(connection, select(meta).where(meta.c.key == META))
    return added_up((sum_of_rows(told), _sum_of(connection, inferred)))


def _alembic_differs(connection: Connection) -> bool:
    known = connection.execute(select(meta.c.value).where(meta.c.key == "schema_version"))
    if not inspect(connection).has_table(alembic_version.name):
        return False
    noted = connection.execute(select(alembic_version.c.version_num))
    return list(noted.scalars()) != list(known.scalars())


def _differing_releases(
    connection: Connection, sources: dict[int, int], sums: dict[int, _Sums]
) -> Iterator[str]:
    newest = {sources[number]: number for number in sorted(sources)}
    if newest != dict(fetched(connection, select(source.c.id, source.c.release))):
        yield "The table source differs from the releases."
    for number, wanted in sums.items():
        if header_sum(connection, number) != wanted["release"]:
            yield f"What is told of release {number} differs from what was written."


def _differing_triples(
    connection: Connection, sources: dict[int, int], sums: dict[int, _Sums]
) -> Iterator[str]:
    held = _read_held(connection)
    for number in set(held.source.tolist()) | set(sources.values()):
        own = np.array([r for r, of in sources.items() if of == number] + [_NEVER])
        mine = held.source == number
        ends = np.concatenate((held.added[mine], held.removed[mine]))
        if not np.isin(ends, own).all():
            yield f"Triples of source {number} are of no release."
    for number, wanted in sums.items():
        if wanted["triple"] != _triples_at(held, sources[number], number):
            yield f"The triples of release {number} differ from what was written."


def _triples_at(held: _Held, of: int, at: int) -> int:
    """The sum of the triples of a source after one of its releases."""
    chosen = (held.source == of) & (held.added <= at) & (held.removed > at)
    return int(held.hashes[chosen].sum(dtype=np.uint64))


def _read_held(connection: Connection) -> _Held:
    columns = ("subject", "predicate", "object", "graph", "source", "added")
    now = select(*(triple.c[c] for c in columns), literal(_NEVER))
    past = select(*(past_triple.c[c] for c in columns), past_triple.c.removed)
    parts = []
    for rows in (*_parts(connection, now), *_parts(connection, past)):
        numbers = np.array(rows, dtype=np.int64).reshape(-1, 7)
        parts.append((hashes_of_numbers(numbers[:, :4]), *numbers[:, 4:].T))
    if not parts:
        nothing = np.zeros(0, dtype=np.int64)
        return _Held(nothing.astype(np.uint64), nothing, nothing, nothing)
    return _Held(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _parts(connection: Connection, query: Executable) -> Iterator[Sequence[Any]]:
    cursor = connection.execute(query).cursor
    while cursor is not None and (rows := cursor.fetchmany(MANY)):
        yield rows


def _sum_of(connection: Connection, table: Table, of: int | None = None) -> int:
    """The sum of a table's rows, or of those of a source; ids of names and axioms do not count."""
    columns = [c for c in table.c if of is None or c.name != "id"]
    query = select(*columns)
    if of is not None:
        query = query.where(table.c.source == of)
    make = sum_of_terms if table is term else sum_of_rows
    return added_up([make(rows) for rows in _parts(connection, query)])


def _total(sums: Iterable[_Sums], table: str) -> int:
    return added_up([found[table] for found in sums])
