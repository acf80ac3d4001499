"""All shapes against the tables: results by the numbers of their nodes."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import select, union

from kg.errors import ShapesFaultError
from kg.shapes.constraints import Check, check_constraint
from kg.shapes.shape import Constraint, Shape, Shapes, Target
from kg.shapes.values import values_of
from kg.shapes.vocabulary import TargetKind
from kg.shapes.workspace import Workspace
from kg.sparql.result import SparqlTerm
from kg.store.schema import triple

MOST_RESULTS = 1_000_000
"""More results of one shape are refused."""


MOST_CHECKS = 200_000
"""More constraints, each asked of one set of nodes, are refused."""


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


class _Judged(NamedTuple):
    """The nodes of which a shape was asked, and those of them that do not conform."""

    known: set[int]
    failing: set[int]


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
        self._judged: dict[SparqlTerm, _Judged] = {}
        self._reported: dict[tuple[SparqlTerm, frozenset[int]], list[Finding]] = {}
        self._targets: dict[tuple[Target, ...], int] = {}
        self._checked = 0

    def findings(self, shape: Shape) -> list[Finding]:
        """The results of a shape for its targets."""
        return self._results(shape, self._target_nodes(shape.targets))

    def failing(self, shape: SparqlTerm, scope: int) -> set[int]:
        """The nodes of a set that do not conform to a shape; each node is judged only once."""
        judged = self._judged.setdefault(shape, _Judged(set(), set()))
        nodes = {row[0] for row in self._space.fetch(self._space.members(scope))}
        new = nodes - judged.known
        if new:
            asked = scope if len(new) == len(nodes) else self._space.nodes(new)
            for check in self._checks(self._shapes[shape], asked):
                judged.failing.update(breach.focus for breach in check_constraint(check))
            judged.known.update(new)
        return nodes & judged.failing

    def _results(self, shape: Shape, scope: int) -> list[Finding]:
        found: list[Finding] = []
        for check in self._checks(shape, scope):
            if check.constraint.component == "Property":
                found += self._of_property(check, themselves=shape.path is None)
            else:
                found += (
                    Finding(b.focus, b.focus, b.value, b.predicate, shape, check.constraint)
                    for b in check_constraint(check)
                )
            _refuse_too_many(len(found))
        return found

    def _of_property(self, check: Check, *, themselves: bool) -> list[Finding]:
        """The results of the property shape below, once for each way to its focus node.

        Args:
            check: of the constraint sh:property.
            themselves: whether the values are the focus nodes.
        """
        below = self._shapes[check.constraint.shapes[0]]
        found = self._of_below(below, check.values())
        if themselves or not found:
            return found
        by_root: dict[int, list[Finding]] = {}
        for finding in found:
            by_root.setdefault(finding.root, []).append(finding)
        ways = [(way.focus, by_root[way.value or 0]) for way in check.with_values(by_root)]
        _refuse_too_many(sum(len(each) for _, each in ways))
        return [finding._replace(root=focus) for focus, each in ways for finding in each]

    def _of_below(self, shape: Shape, scope: int) -> list[Finding]:
        """The results of a shape; one that refers to others is asked for failing nodes only."""
        if not shape.references:
            return self._results(shape, scope)
        failing = frozenset(self.failing(shape.node, scope))
        if not failing:
            return []
        key = (shape.node, failing)
        if key not in self._reported:
            self._reported[key] = self._results(shape, self._space.nodes(failing))
        return self._reported[key]

    def _checks(self, shape: Shape, scope: int) -> list[Check]:
        if shape.deactivated or not shape.constraints:
            return []
        self._checked += len(shape.constraints)
        if self._checked > MOST_CHECKS:
            raise ShapesFaultError(
                f"The shapes ask more than {MOST_CHECKS:,} questions.",
                mend="Give fewer shapes at once, or nest them less in each other.",
            )
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
            by_kind: dict[TargetKind, list[SparqlTerm]] = {}
            for target in targets:
                by_kind.setdefault(target.kind, []).append(target.node)
            queries = [
                self._target_query(kind, self._space.ids(nodes)) for kind, nodes in by_kind.items()
            ]
            chosen: Any = union(*queries) if len(queries) > 1 else queries[0]
            scope = self._targets[targets] = self._space.nodes_of(chosen)
        return scope

    def _target_query(self, kind: TargetKind, ids: list[int]) -> Any:
        space = self._space
        if kind == "class":
            return space.instances(ids)
        named = space.members(space.nodes(ids))
        if kind == "node":
            space.has_local_nodes |= min(ids) < 0
            return named
        end = triple.c.subject if kind == "subjects_of" else triple.c.object
        if len(ids) == 1:
            return select(end).where(triple.c.predicate == ids[0])
        return select(end).where(triple.c.predicate.in_(named))


def _refuse_too_many(results: int) -> None:
    if results > MOST_RESULTS:
        raise ShapesFaultError(
            f"A shape has more than {MOST_RESULTS:,} results.",
            mend="Choose fewer nodes for it, or count them with SPARQL.",
        )


def _once(make: Callable[[], int]) -> Callable[[], int]:
    """Calls only once, on first use."""
    made: list[int] = []

    def get() -> int:
        if not made:
            made.append(make())
        return made[0]

    return get
