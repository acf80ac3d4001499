"""From triples to edges between entities: is-a, relations, and what class expressions entail.

OWL 2 Mapping to RDF Graphs, https://www.w3.org/TR/owl2-mapping-to-rdf/, sections 3.2.4 and 3.2.5.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from kg.records import EdgeOrigin
from kg.statements import Parent, Statements
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


class FoundEdge(NamedTuple):
    """An edge as one source states it, all IRIs."""

    head: str
    relation: str
    tail: str
    origin: EdgeOrigin


def read_edges(
    statements: Statements, kinds: Mapping[str, str], *, skipped: Callable[[str], bool]
) -> list[FoundEdge]:
    """The edges of a file, each once, in the order of their kinds and of the file.

    A class expression gives an edge for each of its parts that every member has: the classes of an
    intersection, and the fillers of some-values, has-value, and cardinalities of at least one.
    All-values, unions and complements say nothing that an edge could.

    Args:
        statements: the file.
        kinds: kind by IRI of what the file describes.
        skipped: whether an IRI is no entity.
    """
    found = chain(
        _is_a(statements, kinds),
        _concepts(statements),
        _types(statements, kinds),
        _assertions(statements, kinds, skipped),
    )
    edges = (
        edge
        for edge in found
        if edge.head != edge.tail and (edge.tail in kinds or not skipped(edge.tail))
    )
    return list(dict.fromkeys(edges))


def _is_a(statements: Statements, kinds: Mapping[str, str]) -> Iterator[FoundEdge]:
    terms = statements.terms
    for subject, object_ in statements.pairs(SUBCLASS_OF):
        head, tail = terms[subject], terms[object_]
        if not isinstance(tail, str):
            yield from _of_expression(statements, kinds, subject, object_)
        elif isinstance(head, str) and head in kinds:
            yield FoundEdge(head, SUBCLASS_OF, tail, "asserted")
    for subject, object_ in statements.pairs(OWL + "equivalentClass"):
        # Two names for one class are an axiom: as edges they would be a cycle.
        if statements.iri(object_) is None:
            yield from _of_expression(statements, kinds, subject, object_)
    # OWL 1 writes `A owl:intersectionOf (B C)` of the named class itself.
    for subject, whole in statements.pairs(OWL + "intersectionOf"):
        for member in statements.members(whole):
            yield from _of_expression(statements, kinds, subject, member)
    for subject, whole in statements.pairs(OWL + "disjointUnionOf"):
        united = statements.iri(subject)
        for member in statements.members(whole):
            part = statements.iri(member)
            if united is not None and part is not None and part in kinds:
                yield FoundEdge(part, SUBCLASS_OF, united, "asserted")


def _of_expression(
    statements: Statements, kinds: Mapping[str, str], subject: int, expression: int
) -> Iterator[FoundEdge]:
    head = statements.iri(subject)
    if head is not None and head in kinds:
        yield from _edges(head, SUBCLASS_OF, statements.parents(expression))


def _edges(head: str, is_a: str, parents: Sequence[Parent]) -> Iterator[FoundEdge]:
    for relation, tail in parents:
        if relation is None:
            yield FoundEdge(head, is_a, tail, "asserted")
        else:
            yield FoundEdge(head, relation, tail, "restriction")


def _concepts(statements: Statements) -> Iterator[FoundEdge]:
    for head, tail in statements.iri_pairs(BROADER):
        yield FoundEdge(head, BROADER, tail, "asserted")
    for head, tail in statements.iri_pairs(NARROWER):
        yield FoundEdge(tail, BROADER, head, "asserted")
    for head, tail in statements.iri_pairs(SKOS + "related"):
        yield FoundEdge(head, SKOS + "related", tail, "asserted")


def _types(statements: Statements, kinds: Mapping[str, str]) -> Iterator[FoundEdge]:
    for subject, type_ in statements.pairs(TYPE):
        head = statements.terms[subject]
        if not isinstance(head, str) or kinds.get(head) != "individual":
            continue
        tail = statements.iri(type_)
        if tail is None:
            yield from _edges(head, TYPE, statements.parents(type_))
        elif not tail.startswith((*LANGUAGES, SKOS)):
            yield FoundEdge(head, TYPE, tail, "asserted")


def _assertions(
    statements: Statements, kinds: Mapping[str, str], skipped: Callable[[str], bool]
) -> Iterator[FoundEdge]:
    for relation in statements.predicates():
        if skipped(relation) or relation.startswith((*METADATA, SKOS, SKOS_XL)):
            continue
        declared = kinds.get(relation) == "property"
        for head, tail in statements.iri_pairs(relation):
            if head in kinds and (declared or tail in kinds):
                yield FoundEdge(head, relation, tail, "asserted")
