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
    """All that is known with one predicate.

    Keys that are added lie in runs, each more than twice as long as the next, so that many small
    steps cost no more than a few large ones; whoever asks for the table gets one run.
    """

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.size = 0
        self._runs: list[Keys] = []
        self._table: Table | None = EMPTY
        self._base: Table | None = None
        self._rewritten = False

    @property
    def last_step(self) -> int:
        """The step that added the latest."""
        return self.blocks[-1].step if self.blocks else -1

    @property
    def table(self) -> Table:
        """All pairs."""
        if self._table is None:
            self._merge_runs(everything=True)
            self._table = Table(self._runs[0])
        return self._table

    @property
    def base(self) -> Table:
        """Without what rules of transitivity gave."""
        return self.table if self._base is None else self._base

    def holds(self, wanted: Keys) -> Bool[np.ndarray, " n"]:
        """Which of the wanted keys are known."""
        found = np.zeros(len(wanted), dtype=np.bool_)
        for run in self._runs:
            found |= holds(run, wanted)
        return found

    def add(self, block: Block, *, transitive: bool = False) -> None:
        """Add keys that are sorted and new."""
        if transitive and self._base is None:
            self._base = self.table
        if not transitive and self._base is not None:
            self._base = Table(merged(self._base.keys, block.keys))
        self._runs.append(block.keys)
        self._merge_runs()
        self.size += len(block.keys)
        self._table = None
        self.blocks.append(block)

    def drop(self, gone: Keys) -> None:
        """Reason no longer about these; what was added stays on record."""
        kept = self.table.keys[~holds(gone, self.table.keys)]
        self._runs, self._table, self.size = [kept], Table(kept), len(kept)
        if self._base is not None:
            self._base = Table(self._base.keys[~holds(gone, self._base.keys)])
        self._rewritten = True

    def since(self, step: int) -> Table:
        """What was added after a step, and is still reasoned about."""
        if self.last_step <= step:
            return EMPTY
        return self.table if step < 0 else Table(self._added(step, None))

    def base_since(self, step: int, rule: int) -> Table:
        """What other rules than this one added after a step."""
        return Table(self._added(step, rule)) if self.last_step > step else EMPTY

    def _added(self, step: int, without: int | None) -> Keys:
        parts = []
        for block in reversed(self.blocks):
            if block.step <= step:
                break
            if block.rule != without:
                parts.append(block.keys)
        if not parts:
            return EMPTY.keys
        keys = parts[0] if len(parts) == 1 else np.sort(np.concatenate(parts))
        return keys[self.holds(keys)] if self._rewritten else keys

    def _merge_runs(self, *, everything: bool = False) -> None:
        runs = self._runs
        while len(runs) > 1 and (everything or len(runs[-2]) <= 2 * len(runs[-1])):
            last = runs.pop()
            runs[-1] = merged(runs[-1], last)


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

    def known(self, predicate: int, wanted: Keys) -> Bool[np.ndarray, " n"]:
        """Which of the wanted keys are known with this predicate."""
        found = self.relations.get(predicate)
        return np.zeros(len(wanted), dtype=np.bool_) if found is None else found.holds(wanted)

    def add(self, predicate: int, block: Block, *, transitive: bool = False) -> None:
        """Add keys that are sorted and new to this predicate."""
        self.relation(predicate).add(block, transitive=transitive)
        self.count += len(block.keys)

    def predicates(self) -> list[int]:
        """Predicates with at least one pair."""
        return [p for p, relation in self.relations.items() if relation.size]


def _distinct(ordered: Numbers) -> int:
    return int(np.count_nonzero(ordered[1:] != ordered[:-1])) + 1 if len(ordered) else 0


EMPTY = Table(np.zeros(0, dtype=np.int64))
