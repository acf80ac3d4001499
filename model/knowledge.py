"""Linked text as tensors: which token belongs to which mention, and what that mention may read.

For each mention the slots are its candidates, each with the linker's probability, and beside each
candidate its graph neighbours with their relation. All is ragged in the text and padded here once,
so that the attention runs without a Python loop over tokens.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from linking import Link

NIL_FLOOR = 1e-3
"""Least probability given to "none of them", so that its logarithm stays finite."""

SELF = 0
"""Relation of a candidate to itself; real relations count from 1."""


@dataclass(frozen=True)
class Slot:
    """One thing a mention may read: a candidate itself, or a neighbour of it."""

    row: int
    relation: int
    prior: float
    candidate: int


@dataclass(frozen=True)
class Knowledge:
    """The knowledge that a batch of texts may read; all index tensors are int64.

    Attributes:
        token_text, token_position: place in the batch of each token that lies in a mention.
        token_mention: the mention it lies in; a token in two mentions stands here twice.
        slot_entity: row of the entity matrix of each slot.
        slot_relation: how the slot's entity is related to the candidate; 0 = is the candidate.
        slot_prior: log-probability of the linker for the slot's candidate; -inf where padded.
        null_prior: log-probability that none of the candidates is meant.
        mention_text, mention_link: which text, and which of its links, each mention is.
    """

    token_text: Int[Tensor, " token"]
    token_position: Int[Tensor, " token"]
    token_mention: Int[Tensor, " token"]
    slot_entity: Int[Tensor, "mention slot"]
    slot_relation: Int[Tensor, "mention slot"]
    slot_prior: Float[Tensor, "mention slot"]
    null_prior: Float[Tensor, " mention"]
    mention_text: Int[Tensor, " mention"]
    mention_link: Int[Tensor, " mention"]

    @property
    def is_empty(self) -> bool:
        """No token of the batch lies in a mention."""
        return self.token_text.numel() == 0

    @property
    def slot_is_real(self) -> Bool[Tensor, "mention slot"]:
        """False where a slot is padding."""
        return torch.isfinite(self.slot_prior)


def no_knowledge() -> Knowledge:
    """The knowledge of texts without links."""
    index = torch.zeros(0, dtype=torch.int64)
    slots = torch.zeros(0, 1, dtype=torch.int64)
    priors = torch.zeros(0)
    return Knowledge(index, index, index, slots, slots, priors[:, None], priors, index, index)


def mention_slots(link: Link, neighbours: Callable[[int], Sequence[tuple[int, int]]]) -> list[Slot]:
    """The slots of one mention: each candidate, then its neighbours as (relation, row)."""
    slots = []
    for candidate in link.candidates:
        if candidate.probability <= 0:
            continue
        prior = math.log(candidate.probability)
        slots.append(Slot(candidate.row, SELF, prior, candidate.row))
        slots.extend(
            Slot(row, relation, prior, candidate.row)
            for relation, row in neighbours(candidate.row)
        )
    return slots


def gather_knowledge(
    links: Sequence[Sequence[Link]],
    offsets: Int[Tensor, "text token 2"],
    *,
    neighbours: Callable[[int], Sequence[tuple[int, int]]],
    local: Mapping[int, int],
) -> Knowledge:
    """Lay the links of a batch over its tokens.

    Args:
        links: for each text its links, with offsets in characters.
        offsets: first and end character of each token; equal for special and padding tokens.
        neighbours: the (relation, row) pairs that stand beside a candidate.
        local: row of the knowledge base -> row of the entity matrix.
    """
    tokens: list[tuple[int, int, int]] = []
    mentions: list[list[Slot]] = []
    nulls: list[float] = []
    places: list[tuple[int, int]] = []
    for text, text_links in enumerate(links):
        starts, ends = offsets[text, :, 0].tolist(), offsets[text, :, 1].tolist()
        for place, link in enumerate(text_links):
            inside = [
                position
                for position, (start, end) in enumerate(zip(starts, ends, strict=True))
                if start < link.end and end > link.start and start < end
            ]
            slots = mention_slots(link, neighbours)
            if not inside or not slots:
                continue
            tokens.extend((text, position, len(mentions)) for position in inside)
            nil = 1.0 - sum(candidate.probability for candidate in link.candidates)
            nulls.append(math.log(max(nil, NIL_FLOOR)))
            places.append((text, place))
            mentions.append(slots)
    if not mentions:
        return no_knowledge()
    size = max(len(slots) for slots in mentions)
    entity = torch.zeros(len(mentions), size, dtype=torch.int64)
    relation = torch.zeros(len(mentions), size, dtype=torch.int64)
    prior = torch.full((len(mentions), size), -math.inf)
    for index, slots in enumerate(mentions):
        entity[index, : len(slots)] = torch.tensor([local[slot.row] for slot in slots])
        relation[index, : len(slots)] = torch.tensor([slot.relation for slot in slots])
        prior[index, : len(slots)] = torch.tensor([slot.prior for slot in slots])
    token_text, token_position, token_mention = torch.tensor(tokens).T
    mention_text, mention_link = torch.tensor(places).T
    return Knowledge(
        token_text=token_text,
        token_position=token_position,
        token_mention=token_mention,
        slot_entity=entity,
        slot_relation=relation,
        slot_prior=prior,
        null_prior=torch.tensor(nulls),
        mention_text=mention_text,
        mention_link=mention_link,
    )
