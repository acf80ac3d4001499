"""The value nodes of a path, as questions to the tables. SHACL section 2.3.1."""

from typing import Any

from sqlalchemy import Integer, Select, literal, select, union

from kg.shapes.paths import PropertyPath, Step, without_far_inverses
from kg.shapes.workspace import Workspace, node_table, pair_table
from kg.sparql.result import SparqlTerm
from kg.store.schema import triple


def values_of(
    space: Workspace, scope: int, path: PropertyPath | None, *, often: bool = False
) -> Select[Any]:
    """The focus nodes of a set with their values, each pair once.

    Args:
        space: where the set is; longer paths are followed there.
        scope: number of the set of focus nodes.
        path: None for a node shape, whose value is the focus node itself.
        often: whether the pairs are wanted more than once, so that they are best written down.

    Returns:
        A query with the columns focus and value.
    """
    if path is None:
        return _themselves(scope)
    path = without_far_inverses(path)
    step = path.step()
    if step is not None:
        nodes = select(node_table.c.node).where(node_table.c.scope == scope).subquery()
        here, there, predicate = _ends(space, step)
        found = select(nodes.c.node.label("focus"), there.label("value")).distinct()
        found = found.join_from(nodes, triple, (here == nodes.c.node) & predicate)
        return space.pairs(space.pairs_of(found)) if often else found
    return space.pairs(_follow(space, space.pairs_of(_themselves(scope)), path))


def _themselves(scope: int) -> Select[Any]:
    found = select(node_table.c.node.label("focus"), node_table.c.node.label("value"))
    return found.where(node_table.c.scope == scope)


def _ends(space: Workspace, step: Step) -> tuple[Any, Any, Any]:
    """Where a step begins and ends in a triple, and the condition on the predicate."""
    ids = space.ids([SparqlTerm("uri", iri) for iri in step.predicates])
    chosen = triple.c.predicate == ids[0] if len(ids) == 1 else triple.c.predicate.in_(ids)
    if step.backwards:
        return triple.c.object, triple.c.subject, chosen
    return triple.c.subject, triple.c.object, chosen


def _follow(space: Workspace, start: int, path: PropertyPath) -> int:
    """The set of pairs that comes of going on from the values of another set."""
    step = path.step()
    if step is not None:
        onward = _onward(space, space.pairs(start).subquery(), step)
        return space.pairs_of(onward.distinct())
    if path.kind == "sequence":
        for part in path.parts:
            start = _follow(space, start, part)
        return start
    if path.kind == "alternative":
        ends = [_follow(space, start, part) for part in path.parts]
        return space.pairs_of(union(*map(space.pairs, ends)))
    inner = path.parts[0]
    if path.kind == "zeroOrOne":
        return space.pairs_of(union(space.pairs(start), space.pairs(_follow(space, start, inner))))
    if path.kind == "oneOrMore":
        start = _follow(space, start, inner)
    step = inner.step()
    if step is not None:
        return space.pairs_of(_closure(space, start, step))
    return _repeated(space, start, inner)


def _onward(space: Workspace, pairs: Any, step: Step) -> Select[Any]:
    here, there, predicate = _ends(space, step)
    found = select(pairs.c.focus, there.label("value"))
    return found.join_from(pairs, triple, (here == pairs.c.value) & predicate)


def _closure(space: Workspace, start: int, step: Step) -> Select[Any]:
    """Zero or more such steps; UNION, not UNION ALL: so a circle ends."""
    reached = space.pairs(start).cte("reached", recursive=True)
    reached = reached.union(_onward(space, reached, step))
    return select(reached.c.focus, reached.c.value)


def _repeated(space: Workspace, start: int, path: PropertyPath) -> int:
    """Zero or more of a longer path: from what is new of a round goes the next."""
    reached, new = space.pairs_of(space.pairs(start)), start
    while _has_pairs(space, new):
        onward = _follow(space, new, path)
        new = space.pairs_of(space.pairs(onward).except_(space.pairs(reached)))
        space.add_pairs(reached, space.pairs(new))
    return reached


def _has_pairs(space: Workspace, scope: int) -> bool:
    one = select(literal(1, Integer)).where(pair_table.c.scope == scope).limit(1)
    return bool(space.fetch(one))
