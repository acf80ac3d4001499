"""What the engine takes and gives: triples as columns of numbers, and what a run found."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

from kg.reasoning.facts import Keys
from kg.reasoning.patterns import Rule

Column = Int64[np.ndarray, " triple"]


@dataclass(frozen=True)
class TripleColumns:
    """Triples by the numbers of their terms, each once."""

    subject: Column
    predicate: Column
    object: Column


@dataclass(frozen=True)
class InferredColumns:
    """Inferred triples; `rule` is a place in `Outcome.rules`, `step` counts from 1."""

    subject: Column
    predicate: Column
    object: Column
    rule: Column
    step: Column


class MemberColumns(NamedTuple):
    """Facts about the members of lists, of one predicate: sorted keys and their steps."""

    keys: Keys
    step: Column


class Start(NamedTuple):
    """What is known before the first rule: lists, and what is the same from the beginning."""

    members: dict[int, MemberColumns]
    representatives: dict[int, int]


class Clash(NamedTuple):
    """A contradiction: the rule and what its variables stand for."""

    rule: Rule
    values: dict[str, int]


@dataclass
class Outcome:
    """What a run gave.

    Args:
        inferred: in the order of the steps.
        rules: names of the rules by number.
        rounds: passes over all rules.
        stopped: why it is incomplete; empty if it is complete.
        clashes: some of the contradictions.
        clash_counts: how many there are, by rule.
        audits: how often the head of a rule that only reports does not hold, by rule.
        representatives: the term that stands for each merged one.
    """

    inferred: InferredColumns
    rules: tuple[str, ...]
    rounds: int
    stopped: str
    clashes: list[Clash] = field(default_factory=list)
    clash_counts: dict[str, int] = field(default_factory=dict)
    audits: dict[str, int] = field(default_factory=dict)
    representatives: dict[int, int] = field(default_factory=dict)
