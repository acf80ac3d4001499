"""Knowledge-augmented attention: the tokens of a mention read the entities it may stand for.

    H' = H + tanh(g) ⊙ Σ_heads softmax((H W_Q)(E W_K)ᵀ / √d + log p) (E W_V) W_O

Keys and values are entity vectors: the linker's candidates, their graph neighbours with the
relation's vector added, and one learned NULL slot whose prior is the linker's probability that
none is meant. `log p` is the linker's doubt, carried into the model instead of a hard choice.
The gate g starts at 0, so that a fresh graft changes nothing.

Related: knowledge as key and value of a rectangular attention (KBLaM, arXiv:2410.10450, eq. 5);
candidate sets with a null entity (KnowBERT, arXiv:1909.04164, section 3.3). We differ from the
first in reading per mention instead of the whole knowledge base, and from both in the linker's
probability as attention bias and in the gate per feature.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from model.knowledge import Knowledge


class KnowledgeAttention(nn.Module):
    """One grafted layer.

    Args:
        width: of a token state.
        entity_width: of an entity vector.
        heads: attention heads; must divide `width`.
    """

    def __init__(self, *, width: int, entity_width: int, heads: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide the width {width}")
        self.heads = heads
        self.head_width = width // heads
        self.norm = nn.LayerNorm(width)
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(entity_width, width, bias=False)
        self.value = nn.Linear(entity_width, width, bias=False)
        self.output = nn.Linear(width, width, bias=False)
        self.null_key = nn.Parameter(torch.zeros(heads, self.head_width))
        self.null_value = nn.Parameter(torch.zeros(heads, self.head_width))
        self.gate = nn.Parameter(torch.zeros(width))

    def forward(
        self,
        text: Float[Tensor, "batch position width"],
        slots: Float[Tensor, "mention slot entity_width"],
        knowledge: Knowledge,
    ) -> tuple[Float[Tensor, "batch position width"], Float[Tensor, "token slot_and_null"]]:
        """Let the mention tokens read; all other tokens are returned bit for bit.

        Args:
            text: token states of the layer below.
            slots: vector of each slot, relation already added.
            knowledge: which token reads which slots, with priors.

        Returns:
            The new states, and the attention weights of each mention token, mean over heads, NULL
            last (detached; they explain, they do not train).
        """
        place = (knowledge.token_text, knowledge.token_position)
        query = self.query(self.norm(text[place])).unflatten(-1, (self.heads, -1))  # (token, h, d)
        key = self.key(slots).unflatten(-1, (self.heads, -1))  # (mention, slot, h, d)
        value = self.value(slots).unflatten(-1, (self.heads, -1))  # (mention, slot, h, d)
        key = torch.cat([key, self.null_key.expand(len(key), 1, -1, -1)], dim=1)
        value = torch.cat([value, self.null_value.expand(len(value), 1, -1, -1)], dim=1)
        prior = torch.cat([knowledge.slot_prior, knowledge.null_prior[:, None]], dim=1)

        of_token = knowledge.token_mention
        scores = torch.einsum("thd,tshd->ths", query, key[of_token]) / math.sqrt(self.head_width)
        weights = torch.softmax(scores + prior[of_token][:, None, :], dim=-1)  # (token, h, slot+1)
        read = torch.einsum("ths,tshd->thd", weights, value[of_token]).flatten(-2)  # (token, width)
        update = torch.tanh(self.gate) * self.output(read)
        return text.index_put(place, update, accumulate=True), weights.detach().mean(dim=1)
