"""Numbers for terms: those that are known keep theirs."""

import zlib
from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from kg.store.blanks import blank_names
from kg.store.dialects import Dialect, chunks
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

    def write(self, triples: Triples) -> list[int]:
        """The number of each term, in their order."""
        names = blank_names(triples)
        plain = [t for t in triples.terms if not isinstance(t, TripleTerm)]
        numbers = self._numbered([self._key(t, names) for t in plain])
        if len(plain) == len(triples.terms):
            return numbers
        return self._with_triple_terms(triples, dict(zip(plain, numbers, strict=True)))

    def _with_triple_terms(self, triples: Triples, numbers: dict[Term, int]) -> list[int]:
        # what a triple term is made of stands before it; some are made of others
        for found in triples.terms:
            if isinstance(found, TripleTerm):
                value = " ".join(str(numbers[part]) for part in found)
                [numbers[found]] = self._numbered([(TRIPLE, value, "", "")])
        return [numbers[t] for t in triples.terms]

    def _key(self, found: Term, names: Sequence[str]) -> _Key:
        if isinstance(found, str):
            return (IRI, found, "", "")
        if isinstance(found, Blank):
            return (BLANK, f"{self._source}.{names[found.number]}", "", "")
        if isinstance(found, Literal):
            return (LITERAL, *found)
        raise TypeError(f"{found!r} is no plain term")

    def _numbered(self, keys: Sequence[_Key]) -> list[int]:
        hashes = [zlib.crc32(key[1].encode()) for key in keys]
        known = self._known(hashes) if self._next else {}
        numbers, added = [], []
        for key, hash_ in zip(keys, hashes, strict=True):
            number = known.get(key)
            if number is None:
                number = self._next
                added.append((number, *key, hash_))
                self._next += 1
            numbers.append(number)
        self.sum = added_up((self.sum, sum_of_terms(added)))
        self._dialect.insert(self._connection, term, added)
        return numbers

    def _known(self, hashes: Sequence[int]) -> dict[_Key, int]:
        known: dict[_Key, int] = {}
        for chunk in chunks(sorted(set(hashes)), _LOOKUP):
            marks = ", ".join([self._dialect.mark] * len(chunk))
            found = self._connection.exec_driver_sql(
                f"SELECT id, kind, value, datatype, lang FROM term WHERE hash IN ({marks})",  # noqa: S608
                tuple(chunk),
            )
            known.update(((row[1], row[2], row[3], row[4]), row[0]) for row in found)
        return known
