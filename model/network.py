"""The classifier: backbone, graft, graph encoder and a linear head, put together."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from model.graft import Graft
from model.graph_encoder import GraphEncoder
from model.knowledge import Knowledge
from model.subgraph import Subgraph
from model.text_vectors import pooled


@dataclass(frozen=True)
class TextBatch:
    """Tokenised texts with the knowledge that they may read."""

    input_ids: Int[Tensor, "text token"]
    attention_mask: Int[Tensor, "text token"]
    knowledge: Knowledge


@dataclass(frozen=True)
class EntityFeatures:
    """What the graph encoder makes entity vectors of.

    Attributes:
        texts: text vector of each entity of the subgraph.
        subgraph: how they hear from one another.
        permutation: entity i gets the vector of entity `permutation[i]`; the identity but for the
            `shuffled` control.
    """

    texts: Float[Tensor, "entity text_width"]
    subgraph: Subgraph
    permutation: Int[Tensor, " entity"]


@dataclass(frozen=True)
class Answer:
    """Logits of each label, and how strongly each mention token read its slots in each layer."""

    logits: Float[Tensor, "text label"]
    weights: tuple[Float[Tensor, "token slot"], ...]


class KnowledgeClassifier(nn.Module):
    """Hierarchical multi-label classifier on a grafted backbone.

    Args:
        backbone: Hugging Face encoder; fine-tuned where its weights require gradients.
        labels: number of labels.
        relation_count: relations of the graph.
        entity_width: of an entity vector.
        text_width: of an entity's text vector.
        graft_layers, heads: see `Graft`.
        graph_layers: see `GraphEncoder`.
        frozen_layers: lowest backbone layers (with the word embeddings) that are not trained.
    """

    def __init__(
        self,
        backbone: nn.Module,
        *,
        labels: int,
        relation_count: int,
        entity_width: int,
        text_width: int,
        graft_layers: int,
        heads: int,
        graph_layers: int,
        frozen_layers: int,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.graft = Graft(
            backbone,
            layers=graft_layers,
            heads=heads,
            entity_width=entity_width,
            relation_count=relation_count,
        )
        self.graph_encoder = GraphEncoder(
            text_width=text_width,
            width=entity_width,
            relation_count=relation_count,
            layers=graph_layers,
        )
        self.head = nn.Linear(int(backbone.config.hidden_size), labels)  # type: ignore[union-attr, arg-type]
        freeze_lowest(backbone, frozen_layers)

    def forward(self, batch: TextBatch, entities: EntityFeatures | None) -> Answer:
        """Logits of a batch; without entities, or without links, exactly the backbone's."""
        if entities is None or batch.knowledge.is_empty:
            return Answer(self._logits(batch), ())
        vectors = self.graph_encoder(entities.texts, entities.subgraph)[entities.permutation]
        with self.graft.reading(batch.knowledge, vectors) as weights:
            logits = self._logits(batch)
        return Answer(logits, tuple(weights))

    def trained_state(self) -> dict[str, Tensor]:
        """The weights that training changes, by name."""
        return {name: p.detach() for name, p in self.named_parameters() if p.requires_grad}

    def load_trained_state(self, state: dict[str, Tensor]) -> None:
        """Take over what `trained_state` gave.

        Raises:
            KeyError: names or shapes differ from this network's.
        """
        own = {name: p for name, p in self.named_parameters() if p.requires_grad}
        if own.keys() != state.keys():
            raise KeyError(f"weights differ: {sorted(own.keys() ^ state.keys())[:5]}")
        with torch.no_grad():
            for name, parameter in own.items():
                if parameter.shape != state[name].shape:
                    raise KeyError(f"{name}: {tuple(state[name].shape)} given")
                parameter.copy_(state[name])

    def _logits(self, batch: TextBatch) -> Float[Tensor, "text label"]:
        output: Any = self.backbone(
            input_ids=batch.input_ids, attention_mask=batch.attention_mask
        )
        states = output.last_hidden_state
        logits: Tensor = self.head(pooled(states, batch.attention_mask.to(states.dtype)))
        return logits


def freeze_lowest(backbone: nn.Module, layers: int) -> None:
    """Exclude embeddings and the lowest layers from training; 0 freezes nothing but the pooler.

    The pooler of BERT-like encoders has no part in the answer, so it is excluded always.
    """
    from model.backbone import encoder_layers

    frozen: list[nn.Module] = list(encoder_layers(backbone)[:layers])
    if layers:
        frozen.append(backbone.get_input_embeddings())  # type: ignore[operator, arg-type]
        frozen.extend(m for name, m in backbone.named_children() if name == "embeddings")
    frozen.extend(m for name, m in backbone.named_children() if name == "pooler")
    for module in frozen:
        for parameter in module.parameters():
            parameter.requires_grad_(False)
