"""Rules over triples as the W3C writes them: patterns in, a pattern or a contradiction out.

    ?p rdfs:domain ?c, ?x ?p ?y -> ?x a ?c
    ?x owl:sameAs ?y, ?x owl:differentFrom ?y -> false
    ?p a owl:FunctionalProperty, ?x ?p ?y, ?x ?p ?z, ?y < ?z -> ?y owl:sameAs ?z

`?x` is a variable, "0" and "1" any literal of that number. `?y < ?z`: two terms that differ,
each pair once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from kg.vocabulary import OWL, RDF, RDFS, TYPE

# A list's k members in their order, as `LIST:k:place`, and in any order: no triple of a file has
# such a predicate, the engine makes them out of rdf:first and rdf:rest.
LIST = "list:"
MEMBER = LIST + "member"

_PREFIXES = {"rdf": RDF, "rdfs": RDFS, "owl": OWL}


class Pattern(NamedTuple):
    """A triple with variables (`?x`), IRIs and numbers (`"0"`) in its places."""

    subject: str
    predicate: str
    object: str

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables, each once."""
        return tuple(dict.fromkeys(part for part in self if is_variable(part)))


@dataclass(frozen=True)
class Rule:
    """`head` follows from all of `body`.

    Args:
        name: the W3C's, such as prp-dom; "horn:1" for the first Horn rule.
        body: at least one pattern.
        head: None if the body is a contradiction.
        different: pairs of variables that stand for different terms; each pair of terms is taken
            once, in the order of their numbers.
        transitive: the head joins two patterns of the same predicate. The second then needs only
            those triples that other rules gave: every path is one of such steps.
        steps: for a rule that exists once for each length of a list, that length; else 0.
        only_report: the head is counted where it does not hold, and not inferred.
    """

    name: str
    body: tuple[Pattern, ...]
    head: Pattern | None
    different: tuple[tuple[str, str], ...] = ()
    transitive: bool = False
    steps: int = 0
    only_report: bool = False

    def __str__(self) -> str:
        conditions = [f"{a} < {b}" for a, b in self.different]
        left = ", ".join([*(" ".join(pattern) for pattern in self.body), *conditions])
        return f"{left} -> {' '.join(self.head) if self.head else 'false'}"


def parse_rule(name: str, text: str, *, transitive: bool = False, steps: int = 0) -> Rule:
    """Read one rule; see the head of the file."""
    left, right = (side.strip() for side in text.split("->"))
    body, different = [], []
    for part in left.split(","):
        words = part.split()
        if words[1] == "<":
            different.append((words[0], words[2]))
        else:
            body.append(_pattern(words))
    head = None if right == "false" else _pattern(right.split())
    return Rule(name, tuple(body), head, tuple(different), transitive=transitive, steps=steps)


def is_variable(part: str) -> bool:
    """Whether a place of a pattern stands for any term."""
    return part.startswith("?")


def matched(pattern: Pattern, triple: tuple[str, str, str]) -> Mapping[str, str] | None:
    """What the variables stand for where a pattern is this triple; None where it is not."""
    found: dict[str, str] = {}
    for part, term in zip(pattern, triple, strict=True):
        if is_variable(part):
            if found.setdefault(part, term) != term:
                return None
        elif part != term:
            return None
    return found


def _pattern(words: list[str]) -> Pattern:
    return Pattern(*(_expanded(word) for word in words))


def _expanded(word: str) -> str:
    if word == "a":
        return TYPE
    prefix, colon, name = word.partition(":")
    return _PREFIXES[prefix] + name if colon and prefix in _PREFIXES else word
