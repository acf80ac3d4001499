"""OWL's axioms as rows of the typed rule table; subclass and some-values come from the edges."""

from collections.abc import Iterator
from itertools import chain, combinations
from typing import NamedTuple

from kg.records import AxiomKind
from kg.statements import Statements
from kg.vocabulary import OWL, RDFS

_OF_TWO: tuple[tuple[str, AxiomKind], ...] = (
    (OWL + "disjointWith", "disjoint"),
    (OWL + "propertyDisjointWith", "disjoint_properties"),
    (OWL + "complementOf", "complement"),
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
    OWL + "ReflexiveProperty": "reflexive",
    OWL + "IrreflexiveProperty": "irreflexive",
    OWL + "FunctionalProperty": "functional",
    OWL + "InverseFunctionalProperty": "inverse_functional",
}
# They say nothing: everything is a Thing.
_EMPTY = {OWL + "Thing", OWL + "topObjectProperty", RDFS + "Resource"}
# An unordered pair is stated once, whichever side it is stated on.
_SYMMETRIC_KINDS = {"disjoint", "disjoint_properties", "complement", "equivalent", "inverse"}
_DISJOINT_LISTS: dict[str, AxiomKind] = {
    OWL + "AllDisjointClasses": "disjoint",
    OWL + "AllDisjointProperties": "disjoint_properties",
}
# A restriction's count, and what it counts: "exactly" is at most and at least.
_COUNTS: dict[str, tuple[AxiomKind, ...]] = {
    "maxCardinality": ("max",),
    "minCardinality": ("min",),
    "cardinality": ("max", "min"),
    "maxQualifiedCardinality": ("max",),
    "minQualifiedCardinality": ("min",),
    "qualifiedCardinality": ("max", "min"),
}


class FoundAxiom(NamedTuple):
    """An axiom with IRIs as its arguments, see `kg.Axiom` for their meaning."""

    kind: AxiomKind
    arguments: tuple[str, ...]


def read_axioms(statements: Statements) -> list[FoundAxiom]:
    """The axioms of a file, each once, in the order of their kinds and of the file."""
    found: dict[FoundAxiom, None] = {}
    for kind, arguments in chain(
        _of_two(statements),
        _of_types(statements),
        _of_lists(statements),
        _of_expressions(statements),
    ):
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
    for subject, type_ in statements.typed(_OF_TYPE):
        iri = statements.iri(subject)
        if iri is not None:
            yield FoundAxiom(_OF_TYPE[type_], (iri,))


def _of_lists(statements: Statements) -> Iterator[FoundAxiom]:
    for subject, steps_list in statements.pairs(OWL + "propertyChainAxiom"):
        implied, steps = statements.iri(subject), statements.iri_members(steps_list)
        if implied is not None and steps:
            yield FoundAxiom("chain", (*steps, implied))
    for subject, properties in statements.pairs(OWL + "hasKey"):
        class_, keys = statements.iri(subject), statements.iri_members(properties)
        if class_ is not None and keys:
            yield FoundAxiom("key", (class_, *keys))
    for node, type_ in statements.typed(_DISJOINT_LISTS):
        for whole in statements.values(node, OWL + "members"):
            yield from _disjoint_pairs(statements, whole, _DISJOINT_LISTS[type_])
    for subject, whole in statements.pairs(OWL + "disjointUnionOf"):
        yield from _disjoint_pairs(statements, whole, "disjoint")
        yield from _union(statements, statements.iri(subject), whole)


def _disjoint_pairs(statements: Statements, whole: int, kind: AxiomKind) -> Iterator[FoundAxiom]:
    members = [statements.iri(member) for member in statements.members(whole)]
    for pair in combinations([iri for iri in members if iri is not None], 2):
        yield FoundAxiom(kind, pair)


def _union(statements: Statements, united: str | None, whole: int) -> Iterator[FoundAxiom]:
    members = statements.iri_members(whole)
    if united is not None and members:
        yield FoundAxiom("union", (united, *members))


def _of_expressions(statements: Statements) -> Iterator[FoundAxiom]:
    """What is said of a class by the expressions that it lies under, or is defined by."""
    for subject, whole in statements.pairs(OWL + "unionOf"):
        yield from _union(statements, statements.iri(subject), whole)
    for predicate in (RDFS + "subClassOf", OWL + "equivalentClass"):
        for subject, expression in statements.expressions(predicate):
            class_ = str(statements.terms[subject])
            for part in statements.conjuncts(expression):
                yield from _of_restriction(statements, class_, part)
            if predicate != RDFS + "subClassOf":
                for whole in statements.values(expression, OWL + "unionOf"):
                    yield from _union(statements, class_, whole)
                yield from _complement(statements, class_, expression)


def _complement(statements: Statements, class_: str, node: int) -> Iterator[FoundAxiom]:
    for other in statements.values(node, OWL + "complementOf"):
        iri = statements.iri(other)
        if iri is not None:
            yield FoundAxiom("complement", (class_, iri))


def _of_restriction(statements: Statements, class_: str, node: int) -> Iterator[FoundAxiom]:
    for on in statements.values(node, OWL + "onProperty"):
        property_ = statements.iri(on)
        if property_ is not None:
            for filler in statements.values(node, OWL + "allValuesFrom"):
                iri = statements.iri(filler)
                if iri is not None and iri not in _EMPTY:
                    yield FoundAxiom("only", (class_, property_, iri))
            yield from _counts(statements, (class_, property_), node)


def _counts(statements: Statements, of: tuple[str, str], node: int) -> Iterator[FoundAxiom]:
    """The cardinalities of a restriction; those that count an expression are left out."""
    counted = [statements.iri(filler) for filler in statements.values(node, OWL + "onClass")]
    fillers = [iri for iri in counted if iri is not None]
    if len(fillers) < len(counted):
        return
    qualifying = [iri for iri in fillers if iri not in _EMPTY]
    for name, kinds in _COUNTS.items():
        for number in statements.values(node, OWL + name):
            literal = statements.literal(number)
            if literal is not None and literal.value.strip().isdecimal():
                count = str(int(literal.value))
                for kind in kinds:
                    yield FoundAxiom(kind, (*of, count, *qualifying))
