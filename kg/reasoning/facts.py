"""The triples by predicate, as sorted arrays of keys, with what each step of reasoning added.

A key is `subject << 32 | object`, so that one sort and one binary search serve a join.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int64

# lengths differ from argument to argument
Keys = Int64[np.ndarray, " _"]
Numbers = Int64[np.ndarray, " _"]

_LOW = np.int64(0xFFFFFFFF)
_SHIFT = np.int64(32)


def keys_of(subject: Numbers, object_: Numbers) -> Keys:
    """Keys of pairs of term numbers below 2**31."""
    keys: Keys = (subject << _SHIFT) | object_
    return keys


def first_of(keys: Keys) -> Numbers:
    """The subjects of keys; of reversed keys, the objects."""
    return keys >> _SHIFT


def second_of(keys: Keys) -> Numbers:
    """The objects of keys; of reversed keys, the subjects."""
    return keys & _LOW


def holds(keys: Keys, wanted: Keys) -> Bool[np.ndarray, " n"]:
    """Which of the wanted keys are among sorted keys."""
    if not len(keys):
        return np.zeros(len(wanted), dtype=np.bool_)
    at = np.searchsorted(keys, wanted)
    at[at == len(keys)] = 0
    found: Bool[np.ndarray, " n"] = np.equal(keys[at], wanted)
    return found


def distinct(keys: Keys) -> Keys:
    """The keys sorted, each once; numpy's `unique` hashes first, which costs ten times as much."""
    ordered = np.sort(keys)
    return ordered[np.diff(ordered, prepend=-1) != 0] if len(ordered) else ordered


def merged(left: Keys, right: Keys) -> Keys:
    """Both together, sorted; both are sorted and have no key in common."""
    both = np.concatenate([left, right])
    both.sort(kind="stable")  # of two runs a stable sort is a merge
    return both


class Table:
    """Pairs of one predicate; a key is there once.

    Args:
        keys: sorted.
    """

    def __init__(self, keys: Keys) -> None:
        self.keys = keys

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def reversed_keys(self) -> Keys:
        """`object << 32 | subject`, sorted."""
        turned = keys_of(second_of(self.keys), first_of(self.keys))
        turned.sort()
        return turned

    @cached_property
    def fan_out(self) -> float:
        """Pairs per subject, on average."""
        return len(self.keys) / max(_distinct(first_of(self.keys)), 1)

    @cached_property
    def fan_in(self) -> float:
        """Pairs per object, on average."""
        return len(self.keys) / max(_distinct(first_of(self.reversed_keys)), 1)


class Block(NamedTuple):
    """What one rule added in one step; step 0 are the asserted triples, of no rule (-1)."""

    step: int
    rule: int
    keys: Keys


class Relation:
    """All that is known with one predicate."""

    def __init__(self) -> None:
        self.table = EMPTY
        self.blocks: list[Block] = []
        self._base: Table | None = None
        self._rewritten = False
        self._since: tuple[int, Table] | None = None

    @property
    def last_step(self) -> int:
        """The step that added the latest."""
        return self.blocks[-1].step if self.blocks else -1

    @property
    def base(self) -> Table:
        """Without what rules of transitivity gave."""
        return self.table if self._base is None else self._base

    def add(self, block: Block, *, transitive: bool = False) -> None:
        """Add keys that are sorted and new."""
        if transitive and self._base is None:
            self._base = self.table
        if not transitive and self._base is not None:
            self._base = Table(merged(self._base.keys, block.keys))
        self.table = Table(merged(self.table.keys, block.keys))
        self.blocks.append(block)
        self._since = None

    def drop(self, gone: Keys) -> None:
        """Reason no longer about these; what was added stays on record."""
        self.table = Table(self.table.keys[~holds(gone, self.table.keys)])
        if self._base is not None:
            self._base = Table(self._base.keys[~holds(gone, self._base.keys)])
        self._rewritten = True
        self._since = None

    def since(self, step: int) -> Table:
        """What was added after a step, and is still reasoned about."""
        if self.last_step <= step:
            return EMPTY
        if step < 0:
            return self.table
        if self._since is None or self._since[0] != step:
            self._since = (step, Table(self._added(step, None)))
        return self._since[1]

    def base_since(self, step: int, rule: int) -> Table:
        """What other rules than this one added after a step."""
        return Table(self._added(step, rule)) if self.last_step > step else EMPTY

    def _added(self, step: int, without: int | None) -> Keys:
        parts = [b.keys for b in self.blocks if b.step > step and b.rule != without]
        if not parts:
            return EMPTY.keys
        keys = parts[0] if len(parts) == 1 else np.sort(np.concatenate(parts))
        return keys[holds(self.table.keys, keys)] if self._rewritten else keys


class Facts:
    """Relations by the number of their predicate."""

    def __init__(self) -> None:
        self.relations: dict[int, Relation] = {}
        self.count = 0

    def relation(self, predicate: int) -> Relation:
        """The relation, made on first sight."""
        found = self.relations.get(predicate)
        if found is None:
            found = self.relations[predicate] = Relation()
        return found

    def table(self, predicate: int) -> Table:
        """All pairs of a predicate."""
        found = self.relations.get(predicate)
        return EMPTY if found is None else found.table

    def add(self, predicate: int, block: Block, *, transitive: bool = False) -> None:
        """Add keys that are sorted and new to this predicate."""
        self.relation(predicate).add(block, transitive=transitive)
        self.count += len(block.keys)

    def predicates(self) -> list[int]:
        """Predicates with at least one pair."""
        return [p for p, relation in self.relations.items() if len(relation.table)]


def _distinct(ordered: Numbers) -> int:
    return int(np.count_nonzero(ordered[1:] != ordered[:-1])) + 1 if len(ordered) else 0


EMPTY = Table(np.zeros(0, dtype=np.int64))
