"""Terms that are the same go by one of them, their representative; nothing is copied n² times.

owl:sameAs merges things (eq-sym, eq-trans, eq-rep-s, eq-rep-p, eq-rep-o). Blank nodes that are the
same restriction merge as classes: HPO's 19,000 restrictions have a few thousand meanings. What was
said of a merged term is said of the representative, once, and then only reasoned about there.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from kg.reasoning.facts import Facts, Keys, Numbers, first_of, holds, keys_of, second_of
from kg.reasoning.owl_rl import RESTRICTIONS
from kg.reasoning.patterns import MEMBER, Rule, parse_rule
from kg.reasoning.terms import TermNumbers
from kg.vocabulary import OWL, RDFS, SUBCLASS_OF, TYPE

Gained = Callable[[str, dict[int, Keys]], None]

# With these a class is spoken of as a class.
_OF_CLASSES = (
    SUBCLASS_OF,
    TYPE,
    RDFS + "domain",
    RDFS + "range",
    *(
        OWL + name
        for name in (
            "equivalentClass", "disjointWith", "complementOf", "someValuesFrom",
            "allValuesFrom", "hasValue", "onProperty", "onClass",
        )
    ),
)  # fmt: skip

_DIFFERENT_LISTS = {
    "eq-diff2": "members",
    "eq-diff3": "distinctMembers",
}


class Merging(NamedTuple):
    """Terms and what replaces each; `old` is sorted."""

    old: Numbers
    new: Numbers

    def touches(self, numbers: Numbers) -> np.ndarray:
        """Which of the numbers are replaced."""
        return holds(self.old, numbers)

    def of(self, numbers: Numbers) -> Numbers:
        """The numbers, replaced where they are merged."""
        at = np.minimum(np.searchsorted(self.old, numbers), len(self.old) - 1)
        return np.where(self.old[at] == numbers, self.new[at], numbers)


class Sameness:
    """Keeps one term for all that are the same.

    Args:
        facts: what is reasoned about; changed.
        terms: of the facts.
        gained: adds what a rule of this name gave, sorted or not.
    """

    def __init__(self, facts: Facts, terms: TermNumbers, gained: Gained) -> None:
        self._facts = facts
        self._terms = terms
        self._gained = gained
        self._of: dict[int, int] = {}
        restricting = [*(OWL + kind for kind in RESTRICTIONS), OWL + "onProperty"]
        terms.learn([*_OF_CLASSES, *restricting, OWL + "AllDifferent"])
        self._same_as = terms.number(OWL + "sameAs")
        self._restricting = [terms.number(iri) for iri in restricting]
        self._class_predicates = {terms.number(iri) for iri in _OF_CLASSES}
        self._seen_same = -1
        self._seen_restrictions = -1

    def unify(self) -> bool:
        """Merge whatever has become the same; whether anything has."""
        changed = False
        while self._merge_things() or self._merge_restrictions():
            changed = True
        return changed

    def broken_lists(self) -> Iterator[tuple[Rule, dict[str, int]]]:
        """Lists whose members are all different, and two of which are the same."""
        different = self._terms.number(OWL + "AllDifferent")
        types = self._facts.table(self._terms.number(TYPE))
        member = self._facts.relations.get(self._terms.number(MEMBER))
        if member is None:
            return
        members: dict[int, list[int]] = {}
        for key in member.blocks[0].keys.tolist():
            members.setdefault(key >> 32, []).append(key & 0xFFFFFFFF)
        for name, property_ in _DIFFERENT_LISTS.items():
            rule = parse_rule(
                name,
                f"?z a owl:AllDifferent, ?z owl:{property_} ?l, ?l {MEMBER} ?x, ?l {MEMBER} ?y,"
                " ?x owl:sameAs ?y -> false",
            )
            for key in self._facts.table(self._terms.number(OWL + property_)).keys.tolist():
                axiom, whole = key >> 32, key & 0xFFFFFFFF
                typed = keys_of(np.array([axiom]), np.array([different]))
                if holds(types.keys, typed)[0]:
                    for x, y in self._same_members(members.get(whole, [])):
                        yield rule, {"?z": axiom, "?l": whole, "?x": x, "?y": y}

    def _same_members(self, members: Iterable[int]) -> Iterator[tuple[int, int]]:
        first: dict[int, int] = {}
        for member in members:
            known = first.setdefault(self.representative(member), member)
            if known != member:
                yield known, member

    def representatives(self) -> dict[int, int]:
        """What stands for each merged term."""
        return {number: self.representative(number) for number in self._of}

    def representative(self, number: int) -> int:
        """The term that stands for this one."""
        while number in self._of:
            number = self._of[number]
        return number

    # -- things --------------------------------------------------------------------------------

    def _merge_things(self) -> bool:
        relation = self._facts.relations.get(self._same_as)
        if relation is None or relation.last_step <= self._seen_same:
            return False
        keys = relation.since(self._seen_same).keys
        self._seen_same = relation.last_step
        keys = keys[~self._terms.no_subject(second_of(keys))]
        edges = [
            (a, b)
            for a, b in zip(first_of(keys).tolist(), second_of(keys).tolist(), strict=True)
            if a != b and a not in self._of and b not in self._of
        ]
        if not edges:
            return False
        merged = self._starred(edges)
        self._rewrite_sameness(merged)
        everything = [p for p in self._facts.predicates() if p != self._same_as]
        self._replace("eq-rep-s", everything, merged, subjects=True)
        self._replace_predicates(merged)
        everything = [p for p in self._facts.predicates() if p != self._same_as]
        self._replace("eq-rep-o", everything, merged, subjects=False)
        self._seen_same = relation.last_step
        return True

    def _starred(self, edges: list[tuple[int, int]]) -> Merging:
        """Say of each term that it is the same as its representative, the least number."""
        neighbours: dict[int, set[int]] = {}
        for a, b in edges:
            neighbours.setdefault(a, set()).add(b)
            neighbours.setdefault(b, set()).add(a)
        stated = set(edges)
        seen: set[int] = set()
        turned: list[tuple[int, int]] = []
        far: dict[int, list[tuple[int, int]]] = {}
        for root in sorted(neighbours):
            if root in seen:
                continue
            seen.add(root)
            level, depth = [root], 0
            while level:
                found = []
                for near in level:
                    for term in sorted(neighbours[near] - seen):
                        seen.add(term)
                        found.append(term)
                        self._of[term] = root
                        if (term, near) not in stated:
                            turned.append((term, near))
                        if depth:
                            far.setdefault(depth, []).append((term, root))
                level, depth = found, depth + 1
        self._gain("eq-sym", turned)
        for depth in sorted(far):
            self._gain("eq-trans", far[depth])
        old = np.array(sorted(t for t in seen if t in self._of), dtype=np.int64)
        new = np.array([self._of[t] for t in old.tolist()], dtype=np.int64)
        return Merging(old, new)

    def _gain(self, name: str, pairs: list[tuple[int, int]]) -> None:
        columns = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        self._gained(name, {self._same_as: keys_of(columns[:, 0], columns[:, 1])})

    def _rewrite_sameness(self, merged: Merging) -> None:
        """What was the same as a representative that has one now, is the same as that one."""
        keys = self._facts.table(self._same_as).keys
        old = keys[merged.touches(second_of(keys))]
        if len(old):
            self._gained(
                "eq-trans", {self._same_as: keys_of(first_of(old), merged.of(second_of(old)))}
            )

    def _replace_predicates(self, merged: Merging) -> None:
        for old, new in zip(merged.old.tolist(), merged.new.tolist(), strict=True):
            relation = self._facts.relations.get(old)
            if relation is not None and relation.size:
                self._gained("eq-rep-p", {new: relation.table.keys})
                relation.drop(relation.table.keys)

    def _replace(
        self, name: str, predicates: Iterable[int], merged: Merging, *, subjects: bool
    ) -> None:
        gone, gained = {}, {}
        for predicate in predicates:
            keys = self._facts.table(predicate).keys
            subject, object_ = first_of(keys), second_of(keys)
            touched = merged.touches(subject if subjects else object_)
            if touched.any():
                gone[predicate] = keys[touched]
                subject, object_ = subject[touched], object_[touched]
                if subjects:
                    subject = merged.of(subject)
                else:
                    object_ = merged.of(object_)
                gained[predicate] = keys_of(subject, object_)
        if gained:
            self._gained(name, gained)
        for predicate, keys in gone.items():
            self._facts.relation(predicate).drop(keys)

    # -- restrictions --------------------------------------------------------------------------

    def _merge_restrictions(self) -> bool:
        relations = [self._facts.relations.get(p) for p in self._restricting]
        latest = max((r.last_step for r in relations if r is not None), default=-1)
        if latest <= self._seen_restrictions:
            return False
        self._seen_restrictions = latest
        changed = False
        for kind, name in RESTRICTIONS.items():
            changed |= self._merge_kind(self._terms.number(OWL + kind), name)
        return changed

    def _merge_kind(self, kind: int, name: str) -> bool:
        fillers = self._facts.table(kind).keys
        if not len(fillers):
            return False
        on = self._facts.table(self._terms.number(OWL + "onProperty")).keys
        # only nodes with one filler and one property are surely nothing but that restriction
        one = np.isin(first_of(fillers), _once(first_of(fillers)))
        one &= np.isin(first_of(fillers), _once(first_of(on)))
        node, filler = first_of(fillers)[one], second_of(fillers)[one]
        property_ = second_of(on[np.searchsorted(on, node << 32)])
        # blank nodes first: one of them stands for the others
        order = np.lexsort((node, ~self._terms.blank[node], filler, property_))
        node, filler, property_ = node[order], filler[order], property_[order]
        again = (filler[1:] == filler[:-1]) & (property_[1:] == property_[:-1])
        if not again.any():
            return False
        starts = np.flatnonzero(np.concatenate([[True], ~again]))
        standing = np.repeat(node[starts], np.diff(starts, append=len(node)))
        merged, named = self._terms.blank[node], ~self._terms.blank[node]
        merged &= node != standing
        named &= node != standing
        both = np.concatenate(
            [keys_of(node[named], standing[named]), keys_of(standing[named], node[named])]
        )
        known = self._facts.table(self._terms.number(SUBCLASS_OF)).keys
        if len(both) and not holds(known, both).all():
            self._gained(name, {self._terms.number(SUBCLASS_OF): both})
        if not merged.any():
            return False
        self._of.update(zip(node[merged].tolist(), standing[merged].tolist(), strict=True))
        turn = np.argsort(node[merged])
        merging = Merging(node[merged][turn], standing[merged][turn])
        predicates = [p for p in self._facts.predicates() if self._is_of_classes(p)]
        self._replace(name, predicates, merging, subjects=True)
        self._replace(name, predicates, merging, subjects=False)
        return True

    def _is_of_classes(self, predicate: int) -> bool:
        return predicate in self._class_predicates or self._terms.is_virtual(predicate)


def _once(ordered: Numbers) -> Numbers:
    """The numbers that stand only once in a sorted array."""
    values, counts = np.unique(ordered, return_counts=True)
    once: Numbers = values[counts == 1]
    return once
