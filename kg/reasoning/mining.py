"""Horn rules that a graph obeys: paths of one or two steps that often go along with an edge.

    p(x, y) :- q(x, y).     p(x, y) :- q(y, x).     p(x, y) :- q(x, z), r(z, y).

The last with each step in either direction. Of a rule `B => p(x, y)` are told, as in AMIE
(Galárraga et al. 2013, Association Rule Mining under Incomplete Evidence, WWW, section 4):

    support          #(x, y): B and p(x, y)
    head coverage    support / #(x, y): p(x, y)
    confidence       support / #(x, y): B
    PCA confidence   support / #(x, y): B and some y' with p(x, y')

with pairs counted once, whatever z leads from one to the other. PCA, the partial completeness
assumption, counts a pair as wrong only if x has another p. AMIE refines rules one atom at a time;
here all paths are composed as sorted arrays, once for each pair of steps.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Int64

from kg.atomic import write_atomically
from kg.graph import Graph
from kg.reasoning.facts import Keys, Numbers, Table, distinct, first_of, holds, keys_of, second_of
from kg.rules import Atom, HornRule

LARGEST_PATH = 20_000_000
"""Paths over two relations that are more than these are left out: they run through hubs."""


@dataclass(frozen=True)
class MinedRule:
    """A rule and how well the graph bears it out.

    Args:
        rule: its weight is the confidence.
        support: edges that it gives and that are there.
        confidence: share of what it gives that is there, in (0, 1].
        head_coverage: share of the head's edges that it gives, in (0, 1].
        pca_confidence: confidence under the partial completeness assumption, in (0, 1].
    """

    rule: HornRule
    support: int
    confidence: float
    head_coverage: float
    pca_confidence: float

    def to_json(self) -> dict[str, Any]:
        """One element of `ontograft mine KB --json`."""
        return {**asdict(self), "rule": str(self.rule)}


@dataclass(frozen=True)
class MinedRules:
    """All rules that were found.

    Args:
        rules: the surest first, then those of more support.
        left_out: pairs of relations whose paths were too many to be looked at.
    """

    rules: tuple[MinedRule, ...]
    left_out: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The document of `ontograft mine KB --json`."""
        return {
            "rules": [rule.to_json() for rule in self.rules],
            "left_out": [list(pair) for pair in self.left_out],
        }


class _Step(NamedTuple):
    """Along a relation, or against it."""

    relation: int
    backward: bool


class _Body(NamedTuple):
    """A path of one or two steps, and the pairs of its ends: sorted keys."""

    steps: tuple[_Step, ...]
    pairs: Keys


class _Found(NamedTuple):
    """A rule by numbers."""

    head: int
    steps: tuple[_Step, ...]
    support: int
    body: int
    pca_body: int


def mine_rules(
    graph: Graph, *, min_support: int = 10, min_confidence: float = 0.5, max_rules: int = 10_000
) -> MinedRules:
    """Find path rules.

    Args:
        graph: whose relations are the predicates.
        min_support: edges that a rule must give, above 0.
        min_confidence: least confidence, in [0, 1].
        max_rules: the best so many are kept.
    """
    miner = _Miner(graph, min_support=min_support, min_confidence=min_confidence)
    rules = [_told(rule, graph, miner.sizes) for rule in miner.found()]
    rules.sort(key=lambda r: (-r.confidence, -r.support, str(r.rule)))
    return MinedRules(tuple(rules[:max_rules]), tuple(miner.left_out))


def write_rules(mined: MinedRules, path: str | Path) -> None:
    """Write rules as `ontograft load` takes them, each with its figures above it.

    Raises:
        OSError: the file cannot be written; an older one is then untouched.
    """
    lines = ["# Mined from the edges of a knowledge base; the weight is the confidence.", ""]
    for rule in mined.rules:
        lines.append(
            f"# support {rule.support}, confidence {rule.confidence:.4f}, head coverage "
            f"{rule.head_coverage:.4f}, PCA confidence {rule.pca_confidence:.4f}"
        )
        lines.append(f"{rule.rule.weight:.4f} :: {rule.rule}")
    write_atomically(path, "\n".join(lines) + "\n")


class _Miner:
    def __init__(self, graph: Graph, *, min_support: int, min_confidence: float) -> None:
        self._names = graph.relations
        self._least = min_support
        self._confidence = min_confidence
        self._count = graph.entity_count
        edges = keys_of(graph.head, graph.tail)
        order = np.lexsort((graph.relation, edges))
        self._edges, self._relations = edges[order], graph.relation[order]
        self._tables = [
            Table(distinct(edges[graph.relation == number])) for number in range(len(self._names))
        ]
        self.sizes = [len(table) for table in self._tables]
        self._has_edge: dict[int, Bool[np.ndarray, " entity"]] = {}
        self.left_out: list[tuple[str, str]] = []

    def found(self) -> Iterator[_Found]:
        """All rules of enough support and confidence."""
        for body in self._bodies():
            yield from self._rules(body)
            # the same path the other way round gives the rules with x and y exchanged
            turned = tuple(step._replace(backward=not step.backward) for step in body.steps[::-1])
            if turned != body.steps:
                pairs = keys_of(second_of(body.pairs), first_of(body.pairs))
                yield from self._rules(_Body(turned, np.sort(pairs)))

    def _bodies(self) -> Iterator[_Body]:
        """Every path, in one of its two directions."""
        steps = [_Step(n, backward) for n in self._used() for backward in (False, True)]
        for step in steps:
            if not step.backward:
                yield _Body((step,), self._keys(step))
        for first in steps:
            for second in steps:
                turned = (
                    second._replace(backward=not second.backward),
                    first._replace(backward=not first.backward),
                )
                if (first, second) <= turned:
                    pairs = self._composed(first, second)
                    if len(pairs) >= self._least:
                        yield _Body((first, second), pairs)

    def _used(self) -> list[int]:
        return [number for number, size in enumerate(self.sizes) if size]

    def _keys(self, step: _Step) -> Keys:
        table = self._tables[step.relation]
        return table.reversed_keys if step.backward else table.keys

    def _composed(self, first: _Step, second: _Step) -> Keys:
        """The pairs (x, y) with some z between, each once."""
        left, right = self._keys(first), self._keys(second)
        middle = second_of(left)
        low = np.searchsorted(right, middle << 32)
        counts = np.searchsorted(right, (middle + 1) << 32) - low
        total = int(counts.sum())
        if total > LARGEST_PATH:
            self.left_out.append((self._names[first.relation], self._names[second.relation]))
            return left[:0]
        at = np.repeat(low - np.cumsum(counts) + counts, counts) + np.arange(total)
        return distinct(keys_of(np.repeat(first_of(left), counts), second_of(right[at])))

    def _rules(self, body: _Body) -> Iterator[_Found]:
        supports = self._supports(body.pairs)
        enough = max(self._least, self._confidence * len(body.pairs))
        for head in np.flatnonzero(supports >= enough).tolist():
            if body.steps != (_Step(head, backward=False),):
                subjects = first_of(body.pairs)
                pca = int(np.count_nonzero(self._subjects_of(head)[subjects]))
                yield _Found(head, body.steps, int(supports[head]), len(body.pairs), pca)

    def _supports(self, pairs: Keys) -> Int64[np.ndarray, " relation"]:
        """How many of the pairs are edges of each relation."""
        if len(pairs) < len(self._edges):
            low = np.searchsorted(self._edges, pairs)
            counts = np.searchsorted(self._edges, pairs, side="right") - low
            total = int(counts.sum())
            at = np.repeat(low - np.cumsum(counts) + counts, counts) + np.arange(total)
            relations: Numbers = self._relations[at]
        else:
            relations = self._relations[holds(pairs, self._edges)]
        return np.bincount(relations, minlength=len(self._names)).astype(np.int64)

    def _subjects_of(self, relation: int) -> Bool[np.ndarray, " entity"]:
        """Which entities have an edge of a relation."""
        if relation not in self._has_edge:
            has = np.zeros(self._count, dtype=np.bool_)
            has[first_of(self._tables[relation].keys)] = True
            self._has_edge[relation] = has
        return self._has_edge[relation]


def _told(found: _Found, graph: Graph, sizes: Sequence[int]) -> MinedRule:
    names = ("x", "y") if len(found.steps) == 1 else ("x", "z", "y")
    body = []
    for place, (relation, backward) in enumerate(found.steps):
        ends = (names[place], names[place + 1])
        body.append(Atom(graph.relations[relation], ends[::-1] if backward else ends))
    confidence = found.support / found.body
    head = Atom(graph.relations[found.head], ("x", "y"))
    return MinedRule(
        rule=HornRule(head, tuple(body), weight=confidence),
        support=found.support,
        confidence=confidence,
        head_coverage=found.support / sizes[found.head],
        pca_confidence=found.support / found.pca_body,
    )
