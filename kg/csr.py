"""Compressed sparse rows: the neighbours of every row, one after another in one array."""

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Int32, Int64, Integer


class Gathered(NamedTuple):
    """The neighbours of several rows; `neighbour[i]` is one of the row at `place[i]`."""

    place: Int64[np.ndarray, " n"]
    neighbour: Int32[np.ndarray, " n"]


class Csr(NamedTuple):
    """`neighbour[start[row]:start[row + 1]]` are the neighbours of `row`, ascending."""

    start: Int64[np.ndarray, " bound"]
    neighbour: Int32[np.ndarray, " pair"]

    @property
    def row_count(self) -> int:
        """How many rows there are, also of those without a neighbour."""
        return len(self.start) - 1

    def of(self, row: int) -> Int64[np.ndarray, " n"]:
        """The neighbours of a row."""
        return self.neighbour[self.start[row] : self.start[row + 1]].astype(np.int64)

    def counts(self) -> Int64[np.ndarray, " row"]:
        """How many neighbours each row has."""
        return np.diff(self.start)

    def gathered(self, rows: Integer[np.ndarray, " place"]) -> Gathered:
        """The neighbours of all these rows, in their order."""
        first = self.start[rows]
        count = self.start[np.asarray(rows) + 1] - first
        place = np.repeat(np.arange(len(rows), dtype=np.int64), count)
        shift = first - np.concatenate([[0], np.cumsum(count)[:-1]]) if len(rows) else first
        at = np.arange(len(place), dtype=np.int64) + shift[place]
        return Gathered(place, self.neighbour[at])

    def lists(self) -> list[list[int]]:
        """The same as lists: to walk them is faster than to slice arrays of two or three."""
        neighbour, start = self.neighbour.tolist(), self.start.tolist()
        return [neighbour[a:b] for a, b in pairwise(start)]

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """Its arrays by name, as they are kept."""
        return {f"{name}_start": self.start, f"{name}_neighbour": self.neighbour}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], name: str) -> "Csr":
        """What `arrays` gave."""
        return cls(arrays[f"{name}_start"], arrays[f"{name}_neighbour"])


def csr_of_pairs(
    row: Integer[np.ndarray, " pair"], neighbour: Integer[np.ndarray, " pair"], row_count: int
) -> Csr:
    """The rows of pairs in any order; a pair that stands twice is kept twice.

    Args:
        row, neighbour: the pairs, numbers from 0.
        row_count: one more than the largest row there can be.
    """
    order = np.lexsort((neighbour, row))
    start = np.zeros(row_count + 1, dtype=np.int64)
    np.cumsum(np.bincount(row, minlength=row_count), out=start[1:])
    return Csr(start=start, neighbour=neighbour[order].astype(np.int32))
