"""Figures of a multi-label answer, with 95 % bootstrap intervals over texts and seeds.

micro F1: all decisions pooled. macro F1: mean over the labels that are true of some text.
Violation rate: of the rules that an answer triggers (whose premise it gives), the share it breaks.
Intervals: percentile bootstrap (Efron & Tibshirani 1993, chapter 13), texts drawn with
replacement; differences are paired, the same draw for both answers. A run trained with several
seeds has the mean of their figures, and each draw takes seeds and texts with replacement, the same
texts for all seeds, since all answer the same texts (the pigeonhole bootstrap, Owen 2007,
doi:10.1214/07-AOAS122). Two or three seeds say little of all seeds: read such intervals with care.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

DRAWS = 1000
LEVEL = (2.5, 97.5)


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % bootstrap interval; nan where it is not defined.

    Attributes:
        value: mean over the seeds.
        low, high: bounds of the interval.
        seeds: the figure of each seed.
    """

    value: float
    low: float
    high: float
    seeds: tuple[float, ...]

    @property
    def sd(self) -> float:
        """Standard deviation over the seeds (n - 1 below the fraction); nan for a single one."""
        return float(np.std(self.seeds, ddof=1)) if len(self.seeds) > 1 else np.nan

    def to_json(self) -> list[float | None]:
        """[value, low, high], None for nan."""
        return [plain(x) for x in (self.value, self.low, self.high)]


@dataclass(frozen=True)
class Scores:
    """Figures of one run on one set of texts."""

    texts: int
    micro_f1: Interval
    macro_f1: Interval
    violation_rate: Interval

    def to_json(self) -> dict[str, object]:
        """Plain values."""
        figures = {
            "micro_f1": self.micro_f1,
            "macro_f1": self.macro_f1,
            "violation_rate": self.violation_rate,
        }
        return {
            "texts": self.texts,
            **{name: figure.to_json() for name, figure in figures.items()},
            "sd": {name: plain(figure.sd) for name, figure in figures.items()},
            "seeds": {name: [plain(x) for x in figure.seeds] for name, figure in figures.items()},
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


def plain(figure: float) -> float | None:
    """A figure as it stands in JSON: five decimals, None for nan."""
    return None if np.isnan(figure) else round(figure, 5)


def micro_f1(gold: Bool[np.ndarray, "text label"], chosen: Bool[np.ndarray, "text label"]) -> float:
    """2 TP / (|gold| + |chosen|) over all decisions; nan where both are empty."""
    whole = np.ones((1, len(gold)), dtype=np.int64)
    return float(_f1(_Counts.of(gold, chosen), whole)[0][0])


def score(outcomes: Sequence[Outcome], *, generator: np.random.Generator) -> Scores:
    """All figures with their intervals.

    Args:
        outcomes: one for each seed, on the same texts.
        generator: of the draws.
    """
    texts, seeds = len(outcomes[0].gold), len(outcomes)
    if not texts:
        none = Interval(np.nan, np.nan, np.nan, (np.nan,) * seeds)
        return Scores(0, none, none, none)
    draws = _draws(texts, generator)
    weights = _draws(seeds, generator) / seeds
    f1 = [_f1(_Counts.of(outcome.gold, outcome.chosen), draws) for outcome in outcomes]
    rates = [_violation_rate(outcome, draws) for outcome in outcomes]
    return Scores(
        texts,
        micro_f1=_interval([micro for micro, _ in f1], weights),
        macro_f1=_interval([macro for _, macro in f1], weights),
        violation_rate=_interval(rates, weights),
    )


def micro_f1_difference(
    a: Sequence[Outcome], b: Sequence[Outcome], *, generator: np.random.Generator
) -> Interval:
    """Micro F1 of `a` less that of `b` on the same texts, paired.

    Args:
        a, b: one outcome for each seed; those at the same place are a pair.
        generator: of the draws.
    """
    draws = _draws(len(a[0].gold), generator)
    weights = _draws(len(a), generator) / len(a)
    return _interval(
        [
            _f1(_Counts.of(first.gold, first.chosen), draws)[0]
            - _f1(_Counts.of(second.gold, second.chosen), draws)[0]
            for first, second in zip(a, b, strict=True)
        ],
        weights,
    )


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


def _draws(count: int, generator: np.random.Generator) -> Int[np.ndarray, "draw one"]:
    """How often each text, or seed, is in each draw; in the first draw each is once."""
    drawn = generator.multinomial(count, np.full(count, 1 / count), size=DRAWS)
    return np.concatenate([np.ones((1, count), dtype=np.int64), drawn])


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


def _interval(
    figures: Sequence[Float[np.ndarray, " draw"]], weights: Float[np.ndarray, "draw seed"]
) -> Interval:
    """The interval of the mean over seeds, from each seed's figure in each draw of the texts."""
    of_seed = np.stack(figures, axis=1)
    mean = np.where(weights > 0, weights * of_seed, 0.0).sum(1)
    drawn = mean[1:][~np.isnan(mean[1:])]
    low, high = np.percentile(drawn, LEVEL) if len(drawn) else (np.nan, np.nan)
    return Interval(float(mean[0]), float(low), float(high), tuple(of_seed[0].tolist()))
