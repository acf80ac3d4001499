"""Validates the triples of a store: SHACL Core here, what is beyond it by pySHACL."""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, func, select

from kg.shapes.evaluation import Evaluation, Finding
from kg.shapes.messages import message
from kg.shapes.parsing import read_shapes
from kg.shapes.paths import PropertyPath
from kg.shapes.report import ValidationReport, ValidationResult
from kg.shapes.shape import Shape, Shapes
from kg.shapes.shapes_graph import loaded_shapes, shapes_of_file
from kg.shapes.vocabulary import component_iri
from kg.shapes.workspace import Workspace, workspace
from kg.store.dialects import LOOKUP, chunks
from kg.store.inferred import with_inferred
from kg.store.reading import fetched
from kg.store.schema import release, source, triple


def validate(
    connection: Connection, file: str | Path | None, *, place: str, inferred: bool = False
) -> ValidationReport:
    """Validate all triples, of all graphs.

    Args:
        connection: in a transaction, in which it may make temporary tables.
        file: with the shapes; None for those among the loaded triples.
        place: of the knowledge base, for messages.
        inferred: whether to take what was inferred, too.

    Raises:
        InputError: nothing is inferred from what is loaded now.
        FileFaultError, SyntaxFaultError: the file cannot be read.
        ShapesFaultError: see `kg.shapes.parsing.read_shapes` and `kg.shapes.beyond_core`.
    """
    graph = loaded_shapes(connection, place) if file is None else shapes_of_file(file)
    shapes = read_shapes(graph)
    core, beyond = _parted(shapes)
    beside = with_inferred(connection) if inferred else nullcontext()
    with beside, workspace(connection) as space:
        evaluation = Evaluation(space, shapes)
        findings = [f for shape in core for f in evaluation.findings(shape)]
        results = _results(space, findings)
        if beyond:
            from kg.shapes.beyond_core import validate_by_pyshacl

            found = validate_by_pyshacl(connection, graph, shapes, beyond)
            ids = {result.focus: space.id(result.focus) for result in found}
            sources = source_paths(connection, ids.values())
            results += [replace(r, source=sources.get(ids[r.focus], "")) for r in found]
    return ValidationReport(tuple(results), len(shapes.roots), shapes.not_imported)


def _parted(shapes: Shapes) -> tuple[list[Shape], list[Shape]]:
    """The shapes with targets: those that are SHACL Core with all below them, and the others."""
    core: list[Shape] = []
    beyond: list[Shape] = []
    for shape in shapes.roots:
        if not shape.deactivated:
            needed = any(found.beyond_core for found in shapes.below(shape))
            (beyond if needed else core).append(shape)
    return core, beyond


def _results(space: Workspace, findings: Sequence[Finding]) -> list[ValidationResult]:
    numbers = {n for f in findings for n in (f.focus, f.value, f.predicate) if n is not None}
    terms = space.terms(numbers)
    sources = source_paths(space.connection, {f.focus for f in findings})
    return [
        ValidationResult(
            focus=terms[f.focus],
            path=_path(f, "" if f.predicate is None else terms[f.predicate].value),
            value=None if f.value is None else terms[f.value],
            severity=f.shape.severity,
            component=component_iri(f.constraint.component),
            shape=f.shape.node,
            messages=f.shape.messages or (message(f.constraint),),
            source=sources.get(f.focus, ""),
        )
        for f in findings
    ]


def _path(finding: Finding, predicate: str) -> PropertyPath | None:
    return PropertyPath("predicate", iri=predicate) if predicate else finding.shape.path


def source_paths(connection: Connection, subjects: Iterable[int]) -> dict[int, str]:
    """The file that describes each of these terms; the one loaded first, if several do."""
    files = select(source.c.id, release.c.path).join(release, release.c.id == source.c.release)
    paths = dict(fetched(connection, files))
    wanted = sorted(id_ for id_ in subjects if id_ >= 0)
    found: dict[int, str] = {}
    for chunk in chunks(wanted, LOOKUP):
        first = select(triple.c.subject, func.min(triple.c.source))
        first = first.where(triple.c.subject.in_(chunk), triple.c.source >= 0)
        first = first.group_by(triple.c.subject)
        found.update({id_: paths[at] for id_, at in fetched(connection, first)})
    return found
