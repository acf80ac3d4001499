"""Horn rules in a small text form, one rule a line.

    # who supervises the parent regulates the subsidiary
    0.9 :: fin:regulates(x, y) :- fin:supervises(x, z), fin:subsidiaryOf(y, z).
    hard :: fin:Bank(x) :- fin:CommercialBank(x).

Before `::` stands a weight above 0 (1 if left out), or the mode `hard` or `audit`. A predicate
is a CURIE or <IRI> with one argument (a class) or two (a relation). An argument that holds a
colon is an entity, any other is a variable.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kg.errors import SyntaxFaultError
from kg.records import RuleMode

_STRENGTH = re.compile(r"\s*([^\s:(]+)\s*::\s*")
_ATOM = re.compile(r"\s*(<[^<>\s]+>|[^\s(),:]*:[^\s(),]+)\s*\(([^()]*)\)\s*")
_ARGUMENT = re.compile(r"<[^<>\s]+>|[^\s(),:]*:[^\s(),]+|[A-Za-z_]\w*")


@dataclass(frozen=True)
class Atom:
    """`predicate(arguments)`; the predicate and constants are CURIEs or IRIs."""

    predicate: str
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return f"{_written(self.predicate)}({', '.join(map(_written, self.arguments))})"

    @property
    def variables(self) -> tuple[str, ...]:
        """The arguments that stand for any entity."""
        return tuple(a for a in self.arguments if ":" not in a)


@dataclass(frozen=True)
class HornRule:
    """`head` follows from all atoms of `body`; str() gives the text form without strength.

    Args:
        head: its variables all occur in the body.
        body: one atom at least.
        weight: above 0.
        mode: see `kg.Axiom`.
        line: in its file, from 1.
    """

    head: Atom
    body: tuple[Atom, ...]
    weight: float = 1.0
    mode: RuleMode = "soft"
    line: int = 0

    def __str__(self) -> str:
        return f"{self.head} :- {', '.join(map(str, self.body))}."

    def with_strength(self) -> str:
        """The rule as a line of a rules file."""
        strength = f"{self.weight:g}" if self.mode == "soft" else self.mode
        return f"{strength} :: {self}"


def read_rules(path: str | Path) -> tuple[HornRule, ...]:
    """Read a rules file.

    Raises:
        SyntaxFaultError: with file, line and column of the first fault.
        OSError: the file cannot be read.
    """
    return parse_rules(Path(path).read_text(encoding="utf-8-sig"), path=str(path))


def parse_rules(text: str, *, path: str = "rules") -> tuple[HornRule, ...]:
    """Parse the text of a rules file.

    Args:
        text: rules, comments after `#` at the start of a line or after blanks, empty lines.
        path: names the file in errors.

    Raises:
        SyntaxFaultError: with line and column of the first fault.
    """
    rules = []
    for number, line in enumerate(text.splitlines(), start=1):
        content = re.sub(r"(^|\s)#.*", "", line).rstrip()
        if content:
            rules.append(_rule(content, line=number, path=path))
    return tuple(rules)


def _rule(content: str, *, line: int, path: str) -> HornRule:
    def fault(at: int, what: str) -> SyntaxFaultError:
        return SyntaxFaultError(
            what,
            where=f"{path}:{line}:{at + 1}",
            mend="A rule reads `0.9 :: fin:regulates(x, y) :- fin:supervises(x, y).`",
        )

    start, weight = 0, 1.0
    mode: RuleMode = "soft"
    strength = _STRENGTH.match(content)
    if strength:
        start = strength.end()
        weight, mode = _strength(strength[1])
        if not 0 < weight < float("inf"):
            raise fault(strength.start(1), f"{strength[1]!r} is no weight above 0, hard or audit.")
    if not content.endswith("."):
        raise fault(len(content), "The rule does not end with a full stop.")
    end = len(content) - 1
    arrow = content.find(":-", start, end)
    if arrow < 0:
        raise fault(end, "The rule has no `:-` between head and body.")
    head = _atoms(content, start, arrow, fault)
    body = _atoms(content, arrow + 2, end, fault)
    if len(head) > 1:
        raise fault(start, "The head has more than one atom; write one rule for each.")
    unbound = set(head[0].variables) - {v for atom in body for v in atom.variables}
    if unbound:
        raise fault(start, f"The body says nothing about {', '.join(sorted(unbound))} of the head.")
    return HornRule(head[0], body, weight=weight, mode=mode, line=line)


def _atoms(
    content: str, start: int, stop: int, fault: Callable[[int, str], SyntaxFaultError]
) -> tuple[Atom, ...]:
    """Atoms parted by commas, from `start` to `stop` of the line."""
    atoms = []
    while True:
        found = _ATOM.match(content, start, stop)
        if not found:
            raise fault(
                start, f"{content[start:stop].strip()!r} is no atom like `fin:holds(x, y)`."
            )
        arguments = tuple(argument.strip() for argument in found[2].split(","))
        if not all(_ARGUMENT.fullmatch(a) for a in arguments) or len(arguments) > 2:
            raise fault(found.start(2), f"({found[2]}) are not one or two arguments.")
        atoms.append(Atom(found[1].strip("<>"), tuple(a.strip("<>") for a in arguments)))
        start = found.end()
        if start == stop:
            return tuple(atoms)
        if content[start] != ",":
            raise fault(start, f"{content[start]!r} stands where a comma or the end belongs.")
        start += 1


def _strength(text: str) -> tuple[float, RuleMode]:
    if text == "hard":
        return 1.0, "hard"
    if text == "audit":
        return 1.0, "audit"
    try:
        return float(text), "soft"
    except ValueError:
        return 0.0, "soft"


def _written(name: str) -> str:
    return f"<{name}>" if "://" in name else name
