"""Each format by an example, and what all of them promise: exact offsets, the same bytes again."""

import gzip
import os
import random
from pathlib import Path

import pytest

from kg import FileFaultError, SyntaxFaultError
from linking import FORMATS, GoldLink, TextRow, TextsError, read_texts, write_texts

PUBTATOR = """\
101|t|🫀 Fever and VSD
101|a|A ventricular septal defect.
101\t2\t7\tFever\tFinding\tTOY:0004
101\t18\t43\tventricular septal defect\tDisease\tD003|D004

102|t|Nothing here
102|a|

"""
CONLL = (
    """\
# id = a
# text = "🫀 Fever, or\\nnon-fever."
🫀\t0\t1\tO
Fever\t2\t7\tB-TOY:0004
,\t7\t8\tO
or\t9\t11\tI-TOY:0009
""".replace("I-TOY:0009", "B-TOY:0009")
    + """\
non\t12\t15\tI-TOY:0009
-\t15\t16\tO
fever\t16\t21\tB-TOY:0004
.\t21\t22\tO

"""
)
LABEL_STUDIO = """\
[
{"id": 7, "data": {"text": "🫀 Fever"}, "annotations": [{"result": [{"id": "1", "from_name": \
"label", "to_name": "text", "type": "labels", "value": {"start": 2, "end": 7, "text": "Fever", \
"labels": ["TOY:0004"]}, "meta": {"text": ["Fever"]}}]}]},
{"id": "b", "data": {"text": "A bond"}, "predictions": [{"model_version": "ontograft", "score": \
0.9, "result": [{"id": "1", "from_name": "label", "to_name": "text", "type": "labels", "value": \
{"start": 2, "end": 6, "text": "bond", "labels": ["TOY:0006"]}, "score": 0.9}]}]},
{"id": "c", "data": {"text": "not marked"}}
]
"""
JSONL = """\
{"id": "a", "text": "🫀 Fever", "links": [{"start": 2, "end": 7, "curie": "TOY:0004"}]}
{"id": "b", "text": "not marked", "labels": ["TOY:0001"], "split": "train"}
"""
FILES = {
    "x.pubtator": PUBTATOR,
    "x.conll": CONLL,
    "x.json": LABEL_STUDIO,
    "x.jsonl": JSONL,
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_written_again_byte_for_byte(tmp_path, name):
    source, target = tmp_path / name, tmp_path / f"again-{name}"
    source.write_bytes(FILES[name].encode())
    write_texts(target, read_texts(source))
    assert target.read_bytes() == source.read_bytes()


def test_brat_files_are_written_again_byte_for_byte(tmp_path):
    files = {
        "a.txt": "🫀 Heart\nfailure and fever\r\n".encode(),
        "a.ann": b"T1\tFinding 2 7;8 15\tHeart failure\nN1\tReference T1 TOY:0009\tHeart failure\n"
        b"T2\tConcept 20 25\tfever\nN2\tReference T2 TOY:0004\t\n",
        "b.txt": b"",
        "b.ann": b"",
    }
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    for name, content in files.items():
        (source / name).write_bytes(content)
    write_texts(target, read_texts(source), format="brat")
    assert {path.name: path.read_bytes() for path in target.iterdir()} == files


def test_pubtator_has_title_and_abstract_in_one_text(tmp_path):
    path = tmp_path / "corpus.txt"  # told by how it begins
    path.write_text(
        "\n7|t|On fever\n7|a|It is hot.\n"
        "7\t3\t8\tfever\tDisease\tD005334\n7\t15\t18\thot\tDisease\t-1\n7\tCID\tD1\tD2\n",
        encoding="utf-8",
    )
    assert list(read_texts(path)) == [
        TextRow("7", "On fever\nIt is hot.", (GoldLink(3, 8, "D005334", "Disease"),))
    ]


def test_brat_mentions_without_a_concept_are_no_links(tmp_path):
    (tmp_path / "a.txt").write_text("Fever, pain", encoding="utf-8")
    (tmp_path / "a.ann").write_text(
        "T1\tFinding 0 5\tFever\nT2\tFinding 7 11\tpain\nA1\tNegated T2\n"
        "N1\tReference T1 TOY:0004\tFever\n",
        encoding="utf-8",
    )
    assert list(read_texts(tmp_path / "a.ann")) == [
        TextRow("a", "Fever, pain", (GoldLink(0, 5, "TOY:0004", "Finding", "Fever"),))
    ]


def test_conll_of_others_needs_a_token_and_a_tag(tmp_path):
    path = tmp_path / "x.iob2"
    path.write_text("-DOCSTART- O\n\nEU NNP B-ORG\nrejects VBZ O\n\nNew B-LOC\nYork I-LOC\n")
    assert list(read_texts(path)) == [
        TextRow("1", "EU rejects", (GoldLink(0, 2, "ORG"),)),
        TextRow("2", "New York", (GoldLink(0, 8, "LOC"),)),
    ]


def test_label_studio_offsets_in_utf16_units_are_told_by_the_text(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(LABEL_STUDIO.replace('"start": 2, "end": 7', '"start": 3, "end": 8'))
    assert next(read_texts(path)).gold == (GoldLink(2, 7, "TOY:0004", "", "Fever"),)


@pytest.mark.parametrize(
    ("name", "content", "fault", "message"),
    [
        ("x.pubtator", "7|a|Text\n", TextsError, r"x\.pubtator:1: .*begin with its title"),
        (
            "x.pubtator",
            "7|t|Fever\n7|a|\n7\t0\t5\tfever\tD\tD1\n",
            TextsError,
            r":3: .*not \"fever\"",
        ),
        ("x.pubtator", "7|t|Fever\n7\t0\t9\tFever\tD\tD1\n", TextsError, r":2: .*does not lie"),
        ("x.pubtator", "7|t|Fever\n\n8|t|Pain\nrest\n", TextsError, r":4: neither a mention"),
        ("x.conll", "a\tO\nb\n", TextsError, r"x\.conll:2: a token without a tag"),
        ("x.conll", "a\tO\nb\tX\n", TextsError, r'x\.conll:2: "X" is no IOB2 tag'),
        ("x.conll", '# text = "a c"\na\tO\nb\tO\n', TextsError, r':3: the token "b" is not next'),
        ("x.json", '[\n{"data": }]', SyntaxFaultError, r"x\.json:2:10: not JSON"),
        ("x.json", "[" * 100_000, SyntaxFaultError, r"x\.json: no JSON that can be read"),
        ("x.jsonl", "\n" + "[" * 100_000, SyntaxFaultError, r"x\.jsonl:2: no JSON that can be"),
        ("x.jsonl", '{"text": ' + "9" * 5000, SyntaxFaultError, r"x\.jsonl:1: no JSON that can"),
        ("x.json", '{"a": 1}', TextsError, r"x\.json: not a list of tasks"),
        ("x.json", '[{"data": {}}]', TextsError, r"task 1: not a task with a text"),
        ("x.json", LABEL_STUDIO.replace('"end": 7', '"end": 6'), TextsError, r"task 1: 2\.\.6"),
        ("x.json", "[]\n", FileFaultError, "holds no text"),
        ("x.csv", "a,b", FileFaultError, "not a kind .*label-studio"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path, name, content, fault, message):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(fault, match=message):
        list(read_texts(path))


@pytest.mark.parametrize(
    ("marks", "message"),
    [
        ("T1\tA 0 4\tFeve\nT2\tA 0 5\tfever\n", r'a\.ann:2: 0 5 of the text is "Fever"'),
        ("T1 A 0 5 Fever\n", r"a\.ann:1: not a mention"),
        ("N1\tReference T9 X:1\tx\n", r"a\.ann:1: there is no mention T9"),
        ("N1\tReference\n", r"a\.ann:1: not a concept"),
    ],
)
def test_a_fault_in_brat_is_named_with_its_line(tmp_path, marks, message):
    (tmp_path / "a.txt").write_text("Fever", encoding="utf-8")
    (tmp_path / "a.ann").write_text(marks, encoding="utf-8")
    with pytest.raises(TextsError, match=message):
        list(read_texts(tmp_path))


def test_a_format_that_is_said_wins_over_the_suffix(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(PUBTATOR, encoding="utf-8")
    assert [row.id for row in read_texts(path, format="pubtator")] == ["101", "102"]
    with pytest.raises(FileFaultError, match='no format "xml"'):
        read_texts(path, format="xml")


def test_brat_ids_never_leave_the_folder(tmp_path):
    rows = [TextRow("../../etc/x", "a"), TextRow("", "b"), TextRow(".hidden", "c")]
    write_texts(tmp_path / "out", rows, format="brat")
    names = sorted(path.name for path in (tmp_path / "out").glob("*.txt"))
    assert names == ["2.txt", "_._.._etc_x.txt", "_hidden.txt"]


def test_brat_output_is_whole_or_not_at_all_and_keeps_what_else_is_there(tmp_path):
    folder = tmp_path / "out"
    write_texts(folder, [TextRow("a", "first"), TextRow("b", "second")], format="brat")
    (folder / "annotation.conf").write_text("[entities]\n")
    (folder / "old").mkdir()
    (folder / "old" / "c.txt").write_text("third")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(TextsError, match="two texts would be"):
        write_texts(folder, [TextRow("a", "new"), TextRow("b/b", ""), TextRow("b?b", "")])
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    write_texts(folder, [TextRow("a", "new")])
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert after == {**before, folder / "a.txt": b"new"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_brat_output_never_replaces_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileFaultError, match="the folder that you are in"):
        write_texts(".", [TextRow("a", "text")])
    assert list(tmp_path.iterdir()) == []


def test_a_text_that_is_no_unicode_is_refused_and_nothing_written(tmp_path):
    with pytest.raises(TextsError, match="half a surrogate pair"):
        write_texts(tmp_path / "x.pubtator", [TextRow("1", "\ud800")])
    assert list(tmp_path.iterdir()) == []


def test_plain_text_keeps_no_links(tmp_path):
    with pytest.raises(FileFaultError, match="keeps no links"):
        write_texts(tmp_path / "x.txt", [TextRow("1", "a")])


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "text"])
def test_links_of_any_text_come_back_exactly(tmp_path, toy, toy_linker, name):
    generator = random.Random(11)
    names = [row.text for row in toy.names()]
    filler = [" ", "-", "🫀", "é", "\n", "的", "x", "(", '"', "\u2028", "|", "\t", "#", "\\", "\r"]
    texts = []
    for number in range(200):
        parts = generator.choices(names + filler * 2, k=generator.randint(1, 12))
        text = "".join(parts)
        if name == "pubtator":  # title and abstract have no other breaks
            text = text.replace("\t", " ").replace("\r", " ").replace("\n", " ")
            text = f"title\n{text}"
        texts.append(toy_linker.link(text, id=str(number)))
    path = tmp_path / "x"
    write_texts(path, texts, format=name)
    again = list(read_texts(path, format=name))
    assert sorted((row.id, row.text) for row in again) == sorted((t.id, t.text) for t in texts)
    links = {row.id: [(g.start, g.end, g.curie) for g in row.gold or ()] for row in again}
    for text in texts:
        assert links[text.id] == [(link.start, link.end, link.curie) for link in text.links]


def test_a_pubtator_mention_may_differ_in_blanks(tmp_path):
    path = tmp_path / "x.pubtator"
    path.write_text('7|t|seizures  "plus"\n7|a|\n7\t0\t16\tseizures "plus "\tD\tD1\n', "utf-8")
    (row,) = read_texts(path)
    assert row.gold == (GoldLink(0, 16, "D1", "D"),)


@pytest.mark.skipif("ONTOGRAFT_DATA" not in os.environ, reason="needs the NCBI disease corpus")
@pytest.mark.parametrize(
    ("part", "texts", "mentions"), [("train", 593, 5145), ("develop", 100, 787), ("test", 100, 960)]
)
def test_a_pubtator_corpus_is_read_whole(tmp_path, part, texts, mentions):
    folder = Path(os.environ["ONTOGRAFT_DATA"]) / "ncbi_disease"
    (source,) = folder.glob(f"NCBI{part}set_corpus.txt*")
    content = source.read_bytes()
    (tmp_path / "x.txt").write_bytes(
        gzip.decompress(content) if source.suffix == ".gz" else content
    )
    rows = list(read_texts(tmp_path / "x.txt"))
    assert (len(rows), sum(len(row.gold or ()) for row in rows)) == (texts, mentions)


@pytest.mark.skipif("ONTOGRAFT_DATA" not in os.environ, reason="needs the NCBI disease corpus")
@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"text"}))
def test_a_real_corpus_comes_back_from_every_format_byte_for_byte(tmp_path, name):
    source = Path(os.environ["ONTOGRAFT_DATA"]) / "ncbi_disease" / "NCBItestset_corpus.txt"
    rows = list(read_texts(source))
    if name == "conll":  # it has no room for marks within marks
        rows = [row for row in rows if len(row.gold) == len(settled(row))]
    write_texts(tmp_path / "first", rows, format=name)
    again = list(read_texts(tmp_path / "first", format=name))
    assert sorted((row.id, row.text, spans(row)) for row in again) == sorted(
        (row.id, row.text, spans(row)) for row in rows
    )
    write_texts(tmp_path / "second", again, format=name)
    first, second = tmp_path / "first", tmp_path / "second"
    for path in first.iterdir() if first.is_dir() else [first]:
        assert path.read_bytes() == (second / path.name if first.is_dir() else second).read_bytes()


def spans(row):
    return sorted((link.start, link.end, link.curie) for link in row.gold)


def settled(row):
    """The marks that no other overlaps."""
    return [
        one
        for one in row.gold
        if sum(one.start < other.end and other.start < one.end for other in row.gold) == 1
    ]
