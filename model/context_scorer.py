"""A context scorer: does the text around a mention speak for a candidate?

A mention is the mean of the states of its tokens, read in their text; a candidate is the vector of
its label, synonyms, parents and definition, as the untrained encoder gives it. Both go through a
linear layer each, and

    score = scale * cosine + bias

is the log-odds that the candidate is meant against that none is (a bi-encoder, as in Wu et al.
2020, arXiv:1911.03814). The upper layers of the encoder are trained with the layers, on mentions
with their candidates, one of which or none is right; the candidates' own vectors stay, so they are
made once, and only changed concepts are read again.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from kg import EntityTable, Graph
from linking import TextsError
from linking.protocols import Span
from model.backbone import Backbone, quick_arithmetic
from model.errors import BundleError
from model.fine_tuning import FineTuning, Progress, fine_tune
from model.part_files import lay_over, load_part, save_part
from model.text_vectors import MAX_SYNONYMS, TextVectors
from model.token_windows import Tokens, Window, tokens_of, window_batch, windows_of

KIND = "context"

LOOKED_UP = 200
"""Concepts that are looked up to see whether a knowledge base is known."""

LEAST_SHARED = 0.5
"""Share of the concepts of a knowledge base that a scorer has vectors of at least."""

WINDOW = 128
"""Tokens that are read together, where the encoder reads so many."""

MAX_PARENTS = 2
"""Parents that are named in what stands for a concept."""

FEWEST_MENTIONS = 20
"""Mentions with candidates that training asks for at least."""

KEPT = 400_000
"""Tokens whose states are remembered, 150 MB of MiniLM's."""

READ_TOGETHER = 32
"""Windows of a batch."""

PLAN = FineTuning(frozen_layers=3, dropout=False)
"""A few minutes on one core."""

_SCALE = 8.0


class Question(NamedTuple):
    """A mention with its candidates, one of which is right, or none.

    Attributes:
        span: in the text.
        rows: the candidates.
        right: the place of the right one among them; None for NIL.
    """

    span: Span
    rows: tuple[int, ...]
    right: int | None


class AskedText(NamedTuple):
    """A text with its questions."""

    text: str
    questions: tuple[Question, ...]


class Matcher(nn.Module):
    """Compares mentions with concepts; begins as the plain cosine of the encoder's vectors.

    Args:
        encoder: of Hugging Face.
        width: of its token states.
    """

    def __init__(self, encoder: nn.Module, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.mention = nn.Linear(width, width)
        self.concept = nn.Linear(width, width)
        for layer in (self.mention, self.concept):
            nn.init.eye_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.log_scale = nn.Parameter(torch.tensor(math.log(_SCALE)))
        self.bias = nn.Parameter(torch.tensor(-_SCALE / 2))

    def states(
        self, ids: Int[Tensor, "window token"], mask: Int[Tensor, "window token"]
    ) -> Float[Tensor, "window token width"]:
        """What the encoder makes of the tokens."""
        with quick_arithmetic():
            states: Tensor = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return states.float()

    def forward(
        self,
        mentions: Float[Tensor, "mention width"],
        concepts: Float[Tensor, "mention candidate width"],
    ) -> Float[Tensor, "mention candidate"]:
        """Scores of the candidates of each mention."""
        asked = normalize(self.mention(mentions), dim=-1)
        offered = normalize(self.concept(concepts), dim=-1)
        cosine = torch.einsum("mw,mcw->mc", asked, offered)
        return self.log_scale.exp() * cosine + self.bias


class ConceptVectors:
    """The vectors of the concepts of one knowledge base, as it is now; made when first asked for.

    Args:
        table, graph: of the knowledge base.
        vectors: of an untrained encoder; known under their texts, so they outlive the knowledge
            base's changes.
    """

    def __init__(self, table: EntityTable, graph: Graph, vectors: TextVectors) -> None:
        self._table = table
        self._graph = graph
        self.vectors = vectors
        self._rows: dict[int, Tensor] = {}

    def text(self, row: int) -> str:
        """What stands for a concept: names, parents, definition."""
        table = self._table
        names = ", ".join((table.labels[row], *table.synonyms[row][:MAX_SYNONYMS]))
        above = self._graph.parents(row).tolist()[:MAX_PARENTS]
        parents = ", ".join(table.labels[parent] for parent in above)
        kind = f" ({parents})" if parents else ""
        return f"{names}{kind}. {table.definitions[row]}"

    def all(self, *, progress: Progress | None = None) -> None:
        """Make the vectors of all live concepts."""
        self.of(np.flatnonzero(self._table.live).tolist(), progress=progress)

    def known(self) -> tuple[int, int]:
        """Of some live concepts, evenly drawn, how many have a vector, and how many they are."""
        live = np.flatnonzero(self._table.live)
        drawn = live[:: max(1, len(live) // LOOKED_UP)].tolist()
        return self.vectors.known([self.text(row) for row in drawn]), len(drawn)

    def of(
        self, rows: Sequence[int], *, progress: Progress | None = None
    ) -> Float[Tensor, "row width"]:
        """A vector for each row.

        Args:
            rows: entities, with repetitions.
            progress: called with what is read and what has to be.
        """
        missing = sorted(set(rows) - self._rows.keys())
        if missing:
            tell = progress or (lambda *_: None)
            found = self.vectors.of(
                [self.text(row) for row in missing],
                progress=lambda done, count: tell("read concepts", done, count),
            )
            self._rows.update(zip(missing, found, strict=True))
        if not rows:
            return torch.zeros(0, self.vectors.width)
        return torch.stack([self._rows[row] for row in rows])


@dataclass(frozen=True, slots=True)
class _Read:
    tokens: Tokens
    states: Float[Tensor, "token width"]


class NeuralScorer:
    """A `linking.protocols.ContextScorer`.

    Args:
        backbone: of the matcher.
        matcher: trained.
        concepts: of the knowledge base.
    """

    def __init__(self, backbone: Backbone, matcher: Matcher, concepts: ConceptVectors) -> None:
        self.backbone = backbone
        self.matcher = matcher.eval()
        self.concepts = concepts
        self._known: dict[str, _Read] = {}
        self._known_tokens = 0

    @torch.inference_mode()
    def scores(
        self, text: str, spans: Sequence[Span], rows: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        """A score for each candidate of each span; see the Protocol."""
        read = self._read(text)
        places = [(at, row) for at, own in enumerate(rows) for row in own]
        if not places:
            return [[] for _ in rows]
        mentions = torch.stack([self._mention(read, span) for span in spans])
        concepts = self.concepts.of([row for _, row in places])
        asked = mentions[[at for at, _ in places]]
        found = self.matcher(asked, concepts[:, None])[:, 0].tolist()
        given: list[list[float]] = [[] for _ in rows]
        for (at, _), score in zip(places, found, strict=True):
            given[at].append(score)
        return given

    def _mention(self, read: _Read, span: Span) -> Float[Tensor, " width"]:
        places = token_places(read.tokens, span)
        if not len(places):
            return torch.zeros(self.backbone.width)
        return read.states[places.start : places.stop].mean(0)

    def forget(self) -> None:
        """Forget the texts that were read."""
        self._known.clear()
        self._known_tokens = 0

    def _read(self, text: str) -> _Read:
        known = self._known.get(text)
        if known is None:
            tokens = tokens_of(text, self.backbone.tokenizer)
            known = _Read(tokens, self._states(tokens))
            if self._known_tokens + len(tokens) > KEPT:
                self.forget()
            self._known[text] = known
            self._known_tokens += len(tokens)
        return known

    def _states(self, tokens: Tokens) -> Float[Tensor, "token width"]:
        found = torch.zeros(len(tokens), self.backbone.width)
        windows = list(scorer_windows(tokens, self.backbone))
        for at in range(0, len(windows), READ_TOGETHER):
            chunk = windows[at : at + READ_TOGETHER]
            batch = window_batch([tokens.ids[one.first : one.end] for one in chunk], self.backbone)
            states = self.matcher.states(batch.ids, batch.mask)
            for one, own in zip(chunk, states, strict=True):
                kept = own[1 + one.own_first - one.first : 1 + one.own_end - one.first]
                found[one.own_first : one.own_end] = kept
        return found


def scorer_windows(tokens: Tokens, backbone: Backbone) -> list[Window]:
    """The windows of a text that are read one by one; a quarter of each is shared with the next."""
    size = min(WINDOW, backbone.positions) - 2
    return list(windows_of(len(tokens), size=size, overlap=size // 4))


def token_places(tokens: Tokens, span: Span) -> range:
    """The tokens that lie in a span, wholly or in part."""
    start, end = span
    return range(bisect_right(tokens.ends, start), bisect_left(tokens.starts, end))


def train_scorer(
    backbone: Backbone,
    texts: Sequence[AskedText],
    concepts: ConceptVectors,
    *,
    plan: FineTuning,
    seed: int,
    progress: Progress | None = None,
) -> NeuralScorer:
    """Teach a scorer from mentions with their candidates.

    Args:
        backbone: freshly loaded; it is changed.
        texts: with their questions.
        concepts: of the knowledge base that the candidates' rows are of.
        plan: steps and rates.
        seed: of the order and dropout.
        progress: called after every step.

    Raises:
        TextsError: fewer questions than `FEWEST_MENTIONS`.
    """
    count = sum(len(asked.questions) for asked in texts)
    if count < FEWEST_MENTIONS:
        raise TextsError(
            f"{count} mentions with candidates teach no context scorer; "
            f"{FEWEST_MENTIONS} at least are wanted",
            mend="Give more texts with links, or an ontology with more definitions.",
        )
    matcher = Matcher(backbone.network, backbone.width)
    windows = [one for asked in texts for one in _asked_windows(asked, backbone)]
    concepts.of(
        sorted({row for asked in texts for question in asked.questions for row in question.rows}),
        progress=progress,
    )

    def loss_of(chosen: Sequence[int]) -> Tensor:
        return _loss(matcher, [windows[at] for at in chosen], backbone, concepts)

    fine_tune(
        matcher,
        encoder=backbone.network,
        loss_of=loss_of,
        lengths=[len(one.ids) for one in windows],
        plan=plan,
        seed=seed,
        what="train the context scorer",
        progress=progress,
    )
    return NeuralScorer(backbone, matcher, concepts)


class _AskedWindow(NamedTuple):
    """Tokens that are read together, and the questions on them, with their places among these."""

    ids: list[int]
    places: list[range]
    questions: list[Question]


def _asked_windows(asked: AskedText, backbone: Backbone) -> list[_AskedWindow]:
    tokens = tokens_of(asked.text, backbone.tokenizer)
    made = []
    for one in scorer_windows(tokens, backbone):
        window = _AskedWindow(tokens.ids[one.first : one.end], [], [])
        for question in asked.questions:
            places = token_places(tokens, question.span)
            if len(places) and one.own_first <= places.start < one.own_end:
                last = min(places.stop, one.end)
                window.places.append(range(places.start - one.first, last - one.first))
                window.questions.append(question)
        if window.questions:
            made.append(window)
    return made


def _loss(
    matcher: Matcher,
    windows: Sequence[_AskedWindow],
    backbone: Backbone,
    concepts: ConceptVectors,
) -> Float[Tensor, ""]:
    """Mean over the questions of -log p(right), with NIL among the answers at score 0."""
    batch = window_batch([one.ids for one in windows], backbone)
    states = matcher.states(batch.ids, batch.mask)
    mentions = torch.stack(
        [
            states[at, 1 + places.start : 1 + places.stop].mean(0)
            for at, one in enumerate(windows)
            for places in one.places
        ]
    )
    questions = [question for one in windows for question in one.questions]
    most = max(len(question.rows) for question in questions)
    offered = torch.zeros(len(questions), most, backbone.width)
    there = torch.zeros(len(questions), most, dtype=torch.bool)
    for at, question in enumerate(questions):
        offered[at, : len(question.rows)] = concepts.of(question.rows)
        there[at, : len(question.rows)] = True
    scores = matcher(mentions, offered).masked_fill(~there, -math.inf)
    with_nil = torch.cat([scores, torch.zeros(len(questions), 1)], dim=1)
    right = torch.tensor([most if one.right is None else one.right for one in questions])
    return cross_entropy(with_nil, right)


def save_scorer(scorer: NeuralScorer, path: Path) -> None:
    """Write what training changed to a safetensors file, whole or not at all."""
    save_part(path, KIND, scorer.matcher, scorer.backbone)


def load_scorer(path: Path, concepts: ConceptVectors) -> NeuralScorer:
    """Read back what `save_scorer` wrote.

    Args:
        path: the file.
        concepts: of the knowledge base of today, with the vectors of when the scorer was taught.

    Raises:
        BundleError: it is no such file, its backbone is here in another version, or most concepts
            of the knowledge base have no vector: it was taught for another one.
        BackboneError: its backbone is not here.
    """
    backbone, weights = load_part(path, KIND)
    matcher = Matcher(backbone.network, backbone.width)
    lay_over(matcher, weights, path)
    known, count = concepts.known()
    if known < LEAST_SHARED * count:
        raise BundleError(
            f"This context scorer knows {known} of {count} concepts looked up: it was taught for "
            "another knowledge base.",
            where=str(path),
            mend="Give the knowledge base that it was taught for, or train it again.",
        )
    return NeuralScorer(backbone, matcher, concepts)
