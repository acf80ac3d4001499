"""train-linker with neural parts, and the commands that take what it wrote."""

import json
from pathlib import Path

import pytest

from clinic import build_clinic_backbone, concepts, turtle
from kg import KnowledgeBase

TEXT = "A kidney stone and a pulmonary oedema."


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Folder with `kb.sqlite`, the backbone `tiny` and `gold.jsonl`."""
    folder = tmp_path_factory.mktemp("clinic")
    build_clinic_backbone(folder / "tiny")
    (folder / "clinic.ttl").write_text(turtle(concepts()), "utf-8")
    with KnowledgeBase.open(folder / "kb.sqlite", create=True) as base:
        base.load(folder / "clinic.ttl")
        curies = dict(zip(base.table().labels, base.table().curies, strict=True))
    mark = {"start": 2, "end": 14, "curie": curies["kidney stone"]}
    line = json.dumps({"id": "1", "text": TEXT, "links": [mark]})
    (folder / "gold.jsonl").write_text(f"{line}\n" * 30, "utf-8")
    return folder


@pytest.fixture(scope="module")
def linker(place, ontograft):
    """A linker that the names alone have taught."""
    made = ontograft(
        "train-linker", place / "kb.sqlite", "--names", "--backbone", place / "tiny",
        "--out", place / "linker",
    )  # fmt: skip
    assert made.code == 0, made.err
    assert "train the name encoder" in made.err
    return place / "linker"


def test_nothing_to_learn_from_is_told_at_once(place, ontograft):
    done = ontograft("train-linker", place / "kb.sqlite")
    assert done.code == 2
    assert "give --gold FILE, or a part to train" in " ".join(done.err.replace("│", " ").split())


def test_every_command_takes_the_folder(place, linker, ontograft, tmp_path):
    kb = place / "kb.sqlite"
    linked = ontograft("link", kb, TEXT, "--linker", linker, "--json")
    assert linked.code == 0, linked.err
    assert [link["text"] for link in json.loads(linked.out)["links"]] == [
        "kidney stone", "pulmonary oedema",
    ]  # fmt: skip
    found = ontograft("ground", kb, "renal pebble", "--linker", linker, "--json")
    assert found.code == 0, found.err
    evidence = json.loads(found.out)["candidates"][0]["evidence"]
    assert "dense" in [name for name, _, _ in evidence]
    scored = ontograft("evaluate-links", kb, place / "gold.jsonl", "--linker", linker, "--json")
    assert scored.code == 0, scored.err
    assert json.loads(scored.out)["mention_strict"]["recall"] == 1.0


def test_workers_link_a_folder_with_it(place, linker, ontograft, tmp_path):
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "a.txt").write_text(f"{TEXT}\n{TEXT}", "utf-8")
    done = ontograft(
        "link", place / "kb.sqlite", "--input", texts, "--output", tmp_path / "out",
        "--linker", linker, "--workers", "2",
    )  # fmt: skip
    assert done.code == 0, done.err
    lines = (tmp_path / "out" / "a.txt.00000.jsonl").read_text("utf-8").splitlines()
    assert len(json.loads(lines[0])["links"]) == 2


def test_a_folder_that_is_no_linker_is_told_of(place, ontograft, tmp_path):
    (tmp_path / "notes.txt").write_text("no linker", "utf-8")
    done = ontograft("link", place / "kb.sqlite", TEXT, "--linker", tmp_path, "--json")
    assert done.code == 2
    assert "no folder of a linker" in done.fault["what"]


def test_a_place_that_holds_something_else_is_refused_before_training(place, ontograft, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work", "utf-8")
    done = ontograft("train-linker", place / "kb.sqlite", "--names", "--out", tmp_path, "--json")
    assert done.code == 2
    assert "Something else is there" in done.fault["what"]
    assert [path.name for path in Path(tmp_path).iterdir()] == ["thesis.txt"]
