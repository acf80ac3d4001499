"""Numbers for terms: those that are known keep theirs."""

import zlib
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from jaxtyping import Int64
from sqlalchemy import Connection, func, select

from kg.store.blanks import blank_names
from kg.store.dialects import MANY, MOST, Dialect, chunks
from kg.store.schema import term
from kg.store.sums import added_up, sum_of_terms
from kg.triples import Blank, Literal, Term, Triples, TripleTerm

IRI, BLANK, LITERAL, TRIPLE = 0, 1, 2, 3
"""The values of `term.kind`."""

_LOOKUP = 500
_Key = tuple[int, str, str, str]


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
        numbers = self._numbered(self._keys(triples))
        if len(numbers) < len(triples.terms):
            plain = [t for t in triples.terms if not isinstance(t, TripleTerm)]
            numbers = self._with_triple_terms(triples, dict(zip(plain, numbers, strict=True)))
        return np.array(numbers, dtype=np.int64)

    def _with_triple_terms(self, triples: Triples, numbers: dict[Term, int]) -> list[int]:
        # what a triple term is made of stands before it; some are made of others
        for found in triples.terms:
            if isinstance(found, TripleTerm):
                value = " ".join(str(numbers[part]) for part in found)
                [numbers[found]] = self._numbered([(TRIPLE, value, "", "")])
        return [numbers[t] for t in triples.terms]

    def _keys(self, triples: Triples) -> Iterator[_Key]:
        """Of the terms that are not made of others."""
        names = blank_names(triples)
        for found in triples.terms:
            if isinstance(found, str):
                yield (IRI, found, "", "")
            elif isinstance(found, Literal):
                yield (LITERAL, *found)
            elif isinstance(found, Blank):
                yield (BLANK, f"{self._source}.{names[found.number]}", "", "")

    def _numbered(self, keys: Iterable[_Key]) -> Sequence[int]:
        first = self._next
        if not first:
            self._insert(keys)
            return range(self._next)
        keys = list(keys)
        known = self._known(keys)
        self._insert(key for key in keys if key not in known)
        new = iter(range(first, self._next))
        return [known[key] if key in known else next(new) for key in keys]

    def _insert(self, keys: Iterable[_Key]) -> None:
        rows = ((next_, *key, _hash(key)) for next_, key in enumerate(keys, start=self._next))
        for chunk in chunks(rows, MANY):
            self.sum = added_up((self.sum, sum_of_terms(chunk)))
            self._dialect.insert(self._connection, term, chunk)
            self._next += len(chunk)

    def _known(self, keys: Sequence[_Key]) -> dict[_Key, int]:
        columns = "SELECT id, kind, value, datatype, lang FROM term"
        if len(keys) > self._next * MOST:
            return self._fetched(columns, ())
        known: dict[_Key, int] = {}
        for chunk in chunks(sorted(set(map(_hash, keys))), _LOOKUP):
            marks = ", ".join([self._dialect.mark] * len(chunk))
            known |= self._fetched(f"{columns} WHERE hash IN ({marks})", chunk)
        return known

    def _fetched(self, statement: str, values: Sequence[int]) -> dict[_Key, int]:
        cursor = self._connection.exec_driver_sql(statement, tuple(values)).cursor
        return {} if cursor is None else {row[1:]: row[0] for row in cursor.fetchall()}


def _hash(key: _Key) -> int:
    return zlib.crc32(key[1].encode())
