"""validate, check and leaks, as a person and as a program use them."""

import json

import pytest

SHAPES = """\
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix toy: <http://example.org/toy/> .

toy:Defined a sh:NodeShape ; sh:targetClass owl:Class ;
    sh:property [ sh:path skos:definition ; sh:minCount 1 ; sh:message "Say what it is."@en ] .
"""


@pytest.fixture
def shapes_file(tmp_path):
    path = tmp_path / "shapes.ttl"
    path.write_text(SHAPES)
    return path


def test_a_breach_ends_with_3_and_is_shown(ontograft, toy_kb, shapes_file):
    done = ontograft("validate", toy_kb, "--shapes", shapes_file)
    assert done.code == 3
    assert "http://example.org/toy/Insulin" in done.out
    assert "Say what it is." in done.out
    assert "Aspirin" not in done.out


def test_what_conforms_ends_with_0(ontograft, toy_kb, shapes_file):
    shapes_file.write_text(SHAPES.replace("minCount", "maxCount"))
    done = ontograft("validate", toy_kb, "--shapes", shapes_file)
    assert (done.code, done.err) == (0, "")
    assert "yes" in done.out


def test_the_report_comes_as_json_and_as_a_graph(ontograft, toy_kb, shapes_file, tmp_path):
    report = tmp_path / "report.ttl"
    done = ontograft("validate", toy_kb, "--shapes", shapes_file, "--report", report, "--json")
    assert done.code == 3
    (result,) = done.document["results"]
    assert done.document["conforms"] is False
    assert result["focus"]["value"] == "http://example.org/toy/Insulin"
    assert result["component"] == "http://www.w3.org/ns/shacl#MinCountConstraintComponent"
    assert "sh:conforms false" in report.read_text()
    again = ontograft("load", tmp_path / "reports.sqlite", report, "--json")
    assert again.code in (0, 2)  # a report is proper Turtle, though it names no entity


def test_shapes_that_are_wrong_end_with_2(ontograft, toy_kb, shapes_file):
    shapes_file.write_text(SHAPES.replace("minCount", "minCuont"))
    done = ontograft("validate", toy_kb, "--shapes", shapes_file, "--json")
    assert done.code == 2
    assert "nearest: sh:minCount" in done.fault["what"]
    assert done.fault["where"] == str(shapes_file)
    assert ontograft("validate", toy_kb).code == 2  # it holds no shapes


def test_check_lists_every_check_with_its_cases(ontograft, toy_kb):
    findings = {f["check"]: f for f in ontograft("check", toy_kb, "--json").document}
    assert findings["missing-definition"]["count"] == 1
    assert findings["missing-definition"]["examples"] == [
        {"entities": ["toy:Insulin"], "remark": "insulin"}
    ]
    done = ontograft("check", toy_kb)
    assert done.code == 0
    assert "toy:Insulin (insulin)" in done.out


def test_leaks_are_counted_and_named(ontograft, tmp_path):
    (tmp_path / "train.tsv").write_text("a\tis_a\tb\nb\tis_a\tc\na\tnear\tc\n")
    (tmp_path / "test.tsv").write_text("a\tis_a\tc\nc\tnear\ta\n")
    files = (tmp_path / "train.tsv", tmp_path / "test.tsv")
    document = ontograft("leaks", *files, "--is-a", "is_a", "--json").document
    assert {leak["kind"]: leak["rows"] for leak in document["leaks"] if leak["count"]} == {
        "transitive": [0],
        "symmetric": [1],
    }
    assert "c near a" in ontograft("leaks", *files).out
    wrong = ontograft("leaks", *files, "--is-a", "isa", "--json")
    assert wrong.code == 2
    assert "is_a" in json.loads(wrong.err)["error"]["mend"]
