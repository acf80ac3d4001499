"""Property paths. https://www.w3.org/TR/shacl/#property-paths."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

PathKind = Literal[
    "predicate", "inverse", "sequence", "alternative", "zeroOrMore", "oneOrMore", "zeroOrOne"
]

_REPEATED = {"zeroOrMore": "*", "oneOrMore": "+", "zeroOrOne": "?"}


@dataclass(frozen=True)
class PropertyPath:
    """A way through a graph.

    Args:
        kind: what the path is; a predicate has an `iri`, all others have `parts`.
        iri: of the predicate, else empty.
        parts: in their order; one for inverse and the repeated kinds.
    """

    kind: PathKind
    iri: str = ""
    parts: tuple["PropertyPath", ...] = ()

    def __str__(self) -> str:
        """The path as SPARQL writes it."""
        if self.kind == "predicate":
            return f"<{self.iri}>"
        inner = [f"({part})" if len(part.parts) > 1 else str(part) for part in self.parts]
        if self.kind == "inverse":
            return f"^{inner[0]}"
        if self.kind in _REPEATED:
            return f"{inner[0]}{_REPEATED[self.kind]}"
        return ("/" if self.kind == "sequence" else "|").join(inner)

    def to_turtle(self) -> str:
        """The path as a node of Turtle, as it stands behind `sh:path`; `sh:` is declared."""
        if self.kind == "predicate":
            return f"<{self.iri}>"
        inner = [part.to_turtle() for part in self.parts]
        if self.kind == "sequence":
            return f"( {' '.join(inner)} )"
        if self.kind == "alternative":
            return f"[ sh:alternativePath ( {' '.join(inner)} ) ]"
        return f"[ sh:{self.kind}Path {inner[0]} ]"

    def predicates(self) -> Iterator[str]:
        """The IRIs of all predicates, in their order."""
        if self.kind == "predicate":
            yield self.iri
        for part in self.parts:
            yield from part.predicates()

    def step(self) -> "Step | None":
        """The path as one step, if it is a predicate, its inverse, or a choice of such."""
        if self.kind == "predicate":
            return Step((self.iri,), backwards=False)
        if self.kind == "inverse" and self.parts[0].kind == "predicate":
            return Step((self.parts[0].iri,), backwards=True)
        if self.kind == "alternative":
            steps = [part.step() for part in self.parts]
            known = [step for step in steps if step is not None]
            if len(known) == len(steps) and len({step.backwards for step in known}) == 1:
                predicates = (iri for step in known for iri in step.predicates)
                return Step(tuple(predicates), backwards=known[0].backwards)
        return None


class Step(NamedTuple):
    """From subject to object, or backwards, by one triple with one of these predicates."""

    predicates: tuple[str, ...]
    backwards: bool


def without_far_inverses(path: PropertyPath, *, backwards: bool = False) -> PropertyPath:
    """The same path with `inverse` at predicates only: ^(a/b*) is (^b)*/^a.

    Args:
        path: any path.
        backwards: the inverse of `path` is wanted.
    """
    if path.kind == "inverse":
        return without_far_inverses(path.parts[0], backwards=not backwards)
    if path.kind == "predicate":
        return PropertyPath("inverse", parts=(path,)) if backwards else path
    parts = [without_far_inverses(part, backwards=backwards) for part in path.parts]
    if path.kind == "sequence" and backwards:
        parts.reverse()
    return PropertyPath(path.kind, parts=tuple(parts))
