"""Linked text as tensors: which token belongs to which mention, and what that mention may read.

For each mention the slots are its candidates, each with the linker's probability, and beside each
candidate its graph neighbours with their relation. All is ragged in the text and padded here once,
so that the attention runs without a Python loop over tokens.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
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
    """What some readers may read. A reader is a token of a mention, or a whole text.

    Readers share a set of slots: the tokens of one mention all read that mention's.

    Attributes:
        reader_text, reader_position: place of each reader in the batch.
        reader_set: the slot set that it reads.
        slot_entity: row of the entity matrix of each slot.
        slot_relation: how the slot's entity is related to its candidate; 0 = is the candidate.
        slot_prior: log-probability of the linker for the slot's candidate; -inf where padded.
        null_prior: log-probability that none of the candidates is meant.
        set_text, set_link: the text, and which of its links, a set belongs to; 0 for a text's.
    """

    reader_text: Int[Tensor, " reader"]
    reader_position: Int[Tensor, " reader"]
    reader_set: Int[Tensor, " reader"]
    slot_entity: Int[Tensor, "set slot"]
    slot_relation: Int[Tensor, "set slot"]
    slot_prior: Float[Tensor, "set slot"]
    null_prior: Float[Tensor, " set"]
    set_text: Int[Tensor, " set"]
    set_link: Int[Tensor, " set"]

    @property
    def is_empty(self) -> bool:
        """Nobody reads anything."""
        return self.reader_text.numel() == 0


@dataclass(frozen=True)
class BatchKnowledge:
    """The knowledge of a batch: each mention's, read by its tokens, and each text's, read whole."""

    mentions: Knowledge
    texts: Knowledge

    @property
    def is_empty(self) -> bool:
        """No text of the batch has a link within the tokens that are read."""
        return self.mentions.is_empty


@dataclass(frozen=True)
class _SlotSet:
    """Slots on their way into tensors, with the (text, position) of their readers."""

    slots: list[Slot]
    null: float
    readers: list[tuple[int, int]]
    text: int
    link: int


def no_knowledge() -> BatchKnowledge:
    """The knowledge of texts without links."""
    return BatchKnowledge(_stack([], {}), _stack([], {}))


def mention_slots(link: Link, neighbours: Callable[[int], Sequence[tuple[int, int]]]) -> list[Slot]:
    """The slots of one mention: each candidate, then its neighbours as (relation, row)."""
    slots = []
    for candidate in link.candidates:
        if candidate.probability <= 0:
            continue
        prior = math.log(candidate.probability)
        slots.append(Slot(candidate.row, SELF, prior, candidate.row))
        slots.extend(
            Slot(row, relation, prior, candidate.row) for relation, row in neighbours(candidate.row)
        )
    return slots


def gather_knowledge(
    links: Sequence[Sequence[Link]],
    offsets: Int[Tensor, "text token 2"],
    *,
    neighbours: Callable[[int], Sequence[tuple[int, int]]],
    local: Mapping[int, int],
) -> BatchKnowledge:
    """Lay the links of a batch over its tokens.

    Args:
        links: for each text its links, with offsets in characters.
        offsets: first and end character of each token; equal for special and padding tokens.
        neighbours: the (relation, row) pairs that stand beside a candidate.
        local: row of the knowledge base -> row of the entity matrix.
    """
    mentions: list[_SlotSet] = []
    texts: list[_SlotSet] = []
    for text, text_links in enumerate(links):
        spans = offsets[text].tolist()
        own = []
        for place, link in enumerate(text_links):
            inside = [
                (text, position)
                for position, (start, end) in enumerate(spans)
                if start < link.end and end > link.start and start < end
            ]
            slots = mention_slots(link, neighbours)
            if inside and slots:
                nil = 1.0 - sum(candidate.probability for candidate in link.candidates)
                own.append(_SlotSet(slots, max(nil, NIL_FLOOR), inside, text, place))
        if own:
            slots = [slot for mention in own for slot in mention.slots]
            null = sum(mention.null for mention in own) / len(own)
            texts.append(_SlotSet(slots, null, [(text, 0)], text, 0))
        mentions.extend(own)
    return BatchKnowledge(_stack(mentions, local), _stack(texts, local))


def _stack(sets: Sequence[_SlotSet], local: Mapping[int, int]) -> Knowledge:
    """Pad slot sets to one size."""
    size = max((len(each.slots) for each in sets), default=1)
    entity = torch.zeros(len(sets), size, dtype=torch.int64)
    relation = torch.zeros(len(sets), size, dtype=torch.int64)
    prior = torch.full((len(sets), size), -math.inf)
    for index, each in enumerate(sets):
        filled = len(each.slots)
        entity[index, :filled] = torch.tensor([local[slot.row] for slot in each.slots])
        relation[index, :filled] = torch.tensor([slot.relation for slot in each.slots])
        prior[index, :filled] = torch.tensor([slot.prior for slot in each.slots])
    readers = [
        (text, position, index)
        for index, each in enumerate(sets)
        for text, position in each.readers
    ]
    reader_text, reader_position, reader_set = _columns(readers, 3)
    set_text, set_link = _columns([(each.text, each.link) for each in sets], 2)
    return Knowledge(
        reader_text=reader_text,
        reader_position=reader_position,
        reader_set=reader_set,
        slot_entity=entity,
        slot_relation=relation,
        slot_prior=prior,
        null_prior=torch.tensor([math.log(each.null) for each in sets]),
        set_text=set_text,
        set_link=set_link,
    )


def _columns(rows: Sequence[tuple[int, ...]], width: int) -> Tensor:
    return torch.tensor(rows, dtype=torch.int64).reshape(-1, width).T.contiguous()
