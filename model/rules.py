"""The knowledge base's rules about a set of labels: as a loss, and as a check of answers.

Two kinds speak of labels alone: `A is a B` (whoever has A has B) and `A and B are disjoint`.

Loss of `A is a B`:      sg(p_A) · (-log p_B)        where p_A > p_B
Loss of a disjoint pair: -log(1 - p_A · p_B)

sg is the stop-gradient. The textbook fuzzy implications (van Krieken et al. 2022, arXiv:2002.06100)
spend most of their gradient on lowering antecedents, that is on un-saying what the text says; the
detached antecedent raises the consequent instead. p_A > p_B is exactly a violated grounding, so
an implication that holds costs nothing. Equivalent classes and Horn rules are not read here yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from kg import Axiom, Graph
from model.errors import LossError

EPSILON = 1e-6


@dataclass(frozen=True)
class LabelRules:
    """Rules among labels; numbers are places in the list of labels.

    Attributes:
        child, parent: each pair is a rule `child is a parent`; no pair follows from others.
        first, second: each pair is a rule of disjointness.
    """

    child: Int[Tensor, " implication"]
    parent: Int[Tensor, " implication"]
    first: Int[Tensor, " disjoint"]
    second: Int[Tensor, " disjoint"]

    @property
    def count(self) -> int:
        """Number of rules."""
        return len(self.child) + len(self.first)


def label_rules(
    rows: Sequence[int | None], graph: Graph, curies: Sequence[str], axioms: Sequence[Axiom]
) -> LabelRules:
    """The is-a and disjointness rules that follow for these labels from a knowledge base.

    Args:
        rows: row of each label; None where the knowledge base no longer has it.
        graph: gives the is-a hierarchy, also between labels that are several steps apart.
        curies: CURIE of each row.
        axioms: give the disjoint classes; a pair holds for all labels at or below its two classes.
    """
    of_row = {row: index for index, row in enumerate(rows) if row is not None}
    over = {index: graph.ancestors(row).tolist() for row, index in of_row.items()}
    above = {index: {of_row[a] for a in over[index] if a in of_row} for index in over}
    implications = [
        (index, parent)
        for index, parents in sorted(above.items())
        for parent in sorted(parents)
        if not any(parent in above[o] and o not in above[parent] for o in parents - {parent})
    ]
    table_row = dict(zip(curies, range(len(curies)), strict=True))
    under: dict[int, set[int]] = {}
    for row, index in of_row.items():
        for ancestor in (row, *over[index]):
            under.setdefault(ancestor, set()).add(index)
    disjoint = {
        (min(a, b), max(a, b))
        for axiom in axioms
        if axiom.kind == "disjoint"
        for a in under.get(table_row.get(axiom.arguments[0], -1), ())
        for b in under.get(table_row.get(axiom.arguments[1], -1), ())
        if a != b
    }
    return LabelRules(*_columns(implications), *_columns(sorted(disjoint)))


def rule_loss(probability: Float[Tensor, "text label"], rules: LabelRules) -> Float[Tensor, ""]:
    """Sum over the rules, mean over the texts; see the head of the file.

    Raises:
        LossError: there are no rules, so nothing that could be learnt.
    """
    if not rules.count:
        raise LossError(
            "The knowledge base states no rule about the labels.",
            mend="Set rule_loss = [false], or choose labels that stand in a hierarchy.",
        )
    child, parent = probability[:, rules.child], probability[:, rules.parent]
    broken = (child > parent).to(probability.dtype)
    implication = broken * child.detach() * -torch.log(parent.clamp_min(EPSILON))
    both = probability[:, rules.first] * probability[:, rules.second]
    disjoint = -torch.log((1.0 - both).clamp_min(EPSILON))
    return (implication.sum() + disjoint.sum()) / len(probability)


def broken_rules(
    chosen: Bool[Tensor, "text label"], rules: LabelRules
) -> Bool[Tensor, "text rule"]:
    """Which rules an answer breaks; implications first, then disjoint pairs."""
    implication = chosen[:, rules.child] & ~chosen[:, rules.parent]
    disjoint = chosen[:, rules.first] & chosen[:, rules.second]
    return torch.cat([implication, disjoint], dim=1)


def triggered_rules(
    chosen: Bool[Tensor, "text label"], rules: LabelRules
) -> Bool[Tensor, "text rule"]:
    """Which rules an answer could break: those whose child, or one of whose pair, it gives."""
    disjoint = chosen[:, rules.first] | chosen[:, rules.second]
    return torch.cat([chosen[:, rules.child], disjoint], dim=1)


def _columns(pairs: Sequence[tuple[int, int]]) -> tuple[Tensor, Tensor]:
    first, second = torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).T
    return first.contiguous(), second.contiguous()
