import math
from pathlib import Path

import numpy as np
import pytest
import torch

from kg import Graph, KnowledgeBase
from model.errors import LossError
from model.rules import LabelRules, broken_rules, label_rules, rule_loss, triggered_rules

IS_A = "rdfs:subClassOf"


def rules(implications: list[tuple[int, int]], disjoint: list[tuple[int, int]]) -> LabelRules:
    pairs = torch.tensor(implications, dtype=torch.int64).reshape(-1, 2)
    apart = torch.tensor(disjoint, dtype=torch.int64).reshape(-1, 2)
    return LabelRules(pairs[:, 0], pairs[:, 1], apart[:, 0], apart[:, 1])


def test_a_violated_implication_costs_the_premise_times_minus_log_of_the_consequent() -> None:
    loss = rule_loss(torch.tensor([[0.8, 0.5]]), rules([(0, 1)], []))
    assert loss.item() == pytest.approx(0.8 * math.log(2))


def test_an_implication_that_holds_costs_nothing() -> None:
    loss = rule_loss(torch.tensor([[0.4, 0.5]]), rules([(0, 1)], []))
    assert loss.item() == 0.0


def test_the_loss_raises_the_consequent_and_leaves_the_premise() -> None:
    probability = torch.tensor([[0.8, 0.5]], requires_grad=True)
    rule_loss(probability, rules([(0, 1)], [])).backward()
    assert probability.grad is not None
    # d/dp_B of 0.8 * -log p_B = -0.8 / 0.5
    torch.testing.assert_close(probability.grad, torch.tensor([[0.0, -1.6]]))


def test_a_disjoint_pair_costs_minus_log_of_not_both() -> None:
    loss = rule_loss(torch.tensor([[0.5, 0.5], [1.0, 0.0]]), rules([], [(0, 1)]))
    assert loss.item() == pytest.approx(-math.log(0.75) / 2)


def test_without_rules_there_is_nothing_to_learn() -> None:
    with pytest.raises(LossError, match="no rule about the labels"):
        rule_loss(torch.tensor([[0.5]]), rules([], []))


def test_rules_are_broken_only_where_they_are_triggered() -> None:
    chosen = torch.tensor([[True, False, True], [False, True, False]])
    both = rules([(0, 1)], [(0, 2)])
    assert triggered_rules(chosen, both).tolist() == [[True, True], [False, False]]
    assert broken_rules(chosen, both).tolist() == [[True, True], [False, False]]


def test_the_ontologys_hierarchy_and_disjointness_become_rules_of_the_labels(zoo: Path) -> None:
    labels = ["zoo:bird", "zoo:fish", "zoo:diving_bird", "zoo:red_diving_bird"]
    with KnowledgeBase.open(zoo / "zoo.sqlite") as kb:
        table = kb.table()
        rows = [table.row(label) for label in labels]
        found = label_rules(rows, kb.graph(), table.curies, kb.axioms())
    # red diving bird is a bird too, but that follows from the two steps
    assert list(zip(found.child.tolist(), found.parent.tolist(), strict=True)) == [(2, 0), (3, 2)]
    # what is below a bird is no fish either
    assert set(zip(found.first.tolist(), found.second.tolist(), strict=True)) == {
        (0, 1), (1, 2), (1, 3),
    }  # fmt: skip


def test_labels_below_disjoint_classes_are_disjoint_though_those_are_no_labels(zoo: Path) -> None:
    with KnowledgeBase.open(zoo / "zoo.sqlite") as kb:
        table = kb.table()
        rows = [table.row("zoo:diving_bird"), table.row("zoo:diving_fish")]
        found = label_rules(rows, kb.graph(), table.curies, kb.axioms())
    assert found.child.tolist() == []
    assert (found.first.tolist(), found.second.tolist()) == ([0], [1])


def test_on_a_cycle_each_label_still_implies_its_parents() -> None:
    # 0 and 1 are each below the other, 2 is below 0
    graph = Graph(3, np.array([0, 1, 2]), np.zeros(3, dtype=np.int64), np.array([1, 0, 0]), (IS_A,))
    found = label_rules([0, 1, 2], graph, ["a", "b", "c"], [])
    pairs = set(zip(found.child.tolist(), found.parent.tolist(), strict=True))
    assert pairs == {(0, 1), (1, 0), (2, 0), (2, 1)}
