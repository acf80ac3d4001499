"""Tables of mappings, and what the knowledge base answers about mappings.

The expected triples follow the examples of https://mapping-commons.github.io/sssom/spec-formats-rdf/.
"""

import gzip
import os
import subprocess
import sys

import pytest

from kg import FileFaultError, KnowledgeBase
from kg.readers.yaml_header import read_yaml_header

HEADER = """\
#curie_map:
#  FOODON: http://purl.obolibrary.org/obo/FOODON_
#  KF_FOOD: https://kewl-foodie.inc/food/
#  ORCID: https://orcid.org/
#mapping_set_id: https://example.org/sample-set
#mapping_set_version: "2026-01"
#mapping_set_description: Manually curated alignment.
#license: https://creativecommons.org/licenses/by/4.0/
#mapping_date: 2025-07-14
#creator_id:
#  - ORCID:0000-0002-7356-1779
#  - ORCID:0000-0002-7356-1780
"""
TABLE = (
    "subject_id\tsubject_label\tpredicate_id\tobject_id\tobject_label\tmapping_justification\t"
    "author_id\tconfidence\n"
    "KF_FOOD:F001\tapple\tskos:exactMatch\tFOODON:00002473\tapple (whole)\t"
    "semapv:ManualMappingCuration\tORCID:1|ORCID:2\t0.95\n"
    "KF_FOOD:F002\tgala\tskos:exactMatch\tFOODON:00003348\tGala apple (whole)\t"
    "semapv:ManualMappingCuration\tORCID:1\t1\n"
)
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
FOOD = """\
@prefix KF_FOOD: <https://kewl-foodie.inc/food/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix oio: <http://www.geneontology.org/formats/oboInOwl#> .
"""


def asked(kb, where):
    rows = kb.sparql(f"SELECT * {{ {where} }}").rows
    return sorted(tuple(term.value for term in row) for row in rows)


def shortened(mappings):
    return [(m.subject, m.predicate, m.object, m.justification, m.confidence) for m in mappings]


def test_a_row_is_a_triple_and_an_axiom_about_it_that_carries_the_other_columns(load_text):
    kb = load_text(HEADER + TABLE, "food.sssom.tsv")
    assert asked(kb, "?s skos:exactMatch ?o") == [
        ("https://kewl-foodie.inc/food/F001", "http://purl.obolibrary.org/obo/FOODON_00002473"),
        ("https://kewl-foodie.inc/food/F002", "http://purl.obolibrary.org/obo/FOODON_00003348"),
    ]
    node = "?a a owl:Axiom ; owl:annotatedSource KF_FOOD:F001 ; owl:annotatedProperty "
    node += "skos:exactMatch ; owl:annotatedTarget <http://purl.obolibrary.org/obo/FOODON_00002473>"
    rows = kb.sparql(
        f"SELECT ?p ?o {{ {node} ; ?p ?o FILTER(!strstarts(str(?p), str(owl:))) }}"
    ).rows
    found = {(p.value, o.value) for p, o in rows if not p.value.endswith("#type")}
    sssom = "https://w3id.org/sssom/"
    assert found == {
        ("http://purl.org/pav/authoredBy", "https://orcid.org/1"),
        ("http://purl.org/pav/authoredBy", "https://orcid.org/2"),
        ("http://purl.org/dc/terms/created", "2025-07-14"),  # the set says it of all
        (sssom + "confidence", "0.95"),
        (sssom + "mapping_justification", "https://w3id.org/semapv/vocab/ManualMappingCuration"),
        (sssom + "object_label", "apple (whole)"),
        (sssom + "subject_label", "apple"),
    }


def test_the_header_is_that_of_the_source(load_text):
    kb = load_text(HEADER + TABLE, "food.sssom.tsv")
    (source,) = kb.summary().sources
    assert (source.iri, source.version, source.format, source.spdx) == (
        "https://example.org/sample-set", "2026-01", "sssom", "CC-BY-4.0",
    )  # fmt: skip
    assert asked(kb, "<https://example.org/sample-set> dcterms:creator ?c") == [
        ("https://orcid.org/0000-0002-7356-1779",), ("https://orcid.org/0000-0002-7356-1780",),
    ]  # fmt: skip


def test_mappings_make_no_entities_and_no_edges(load_text):
    text = HEADER + TABLE + "".join(
        f"KF_FOOD:F003\tpear\t{relation}\tFOODON:4\tpear\t\t\t\n"
        for relation in ("rdfs:subClassOf", "skos:broader", "owl:equivalentClass")
    )  # fmt: skip
    kb = load_text(text, "food.sssom.tsv")
    assert (kb.summary().entities, kb.summary().names, len(kb.graph().head)) == (0, 0, 0)
    assert len(kb.mappings()) == 5


def test_mappings_are_found_by_both_ends_as_curie_and_as_iri(load_text):
    kb = load_text(HEADER + TABLE, "food.sssom.tsv")
    apple = (
        "KF_FOOD:F001", "skos:exactMatch", "FOODON:00002473", "semapv:ManualMappingCuration", 0.95,
    )  # fmt: skip
    for identifier in (
        "KF_FOOD:F001",
        "FOODON:00002473",
        "https://kewl-foodie.inc/food/F001",
        "http://purl.obolibrary.org/obo/FOODON_00002473",
    ):
        (mapping,) = kb.mappings(identifier)
        assert shortened([mapping]) == [apple]
        assert (mapping.subject_label, mapping.object_label) == ("apple", "apple (whole)")
        assert (mapping.negated, mapping.source) == (False, "https://example.org/sample-set")
    assert kb.mappings("FOODON:99") == ()
    assert len(kb.mappings()) == 2


def test_an_ontology_has_mappings_of_its_own(load_text):
    kb = load_text(
        FOOD + 'KF_FOOD:F001 a owl:Class ; rdfs:label "apple" ; oio:hasDbXref "FOODON:00002473" ; '
        "skos:closeMatch KF_FOOD:F002 ; owl:equivalentClass KF_FOOD:F002 , KF_FOOD:other , "
        "[ owl:unionOf ( KF_FOOD:F002 ) ] ; owl:sameAs KF_FOOD:same . KF_FOOD:F002 a owl:Class . "
        "[] a owl:Axiom ; owl:annotatedSource KF_FOOD:F001 ; owl:annotatedProperty rdfs:label ; "
        'owl:annotatedTarget "apple" ; oio:hasDbXref "BOOK:1" .'
    )
    expected = [
        # the two classes of the one ontology are a matter of that ontology, no mapping
        ("KF_FOOD:F001", "oboInOwl:hasDbXref", "FOODON:00002473", "", None),
        ("KF_FOOD:F001", "owl:equivalentClass", "KF_FOOD:other", "", None),
        ("KF_FOOD:F001", "owl:sameAs", "KF_FOOD:same", "", None),
        ("KF_FOOD:F001", "skos:closeMatch", "KF_FOOD:F002", "", None),
    ]
    assert shortened(kb.mappings()) == shortened(kb.mappings("KF_FOOD:F001")) == expected
    assert shortened(kb.mappings("FOODON:00002473")) == expected[:1]
    assert shortened(kb.mappings("http://purl.obolibrary.org/obo/FOODON_00002473")) == expected[:1]


def test_several_reasons_for_one_mapping_are_several_mappings(load_text):
    rows = (
        "subject_id\tpredicate_id\tobject_id\tmapping_justification\tconfidence\n"
        "KF_FOOD:F1\towl:equivalentClass\tFOODON:1\tsemapv:LexicalMatching\t0.5\n"
        "KF_FOOD:F1\towl:equivalentClass\tFOODON:1\tsemapv:ManualMappingCuration\t\n"
    )
    kb = load_text(HEADER + rows, "food.sssom.tsv")
    assert shortened(kb.mappings()) == [
        ("KF_FOOD:F1", "owl:equivalentClass", "FOODON:1", "semapv:LexicalMatching", 0.5),
        ("KF_FOOD:F1", "owl:equivalentClass", "FOODON:1", "semapv:ManualMappingCuration", None),
    ]
    assert [axiom.arguments for axiom in kb.axioms()] == [("FOODON:1", "KF_FOOD:F1")]


def test_what_a_mapping_denies_is_no_triple(load_text):
    rows = (
        "subject_id\tpredicate_id\tpredicate_modifier\tobject_id\tmapping_justification\n"
        "KF_FOOD:F1\tskos:exactMatch\tNot\tFOODON:1\tsemapv:ManualMappingCuration\n"
        "KF_FOOD:F2\tskos:exactMatch\t\tsssom:NoTermFound\tsemapv:ManualMappingCuration\n"
    )
    kb = load_text(HEADER + rows, "food.sssom.tsv")
    assert asked(kb, "?s skos:exactMatch ?o") == []
    assert [(m.subject, m.object, m.negated) for m in kb.mappings()] == [
        ("KF_FOOD:F1", "FOODON:1", True),
        ("KF_FOOD:F2", "sssom:NoTermFound", False),
    ]


def test_any_predicate_of_a_table_is_a_mapping(load_text):
    rows = (
        "subject_id\tpredicate_id\tobject_id\n"
        "KF_FOOD:F1\tsssom:superClassOf\tFOODON:1\nKF_FOOD:F2\tsssom:superClassOf\tFOODON:2\n"
    )
    kb = load_text(HEADER + rows, "food.tsv")
    assert [m.predicate for m in kb.mappings()] == ["sssom:superClassOf"] * 2
    assert [m.subject for m in kb.mappings("FOODON:2")] == ["KF_FOOD:F2"]


def test_a_text_may_be_mapped(load_text):
    rows = (
        "#object_type: rdfs literal\n"
        "subject_id\tpredicate_id\tobject_label\tmapping_justification\n"
        "KF_FOOD:F1\tskos:exactMatch\tan apple\tsemapv:ManualMappingCuration\n"
    )
    kb = load_text(HEADER + rows, "food.sssom.tsv")
    assert asked(kb, "KF_FOOD:F1 skos:exactMatch ?o") == [("an apple",)]
    assert [m.object for m in kb.mappings("KF_FOOD:F1")] == ["an apple"]


def test_set_and_rows_with_the_same_column_keep_each_their_own(load_text):
    rows = (
        "#mapping_tool: matcher\n"
        "subject_id\tpredicate_id\tobject_id\tmapping_tool\n"
        "KF_FOOD:F1\tskos:exactMatch\tFOODON:1\t\n"
        "KF_FOOD:F2\tskos:exactMatch\tFOODON:2\tfoo matcher\n"
    )
    kb = load_text(HEADER + rows, "food.sssom.tsv")
    assert asked(kb, "?a owl:annotatedSource ?s ; sssom:mapping_tool ?t")[0][1:] == (
        "https://kewl-foodie.inc/food/F2", "foo matcher",
    )  # fmt: skip
    assert asked(kb, "<https://example.org/sample-set> sssom:mapping_tool ?t") == [("matcher",)]


def test_columns_of_ones_own_have_the_property_that_the_header_gives(load_text):
    rows = (
        "#extension_definitions:\n#  - slot_name: ext_fooable\n"
        "#    property: KF_FOOD:isFooable\n#    type_hint: xsd:boolean\n"
        "subject_id\tpredicate_id\tobject_id\text_fooable\tmy notes\n"
        "KF_FOOD:F1\tskos:exactMatch\tFOODON:1\ttrue\tlook again\n"
    )
    kb = load_text(HEADER + rows, "food.sssom.tsv")
    assert asked(kb, "?a KF_FOOD:isFooable true ; <https://w3id.org/sssom/my%20notes> ?n")[0][
        1
    ] == ("look again")


def test_a_record_has_its_own_identifier(load_text):
    rows = (
        "record_id\tsubject_id\tpredicate_id\tobject_id\n"
        "KF_FOOD:r1\tKF_FOOD:F1\tskos:exactMatch\tFOODON:1\n"
    )
    kb = load_text(HEADER + rows, "food.sssom.tsv")
    assert asked(kb, "KF_FOOD:r1 owl:annotatedSource ?s") == [("https://kewl-foodie.inc/food/F1",)]
    assert kb.summary().entities == 0


def test_the_header_may_lie_in_a_file_beside_the_table(empty_kb, tmp_path):
    metadata = tmp_path / "food.sssom.yml"
    metadata.write_text("\n".join(line[1:] for line in HEADER.splitlines()))
    (tmp_path / "food.sssom.tsv.gz").write_bytes(gzip.compress(TABLE.encode()))
    (report,) = empty_kb.load(tmp_path / "food.sssom.tsv.gz")
    assert (report.source.iri, report.warnings) == ("https://example.org/sample-set", ())
    assert [m.subject for m in empty_kb.mappings()] == ["KF_FOOD:F001", "KF_FOOD:F002"]
    metadata.write_text(metadata.read_text().replace("2026-01", "2026-02"))
    (report,) = empty_kb.load(tmp_path / "food.sssom.tsv.gz")
    assert (report.source.version, report.unchanged) == ("2026-02", False)


def test_the_triples_are_in_the_order_of_the_file(tmp_path):
    path = tmp_path / "food.sssom.tsv"
    slots = "#mapping_tool: a\n#subject_source: b\n#object_source: c\n#similarity_measure: d\n"
    path.write_text(HEADER + slots + TABLE)
    code = (
        "import sys; from kg.readers.files import read_file; print(read_file(sys.argv[1]).triples)"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code, path],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    ]
    assert runs[0] == runs[1] == runs[2]


def test_older_tables_and_commas_are_read(load_text):
    kb = load_text(
        "subject_id,predicate_id,object_id,match_type\n"
        'HP:0000118,skos:exactMatch,MP:0000001,Lexical\nHP:1,skos:exactMatch,"MP:2",Guess\n',
        "old.csv",
    )
    assert [m.justification for m in kb.mappings()] == ["semapv:LexicalMatching", "Guess"]
    assert [m.subject for m in kb.mappings("MP:0000001")] == ["HP:0000118"]


def test_a_bad_line_is_lost_alone_and_told(empty_kb, tmp_path):
    path = tmp_path / "food.sssom.tsv"
    path.write_text(
        "#curie_map:\n#  A: http://a.org/\n#what is this\n"
        "subject_id\tpredicate_id\tobject_id\tconfidence\tcomment\n"
        "A:1\tskos:exactMatch\tB:1\thigh\n"
        "A:2\tskos:exactMatch\t\t0.1\t\n"
        "A:3\tskos:exactMatch\tA:4\t0.1\tfine\tmore\n"
        "A:5\tskos:exactMatch\tA:6\t.5\t\t\t\n"
        'A:7\tskos:exactMatch\tA:8\t1\t"quoted ""word""\nof two lines"\n'
        "A:9\t\tA:8\n",
    )
    (report,) = empty_kb.load(path)
    assert [(w.line, w.text) for w in report.warnings] == [
        (0, "The prefix 'B' is in no curie_map; such ids are read as "
            "http://purl.obolibrary.org/obo/B_."),
        (3, "Line lost, it is no entry of the header: what is this"),
        (5, "confidence: 'high' is no number."),
        (6, "Line lost: subject, predicate and object are wanted."),
        (7, "Line lost: 5 cells are wanted, not 6."),
        (11, "Line lost: subject, predicate and object are wanted."),
    ]  # fmt: skip
    assert [(m.subject, m.confidence) for m in empty_kb.mappings()] == [
        ("A:1", None), ("A:5", 0.5), ("A:7", 1.0),
    ]  # fmt: skip
    assert asked(empty_kb, "?a rdfs:comment ?c")[0][1] == 'quoted "word"\nof two lines'


def test_mappings_beside_their_ontology_survive_its_next_release(empty_kb, tmp_path):
    (tmp_path / "food.ttl").write_text(FOOD + 'KF_FOOD:F001 a owl:Class ; rdfs:label "apple" .')
    (tmp_path / "food.sssom.tsv").write_text(HEADER + TABLE)
    empty_kb.load(tmp_path / "food.ttl", tmp_path / "food.sssom.tsv")
    (tmp_path / "food.ttl").write_text(FOOD + 'KF_FOOD:F001 a owl:Class ; rdfs:label "Apple" .')
    empty_kb.load(tmp_path / "food.ttl")
    assert empty_kb.entity("KF_FOOD:F001").label == "Apple"
    assert len(empty_kb.mappings("KF_FOOD:F001")) == 1
    reports = empty_kb.load(tmp_path / "food.sssom.tsv")
    assert reports[0].unchanged


def test_mappings_are_the_same_on_postgresql(load_text, postgres, tmp_path):
    expected = load_text(HEADER + TABLE, "food.sssom.tsv").mappings()
    with KnowledgeBase.open(postgres.new_schema(), create=True) as kb:
        kb.load(tmp_path / "food.sssom.tsv")
        assert kb.mappings() == expected
        assert kb.mappings("FOODON:00002473") == expected[:1]


def test_mappings_written_as_rdf_are_mappings_too(load_text):
    kb = load_text(
        FOOD + "@prefix sssom: <https://w3id.org/sssom/> . "
        "@prefix semapv: <https://w3id.org/semapv/vocab/> . "
        "<https://example.org/set> a sssom:MappingSet ; sssom:mappings [ a owl:Axiom ; "
        "owl:annotatedProperty skos:broadMatch ; owl:annotatedSource KF_FOOD:F001 ; "
        "owl:annotatedTarget KF_FOOD:X ; sssom:mapping_justification semapv:LexicalMatching ; "
        "sssom:confidence 9.5E-1 ] ."
    )
    assert shortened(kb.mappings()) == [
        ("KF_FOOD:F001", "skos:broadMatch", "KF_FOOD:X", "semapv:LexicalMatching", 0.95)
    ]


def test_a_table_without_rows_is_no_ontology(load_text):
    with pytest.raises(FileFaultError, match="names no class"):
        load_text(HEADER + TABLE.partition("\n")[0] + "\n", "empty.sssom.tsv")


def test_the_header_is_the_yaml_that_such_files_hold():
    text = """\
curie_map:
    HP: "http://purl.obolibrary.org/obo/HP_"
    'a-b': https://e.org/#x   # a comment
# a comment
creator_id: [ORCID:1, "ORCID:2"]
author_id:
- ORCID:3
description: one
    two: three
    four
comment: |
    block
empty: null
"""
    values, warnings = read_yaml_header(enumerate(text.splitlines(), start=1))
    assert values == {
        "curie_map": {"HP": "http://purl.obolibrary.org/obo/HP_", "a-b": "https://e.org/#x"},
        "creator_id": ["ORCID:1", "ORCID:2"],
        "author_id": ["ORCID:3"],
        "description": "one two: three four",
        "comment": "block",
        "empty": "",
    }
    assert warnings == []


def test_a_header_of_many_lines_is_read_line_by_line():
    items = [(number, f"- a{number}: b") for number in range(20_000)]
    lines = [(number, "c" + " " * 100_000 + "d") for number in range(5)]
    values, warnings = read_yaml_header([(0, "list:"), *items, (0, "text:"), *lines])
    assert (len(values["list"]), len(values["text"]), warnings) == (20_000, 500_014, [])
