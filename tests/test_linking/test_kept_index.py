"""The index of a linker is kept beside the knowledge base, and follows it."""

import random
from pathlib import Path
from shutil import copytree, rmtree

from kg import KnowledgeBase
from linking import Linker, LinkerSettings

OBO = """format-version: 1.2
ontology: toy
data-version: {}

[Term]
id: TOY:1
name: lung neoplasm

[Term]
id: TOY:2
name: {}
"""


def kept(kb: KnowledgeBase) -> set[str]:
    return {path.parent.name for path in Path(f"{kb.location}.snapshots").rglob("linker-*/*")}


def spans(linker: Linker) -> list[str]:
    return [link.text for link in linker.link("Neoplasms of the lung, fever, ague").links]


def test_the_index_is_kept_and_gives_the_same_links(tmp_path):
    ontology = tmp_path / "toy.obo"
    ontology.write_text(OBO.format("1", "fever"))
    with KnowledgeBase.open(tmp_path / "kb.db", create=True) as kb:
        kb.load(ontology)
        assert kept(kb) == set()
        first = spans(Linker.of(kb))
        assert len(kept(kb)) == 1
    with KnowledgeBase.open(tmp_path / "kb.db") as kb:
        assert spans(Linker.of(kb)) == first == ["Neoplasms of the lung", "fever"]
        assert spans(Linker.of(kb, settings=LinkerSettings(variants=False))) == ["fever"]
        assert len(kept(kb)) == 2


def test_a_newer_release_changes_the_linker_at_once(tmp_path):
    ontology = tmp_path / "toy.obo"
    with KnowledgeBase.open(tmp_path / "kb.db", create=True) as kb:
        for version, name, found in (("1", "fever", "fever"), ("2", "ague", "ague")):
            ontology.write_text(OBO.format(version, name))
            kb.load(ontology)
            assert spans(Linker.of(kb)) == ["Neoplasms of the lung", found]
        with KnowledgeBase.open(kb.location, at=1) as past:
            assert spans(Linker.of(past)) == ["Neoplasms of the lung", "fever"]


def test_an_index_of_another_content_or_format_is_not_taken(tmp_path, monkeypatch):
    ontology = tmp_path / "toy.obo"
    with KnowledgeBase.open(tmp_path / "kb.db", create=True) as kb:
        for version, name in (("1", "fever"), ("2", "ague")):
            ontology.write_text(OBO.format(version, name))
            kb.load(ontology)
            Linker.of(kb)
    places = Path(f"{kb.location}.snapshots").glob("*/linker-*")
    older, newer = sorted(places, key=lambda place: place.stat().st_mtime_ns)
    rmtree(newer)
    copytree(older, newer)
    with KnowledgeBase.open(kb.location) as kb:
        assert spans(Linker.of(kb)) == ["Neoplasms of the lung", "ague"]
        before = kept(kb)
        monkeypatch.setattr("linking.linker.INDEX_FORMAT", 0)
        assert spans(Linker.of(kb)) == ["Neoplasms of the lung", "ague"]
        assert len(kept(kb) - before) == 1


def test_links_after_edits_are_those_of_a_linker_that_never_saw_another_release(tmp_path):
    draw = random.Random(2)
    terms = {number: ["kidney stone", "renal calculi"][number % 2] for number in range(12)}
    ontology = tmp_path / "toy.obo"
    with KnowledgeBase.open(tmp_path / "kb.db", create=True) as kb:
        for step in range(12):
            number = draw.randrange(16)
            if terms.pop(number, None) is None or draw.random() < 0.6:
                terms[number] = made_up(draw)
            ontology.write_text("ontology: toy\n\n" + "".join(map(term, terms.items())))
            kb.load(ontology)
            with KnowledgeBase.open(tmp_path / f"{step}.db", create=True) as other:
                other.load(ontology)
                text = "; ".join(made_up(draw) for _ in range(60))
                assert told(Linker.of(kb), text) == told(Linker.of(other), text)


def term(numbered: tuple[int, str]) -> str:
    number, name = numbered
    synonym = name.replace("kidney", "renal") if "kidney" in name else f"old {name}"
    return f'[Term]\nid: TOY:{number}\nname: {name}\nsynonym: "{synonym}" EXACT []\n\n'


def made_up(draw: random.Random) -> str:
    words = ["kidney", "renal", "stones", "non-immune", "pain", "acute", "type 2", "IgE", "of the"]
    return " ".join(draw.choices(words, k=draw.randint(1, 4)))


def told(linker: Linker, text: str) -> list[tuple[int, int, list[tuple[str, float]]]]:
    return [
        (link.start, link.end, sorted((one.curie, one.probability) for one in link.candidates))
        for link in linker.link(text).links
    ]
