"""Each rule by an example of what follows, and of what nearly does and must not."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
import rdflib
from rdflib import RDFS

from kg.reasoning.owl_rl import EQUALITY, IN_THE_ENGINE, LEFT_OUT, OF_LISTS, owl_rl_rules
from kg.reasoning.rdfs import rdfs_rules
from triples_by_number import inferred_graph, reasoned

PREFIXES = """
@prefix : <http://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


class Entails(NamedTuple):
    given: str
    follows: str
    not_so: str = ""


class Clashes(NamedTuple):
    given: str
    without: str
    """Taken away, nothing clashes any more."""


ENTAILMENTS = {
    "scm-eqc1": Entails(
        ":A owl:equivalentClass :B .", ":A rdfs:subClassOf :B . :B rdfs:subClassOf :A ."
    ),
    "scm-eqp1": Entails(
        ":p owl:equivalentProperty :q . :x :p :y .", ":q rdfs:subPropertyOf :p . :x :q :y ."
    ),
    "scm-int": Entails(
        ":A owl:intersectionOf (:B :C) . :x a :A . :y a :B .",
        ":A rdfs:subClassOf :C . :x a :B .",
        ":y a :A .",
    ),
    "scm-uni": Entails(
        ":A owl:unionOf (:B :C) . :x a :B . :y a :A .",
        ":B rdfs:subClassOf :A . :x a :A .",
        ":y a :B .",
    ),
    "scm-spo": Entails(
        ":p rdfs:subPropertyOf :q . :q rdfs:subPropertyOf :r .",
        ":p rdfs:subPropertyOf :r .",
        ":r rdfs:subPropertyOf :p .",
    ),
    "scm-sco": Entails(
        ":A rdfs:subClassOf :B . :B rdfs:subClassOf :C . :C rdfs:subClassOf :D .",
        ":A rdfs:subClassOf :D . :B rdfs:subClassOf :D .",
        ":D rdfs:subClassOf :A . :A rdfs:subClassOf :A .",
    ),
    "scm-cls": Entails(
        "owl:Thing rdfs:subClassOf :All . :A a owl:Class .",
        ":A rdfs:subClassOf :All .",
        ":All rdfs:subClassOf :A .",
    ),
    "scm-hv": Entails(
        ":A owl:hasValue :i ; owl:onProperty :p . :B owl:hasValue :i ; owl:onProperty :q ."
        ":p rdfs:subPropertyOf :q . :C owl:hasValue :j ; owl:onProperty :q .",
        ":A rdfs:subClassOf :B .",
        ":B rdfs:subClassOf :A . :A rdfs:subClassOf :C .",
    ),
    "scm-svf1": Entails(
        ":A owl:someValuesFrom :C ; owl:onProperty :p ."
        ":B owl:someValuesFrom :D ; owl:onProperty :p ."
        ":C rdfs:subClassOf :D . :E owl:someValuesFrom :D ; owl:onProperty :q .",
        ":A rdfs:subClassOf :B .",
        ":B rdfs:subClassOf :A . :A rdfs:subClassOf :E .",
    ),
    "scm-svf2": Entails(
        ":A owl:someValuesFrom :C ; owl:onProperty :p ."
        ":B owl:someValuesFrom :C ; owl:onProperty :q ."
        ":p rdfs:subPropertyOf :q .",
        ":A rdfs:subClassOf :B .",
        ":B rdfs:subClassOf :A .",
    ),
    "scm-avf1": Entails(
        ":A owl:allValuesFrom :C ; owl:onProperty :p ."
        ":B owl:allValuesFrom :D ; owl:onProperty :p ."
        ":C rdfs:subClassOf :D .",
        ":A rdfs:subClassOf :B .",
        ":B rdfs:subClassOf :A .",
    ),
    "scm-avf2": Entails(
        ":A owl:allValuesFrom :C ; owl:onProperty :p ."
        ":B owl:allValuesFrom :C ; owl:onProperty :q ."
        ":p rdfs:subPropertyOf :q .",
        ":B rdfs:subClassOf :A .",
        ":A rdfs:subClassOf :B .",
    ),
    "scm-eqc2": Entails(
        ":A rdfs:subClassOf :B . :B rdfs:subClassOf :A . :C rdfs:subClassOf :A .",
        ":A owl:equivalentClass :B .",
        ":C owl:equivalentClass :A .",
    ),
    "scm-eqp2": Entails(
        ":p rdfs:subPropertyOf :q . :q rdfs:subPropertyOf :p . :r rdfs:subPropertyOf :p .",
        ":p owl:equivalentProperty :q .",
        ":r owl:equivalentProperty :p .",
    ),
    "scm-dom1": Entails(
        ":p rdfs:domain :A . :A rdfs:subClassOf :B .", ":p rdfs:domain :B .", ":p rdfs:range :B ."
    ),
    "scm-dom2": Entails(
        ":p rdfs:domain :A . :q rdfs:subPropertyOf :p .",
        ":q rdfs:domain :A .",
        ":q rdfs:range :A .",
    ),
    "scm-rng1": Entails(
        ":p rdfs:range :A . :A rdfs:subClassOf :B .", ":p rdfs:range :B .", ":p rdfs:domain :B ."
    ),
    "scm-rng2": Entails(
        ":p rdfs:range :A . :q rdfs:subPropertyOf :p .", ":q rdfs:range :A .", ":q rdfs:domain :A ."
    ),
    "prp-spo1": Entails(
        ":p rdfs:subPropertyOf :q . :x :p :y . :x :q :z .", ":x :q :y .", ":x :p :z ."
    ),
    "prp-symp": Entails(
        ":p a owl:SymmetricProperty . :x :p :y . :x :q :z .", ":y :p :x .", ":z :q :x ."
    ),
    "prp-inv1": Entails(":p owl:inverseOf :q . :x :p :y .", ":y :q :x .", ":x :q :y ."),
    "prp-inv2": Entails(":p owl:inverseOf :q . :x :q :y .", ":y :p :x .", ":x :p :y ."),
    "prp-trp": Entails(
        ":p a owl:TransitiveProperty . :x :p :y . :y :p :z . :z :p :w . :x :q :y . :y :q :z .",
        ":x :p :z . :x :p :w . :y :p :w .",
        ":x :q :z . :w :p :x .",
    ),
    "prp-dom": Entails(":p rdfs:domain :A . :x :p 3 . :x :q :y .", ":x a :A .", ":y a :A ."),
    "prp-rng": Entails(
        ":p rdfs:range :A . :x :p :y . :x :q :z .", ":y a :A .", ":x a :A . :z a :A ."
    ),
    "prp-fp": Entails(
        ":p a owl:FunctionalProperty . :x :p :y, :z . :w :p :v .",
        ":y owl:sameAs :z .",
        ":v owl:sameAs :y . :x owl:sameAs :w .",
    ),
    "prp-ifp": Entails(
        ":p a owl:InverseFunctionalProperty . :x :p :y . :z :p :y . :w :p :v .",
        ":x owl:sameAs :z .",
        ":w owl:sameAs :x . :y owl:sameAs :v .",
    ),
    "prp-spo2": Entails(
        ":p owl:propertyChainAxiom (:q :r :s) . :a :q :b . :b :r :c . :c :s :d . :b :q :e .",
        ":a :p :d .",
        ":a :p :c . :b :p :d .",
    ),
    "prp-key": Entails(
        ":A owl:hasKey (:p :q) . :x a :A ; :p :k ; :q 1 . :y a :A ; :p :k ; :q 1 ."
        ":z a :A ; :p :k ; :q 2 . :w :p :k ; :q 1 .",
        ":x owl:sameAs :y .",
        ":z owl:sameAs :x . :w owl:sameAs :x .",
    ),
    "cax-sco": Entails(":A rdfs:subClassOf :B . :x a :A . :y a :B .", ":x a :B .", ":y a :A ."),
    "cls-int1": Entails(
        ":A owl:intersectionOf (:B :C) . :x a :B, :C . :y a :B .", ":x a :A .", ":y a :A ."
    ),
    "cls-svf1": Entails(
        ":A owl:someValuesFrom :B ; owl:onProperty :p . :x :p :y . :y a :B . :z :p :w .",
        ":x a :A .",
        ":z a :A .",
    ),
    "cls-svf2": Entails(
        ":A owl:someValuesFrom owl:Thing ; owl:onProperty :p . :x :p :y . :z :q :y .",
        ":x a :A .",
        ":z a :A .",
    ),
    "cls-avf": Entails(
        ":A owl:allValuesFrom :B ; owl:onProperty :p . :x a :A ; :p :y ; :q :z . :w :p :v .",
        ":y a :B .",
        ":z a :B . :v a :B .",
    ),
    "cls-hv1": Entails(
        ":A owl:hasValue :v ; owl:onProperty :p . :x a :A . :y a :B .", ":x :p :v .", ":y :p :v ."
    ),
    "cls-hv2": Entails(
        ":A owl:hasValue :v ; owl:onProperty :p . :x :p :v . :y :p :w .", ":x a :A .", ":y a :A ."
    ),
    "cls-oo": Entails(":A owl:oneOf (:x :y) . :z a :B .", ":x a :A . :y a :A .", ":z a :A ."),
    "cls-maxc2": Entails(
        ':A owl:maxCardinality "1"^^xsd:nonNegativeInteger ; owl:onProperty :p .'
        ":x a :A ; :p :y, :z . :w :p :u, :v .",
        ":y owl:sameAs :z .",
        ":u owl:sameAs :v .",
    ),
    "cls-maxqc3": Entails(
        ':A owl:maxQualifiedCardinality "1"^^xsd:nonNegativeInteger ; owl:onProperty :p ;'
        " owl:onClass :B . :x a :A ; :p :y, :z, :w . :y a :B . :z a :B .",
        ":y owl:sameAs :z .",
        ":w owl:sameAs :y .",
    ),
    "cls-maxqc4": Entails(
        ':A owl:maxQualifiedCardinality "01"^^xsd:integer ; owl:onProperty :p ;'
        " owl:onClass owl:Thing ."
        ":x a :A ; :p :y, :z . :w :p :v, :u .",
        ":y owl:sameAs :z .",
        ":v owl:sameAs :u .",
    ),
}

CLASHES = {
    "eq-diff1": Clashes(":x owl:sameAs :y . :y owl:differentFrom :x .", ":x owl:sameAs :y ."),
    "eq-diff2": Clashes(
        "[] a owl:AllDifferent ; owl:members (:x :y :z) . :z owl:sameAs :x .", ":z owl:sameAs :x ."
    ),
    "eq-diff3": Clashes(
        "[] a owl:AllDifferent ; owl:distinctMembers (:x :y) . :x owl:sameAs :y .",
        ":x owl:sameAs :y .",
    ),
    "prp-irp": Clashes(":p a owl:IrreflexiveProperty . :x :p :x, :y .", ":x :p :x ."),
    "prp-asyp": Clashes(":p a owl:AsymmetricProperty . :x :p :y . :y :p :x .", ":y :p :x ."),
    "prp-pdw": Clashes(":p owl:propertyDisjointWith :q . :x :p :y . :x :q :y .", ":x :q :y ."),
    "prp-adp": Clashes(
        "[] a owl:AllDisjointProperties ; owl:members (:p :q :r) . :x :p :y . :x :r :y .",
        ":x :r :y .",
    ),
    "prp-npa1": Clashes(
        "[] owl:sourceIndividual :x ; owl:assertionProperty :p ;"
        " owl:targetIndividual :y . :x :p :y .",
        ":x :p :y .",
    ),
    "prp-npa2": Clashes(
        "[] owl:sourceIndividual :x ; owl:assertionProperty :p ; owl:targetValue 3 . :x :p 3 .",
        ":x :p 3 .",
    ),
    "cls-nothing2": Clashes(":x a owl:Nothing .", ":x a owl:Nothing ."),
    "cls-com": Clashes(":A owl:complementOf :B . :x a :A, :B .", ":x a :B ."),
    "cls-maxc1": Clashes(
        ':A owl:maxCardinality "0"^^xsd:nonNegativeInteger ; owl:onProperty :p . :x a :A ; :p :y .',
        ":x :p :y .",
    ),
    "cls-maxqc1": Clashes(
        ':A owl:maxQualifiedCardinality "0"^^xsd:nonNegativeInteger ; owl:onProperty :p ;'
        " owl:onClass :B . :x a :A ; :p :y . :y a :B .",
        ":y a :B .",
    ),
    "cls-maxqc2": Clashes(
        ':A owl:maxQualifiedCardinality "0"^^xsd:nonNegativeInteger ; owl:onProperty :p ;'
        " owl:onClass owl:Thing . :x a :A ; :p :y .",
        ":x :p :y .",
    ),
    "cax-dw": Clashes(":A owl:disjointWith :B . :x a :A, :B .", ":x a :B ."),
    "cax-adc": Clashes(
        "[] a owl:AllDisjointClasses ; owl:members (:A :B :C) . :x a :A, :C .", ":x a :C ."
    ),
    "dt-diff": Clashes(":p a owl:FunctionalProperty . :x :p 1, 2 .", ":x :p 2 ."),
    "unsatisfiable": Clashes(
        ":A owl:disjointWith :B . :C rdfs:subClassOf :A, :D . :D rdfs:subClassOf :B .",
        ":D rdfs:subClassOf :B .",
    ),
}


def graph_of(text: str) -> rdflib.Graph:
    return rdflib.Graph().parse(data=PREFIXES + text, format="turtle")


@pytest.mark.parametrize("name", ENTAILMENTS)
def test_what_follows_is_inferred_and_nothing_more(name):
    given, follows, not_so = ENTAILMENTS[name]
    numbered, outcome = reasoned(graph_of(given))
    inferred = inferred_graph(numbered, outcome)
    assert not set(graph_of(follows)) - set(inferred)
    assert not set(graph_of(not_so)) & set(inferred)
    assert name in {outcome.rules[number] for number in outcome.inferred.rule.tolist()}


@pytest.mark.parametrize("name", CLASHES)
def test_a_contradiction_is_found_only_where_there_is_one(name):
    given, without = CLASHES[name]
    _, outcome = reasoned(graph_of(given))
    assert outcome.clash_counts == {name: 1}
    _, outcome = reasoned(graph_of(given) - graph_of(without))
    assert outcome.clash_counts == {}


def test_every_rule_has_its_example_and_every_rule_of_the_w3c_is_told_of():
    implemented = {rule.name for rule in owl_rl_rules()} | {*OF_LISTS, *IN_THE_ENGINE}
    assert implemented == set(ENTAILMENTS) | set(CLASHES)
    assert not set(LEFT_OUT) & (implemented | set(EQUALITY))
    # Tables 4 to 9 have 9, 20, 19, 5, 5 and 20 rules: 78, and we add "unsatisfiable"
    assert len((implemented - {"unsatisfiable"}) | set(EQUALITY) | set(LEFT_OUT)) == 78


def test_the_page_lists_the_rules_that_there_are():
    page = Path(__file__).resolve().parents[2].joinpath("docs", "reasoning.md").read_text()
    part = page.partition("## The rules of OWL 2 RL")[2].partition("## Horn rules")[0]
    told, _, left_out = part.partition("Left out")
    names = re.compile(r"`((?:eq|prp|cls|cax|dt|scm)-[a-z0-9-]+|unsatisfiable)`")
    assert set(names.findall(told)) == {*ENTAILMENTS, *CLASHES, *EQUALITY}
    only_left_out = left_out.partition("For the same reason")[0]
    assert set(LEFT_OUT) <= set(names.findall(only_left_out))


def test_what_is_the_same_shares_all_that_is_said_of_it():
    numbered, outcome = reasoned(
        graph_of(
            ":x owl:sameAs :y . :y owl:sameAs :z . :z :p :w . :w :q :y . :p owl:sameAs :r ."
            ":A rdfs:subClassOf :B . :y a :A ."
        )
    )
    stands_for = {
        str(numbered.node(old)): str(numbered.node(new))
        for old, new in outcome.representatives.items()
    }
    x, p = ("http://example.org/" + name for name in "xp")
    assert stands_for == {**dict.fromkeys((x[:-1] + "y", x[:-1] + "z"), x), p[:-1] + "r": p}
    inferred = set(inferred_graph(numbered, outcome))
    # said of the representative alone, not n² times
    assert set(graph_of(":x :p :w . :w :q :x . :x a :A, :B .")) <= inferred
    assert not set(graph_of(":y :p :w . :z :r :w . :y a :B .")) & inferred


def test_a_thousand_same_things_are_not_copied_a_million_times():
    ring = "".join(f":n{i} owl:sameAs :n{i + 1} ; :p :o{i} ." for i in range(1000))
    _, outcome = reasoned(graph_of(ring))
    assert outcome.stopped == ""
    # eq-sym and eq-trans give a star, eq-rep-s moves each statement once
    assert len(outcome.inferred.subject) < 5000


def test_equal_restrictions_are_one_class():
    restriction = "[ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :C ]"
    numbered, outcome = reasoned(
        graph_of(f":A rdfs:subClassOf {restriction} . :B owl:equivalentClass {restriction} .")
    )
    assert set(graph_of(":A rdfs:subClassOf :B .")) <= set(inferred_graph(numbered, outcome))


def test_nothing_is_said_that_is_true_of_everything():
    given = (
        ":A a owl:Class ; rdfs:subClassOf owl:Thing . :B a owl:Class ; rdfs:subClassOf :A ."
        ":p rdfs:domain :A . :x a :B ; owl:sameAs :x ."
    )
    numbered, outcome = reasoned(graph_of(given))
    assert set(inferred_graph(numbered, outcome)) == set(graph_of(":x a :A ."))


def test_a_literal_is_never_a_subject():
    numbered, outcome = reasoned(
        graph_of(":p rdfs:range xsd:integer ; a owl:SymmetricProperty . :x :p 3 .")
    )
    assert not list(inferred_graph(numbered, outcome))


def test_values_that_may_be_equal_are_no_contradiction():
    _, outcome = reasoned(
        graph_of(':p a owl:FunctionalProperty . :x :p 1, "01"^^xsd:integer, 1.0 .')
    )
    assert outcome.clash_counts == {}


def test_rdfs_alone_knows_nothing_of_owl():
    graph = graph_of(
        ":A rdfs:subClassOf :B . :B rdfs:subClassOf :C . :p rdfs:domain :A ; rdfs:range :D ;"
        " rdfs:subPropertyOf :q . :q rdfs:subPropertyOf :r ; a owl:SymmetricProperty . :x :p :y ."
    )
    numbered, outcome = reasoned(graph, rdfs_rules(), owl=False)
    found = set(inferred_graph(numbered, outcome))
    assert found == set(
        graph_of(
            ":A rdfs:subClassOf :C . :p rdfs:subPropertyOf :r . :x :q :y ; :r :y ."
            ":x a :A, :B, :C . :y a :D ."
        )
    )
    assert {outcome.rules[n] for n in outcome.inferred.rule.tolist()} == {
        "rdfs2", "rdfs3", "rdfs5", "rdfs7", "rdfs9", "rdfs11"
    }  # fmt: skip


TINY = {
    "subclass": (":A rdfs:subClassOf :B . :B rdfs:subClassOf :C . :x a :A .", ":x a :C ."),
    "inverse": (":p owl:inverseOf :q . :x :p :y .", ":y :q :x ."),
    "transitive": (":p a owl:TransitiveProperty . :x :p :y . :y :p :z .", ":x :p :z ."),
    "chain": (":g owl:propertyChainAxiom (:p :p) . :x :p :y . :y :p :z .", ":x :g :z ."),
    "some": (
        ":A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :C ] ."
        ":B owl:equivalentClass [ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :D ] ."
        ":C rdfs:subClassOf :D .",
        ":A rdfs:subClassOf :B .",
    ),
    "domain and range": (":p rdfs:domain :A ; rdfs:range :B . :x :p :y .", ":x a :A . :y a :B ."),
}  # fmt: skip


@pytest.mark.parametrize("name", TINY)
def test_a_small_entailment_in_the_profile_is_had(name):
    given, follows = TINY[name]
    numbered, outcome = reasoned(graph_of(given))
    assert set(graph_of(follows)) <= set(inferred_graph(numbered, outcome))


def test_a_class_below_all_parts_of_an_intersection_is_outside_the_profile():
    # true in OWL DL, and the one of the seven small entailments that no rule of RL gives
    numbered, outcome = reasoned(
        graph_of(":I owl:intersectionOf (:A :B) . :X rdfs:subClassOf :A, :B .")
    )
    assert (
        rdflib.URIRef("http://example.org/X"),
        RDFS.subClassOf,
        rdflib.URIRef("http://example.org/I"),
    ) not in inferred_graph(numbered, outcome)
