"""Figures of a multi-label answer, with 95 % bootstrap intervals over the texts.

micro F1: all decisions pooled. macro F1: mean over the labels that are true of some text.
Violation rate: of the rules that an answer triggers (whose premise it gives), the share it breaks.
Intervals: percentile bootstrap (Efron & Tibshirani 1993, chapter 13), texts drawn with
replacement; differences are paired, the same draw for both answers.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

DRAWS = 1000
LEVEL = (2.5, 97.5)


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % bootstrap interval; nan where it is not defined."""

    value: float
    low: float
    high: float

    def to_json(self) -> list[float | None]:
        """[value, low, high], None for nan."""
        return [None if np.isnan(x) else round(x, 5) for x in (self.value, self.low, self.high)]


@dataclass(frozen=True)
class Scores:
    """Figures of one answer on one set of texts."""

    texts: int
    micro_f1: Interval
    macro_f1: Interval
    violation_rate: Interval

    def to_json(self) -> dict[str, object]:
        """Plain values."""
        return {
            "texts": self.texts,
            "micro_f1": self.micro_f1.to_json(),
            "macro_f1": self.macro_f1.to_json(),
            "violation_rate": self.violation_rate.to_json(),
        }


@dataclass(frozen=True)
class Outcome:
    """What was true, what was answered, and what rules the answers triggered and broke."""

    gold: Bool[np.ndarray, "text label"]
    chosen: Bool[np.ndarray, "text label"]
    triggered: Bool[np.ndarray, "text rule"]
    broken: Bool[np.ndarray, "text rule"]

    def part(self, texts: Bool[np.ndarray, " text"]) -> "Outcome":
        """The outcome on some of the texts."""
        return Outcome(
            self.gold[texts], self.chosen[texts], self.triggered[texts], self.broken[texts]
        )


def micro_f1(gold: Bool[np.ndarray, "text label"], chosen: Bool[np.ndarray, "text label"]) -> float:
    """2 TP / (|gold| + |chosen|) over all decisions; nan where both are empty."""
    whole = np.ones((1, len(gold)), dtype=np.int64)
    return float(_f1(_Counts.of(gold, chosen), whole)[0][0])


def score(outcome: Outcome, *, generator: np.random.Generator) -> Scores:
    """All figures with their intervals."""
    texts = len(outcome.gold)
    if not texts:
        none = Interval(np.nan, np.nan, np.nan)
        return Scores(0, none, none, none)
    draws = _draws(texts, generator)
    micro, macro = _f1(_Counts.of(outcome.gold, outcome.chosen), draws)
    rates = _violation_rate(outcome, draws)
    return Scores(texts, _interval(micro), _interval(macro), _interval(rates))


def micro_f1_difference(a: Outcome, b: Outcome, *, generator: np.random.Generator) -> Interval:
    """Micro F1 of `a` less that of `b` on the same texts, paired."""
    draws = _draws(len(a.gold), generator)
    first, _ = _f1(_Counts.of(a.gold, a.chosen), draws)
    second, _ = _f1(_Counts.of(b.gold, b.chosen), draws)
    return _interval(first - second)


def best_threshold(
    gold: Bool[np.ndarray, "text label"], probability: Float[np.ndarray, "text label"]
) -> float:
    """The threshold of 0.05, 0.10 ... 0.95 with the best micro F1; of equals, nearest to 0.5."""
    grid = [round(0.05 * step, 2) for step in range(1, 20)]
    return max(grid, key=lambda t: (np.nan_to_num(micro_f1(gold, probability >= t)), -abs(t - 0.5)))


@dataclass(frozen=True)
class _Counts:
    """Per text and label, as 0 or 1."""

    hit: Int[np.ndarray, "text label"]
    gold: Int[np.ndarray, "text label"]
    chosen: Int[np.ndarray, "text label"]

    @classmethod
    def of(
        cls, gold: Bool[np.ndarray, "text label"], chosen: Bool[np.ndarray, "text label"]
    ) -> "_Counts":
        return cls((gold & chosen).astype(int), gold.astype(int), chosen.astype(int))


def _draws(texts: int, generator: np.random.Generator) -> Int[np.ndarray, "draw text"]:
    """How often each text is in each draw; the first draw is the texts themselves."""
    drawn = generator.multinomial(texts, np.full(texts, 1 / texts), size=DRAWS)
    return np.concatenate([np.ones((1, texts), dtype=np.int64), drawn])


def _f1(
    counts: _Counts, draws: Int[np.ndarray, "draw text"]
) -> tuple[Float[np.ndarray, " draw"], Float[np.ndarray, " draw"]]:
    """Micro and macro F1 of each draw."""
    hit, gold, chosen = draws @ counts.hit, draws @ counts.gold, draws @ counts.chosen
    with np.errstate(invalid="ignore", divide="ignore"):
        micro = 2 * hit.sum(1) / (gold.sum(1) + chosen.sum(1))
        each = 2 * hit / (gold + chosen)
        present = gold > 0
        macro = np.where(present, np.nan_to_num(each), 0).sum(1) / present.sum(1)
    return micro, macro


def _violation_rate(
    outcome: Outcome, draws: Int[np.ndarray, "draw text"]
) -> Float[np.ndarray, " draw"]:
    with np.errstate(invalid="ignore", divide="ignore"):
        rate: Float[np.ndarray, " draw"] = (draws @ outcome.broken.sum(1)) / (
            draws @ outcome.triggered.sum(1)
        )
    return rate


def _interval(figures: Float[np.ndarray, " draw"]) -> Interval:
    drawn = figures[1:][~np.isnan(figures[1:])]
    low, high = np.percentile(drawn, LEVEL) if len(drawn) else (np.nan, np.nan)
    return Interval(float(figures[0]), float(low), float(high))
