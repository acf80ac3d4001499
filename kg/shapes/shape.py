"""Shapes as plain records."""

from collections.abc import Iterator
from dataclasses import dataclass

from kg.shapes.paths import PropertyPath
from kg.shapes.vocabulary import TargetKind
from kg.sparql.result import SparqlTerm


@dataclass(frozen=True)
class Target:
    """Which nodes a shape is for: `node` itself, the instances of a class, or a property's ends."""

    kind: TargetKind
    node: SparqlTerm


@dataclass(frozen=True)
class Constraint:
    """One constraint of a shape.

    Args:
        component: such as "MinCount" for sh:MinCountConstraintComponent.
        nodes: what the parameter names: a class, a value, the members of a list.
        number: a count or length.
        flags: of a pattern.
        shapes: those that it refers to; of a qualified one the first is meant, and the others are
            its siblings, which the values must not have.
    """

    component: str
    nodes: tuple[SparqlTerm, ...] = ()
    number: int = 0
    flags: str = ""
    shapes: tuple[SparqlTerm, ...] = ()


@dataclass(frozen=True)
class Shape:
    """A node shape, or a property shape if it has a path.

    Args:
        node: the shape itself.
        path: from the focus node to its values; None for a node shape.
        targets: none if only other shapes use it.
        constraints: in the order of the parameters' names.
        severity: an IRI, most often sh:Violation.
        messages: for the results, in several languages.
        deactivated: every node conforms.
        beyond_core: its parameters and components that are not SHACL Core, `sh:sparql` and such.
    """

    node: SparqlTerm
    path: PropertyPath | None
    targets: tuple[Target, ...]
    constraints: tuple[Constraint, ...]
    severity: str
    messages: tuple[SparqlTerm, ...]
    deactivated: bool
    beyond_core: tuple[str, ...]

    @property
    def references(self) -> tuple[SparqlTerm, ...]:
        """The shapes that its constraints refer to."""
        found = (shape for constraint in self.constraints for shape in constraint.shapes)
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Shapes:
    """All shapes with a target, and those that they refer to.

    Args:
        by_node: every shape.
        roots: those with targets, in the order of the shapes graph.
        not_imported: what the shapes graph imports; nothing of it is fetched.
    """

    by_node: dict[SparqlTerm, Shape]
    roots: tuple[Shape, ...]
    not_imported: tuple[str, ...]

    def named(self) -> Iterator[SparqlTerm]:
        """All that targets, constraints and paths name, some of it more than once."""
        for shape in self.by_node.values():
            yield from (target.node for target in shape.targets)
            yield from (node for constraint in shape.constraints for node in constraint.nodes)
            if shape.path is not None:
                yield from (SparqlTerm("uri", iri) for iri in shape.path.predicates())

    def below(self, shape: Shape) -> list[Shape]:
        """A shape, and all that it refers to, each once."""
        found, stack = {shape.node: shape}, [shape]
        while stack:
            for node in stack.pop().references:
                if node not in found:
                    found[node] = self.by_node[node]
                    stack.append(found[node])
        return list(found.values())
