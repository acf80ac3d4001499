"""How likely each candidate is: evidence in log-odds against NIL, then one softmax with NIL.

p(candidate) = exp(its evidence) / (1 + sum of exp(evidence) over the candidates).
Every candidate carries what counted for and against it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import nlargest

from linking.candidates import Owner
from linking.evidence import Amount
from linking.links import Evidence
from linking.mentions import Mention
from linking.neighbourhood import Neighbourhood
from linking.weights import Weights

WINDOW = 20
"""Mentions before and after that are asked for coherence, so that long texts stay cheap."""

LEADING = 10
"""Candidates of a mention, the most probable ones, that coherence is asked for."""

COHERENCE = "coherence"

CLOSE_ENOUGH = 0.3
"""Closeness below this says nothing: in a tree of some size, everything meets near the root."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A mention, its candidates, and for each of them its evidence and probability.

    The probabilities and that of NIL sum to 1.
    """

    mention: Mention
    owners: tuple[Owner, ...]
    evidence: tuple[tuple[Amount, ...], ...]
    probabilities: tuple[float, ...]
    nil: float


def judged(
    mention: Mention,
    owners: tuple[Owner, ...],
    evidence: Sequence[Sequence[Amount]],
    weights: Weights,
) -> Judged:
    """Weigh the candidates of a mention by their evidence."""
    probabilities, nil = softmax_with_nil([score(found, weights) for found in evidence])
    return Judged(mention, owners, tuple(map(tuple, evidence)), tuple(probabilities), nil)


def score(evidence: Sequence[Amount], weights: Weights) -> float:
    """Log-odds of a candidate against NIL."""
    of = weights.of
    return weights.bias + sum([of[name] * amount for name, amount, _ in evidence])


def weighed(evidence: Sequence[Amount], weights: Weights) -> tuple[Evidence, ...]:
    """The evidence with what it counts, without what counts nothing."""
    of = weights.of
    found = [Evidence(name, note, round(of[name] * amount, 6)) for name, amount, note in evidence]
    if weights.bias:
        found.append(Evidence("bias", "of all candidates", round(weights.bias, 6)))
    return tuple(one for one in found if one.weight)


def leading(one: Judged) -> Judged:
    """The mention with its `LEADING` most probable candidates alone."""
    if len(one.owners) <= LEADING:
        return one
    best = sorted(nlargest(LEADING, range(len(one.owners)), key=one.probabilities.__getitem__))
    return replace(
        one,
        owners=tuple(one.owners[at] for at in best),
        evidence=tuple(one.evidence[at] for at in best),
        probabilities=tuple(one.probabilities[at] for at in best),
    )


def coherence_amount(
    around: Neighbourhood, nearby: Sequence[Judged], index: int, owner: Owner
) -> Amount | None:
    """How close a candidate is to the closest candidate of another mention nearby.

    Closeness, which is at least `CLOSE_ENOUGH`, times the probability of that candidate before any
    coherence.

    Args:
        around: knows how close entities are.
        nearby: the mentions of the text, judged each alone; of each, what is `leading`.
        index: of the mention.
        owner: one of its candidates.
    """
    mention, row = nearby[index].mention, owner.row
    best, closeness, closest = 0.0, 0.0, -1
    tried = {row: 1.0}  # the same entity once more is no second witness
    for other in nearby[max(0, index - WINDOW) : index + WINDOW + 1]:
        if other.mention.start < mention.end and mention.start < other.mention.end:
            continue
        for candidate, probability in zip(other.owners, other.probabilities, strict=True):
            if probability <= best or probability <= tried.get(candidate.row, 0.0):
                continue
            tried[candidate.row] = probability
            close = around.closeness(row, candidate.row)
            if close >= CLOSE_ENOUGH and close * probability > best:
                best, closeness, closest = close * probability, close, candidate.row
    if closest < 0:
        return None
    return Amount(COHERENCE, best, f"{around.label(closest)} ({closeness:.2f})")


def softmax_with_nil(scores: Sequence[float]) -> tuple[list[float], float]:
    """Probabilities of candidates and of NIL, whose score is 0.

    Args:
        scores: log-odds of the candidates.

    Returns:
        A probability for each score, in their order, and that of NIL; their sum is 1.
    """
    top = max([0.0, *scores])
    powers = [math.exp(score - top) for score in scores]
    none = math.exp(-top)
    total = sum(powers) + none
    return [power / total for power in powers], none / total
