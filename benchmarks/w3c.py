"""The W3C's suites through the knowledge base: load the file, then export or query.

python benchmarks/w3c.py [--data FOLDER] [--suite NAME]... [--json FILE]

FOLDER has w3c_rdf_tests/rdf-tests.tar.gz; else the environment variable ONTOGRAFT_DATA names it.
Every test starts with an empty knowledge base. The exit code is 1 where a suite stays below its
goal, or a test fails of which that is not known. What is not run, and what is known to fail, stands
in w3c_suites.py with its reason.
"""

import os
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from measure import measured, parser, say, table, write_figures
from pyoxigraph import (
    BaseDirection,
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
    serialize,
)
from w3c_answers import Answer, Term, by_value, same, wanted_answer, wanted_table
from w3c_manifests import BASE, GraphFile, Test, read_manifest
from w3c_suites import ENTAILMENT, FAILING, NO_FETCHING, NO_UPDATE, SKIPPED, SUITES, Suite

from kg import KnowledgeBase, OntograftError, SparqlFaultError, SparqlTerm, SyntaxFaultError
from kg.sparql.query_text import tokens

ARCHIVE = "w3c_rdf_tests/rdf-tests.tar.gz"
_IN_MEMORY = next((place for place in ("/dev/shm",) if Path(place).is_dir()), None)  # noqa: S108
"""Where a knowledge base is written without waiting for a disk."""


class Outcome(NamedTuple):
    """What came of a test: `failed` and `skipped` say why, and are empty otherwise."""

    test: Test
    failed: str = ""
    skipped: str = ""


def main() -> None:
    """Run the suites and print what passed."""
    options = parser(__doc__)
    options.add_argument("--data", metavar="FOLDER", default=os.environ.get("ONTOGRAFT_DATA"))
    options.add_argument("--suite", action="append", choices=SUITES, help="only this one")
    given = options.parse_args()
    if given.data is None:
        raise SystemExit("Name the folder with the suites: --data, or ONTOGRAFT_DATA.")
    with unpacked(Path(given.data) / ARCHIVE) as suites:
        chosen = given.suite or list(SUITES)
        found, cost = measured(lambda: {name: run(suites, SUITES[name]) for name in chosen})
    complaints = report(found)
    say(f"\n{cost.cpu:.0f} CPU seconds, {cost.wall:.0f} seconds on the clock.")
    if given.json:
        write_figures(given.json, {"w3c": counts(found)})
    if complaints:
        sys.exit(1)


@contextmanager
def unpacked(archive: Path) -> Iterator[Path]:
    """The suites in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        yield Path(folder)


def run(suites: Path, suite: Suite) -> list[Outcome]:
    """Run the tests of a suite, each with a fresh knowledge base."""
    outcomes = []
    for test in (t for manifest in suite.manifests for t in read_manifest(suites, manifest)):
        if suite.evaluation is not None and suite.evaluation == ("Syntax" in test.kind):
            continue
        reason = why_skipped(test)
        if reason:
            outcomes.append(Outcome(test, skipped=reason))
            continue
        with tempfile.TemporaryDirectory(dir=_IN_MEMORY) as folder:
            outcomes.append(Outcome(test, failed=_failure(test, Path(folder))))
    return outcomes


def why_skipped(test: Test) -> str:
    """Empty where a test is to be run."""
    if test.kind in SKIPPED:
        return SKIPPED[test.kind]
    if test.regime not in ("", "simple"):
        return ENTAILMENT.format(test.regime)
    if test.action.suffix in (".rq", ".ru"):
        words = [token.word for token in tokens(test.action.read_text(encoding="utf-8"))]
        if "SERVICE" in words:
            return NO_FETCHING
        if test.action.suffix == ".ru":
            return NO_UPDATE
    return ""


def counts(found: dict[str, list[Outcome]]) -> dict[str, dict[str, int]]:
    """Passed, failed and skipped by suite."""
    return {
        name: {
            "passed": sum(not (o.failed or o.skipped) for o in outcomes),
            "failed": sum(bool(o.failed) for o in outcomes),
            "skipped": sum(bool(o.skipped) for o in outcomes),
        }
        for name, outcomes in found.items()
    }


def report(found: dict[str, list[Outcome]]) -> list[str]:
    """Print tables; what is to be complained of: suites below their goals, new failures."""
    below, rows = [], []
    for name, numbers in counts(found).items():
        passed, run_ = numbers["passed"], numbers["passed"] + numbers["failed"]
        goal = SUITES[name].goal
        if passed < goal * run_:
            below.append(name)
        share, wanted = f"{passed / run_:.1%}" if run_ else "-", f"{goal:.1%}" if goal else "-"
        rows.append([name, passed, numbers["failed"], numbers["skipped"], share, wanted])
    columns = ["suite", "passed", "failed", "skipped", "of those run", "goal"]
    table("W3C suites through the knowledge base", columns, rows)
    outcomes = [outcome for of_suite in found.values() for outcome in of_suite]
    failed = [
        [o.test.folder, o.test.name, FAILING.get(o.test.name, o.failed)]
        for o in outcomes
        if o.failed
    ]
    if failed:
        table("Failed", ["folder", "test", "why"], failed)
    reasons = Counter((o.test.folder, o.skipped) for o in outcomes if o.skipped)
    if reasons:
        skipped = [[folder, count, why] for (folder, why), count in reasons.items()]
        table("Not run", ["folder", "tests", "why"], skipped)
    new = [o.test.name for o in outcomes if o.failed and o.test.name not in FAILING]
    complaints = [f"{name} is below its goal." for name in below]
    complaints += [f"That {name} fails is new." for name in new]
    say("\n" + "\n".join(complaints))
    return complaints


# -- one test ----------------------------------------------------------------------------------


def _failure(test: Test, folder: Path) -> str:
    """Empty if the test passes."""
    runner = next(run for ending, run in RUNNERS.items() if test.kind.endswith(ending))
    with KnowledgeBase.open(folder / "kb.sqlite", create=True) as kb:
        try:
            return runner(kb, test, folder)
        except OntograftError as error:
            return f"{type(error).__name__}: {error.what}"


def _load(kb: KnowledgeBase, path: Path, base: str) -> None:
    kb.load(path, data=True, strict=True, base=base)


def _stored(kb: KnowledgeBase, folder: Path) -> list[Quad]:
    """All quads of a knowledge base, out of its own export, which refuses to write none."""
    if not kb.summary().triples:
        return []
    path = folder / "exported.nq"
    kb.export(path)
    return list(parse(path=str(path), format=RdfFormat.N_QUADS))


def _of_file(path: Path, base: str) -> list[Quad]:
    kind = RdfFormat.from_extension(path.suffix[1:])
    return list(parse(path=str(path), format=kind, base_iri=base))


def _accepts(kb: KnowledgeBase, test: Test, folder: Path) -> str:
    """A valid file: what is in it is in the knowledge base."""
    _load(kb, test.action, test.base)
    wanted = _of_file(test.action, test.base)
    return "" if same(_stored(kb, folder), wanted) else "other quads than in the file"


def _refuses(kb: KnowledgeBase, test: Test, folder: Path) -> str:
    """An invalid file: a fault with its place, and nothing in the knowledge base."""
    try:
        _load(kb, test.action, test.base)
    except SyntaxFaultError as error:
        return "" if error.mend and not (folder / "kb.sqlite").exists() else "left something"
    return "was accepted"


def _evaluates(kb: KnowledgeBase, test: Test, folder: Path) -> str:
    """The quads of a file are those of the result."""
    _load(kb, test.action, test.base)
    wanted = _of_file(_result(test), test.base)
    return "" if same(_stored(kb, folder), wanted) else "other quads than wanted"


def _writes_canonically(kb: KnowledgeBase, test: Test, folder: Path) -> str:
    """https://www.w3.org/TR/rdf12-n-triples/#canonical-ntriples; lines in any order."""
    _load(kb, test.action, test.base)
    path = folder / f"exported{test.action.suffix}"
    kb.export(path)
    ours, wanted = (
        sorted(file.read_text(encoding="utf-8").split("\n")) for file in (path, _result(test))
    )
    return "" if ours == wanted else "other lines than wanted"


def _entails(kb: KnowledgeBase, test: Test, folder: Path) -> str:
    return "" if _follows(kb, test) else "the conclusion is not found"


def _entails_not(kb: KnowledgeBase, test: Test, folder: Path) -> str:
    return "the conclusion is found" if _follows(kb, test) else ""


def _follows(kb: KnowledgeBase, test: Test) -> bool:
    """Simple entailment: the conclusion is an instance of a part of the graph."""
    _load(kb, test.action, test.base)
    if test.result is None:  # a contradiction, which simple entailment does not know
        return False
    triples = [Triple(q.subject, q.predicate, q.object) for q in _of_file(test.result, test.base)]
    conclusion = serialize(triples, format=RdfFormat.N_TRIPLES).decode()
    return kb.sparql(f"ASK {{ {conclusion} }}").truth is True


def _answers(kb: KnowledgeBase, test: Test, folder: Path) -> str:
    """The answer to a query is that of the result."""
    for file in test.data:
        _load(kb, file.path, file.iri)
    for number, named in enumerate(test.graphs):
        laid_out = folder / f"graph{number}.nq"
        _named_graph(named, laid_out)
        _load(kb, laid_out, f"{BASE}{laid_out.name}")  # one source, also beside the plain file
    ours = kb.sparql(_query(test))
    result = _result(test)
    if result.suffix == ".csv":
        head, lines = wanted_table(result)
        given = folder / "answer.csv"
        given.write_text(ours.to_csv(), encoding="utf-8", newline="")
        return "" if wanted_table(given) == (head, lines) else "other lines than wanted"
    rows = [
        {name: _term(cell) for name, cell in zip(ours.variables, row, strict=True) if cell}
        for row in ours.rows
    ]
    if ours.form == "graph":
        answer = Answer(graph=[Triple(*row.values()) for row in rows])
    elif ours.form == "ask":
        answer = Answer(truth=ours.truth)
    else:
        answer = Answer(variables=frozenset(ours.variables), rows=rows)
    return answer.difference(wanted_answer(result, test.base), lax=test.lax)


def _understands(kb: KnowledgeBase, test: Test, folder: Path) -> str:
    """A fault with a place is one of syntax; others are of functions that nobody defines."""
    try:
        kb.sparql(_query(test))
    except SparqlFaultError as error:
        return error.what if ":" in error.where else ""
    return ""


def _objects(kb: KnowledgeBase, test: Test, folder: Path) -> str:
    try:
        kb.sparql(_query(test))
    except SparqlFaultError as error:
        return "" if ":" in error.where else "was understood"
    return "was accepted"


RUNNERS = {
    "PositiveSyntax": _accepts,
    "NegativeSyntax": _refuses,
    "TurtleEval": _evaluates,
    "TrigEval": _evaluates,
    "XMLEval": _evaluates,
    "PositiveC14N": _writes_canonically,
    "PositiveEntailmentTest": _entails,
    "NegativeEntailmentTest": _entails_not,
    "QueryEvaluationTest": _answers,
    "CSVResultFormatTest": _answers,
    "PositiveSyntaxTest": _understands,
    "PositiveSyntaxTest11": _understands,
    "NegativeSyntaxTest": _objects,
    "NegativeSyntaxTest11": _objects,
}
"""By the end of a test's kind."""


def _query(test: Test) -> str:
    """The query with the address of its file as its base; on its own line, as it is the first."""
    return f"BASE <{test.base}>\n{test.action.read_text(encoding='utf-8')}"


def _result(test: Test) -> Path:
    if test.result is None:
        raise SystemExit(f"{test.folder} {test.name} has no result.")
    return test.result


def _named_graph(named: GraphFile, place: Path) -> None:
    """The file again, as N-Quads of the graph that the test wants it to be."""
    graph = NamedNode(named.iri)
    quads = [Quad(q.subject, q.predicate, q.object, graph) for q in _of_file(named.path, named.iri)]
    serialize(quads, str(place), RdfFormat.N_QUADS)


def _term(cell: SparqlTerm) -> Term:
    if cell.kind == "uri":
        return NamedNode(cell.value)
    if cell.kind == "bnode":
        return BlankNode(cell.value)
    if cell.kind == "triple":
        return Triple(*map(_term, cell.parts))
    if cell.lang:
        language, _, direction = cell.lang.partition("--")
        return Literal(
            cell.value,
            language=language,
            direction=BaseDirection(direction) if direction else None,
        )
    datatype = NamedNode(cell.datatype) if cell.datatype else None
    return by_value(Literal(cell.value, datatype=datatype))


if __name__ == "__main__":
    main()
