"""The graft: knowledge attention hooked behind the upper layers of an unchanged backbone.

The backbone's own code runs as it is (positions, attention kernels, checkpointing stay its own).
Without knowledge the hooks return nothing, so the output is the backbone's bit for bit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from model.attention import KnowledgeAttention
from model.backbone import encoder_layers
from model.knowledge import Knowledge


class Graft(nn.Module):
    """Knowledge attention behind the uppermost layers of a backbone.

    Args:
        backbone: any Hugging Face encoder; hooked, not changed. It is not a sub-module of this.
        layers: how many of the uppermost layers; 0 = the upper half.
        heads: attention heads.
        entity_width: of an entity vector.
        relation_count: relations that a neighbour may have; the last stands for unknown ones.
    """

    def __init__(
        self,
        backbone: nn.Module,
        *,
        layers: int,
        heads: int,
        entity_width: int,
        relation_count: int,
    ) -> None:
        super().__init__()
        stack = encoder_layers(backbone)
        count = min(layers or len(stack) // 2, len(stack))
        width = int(backbone.config.hidden_size)  # type: ignore[union-attr, arg-type]
        self.relations = nn.Embedding(relation_count + 2, entity_width)
        nn.init.normal_(self.relations.weight, std=0.02)
        self.layers = nn.ModuleList(
            KnowledgeAttention(width=width, entity_width=entity_width, heads=heads)
            for _ in range(count)
        )
        self._knowledge: Knowledge | None = None
        self._slots: Tensor | None = None
        self._weights: list[Tensor] = []
        for layer, attention in zip(list(stack)[-count:], self.layers, strict=True):
            layer.register_forward_hook(self._hook(attention))

    @contextmanager
    def reading(
        self, knowledge: Knowledge, entities: Float[Tensor, "entity width"]
    ) -> Iterator[list[Tensor]]:
        """Within the block, forward passes of the backbone read this knowledge.

        Yields:
            A list that the forward pass fills with each layer's attention weights.
        """
        self._weights = []
        if not knowledge.is_empty:
            self._knowledge = knowledge
            relation = self.relations(knowledge.slot_relation)
            self._slots = entities[knowledge.slot_entity] + relation  # (mention, slot, width)
        try:
            yield self._weights
        finally:
            self._knowledge = self._slots = None

    def _hook(self, attention: nn.Module) -> Any:
        def after_layer(_layer: nn.Module, _inputs: Any, output: Any) -> Any:
            if self._knowledge is None:
                return None  # the output stays the backbone's own
            states = output[0] if isinstance(output, tuple) else output
            states, weights = attention(states, self._slots, self._knowledge)
            self._weights.append(weights)
            return (states, *output[1:]) if isinstance(output, tuple) else states

        return after_layer
