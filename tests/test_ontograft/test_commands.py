"""Every reading command, as a person and as a program use it."""

import json
from pathlib import Path

import pytest


def test_a_loaded_ontology_is_told_with_its_version_and_licence(ontograft, toy_file, tmp_path):
    loaded = ontograft("load", tmp_path / "kb.sqlite", toy_file, "--json")
    assert loaded.code == 0, loaded.err
    (report,) = loaded.document
    assert report["source"]["version"] == "1"
    assert report["source"]["licence"] == "http://www.apache.org/licenses/LICENSE-2.0"
    assert (report["entities"], report["unchanged"]) == (4, False)


def test_the_same_file_again_changes_nothing(ontograft, toy_file, tmp_path):
    ontograft("load", tmp_path / "kb.sqlite", toy_file)
    again = ontograft("load", tmp_path / "kb.sqlite", toy_file, "--json")
    assert again.document[0]["unchanged"] is True


def test_plain_rdf_loads_as_data_strictly_and_with_its_base(ontograft, tmp_path):
    file, kb = tmp_path / "plain.ttl", tmp_path / "kb.sqlite"
    file.write_text("<a> <b> <c> .", encoding="utf-8")
    loaded = ontograft("load", kb, file, "--data", "--strict", "--base", "http://e.org/x", "--json")
    assert loaded.code == 0, loaded.err
    assert loaded.document[0]["source"]["iri"] == "http://e.org/x"
    assert ontograft("sparql", kb, "ASK { <http://e.org/a> ?p ?o }").out == "true\n"
    file.write_text("<a> <b> <http://e.org/a page> .", encoding="utf-8")
    assert ontograft("load", kb, file, "--data", "--strict").code == 2


def test_info_has_the_fields_of_the_design(ontograft, toy_kb):
    document = ontograft("info", toy_kb, "--json").document
    fields = {"triples", "entities", "names", "relations", "axioms", "schema_version", "sources"}
    assert fields <= set(document)
    assert document["entities"] == 4
    assert {"iri", "version", "format", "licence", "sha256", "triples"} <= set(
        document["sources"][0]
    )


def test_search_finds_a_synonym_and_says_which(ontograft, toy_kb):
    best = ontograft("search", toy_kb, "analgesic", "--json").document[0]
    assert best["curie"] == "toy:Painkiller"
    assert (best["label"], best["name"]) == ("painkiller", "analgesic")
    assert {"iri", "score"} <= set(best)


def test_search_gives_at_most_as_many_as_asked_for(ontograft, toy_kb):
    assert len(ontograft("search", toy_kb, "in", "--limit", "1", "--json").document) <= 1


def test_show_has_the_fields_of_the_design(ontograft, toy_kb):
    document = ontograft("show", toy_kb, "toy:Aspirin", "--json").document
    assert document["label"] == "aspirin"
    assert document["parents"] == ["toy:Painkiller"]
    assert sorted(document["ancestors"]) == ["toy:Medicine", "toy:Painkiller"]
    assert {"text", "kind", "lang"} <= set(document["names"][0])
    assert {"relation", "tail", "origin"} <= set(document["edges"][0])
    assert document["deprecated"] is False
    assert {"iri", "definition", "replaced_by"} <= set(document)


def test_sparql_prints_a_table_a_truth_a_graph_or_the_w3cs_json(ontograft, toy_kb, tmp_path):
    query = "SELECT ?drug { ?drug rdfs:subClassOf toy:Painkiller }"
    asked = ontograft("sparql", toy_kb, query, "--json").document
    aspirin = {"type": "uri", "value": "http://example.org/toy/Aspirin"}
    assert asked == {"head": {"vars": ["drug"]}, "results": {"bindings": [{"drug": aspirin}]}}
    assert "http://example.org/toy/Aspirin" in ontograft("sparql", toy_kb, query).out
    file = tmp_path / "query.rq"
    file.write_text("ASK { toy:Aspirin ?p ?o }")
    assert ontograft("sparql", toy_kb, "--file", file).out == "true\n"
    graph = ontograft("sparql", toy_kb, "DESCRIBE toy:Aspirin", "--limit", "1")
    assert graph.out.startswith("<http://example.org/toy/Aspirin> <")
    assert "more than these 1" in graph.err


def test_a_wrong_query_is_told_with_its_place(ontograft, toy_kb):
    refused = ontograft("sparql", toy_kb, "DROP ALL", "--json")
    assert (refused.code, refused.fault["where"]) == (2, "query:1:1")
    assert ontograft("sparql", toy_kb).code == 2


def test_an_iri_shows_the_same_entity_as_its_curie(ontograft, toy_kb):
    by_iri = ontograft("show", toy_kb, "http://example.org/toy/Aspirin", "--json")
    assert by_iri.document == ontograft("show", toy_kb, "toy:Aspirin", "--json").document


def test_link_gives_a_line_with_offsets_in_code_points(ontograft, toy_kb):
    text = "🩹 Aspirin is an analgesic."
    document = ontograft("link", toy_kb, text, "--json").document
    assert {"id", "text", "links"} <= set(document)
    assert [(link["text"], link["curie"]) for link in document["links"]] == [
        ("Aspirin", "toy:Aspirin"),
        ("analgesic", "toy:Painkiller"),
    ]
    first = document["links"][0]
    assert text[first["start"] : first["end"]] == "Aspirin"
    assert {"iri", "label", "probability", "why", "candidates"} <= set(first)
    assert {"curie", "probability"} <= set(first["candidates"][0])


def test_link_finds_a_chinese_name(ontograft, toy_kb):
    document = ontograft("link", toy_kb, "医生开了阿司匹林。", "--json").document
    assert [link["curie"] for link in document["links"]] == ["toy:Aspirin"]


def test_a_text_file_is_answered_line_by_line(ontograft, toy_kb, tmp_path):
    texts = tmp_path / "texts.txt"
    texts.write_text("Insulin.\nNothing here.\n", encoding="utf-8")
    lines = ontograft("link", toy_kb, "--input", texts).out.splitlines()
    assert [len(json.loads(line)["links"]) for line in lines] == [1, 0]


def test_definitions_are_linked_without_the_concept_itself(ontograft, toy_kb, tmp_path):
    output = tmp_path / "definitions.jsonl"
    done = ontograft("link", toy_kb, "--definitions", "--output", output)
    assert (done.code, done.out) == (0, "")
    lines = {
        line["id"]: [link["curie"] for link in line["links"]]
        for line in map(json.loads, output.read_text(encoding="utf-8").splitlines())
    }
    assert lines == {
        "toy:Medicine": [],
        "toy:Painkiller": ["toy:Medicine"],
        "toy:Aspirin": ["toy:Painkiller"],
    }


def test_links_are_scored_against_gold(ontograft, toy_kb, tmp_path):
    gold = tmp_path / "gold.jsonl"
    # one link right, one of the two gold links not to be found by any name: P 1, R 1/2, F1 2/3
    row = {
        "id": "1",
        "text": "Aspirin is a drug.",
        "links": [
            {"start": 0, "end": 7, "curie": "toy:Aspirin"},
            {"start": 13, "end": 17, "curie": "toy:Medicine"},
        ],
    }
    gold.write_text(json.dumps(row) + "\n", encoding="utf-8")
    document = ontograft("evaluate-links", toy_kb, gold, "--json").document
    strict = document["mention_strict"]
    assert strict == {
        "precision": 1.0,
        "recall": 0.5,
        "f1": pytest.approx(2 / 3),
    }
    assert {"mention_overlap", "document", "gold_mentions", "ece"} <= set(document)


def test_a_format_goes_in_and_another_comes_out(ontograft, toy_kb, tmp_path):
    source, target = tmp_path / "texts.pubtator", tmp_path / "texts.conll"
    source.write_text("7|t|Take aspirin.\n7|a|\n7\t5\t12\taspirin\tD\ttoy:Aspirin\n", "utf-8")
    done = ontograft("link", toy_kb, "--input", source, "--output", target)
    assert done.code == 0, done.err
    assert target.read_text(encoding="utf-8").splitlines()[2:5] == [
        "Take\t0\t4\tO",
        "aspirin\t5\t12\tB-toy:Aspirin",
        ".\t12\t13\tO",
    ]
    printed = ontograft("link", toy_kb, "--input", source, "--output-format", "pubtator")
    assert printed.out == source.read_text(encoding="utf-8").replace("\tD\t", "\tConcept\t") + "\n"
    scores = ontograft("evaluate-links", toy_kb, source, "--json").document
    assert scores["mention_strict"]["f1"] == 1.0


def test_a_format_that_is_not_known_is_an_input_fault(ontograft, toy_kb, tmp_path):
    source = tmp_path / "texts.txt"
    source.write_text("aspirin\n", encoding="utf-8")
    done = ontograft("link", toy_kb, "--input", source, "--format", "xml")
    assert done.code == 2
    assert 'no format "xml"' in done.err


def test_json_is_not_asked_for_with_another_format(ontograft, toy_kb):
    done = ontograft("link", toy_kb, "Aspirin.", "--json", "--output-format", "conll")
    assert (done.code, done.out) == (2, "")


def test_doctor_names_what_it_looked_at(ontograft):
    done = ontograft("doctor", "--json")
    names = {finding["name"] for finding in done.document["findings"]}
    assert {"Python", "SQLite", "torch", "backbone", "disk", "Human Phenotype Ontology"} <= names
    assert done.code == (0 if done.document["fit"] else 1)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("info", "KB"), "http://example.org/toy"),
        (("search", "KB", "aspirin"), "toy:Aspirin"),
        (("show", "KB", "toy:Aspirin"), "A painkiller that also thins the blood."),
        (("link", "KB", "Take aspirin."), "toy:Aspirin"),
    ],
)
def test_a_person_gets_a_table(ontograft, toy_kb: Path, arguments, expected):
    done = ontograft(*(toy_kb if word == "KB" else word for word in arguments))
    assert done.code == 0, done.err
    assert expected in done.out


def test_nothing_but_a_document_goes_to_stdout(ontograft, toy_kb):
    done = ontograft("link", toy_kb, "--definitions", "--json")
    assert all(json.loads(line)["text"] for line in done.out.splitlines())
    assert "link definitions" in done.err


def test_export_writes_what_load_reads_and_says_what_it_left_out(ontograft, toy_kb, tmp_path):
    done = ontograft("export", toy_kb, tmp_path / "toy.ttl.gz", "--json")
    report = done.document
    assert (report["format"], report["unit"], report["left_out"]) == ("turtle", "triples", {})
    assert (report["licence"], report["sources"]) == ("Apache-2.0", ["http://example.org/toy"])
    again = ontograft("load", tmp_path / "again.sqlite", tmp_path / "toy.ttl.gz", "--json")
    assert again.document[0]["source"]["triples"] == report["written"]
    page = json.loads((tmp_path / "toy.ttl.gz.licence.json").read_text(encoding="utf-8"))
    assert page["sources"][0]["spdx"] == "Apache-2.0"
    assert ontograft("export", toy_kb, tmp_path / "then.nt", "--at", "1").code == 0
    shown = ontograft("export", toy_kb, tmp_path / "toy.txt", "--format", "names")
    assert "names, 4 entities" in shown.out
    assert "Left out, for names has no place for it: 3 definitions." in shown.err


def test_an_export_that_is_refused_leaves_nothing_behind(ontograft, toy_kb, tmp_path):
    target = tmp_path / "toy.ttl"
    refused = ontograft("export", toy_kb, target, "--licence", "CC0-1.0", "--json")
    assert refused.code == 2
    assert "gives up conditions" in refused.fault["what"]
    assert "--accept-licences" in refused.fault["mend"]
    unknown = ontograft("export", toy_kb, target, "--source", "http://example.org/tyo", "--json")
    assert "the nearest: http://example.org/toy" in unknown.fault["what"]
    nowhere = ontograft("export", toy_kb, tmp_path / "none" / "toy.ttl", "--json")
    assert nowhere.code == 2
    assert list(tmp_path.iterdir()) == []
    answered = ontograft("export", toy_kb, target, "--licence", "CC0-1.0", "--accept-licences")
    assert answered.code == 0
    assert "gives up conditions" in answered.err


def test_search_forgives_a_typo_and_finds_a_curie(ontograft, toy_kb):
    assert ontograft("search", toy_kb, "asprin", "--json").document[0]["curie"] == "toy:Aspirin"
    assert ontograft("search", toy_kb, "toy:Aspirin", "--json").document[0]["label"] == "aspirin"


def test_a_warning_of_a_whole_file_names_no_line(ontograft, tmp_path):
    (tmp_path / "a.ttl").write_text(
        "@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix : <http://e.org/> .\n"
        ":a a owl:Class ; <http://www.w3.org/2000/01/rdf-schema#subClassOf> :nowhere ."
    )
    done = ontograft("load", tmp_path / "kb.db", tmp_path / "a.ttl")
    assert "a.ttl: Edges lead to 1 entities" in done.err
