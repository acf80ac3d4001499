"""The linker of a knowledge base that changes while it is used."""

from kg import KnowledgeBase
from linking import FollowingLinker, LinkerSettings

FEVER = "[Term]\nid: TOY:1\nname: fever\n\n"
TEXT = "Fever, ague and shivers."


def test_what_is_added_renamed_deprecated_or_removed_changes_the_next_answer(tmp_path):
    ontology = tmp_path / "toy.obo"
    head = "format-version: 1.2\nontology: toy\n\n"
    ontology.write_text(head + FEVER)
    with KnowledgeBase.open(tmp_path / "kb.db", create=True) as kb:
        kb.load(ontology)
        linker = FollowingLinker(kb)

        def found_after(*terms):
            ontology.write_text(head + FEVER + "".join(terms))
            kb.load(ontology)
            return [(link.text, link.curie) for link in linker.link(TEXT).links]

        fever = ("Fever", "TOY:1")
        ague = "[Term]\nid: TOY:2\nname: ague\n\n"
        assert found_after(ague) == [fever, ("ague", "TOY:2")]
        version = linker.kb_version
        assert found_after(ague.replace("ague", "shivers")) == [fever, ("shivers", "TOY:2")]
        assert linker.kb_version != version
        assert found_after(ague.replace("\n\n", "\nis_obsolete: true\n\n")) == [fever]
        assert found_after(ague) == [fever, ("ague", "TOY:2")]
        assert found_after() == [fever]
        [(best, *_)] = linker.ground(["fevers"], k=3)
        assert best.curie == "TOY:1"


def test_another_process_changes_the_knowledge_base(tmp_path):
    ontology = tmp_path / "toy.obo"
    ontology.write_text("ontology: toy\n\n" + FEVER)
    with (
        KnowledgeBase.open(tmp_path / "kb.db", create=True) as writing,
        KnowledgeBase.open(tmp_path / "kb.db", create=True) as reading,
    ):
        writing.load(ontology)
        linker = FollowingLinker(reading, settings=LinkerSettings(nil_threshold=0.9))
        assert [link.text for link in linker.link(TEXT).links] == ["Fever"]
        ontology.write_text("ontology: toy\n\n" + FEVER.replace("fever", "shivers"))
        writing.load(ontology)
        assert [link.text for link in linker.link(TEXT).links] == ["shivers"]
