"""reason, explain and mine, as a person and as a program use them."""

import pytest

FAMILY = """\
@prefix : <http://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<http://example.org/> a owl:Ontology .
:Woman a owl:Class ; rdfs:label "woman" ; rdfs:subClassOf :Person ; owl:disjointWith :Man .
:Person a owl:Class . :Man a owl:Class .
:mother a owl:ObjectProperty ; rdfs:range :Woman .
:bob a owl:NamedIndividual ; :mother :ann .
:ann a owl:NamedIndividual .
"""


@pytest.fixture
def family(ontograft, tmp_path):
    (tmp_path / "family.ttl").write_text(FAMILY)
    assert ontograft("load", tmp_path / "kb.db", tmp_path / "family.ttl").code == 0
    return tmp_path / "kb.db"


def test_reason_tells_what_it_inferred_by_which_rule(ontograft, family):
    document = ontograft("reason", family, "--json").document
    assert document["by_rule"] == {"scm-rng1": 1, "prp-rng": 2}
    assert (document["inferred"], document["complete"]) == (3, True)
    assert {"profile", "rounds", "seconds", "contradictions"} <= set(document)
    printed = ontograft("reason", family, "--profile", "rdfs")
    assert printed.code == 0
    assert "rdfs3" in printed.out


def test_a_contradiction_is_printed_with_its_files(ontograft, family, tmp_path):
    (tmp_path / "more.ttl").write_text(
        "@prefix : <http://example.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        ":ann a owl:NamedIndividual, :Man ."
    )
    ontograft("load", family, tmp_path / "more.ttl")
    printed = ontograft("reason", family)
    assert printed.code == 0
    assert "contradiction by cax-dw:" in printed.out
    assert ":ann rdf:type :Man    in " in printed.out
    (found,) = ontograft("reason", family, "--json").document["contradictions"]
    assert found["rule"] == "cax-dw"
    assert [":ann", "rdf:type", ":Man"] in [leaf["triple"] for leaf in found["asserted"]]


def test_inferred_triples_are_shown_when_asked_for(ontograft, family, tmp_path):
    query = "SELECT ?x { ?x a :Woman }"
    refused = ontograft("sparql", family, query, "--inferred")
    assert refused.code == 2
    assert "ontograft reason" in refused.err
    ontograft("reason", family)
    assert "ann" not in ontograft("sparql", family, query).out
    assert "ann" in ontograft("sparql", family, query, "--inferred").out
    assert ontograft("export", family, tmp_path / "all.nt", "--inferred").code == 0
    assert "ann> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://example.org/Woman>" in (
        tmp_path / "all.nt"
    ).read_text(encoding="utf-8")
    (tmp_path / "shapes.ttl").write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix : <http://example.org/> .\n"
        ":S a sh:NodeShape ; sh:targetNode :ann ; sh:class :Woman ."
    )
    shapes = ["--shapes", tmp_path / "shapes.ttl"]
    assert ontograft("validate", family, *shapes).code == 3
    assert ontograft("validate", family, *shapes, "--inferred").code == 0


def test_a_spent_budget_is_told(ontograft, family):
    done = ontograft("reason", family, "--budget-rounds", "1", "--json")
    assert done.code == 0
    assert done.document["complete"] is False
    assert "Incomplete: Stopped after 1 rounds" in done.err


def test_explain_prints_a_tree_of_steps(ontograft, family):
    ontograft("reason", family)
    printed = ontograft("explain", family, ":ann", "rdf:type", ":Person").out.splitlines()
    assert printed[0] == ":ann rdf:type :Person    by prp-rng"
    assert printed[1] == "  :mother rdfs:range :Person    by scm-rng1"
    assert any(line.startswith("  :bob :mother :ann    in ") for line in printed)
    document = ontograft("explain", family, ":ann", "rdf:type", ":Person", "--json").document
    assert document["rule"] == "prp-rng"


def test_what_is_not_so_is_an_error_of_the_input(ontograft, family):
    done = ontograft("explain", family, ":Man", "rdfs:subClassOf", ":Woman")
    assert done.code == 2
    assert "Nothing says that :Man rdfs:subClassOf :Woman." in done.err


def test_mine_writes_rules_that_load_takes(ontograft, tmp_path):
    triples = "".join(f"a{i}\towns\tb{i}\nb{i}\towned_by\ta{i}\n" for i in range(12))
    (tmp_path / "owners.tsv").write_text(triples)
    ontograft("load", tmp_path / "kb.db", tmp_path / "owners.tsv")
    rules = tmp_path / "owners.rules"
    document = ontograft("mine", tmp_path / "kb.db", "--out", rules, "--json").document
    assert {found["support"] for found in document["rules"]} == {12}
    assert document["left_out"] == []
    printed = ontograft("mine", tmp_path / "kb.db", "--out", rules, "--max-rules", "1")
    assert printed.code == 0
    loaded = ontograft("load", tmp_path / "kb.db", rules, "--json")
    assert loaded.document[0]["axioms"] == 1
