"""From a shapes graph to shapes. https://www.w3.org/TR/shacl/#shapes."""

import difflib
from collections.abc import Callable

from kg.shapes.judging import can_match
from kg.shapes.path_parsing import read_path
from kg.shapes.shape import Constraint, Shape, Shapes, Target
from kg.shapes.shapes_graph import ShapesGraph
from kg.shapes.vocabulary import (
    BEYOND_CORE,
    CODE,
    CORE,
    NODE_KINDS,
    OF_COUNT,
    OF_IRI,
    OF_LIST,
    OF_LITERAL,
    OF_NODE,
    OF_SHAPE,
    OF_SHAPES,
    ONLY_OF_PROPERTIES,
    PATH,
    PROPERTY,
    QUALIFIED_SHAPE,
    SH,
    TARGETS,
    short,
)
from kg.sparql.result import SparqlTerm
from kg.vocabulary import OWL, RDFS, XSD

_NESTED = 40
_BOOLEAN = XSD + "boolean"
_TRUE = SparqlTerm("literal", "true", _BOOLEAN)
_CLASSES = (RDFS + "Class", OWL + "Class")


def read_shapes(graph: ShapesGraph) -> Shapes:
    """All shapes that have targets, and those that they refer to.

    A class that is also a shape is a target itself; owl:Class counts as rdfs:Class there, though
    the specification asks for a statement that it is a subclass.

    Raises:
        ShapesFaultError: there is none; one is ill-formed, runs code out of a file, uses a term
            that SHACL has not, or refers to itself; they lie too deep in each other.
    """
    return _Reader(graph).read()


class _Reader:
    def __init__(self, graph: ShapesGraph) -> None:
        self._graph = graph
        self._custom = self._custom_parameters()

    def read(self) -> Shapes:
        graph = self._graph
        if graph.subjects(SH + "entailment"):
            raise graph.fault(
                "The shapes ask for entailments (sh:entailment).",
                "Take sh:entailment out; what is loaded is validated as it is.",
            )
        targets = self._targets()
        if not targets:
            raise graph.fault(
                "There is no shape with a target here.",
                "Give a file with SHACL shapes, with sh:targetClass or another target.",
            )
        by_node: dict[SparqlTerm, Shape] = {}
        waiting = list(targets)
        while waiting:
            node = waiting.pop()
            if node not in by_node:
                by_node[node] = self._shape(node, tuple(targets.get(node, ())))
                waiting += by_node[node].references
        self._refuse_circles(by_node)
        roots = tuple(by_node[node] for node in targets)
        return Shapes(by_node, roots, graph.imports())

    def _targets(self) -> dict[SparqlTerm, list[Target]]:
        found: dict[SparqlTerm, list[Target]] = {}
        for name, kind in TARGETS.items():
            for node in self._graph.subjects(SH + name):
                for object_ in self._graph.objects(node, SH + name):
                    found.setdefault(node, []).append(Target(kind, object_))
        for node in self._graph.subjects(SH + "target"):
            found.setdefault(node, [])
        classes = {node for class_ in _CLASSES for node in self._graph.instances(class_)}
        shapes = {
            node
            for kind in ("NodeShape", "PropertyShape")
            for node in self._graph.instances(SH + kind)
        }
        for node in sorted(classes & shapes):
            if node.kind == "uri":
                found.setdefault(node, []).append(Target("class", node))
        return found

    def _shape(self, node: SparqlTerm, targets: tuple[Target, ...]) -> Shape:
        graph = self._graph
        if node.kind == "literal":
            raise graph.fault(
                f"The literal {node.to_ntriples()} stands where a shape should.",
                "Give the IRI of a shape, or write the shape in brackets.",
            )
        paths = graph.objects(node, PATH)
        if len(paths) > 1:
            raise self._fault(node, "has more than one sh:path")
        names = self._names(node)
        severity = graph.objects(node, SH + "severity")
        if any(given.kind != "uri" for given in severity):
            raise self._fault(node, "has a sh:severity that is no IRI, such as sh:Warning")
        deactivated = _TRUE in graph.objects(node, SH + "deactivated")
        beyond = [f"sh:{name}" for name in names if name in BEYOND_CORE]
        beyond += [p for p in graph.predicates(node) if p in self._custom]
        return Shape(
            node=node,
            path=read_path(graph, paths[0]) if paths else None,
            targets=targets,
            constraints=() if deactivated else self._constraints(node, names, bool(paths)),
            severity=severity[0].value if severity else SH + "Violation",
            messages=tuple(graph.objects(node, SH + "message")),
            deactivated=deactivated,
            beyond_core=() if deactivated else tuple(beyond),
        )

    def _names(self, node: SparqlTerm) -> list[str]:
        """The names of the SHACL parameters that a shape has."""
        predicates = self._graph.predicates(node)
        names = sorted(p.removeprefix(SH) for p in predicates if p.startswith(SH))
        for name in names:
            if name in CODE:
                raise self._fault(
                    node,
                    f"has sh:{name}: it would run JavaScript out of a file",
                    "Take it out; sh:sparql may say the same.",
                )
            if name not in CORE and name not in BEYOND_CORE:
                near = difflib.get_close_matches(name, sorted(CORE), n=1)
                hint = f" (nearest: sh:{near[0]})" if near else ""
                raise self._fault(node, f"has sh:{name}, which SHACL 1.0 does not know{hint}")
        return names

    def _constraints(
        self, node: SparqlTerm, names: list[str], has_path: bool
    ) -> tuple[Constraint, ...]:
        for name in names:
            if name in ONLY_OF_PROPERTIES and not has_path:
                raise self._fault(node, f"has sh:{name} without a sh:path")
        found: list[Constraint] = []
        for name in names:
            for names_of, read in self._readers:
                if name in names_of:
                    for value in self._graph.objects(node, SH + name):
                        found.append(read(self, node, names_of[name], value))
        found += self._of_several(node, has_path)
        return tuple(found)

    def _of_several(self, node: SparqlTerm, has_path: bool) -> list[Constraint]:
        """The components that have several parameters, or one that is a switch."""
        graph = self._graph
        found = []
        flags = "".join(value.value for value in graph.objects(node, SH + "flags")[:1])
        for pattern in graph.objects(node, SH + "pattern"):
            if pattern.kind != "literal" or not can_match(pattern.value, flags):
                raise self._fault(
                    node,
                    f"has the sh:pattern {pattern.value[:200]!r}, which cannot be used with the "
                    f"flags {flags!r}",
                    "Give a regular expression of XPath without look-around and back references, "
                    "and flags out of s, m, i, x, q.",
                )
            found.append(Constraint("Pattern", nodes=(pattern,), flags=flags))
        if _TRUE in graph.objects(node, SH + "uniqueLang"):
            found.append(Constraint("UniqueLang"))
        if _TRUE in graph.objects(node, SH + "closed"):
            found.append(Constraint("Closed", nodes=self._allowed(node)))
        if has_path:
            found += self._qualified(node)
        return found

    def _allowed(self, node: SparqlTerm) -> tuple[SparqlTerm, ...]:
        graph = self._graph
        ignored = [m for list_ in graph.objects(node, SH + "ignoredProperties")
                   for m in graph.members(list_)]  # fmt: skip
        paths = (p for child in graph.objects(node, PROPERTY) for p in graph.objects(child, PATH))
        return tuple(dict.fromkeys((*ignored, *(path for path in paths if path.kind == "uri"))))

    def _qualified(self, node: SparqlTerm) -> list[Constraint]:
        graph = self._graph
        siblings: dict[SparqlTerm, None] = {}
        if _TRUE in graph.objects(node, SH + "qualifiedValueShapesDisjoint"):
            for parent in graph.subjects(PROPERTY):
                children = graph.objects(parent, PROPERTY)
                if node in children:
                    for child in children:
                        siblings |= dict.fromkeys(graph.objects(child, QUALIFIED_SHAPE))
        found = []
        for wanted in graph.objects(node, QUALIFIED_SHAPE):
            shapes = (wanted, *(sibling for sibling in siblings if sibling != wanted))
            for bound in ("Min", "Max"):
                for value in graph.objects(node, f"{SH}qualified{bound}Count"):
                    number = self._number(node, f"qualified{bound}Count", value)
                    found.append(Constraint(f"Qualified{bound}Count", number=number, shapes=shapes))
        return found

    def _of_iri(self, node: SparqlTerm, component: str, value: SparqlTerm) -> Constraint:
        if value.kind != "uri":
            raise self._fault(node, f"has {value.to_ntriples()} where the IRI of a {component} is")
        if component == "NodeKind" and value.value not in NODE_KINDS:
            kinds = ", ".join(map(short, NODE_KINDS))
            raise self._fault(
                node, f"has the sh:nodeKind <{value.value}>, which is none of {kinds}"
            )
        return Constraint(component, nodes=(value,))

    def _of_count(self, node: SparqlTerm, component: str, value: SparqlTerm) -> Constraint:
        return Constraint(component, number=self._number(node, component, value))

    def _of_literal(self, node: SparqlTerm, component: str, value: SparqlTerm) -> Constraint:
        if value.kind != "literal":
            raise self._fault(node, f"has {value.to_ntriples()} where a {component} literal is due")
        return Constraint(component, nodes=(value,))

    def _of_node(self, _node: SparqlTerm, component: str, value: SparqlTerm) -> Constraint:
        return Constraint(component, nodes=(value,))

    def _of_shape(self, node: SparqlTerm, component: str, value: SparqlTerm) -> Constraint:
        if component == "Property" and not self._graph.objects(value, PATH):
            raise self._fault(node, f"has the sh:property {value.to_ntriples()} without a sh:path")
        return Constraint(component, shapes=(value,))

    def _of_list(self, _node: SparqlTerm, component: str, value: SparqlTerm) -> Constraint:
        return Constraint(component, nodes=tuple(self._graph.members(value)))

    def _of_shapes(self, _node: SparqlTerm, component: str, value: SparqlTerm) -> Constraint:
        return Constraint(component, shapes=tuple(self._graph.members(value)))

    _Read = Callable[["_Reader", SparqlTerm, str, SparqlTerm], Constraint]
    _readers: tuple[tuple[dict[str, str], _Read], ...] = (
        (OF_IRI, _of_iri),
        (OF_COUNT, _of_count),
        (OF_LITERAL, _of_literal),
        (OF_NODE, _of_node),
        (OF_SHAPE, _of_shape),
        (OF_LIST, _of_list),
        (OF_SHAPES, _of_shapes),
    )

    def _number(self, node: SparqlTerm, name: str, value: SparqlTerm) -> int:
        if value.kind != "literal" or not value.value.isdecimal() or len(value.value) > 15:
            raise self._fault(
                node, f"has the {name} {value.to_ntriples()}, which is no whole number"
            )
        return int(value.value)

    def _custom_parameters(self) -> set[str]:
        """The predicates that components declared in the graph itself have as parameters."""
        graph = self._graph
        return {
            path.value
            for component in graph.subjects(SH + "parameter")
            for parameter in graph.objects(component, SH + "parameter")
            for path in graph.objects(parameter, PATH)
        }

    def _refuse_circles(self, by_node: dict[SparqlTerm, Shape]) -> None:
        """Shapes that refer to themselves have no meaning in SHACL: section 3.4.3."""
        depth: dict[SparqlTerm, int] = {}
        for start in by_node:
            trail = [start]
            while trail:
                node = trail[-1]
                open_ = [n for n in by_node[node].references if n not in depth]
                if node in depth or not open_:
                    depth[node] = 1 + max((depth[n] for n in by_node[node].references), default=0)
                    trail.pop()
                elif open_[0] in trail:
                    circle = [n.to_ntriples() for n in trail[trail.index(open_[0]) :]]
                    raise self._graph.fault(
                        f"The shape {circle[0]} refers to itself"
                        + (f", through {', '.join(circle[1:4])}" if len(circle) > 1 else "")
                        + "; what recursive shapes mean is left open by SHACL.",
                        "Break the circle, or set sh:deactivated true on one of its shapes.",
                    )
                else:
                    trail.append(open_[0])
                if max(len(trail), depth.get(node, 0)) > _NESTED:
                    raise self._graph.fault(
                        f"Shapes lie more than {_NESTED} deep in each other.",
                        "Say the same with fewer levels.",
                    )

    def _fault(self, node: SparqlTerm, what: str, mend: str = "") -> Exception:
        return self._graph.fault(
            f"The shape {node.to_ntriples()} {what}.", mend or "Mend the shape and run it again."
        )
