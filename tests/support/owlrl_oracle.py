"""What owlrl infers, the OWL 2 RL of the rdflib family, and what of it says nothing."""

import random

import owlrl
import rdflib
from rdflib import OWL, RDF, RDFS, XSD, BNode, Literal, URIRef

from triples_by_number import inferred_graph, reasoned

_REFLEXIVE = {
    RDFS.subClassOf,
    RDFS.subPropertyOf,
    OWL.equivalentClass,
    OWL.equivalentProperty,
    OWL.sameAs,
}


def closure(graph: rdflib.Graph) -> set:
    """All that owlrl has in the end, errors that it reports left out."""
    whole = rdflib.Graph()
    whole += graph
    owlrl.DeductiveClosure(
        owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False
    ).expand(whole)
    return set(whole)


def is_empty(triple, same) -> bool:
    """Whether a triple is true of everything, or no triple of a file; see docs/reasoning.md.

    Literals as subjects; a thing under or the same as itself; everything under owl:Thing and over
    owl:Nothing; what the vocabulary of OWL and the datatypes of XSD are.
    """
    subject, predicate, object_ = triple
    if isinstance(subject, Literal) or subject in (OWL.Thing, OWL.Nothing):
        return True
    if predicate in _REFLEXIVE and same(subject) == same(object_):
        return True
    if predicate == RDF.type:
        return object_ in (OWL.Thing, RDFS.Resource, RDFS.Datatype, OWL.AnnotationProperty)
    if predicate in (RDFS.subClassOf, RDFS.domain, RDFS.range) and object_ == OWL.Thing:
        return True
    return predicate == OWL.disjointWith and str(subject).startswith(str(XSD))


def differences(graph: rdflib.Graph) -> tuple[set, set]:
    """What owlrl infers and we do not, and the other way round; both are to be empty.

    Of terms that are the same, we speak of one; so does the comparison.
    """
    numbered, outcome = reasoned(graph)
    stands_for = {numbered.node(a): numbered.node(b) for a, b in outcome.representatives.items()}

    def same(term):
        return stands_for.get(term, term)

    ours = set(inferred_graph(numbered, outcome)) | set(graph)
    theirs = closure(graph)
    ours_of_one = {tuple(map(same, triple)) for triple in ours}
    theirs_of_one = {tuple(map(same, triple)) for triple in theirs}
    missing = {t for t in theirs_of_one - ours_of_one if not is_empty(t, same)}
    extra = {t for t in ours_of_one - theirs_of_one if not is_empty(t, same)}
    return missing, extra


def random_ontology(seed: int) -> rdflib.Graph:
    """A small ontology of up to 20 axioms and 16 facts.

    Without keys: owlrl takes two things without any value of a key for the same.
    """
    chance = random.Random(seed)
    example = rdflib.Namespace("http://example.org/")
    classes = [example[f"C{i}"] for i in range(6)]
    properties = [example[f"p{i}"] for i in range(5)]
    things = [example[f"i{i}"] for i in range(6)]
    graph = rdflib.Graph()
    for name in classes:
        graph.add((name, RDF.type, OWL.Class))
    for name in properties:
        graph.add((name, RDF.type, OWL.ObjectProperty))

    def expression() -> URIRef | BNode:
        if chance.random() < 0.6:
            return chance.choice(classes)
        node = BNode()
        kind = chance.choice([OWL.someValuesFrom, OWL.allValuesFrom, OWL.hasValue, OWL.oneOf])
        graph.add((node, RDF.type, OWL.Class))
        if kind == OWL.oneOf:
            graph.add((node, kind, listed(chance.sample(things, 2))))
            return node
        graph.add((node, OWL.onProperty, chance.choice(properties)))
        pool = things if kind == OWL.hasValue else classes
        graph.add((node, kind, chance.choice(pool)))
        return node

    def listed(members) -> BNode:
        node = BNode()
        rdflib.collection.Collection(graph, node, list(members))
        return node

    def axiom() -> tuple:
        a, b = chance.choice(classes), expression()
        p, q, r = (chance.choice(properties) for _ in range(3))
        return chance.choice(
            [
                lambda: (a, RDFS.subClassOf, b),
                lambda: (b, RDFS.subClassOf, a),
                lambda: (a, OWL.equivalentClass, b),
                lambda: (a, OWL.intersectionOf, listed([b, expression()])),
                lambda: (a, OWL.unionOf, listed([b, expression()])),
                lambda: (p, RDFS.subPropertyOf, q),
                lambda: (p, OWL.inverseOf, q),
                lambda: (p, OWL.propertyChainAxiom, listed([q, r])),
                lambda: (p, RDFS.domain, b),
                lambda: (p, RDFS.range, b),
                lambda: (p, RDF.type, OWL.TransitiveProperty),
                lambda: (p, RDF.type, OWL.SymmetricProperty),
                lambda: (p, RDF.type, chance.choice([OWL.FunctionalProperty, OWL.Class])),
            ]
        )()

    for _ in range(chance.randrange(5, 20)):
        graph.add(axiom())
    for _ in range(12):
        graph.add((chance.choice(things), chance.choice(properties), chance.choice(things)))
    for _ in range(4):
        graph.add((chance.choice(things), RDF.type, expression()))
    if chance.random() < 0.4:
        graph.add((things[0], OWL.sameAs, things[1]))
    return graph
