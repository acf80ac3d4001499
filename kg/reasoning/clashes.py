"""Contradictions: in how many ways the body of a rule without a head holds, and which."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from kg.reasoning.facts import Facts
from kg.reasoning.joins import Rows, Since, solutions
from kg.reasoning.outcome import Clash
from kg.reasoning.patterns import Rule
from kg.reasoning.terms import Compiled, TermNumbers, differ

KEPT = 100
"""Of each rule, so many are kept; all are counted."""


class Clashes:
    """Collects contradictions among facts.

    Args:
        facts: all that is known.
        terms: of the facts.
        watch: called with the rule while it is looked for; ends the work by an exception.
    """

    def __init__(self, facts: Facts, terms: TermNumbers, watch: Callable[[Rule], None]) -> None:
        self._watch = watch
        self._everything = Since(facts, -1)
        self._terms = terms
        self.found: list[Clash] = []
        self.counts: dict[str, int] = {}

    def look_for(self, rule: Compiled) -> None:
        """Every way in which the body of a rule holds."""
        sources = [self._everything] * len(rule.body)
        for rows in solutions(
            rule.body,
            sources,
            rule.needed,
            different=rule.rule.different,
            watch=lambda: self._watch(rule.rule),
        ):
            self._keep(rule.rule, rows)

    def add(self, rule: Rule, values: Mapping[str, int]) -> None:
        """One that was found otherwise."""
        columns = {v: np.array([n], dtype=np.int64) for v, n in values.items()}
        self._keep(rule, Rows(1, columns))

    def compare(self, pairs: Mapping[tuple[int, int], Compiled]) -> None:
        """Literals that a rule takes for the same, of which some have different values."""
        texts = self._terms.texts({n for pair in pairs for n in pair})
        for pair, rule in pairs.items():
            if set(pair) <= set(texts) and differ(*(texts[n] for n in pair)):
                for rows in self._ways(rule, pair):
                    self._keep(replace(rule.rule, name="dt-diff", head=None), rows)

    def _ways(self, rule: Compiled, pair: tuple[int, int]) -> Iterator[Rows]:
        """How two terms came to be the same by a rule."""
        if rule.head is None:
            return
        places = (str(rule.head.subject), str(rule.head.object))
        given = {v: np.array([n], dtype=np.int64) for v, n in zip(places, pair, strict=True)}
        needed = frozenset().union(*(atom.variables for atom in rule.body))
        sources = [self._everything] * len(rule.body)
        yield from solutions(rule.body, sources, needed, start=Rows(1, given))

    def _keep(self, rule: Rule, rows: Rows) -> None:
        if not rows.height:
            return
        count = self.counts.get(rule.name, 0)
        for at in range(min(rows.height, max(KEPT - count, 0))):
            self.found.append(Clash(rule, {v: int(c[at]) for v, c in rows.columns.items()}))
        self.counts[rule.name] = count + rows.height
