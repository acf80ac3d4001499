"""Every ontology and graph of ONTOGRAFT_DATA loads, with the counts that its README gives.

Where our count differs, a comment says why. The other folders hold texts, not these: bc5cdr,
cmedqa_zh, financial_phrasebank, finre_zh (sentences with the relation of two names), fire_re, …
"""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from kg import KnowledgeBase

pytestmark = pytest.mark.skipif(
    "ONTOGRAFT_DATA" not in os.environ, reason="needs the data sets in ONTOGRAFT_DATA"
)
DATA = Path(os.environ.get("ONTOGRAFT_DATA", ""))
# In a process of its own, without the run-time type checks, which make it six times as long.
LOAD = """\
import json, sys, kg
with kg.KnowledgeBase.open(sys.argv[1], create=True) as kb:
    print(json.dumps([report.to_json() for report in kb.load(*sys.argv[2:])]))
"""


@pytest.fixture
def load(tmp_path):
    """Loads files of the data sets, and gives the knowledge base and the reports."""
    opened = []

    def load(*paths):
        at = tmp_path / "kb.db"
        files = [str(DATA / path) for path in paths]
        done = subprocess.run(
            [sys.executable, "-c", LOAD, at, *files], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        opened.append(KnowledgeBase.open(at))
        return opened[-1], json.loads(done.stdout)

    yield load
    for kb in opened:
        kb.close()


@pytest.fixture
def column_map(tmp_path):
    """Writes a column map for a table of the data sets."""

    def write(table, columns, *settings):
        copy = shutil.copy(DATA / table, tmp_path)  # a map names a table beside it
        path = Path(f"{copy}.toml")
        path.write_text(
            "\n".join([f'table = "{Path(copy).name}"', *settings, "[columns]", *columns])
        )
        return path

    return write


def edges_of(kb):
    """How many edges each relation has."""
    graph = kb.graph()
    return Counter(graph.relations[relation] for relation in graph.relation.tolist())


def warnings_of(reports):
    return [warning["text"] for report in reports for warning in report["warnings"]]


def kinds_of(kb, kind):
    return sum(name.kind == kind for name in kb.names())


# -- biomedicine ---------------------------------------------------------------------------------


def test_doid(load):
    kb, (report,) = load("doid/doid.obo.gz")
    assert report["warnings"] == []
    assert report["source"]["spdx"] == "CC-BY-3.0"
    assert "releases/2016-09-01" in report["source"]["version"]
    table = kb.table()
    assert (kb.summary().entities, (~table.live).sum()) == (9_344, 2_373)
    assert edges_of(kb) == {"rdfs:subClassOf": 8_155}
    # 15,269 `synonym:` lines, of which 525 repeat text and scope within their term; 15 relations.
    assert kb.summary().names == 9_344 + 15 + 15_269 - 525
    # 3,303 terms and 6 relations have a `def:` line (3,309 by grep; the README says 3,304).
    assert sum(map(bool, table.definitions)) == 3_303 + 6
    live = {curie for curie, is_live in zip(table.curies, table.live, strict=True) if is_live}
    xrefs = Counter(m.object.partition(":")[0] for m in kb.mappings() if m.subject in live)
    assert dict(xrefs.most_common(9)) == {
        "SNOMEDCT_US_2016_03_01": 12_448, "UMLS_CUI": 6_475, "NCI": 4_568, "OMIM": 3_817,
        "ICD10CM": 3_118, "MESH": 2_970, "ICD9CM": 2_624, "ORDO": 521, "EFO": 131,
    }  # fmt: skip


def test_hpo_in_two_languages(load):
    kb, (report, chinese) = load("hpo/hp.obo.gz", "hpo/hp-zh.babelon.tsv.gz")
    assert report["warnings"] == []
    source = report["source"]
    assert (source["spdx"], source["redistributable"]) == ("LicenseRef-HPO", True)
    table = kb.table()
    assert (kb.summary().entities, (~table.live).sum()) == (19_484, 450)
    assert edges_of(kb) == {"rdfs:subClassOf": 23_392}
    assert sum(map(bool, table.definitions)) == 16_454
    # labels of 19,484 terms and 3 relations; 23,519 synonyms
    assert report["names"] == 19_484 + 3 + 23_519
    assert chinese["names"] == 18_988
    xrefs = Counter(m.object.partition(":")[0] for m in kb.mappings())
    assert (xrefs.total(), xrefs["UMLS"], xrefs["SNOMEDCT_US"]) == (18_173, 12_925, 4_622)


# The README gives no counts; these are read off the text of the files.
@pytest.mark.parametrize("file", ["CL.obo.zip", "UBERON.obo.zip"])
def test_the_ontologies_of_craft(load, file):
    kb, (report,) = load(f"craft_cl_uberon/{file}")
    assert report["warnings"] == []
    with zipfile.ZipFile(DATA / "craft_cl_uberon" / file) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    terms = [stanza for stanza in text.split("\n\n") if stanza.lstrip().startswith("[Term]")]
    parents = {
        (re.search(r"^id: (\S+)", term, re.M)[1], parent)
        for term in terms
        # the genus of a definition has no relation before it
        for parent in re.findall(r"^(?:is_a|intersection_of): (\S+:\S+)(?: !.*)?$", term, re.M)
    }
    table = kb.table()
    assert kb.summary().entities == len(terms)
    assert (~table.live).sum() == sum("\nis_obsolete: true" in term for term in terms)
    assert edges_of(kb)["rdfs:subClassOf"] == len(parents)


def test_medic(load):
    kb, (report,) = load("medic_diseases/medic_06Jul2012.txt.gz")
    assert report["warnings"] == []
    assert (kb.summary().entities, kb.summary().names) == (11_915, 76_237)
    assert kb.entity("id:C567755").label == "Tooth Agenesis, Selective, 6"


def test_the_medical_lexicon_of_k_bert(load):
    kb, (report,) = load("medical_zh_kbert/Medical.spo")
    assert report["warnings"] == []
    assert edges_of(kb) == {"id:类别": 13_864}
    table, graph = kb.table(), kb.graph()
    assert Counter(table.labels[row] for row in graph.tail.tolist()) == {
        "疾病": 7_392, "症状": 5_278, "部位": 507, "治疗": 379, "检查": 308,
    }  # fmt: skip


# -- law and finance -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "concepts"),
    [("dpv.ttl", 1_123), ("legal.ttl", 127), ("eu-gdpr.ttl", 250), ("risk.ttl", 550)],
)
def test_the_data_privacy_vocabulary(load, file, concepts):
    kb, (report,) = load(f"dpv_gdpr/{file}")
    # the repository says the Software and Document licence, the files say the one for documents
    assert report["source"]["spdx"] == "LicenseRef-W3C-Document-2023"
    rows = kb.sparql("SELECT ?concept ?label { ?concept skos:prefLabel ?label }").rows
    assert len(rows) == concepts
    table = kb.table()
    for concept, label in rows:
        assert table.labels[table.row(concept.value)] == " ".join(label.value.split())


def test_the_text_of_the_gdpr(load):
    kb, _ = load("dpv_gdpr/gdpr.ttl")
    eli = "http://data.europa.eu/eli/ontology#"
    units = "SELECT DISTINCT ?unit { ?unit a <" + eli + "LegalResourceSubdivision> }"
    assert len(kb.sparql(units).rows) == 1_097
    citing = kb.sparql(f"SELECT DISTINCT ?unit {{ ?unit <{eli}cites> ?citation }}")
    assert len(citing.rows) == 20
    table = kb.table()
    row = table.row("http://purl.org/adaptcentre/resources/GDPRtEXT#article1-1")
    assert table.labels[row] == "Article1(1)"
    assert table.definitions[row].startswith("This Regulation lays down rules")


def test_the_data_privacy_vocabulary_as_a_folder(load):
    kb, reports = load("dpv_gdpr")
    assert len(reports) == 5
    # 1,123 + 127 + 250 + 550 labelled concepts, of which four stand in two of the files
    rows = kb.sparql("SELECT DISTINCT ?concept { ?concept skos:prefLabel ?label }").rows
    assert len(rows) == 2_046


def test_fibo(load):
    kb, reports = load("fibo")
    assert len(kb.summary().sources) == len(reports) == 274
    assert {report["source"]["spdx"] for report in reports} == {"MIT"}
    # 3,158 declarations, of which 145 are in a second module; and one that is written otherwise
    classes = kb.sparql("SELECT DISTINCT ?c { ?c a owl:Class FILTER(isIRI(?c)) }")
    assert len(classes.rows) == 3_158 - 145


def test_lkif(load):
    kb, reports = load("lkif_core")
    assert len(reports) == 15
    assert {report["source"]["spdx"] for report in reports} == {"LGPL-2.1-only"}
    assert [report["missing_imports"] for report in reports if report["missing_imports"]] == []
    # 335 elements declare a class, many of them the same one, also in the same module
    assert Counter(kb.table().kinds)["class"] == 208


LISTS = {
    "accounting_us_gaap.csv": 1_028,
    "accounting_ifrs_iasb.csv": 330 - 1,
    "financial_financial.csv": 306 - 2,
    "geopolitical_uk_regulators.csv": 513,
    "legal_common_law.csv": 13_261 - 71 - 1,
    "legal_common_top_law_terms.csv": 1_594,
}
"""Rows as in the README, less those that repeat a term, and one that has none."""


@pytest.mark.parametrize("name", LISTS)
def test_the_lists_of_terms(load, column_map, name):
    columns = ['Term = ["id", "label"]']
    if not name.startswith("legal"):
        columns.append('Alias = "exact"')
    path = column_map(f"legal_dictionary/{name}", columns, 'kind = "concept"')
    kb, (report,) = load(path)
    without = ["Line lost: it has no id."] if name == "legal_common_law.csv" else []
    assert warnings_of([report]) == without
    assert kb.summary().entities == kinds_of(kb, "label") == LISTS[name]


def test_blacks_law_dictionary(load, column_map):
    columns = ['term = ["id", "label@en"]', 'definition = "definition@en"']
    table = "legal_dictionary/blacks_second_edition_terms.csv.gz"
    kb, (report,) = load(column_map(table, columns, 'kind = "concept"', 'licence = "CC-BY-SA-4.0"'))
    assert (report["warnings"], report["source"]["spdx"]) == ([], "CC-BY-SA-4.0")
    # 13,261 rows, of which 71 repeat a term
    assert kb.summary().entities == 13_261 - 71
    assert all(kb.table().definitions)


def test_the_courts(load, column_map):
    columns = ['"Court ID" = "id"', '"Court Name" = "label"', 'Alias = "exact"']
    table = "legal_dictionary/legal_us_courts.csv"
    path = column_map(table, columns, 'kind = "individual"', 'list_separator = ";"')
    kb, (report,) = load(path)
    assert report["warnings"] == []
    # 220 rows; 24 use the number of another court, as 108 does
    assert kb.summary().entities == 220 - 24
    assert kb.search("scotus")[0].label == "United States Supreme Court"


def test_the_federal_acts(load, column_map):
    columns = ['"Act Alias Name" = ["id", "label"]', '"Act Identity Name" = "exact"']
    path = column_map("legal_dictionary/legal_us_federal_acts.csv", columns)
    kb, (report,) = load(path)
    assert report["warnings"] == []
    # 625 rows with 593 different names
    assert kb.summary().entities == 593


def test_the_stock_graph(load):
    kb, (report,) = load("stock_kg_zh")
    assert report["warnings"] == []
    table, edges = kb.table(), edges_of(kb)
    kinds = Counter(iri.removeprefix("urn:x-id:").partition(":")[0] for iri in table.iris)
    assert [kinds[space] for space in ("Concept", "Executive", "Industry", "Stock")] == [
        163, 20_872, 49, 3_188,
    ]  # fmt: skip
    assert edges["id:employ_of"] == 24_775
    assert edges["id:concept_of"] == 9_442
    assert edges["id:industry_of"] == 2_908
    assert kb.search("金枫酒业")[0].curie == "Stock:600616"
    jobs = kb.sparql(
        "SELECT ?job { ?about owl:annotatedSource ?person ; owl:annotatedTarget Stock:601058 ; "
        "id:jobs ?job . ?person rdfs:label '杜玉岱' }"
    )
    assert [row[0].value for row in jobs.rows] == ["董事长/董事"]


# -- benchmarks of link prediction ---------------------------------------------------------------


def test_codex(load):
    kb, reports = load(*(f"kg_codex_s/{part}.txt" for part in ("train", "valid", "test")))
    assert warnings_of(reports) == []
    assert [report["edges"] for report in reports] == [32_888, 1_827, 1_828]
    assert kb.summary().entities == 2_034


def test_codex_negatives(load):
    _, reports = load(*(f"kg_codex_s/{part}_negatives.txt" for part in ("valid", "test")))
    assert [report["edges"] for report in reports] == [1_827, 1_828]


def test_umls(load, column_map):
    names = column_map(
        "kg_umls/entity2textlong.txt",
        ['1 = "id"', '2 = "definition"'],
        'kind = "individual"',
        "headings = false",
    )
    parts = [f"kg_umls/{part}.tsv" for part in ("train", "dev", "test")]
    kb, reports = load(*parts, names)
    assert warnings_of(reports) == []
    assert [report["edges"] for report in reports] == [5_216, 652, 661, 0]
    assert kb.summary().entities == sum(map(bool, kb.table().definitions)) == 135
    assert sum(relation.startswith("id:") for relation in kb.graph().relations) == 46


def test_wn18rr(load, column_map):
    texts = column_map(
        "kg_wn18rr/entity2text.txt.gz",
        ['1 = "id"', '2 = "label"'],
        'kind = "individual"',
        "headings = false",
    )
    parts = [f"kg_wn18rr/{part}" for part in ("train.tsv.gz", "dev.tsv", "test.tsv")]
    kb, reports = load(*parts, texts)
    assert warnings_of(reports) == []
    # in 7 and 2 lines head and tail are the same; such a triple is no edge
    edges = [report["edges"] for report in reports]
    assert edges == [86_835 - 7, 3_034 - 2, 3_134, 0]
    assert kb.summary().entities == kinds_of(kb, "label") == 40_943
    assert sum(relation.startswith("id:") for relation in kb.graph().relations) == 11
