"""Losses of rules that give edges: chains and Horn rules.

A rule is grounded on the train edges; each edge that a body gives and that is not there is a
grounding, whose antecedent is as true as the rule is sure. The consequent is the probability of the
edge against all tails that are not known to be right:

    c = e^s / (e^s + sum over e neither known nor given of e^s(e))

| implication | loss of a => c |
|---|---|
| product (ours) | sg(a) * -log c where a > c |
| Goedel | 1 - c where a > c |
| Goguen | 1 - c / a where a > c |
| Lukasiewicz | max(0, a - c) |
| Reichenbach | a (1 - c) |

sg is the stop-gradient. The last four are 1 less the fuzzy implication of van Krieken et al. 2022,
arXiv:2002.06100, table 2.
"""

import math
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from kg.groundings import Groundings
from kg.rules import HornRule
from model.completion.constraints import Asked

Implication = Literal["product", "goedel", "goguen", "lukasiewicz", "reichenbach"]
IMPLICATIONS: tuple[Implication, ...] = get_args(Implication)

EPSILON = 1e-6


def implication_loss(
    antecedent: Float[Tensor, " grounding"],
    consequent: Float[Tensor, " grounding"],
    implication: Implication = "product",
) -> Float[Tensor, " grounding"]:
    """What each grounding of a rule costs; see the head of the file.

    Args:
        antecedent, consequent: in [0, 1].
        implication: one of `IMPLICATIONS`.
    """
    violated = (antecedent > consequent).to(consequent.dtype)
    match implication:
        case "product":
            return violated * antecedent.detach() * -consequent.clamp_min(EPSILON).log()
        case "goedel":
            return violated * (1 - consequent)
        case "goguen":
            return violated * (1 - consequent / antecedent.clamp_min(EPSILON))
        case "lukasiewicz":
            return violated * (antecedent - consequent)
        case "reichenbach":
            return antecedent * (1 - consequent)


class SoftRules:
    """The loss of rules in training, from a share of the epochs on.

    Args:
        rules: whose heads are relations.
        groundings: of the train edges, by the rows of a knowledge base.
        rows: the row of each entity, ascending.
        relations: CURIE of each relation.
        implication: see the head of the file.
        weight: of the loss beside that of the tails.
        every: steps between two in which it is computed; it counts as much more.
        start: as in `SoftConstraints`.
        most: a rule that gives more edges than these says too little of each, and is left out.
    """

    def __init__(
        self,
        rules: Sequence[HornRule],
        groundings: Groundings,
        *,
        rows: Int64[np.ndarray, " entity"],
        relations: Sequence[str],
        implication: Implication = "product",
        weight: float = 0.5,
        every: int = 4,
        start: float = 0.2,
        most: int = 1_000_000,
    ) -> None:
        self._implication: Implication = implication
        self._weight, self._every, self._start, self._steps = weight, every, start, 0
        self._width = 2 * len(relations)
        triples, truth = _given(rules, groundings, rows, relations, most)
        turned = np.stack([triples[:, 2], triples[:, 1] + len(relations), triples[:, 0]], axis=1)
        both = np.concatenate([triples, turned])
        keys = both[:, 0] * self._width + both[:, 1]
        order = np.argsort(keys, kind="stable")
        self._keys = torch.from_numpy(keys[order])
        self._tail = torch.from_numpy(both[order, 2])
        self._truth = torch.from_numpy(np.tile(truth, 2)[order]).float()

    def __len__(self) -> int:
        """How many edges the rules give that are not there."""
        return len(self._keys) // 2

    def __call__(
        self, scores: Float[Tensor, "query tail"], asked: Asked, progress: float
    ) -> Float[Tensor, ""] | None:
        """The loss of one step, a mean over the groundings that its queries have; None without.

        Args:
            scores: of each query against all tails; with a sample of them nothing is learnt.
            asked: the queries.
            progress: share of the training that is done.
        """
        self._steps += 1
        ramp = 1.0 if not self._start else min(1.0, (progress - self._start) / self._start)
        if ramp <= 0 or self._steps % self._every or asked.sample is not None:
            return None
        wanted = asked.head * self._width + asked.relation
        low = torch.searchsorted(self._keys, wanted)
        counts = torch.searchsorted(self._keys, wanted, right=True) - low
        if not counts.any():
            return None
        owner = torch.repeat_interleave(torch.arange(len(wanted)), counts)
        at = torch.arange(len(owner)) - torch.repeat_interleave(
            counts.cumsum(0) - counts - low, counts
        )
        tail = self._tail[at]
        left_out = (torch.cat([asked.known[0], owner]), torch.cat([asked.known[1], tail]))
        wrong = scores.index_put(left_out, scores.new_tensor(-math.inf)).logsumexp(1)
        consequent = torch.sigmoid(scores[owner, tail] - wrong[owner])
        loss = implication_loss(self._truth[at], consequent, self._implication)
        violated = max(1, int((self._truth[at] > consequent).sum()))
        return self._weight * ramp * self._every * loss.sum() / violated


def _given(
    rules: Sequence[HornRule],
    groundings: Groundings,
    rows: Int64[np.ndarray, " entity"],
    relations: Sequence[str],
    most: int,
) -> tuple[Int64[np.ndarray, "edge 3"], Float[np.ndarray, " edge"]]:
    """The edges between these entities that rules give, each once, and how true they are."""
    number = {curie: place for place, curie in enumerate(relations)}
    triples, truth = [np.zeros((0, 3), dtype=np.int64)], [np.zeros(0)]
    for rule in rules:
        relation = number.get(rule.head.predicate, -1)
        given = groundings.given(rule) if relation >= 0 and len(rule.head.arguments) == 2 else None
        if given is not None and len(given.missing) <= most:
            place = np.searchsorted(rows, given.missing).clip(max=len(rows) - 1)
            known = (rows[place] == given.missing).all(axis=1)
            head, tail = place[known].T
            triples.append(np.stack([head, np.full(len(head), relation), tail], axis=1))
            truth.append(np.full(len(head), min(1.0, rule.weight)))
    whole, sure = np.concatenate(triples), np.concatenate(truth)
    order = np.argsort(-sure, kind="stable")  # of several rules the surest
    unique, first = np.unique(whole[order], axis=0, return_index=True)
    return unique.astype(np.int64), sure[order][first]
