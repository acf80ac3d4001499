"""Why an edge is likely: the rules that give it, each with the facts that its body found."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg import EntityTable, Graph
from kg.rules import Atom, HornRule


@dataclass(frozen=True)
class Proof:
    """A rule that gives an edge.

    Args:
        rule: with its confidence.
        facts: (head, relation, tail) of the edges in its body, as CURIEs.
    """

    rule: HornRule
    facts: tuple[tuple[str, str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """An element of "proof" of `ontograft complete --json`."""
        return {
            "rule": str(self.rule),
            "confidence": round(self.rule.weight, 4),
            "facts": [list(fact) for fact in self.facts],
        }


class Prover:
    """Finds proofs in one graph.

    Args:
        graph, table: of one knowledge base.
        rules: those with atoms that are no edges of the graph never give anything.
    """

    def __init__(self, graph: Graph, table: EntityTable, rules: Sequence[HornRule]) -> None:
        self._graph, self._table = graph, table
        self._relations = set(graph.relations)
        self._by_head: dict[str, list[HornRule]] = {}
        for rule in sorted(rules, key=lambda rule: -rule.weight):
            if all(len(atom.arguments) == 2 for atom in (rule.head, *rule.body)):
                self._by_head.setdefault(rule.head.predicate, []).append(rule)

    def proofs(self, head: int, relation: str, tail: int, *, limit: int = 3) -> list[Proof]:
        """The surest rules that give an edge, with one finding of each.

        Args:
            head, tail: rows.
            relation: a CURIE.
            limit: so many rules at most.
        """
        found: list[Proof] = []
        for rule in self._by_head.get(relation, ()):
            bound = self._bound(rule.head, {}, head, tail)
            finding = None if bound is None else next(self._found(rule.body, bound), None)
            if finding is not None:
                found.append(Proof(rule, self._facts(rule, finding)))
                if len(found) == limit:
                    break
        return found

    def _found(self, body: Sequence[Atom], bound: Mapping[str, int]) -> Iterator[Mapping[str, int]]:
        """The ways in which all atoms hold."""
        if not body:
            yield bound
            return
        # an atom that shares a variable with what is bound has few edges to look at
        place = max(range(len(body)), key=lambda at: self._known(body[at], bound))
        atom, others = body[place], [*body[:place], *body[place + 1 :]]
        if atom.predicate not in self._relations:
            return
        for head, tail in self._edges(atom, bound):
            more = self._bound(atom, bound, head, tail)
            if more is not None:
                yield from self._found(others, more)

    def _known(self, atom: Atom, bound: Mapping[str, int]) -> int:
        return sum(self._row(argument, bound) is not None for argument in atom.arguments)

    def _edges(self, atom: Atom, bound: Mapping[str, int]) -> Iterator[tuple[int, int]]:
        """Heads and tails of edges that might be the atom."""
        head, tail = (self._row(argument, bound) for argument in atom.arguments)
        if head is not None:
            tails = self._graph.neighbours(head, atom.predicate).tolist()
            yield from ((head, other) for other in tails)
        elif tail is not None:
            heads = self._graph.neighbours(tail, atom.predicate, incoming=True).tolist()
            yield from ((other, tail) for other in heads)
        else:
            edges = self._graph.relation == self._graph.relation_number(atom.predicate)
            yield from zip(
                self._graph.head[edges].tolist(), self._graph.tail[edges].tolist(), strict=True
            )

    def _bound(
        self, atom: Atom, bound: Mapping[str, int], head: int, tail: int
    ) -> Mapping[str, int] | None:
        """What is bound once the atom is this edge; None if it cannot be."""
        made = dict(bound)
        for argument, row in zip(atom.arguments, (head, tail), strict=True):
            own = self._row(argument, made)
            if own is None:
                made[argument] = row
            elif own != row:
                return None
        return made

    def _row(self, argument: str, bound: Mapping[str, int]) -> int | None:
        return self._table.row(argument) if ":" in argument else bound.get(argument)

    def _facts(self, rule: HornRule, bound: Mapping[str, int]) -> tuple[tuple[str, str, str], ...]:
        curies = self._table.curies
        facts = []
        for atom in rule.body:
            head, tail = (self._row(argument, bound) for argument in atom.arguments)
            if head is not None and tail is not None:
                facts.append((curies[head], atom.predicate, curies[tail]))
        return tuple(facts)
