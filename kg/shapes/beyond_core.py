"""Shapes that need more than SHACL Core, answered by pySHACL in a process of its own.

The process has bounded time and memory, opens no socket, and keeps what pySHACL changes in rdflib
to itself. https://www.w3.org/TR/shacl/#part2, https://www.w3.org/TR/shacl-af/.
"""

import re
import socket
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, NoReturn

from sqlalchemy import Connection, select

from kg.forked import ask_fork
from kg.shapes.path_parsing import read_path
from kg.shapes.report import ValidationResult
from kg.shapes.shape import Shape, Shapes
from kg.shapes.shapes_graph import ShapesGraph, read_terms
from kg.shapes.vocabulary import SH, TARGETS
from kg.sparql.query_text import tokens
from kg.sparql.result import SparqlTerm
from kg.store.reading import fetched
from kg.store.schema import triple
from kg.vocabulary import OWL, TYPE

SECONDS = 120.0
"""How long pySHACL may take."""

MEMORY = 4 << 30
"""Bytes that it may take beside what this process holds."""

_ADVANCED = tuple(SH + name for name in ("target", "rule", "expression", "values", "returnType"))
_TEXTS = tuple(SH + name for name in ("select", "ask", "construct", "update"))
_FETCHING = frozenset(("SERVICE", "FROM", "LOAD"))
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U(000[0-9A-Fa-f]{5}|0010[0-9A-Fa-f]{4})")
_TOLD = (
    "focusNode", "resultPath", "value", "resultSeverity", "resultMessage",
    "sourceConstraintComponent", "sourceShape",
)  # fmt: skip
_Triple = tuple[SparqlTerm, str, SparqlTerm]


@dataclass(frozen=True)
class _Job:
    """What pySHACL gets."""

    data: Sequence[_Triple]
    shapes: Sequence[_Triple]
    advanced: bool


def validate_by_pyshacl(
    connection: Connection, graph: ShapesGraph, shapes: Shapes, wanted: Sequence[Shape]
) -> list[ValidationResult]:
    """Validate by the shapes that are not SHACL Core.

    Args:
        connection: in a transaction.
        graph: all triples of the shapes.
        shapes: all shapes.
        wanted: those of them that pySHACL is to answer.

    Raises:
        ShapesFaultError: pySHACL is not installed, refuses the shapes or takes too long, or a
            query of theirs would fetch something.
    """
    if find_spec("pyshacl") is None or find_spec("rdflib") is None:
        names = ", ".join(shape.node.to_ntriples() for shape in wanted[:3])
        used = sorted({name for w in wanted for s in shapes.below(w) for name in s.beyond_core})
        raise graph.fault(
            f"{len(wanted):,} shapes need more than SHACL Core ({', '.join(used)}): {names}.",
            "Install pySHACL for them: `pip install 'ontograft[shacl]'`.",
        )
    _refuse_fetching(graph)
    others = {shape.node for shape in shapes.roots} - {shape.node for shape in wanted}
    job = _Job(
        data=_loaded(connection),
        shapes=[*_without_targets(graph, others), *_imported_prefixes(graph)],
        advanced=any(graph.subjects(predicate) for predicate in _ADVANCED),
    )
    answer = _asked(job, graph)
    if "fault" in answer:
        raise graph.fault(f"pySHACL refuses the shapes: {answer['fault']}", "Mend the shapes.")
    report = ShapesGraph(
        ((_term(s), p, _term(o)) for s, p, o in answer["report"]), "the report of pySHACL"
    )
    return [_result(report, node) for node in _in_order(report)]


def _refuse_fetching(graph: ShapesGraph) -> None:
    for predicate in _TEXTS:
        for subject in graph.subjects(predicate):
            for query in graph.objects(subject, predicate):
                text = _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), query.value)
                for token in tokens(text):
                    if token.word in _FETCHING:
                        raise graph.fault(
                            f"A query of {subject.to_ntriples()} has {token.word}, and nothing is "
                            "fetched.",
                            "Load that data into the knowledge base, and ask it there.",
                        )


def _imported_prefixes(graph: ShapesGraph) -> Iterable[_Triple]:
    """The prefixes that a node has by owl:imports of another one; pySHACL does not follow that.

    https://www.w3.org/TR/shacl/#sparql-prefixes
    """
    declare, imports = SH + "declare", OWL + "imports"
    for node in graph.subjects(imports):
        reached, waiting = {node}, [node]
        while waiting:
            new = [n for n in graph.objects(waiting.pop(), imports) if n not in reached]
            reached.update(new)
            waiting += new
        for other in sorted(reached - {node}):
            for declared in graph.objects(other, declare):
                yield node, declare, declared


def _without_targets(graph: ShapesGraph, others: set[SparqlTerm]) -> Iterable[_Triple]:
    """The shapes graph, in which the shapes that are answered elsewhere have no targets."""
    targets = {SH + name for name in TARGETS}
    for subject, predicate, object_ in graph.triples():
        a_class = predicate == TYPE and not object_.value.startswith(SH)
        if subject not in others or not (predicate in targets or a_class):
            yield subject, predicate, object_


def _loaded(connection: Connection) -> list[_Triple]:
    columns = (triple.c.subject, triple.c.predicate, triple.c.object)
    rows = fetched(connection, select(*columns).distinct())
    terms = read_terms(connection, sorted({id_ for row in rows for id_ in row}))
    return [(terms[s], terms[p].value, terms[o]) for s, p, o in rows if terms[o].kind != "triple"]


def _asked(job: _Job, graph: ShapesGraph) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = ask_fork(lambda: _answer(job), seconds=SECONDS, memory=MEMORY)
    except TimeoutError:
        raise graph.fault(
            f"pySHACL takes longer than {SECONDS:g} seconds for these shapes.",
            "Say them in SHACL Core, or choose fewer nodes.",
        ) from None
    except MemoryError:
        raise graph.fault(
            "pySHACL takes too much memory for these shapes.",
            "Say them in SHACL Core, or choose fewer nodes.",
        ) from None
    return answer


def _answer(job: _Job) -> dict[str, Any]:
    """The report, or what is wrong, as JSON; in the forked process."""
    socket.socket.connect = _refuse  # type: ignore[method-assign]
    try:
        return {"report": _report(job)}
    except MemoryError:
        raise
    except Exception as error:  # whatever pySHACL, rdflib and pyparsing raise is a fault of shapes
        return {"fault": f"{type(error).__name__}: {error}"[:1000]}


def _refuse(*_: object) -> NoReturn:
    raise OSError("nothing is fetched")


def _report(job: _Job) -> list[tuple[Any, str, Any]]:
    import pyshacl
    import rdflib

    warnings.simplefilter("ignore")
    rdflib.NORMALIZE_LITERALS = False
    _, report, _ = pyshacl.validate(
        _graph(job.data),
        shacl_graph=_graph(job.shapes),
        advanced=job.advanced,
        inference="none",
        do_owl_imports=False,
        js=False,
    )
    if isinstance(report, Exception):
        raise report
    return [(_told(s), str(p), _told(o)) for s, p, o in report]


def _graph(triples: Iterable[_Triple]) -> Any:
    import rdflib

    graph = rdflib.Graph()
    for subject, predicate, object_ in triples:
        graph.add((_node(subject), rdflib.URIRef(predicate), _node(object_)))
    return graph


def _node(found: SparqlTerm) -> Any:
    import rdflib

    if found.kind == "uri":
        return rdflib.URIRef(found.value)
    if found.kind == "bnode":
        return rdflib.BNode(found.value)
    datatype = rdflib.URIRef(found.datatype) if found.datatype else None
    return rdflib.Literal(
        found.value, datatype=datatype, lang=found.lang.partition("--")[0] or None
    )


def _told(node: Any) -> list[str]:
    """A node of rdflib as kind, value, datatype and language."""
    import rdflib

    if isinstance(node, rdflib.Literal):
        datatype = "" if node.datatype in (None, rdflib.XSD.string) else str(node.datatype)
        return ["literal", str(node), datatype, node.language or ""]
    return ["uri" if isinstance(node, rdflib.URIRef) else "bnode", str(node), "", ""]


def _term(told: list[str]) -> SparqlTerm:
    kind, value, datatype, lang = told
    if kind == "literal":
        return SparqlTerm("literal", value, datatype, lang)
    return SparqlTerm("uri" if kind == "uri" else "bnode", value)


def _in_order(report: ShapesGraph) -> list[SparqlTerm]:
    """The results of a report by shape, component and focus node."""
    keys = ("sourceShape", "sourceConstraintComponent", "focusNode", "value")
    nodes = [o for s in report.subjects(SH + "result") for o in report.objects(s, SH + "result")]
    return sorted(nodes, key=lambda node: [report.objects(node, SH + key) for key in keys])


def _result(report: ShapesGraph, node: SparqlTerm) -> ValidationResult:
    told = {name: report.objects(node, SH + name) for name in _TOLD}
    return ValidationResult(
        focus=told["focusNode"][0],
        path=read_path(report, told["resultPath"][0]) if told["resultPath"] else None,
        value=told["value"][0] if told["value"] else None,
        severity=told["resultSeverity"][0].value,
        component=told["sourceConstraintComponent"][0].value,
        shape=told["sourceShape"][0],
        messages=tuple(told["resultMessage"]),
        source="",
    )
