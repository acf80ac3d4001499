"""`ontograft link` from one format of linked texts to another, told by suffix and content."""

import json

import pytest

from linking import read_texts

FILES = {
    "in.json": json.dumps(
        {"documents": [{"id": "a", "passages": [{"offset": 0, "text": "🫀 On aspirin"}]}]}
    ),
    "in.xml": "<collection><document><id>a</id><passage><offset>0</offset>"
    "<text>🫀 On aspirin</text></passage></document></collection>",
    "in.jsonl": '{"text": "🫀 On aspirin", "meta": {"id": "a"}, "answer": "reject"}\n',
}


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("in.json", "out.xml"),
        ("in.xml", "out.spacy"),
        ("in.jsonl", "out.biocjson"),
        ("in.xml", "out.jsonl"),
    ],
)
def test_what_is_read_is_linked_and_written(ontograft, toy_kb, tmp_path, source, target):
    (tmp_path / source).write_text(FILES[source], encoding="utf-8")
    format = ["--output-format", "prodigy"] if target == "out.jsonl" else []
    done = ontograft(
        "link", toy_kb, "--input", tmp_path / source, "--output", tmp_path / target, *format
    )
    assert done.code == 0, done.err
    assert f"{target}: 1 texts with 1 links" in done.err
    (row,) = read_texts(tmp_path / target)
    (link,) = row.gold
    assert (row.id, row.text[link.start : link.end]) == ("a", "aspirin")
    assert link.curie == "toy:Aspirin"


def test_a_docbin_is_not_printed(ontograft, toy_kb):
    done = ontograft("link", toy_kb, "aspirin", "--output-format", "spacy")
    assert done.code == 2
    assert "no single file of text" in done.err
