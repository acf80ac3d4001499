"""How far scores would swing with other texts: the bootstrap over texts.

Texts are drawn anew, with replacement, as many as there are; the percentiles of the scores of many
such draws bound the interval (Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter
13). Two linkers are compared on the same draws: the paired bootstrap (Koehn 2004, W04-3250).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from linking.evaluation import Counts

RESAMPLES = 1000
LEVEL = 0.95
SEED = 0
_AT_ONCE = 50
"""Draws that are held in memory at a time."""

_Scores = Float64[np.ndarray, "resample part"]


class Interval(NamedTuple):
    """A score of all texts, and the bounds of its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Resampled:
    """Scores of one linker over the same texts, drawn many times.

    Attributes:
        values: measure -> precision, recall and F1 of the texts as they are.
        draws: measure -> the same of each draw.
    """

    values: Mapping[str, Float64[np.ndarray, " part"]]
    draws: Mapping[str, _Scores]


def resampled(
    texts: Sequence[Mapping[str, Counts]], *, resamples: int = RESAMPLES, seed: int = SEED
) -> Resampled:
    """Draw texts with replacement and score each draw.

    Args:
        texts: the counts of each text, by measure; one text at least.
        resamples: number of draws, above 0.
        seed: of the draws; the same seed and number of texts give the same draws.
    """
    measures = list(texts[0])
    counts = np.array([[text[measure] for measure in measures] for text in texts], np.float64)
    flat = counts.reshape(len(texts), -1)
    sums = np.concatenate([draw @ flat for draw in _draws(len(texts), resamples, seed)])
    draws = _parts(sums.reshape(resamples, len(measures), 4))
    values = _parts(counts.sum(axis=0)[None])
    return Resampled(
        values={measure: values[0, at] for at, measure in enumerate(measures)},
        draws={measure: draws[:, at] for at, measure in enumerate(measures)},
    )


def intervals(scores: Resampled) -> dict[str, tuple[Interval, Interval, Interval]]:
    """Measure -> the intervals of precision, recall and F1."""
    return {
        measure: _bounds(scores.values[measure], draws) for measure, draws in scores.draws.items()
    }


def difference(
    ours: Resampled, theirs: Resampled
) -> dict[str, tuple[Interval, Interval, Interval]]:
    """Measure -> the intervals of our scores less theirs, of the same draws of the same texts."""
    return {
        measure: _bounds(
            ours.values[measure] - theirs.values[measure], draws - theirs.draws[measure]
        )
        for measure, draws in ours.draws.items()
    }


def _draws(texts: int, resamples: int, seed: int) -> Iterator[Float64[np.ndarray, "draw text"]]:
    """How often each text is in each draw."""
    chance = np.random.default_rng(seed)
    for start in range(0, resamples, _AT_ONCE):
        draws = min(_AT_ONCE, resamples - start)
        drawn = chance.integers(texts, size=(draws, texts))
        drawn += texts * np.arange(draws)[:, None]
        yield np.bincount(drawn.ravel(), minlength=draws * texts).reshape(draws, texts) * 1.0


def _parts(
    counts: Float64[np.ndarray, "resample measure 4"],
) -> Float64[np.ndarray, "resample measure part"]:
    """Precision, recall and F1; 0 where nothing is to count."""
    right, given, found, wanted = np.moveaxis(counts, -1, 0)
    precision = np.divide(right, given, out=np.zeros_like(right), where=given > 0)
    recall = np.divide(found, wanted, out=np.zeros_like(found), where=wanted > 0)
    total = precision + recall
    f1 = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
    return np.stack([precision, recall, f1], axis=-1)


def _bounds(
    values: Float64[np.ndarray, " part"], draws: _Scores
) -> tuple[Interval, Interval, Interval]:
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
    one, two, three = (
        Interval(float(value), float(below), float(above))
        for value, below, above in zip(values, low, high, strict=True)
    )
    return one, two, three
