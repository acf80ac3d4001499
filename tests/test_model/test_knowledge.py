import math

import torch

from linking import Candidate, Link
from model.knowledge import BatchKnowledge, gather_knowledge

# "[CLS] red fox den [SEP]"
OFFSETS = torch.tensor([[[0, 0], [0, 3], [4, 7], [8, 11], [0, 0]]])


def candidate(row: int, probability: float) -> Candidate:
    return Candidate(row, f"zoo:{row}", f"https://example.org/{row}", str(row), probability, ())


def gather(links: list[Link], neighbours=lambda row: []) -> BatchKnowledge:
    return gather_knowledge([links], OFFSETS, neighbours=neighbours, local={5: 0, 6: 1, 9: 2})


def test_every_token_that_a_mention_covers_reads_it() -> None:
    found = gather([Link(0, 7, "red fox", (candidate(5, 0.75),))])
    assert found.mentions.reader_position.tolist() == [1, 2]
    assert found.mentions.reader_set.tolist() == [0, 0]
    assert found.mentions.slot_entity.tolist() == [[0]]
    assert found.mentions.slot_prior.exp().tolist() == [[0.75]]
    assert found.mentions.null_prior.exp().tolist() == [0.25]


def test_neighbours_stand_beside_their_candidate_with_its_prior() -> None:
    found = gather([Link(8, 11, "den", (candidate(5, 0.5),))], lambda row: [(1, 9)])
    assert found.mentions.slot_entity.tolist() == [[0, 2]]
    assert found.mentions.slot_relation.tolist() == [[0, 1]]
    assert found.mentions.slot_prior[0, 0] == found.mentions.slot_prior[0, 1]


def test_ragged_mentions_are_padded_with_no_weight() -> None:
    links = [
        Link(0, 3, "red", (candidate(5, 0.5),)),
        Link(4, 7, "fox", (candidate(5, 0.5), candidate(6, 0.4))),
    ]
    found = gather(links)
    assert found.mentions.slot_prior.isfinite().tolist() == [[True, False], [True, True]]
    assert found.mentions.slot_prior[0, 1].item() == -math.inf


def test_a_certain_link_leaves_null_a_little() -> None:
    found = gather([Link(0, 3, "red", (candidate(5, 1.0),))])
    assert found.mentions.null_prior.exp().item() > 0


def test_a_mention_beyond_the_tokens_is_not_read() -> None:
    assert gather([Link(40, 44, "lost", (candidate(5, 1.0),))]).is_empty


def test_each_mention_knows_its_link() -> None:
    links = [
        Link(40, 44, "lost", (candidate(5, 1.0),)),
        Link(4, 7, "fox", (candidate(5, 0.5),)),
    ]
    assert gather(links).mentions.set_link.tolist() == [1]


def test_a_text_reads_the_slots_of_all_its_mentions_at_once() -> None:
    links = [
        Link(0, 3, "red", (candidate(5, 0.5),)),
        Link(4, 7, "fox", (candidate(6, 0.75),)),
    ]
    texts = gather(links).texts
    assert texts.slot_entity.tolist() == [[0, 1]]
    assert texts.slot_prior.exp().tolist() == [[0.5, 0.75]]
    assert texts.null_prior.exp().item() == (0.5 + 0.25) / 2
