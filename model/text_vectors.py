"""Text vectors of entities: the frozen backbone over label, synonyms and definition.

A vector depends on nothing but the text and the backbone, so a concept added to the knowledge base
has one at once, and vectors are cached under a hash of the text: a changed definition is a new key.
"""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

import torch
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from kg import EntityTable
from model.backbone import Backbone, quick_arithmetic

MAX_SYNONYMS = 2
MAX_TOKENS = 48
BATCH = 32


def entity_text(table: EntityTable, row: int) -> str:
    """What stands for an entity: its label, up to two synonyms, its definition."""
    names = ", ".join((table.labels[row], *table.synonyms[row][:MAX_SYNONYMS]))
    definition = table.definitions[row]
    return f"{names}. {definition}" if definition else names


def pooled(
    states: Float[Tensor, "text token width"], mask: Float[Tensor, "text token"]
) -> Float[Tensor, "text width"]:
    """Mean of the token states that are not padding."""
    return (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp_min(1.0)


class TextVectors:
    """Computes text vectors with a frozen backbone and remembers them.

    Args:
        backbone: never trained; a copy of its own, apart from the one that is fine-tuned.
        quick: by `quick_arithmetic`.
    """

    def __init__(self, backbone: Backbone, *, quick: bool = False) -> None:
        self._backbone = backbone
        self._quick = quick
        self._known: dict[str, Tensor] = {}

    @property
    def width(self) -> int:
        """Width of a text vector."""
        return self._backbone.width

    def of(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> Float[Tensor, "text width"]:
        """One vector for each text, in their order; pooled like a text that is classified.

        Args:
            texts: see `entity_text`.
            progress: called with (done, all) texts that had to be computed.
        """
        keys = [_key(text) for text in texts]
        missing = {k: t for k, t in zip(keys, texts, strict=True) if k not in self._known}
        by_length = sorted(missing, key=lambda key: (len(missing[key]), key))
        for start in range(0, len(by_length), BATCH):
            chunk = by_length[start : start + BATCH]
            vectors = self._encode([missing[key] for key in chunk])
            self._known.update(zip(chunk, vectors, strict=True))
            if progress:
                progress(start + len(chunk), len(by_length))
        if not keys:
            return torch.zeros(0, self.width)
        return torch.stack([self._known[key] for key in keys])

    def known(self, texts: Sequence[str]) -> int:
        """How many of the texts have a vector already."""
        return sum(_key(text) in self._known for text in texts)

    def to_bytes(self) -> bytes:
        """All known vectors as the content of one safetensors file."""
        keys = sorted(self._known)
        matrix = torch.stack([self._known[key] for key in keys]) if keys else torch.zeros(0, 1)
        return save({"vectors": matrix}, metadata={"keys": " ".join(keys)})

    def read(self, path: Path) -> None:
        """Take over the vectors of a file written from `to_bytes`.

        Raises:
            SafetensorError: the file is not one, or its keys do not fit its rows.
        """
        with safe_open(path, framework="pt") as file:
            keys = (file.metadata() or {}).get("keys", "").split()
            vectors = file.get_tensor("vectors")
        if len(keys) != len(vectors):
            raise SafetensorError(f"{path}: {len(vectors)} vectors for {len(keys)} keys")
        self._known.update(zip(keys, vectors, strict=True))

    @torch.inference_mode()
    def _encode(self, texts: list[str]) -> Float[Tensor, "text width"]:
        batch = self._backbone.tokenizer(
            texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
        )
        with quick_arithmetic() if self._quick else nullcontext():
            states = self._backbone.network(
                input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]
            ).last_hidden_state.float()
        return pooled(states, batch["attention_mask"].to(states.dtype))


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
