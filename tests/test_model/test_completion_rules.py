"""Losses of rules that give edges, worked by hand."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from kg import Graph
from kg.constraints import Members
from kg.groundings import Groundings
from kg.rules import parse_rules
from model.completion.facts import Facts
from model.completion.learning import LearningSettings, fresh_predictor, learn
from model.completion.predictor import Scorer
from model.completion.ranking import filtered_ranks
from model.completion.rule_losses import IMPLICATIONS, SoftRules, implication_loss

CURIES = (":ann", ":bea", ":cid", ":rome")
ANN, BEA, CID, ROME = range(4)
RELATIONS = (":knows", ":livesIn")
KNOWS, LIVES = range(2)
TRAIN = np.array([[ANN, KNOWS, BEA], [BEA, KNOWS, CID], [BEA, LIVES, ROME]])
NONE = torch.zeros(0, dtype=torch.int64)


@dataclass(frozen=True)
class Queries:
    head: torch.Tensor
    relation: torch.Tensor
    known: tuple[torch.Tensor, torch.Tensor] = (NONE, NONE)
    sample: torch.Tensor | None = None


def soft_rules(text, train=TRAIN, curies=CURIES, **more):
    head, relation, tail = np.array(sorted(map(tuple, train.tolist())), dtype=np.int64).T.copy()
    graph = Graph(len(curies), head, relation, tail, RELATIONS)
    groundings = Groundings(graph, curies, Members([], graph, curies))
    return SoftRules(
        parse_rules(text), groundings, rows=np.arange(len(curies)), relations=RELATIONS,
        **{"weight": 1.0, "every": 1, "start": 0.0, **more},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("implication", "violated", "kept"),
    [
        ("product", 0.8 * -math.log(0.2), 0.0),
        ("goedel", 1 - 0.2, 0.0),
        ("goguen", 1 - 0.2 / 0.8, 0.0),
        ("lukasiewicz", 0.8 - 0.2, 0.0),
        ("reichenbach", 0.8 * (1 - 0.2), 0.2 * (1 - 0.8)),
    ],
)
def test_each_implication_costs_what_its_formula_says(implication, violated, kept):
    low, high = torch.tensor([0.2]), torch.tensor([0.8])
    assert implication_loss(high, low, implication).item() == pytest.approx(violated)
    assert implication_loss(low, high, implication).item() == pytest.approx(kept)


@pytest.mark.parametrize("implication", IMPLICATIONS)
def test_the_gradients_of_the_implications_are_right(implication):
    a = torch.tensor([0.9, 0.3, 0.6], dtype=torch.float64)
    c = torch.tensor([0.2, 0.7, 0.5], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda c: implication_loss(a, c, implication), c)


def test_only_the_product_leaves_the_antecedent_alone():
    for implication in IMPLICATIONS:
        antecedent = torch.tensor([0.8], requires_grad=True)
        consequent = torch.tensor([0.5], requires_grad=True)
        implication_loss(antecedent, consequent, implication).sum().backward()
        moved = antecedent.grad is not None and antecedent.grad.item() != 0
        assert moved == (implication not in {"product", "goedel"})
        assert consequent.grad.item() < 0


def test_what_a_rule_gives_is_asked_for_from_both_ends():
    soft = soft_rules("0.8 :: :livesIn(x, y) :- :knows(x, z), :livesIn(z, y).")
    assert len(soft) == 1  # ann lives in rome
    scores = torch.zeros(3, 4)
    asked = Queries(torch.tensor([ANN, ROME, CID]), torch.tensor([LIVES, LIVES + 2, LIVES]))
    # at equal scores the edge has a quarter; both ends are violated groundings
    assert soft(scores, asked, 1.0).item() == pytest.approx(0.8 * math.log(4))


def test_known_tails_do_not_compete():
    soft = soft_rules("1 :: :livesIn(x, y) :- :knows(x, z), :livesIn(z, y).")
    known = (torch.tensor([0, 0]), torch.tensor([ANN, BEA]))
    asked = Queries(torch.tensor([ANN]), torch.tensor([LIVES]), known)
    assert soft(torch.zeros(1, 4), asked, 1.0).item() == pytest.approx(math.log(2))


def test_nothing_is_learnt_of_what_is_there_nor_before_its_time():
    there = soft_rules("1 :: :knows(x, y) :- :knows(x, y).")
    asked = Queries(torch.tensor([ANN]), torch.tensor([KNOWS]))
    assert len(there) == 0
    assert there(torch.zeros(1, 4), asked, 1.0) is None
    late = soft_rules("1 :: :knows(y, x) :- :knows(x, y).", start=0.2)
    turned = Queries(torch.tensor([BEA]), torch.tensor([KNOWS]))
    assert late(torch.zeros(1, 4), turned, 0.2) is None
    half, whole = (late(torch.zeros(1, 4), turned, at).item() for at in (0.3, 0.4))
    assert half == pytest.approx(whole / 2)


def test_of_several_rules_the_surest_counts():
    soft = soft_rules(
        "0.3 :: :knows(y, x) :- :knows(x, y).\n0.9 :: :knows(y, x) :- :knows(x, y), :knows(y, z)."
    )
    asked = Queries(torch.tensor([BEA]), torch.tensor([KNOWS]))
    assert soft(torch.zeros(1, 4), asked, 1.0).item() == pytest.approx(0.9 * math.log(4))


def test_a_broken_rule_that_is_trained_is_kept_more():
    rng = np.random.default_rng(0)
    pairs = np.unique(rng.integers(20, size=(60, 2)), axis=0)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    train = np.array([(a, KNOWS, b) for a, b in pairs.tolist()] + [(0, LIVES, 1)], dtype=np.int64)
    none = np.zeros((0, 3), dtype=np.int64)
    facts = Facts(20, 2, train, none, none, none)
    curies = tuple(f":e{row}" for row in range(20))
    mirrored = np.array([(b, KNOWS, a) for a, b in pairs.tolist()], dtype=np.int64)
    found = []
    for weight in (0.0, 2.0):
        soft = soft_rules(
            "1 :: :knows(y, x) :- :knows(x, y).", train, curies, weight=weight, start=0.1
        )
        predictor = fresh_predictor(facts, LearningSettings(width=32, n3=0.0, batch=8, epochs=60))
        settings = LearningSettings(width=32, n3=0.0, batch=8, epochs=60)
        list(learn(predictor, facts, settings, soft=[soft]))
        known = Facts(20, 2, np.concatenate([train, mirrored]), none, none, none).known
        found.append(filtered_ranks(Scorer(predictor), mirrored, known).metrics()["mrr"])
    assert found[1] > found[0]
