import socket
import subprocess
import sys

import pytest
from transformers import pipeline

import model.pipelines
from kg import KnowledgeBase, NotAKnowledgeBaseError
from linking import Linker, SettingsError, TextsError, train_linker
from linking.reading import GoldLink, TextRow
from model import ConfigError
from model.backbone import load_backbone
from model.linker_folder import NeuralParts, save_linker, untrained
from model.name_encoder import NameEncoder
from model.name_vectors import NameVectors, build_index

TEXT = "🫀 The red hunting mammal met a small diving bird."


@pytest.fixture(scope="module")
def kb(zoo):
    return str(zoo / "zoo.sqlite")


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_the_answer_is_that_of_token_classification(kb, no_network):
    link = pipeline("entity-linking", kb=kb)
    with KnowledgeBase.open(kb) as base:
        links = Linker.of(base).link(TEXT).links
    assert len(links) == 2
    assert link(TEXT) == [
        {"entity": x.curie, "score": x.probability, "word": x.text, "start": x.start, "end": x.end}
        for x in links
    ]
    assert [TEXT[x["start"] : x["end"]] for x in link(TEXT)] == [x["word"] for x in link(TEXT)]


def test_several_texts_have_an_answer_each(kb):
    link = pipeline("entity-linking", kb=kb)
    texts = [TEXT, "nothing", TEXT]
    expected = [link(TEXT), [], link(TEXT)]
    assert link(texts, batch_size=2) == link(tuple(texts)) == expected
    assert link([]) == []
    answers = link(text for text in texts)
    assert next(answers) == expected[0]
    assert list(answers) == expected[1:]


def test_a_trained_linker_and_settings_are_used(kb, tmp_path):
    with KnowledgeBase.open(kb) as base:
        link = GoldLink(2, 15, "zoo:mammal")
        ends = ("ran", "sat", "ate", "drank", "left", "came", "hid", "woke")
        rows = [TextRow(end, f"A crimson beast {end}.", (link,)) for end in ends]
        train_linker(base, rows).save(tmp_path / "linker.json")
    text = "The crimson beast slept."
    assert pipeline("entity-linking", kb=kb)(text) == []
    taught = pipeline("entity-linking", kb=kb, trained=tmp_path / "linker.json")
    assert [link["entity"] for link in taught(text)] == ["zoo:mammal"]
    everything = pipeline("entity-linking", kb=kb, settings={"overlap": "all"})
    assert len(everything(TEXT)) > 2


def test_a_folder_with_neural_parts_is_taken_too(kb, zoo, tmp_path):
    with KnowledgeBase.open(kb) as base:
        tiny = NameEncoder(load_backbone(zoo / "tiny"))
        search = NameVectors(tiny, build_index(tiny, base.names()), base.names())
        parts = NeuralParts(names=search)
        save_linker(tmp_path / "linker", base, untrained(base.table()), parts)
    link = pipeline("entity-linking", kb=kb, trained=tmp_path / "linker")
    assert link(TEXT) == pipeline("entity-linking", kb=kb)(TEXT)
    evidence = {one.name for found in link.linker.ground(["furry mammals"])[0] for one in found.why}
    assert "dense" in evidence


def test_faults_are_told(kb, tmp_path):
    with pytest.raises(ConfigError, match="has no knowledge base"):
        pipeline("entity-linking")
    with pytest.raises(NotAKnowledgeBaseError):
        pipeline("entity-linking", kb=str(tmp_path / "none.sqlite"))
    with pytest.raises(SettingsError, match="unknown key"):
        pipeline("entity-linking", kb=kb, settings={"overlapp": "all"})
    with pytest.raises(ConfigError, match="takes no model"):
        model.pipelines.EntityLinkingPipeline(object(), kb=kb)
    link = pipeline("entity-linking", kb=kb)
    with pytest.raises(TextsError, match="got a int, not a text"):
        link(7)
    assert repr(link) == f"EntityLinkingPipeline(kb={kb!r})"


def test_importing_model_alone_registers_nothing():
    program = "import model, sys; sys.exit('transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
