"""Inputs of encoders from a knowledge base, and vectors of what it has today.

An encoder is weights, and free vectors of the entities that it learnt from. So whatever the
knowledge base has today gets a vector from its text, its ancestors and its edges of today: an
entity that was added, without a gradient step; and one that was deleted is in no sum.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from kg import EntityTable, Graph, KnowledgeBase
from kg.graph import IS_A, ORIGINS
from model.backbone import find_backbone, load_backbone
from model.completion.encoder import GraphInputs, RelationalEncoder, Wiring
from model.completion.facts import Triples
from model.completion.folder import Embeddings
from model.completion.graph_facts import GraphFacts
from model.completion.learning import LearningSettings
from model.completion.texts import HashedTexts
from model.text_vectors import TextVectors, entity_text


@runtime_checkable
class Texts(Protocol):
    """What makes fixed vectors of texts."""

    def of(self, texts: Sequence[str]) -> Float[Tensor, "text width"]:
        """One vector for each text."""

    def to_bytes(self) -> bytes:
        """What is kept beside the vectors."""


def fresh_texts(name: str, texts: Sequence[str]) -> Texts | None:
    """What makes vectors of texts such as these.

    Args:
        name: "hashed", "minilm", or "none".
        texts: of the entities that are learnt from.
    """
    if name == "hashed":
        return HashedTexts.fitted(texts)
    return TextVectors(load_backbone(find_backbone("minilm"))) if name == "minilm" else None


def train_inputs(found: GraphFacts, table: EntityTable, texts: Texts | None) -> GraphInputs:
    """The inputs of an encoder from train triples alone.

    Args:
        found: facts of a knowledge base.
        table: of the same.
        texts: None for an encoder that reads no texts.
    """
    facts = found.facts
    return _inputs(
        facts.train,
        found.relations,
        torch.arange(facts.entity_count),
        None if texts is None else _read(table, found.rows, texts),
    )


def inputs_today(
    kb: KnowledgeBase, embeddings: Embeddings
) -> tuple[Int64[np.ndarray, " entity"], GraphInputs]:
    """The rows of all entities that can have a vector today, and the inputs of these.

    These are the entities that have an edge; and if texts are read, the others, too.
    """
    graph, table = kb.graph(), kb.table()
    number = {curie: place for place, curie in enumerate(embeddings.curies)}
    of_relation = np.array([number.get(c, -1) for c in graph.relations], dtype=np.int64)
    relation = of_relation[graph.relation]
    kept = (relation >= 0) & (graph.origin != ORIGINS.index("inferred"))
    triples = np.stack([graph.head, relation, graph.tail], axis=1)[kept]
    with_vector = np.zeros(len(table), dtype=np.bool_)
    with_vector[triples[:, [0, 2]]] = True
    texts = _kept_texts(embeddings)
    if texts is not None:
        with_vector |= table.live & (np.array(table.kinds) != "property")
    rows = np.flatnonzero(with_vector)
    place = np.cumsum(with_vector) - 1
    triples[:, [0, 2]] = place[triples[:, [0, 2]]]
    own = {iri: at for at, iri in enumerate(embeddings.iris)}
    return rows, _inputs(
        triples,
        embeddings.curies,
        torch.tensor([own.get(table.iris[row], -1) for row in rows.tolist()]),
        None if texts is None else _read(table, rows, texts),
    )


def kept_encoder(embeddings: Embeddings, inputs: GraphInputs) -> RelationalEncoder:
    """The encoder that embeddings were made with, over other inputs.

    Args:
        embeddings: have one.
        inputs: such as those of today.
    """
    settings = LearningSettings.from_json(embeddings.settings)
    made = encoder_of(inputs, settings, own_count=len(embeddings.encoder["table"]))
    made.load_state_dict(dict(embeddings.encoder))
    return made.eval()


def encoder_of(
    inputs: GraphInputs, settings: LearningSettings, *, own_count: int | None = None
) -> RelationalEncoder:
    """A fresh encoder as the settings have it.

    Args:
        inputs: to learn from.
        settings: name an encoder.
        own_count: of free vectors; None for one of each entity.
    """
    if settings.encoder == "none":
        raise ValueError("there is no encoder")
    return RelationalEncoder(
        inputs,
        width=settings.width,
        layers=settings.layers,
        kind=settings.encoder,
        unseen=settings.unseen,
        own_count=own_count,
        seed=settings.seed,
    )


@torch.inference_mode()
def refreshed(kb: KnowledgeBase, embeddings: Embeddings) -> Embeddings:
    """Embeddings with a vector for each entity of today; as they are, without an encoder.

    Args:
        kb: the knowledge base as it is now.
        embeddings: made of it, or of an older release.
    """
    if not embeddings.encoder or kb.version() == embeddings.kb_version:
        return embeddings
    rows, inputs = inputs_today(kb, embeddings)
    iris = kb.table().iris
    return replace(
        embeddings,
        entities=kept_encoder(embeddings, inputs)(),
        iris=tuple(iris[row] for row in rows.tolist()),
        encoder={},
    )


def _inputs(
    triples: Triples,
    relations: tuple[str, ...],
    own: Int64[Tensor, " entity"],
    texts: Float[Tensor, "entity feature"] | None,
) -> GraphInputs:
    above = None
    if texts is not None:
        is_a = relations.index(IS_A) if IS_A in relations else -1
        above = _mean_above(triples[triples[:, 1] == is_a], texts)
    return GraphInputs(Wiring.of(triples, len(relations), len(own)), own, texts, above)


def _mean_above(
    is_a: Triples, texts: Float[Tensor, "entity feature"]
) -> Float[Tensor, "entity feature"]:
    """The mean of each entity's ancestors; of its parents, where all ancestors are too many."""
    from scipy.sparse import csr_array

    head, _, tail = is_a.T.copy()
    hierarchy = Graph(len(texts), head, np.zeros_like(head), tail, (IS_A,)).hierarchy
    up = hierarchy.closure.up if hierarchy.closure else hierarchy.up
    ones = np.ones(len(up.neighbour), dtype=np.float32)
    total = csr_array((ones, up.neighbour, up.start), shape=(len(texts), len(texts)))
    mean = (total @ texts.numpy()) / np.maximum(up.counts(), 1)[:, None]
    return torch.from_numpy(mean.astype(np.float32))


def _read(
    table: EntityTable, rows: Int64[np.ndarray, " entity"], texts: Texts
) -> Float[Tensor, "entity feature"]:
    """The vector of each entity's text, of length 1."""
    found = texts.of([entity_text(table, row) for row in rows.tolist()])
    return torch.nn.functional.normalize(found)


def _kept_texts(embeddings: Embeddings) -> Texts | None:
    name = embeddings.settings.get("texts", "none")
    if name == "none":
        return None
    if name == "hashed":
        return HashedTexts.from_bytes(embeddings.texts)
    made = TextVectors(load_backbone(find_backbone(name)))
    with tempfile.NamedTemporaryFile(suffix=".safetensors") as file:  # its metadata need a file
        file.write(embeddings.texts)
        file.flush()
        made.read(Path(file.name))
    return made
