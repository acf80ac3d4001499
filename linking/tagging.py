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

ITERATIONS = 60
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
        for offset in OFFSETS:
            columns: dict[str, int] = {}
            found = [
                [columns.setdefault(name, len(columns)) for name in features_of(word, offset)]
                for word in number
            ]
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
        names = [np.pad(text.names, 1) for text in texts]
        kept, worth = _sample((marks > 0) | (np.concatenate([n[1:-1] for n in names]) > 0))
        contexts = [self._context(chosen, at, kept) for at in range(len(OFFSETS))]
        around = [
            np.concatenate([one[at : len(one) - 2 + at] for one in names])[kept]
            for at in range(len(NAME_OFFSETS))
        ]
        marks = marks[kept]
        sizes = [len(one.names) for one in contexts]
        bounds = np.cumsum([0, *sizes, len(NAME_OFFSETS) * LABELS, 1]) * LABELS
        precision = np.full(bounds[-1], PRIOR)
        precision[bounds[-2] :] = 0.0
        rows = np.arange(len(marks))

        def loss(weights: Float64[np.ndarray, " w"]) -> tuple[float, Float64[np.ndarray, " w"]]:
            small = weights.astype(np.float32)
            parts = [small[low:high].reshape(-1, LABELS) for low, high in pairwise(bounds.tolist())]
            *of_contexts, of_names, bias = parts
            scores = np.repeat(bias, len(marks), axis=0)
            for one, own in zip(contexts, of_contexts, strict=True):
                scores += (one.features @ own)[one.words]
            tables = of_names.reshape(len(NAME_OFFSETS), LABELS, LABELS)
            for table, labels in zip(tables, around, strict=True):
                scores += table[labels]
            scores -= scores.max(axis=1)[:, None]
            powers = np.exp(scores)
            total = powers.sum(axis=1)
            nll = float((worth * (np.log(total) - scores[rows, marks])).sum(dtype=np.float64))
            powers /= total[:, None]
            powers[rows, marks] -= 1
            powers *= worth[:, None]
            slope = [(one.of_feature @ (one.of_word @ powers)).ravel() for one in contexts]
            slope += [_sums(labels, powers).ravel() for labels in around]
            slope.append(powers.sum(axis=0))
            pull = precision * weights
            return nll + float(pull @ weights) / 2, np.concatenate(slope).astype(np.float64) + pull

        found = minimize(
            loss,
            np.zeros(bounds[-1]),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": ITERATIONS, "maxcor": MEMORY},
        ).x
        features = [name for one in contexts for name in one.names]
        weights = found[: bounds[-3]].reshape(-1, LABELS)
        of_names = found[bounds[-3] : bounds[-2]].reshape(len(NAME_OFFSETS), LABELS, LABELS)
        return SpanTagger(
            dict(zip(features, weights.tolist(), strict=True)), of_names, found[bounds[-2] :]
        )

    def _context(
        self, chosen: Sequence[int], at: int, kept: Int64[np.ndarray, " token"]
    ) -> _Context:
        from scipy.sparse import csr_matrix

        shifted = [self._words[text] for text in chosen]
        every = np.concatenate([one[at : len(one) - 2 * PAD + at] for one in shifted])[kept]
        used, words = np.unique(every, return_inverse=True)
        matrix, names = self._features[at]
        features = matrix[used]
        often = features.T @ np.bincount(words, minlength=len(used))
        enough = np.flatnonzero(often >= FEWEST)
        features = features[:, enough].tocsr()
        ones = np.ones(len(words), dtype=np.float32)
        places = csr_matrix((ones, words, np.arange(len(words) + 1)), shape=(len(words), len(used)))
        return _Context(
            words,
            places.T.tocsr(),
            features,
            features.T.tocsr(),
            [names[one] for one in enough.tolist()],
        )


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


def _sums(
    labels: Int64[np.ndarray, " token"], values: Float32[np.ndarray, "token label"]
) -> Float64[np.ndarray, "label label"]:
    """The sum of the rows of each label."""
    return np.stack(
        [np.bincount(labels, values[:, at], minlength=LABELS) for at in range(LABELS)], axis=1
    )
