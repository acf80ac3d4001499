"""A mention detector: which spans of a text are mentions at all, by what the text around them says.

Each token begins a mention, goes on with one, or lies outside of any (BIO; Ramshaw and Marcus 1995,
cmp-lg/9505040): a linear layer on a pretrained encoder says how likely each is. The probability of
a span is that of its tokens together, and that the token behind it does not go on. So every span
has one, nested and overlapping spans too, and those of `LEAST` at least are found.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from linking import TextRow, TextsError
from linking.protocols import DetectedSpan, Span
from linking.text import stands_alone
from model.backbone import Backbone, quick_arithmetic
from model.fine_tuning import FineTuning, Progress, fine_tune
from model.part_files import lay_over, load_part, save_part
from model.token_windows import Tokens, Window, tokens_of, window_batch, windows_of

KIND = "mentions"

BEGIN, INSIDE, OUTSIDE = range(3)

LEAST = 0.3
"""Least probability of a span that is found though nobody asks for it."""

FLOOR = 0.01
"""Least probability that is told of any span."""

MAX_SPAN = 48
"""Longest span that is found, in tokens."""

WINDOW = 128
"""Tokens that are read together, where the encoder reads so many."""

FEWEST_SPANS = 20
"""Marked spans that training asks for at least."""

KEPT = 5_000_000
"""Tokens of texts that are remembered, so that a text that is asked for again costs nothing."""

READ_TOGETHER = 32
"""Windows of a batch."""

PLAN = FineTuning(frozen_layers=3, dropout=False)
"""A few minutes on one core."""

_IGNORED = -100


class MarkedSpans(NamedTuple):
    """A text, and the spans in it that are mentions."""

    text: str
    spans: tuple[Span, ...]


class Tagger(nn.Module):
    """An encoder with a linear layer that says of each token whether it begins a mention.

    Args:
        encoder: of Hugging Face.
        width: of its token states.
    """

    def __init__(self, encoder: nn.Module, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(width, 3)

    def forward(
        self, ids: Int[Tensor, "window token"], mask: Int[Tensor, "window token"]
    ) -> Float[Tensor, "window token 3"]:
        """Logits of BEGIN, INSIDE and OUTSIDE."""
        with quick_arithmetic():
            states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        logits: Tensor = self.head(states.float())
        return logits


@dataclass(frozen=True, slots=True)
class _Read:
    """The tokens of a text, and how likely each is BEGIN, INSIDE and OUTSIDE."""

    tokens: Tokens
    likely: Float64[np.ndarray, "token 3"]


class NeuralDetector:
    """A `linking.protocols.MentionDetector`.

    Args:
        backbone: of the tagger.
        tagger: trained.
    """

    def __init__(self, backbone: Backbone, tagger: Tagger) -> None:
        self.backbone = backbone
        self.tagger = tagger.eval()
        self._known: dict[str, _Read] = {}
        self._known_tokens = 0

    def spans(self, text: str, also: Sequence[Span] = ()) -> list[DetectedSpan]:
        """The spans that may be mentions, and what is said of others; see the Protocol."""
        read = self._read(text)
        found = {(start, end): odds for start, end, odds in _likely_spans(text, read)}
        for start, end in also:
            if (start, end) not in found:
                found[start, end] = _log_odds(_likelihood(read, start, end))
        return [DetectedSpan(start, end, odds) for (start, end), odds in sorted(found.items())]

    def forget(self) -> None:
        """Forget the texts that were read."""
        self._known.clear()
        self._known_tokens = 0

    def _read(self, text: str) -> _Read:
        known = self._known.get(text)
        if known is None:
            tokens = tokens_of(text, self.backbone.tokenizer)
            known = _Read(tokens, self._likely(tokens))
            if self._known_tokens + len(tokens) > KEPT:
                self.forget()
            self._known[text] = known
            self._known_tokens += len(tokens)
        return known

    @torch.inference_mode()
    def _likely(self, tokens: Tokens) -> Float64[np.ndarray, "token 3"]:
        likely = np.zeros((len(tokens), 3))
        windows = list(detector_windows(tokens, self.backbone))
        for at in range(0, len(windows), READ_TOGETHER):
            chunk = windows[at : at + READ_TOGETHER]
            batch = window_batch([tokens.ids[one.first : one.end] for one in chunk], self.backbone)
            shares = self.tagger(batch.ids, batch.mask).softmax(-1).double().numpy()
            for one, share in zip(chunk, shares, strict=True):
                own = slice(1 + one.own_first - one.first, 1 + one.own_end - one.first)
                likely[one.own_first : one.own_end] = share[own]
        return likely


def detector_windows(tokens: Tokens, backbone: Backbone) -> Iterator[Window]:
    """The windows of a text that are read one by one; a quarter of each is shared with the next."""
    size = min(WINDOW, backbone.positions) - 2
    return windows_of(len(tokens), size=size, overlap=size // 4)


def _likely_spans(text: str, read: _Read) -> Iterator[DetectedSpan]:
    """All spans of at least the least probability that do not begin or end within a word."""
    tokens, begins, goes_on = read.tokens, read.likely[:, BEGIN], read.likely[:, INSIDE]
    for first in np.flatnonzero(begins >= LEAST).tolist():
        together = float(begins[first])
        for last in range(first, min(len(tokens), first + MAX_SPAN)):
            if last > first:
                together *= float(goes_on[last])
            if together < LEAST:
                break
            whole = together * _ends_behind(goes_on, last)
            start, end = tokens.starts[first], tokens.ends[last]
            if whole >= LEAST and start < end and stands_alone(text, start, end):
                yield DetectedSpan(start, end, _log_odds(whole))


def _likelihood(read: _Read, start: int, end: int) -> float:
    """Of the tokens that lie in a span, wholly or in part; 0 where none does."""
    tokens, goes_on = read.tokens, read.likely[:, INSIDE]
    first, last = bisect_right(tokens.ends, start), bisect_left(tokens.starts, end) - 1
    if last < first:
        return 0.0
    together = float(read.likely[first, BEGIN] * goes_on[first + 1 : last + 1].prod())
    return together * _ends_behind(goes_on, last)


def _ends_behind(goes_on: Float64[np.ndarray, " token"], last: int) -> float:
    return 1.0 - float(goes_on[last + 1]) if last + 1 < len(goes_on) else 1.0


def _log_odds(likelihood: float) -> float:
    bounded = min(max(likelihood, FLOOR), 1 - 1e-6)
    return math.log(bounded / (1 - bounded))


def marked_spans(texts: Iterable[TextRow]) -> list[MarkedSpans]:
    """The gold links of texts as spans, whatever they are linked to."""
    return [
        MarkedSpans(row.text, tuple((mark.start, mark.end) for mark in row.gold))
        for row in texts
        if row.gold is not None
    ]


def token_labels(tokens: Tokens, marks: MarkedSpans) -> list[int]:
    """BEGIN, INSIDE or OUTSIDE of each token; of spans that overlap, the longest counts."""
    labels = [OUTSIDE] * len(tokens)
    taken: set[int] = set()
    for start, end in sorted(set(marks.spans), key=lambda span: (span[0] - span[1], span)):
        places = range(bisect_right(tokens.ends, start), bisect_left(tokens.starts, end))
        if len(places) and taken.isdisjoint(places):
            taken.update(places)
            labels[places.start : places.stop] = [BEGIN, *[INSIDE] * (len(places) - 1)]
    return labels


def train_detector(
    backbone: Backbone,
    texts: Sequence[MarkedSpans],
    *,
    plan: FineTuning,
    seed: int,
    progress: Progress | None = None,
) -> NeuralDetector:
    """Teach a detector from marked texts.

    Args:
        backbone: freshly loaded; it is changed.
        texts: what is not marked in them counts as no mention.
        plan: steps and rates.
        seed: of the new weights, the order and dropout.
        progress: called after every step.

    Raises:
        TextsError: fewer marked spans than `FEWEST_SPANS`.
    """
    count = sum(len(marks.spans) for marks in texts)
    if count < FEWEST_SPANS:
        raise TextsError(
            f"{count} mentions in {len(texts)} texts teach no mention detector; "
            f"{FEWEST_SPANS} at least are wanted",
            mend="Give more texts with links.",
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        tagger = Tagger(backbone.network, backbone.width)
    ids: list[list[int]] = []
    labels: list[list[int]] = []
    for marks in texts:
        tokens = tokens_of(marks.text, backbone.tokenizer)
        wanted = token_labels(tokens, marks)
        for one in detector_windows(tokens, backbone):
            ids.append(tokens.ids[one.first : one.end])
            labels.append(wanted[one.first : one.end])

    def loss_of(chosen: Sequence[int]) -> Tensor:
        batch = window_batch([ids[at] for at in chosen], backbone)
        gold = torch.full(batch.ids.shape, _IGNORED)
        for row, at in enumerate(chosen):
            gold[row, 1 : 1 + len(labels[at])] = torch.tensor(labels[at])
        logits = tagger(batch.ids, batch.mask)
        return cross_entropy(logits.flatten(0, 1), gold.flatten(), ignore_index=_IGNORED)

    fine_tune(
        tagger,
        encoder=backbone.network,
        loss_of=loss_of,
        lengths=list(map(len, ids)),
        plan=plan,
        seed=seed,
        what="train the mention detector",
        progress=progress,
    )
    return NeuralDetector(backbone, tagger)


def save_detector(detector: NeuralDetector, path: Path) -> None:
    """Write what training changed to a safetensors file, whole or not at all."""
    save_part(path, KIND, detector.tagger, detector.backbone)


def load_detector(path: Path) -> NeuralDetector:
    """Read back what `save_detector` wrote.

    Raises:
        BundleError: it is no such file, or its backbone is here in another version.
        BackboneError: its backbone is not here.
    """
    backbone, weights = load_part(path, KIND)
    tagger = Tagger(backbone.network, backbone.width)
    lay_over(tagger, weights, path)
    return NeuralDetector(backbone, tagger)
