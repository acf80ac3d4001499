"""The index of a linker is kept beside the knowledge base, and follows it."""

from pathlib import Path

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
