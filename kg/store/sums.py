"""Sums over the rows of a release, by which a check knows that the store is as it was written.

A sum does not depend on the order of the rows: a loader makes it of what it holds in memory, and a
check of the tables. It finds damage, such as bytes that changed on a disk, and no forgery.
"""

import json
import zlib
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from jaxtyping import Int64, UInt64
from sqlalchemy import Connection, delete, insert, select

from kg.store.reading import fetched
from kg.store.schema import meta, prefix, release, source

_ODD = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
_META = "sums"
_Hashes = UInt64[np.ndarray, " row"]
_Numbers = Int64[np.ndarray, " row"]


def sum_of_rows(rows: Sequence[Sequence[Any]]) -> int:
    """The sum of the rows' hashes, 64 bits; texts count with their CRC-32."""
    return sum_of_columns(list(zip(*rows, strict=True))) if rows else 0


def sum_of_columns(columns: Sequence[Sequence[Any] | _Numbers]) -> int:
    """As `sum_of_rows`, for rows that are given as columns."""
    hashes = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        hashes = _mixed(hashes + _numbers(column))
    return int(hashes.sum(dtype=np.uint64))


def sum_of_numbers(rows: Int64[np.ndarray, "row column"]) -> int:
    """As `sum_of_rows`, for rows of integers."""
    return int(hashes_of_numbers(rows).sum(dtype=np.uint64))


def hashes_of_numbers(rows: Int64[np.ndarray, "row column"]) -> _Hashes:
    """The hash of each row of integers."""
    hashes = np.zeros(len(rows), dtype=np.uint64)
    for column in rows.T:
        hashes = _mixed(hashes + column.astype(np.uint64))
    return hashes


def sum_of_terms(rows: Sequence[tuple[int, int, str, str, str, int]]) -> int:
    """As `sum_of_rows`, for rows of `term`, whose column `hash` stands for the value."""
    return sum_of_rows([(id_, kind, *rest) for id_, kind, _, *rest in rows])


def header_sum(connection: Connection, number: int) -> int:
    """The sum of a row of `release`, of its prefixes and of its source's IRI."""
    columns = [column for column in release.c if column.name != "sums"]
    header = select(*columns, source.c.iri).join(source, source.c.id == release.c.source)
    prefixes = select(prefix).where(prefix.c.release == number)
    rows = fetched(connection, header.where(release.c.id == number))
    return added_up((sum_of_rows(rows), sum_of_rows(fetched(connection, prefixes))))


def kept_sums(connection: Connection) -> dict[str, int]:
    """The sums of what was written beside releases, by table."""
    found = connection.execute(select(meta.c.value).where(meta.c.key == _META)).scalar()
    return cast(dict[str, int], json.loads(found)) if found else {}


def keep_sums(connection: Connection, *, grown: dict[str, int], renewed: dict[str, int]) -> None:
    """Keep sums of what is written beside releases.

    Args:
        connection: in a transaction that writes.
        grown: of rows that were added to a table.
        renewed: of all rows of a table.
    """
    sums = kept_sums(connection)
    for table, added in grown.items():
        sums[table] = added_up((sums.get(table, 0), added))
    connection.execute(delete(meta).where(meta.c.key == _META))
    value = json.dumps(sums | renewed)
    connection.execute(insert(meta), [{"key": _META, "value": value}])


def added_up(sums: Sequence[int]) -> int:
    """The sum of the rows of several tables, or parts of one."""
    return sum(sums) % 2**64


def _numbers(column: Sequence[Any] | _Numbers) -> _Hashes:
    if isinstance(column, np.ndarray):
        return column.astype(np.uint64)
    kind = type(column[0]) if column else int  # a column has values of one kind
    if kind is int:
        return np.array(column, dtype=np.int64).astype(np.uint64)
    texts = column if kind is str else list(map(repr, column))
    if len(set(texts[:1000])) < 100:  # most often the same few
        known = {text: zlib.crc32(text.encode()) for text in set(texts)}
        return np.fromiter(map(known.__getitem__, texts), np.uint64, len(texts))
    return np.fromiter(map(zlib.crc32, map(str.encode, texts)), np.uint64, len(texts))


def _mixed(values: _Hashes) -> _Hashes:
    """Each bit of the result depends on all bits: two rounds of Vigna's splitmix64."""
    values = (values ^ (values >> _SHIFT)) * _ODD
    values = (values ^ (values >> _SHIFT)) * _ODD
    values ^= values >> _SHIFT
    return values
