"""Numbers for terms: those that are known keep theirs."""

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Int64
from sqlalchemy import Connection, func, select

from kg.store.blanks import blank_names
from kg.store.dialects import LOOKUP, MANY, MOST, Dialect, chunks
from kg.store.schema import term
from kg.store.sums import added_up, sum_of_columns
from kg.triples import BLANK, IRI, LITERAL, TRIPLE, Term, Triples, TripleTerm

__all__ = ["BLANK", "IRI", "LITERAL", "TRIPLE", "TermWriter"]

# An IRI is its own key, a literal too: its value, datatype and language. Of others: value and kind.
_Key = str | tuple[str, int] | tuple[str, str, str]
_Row = tuple[int, str, str, str]


class TermWriter:
    """Gives the terms of one file their numbers in the store, and writes those that are new.

    Args:
        connection: in a transaction that writes.
        dialect: of the connection.
        source: the number of the source, which its blank nodes bear.

    Attributes:
        sum: over the terms that were new.
    """

    def __init__(self, connection: Connection, dialect: Dialect, source: int) -> None:
        self._connection = connection
        self._dialect = dialect
        self._source = source
        highest = connection.execute(select(func.coalesce(func.max(term.c.id), -1))).scalar_one()
        self._next = int(highest) + 1
        self.sum = 0

    def write(self, triples: Triples) -> Int64[np.ndarray, " term"]:
        """The number of each term, in their order."""
        keys, composed = self._keys(triples)
        numbers = self._numbered(keys)
        if composed:
            plain = [t for t in triples.terms if not isinstance(t, TripleTerm)]
            numbers = self._with_triple_terms(triples, dict(zip(plain, numbers, strict=True)))
        return np.array(numbers, dtype=np.int64)

    def _with_triple_terms(self, triples: Triples, numbers: dict[Term, int]) -> list[int]:
        # what a triple term is made of stands before it; some are made of others
        for found in triples.terms:
            if isinstance(found, TripleTerm):
                value = " ".join(str(numbers[part]) for part in found)
                [numbers[found]] = self._numbered([(value, TRIPLE)])
        return [numbers[t] for t in triples.terms]

    def _keys(self, triples: Triples) -> tuple[list[_Key], bool]:
        """Of the terms that are not made of others; and whether some are."""
        keys: list[Any] = list(triples.terms)
        nodes = np.flatnonzero(triples.kinds == BLANK).tolist()
        for at, told in zip(nodes, blank_names(triples), strict=True):
            keys[at] = (f"{self._source}.{told}", BLANK)
        if not (triples.kinds == TRIPLE).any():
            return keys, False
        return [key for key in keys if not isinstance(key, TripleTerm)], True

    def _numbered(self, keys: Sequence[_Key]) -> Sequence[int]:
        first = self._next
        if not first:
            self._insert(keys)
            return range(self._next)
        numbers = list(map(self._known(keys).get, keys))
        self._insert([key for key, number in zip(keys, numbers, strict=True) if number is None])
        new = iter(range(first, self._next))
        return [next(new) if number is None else number for number in numbers]

    def _insert(self, keys: Sequence[_Key]) -> None:
        for chunk in chunks(keys, MANY):
            numbers = range(self._next, self._next + len(chunk))
            kinds, values, datatypes, langs = zip(*map(_row, chunk), strict=True)
            hashes = list(map(zlib.crc32, map(str.encode, values)))
            # as `sum_of_terms` does
            added = sum_of_columns((numbers, kinds, datatypes, langs, hashes))
            self.sum = added_up((self.sum, added))
            rows = zip(numbers, kinds, values, datatypes, langs, hashes, strict=True)
            self._dialect.insert(self._connection, term, rows)
            self._next += len(chunk)

    def _known(self, keys: Sequence[_Key]) -> dict[_Key, int]:
        columns = "SELECT id, kind, value, datatype, lang FROM term"
        if len(keys) > self._next * MOST:
            return self._fetched(columns, ())
        known: dict[_Key, int] = {}
        for chunk in chunks(sorted(set(map(_hash, keys))), LOOKUP):
            marks = ", ".join([self._dialect.mark] * len(chunk))
            known |= self._fetched(f"{columns} WHERE hash IN ({marks})", chunk)
        return known

    def _fetched(self, statement: str, values: Sequence[int]) -> dict[_Key, int]:
        cursor = self._connection.exec_driver_sql(statement, tuple(values)).cursor
        rows = [] if cursor is None else cursor.fetchall()
        return {
            value
            if kind == IRI
            else (value, type_, lang)
            if kind == LITERAL
            else (value, kind): id_
            for id_, kind, value, type_, lang in rows
        }


def _row(key: _Key) -> _Row:
    """Kind, value, datatype and language."""
    if isinstance(key, str):
        return (IRI, key, "", "")
    if len(key) == 3:
        return (LITERAL, *key)
    value, kind = key
    return (kind, value, "", "")


def _hash(key: _Key) -> int:
    return zlib.crc32((key if isinstance(key, str) else key[0]).encode())
