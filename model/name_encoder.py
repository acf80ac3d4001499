"""A dense name encoder: names that mean the same get vectors that are near.

A pretrained encoder, whose token states are averaged, is trained on the ontology's own synonyms.
Two names of a concept are the two views of an example of NT-Xent (Chen et al. 2020,
arXiv:2002.05709, eq. 1), the other names of the batch are its negatives. The batch is made of
families, a concept with some of its parents, children and siblings, so that hard negatives are
among them. As in SapBERT (Liu et al. 2021, arXiv:2010.11784) nothing but names is needed; there
the loss is multi-similarity, and the hierarchy has no part.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int64
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from kg import Graph, NameRow
from linking.errors import TextsError
from model.backbone import Backbone, quick_arithmetic
from model.errors import LossError
from model.fine_tuning import FineTuning, Progress, fine_tune
from model.part_files import lay_over, load_part, save_part
from model.text_vectors import pooled

KIND = "names"

MAX_TOKENS = 40
"""What a name has beyond is not read."""

READ_TOGETHER = 64
"""Names of a batch, all of about the same length."""

FAMILY = 4
"""Concepts of a family, that which it is made around among them."""

TEMPERATURE = 0.05

FEWEST_PAIRS = 20
"""Concepts with two names or more that training asks for at least."""

PLAN = FineTuning(
    epochs=20,
    max_steps=300,
    batch=64,
    learning_rate=1e-4,
    head_learning_rate=1e-4,
    frozen_layers=2,
    dropout=False,
)
"""Its batch is in concepts, of each of which there are two names."""


@dataclass(frozen=True)
class NameEncoder:
    """Makes vectors of names."""

    backbone: Backbone

    @property
    def width(self) -> int:
        """Of a vector."""
        return self.backbone.width

    def encode(
        self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None
    ) -> Float32[np.ndarray, "text width"]:
        """The vectors of texts, of length 1.

        Args:
            texts: any strings.
            progress: called with the texts done and all texts.
        """
        vectors = np.zeros((len(texts), self.width), dtype=np.float32)
        with torch.inference_mode():
            done = 0
            for places in _by_length(texts, READ_TOGETHER):
                states = read_names(self.backbone, [texts[at] for at in places])
                vectors[places] = states.numpy()
                done += len(places)
                if progress is not None:
                    progress(done, len(texts))
        return vectors


def read_names(backbone: Backbone, texts: Sequence[str]) -> Float[Tensor, "text width"]:
    """The mean token states of texts of about the same length, normalised."""
    batch = backbone.tokenizer(
        [text.encode("utf-8", "replace").decode() for text in texts],  # no lone surrogates
        padding=True,
        truncation=True,
        max_length=min(MAX_TOKENS, backbone.positions),
        return_tensors="pt",
    )
    with quick_arithmetic():
        states = backbone.network(
            input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]
        ).last_hidden_state
    return normalize(pooled(states.float(), batch["attention_mask"].float()), dim=-1)


def nt_xent(
    first: Float[Tensor, "pair width"],
    second: Float[Tensor, "pair width"],
    *,
    temperature: float,
    alike: Bool[Tensor, "pair pair"] | None = None,
) -> Float[Tensor, ""]:
    """NT-Xent over the two views of each example (Chen et al. 2020, arXiv:2002.05709, eq. 1).

    Args:
        first, second: the two views, of length 1; row i of one belongs to row i of the other.
        temperature: divides the cosine; above 0.
        alike: examples that are no negatives of one another, such as two of one concept.

    Returns:
        Mean over the 2N views, in nats.

    Raises:
        LossError: fewer than two pairs, so that no negative exists.
    """
    count = len(first)
    if count < 2:
        raise LossError(f"NT-Xent needs two pairs at least, and got {count}.")
    both = torch.cat([first, second])
    logits = both @ both.T / temperature
    left_out = torch.eye(2 * count, dtype=torch.bool)
    if alike is not None:
        others = alike & ~torch.eye(count, dtype=torch.bool)
        left_out |= others.repeat(2, 2)
    partner = torch.arange(2 * count).roll(count)
    return cross_entropy(logits.masked_fill(left_out, -math.inf), partner)


class NamePairs:
    """Concepts with their names, of which families are drawn.

    Args:
        names: of the knowledge base, and what gold texts call concepts.
        graph: of the knowledge base.
    """

    def __init__(self, names: Iterable[NameRow], graph: Graph) -> None:
        texts: dict[int, dict[str, None]] = {}
        for name in names:
            texts.setdefault(name.row, {})[" ".join(name.text.split())] = None
        self._texts = {row: tuple(own) for row, own in texts.items()}
        self._graph = graph
        self.rows = [row for row, own in sorted(self._texts.items()) if len(own) > 1]
        owners: dict[str, set[int]] = {}
        for row, own in self._texts.items():
            for text in own:
                owners.setdefault(text.casefold(), set()).add(row)
        self._namesakes = _namesakes(owners.values())

    def family(self, row: int, chance: np.random.Generator) -> list[int]:
        """The concept, and at most `FAMILY` - 1 of its parents, children and siblings."""
        parents = self._graph.parents(row).tolist()
        near = {*parents, *self._graph.children(row).tolist()}
        for parent in parents:
            near.update(self._graph.children(parent).tolist())
        ordered = sorted(other for other in near if other != row and other in self._texts)
        picked = chance.permutation(len(ordered))[: FAMILY - 1].tolist()
        return [row, *(ordered[at] for at in picked)]

    def families(self, rows: Sequence[int], chance: np.random.Generator) -> list[int]:
        """The families of the first of these concepts, as many concepts as are given."""
        found: list[int] = []
        for row in rows:
            if len(found) >= len(rows):
                break
            found.extend(self.family(row, chance))
        return found

    def two_names(self, row: int, chance: np.random.Generator) -> tuple[str, str]:
        """Two names of a concept; of one that has one, this twice, so it is a negative at least."""
        own = self._texts[row]
        if len(own) == 1:
            return own[0], own[0]
        one, other = chance.permutation(len(own))[:2].tolist()
        return own[one], own[other]

    def alike(self, rows: Sequence[int]) -> Bool[np.ndarray, "pair pair"]:
        """Which of the concepts are equal or share a name."""
        return np.array(
            [
                [one == other or other in self._namesakes.get(one, ()) for other in rows]
                for one in rows
            ]
        )


def train_encoder(
    backbone: Backbone,
    pairs: NamePairs,
    *,
    plan: FineTuning = PLAN,
    seed: int,
    progress: Progress | None = None,
) -> NameEncoder:
    """Teach an encoder which names mean the same.

    Args:
        backbone: freshly loaded; it is changed.
        pairs: the names.
        plan: steps and rates; its batch is in concepts.
        seed: of the families, names and dropout.
        progress: called after every step.

    Raises:
        TextsError: fewer than `FEWEST_PAIRS` concepts have two names.
    """
    if len(pairs.rows) < FEWEST_PAIRS:
        raise TextsError(
            f"{len(pairs.rows)} concepts have two names or more; {FEWEST_PAIRS} at least are "
            "wanted to train a name encoder",
            mend="Load an ontology with synonyms, or do without --names.",
        )

    def loss_of(chosen: Sequence[int]) -> Tensor:
        chance = np.random.default_rng(int(torch.randint(2**62, ())))  # the step's own seed
        rows = pairs.families([pairs.rows[at] for at in chosen], chance)
        views = [pairs.two_names(row, chance) for row in rows]
        texts = [first for first, _ in views] + [second for _, second in views]
        parts = _by_length(texts, READ_TOGETHER)
        read = torch.cat([read_names(backbone, [texts[at] for at in part]) for part in parts])
        back = torch.from_numpy(np.argsort(np.concatenate(parts), kind="stable"))
        both = read[back]
        alike = torch.from_numpy(pairs.alike(rows))
        return nt_xent(both[: len(rows)], both[len(rows) :], temperature=TEMPERATURE, alike=alike)

    fine_tune(
        backbone.network,
        encoder=backbone.network,
        loss_of=loss_of,
        lengths=[1] * len(pairs.rows),
        plan=plan,
        seed=seed,
        what="train the name encoder",
        progress=progress,
    )
    return NameEncoder(backbone)


def save_encoder(encoder: NameEncoder, path: Path) -> None:
    """Write what training changed to a safetensors file, whole or not at all."""
    save_part(path, KIND, encoder.backbone.network, encoder.backbone)


def load_encoder(path: Path) -> NameEncoder:
    """Read back what `save_encoder` wrote.

    Raises:
        BundleError: it is no such file, or its backbone is here in another version.
        BackboneError: its backbone is not here.
    """
    backbone, weights = load_part(path, KIND)
    lay_over(backbone.network, weights, path)
    return NameEncoder(backbone)


def _namesakes(groups: Iterable[Collection[int]]) -> Mapping[int, set[int]]:
    found: dict[int, set[int]] = {}
    for rows in groups:
        if len(rows) > 1:
            for row in rows:
                found.setdefault(row, set()).update(rows)
    return found


def _by_length(texts: Sequence[str], size: int) -> list[Int64[np.ndarray, " _"]]:
    """The places of texts in parts of so many of about the same length, so little is padding."""
    order = np.argsort([len(text) for text in texts], kind="stable").astype(np.int64)
    return [order[at : at + size] for at in range(0, len(order), size)]
