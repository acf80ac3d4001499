"""Knowledge-augmented attention: a mention, or a whole text, reads the entities it may speak of.

    H' = H + tanh(g) ⊙ Σ_heads softmax((H W_Q)(E W_K)ᵀ / √d + log p) (E W_V) W_O

The readers H are the tokens of a mention, which see the entities of their own mention, or the
pooled text, which sees those of all its mentions. Keys and values are entity vectors: the linker's
candidates, their graph neighbours with the relation's vector added, and one learned NULL slot
whose prior is the linker's probability that none is meant. `log p` is the linker's doubt, carried
into the model instead of a hard choice. The gate g starts at 0: a fresh graft changes nothing.

Related: knowledge as key and value of a rectangular attention (KBLaM, arXiv:2410.10450);
candidate sets with a null entity (KnowBERT, arXiv:1909.04164, section 3.3). We differ from the
first in reading per mention instead of the whole knowledge base, and from both in the linker's
probability as attention bias and in the gate per feature.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from model.knowledge import Knowledge


@dataclass(frozen=True)
class Slots:
    """The vectors that slots stand for, each once: many slots share an entity or a relation.

    Attributes:
        entities: vectors of the entities that any slot stands for.
        relations: vectors of all relations.
        entity, relation: of each slot, a row of either.
    """

    entities: Float[Tensor, "used width"]
    relations: Float[Tensor, "relation width"]
    entity: Int[Tensor, "set slot"]
    relation: Int[Tensor, "set slot"]

    def through(self, projection: nn.Linear) -> Float[Tensor, "set slot projected"]:
        """Entity + relation of each slot, projected; being linear, before they are laid out."""
        entities: Tensor = projection(self.entities)[self.entity]
        relations: Tensor = projection(self.relations)[self.relation]
        return entities + relations


class KnowledgeAttention(nn.Module):
    """One grafted layer.

    Args:
        width: of a token state.
        entity_width: of an entity vector.
        heads: attention heads; must divide `width`.
        aligned: start with value and output as the identity, so that an open gate adds the
            entities' vectors as they are. Right where both come from the same space, as the pooled
            text and the entities' texts do; needs `entity_width == width`.
    """

    def __init__(self, *, width: int, entity_width: int, heads: int, aligned: bool = False) -> None:
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
        if aligned:
            nn.init.eye_(self.value.weight)
            nn.init.eye_(self.output.weight)

    def forward(
        self,
        text: Float[Tensor, "batch position width"],
        slots: Slots,
        knowledge: Knowledge,
    ) -> tuple[Float[Tensor, "batch position width"], Float[Tensor, "reader slot_and_null"]]:
        """Let the readers read; all other states are returned bit for bit.

        Args:
            text: states of the layer below.
            slots: what can be read.
            knowledge: which state reads which slots, with priors.

        Returns:
            The new states, and the attention weights of each reader, mean over heads, NULL last.
        """
        place = (knowledge.reader_text, knowledge.reader_position)
        query = self.query(self.norm(text[place])).unflatten(-1, (self.heads, -1))  # (reader, h, d)
        key = slots.through(self.key).unflatten(-1, (self.heads, -1))  # (set, slot, h, d)
        value = slots.through(self.value).unflatten(-1, (self.heads, -1))  # (set, slot, h, d)
        key = torch.cat([key, self.null_key.expand(len(key), 1, -1, -1)], dim=1)
        value = torch.cat([value, self.null_value.expand(len(value), 1, -1, -1)], dim=1)
        prior = torch.cat([knowledge.slot_prior, knowledge.null_prior[:, None]], dim=1)

        # Readers of one set stand beside each other, so that no key is copied for a reader.
        own = (knowledge.reader_set, _rank_within(knowledge.reader_set))
        beside = query.new_zeros(len(key), int(own[1].max()) + 1, *query.shape[1:])
        beside = beside.index_put(own, query)  # (set, rank, h, d)
        scores = torch.einsum("srhd,snhd->srhn", beside, key) / math.sqrt(self.head_width)
        weights = torch.softmax(scores + prior[:, None, None, :], dim=-1)  # (set, rank, h, slot+1)
        read = torch.einsum("srhn,snhd->srhd", weights, value)[own].flatten(-2)  # (reader, width)
        update = torch.tanh(self.gate) * self.output(read)
        return text.index_put(place, update, accumulate=True), weights[own].mean(dim=1)


def _rank_within(sets: Int[Tensor, " reader"]) -> Int[Tensor, " reader"]:
    """How many readers of the same set stand before each; readers of a set stand together."""
    count = torch.bincount(sets)
    return torch.arange(len(sets)) - (count.cumsum(0) - count)[sets]
