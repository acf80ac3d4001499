"""What reasoning answers with."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple

Profile = Literal["rdfs", "rl", "dl"]


class TextTriple(NamedTuple):
    """A triple to be read: CURIEs, blank nodes as `_:NUMBER`, literals in quotes."""

    subject: str
    predicate: str
    object: str

    def __str__(self) -> str:
        return " ".join(self)


@dataclass(frozen=True)
class Budget:
    """What reasoning may take; what was found until then is kept and marked as incomplete.

    Args:
        rounds: passes over all rules, above 0.
        triples: inferred triples, above 0.
        seconds: on the clock, above 0.
    """

    rounds: int = 1000
    triples: int = 20_000_000
    seconds: float = 600.0


@dataclass(frozen=True)
class Explanation:
    """Why a triple holds.

    Args:
        triple: what is explained.
        rule: the rule whose conclusion it is; empty for an asserted triple.
        sources: paths of the files that assert it.
        premises: each explained in its turn.
    """

    triple: TextTriple
    rule: str = ""
    sources: tuple[str, ...] = ()
    premises: tuple["Explanation", ...] = ()

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self, depth: int = 0) -> Iterator[str]:
        """A line for each step, the premises of a step below it, indented by two blanks."""
        why = f"by {self.rule}" if self.rule else f"in {', '.join(self.sources)}"
        yield f"{'  ' * depth}{self.triple}    {why}"
        for premise in self.premises:
            yield from premise.lines(depth + 1)

    def asserted(self) -> tuple["Explanation", ...]:
        """The asserted triples that it rests on, each once."""
        if not self.rule:
            return (self,)
        found = [leaf for premise in self.premises for leaf in premise.asserted()]
        return tuple({leaf.triple: leaf for leaf in found}.values())

    def to_json(self) -> dict[str, Any]:
        """The document of `ontograft explain KB SUBJECT RELATION OBJECT --json`."""
        return {
            "triple": list(self.triple),
            "rule": self.rule,
            "sources": list(self.sources),
            "premises": [premise.to_json() for premise in self.premises],
        }


@dataclass(frozen=True)
class Contradiction:
    """Triples that cannot all be true.

    Args:
        rule: whose condition they meet; "unsatisfiable" for a class that can have no member.
        premises: the triples that meet it, asserted or inferred, each explained.
    """

    rule: str
    premises: tuple[Explanation, ...]

    def asserted(self) -> tuple[Explanation, ...]:
        """The asserted triples behind it, each once, with their files."""
        found = [leaf for premise in self.premises for leaf in premise.asserted()]
        return tuple({leaf.triple: leaf for leaf in found}.values())

    def to_json(self) -> dict[str, Any]:
        """Rule, the triples that clash, and the asserted ones with their files."""
        return {
            "rule": self.rule,
            "triples": [list(premise.triple) for premise in self.premises],
            "asserted": [
                {"triple": list(leaf.triple), "sources": list(leaf.sources)}
                for leaf in self.asserted()
            ],
        }


@dataclass(frozen=True)
class ReasoningReport:
    """What reasoning did.

    Args:
        profile: "rdfs", "rl" or "dl".
        triples: asserted ones that were reasoned over, each once.
        inferred: triples that follow from them and were stored.
        by_rule: inferred triples by the rule that gave them first.
        rounds: passes over the rules.
        seconds: on the clock, of the reasoning alone.
        complete: whether all was found; see `stopped`.
        stopped: why not, one sentence; empty if complete.
        contradictions: at most as many of each rule as were asked for, explained.
        contradiction_counts: all, by rule.
        audits: for each Horn rule of mode audit, how often its body holds and its head does not.
        horn: text of the Horn rules that ran, by the name that `by_rule` has.
    """

    profile: Profile
    triples: int
    inferred: int
    by_rule: dict[str, int]
    rounds: int
    seconds: float
    complete: bool
    stopped: str = ""
    contradictions: tuple[Contradiction, ...] = ()
    contradiction_counts: dict[str, int] = field(default_factory=dict)
    audits: dict[str, int] = field(default_factory=dict)
    horn: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The document of `ontograft reason KB --json`."""
        return {
            **asdict(self),
            "contradictions": [found.to_json() for found in self.contradictions],
        }
