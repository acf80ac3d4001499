"""What is said of some subjects, with the blank nodes below them and the axioms about it."""

import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, select

from kg.store.dialects import LOOKUP, chunks
from kg.store.reading import fetched
from kg.store.schema import term, triple
from kg.store.terms import BLANK, IRI
from kg.vocabulary import OWL
from kg.writers.selection import Selection


class Said(NamedTuple):
    """A triple by the numbers of its terms, whichever graph it is in."""

    subject: int
    predicate: int
    object: int


def numbers_of(selection: Selection, iris: Sequence[str]) -> dict[str, int]:
    """The numbers of those IRIs that occur as terms."""
    found: dict[str, int] = {}
    for chunk in chunks(iris, LOOKUP):
        hashes = [zlib.crc32(iri.encode()) for iri in chunk]
        query = select(term.c.value, term.c.id).where(
            term.c.hash.in_(hashes), term.c.kind == IRI, term.c.value.in_(chunk)
        )
        found.update(fetched(selection.connection, query))
    return found


class Surroundings:
    """The triples of some subjects, and of the blank nodes that can be reached from them.

    Args:
        selection: what is written.
        iris: of the subjects.
    """

    def __init__(self, selection: Selection, iris: Sequence[str]) -> None:
        self._selection = selection
        self.numbers = numbers_of(selection, iris)
        self._by_subject: dict[int, list[Said]] = {}
        self._axioms: dict[Said, list[int]] = {}
        self._fetch_below(self.numbers.values())
        self._fetch_axioms()

    def of(self, subject: int) -> list[Said]:
        """The triples of one subject or blank node, by predicate and object."""
        return self._by_subject.get(subject, [])

    def values(self, subject: int, predicate: str) -> list[int]:
        """The objects of one subject and predicate."""
        terms = self._selection.terms
        return [
            said.object for said in self.of(subject) if terms[said.predicate].value == predicate
        ]

    def axioms(self, about: Said) -> list[int]:
        """The blank nodes of type owl:Axiom that annotate a triple."""
        return self._axioms.get(about, [])

    def _fetch_below(self, subjects: Iterable[int]) -> None:
        terms = self._selection.terms
        wanted = set(subjects)
        while wanted:
            said = self._triples(sorted(wanted), triple.c.subject)
            self._by_subject.update((number, []) for number in wanted)
            for found in said:
                self._by_subject[found.subject].append(found)
            terms.fetch(number for found in said for number in found)
            objects = {found.object for found in said if terms[found.object].kind == BLANK}
            wanted = objects - self._by_subject.keys()

    def _fetch_axioms(self) -> None:
        known = numbers_of(self._selection, [OWL + "annotatedSource"])
        if not known:
            return
        (predicate,) = known.values()
        about = self._triples(
            sorted(self.numbers.values()), triple.c.object, triple.c.predicate == predicate
        )
        nodes = {found.subject for found in about}
        self._fetch_below(nodes - self._by_subject.keys())
        for node in sorted(nodes):
            told = [
                self.values(node, OWL + f"annotated{part}")
                for part in ("Source", "Property", "Target")
            ]
            if all(len(values) == 1 for values in told):
                said = Said(*(values[0] for values in told))
                self._axioms.setdefault(said, []).append(node)

    def _triples(
        self, numbers: Sequence[int], column: "ColumnElement[int]", *more: ColumnElement[bool]
    ) -> list[Said]:
        columns = (triple.c.subject, triple.c.predicate, triple.c.object)
        found: list[Said] = []
        for chunk in chunks(numbers, LOOKUP):
            query = (
                select(*columns)
                .where(column.in_(chunk), *more)
                .where(self._selection.among(triple.c.source))
                .distinct()
                .order_by(*columns)
            )
            found += map(Said._make, fetched(self._selection.connection, query))
        return found
