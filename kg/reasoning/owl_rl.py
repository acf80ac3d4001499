"""The rules of OWL 2 RL, by the names and in the order of the W3C's tables 4 to 9.

https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules

Each rule is stated once, as a text; joins, explanations and docs/reasoning.md all read it here.
`LEFT_OUT` tells of every other rule of those tables why it is not among them.
"""

from collections.abc import Iterable
from functools import cache

from kg.reasoning.patterns import LIST, Rule, parse_rule

# One step after another: schema first, so that what depends on it runs over the whole schema.
_RULES = {
    # Table 9, schema vocabulary
    "scm-eqc1": (
        "?c1 owl:equivalentClass ?c2 -> ?c1 rdfs:subClassOf ?c2",
        "?c1 owl:equivalentClass ?c2 -> ?c2 rdfs:subClassOf ?c1",
    ),
    "scm-eqp1": (
        "?p1 owl:equivalentProperty ?p2 -> ?p1 rdfs:subPropertyOf ?p2",
        "?p1 owl:equivalentProperty ?p2 -> ?p2 rdfs:subPropertyOf ?p1",
    ),
    "scm-int": ("?c owl:intersectionOf ?l, ?l list:member ?ci -> ?c rdfs:subClassOf ?ci",),
    "scm-uni": ("?c owl:unionOf ?l, ?l list:member ?ci -> ?ci rdfs:subClassOf ?c",),
    "scm-spo": (
        "?p1 rdfs:subPropertyOf ?p2, ?p2 rdfs:subPropertyOf ?p3 -> ?p1 rdfs:subPropertyOf ?p3",
    ),
    "scm-sco": ("?c1 rdfs:subClassOf ?c2, ?c2 rdfs:subClassOf ?c3 -> ?c1 rdfs:subClassOf ?c3",),
    # of scm-cls, what is not true of every class anyway
    "scm-cls": ("owl:Thing rdfs:subClassOf ?d, ?c a owl:Class -> ?c rdfs:subClassOf ?d",),
    "scm-hv": (
        "?c1 owl:hasValue ?i, ?c1 owl:onProperty ?p1, ?c2 owl:hasValue ?i, ?c2 owl:onProperty ?p2,"
        " ?p1 rdfs:subPropertyOf ?p2 -> ?c1 rdfs:subClassOf ?c2",
    ),
    "scm-svf1": (
        "?c1 owl:someValuesFrom ?y1, ?c1 owl:onProperty ?p, ?c2 owl:someValuesFrom ?y2,"
        " ?c2 owl:onProperty ?p, ?y1 rdfs:subClassOf ?y2 -> ?c1 rdfs:subClassOf ?c2",
        "?c1 owl:someValuesFrom ?y, ?c1 owl:onProperty ?p, ?c2 owl:someValuesFrom owl:Thing,"
        " ?c2 owl:onProperty ?p -> ?c1 rdfs:subClassOf ?c2",
        "?c1 owl:someValuesFrom owl:Nothing, ?c1 owl:onProperty ?p, ?c2 owl:someValuesFrom ?y,"
        " ?c2 owl:onProperty ?p -> ?c1 rdfs:subClassOf ?c2",
    ),
    "scm-svf2": (
        "?c1 owl:someValuesFrom ?y, ?c1 owl:onProperty ?p1, ?c2 owl:someValuesFrom ?y,"
        " ?c2 owl:onProperty ?p2, ?p1 rdfs:subPropertyOf ?p2 -> ?c1 rdfs:subClassOf ?c2",
    ),
    "scm-avf1": (
        "?c1 owl:allValuesFrom ?y1, ?c1 owl:onProperty ?p, ?c2 owl:allValuesFrom ?y2,"
        " ?c2 owl:onProperty ?p, ?y1 rdfs:subClassOf ?y2 -> ?c1 rdfs:subClassOf ?c2",
        "?c1 owl:allValuesFrom ?y, ?c1 owl:onProperty ?p, ?c2 owl:allValuesFrom owl:Thing,"
        " ?c2 owl:onProperty ?p -> ?c1 rdfs:subClassOf ?c2",
        "?c1 owl:allValuesFrom owl:Nothing, ?c1 owl:onProperty ?p, ?c2 owl:allValuesFrom ?y,"
        " ?c2 owl:onProperty ?p -> ?c1 rdfs:subClassOf ?c2",
    ),
    "scm-avf2": (
        "?c1 owl:allValuesFrom ?y, ?c1 owl:onProperty ?p1, ?c2 owl:allValuesFrom ?y,"
        " ?c2 owl:onProperty ?p2, ?p1 rdfs:subPropertyOf ?p2 -> ?c2 rdfs:subClassOf ?c1",
    ),
    "scm-eqc2": (
        "?c1 rdfs:subClassOf ?c2, ?c2 rdfs:subClassOf ?c1 -> ?c1 owl:equivalentClass ?c2",
    ),
    "scm-eqp2": (
        "?p1 rdfs:subPropertyOf ?p2, ?p2 rdfs:subPropertyOf ?p1 -> ?p1 owl:equivalentProperty ?p2",
    ),
    "scm-dom1": ("?p rdfs:domain ?c1, ?c1 rdfs:subClassOf ?c2 -> ?p rdfs:domain ?c2",),
    "scm-dom2": ("?p2 rdfs:domain ?c, ?p1 rdfs:subPropertyOf ?p2 -> ?p1 rdfs:domain ?c",),
    "scm-rng1": ("?p rdfs:range ?c1, ?c1 rdfs:subClassOf ?c2 -> ?p rdfs:range ?c2",),
    "scm-rng2": ("?p2 rdfs:range ?c, ?p1 rdfs:subPropertyOf ?p2 -> ?p1 rdfs:range ?c",),
    # Table 5, properties
    "prp-spo1": ("?p1 rdfs:subPropertyOf ?p2, ?x ?p1 ?y -> ?x ?p2 ?y",),
    "prp-symp": ("?p a owl:SymmetricProperty, ?x ?p ?y -> ?y ?p ?x",),
    "prp-inv1": ("?p1 owl:inverseOf ?p2, ?x ?p1 ?y -> ?y ?p2 ?x",),
    "prp-inv2": ("?p1 owl:inverseOf ?p2, ?x ?p2 ?y -> ?y ?p1 ?x",),
    "prp-trp": ("?p a owl:TransitiveProperty, ?x ?p ?y, ?y ?p ?z -> ?x ?p ?z",),
    "prp-dom": ("?p rdfs:domain ?c, ?x ?p ?y -> ?x a ?c",),
    "prp-rng": ("?p rdfs:range ?c, ?x ?p ?y -> ?y a ?c",),
    "prp-fp": (
        "?p a owl:FunctionalProperty, ?x ?p ?y1, ?x ?p ?y2, ?y1 < ?y2 -> ?y1 owl:sameAs ?y2",
    ),
    "prp-ifp": (
        "?p a owl:InverseFunctionalProperty, ?x1 ?p ?y, ?x2 ?p ?y, ?x1 < ?x2 -> ?x1 owl:sameAs ?x2",
    ),
    # Table 7, class axioms
    "cax-sco": ("?c1 rdfs:subClassOf ?c2, ?x a ?c1 -> ?x a ?c2",),
    # Table 6, classes
    "cls-svf1": ("?x owl:someValuesFrom ?y, ?x owl:onProperty ?p, ?u ?p ?v, ?v a ?y -> ?u a ?x",),
    "cls-svf2": ("?x owl:someValuesFrom owl:Thing, ?x owl:onProperty ?p, ?u ?p ?v -> ?u a ?x",),
    "cls-avf": ("?x owl:allValuesFrom ?y, ?x owl:onProperty ?p, ?u a ?x, ?u ?p ?v -> ?v a ?y",),
    "cls-hv1": ("?x owl:hasValue ?y, ?x owl:onProperty ?p, ?u a ?x -> ?u ?p ?y",),
    "cls-hv2": ("?x owl:hasValue ?y, ?x owl:onProperty ?p, ?u ?p ?y -> ?u a ?x",),
    "cls-oo": ("?c owl:oneOf ?l, ?l list:member ?y -> ?y a ?c",),
    "cls-maxc2": (
        '?x owl:maxCardinality "1", ?x owl:onProperty ?p, ?u a ?x, ?u ?p ?y1, ?u ?p ?y2, ?y1 < ?y2'
        " -> ?y1 owl:sameAs ?y2",
    ),
    "cls-maxqc3": (
        '?x owl:maxQualifiedCardinality "1", ?x owl:onProperty ?p, ?x owl:onClass ?c, ?u a ?x,'
        " ?u ?p ?y1, ?y1 a ?c, ?u ?p ?y2, ?y2 a ?c, ?y1 < ?y2 -> ?y1 owl:sameAs ?y2",
    ),
    "cls-maxqc4": (
        '?x owl:maxQualifiedCardinality "1", ?x owl:onProperty ?p, ?x owl:onClass owl:Thing,'
        " ?u a ?x, ?u ?p ?y1, ?u ?p ?y2, ?y1 < ?y2 -> ?y1 owl:sameAs ?y2",
    ),
    # Contradictions, of tables 4 to 7
    "eq-diff1": ("?x owl:differentFrom ?x -> false",),
    "prp-irp": ("?p a owl:IrreflexiveProperty, ?x ?p ?x -> false",),
    "prp-asyp": (
        "?p a owl:AsymmetricProperty, ?x ?p ?y, ?y ?p ?x, ?x < ?y -> false",
        "?p a owl:AsymmetricProperty, ?x ?p ?x -> false",
    ),
    "prp-pdw": ("?p1 owl:propertyDisjointWith ?p2, ?x ?p1 ?y, ?x ?p2 ?y -> false",),
    "prp-adp": (
        "?z a owl:AllDisjointProperties, ?z owl:members ?l, ?l list:member ?p1,"
        " ?l list:member ?p2, ?p1 < ?p2, ?x ?p1 ?y, ?x ?p2 ?y -> false",
    ),
    "prp-npa1": (
        "?z owl:sourceIndividual ?x, ?z owl:assertionProperty ?p, ?z owl:targetIndividual ?y,"
        " ?x ?p ?y -> false",
    ),
    "prp-npa2": (
        "?z owl:sourceIndividual ?x, ?z owl:assertionProperty ?p, ?z owl:targetValue ?y,"
        " ?x ?p ?y -> false",
    ),
    "cls-nothing2": ("?x a owl:Nothing -> false",),
    "cls-com": ("?c1 owl:complementOf ?c2, ?x a ?c1, ?x a ?c2 -> false",),
    "cls-maxc1": ('?x owl:maxCardinality "0", ?x owl:onProperty ?p, ?u a ?x, ?u ?p ?y -> false',),
    "cls-maxqc1": (
        '?x owl:maxQualifiedCardinality "0", ?x owl:onProperty ?p, ?x owl:onClass ?c, ?u a ?x,'
        " ?u ?p ?y, ?y a ?c -> false",
    ),
    "cls-maxqc2": (
        '?x owl:maxQualifiedCardinality "0", ?x owl:onProperty ?p, ?x owl:onClass owl:Thing,'
        " ?u a ?x, ?u ?p ?y -> false",
    ),
    "cax-dw": ("?c1 owl:disjointWith ?c2, ?x a ?c1, ?x a ?c2 -> false",),
    "cax-adc": (
        "?z a owl:AllDisjointClasses, ?z owl:members ?l, ?l list:member ?c1,"
        " ?l list:member ?c2, ?c1 < ?c2, ?x a ?c1, ?x a ?c2 -> false",
    ),
}

# Beyond RL, but true in every OWL semantics: such a class can have no member.
_BEYOND = {
    "unsatisfiable": (
        "?c1 owl:disjointWith ?c2, ?c rdfs:subClassOf ?c1, ?c rdfs:subClassOf ?c2 -> false",
        "?c rdfs:subClassOf ?c1, ?c rdfs:subClassOf ?c2, ?z owl:members ?l,"
        " ?z a owl:AllDisjointClasses, ?l list:member ?c1, ?l list:member ?c2, ?c1 < ?c2"
        " -> false",
        "?z a owl:AllDisjointClasses, ?z owl:members ?l, ?l list:member ?c1, ?l list:member ?c2,"
        " ?c1 rdfs:subClassOf ?c2 -> false",
        "?c1 owl:complementOf ?c2, ?c rdfs:subClassOf ?c1, ?c rdfs:subClassOf ?c2 -> false",
        "?c1 owl:disjointWith ?c2, ?c1 rdfs:subClassOf ?c2 -> false",
        "?c2 owl:disjointWith ?c1, ?c1 rdfs:subClassOf ?c2 -> false",
        "?c rdfs:subClassOf owl:Nothing -> false",
    ),
}

TRANSITIVE = frozenset({"scm-sco", "scm-spo", "prp-trp"})

OF_LISTS = ("prp-spo2", "cls-int1", "prp-key")
"""Rules over a whole list: one exists for each length of such a list in the triples."""

EQUALITY = {
    "eq-sym": "?x owl:sameAs ?y -> ?y owl:sameAs ?x",
    "eq-trans": "?x owl:sameAs ?y, ?y owl:sameAs ?z -> ?x owl:sameAs ?z",
    "eq-rep-s": "?s owl:sameAs ?t, ?s ?p ?o -> ?t ?p ?o",
    "eq-rep-p": "?p owl:sameAs ?q, ?s ?p ?o -> ?s ?q ?o",
    "eq-rep-o": "?o owl:sameAs ?t, ?s ?p ?o -> ?s ?p ?t",
}
"""Done by union-find: one term stands for all that are the same, and only it is reasoned about."""

_SAME_RESTRICTION = (
    "?c1 owl:{kind} ?y, ?c1 owl:onProperty ?p, ?c2 owl:{kind} ?y, ?c2 owl:onProperty ?p"
)
RESTRICTIONS = {
    "someValuesFrom": "scm-svf1",
    "allValuesFrom": "scm-avf1",
    "hasValue": "scm-hv",
}
"""Two restrictions of the same property and value are one class: the rule with y1 = y2. One blank
node stands for all blank nodes that say the same."""

IN_THE_ENGINE = ("eq-diff2", "eq-diff3", "dt-diff")
"""Contradictions that the engine finds without a pattern: lists whose members are all different,
and literals of different values that would have to be the same."""

LEFT_OUT = {
    "eq-ref": "says x sameAs x of everything",
    "prp-ap": "says only that the annotation properties of the vocabulary are such",
    "prp-eqp1": "follows by scm-eqp1 and prp-spo1",
    "prp-eqp2": "follows by scm-eqp1 and prp-spo1",
    "cls-thing": "says only that owl:Thing is a class",
    "cls-nothing1": "says only that owl:Nothing is a class",
    "cls-int2": "follows by scm-int and cax-sco",
    "cls-uni": "follows by scm-uni and cax-sco",
    "cax-eqc1": "follows by scm-eqc1 and cax-sco",
    "cax-eqc2": "follows by scm-eqc1 and cax-sco",
    "dt-type1": "says only that the datatypes of the vocabulary are such",
    "dt-type2": "has a literal as its subject, which no triple of a file can have",
    "dt-eq": "has a literal as its subject",
    "dt-not-type": "ill-typed literals are a matter of validation",
    "scm-op": "says p subPropertyOf p of every property",
    "scm-dp": "says p subPropertyOf p of every property",
}


@cache
def owl_rl_rules() -> tuple[Rule, ...]:
    """All rules of one pattern text, in the order in which they run; those over lists apart."""
    tables: Iterable[tuple[str, tuple[str, ...]]] = [*_RULES.items(), *_BEYOND.items()]
    return tuple(
        parse_rule(name, text, transitive=name in TRANSITIVE)
        for name, texts in tables
        for text in texts
    )


@cache
def list_rule(name: str, length: int) -> Rule:
    """The rule of `OF_LISTS` for lists of this length, at least 1."""
    places = range(length)
    listed = [f"?l {LIST}{length}:{i} ?m{i}" for i in places]
    if name == "prp-spo2":
        path = [f"?u{i} ?m{i} ?u{i + 1}" for i in places]
        parts = ["?p owl:propertyChainAxiom ?l", *listed, *path]
        head = f"?u0 ?p ?u{length}"
    elif name == "cls-int1":
        parts = ["?c owl:intersectionOf ?l", *listed, *(f"?y a ?m{i}" for i in places)]
        head = "?y a ?c"
    else:
        keys = [f"{x} ?m{i} ?z{i}" for i in places for x in ("?x", "?y")]
        parts = ["?c owl:hasKey ?l", *listed, "?x a ?c", "?y a ?c", *keys, "?x < ?y"]
        head = "?x owl:sameAs ?y"
    return parse_rule(name, f"{', '.join(parts)} -> {head}", steps=length)


@cache
def equality_rule(name: str) -> Rule:
    """One of `EQUALITY`."""
    return parse_rule(name, EQUALITY[name])


@cache
def restriction_rules(name: str) -> tuple[Rule, ...]:
    """What the rule of `RESTRICTIONS` gives of two that say the same, c1 and c2.

    They lie under each other; and what is said of one, as subject or object, is true of the other.
    """
    kind = next(kind for kind, rule in RESTRICTIONS.items() if rule == name)
    same = _SAME_RESTRICTION.format(kind=kind)
    return (
        parse_rule(name, f"{same} -> ?c1 rdfs:subClassOf ?c2"),
        parse_rule(name, f"{same}, ?c1 ?q ?o -> ?c2 ?q ?o"),
        parse_rule(name, f"{same}, ?s ?q ?c1 -> ?s ?q ?c2"),
    )


LISTS_OF = {
    "prp-spo2": "propertyChainAxiom",
    "cls-int1": "intersectionOf",
    "prp-key": "hasKey",
}
