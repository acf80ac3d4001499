"""Rows of integers: as one integer each, and without those that come again."""

import numpy as np
from jaxtyping import Int64

Rows = Int64[np.ndarray, "_ column"]
Column = Int64[np.ndarray, " _"]


def packed(*many: Rows) -> list[Column]:
    """One integer for each row of all these arrays, in their order, and equal where they are."""
    together = np.concatenate(many)
    keys = np.zeros(len(together), dtype=np.int64)
    free = 63
    for column in together.T:
        codes = column - column.min(initial=0)
        bits = _bits(codes)
        if bits > free:
            keys = _ranks(keys)
            free = 63 - _bits(keys)
        if bits > free:
            codes = _ranks(codes)
            bits = _bits(codes)
        keys = (keys << bits) | codes
        free -= bits
    ends = np.cumsum([len(rows) for rows in many])
    return np.split(keys, ends[:-1])


def each_once(rows: Rows) -> Rows:
    """The rows without those that stand further up already."""
    [keys] = packed(rows)
    ordered = np.sort(keys)
    if (ordered[1:] != ordered[:-1]).all():  # so it is with most, and sorting alone is quick
        return rows
    once: Rows = rows[_first_places(keys)]
    return once


def numbers_once(numbers: Column) -> Column:
    """Each number once, in the order of their first places."""
    once: Column = numbers[_first_places(numbers)]
    return once


def _first_places(keys: Column) -> Column:
    places = np.unique(keys, return_index=True)[1].astype(np.int64)
    places.sort()
    return places


def _ranks(values: Column) -> Column:
    """The place of each value among all that there are, from 0."""
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _bits(values: Column) -> int:
    return int(values.max(initial=0)).bit_length()
