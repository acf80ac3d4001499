"""Whatever the file: a message that names it, the place and the mend, and nothing half-written."""

import bz2
import gzip
import time
import zipfile

import pytest

from kg import FileFaultError, InputError, KnowledgeBase, SyntaxFaultError
from kg.readers.sniffing import sniff

ENTITY_BOMB = """<?xml version="1.0"?>
<!DOCTYPE rdf:RDF [
  <!ENTITY a "aaaaaaaaaa">
  <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>"""
RDF_XML = """<?xml version="1.0"?>
<!DOCTYPE rdf:RDF [ <!ENTITY owl "http://www.w3.org/2002/07/owl#"> ]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
         xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#">
  <rdf:Description rdf:about="http://example.org/Cat">
    <rdf:type rdf:resource="&owl;Class"/>
    <rdfs:label>cat</rdfs:label>
  </rdf:Description>
</rdf:RDF>"""


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.ttl", b"", "The file is empty"),
        ("blank.obo", b" \n\n", "The file is empty"),
        ("page.owl", b"<!DOCTYPE html><html><body>404</body></html>", "web page"),
        ("page.owl", b"\n<html lang='en'>", "web page"),
        ("paper.ttl", b"%PDF-1.7 ...", "a PDF document"),
        ("junk.ttl", bytes(range(256)), "binary"),
        ("notes.txt", b"We met on Monday, and nobody came.\n", "of no known format"),
        ("table.csv", b"id,label\n1,cat\n", "of no known format"),
        ("cut.obo.gz", gzip.compress(b"format-version: 1.2\n" * 99)[:-20], "damaged"),
        ("functional.owl", b"Prefix(:=<http://example.org/>)\nOntology()", "OWL functional syntax"),
        ("facts.ttl", b"<http://e.org/a> <http://e.org/b> <http://e.org/c> .", "no ontology"),
        ("any.json", b'{"name": "cat"}', "no ontology"),
        ("bomb.owl", ENTITY_BOMB.encode(), "an entity within an entity"),
        (
            "large.owl",
            ENTITY_BOMB.replace("&a;", "bbb").replace("aaaaaaaaaa", "a" * 70_000).encode(),
            "grow too large",
        ),
        (
            "outside.owl",
            ENTITY_BOMB.replace('"aaaaaaaaaa"', 'SYSTEM "file:///etc/passwd"').encode(),
            "external",
        ),
    ],
)
def test_a_file_that_cannot_serve_is_refused_by_name(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_bytes(content)
    kb = KnowledgeBase.open(tmp_path / "kb.db", create=True)
    with kb, pytest.raises(FileFaultError, match=said) as raised:
        kb.load(path)
    assert raised.value.where.startswith(str(path))
    assert raised.value.mend
    assert raised.value.exit_code == 2
    assert not (tmp_path / "kb.db").exists()


def test_a_missing_file_and_a_folder_without_ontologies_are_told_apart(empty_kb, tmp_path):
    with pytest.raises(FileFaultError, match="no such file"):
        empty_kb.load(tmp_path / "missing.ttl")
    with pytest.raises(FileFaultError, match="a folder that holds no ontology file"):
        empty_kb.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        # The full stop after "cat" is missing, so that the next subject is not expected.
        ("a.ttl", '@prefix e: <http://e.org/> .\ne:a e:b "cat"\ne:c e:d e:f .\n', ":3:1"),
        ("a.ttl", "@prefix e: <http://e.org/> .\ne:a x:b e:c .\n", ":2:5"),
        ("a.nt", "<http://e.org/a> <http://e.org/b> <http://e.org/c> .\noops .\n", ":2:1"),
        ("a.owl", RDF_XML.replace("</rdf:Description>", ""), ":9:"),
        ("a.jsonld", '{"@id": "http://e.org/a"', ":1:"),
    ],
)
def test_a_syntax_fault_has_file_line_and_column(empty_kb, tmp_path, name, text, place):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(SyntaxFaultError) as raised:
        empty_kb.load(path)
    assert raised.value.where.startswith(f"{path}{place}")


def test_a_byte_that_is_not_utf8_has_its_place(empty_kb, tmp_path):
    path = tmp_path / "latin.ttl"
    path.write_bytes(b'@prefix e: <http://e.org/> .\ne:a e:b "caf\xe9" .\n')
    with pytest.raises(SyntaxFaultError, match="0xe9 is not UTF-8") as raised:
        empty_kb.load(path)
    assert raised.value.where == f"{path}:2:13"


def test_a_remote_json_ld_context_is_not_fetched(empty_kb, tmp_path):
    path = tmp_path / "a.jsonld"
    path.write_text('{"@context": "http://example.org/context", "name": "cat"}')
    with pytest.raises(SyntaxFaultError, match="nothing is fetched"):
        empty_kb.load(path)


def test_one_bad_file_among_good_ones_leaves_the_store_as_it_was(zoo, tmp_path):
    before = zoo.summary()
    (tmp_path / "good.ttl").write_text("<http://e.org/A> a <http://www.w3.org/2002/07/owl#Class> .")
    (tmp_path / "bad.ttl").write_text("<http://e.org/A> a")
    with pytest.raises(SyntaxFaultError):
        zoo.load(tmp_path / "good.ttl", tmp_path / "bad.ttl")
    assert zoo.summary() == before


def test_two_files_of_one_ontology_are_not_loaded_together(empty_kb, zoo_obo, zoo_ttl):
    with pytest.raises(FileFaultError, match="same ontology"):
        empty_kb.load(zoo_obo, zoo_ttl)


@pytest.mark.parametrize("kind", ["gz", "bz2", "zip", "bom", "utf-16"])
def test_compression_and_byte_order_marks_do_not_matter(empty_kb, tmp_path, zoo_obo, kind):
    content = zoo_obo.read_bytes()
    path = tmp_path / f"packed.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("zoo.obo", content)
    else:
        pack = {
            "gz": gzip.compress,
            "bz2": bz2.compress,
            "bom": lambda raw: b"\xef\xbb\xbf" + raw,
            "utf-16": lambda raw: raw.decode().encode("utf-16"),
        }[kind]
        path.write_bytes(pack(content))
    (report,) = empty_kb.load(path)
    assert (report.source.format, report.entities) == ("obo", 6)


def test_a_file_that_grows_without_measure_is_refused(empty_kb, tmp_path):
    path = tmp_path / "bomb.ttl.gz"
    path.write_bytes(gzip.compress(b" " * (65 << 20)))
    with pytest.raises(FileFaultError, match="more than 64 MiB"):
        empty_kb.load(path)


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        (RDF_XML, "rdf/xml"),
        ("<http://e.org/A> a <http://www.w3.org/2002/07/owl#Class> .", "turtle"),
        ("[] a <http://e.org/Odd> . <http://e.org/A> a <http://e.org/Odd> ; "
         "<http://www.w3.org/2000/01/rdf-schema#label> 'a' .", "turtle"),
        ("<http://e.org/g> { <http://e.org/A> a <http://www.w3.org/2002/07/owl#Class> }", "trig"),
        ("<http://e.org/A> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
         "<http://www.w3.org/2002/07/owl#Class> <http://e.org/g> .", "n-quads"),
        ('{"@id": "http://e.org/A", "@type": "http://www.w3.org/2002/07/owl#Class"}', "json-ld"),
        ("[Term]\nid: A:1\nname: a\n", "obo"),
    ],
)  # fmt: skip
def test_the_bytes_tell_the_format_not_the_name(empty_kb, tmp_path, text, format_):
    path = tmp_path / "ontology.owl"
    path.write_text(text)
    (report,) = empty_kb.load(path)
    assert (report.source.format, report.entities) == (format_, 1)


def test_what_only_the_lenient_parser_reads_is_loaded_with_a_warning(empty_kb, tmp_path):
    path = tmp_path / "odd.ttl"
    path.write_text(
        "<http://e.org/A> a <http://www.w3.org/2002/07/owl#Class> ;\n"
        "  <http://e.org/see> <http://e.org/a page> .\n"
    )
    (report,) = empty_kb.load(path)
    assert report.warnings[0].line == 2
    assert report.warnings[0].text.startswith("Read leniently: Invalid IRI code point")


def test_a_file_that_only_imports_others_names_one(empty_kb, tmp_path):
    path = tmp_path / "all.ttl"
    path.write_text(
        "<http://e.org/all> a <http://www.w3.org/2002/07/owl#Ontology> ;\n"
        "  <http://www.w3.org/2002/07/owl#imports> <http://e.org/one> .\n"
    )
    with pytest.raises(FileFaultError, match="only imports 1 others") as raised:
        empty_kb.load(path)
    assert "http://e.org/one" in raised.value.mend


@pytest.mark.parametrize(
    "text",
    [
        # Each once kept a careless pattern busy for minutes.
        RDF_XML.replace("[ <", "[ " + '<!ENTITY x "http://example.org/">\n' * 60 + "<"),
        "<!-- a -->" * 5_000 + RDF_XML.partition("?>")[2],
        "\n" * 200_000 + "<http://e.org/A> a <http://www.w3.org/2002/07/owl#Class> .",
        "#\n" * 100_000 + "<http://e.org/A> a <http://www.w3.org/2002/07/owl#Class> .",
    ],
    ids=["entities", "comments", "blank lines", "comment lines"],
)
def test_recognising_a_file_takes_no_time(tmp_path, text):
    path = tmp_path / "ontology.owl"
    path.write_text(text)
    began = time.process_time()
    assert sniff(path).format in ("rdf/xml", "turtle")
    assert time.process_time() - began < 2


@pytest.mark.parametrize("name", ["texts.jsonl", "texts.json", "texts"])
@pytest.mark.parametrize(
    "text", ['{"text": "A cat."}\n', '\n{"id": 1, "text": "一"}\n{"text": ""}']
)
def test_texts_are_no_ontology_and_the_command_for_them_is_named(empty_kb, tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileFaultError, match="These are texts, not an ontology") as raised:
        empty_kb.load(path)
    assert raised.value.where == str(path)
    assert "`ontograft link KB --input FILE`" in raised.value.mend


def test_pubtator_is_texts(empty_kb, tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text("227508|t|Naloxone reverses\n227508|a|In rats.\n227508\t0\t8\tNaloxone\tC\t1\n")
    with pytest.raises(FileFaultError, match="texts in PubTator, not an ontology"):
        empty_kb.load(path)


def test_json_a_line_is_no_json_ld(empty_kb, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n{"a": 2}\n')
    with pytest.raises(FileFaultError, match="Each line is JSON of its own"):
        empty_kb.load(path)


def test_json_ld_on_one_line_may_speak_of_a_text(empty_kb, tmp_path):
    path = tmp_path / "a.jsonld"
    path.write_text(
        '{"@context": {"text": "http://www.w3.org/2000/01/rdf-schema#label"}, '
        '"@id": "http://e.org/A", "@type": "http://www.w3.org/2002/07/owl#Class", "text": "a"}'
    )
    empty_kb.load(path)
    assert empty_kb.entity("http://e.org/A").label == "a"


def test_rdf_xml_that_was_cut_off_is_no_smaller_ontology(empty_kb, tmp_path):
    path = tmp_path / "cut.owl"
    path.write_text(RDF_XML.partition("</rdf:RDF>")[0])
    with pytest.raises(SyntaxFaultError, match="ends within an element") as raised:
        empty_kb.load(path)
    assert raised.value.where == f"{path}:9:1"  # the end of the file


def test_relative_iris_follow_the_base(empty_kb, tmp_path):
    path = tmp_path / "relative.ttl"
    path.write_text("<#Cat> a <http://www.w3.org/2002/07/owl#Class> .")
    (report,) = empty_kb.load(path, base="http://e.org/zoo")
    assert report.source.iri == "http://e.org/zoo"
    assert empty_kb.entity("http://e.org/zoo#Cat").kind == "class"
    with pytest.raises(InputError, match="'zoo' is no absolute IRI"):
        empty_kb.load(path, base="zoo")


def test_plain_data_may_be_nothing(empty_kb, tmp_path):
    path = tmp_path / "none.nt"
    path.write_text("\n")
    (report,) = empty_kb.load(path, data=True)
    assert report.source.triples == 0


def test_strictly_a_space_in_an_iri_is_a_fault(empty_kb, tmp_path):
    path = tmp_path / "odd.ttl"
    path.write_text("<http://e.org/A> <http://e.org/see> <http://e.org/a page> .")
    with pytest.raises(SyntaxFaultError, match="Invalid IRI code point"):
        empty_kb.load(path, data=True, strict=True)
    assert empty_kb.load(path, data=True)[0].source.triples == 1


def test_control_characters_may_stand_in_a_text(empty_kb, tmp_path):
    path = tmp_path / "controls.ttl"
    label = "http://www.w3.org/2000/01/rdf-schema#label"
    path.write_bytes(b'<http://e.org/A> <%s> "bell \x07 and zero \x00" .' % label.encode())
    empty_kb.load(path, data=True, strict=True)
    assert empty_kb.entity("http://e.org/A").label == "bell \x07 and zero \x00"


def test_a_long_line_costs_itself_alone(empty_kb, tmp_path):
    path = tmp_path / "long.obo"
    path.write_text(f'[Term]\nid: A:1\nname: a\ndef: "{"x" * (1 << 20)}" []\ncomment: kept\n')
    (report,) = empty_kb.load(path)
    assert [(w.line, w.text[:20]) for w in report.warnings] == [(4, "Line lost: it has mo")]
    assert empty_kb.entity("A:1").label == "a"


def test_an_xml_file_in_utf_16_is_whole_in_spite_of_what_it_declares(empty_kb, tmp_path):
    path = tmp_path / "wide.owl"
    declared = RDF_XML.replace('"1.0"?>', '"1.0" encoding="UTF-16"?>') + "<!-- the end -->"
    path.write_bytes(declared.encode("utf-16"))
    assert empty_kb.load(path)[0].entities == 1


@pytest.mark.parametrize(("encoding", "label"), [("ISO-8859-1", "café"), ("GB18030", "中央银行")])
def test_an_xml_file_is_read_in_the_encoding_that_it_declares(empty_kb, tmp_path, encoding, label):
    path = tmp_path / "declared.owl"
    declared = RDF_XML.replace('"1.0"?>', f'"1.0" encoding="{encoding}"?>').replace("cat", label)
    path.write_bytes(declared.encode(encoding))
    empty_kb.load(path)
    assert empty_kb.entity("http://example.org/Cat").label == label
