"""Fixed vectors of texts from hashed character n-grams; no backbone, no gradient.

A text is its n-grams of 3 and 5 characters, words padded by blanks; each is hashed into one of 2^15
buckets, as in fastText (Bojanowski et al. 2017, arXiv:1607.04606, section 3.2). A bucket weighs
sqrt(its count) * log of how few texts have it, and buckets are added up by signs that depend on the
bucket alone (Achlioptas 2003, theorem 1.1): cosines between texts survive within 1/sqrt(width).
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt64
from safetensors.numpy import load, save
from torch import Tensor

GRAMS = (3, 5)
BUCKETS = 1 << 15
WIDTH = 256
MOST_CHARACTERS = 256
_STEP = 4_096
_END = ord("\n")


class HashedTexts:
    """See the head of the file.

    Args:
        rarity: weight of each bucket, from `fitted`.
    """

    def __init__(self, rarity: Float32[np.ndarray, " bucket"]) -> None:
        self._rarity = rarity
        self._signs = _signs() * rarity[:, None]

    @classmethod
    def fitted(cls, texts: Sequence[str]) -> "HashedTexts":
        """Learn from texts which n-grams are rare."""
        seen = np.zeros(BUCKETS, dtype=np.int64)
        for counts in _counted(texts):
            seen += np.bincount(counts.indices, minlength=BUCKETS)
        return cls(np.log((1 + len(texts)) / (1 + seen)).astype(np.float32))

    def of(self, texts: Sequence[str]) -> Float[Tensor, "text width"]:
        """One vector for each text, of length 1; 0 for a text without characters."""
        parts = [np.zeros((0, WIDTH), dtype=np.float32)]
        for counts in _counted(texts):
            counts.data = np.sqrt(counts.data)
            vectors = counts @ self._signs
            length = np.linalg.norm(vectors, axis=1, keepdims=True)
            parts.append(vectors / np.maximum(length, 1e-6))
        return torch.from_numpy(np.concatenate(parts))

    def to_bytes(self) -> bytes:
        """The content of one safetensors file."""
        return save({"rarity": self._rarity})

    @classmethod
    def from_bytes(cls, content: bytes) -> "HashedTexts":
        """What `to_bytes` gave."""
        return cls(load(content)["rarity"])


def _counted(texts: Sequence[str]) -> Iterator[Any]:
    """Counts of the buckets of some thousand texts at a time, as scipy's sparse rows."""
    from scipy.sparse import csr_array

    for start in range(0, len(texts), _STEP):
        owner, bucket = _buckets(texts[start : start + _STEP])
        shape = (min(_STEP, len(texts) - start), BUCKETS)
        counts = csr_array((np.ones(len(owner), dtype=np.float32), (owner, bucket)), shape=shape)
        counts.sum_duplicates()
        yield counts


def _buckets(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The text and the bucket of each n-gram."""
    lines = (" ".join(text.lower().split())[:MOST_CHARACTERS] for text in texts)
    joined = "".join(f" {line} \n" for line in lines)
    codes = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    line = np.cumsum(codes == _END)
    owners, buckets = [], []
    for size in GRAMS:
        span = len(codes) - size + 1
        grams = np.zeros(max(span, 0), dtype=np.uint64)
        for place in range(size):
            grams = grams * np.uint64(0x100000001B3) + codes[place : place + len(grams)]
        # no n-gram ends in another line, and none begins at the end of one
        inside = line[: len(grams)] == line[size - 1 : size - 1 + len(grams)]
        inside &= codes[: len(grams)] != _END
        owners.append(line[: len(grams)][inside])
        buckets.append((_mixed(grams[inside]) >> np.uint64(49)).astype(np.int64))
    return np.concatenate(owners), np.concatenate(buckets)


def _mixed(numbers: UInt64[np.ndarray, " n"]) -> UInt64[np.ndarray, " n"]:
    """Scramble (the finaliser of splitmix64), the same on every machine and release."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: np.ndarray = numbers ^ (numbers >> np.uint64(31))
    return mixed


def _signs() -> Float32[np.ndarray, "bucket width"]:
    words = _mixed(np.arange(1, BUCKETS * WIDTH // 64 + 1, dtype=np.uint64))
    bits = np.unpackbits(words.view(np.uint8)).reshape(BUCKETS, WIDTH)
    return bits.astype(np.float32) * 2 - 1
