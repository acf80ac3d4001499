"""The triples of one file by predicate, and the few shapes of OWL that lie in several triples."""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np
from jaxtyping import Bool, Int64

from kg.integer_rows import numbers_once
from kg.triples import IRI, LITERAL, Literal, Triples
from kg.vocabulary import FIRST, NIL, OWL, REST, TYPE


@dataclass(frozen=True)
class Pairs:
    """Subjects and objects of triples, as numbers of terms; a loop over them gives plain ones."""

    subjects: Int64[np.ndarray, " pair"]
    objects: Int64[np.ndarray, " pair"]

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int]]) -> "Pairs":
        """From plain ones."""
        columns = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
        return cls(columns[:, 0], columns[:, 1])

    @classmethod
    def together(cls, parts: Sequence["Pairs"]) -> "Pairs":
        """All of several, one at least."""
        subjects, objects = [part.subjects for part in parts], [part.objects for part in parts]
        return cls(np.concatenate(subjects), np.concatenate(objects))

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.subjects.tolist(), self.objects.tolist(), strict=True)

    def __len__(self) -> int:
        return len(self.subjects)

    def where(self, wanted: Bool[np.ndarray, " pair"]) -> "Pairs":
        """Those that are wanted."""
        return Pairs(self.subjects[wanted], self.objects[wanted])


class Parent(NamedTuple):
    """What a class expression says of its members: `relation` is None for is-a."""

    relation: str | None
    number: int


class Statements:
    """Looks up triples; subjects and objects are term numbers, predicates are IRIs.

    Attributes:
        terms: by their numbers.
        is_iri, is_literal: of each term.
        predicates: the number of each, in the order of the file.
    """

    def __init__(self, triples: Triples) -> None:
        self.terms = triples.terms
        self.is_iri: Bool[np.ndarray, " term"] = triples.kinds == IRI
        self.is_literal: Bool[np.ndarray, " term"] = triples.kinds == LITERAL
        rows = triples.anywhere
        self.predicates = {
            term: number
            for number in numbers_once(rows[:, 1]).tolist()
            if isinstance(term := self.terms[number], str)
        }
        self._pairs = self._by_predicate(rows)
        self._values: dict[str, dict[int, list[int]]] = {}

    def _by_predicate(self, rows: Int64[np.ndarray, "triple 3"]) -> dict[str, Pairs]:
        """In the order of the file; small codes for the predicates are sorted many times faster."""
        code = np.zeros(len(self.terms), dtype=np.min_scalar_type(len(self.predicates)))
        numbers = list(self.predicates.values())
        code[numbers] = np.arange(1, len(numbers) + 1)
        codes = code[rows[:, 1]]
        rows = rows[np.argsort(codes, kind="stable")]
        ends = np.cumsum(np.bincount(codes, minlength=len(numbers) + 1))[:-1]
        parts = np.split(rows, ends)[1:]
        return {
            predicate: Pairs(part[:, 0].copy(), part[:, 2].copy())
            for predicate, part in zip(self.predicates, parts, strict=True)
        }

    def pairs(self, predicate: str) -> Pairs:
        """Subject and object of all triples with this predicate, in the order of the file."""
        return self._pairs.get(predicate, _NO_PAIRS)

    def typed(self, types: Container[str]) -> Iterator[tuple[int, str]]:
        """Subjects that are of one of these types, each with that, in the order of the file."""
        pairs = self.pairs(TYPE)
        wanted = np.zeros(len(self.terms), dtype=np.bool_)
        wanted[[n for n in np.unique(pairs.objects).tolist() if self.iri(n) in types]] = True
        for subject, type_ in pairs.where(wanted[pairs.objects]):
            yield subject, str(self.terms[type_])

    def values(self, subject: int, predicate: str) -> list[int]:
        """Objects of one subject and predicate."""
        index = self._values.get(predicate)
        if index is None:
            index = self._values[predicate] = {}
            for s, o in self.pairs(predicate):
                index.setdefault(s, []).append(o)
        return index.get(subject, [])

    def iri(self, number: int) -> str | None:
        """The term, if it is an IRI."""
        term = self.terms[number]
        return term if isinstance(term, str) else None

    def literal(self, number: int) -> Literal | None:
        """The term, if it is a literal."""
        term = self.terms[number]
        return term if isinstance(term, Literal) else None

    def iris(self, numbers: Int64[np.ndarray, " number"]) -> list[str]:
        """The terms, all of which are IRIs."""
        return cast(list[str], [self.terms[number] for number in numbers.tolist()])

    def literals(self, numbers: Int64[np.ndarray, " number"]) -> list[Literal]:
        """The terms, all of which are literals."""
        return cast(list[Literal], [self.terms[number] for number in numbers.tolist()])

    def between_iris(self, predicate: str) -> Pairs:
        """The pairs of a predicate where both sides are IRIs."""
        pairs = self.pairs(predicate)
        return pairs.where(self.is_iri[pairs.subjects] & self.is_iri[pairs.objects])

    def iri_pairs(self, predicate: str) -> Iterator[tuple[str, str]]:
        """As `between_iris`, as IRIs."""
        for subject, object_ in self.between_iris(predicate):
            yield str(self.terms[subject]), str(self.terms[object_])

    def expressions(self, predicate: str) -> Pairs:
        """The pairs of a predicate where an IRI is said to be something that has none."""
        pairs = self.pairs(predicate)
        return pairs.where(self.is_iri[pairs.subjects] & ~self.is_iri[pairs.objects])

    def members(self, node: int) -> list[int]:
        """The members of an RDF list; a broken or circular list ends where it breaks."""
        found, seen = [], set[int]()
        while node not in seen and self.terms[node] != NIL:
            seen.add(node)
            first, rest = self.values(node, FIRST), self.values(node, REST)
            if not first or not rest:
                break
            found.append(first[0])
            node = rest[0]
        return found

    def iri_members(self, node: int) -> list[str] | None:
        """The members of an RDF list if all are IRIs, else None."""
        found = [self.iri(member) for member in self.members(node)]
        return [iri for iri in found if iri is not None] if None not in found else None

    def parents(self, node: int) -> list[Parent]:
        """What being in a class entails: the class itself, or the parts of its expression.

        Intersections are flattened. A restriction gives a relation to its named fillers, if it
        says that each member has at least one. What cannot be said with one edge (unions,
        complements, all-values, …) is left out.
        """
        found = []
        for at in self.conjuncts(node):
            if self.iri(at) is not None:
                found.append(Parent(None, at))
                continue
            for relation in self.values(at, OWL + "onProperty"):
                name = self.iri(relation)
                if name is not None:
                    found.extend(Parent(name, filler) for filler in self._fillers(at))
        return found

    def _fillers(self, restriction: int) -> list[int]:
        """The named classes or individuals of which a restriction asks for one at least."""
        nodes = []
        for kind in ("someValuesFrom", "hasValue"):
            nodes += self.values(restriction, OWL + kind)
        for kind in ("minQualifiedCardinality", "qualifiedCardinality"):
            if any(map(self._is_positive, self.values(restriction, OWL + kind))):
                nodes += self.values(restriction, OWL + "onClass")
        parts = (part for node in nodes for part in self.conjuncts(node))
        return [part for part in parts if self.iri(part) is not None]

    def conjuncts(self, node: int) -> list[int]:
        """The parts of an intersection, at any depth, or the node alone."""
        found, stack = dict[int, None](), [node]
        while stack:
            at = stack.pop()
            if at in found:
                continue
            found[at] = None
            if self.iri(at) is None:
                for whole in self.values(at, OWL + "intersectionOf"):
                    stack.extend(reversed(self.members(whole)))
        return list(found)

    def _is_positive(self, node: int) -> bool:
        literal = self.literal(node)
        return literal is not None and literal.value.lstrip("+0").isdecimal()


_NO_PAIRS = Pairs(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
