"""The audit of axioms and rules, as a person and as a program use it."""

import json

import pytest

TEXT = """
@prefix : <http://example.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<http://example.org/> a owl:Ontology .
:Person a owl:Class . :Town a owl:Class ; owl:disjointWith :Person .
:livesIn a owl:ObjectProperty, owl:FunctionalProperty ; rdfs:domain :Person ; rdfs:range :Town .
:knows a owl:ObjectProperty, owl:SymmetricProperty, owl:AsymmetricProperty .
:owns a owl:ObjectProperty ; rdfs:range :Town .
:ann a :Person ; :livesIn :rome, :oslo ; :knows :bea . :bea a :Person .
:rome a :Town ; :livesIn :oslo . :oslo a :Town .
"""


@pytest.fixture(scope="module")
def kb(ontograft, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    (folder / "world.ttl").write_text(TEXT)
    assert ontograft("load", folder / "kb.db", folder / "world.ttl").code == 0
    return folder / "kb.db"


def test_rules_tells_what_is_broken_vacuous_and_in_conflict(inside, kb):
    done = inside("rules", kb, "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    rules = {rule["rule"]: rule for rule in told["rules"]}
    assert rules["domain :livesIn :Person"]["examples"] == [":rome :livesIn :oslo"]
    assert rules["functional :livesIn"]["broken"] == 2
    assert rules["range :owns :Town"]["vacuous"]
    assert not rules["range :livesIn :Town"]["broken"]
    (clash,) = told["conflicts"]
    assert set(clash["rules"]) == {"symmetric :knows", "asymmetric :knows"}
    printed = inside("rules", kb)
    assert "there can be no edge of :knows" in printed.out
    assert ":rome :livesIn :oslo" in printed.out


def test_rules_that_are_not_loaded_yet_and_chosen_modes(inside, kb, tmp_path):
    (tmp_path / "more.rules").write_text("hard :: :knows(y, x) :- :knows(x, y).\n")
    done = inside("rules", kb, tmp_path / "more.rules", "--mode", "domain=hard", "--json")
    rules = {rule["rule"]: rule for rule in json.loads(done.out)["rules"]}
    found = rules[":knows(y, x) :- :knows(x, y)."]
    assert (found["mode"], found["facts"], found["broken"]) == ("hard", 1, 1)
    assert found["examples"] == [":bea :knows :ann is not there"]
    assert rules["domain :livesIn :Person"]["mode"] == "hard"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (":likes(x, y) :- :knows(x, y).", ("names :likes", "bad.rules:2")),
        (":knows(x, z) :- :knows(x, y).", ("says nothing about z", "bad.rules:2")),
    ],
)
def test_wrong_rules_are_told_with_their_line(inside, kb, tmp_path, rule, words):
    (tmp_path / "bad.rules").write_text(f"# a comment\n{rule}\n")
    done = inside("rules", kb, tmp_path / "bad.rules")
    assert done.code == 2
    assert all(word in done.err for word in words), done.err
    assert "Traceback" not in done.err


def test_hard_axioms_that_clash_are_refused_before_training(inside, kb, tmp_path):
    done = inside("embed", kb, "--out", tmp_path / "vectors", "--mode", "all=hard")
    assert done.code == 2
    assert "symmetric :knows" in done.err
    assert "asymmetric :knows" in done.err
    assert not list(tmp_path.iterdir())
