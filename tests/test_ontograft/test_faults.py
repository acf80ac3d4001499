"""What is wrong with the input is told with file, place and mend; exit code 2, no traceback."""

import json
import sqlite3

import pytest


def assert_told(outcome, *words, code=2):
    """A fault: the exit code, every word in the message, and no trace of Python."""
    assert outcome.code == code, outcome.out + outcome.err
    assert "Traceback" not in outcome.err + outcome.out
    assert outcome.out == ""
    for word in words:
        assert str(word) in outcome.err


def test_a_missing_file_is_named_and_nothing_is_made(ontograft, tmp_path):
    kb = tmp_path / "kb.sqlite"
    assert_told(ontograft("load", kb, tmp_path / "gone.ttl"), "gone.ttl", "Mend:")
    assert list(tmp_path.iterdir()) == []


def test_broken_turtle_is_told_with_line_and_column(ontograft, tmp_path):
    broken = tmp_path / "broken.ttl"
    broken.write_text("@prefix a: <http://a/> .\na:b a:c .\n", encoding="utf-8")
    told = ontograft("load", tmp_path / "kb.sqlite", broken)
    assert_told(told, "broken.ttl:2:", "Mend:")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.ttl"]


def test_one_broken_file_among_good_ones_leaves_the_knowledge_base_as_it_was(
    ontograft, toy_file, tmp_path
):
    kb, broken = tmp_path / "kb.sqlite", tmp_path / "broken.ttl"
    ontograft("load", kb, toy_file)
    before = ontograft("info", kb, "--json").document
    broken.write_text("this is no turtle", encoding="utf-8")
    newer = tmp_path / "newer.ttl"
    newer.write_text(toy_file.read_text(encoding="utf-8").replace('"1"', '"2"'), encoding="utf-8")
    assert_told(ontograft("load", kb, newer, broken), "broken.ttl")
    assert ontograft("info", kb, "--json").document == before


def test_a_broken_line_of_obo_is_reported_and_the_rest_is_loaded(ontograft, tmp_path):
    obo = tmp_path / "small.obo"
    obo.write_text(
        "format-version: 1.2\nontology: small\n\n"
        "[Term]\nid: S:1\nname: first\n\n"
        "[Term]\nid: S:2\nname: second\nthis line has no tag\nis_a: S:1\n",
        encoding="utf-8",
    )
    done = ontograft("load", tmp_path / "kb.sqlite", obo, "--json")
    assert done.code == 0, done.err
    assert "small.obo:11:" in done.err
    assert done.document[0]["entities"] == 2
    assert [warning["line"] for warning in done.document[0]["warnings"]] == [11]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.ttl", b""),
        ("page.owl", b"<!DOCTYPE html><html><body>Not found</body></html>"),
        ("photo.ttl", bytes(range(256)) * 8),
        ("letter.ttl", b"@prefix a: <http://a/> .\na:me a:wrote a:you .\n"),
    ],
)
def test_a_file_that_is_no_ontology_is_refused(ontograft, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert_told(ontograft("load", tmp_path / "kb.sqlite", tmp_path / name), name, "Mend:")
    assert not (tmp_path / "kb.sqlite").exists()


def test_an_unknown_curie_is_told_with_the_nearest(ontograft, toy_kb):
    assert_told(ontograft("show", toy_kb, "toy:Asprin"), "toy:Asprin", "toy:Aspirin", "4")


def test_a_knowledge_base_that_does_not_exist_is_not_made_by_reading(ontograft, tmp_path):
    assert_told(ontograft("info", tmp_path / "none.sqlite"), "none.sqlite", "ontograft load")
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_not_ours_is_refused(ontograft, tmp_path):
    other = tmp_path / "other.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE song (title TEXT)")
    connection.commit()
    connection.close()
    assert_told(ontograft("info", other), "other.sqlite", "Mend:")
    assert_told(ontograft("load", other, other), "other.sqlite")


def test_a_misspelt_config_key_is_told_with_the_nearest(ontograft, tmp_path):
    config = tmp_path / "train.toml"
    config.write_text(
        'kb = "kb.sqlite"\nout = "out"\n[task]\nroot = "A:1"\n[training]\nstps = 3\n',
        encoding="utf-8",
    )
    assert_told(ontograft("train", config), "train.toml", "training.stps", "`steps`")
    assert not (tmp_path / "out").exists()


def test_with_json_a_fault_is_a_document_on_stderr(ontograft, toy_kb):
    told = ontograft("show", toy_kb, "toy:Nothing", "--json")
    assert told.code == 2
    assert told.out == ""
    assert set(told.fault) == {"what", "where", "mend"}


def test_with_json_wrong_usage_is_a_document_too(ontograft):
    told = ontograft("search", "--json")
    assert told.code == 2
    assert "KB" in told.fault["what"]


@pytest.mark.parametrize(
    "arguments",
    [("no-such-command",), ("search",), ("link", "kb", "text", "--definitions"), ("link", "kb")],
)
def test_wrong_usage_ends_with_2(ontograft, arguments):
    told = ontograft(*arguments)
    assert told.code == 2
    assert "Usage" in told.err


def test_an_output_file_is_whole_or_not_there(ontograft, toy_kb, tmp_path):
    texts, output = tmp_path / "texts.jsonl", tmp_path / "out.jsonl"
    output.write_text("the old one\n", encoding="utf-8")
    texts.write_text('{"id": "1", "text": "aspirin"}\n{"id": 2\n', encoding="utf-8")
    told = ontograft("link", toy_kb, "--input", texts, "--output", output)
    assert_told(told, "texts.jsonl:2")
    assert output.read_text(encoding="utf-8") == "the old one\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "texts.jsonl"]


def test_an_output_into_a_missing_folder_is_told(ontograft, toy_kb, tmp_path):
    told = ontograft("link", toy_kb, "a cat", "--output", tmp_path / "none" / "x.jsonl")
    assert_told(told, tmp_path / "none", "no such folder", "Mend:")


def test_a_text_that_is_no_utf8_is_refused(ontograft, toy_kb):
    assert_told(ontograft("search", toy_kb, "\udc80abc"), "not UTF-8", "Mend:")


def test_what_should_not_happen_is_one_line_and_the_traceback_on_request(ontograft, tmp_path):
    # a URL of a database driver that does not exist is nothing that we foresaw, or we did
    told = ontograft("info", "nosuch+driver://x/y")
    assert told.code in (1, 2)
    assert "Traceback" not in told.err
    debugged = ontograft("info", "nosuch+driver://x/y", ONTOGRAFT_DEBUG="1")
    assert debugged.code == told.code
    assert "Traceback" in debugged.err


def test_a_line_of_json_holds_no_escapes_for_chinese(ontograft, toy_kb):
    assert "阿司匹林" in ontograft("show", toy_kb, "toy:Aspirin", "--json").out
    assert json.loads(ontograft("show", toy_kb, "toy:Aspirin", "--json").out)


def test_a_knowledge_base_of_a_newer_ontograft_is_told(ontograft, toy_file, tmp_path):
    kb = tmp_path / "kb.sqlite"
    ontograft("load", kb, toy_file)
    connection = sqlite3.connect(kb)
    connection.execute("UPDATE meta SET value = '999' WHERE key = 'schema_version'")
    connection.commit()
    connection.close()
    before = kb.read_bytes()
    assert_told(ontograft("info", kb), "kb.sqlite", "999", "Mend:")
    assert_told(ontograft("load", kb, toy_file), "kb.sqlite", "999")
    assert kb.read_bytes() == before
