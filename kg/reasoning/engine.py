"""Semi-naive reasoning over integers: a rule joins what is new with all that is known.

Rules run one after another, schema first; each remembers the step at which it ran last, and next
time only joins what was added since (Abiteboul, Hull and Vianu 1995, Foundations of Databases,
section 13.1). A step is one rule that added something: its premises are asserted triples, or were
added by an earlier step, which is what explanations search by.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from kg.reasoning.clashes import Clashes
from kg.reasoning.facts import Block, Facts, Keys, distinct, first_of, keys_of, second_of
from kg.reasoning.joins import Base, Rows, Since, Source, solutions
from kg.reasoning.lists import list_facts
from kg.reasoning.outcome import (
    Column,
    InferredColumns,
    MemberColumns,
    Outcome,
    Start,
    TripleColumns,
)
from kg.reasoning.owl_rl import LISTS_OF, list_rule
from kg.reasoning.patterns import Rule
from kg.reasoning.records import Budget
from kg.reasoning.sameness import Sameness
from kg.reasoning.terms import (
    Compiled,
    TermNumbers,
    compiled,
    constants,
    number_of,
    renamed,
)
from kg.vocabulary import OWL, RDF, RDFS, SUBCLASS_OF, TYPE

MOST_LITERAL_PAIRS = 100

# A pair of equal terms says nothing with these.
_REFLEXIVE = (
    SUBCLASS_OF,
    RDFS + "subPropertyOf",
    OWL + "equivalentClass",
    OWL + "equivalentProperty",
    OWL + "sameAs",
)
_CARDINALITIES = (OWL + "maxCardinality", OWL + "maxQualifiedCardinality")
_THING_SAYS = (SUBCLASS_OF, OWL + "equivalentClass", OWL + "disjointWith", OWL + "complementOf")


class _BudgetSpentError(Exception):
    """Ends the run; its text says why."""


class Engine:
    """One run over one set of triples.

    Args:
        triples: all that is asserted.
        terms: the numbers that occur in them.
        rules: in the order in which they run.
        owl: whether lists, sameness and equal restrictions are reasoned about.
        budget: ends the run early.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        triples: TripleColumns,
        terms: TermNumbers,
        rules: Sequence[Rule],
        *,
        owl: bool,
        budget: Budget,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._terms = terms
        self._budget = budget
        self._clock = clock
        self._owl = owl
        self._facts = Facts()
        self._step = 0
        self._started = clock()
        terms.learn([*constants(rules), *_REFLEXIVE, *_CARDINALITIES, *_THING_SAYS, RDF + "nil"])
        self._same_as = terms.number(OWL + "sameAs")
        self._reflexive = {terms.number(iri) for iri in _REFLEXIVE}
        self._add_asserted(triples)
        of_lists = self._lists() if owl else []
        self._asserted = self._facts.count
        counts = self._counts()
        all_rules = [made for rule in rules for made in compiled(rule, terms, counts)]
        all_rules[:0] = [made for rule in of_lists for made in compiled(rule, terms, {})]
        self._rules = [c for c in all_rules if c.head and not c.rule.only_report]
        self._reports = [c for c in all_rules if c.rule.only_report]
        self._falsities = [c for c in all_rules if c.head is None]
        self._last = [-1] * len(self._rules)
        self._names = list(dict.fromkeys(c.rule.name for c in self._rules))
        self._numbers = {name: number for number, name in enumerate(self._names)}
        self._empty = self._empty_heads()
        self._same = Sameness(self._facts, terms, self._gained) if owl else None
        self._literal_pairs: dict[tuple[int, int], Compiled] = {}

    def run(self) -> Outcome:
        """Reason until nothing is new, or the budget is spent."""
        rounds, stopped = 0, ""
        try:
            self._unify()
            while True:
                if rounds == self._budget.rounds:
                    raise _BudgetSpentError(
                        f"Stopped after {rounds:,} rounds, the most that the budget allows."
                    )
                rounds += 1
                before = self._step
                for place in range(len(self._rules)):
                    self._exhaust(place)
                if self._step == before:
                    break
        except _BudgetSpentError as spent:
            stopped = str(spent)
        clashes = Clashes(self._facts, self._terms, self._watch)
        try:
            self._look_for(clashes)
        except _BudgetSpentError as spent:
            stopped = stopped or f"{spent} Not all contradictions were looked for."
        return Outcome(
            inferred=self._inferred(),
            rules=tuple(self._names),
            rounds=rounds,
            stopped=stopped,
            clashes=clashes.found,
            clash_counts=clashes.counts,
            audits=self._audit(),
            representatives=self._same.representatives() if self._same else {},
        )

    def start(self) -> Start:
        """What `run` begins with; its steps are the same in every run over the same triples."""
        self._unify()
        members = {}
        for predicate, relation in self._facts.relations.items():
            if self._terms.is_virtual(predicate):
                keys = _joined(block.keys for block in relation.blocks)
                sizes = [len(block.keys) for block in relation.blocks]
                step = _repeated([block.step for block in relation.blocks], sizes)
                order = np.argsort(keys, kind="stable")
                members[predicate] = MemberColumns(keys[order], step[order])
        return Start(members, self._same.representatives() if self._same else {})

    # -- what is there at the start ------------------------------------------------------------

    def _add_asserted(self, triples: TripleColumns) -> None:
        order = np.argsort(triples.predicate, kind="stable")
        predicate = triples.predicate[order]
        keys = keys_of(triples.subject[order], triples.object[order])
        bounds = np.flatnonzero(np.diff(predicate, prepend=-1, append=-1))
        for i in range(len(bounds) - 1):
            part = distinct(keys[bounds[i] : bounds[i + 1]])
            self._facts.add(int(predicate[bounds[i]]), Block(0, -1, part))

    def _lists(self) -> list[Rule]:
        """Add the members of lists as facts; the rules that are about whole lists."""
        rules = []
        lengths: dict[int, int] = {}
        for virtual, keys, members in list_facts(self._facts, self._terms):
            self._facts.add(virtual, Block(0, -1, keys))
            lengths.update(members)
        for name, property_ in LISTS_OF.items():
            table = self._facts.table(self._terms.number(OWL + property_))
            used = {lengths[n] for n in second_of(table.keys).tolist() if lengths.get(n)}
            rules += [list_rule(name, length) for length in sorted(used)]
        self._terms.learn(constants(rules))
        return rules

    def _counts(self) -> dict[str, Sequence[int]]:
        """The literals 0 and 1 of the cardinalities."""
        found: dict[str, Sequence[int]] = {}
        numbers: set[int] = set()
        for iri in _CARDINALITIES:
            table = self._facts.table(self._terms.number(iri))
            numbers.update(np.unique(second_of(table.keys)).tolist())
        texts = self._terms.texts(numbers) if numbers else {}
        for wanted in (0, 1):
            found[f'"{wanted}"'] = [n for n, text in texts.items() if number_of(text) == wanted]
        return found

    def _empty_heads(self) -> dict[int, int]:
        """Object by predicate of what is true of everything, and thus not worth a triple."""
        thing, number = self._terms.number(OWL + "Thing"), self._terms.number
        empty = {number(iri): thing for iri in (SUBCLASS_OF, RDFS + "domain", RDFS + "range")}
        says = any(
            thing in first_of(self._facts.table(number(iri)).keys) for iri in _THING_SAYS
        ) or thing in second_of(self._facts.table(number(RDF + "first")).keys)
        if not says:
            empty[number(TYPE)] = thing
        return empty

    # -- one rule ------------------------------------------------------------------------------

    def _exhaust(self, place: int) -> None:
        """Run a rule; one that feeds itself, until it gives nothing new."""
        while self._apply(place, self._rules[place]):
            self._unify()
            if not self._rules[place].rule.transitive:
                break

    def _apply(self, place: int, rule: Compiled) -> bool:
        """Run a rule once over what is new to it; whether it added anything."""
        last, self._last[place] = self._last[place], self._step
        if last == self._step or self._is_idle(rule, last):
            return False
        found: dict[int, list[Keys]] = {}
        pending = 0
        number = self._numbers[rule.rule.name]
        spent = None
        try:
            for sources in self._variants(rule, last, number):
                for rows in solutions(
                    rule.body,
                    sources,
                    rule.needed,
                    different=rule.rule.different,
                    watch=lambda: self._watch(rule.rule),
                ):
                    for predicate, keys in self._conclusions(rule, rows):
                        found.setdefault(predicate, []).append(keys)
                        pending += len(keys)
                    if self._inferred_count + pending > self._budget.triples:
                        pending = _compacted(found)
                        self._check_triples(pending, rule.rule)
        except _BudgetSpentError as error:
            spent = error
        added = self._add(found, number, transitive=rule.rule.transitive)
        if spent:
            raise spent
        return added

    def _is_idle(self, rule: Compiled, last: int) -> bool:
        """Whether a pattern has no triple at all, or none of them has a new one."""
        relations = self._facts.relations
        changed = False
        for atom in rule.body:
            if isinstance(atom.predicate, str):
                changed = True
                continue
            relation = relations.get(atom.predicate)
            if relation is None or not relation.size:
                return True
            changed = changed or relation.blocks[-1].step > last
        return not changed

    def _variants(self, rule: Compiled, last: int, number: int) -> Iterator[list[Source]]:
        """Where each pattern is looked for: one of them among what is new, the others in all."""
        everything = Since(self._facts, -1)
        full: list[Source] = [everything] * len(rule.body)
        if rule.rule.transitive:
            full[-1] = Base(self._facts, -1, number)
        if last < 0:
            yield full
            return
        for i, atom in enumerate(rule.body):
            new: Source = Since(self._facts, last)
            if rule.rule.transitive and i == len(rule.body) - 1:
                new = Base(self._facts, last, number)
            if isinstance(atom.predicate, int) and not len(new.table(atom.predicate)):
                continue
            yield [*full[:i], new, *full[i + 1 :]]

    def _conclusions(self, rule: Compiled, rows: Rows) -> Iterator[tuple[int, Keys]]:
        """What is new in the heads, by predicate."""
        head = rule.head
        if head is None or not rows.height:
            return
        subject, predicate, object_ = (rows.value(place) for place in head)
        if subject is None or predicate is None or object_ is None:
            return
        allowed = ~self._terms.no_subject(subject)
        if isinstance(head.predicate, str):
            allowed &= ~self._terms.no_subject(predicate)
        keys = keys_of(subject, object_)
        self._keep_literal_pairs(rule, predicate, keys[~allowed])
        if not allowed.all():
            keys, predicate = keys[allowed], predicate[allowed]
        if isinstance(head.predicate, int):
            yield from self._new(head.predicate, keys)
            return
        order = np.argsort(predicate, kind="stable")
        predicate, keys = predicate[order], keys[order]
        bounds = np.flatnonzero(np.diff(predicate, prepend=-1, append=-1))
        for i in range(len(bounds) - 1):
            yield from self._new(int(predicate[bounds[i]]), keys[bounds[i] : bounds[i + 1]])

    def _new(self, predicate: int, keys: Keys) -> Iterator[tuple[int, Keys]]:
        """The keys that are not known and say something, sorted."""
        keys = distinct(keys)
        keys = keys[~self._facts.known(predicate, keys)]
        if predicate in self._reflexive:
            keys = keys[first_of(keys) != second_of(keys)]
        if predicate in self._empty:
            keys = keys[second_of(keys) != self._empty[predicate]]
        if predicate == self._same_as:
            # a literal on one side only is no statement about a thing
            keys = keys[~self._terms.no_subject(second_of(keys))]
        if len(keys):
            yield predicate, keys

    def _keep_literal_pairs(self, rule: Compiled, predicate: Column, keys: Keys) -> None:
        """Literals that would have to be the same; whether they can is looked at in the end."""
        if rule.head is None or rule.head.predicate != self._same_as:
            return
        for subject, object_ in zip(first_of(keys), second_of(keys), strict=True):
            if len(self._literal_pairs) < MOST_LITERAL_PAIRS:
                self._literal_pairs.setdefault((int(subject), int(object_)), rule)

    def _add(self, found: dict[int, list[Keys]], number: int, *, transitive: bool) -> bool:
        _compacted(found)
        if not found:
            return False
        self._step += 1
        for predicate, (keys,) in found.items():
            self._facts.add(predicate, Block(self._step, number, keys), transitive=transitive)
        return True

    # -- sameness ------------------------------------------------------------------------------

    def _unify(self) -> None:
        if self._same is not None and self._same.unify():
            # what rules name goes by its representative, too
            stands_for = self._same.representative
            for place, rule in enumerate(self._rules):
                self._rules[place] = renamed(rule, stands_for)
                if self._rules[place] != rule:
                    self._last[place] = -1
            self._reports = [renamed(rule, stands_for) for rule in self._reports]
            self._falsities = [renamed(rule, stands_for) for rule in self._falsities]

    def _gained(self, name: str, found: dict[int, Keys]) -> None:
        """Add what a rule of sameness gave, as a step of its own."""
        if name not in self._numbers:
            self._numbers[name] = len(self._names)
            self._names.append(name)
        kept = {
            predicate: [keys]
            for predicate, given in found.items()
            for _, keys in self._new(predicate, given)
        }
        self._add(kept, self._numbers[name], transitive=False)

    # -- the end -------------------------------------------------------------------------------

    def _look_for(self, clashes: Clashes) -> None:
        """Find contradictions, with as much time as all that went before had."""
        self._started = self._clock()
        for rule in self._falsities:
            if not self._is_idle(rule, -1):
                clashes.look_for(rule)
        if self._same is not None:
            for broken, values in self._same.broken_lists():
                clashes.add(broken, values)
        clashes.compare(self._literal_pairs)

    def _audit(self) -> dict[str, int]:
        counts = {}
        for rule in self._reports:
            found: dict[int, list[Keys]] = {}
            sources = [Since(self._facts, -1)] * len(rule.body)
            for rows in solutions(rule.body, sources, rule.needed):
                for predicate, keys in self._conclusions(rule, rows):
                    found.setdefault(predicate, []).append(keys)
            counts[rule.rule.name] = _compacted(found)
        return counts

    def _inferred(self) -> InferredColumns:
        parts: list[tuple[int, Block]] = [
            (predicate, block)
            for predicate, relation in self._facts.relations.items()
            if not self._terms.is_virtual(predicate)
            for block in relation.blocks
            if block.step > 0
        ]
        parts.sort(key=lambda part: part[1].step)
        keys = _joined(block.keys for _, block in parts)
        sizes = [len(block.keys) for _, block in parts]
        return InferredColumns(
            subject=first_of(keys),
            predicate=_repeated([predicate for predicate, _ in parts], sizes),
            object=second_of(keys),
            rule=_repeated([block.rule for _, block in parts], sizes),
            step=_repeated([block.step for _, block in parts], sizes),
        )

    # -- the budget ----------------------------------------------------------------------------

    @property
    def _inferred_count(self) -> int:
        return self._facts.count - self._asserted

    def _check_triples(self, pending: int, rule: Rule) -> None:
        if self._inferred_count + pending > self._budget.triples:
            raise _BudgetSpentError(
                f"Stopped at {self._inferred_count + pending:,} inferred triples of the "
                f"{self._budget.triples:,} that the budget allows; the last rule was {rule.name}."
            )

    def _watch(self, rule: Rule) -> None:
        if self._clock() - self._started > self._budget.seconds:
            raise _BudgetSpentError(
                f"Stopped after {self._budget.seconds:g} s, the most that the budget allows; "
                f"the last rule was {rule.name}."
            )


def _compacted(found: dict[int, list[Keys]]) -> int:
    """Each predicate's keys as one sorted array; how many there are."""
    for predicate, parts in found.items():
        if len(parts) > 1:
            found[predicate] = [distinct(np.concatenate(parts))]
    return sum(len(parts[0]) for parts in found.values())


def _joined(parts: Iterable[Keys]) -> Keys:
    listed = list(parts)
    return np.concatenate(listed) if listed else np.zeros(0, dtype=np.int64)


def _repeated(values: Sequence[int], sizes: Sequence[int]) -> Column:
    return np.repeat(np.array(values, dtype=np.int64), np.array(sizes, dtype=np.int64))
