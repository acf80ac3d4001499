"""Which terms of a file are entities, and of what kind. What types say is in `kg.vocabulary`."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Int8, Int64, UInt8

from kg.integer_rows import numbers_once
from kg.statements import Pairs, Statements
from kg.vocabulary import (
    BROADER,
    ENTITY_KINDS,
    LANGUAGES,
    NO_ENTITY_TYPES,
    OWL,
    RDFS,
    SKOS,
    SUBCLASS_OF,
    TYPE,
)

KINDS = ("property", "class", "concept", "individual", "")
"""By number; of several the first holds. The last is of what a file only gives a name."""

PROPERTY, CLASS, CONCEPT, INDIVIDUAL, NAMED = range(5)
NONE = 9
"""The number of what is no entity."""

# What types say besides a kind.
_ONTOLOGY, _ANNOTATION, _RELATION, _NO_ENTITY = 1, 2, 4, 8

_Numbers = Int64[np.ndarray, " number"]


@dataclass
class Kinds:
    """The entities of a file.

    Args:
        statements: the file.
        of: the kind of each term, a number of `KINDS`, or `NONE`.
        excluded: of each term, whether its types say that it is no entity.
        parts: the entities, each once, in the order in which they were found.
    """

    statements: Statements
    of: Int8[np.ndarray, " term"]
    excluded: Bool[np.ndarray, " term"]
    parts: list[Int64[np.ndarray, " _"]] = field(default_factory=list)

    def entities(self) -> _Numbers:
        """The numbers of all, in the order in which they were found."""
        return np.concatenate(self.parts) if self.parts else np.zeros(0, dtype=np.int64)

    def known(self, numbers: _Numbers) -> Bool[np.ndarray, " number"]:
        """Whether these are entities of the file."""
        known: Bool[np.ndarray, " number"] = self.of[numbers] != NONE
        return known

    def skipped(self, number: int) -> bool:
        """Whether an IRI can be no entity, here or elsewhere."""
        return bool(self.excluded[number]) or str(self.statements.terms[number]).startswith(
            LANGUAGES
        )

    def possible(self, numbers: _Numbers) -> Bool[np.ndarray, " number"]:
        """Whether these IRIs are entities of the file, or could be of another."""
        possible = self.known(numbers)
        for place in np.flatnonzero(~possible).tolist():
            possible[place] = not self.skipped(int(numbers[place]))
        return possible

    def add(self, numbers: _Numbers, kind: int) -> None:
        """Give all that are no entities so far a kind."""
        new = numbers_once(numbers[~self.known(numbers)])
        self.of[new] = kind
        self.parts.append(new)


def no_kinds(statements: Statements) -> Kinds:
    """Those of a file that describes nothing."""
    count = len(statements.terms)
    return Kinds(
        statements, of=np.full(count, NONE, dtype=np.int8), excluded=np.zeros(count, dtype=np.bool_)
    )


def find_kinds(statements: Statements) -> Kinds:
    """By their types first, then by the place that they take in hierarchies."""
    kinds = no_kinds(statements)
    typed = statements.between_iris(TYPE)
    found, told = _by_types(statements, typed)
    excluded = (told & _ONTOLOGY > 0) | ((told & _ANNOTATION > 0) & (told & _RELATION == 0))
    kinds.excluded |= excluded | ((found == NONE) & (told & _NO_ENTITY > 0))
    found[excluded] = NONE
    subjects = numbers_once(typed.subjects[found[typed.subjects] != NONE])
    terms = statements.terms
    found[[n for n in subjects.tolist() if str(terms[n]).startswith(LANGUAGES)]] = NONE
    kinds.of[:] = found
    kinds.parts.append(subjects[found[subjects] != NONE])
    for predicate, kind in (
        (SUBCLASS_OF, CLASS),
        (RDFS + "subPropertyOf", PROPERTY),
        (BROADER, CONCEPT),
    ):
        children = statements.pairs(predicate).subjects
        children = children[statements.is_iri[children]]
        kinds.add(children[kinds.possible(children)], kind)
    return kinds


def _by_types(
    statements: Statements, typed: Pairs
) -> tuple[Int8[np.ndarray, " term"], UInt8[np.ndarray, " term"]]:
    """The kind that the types of each term give it, and what else they say."""
    count = len(statements.terms)
    kind, said = np.full(count, NONE, dtype=np.int8), np.zeros(count, dtype=np.uint8)
    for number in np.unique(typed.objects).tolist():
        kind[number], said[number] = _of_type(str(statements.terms[number]))
    found, told = np.full(count, NONE, dtype=np.int8), np.zeros(count, dtype=np.uint8)
    np.minimum.at(found, typed.subjects, kind[typed.objects])
    np.bitwise_or.at(told, typed.subjects, said[typed.objects])
    return found, told


def _of_type(type_: str) -> tuple[int, int]:
    """The kind that one type gives, and what else it says."""
    said = _NO_ENTITY if type_ in NO_ENTITY_TYPES else 0
    if type_ == OWL + "Ontology":
        said |= _ONTOLOGY
    elif type_ == OWL + "AnnotationProperty":
        said |= _ANNOTATION
    elif type_ in (OWL + "ObjectProperty", OWL + "DatatypeProperty"):
        said |= _RELATION
    if type_ in ENTITY_KINDS:
        return KINDS.index(ENTITY_KINDS[type_]), said
    if type_ in NO_ENTITY_TYPES or type_.startswith((*LANGUAGES, SKOS)):
        return NONE, said
    return INDIVIDUAL, said
