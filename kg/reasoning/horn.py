"""Horn rules of the axiom table, in the engine's form."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from kg.reasoning.patterns import Pattern, Rule
from kg.records import Axiom
from kg.rules import Atom, parse_rules
from kg.vocabulary import TYPE

NAME = "horn:"

Resolve = Callable[[str], str]


class NamedHornRule(NamedTuple):
    """A rule, the name that inferred triples bear, and its text."""

    name: str
    rule: Rule
    text: str


def horn_rules(
    axioms: Sequence[Axiom], resolve: Resolve, *, least_weight: float
) -> list[NamedHornRule]:
    """The Horn rules that run: hard ones, soft ones of enough weight, and audits, which infer none.

    They are named `horn:1`, `horn:2`, … in the order of the axiom table, those left out counted.

    Args:
        axioms: of all kinds.
        resolve: the IRI of a CURIE or IRI.
        least_weight: of a soft rule that is to run.
    """
    found = []
    texts = [axiom for axiom in axioms if axiom.kind == "horn"]
    for number, axiom in enumerate(texts, start=1):
        if axiom.mode == "soft" and axiom.weight < least_weight:
            continue
        name, text = f"{NAME}{number}", axiom.arguments[0]
        (parsed,) = parse_rules(text)
        rule = Rule(
            name,
            tuple(_pattern(atom, resolve) for atom in parsed.body),
            _pattern(parsed.head, resolve),
            only_report=axiom.mode == "audit",
        )
        found.append(NamedHornRule(name, rule, text))
    return found


def _pattern(atom: Atom, resolve: Resolve) -> Pattern:
    subject, *rest = (resolve(a) if ":" in a else f"?{a}" for a in atom.arguments)
    if not rest:
        return Pattern(subject, TYPE, resolve(atom.predicate))
    return Pattern(subject, resolve(atom.predicate), rest[0])
