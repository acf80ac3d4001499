import random
import subprocess
import sys

import pytest
import spacy
from spacy.tokens import DocBin

from kg import FileFaultError, SyntaxFaultError
from linking import GoldLink, TextRow, TextsError, read_texts, write_texts

TEXT = "🫀 Cafe\u0301 室间隔缺损\r\nand  fever "
ROWS = [
    TextRow(
        "a",
        TEXT,
        (
            GoldLink(2, 7, "TOY:1", "PLACE", "Café", 0.75),
            GoldLink(8, 13, "TOY:2", "Disease"),
            GoldLink(8, 10, "TOY:3", "Part", "", 1.0),
            GoldLink(19, 20, "TOY:4", "Disease"),
        ),
    ),
    TextRow("b", "", ()),
    TextRow("c", "not marked"),
]


def test_texts_with_links_come_back_as_they_were_in_the_same_bytes(tmp_path):
    write_texts(tmp_path / "x.spacy", ROWS)
    again = list(read_texts(tmp_path / "x.spacy"))
    assert again == ROWS
    write_texts(tmp_path / "y.spacy", again)
    assert (tmp_path / "x.spacy").read_bytes() == (tmp_path / "y.spacy").read_bytes()


def test_spacy_sees_spans_entities_and_the_text(tmp_path):
    write_texts(tmp_path / "x.spacy", ROWS)
    documents = DocBin().from_disk(tmp_path / "x.spacy").get_docs(spacy.blank("xx").vocab)
    document = next(documents)
    assert document.text == TEXT
    assert [(span.text, span.kb_id_) for span in document.spans["ontograft"]] == [
        ("Cafe\u0301", "TOY:1"), ("室间隔缺损", "TOY:2"), ("室间", "TOY:3"), (" ", "TOY:4"),
    ]  # fmt: skip
    assert [(span.text, span.label_, span.kb_id_) for span in document.ents] == [
        ("Cafe\u0301", "PLACE", "TOY:1"),
        ("室间隔缺损", "Disease", "TOY:2"),
        (" ", "Disease", "TOY:4"),
    ]


def test_links_anywhere_in_any_text_keep_their_offsets(tmp_path):
    generator = random.Random(5)
    rows = []
    for number in range(150):
        text = "".join(
            generator.choices("ab  \r\n\u0301é室隔🫀-\u200d\u3000_\x1f", k=generator.randint(1, 20))
        )
        spans = (sorted(generator.sample(range(len(text) + 1), 2)) for _ in range(3))
        rows.append(TextRow(str(number), text, tuple(GoldLink(*s, "X:1", "D") for s in spans)))
    write_texts(tmp_path / "x.spacy", rows)
    assert list(read_texts(tmp_path / "x.spacy")) == rows


def test_the_entities_of_others_are_read(tmp_path):
    nlp = spacy.blank("en")
    document = nlp("🫀 Aspirin helps.")
    document.ents = [
        document.char_span(2, 9, label="DRUG", kb_id="TOY:9"),
        document.char_span(10, 15, label="VERB"),
    ]
    DocBin(docs=[document, nlp("nothing")]).to_disk(tmp_path / "x.spacy")
    assert list(read_texts(tmp_path / "x.spacy")) == [
        TextRow("1", "🫀 Aspirin helps.", (GoldLink(2, 9, "TOY:9", "DRUG"),)),
        TextRow("2", "nothing"),
    ]


@pytest.mark.parametrize("content", [b"", b"{}", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_what_is_no_docbin_is_refused(tmp_path, content):
    (tmp_path / "x.spacy").write_bytes(content)
    with pytest.raises(SyntaxFaultError, match=r"x\.spacy: not what DocBin\.to_disk wrote"):
        list(read_texts(tmp_path / "x.spacy"))


def test_a_lone_surrogate_is_refused_and_nothing_written(tmp_path):
    with pytest.raises(TextsError, match="half a surrogate pair"):
        write_texts(tmp_path / "x.spacy", [TextRow("1", "\ud800")])
    assert list(tmp_path.iterdir()) == []


def test_a_docbin_is_no_text_to_print():
    from linking.formats import lines_in

    with pytest.raises(FileFaultError, match="no single file of text"):
        lines_in("spacy", ROWS)


def test_without_spacy_the_extra_is_named(tmp_path):
    (tmp_path / "x.spacy").write_bytes(b"")
    program = (
        "import sys; sys.modules['spacy'] = None\n"
        "from linking import read_texts\n"
        f"list(read_texts({str(tmp_path / 'x.spacy')!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert "needs spaCy, which is not installed" in done.stderr
    assert "pip install 'ontograft[spacy]'" in done.stderr


def test_what_our_component_linked_keeps_label_and_probability(tmp_path, toy_linker):
    from linking.spacy_component import SpacyLinker

    document = SpacyLinker(toy_linker)(spacy.blank("en")("🫀 Pyrexia and Aspirin"))
    DocBin(docs=[document], store_user_data=True).to_disk(tmp_path / "x.spacy")
    (row,) = read_texts(tmp_path / "x.spacy")
    assert [(g.start, g.end, g.curie, g.label, g.probability) for g in row.gold] == [
        (link.start, link.end, link.curie, link.label, link.probability)
        for link in toy_linker.link(row.text).links
    ]
    assert len(row.gold) == 2
