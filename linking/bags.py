"""Ways to write names, each a bag of stems, side by side in arrays.

The key of a bag is the sum of the 64-bit hashes of its stems, so that it is the same in any order,
and so that a stem can be put in the place of another by adding and subtracting.
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from jaxtyping import Bool, Int32, Int64, UInt64

from kg.csr import Csr

Keys = UInt64[np.ndarray, " _"]


@dataclass(frozen=True, slots=True)
class Bags:
    """Bags of stems.

    Attributes:
        names: the number of the name that each bag is a way to write.
        start: where the stems of each bag begin in `stems`, and where the last one ends.
        stems: numbers of stems.
        hashes: of the stems, ascending.
        digits: which stems are numbers.
    """

    names: Int32[np.ndarray, " bag"]
    start: Int64[np.ndarray, " bound"]
    stems: Int32[np.ndarray, " place"]
    hashes: UInt64[np.ndarray, " stem"]
    digits: Bool[np.ndarray, " stem"]

    def lengths(self) -> Int64[np.ndarray, " bag"]:
        """How many stems each bag has."""
        lengths: Int64[np.ndarray, " bag"] = np.diff(self.start)
        return lengths

    def keys(self) -> UInt64[np.ndarray, " bag"]:
        """The key of each bag."""
        sums = np.zeros(len(self.stems) + 1, dtype=np.uint64)
        np.cumsum(self.hashes[self.stems], out=sums[1:])
        keys: Keys = sums[self.start[1:]] - sums[self.start[:-1]]
        return keys

    def stems_of(self) -> Csr:
        """The stems of each bag, in their order."""
        return Csr(self.start, self.stems)

    def arrays(self) -> dict[str, np.ndarray]:
        """Its arrays by name, as they are kept."""
        return {
            "bag_names": self.names,
            "bag_start": self.start,
            "bag_stems": self.stems,
            "stems": self.hashes,
            "digits": self.digits,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Bags":
        """What `arrays` gave."""
        return cls(
            arrays["bag_names"],
            arrays["bag_start"],
            arrays["bag_stems"],
            arrays["stems"],
            arrays["digits"],
        )


class BagWriter:
    """Collects bags one by one.

    Attributes:
        numbers: of the stems, in the order in which they came.
    """

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self._names = array("i")
        self._ends = array("q", [0])
        self._stems = array("i")

    def add(self, name: int, stems: Sequence[str]) -> None:
        """One more way to write a name."""
        known = self.numbers
        for one in stems:
            self._stems.append(known.setdefault(one, len(known)))
        self._names.append(name)
        self._ends.append(len(self._stems))

    def bags(self) -> Bags:
        """All of them."""
        count = len(self.numbers)
        found = np.fromiter(map(hash_of, self.numbers), dtype=np.uint64, count=count)
        digits = np.fromiter(map(str.isdigit, self.numbers), dtype=np.bool_, count=count)
        hashes, first, place = np.unique(found, return_index=True, return_inverse=True)
        return Bags(
            np.array(self._names, dtype=np.int32),
            np.array(self._ends, dtype=np.int64),
            place[np.array(self._stems, dtype=np.int32)].astype(np.int32),
            hashes,
            digits[first],
        )


def together(first: Bags, second: Bags, *, names: int) -> Bags:
    """The bags of both.

    Args:
        first, second: the bags.
        names: how many names the first has; those of the second are numbered from there.
    """
    hashes = np.union1d(first.hashes, second.hashes)
    places = [np.searchsorted(hashes, one.hashes) for one in (first, second)]
    digits = np.zeros(len(hashes), dtype=np.bool_)
    for place, one in zip(places, (first, second), strict=True):
        digits[place] = one.digits
    stems = [place[one.stems] for place, one in zip(places, (first, second), strict=True)]
    return Bags(
        np.concatenate([first.names, second.names + np.int32(names)]),
        np.concatenate([first.start, second.start[1:] + first.start[-1]]),
        np.concatenate(stems).astype(np.int32),
        hashes,
        digits,
    )


def bags_of(bags: Bags, names: Int64[np.ndarray, " chosen"], count: int) -> Bags:
    """The bags of chosen names, which are numbered anew in this order.

    Args:
        bags: by name.
        names: the numbers of the chosen; one may be chosen twice.
        count: of the names that the bags are of.
    """
    start = np.searchsorted(bags.names, np.arange(count + 1, dtype=np.int32))
    chosen = Csr(start, np.arange(len(bags.names), dtype=np.int32)).gathered(names)
    stems = bags.stems_of().gathered(chosen.neighbour).neighbour
    ends = np.zeros(len(chosen.neighbour) + 1, dtype=np.int64)
    np.cumsum(bags.lengths()[chosen.neighbour], out=ends[1:])
    used = np.unique(stems)
    return Bags(
        chosen.place.astype(np.int32),
        ends,
        np.searchsorted(used, stems).astype(np.int32),
        bags.hashes[used],
        bags.digits[used],
    )


def hash_of(stem: str) -> int:
    """64 bits of a stem; never 0."""
    digest = blake2b(stem.encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little") | 1
