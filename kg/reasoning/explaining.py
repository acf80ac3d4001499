"""Why a triple holds: premises are searched for when they are asked for, none are kept.

A triple of step n follows from triples of earlier steps by the rule it bears; of several ways in
which the rule's body holds, the one with the earliest steps is shown. So every search ends at
asserted triples.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from sqlalchemy import Connection

from kg.reasoning.engine import Engine
from kg.reasoning.facts import Keys, Numbers, first_of, second_of
from kg.reasoning.joins import Atom, Rows, solutions
from kg.reasoning.known import Known, Triple
from kg.reasoning.outcome import Clash, InferredColumns, Start, TripleColumns
from kg.reasoning.owl_rl import (
    EQUALITY,
    LISTS_OF,
    RESTRICTIONS,
    equality_rule,
    list_rule,
    restriction_rules,
)
from kg.reasoning.paths import IS_A, RESTRICTION, PathFinder
from kg.reasoning.patterns import MEMBER, Rule
from kg.reasoning.records import Budget, Contradiction, Explanation
from kg.reasoning.stored import Texts, paths_of
from kg.reasoning.terms import TermNumbers, compiled, constants, number_of
from kg.vocabulary import BROADER, OWL, SUBCLASS_OF, TYPE


@dataclass
class _Proof:
    """How a triple follows; `rule` is empty if it is asserted."""

    rule: str = ""
    premises: list[Triple] = field(default_factory=list)


class Explainer:
    """Explains triples of one state of a knowledge base.

    Args:
        connection: in a transaction that sees this state.
        triples: all that is asserted.
        terms: their numbers.
        inferred: what follows.
        rule_names: name of each rule number in `inferred`.
        rules: those that ran.
        texts: of the terms.
    """

    def __init__(
        self,
        connection: Connection,
        triples: TripleColumns,
        terms: TermNumbers,
        inferred: InferredColumns,
        rule_names: Sequence[str],
        rules: Sequence[Rule],
        texts: Texts,
    ) -> None:
        self._connection = connection
        self._triples = triples
        self._terms = terms
        self._inferred = inferred
        self._names = rule_names
        self._texts = texts
        self._rules: dict[str, list[Rule]] = {}
        for rule in rules:
            self._rules.setdefault(rule.name, []).append(rule)

    def explanation(self, triple: Triple) -> Explanation | None:
        """Why a triple, or an edge of the graph, holds; None if it does not."""
        if self._known.origin(triple) is not None:
            return self._told(triple)
        return self._equal(triple) or self._path(triple)

    def by_names(self, subject: str, relation: str, object_: str) -> Explanation | None:
        """Why a triple of three CURIEs or IRIs holds; None if it does not."""
        iris = [self._texts.iri(name) for name in (subject, relation, object_)]
        self._terms.learn(iris)
        subject_number, relation_number, object_number = map(self._terms.number, iris)
        return self.explanation((subject_number, relation_number, object_number))

    def contradiction(self, clash: Clash) -> Contradiction:
        """The triples that meet a contradiction's condition, each explained."""
        premises = [
            tuple(self._value(part, clash.values) for part in pattern)
            for pattern in clash.rule.body
        ]
        found: list[Explanation] = []
        for subject, predicate, object_ in premises:
            if self._terms.is_virtual(predicate):
                for proof in self._proof_of((subject, predicate, object_)).premises:
                    found += [self._told(proof)]
                continue
            triple = (subject, predicate, object_)
            why = self.explanation(triple)
            found.append(why or Explanation(self._texts.triples([triple])[triple]))
        return Contradiction(clash.rule.name, tuple(found))

    def _value(self, part: str, values: dict[str, int]) -> int:
        if part.startswith("?"):
            return values[part]
        return self._numbers_of_literals[part][0] if part[0] == '"' else self._terms.number(part)

    # -- triples that are known ----------------------------------------------------------------

    def _told(self, goal: Triple) -> Explanation:
        """The tree of proofs below a known triple."""
        proofs: dict[Triple, _Proof] = {}
        todo = [goal]
        while todo:
            triple = todo.pop()
            if triple not in proofs:
                proofs[triple] = self._proof_of(triple)
                todo += proofs[triple].premises
        leaves = [triple for triple, proof in proofs.items() if not proof.rule]
        paths = paths_of(self._connection, leaves)
        texts = self._texts.triples(proofs)
        built: dict[Triple, Explanation] = {}
        for triple in _premises_first(goal, proofs):
            proof = proofs[triple]
            premises: list[Explanation] = []
            for premise in proof.premises:
                below = built[premise]
                # a path of a transitive relation is told as one step
                same = below.rule == proof.rule and proof.rule in self._transitive
                premises += below.premises if same else [below]
            built[triple] = Explanation(
                texts[triple], proof.rule, paths.get(triple, ()), tuple(premises)
            )
        return built[goal]

    def _proof_of(self, triple: Triple) -> _Proof:
        origin = self._known.origin(triple)
        if origin is None:
            return _Proof()
        if self._terms.is_virtual(triple[1]):
            return self._proof_of_member(triple)
        if origin.step == 0:
            return _Proof()
        name = self._names[origin.rule]
        for rule in self._rules_named(name):
            premises = self._premises(rule, triple, origin.step)
            if premises is not None:
                return _Proof(name, self._without_lists(premises))
        return _Proof(name)

    def _rules_named(self, name: str) -> Iterator[Rule]:
        yield from self._rules.get(name, [])
        if name in EQUALITY:
            yield equality_rule(name)
        if name in RESTRICTIONS.values():
            yield from restriction_rules(name)
        if name in LISTS_OF:
            for length in self._lengths:
                yield list_rule(name, length)

    def _premises(self, rule: Rule, triple: Triple, before: int) -> list[Triple] | None:
        """The earliest triples from which this one follows by a rule."""
        self._terms.learn(constants([rule]))
        best: tuple[int, list[Triple]] | None = None
        for made in compiled(rule, self._terms, self._numbers_of_literals):
            start = _bound(made.head, triple)
            if start is None:
                continue
            needed = frozenset().union(*(atom.variables for atom in made.body))
            sources = [self._known] * len(made.body)
            for rows in solutions(
                made.body, sources, needed, different=rule.different, start=start
            ):
                found = self._earliest(made.body, rows, before)
                if found is not None and (best is None or found[0] < best[0]):
                    best = found
        return None if best is None else best[1]

    def _earliest(
        self, body: Sequence[Atom], rows: Rows, before: int
    ) -> tuple[int, list[Triple]] | None:
        if not rows.height:
            return None
        columns = [_columns(rows, atom) for atom in body]
        steps = np.stack([self._known.steps(*column) for column in columns])
        fit = np.flatnonzero((steps < before).all(axis=0))
        if not len(fit):
            return None
        cost = steps[:, fit].sum(axis=0)
        at = int(fit[np.argmin(cost)])
        return int(cost.min()), [_triple(column, at) for column in columns]

    # -- lists ---------------------------------------------------------------------------------

    def _without_lists(self, premises: list[Triple]) -> list[Triple]:
        """Premises about members of lists, as the triples that make the lists."""
        found: list[Triple] = []
        for premise in premises:
            virtual = self._terms.is_virtual(premise[1])
            found += self._proof_of_member(premise).premises if virtual else [premise]
        return list(dict.fromkeys(found))

    def _proof_of_member(self, triple: Triple) -> _Proof:
        whole, predicate, wanted = triple
        name = self._terms.new[predicate]
        members = list(self._paths.members(whole))
        if name != MEMBER:
            place = int(name.rpartition(":")[2])
            members = members[place : place + 1]
        for by, member in members:
            if member == wanted:
                return _Proof("list", list(by))
        for by, member in members:
            if self._restrictions.get(member) == wanted:
                return _Proof("list", [*by, *self._same_restriction(member, wanted)])
        same = [
            (origin.step, by, (member, self._same_as, wanted))
            for by, member in members
            if (origin := self._known.origin((member, self._same_as, wanted))) is not None
        ]
        if not same:
            return _Proof("list")
        _, by, first = min(same)
        return _Proof("list", [*by, first])

    def _same_restriction(self, first: int, second: int) -> list[Triple]:
        predicates = [self._terms.number(OWL + kind) for kind in (*RESTRICTIONS, "onProperty")]
        return [
            (node, predicate, value)
            for node in (first, second)
            for predicate in predicates
            for value in self._known.objects(node, predicate)[:1]
        ]

    # -- triples and edges that are not stored -------------------------------------------------

    def _equal(self, triple: Triple) -> Explanation | None:
        """A triple about terms that are the same as those of a known one."""
        same_as = self._same_as
        if triple[1] == same_as:
            return self._sameness(triple[0], triple[2])
        classes = [list(self._same(term)) for term in triple]
        if all(len(terms) == 1 for terms in classes):
            return None
        for subject in classes[0]:
            for predicate in classes[1]:
                for object_ in classes[2]:
                    if self._known.origin((subject, predicate, object_)) is not None:
                        return self._replaced((subject, predicate, object_), triple)
        return None

    def _replaced(self, known: Triple, wanted: Triple) -> Explanation:
        found, at = self._told(known), list(known)
        for place, name in enumerate(("eq-rep-s", "eq-rep-p", "eq-rep-o")):
            same = self._sameness(known[place], wanted[place])
            if same is not None:
                at[place] = wanted[place]
                triple = (at[0], at[1], at[2])
                text = self._texts.triples([triple])[triple]
                found = Explanation(text, name, premises=(same, found))
        return found

    def _sameness(self, first: int, second: int) -> Explanation | None:
        """Why two terms are the same, by the triples between them."""
        before = self._same(first)
        if first == second or second not in before:
            return None
        same_as, hops = self._same_as, []
        at = second
        while at != first:
            hops.append((before[at], same_as, at))
            at = before[at]
        told = []
        for hop in reversed(hops):
            turned = (hop[2], same_as, hop[0])
            if self._known.origin(hop) is not None:
                told.append(self._told(hop))
            else:
                text = self._texts.triples([hop])[hop]
                told.append(Explanation(text, "eq-sym", premises=(self._told(turned),)))
        if len(told) == 1:
            return told[0]
        whole = (first, same_as, second)
        return Explanation(self._texts.triples([whole])[whole], "eq-trans", premises=tuple(told))

    def _same(self, term: int) -> dict[int, int]:
        """All terms that are the same, each with the one before it on the way from this one."""
        same_as = self._same_as
        before = {term: term}
        queue = deque([term])
        while queue:
            at = queue.popleft()
            for other in (
                *self._known.objects(at, same_as),
                *self._known.subjects(same_as, at),
            ):
                if other not in before:
                    before[other] = at
                    queue.append(other)
        return before

    def _path(self, triple: Triple) -> Explanation | None:
        path = self._paths.path(*triple)
        if path is None:
            return None
        paths, texts = paths_of(self._connection, path), self._texts.triples(path)
        steps = tuple(Explanation(texts[step], sources=paths[step]) for step in path)
        is_a = triple[1] in [self._terms.number(iri) for iri in (SUBCLASS_OF, BROADER, TYPE)]
        text = self._texts.triples([triple])[triple]
        return Explanation(text, IS_A if is_a else RESTRICTION, premises=steps)

    # -- what is made on first use -------------------------------------------------------------

    @cached_property
    def _known(self) -> Known:
        known = Known(self._triples, self._inferred)
        same_as = known.table(self._same_as)
        for predicate, found in self._start.members.items():
            steps = dict(zip(found.keys.tolist(), found.step.tolist(), strict=True))
            # a member is also whatever it is the same as
            for first, second in _pairs(same_as.keys):
                step = known.steps(*(np.array([n]) for n in (first, self._same_as, second)))
                for whole in [key >> 32 for key in steps if key & 0xFFFFFFFF == first]:
                    other = (whole << 32) | second
                    steps[other] = min(steps.get(other, int(step[0])), int(step[0]))
            ordered = sorted(steps.items())
            columns = np.array(ordered, dtype=np.int64).reshape(-1, 2)
            known.add(predicate, columns[:, 0].copy(), columns[:, 1].copy(), columns[:, 1] * 0 - 1)
        return known

    @cached_property
    def _start(self) -> Start:
        return Engine(self._triples, self._terms, (), owl=True, budget=Budget()).start()

    @property
    def _restrictions(self) -> dict[int, int]:
        return self._start.representatives

    @property
    def _same_as(self) -> int:
        return self._terms.number(OWL + "sameAs")

    @cached_property
    def _lengths(self) -> list[int]:
        names = {name for name in self._terms.new.values() if name.startswith("list:")}
        return sorted({int(name.split(":")[1]) for name in names if name != MEMBER})

    @cached_property
    def _paths(self) -> PathFinder:
        return PathFinder(self._known, self._terms)

    @cached_property
    def _transitive(self) -> set[str]:
        return {name for name, rules in self._rules.items() if any(r.transitive for r in rules)}

    @cached_property
    def _numbers_of_literals(self) -> dict[str, list[int]]:
        numbers = {
            int(number)
            for name in ("maxCardinality", "maxQualifiedCardinality")
            for number in second_of(self._known.table(self._terms.number(OWL + name)).keys)
        }
        texts = self._terms.texts(numbers)
        return {
            f'"{wanted}"': [n for n, text in texts.items() if number_of(text) == wanted]
            for wanted in (0, 1)
        }


def _premises_first(goal: Triple, proofs: dict[Triple, _Proof]) -> list[Triple]:
    """The triples of a proof, each after its premises."""
    order: dict[Triple, None] = {}
    stack = [(goal, False)]
    while stack:
        triple, ready = stack.pop()
        if ready:
            order.setdefault(triple)
        elif triple not in order:
            stack.append((triple, True))
            stack += [(premise, False) for premise in proofs[triple].premises]
    return list(order)


def _bound(head: Atom | None, triple: Triple) -> Rows | None:
    """What the head's variables stand for if it is this triple."""
    values: dict[str, int] = {}
    for place, number in zip(head or (), triple, strict=True):
        if isinstance(place, str):
            if values.setdefault(place, number) != number:
                return None
        elif place != number:
            return None
    return Rows(1, {name: np.array([n], dtype=np.int64) for name, n in values.items()})


def _columns(rows: Rows, atom: Atom) -> tuple[Numbers, Numbers, Numbers]:
    """The terms of an atom whose variables are all bound."""
    subject, predicate, object_ = (rows.value(place) for place in atom)
    if subject is None or predicate is None or object_ is None:
        raise ValueError(f"{atom} has a variable that the rows do not bind")
    return subject, predicate, object_


def _triple(columns: tuple[Numbers, Numbers, Numbers], at: int) -> Triple:
    subject, predicate, object_ = (int(column[at]) for column in columns)
    return subject, predicate, object_


def _pairs(keys: Keys) -> Iterator[tuple[int, int]]:
    return zip(first_of(keys).tolist(), second_of(keys).tolist(), strict=True)
