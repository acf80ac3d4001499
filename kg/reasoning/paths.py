"""Why an edge of the graph holds: the asserted triples that lead from its head to its tail.

Edges say less than triples and more: is-a joins rdfs:subClassOf, what a class is defined as, and
skos:broader; a relation between classes stands for an owl:Restriction, is inherited from above, and
holds of whatever is above its filler.
"""

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from kg.reasoning.known import Known, Triple
from kg.reasoning.terms import TermNumbers
from kg.vocabulary import BROADER, FIRST, NARROWER, OWL, REST, SUBCLASS_OF, TYPE

IS_A = "is-a"
RESTRICTION = "restriction"
"""The names of these two ways in an explanation; they are no rules of the W3C."""

_FILLERS = ("someValuesFrom", "hasValue", "onClass")
_COUNTS = ("minQualifiedCardinality", "qualifiedCardinality")


class _Place(NamedTuple):
    """A node on the way; `crossed` once a restriction on the relation lies behind."""

    node: int
    crossed: bool


class Step(NamedTuple):
    """From one node to another by asserted triples."""

    to: _Place
    by: tuple[Triple, ...]


class PathFinder:
    """Finds the shortest chain of asserted triples.

    Args:
        known: of which only the asserted triples are used.
        terms: their numbers.
    """

    def __init__(self, known: Known, terms: TermNumbers) -> None:
        self._known = known
        self._number = terms.number
        self._terms = terms

    def path(self, head: int, relation: int, tail: int) -> list[Triple] | None:
        """The triples, in their order; None if there is no way.

        Args:
            head, tail: of the edge.
            relation: is-a for rdfs:subClassOf and skos:broader, else a property.
        """
        is_a = relation in {self._number(SUBCLASS_OF), self._number(BROADER)}
        types = relation == self._number(TYPE)
        start = _Place(head, crossed=False)
        before: dict[_Place, tuple[_Place, tuple[Triple, ...]] | None] = {start: None}
        queue = deque([start])
        goal = _Place(tail, crossed=not (is_a or types))
        while queue and goal not in before:
            place = queue.popleft()
            for step in self._steps(place, relation, first=place == start):
                if step.to not in before:
                    before[step.to] = (place, step.by)
                    queue.append(step.to)
        if goal not in before or goal == start:
            return None
        found: list[Triple] = []
        at = before[goal]
        while at is not None:
            found[:0] = at[1]
            at = before[at[0]]
        return list(dict.fromkeys(found))

    def _steps(self, place: _Place, relation: int, *, first: bool) -> Iterator[Step]:
        node, crossed = place
        for triple in self._above(node, first=first):
            other = triple[2] if triple[0] == node else triple[0]
            yield Step(_Place(other, crossed), (triple,))
        for by, member in self._parts(node):
            yield Step(_Place(member, crossed), by)
        if not crossed:
            for by, filler in self._fillers(node, relation):
                yield Step(_Place(filler, crossed=True), by)

    def _above(self, node: int, *, first: bool) -> Iterator[Triple]:
        """Triples that lead up: only an individual, which comes first, has types."""
        for iri in (SUBCLASS_OF, OWL + "equivalentClass", BROADER, *([TYPE] if first else [])):
            for object_ in self._known.objects(node, self._number(iri)):
                yield from self._asserted((node, self._number(iri), object_))
        for iri in (OWL + "equivalentClass", NARROWER):
            for subject in self._known.subjects(self._number(iri), node):
                yield from self._asserted((subject, self._number(iri), node))

    def _parts(self, node: int) -> Iterator[tuple[tuple[Triple, ...], int]]:
        """The members of intersections; the whole of a disjoint union."""
        intersection = self._number(OWL + "intersectionOf")
        for whole in self._known.objects(node, intersection):
            for by, member in self.members(whole):
                yield ((node, intersection, whole), *by), member
        union = self._number(OWL + "disjointUnionOf")
        first, rest = self._number(FIRST), self._number(REST)
        for cell in self._known.subjects(first, node):
            parts, at, seen = [(cell, first, node)], cell, {cell}
            while before := [c for c in self._known.subjects(rest, at) if c not in seen]:
                parts.append((before[0], rest, at))
                at = before[0]
                seen.add(at)
            for whole in self._known.subjects(union, at):
                yield ((whole, union, at), *reversed(parts)), whole

    def members(self, whole: int) -> Iterator[tuple[tuple[Triple, ...], int]]:
        """Each member of an RDF list, with the triples that make it one."""
        first, rest = self._number(FIRST), self._number(REST)
        cell, by, seen = whole, tuple[Triple, ...](), set[int]()
        while cell not in seen:
            seen.add(cell)
            for member in self._known.objects(cell, first)[:1]:
                yield (*by, (cell, first, member)), member
            following = self._known.objects(cell, rest)[:1]
            if not following:
                return
            by = (*by, (cell, rest, following[0]))
            cell = following[0]

    def _fillers(self, node: int, relation: int) -> Iterator[tuple[tuple[Triple, ...], int]]:
        on = (node, self._number(OWL + "onProperty"), relation)
        if self._known.origin(on) is None:
            return
        for name in _FILLERS:
            predicate = self._number(OWL + name)
            count = self._count(node) if name == "onClass" else ()
            if count is None:
                continue
            for filler in self._known.objects(node, predicate):
                yield (on, *count, (node, predicate, filler)), filler

    def _count(self, node: int) -> tuple[Triple, ...] | None:
        """The triple of a cardinality of one at least."""
        for name in _COUNTS:
            predicate = self._number(OWL + name)
            counts = self._known.objects(node, predicate)
            texts = self._terms.texts(counts)
            for number in counts:
                if number in texts and texts[number].value.lstrip("+0").isdecimal():
                    return ((node, predicate, number),)
        return None

    def _asserted(self, triple: Triple) -> Iterator[Triple]:
        origin = self._known.origin(triple)
        if origin is not None and origin.step == 0 and triple[0] != triple[2]:
            yield triple
