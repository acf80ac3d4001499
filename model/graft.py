"""The graft: knowledge attention hooked behind the upper layers of an unchanged backbone.

The backbone's own code runs as it is (positions, attention kernels, checkpointing stay its own).
Without knowledge the hooks return nothing, so the output is the backbone's bit for bit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from model.attention import KnowledgeAttention, Slots
from model.backbone import encoder_layers, width_of
from model.knowledge import Knowledge


class _Reading(NamedTuple):
    """What the forward pass that runs now reads; `weights` grows by one tensor a layer."""

    knowledge: Knowledge
    slots: Slots
    weights: list[Tensor]


class Graft(nn.Module):
    """Knowledge attention behind the uppermost layers of a backbone.

    Args:
        backbone: any Hugging Face encoder; hooked, not changed. It is not a sub-module of this.
        layers: how many of the uppermost layers; 0 = the upper half.
        heads: attention heads; must divide the backbone's width.
        relation_count: relations that a neighbour may have; one more stands for unknown ones.
    """

    def __init__(
        self, backbone: nn.Module, *, layers: int, heads: int, relation_count: int
    ) -> None:
        super().__init__()
        stack = encoder_layers(backbone)
        count = min(layers or len(stack) // 2, len(stack))
        width = width_of(backbone)
        self.relations = nn.Embedding(relation_count + 2, width)
        nn.init.normal_(self.relations.weight, std=0.02)
        self.layers = nn.ModuleList(
            KnowledgeAttention(width=width, entity_width=width, heads=heads) for _ in range(count)
        )
        self._reading: _Reading | None = None
        for layer, attention in zip(list(stack)[-count:], self.layers, strict=True):
            layer.register_forward_hook(self._hook(attention))

    @contextmanager
    def reading(
        self, knowledge: Knowledge, entities: Float[Tensor, "entity width"]
    ) -> Iterator[list[Tensor]]:
        """Within the block, forward passes of the backbone read this knowledge.

        Yields:
            A list that each grafted layer fills with its attention weights.
        """
        weights: list[Tensor] = []
        self._reading = _Reading(knowledge, self.slots(knowledge, entities), weights)
        try:
            yield weights
        finally:
            self._reading = None

    def slots(self, knowledge: Knowledge, entities: Float[Tensor, "entity width"]) -> Slots:
        """What the slots stand for: an entity, and its relation to the candidate."""
        used, entity = torch.unique(knowledge.slot_entity, return_inverse=True)
        return Slots(entities[used], self.relations.weight, entity, knowledge.slot_relation)

    def _hook(self, attention: nn.Module) -> Any:
        def after_layer(_layer: nn.Module, _inputs: Any, output: Any) -> Any:
            if self._reading is None:
                return None  # the output stays the backbone's own
            states = output[0] if isinstance(output, tuple) else output
            states, weights = attention(states, self._reading.slots, self._reading.knowledge)
            self._reading.weights.append(weights.detach())
            return (states, *output[1:]) if isinstance(output, tuple) else states

        return after_layer
