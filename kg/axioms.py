"""OWL's axioms as rows of the typed rule table; subclass and some-values come from the edges."""

from collections.abc import Iterator
from itertools import chain, combinations
from typing import NamedTuple

from kg.records import AxiomKind
from kg.statements import Statements
from kg.vocabulary import OWL, RDFS

_OF_TWO: tuple[tuple[str, AxiomKind], ...] = (
    (OWL + "disjointWith", "disjoint"),
    (RDFS + "domain", "domain"),
    (RDFS + "range", "range"),
    (OWL + "inverseOf", "inverse"),
    (RDFS + "subPropertyOf", "subproperty"),
    (OWL + "equivalentClass", "equivalent"),
    (OWL + "equivalentProperty", "equivalent"),
)
_OF_TYPE: dict[str, AxiomKind] = {
    OWL + "SymmetricProperty": "symmetric",
    OWL + "AsymmetricProperty": "asymmetric",
    OWL + "TransitiveProperty": "transitive",
    OWL + "FunctionalProperty": "functional",
    OWL + "InverseFunctionalProperty": "inverse_functional",
}
# They say nothing: everything is a Thing.
_EMPTY = {OWL + "Thing", OWL + "topObjectProperty", RDFS + "Resource"}
# An unordered pair is stated once, whichever side it is stated on.
_SYMMETRIC_KINDS = {"disjoint", "equivalent", "inverse"}


class FoundAxiom(NamedTuple):
    """An axiom with IRIs as its arguments, see `kg.Axiom` for their meaning."""

    kind: AxiomKind
    arguments: tuple[str, ...]


def read_axioms(statements: Statements) -> list[FoundAxiom]:
    """The axioms of a file, each once, in the order of their kinds and of the file."""
    found: dict[FoundAxiom, None] = {}
    for kind, arguments in chain(_of_two(statements), _of_types(statements), _of_lists(statements)):
        if len(arguments) == 2 and arguments[0] == arguments[1]:
            continue
        ordered = tuple(sorted(arguments)) if kind in _SYMMETRIC_KINDS else arguments
        found[FoundAxiom(kind, ordered)] = None
    return list(found)


def _of_two(statements: Statements) -> Iterator[FoundAxiom]:
    for predicate, kind in _OF_TWO:
        for left, right in statements.iri_pairs(predicate):
            if right not in _EMPTY:
                yield FoundAxiom(kind, (left, right))


def _of_types(statements: Statements) -> Iterator[FoundAxiom]:
    for subject, types in statements.types().items():
        iri = statements.iri(subject)
        for name in types:
            if iri is not None and name in _OF_TYPE:
                yield FoundAxiom(_OF_TYPE[name], (iri,))


def _of_lists(statements: Statements) -> Iterator[FoundAxiom]:
    for subject, steps_list in statements.pairs(OWL + "propertyChainAxiom"):
        implied, steps = statements.iri(subject), statements.iri_members(steps_list)
        if implied is not None and steps:
            yield FoundAxiom("chain", (*steps, implied))
    for node, types in statements.types().items():
        if OWL + "AllDisjointClasses" in types:
            for whole in statements.values(node, OWL + "members"):
                yield from _disjoint_pairs(statements, whole)
    for _, whole in statements.pairs(OWL + "disjointUnionOf"):
        yield from _disjoint_pairs(statements, whole)


def _disjoint_pairs(statements: Statements, whole: int) -> Iterator[FoundAxiom]:
    members = [statements.iri(member) for member in statements.members(whole)]
    for pair in combinations([iri for iri in members if iri is not None], 2):
        yield FoundAxiom("disjoint", pair)
