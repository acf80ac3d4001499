"""Fine-tuning the upper layers of an encoder, with a head, in a few hundred steps on a CPU."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from kg.errors import JobError
from model.backbone import encoder_layers

BUCKET = 8
"""Batches whose examples are sorted by length together, so that little of a batch is padding."""

Progress = Callable[[str, int, int], None]
"""Called with the name of the step, how much is done, and how much there is."""


@dataclass(frozen=True)
class FineTuning:
    """How an encoder and its head are trained.

    Attributes:
        epochs: passes over the examples, at most; they end at `max_steps`.
        max_steps: gradient steps at most.
        batch: examples of a step.
        learning_rate: peak, of the encoder (AdamW).
        head_learning_rate: peak, of the rest.
        frozen_layers: lower layers that stay as they are, with the embeddings.
        warmup: share of the steps over which the rates rise; then they fall to 0.
        dropout: of the encoder, as it is configured. Drawing it is a third of the time on a CPU.
    """

    epochs: int = 3
    max_steps: int = 300
    batch: int = 16
    learning_rate: float = 2e-4
    head_learning_rate: float = 1e-3
    frozen_layers: int = 2
    warmup: float = 0.1
    dropout: bool = True


def fine_tune(
    network: nn.Module,
    *,
    encoder: nn.Module,
    loss_of: Callable[[Sequence[int]], Tensor],
    lengths: Sequence[int],
    plan: FineTuning,
    seed: int,
    what: str,
    progress: Progress | None = None,
) -> float:
    """Train a network in place.

    Args:
        network: the encoder with its head.
        encoder: the part of it that is pretrained.
        loss_of: the mean loss of the examples with these numbers.
        lengths: of each example, in tokens.
        plan: steps and rates.
        seed: of order and dropout.
        what: the name of the step, for `progress`.
        progress: called after every step.

    Returns:
        The mean loss over the last tenth of the steps.

    Raises:
        JobError: training has diverged.
    """
    freeze_lower(encoder, plan.frozen_layers)
    steps = max(1, min(plan.max_steps, math.ceil(plan.epochs * len(lengths) / plan.batch)))
    optimiser = torch.optim.AdamW(_groups(network, encoder, plan), weight_decay=0.01)
    losses = []
    network.train()
    encoder.train(plan.dropout)
    for step, chosen in zip(range(steps), batches(lengths, plan.batch, seed), strict=False):
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * _rate_share(step, steps, plan.warmup)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed * 1_000_003 + step)
            loss = loss_of(chosen)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        losses.append(loss.item())
        if not math.isfinite(losses[-1]):
            raise JobError(
                f"The loss is {losses[-1]} at step {step + 1} of {what}: training has diverged.",
                mend="Use another seed, or more texts.",
            )
        if progress is not None:
            progress(what, step + 1, steps)
    network.eval()
    last = losses[-max(1, steps // 10) :]
    return sum(last) / len(last)


def freeze_lower(encoder: nn.Module, layers: int) -> None:
    """The embeddings and the lower layers take no part in training."""
    for parameter in encoder.parameters():
        parameter.requires_grad_(False)
    for layer in encoder_layers(encoder)[layers:]:
        for parameter in layer.parameters():
            parameter.requires_grad_(True)


def batches(lengths: Sequence[int], size: int, seed: int) -> Iterator[list[int]]:
    """Numbers of examples of like length, epoch after epoch, without end."""
    epoch = 0
    while True:
        chance = np.random.default_rng([seed, epoch])
        order = chance.permutation(len(lengths)).tolist()
        made: list[list[int]] = []
        for at in range(0, len(order), size * BUCKET):
            bucket = sorted(order[at : at + size * BUCKET], key=lengths.__getitem__)
            made.extend(bucket[k : k + size] for k in range(0, len(bucket), size))
        yield from (made[at] for at in chance.permutation(len(made)).tolist())
        epoch += 1


def trained_weights(network: nn.Module) -> dict[str, Tensor]:
    """The weights that training changed, by name."""
    return {
        name: parameter.detach().contiguous()
        for name, parameter in network.named_parameters()
        if parameter.requires_grad
    }


def _groups(network: nn.Module, encoder: nn.Module, plan: FineTuning) -> list[dict[str, object]]:
    own = {id(parameter) for parameter in encoder.parameters()}
    taught = [parameter for parameter in encoder.parameters() if parameter.requires_grad]
    head = [parameter for parameter in network.parameters() if id(parameter) not in own]
    return [
        {"params": taught, "peak": plan.learning_rate},
        {"params": head, "peak": plan.head_learning_rate},
    ]


def _rate_share(step: int, steps: int, warmup: float) -> float:
    """A linear rise, then a linear fall to 0."""
    rise = max(1, round(warmup * steps))
    if step < rise:
        return (step + 1) / rise
    return (steps - step) / max(1, steps - rise)
