"""From triples to edges between entities: is-a, relations, and what class expressions entail.

OWL 2 Mapping to RDF Graphs, https://www.w3.org/TR/owl2-mapping-to-rdf/, sections 3.2.4 and 3.2.5.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from kg.integer_rows import each_once
from kg.kinds import INDIVIDUAL, PROPERTY, Kinds
from kg.records import EdgeOrigin
from kg.statements import Pairs, Statements
from kg.vocabulary import (
    BROADER,
    LANGUAGES,
    METADATA,
    NARROWER,
    OWL,
    SKOS,
    SKOS_XL,
    SUBCLASS_OF,
    TYPE,
)

ORIGINS: tuple[EdgeOrigin, ...] = ("asserted", "restriction")
"""By number."""

ASSERTED, RESTRICTION = range(2)

_Rows = Int64[np.ndarray, "edge 4"]


@dataclass(frozen=True)
class Edges:
    """The edges of a file.

    Args:
        rows: head and tail are numbers of terms, the relation is one of `relations`, the origin
            one of `ORIGINS`.
        relations: IRIs; rdfs:subClassOf is the first.
    """

    rows: Int64[np.ndarray, "edge 4"]
    relations: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def axioms(self) -> int:
        """How many are what an axiom could say, too: is-a and restrictions."""
        return int(((self.rows[:, 1] == 0) | (self.rows[:, 3] == RESTRICTION)).sum())


def no_edges() -> Edges:
    """Those of a file that tells of none."""
    return Edges(np.zeros((0, 4), dtype=np.int64), (SUBCLASS_OF,))


def read_edges(statements: Statements, kinds: Kinds) -> Edges:
    """The edges of a file, each once, in the order of their kinds and of the file.

    A class expression gives an edge for each of its parts that every member has: the classes of an
    intersection, and the fillers of some-values, has-value, and cardinalities of at least one.
    All-values, unions and complements say nothing that an edge could.

    Args:
        statements: the file.
        kinds: what the file describes.
    """
    return _Reader(statements, kinds).read()


class _Reader:
    def __init__(self, statements: Statements, kinds: Kinds) -> None:
        self._statements = statements
        self._kinds = kinds
        self._relations = {SUBCLASS_OF: 0}

    def read(self) -> Edges:
        parts = [*self._is_a(), *self._concepts(), *self._types(), *self._assertions()]
        rows = np.concatenate(parts)
        rows = rows[rows[:, 0] != rows[:, 2]]
        rows = each_once(rows[self._kinds.possible(rows[:, 2])])
        return Edges(rows, tuple(self._relations))

    def _relation(self, iri: str) -> int:
        return self._relations.setdefault(iri, len(self._relations))

    def _asserted(self, relation: str, pairs: Pairs) -> _Rows:
        rows = np.full((len(pairs), 4), ASSERTED, dtype=np.int64)
        rows[:, 0], rows[:, 2] = pairs.subjects, pairs.objects
        rows[:, 1] = self._relation(relation)
        return rows

    def _is_a(self) -> Iterator[_Rows]:
        statements = self._statements
        yield self._under(SUBCLASS_OF, statements.pairs(SUBCLASS_OF))
        # Two names for one class are an axiom: as edges they would be a cycle.
        yield self._under(SUBCLASS_OF, statements.expressions(OWL + "equivalentClass"))
        # OWL 1 writes `A owl:intersectionOf (B C)` of the named class itself.
        yield self._under(SUBCLASS_OF, self._with_members(OWL + "intersectionOf"))
        parts = self._with_members(OWL + "disjointUnionOf")
        between = statements.is_iri[parts.subjects] & statements.is_iri[parts.objects]
        parts = parts.where(between & self._kinds.known(parts.objects))
        yield self._asserted(SUBCLASS_OF, Pairs(parts.objects, parts.subjects))

    def _concepts(self) -> Iterator[_Rows]:
        yield self._asserted(BROADER, self._statements.between_iris(BROADER))
        narrower = self._statements.between_iris(NARROWER)
        yield self._asserted(BROADER, Pairs(narrower.objects, narrower.subjects))
        yield self._asserted(SKOS + "related", self._statements.between_iris(SKOS + "related"))

    def _types(self) -> Iterator[_Rows]:
        typed = self._statements.pairs(TYPE)
        typed = typed.where(self._kinds.of[typed.subjects] == INDIVIDUAL)
        words = np.zeros(len(self._statements.terms), dtype=np.bool_)
        for number in np.unique(typed.objects).tolist():
            iri = self._statements.iri(number)
            words[number] = iri is not None and iri.startswith((*LANGUAGES, SKOS))
        yield self._under(TYPE, typed.where(~words[typed.objects]))

    def _assertions(self) -> Iterator[_Rows]:
        for relation, number in self._statements.predicates.items():
            if relation.startswith((*METADATA, SKOS, SKOS_XL)) or self._kinds.skipped(number):
                continue
            pairs = self._statements.between_iris(relation)
            pairs = pairs.where(self._kinds.known(pairs.subjects))
            if self._kinds.of[number] != PROPERTY:
                pairs = pairs.where(self._kinds.known(pairs.objects))
            yield self._asserted(relation, pairs)

    def _with_members(self, predicate: str) -> Pairs:
        """The subjects of a predicate with each member of the list that is its object."""
        return Pairs.of(
            (subject, member)
            for subject, whole in self._statements.pairs(predicate)
            for member in self._statements.members(whole)
        )

    def _under(self, relation: str, pairs: Pairs) -> _Rows:
        """Edges from what is described to classes, and to what class expressions entail."""
        pairs = pairs.where(self._kinds.known(pairs.subjects))
        named = self._statements.is_iri[pairs.objects]
        is_a = self._relation(relation)
        places, entailed = [], []
        for place in np.flatnonzero(~named).tolist():
            head, expression = int(pairs.subjects[place]), int(pairs.objects[place])
            for role, tail in self._statements.parents(expression):
                places.append(place)
                if role is None:
                    entailed.append((head, is_a, tail, ASSERTED))
                else:
                    entailed.append((head, self._relation(role), tail, RESTRICTION))
        rows = self._asserted(relation, pairs.where(named))
        rows = np.concatenate([rows, np.array(entailed, dtype=np.int64).reshape(-1, 4)])
        order = np.concatenate([np.flatnonzero(named), np.array(places, dtype=np.int64)])
        return rows[np.argsort(order, kind="stable")]
