"""The pairs that a rule gives in a graph: its body joined atom by atom, as arrays."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int64

from kg.constraints import Members
from kg.graph import Graph
from kg.records import Axiom
from kg.rules import Atom, HornRule, parse_rules

MOST = 20_000_000
"""Bindings that are held at once; a rule with more is not counted."""

Column = Int64[np.ndarray, " _"]
Bindings = Mapping[str, Column]
"""The rows that each variable stands for, binding by binding."""


class Given(NamedTuple):
    """What a rule gives.

    Attributes:
        bodies: how many different heads its body gives.
        missing: those of them that are not there: rows, one column for each argument of the head.
    """

    bodies: int
    missing: Int64[np.ndarray, "head argument"]


def rules_of(axiom: Axiom) -> tuple[HornRule, ...]:
    """The Horn rules that an axiom is; none for an axiom that forbids something."""
    if axiom.kind == "horn":
        return parse_rules(axiom.arguments[0])
    first, last = axiom.arguments[0], axiom.arguments[-1]
    names = [f"x{number}" for number in range(len(axiom.arguments))]
    chain = [(step, names[at], names[at + 1]) for at, step in enumerate(axiom.arguments[:-1])]
    forms: dict[str, list[list[tuple[str, str, str]]]] = {
        "symmetric": [[(first, "y", "x"), (first, "x", "y")]],
        "transitive": [[(first, "x", "z"), (first, "x", "y"), (first, "y", "z")]],
        "subproperty": [[(last, "x", "y"), (first, "x", "y")]],
        "inverse": [[(last, "y", "x"), (first, "x", "y")], [(first, "y", "x"), (last, "x", "y")]],
        "chain": [[(last, names[0], names[-1]), *chain]],
    }
    found = []
    for form in forms.get(axiom.kind, []):
        head, *body = (Atom(name, (start, end)) for name, start, end in form)
        found.append(HornRule(head, tuple(body), axiom.weight, axiom.mode))
    return tuple(found)


class Groundings:
    """Finds what rules give in one graph.

    Args:
        graph: whose relations are the predicates of two arguments.
        curies: of the rows.
        members: of classes, the predicates of one argument.
    """

    def __init__(self, graph: Graph, curies: Sequence[str], members: Members) -> None:
        self._graph, self._members = graph, members
        self._row = {curie: row for row, curie in enumerate(curies)}
        self._relation = {curie: number for number, curie in enumerate(graph.relations)}

    def knows(self, atom: Atom) -> bool:
        """Whether there is such a relation with edges, or such a class with members."""
        return bool(len(self._rows_of(atom)))

    def given(self, rule: HornRule) -> Given | None:
        """What a rule gives, each head once; None if there are too many bindings."""
        bindings: dict[str, Column] = {}
        todo = [atom for atom in rule.body if atom.variables]
        if any(not self._holds(atom) for atom in rule.body if not atom.variables):
            return Given(0, np.zeros((0, len(rule.head.arguments)), dtype=np.int64))
        while todo:
            bound = set(bindings)
            shared = [len(bound & {*atom.variables}) for atom in todo]
            joined = self._joined(bindings, todo.pop(shared.index(max(shared))))
            if joined is None:
                return None
            bindings = joined
        heads = np.unique(self._columns(rule.head, bindings), axis=0)
        there = self._rows_of(rule.head)
        whole = np.concatenate([there, heads])
        _, first = np.unique(whole, axis=0, return_index=True)
        return Given(len(heads), whole[np.sort(first[first >= len(there)])])

    def _holds(self, atom: Atom) -> bool:
        """Whether an atom without variables is a fact."""
        wanted = [self._row.get(argument, -1) for argument in atom.arguments]
        return bool((self._rows_of(atom) == wanted).all(axis=1).any())

    def _columns(self, head: Atom, bindings: Bindings) -> Int64[np.ndarray, "head argument"]:
        count = len(next(iter(bindings.values()))) if bindings else 1
        columns = [
            bindings[a] if a in bindings else np.full(count, self._row.get(a, -1))
            for a in head.arguments
        ]
        return np.stack(columns, axis=1)

    def _rows_of(self, atom: Atom) -> Int64[np.ndarray, "fact argument"]:
        """The facts of an atom's predicate."""
        if len(atom.arguments) == 1:
            if not self._members.knows(atom.predicate):
                return np.zeros((0, 1), dtype=np.int64)
            return np.flatnonzero(self._members.of(atom.predicate))[:, None]
        own = self._graph.relation == self._relation.get(atom.predicate, -1)
        return np.stack([self._graph.head[own], self._graph.tail[own]], axis=1)

    def _joined(self, bindings: Bindings, atom: Atom) -> dict[str, Column] | None:
        facts = self._rows_of(atom)
        kept: Bool[np.ndarray, " fact"] = np.ones(len(facts), dtype=np.bool_)
        columns: dict[str, Column] = {}
        for place, argument in enumerate(atom.arguments):
            if ":" in argument:
                kept &= facts[:, place] == self._row.get(argument, -1)
            elif argument in columns:
                kept &= facts[:, place] == columns[argument]
            else:
                columns[argument] = facts[:, place]
        columns = {name: column[kept] for name, column in columns.items()}
        if not bindings:
            return columns
        return _merged(bindings, columns, int(kept.sum()))


def _merged(left: Bindings, right: Bindings, right_count: int) -> dict[str, Column] | None:
    """The natural join of two tables; None if it is too large."""
    shared = [name for name in right if name in left]
    count = len(next(iter(left.values())))
    # one number for the values of the shared columns
    keys = np.zeros(count + right_count, dtype=np.int64)
    for name in shared:
        both = np.concatenate([left[name], right[name]])
        keys = np.unique(keys * (both.max(initial=0) + 1) + both, return_inverse=True)[1].ravel()
    order = np.argsort(keys[count:], kind="stable")
    ordered = keys[count:][order]
    low = np.searchsorted(ordered, keys[:count])
    counts = np.searchsorted(ordered, keys[:count], side="right") - low
    total = int(counts.sum())
    if total > MOST:
        return None
    at = np.repeat(np.arange(count), counts)
    within = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    matched = order[low[at] + within]
    joined = {name: column[at] for name, column in left.items()}
    return {**{name: column[matched] for name, column in right.items()}, **joined}
