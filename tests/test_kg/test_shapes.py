"""SHACL Core, each component with a node that conforms and one that does not."""

import pytest

from kg import KnowledgeBase

PREFIXES = """\
@prefix : <http://e.org/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


@pytest.fixture
def validate(tmp_path):
    """Validates data by shapes, both in Turtle."""
    made = []

    def run(data, shapes):
        with KnowledgeBase.open(tmp_path / f"{len(made)}.db", create=True) as kb:
            made.append(kb)
            (tmp_path / "data.ttl").write_text(PREFIXES + data, encoding="utf-8")
            (tmp_path / "shapes.ttl").write_text(PREFIXES + shapes, encoding="utf-8")
            kb.load(tmp_path / "data.ttl", data=True)
            return kb.validate(tmp_path / "shapes.ttl")

    return run


def short(term):
    return None if term is None else term.value.removeprefix("http://e.org/")


def breaches(report):
    """Component, focus and value of each result, in an order of their own."""
    return sorted(
        (r.component.rpartition("#")[2].removesuffix("ConstraintComponent"), short(r.focus),
         short(r.value) or "")
        for r in report.results
    )  # fmt: skip


# The component, the property shape's body, what :good has as :p, what :bad has, and the values
# that are at fault.
COMPONENTS = [
    ("Class", "sh:class :C", ":c, :d", ":c, :x, 1", ["1", "x"]),
    ("Datatype", "sh:datatype xsd:integer", "1, 22", '1, "1", "x"^^xsd:integer, :c',
     ["1", "c", "x"]),
    ("Datatype", "sh:datatype xsd:string", '"a"', '"a"@en, 1', ["1", "a"]),
    ("Datatype", "sh:datatype rdf:langString", '"a"@en', '"a"', ["a"]),
    ("Datatype", "sh:datatype :mine", '"any"^^:mine', '"any"', ["any"]),
    ("Datatype", "sh:datatype xsd:date", '"2024-02-29"^^xsd:date', '"2023-02-29"^^xsd:date',
     ["2023-02-29"]),
    ("NodeKind", "sh:nodeKind sh:IRI", ":c", '"c"', ["c"]),
    ("NodeKind", "sh:nodeKind sh:BlankNodeOrLiteral", '"c", []', ":c", ["c"]),
    ("MinCount", "sh:minCount 2", "1, 2", "1", [""]),
    ("MaxCount", "sh:maxCount 1", "1", "1, 2", [""]),
    ("MinExclusive", "sh:minExclusive 1", "2, 1.5, 1e1", '1, 0, "2", :c, "2020-01-01"^^xsd:date',
     ["0", "1", "2", "2020-01-01", "c"]),
    ("MinInclusive", "sh:minInclusive 1", "1, 1.0", "0.9", ["0.9"]),
    ("MaxExclusive", "sh:maxExclusive 10", "9, -1", "10", ["10"]),
    ("MaxInclusive", 'sh:maxInclusive "2020-01-01"^^xsd:date', '"2020-01-01"^^xsd:date',
     '"2020-01-02"^^xsd:date, 3', ["2020-01-02", "3"]),
    ("MinLength", "sh:minLength 3", '"abc", 1234', '"äö", []', None),
    ("MaxLength", "sh:maxLength 2", '"äö"', '"abc"', ["abc"]),
    ("Pattern", 'sh:pattern "^a.c"', '"abcd", "axc"', '"xabc", "A c"', ["A c", "xabc"]),
    ("Pattern", 'sh:pattern "^A" ; sh:flags "i"', '"abc"', '"bc"', ["bc"]),
    ("Pattern", 'sh:pattern "org/c$"', ":c", ":d", ["d"]),
    ("LanguageIn", 'sh:languageIn ( "en" "zh" )', '"a"@en-GB, "b"@zh', '"a"@de, "b"@eng, "c"',
     ["a", "b", "c"]),
    ("UniqueLang", "sh:uniqueLang true", '"a"@en, "b"@de, "c", "d"', '"a"@en, "b"@EN', [""]),
    ("Equals", "sh:equals :same", "1", "1, 2", ["2", "3"]),
    ("Disjoint", "sh:disjoint :other", "1, 2", "1, 9", ["9"]),
    ("LessThan", "sh:lessThan :limit", "4", "5, 6", ["5", "6"]),
    ("LessThanOrEquals", "sh:lessThanOrEquals :limit", "5", '6, "a"', ["6", "a"]),
    ("Not", "sh:not [ sh:class :C ]", ":x", ":x, :c", ["c"]),
    ("And", "sh:and ( [ sh:class :C ] [ sh:nodeKind sh:IRI ] )", ":c", ":x", ["x"]),
    ("Or", "sh:or ( [ sh:class :C ] [ sh:datatype xsd:integer ] )", ":c, 1", ':x, "1"',
     ["1", "x"]),
    ("Xone", "sh:xone ( [ sh:class :C ] [ sh:nodeKind sh:IRI ] )", ":x", ":c, 1", ["1", "c"]),
    ("Node", "sh:node [ sh:property [ sh:path :q ; sh:minCount 1 ] ]", ":c", ":x", ["x"]),
    ("QualifiedMinCount", "sh:qualifiedValueShape [ sh:class :C ] ; sh:qualifiedMinCount 2",
     ":c, :d, :x", ":c, :x", [""]),
    ("QualifiedMaxCount", "sh:qualifiedValueShape [ sh:class :C ] ; sh:qualifiedMaxCount 1",
     ":c, :x", ":c, :d", [""]),
    ("Closed", "sh:closed true ; sh:ignoredProperties ( rdf:type )", ":d", ":c", ["1"]),
    ("HasValue", "sh:hasValue 1", "1, 2", "2", [""]),
    ("In", 'sh:in ( 1 :c "a"@en )', '1, :c, "a"@en', '"1", :d, "a"', ["1", "a", "d"]),
]  # fmt: skip

BESIDE = """
:c a :C ; :q 1 .
:d a :D .
:D rdfs:subClassOf :C .
:good :same 1 ; :other 3 ; :limit 5 .
:bad :same 1, 3 ; :other 9 ; :limit 5 .
"""


@pytest.mark.parametrize(("component", "body", "good", "bad", "values"), COMPONENTS)
def test_a_component_finds_what_breaks_it_and_nothing_else(
    validate, component, body, good, bad, values
):
    report = validate(
        f"{BESIDE} :good :p {good} . :bad :p {bad} .",
        f":S a sh:NodeShape ; sh:targetNode :good, :bad ; sh:property [ sh:path :p ; {body} ] .",
    )
    found = breaches(report)
    assert {breach[:2] for breach in found} == {(component, "bad")}
    if values is not None:
        assert [value for _, _, value in found] == values
    assert not report.conforms


def test_a_lower_bound_of_zero_asks_nothing(validate):
    shape = ":S sh:targetNode :a ; sh:property [ sh:path :p ; sh:minCount 0 ] ."
    assert validate(":b :p 1 .", shape).conforms


@pytest.mark.parametrize(
    ("target", "nodes"),
    [
        ("sh:targetNode :a, :nowhere, 5", ["5", "a", "nowhere"]),
        ("sh:targetClass :C", ["a", "b"]),
        ("sh:targetSubjectsOf :p", ["a"]),
        ("sh:targetObjectsOf :p", ["7", "b"]),
        ("sh:targetSubjectsOf :p ; sh:targetClass :D", ["a", "b"]),
    ],
)
def test_each_kind_of_target_chooses_its_nodes(validate, target, nodes):
    report = validate(
        ":a a :C ; :p :b, 7 . :b a :D . :D rdfs:subClassOf :E . :E rdfs:subClassOf :C .",
        f":S a sh:NodeShape ; {target} ; sh:in () .",
    )
    assert sorted(short(r.focus) for r in report.results) == nodes


def test_a_class_that_is_a_shape_is_its_own_target(validate):
    data = ":a a :C . :b a :O ."
    for kind, node in (("rdfs:Class", "a"), ("owl:Class", "b")):
        name = ":C" if kind == "rdfs:Class" else ":O"
        report = validate(data, f"{name} a {kind}, sh:NodeShape ; sh:in () .")
        assert [short(r.focus) for r in report.results] == [node]


PATHS = [
    (":p", ["b", "c"]),
    ("[ sh:inversePath :p ]", ["z"]),
    ("( :p :q )", ["d", "e"]),
    ("[ sh:alternativePath ( :p :r ) ]", ["b", "c", "f"]),
    ("[ sh:alternativePath ( :p [ sh:inversePath :p ] ) ]", ["b", "c", "z"]),
    ("[ sh:zeroOrOnePath :p ]", ["a", "b", "c"]),
    ("[ sh:zeroOrMorePath :next ]", ["a", "n1", "n2"]),
    ("[ sh:oneOrMorePath :next ]", ["a", "n1", "n2"]),
    ("[ sh:zeroOrMorePath ( :next :next ) ]", ["a", "n1", "n2"]),
    ("[ sh:oneOrMorePath [ sh:alternativePath ( :p :q ) ] ]", ["b", "c", "d", "e"]),
    ("[ sh:inversePath ( :p :p ) ]", ["y"]),
    ("[ sh:inversePath [ sh:zeroOrOnePath :p ] ]", ["a", "z"]),
]


@pytest.mark.parametrize(("path", "values"), PATHS)
def test_a_path_leads_to_its_values(validate, path, values):
    # :next runs in a circle of three, so that every node is reached by steps of two as well
    data = ":y :p :z . :z :p :a . :a :p :b, :c ; :r :f ; :next :n1 . :b :q :d . :c :q :d, :e ." + (
        ":n1 :next :n2 . :n2 :next :a ."
    )
    shape = f":S a sh:PropertyShape ; sh:targetNode :a ; sh:path {path} ; sh:in () ."
    report = validate(data, shape)
    assert sorted(short(r.value) for r in report.results) == values


def test_values_are_a_set_however_many_ways_lead_to_them(validate):
    report = validate(
        ":a :p :b, :c . :b :q 1 . :c :q 1 .",
        ":S sh:targetNode :a ; sh:property [ sh:path ( :p :q ) ; sh:maxCount 1 ; sh:in () ] .",
    )
    assert breaches(report) == [("In", "a", "1")]


def test_the_same_triple_of_two_sources_counts_once(tmp_path, empty_kb):
    for name in ("one", "two"):
        (tmp_path / f"{name}.ttl").write_text(PREFIXES + ":a :p 1 .")
        empty_kb.load(tmp_path / f"{name}.ttl", data=True)
    shape = ":S sh:targetNode :a ; sh:property [ sh:path :p ; sh:maxCount 1 ] ."
    (tmp_path / "shapes.ttl").write_text(PREFIXES + shape)
    assert empty_kb.validate(tmp_path / "shapes.ttl").conforms


def test_results_tell_severity_message_shape_and_source(validate):
    report = validate(
        ":a :p 1 .",
        ':S sh:targetNode :a ; sh:property :P . :P sh:path :p ; sh:in () ; sh:severity sh:Warning ;'
        ' sh:message "Nein"@de, "No"@en .',
    )  # fmt: skip
    (result,) = report.results
    assert (result.severity, result.message) == ("http://www.w3.org/ns/shacl#Warning", "No")
    assert short(result.shape) == "P"
    assert result.source.endswith("data.ttl")
    assert not report.conforms


def test_a_shape_that_says_nothing_gets_a_message_of_ours(validate):
    report = validate(
        ":a :p 1 .", ":S sh:targetNode :a ; sh:property [ sh:path :q ; sh:minCount 2 ] ."
    )
    assert [r.message for r in report.results] == ["There are fewer than 2 values."]


def test_a_deactivated_shape_is_met_by_all(validate):
    report = validate(
        ":a :p 1 .",
        ":S sh:targetNode :a ; sh:in () ; sh:deactivated true .:T sh:targetNode :a ; sh:node :S .",
    )
    assert report.conforms


def test_nested_results_come_once_for_each_way_to_the_node(validate):
    report = validate(
        ":a :p :c . :b :p :c . :c :q 1 .",
        ":S sh:targetNode :a, :b ; sh:property [ sh:path :p ; sh:property :Q ] ."
        ":Q sh:path :q ; sh:in () .",
    )
    assert breaches(report) == [("In", "c", "1"), ("In", "c", "1")]


def test_siblings_do_not_count_where_qualified_shapes_are_disjoint(validate):
    shapes = """:S sh:targetNode :hand ;
        sh:property [ sh:path :p ; sh:qualifiedValueShape [ sh:class :C ] ;
            sh:qualifiedValueShapesDisjoint true ; sh:qualifiedMinCount 1 ] ;
        sh:property [ sh:path :p ; sh:qualifiedValueShape [ sh:class :T ] ;
            sh:qualifiedValueShapesDisjoint true ; sh:qualifiedMaxCount 4 ] ."""
    assert not validate(":hand :p :both . :both a :C, :T .", shapes).conforms
    assert validate(":hand :p :both, :one . :both a :C, :T . :one a :C .", shapes).conforms


def test_loaded_shapes_are_used_without_a_file(load_text):
    kb = load_text(PREFIXES + """
        :Cat a owl:Class ; rdfs:label "cat" .
        :Dog a owl:Class .
        :S a sh:NodeShape ; sh:targetClass owl:Class ; sh:or ( :L :M ) .
        :L sh:property [ sh:path rdfs:label ; sh:minCount 1 ] .
        :M sh:property [ sh:path [ sh:inversePath rdfs:seeAlso ] ; sh:minCount 1 ] .
    """)  # fmt: skip
    assert breaches(kb.validate()) == [("Or", "Dog", "Dog")]


def test_the_report_graph_is_the_w3cs(validate):
    report = validate(
        ":a :p 1 .",
        ":S sh:targetNode :a ; sh:property :P . :P sh:path ( :p [ sh:zeroOrOnePath :q ] ) ; "
        "sh:maxCount 0 .",
    )
    assert (
        report.to_turtle()
        == """\
@prefix sh: <http://www.w3.org/ns/shacl#> .

[] a sh:ValidationReport ;
  sh:conforms false ;
  sh:result [ a sh:ValidationResult ;
    sh:focusNode <http://e.org/a> ;
    sh:resultPath ( <http://e.org/p> [ sh:zeroOrOnePath <http://e.org/q> ] ) ;
    sh:resultSeverity <http://www.w3.org/ns/shacl#Violation> ;
    sh:sourceConstraintComponent <http://www.w3.org/ns/shacl#MaxCountConstraintComponent> ;
    sh:sourceShape <http://e.org/P> ;
    sh:resultMessage "There are more than 0 values."@en ;
  ] .
"""
    )
    document = report.to_json()
    assert document["results"][0]["path"] == "<http://e.org/p>/<http://e.org/q>?"
    assert document["results"][0]["focus"] == {"type": "uri", "value": "http://e.org/a"}
    assert document["results"][0]["value"] is None
    assert "http://e.org/a" in report._repr_html_()


def test_what_shapes_import_is_told_and_not_fetched(validate):
    shapes = (
        "<http://e.org/shapes> owl:imports <http://e.org/more> . :S sh:targetNode :a ; sh:in () ."
    )
    assert validate(":a :p 1 .", shapes).not_imported == ("http://e.org/more",)


def test_a_triple_term_is_a_value_that_is_neither_iri_nor_literal(validate):
    report = validate(
        ":r rdf:reifies <<( :a :p <<( :b :q 1 )>> )>> .",
        ":S sh:targetNode :r ; sh:property [ sh:path rdf:reifies ; sh:nodeKind sh:IRIOrLiteral ] .",
    )
    (result,) = report.results
    assert result.value.to_ntriples().startswith("<<( <http://e.org/a> <http://e.org/p> ")
    assert "<<( <http://e.org/a>" in report.to_turtle()


def test_nodes_are_validated_where_nothing_is_loaded(empty_kb, tmp_path):
    shape = ":S sh:targetNode :a ; sh:targetClass :C ; sh:property [ sh:path :p ; sh:minCount 1 ] ."
    (tmp_path / "shapes.ttl").write_text(PREFIXES + shape)
    for _ in range(2):
        assert breaches(empty_kb.validate(tmp_path / "shapes.ttl")) == [("MinCount", "a", "")]
