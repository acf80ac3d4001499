"""The promise of identity: without knowledge the output is the backbone's, bit for bit."""

from pathlib import Path

import pytest
import torch

from kg import KnowledgeBase
from linking import Linker
from model.backbone import Backbone, find_backbone, load_backbone
from model.batching import Batcher
from model.knowledge import no_knowledge
from model.network import EntityFeatures, KnowledgeClassifier, TextBatch
from model.subgraph import Neighbours, cut_subgraph
from model.text_vectors import TextVectors, entity_text, pooled

TEXTS = ["The red diving bird sleeps.", "Nothing of note happened on Tuesday, again."]


def grafted(backbone: Backbone, relations: int) -> KnowledgeClassifier:
    """A classifier whose graft is wide open, so that any knowledge would show."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = KnowledgeClassifier(
            backbone.network, label_texts=torch.randn(5, backbone.width), heads=4,
            relation_count=relations, graft_layers=0, graph_layers=1, frozen_layers=0,
        )  # fmt: skip
        for name, parameter in network.named_parameters():
            if name.endswith("gate"):
                torch.nn.init.normal_(parameter)
    return network


def plain_logits(folder: Path, network: KnowledgeClassifier, batch: TextBatch) -> torch.Tensor:
    """The backbone loaded apart, never hooked, under the same head."""
    alone = load_backbone(folder).network
    states = alone(input_ids=batch.input_ids, attention_mask=batch.attention_mask).last_hidden_state
    return network.head(pooled(states, batch.attention_mask.to(states.dtype)))


@pytest.fixture(scope="module", params=["minilm", "tiny"])
def folder(request: pytest.FixtureRequest, zoo: Path) -> Path:
    return find_backbone("minilm" if request.param == "minilm" else str(zoo / "tiny"))


@torch.inference_mode()
def test_an_empty_knowledge_base_gives_the_backbones_logits(folder: Path, tmp_path: Path) -> None:
    backbone = load_backbone(folder)
    with KnowledgeBase.open(tmp_path / "empty.sqlite", create=True) as kb:
        graph, linker = kb.graph(), Linker.of(kb)
        linked = [linker.link(text) for text in TEXTS]
    assert not any(text.links for text in linked)
    neighbours = Neighbours(graph, limit=4, relations=graph.relations)
    subgraph = cut_subgraph(graph, [], neighbours=neighbours, relations=graph.relations, hops=1)
    features = EntityFeatures.of(
        torch.zeros(0, backbone.width),
        subgraph,
        centre=torch.zeros(backbone.width),
        label_rows=[],
    )
    batch = Batcher(backbone, neighbours, subgraph.local, max_tokens=32).batch(linked)
    network = grafted(backbone, len(graph.relations)).eval()
    assert torch.equal(network(batch, features).logits, plain_logits(folder, network, batch))


@torch.inference_mode()
def test_a_text_without_links_gives_the_backbones_logits(folder: Path, zoo: Path) -> None:
    backbone = load_backbone(folder)
    with KnowledgeBase.open(zoo / "zoo.sqlite") as kb:
        graph, table = kb.graph(), kb.table()
        with_links, without = (Linker.of(kb).link(text) for text in TEXTS)
    assert with_links.links
    assert not without.links
    rows = [c.row for link in with_links.links for c in link.candidates]
    neighbours = Neighbours(graph, limit=4, relations=graph.relations)
    subgraph = cut_subgraph(graph, rows, neighbours=neighbours, relations=graph.relations, hops=1)
    vectors = TextVectors(load_backbone(folder)).of(
        [entity_text(table, row) for row in subgraph.rows.tolist()]
    )
    features = EntityFeatures.of(
        vectors,
        subgraph,
        centre=torch.zeros(backbone.width),
        label_rows=[table.row("zoo:bird")],
    )
    batcher = Batcher(backbone, neighbours, subgraph.local, max_tokens=32)
    network = grafted(backbone, len(graph.relations)).eval()

    batch = batcher.batch([without])
    assert torch.equal(network(batch, features).logits, plain_logits(folder, network, batch))

    batch = batcher.batch([with_links])
    assert not torch.equal(network(batch, features).logits, plain_logits(folder, network, batch))

    # beside a text with links, one without is still untouched
    both = batcher.batch([with_links, without])
    assert torch.equal(network(both, features).logits[1], plain_logits(folder, network, both)[1])


def test_in_train_mode_without_dropout_it_is_the_backbone_too(zoo: Path) -> None:
    backbone = load_backbone(zoo / "tiny")
    network = grafted(backbone, 1)
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    for module in network.backbone.modules():
        if hasattr(module, "dropout_prob"):
            module.dropout_prob = 0.0
    tokens = backbone.tokenizer(TEXTS, padding=True, return_tensors="pt")
    batch = TextBatch(tokens["input_ids"], tokens["attention_mask"], no_knowledge())
    network.train()
    logits = network(batch, None).logits
    assert torch.equal(logits, plain_logits(zoo / "tiny", network, batch))
