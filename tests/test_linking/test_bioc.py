"""BioC by example: what is counted, from where, and what is refused."""

import json

import pytest

from kg import FileFaultError, SyntaxFaultError
from linking import GoldLink, TextRow, TextsError, read_texts, write_texts
from linking.reading import Passage

# e + combining acute, a heart that is two UTF-16 units and four bytes, a line break of Windows
TEXT = "🫀 Cafe\u0301 室间隔缺损\r\nand fever"
ROWS = [
    TextRow(
        "a <&> b",
        TEXT,
        (
            GoldLink(2, 7, "TOY:1", "Place", "Café", 0.75),
            GoldLink(8, 13, "TOY:2", "Disease"),
            GoldLink(8, 10, "TOY:3", "Part", "", 1.0),
            GoldLink(19, 24, "TOY:4", "Disease"),
        ),
    ),
    TextRow("2", "", ()),
]

XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE collection SYSTEM "BioC.dtd">
<collection>
<source>ontograft</source>
<date></date>
<key>ontograft.key</key>
<document>
<id>a</id>
<passage>
<offset>0</offset>
<text>🫀 Fever &amp;&#13;
fever</text>
<annotation id="1">
<infon key="identifier">TOY:0004</infon>
<infon key="type">Disease</infon>
<location offset="2" length="5"/>
<text>Fever</text>
</annotation>
</passage>
</document>
</collection>
"""
JSON = """\
{"source": "ontograft", "date": "", "key": "ontograft.key", "infons": {}, "documents": [
{"id": "a", "infons": {}, "passages": [{"offset": 0, "infons": {}, "text": \
"🫀 Fever &\\r\\nfever", "sentences": [], "annotations": [{"id": "1", "infons": {"identifier": \
"TOY:0004", "type": "Disease"}, "text": "Fever", "locations": [{"offset": 2, "length": 5}]}], \
"relations": []}], "relations": []},
{"id": "b", "infons": {}, "passages": [{"offset": 0, "infons": {}, "text": "", "sentences": [], \
"annotations": [], "relations": []}], "relations": []}
]}
"""


def collection(*passages):
    whole = "".join(f"<passage>{passage}</passage>" for passage in passages)
    return f"<collection>\n<document><id>7</id>{whole}</document></collection>"


def annotation(offset, length, text, curie="X:1"):
    return (
        f'\n<annotation id="1"><infon key="identifier">{curie}</infon>'
        f'<location offset="{offset}" length="{length}"/><text>{text}</text></annotation>'
    )


def read(folder, content, name="x.xml"):
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return list(read_texts(path))


@pytest.mark.parametrize(("name", "content"), [("x.xml", XML), ("x.json", JSON)])
def test_a_file_is_written_again_byte_for_byte(tmp_path, name, content):
    (tmp_path / name).write_bytes(content.encode())
    rows = list(read_texts(tmp_path / name))
    assert rows[0] == TextRow("a", "🫀 Fever &\r\nfever", (GoldLink(2, 7, "TOY:0004", "Disease"),))
    format = "bioc-json" if name == "x.json" else None
    write_texts(tmp_path / f"again-{name}", rows, format=format)
    assert (tmp_path / f"again-{name}").read_bytes() == content.encode()


@pytest.mark.parametrize("format", ["bioc-xml", "bioc-json"])
def test_texts_with_links_come_back_as_they_were(tmp_path, format):
    write_texts(tmp_path / "x", ROWS, format=format)
    assert list(read_texts(tmp_path / "x", format=format)) == ROWS


def test_passages_stand_at_their_offsets_in_one_text(tmp_path):
    (row,) = read(
        tmp_path,
        collection(
            "<infon key='type'>title</infon><offset>0</offset><text>On fever</text>"
            + annotation(3, 5, "fever", "MESH:D005334"),
            "<offset>10</offset><text>It is hot.</text>"
            + annotation(16, 3, "hot", "-")
            + annotation(10, 5, "It is"),
        ),
    )
    assert row.text == "On fever\n It is hot."
    assert row.gold == (GoldLink(3, 8, "MESH:D005334"), GoldLink(10, 15, "X:1"))


@pytest.mark.parametrize(
    ("count", "what"),
    [
        (len, "code points"),
        (lambda text: len(text.encode()), "UTF-8 bytes"),
        (lambda text: len(text.encode("utf-16-le")) // 2, "UTF-16 units"),
    ],
)
@pytest.mark.parametrize("from_start", [True, False])
def test_what_is_counted_is_told_by_the_text(tmp_path, count, what, from_start):
    first, second = "🫀 P50–90 室间隔缺损", "Cafe\u0301 with 🫀 fever"
    offset = count(first) + 1
    start = count(second[: second.index("fever")]) + (offset if from_start else 0)
    (row,) = read(
        tmp_path,
        collection(
            f"<offset>0</offset><sentence><offset>0</offset><text>{first}</text>"
            + annotation(count(first[:9]), count(first[9:]), first[9:])
            + f"</sentence><sentence><offset>{offset}</offset><text>{second}</text>"
            + annotation(start, 5, "fever")
            + "</sentence>"
        ),
    )
    assert row.text == f"{first} {second}"
    assert [row.text[link.start : link.end] for link in row.gold] == ["室间隔缺损", "fever"]


def test_an_annotation_of_a_passage_may_stand_in_any_of_its_sentences(tmp_path):
    sentences = "".join(
        f"<sentence><offset>{20 + at}</offset><text>{text}</text></sentence>"
        for at, text in ((0, "No fever."), (10, "Some pain."), (21, "Cough."))
    )
    marks = annotation(31, 9, "ome pain.") + annotation(23, 5, "fever") + annotation(41, 5, "Cough")
    (row,) = read(tmp_path, collection(f"<offset>20</offset>{sentences}{marks}"))
    assert row.text == " " * 20 + "No fever. Some pain. Cough."
    assert [(g.start, row.text[g.start : g.end]) for g in row.gold] == [
        (31, "ome pain."),
        (23, "fever"),
        (41, "Cough"),
    ]


def test_an_annotation_in_pieces_is_read_as_one(tmp_path):
    parts = (
        '<annotation id="1"><infon key="MESH">D1</infon><location offset="0" length="5"/>'
        '<location offset="16" length="7"/><text>heart failure</text></annotation>'
    )
    content = f"<offset>0</offset><text>heart and other failure</text>{parts}"
    (row,) = read(tmp_path, collection(content))
    assert row.gold == (GoldLink(0, 23, "MESH:D1"),)


def test_the_concept_may_be_an_infon_of_another_name(tmp_path):
    parts = (
        '<annotation id="1"><infon key="type">web:Finding</infon>'
        '<infon key="HPOterm">http://purl.obolibrary.org/obo/HP_0002970</infon>'
        '<location offset="0" length="5"/><text>fever</text></annotation>'
        '<annotation id="2"><infon key="type">web:Finding</infon>'
        '<location offset="0" length="5"/><text>fever</text></annotation>'
    )
    (row,) = read(tmp_path, collection(f"<offset>0</offset><text>fever</text>{parts}"))
    assert [(link.curie, link.kind) for link in row.gold] == [
        ("http://purl.obolibrary.org/obo/HP_0002970", "web:Finding")
    ]


def test_json_of_pubtator_3_and_lists_of_collections_are_read(tmp_path):
    document = {"id": 9, "passages": [{"offset": 0, "text": "fever"}]}
    for whole in ({"PubTator3": [document]}, [{"documents": [document]}], [document]):
        assert read(tmp_path, json.dumps(whole), "x.json") == [TextRow("9", "fever", ())]


FEVER = "<offset>0</offset>\n<text>fever</text>"
BOMB = '<!DOCTYPE collection [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n'
SKIPPED = '<!DOCTYPE collection SYSTEM "BioC.dtd">\n'


@pytest.mark.parametrize(
    ("content", "fault", "message"),
    [
        (collection(FEVER + annotation(1, 4, "feve")), TextsError, r'x\.xml:4: 1\.\.5 .*"ever"'),
        (collection(FEVER + annotation(3, 5, "fever")), TextsError, r"xml:4: .*does not lie"),
        (collection(FEVER + annotation("x", 5, "fever")), TextsError, r'xml:4: "x" is no number'),
        (collection(FEVER + annotation("9" * 5000, 5, "fever")), TextsError, "xml:4: .*18 digits"),
        ('<?xml version="1.0" encoding="UTFN8"?><collection/>', SyntaxFaultError, "encoding"),
        (collection("<text>fever</text>"), TextsError, r"xml:2: .*no offset"),
        ("<html></html>", TextsError, r"xml:1: a file of <html>, not of BioC"),
        ("<collection>\n<a></b>", SyntaxFaultError, r"xml:2:6: no XML: mismatched tag"),
        (BOMB + collection(FEVER), SyntaxFaultError, r"xml:1:\d+: .*entity of its own"),
        (SKIPPED + collection("<offset>0</offset><text>&x;</text>"), SyntaxFaultError, "entity"),
        ("<collection/>", FileFaultError, "holds no text"),
    ],
)
def test_a_fault_in_xml_is_named_with_its_line(tmp_path, content, fault, message):
    with pytest.raises(fault, match=message):
        read(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "fault", "message"),
    [
        (JSON.replace('"offset": 2', '"offset": 1'), TextsError, r'json:2: 1\.\.6 .*" Feve"'),
        (JSON.replace('"offset": 2', '"offset": -2'), TextsError, "document 1: .*no whole number"),
        (JSON.replace('"text": "Fever"', '"text": "x"'), TextsError, "json:2: "),
        ('{"documents": [{"id": 1}]}', TextsError, "document 1: not a BioC document"),
        ('{"documents": [1]}', TextsError, "document 1: not a BioC document"),
        (JSON.replace('"offset": 2', f'"offset": {"9" * 5000}'), SyntaxFaultError, "no JSON"),
        ('{"documents": ' + "[" * 100_000, SyntaxFaultError, "no JSON"),
        ('{"documents": [\n}', SyntaxFaultError, r"json:2:1: not JSON"),
    ],
)
def test_a_fault_in_json_is_named_with_its_place(tmp_path, content, fault, message):
    with pytest.raises(fault, match=message):
        read(tmp_path, content, "x.json")


def test_annotations_of_a_whole_document_are_no_links(tmp_path):
    content = f"<collection><document>{annotation(0, 5, 'fever')}</document></collection>"
    assert read(tmp_path, content) == [TextRow("", "", ())]


def test_xml_cannot_hold_control_characters(tmp_path):
    with pytest.raises(TextsError, match=r'id "7": .*U\+0000.*bioc-json'):
        write_texts(tmp_path / "x.xml", [TextRow("7", "a\0b")])
    assert list(tmp_path.iterdir()) == []
    write_texts(tmp_path / "x.biocjson", [TextRow("7", "a\0b", ())])
    assert list(read_texts(tmp_path / "x.biocjson")) == [TextRow("7", "a\0b", ())]


PASSAGES = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE collection SYSTEM "BioC.dtd">
<collection>
<source>ontograft</source>
<date></date>
<key>ontograft.key</key>
<document>
<id>a</id>
<passage>
<infon key="type">title</infon>
<infon key="section &lt;1&gt;">&amp;</infon>
<offset>0</offset>
<text>🫀 Fever</text>
<annotation id="1">
<infon key="identifier">TOY:0004</infon>
<infon key="type">Disease</infon>
<location offset="2" length="5"/>
<text>Fever</text>
</annotation>
</passage>
<passage>
<infon key="type">abstract</infon>
<offset>8</offset>
<text>No fever.</text>
<annotation id="2">
<infon key="identifier">TOY:0004</infon>
<infon key="type">Disease</infon>
<location offset="11" length="5"/>
<text>fever</text>
</annotation>
</passage>
</document>
</collection>
"""


def test_passages_and_what_is_said_of_them_are_written_again(tmp_path):
    (row,) = read(tmp_path, PASSAGES)
    assert [row.text[one.start : one.end] for one in row.passages] == ["🫀 Fever", "No fever."]
    assert row.passages[1].infons == (("type", "abstract"),)
    write_texts(tmp_path / "again.xml", [row])
    assert (tmp_path / "again.xml").read_text("utf-8") == PASSAGES
    write_texts(tmp_path / "x.json", [row], format="bioc-json")
    assert list(read_texts(tmp_path / "x.json")) == [row]


def test_a_passage_of_sentences_is_one_passage(tmp_path):
    sentences = (
        "<offset>0</offset><sentence><offset>0</offset><text>On fever.</text></sentence>"
        "<sentence><offset>10</offset><text>It is hot.</text></sentence>"
    )
    (row,) = read(tmp_path, collection("<infon key='type'>body</infon>" + sentences))
    assert row.text == "On fever. It is hot."
    assert row.passages == (Passage(0, 20, (("type", "body"),)),)


def test_a_link_across_passages_makes_the_text_one_passage(tmp_path):
    passages = (Passage(0, 5), Passage(6, 10))
    row = TextRow("1", "heart rate", (GoldLink(0, 10, "X:1"),), passages=passages)
    write_texts(tmp_path / "x.xml", [row])
    (again,) = read_texts(tmp_path / "x.xml")
    assert (again.text, again.gold, again.passages) == (
        row.text,
        (GoldLink(0, 10, "X:1", "Concept"),),
        (),
    )


def test_passages_go_through_the_linker(tmp_path, toy_linker):
    (row,) = read(
        tmp_path,
        collection("<offset>0</offset><text>aspirin</text>", "<offset>8</offset><text>x</text>"),
    )
    (linked,) = toy_linker.link_many([row])
    assert linked.passages == row.passages
    assert len(row.passages) == 2
