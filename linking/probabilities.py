"""How likely each candidate is: evidence in log-odds against NIL, then one softmax with NIL.

p(candidate) = exp(its evidence) / (1 + sum of exp(evidence) over the candidates).
Every candidate carries what counted for and against it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from heapq import nlargest
from typing import NamedTuple

from linking.appraisals import Appraisal, worth
from linking.candidates import Owner
from linking.evidence import Amount, in_order
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


class Judged(NamedTuple):
    """A mention, its candidates, and for each of them its evidence and probability.

    Attributes:
        mention: of the text.
        appraisal: the candidates, with the evidence that is the same wherever it is written so.
        here: for each candidate what the text adds; empty if it adds nothing to any.
        probabilities, nil: of the candidates, and of none of them; they sum to 1.
    """

    mention: Mention
    appraisal: Appraisal
    here: tuple[tuple[Amount, ...], ...]
    probabilities: tuple[float, ...]
    nil: float

    @property
    def owners(self) -> tuple[Owner, ...]:
        """The candidates."""
        return self.appraisal.owners

    @property
    def evidence(self) -> tuple[tuple[Amount, ...], ...]:
        """All evidence of each candidate, in the order in which it is told."""
        always = self.appraisal.evidence
        if not self.here:
            return always
        return tuple(in_order((*own, *new)) for own, new in zip(always, self.here, strict=True))

    def told(self, at: int) -> tuple[Evidence, ...]:
        """The evidence of a candidate with what it counts."""
        return self.appraisal.told(at, self.here[at] if self.here else ())


def judged(
    mention: Mention, appraisal: Appraisal, here: tuple[tuple[Amount, ...], ...] = ()
) -> Judged:
    """Weigh the candidates of a mention by their evidence.

    Args:
        mention: of a text.
        appraisal: of what is written so.
        here: for each candidate what the text adds; empty if it adds nothing to any.
    """
    scores = appraisal.scores
    if here:
        weights = appraisal.weights
        scores = tuple(
            [score + worth(new, weights) for score, new in zip(scores, here, strict=True)]
        )
    probabilities, nil = softmax_with_nil(scores)
    return Judged(mention, appraisal, here, tuple(probabilities), nil)


def judged_again(found: Iterable[Judged], weights: Weights) -> list[Judged]:
    """The same evidence, without coherence, by other weights."""
    under: dict[Appraisal, Appraisal] = {}
    again = []
    for one in found:
        known = under.get(one.appraisal)
        if known is None:
            known = under[one.appraisal] = one.appraisal.under(weights)
        here = [tuple([a for a in new if a.name != COHERENCE]) for new in one.here]
        again.append(judged(one.mention, known, tuple(here)))
    return again


class _Asked(NamedTuple):
    """A mention whose candidates are asked for coherence: rows and probabilities of the best."""

    start: int
    end: int
    rows: tuple[int, ...]
    probabilities: tuple[float, ...]


def together(around: Neighbourhood, found: Sequence[Judged]) -> list[Judged]:
    """The mentions of a text, judged again with the coherence of their candidates.

    Args:
        around: knows how close entities are.
        found: judged each alone, by start.
    """
    asked = [_leading(one) for one in found]
    again = []
    for index, one in enumerate(found):
        near = {
            row: amount
            for row in asked[index].rows
            if (amount := _coherence(around, asked, index, row)) is not None
        }
        again.append(_with_coherence(one, near) if near else one)
    return again


def _with_coherence(one: Judged, near: Mapping[int, Amount]) -> Judged:
    """The mention judged again with further evidence for some rows."""
    here = one.here or ((),) * len(one.owners)
    both = [
        (*new, near[owner.row]) if owner.row in near else new
        for owner, new in zip(one.owners, here, strict=True)
    ]
    return judged(one.mention, one.appraisal, tuple(both))


def _leading(one: Judged) -> _Asked:
    """The `LEADING` most probable candidates of a mention."""
    mention, probabilities = one.mention, one.probabilities
    rows = tuple([owner.row for owner in one.owners])
    if len(rows) > LEADING:
        best = sorted(nlargest(LEADING, range(len(rows)), key=probabilities.__getitem__))
        rows = tuple([rows[at] for at in best])
        probabilities = tuple([probabilities[at] for at in best])
    return _Asked(mention.start, mention.end, rows, probabilities)


def _coherence(
    around: Neighbourhood, asked: Sequence[_Asked], index: int, row: int
) -> Amount | None:
    """How close a candidate is to the closest candidate of another mention nearby.

    Closeness, which is at least `CLOSE_ENOUGH`, times the probability of that candidate before any
    coherence.

    Args:
        around: knows how close entities are.
        asked: the mentions of the text.
        index: of the mention.
        row: one of its candidates.
    """
    start, end = asked[index].start, asked[index].end
    best, closeness, closest = 0.0, 0.0, -1
    tried = {row: 1.0}  # the same entity once more is no second witness
    for other in asked[max(0, index - WINDOW) : index + WINDOW + 1]:
        if other.start < end and start < other.end:
            continue
        for candidate, probability in zip(other.rows, other.probabilities, strict=True):
            if probability <= best or probability <= tried.get(candidate, 0.0):
                continue
            tried[candidate] = probability
            close = around.closeness(row, candidate)
            if close >= CLOSE_ENOUGH and close * probability > best:
                best, closeness, closest = close * probability, close, candidate
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
