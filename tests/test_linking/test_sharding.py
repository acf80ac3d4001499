"""Folders of texts in shards: the same bytes however they come about, and never two linkers."""

import json

import pytest

from kg import KnowledgeBase
from kg.errors import FileFaultError, JobError
from linking import LinkerSettings, TextsError, read_texts
from linking.sharding import MANIFEST, _alone_in, link_folder

OBO = """\
format-version: 1.2
ontology: toy

[Term]
id: T:1
name: fever
synonym: "pyrexia" EXACT []

[Term]
id: T:2
name: cough
"""


@pytest.fixture
def kb(tmp_path):
    (tmp_path / "toy.obo").write_text(OBO, "utf-8")
    with KnowledgeBase.open(tmp_path / "kb.sqlite", create=True) as base:
        base.load(tmp_path / "toy.obo")
    return str(tmp_path / "kb.sqlite")


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    plain = [f"Text {n}: pyrexia and 咳 cough 🤒." for n in range(5)]
    (folder / "a.txt").write_text("\n".join(plain), "utf-8")
    rows = [{"id": f"b{n}", "text": f"No fever on day {n}."} for n in range(4)]
    (folder / "b.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return folder


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_each_file_is_cut_into_shards_of_a_fixed_number_of_texts(kb, texts, tmp_path):
    report = link_folder(kb, texts, tmp_path / "out", texts_a_shard=2)
    assert set(files(tmp_path / "out")) == {
        MANIFEST,
        *(f"a.txt.0000{n}.jsonl" for n in range(3)),
        *(f"b.jsonl.0000{n}.jsonl" for n in range(2)),
    }
    assert (report.texts, report.shards, report.written) == (9, 5, 5)
    lines = (tmp_path / "out" / "a.txt.00002.jsonl").read_text("utf-8").splitlines()
    (last,) = map(json.loads, lines)
    assert [link["curie"] for link in last["links"]] == ["T:1", "T:2"]
    manifest = json.loads((tmp_path / "out" / MANIFEST).read_text("utf-8"))
    assert manifest["shards"] == {"a.txt": 3, "b.jsonl": 2}


def test_one_worker_and_three_write_the_same_bytes(kb, texts, tmp_path):
    told = []
    link_folder(kb, texts, tmp_path / "one", texts_a_shard=2)
    link_folder(
        kb, texts, tmp_path / "three", texts_a_shard=2, workers=3, progress=told.append
    )  # fmt: skip
    assert files(tmp_path / "one") == files(tmp_path / "three")
    assert told[-1] == (9, 9)


def test_a_run_goes_on_with_the_missing_shards(kb, texts, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    link_folder(kb, texts, whole, texts_a_shard=2)
    link_folder(kb, texts, broken, texts_a_shard=2)
    (broken / "a.txt.00001.jsonl").unlink()
    (broken / ".b.jsonl.00000.jsonl.abc.tmp").write_text("half")
    kept = (broken / "a.txt.00000.jsonl").stat().st_mtime_ns
    report = link_folder(kb, texts, broken, texts_a_shard=2)
    assert (report.written, report.texts) == (1, 9)
    assert (broken / "a.txt.00000.jsonl").stat().st_mtime_ns == kept
    assert files(broken) == files(whole)


def test_another_knowledge_base_linker_or_setting_is_refused(kb, texts, tmp_path):
    out = tmp_path / "out"
    link_folder(kb, texts, out)
    before = files(out)
    with pytest.raises(TextsError, match="another settings"):
        link_folder(kb, texts, out, settings=LinkerSettings(overlap="all"))
    with pytest.raises(TextsError, match="another output format"):
        link_folder(kb, texts, out, output_format="conll")
    with pytest.raises(TextsError, match="another texts a shard"):
        link_folder(kb, texts, out, texts_a_shard=7)
    more = tmp_path / "more.obo"
    more.write_text(OBO.replace("ontology: toy", "ontology: more"), "utf-8")
    with KnowledgeBase.open(kb) as base:
        base.load(more)
    with pytest.raises(TextsError, match=r"another knowledge base.*delete this folder"):
        link_folder(kb, texts, out)
    assert files(out) == before


def test_a_changed_text_is_refused_and_a_new_file_is_not(kb, texts, tmp_path):
    out = tmp_path / "out"
    link_folder(kb, texts, out)
    (texts / "c.txt").write_text("Cough.", "utf-8")
    assert link_folder(kb, texts, out).written == 1
    (texts / "a.txt").write_text("Fever.", "utf-8")
    with pytest.raises(TextsError, match=r"other texts than a\.txt"):
        link_folder(kb, texts, out)


def test_what_is_no_text_is_passed_over_and_told(kb, texts, tmp_path):
    (texts / "picture.png").write_bytes(b"\x89PNG")
    (texts / "empty.txt").touch()
    (texts / ".hidden.txt").write_text("Fever.", "utf-8")
    report = link_folder(kb, texts, tmp_path / "out")
    assert (report.files, report.passed_over) == (2, ("empty.txt", "picture.png"))


def test_another_format_that_is_one_file_is_written(kb, texts, tmp_path):
    link_folder(kb, texts, tmp_path / "out", output_format="conll", workers=2)
    (first, *_) = read_texts(tmp_path / "out" / "a.txt.00000.conll")
    assert [link.curie for link in first.gold or ()] == ["T:1", "T:2"]
    for format in ("brat", "text", "nonsense"):
        with pytest.raises(FileFaultError, match=format):
            link_folder(kb, texts, tmp_path / "no", output_format=format)
    assert not (tmp_path / "no").exists()


def test_a_fault_in_a_file_names_its_line_and_keeps_the_rest(kb, texts, tmp_path):
    (texts / "z.jsonl").write_text('{"text": "Fever."}\n{"text": 7}\n', "utf-8")
    for workers in (1, 2):
        out = tmp_path / f"out{workers}"
        with pytest.raises(TextsError, match=r"z\.jsonl:2"):
            link_folder(kb, texts, out, workers=workers, texts_a_shard=9)
    (texts / "z.jsonl").write_text('{"text": "Fever."}\n', "utf-8")
    # nothing was written of the faulty file, so it may be another now
    assert link_folder(kb, texts, tmp_path / "out1", texts_a_shard=9).written == 1


def test_a_fault_in_a_worker_arrives_whole(kb, texts, tmp_path):
    (texts / "s.jsonl").write_text('{"text": "half \\ud83e fever"}\n', "utf-8")
    with pytest.raises(TextsError, match="half a surrogate pair") as caught:
        link_folder(kb, texts, tmp_path / "out", workers=2)
    assert "s.jsonl.00000.jsonl" in caught.value.where
    assert caught.value.mend


def test_a_folder_of_other_things_is_left_alone(kb, texts, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.md").write_text("mine")
    with pytest.raises(TextsError, match="no folder of links"):
        link_folder(kb, texts, out)
    assert files(out) == {"thesis.md": b"mine"}
    with pytest.raises(TextsError, match="among the texts"):
        link_folder(kb, texts, texts)


def test_two_runs_do_not_share_a_folder(kb, texts, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    with _alone_in(out), pytest.raises(JobError, match="another run"):
        link_folder(kb, texts, out)


def test_a_folder_without_texts_is_an_input_fault(kb, tmp_path):
    (tmp_path / "none").mkdir()
    with pytest.raises(FileFaultError, match="holds no text file"):
        link_folder(kb, tmp_path / "none", tmp_path / "out")
    with pytest.raises(FileFaultError, match="is no folder"):
        link_folder(kb, tmp_path / "nowhere", tmp_path / "out")
