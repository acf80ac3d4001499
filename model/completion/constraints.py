"""Answers that break no axiom, and how often answers break one.

Hard axioms are masks over the answers of a query (h, r, ?):

| axiom | no answer is |
|---|---|
| domain, range | an entity that may not be a tail of r; all, if h may not be a head |
| irreflexive | h |
| asymmetric | an entity with an edge r to h, or that scores as much the other way round |
| functional | any but the asserted one, if there is one; of the inverse: what has another head |
| disjoint properties | a tail of h by the other property |

Asserted edges of symmetric relations count both ways.

So what is answered breaks none of them together with the asserted edges; of a functional relation
the answers exclude each other. Whether t scores more as the head is asked of one vector, so the
inverse of an asymmetric relation has to be tied to it (`model.completion.relations`).

The loss of domain and range is the semantic loss (Xu et al. 2018, arXiv:1711.11157, eq. 1) of "the
tail is one of those allowed", which for a softmax is closed:

    L = -log sum over allowed t of p(t | h, r) = logsumexp over all - logsumexp over allowed
"""

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from kg.constraints import Constraints
from model.completion.facts import Answers, Triples, answers_of, both_ways
from model.completion.ranking import Score

GROUPS = ("domain and range", "irreflexive", "asymmetric", "functional", "disjoint properties")
"""Of hard axioms, as violations are told."""

TIE = 1e-4
"""A direction has to score more than the other by this, so that rounding decides nothing."""

Numbers = Int64[np.ndarray, " query"]


class Forbidden:
    """Which answers of queries break which axioms.

    Args:
        constraints: what is asked of edges.
        asserted: edges that hold, without their inverses.
        vectors: their scores tell the likelier direction of an edge of an asymmetric relation; None
            leaves asymmetric relations to the asserted edges.
    """

    def __init__(
        self, constraints: Constraints, asserted: Triples, *, vectors: Score | None = None
    ) -> None:
        self._of = constraints
        mirrored = asserted[constraints.symmetric[asserted[:, 1]]][:, ::-1]
        self._asserted = answers_of([asserted, mirrored], constraints.count)
        self._vectors = vectors
        self._allowed = torch.from_numpy(constraints.allowed)

    def __call__(
        self, head: Numbers, relation: Numbers, *, entities: int
    ) -> Iterator[tuple[str, Bool[Tensor, "query entity"]]]:
        """Each of `GROUPS` that asks something of the queries, with the answers that break it.

        Args:
            head, relation: the queries.
            entities: how many there are.
        """
        asked = self._of
        inverse = (relation + asked.count) % (2 * asked.count)

        def none() -> Tensor:
            return torch.zeros(len(head), entities, dtype=torch.bool)

        if len(asked.allowed):
            broken = none()
            rows = np.flatnonzero(asked.demand[relation] >= 0)
            broken[rows] = ~self._allowed[asked.demand[relation[rows]]]
            broken[~asked.may_be_tail(inverse, head)] = True
            yield "domain and range", broken
        if asked.irreflexive[relation].any():
            broken = none()
            rows = np.flatnonzero(asked.irreflexive[relation])
            broken[rows, head[rows]] = True
            yield "irreflexive", broken
        if asked.asymmetric[relation].any():
            broken = none()
            rows = np.flatnonzero(asked.asymmetric[relation])
            self._mark(broken, rows, head[rows], inverse[rows])
            if self._vectors:
                onward = self._vectors(head[rows], relation[rows])
                broken[rows] |= onward - self._vectors(head[rows], inverse[rows]) <= TIE
            yield "asymmetric", broken
        if asked.functional[relation].any() or asked.functional[inverse].any():
            yield "functional", self._second_values(none(), none(), head, relation)
        if len(asked.exclusive):
            yield "disjoint properties", self._exclusive(none(), head, relation)

    def _second_values(
        self, broken: Tensor, own: Tensor, head: Numbers, relation: Numbers
    ) -> Tensor:
        self._mark(own, np.arange(len(head)), head, relation)
        rows = np.flatnonzero(self._of.functional[relation])
        broken[rows] = own[rows].any(1, keepdim=True)
        for number in np.flatnonzero(self._of.functional).tolist():
            inverse = (number + self._of.count) % (2 * self._of.count)
            rows = np.flatnonzero(relation == inverse)
            taken = self._asserted.queries[self._asserted.queries[:, 1] == number][:, 0]
            broken[np.ix_(rows, taken)] = True
        return broken & ~own

    def _exclusive(self, broken: Tensor, head: Numbers, relation: Numbers) -> Tensor:
        count = self._of.count
        for pair in self._of.exclusive:
            both_ways = self._of.symmetric[pair].any()
            for one, other in (pair, pair[::-1]):
                for shift in (0, count):
                    rows = np.flatnonzero(relation == one + shift)
                    for end in (0, count) if both_ways else (shift,):
                        self._mark(broken, rows, head[rows], np.full(len(rows), other + end))
        return broken

    def _mark(self, broken: Tensor, rows: Numbers, head: Numbers, relation: Numbers) -> None:
        """Mark in these rows the asserted answers of queries."""
        places = self._asserted.places(np.stack([head, relation], axis=1))
        rows, places = rows[places >= 0], places[places >= 0]
        owner, tail = self._asserted.of(places)
        broken[rows[owner], tail] = True


class Masked:
    """Scores whose forbidden answers are minus infinity; a `Score` of the ranking.

    Args:
        score: the scores.
        forbidden: says which.
        groups: of axioms that are heard.
    """

    def __init__(
        self, score: Score, forbidden: Forbidden, *, groups: Collection[str] = GROUPS
    ) -> None:
        self._score, self._forbidden, self._groups = score, forbidden, groups

    def __call__(self, head: Numbers, relation: Numbers) -> Float[Tensor, "query entity"]:
        """Scores of all entities as tails."""
        scores = self._score(head, relation).clone()
        for group, broken in self._forbidden(head, relation, entities=scores.shape[1]):
            if group in self._groups:
                scores[broken] = -math.inf
        return scores


@dataclass(frozen=True)
class ViolationRates:
    """How many of the best answers break an axiom, as shares.

    Args:
        first, ten: of the best answers, and of the best ten; by group, those of which none could
            be broken left out.
        missing: share of the queries that have no answer at all.
    """

    first: dict[str, float]
    ten: dict[str, float]
    missing: float

    def to_json(self) -> dict[str, object]:
        """Under "violations" in results.json."""
        return {"top 1": self.first, "top 10": self.ten, "no answer": self.missing}


def violation_rates(
    score: Score, triples: Triples, asserted: Answers, forbidden: Forbidden, *, batch: int = 512
) -> ViolationRates:
    """How often the answers of the queries behind some triples break axioms.

    Both ends of each triple are asked for; answers that are asserted do not count, as they are no
    news.

    Args:
        score: gives the answers.
        triples: give the queries, each of which is asked once.
        asserted: edges that hold.
        forbidden: says what breaks an axiom.
        batch: queries scored at once.
    """
    queries = np.unique(both_ways(triples, asserted.relation_count)[:, :2], axis=0)
    broken = {depth: dict[str, int]() for depth in (1, 10)}
    answers = dict.fromkeys((1, 10), 0)
    missing = 0
    for start in range(0, len(queries), batch):
        head, relation = queries[start : start + batch].T
        scores = score(head, relation).clone()
        places = asserted.places(queries[start : start + batch])
        rows = np.flatnonzero(places >= 0)
        owner, tail = asserted.of(places[rows])
        scores[rows[owner], tail] = -math.inf
        best = scores.topk(min(10, scores.shape[1]), dim=1)
        given = best.values > -math.inf
        missing += int((~given[:, 0]).sum())
        for depth in answers:
            answers[depth] += int(given[:, :depth].sum())
        for group, marks in forbidden(head, relation, entities=scores.shape[1]):
            bad = marks.gather(1, best.indices) & given
            for depth, counts in broken.items():
                counts[group] = counts.get(group, 0) + int(bad[:, :depth].sum())
    first, ten = (
        {group: round(n / max(1, answers[depth]), 6) for group, n in broken[depth].items()}
        for depth in (1, 10)
    )
    return ViolationRates(first, ten, round(missing / max(1, len(queries)), 6))


def unmirrored(score: Score, asserted: Answers, constraints: Constraints) -> float:
    """Share of the accepted edges of symmetric relations whose mirror image is not accepted.

    Of each relation as many new edges are accepted as are asserted: those that score most, between
    entities that have such an edge.

    Args:
        score: of one scale for all queries, as that of vectors.
        asserted: edges that hold.
        constraints: tell the symmetric relations.
    """
    alone = accepted = 0
    for relation in np.flatnonzero(constraints.symmetric[: constraints.count]).tolist():
        own = asserted.queries[:, 1] == relation
        owner, tail = asserted.of(np.flatnonzero(own))
        heads = asserted.queries[own, 0][owner]
        ends = np.unique(np.concatenate([heads, tail]))
        if not len(ends):
            continue
        scores = score(ends, np.full(len(ends), relation))[:, torch.from_numpy(ends)].clone()
        known = torch.zeros(scores.shape, dtype=torch.bool)
        known[np.searchsorted(ends, heads), np.searchsorted(ends, tail)] = True
        scores[known] = -math.inf
        scores.fill_diagonal_(-math.inf)
        least = scores.ravel().topk(min(len(tail), scores.numel())).values[-1]
        taken = (scores >= least) & (scores > -math.inf)
        alike = known.T | (least - TIE <= scores.T)
        alone += int((taken & ~alike).sum())
        accepted += int(taken.sum())
    return round(alone / max(1, accepted), 6)


def allowed_loss(
    scores: Float[Tensor, "query tail"],
    allowed: Bool[Tensor, "query tail"],
    weight: Float[Tensor, " query"],
) -> Float[Tensor, ""]:
    """Weighted mean over the queries of the semantic loss of "an allowed tail"; 0 where all are.

    Args:
        scores: logits of a softmax over the tails.
        allowed: at least one of each query.
        weight: of each query.
    """
    inside = scores.masked_fill(~allowed, -math.inf).logsumexp(1)
    return (weight * (scores.logsumexp(1) - inside)).mean()


@runtime_checkable
class Asked(Protocol):
    """Queries of one step of training."""

    @property
    def head(self) -> Tensor:
        """Of each query."""

    @property
    def relation(self) -> Tensor:
        """Of each query."""

    @property
    def known(self) -> tuple[Tensor, Tensor]:
        """Query and column of the tails that are known to be right."""

    @property
    def sample(self) -> Tensor | None:
        """The tails that are scored; None for all."""


@runtime_checkable
class Soft(Protocol):
    """A loss of axioms or rules."""

    def __call__(self, scores: Tensor, asked: Asked, progress: float) -> Tensor | None:
        """The loss of one step; None where it has none."""


class SoftConstraints:
    """The loss of domain and range in training, from a share of the epochs on.

    Args:
        constraints: what is asked of edges.
        weight: of the loss beside that of the tails.
        every: steps between two in which it is computed; it counts as much more.
        start: share of the training before which it is 0; it then rises to its weight in as much
            again.
    """

    def __init__(
        self, constraints: Constraints, *, weight: float = 0.5, every: int = 4, start: float = 0.2
    ) -> None:
        self._allowed = torch.from_numpy(constraints.allowed)
        self._demand = torch.from_numpy(constraints.demand)
        self._weight = torch.from_numpy(constraints.weight).float() * weight
        self._every, self._start, self._steps = every, start, 0

    def __call__(
        self,
        scores: Float[Tensor, "query tail"],
        asked: Asked,
        progress: float,
    ) -> Float[Tensor, ""] | None:
        """The loss of one step; None where it has none.

        Args:
            scores: of each query against tails.
            asked: the queries.
            progress: share of the training that is done.
        """
        self._steps += 1
        ramp = 1.0 if not self._start else min(1.0, (progress - self._start) / self._start)
        if not len(self._allowed) or ramp <= 0 or self._steps % self._every:
            return None
        relation, sample = asked.relation, asked.sample
        rows = torch.nonzero(self._demand[relation] >= 0).ravel()
        allowed = self._allowed[self._demand[relation[rows]]]
        allowed = allowed if sample is None else allowed[:, sample]
        some = allowed.any(1)
        if not some.any():
            return None
        weight = self._weight[relation[rows[some]]] * ramp * self._every
        share = int(some.sum()) / len(relation)
        return share * allowed_loss(scores[rows[some]], allowed[some], weight)
