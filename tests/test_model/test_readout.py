import math

import torch

from linking import Candidate, Link
from model.attention import Slots
from model.knowledge import gather_knowledge
from model.readout import COPY_SCALE, Readout

OFFSETS = torch.tensor([[[0, 3], [4, 7]], [[0, 3], [4, 7]]])


def linked(row: int, probability: float) -> Link:
    return Link(0, 3, "fox", (Candidate(row, str(row), str(row), str(row), probability, ()),))


def texts_knowledge():
    """The second of two texts mentions entity 1, whose neighbour is entity 2."""
    return gather_knowledge(
        [[], [linked(1, 0.9)]], OFFSETS, neighbours=lambda row: [(1, 2)], local={1: 0, 2: 1}
    ).texts


def test_attention_on_a_slot_that_is_a_label_is_copied_to_its_logit() -> None:
    readout = Readout(width=4, heads=2)
    torch.nn.init.constant_(readout.copy_gate, math.inf)
    weights = torch.tensor([[0.3, 0.6, 0.1]])  # entity 1, entity 2, NULL
    logits = readout.copy(
        torch.zeros(2, 3), weights, texts_knowledge(), label_of=torch.tensor([-1, 2])
    )
    # entity 2 is label 2; there are two slots, so a weight of a half would count 1
    want = torch.zeros(2, 3)
    want[1, 2] = COPY_SCALE * 2 * 0.6
    torch.testing.assert_close(logits, want)


def test_two_slots_that_are_one_label_add_up() -> None:
    readout = Readout(width=4, heads=2)
    torch.nn.init.constant_(readout.copy_gate, math.inf)
    logits = readout.copy(
        torch.zeros(2, 1),
        torch.tensor([[0.3, 0.6, 0.1]]),
        texts_knowledge(),
        label_of=torch.tensor([0, 0]),
    )
    torch.testing.assert_close(logits[1, 0].item(), COPY_SCALE * 2 * 0.9)


def test_a_fresh_readout_changes_neither_text_nor_logits() -> None:
    readout, pooled, knowledge = Readout(width=4, heads=2), torch.randn(2, 4), texts_knowledge()
    slots = Slots(
        torch.randn(2, 4), torch.zeros(2, 4), torch.tensor([[0, 1]]), torch.tensor([[0, 1]])
    )
    text, weights = readout(pooled, slots, knowledge)
    logits = torch.randn(2, 3)
    assert torch.equal(text, pooled)
    assert torch.equal(readout.copy(logits, weights, knowledge, torch.tensor([0, 1])), logits)
