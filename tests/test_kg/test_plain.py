"""Triple files, name dictionaries and Babelon tables: small ones by hand, real ones by count."""

import os
from pathlib import Path

import pytest
import zstandard

from kg import FileFaultError
from kg.readers.sniffing import sniff

BABELON = (
    "source_language\ttranslation_language\tsubject_id\tpredicate_id\tsource_value\t"
    "translation_value\ttranslation_status\n"
)
needs_data = pytest.mark.skipif(
    "ONTOGRAFT_DATA" not in os.environ, reason="needs the data sets in ONTOGRAFT_DATA"
)


def data(*parts: str) -> Path:
    return Path(os.environ["ONTOGRAFT_DATA"]).joinpath(*parts)


def said(report):
    return [(warning.line, warning.text) for warning in report.warnings]


def load(kb, path, text):
    path.write_text(text, encoding="utf-8")
    return kb.load(path)[0]


# -- triples ---------------------------------------------------------------------------------------


def test_a_triple_file_gives_individuals_and_relations(empty_kb, tmp_path):
    text = "head\trelation\ttail\nvirus\tcauses\tbad_cold\n眼睛发红\t类别\t症状\nQ42\tP31\tQ5\n"
    report = load(empty_kb, tmp_path / "train.txt", text)
    assert (report.source.format, report.entities, report.edges) == ("triples", 6, 3)
    virus = empty_kb.entity("id:virus")
    assert (virus.label, virus.kind) == ("virus", "individual")
    assert [(e.relation, e.tail) for e in virus.edges] == [("id:causes", "id:bad_cold")]
    assert empty_kb.entity("id:bad_cold").label == "bad cold"
    assert empty_kb.entity("id:Q42").names == ()
    assert empty_kb.entity("urn:x-id:眼睛发红").edges[0].tail == "id:症状"


def test_the_same_identifier_in_two_files_is_one_entity(empty_kb, tmp_path):
    load(empty_kb, tmp_path / "train.txt", "virus\tcauses\tcold\n")
    load(empty_kb, tmp_path / "test.txt", "virus\tis\tsmall\n")
    assert [e.relation for e in empty_kb.entity("id:virus").edges] == ["id:causes", "id:is"]


def test_is_a_in_a_triple_file_is_is_a(empty_kb, tmp_path):
    text = "ZOO:0002\trdfs:subClassOf\tZOO:0001\nZOO:0002\teats\thttp://e.org/fish\n"
    load(empty_kb, tmp_path / "zoo.tsv", text)
    assert empty_kb.entity("ZOO:0002").parents == ("ZOO:0001",)
    assert empty_kb.entity("ZOO:0002").edges[1].tail == "http://e.org/fish"


def test_a_bad_line_of_a_triple_file_is_lost_alone(empty_kb, tmp_path):
    good = "".join(f"a{i}\tr\tb\n" for i in range(60))
    report = load(empty_kb, tmp_path / "kg.tsv", good + "a\tb\n\na\t\tb\nx\tr\ty\n")
    assert said(report) == [
        (61, "Line lost: 3 cells between tabs are wanted, not 2."),
        (63, "Line lost: 3 cells between tabs are wanted, not 3."),
    ]
    assert report.edges == 61


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        ("<http://e.org/a>\t<http://e.org/b>\t<http://e.org/c>\t.\n", "turtle"),
        ("<http://e.org/a>\t<http://e.org/b>\t<http://e.org/c> .\n", "turtle"),
        ("@prefix\te:\t<http://e.org/> .\ne:a\te:b\te:c .\n", "turtle"),
        ("a\tr\tb", "triples"),
        ("C1||cold\nC2|613097||flu|grippe\n", "names"),
    ],
)
def test_plain_formats_and_turtle_are_told_apart(tmp_path, text, format_):
    (tmp_path / "file").write_text(text)
    assert sniff(tmp_path / "file").format == format_


def test_a_table_of_three_columns_is_not_taken_for_triples(tmp_path):
    rows = "".join(f"{i}\tname {i}\tgroup\n" for i in range(30))
    (tmp_path / "table.tsv").write_text("id\tname\tgroup\n" + rows)
    with pytest.raises(FileFaultError, match="of no known format") as raised:
        sniff(tmp_path / "table.tsv")
    assert "column map" in raised.value.mend


@needs_data
def test_umls_has_its_counts(empty_kb):
    # README of kg_umls: 135 entities, 46 relations, 5,216 training triples.
    (report,) = empty_kb.load(data("kg_umls", "train.tsv"))
    assert (report.entities, report.edges, report.warnings) == (135, 5216, ())


# -- names -----------------------------------------------------------------------------------------


def test_a_name_dictionary_gives_concepts_with_synonyms(empty_kb, tmp_path):
    text = "C567755|613097||Tooth Agenesis, Selective, 6|STHAG6\nDOID:4||cold\n"
    report = load(empty_kb, tmp_path / "medic.txt", text)
    assert (report.source.format, report.entities, report.names) == ("names", 2, 3)
    tooth = empty_kb.entity("id:C567755")
    assert (tooth.label, tooth.kind) == ("Tooth Agenesis, Selective, 6", "concept")
    assert [(n.text, n.kind) for n in tooth.names][1] == ("STHAG6", "exact")
    assert empty_kb.entity("DOID:4").label == "cold"
    with pytest.raises(Exception, match="It is now id:C567755"):
        empty_kb.entity("id:613097")


def test_a_bad_line_of_a_name_dictionary_is_lost_alone(empty_kb, tmp_path):
    good = "".join(f"C{i}||name {i}\n" for i in range(60))
    report = load(empty_kb, tmp_path / "names.txt", good + "C99\n||nobody\nC98||\nC97||last\n")
    assert [line for line, _ in said(report)] == [61, 62, 63]
    assert report.entities == 61


@needs_data
def test_medic_has_its_counts(empty_kb):
    # README of medic_diseases: 11,915 concepts, 76,237 names.
    (report,) = empty_kb.load(data("medic_diseases", "medic_06Jul2012.txt.gz"))
    assert (report.entities, report.names, report.warnings) == (11_915, 76_237, ())
    assert empty_kb.entity("id:C567755").label == "Tooth Agenesis, Selective, 6"


# -- Babelon ---------------------------------------------------------------------------------------


def test_a_translation_adds_names_to_what_is_there(zoo, tmp_path):
    text = (
        BABELON
        + "en\tzh\tZOO:0002\trdfs:label\tcat\t猫\tOFFICIAL\n"
        + "en\tzh\tZOO:0002\tIAO:0000115\tAn animal that purrs.\t会打呼噜的动物。\tOFFICIAL\n"
        + "en\tzh_CN\tZOO:0003\toboInOwl:hasExactSynonym\tmouse\t老鼠\tCANDIDATE\n"
        + "en\tzh\tZOO:0001\trdfs:label\tanimal\t\tNOT_TRANSLATED\n"
    )
    before = len(zoo.table())
    report = load(zoo, tmp_path / "zoo-zh.babelon.tsv", text)
    assert said(report) == [(0, "1 lines have no translation yet.")]
    assert len(zoo.table()) == before
    cat = zoo.entity("ZOO:0002")
    assert (cat.label, cat.definition, cat.kind) == ("cat", "An animal that purrs.", "class")
    assert ("猫", "label", "zh") in [(n.text, n.kind, n.lang) for n in cat.names]
    assert [hit.curie for hit in zoo.search("老鼠")] == ["ZOO:0003"]


def test_translations_of_what_nobody_describes_are_told(zoo, tmp_path):
    text = BABELON + "en\tzh\tZOO:0777\trdfs:label\tdodo\t渡渡鸟\tOFFICIAL\n"
    report = load(zoo, tmp_path / "zoo-zh.babelon.tsv", text)
    assert said(report) == [
        (0, "1 entities are only named here, and no loaded file describes them: "
         "http://purl.obolibrary.org/obo/ZOO_0777"),
    ]  # fmt: skip


def test_a_bad_line_of_a_translation_is_lost_alone(zoo, tmp_path):
    text = (
        BABELON
        + "en\tzh\tZOO:0002\n"
        + "en\t中文\tZOO:0002\trdfs:label\tcat\t猫\tOFFICIAL\n"
        + "en\tzh\t\trdfs:label\tcat\t猫\tOFFICIAL\n"
        + "en\tzh\tZOO:0002\trdfs:label\tcat\t猫\tOFFICIAL\n"
    )
    report = load(zoo, tmp_path / "zoo-zh.babelon.tsv", text)
    assert [line for line, _ in said(report)] == [2, 3, 4]
    assert report.names == 1


@needs_data
def test_hpo_gets_its_chinese_names(empty_kb):
    # README of hpo: 18,988 translated labels; a few ids are not in this release.
    empty_kb.load(data("hpo", "hp.obo.gz"))
    (report,) = empty_kb.load(data("hpo", "hp-zh.babelon.tsv.gz"))
    assert (report.source.format, report.names) == ("babelon", 18_988)
    kidney = empty_kb.entity("HP:0000003")
    assert (kidney.label, kidney.kind) == ("Multicystic kidney dysplasia", "class")
    assert ("多囊性肾发育不良", "zh") in [(n.text, n.lang) for n in kidney.names]


# -- zstd ------------------------------------------------------------------------------------------


def test_zstd_is_read_one_frame_or_several(tmp_path):
    for name, packed in (
        ("one.ttl.zst", zstandard.compress(b"<a:a> <a:b> <a:c> .\n<a:d> <a:e> <a:f> .\n")),
        ("two.ttl.zst", b"".join(map(zstandard.compress, (b"<a:a> <a:b> ", b"<a:c> .\n")))),
    ):
        (tmp_path / name).write_bytes(packed)
        file = sniff(tmp_path / name)
        assert (file.name, file.format) == (name.removesuffix(".zst"), "turtle")
        assert file.content.startswith(b"<a:a> <a:b> <a:c> .\n")


@pytest.mark.parametrize("cut", [5, 40, -1, -6])
def test_a_zstd_file_that_is_cut_off_is_told_to_be(tmp_path, cut):
    path = tmp_path / "cut.ttl.zst"
    path.write_bytes(zstandard.compress(os.urandom(500) + b"a" * 500)[:cut])
    with pytest.raises(FileFaultError, match="damaged"):
        sniff(path)


def test_a_zstd_bomb_is_refused(tmp_path):
    path = tmp_path / "bomb.ttl.zst"
    path.write_bytes(zstandard.compress(b"\n" * (65 << 20)))
    with pytest.raises(FileFaultError, match="more than 64 MiB"):
        sniff(path)
