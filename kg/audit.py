"""What the asserted edges make of each axiom before anything is trained by it.

An axiom that forbids (domain, range, disjoint, asymmetric, irreflexive, functional, disjoint
properties) is broken by edges that are there. A rule that gives (symmetric, inverse, subproperty,
transitive, chain, Horn) is broken where its body holds and its head is not there. Subclass and
some-values axioms are edges themselves, and are not listed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import permutations, product
from typing import Any

import numpy as np
from jaxtyping import Int64

from kg.constraints import Members
from kg.errors import InputError
from kg.graph import Graph
from kg.groundings import Groundings, rules_of
from kg.records import Axiom, RuleMode
from kg.rules import HornRule
from kg.table import EntityTable

EXAMPLES = 3

Rows = Int64[np.ndarray, "_ _"]


@dataclass(frozen=True)
class RuleFinding:
    """What the edges make of one axiom.

    Args:
        rule: the axiom as a text; a Horn rule as it is written.
        kind, mode, weight, source: see `kg.Axiom`.
        facts: edges or entities that it speaks of; none makes it vacuous.
        broken: those that break it, or that it gives and that are not there; None if they are too
            many to be counted.
        examples: the first of them.
    """

    rule: str
    kind: str
    mode: RuleMode
    weight: float
    source: str
    facts: int
    broken: int | None
    examples: tuple[str, ...]

    @property
    def vacuous(self) -> bool:
        """There is nothing that it could speak of."""
        return self.facts == 0

    def to_json(self) -> dict[str, Any]:
        """One element of "rules" of `ontograft rules KB --json`."""
        return {**asdict(self), "examples": list(self.examples), "vacuous": self.vacuous}


@dataclass(frozen=True)
class Conflict:
    """Axioms that cannot hold together of anything, the fewest that clash.

    Args:
        rules: their texts.
        what: can then not be.
        modes: of the axioms; is-a is always hard.
    """

    rules: tuple[str, ...]
    what: str
    modes: tuple[RuleMode, ...]

    def to_json(self) -> dict[str, Any]:
        """One element of "conflicts" of `ontograft rules KB --json`."""
        return {"rules": list(self.rules), "what": self.what}


@dataclass(frozen=True)
class RuleAudit:
    """The findings of all axioms, those that most breaks first, and the conflicts among them."""

    rules: tuple[RuleFinding, ...]
    conflicts: tuple[Conflict, ...]

    def to_json(self) -> dict[str, Any]:
        """The document of `ontograft rules KB --json`."""
        return {
            "rules": [found.to_json() for found in self.rules],
            "conflicts": [found.to_json() for found in self.conflicts],
        }


def audit(
    axioms: Sequence[Axiom], graph: Graph, table: EntityTable, *, open_world: bool = True
) -> RuleAudit:
    """Hold each axiom against the edges.

    Args:
        axioms: of a knowledge base.
        graph, table: its edges and entities.
        open_world: an entity of which no class is told breaks no domain or range.
    """
    auditor = _Auditor(axioms, graph, table, open_world=open_world)
    found = [auditor.finding(axiom) for axiom in axioms if axiom.kind in _AUDITED]
    found.sort(key=lambda f: (-(f.broken or 0), f.vacuous, f.rule))
    return RuleAudit(tuple(found), conflicts(axioms, graph, table))


def text_of(axiom: Axiom) -> str:
    """`kind argument argument`, or the text of a Horn rule."""
    return axiom.arguments[0] if axiom.kind == "horn" else " ".join([axiom.kind, *axiom.arguments])


def refuse_unknown(
    rules: Sequence[HornRule], graph: Graph, table: EntityTable, *, path: str
) -> None:
    """Refuse rules that name what a knowledge base has not.

    Raises:
        InputError: a predicate is no entity and no relation; with file and line.
    """
    known = {*table.curies, *table.iris, *graph.relations}
    for rule in rules:
        for atom in (rule.head, *rule.body):
            if atom.predicate not in known:
                raise InputError(
                    f"The rule `{rule}` names {atom.predicate}, which the knowledge base has not.",
                    where=f"{path}:{rule.line}",
                    mend="Write a class or relation of it; `ontograft search KB TEXT` finds them.",
                )


class _Auditor:
    def __init__(
        self, axioms: Sequence[Axiom], graph: Graph, table: EntityTable, *, open_world: bool
    ) -> None:
        self._graph, self._curies = graph, table.curies
        self._members = Members(axioms, graph, table.curies)
        self._groundings = Groundings(graph, table.curies, self._members)
        self._open_world = open_world

    def finding(self, axiom: Axiom) -> RuleFinding:
        """What the edges make of one axiom."""
        facts, broken, examples = _AUDITED[axiom.kind](self, axiom)
        return RuleFinding(
            text_of(axiom), axiom.kind, axiom.mode, axiom.weight, axiom.source, facts, broken,
            examples,
        )  # fmt: skip

    def _edges(self, relation: str) -> Rows:
        names = self._graph.relations
        own = self._graph.relation == (names.index(relation) if relation in names else -1)
        return np.stack([self._graph.head[own], self._graph.tail[own]], axis=1)

    def _told(self, facts: int, relation: str, broken: Rows) -> tuple[int, int, tuple[str, ...]]:
        shown = [
            f"{self._curies[head]} {relation} {self._curies[tail]}"
            for head, tail in broken[:EXAMPLES].tolist()
        ]
        return facts, len(broken), tuple(shown)

    def end(self, axiom: Axiom) -> tuple[int, int | None, tuple[str, ...]]:
        """Of domain and range."""
        relation, class_ = axiom.arguments
        edges = self._edges(relation)
        if not self._members.knows(class_):
            return 0, 0, ()
        fit = self._members.of(class_)
        fit = fit | self._members.unknown if self._open_world else fit
        ends = edges[:, 0 if axiom.kind == "domain" else 1]
        return self._told(len(edges), relation, edges[~fit[ends]])

    def one_value(self, axiom: Axiom) -> tuple[int, int | None, tuple[str, ...]]:
        """Of functional and inverse functional."""
        edges = self._edges(axiom.arguments[0])
        ends = edges[:, 0 if axiom.kind == "functional" else 1]
        _, place, counts = np.unique(ends, return_inverse=True, return_counts=True)
        several = edges[counts[place.ravel()] > 1]
        order = np.argsort(several[:, 0 if axiom.kind == "functional" else 1], kind="stable")
        return self._told(len(edges), axiom.arguments[0], several[order])

    def no_mirror(self, axiom: Axiom) -> tuple[int, int | None, tuple[str, ...]]:
        """Of asymmetric and irreflexive."""
        edges = self._edges(axiom.arguments[0])
        if axiom.kind == "irreflexive":
            bad = edges[:, 0] == edges[:, 1]
        else:
            bad = _in(edges[:, ::-1], edges)
        return self._told(len(edges), axiom.arguments[0], edges[bad])

    def not_both(self, axiom: Axiom) -> tuple[int, int | None, tuple[str, ...]]:
        """Of disjoint properties."""
        first, second = (self._edges(name) for name in axiom.arguments)
        facts = len(first) + len(second) if len(first) and len(second) else 0
        return self._told(facts, axiom.arguments[0], first[_in(first, second)])

    def apart(self, axiom: Axiom) -> tuple[int, int | None, tuple[str, ...]]:
        """Of disjoint classes."""
        if not all(self._members.knows(name) for name in axiom.arguments):
            return 0, 0, ()
        first, second = (self._members.of(name) for name in axiom.arguments)
        both = np.flatnonzero(first & second)
        shown = tuple(f"{self._curies[row]} is under both" for row in both[:EXAMPLES].tolist())
        return int((first | second).sum()), len(both), shown

    def gives(self, axiom: Axiom) -> tuple[int, int | None, tuple[str, ...]]:
        """Of rules whose heads should be there."""
        facts, broken, examples = 0, 0, list[str]()
        for rule in rules_of(axiom):
            given = self._groundings.given(rule)
            if given is None:
                return MANY, None, ()
            facts += given.bodies
            broken += len(given.missing)
            for rows in given.missing[: EXAMPLES - len(examples)].tolist():
                names = [self._curies[row] for row in rows if row >= 0]
                told = [names[0], rule.head.predicate, *names[1:]] if len(names) > 1 else [
                    *names, "rdf:type", rule.head.predicate
                ]  # fmt: skip
                examples.append(" ".join(told) + " is not there")
        return facts, broken, tuple(examples)


MANY = 20_000_000
"""What is told of a rule with more groundings than are counted."""

_Audit = Callable[[_Auditor, Axiom], tuple[int, int | None, tuple[str, ...]]]
_AUDITED: dict[str, _Audit] = {
    "domain": _Auditor.end,
    "range": _Auditor.end,
    "functional": _Auditor.one_value,
    "inverse_functional": _Auditor.one_value,
    "asymmetric": _Auditor.no_mirror,
    "irreflexive": _Auditor.no_mirror,
    "disjoint_properties": _Auditor.not_both,
    "disjoint": _Auditor.apart,
    "complement": _Auditor.apart,
    "symmetric": _Auditor.gives,
    "transitive": _Auditor.gives,
    "inverse": _Auditor.gives,
    "subproperty": _Auditor.gives,
    "chain": _Auditor.gives,
    "horn": _Auditor.gives,
}


def conflicts(axioms: Sequence[Axiom], graph: Graph, table: EntityTable) -> tuple[Conflict, ...]:
    """Axioms of which nothing can be, whatever the edges are.

    Two classes that are disjoint although one is under the other, or that are both asked of one end
    of a relation; a relation that is symmetric and asymmetric, or reflexive and irreflexive, or
    under one that is disjoint with it.
    """
    return (*_class_conflicts(axioms, graph, table), *_relation_conflicts(axioms))


def _class_conflicts(
    axioms: Sequence[Axiom], graph: Graph, table: EntityTable
) -> Iterator[Conflict]:
    members = Members(axioms, graph, table.curies)
    rows = {curie: row for row, curie in enumerate(table.curies)}
    ends = [a for a in axioms if a.kind in {"domain", "range"} and a.arguments[1] in rows]
    for axiom in axioms:
        if axiom.kind not in {"disjoint", "complement"} or not rows.keys() >= {*axiom.arguments}:
            continue
        for low, high in permutations(axiom.arguments):
            if members.of(high)[rows[low]]:
                texts = (text_of(axiom), f"{low} is a {high}")
                yield Conflict(texts, f"nothing can be a {low}", (axiom.mode,))
        under = [
            [end for end in ends if members.of(class_)[rows[end.arguments[1]]]]
            for class_ in axiom.arguments
        ]
        for one, other in product(*under):
            if one is not other and (one.kind, one.arguments[0]) == (
                other.kind,
                other.arguments[0],
            ):
                end = "head" if one.kind == "domain" else "tail"
                yield _clash(f"nothing can be the {end} of {one.arguments[0]}", axiom, one, other)


def _relation_conflicts(axioms: Sequence[Axiom]) -> Iterator[Conflict]:
    of = {(str(axiom.kind), axiom.arguments): axiom for axiom in axioms}
    for axiom in axioms:
        for other in _OPPOSITE.get(axiom.kind, ()):
            against = of.get((other, axiom.arguments))
            if against:
                yield _clash(f"there can be no edge of {axiom.arguments[0]}", axiom, against)
        if axiom.kind == "disjoint_properties":
            for pair in permutations(axiom.arguments):
                above = of.get(("subproperty", pair))
                if above:
                    yield _clash(f"there can be no edge of {pair[0]}", axiom, above)


_OPPOSITE = {"symmetric": ("asymmetric",), "reflexive": ("irreflexive", "asymmetric")}


def _clash(what: str, *axioms: Axiom) -> Conflict:
    return Conflict(tuple(map(text_of, axioms)), what, tuple(axiom.mode for axiom in axioms))


def _in(wanted: Rows, rows: Rows) -> Any:
    """Which pairs are among others."""
    keys = (rows[:, 0] << 32) | rows[:, 1]
    return np.isin((wanted[:, 0] << 32) | wanted[:, 1], keys)
