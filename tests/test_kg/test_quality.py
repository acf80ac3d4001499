"""The built-in checks, on an ontology in which each thing is wrong once."""

import pytest

from kg import KnowledgeBase

PREFIXES = """\
@prefix : <http://e.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix obo: <http://purl.obolibrary.org/obo/> .
"""
SOUND = PREFIXES + """
:Animal a owl:Class ; rdfs:label "animal" ; skos:definition "Lives." .
:Cat a owl:Class ; rdfs:label "cat"@en ; skos:definition "Purrs." ; rdfs:subClassOf :Animal ,
    [ a owl:Restriction ; owl:onProperty :eats ; owl:someValuesFrom :Animal ] .
:eats a owl:ObjectProperty ; rdfs:label "eats" .
:Moggy a owl:Class ; rdfs:label "moggy" ; owl:deprecated true ; obo:IAO_0100001 :Cat .
"""  # fmt: skip


def cases(kb, check):
    (finding,) = [f for f in kb.quality() if f.check == check]
    assert finding.count == len(finding.examples)
    return [
        (tuple(entity.rpartition(":")[2].rpartition("/")[2] for entity in e.entities), e.remark)
        for e in finding.examples
    ]


def test_a_sound_ontology_has_no_finding(load_text):
    assert {f.check: f.count for f in load_text(SOUND).quality()} == {
        "subclass-cycle": 0,
        "dangling-reference": 0,
        "duplicate-label": 0,
        "missing-label": 0,
        "missing-definition": 0,
        "deprecated-in-use": 0,
        "replacement-leads-nowhere": 0,
        "undeclared-relation": 0,
        "curie-collision": 0,
    }


FAULTS = [
    ("subclass-cycle",
     ":A a owl:Class ; rdfs:subClassOf :B . :B a owl:Class ; rdfs:subClassOf :C . "
     ":C a owl:Class ; rdfs:subClassOf :A . :D a owl:Class ; rdfs:subClassOf :A .",
     [(("A", "B", "C"), "")]),
    ("subclass-cycle", ":A a owl:Class ; rdfs:subClassOf :A .", [(("A",), "its own parent")]),
    ("dangling-reference", ":Cat rdfs:subClassOf :Nowhere .",
     [(("Cat", "Nowhere"), "rdfs:subClassOf")]),
    ("duplicate-label",
     ':A a owl:Class ; rdfs:label "Cat"@en . :B a owl:Class ; rdfs:label "cat"@de .',
     [(("Cat", "A"), "cat@en")]),
    ("duplicate-label", ':A a owl:Class ; rdfs:label "moggy" .', []),
    ("missing-label", ":A1 a owl:Class . :B2 a owl:Class ; owl:deprecated true .", [(("A1",), "")]),
    ("missing-definition", ':A a owl:Class ; rdfs:label "a" . :q a owl:ObjectProperty .',
     [(("A",), "a")]),
    ("deprecated-in-use", ":A a owl:Class ; rdfs:subClassOf :Moggy .",
     [(("A", "Moggy"), "rdfs:subClassOf; replaced by :Cat")]),
    ("deprecated-in-use",
     ":A a owl:Class ; rdfs:subClassOf :B . :B a owl:Class ; owl:deprecated true .",
     [(("A", "B"), "rdfs:subClassOf; without a replacement")]),
    ("replacement-leads-nowhere",
     ":A a owl:Class ; owl:deprecated true ; obo:IAO_0100001 :Nowhere .",
     [(("A", "Nowhere"), "which no source describes")]),
    ("replacement-leads-nowhere",
     ":A a owl:Class ; owl:deprecated true ; obo:IAO_0100001 :B . "
     ":B a owl:Class ; owl:deprecated true ; obo:IAO_0100001 :A .",
     [(("A", "B"), "which is deprecated, and so is all that replaces it"),
      (("B", "A"), "which is deprecated, and so is all that replaces it")]),
    ("replacement-leads-nowhere",
     ":A a owl:Class ; owl:deprecated true ; obo:IAO_0100001 :Moggy .", []),
    ("undeclared-relation",
     ":tom a owl:NamedIndividual ; :owns :jerry . :jerry a owl:NamedIndividual .",
     [(("owns",), "1 edges")]),
]  # fmt: skip


@pytest.mark.parametrize(("check", "fault", "found"), FAULTS)
def test_a_fault_is_found_with_those_who_are_in_it(load_text, check, fault, found):
    assert cases(load_text(SOUND + fault), check) == found


def test_one_prefix_for_two_namespaces_collides(tmp_path, empty_kb):
    owl = "@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
    for name, classes in (("one", "p:Cat, p:Dog"), ("two", "p:Cat, p:Cow")):
        told = " ".join(f"{iri} a owl:Class ." for iri in classes.split(", "))
        (tmp_path / f"{name}.ttl").write_text(f"{owl}@prefix p: <http://{name}.org/> .\n{told}")
        empty_kb.load(tmp_path / f"{name}.ttl")
    (finding,) = [f for f in empty_kb.quality() if f.check == "curie-collision"]
    assert [(e.entities, e.remark) for e in finding.examples] == [
        (("http://two.org/Cat", "http://one.org/Cat"), "p:Cat")
    ]


def test_only_the_first_cases_are_named_and_all_are_counted(load_text):
    kb = load_text(SOUND + "".join(f":A{n} a owl:Class .\n" for n in range(30)))
    (finding,) = [f for f in kb.quality(examples=2) if f.check == "missing-label"]
    assert finding.count == 30
    assert finding.to_json()["examples"] == [
        {"entities": [finding.examples[0].entities[0]], "remark": ""},
        {"entities": [finding.examples[1].entities[0]], "remark": ""},
    ]


def test_what_was_inferred_is_no_cycle(load_text):
    kb = load_text(SOUND + ":Feline a owl:Class ; owl:equivalentClass :Cat .")
    kb.reason()
    assert cases(kb, "subclass-cycle") == []


def test_an_empty_knowledge_base_has_no_finding(empty_kb: KnowledgeBase):
    assert sum(finding.count for finding in empty_kb.quality()) == 0
