"""Term numbers as the engine sees them: which are literals, which IRI has which number."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool

from kg.reasoning.joins import Atom, Place
from kg.reasoning.patterns import LIST, Pattern, Rule, is_variable
from kg.vocabulary import XSD

_INTEGERS = {
    XSD + name
    for name in (
        "integer", "nonNegativeInteger", "positiveInteger", "nonPositiveInteger",
        "negativeInteger", "int", "long", "short", "byte", "unsignedInt", "unsignedLong",
        "unsignedShort", "unsignedByte",
    )
}  # fmt: skip
_NUMBERS = _INTEGERS | {XSD + "decimal"}


class LiteralText(NamedTuple):
    """A literal as it is written."""

    value: str
    datatype: str
    lang: str


class TermNumbers:
    """The numbers of terms, and of predicates and IRIs that no triple has yet.

    Args:
        literal, blank: for each number, whether it is a literal or a blank node.
        find: the numbers of those of the IRIs that are terms.
        texts: the literals with these numbers.
    """

    def __init__(
        self,
        literal: Bool[np.ndarray, " term"],
        blank: Bool[np.ndarray, " term"],
        find: Callable[[Collection[str]], dict[str, int]],
        texts: Callable[[Collection[int]], dict[int, LiteralText]],
    ) -> None:
        self.literal = literal
        self.blank = blank
        self.count = len(literal)
        self.texts = texts
        self._find = find
        self._numbers: dict[str, int] = {}
        self.new: dict[int, str] = {}

    def learn(self, iris: Iterable[str]) -> None:
        """Look up IRIs all at once."""
        unknown = {iri for iri in iris if iri not in self._numbers}
        found = self._find(unknown) if unknown else {}
        self._numbers.update(found)
        for iri in sorted(unknown - set(found)):
            number = self.count + len(self.new)
            self._numbers[iri] = number
            self.new[number] = iri

    def number(self, iri: str) -> int:
        """The number of an IRI; one that no term has if it is new."""
        found = self._numbers.get(iri)
        if found is None:
            self.learn([iri])
            found = self._numbers[iri]
        return found

    def is_virtual(self, number: int) -> bool:
        """Whether it is a predicate of the engine's own, about the members of lists."""
        return self.new.get(number, "").startswith(LIST)

    def no_subject(self, numbers: np.ndarray) -> Bool[np.ndarray, " n"]:
        """Which of the numbers are literals."""
        known = np.minimum(numbers, self.count - 1)
        return self.literal[known] & (numbers < self.count) if self.count else numbers < 0


class Compiled(NamedTuple):
    """A rule with term numbers."""

    rule: Rule
    body: tuple[Atom, ...]
    head: Atom | None
    needed: frozenset[str]


def compiled(rule: Rule, terms: TermNumbers, counts: Mapping[str, Sequence[int]]) -> list[Compiled]:
    """The rule by numbers; once for each literal that is a number it names.

    Args:
        rule: any.
        terms: give the numbers of IRIs.
        counts: the literals that are "0" and "1".
    """
    literals = [p for pattern in rule.body for p in pattern if p.startswith('"')]
    head = None if rule.head is None else rule.head
    made = []
    for chosen in product(*(counts.get(literal, ()) for literal in literals)):
        given = dict(zip(literals, chosen, strict=True))
        body = tuple(_atom(pattern, terms, given) for pattern in rule.body)
        variables = head.variables if head else [v for p in rule.body for v in p.variables]
        made.append(
            Compiled(
                rule,
                body,
                None if head is None else _atom(head, terms, given),
                frozenset(variables),
            )
        )
    return made


def renamed(rule: Compiled, number: Callable[[int], int]) -> Compiled:
    """The rule with other numbers for the terms that it names."""
    body = tuple(_renamed(atom, number) for atom in rule.body)
    return rule._replace(body=body, head=rule.head and _renamed(rule.head, number))


def constants(rules: Iterable[Rule]) -> set[str]:
    """The IRIs that rules name."""
    patterns = [p for rule in rules for p in (*rule.body, *([rule.head] if rule.head else []))]
    return {
        part
        for pattern in patterns
        for part in pattern
        if not is_variable(part) and not part.startswith('"')
    }


def number_of(literal: LiteralText) -> Decimal | None:
    """The number that a literal stands for, or None if it is none that we compare."""
    if literal.datatype not in _NUMBERS:
        return None
    try:
        return Decimal(literal.value.strip())
    except InvalidOperation:
        return None


def differ(first: LiteralText, second: LiteralText) -> bool:
    """Whether two literals surely have different values; doubt is no difference."""
    numbers = number_of(first), number_of(second)
    if numbers[0] is not None and numbers[1] is not None:
        return numbers[0] != numbers[1]
    plain = {"", XSD + "string"}
    if first.datatype in plain and second.datatype in plain:
        return (first.value, first.lang.lower()) != (second.value, second.lang.lower())
    return False


def _atom(pattern: Pattern, terms: TermNumbers, given: Mapping[str, int]) -> Atom:
    return Atom(*(_place(part, terms, given) for part in pattern))


def _renamed(atom: Atom, number: Callable[[int], int]) -> Atom:
    return Atom(*(place if isinstance(place, str) else number(place) for place in atom))


def _place(part: str, terms: TermNumbers, given: Mapping[str, int]) -> Place:
    if is_variable(part):
        return part
    return given[part] if part.startswith('"') else terms.number(part)
