"""Property paths. https://www.w3.org/TR/shacl/#property-paths."""

from dataclasses import dataclass
from typing import Literal

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

    @property
    def one_step(self) -> bool:
        """Whether it is a predicate, or the inverse of one."""
        return self.kind == "predicate" or (
            self.kind == "inverse" and self.parts[0].kind == "predicate"
        )


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
