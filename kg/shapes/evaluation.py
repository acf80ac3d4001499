"""All shapes against the tables: results by the numbers of their nodes."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import select, union

from kg.shapes.constraints import Check, check_constraint
from kg.shapes.shape import Constraint, Shape, Shapes, Target
from kg.shapes.values import values_of
from kg.shapes.workspace import Workspace
from kg.sparql.result import SparqlTerm
from kg.store.schema import triple


class Finding(NamedTuple):
    """One result.

    Args:
        root: the focus node of the shape that was asked, of which `focus` may be a value.
        focus: the focus node of the shape that has the constraint.
        value: the node at fault, if it is one.
        predicate: of a closed shape, else None.
        shape, constraint: what is broken.
    """

    root: int
    focus: int
    value: int | None
    predicate: int | None
    shape: Shape
    constraint: Constraint


class Evaluation:
    """Asks shapes of sets of nodes.

    Args:
        space: the sets.
        shapes: all that may be referred to.
    """

    def __init__(self, space: Workspace, shapes: Shapes) -> None:
        self._space = space
        space.ids(shapes.named())  # all at once, which is faster than one by one
        self._shapes = shapes.by_node
        self._failing: dict[tuple[SparqlTerm, int], set[int]] = {}
        self._targets: dict[tuple[Target, ...], int] = {}

    def findings(self, shape: Shape) -> list[Finding]:
        """The results of a shape for its targets."""
        return self._results(shape, self._target_nodes(shape.targets))

    def failing(self, shape: SparqlTerm, scope: int) -> set[int]:
        """The nodes of a set that do not conform to a shape."""
        found = self._failing.get((shape, scope))
        if found is None:
            at = self._shapes[shape]
            found = {b.focus for c in self._checks(at, scope) for b in check_constraint(c)}
            self._failing[shape, scope] = found
        return found

    def _results(self, shape: Shape, scope: int) -> list[Finding]:
        found: list[Finding] = []
        for check in self._checks(shape, scope):
            if check.constraint.component == "Property":
                found += self._of_property(check)
            else:
                found += (
                    Finding(b.focus, b.focus, b.value, b.predicate, shape, check.constraint)
                    for b in check_constraint(check)
                )
        return found

    def _of_property(self, check: Check) -> list[Finding]:
        """The results of the property shape below, once for each way to its focus node."""
        below = self._results(self._shapes[check.constraint.shapes[0]], check.values())
        by_root: dict[int, list[Finding]] = {}
        for finding in below:
            by_root.setdefault(finding.root, []).append(finding)
        return [
            finding._replace(root=focus)
            for focus, value, _ in check.with_values(by_root)
            for finding in by_root[value or 0]
        ]

    def _checks(self, shape: Shape, scope: int) -> list[Check]:
        if shape.deactivated or not shape.constraints:
            return []
        space = self._space
        pairs = values_of(space, scope, shape.path, often=len(shape.constraints) > 1)
        values = _once(
            lambda: (
                scope if shape.path is None else space.nodes_of(select(pairs.subquery().c.value))
            )
        )
        return [Check(space, c, scope, pairs, values, self.failing) for c in shape.constraints]

    def _target_nodes(self, targets: tuple[Target, ...]) -> int:
        scope = self._targets.get(targets)
        if scope is None:
            named = [t.node for t in targets if t.kind == "node"]
            queries: list[Any] = [self._target_query(t) for t in targets if t.kind != "node"]
            if named:
                ids = self._space.ids(named)
                self._space.has_local_nodes |= min(ids) < 0
                queries.append(self._space.members(self._space.nodes(ids)))
            chosen: Any = union(*queries) if len(queries) > 1 else queries[0]
            scope = self._targets[targets] = self._space.nodes_of(chosen)
        return scope

    def _target_query(self, target: Target) -> Any:
        id_ = self._space.id(target.node)
        if target.kind == "class":
            return self._space.instances(id_)
        end = triple.c.subject if target.kind == "subjects_of" else triple.c.object
        return select(end).where(triple.c.predicate == id_)


def _once(make: Callable[[], int]) -> Callable[[], int]:
    """Calls only once, on first use."""
    made: list[int] = []

    def get() -> int:
        if not made:
            made.append(make())
        return made[0]

    return get
