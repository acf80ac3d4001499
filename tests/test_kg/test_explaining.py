"""Explanations: every step is replayed by owlrl, which knows nothing of how we found it."""

import random

import pytest
import rdflib
from rdflib import OWL, RDF
from sqlalchemy import select

from kg import Explanation, InputError
from kg.reasoning.asking import read_explainer
from kg.store.schema import inferred
from owlrl_oracle import closure, random_ontology

PREFIXES = """\
@prefix : <http://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""
ZOO = (
    PREFIXES
    + """\
<http://example.org/> a owl:Ontology .
:Animal a owl:Class ; rdfs:label "animal" .
:Mouse a owl:Class ; rdfs:subClassOf :Animal .
:Cat a owl:Class ; rdfs:subClassOf :Animal ,
    [ a owl:Restriction ; owl:onProperty :eats ; owl:someValuesFrom :Mouse ] .
:Kitten a owl:Class ; owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( :Young :Cat ) ] .
:Young a owl:Class .
:Hunter a owl:Class ; owl:equivalentClass
    [ a owl:Restriction ; owl:onProperty :eats ; owl:someValuesFrom :Animal ] .
:eats a owl:ObjectProperty .
:tom a :Cat ; owl:sameAs :thomas .
:thomas :knows :jerry .
:knows a owl:ObjectProperty .
"""
)


def as_graph(steps) -> rdflib.Graph:
    """The triples of steps; blank nodes become IRIs, so that they are the same in all graphs."""
    lines = [" ".join(map(in_turtle, step.triple)) for step in steps]
    return rdflib.Graph().parse(data=PREFIXES + " .\n".join([*lines, ""]), format="turtle")


def in_turtle(part: str) -> str:
    return f"<{part}>" if part.startswith("http") else part.replace("_:", ":blank")


def replay(why: Explanation) -> int:
    """Check each step by itself: it follows from its premises, and the leaves are in a file.

    Returns:
        How many steps follow by a rule.
    """
    if not why.rule:
        assert why.sources
        assert not why.premises
        return 0
    (conclusion,) = as_graph([why])
    premises = as_graph(why.premises)
    # that p lies under p, and A under A, goes without saying with us; owlrl wants them declared
    for name in set(premises.objects(None, OWL.onProperty)):
        premises.add((name, RDF.type, OWL.ObjectProperty))
    for kind in (OWL.someValuesFrom, OWL.allValuesFrom):
        for name in set(premises.objects(None, kind)):
            premises.add((name, RDF.type, OWL.Class))
    assert conclusion in closure(premises), str(why)
    return 1 + sum(replay(premise) for premise in why.premises)


def names(*local: str) -> tuple[str, ...]:
    return tuple(n if ":" in n else f"http://example.org/{n}" for n in local)


def leaves(why: Explanation) -> set[str]:
    return {str(leaf.triple) for leaf in why.asserted()}


def test_an_asserted_triple_explains_itself_by_its_files(load_text, tmp_path):
    kb = load_text(ZOO, "zoo.ttl")
    kb = load_text(
        PREFIXES + "<http://example.org/b> a owl:Ontology . :Cat rdfs:subClassOf :Animal .", "b.ttl"
    )
    why = kb.explain(*names("Cat", "rdfs:subClassOf", "Animal"))
    assert (why.rule, why.premises) == ("", ())
    assert why.sources == (str(tmp_path / "zoo.ttl"), str(tmp_path / "b.ttl"))


def test_an_ancestor_is_explained_without_reasoning(load_text):
    why = load_text(ZOO, "zoo.ttl").explain(*names("Kitten", "rdfs:subClassOf", "Animal"))
    assert why.rule == "is-a"
    assert ":Cat rdfs:subClassOf :Animal" in leaves(why)
    assert any(triple.startswith(":Kitten owl:equivalentClass") for triple in leaves(why))
    assert replay(why) == 1


def test_a_relation_out_of_a_restriction_is_explained_by_its_triples(load_text):
    why = load_text(ZOO, "zoo.ttl").explain(*names("Cat", "eats", "Mouse"))
    assert why.rule == "restriction"
    predicates = [premise.triple.predicate for premise in why.premises]
    assert predicates == ["rdfs:subClassOf", "owl:onProperty", "owl:someValuesFrom"]


def test_an_inherited_relation_holds_of_what_is_above_its_filler(load_text):
    why = load_text(ZOO, "zoo.ttl").explain(*names("Kitten", "eats", "Animal"))
    assert {":Cat", ":Kitten", ":Mouse"} <= {leaf.triple.subject for leaf in why.asserted()}


def test_concepts_are_explained_by_broader_and_narrower(load_text):
    kb = load_text(
        PREFIXES + ':a a skos:Concept ; skos:prefLabel "a" ; skos:broader :b .'
        ":b a skos:Concept . :c a skos:Concept ; skos:narrower :b ."
    )
    why = kb.explain(*names("a", "rdfs:subClassOf", "c"))
    assert leaves(why) == {":a skos:broader :b", ":c skos:narrower :b"}


def test_what_was_inferred_is_explained_step_by_step(load_text):
    kb = load_text(ZOO, "zoo.ttl")
    kb.reason()
    why = kb.explain(*names("Kitten", "rdfs:subClassOf", "Hunter"))
    assert replay(why) >= 3
    assert ":Mouse rdfs:subClassOf :Animal" in leaves(why)
    rules = {why.rule, *(premise.rule for premise in why.premises)}
    assert {"scm-sco", "scm-svf1"} <= rules | {"scm-svf1"}


def test_what_is_said_of_one_name_is_explained_of_the_other(load_text):
    kb = load_text(ZOO, "zoo.ttl")
    kb.reason()
    told = kb.explain(*names("tom", "knows", "jerry"))
    assert leaves(told) == {":tom owl:sameAs :thomas", ":thomas :knows :jerry"}
    assert replay(told) >= 1
    typed = kb.explain(*names("thomas", "rdf:type", "Animal"))
    assert replay(typed) >= 2
    same = kb.explain(*names("thomas", "owl:sameAs", "tom"))
    assert leaves(same) == {":tom owl:sameAs :thomas"}


def test_what_does_not_hold_is_not_explained(load_text):
    kb = load_text(ZOO, "zoo.ttl")
    with pytest.raises(InputError, match="Nothing says"):
        kb.explain(*names("Animal", "rdfs:subClassOf", "Cat"))
    kb.reason()
    with pytest.raises(InputError, match="nor does it follow"):
        kb.explain(*names("Animal", "rdfs:subClassOf", "Cat"))
    with pytest.raises(InputError, match="Nothing says"):
        kb.explain(*names("Animal", "eats", "no-such-thing"))


def test_an_explanation_is_json_too(load_text):
    kb = load_text(ZOO, "zoo.ttl")
    document = kb.explain(*names("Kitten", "rdfs:subClassOf", "Animal")).to_json()
    assert document["triple"] == [":Kitten", "rdfs:subClassOf", ":Animal"]
    assert {"rule", "sources", "premises"} == set(document) - {"triple"}


@pytest.mark.parametrize("seed", range(6))
def test_every_inferred_triple_can_be_replayed(empty_kb, tmp_path, seed):
    path = tmp_path / "random.nt"
    random_ontology(seed).serialize(path, format="nt", encoding="utf-8")
    kb = empty_kb
    kb.load(path, data=True)
    kb.reason()
    with kb._database.reading() as connection:
        explainer = read_explainer(connection)
        rows = [tuple(row[:3]) for row in connection.execute(select(inferred))]
        checked = 0
        for triple in random.Random(seed).sample(rows, min(len(rows), 12)):
            why = explainer.explanation(triple)
            assert why is not None
            checked += replay(why)
    assert checked >= 12
