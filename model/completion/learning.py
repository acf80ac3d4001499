"""Trains a link predictor, and keeps the best of its epochs."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from model.completion.constraints import Asked, Soft
from model.completion.decoders import DECODERS, Decoder, DecoderName
from model.completion.encoder import ROUNDS, RelationalEncoder
from model.completion.facts import Answers, Facts, answers_of
from model.completion.losses import bernoulli_loss, n3, relations_loss, tails_loss
from model.completion.predictor import EntityTable, LinkPredictor, Scorer
from model.completion.ranking import filtered_ranks
from model.completion.relations import Relations, Ties, untied
from model.errors import ConfigError, LossError

Teach = Callable[[Tensor, Asked], Tensor | None]
"""The loss of axioms or rules in one step, from the scores of its queries."""


ENCODER_SETTINGS: dict[str, Any] = {
    "optimiser": "adam",
    "learning_rate": 0.003,
    "scale": 0.1,
    "n3": 0.0,
    "shared": 4,
}
"""What an encoder learns best with, where nothing else is said."""


@dataclass(frozen=True)
class LearningSettings:
    """How a link predictor is trained.

    Args:
        decoder: see `model.completion.decoders`.
        width: of all vectors; even.
        loss: "softmax" over tails, or "bernoulli" for each tail by itself: better where a query has
            many answers.
        optimiser: "adagrad" (Duchi et al. 2011) or "adam" (Kingma and Ba 2015).
        learning_rate: of the optimiser.
        scale: standard deviation of the numbers of a fresh vector.
        epochs: rounds over all queries, at most.
        batch: queries of one step; all answers of a query are learnt at once.
        n3: weight of the N3 norm.
        relation_weight: of relation prediction.
        dropout: share of a query's numbers that are left out in a step.
        negatives: wrong tails a step, for the softmax; 0 takes all entities.
        patience: measurements without a better dev MRR after which training ends; 0 never.
        every: epochs between two measurements on dev.
        seed: of all chance.
        encoder: makes the vectors of entities: "none" is a table of free vectors; the others are
            rounds of `model.completion.encoder`.
        layers: rounds of an encoder.
        texts: what an encoder, or the table, is given of each entity: "hashed" n-grams, "minilm"
            vectors, or "none".
        unseen: share of the entities that an encoder gives no free vector in a step.
        shared: batches that are served by one pass of the encoder.
    """

    decoder: DecoderName = "complex"
    width: int = 256
    loss: Literal["softmax", "bernoulli"] = "softmax"
    optimiser: Literal["adagrad", "adam"] = "adagrad"
    learning_rate: float = 0.1
    scale: float = 0.001
    epochs: int = 60
    batch: int = 64
    n3: float = 0.05
    relation_weight: float = 0.25
    dropout: float = 0.0
    negatives: int = 0
    patience: int = 4
    every: int = 5
    seed: int = 0
    encoder: Literal["none", "relational", "rgcn", "rgat"] = "none"
    layers: int = 2
    texts: Literal["none", "hashed", "minilm"] = "none"
    unseen: float = 0.3
    shared: int = 1

    @classmethod
    def chosen(cls, **given: Any) -> "LearningSettings":
        """Settings as a person gave them.

        Raises:
            ConfigError: a value is none of those that there are.
        """
        choices = {
            "decoder": tuple(DECODERS),
            "loss": ("softmax", "bernoulli"),
            "optimiser": ("adagrad", "adam"),
            "encoder": ("none", *ROUNDS),
            "texts": ("none", "hashed", "minilm"),
        }
        for name, allowed in choices.items():
            if name in given and given[name] not in allowed:
                raise ConfigError(
                    f"{name} is {given[name]!r}.", mend=f"Take one of {', '.join(allowed)}."
                )
        if given.get("width", 2) % 2:
            raise ConfigError(
                f"width is {given['width']}, which is odd.",
                mend="Take an even one: half of a complex vector are imaginary parts.",
            )
        if given.get("negatives") and given.get("loss") == "bernoulli":
            raise ConfigError(
                "The bernoulli loss takes all entities as tails.",
                mend='Take negatives = 0, or loss = "softmax".',
            )
        usual = ENCODER_SETTINGS if given.get("encoder", "none") != "none" else {}
        return cls(**{**usual, **given})

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> "LearningSettings":
        """What `to_json` gave, maybe among other things."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in written.items() if name in names})

    def to_json(self) -> dict[str, Any]:
        """All settings."""
        return asdict(self)


@dataclass(frozen=True)
class EpochReport:
    """What one epoch came to.

    Args:
        epoch, of: from 1; how many there are at most.
        loss: mean over its steps.
        valid_mrr: if it was measured.
    """

    epoch: int
    of: int
    loss: float
    valid_mrr: float | None


def fresh_predictor(
    facts: Facts,
    settings: LearningSettings,
    *,
    ties: Ties | None = None,
    features: Float[Tensor, "entity feature"] | None = None,
    encoder: nn.Module | None = None,
) -> LinkPredictor:
    """An untrained link predictor.

    Args:
        facts: say how many entities and relations there are.
        settings: see `LearningSettings`.
        ties: of relations; None for none.
        features: of entities, for the table.
        encoder: in the place of the table.
    """
    generator = torch.Generator().manual_seed(settings.seed)
    decoder = DECODERS[settings.decoder]
    entities = encoder or EntityTable(
        count=facts.entity_count,
        width=settings.width,
        features=features,
        scale=settings.scale,
        generator=generator,
    )
    relations = Relations(
        decoder,
        width=settings.width,
        ties=ties or untied(facts.relation_count),
        scale=settings.scale,
        generator=generator,
    )
    return LinkPredictor(decoder, entities, relations)


def learn(
    predictor: LinkPredictor,
    facts: Facts,
    settings: LearningSettings,
    *,
    soft: Sequence[Soft] = (),
) -> Iterator[EpochReport]:
    """Train, an epoch at each step of the iterator; in the end the best weights are back.

    Best is the highest MRR on the valid triples; without any, the last.

    Args:
        predictor: is trained in place.
        facts: what to learn, and to measure.
        settings: see `LearningSettings`.
        soft: losses of axioms and rules that are learnt, too.

    Raises:
        LossError: the loss is no number any more; the weights are those before that step.
    """
    rng = np.random.default_rng(settings.seed)
    torch.manual_seed(settings.seed)  # dropout takes no generator
    steps = _Steps(predictor, settings)
    queries = _Queries(facts)
    best, best_at, kept = -math.inf, 0, None
    for epoch in range(1, settings.epochs + 1):
        teach = [partial(term, progress=(epoch - 1) / settings.epochs) for term in soft]
        dealt = list(_dealt(len(queries.train), settings.batch, rng))
        losses: list[float] = []
        for start in range(0, len(dealt), settings.shared):
            group = dealt[start : start + settings.shared]
            asked = [queries.questions(places, rng, settings) for places in group]
            losses += steps.together(asked, teach)
        mrr = None
        if len(facts.valid) and (epoch % settings.every == 0 or epoch == settings.epochs):
            mrr = filtered_ranks(Scorer(predictor), facts.valid, facts.known).metrics()["mrr"]
            if mrr > best:
                best, best_at = mrr, epoch
                kept = {k: v.detach().clone() for k, v in predictor.state_dict().items()}
        yield EpochReport(epoch, settings.epochs, sum(losses) / len(losses), mrr)
        if settings.patience and best_at and epoch - best_at >= settings.patience * settings.every:
            break
    if kept is not None:
        predictor.load_state_dict(kept)


@dataclass(frozen=True)
class _Questions:
    """Queries of one step with their answers.

    Attributes:
        head, relation: of each query.
        owner, tail: the train answers: which query each belongs to, and the tail.
        column: where each answer stands among the tails that are scored.
        known: query and column of all answers that are no negatives.
        sample: the tails that are scored; None for all.
        of_all: how many tails stand for each wrong one.
    """

    head: Tensor
    relation: Tensor
    owner: Tensor
    tail: Tensor
    column: Tensor
    known: tuple[Tensor, Tensor]
    sample: Tensor | None = None
    of_all: float = 1.0


class _Queries:
    """The queries that the train triples answer."""

    def __init__(self, facts: Facts) -> None:
        self.train: Answers = answers_of([facts.train], facts.relation_count)
        self._known = facts.known_in_training  # of the same queries, in the same order
        self._entities = facts.entity_count

    def questions(
        self,
        places: Int64[np.ndarray, " query"],
        rng: np.random.Generator,
        settings: LearningSettings,
    ) -> _Questions:
        """The queries at these places."""
        queries = torch.from_numpy(self.train.queries[places])
        owner, tail = (torch.from_numpy(part) for part in self.train.of(places))
        known = self._known.of(places)
        if not 0 < settings.negatives < self._entities:
            columns = (torch.from_numpy(known[0]), torch.from_numpy(known[1]))
            return _Questions(queries[:, 0], queries[:, 1], owner, tail, tail, columns)
        drawn = rng.integers(self._entities, size=settings.negatives)
        sample = np.unique(np.concatenate([tail.numpy(), drawn]))
        column = np.searchsorted(sample, known[1]).clip(max=len(sample) - 1)
        inside = sample[column] == known[1]
        return _Questions(
            queries[:, 0],
            queries[:, 1],
            owner,
            tail,
            torch.from_numpy(np.searchsorted(sample, tail.numpy())),
            (torch.from_numpy(known[0][inside]), torch.from_numpy(column[inside])),
            torch.from_numpy(sample),
            self._entities / len(sample),
        )


def _dealt(
    count: int, size: int, rng: np.random.Generator
) -> Iterator[Int64[np.ndarray, " query"]]:
    """All places in a new order, some at a time."""
    order = rng.permutation(count)
    for start in range(0, count, size):
        yield order[start : start + size]


class _Steps:
    """Steps of which several share one pass of the encoder.

    The gradients of the entities' vectors are added up over these, then go back through the encoder
    at once; the relations learn at every step. An encoder does not hear along the edges that are
    asked for in these steps.
    """

    def __init__(self, predictor: LinkPredictor, settings: LearningSettings) -> None:
        make = {"adagrad": torch.optim.Adagrad, "adam": torch.optim.Adam}[settings.optimiser]
        rate = settings.learning_rate
        self._entities = make(predictor.entities.parameters(), lr=rate)
        self._relations = make(predictor.relations.parameters(), lr=rate)
        self._predictor, self._settings = predictor, settings

    def together(self, asked: Sequence[_Questions], teach: Sequence[Teach]) -> list[float]:
        """Learn from some queries after one pass; the loss of each step."""
        encoder = self._predictor.entities
        if isinstance(encoder, RelationalEncoder):
            encoder.hide(
                torch.cat([step.head[step.owner] for step in asked]),
                torch.cat([step.relation[step.owner] for step in asked]),
                torch.cat([step.tail for step in asked]),
            )
        entities: Tensor = encoder()
        leaf = entities.detach().requires_grad_()
        losses = [self._step(step, leaf, teach) for step in asked]
        self._entities.zero_grad()
        entities.backward(leaf.grad)
        self._entities.step()
        return losses

    def _step(self, asked: _Questions, entities: Tensor, teach: Sequence[Teach]) -> float:
        relations = self._predictor.relations()
        loss = _loss(self._predictor.decoder, entities, relations, asked, self._settings, teach)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise LossError(
                "The loss of link prediction is no number.",
                mend="Take a lower learning rate, or a higher n3.",
            )
        self._relations.zero_grad()
        loss.backward()
        self._relations.step()
        return value


def _loss(
    decoder: Decoder,
    entities: Tensor,
    relations: Tensor,
    asked: _Questions,
    settings: LearningSettings,
    teach: Sequence[Teach],
) -> Float[Tensor, ""]:
    heads, tails = entities[asked.head], entities[asked.tail]
    query = decoder.query(heads, relations[asked.relation])
    if settings.dropout:
        query = nn.functional.dropout(query, settings.dropout)
    scores = decoder.scores(query, entities if asked.sample is None else entities[asked.sample])
    if settings.loss == "bernoulli":
        loss = bernoulli_loss(scores, asked.owner, asked.column)
    else:
        loss = tails_loss(scores, asked.owner, asked.column, asked.known, of_all=asked.of_all)
    for term in teach:
        taught = term(scores, asked)
        loss = loss if taught is None else loss + taught
    if settings.relation_weight:
        count = len(relations) // 2
        relation = asked.relation[asked.owner]
        onward = torch.nonzero(relation < count).ravel()
        if len(onward):
            loss = loss + settings.relation_weight * relations_loss(
                decoder,
                heads[asked.owner[onward]],
                tails[onward],
                relations[:count],
                relation[onward],
            )
    if settings.n3:
        count = len(asked.owner)
        answers = torch.bincount(asked.owner, minlength=len(heads)).to(heads.dtype)
        loss = loss + settings.n3 / count * (
            n3(decoder, heads, answers)
            + n3(decoder, relations[asked.relation], answers)
            + n3(decoder, tails, answers.new_ones(count))
        )
    return loss
