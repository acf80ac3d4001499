"""All triples, asserted and inferred, with the step that each was found in."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

from kg.reasoning.facts import EMPTY, Keys, Numbers, Table, holds, keys_of, second_of
from kg.reasoning.outcome import Column, InferredColumns, TripleColumns

Triple = tuple[int, int, int]
UNKNOWN = np.int64(np.iinfo(np.int64).max)


class Origin(NamedTuple):
    """How a triple came: in step 0 it is asserted, and has no rule (-1)."""

    step: int
    rule: int


class _Pairs(NamedTuple):
    table: Table
    step: Int64[np.ndarray, " key"]
    rule: Int64[np.ndarray, " key"]


class Known:
    """Looks triples up; a source for joins.

    Args:
        asserted: of step 0.
        inferred: of later steps.
    """

    def __init__(self, asserted: TripleColumns, inferred: InferredColumns) -> None:
        self._pairs: dict[int, _Pairs] = {}
        zeros = np.zeros(len(asserted.subject), dtype=np.int64)
        predicate = np.concatenate([asserted.predicate, inferred.predicate])
        keys = np.concatenate(
            [
                keys_of(asserted.subject, asserted.object),
                keys_of(inferred.subject, inferred.object),
            ]
        )
        step = np.concatenate([zeros, inferred.step])
        rule = np.concatenate([zeros - 1, inferred.rule])
        order = np.lexsort((step, keys, predicate))
        predicate, keys, step, rule = predicate[order], keys[order], step[order], rule[order]
        bounds = np.flatnonzero(np.diff(predicate, prepend=-1, append=-1))
        for i in range(len(bounds) - 1):
            at = slice(int(bounds[i]), int(bounds[i + 1]))
            self.add(int(predicate[bounds[i]]), keys[at], step[at], rule[at])

    def add(self, predicate: int, keys: Keys, step: Column, rule: Column) -> None:
        """Add sorted keys of a predicate that has none yet."""
        self._pairs[predicate] = _Pairs(Table(keys), step, rule)

    def table(self, predicate: int) -> Table:
        """The pairs of a predicate."""
        found = self._pairs.get(predicate)
        return EMPTY if found is None else found.table

    def predicates(self) -> list[int]:
        """Predicates with at least one pair."""
        return list(self._pairs)

    @property
    def is_part(self) -> bool:
        """Whether it holds only what is new."""
        return False

    def origin(self, triple: Triple) -> Origin | None:
        """How a triple came, or None if it is not known."""
        subject, predicate, object_ = triple
        found = self._pairs.get(predicate)
        key = keys_of(np.array([subject]), np.array([object_]))
        if found is None or not holds(found.table.keys, key)[0]:
            return None
        at = int(np.searchsorted(found.table.keys, key[0]))
        return Origin(int(found.step[at]), int(found.rule[at]))

    def steps(self, subject: Numbers, predicate: Numbers, object_: Numbers) -> Column:
        """The steps of triples; `UNKNOWN` for those that are not known."""
        steps = np.full(len(subject), UNKNOWN, dtype=np.int64)
        for number in np.unique(predicate).tolist():
            found = self._pairs.get(number)
            if found is not None:
                here = np.flatnonzero(predicate == number)
                keys = keys_of(subject[here], object_[here])
                there = holds(found.table.keys, keys)
                at = np.searchsorted(found.table.keys, keys[there])
                steps[here[there]] = found.step[at]
        return steps

    def objects(self, subject: int, predicate: int) -> list[int]:
        """The objects of a subject and predicate."""
        return _halves(self.table(predicate).keys, subject)

    def subjects(self, predicate: int, object_: int) -> list[int]:
        """The subjects of a predicate and object."""
        return _halves(self.table(predicate).reversed_keys, object_)


def _halves(keys: Keys, first: int) -> list[int]:
    low, high = np.searchsorted(keys, [first << 32, (first + 1) << 32])
    found: list[int] = second_of(keys[low:high]).tolist()
    return found
