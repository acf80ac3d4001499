"""What axioms ask of the ends of an edge, as arrays.

Domain and range are read as they are meant when edges are checked or ranked: an entity some of
whose classes are told, but not that one, may not stand there. One of which no class is told may, or
may not, as the open-world switch says. Members are counted through subclasses, equivalent classes
and unions. What is asked of a property is asked of those below it, too, and of the other end of its
inverses (`scm-dom2`, `scm-rng2`, `prp-inv1` of OWL 2 RL).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int64

from kg.csr import Csr, csr_of_pairs
from kg.errors import InputError
from kg.graph import IS_A, Graph
from kg.nearest import nearest_identifiers
from kg.records import Axiom, RuleMode

TYPE = "rdf:type"
OF_EDGES = (
    "domain", "range", "inverse", "symmetric", "asymmetric", "irreflexive", "functional",
    "inverse_functional", "subproperty", "disjoint_properties",
)  # fmt: skip
"""Kinds of axioms that say something of the ends of edges."""

BINDING: tuple[RuleMode, ...] = ("hard",)
TAUGHT: tuple[RuleMode, ...] = ("hard", "soft")
"""Modes of what training is to learn."""

_MODES: tuple[RuleMode, ...] = ("hard", "soft", "audit")


@dataclass(frozen=True, eq=False)
class Constraints:
    """What is asked of edges; relation r + count is the inverse of r, whose tails are r's heads.

    Args:
        allowed: entities that may be tails, a row for each demand.
        demand: the row of `allowed` for each relation and inverse; -1 if nothing is asked.
        weight: of each relation's demand: that of the weakest of its axioms.
        irreflexive: no entity stands at both ends.
        asymmetric: (h, r, t) excludes (t, r, h).
        functional: there is one tail at most.
        symmetric: (h, r, t) asks for (t, r, h).
        exclusive: pairs of relations that never hold of the same two.
    """

    allowed: Bool[np.ndarray, "demand entity"]
    demand: Int64[np.ndarray, " relation"]
    weight: Float[np.ndarray, " relation"]
    irreflexive: Bool[np.ndarray, " relation"]
    asymmetric: Bool[np.ndarray, " relation"]
    functional: Bool[np.ndarray, " relation"]
    symmetric: Bool[np.ndarray, " relation"]
    exclusive: Int64[np.ndarray, "pair 2"]

    @property
    def empty(self) -> bool:
        """Nothing is asked of any edge."""
        flags = (self.irreflexive, self.asymmetric, self.functional, self.symmetric)
        return not (len(self.allowed) or len(self.exclusive) or any(f.any() for f in flags))

    @property
    def count(self) -> int:
        """How many relations there are that are no inverses."""
        return len(self.demand) // 2

    def may_be_tail(
        self, relation: Int64[np.ndarray, " edge"], tail: Int64[np.ndarray, " edge"]
    ) -> Bool[np.ndarray, " edge"]:
        """Whether domain and range allow these tails, of relations or inverses."""
        demand = self.demand[relation]
        fine = np.ones(len(demand), dtype=np.bool_)
        asked = np.flatnonzero(demand >= 0)
        fine[asked] = self.allowed[demand[asked], tail[asked]]
        return fine


def constraints_of(
    axioms: Iterable[Axiom],
    graph: Graph,
    curies: Sequence[str],
    *,
    relations: Sequence[str],
    modes: Collection[RuleMode] = BINDING,
    open_world: bool = True,
    rows: Int64[np.ndarray, " entity"] | None = None,
) -> Constraints:
    """What axioms ask of the edges of some relations.

    Args:
        axioms: all of a knowledge base.
        graph: its is-a and `rdf:type` edges tell the classes of entities.
        curies: of the rows.
        relations: CURIEs; their places are the numbers.
        modes: axioms of other modes ask nothing.
        open_world: an entity of which no class is told may stand anywhere.
        rows: the entities, whose places are their numbers; None for all.
    """
    number = {curie: place for place, curie in enumerate(relations)}
    asking = [axiom for axiom in axioms if axiom.mode in modes]
    ends = _Ends(asking, number)
    members = Members(axioms, graph, curies)
    rows = np.arange(graph.entity_count) if rows is None else rows
    allowed: list[Bool[np.ndarray, " entity"]] = []
    row_of: dict[frozenset[str], int] = {}
    demand = np.full(2 * len(relations), -1, dtype=np.int64)
    weight = np.ones(2 * len(relations))
    for end, demands in ends.demands().items():
        classes = frozenset(curie for curie in demands if members.knows(curie))
        if not classes:
            continue
        if classes not in row_of:
            row_of[classes] = len(allowed)
            fit = np.logical_and.reduce([members.of(curie) for curie in sorted(classes)])
            allowed.append((fit | members.unknown if open_world else fit)[rows])
        demand[end], weight[end] = row_of[classes], min(demands[curie] for curie in classes)
    symmetric = ends.flag("symmetric")
    return Constraints(
        np.array(allowed, dtype=np.bool_).reshape(-1, len(rows)),
        demand,
        weight,
        irreflexive=ends.flag("irreflexive") | ends.flag("asymmetric"),
        asymmetric=ends.flag("asymmetric"),
        functional=_both_ways(ends.flag("functional", "inverse_functional"), symmetric),
        symmetric=symmetric,
        exclusive=ends.exclusive(),
    )


def _both_ways(
    functional: Bool[np.ndarray, " relation"], symmetric: Bool[np.ndarray, " relation"]
) -> Bool[np.ndarray, " relation"]:
    """What is symmetric and functional is so in both directions."""
    count = len(functional) // 2
    both: Bool[np.ndarray, " relation"] = functional | (np.roll(functional, count) & symmetric)
    return both


def with_modes(axioms: Iterable[Axiom], choices: Mapping[str, str]) -> tuple[Axiom, ...]:
    """Axioms with the modes that a person chose.

    Args:
        axioms: with modes of their own.
        choices: `hard`, `audit`, `soft` or a weight, for "all", a kind, or a kind and an argument,
            such as `domain` or `domain :livesIn`. The more that a key says, the later it is heard.

    Raises:
        InputError: a key fits no axiom, or a value is no mode.
    """
    found = tuple(axioms)
    for key in sorted(choices, key=lambda key: (key != "all", len(key.split()))):
        chosen = _mode(key, choices[key])
        kind, *arguments = key.split()
        fits = [
            kind in {"all", axiom.kind} and axiom.arguments[: len(arguments)] == tuple(arguments)
            for axiom in found
        ]
        if not any(fits) and key != "all":
            near = nearest_identifiers(kind, tuple({axiom.kind for axiom in found}))
            raise InputError(
                f"No axiom is a {key}.",
                where="modes",
                mend=f"Did you mean {', '.join(near)}?" if near else "The ontology has none.",
            )
        found = tuple(
            replace(axiom, mode=chosen[0], weight=axiom.weight if chosen[1] is None else chosen[1])
            if fit
            else axiom
            for axiom, fit in zip(found, fits, strict=True)
        )
    return found


def _mode(key: str, value: str) -> tuple[RuleMode, float | None]:
    for mode in _MODES:
        if value == mode:
            return mode, None
    try:
        weight = float(value)
    except ValueError:
        weight = 0.0
    if not 0 < weight < float("inf"):
        raise InputError(
            f"{value!r} is no mode.", where=f"modes: {key}",
            mend="Take hard, soft, audit, or a weight above 0.",
        )  # fmt: skip
    return "soft", weight


class _Ends:
    """The ends of relations: end r is the tail of r, end r + count its head."""

    def __init__(self, axioms: Sequence[Axiom], number: Mapping[str, int]) -> None:
        self._count = len(number)
        self._number = number
        self._axioms = axioms
        # properties without edges pass on what is asked of them
        names = dict(number)
        for axiom in axioms:
            if axiom.kind in {"inverse", "subproperty"}:
                for name in axiom.arguments:
                    names.setdefault(name, len(names))
        self._names, self._width = names, len(names)
        self._asked_with = self._same_demands()

    def demands(self) -> dict[int, dict[str, float]]:
        """The classes that each end has to be of, with the weights of their axioms."""
        own: dict[int, dict[str, float]] = {}
        for axiom in self._axioms:
            if axiom.kind in {"domain", "range"} and axiom.arguments[0] in self._names:
                end = self._names[axiom.arguments[0]]
                end += self._width if axiom.kind == "domain" else 0
                own.setdefault(end, {})[axiom.arguments[1]] = axiom.weight
        found: dict[int, dict[str, float]] = {}
        for end in range(2 * self._count):
            inside = end if end < self._count else end - self._count + self._width
            whole: dict[str, float] = {}
            for other in self._reached(inside):
                for curie, weight in own.get(other, {}).items():
                    whole[curie] = max(weight, whole.get(curie, 0.0))
            if whole:
                found[end] = whole
        return found

    def flag(self, forward: str, backward: str = "") -> Bool[np.ndarray, " relation"]:
        """Relations of a kind of axiom; their inverses by the same, or by another kind."""
        found = np.zeros(2 * self._count, dtype=np.bool_)
        for axiom in self._axioms:
            at = self._number.get(axiom.arguments[0], -1)
            if at >= 0 and axiom.kind == forward:
                found[at] = True
            if at >= 0 and axiom.kind == (backward or forward):
                found[at + self._count] = True
        return found

    def exclusive(self) -> Int64[np.ndarray, "pair 2"]:
        """Pairs of disjoint relations, each once."""
        pairs = [
            tuple(self._number[name] for name in axiom.arguments)
            for axiom in self._axioms
            if axiom.kind == "disjoint_properties"
            and all(name in self._number for name in axiom.arguments)
        ]
        return np.array(pairs, dtype=np.int64).reshape(-1, 2)

    def _same_demands(self) -> dict[int, list[int]]:
        """For each end the ends whose demands it has, too."""
        width, beside = self._width, dict[int, list[int]]()

        def link(end: int, other: int) -> None:
            beside.setdefault(end, []).append(other)

        for axiom in self._axioms:
            places = [self._names.get(name, -1) for name in axiom.arguments]
            if axiom.kind == "subproperty":
                link(places[0], places[1])
                link(places[0] + width, places[1] + width)
            elif axiom.kind == "inverse":
                for one, other in (places, places[::-1]):
                    link(one, other + width)
                    link(one + width, other)
            elif axiom.kind == "symmetric" and places[0] >= 0:
                link(places[0], places[0] + width)
                link(places[0] + width, places[0])
        return beside

    def _reached(self, end: int) -> set[int]:
        seen, todo = {end}, [end]
        while todo:
            for other in self._asked_with.get(todo.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        return seen


class Members:
    """Who is of a class: what lies below it, and what has any of that as its type."""

    def __init__(self, axioms: Iterable[Axiom], graph: Graph, curies: Sequence[str]) -> None:
        self._row = {curie: row for row, curie in enumerate(curies)}
        telling = np.isin(graph.relation, [
            number for number, name in enumerate(graph.relations) if name in {IS_A, TYPE}
        ])  # fmt: skip
        pairs = [np.stack([graph.tail[telling], graph.head[telling]])]
        for axiom in axioms:
            places = [self._row.get(curie, -1) for curie in axiom.arguments]
            if min(places, default=-1) >= 0 and axiom.kind == "equivalent":
                pairs.append(np.array([places, places[::-1]]))
            elif min(places, default=-1) >= 0 and axiom.kind == "union":
                pairs.append(np.array([[places[0]] * (len(places) - 1), places[1:]]))
        above, below = np.concatenate(pairs, axis=1).astype(np.int64)
        self._down: Csr = csr_of_pairs(above, below, graph.entity_count)
        self.unknown = np.ones(graph.entity_count, dtype=np.bool_)
        self.unknown[below] = False

    def knows(self, curie: str) -> bool:
        """Whether there is such a class."""
        return curie in self._row

    def of(self, curie: str) -> Bool[np.ndarray, " row"]:
        """The members of a class that there is, itself among them."""
        seen = np.zeros(len(self.unknown), dtype=np.bool_)
        front = np.array([self._row[curie]], dtype=np.int64)
        seen[front] = True
        while len(front):
            below = np.unique(self._down.gathered(front).neighbour)
            front = below[~seen[below]].astype(np.int64)
            seen[front] = True
        return seen
