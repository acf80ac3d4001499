"""The classifier: backbone, graft, graph encoder, readout and a linear head, put together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import normalize

from model.backbone import encoder_layers, width_of
from model.graft import Graft
from model.graph_encoder import GraphEncoder
from model.knowledge import BatchKnowledge
from model.readout import COPY_SCALE, Readout
from model.subgraph import Subgraph, ancestor_mean, label_places
from model.text_vectors import pooled


@dataclass(frozen=True)
class TextBatch:
    """Tokenised texts with the knowledge that they may read.

    `matches` is what `model.task.LabelMatches` says of each; None but for the `features` control.
    """

    input_ids: Int[Tensor, "text token"]
    attention_mask: Int[Tensor, "text token"]
    knowledge: BatchKnowledge
    matches: Float[Tensor, "text label"] | None = None


@dataclass(frozen=True)
class EntityFeatures:
    """What is known of the entities of a subgraph.

    Attributes:
        own: centred text vector of each entity.
        above: mean of its ancestors' centred text vectors.
        subgraph: how they hear from one another.
        label_of: the label that each entity is; -1 for an entity that is none.
        permutation: entity i goes by what is known of entity `permutation[i]`; the identity but for
            the `shuffled` control.
    """

    own: Float[Tensor, "entity width"]
    above: Float[Tensor, "entity width"]
    subgraph: Subgraph
    label_of: Int[Tensor, " entity"]
    permutation: Int[Tensor, " entity"]

    @classmethod
    def of(
        cls,
        texts: Float[Tensor, "entity width"],
        subgraph: Subgraph,
        *,
        centre: Float[Tensor, " width"],
        label_rows: Sequence[int | None],
    ) -> "EntityFeatures":
        """The features of a subgraph's entities.

        Args:
            texts: text vector of each.
            subgraph: of these entities.
            centre: taken off every text vector.
            label_rows: row of each label in the knowledge base; None where it has none.
        """
        own = texts - centre
        return cls(
            own,
            ancestor_mean(own, subgraph),
            subgraph,
            label_of=label_places(subgraph, label_rows),
            permutation=torch.arange(len(texts)),
        )


@dataclass(frozen=True)
class Reading:
    """What was read for an answer.

    Attributes:
        knowledge: what could be read.
        mention_weights: per grafted layer, weights of each mention token over its slots and NULL.
        text_weights: weights of each linked text over all its slots and NULL.
    """

    knowledge: BatchKnowledge
    mention_weights: tuple[Float[Tensor, "token slot_and_null"], ...]
    text_weights: Float[Tensor, "linked_text all_slots_and_null"]


@dataclass(frozen=True)
class Answer:
    """Logits of each label, and what was read for them; None where nothing was."""

    logits: Float[Tensor, "text label"]
    reading: Reading | None


class KnowledgeClassifier(nn.Module):
    """Hierarchical multi-label classifier on a grafted backbone.

    Args:
        backbone: Hugging Face encoder; fine-tuned but for its frozen layers.
        label_texts: text vector of each label. The head starts from their directions about their
            mean, in every arm: a text begins as near to a label as it is to the label's own text.
        relation_count: relations of the graph.
        graft_layers, heads: see `Graft`.
        graph_layers: see `GraphEncoder`.
        frozen_layers: lowest backbone layers (with the word embeddings) that are not trained.
        reads_matches: the head also reads `TextBatch.matches`, by weights that start at 0; such a
            network is given no entities.
    """

    centre: Tensor

    def __init__(
        self,
        backbone: nn.Module,
        *,
        label_texts: Float[Tensor, "label width"],
        relation_count: int,
        graft_layers: int,
        heads: int,
        graph_layers: int,
        frozen_layers: int,
        reads_matches: bool = False,
    ) -> None:
        super().__init__()
        width = width_of(backbone)
        self.backbone = backbone
        self.graft = Graft(
            backbone, layers=graft_layers, heads=heads, relation_count=relation_count
        )
        self.graph_encoder = GraphEncoder(
            width=width, relation_count=relation_count, layers=graph_layers
        )
        self.register_buffer("centre", label_texts.mean(0))
        self.readout = Readout(width=width, heads=heads)
        matches = len(label_texts) if reads_matches else 0
        self.head = nn.Linear(width + matches, len(label_texts))
        with torch.no_grad():
            self.head.weight.zero_()
            self.head.weight[:, :width].copy_(normalize(label_texts - self.centre, dim=-1))
            self.head.bias.zero_()
        freeze_lowest(backbone, frozen_layers)

    def forward(
        self,
        batch: TextBatch,
        entities: EntityFeatures | None,
        vectors: Float[Tensor, "entity width"] | None = None,
    ) -> Answer:
        """Logits of a batch; without entities, or without links, exactly the backbone's.

        Args:
            batch: texts and what they may read.
            entities: what is known of those entities.
            vectors: from `entity_vectors`, where many batches share them; made anew if None.
        """
        if entities is None or batch.knowledge.is_empty:
            text = self._pooled(batch)
            if batch.matches is not None:
                # scaled like the readout's copy: the same rates then move the answer as far
                text = torch.cat([text, COPY_SCALE * batch.matches], dim=-1)
            return Answer(self.head(text), None)
        if vectors is None:
            vectors = self.entity_vectors(entities)
        knowledge = batch.knowledge
        with self.graft.reading(knowledge.mentions, vectors) as mention_weights:
            text = self._pooled(batch)
        slots = self.graft.slots(knowledge.texts, vectors)
        text, weights = self.readout(text, slots, knowledge.texts)
        label_of = entities.label_of[entities.permutation]
        logits = self.readout.copy(self.head(text), weights, knowledge.texts, label_of)
        return Answer(logits, Reading(knowledge, tuple(mention_weights), weights.detach()))

    def entity_vectors(self, entities: EntityFeatures) -> Float[Tensor, "entity width"]:
        """The vector by which each entity goes."""
        vectors: Tensor = self.graph_encoder(entities.own, entities.above, entities.subgraph)
        return vectors[entities.permutation]

    def trained_state(self) -> dict[str, Tensor]:
        """What makes this network out of its backbone: trained weights and the centre, by name."""
        trained = {name: p.detach() for name, p in self.named_parameters() if p.requires_grad}
        return {**trained, "centre": self.centre}

    def load_trained_state(self, state: dict[str, Tensor]) -> None:
        """Take over what `trained_state` gave.

        Raises:
            KeyError: names or shapes differ from this network's.
        """
        own = self.trained_state()
        if own.keys() != state.keys():
            raise KeyError(f"weights differ: {sorted(own.keys() ^ state.keys())[:5]}")
        with torch.no_grad():
            for name, tensor in own.items():
                if tensor.shape != state[name].shape:
                    raise KeyError(f"{name}: {tuple(state[name].shape)} given")
                tensor.copy_(state[name])

    def _pooled(self, batch: TextBatch) -> Float[Tensor, "text width"]:
        output: Any = self.backbone(input_ids=batch.input_ids, attention_mask=batch.attention_mask)
        states = output.last_hidden_state
        return pooled(states, batch.attention_mask.to(states.dtype))


def freeze_lowest(backbone: nn.Module, layers: int) -> None:
    """Exclude embeddings and the lowest layers from training; 0 freezes nothing but the pooler.

    The pooler of BERT-like encoders has no part in the answer, so it is excluded always.
    """
    left_out = {"pooler", "embeddings"} if layers else {"pooler"}
    frozen = list(encoder_layers(backbone)[:layers])
    frozen += [module for name, module in backbone.named_children() if name in left_out]
    if layers:
        words: Any = backbone
        frozen.append(words.get_input_embeddings())
    for module in frozen:
        for parameter in module.parameters():
            parameter.requires_grad_(False)
