"""PostgreSQL and SQLite give the same answers to shapes and checks."""

import pytest

from kg import KnowledgeBase, ShapesFaultError

PREFIXES = """\
@prefix : <http://e.org/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
DATA = PREFIXES + """
:a a :C ; :p 1, 22, "x", "xy"@en, "y"@EN, :b, "c"^^xsd:byte ; :q 1, 30 ; :next :b .
:b a :D ; :p 3 ; :q 3 ; :next :c .
:c a :E ; :next :a .
:D rdfs:subClassOf :C .
:C a owl:Class ; rdfs:label "c" .
:D a owl:Class ; rdfs:label "C" ; rdfs:subClassOf :E .
:E a owl:Class ; rdfs:subClassOf :D, :Nowhere .
:Old1 a owl:Class ; owl:deprecated true .
:New2 a owl:Class ; rdfs:subClassOf :Old1 .
"""  # fmt: skip
BODIES = [
    "sh:class :C", "sh:datatype xsd:byte", "sh:datatype rdf:langString", "sh:nodeKind sh:IRI",
    "sh:minCount 2", "sh:maxCount 1", "sh:minExclusive 1", "sh:maxInclusive 3", "sh:minLength 2",
    "sh:maxLength 1", 'sh:pattern "^x"', 'sh:languageIn ( "en" )', "sh:uniqueLang true",
    "sh:equals :q", "sh:disjoint :q", "sh:lessThan :q", "sh:not [ sh:class :C ]",
    "sh:or ( [ sh:class :D ] [ sh:datatype xsd:integer ] )",
    "sh:xone ( [ sh:class :D ] [ sh:nodeKind sh:IRI ] )",
    "sh:node [ sh:property [ sh:path :q ; sh:minCount 1 ] ]",
    "sh:qualifiedValueShape [ sh:nodeKind sh:Literal ] ; sh:qualifiedMinCount 2",
    "sh:closed true ; sh:ignoredProperties ( rdf:type )", "sh:hasValue 3", "sh:in ( 1 :b )",
]  # fmt: skip
PATHS = [
    ":p", "[ sh:inversePath :next ]", "( :next :p )", "[ sh:alternativePath ( :p :q ) ]",
    "[ sh:zeroOrMorePath :next ]", "[ sh:oneOrMorePath ( :next :next ) ]",
    "[ sh:zeroOrOnePath [ sh:alternativePath ( :next [ sh:inversePath :next ] ) ] ]",
]  # fmt: skip
TARGETS = "sh:targetClass :C ; sh:targetNode :nowhere ; sh:targetSubjectsOf :p"


@pytest.fixture
def bases(tmp_path, postgres):
    (tmp_path / "data.ttl").write_text(DATA)
    with (
        KnowledgeBase.open(tmp_path / "kb.db", create=True) as sqlite,
        KnowledgeBase.open(postgres.new_schema(), create=True) as postgresql,
    ):
        for kb in (sqlite, postgresql):
            kb.load(tmp_path / "data.ttl")
        yield sqlite, postgresql


def found(kb, shapes):
    return sorted(
        (r.shape.value, r.component, r.focus.value, str(r.path), r.value.value if r.value else "")
        for r in kb.validate(shapes).results
    )


def test_all_components_and_paths_give_the_same_results(bases, tmp_path):
    constraints = [(":p", body) for body in BODIES] + [(path, "sh:in ()") for path in PATHS]
    shapes = PREFIXES + "".join(
        f":S{n} {TARGETS} ; sh:property :P{n} . :P{n} sh:path {path} ; {body} .\n"
        for n, (path, body) in enumerate(constraints)
    )
    (tmp_path / "shapes.ttl").write_text(shapes)
    sqlite, postgresql = (found(kb, tmp_path / "shapes.ttl") for kb in bases)
    assert sqlite == postgresql
    assert {result[0] for result in sqlite} == {
        f"http://e.org/P{n}" for n in range(len(constraints))
    }


def test_loaded_shapes_give_the_same_results(bases, tmp_path):
    shape = ":S sh:targetClass :C ; sh:or ( [ sh:class :D ] [ sh:hasValue :x ] ) ."
    (tmp_path / "shapes.ttl").write_text(PREFIXES + shape)
    for kb in bases:
        kb.load(tmp_path / "shapes.ttl", data=True)
    sqlite, postgresql = (found(kb, None) for kb in bases)
    assert sqlite == postgresql
    assert [result[2] for result in sqlite] == ["http://e.org/a"]


def test_all_checks_find_the_same(bases):
    sqlite, postgresql = (kb.quality() for kb in bases)
    assert sqlite == postgresql
    assert {f.check for f in sqlite if f.count} == {
        "subclass-cycle",
        "dangling-reference",
        "duplicate-label",
        "missing-label",
        "missing-definition",
        "deprecated-in-use",
        "undeclared-relation",
    }


def test_a_fault_leaves_no_table_behind(bases, tmp_path):
    (tmp_path / "bad.ttl").write_text(PREFIXES + ":S sh:targetNode :a ; sh:minCount 1 .")
    (tmp_path / "good.ttl").write_text(PREFIXES + ":S sh:targetNode :a ; sh:class :C .")
    for kb in bases:
        with pytest.raises(ShapesFaultError):
            kb.validate(tmp_path / "bad.ttl")
        assert kb.validate(tmp_path / "good.ttl").conforms
        assert kb.validate(tmp_path / "good.ttl").conforms
