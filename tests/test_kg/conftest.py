"""One small zoo, in OBO and in Turtle."""

from pathlib import Path

import pytest

from kg import KnowledgeBase

ZOO_OBO = """\
format-version: 1.2
data-version: 2026-01-02
ontology: zoo
synonymtypedef: layperson "layperson term"
property_value: http://purl.org/dc/terms/license https://example.org/licence

[Term]
id: ZOO:0001
name: animal
def: "A living being that eats." [BOOK:1]

[Term]
id: ZOO:0002
name: cat
def: "An animal that purrs." []
synonym: "house cat" EXACT layperson [BOOK:2]
synonym: "feline" BROAD []
is_a: ZOO:0001 ! animal
relationship: eats ZOO:0003 ! mouse
disjoint_from: ZOO:0003

[Term]
id: ZOO:0003
name: mouse
is_a: ZOO:0001

[Term]
id: ZOO:0004
name: kitten
alt_id: ZOO:0099
intersection_of: ZOO:0002
intersection_of: has_age ZOO:0005

[Term]
id: ZOO:0005
name: youth

[Term]
id: ZOO:0006
name: obsolete moggy
is_obsolete: true
replaced_by: ZOO:0002

[Typedef]
id: eats
name: eats
domain: ZOO:0001
is_asymmetric: true
inverse_of: eaten_by

[Typedef]
id: eaten_by
name: eaten by

[Typedef]
id: has_age
name: has age
is_functional: true
"""

ZOO_TTL = """\
@base <http://purl.obolibrary.org/obo/zoo> .
@prefix obo: <http://purl.obolibrary.org/obo/> .
@prefix oio: <http://www.geneontology.org/formats/oboInOwl#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix dcterms: <http://purl.org/dc/terms/> .

obo:zoo.owl a owl:Ontology ; owl:versionInfo "2026-01-02" ;
    dcterms:license <https://example.org/licence> .

obo:ZOO_0001 a owl:Class ; rdfs:label "animal" ; obo:IAO_0000115 "A living being that eats." .
obo:ZOO_0002 a owl:Class ; rdfs:label "cat" ; obo:IAO_0000115 "An animal that purrs." ;
    oio:hasExactSynonym "house cat" ; oio:hasBroadSynonym "feline" ;
    rdfs:subClassOf obo:ZOO_0001 ,
        [ a owl:Restriction ; owl:onProperty <#eats> ; owl:someValuesFrom obo:ZOO_0003 ] ;
    owl:disjointWith obo:ZOO_0003 .
obo:ZOO_0003 a owl:Class ; rdfs:label "mouse" ; rdfs:subClassOf obo:ZOO_0001 .
obo:ZOO_0004 a owl:Class ; rdfs:label "kitten" ; oio:hasAlternativeId "ZOO:0099" ;
    owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( obo:ZOO_0002
        [ a owl:Restriction ; owl:onProperty <#has_age> ; owl:someValuesFrom obo:ZOO_0005 ] ) ] .
obo:ZOO_0005 a owl:Class ; rdfs:label "youth" .
obo:ZOO_0006 a owl:Class ; rdfs:label "obsolete moggy" ; owl:deprecated true ;
    obo:IAO_0100001 obo:ZOO_0002 .
<#eats> a owl:ObjectProperty , owl:AsymmetricProperty ; rdfs:label "eats" ;
    rdfs:domain obo:ZOO_0001 ; owl:inverseOf <#eaten_by> .
<#eaten_by> a owl:ObjectProperty ; rdfs:label "eaten by" .
<#has_age> a owl:ObjectProperty , owl:FunctionalProperty ; rdfs:label "has age" .
"""


@pytest.fixture
def zoo_obo(tmp_path: Path) -> Path:
    path = tmp_path / "zoo.obo"
    path.write_text(ZOO_OBO)
    return path


@pytest.fixture
def zoo_ttl(tmp_path: Path) -> Path:
    path = tmp_path / "zoo.ttl"
    path.write_text(ZOO_TTL)
    return path


@pytest.fixture
def empty_kb(request: pytest.FixtureRequest, tmp_path: Path):
    """In SQLite; with the parameter "postgresql", there."""
    there = getattr(request, "param", "sqlite") == "postgresql"
    place = request.getfixturevalue("postgres").new_schema() if there else tmp_path / "kb.db"
    with KnowledgeBase.open(place, create=True) as kb:
        yield kb


@pytest.fixture
def zoo(empty_kb: KnowledgeBase, zoo_obo: Path) -> KnowledgeBase:
    empty_kb.load(zoo_obo)
    return empty_kb


@pytest.fixture
def load_text(empty_kb: KnowledgeBase, tmp_path: Path):
    """Loads a text as a file of that name, and gives the knowledge base."""

    def load(text: str, name: str = "text.ttl") -> KnowledgeBase:
        (tmp_path / name).write_text(text, encoding="utf-8")
        empty_kb.load(tmp_path / name)
        return empty_kb

    return load
