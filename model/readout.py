"""The readout: a pooled text reads the entities of all its mentions, and copies what are labels.

    t' = knowledge attention of the pooled text t over all its slots
    logit_l = w_l t' + b_l + c tanh(g) Σ_{slots s that are label l} n a_s

a_s is the attention weight of slot s (mean over the heads), n the number of the text's slots, so
that a slot read as strongly as all others counts 1; c = 8. Copying attention to outputs is the
pointer of See et al. 2017 (arXiv:1704.04368, eq. 9). We differ in adding it to logits under a gate
that starts at 0 instead of mixing distributions: a text may have several labels or none, and
without links nothing is added, so that the answer is the backbone's bit for bit.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from model.attention import KnowledgeAttention, Slots
from model.knowledge import Knowledge

COPY_SCALE = 8.0


class Readout(nn.Module):
    """Attention of the pooled text, and the gate of the copy.

    Args:
        width: of a pooled text and of an entity vector.
        heads: attention heads; must divide `width`.
    """

    def __init__(self, *, width: int, heads: int) -> None:
        super().__init__()
        self.attention = KnowledgeAttention(
            width=width, entity_width=width, heads=heads, aligned=True
        )
        self.copy_gate = nn.Parameter(torch.zeros(()))

    def forward(
        self,
        pooled: Float[Tensor, "text width"],
        slots: Slots,
        knowledge: Knowledge,
    ) -> tuple[Float[Tensor, "text width"], Float[Tensor, "reader slot_and_null"]]:
        """The pooled texts after reading, and the attention weights of those that read."""
        states, weights = self.attention(pooled[:, None], slots, knowledge)
        return states[:, 0], weights

    def copy(
        self,
        logits: Float[Tensor, "text label"],
        weights: Float[Tensor, "reader slot_and_null"],
        knowledge: Knowledge,
        label_of: Int[Tensor, " entity"],
    ) -> Float[Tensor, "text label"]:
        """Add the attention on slots that are themselves labels to those labels' logits.

        Args:
            logits: without the copy.
            weights: from `forward`.
            knowledge: of the texts.
            label_of: the label that each entity is; -1 for an entity that is none.
        """
        real = torch.isfinite(knowledge.slot_prior)
        said = weights[:, :-1] * real.sum(1, keepdim=True)
        label = label_of[knowledge.slot_entity]
        reader, slot = torch.nonzero(real & (label >= 0), as_tuple=True)
        place = (knowledge.reader_text[reader], label[reader, slot])
        added = COPY_SCALE * torch.tanh(self.copy_gate) * said[reader, slot]
        return logits.index_put(place, added, accumulate=True)
