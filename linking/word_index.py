"""Names by the bag of their stems, in sorted arrays: finds them in any order and inflection.

The key of a bag is the sum of the 64-bit hashes of its stems, so that the keys of all windows of a
text are differences of one running sum.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int32

from kg.csr import Csr
from linking.bags import Bags, Keys, hash_of
from linking.equivalences import reworded
from linking.words import Words, stem

_MASK = 0xFFFFFFFFFFFFFFFF
_MAX_FILTER_BITS = 25
_KEPT_WORDS = 500_000


class Window(NamedTuple):
    """Words `first` to `last` of a text, both included, are the bag `key` of some names."""

    first: int
    last: int
    key: int


class _Hashes(dict[str, int]):
    """Word -> the hash of its stem, 0 where no name has it; worked out when first met."""

    def __init__(self, stems: Keys) -> None:
        self._stems = stems

    def __missing__(self, word: str) -> int:
        if len(self) > _KEPT_WORDS:
            self.clear()
        found = hash_of(stem(word))
        at = int(np.searchsorted(self._stems, np.uint64(found)))
        known = at < len(self._stems) and int(self._stems[at]) == found
        self[word] = found = found if known else 0
        return found


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
        keys: Keys,
        numbers: Int32[np.ndarray, " _"],
        stems: Keys,
        longest: int,
    ) -> None:
        self._keys = keys
        self._numbers = numbers
        self._stems = stems
        self._longest = longest
        self._hash_of = _Hashes(stems)
        # most windows are no name: some bits of each key tell so at once
        bits = min(_MAX_FILTER_BITS, max(1, 8 * len(keys)).bit_length())
        self._low_bits = np.uint64((1 << bits) - 1)
        self._filter = np.zeros(1 << bits, dtype=np.bool_)
        self._filter[keys & self._low_bits] = True

    @classmethod
    def of(cls, bags: Bags, alike: Csr | None = None) -> "WordIndex":
        """Build the index.

        Args:
            bags: ways to write the names that are looked for.
            alike: for each stem, by number, those that may stand for it.
        """
        keys, numbers = bags.keys(), bags.names
        if alike is not None:
            other = reworded(bags, alike)
            keys = np.concatenate([keys, other.keys])
            numbers = np.concatenate([numbers, numbers[other.bags]])
        order = np.argsort(keys, kind="stable")
        longest = int(bags.lengths().max(initial=0))
        return cls(keys[order], numbers[order], bags.hashes, longest)

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
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], *, first: int = 0) -> "WordIndex":
        """What `arrays` gave.

        Args:
            arrays: of an index.
            first: what is added to the number of each name.
        """
        numbers = arrays["numbers"] + np.int32(first) if first else arrays["numbers"]
        return cls(arrays["keys"], numbers, arrays["stems"], int(arrays["longest"][0]))

    def find(self, text: Words, longer: Mapping[int, Sequence[str]]) -> list[Window]:
        """All windows of a text that are names.

        Args:
            text: its words.
            longer: the words for which the word at a place stands, as abbreviations do.
        """
        count = len(text.words)
        if not count or not len(self._keys):
            return []
        hashes = self._hashes_of(text.words, longer)
        sums = np.zeros(count + 1, dtype=np.uint64)
        np.cumsum(hashes, out=sums[1:])
        known = hashes != 0
        # a window neither runs over a break nor over a word that is in no name
        run = np.array(text.parts) + np.cumsum(~known)
        places = np.arange(count)
        longest = np.minimum(run.searchsorted(run, side="right") - places, self._longest) * known
        first = places.repeat(longest)
        before = longest.cumsum() - longest
        end = np.arange(1, len(first) + 1) - (before - places).repeat(longest)
        keys = sums[end] - sums[first]
        likely = self._filter[keys & self._low_bits].nonzero()[0]
        keys = keys[likely]
        at = np.minimum(self._keys.searchsorted(keys), len(self._keys) - 1)
        found = (self._keys[at] == keys).nonzero()[0]
        place = likely[found]
        columns = (first[place].tolist(), (end[place] - 1).tolist(), keys[found].tolist())
        return list(map(Window, *columns))

    def names_of(self, key: int) -> list[int]:
        """The numbers of the names that are the bag of this key."""
        if not len(self._keys) or not self._filter[key & int(self._low_bits)]:
            return []
        wanted = np.uint64(key)
        low = self._keys.searchsorted(wanted, side="left")
        high = self._keys.searchsorted(wanted, side="right")
        found: list[int] = self._numbers[low:high].tolist()
        return found

    def named(self, words: Sequence[str]) -> tuple[int, list[int]]:
        """The key of the bag of some words, and the numbers of the names that are that bag."""
        hashes = list(map(self._hash_of.__getitem__, words))
        key = sum(hashes) & _MASK
        return key, self.names_of(key) if all(hashes) else []

    def _hashes_of(self, words: Sequence[str], longer: Mapping[int, Sequence[str]]) -> Keys:
        hashes = list(map(self._hash_of.__getitem__, words))
        for place, meant in longer.items():
            parts = list(map(self._hash_of.__getitem__, meant))
            if all(parts):
                hashes[place] = sum(parts) & _MASK
        return np.array(hashes, dtype=np.uint64)
