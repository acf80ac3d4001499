import math

import pytest
import torch

from model.attention import KnowledgeAttention, Slots
from model.knowledge import Knowledge


def one_mention(priors: list[float], null: float) -> Knowledge:
    """Token 1 of text 0 is a mention with slots of these probabilities."""
    return Knowledge(
        reader_text=torch.tensor([0]),
        reader_position=torch.tensor([1]),
        reader_set=torch.tensor([0]),
        slot_entity=torch.arange(len(priors))[None],
        slot_relation=torch.zeros(1, len(priors), dtype=torch.int64),
        slot_prior=torch.tensor([priors]).log(),
        null_prior=torch.tensor([null]).log(),
        set_text=torch.tensor([0]),
        set_link=torch.tensor([0]),
    )


def one_set(vectors: torch.Tensor) -> Slots:
    """A slot for each vector, in one set, with a relation that adds nothing."""
    return Slots(
        entities=vectors,
        relations=torch.zeros(1, vectors.shape[1]),
        entity=torch.arange(len(vectors))[None],
        relation=torch.zeros(1, len(vectors), dtype=torch.int64),
    )


@pytest.fixture
def attention() -> KnowledgeAttention:
    torch.manual_seed(0)
    return KnowledgeAttention(width=8, entity_width=6, heads=2)


def test_where_all_keys_are_equal_the_linkers_probabilities_are_the_weights(
    attention: KnowledgeAttention,
) -> None:
    torch.nn.init.zeros_(attention.key.weight)  # every key is 0, so only log p is left
    text, slots = torch.randn(1, 3, 8), one_set(torch.randn(2, 6))
    _, weights = attention(text, slots, one_mention([0.6, 0.3], null=0.1))
    torch.testing.assert_close(weights, torch.tensor([[0.6, 0.3, 0.1]]))


def test_the_update_is_the_formula_worked_by_hand() -> None:
    attention = KnowledgeAttention(width=2, entity_width=2, heads=1)
    identity = torch.eye(2)
    with torch.no_grad():
        for linear in (attention.key, attention.value, attention.output):
            linear.weight.copy_(identity)
        attention.query.weight.zero_()  # scores are log p alone
        attention.gate.copy_(torch.tensor([math.inf, 0.0]))  # tanh: 1 and 0
    text = torch.tensor([[[5.0, 5.0], [1.0, 2.0]]])
    slots = one_set(torch.tensor([[10.0, 10.0]]))
    out, _ = attention(text, slots, one_mention([0.5], null=0.5))
    # half of the weight reads the entity (10, 10), half the NULL slot (0, 0); one feature is open
    torch.testing.assert_close(out, torch.tensor([[[5.0, 5.0], [6.0, 2.0]]]))


def test_a_fresh_graft_changes_nothing(attention: KnowledgeAttention) -> None:
    text = torch.randn(1, 3, 8)
    out, _ = attention(text, one_set(torch.randn(2, 6)), one_mention([0.6, 0.3], null=0.1))
    assert torch.equal(out, text)


def test_tokens_outside_mentions_stay_bit_for_bit(attention: KnowledgeAttention) -> None:
    torch.nn.init.ones_(attention.gate)
    text = torch.randn(1, 3, 8)
    out, _ = attention(text, one_set(torch.randn(2, 6)), one_mention([0.6, 0.3], null=0.1))
    assert torch.equal(out[0, [0, 2]], text[0, [0, 2]])
    assert not torch.equal(out[0, 1], text[0, 1])


def test_a_padded_slot_gets_no_weight(attention: KnowledgeAttention) -> None:
    text, slots = torch.randn(1, 3, 8), one_set(torch.randn(2, 6))
    _, weights = attention(text, slots, one_mention([0.9, 0.0], null=0.1))
    assert weights[0, 1].item() == 0.0


def test_heads_that_do_not_divide_the_width_are_refused() -> None:
    with pytest.raises(ValueError, match="3 heads do not divide the width 8"):
        KnowledgeAttention(width=8, entity_width=6, heads=3)


def test_an_aligned_layer_with_an_open_gate_adds_what_it_reads_as_it_is() -> None:
    attention = KnowledgeAttention(width=2, entity_width=2, heads=1, aligned=True)
    with torch.no_grad():
        attention.query.weight.zero_()  # scores are log p alone
        attention.gate.fill_(math.inf)
    text, slots = torch.zeros(1, 2, 2), one_set(torch.tensor([[4.0, 8.0]]))
    out, _ = attention(text, slots, one_mention([0.75], null=0.25))
    torch.testing.assert_close(out[0, 1], torch.tensor([3.0, 6.0]))


def test_the_relation_of_a_slot_is_added_to_its_entity() -> None:
    slots = Slots(
        entities=torch.tensor([[1.0, 2.0], [3.0, 4.0]]),
        relations=torch.tensor([[0.0, 0.0], [10.0, 20.0]]),
        entity=torch.tensor([[1, 1]]),
        relation=torch.tensor([[0, 1]]),
    )
    identity = torch.nn.Linear(2, 2, bias=False)
    torch.nn.init.eye_(identity.weight)
    assert slots.through(identity).tolist() == [[[3.0, 4.0], [13.0, 24.0]]]


def test_mentions_of_several_tokens_are_read_as_if_each_stood_alone(
    attention: KnowledgeAttention,
) -> None:
    torch.nn.init.ones_(attention.gate)
    text, vectors = torch.randn(1, 3, 8), torch.randn(4, 6)
    relations = torch.zeros(1, 6)

    def read(positions: list[int], sets: list[int], slots: list[list[int]]) -> torch.Tensor:
        count, size = len(slots), len(slots[0])
        knowledge = Knowledge(
            reader_text=torch.zeros(len(positions), dtype=torch.int64),
            reader_position=torch.tensor(positions),
            reader_set=torch.tensor(sets),
            slot_entity=torch.tensor(slots),
            slot_relation=torch.zeros(count, size, dtype=torch.int64),
            slot_prior=torch.full((count, size), 0.4).log(),
            null_prior=torch.full((count,), 0.2).log(),
            set_text=torch.zeros(count, dtype=torch.int64),
            set_link=torch.arange(count),
        )
        none = torch.zeros(count, size, dtype=torch.int64)
        return attention(text, Slots(vectors, relations, torch.tensor(slots), none), knowledge)[0]

    together = read([0, 1, 2], [0, 0, 1], [[0, 1], [2, 3]])
    torch.testing.assert_close(together[0, 0], read([0], [0], [[0, 1]])[0, 0])
    torch.testing.assert_close(together[0, 1], read([1], [0], [[0, 1]])[0, 1])
    torch.testing.assert_close(together[0, 2], read([2], [0], [[2, 3]])[0, 2])
