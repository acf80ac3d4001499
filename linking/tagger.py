"""Which spans of a text look like what gold texts mark, whatever names there are.

Each token is outside of mentions, begins, continues or ends one, or is one by itself: a multinomial
logit over its letters, the words around it, and whether names of the ontology stand there. The
weights are fitted by `linking/tagging.py`. A span is as likely as all labellings of the text are
that have it, among those in which every mention that begins ends: the forward-backward algorithm
(Rabiner 1989, doi:10.1109/5.18626) with two states, within a mention and outside.
"""

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from linking.errors import TextsError
from linking.protocols import Span
from linking.text import fold

OUTSIDE, BEGIN, INSIDE, END, SINGLE = range(5)
LABELS = 5

OFFSETS = (-2, -1, 0, 1, 2)
"""Words before and after a token that speak for it."""

NAME_OFFSETS = (-1, 0, 1)
"""Tokens before and after at which names count."""

PAD = 2
"""Empty words before and after a text."""

LEAST = 0.3
"""Probability at which a span is a mention though no name is written like it."""

MAX_TOKENS = 20
"""Longest of such mentions."""

MAX_LOG_ODDS = 8.0
TINY = 1e-12
MOST_AFTER = 3.0
"""By how much the words behind a span may at most make up for those within."""

SURE = 0.99
"""Probability at which a token is taken to be outside of mentions without asking its neighbours."""

SCALE = 100
"""Weights are kept as whole numbers, in units of 1 / SCALE."""

_KEPT_WORDS = 200_000
_UNSPACED = "\u3400-\u9fff\u3040-\u30ff\uf900-\ufaff\U00020000-\U0003ffff\u0e00-\u0eff"
_UNSPACED += "\u1000-\u109f\u1780-\u17ff"  # as `is_cjk` has it
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W\d_{_UNSPACED}]+|\d+|[^\w\s]|_")


class Tokens(NamedTuple):
    """Words, numbers, single signs and single letters of scripts without blanks, in order.

    Attributes:
        starts, ends: code points.
        words: as written.
    """

    starts: list[int]
    ends: list[int]
    words: list[str]


def tokens_of(text: str) -> Tokens:
    """Split a text into tokens; what is between them is white space."""
    spans = [found.span() for found in _TOKEN.finditer(text)]
    return Tokens(
        [start for start, _ in spans], [end for _, end in spans], [text[s:e] for s, e in spans]
    )


def features_of(word: str) -> tuple[list[str], ...]:
    """What a word says of the tokens around it: for each of `OFFSETS`, of which it is that far."""
    folded, shape = fold(word), _shape(word)
    size = len(folded)
    own = [f"0={folded}"]
    own += [f"0-{folded[-count:]}" for count in (2, 3, 4, 5) if size > count]
    own += [f"0{folded[:count]}-" for count in (3, 4, 5) if size > count]
    own.append(f"0:{shape}")
    before, after = ([f"{at}={folded}", f"{at}-{folded[-3:]}", f"{at}:{shape}"] for at in (-1, 1))
    return [f"-2={folded}"], before, own, after, [f"2={folded}"]


def _shape(word: str) -> str:
    if not word[:1].isalpha():
        return "1" if word.isdigit() else word[:1]
    if word.islower():
        return "a"
    if word.isupper():
        return "A" if len(word) == 1 else "AA"
    return "Aa" if word[0].isupper() and word[1:].islower() else "aA"


def labels_of(tokens: Tokens, spans: Iterable[Span]) -> Int64[np.ndarray, " token"]:
    """The label of each token; of spans that overlap, the first and then the longest counts."""
    starts = {start: at for at, start in enumerate(tokens.starts)}
    ends = {end: at for at, end in enumerate(tokens.ends)}
    labels = np.zeros(len(tokens.words), dtype=np.int64)
    reach = -1
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        first, last = starts.get(start), ends.get(end)
        if start < reach or first is None or last is None:
            continue
        reach = end
        labels[first : last + 1] = INSIDE
        labels[first], labels[last] = BEGIN, END
        if first == last:
            labels[first] = SINGLE
    return labels


class SpanTagger:
    """Says how likely spans are mentions.

    Args:
        weights: of each feature, for each label.
        of_names: the same for the label that names give to a token, at each of `NAME_OFFSETS`.
        bias: for each label.
    """

    def __init__(
        self,
        weights: Mapping[str, Sequence[float]],
        of_names: Float64[np.ndarray, "offset label label"],
        bias: Float64[np.ndarray, " label"],
    ) -> None:
        self._row = {feature: at for at, feature in enumerate(weights)}
        self._weights = np.array([*weights.values(), [0.0] * LABELS], dtype=np.float64)
        self._of_names = of_names
        self._bias = bias
        self._known: dict[str, int] = {}
        self._tables = np.zeros((0, len(OFFSETS) * LABELS))

    def log_odds(
        self, text: str, *, names: Iterable[Span], asked: Collection[Span]
    ) -> dict[Span, float]:
        """The log-odds of the asked spans, and of all others that are at least `LEAST` likely.

        Args:
            text: any length.
            names: spans that are written like names of the ontology.
            asked: any spans.
        """
        tokens = tokens_of(text)
        if not tokens.words:
            return dict.fromkeys(asked, -MAX_LOG_ODDS)
        chances = self._log_probabilities(tokens, labels_of(tokens, names))
        inside = [0.0, *np.cumsum(chances[:, INSIDE]).tolist()]
        before, after = _log_weights_around(chances)
        _, begin, _, end, single = chances.T.tolist()
        # a mention begins before a token, or ends behind it
        begin = [one + other for one, other in zip(begin, before, strict=True)]
        single = [one + other for one, other in zip(single, before, strict=True)]
        first = {start: at for at, start in enumerate(tokens.starts)}
        last = {stop: at for at, stop in enumerate(tokens.ends)}
        found = {}
        for span in asked:
            a, b = first.get(span[0]), last.get(span[1])
            if a is None or b is None:
                found[span] = -MAX_LOG_ODDS  # within a token
            elif a == b:
                found[span] = _log_odds(single[a] + after[a])
            else:
                found[span] = _log_odds(begin[a] + end[b] + inside[b] - inside[a + 1] + after[b])
        least = math.log(LEAST)
        for a in np.flatnonzero(chances[:, OUTSIDE] < math.log(SURE)).tolist():
            if single[a] + after[a] >= least:
                found[tokens.starts[a], tokens.ends[a]] = _log_odds(single[a] + after[a])
            for b in range(a + 1, min(a + MAX_TOKENS, len(begin))):
                so_far = begin[a] + inside[b] - inside[a + 1]
                if so_far + MOST_AFTER < least:
                    break
                likely = so_far + end[b] + after[b]
                if likely >= least:
                    found[tokens.starts[a], tokens.ends[b]] = _log_odds(likely)
        return found

    def _log_probabilities(
        self, tokens: Tokens, names: Int64[np.ndarray, " token"]
    ) -> Float64[np.ndarray, "token label"]:
        count = len(names)
        rows = self._tables_of(tokens.words)
        scores: np.ndarray = rows[:count, :LABELS] + self._bias
        for at in range(1, len(OFFSETS)):
            scores += rows[at : at + count, at * LABELS : (at + 1) * LABELS]
        padded = np.zeros(count + 2, dtype=np.int64)
        padded[1:-1] = names
        for at, table in enumerate(self._of_names):
            scores += table[padded[at : at + count]]
        scores -= np.log(np.exp(scores).sum(axis=1))[:, None]
        return scores

    def _tables_of(self, words: Sequence[str]) -> Float64[np.ndarray, "word weight"]:
        """What each word counts at each offset, with the empty words around the text."""
        known = self._known
        if len(known) > _KEPT_WORDS:
            known.clear()
        new = [word for word in dict.fromkeys(("", *words)) if word not in known]
        if new:
            self._learn(new)
        edge = [known[""]] * PAD
        return np.take(self._tables, [*edge, *map(known.__getitem__, words), *edge], axis=0)

    def _learn(self, words: Sequence[str]) -> None:
        """Sum up what new words count."""
        row_of, none = self._row.get, len(self._row)
        rows: list[int] = []
        starts = []
        for word in words:
            for found in features_of(word):
                starts.append(len(rows))
                rows += [row_of(name, none) for name in found]
        sums = np.add.reduceat(self._weights[rows], starts).reshape(len(words), -1)
        first = len(self._known)
        self._known.update(zip(words, range(first, first + len(words)), strict=True))
        if len(self._known) > len(self._tables):  # room for as many again
            room = np.zeros((2 * len(self._known), sums.shape[1]))
            room[:first] = self._tables[:first]
            self._tables = room
        self._tables[first : first + len(words)] = sums

    def to_json(self) -> dict[str, Any]:
        """The weights, rounded; those that are all next to nothing are left out."""
        whole = np.rint(self._weights * SCALE).astype(np.int64)
        kept = np.abs(whole).max(axis=1) > 1
        return {
            "features": {name: whole[at].tolist() for name, at in self._row.items() if kept[at]},
            "names": np.rint(self._of_names * SCALE).astype(np.int64).tolist(),
            "bias": np.rint(self._bias * SCALE).astype(np.int64).tolist(),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "SpanTagger":
        """Read back what `to_json` gave.

        Raises:
            TextsError: it is not of this form.
        """
        try:
            features = document["features"]
            weights = np.array(list(features.values()), dtype=np.float64).reshape(-1, LABELS)
            shape = (len(NAME_OFFSETS), LABELS, LABELS)
            names = np.array(document["names"], dtype=np.float64).reshape(shape)
            bias = np.array(document["bias"], dtype=np.float64).reshape(LABELS)
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            raise TextsError(
                f"these are not the weights of spans: {type(fault).__name__} {fault}",
                mend="Train the linker again: `ontograft train-linker`.",
            ) from fault
        by_name = dict(zip(map(str, features), (weights / SCALE).tolist(), strict=True))
        return cls(by_name, names / SCALE, bias / SCALE)


def _log_weights_around(
    chances: Float64[np.ndarray, "token label"],
) -> tuple[list[float], list[float]]:
    """How likely a mention may begin at each token and end with it, of all labellings.

    Returns:
        For each token the logs of the labellings before it that leave no mention open, and of
        those behind it, the latter as a share of all labellings of the text.
    """
    count = len(chances)
    unsure = np.flatnonzero(chances[:, OUTSIDE] < math.log(SURE)).tolist()
    shares = np.exp(chances[unsure])
    closed = (shares[:, OUTSIDE] + shares[:, SINGLE]).tolist()
    begin, inside, end = (shares[:, one].tolist() for one in (BEGIN, INSIDE, END))
    steps = list(zip(unsure, closed, begin, inside, end, strict=True))
    before, total = _log_weights(steps, count)
    backwards = [(count - 1 - at, c, e, i, b) for at, c, b, i, e in reversed(steps)]
    after, _ = _log_weights(backwards, count)
    return before, [one - total for one in reversed(after)]


def _log_weights(
    steps: Sequence[tuple[int, float, float, float, float]], count: int
) -> tuple[list[float], float]:
    """For each token the log of the labellings before it with no mention open; that of the text.

    Args:
        steps: place, and probability to stay without a mention, to open, go on with and close one,
            of each token that is not surely outside.
        count: of all tokens.
    """
    found: list[float] = []
    free, within, scale = 1.0, 0.0, 0.0
    for at, closed, begin, inside, end in steps:
        if at > len(found):  # sure tokens lie between, where no mention goes on
            scale, free, within = scale + math.log(free), 1.0, 0.0
            found.extend([scale] * (at - len(found)))
        found.append(scale + math.log(free))
        free, within = free * closed + within * end, free * begin + within * inside
        size = free + within
        free, within, scale = max(free / size, TINY), within / size, scale + math.log(size)
    scale += math.log(free)
    found.extend([scale] * (count - len(found)))
    return found, scale


def _log_odds(log_probability: float) -> float:
    probability = math.exp(log_probability)
    if probability > 0.5:
        return min(MAX_LOG_ODDS, log_probability - math.log(max(1 - probability, 1e-9)))
    return max(-MAX_LOG_ODDS, log_probability - math.log1p(-probability))
