"""Shapes that are broken, hostile or beyond SHACL Core: an answer, or one error that helps."""

import subprocess
import sys
import time

import pytest

from kg import KnowledgeBase, ShapesFaultError

PREFIXES = """\
@prefix : <http://e.org/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


@pytest.fixture
def validate(tmp_path, empty_kb):
    """Validates :a with its property :p by shapes in Turtle."""
    (tmp_path / "data.ttl").write_text(PREFIXES + f':a a :C ; :p 1, :b, "{"a" * 40}!" .')
    empty_kb.load(tmp_path / "data.ttl", data=True)

    def run(shapes, *, prefixes=PREFIXES):
        (tmp_path / "shapes.ttl").write_text(prefixes + shapes, encoding="utf-8")
        return empty_kb.validate(tmp_path / "shapes.ttl")

    return run


FAULTS = [
    (":S :p 1 .", "no shape with a target"),
    (":S sh:targetNode :a ; sh:property [ sh:minCount 1 ] .", "without a sh:path"),
    (":S sh:targetNode :a ; sh:minCount 1 .", "sh:minCount without a sh:path"),
    (':S sh:targetNode :a ; sh:path :p ; sh:minCount "many" .', "no whole number"),
    (":S sh:targetNode :a ; sh:path :p, :q .", "more than one sh:path"),
    (":S sh:targetNode :a ; sh:path [ :p :q ] .", "should, and is none"),
    (":S sh:targetNode :a ; sh:path ( :p ) .", "fewer than two members"),
    (f":S sh:targetNode :a ; sh:path [ sh:alternativePath ( {':p ' * 101} ) ] .",
     "more than 100 alternatives"),
    (":S sh:targetNode :a ; sh:path _:p . _:p sh:inversePath _:p .", "runs into itself"),
    (":S sh:targetNode :a ; sh:in _:l . _:l rdf:first 1 ; rdf:rest _:l .", "no proper list"),
    (":S sh:targetNode :a ; sh:in [ rdf:first 1 ] .", "no proper list"),
    (":S sh:targetNode :a ; sh:nodeKind :IRI .", "none of sh:IRI"),
    (':S sh:targetNode :a ; sh:class "C" .', "where the IRI of a Class is"),
    (":S sh:targetNode :a ; sh:minInclusive :b .", "where a MinInclusive literal is due"),
    (":S sh:targetNode :a ; sh:node 5 .", "stands where a shape should"),
    (":S sh:targetNode :a ; sh:minCuont 1 .", r"does not know \(nearest: sh:minCount\)"),
    (":S sh:targetNode :a ; sh:node :S .", "refers to itself; what recursive shapes mean"),
    (":S sh:targetNode :a ; sh:not :T . :T sh:property [ sh:path :p ; sh:node :S ] .",
     "refers to itself, through"),
    (':S sh:targetNode :a ; sh:js [ sh:jsFunctionName "f" ] .', "JavaScript out of a file"),
    (':S sh:targetNode :a ; sh:severity "high" .', "no IRI, such as sh:Warning"),
    (":S sh:targetNode :a . :G sh:entailment :RDFS .", "entailments"),
    (':S sh:targetNode :a ; sh:pattern "(?<=a)b" .', "cannot be used"),
    (':S sh:targetNode :a ; sh:pattern "a" ; sh:flags "z" .', "cannot be used"),
    (':S sh:targetNode :a ; sh:pattern "((a{999}){999}){999}" .', "cannot be used"),
]  # fmt: skip


@pytest.mark.parametrize(("shapes", "said"), FAULTS)
def test_a_fault_of_the_shapes_is_told_with_its_mend(validate, shapes, said):
    with pytest.raises(ShapesFaultError, match=said) as raised:
        validate(shapes)
    assert raised.value.mend


def test_shapes_of_which_none_is_loaded_are_asked_for(empty_kb, zoo_obo):
    empty_kb.load(zoo_obo)
    with pytest.raises(ShapesFaultError, match="no shape with a target"):
        empty_kb.validate()


def test_a_recursive_shape_that_is_deactivated_harms_nobody(validate):
    assert validate(
        ":S sh:targetNode :a ; sh:node :T . :T sh:deactivated true ; sh:node :S ."
    ).conforms


def test_a_fault_in_a_shape_that_is_not_used_harms_nobody(validate):
    assert validate(":S sh:targetNode :a ; sh:class :C . :T sh:path ( :p ) .").conforms


def test_a_catastrophic_regular_expression_takes_no_time(validate):
    started = time.process_time()
    report = validate(':S sh:targetNode :a ; sh:property [ sh:path :p ; sh:pattern "^(a+)+$" ] .')
    # a matcher that tries all ways would take 2^40 steps on the 40 a's
    assert time.process_time() - started < 30
    assert len(report.results) == 3


def test_what_a_value_says_does_not_become_part_of_a_query(validate):
    text = r'"x\\u0022 } \" ) FILTER(false) #\n\\"'
    shapes = f':S sh:targetNode {text} ; sh:pattern {text} ; sh:flags "q" ; sh:in ( {text} ) .'
    assert validate(shapes).conforms
    assert not validate(shapes.replace("sh:in", "sh:not [ sh:in").replace(") .", ") ] .")).conforms


def test_shapes_nested_too_deeply_are_refused(validate):
    chain = " ".join(f":S{n} sh:node :S{n + 1} ." for n in range(10_000))
    with pytest.raises(ShapesFaultError, match="more than 40 deep"):
        validate(f":S0 sh:targetNode :a . {chain}")


@pytest.mark.parametrize("component", ["node", "property"])
def test_shapes_that_lie_in_each_other_in_millions_of_ways_are_answered(
    tmp_path, empty_kb, validate, component
):
    (tmp_path / "loop.ttl").write_text(PREFIXES + ":x :q :x ; :r :x .")
    empty_kb.load(tmp_path / "loop.ttl", data=True)
    levels = "".join(
        f":S{n} sh:property :Q{n}, :R{n} . "
        f":Q{n} sh:path :q ; sh:node :S{n + 1} . :R{n} sh:path :r ; sh:node :S{n + 1} .\n"
        if component == "node"
        else f":Q{n} sh:path :q ; sh:property :Q{n + 1}, :R{n + 1} . "
        f":R{n} sh:path :r ; sh:property :Q{n + 1}, :R{n + 1} .\n"
        for n in range(18 if component == "node" else 30)
    )
    last = ":S18 sh:nodeKind sh:IRI . :Q30 sh:path :q . :R30 sh:path :r ."
    start = "sh:node :S0" if component == "node" else "sh:property :Q0, :R0"
    assert validate(f":S sh:targetNode :x ; {start} . {levels} {last}").conforms


def test_more_results_than_can_be_held_are_refused(tmp_path, empty_kb, validate, monkeypatch):
    monkeypatch.setattr("kg.shapes.evaluation.MOST_RESULTS", 10_000)
    (tmp_path / "loop.ttl").write_text(PREFIXES + ":x :q :x ; :r :x .")
    empty_kb.load(tmp_path / "loop.ttl", data=True)
    levels = "".join(
        f":Q{n} sh:path :q ; sh:property :Q{n + 1}, :R{n + 1} . "
        f":R{n} sh:path :r ; sh:property :Q{n + 1}, :R{n + 1} .\n"
        for n in range(30)
    )
    last = ":Q30 sh:path :q ; sh:class :C . :R30 sh:path :r ; sh:class :C ."
    with pytest.raises(ShapesFaultError, match="more than 10,000 results"):
        validate(f":S sh:targetNode :x ; sh:property :Q0 . {levels} {last}")


def test_paths_nested_too_deeply_are_refused(validate):
    path = "[ sh:inversePath " * 60 + ":p" + " ]" * 60
    with pytest.raises(ShapesFaultError, match="nested too deeply"):
        validate(f":S sh:targetNode :a ; sh:path {path} .")


def test_ten_thousand_shapes_are_answered(validate, empty_kb, tmp_path):
    shapes = "".join(
        f":S{n} sh:targetClass :C ; sh:property [ sh:path :p{n} ; sh:maxCount 1 ] .\n"
        for n in range(10_000)
    )
    (tmp_path / "many.ttl").write_text(PREFIXES + shapes + ":T sh:targetNode :a ; sh:class :D .")
    # in a process without the run-time type checks, which make it ten times as long
    code = (
        "import kg, sys; r = kg.KnowledgeBase.open(sys.argv[1]).validate(sys.argv[2]);"
        "print(r.shapes, len(r.results))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, empty_kb.location, tmp_path / "many.ttl"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["10001", "1"]


def test_long_lists_in_a_shape_are_answered(validate):
    many = " ".join(f":n{n}" for n in range(3_000))
    names = many.replace(" ", ", ")
    tags = " ".join(f'"x-{n}"' for n in range(3_000))
    report = validate(
        f":S sh:targetClass {names} ; sh:targetSubjectsOf {names} ; sh:targetNode :a ; "
        f"sh:closed true ; sh:ignoredProperties ( {many} rdf:type ) ; sh:in ( {many} :a ) ;"
        f"sh:property [ sh:path :p ; sh:languageIn ( {tags} ) ] ."
    )
    assert {r.component.rpartition("#")[2] for r in report.results} == {
        "LanguageInConstraintComponent"
    }


def test_a_path_over_a_long_chain_is_followed(tmp_path, empty_kb, validate):
    chain = "".join(f":n{n} :next :n{n + 1} .\n" for n in range(400))
    (tmp_path / "chain.ttl").write_text(PREFIXES + chain)
    empty_kb.load(tmp_path / "chain.ttl", data=True)
    report = validate(
        ":S sh:targetNode :n0 ; sh:property "
        "[ sh:path [ sh:zeroOrMorePath :next ] ; sh:hasValue :n400 ] ,"
        "[ sh:path [ sh:oneOrMorePath ( :next :next ) ] ; sh:maxCount 199 ] ."
    )
    # of 400 steps, 200 places are reached by two at a time
    assert [r.message for r in report.results] == ["There are more than 199 values."]


SPARQL = '''
:S sh:targetNode :a ; sh:message "two" ;
    sh:sparql [ sh:select """
        SELECT $this ?value WHERE { $this <http://e.org/p> ?value FILTER(ISIRI(?value)) }""" ] .
:T sh:targetNode :a ; sh:class :D .
'''


def test_what_is_beyond_core_is_answered_by_pyshacl_in_the_same_report(validate):
    report = validate(SPARQL)
    assert [(r.component.rpartition("#")[2], r.value.value) for r in report.results] == [
        ("ClassConstraintComponent", "http://e.org/a"),
        ("SPARQLConstraintComponent", "http://e.org/b"),
    ]
    assert [r.shape.value for r in report.results] == ["http://e.org/T", "http://e.org/S"]
    assert report.results[1].message == "two"
    assert report.results[1].source.endswith("data.ttl")


def test_without_pyshacl_the_shapes_that_need_it_are_named(validate, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyshacl", None)  # as if it were not installed
    with pytest.raises(ShapesFaultError, match=r"more than SHACL Core \(sh:sparql\)") as raised:
        validate(SPARQL)
    assert "<http://e.org/S>" in raised.value.what
    assert "pip install 'ontograft[shacl]'" in raised.value.mend


COMPONENT = """
:Least a sh:ConstraintComponent ; sh:parameter [ sh:path :least ] ;
    sh:validator [ a sh:SPARQLAskValidator ; sh:ask "ASK { FILTER($value >= $least) }" ] .
:S a sh:NodeShape ; sh:targetNode :a ; sh:property :P .
:P a sh:PropertyShape ; sh:path :n ; :least 2 .
:a :n 1, 2 .
"""


def test_components_that_are_loaded_themselves_are_used(tmp_path, empty_kb):
    (tmp_path / "all.ttl").write_text(PREFIXES + COMPONENT)
    empty_kb.load(tmp_path / "all.ttl", data=True)
    (result,) = empty_kb.validate().results
    assert (result.focus.value, str(result.path)) == ("http://e.org/a", "<http://e.org/n>")
    assert (result.component, result.shape.value) == ("http://e.org/Least", "http://e.org/P")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT $this WHERE { SERVICE <http://127.0.0.1:9/> { $this ?p ?o } }",
        "SELECT $this FROM <file:///etc/passwd> WHERE { $this ?p ?o }",
        r"SELECT $this WHERE { \\u0053ERVICE <http://127.0.0.1:9/> { $this ?p ?o } }",
    ],
)
def test_a_query_of_a_shape_fetches_nothing(validate, query):
    with pytest.raises(ShapesFaultError, match="nothing is fetched"):
        validate(f':S sh:targetNode :a ; sh:sparql [ sh:select "{query}" ] .')


@pytest.mark.parametrize("query", ["SELECT nonsense", r"SELECT $this { $this ?p '\\UFFFFFFFF"])
def test_a_query_that_is_none_is_told(validate, query):
    with pytest.raises(ShapesFaultError, match="pySHACL refuses the shapes"):
        validate(f':S sh:targetNode :a ; sh:sparql [ sh:select "{query}" ] .')


def test_a_shapes_file_that_is_missing_or_broken_is_told(empty_kb, tmp_path, validate):
    from kg import FileFaultError, SyntaxFaultError

    with pytest.raises(FileFaultError):
        empty_kb.validate(tmp_path / "nowhere.ttl")
    with pytest.raises(SyntaxFaultError) as raised:
        validate(":S sh:targetNode :a ; sh:class ", prefixes=PREFIXES)
    assert "shapes.ttl:" in raised.value.where


def test_validation_leaves_nothing_behind(empty_kb, validate):
    before = empty_kb.version()
    for _ in range(2):
        validate(":S sh:targetNode :a ; sh:class :D .")
    with pytest.raises(ShapesFaultError):
        validate(":S sh:targetNode :a ; sh:pattern '[' .")
    assert not validate(":S sh:targetNode :a ; sh:class :D .").conforms
    assert empty_kb.version() == before
    with KnowledgeBase.open(empty_kb.location) as again:
        assert again.version() == before
