"""One run: gradient steps with checkpoints, resumable to the bit.

Nothing random is carried from step to step: the texts of a step follow from (seed, epoch), its
dropout from (seed, step). So a checkpoint is weights, optimiser moments and a step number, in one
safetensors file that is replaced atomically, and a resumed run equals an uninterrupted one.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from kg.atomic import write_atomically
from kg.errors import JobError
from model.config import TrainingConfig
from model.network import EntityFeatures, KnowledgeClassifier, TextBatch
from model.rules import LabelRules, rule_loss

RULE_RAMP = 0.2
"""Share of the steps over which the rule loss grows to its full weight."""


@dataclass(frozen=True)
class StepReport:
    """Loss terms after one step; the rule term is unweighted, 0 while it is off."""

    step: int
    task_loss: float
    rule_loss: float


@dataclass(frozen=True)
class TrainingBatch:
    """A batch with the labels that are true of it."""

    batch: TextBatch
    gold: Float[Tensor, "text label"]


def train_run(
    network: KnowledgeClassifier,
    *,
    entities: EntityFeatures | None,
    rules: LabelRules | None,
    batch_of: Callable[[Sequence[int]], TrainingBatch],
    texts: int,
    config: TrainingConfig,
    seed: int,
    checkpoint: Path,
    report: Callable[[StepReport], None],
) -> float:
    """Train a network in place, from its checkpoint where there is one.

    Args:
        network: freshly built from the same seed in every attempt.
        entities: None trains without knowledge.
        rules: None trains without the rule loss.
        batch_of: makes the batch of these training texts.
        texts: number of training texts.
        config: steps, rates, weights.
        seed: of order and dropout.
        checkpoint: file that is written every `config.checkpoint_every` steps.
        report: called after every step.

    Returns:
        Mean seconds of a step, those of earlier attempts included.
    """
    optimiser = torch.optim.AdamW(
        [
            {"params": group, "peak": rate}
            for group, rate in (
                (_of_backbone(network), config.learning_rate),
                (_new_weights(network, gates=False), config.graft_learning_rate),
                (_new_weights(network, gates=True), config.gate_learning_rate),
            )
            if group
        ],
        weight_decay=0.01,
    )
    start, seconds = _resume(network, optimiser, checkpoint)
    network.train()
    for step in range(start, config.steps):
        began = time.perf_counter()
        batch = batch_of(texts_of_step(step, texts=texts, batch=config.batch, seed=seed))
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * learning_rate_share(step, config)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed * 1_000_003 + step)
            logits = network(batch.batch, entities).logits
        task = binary_cross_entropy_with_logits(logits, batch.gold, reduction="sum") / len(logits)
        share = rule_share(step, config) if rules else 0.0
        loss, broken = task, 0.0
        if rules and share:
            term = rule_loss(torch.sigmoid(logits), rules)
            loss, broken = task + config.rule_weight * share * term, term.item()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        seconds += time.perf_counter() - began
        if not math.isfinite(loss.item()):
            raise JobError(
                f"The loss is {loss.item()} at step {step + 1}: training has diverged.",
                where=str(checkpoint.parent),
                mend="Lower training.learning_rate and training.graft_learning_rate.",
            )
        report(StepReport(step + 1, task.item(), broken))
        if (step + 1) % config.checkpoint_every == 0 or step + 1 == config.steps:
            write_atomically(checkpoint, _snapshot(network, optimiser, step + 1, seconds))
    return seconds / config.steps


@contextmanager
def repeatable() -> Iterator[None]:
    """Within the block, torch takes algorithms whose sums do not depend on the threads' timing."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


def texts_of_step(step: int, *, texts: int, batch: int, seed: int) -> list[int]:
    """The texts of a step: epochs of one permutation each, cut into batches end to end."""
    first, end = step * batch, (step + 1) * batch
    epochs = range(first // texts, (end - 1) // texts + 1)
    order = np.concatenate([np.random.default_rng([seed, e]).permutation(texts) for e in epochs])
    offset = first - epochs.start * texts
    chosen: list[int] = order[offset : offset + batch].tolist()
    return chosen


def learning_rate_share(step: int, config: TrainingConfig) -> float:
    """Share of the peak rate: linear rise over the warm-up, then linear fall to 0."""
    rise = max(1, round(config.warmup * config.steps))
    if step < rise:
        return (step + 1) / rise
    return (config.steps - step) / max(1, config.steps - rise)


def rule_share(step: int, config: TrainingConfig) -> float:
    """Share of the rule loss's weight: 0 until the supervised loss has settled, then a ramp."""
    ramp = min(RULE_RAMP, 1.0 - config.rule_start)
    return min(1.0, max(0.0, (step / config.steps - config.rule_start) / ramp))


def _of_backbone(network: KnowledgeClassifier) -> list[nn.Parameter]:
    return [p for p in network.backbone.parameters() if p.requires_grad]


def _new_weights(network: KnowledgeClassifier, *, gates: bool) -> list[nn.Parameter]:
    return [
        p
        for name, p in network.named_parameters()
        if not name.startswith("backbone.") and name.endswith("gate") == gates
    ]


def _snapshot(
    network: KnowledgeClassifier, optimiser: torch.optim.Optimizer, step: int, seconds: float
) -> bytes:
    tensors = {f"weight/{name}": tensor for name, tensor in network.trained_state().items()}
    for name, parameter in network.named_parameters():
        for moment, tensor in optimiser.state.get(parameter, {}).items():
            tensors[f"{moment}/{name}"] = tensor
    return save(tensors, metadata={"step": str(step), "seconds": str(seconds)})


def _resume(
    network: KnowledgeClassifier, optimiser: torch.optim.Optimizer, checkpoint: Path
) -> tuple[int, float]:
    """Take over a checkpoint: the next step and the seconds spent, 0 where there is none."""
    if not checkpoint.exists():
        return 0, 0.0
    weights: dict[str, Tensor] = {}
    parameters = dict(network.named_parameters())
    with safe_open(checkpoint, framework="pt") as file:
        step, seconds = int(file.metadata()["step"]), float(file.metadata()["seconds"])
        for key in file.keys():  # noqa: SIM118  (safe_open is no mapping)
            moment, name = key.split("/", 1)
            if moment == "weight":
                weights[name] = file.get_tensor(key)
            else:
                optimiser.state[parameters[name]][moment] = file.get_tensor(key)
    network.load_trained_state(weights)
    return step, seconds
