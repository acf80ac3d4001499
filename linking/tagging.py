"""Fits the weights of `linking/tagger.py`: L-BFGS on a logit with a Gaussian prior.

Texts are mostly words far from any mention or name; of these one in `STRIDE` is kept, and counts
for all. The features of a token are those of its words, so that the sums run over the distinct
words of the texts.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from linking.protocols import Span
from linking.tagger import (
    LABELS,
    NAME_OFFSETS,
    OFFSETS,
    PAD,
    SpanTagger,
    features_of,
    labels_of,
    tokens_of,
)

PRIOR = 1.0
"""Precision of the prior."""

ITERATIONS = 30
STRIDE = 3
FEWEST = 2
"""Times that a feature has to occur."""

MEMORY = 6
"""Steps that L-BFGS looks back."""


class MarkedText(NamedTuple):
    """The words of a text, and the labels that names and gold marks give to them.

    Attributes:
        words: with `PAD` empty ones at both ends.
    """

    words: list[str]
    names: Int64[np.ndarray, " token"]
    marks: Int64[np.ndarray, " token"]


def marked_text(text: str, *, names: Iterable[Span], marks: Iterable[Span]) -> MarkedText:
    """A text as an example.

    Args:
        text: any length.
        names: spans that are written like names of the ontology.
        marks: gold.
    """
    tokens = tokens_of(text)
    edge = [""] * PAD
    return MarkedText(
        [*edge, *tokens.words, *edge], labels_of(tokens, names), labels_of(tokens, marks)
    )


class _Context(NamedTuple):
    """What the words at one offset say of the tokens.

    Attributes:
        words: of each token, the number of the word there.
        of_word: the same as a sparse matrix of ones, transposed.
        features: of each word.
        of_feature: transposed.
        names: of the features.
    """

    words: Int64[np.ndarray, " token"]
    of_word: Any
    features: Any
    of_feature: Any
    names: list[str]

    @classmethod
    def of(cls, words: Int64[np.ndarray, " token"], features: Any, names: list[str]) -> "_Context":
        """With the transposed matrices."""
        from scipy.sparse import csr_matrix

        count = len(words)
        ones = np.ones(count, dtype=np.float32)
        shape = (count, features.shape[0])
        places = csr_matrix((ones, words, np.arange(count + 1)), shape=shape)
        return cls(words, places.T.tocsr(), features, features.T.tocsr(), names)


class TaggerFit:
    """The texts, encoded once, of which any part can be fitted to."""

    def __init__(self, texts: Sequence[MarkedText]) -> None:
        from scipy.sparse import csr_matrix

        self._texts = texts
        number: dict[str, int] = {"": 0}
        self._words = [
            np.array([number.setdefault(word, len(number)) for word in text.words])
            for text in texts
        ]
        self._features: list[tuple[Any, list[str]]] = []
        for every in zip(*map(features_of, number), strict=True):
            columns: dict[str, int] = {}
            found = [[columns.setdefault(name, len(columns)) for name in own] for own in every]
            ends = np.cumsum([0, *map(len, found)])
            flat = np.array([one for row in found for one in row])
            ones = np.ones(len(flat), dtype=np.float32)
            matrix = csr_matrix((ones, flat, ends), shape=(len(number), len(columns)))
            self._features.append((matrix, list(columns)))

    def fitted(self, chosen: Sequence[int]) -> SpanTagger:
        """The tagger that some of the texts teach.

        Args:
            chosen: their numbers; one at least.
        """
        from scipy.optimize import minimize

        texts = [self._texts[at] for at in chosen]
        marks = np.concatenate([text.marks for text in texts])
        if not len(marks):
            nothing = np.zeros((len(NAME_OFFSETS), LABELS, LABELS))
            return SpanTagger({}, nothing, np.zeros(LABELS))
        names = np.concatenate([text.names for text in texts])
        kept, worth = _sample((marks > 0) | (names > 0))
        contexts = [self._context(chosen, at, kept) for at in range(len(OFFSETS))]
        contexts.append(_names_around([text.names for text in texts], kept))
        logit = _Logit(contexts, marks[kept], worth)
        options = {"maxiter": ITERATIONS, "maxcor": MEMORY}
        start = np.zeros(len(logit.units))
        found = minimize(logit.loss, start, jac=True, method="L-BFGS-B", options=options)
        *of_contexts, of_names, bias = logit.parts(found.x * logit.units)
        features = [name for one in contexts[:-1] for name in one.names]
        weights = dict(zip(features, np.concatenate(of_contexts).tolist(), strict=True))
        return SpanTagger(weights, of_names.reshape(len(NAME_OFFSETS), LABELS, LABELS), bias[0])

    def _context(
        self, chosen: Sequence[int], at: int, kept: Int64[np.ndarray, " token"]
    ) -> _Context:
        shifted = [self._words[text] for text in chosen]
        every = np.concatenate([one[at : len(one) - 2 * PAD + at] for one in shifted])[kept]
        used, words = np.unique(every, return_inverse=True)
        matrix, names = self._features[at]
        features = matrix[used]
        often = features.T @ np.bincount(words, minlength=len(used))
        enough = np.flatnonzero(often >= FEWEST)
        features = features[:, enough].tocsr()
        return _Context.of(words, features, [names[one] for one in enough.tolist()])


class _Logit:
    """How badly weights explain the labels of tokens; tables of all features, one row each.

    The slope is as steep as a feature is frequent. So the weights are looked for in units in which
    the curvature is about 1, as it is at a guess that knows only how frequent the labels are.

    Attributes:
        units: what the numbers that are looked for are multiplied with to be weights.
    """

    def __init__(
        self,
        contexts: Sequence[_Context],
        marks: Int64[np.ndarray, " token"],
        worth: Float32[np.ndarray, " token"],
    ) -> None:
        self._contexts, self._marks, self._worth = contexts, marks, worth
        self._rows = np.arange(len(marks))
        self._bounds = (np.cumsum([0, *(len(one.names) for one in contexts), 1]) * LABELS).tolist()
        self._precision = np.full(self._bounds[-1], PRIOR)
        self._precision[self._bounds[-2] :] = 0.0  # of the bias
        share = np.bincount(marks, worth, LABELS) / worth.sum()
        often = [one.of_feature @ (one.of_word @ worth) for one in contexts]
        curvature = np.outer([*np.concatenate(often), worth.sum()], share * (1 - share)).ravel()
        self.units = 1 / np.sqrt(curvature + np.maximum(self._precision, PRIOR))

    def parts(self, weights: np.ndarray) -> list[np.ndarray]:
        """The weights of each context as a table, and last, the bias as one."""
        return [weights[low:high].reshape(-1, LABELS) for low, high in pairwise(self._bounds)]

    def loss(self, point: Float64[np.ndarray, " w"]) -> tuple[float, Float64[np.ndarray, " w"]]:
        """The negative log-likelihood with the prior, and its slope."""
        weights = point * self.units
        *tables, bias = self.parts(weights.astype(np.float32))
        scores = np.repeat(bias, len(self._rows), axis=0)
        for one, table in zip(self._contexts, tables, strict=True):
            scores += np.take(one.features @ table, one.words, axis=0)
        by_label = np.ascontiguousarray(scores.T)
        by_label -= by_label.max(axis=0)
        powers = np.exp(by_label)
        total = powers.sum(axis=0)
        misses = np.log(total) - by_label[self._marks, self._rows]
        powers /= total
        powers[self._marks, self._rows] -= 1
        powers *= self._worth
        away = np.ascontiguousarray(powers.T)
        slopes = [one.of_feature @ (one.of_word @ away) for one in self._contexts]
        slope = np.concatenate([*slopes, powers.sum(axis=1)[None]]).ravel().astype(np.float64)
        pull = self._precision * weights
        nll = float((self._worth * misses).sum(dtype=np.float64))
        return nll + float(pull @ weights) / 2, (slope + pull) * self.units


def _names_around(
    texts: Sequence[Int64[np.ndarray, " _"]], kept: Int64[np.ndarray, " kept"]
) -> _Context:
    """The labels that names give to the tokens around as a word, and each of them as a feature."""
    from scipy.sparse import csr_matrix

    padded = [np.pad(one, 1) for one in texts]
    around = [
        np.concatenate([one[at : len(one) - 2 + at] for one in padded])[kept]
        for at in range(len(NAME_OFFSETS))
    ]
    seen, words = np.unique(np.stack(around, axis=1), axis=0, return_inverse=True)
    columns = seen + np.arange(len(NAME_OFFSETS)) * LABELS
    shape = (len(seen), len(NAME_OFFSETS) * LABELS)
    ends = np.arange(len(seen) + 1) * len(NAME_OFFSETS)
    ones = np.ones(columns.size, dtype=np.float32)
    features = csr_matrix((ones, columns.ravel(), ends), shape=shape)
    return _Context.of(words.ravel(), features, [str(at) for at in range(shape[1])])


def _sample(
    near: Bool[np.ndarray, " token"],
) -> tuple[Int64[np.ndarray, " kept"], Float32[np.ndarray, " kept"]]:
    """The tokens that are kept, and how many each stands for: all near marks and names count."""
    wide = near.copy()
    for away in range(1, PAD + 1):
        wide[away:] |= near[:-away]
        wide[:-away] |= near[away:]
    kept = np.flatnonzero(wide | (np.arange(len(near)) % STRIDE == 0))
    return kept, np.where(wide[kept], 1, STRIDE).astype(np.float32)
