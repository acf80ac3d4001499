"""Property paths out of the triples of a shapes graph."""

from kg.shapes.paths import PathKind, PropertyPath
from kg.shapes.shapes_graph import ShapesGraph
from kg.shapes.vocabulary import SH
from kg.sparql.result import SparqlTerm
from kg.vocabulary import FIRST

_NESTED = 30
_ALTERNATIVES = 100
_ONE_PART: tuple[PathKind, ...] = ("inverse", "zeroOrMore", "oneOrMore", "zeroOrOne")


def read_path(
    graph: ShapesGraph, node: SparqlTerm, within: tuple[SparqlTerm, ...] = ()
) -> PropertyPath:
    """The path that a node of the shapes graph stands for.

    Args:
        graph: holds the node.
        node: an IRI, or a blank node with `sh:inversePath` and such, or a list.
        within: the nodes in which it lies.

    Raises:
        ShapesFaultError: it is no path, runs into itself, or is nested too deeply.
    """
    if node.kind == "uri":
        return PropertyPath("predicate", iri=node.value)
    if node in within or len(within) > _NESTED:
        raise graph.fault(
            f"The path {within[0].to_ntriples()} runs into itself or is nested too deeply.",
            f"Write a path without a circle, at most {_NESTED} levels deep.",
        )
    inside = (*within, node)
    if graph.objects(node, FIRST):
        return _of_several(graph, "sequence", graph.members(node), inside)
    for kind in _ONE_PART:
        for part in graph.objects(node, f"{SH}{kind}Path"):
            return PropertyPath(kind, parts=(read_path(graph, part, inside),))
    for part in graph.objects(node, SH + "alternativePath"):
        return _of_several(graph, "alternative", graph.members(part), inside)
    raise graph.fault(
        f"{node.to_ntriples()} stands where a path should, and is none.",
        "Give an IRI, a list, or sh:inversePath, sh:alternativePath, sh:zeroOrMorePath, "
        "sh:oneOrMorePath or sh:zeroOrOnePath.",
    )


def _of_several(
    graph: ShapesGraph, kind: PathKind, members: list[SparqlTerm], inside: tuple[SparqlTerm, ...]
) -> PropertyPath:
    if len(members) < 2:
        raise graph.fault(
            f"The {kind} path {inside[-1].to_ntriples()} has fewer than two members.",
            "Give it two at least, or the one path itself.",
        )
    if kind == "alternative" and len(members) > _ALTERNATIVES:
        raise graph.fault(
            f"The path {inside[-1].to_ntriples()} has more than {_ALTERNATIVES} alternatives.",
            "Nest alternatives in each other.",
        )
    return PropertyPath(kind, parts=tuple(read_path(graph, m, inside) for m in members))
