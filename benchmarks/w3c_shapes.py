"""The W3C's SHACL suite through our own way: load into a knowledge base, validate, compare.

python benchmarks/w3c_shapes.py [--json FILE]

`ONTOGRAFT_DATA=FOLDER` with `w3c_data_shapes/data-shapes-test-suite.tar.gz` is needed. A report is
compared with the expected one as graphs, message texts only where the suite names one.
"""

import os
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from measure import parser, say, table, write_figures
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Store,
)

from kg import KnowledgeBase, OntograftError, ShapesFaultError

SH = "http://www.w3.org/ns/shacl#"
SHT = "http://www.w3.org/ns/shacl-test#"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
FIRST = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#first")
REST = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#rest")
# Suite, and whether its shapes are loaded beside the data instead of being named as a file.
SUITES = {"core": ("core", False), "core, loaded": ("core", True), "sparql": ("sparql", False)}

# What of a result is compared; the message only where the expected report has one.
COMPARED = (
    "focusNode", "resultPath", "value", "resultSeverity", "sourceConstraintComponent",
    "sourceShape",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """How one test ended: "passed", "failed" or "skipped", and why if it did not pass."""

    suite: str
    test: str
    verdict: str
    why: str = ""


def main() -> None:
    """Run both suites, and print a table."""
    given = parser(__doc__).parse_args()
    if "ONTOGRAFT_DATA" not in os.environ:
        raise SystemExit("Set ONTOGRAFT_DATA to the folder that holds w3c_data_shapes.")
    found = run(Path(os.environ["ONTOGRAFT_DATA"]) / "w3c_data_shapes")
    report(found)
    if given.json:
        write_figures(given.json, {"w3c_shapes": [asdict(outcome) for outcome in found]})


def report(found: list[Outcome]) -> None:
    """How many passed, and what did not."""
    rows = []
    for suite in SUITES:
        verdicts = [outcome.verdict for outcome in found if outcome.suite == suite]
        counts = (verdicts.count(verdict) for verdict in ("passed", "failed", "skipped"))
        rows.append([f"SHACL {suite}", len(verdicts), *counts])
    table("W3C data-shapes", ["suite", "tests", "passed", "failed", "skipped"], rows)
    for outcome in found:
        if outcome.verdict != "passed":
            say(f"{outcome.verdict}: {outcome.suite}/{outcome.test}: {outcome.why}")


def run(folder: Path) -> list[Outcome]:
    """All tests of the archive in a folder."""
    with tempfile.TemporaryDirectory() as place:
        with tarfile.open(folder / "data-shapes-test-suite.tar.gz") as archive:
            archive.extractall(place, filter="data")
        tests = Path(place) / "data-shapes-test-suite" / "tests"
        return [
            _run(suite, file, Path(place), loaded=loaded)
            for suite, (part, loaded) in SUITES.items()
            for file in _files(tests / part)
        ]


def _files(folder: Path) -> Iterator[Path]:
    """The files with a test; one of them is in no manifest of the suite."""
    for file in sorted(folder.rglob("*.ttl")):
        if "mf:entries" in file.read_text(encoding="utf-8"):
            yield file


def _read(file: Path) -> Store:
    """A file of the suite, its relative addresses as our reader makes them."""
    store = Store()
    store.load(path=str(file), format=RdfFormat.TURTLE, base_iri=f"file:///{quote(file.name)}")
    return store


def _run(suite: str, file: Path, place: Path, *, loaded: bool) -> Outcome:
    name = f"{file.parent.name}/{file.stem}"
    store = _read(file)
    [action] = store.quads_for_pattern(None, NamedNode(MF + "action"), None)
    [result] = store.quads_for_pattern(None, NamedNode(MF + "result"), None)
    failure = result.object == NamedNode(SHT + "Failure")
    parts = {}
    for part in ("dataGraph", "shapesGraph"):
        [quad] = store.quads_for_pattern(action.object, NamedNode(SHT + part), None)
        parts[part] = file.parent / quad.object.value.removeprefix("file:///")
    database = place / "test.sqlite"
    try:
        with KnowledgeBase.open(database, create=True) as kb:
            kb.load(parts["dataGraph"], data=True)
            if loaded:
                kb.load(parts["shapesGraph"], data=True)
            turtle = kb.validate(None if loaded else parts["shapesGraph"]).to_turtle()
    except OntograftError as error:
        if isinstance(error, ShapesFaultError) and "pip install" in error.mend:
            return Outcome(suite, name, "skipped", str(error))
        verdict = "passed" if failure and isinstance(error, ShapesFaultError) else "failed"
        return Outcome(suite, name, verdict, "" if failure else str(error))
    finally:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{database}{suffix}").unlink(missing_ok=True)
    if failure:
        return Outcome(suite, name, "failed", "a failure was expected, and a report came")
    ours = Store()
    ours.load(turtle, format=RdfFormat.TURTLE)
    [node] = (q.subject for q in ours.quads_for_pattern(None, NamedNode(SH + "conforms"), None))
    messages = any(store.quads_for_pattern(None, NamedNode(SH + "resultMessage"), None))
    same = _report_graph(ours, node, messages) == _report_graph(store, result.object, messages)
    return Outcome(suite, name, "passed" if same else "failed", "" if same else turtle)


def _report_graph(store: Store, node: NamedNode | BlankNode, messages: bool) -> Dataset:
    """What is to be compared of a report, with canonical names for its blank nodes."""
    quads: list[Quad] = []
    names = (*COMPARED, "resultMessage") if messages else COMPARED

    def take(subject: NamedNode | BlankNode, predicate: NamedNode) -> list[Quad]:
        found = [
            Quad(q.subject, q.predicate, q.object, DefaultGraph())
            for q in store.quads_for_pattern(subject, predicate, None)
        ]
        quads.extend(found)
        return found

    def take_path(path: NamedNode | BlankNode | Literal) -> None:
        if isinstance(path, BlankNode):
            for kind in (FIRST, REST, *(NamedNode(SH + n) for n in PATHS)):
                for quad in take(path, kind):
                    take_path(quad.object)

    take(node, NamedNode(SH + "conforms"))
    for result in take(node, NamedNode(SH + "result")):
        for name in names:
            for quad in take(result.object, NamedNode(SH + name)):
                if name == "resultPath":
                    take_path(quad.object)
    graph = Dataset(quads)
    graph.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return graph


PATHS = (
    "inversePath", "alternativePath", "zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath",
)  # fmt: skip

if __name__ == "__main__":
    main()
    sys.exit()
