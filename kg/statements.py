"""The triples of one file by predicate, and the few shapes of OWL that lie in several triples."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kg.triples import Literal, Term, Triples
from kg.vocabulary import FIRST, NIL, OWL, REST, TYPE

Pair = tuple[int, int]


class Parent(NamedTuple):
    """What a class expression says of its members: `relation` is None for is-a."""

    relation: str | None
    iri: str


class Statements:
    """Looks up triples; subjects and objects are term numbers, predicates are IRIs."""

    def __init__(self, triples: Triples) -> None:
        self.terms = triples.terms
        found = defaultdict[int, list[Pair]](list)
        for subject, predicate, object_ in triples.anywhere():
            found[predicate].append((subject, object_))
        self._by_predicate = {
            term: pairs
            for number, pairs in found.items()
            if isinstance(term := self.terms[number], str)
        }
        self._types = self._types_by_subject()
        self._values: dict[str, dict[int, list[int]]] = {}

    def pairs(self, predicate: str) -> list[Pair]:
        """Subject and object of all triples with this predicate, in the order of the file."""
        return self._by_predicate.get(predicate, [])

    def predicates(self) -> Iterable[str]:
        """All predicates, in the order of the file."""
        return self._by_predicate

    def types(self) -> dict[int, tuple[str, ...]]:
        """The IRIs of the types of each subject."""
        return self._types

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

    def iri_pairs(self, predicate: str) -> Iterator[tuple[str, str]]:
        """The pairs of a predicate where both sides are IRIs."""
        terms = self.terms
        for subject, object_ in self.pairs(predicate):
            left, right = terms[subject], terms[object_]
            if isinstance(left, str) and isinstance(right, str):
                yield left, right

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
            term: Term = self.terms[at]
            if isinstance(term, str):
                found.append(Parent(None, term))
                continue
            for relation in self.values(at, OWL + "onProperty"):
                name = self.iri(relation)
                if name is not None:
                    found.extend(Parent(name, filler) for filler in self._fillers(at))
        return found

    def _fillers(self, restriction: int) -> list[str]:
        """The named classes or individuals of which a restriction asks for one at least."""
        nodes = []
        for kind in ("someValuesFrom", "hasValue"):
            nodes += self.values(restriction, OWL + kind)
        for kind in ("minQualifiedCardinality", "qualifiedCardinality"):
            if any(map(self._is_positive, self.values(restriction, OWL + kind))):
                nodes += self.values(restriction, OWL + "onClass")
        found = [self.iri(part) for node in nodes for part in self.conjuncts(node)]
        return [iri for iri in found if iri is not None]

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

    def _types_by_subject(self) -> dict[int, tuple[str, ...]]:
        found: dict[int, tuple[str, ...]] = {}
        for subject, object_ in self.pairs(TYPE):
            type_ = self.terms[object_]
            if isinstance(type_, str):
                found[subject] = (*found.get(subject, ()), type_)
        return found


def language_of(lang: str) -> str:
    """The language of a literal in lower case, without its direction: "ar--rtl" has one."""
    return lang.lower().partition("--")[0] if lang else ""


def language_rank(lang: str) -> int:
    """English before no language before any other."""
    if lang == "en" or lang.startswith("en-"):
        return 0
    return 1 if not lang else 2
