"""What rules of one or two steps say of a query's tails, beside what the embeddings say.

A tail that several rules give has the noisy-or of their confidences (Galárraga et al. 2013 give the
rules, AnyBURL, Meilicke et al. 2019, takes the maximum of the confidences instead):

    p(h, r, t) = 1 - product over rules that give it of (1 - confidence)
    score = log softmax(embedding score) + weight * log(1 + 20 p)
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from kg import Graph
from kg.reasoning.mining import mine_rules
from kg.rules import HornRule
from model.completion.facts import Facts, Triples
from model.completion.ranking import Score, filtered_ranks

WEIGHTS = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0)
"""Of which the best on the valid triples is taken."""

SHARPNESS = 20.0
MOST_PAIRS = 5_000_000
"""A rule that gives more pairs than these says too little of each."""


class RuleScores:
    """Noisy-or scores of rules that were mined from the train triples.

    Args:
        facts: whose train triples are mined and walked.
        relations: CURIE of each relation.
        min_support, min_confidence: of a rule.
    """

    def __init__(
        self,
        facts: Facts,
        relations: tuple[str, ...],
        *,
        min_support: int = 5,
        min_confidence: float = 0.1,
    ) -> None:
        self._count = facts.entity_count
        self._relation_count = facts.relation_count
        graph = graph_of(facts.train, facts.entity_count, relations)
        mined = mine_rules(graph, min_support=min_support, min_confidence=min_confidence)
        self.rules: tuple[HornRule, ...] = tuple(found.rule for found in mined.rules)
        self._evidence = self._summed(facts.train, relations)

    def __call__(
        self, head: Int64[np.ndarray, " query"], relation: Int64[np.ndarray, " query"]
    ) -> Float[Tensor, "query entity"]:
        """log(1 + 20 p) of all entities as tails."""
        found = np.zeros((len(head), self._count), dtype=np.float32)
        for number in np.unique(relation).tolist():
            rows = np.flatnonzero(relation == number)
            evidence = self._evidence.get(number)
            if evidence is not None:
                found[rows] = evidence[head[rows]].toarray()
        probability = -np.expm1(-found)
        return torch.from_numpy(np.log1p(SHARPNESS * probability))

    def _summed(self, train: Triples, relations: tuple[str, ...]) -> Mapping[int, Any]:
        """For each relation and inverse, minus the sum of log(1 - confidence) of each pair."""
        from scipy.sparse import csr_array

        shape = (self._count, self._count)
        along = {}
        for number, name in enumerate(relations):
            head, _, tail = train[train[:, 1] == number].T
            ones = np.ones(len(head), dtype=np.float32)
            along[name] = csr_array((ones, (head, tail)), shape=shape)
        number_of = {name: number for number, name in enumerate(relations)}
        total: dict[int, Any] = {}
        for rule in self.rules:
            pairs = None
            for (start, _), atom in zip(_steps(rule), rule.body, strict=True):
                step = along[atom.predicate]
                step = step if atom.arguments[0] == start else step.T.tocsr()
                pairs = step if pairs is None else pairs @ step
            if pairs is None or pairs.nnz > MOST_PAIRS:
                continue
            weight = -np.log1p(-min(rule.weight, 0.999))
            given = csr_array(pairs > 0, dtype=np.float32) * np.float32(weight)
            number = number_of[rule.head.predicate]
            total[number] = given if number not in total else total[number] + given
        return {
            **total,
            **{number + self._relation_count: m.T.tocsr() for number, m in total.items()},
        }


class WithRules:
    """Scores of embeddings and rules together; see the head of the file."""

    def __init__(self, score: Score, rules: RuleScores, *, weight: float) -> None:
        self._score, self._rules, self.weight = score, rules, weight

    def __call__(
        self, head: Int64[np.ndarray, " query"], relation: Int64[np.ndarray, " query"]
    ) -> Float[Tensor, "query entity"]:
        """Log-probabilities up to a constant for each query."""
        own = self._score(head, relation).log_softmax(1)
        return own + self.weight * self._rules(head, relation) if self.weight else own


def best_with_rules(score: Score, rules: RuleScores, facts: Facts) -> WithRules:
    """The weight of the rules with the highest MRR on the valid triples; 0 without any."""
    if not len(facts.valid) or not rules.rules:
        return WithRules(score, rules, weight=0.0)
    tried = [WithRules(score, rules, weight=weight) for weight in WEIGHTS]
    found = [filtered_ranks(one, facts.valid, facts.known).metrics()["mrr"] for one in tried]
    return tried[int(np.argmax(found))]


def graph_of(triples: Triples, entity_count: int, relations: tuple[str, ...]) -> Graph:
    """Triples as a graph of `kg`."""
    order = np.lexsort(triples.T[[2, 1, 0]])
    head, relation, tail = triples[order].T.copy()
    return Graph(entity_count, head, relation, tail, relations)


def _steps(rule: HornRule) -> list[tuple[str, str]]:
    """Where each step of a path starts and ends."""
    names = ["x", "y"] if len(rule.body) == 1 else ["x", "z", "y"]
    return list(pairwise(names))
