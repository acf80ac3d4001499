"""Link prediction: each part against what can be worked out by hand or by brute force."""

import math

import numpy as np
import pytest
import torch

from model.completion.decoders import DECODERS
from model.completion.facts import Facts, answers_of, both_ways, split_triples
from model.completion.learning import LearningSettings, fresh_predictor, learn
from model.completion.losses import bernoulli_loss, n3, relations_loss, tails_loss
from model.completion.predictor import Scorer
from model.completion.ranking import filtered_ranks
from model.completion.relations import Relations, tied
from model.errors import ConfigError, LossError, TriplesError

NONE = np.zeros((0, 3), dtype=np.int64)
PRODUCTS = ("complex", "distmult")


def facts_of(train, *, valid=NONE, test=NONE, entailed=NONE, entities=6, relations=2):
    parts = (np.array(part, dtype=np.int64).reshape(-1, 3) for part in (train, valid, test))
    return Facts(entities, relations, *parts, np.array(entailed, dtype=np.int64).reshape(-1, 3))


def vectors(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def test_complex_is_the_real_part_of_the_trilinear_product():
    head, relation, tail = vectors(3, 4)
    expected = (
        torch.complex(head[:2], head[2:])
        * torch.complex(relation[:2], relation[2:])
        * torch.complex(tail[:2], -tail[2:])
    ).real.sum()
    decoder = DECODERS["complex"]
    assert decoder.score(decoder.query(head, relation), tail).item() == pytest.approx(
        expected.item()
    )


def test_rotate_and_transe_are_the_margin_where_the_tail_is_the_query():
    head, relation = vectors(2, 4)
    for name in ("rotate", "transe"):
        decoder = DECODERS[name]
        query = decoder.query(head, relation)
        assert decoder.score(query, query).item() == pytest.approx(9.0, abs=1e-4)
        assert decoder.score(query, query + 1).item() < 8.0


@pytest.mark.parametrize("name", sorted(DECODERS))
def test_all_ways_to_score_agree(name):
    decoder = DECODERS[name]
    head, relation, tails = vectors(5, 8), vectors(3, 8), vectors(7, 8)
    query = decoder.query(head, relation[:1])
    assert torch.allclose(
        decoder.scores(query, tails), decoder.score(query[:, None], tails[None]), atol=1e-6
    )
    assert torch.allclose(
        decoder.relation_scores(head, tails[:5], relation),
        decoder.score(decoder.query(head[:, None], relation[None]), tails[:5, None]),
        atol=1e-6,
    )


@pytest.mark.parametrize("name", sorted(DECODERS))
def test_the_inverse_turns_a_triple_round(name):
    decoder = DECODERS[name]
    head, relation, tail = vectors(3, 8)
    turned = decoder.score(decoder.query(tail, decoder.inverse(relation)), head)
    assert turned.item() == pytest.approx(decoder.score(decoder.query(head, relation), tail).item())


@pytest.mark.parametrize("name", PRODUCTS)
def test_tied_relations_cannot_disagree(name):
    decoder = DECODERS[name]
    # 0 and 1 are inverses, so are 1 and 2; 3 is symmetric; 4 is free
    ties = tied(5, inverse=[(0, 1), (1, 2)], symmetric=[3])
    relations = Relations(
        decoder, width=8, ties=ties, scale=1.0, generator=torch.Generator().manual_seed(0)
    )()
    head, tail = vectors(2, 8).float()

    def score(h, relation, t):
        return decoder.score(decoder.query(h, relations[relation]), t).item()

    assert score(head, 0, tail) == pytest.approx(score(tail, 1, head), abs=1e-5)
    assert score(head, 2, tail) == pytest.approx(score(tail, 1, head), abs=1e-5)
    assert score(head, 3, tail) == pytest.approx(score(tail, 3, head), abs=1e-5)
    for relation in range(4):
        assert score(head, relation, tail) == pytest.approx(
            score(tail, relation + 5, head), abs=1e-5
        )
    assert score(head, 4, tail) != pytest.approx(score(tail, 9, head), abs=1e-3)


def test_an_odd_ring_of_inverses_is_symmetric():
    ties = tied(3, inverse=[(0, 1), (1, 2), (2, 0)], symmetric=[])
    assert ties.symmetric.all()


@pytest.mark.parametrize("name", ["transe", "rotate"])
def test_distances_refuse_symmetric_ties(name):
    relations = Relations(
        DECODERS[name],
        width=4,
        ties=tied(1, inverse=[], symmetric=[0]),
        scale=1.0,
        generator=torch.Generator(),
    )
    with pytest.raises(ConfigError, match="symmetric"):
        relations()


def test_entailed_answers_are_no_negatives():
    scores = torch.tensor([[2.0, 1.0, 0.0, -1.0]])
    owner, column = torch.tensor([0]), torch.tensor([0])
    known = (torch.tensor([0]), torch.tensor([1]))
    wrong = math.exp(0.0) + math.exp(-1.0)
    expected = -math.log(math.exp(2.0) / (math.exp(2.0) + wrong))
    assert tails_loss(scores, owner, column, known).item() == pytest.approx(expected)


def test_what_follows_is_known_beside_what_is_stated():
    facts = facts_of([[0, 0, 1], [0, 0, 2], [3, 1, 4]], entailed=[[0, 0, 2], [0, 0, 5], [5, 1, 4]])
    known = facts.known_in_training
    queries = known.queries.tolist()
    told = {
        tuple(queries[place]): known.of(np.array([place]))[1].tolist()
        for place in range(len(queries))
    }
    # (5, 1) asks for nothing in training, (4, the inverse of 1) does
    assert {query: tails for query, tails in told.items() if tails} == {(0, 0): [5], (4, 3): [5]}
    assert len(queries) == len(answers_of([facts.train], 2))


def test_a_sample_stands_for_all():
    scores = torch.tensor([[0.0, 0.0]])
    one = torch.tensor([0])
    loss = tails_loss(scores, one, one, (one, one), of_all=3.0)
    assert loss.item() == pytest.approx(math.log(4.0))


def test_the_bernoulli_loss_is_that_of_smoothed_labels():
    scores = torch.zeros(1, 4)
    loss = bernoulli_loss(scores, torch.tensor([0]), torch.tensor([2]))
    assert loss.item() == pytest.approx(4 * math.log(2))


def test_n3_is_the_sum_of_cubes():
    found = n3(
        DECODERS["distmult"], torch.tensor([[1.0, -2.0], [3.0, 0.0]]), torch.tensor([1.0, 2.0])
    )
    assert found.item() == pytest.approx(1 + 8 + 2 * 27)


def test_relations_are_told_apart():
    head = tail = torch.tensor([[1.0, 1.0]])
    relations = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    loss = relations_loss(DECODERS["distmult"], head, tail, relations, torch.tensor([0]))
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-1)))


def brute_force_ranks(scores, triples, known, relation_count):
    """Filtered realistic ranks, one entity at a time."""
    ranks = []
    for head, relation, tail in both_ways(triples, relation_count).tolist():
        own = scores[head, relation]
        others = [e for e in range(len(own)) if e != tail and (head, relation, e) not in known]
        higher = sum(own[e] > own[tail] for e in others)
        equal = sum(own[e] == own[tail] for e in others)
        ranks.append(1 + higher + equal / 2)
    return np.array(ranks)


@pytest.mark.parametrize("batch", [1, 3, 64])
def test_ranks_equal_brute_force(batch):
    rng = np.random.default_rng(5)
    triples = np.unique(rng.integers([9, 3, 9], size=(60, 3)), axis=0)
    # few values, so that there are ties
    scores = rng.integers(4, size=(9, 6, 9)).astype(np.float32)
    known = answers_of([triples], 3)
    ranks = filtered_ranks(
        lambda head, relation: torch.from_numpy(scores[head, relation]),
        triples[:20],
        known,
        batch=batch,
    )
    told = {tuple(t) for t in both_ways(triples, 3).tolist()}
    expected = brute_force_ranks(scores, triples[:20], told, 3)
    assert np.concatenate([ranks.tail, ranks.head]).tolist() == expected.tolist()
    assert ranks.metrics()["mrr"] == pytest.approx((1 / expected).mean(), abs=1e-4)


def test_metrics_are_told_by_end_and_by_relation_with_intervals():
    triples = np.array([[0, 0, 1], [1, 1, 2]])
    scores = np.zeros((3, 4, 3), dtype=np.float32)
    scores[0, 0, 1] = scores[1, 1, 2] = 1.0  # tails are right, heads are tied
    ranks = filtered_ranks(
        lambda head, relation: torch.from_numpy(scores[head, relation]),
        triples,
        answers_of([triples], 2),
    )
    told = ranks.to_json(("likes", "knows"))
    assert told["tails"]["hits@1"] == 1.0
    assert told["heads"]["mrr"] == pytest.approx(0.5)
    assert set(told["relations"]) == {"likes", "knows"}
    low, high = told["interval_95"]["mrr"]
    assert low <= told["mrr"] <= high


@pytest.mark.parametrize("name", sorted(DECODERS))
@pytest.mark.parametrize("loss", ["softmax", "bernoulli"])
def test_a_small_graph_is_learnt_by_heart(name, loss):
    facts = facts_of([[0, 0, 3], [1, 0, 4], [2, 0, 5], [0, 1, 4], [1, 1, 5]])
    settings = LearningSettings(
        decoder=name, loss=loss, width=32, epochs=150, n3=0.0, optimiser="adam",
        learning_rate=0.05, scale=0.5,
    )  # fmt: skip
    predictor = fresh_predictor(facts, settings)
    reports = list(learn(predictor, facts, settings))
    assert reports[-1].loss < reports[0].loss
    ranks = filtered_ranks(Scorer(predictor), facts.train, facts.known)
    assert ranks.metrics()["mrr"] > 0.95


def test_a_sample_of_negatives_learns_too():
    ring = [[i, 0, (i + 1) % 40] for i in range(40)]
    facts = facts_of(ring, entities=40, relations=1)
    settings = LearningSettings(
        width=32, epochs=120, n3=0.0, optimiser="adam", learning_rate=0.05, scale=0.3, negatives=8
    )
    predictor = fresh_predictor(facts, settings)
    list(learn(predictor, facts, settings))
    assert filtered_ranks(Scorer(predictor), facts.train, facts.known).metrics()["mrr"] > 0.9


def test_the_best_epoch_is_kept_and_a_seed_says_all():
    rng = np.random.default_rng(0)
    triples = np.unique(rng.integers([20, 2, 20], size=(120, 3)), axis=0)
    train, valid, test = split_triples(triples, valid=0.1, test=0.1, generator=rng)
    facts = facts_of(train, valid=valid, test=test, entities=20)
    settings = LearningSettings(width=16, epochs=12, every=2, patience=2)
    found = []
    for _ in range(2):
        predictor = fresh_predictor(facts, settings)
        reports = list(learn(predictor, facts, settings))
        best = max(r.valid_mrr for r in reports if r.valid_mrr is not None)
        ranks = filtered_ranks(Scorer(predictor), facts.valid, facts.known)
        assert ranks.metrics()["mrr"] == best
        found.append(Scorer(predictor).entities)
    assert torch.equal(*found)


def test_a_loss_that_is_no_number_stops():
    facts = facts_of([[0, 0, 1]])
    settings = LearningSettings(width=4, epochs=1)
    predictor = fresh_predictor(facts, settings)
    with torch.no_grad():
        predictor.relations.table.fill_(math.nan)
    with pytest.raises(LossError, match="no number"):
        list(learn(predictor, facts, settings))


def test_a_split_leaves_everything_in_training():
    rng = np.random.default_rng(1)
    triples = np.unique(rng.integers([30, 3, 30], size=(200, 3)), axis=0)
    parts = split_triples(triples, valid=0.1, test=0.2, generator=rng)
    whole = np.concatenate(parts)
    assert len(np.unique(whole, axis=0)) == len(whole) == len(triples)
    train, valid, test = parts
    assert len(valid) == round(0.1 * len(triples))
    assert len(test) == round(0.2 * len(triples))
    for held in (valid, test):
        assert np.isin(held[:, [0, 2]], train[:, [0, 2]]).all()
        assert np.isin(held[:, 1], train[:, 1]).all()


@pytest.mark.parametrize(
    ("train", "message"), [(NONE, "no edge"), ([[0, 2, 1]], "outside"), ([[0, 0, 6]], "outside")]
)
def test_wrong_triples_are_refused(train, message):
    with pytest.raises(TriplesError, match=message):
        facts_of(train)
