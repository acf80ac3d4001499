"""OWL DL through rustdl: what no rule of RL gives, and what is said where it is not installed."""

import importlib.util
import subprocess
import sys

import pytest
from sqlalchemy import select

from kg import InputError
from kg.store.schema import inferred, term

PREFIXES = """\
@prefix : <http://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<http://example.org/> a owl:Ontology ; owl:imports <http://127.0.0.1:9/not-there> .
:A a owl:Class ; rdfs:label "a" . :B a owl:Class . :C a owl:Class .
:p a owl:ObjectProperty .
"""

pytest.importorskip("rustdl", reason="rustdl is not installed")


def stored(kb) -> set[tuple[str, str, str]]:
    with kb._database.reading() as connection:
        terms = connection.execute(select(term.c.id, term.c.value))
        texts = {number: value.rpartition("/")[2].rpartition("#")[2] for number, value in terms}
        rows = connection.execute(select(inferred)).all()
    assert {row.rule for row in rows} <= {"dl"}
    return {(texts[r.subject], texts[r.predicate], texts[r.object]) for r in rows}


@pytest.mark.parametrize("typed", ["", "a owl:Class ;"])
def test_a_class_below_all_parts_of_an_intersection_is_below_the_whole(load_text, typed):
    kb = load_text(
        PREFIXES + f":C owl:equivalentClass [ {typed} owl:intersectionOf ( :A :B ) ] ."
        ":X a owl:Class ; rdfs:subClassOf :A, :B . :x a owl:NamedIndividual, :X ."
    )
    report = kb.reason("dl")
    assert {("X", "subClassOf", "C"), ("x", "type", "C"), ("x", "type", "A")} <= stored(kb)
    assert ("A", "subClassOf", "C") not in stored(kb)
    assert (report.profile, report.complete, report.by_rule) == (
        "dl", True, {"dl": report.inferred}
    )  # fmt: skip
    why = kb.explain(":X", "rdfs:subClassOf", ":C")
    assert why.rule == "dl"


def test_relations_between_individuals_are_inferred_too(load_text):
    kb = load_text(
        PREFIXES + ":p a owl:TransitiveProperty . :x a owl:NamedIndividual ; :p :y ."
        ":y a owl:NamedIndividual ; :p :z . :z a owl:NamedIndividual ."
    )
    kb.reason("dl")
    assert stored(kb) == {("x", "p", "z")}


def test_a_class_without_members_is_reported(load_text):
    kb = load_text(PREFIXES + ":C rdfs:subClassOf :A, [ owl:complementOf :A ] .")
    report = kb.reason("dl")
    assert report.contradiction_counts == {"unsatisfiable": 1}
    (found,) = report.contradictions
    assert [str(p.triple) for p in found.premises] == [":C rdfs:subClassOf owl:Nothing"]


def test_a_contradictory_ontology_entails_nothing_but_that(load_text):
    kb = load_text(PREFIXES + ":A owl:disjointWith :B . :x a owl:NamedIndividual, :A, :B .")
    report = kb.reason("dl")
    assert report.contradiction_counts == {"inconsistent": 1}
    assert stored(kb) == set()


def test_what_rustdl_left_out_makes_the_report_incomplete(load_text):
    report = load_text(PREFIXES + ":A owl:hasKey ( :p ) ; rdfs:subClassOf :B .").reason("dl")
    assert not report.complete
    assert "HasKey" in report.stopped


def test_without_rustdl_the_error_says_how_to_get_it(load_text, monkeypatch):
    kb = load_text(PREFIXES)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'ontograft\[dl\]'"):
        kb.reason("dl")


def test_the_worker_reads_no_import(tmp_path):
    # the file that rustdl gets names no import, and the worker alone would be silent on a bad one
    done = subprocess.run(
        [sys.executable, "-m", "kg.reasoning.rustdl_worker", tmp_path / "none.owl", "1", "classes"],
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
