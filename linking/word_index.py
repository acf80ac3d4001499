"""Names by the bag of their stems, in sorted arrays: finds them in any order and inflection.

The key of a bag is the sum of the 64-bit hashes of its stems, so that the keys of all windows of a
text are differences of one running sum.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from jaxtyping import Int32, Int64, UInt64

from linking.words import Words, stem

MAX_WORDS = 10
"""Longest name that is looked for as a bag, in words that are no stop words."""

_MASK = 0xFFFFFFFFFFFFFFFF
_FILTER_BITS = 22
_KEPT_WORDS = 500_000
_Keys = UInt64[np.ndarray, " _"]


class Window(NamedTuple):
    """Words `first` to `last` of a text, both included, are the bag `key` of these names."""

    first: int
    last: int
    key: int
    names: list[int]


class WordIndex:
    """Which names are the bag of the stems of some words.

    Args:
        keys: of the bags, ascending.
        numbers: of the name of each bag.
        stems: the hashes of all stems that occur in names.
        longest: words of the longest bag.
    """

    def __init__(
        self,
        keys: _Keys,
        numbers: Int32[np.ndarray, " _"],
        stems: _Keys,
        longest: int,
    ) -> None:
        self._keys = keys
        self._numbers = numbers
        self._stems = stems
        self._longest = longest
        self._of_word: dict[str, int] = {}
        # most windows are no name: a bit of each key tells so at once
        self._filter = np.zeros(1 << _FILTER_BITS, dtype=np.bool_)
        self._filter[_low_bits(keys)] = True

    @classmethod
    def of(cls, bags: Iterable[tuple[int, Sequence[str]]]) -> "WordIndex":
        """Build the index.

        Args:
            bags: the number of each name that is looked for, and the stems of one way to say it.
        """
        hashes: dict[str, int] = {}
        keys, numbers, longest = [], [], 0
        for number, stems in bags:
            for one in stems:
                if one not in hashes:
                    hashes[one] = _hash(one)
            keys.append(sum(map(hashes.__getitem__, stems)) & _MASK)
            numbers.append(number)
            longest = max(longest, len(stems))
        every = np.array(keys, dtype=np.uint64)
        order = np.argsort(every, kind="stable")
        known = np.array(sorted(hashes.values()), dtype=np.uint64)
        return cls(every[order], np.array(numbers, dtype=np.int32)[order], known, longest)

    def arrays(self) -> dict[str, np.ndarray]:
        """What `from_arrays` makes it of again."""
        longest = np.array([self._longest], dtype=np.int64)
        return {
            "keys": self._keys,
            "numbers": self._numbers,
            "stems": self._stems,
            "longest": longest,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "WordIndex":
        """What `arrays` gave."""
        longest = int(arrays["longest"][0])
        return cls(arrays["keys"], arrays["numbers"], arrays["stems"], longest)

    def find(self, text: Words, longer: Mapping[int, Sequence[str]]) -> Iterator[Window]:
        """All windows of a text that are names, the shorter first.

        Args:
            text: its words.
            longer: the words for which the word at a place stands, as abbreviations do.
        """
        count = len(text.words)
        if not count or not len(self._keys):
            return
        hashes = self._hashes_of(text.words, longer)
        sums = np.zeros(count + 1, dtype=np.uint64)
        np.cumsum(hashes, out=sums[1:])
        unknown = np.zeros(count + 1, dtype=np.int64)
        np.cumsum(hashes == 0, out=unknown[1:])
        # a window neither runs over a break nor over a word that is in no name
        run = np.array(text.parts) + unknown[1:]
        first, length, keys = self._windows(sums, run, hashes != 0)
        low = np.searchsorted(self._keys, keys, side="left")
        found = np.flatnonzero(self._keys[np.minimum(low, len(self._keys) - 1)] == keys)
        high = np.searchsorted(self._keys, keys[found], side="right")
        for at, end in zip(found.tolist(), high.tolist(), strict=True):
            start = int(first[at])
            names = self._numbers[low[at] : end].tolist()
            yield Window(start, start + int(length[at]) - 1, int(keys[at]), names)

    def named(self, words: Sequence[str]) -> tuple[int, list[int]]:
        """The key of the bag of some words, and the numbers of the names that are that bag."""
        known = self._of_word
        hashes = [known[w] if w in known else self._word_hash(w) for w in words]
        key = sum(hashes) & _MASK
        if not self._filter[key & ((1 << _FILTER_BITS) - 1)] or not all(hashes):
            return key, []
        low, high = np.searchsorted(self._keys, np.array([key, key + 1], dtype=np.uint64)).tolist()
        return key, self._numbers[low:high].tolist()

    def _windows(
        self, sums: _Keys, run: Int64[np.ndarray, " word"], known: np.ndarray
    ) -> tuple[Int64[np.ndarray, " _"], Int64[np.ndarray, " _"], _Keys]:
        """First word, length and key of all windows whose key may be that of a name."""
        count = len(run)
        firsts, lengths, keys = [], [], []
        for length in range(1, min(self._longest, count) + 1):
            ends = slice(length - 1, None)
            starts = slice(0, count - length + 1)
            at = np.flatnonzero((run[ends] == run[starts]) & known[starts])
            if not len(at):
                break
            key = sums[at + length] - sums[at]
            kept = self._filter[_low_bits(key)]
            firsts.append(at[kept])
            keys.append(key[kept])
            lengths.append(np.full(len(keys[-1]), length))
        if not firsts:
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint64)
        return np.concatenate(firsts), np.concatenate(lengths), np.concatenate(keys)

    def _hashes_of(self, words: Sequence[str], longer: Mapping[int, Sequence[str]]) -> _Keys:
        known = self._of_word
        hashes = [known[w] if w in known else self._word_hash(w) for w in words]
        for place, meant in longer.items():
            parts = [self._word_hash(word) for word in meant]
            if all(parts):
                hashes[place] = sum(parts) & _MASK
        return np.array(hashes, dtype=np.uint64)

    def _word_hash(self, word: str) -> int:
        """The hash of a word's stem; 0 where no name has it."""
        if len(self._of_word) > _KEPT_WORDS:
            self._of_word.clear()
        found = _hash(stem(word))
        found = self._of_word[word] = found if found in self._known_stems else 0
        return found

    @cached_property
    def _known_stems(self) -> frozenset[int]:
        return frozenset(self._stems.tolist())


def _hash(text: str) -> int:
    digest = blake2b(text.encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little") | 1


def _low_bits(keys: _Keys) -> Int64[np.ndarray, " _"]:
    return (keys & np.uint64((1 << _FILTER_BITS) - 1)).astype(np.int64)
