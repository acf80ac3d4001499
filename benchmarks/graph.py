"""Questions to the graph of a loaded ontology: ontograft, networkx and SQLite's recursive queries.

python benchmarks/graph.py [--large] [--json FILE]

HPO from the demo's file; with `--large` also ChEBI and NCBITaxon, where the package
cellxgene-ontology-guide is installed (PYTHONPATH may name its folder). Every route answers the same
questions about the same rows, each in a process of its own, three times; the answers are compared.
Imports are not counted, but for "whole process".
"""

import io
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from measure import ROUNDS, answer, best_of_processes, measured, parser, say, table, write_figures

LARGE = {"ChEBI": "CHEBI", "NCBITaxon": "NCBITaxon"}
ROUTES = ("ontograft", "networkx", "SQLite")
MANY, FEW = 100_000, 2_000
"""Questions of each kind to the fast route, and to the others."""

SQL_CLOSES = 500_000
"""A hierarchy of more entities takes SQL minutes and gigabytes to close, and is left out."""

FIGURES = {
    "whole process": "whole process until the first tensor, with Python and imports, s",
    "reopen": "open and first tensor (edge_index), s",
    "edge_index": "edge_index from an open store or graph, ms",
    "build": "hierarchy in memory, s",
    "closure": "all-pairs closure, s",
    "closure on disk": "closure from the snapshot, ms",
    "1-hop": "parents of an entity, µs",
    "ancestors": "ancestors of an entity, µs",
    "descendants": "descendants of an entity, µs",
    "is-a": "is-a test, µs (ontograft: 100,000 at once)",
    "common ancestors": "common ancestors of two entities, µs",
}
CHECKS = ("parents", "above", "below", "is", "common", "pairs")

REOPEN = """
import sys
from kg import KnowledgeBase
with KnowledgeBase.open(sys.argv[1]) as kb:
    kb.graph().edge_index.sum()
import resource
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime)
"""

EDGES = """
CREATE TABLE edge (
    head INTEGER, relation INTEGER, tail INTEGER, PRIMARY KEY (head, relation, tail)
) WITHOUT ROWID
"""
ANCESTORS = """
WITH RECURSIVE above (row) AS (
    SELECT tail FROM edge WHERE head = ?1 AND relation = 0
    UNION SELECT edge.tail FROM above JOIN edge ON edge.head = above.row WHERE edge.relation = 0
) SELECT row FROM above WHERE row <> ?1
"""
DESCENDANTS = """
WITH RECURSIVE below (row) AS (
    SELECT head FROM edge WHERE tail = ?1 AND relation = 0
    UNION SELECT edge.head FROM below JOIN edge ON edge.tail = below.row WHERE edge.relation = 0
) SELECT row FROM below WHERE row <> ?1
"""
CLOSURE = """
WITH RECURSIVE pair (low, high) AS (
    SELECT head, tail FROM edge WHERE relation = 0
    UNION SELECT pair.low, edge.tail FROM pair JOIN edge ON edge.head = pair.high
    WHERE edge.relation = 0
) SELECT COUNT(*) FROM pair WHERE low <> high
"""


def main() -> None:
    """Measure all and print a table for each ontology."""
    options = parser(__doc__)
    options.add_argument("--large", action="store_true", help="ChEBI and NCBITaxon, too")
    options.add_argument("--worker", nargs=2, metavar=("NAME", "PLACE"), help="used by itself")
    given = options.parse_args()
    if given.worker:
        answer(WORKERS[given.worker[0]](given.worker[1]))
        return
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("HPO", *(LARGE if given.large else ())):
            place = Path(folder) / f"{name}.sqlite"
            made = best_of_processes(
                sys.executable, [__file__, "--worker", name, str(place)], key="edges", rounds=1
            )
            if "skipped" in made:
                say(f"\n{name}: skipped, {made['skipped']}")
                continue
            found[name] = {"size": made, **{route: least(route, place) for route in ROUTES}}
            report(name, found[name])
    if given.json:
        write_figures(given.json, {"graph": found})


def least(route: str, place: Path) -> dict[str, Any]:
    """Each figure of a route at its least over the rounds, in processes of their own."""
    rounds = [
        best_of_processes(
            sys.executable, [__file__, "--worker", route, str(place)], key="1-hop", rounds=1
        )
        for _ in range(ROUNDS)
    ]
    first = rounds[0]
    if "skipped" in first:
        return first
    return {name: min(one[name] for one in rounds) for name in first if name != "rounds"}


def report(name: str, found: dict[str, Any]) -> None:
    """The table of one ontology, and whether the routes agree."""
    ran = [route for route in ROUTES if "skipped" not in found[route]]
    rows = [
        [what, *(found[route].get(figure, "-") for route in ran)]
        for figure, what in FIGURES.items()
        if any(figure in found[route] for route in ran)
    ]
    size = found["size"]
    title = f"{name}: {size['entities']:,} entities, {size['edges']:,} edges, least of {ROUNDS}"
    table(title, ["work, in CPU seconds", *ran], rows)
    for check in CHECKS:
        told = {route: found[route][check] for route in ran if check in found[route]}
        if len(set(told.values())) > 1:
            raise SystemExit(f"{name}: the routes disagree on {check}: {told}")
    say(f"\nThe routes agree; {found['ontograft']['pairs']:,} pairs in the closure.")
    for route in ROUTES:
        if "skipped" in found[route]:
            say(f"\n{route}: skipped, {found[route]['skipped']}")


# The knowledge bases


def hpo(place: str) -> dict[str, Any]:
    """HPO as a knowledge base."""
    from ontograft.demo import hpo_file

    return load(place, Path(hpo_file()))


def large(place: str, name: str) -> dict[str, Any]:
    """An ontology of cellxgene-ontology-guide, its hierarchy as OBO, as a knowledge base."""
    import zstandard

    spec = find_spec("cellxgene_ontology_guide")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("cellxgene_ontology_guide")
    data = Path(spec.origin).parent / "data"
    packed = max(data.glob(f"{LARGE[name]}-ontology-*.json.zst"))
    with packed.open("rb") as stream:
        text = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(stream), "utf-8")
        terms = json.load(text)
    obo = Path(place).with_suffix(".obo")
    with obo.open("w", encoding="utf-8") as stream:
        stream.write(f"format-version: 1.2\nontology: {name.lower()}\n")
        stream.writelines(stanzas(terms))
    return load(place, obo)


def stanzas(terms: dict[str, Any]) -> Iterator[str]:
    """OBO of terms whose ancestors are told with their distance."""
    for identifier, term in terms.items():
        label = " ".join(term["label"].split()).replace("\\", "\\\\")
        parents = [a for a, steps in (term["ancestors"] or {}).items() if steps == 1 and a in terms]
        lines = [f"\n[Term]\nid: {identifier}\nname: {label}\n"]
        lines.extend(f"is_a: {parent}\n" for parent in parents)
        if term["deprecated"]:
            lines.append("is_obsolete: true\n")
        yield "".join(lines)


def load(place: str, file: Path) -> dict[str, Any]:
    """Load a file, and leave a whole snapshot beside it."""
    from kg import KnowledgeBase

    with KnowledgeBase.open(place, create=True) as kb:
        kb.load(file)
        graph = kb.graph()
        graph.ancestors(0)
        return {"entities": graph.entity_count, "edges": len(graph.head)}


# The routes


def questions(entities: int, count: int) -> tuple[list[int], list[int]]:
    """Rows, and rows to ask about with each; the first of them are the same for every route."""
    chance = random.Random(1)  # noqa: S311
    pairs = [(chance.randrange(entities), chance.randrange(entities)) for _ in range(count)]
    return [first for first, _ in pairs], [second for _, second in pairs]


def each(job: Callable[[int], Sequence[int]], rows: Sequence[int]) -> tuple[int, float]:
    """How many answers to the first few questions, and the microseconds of one of all."""
    found, cost = measured(lambda: [len(job(row)) for row in rows])
    return sum(found[:FEW]), 1e6 * cost.cpu / len(rows)


def ours(place: str) -> dict[str, Any]:
    """The library, over the snapshot beside the knowledge base."""
    import numpy as np
    import scipy.sparse.csgraph  # noqa: F401  (what is imported late is not counted)

    import kg.store.arrays
    import kg.store.shelves  # noqa: F401
    from kg import KnowledgeBase
    from kg.closure import transitive_closure

    told: dict[str, Any] = {}
    done = subprocess.run(  # noqa: S603  (our own script)
        [sys.executable, "-c", REOPEN, place], capture_output=True, text=True, check=True
    )
    told["whole process"] = float(done.stdout)
    base, cost = measured(lambda: reopened(KnowledgeBase, place))
    told["reopen"] = cost.cpu
    graph = base.graph()
    told["edge_index"] = 1e3 * timed(lambda: int(np.asarray(graph.edge_index).sum()))
    hierarchy, told["build"] = built(lambda: graph.hierarchy)
    _, told["closure on disk"] = built(lambda: hierarchy.closure, 1e3)
    computed, told["closure"] = built(lambda: transitive_closure(hierarchy.up))
    told["pairs"] = len(computed.up.neighbour)
    rows, others = questions(graph.entity_count, MANY)
    told["parents"], told["1-hop"] = each(graph.parents, rows)
    told["above"], told["ancestors"] = each(graph.ancestors, rows)
    told["below"], told["descendants"] = each(graph.descendants, rows[:FEW])
    child = np.array(rows)
    ancestor = np.array(asked_ancestors(graph.ancestors, rows, others))
    verdicts, cost = measured(lambda: hierarchy.is_a(child, ancestor))
    told["is"], told["is-a"] = int(verdicts[:FEW].sum()), 1e6 * cost.cpu / len(rows)
    told["common"], told["common ancestors"] = each(
        lambda i: hierarchy.common_ancestors(rows[i], others[i]), range(FEW)
    )
    return told


def reopened(knowledge_base: Any, place: str) -> Any:
    """An open knowledge base, and its edges read once."""
    base = knowledge_base.open(place)
    base.graph().edge_index.sum()
    return base


def asked_ancestors(
    ancestors: Callable[[int], Any], rows: Sequence[int], others: Sequence[int]
) -> list[int]:
    """For every second row one of its ancestors, if it has any; for the rest any other row."""
    asked = list(others)
    for at in range(0, len(rows), 2):
        above = sorted(int(row) for row in ancestors(rows[at]))
        if above:
            asked[at] = above[others[at] % len(above)]
    return asked


def built(job: Callable[[], Any], unit: float = 1.0) -> tuple[Any, float]:
    """What a job gave, and its CPU time."""
    found, cost = measured(job)
    return found, unit * cost.cpu


def timed(job: Callable[[], object]) -> float:
    """CPU seconds of a short job, the mean of ten."""
    began = time.process_time()
    for _ in range(10):
        job()
    return (time.process_time() - began) / 10


def networkx_route(place: str) -> dict[str, Any]:
    """networkx.DiGraph from child to parent."""
    import networkx
    import numpy as np

    from kg import KnowledgeBase

    with KnowledgeBase.open(place) as kb:
        graph = kb.graph()
    count = graph.entity_count
    is_a = (graph.relation == 0) & (graph.head != graph.tail)
    pairs = list(zip(graph.head[is_a].tolist(), graph.tail[is_a].tolist(), strict=True))
    told: dict[str, Any] = {}

    def make() -> Any:
        made = networkx.DiGraph()
        made.add_nodes_from(range(count))
        made.add_edges_from(pairs)
        return made

    theirs, told["build"] = built(make)
    _, told["edge_index"] = built(lambda: np.array(theirs.edges()).T, 1e3)
    rows, others = (asked[:FEW] for asked in questions(count, MANY))
    above = networkx.descendants
    told["parents"], told["1-hop"] = each(lambda row: list(theirs.successors(row)), rows)
    told["above"], told["ancestors"] = each(lambda row: above(theirs, row), rows)
    told["below"], told["descendants"] = each(lambda row: networkx.ancestors(theirs, row), rows)
    asked = asked_ancestors(lambda row: above(theirs, row), rows, others)
    told["is"], told["is-a"] = each(
        lambda i: [1] * (asked[i] in above(theirs, rows[i])), range(FEW)
    )
    told["common"], told["common ancestors"] = each(
        lambda i: (above(theirs, rows[i]) | {rows[i]}) & (above(theirs, others[i]) | {others[i]}),
        range(FEW),
    )
    told["pairs"], told["closure"] = built(
        lambda: sum(len(above(theirs, row)) for row in range(count))
    )
    return told


def sqlite_route(place: str) -> dict[str, Any]:
    """Recursive queries on a table of the edges that is indexed both ways."""
    import numpy as np

    from kg import KnowledgeBase
    from kg.store.sqlite import sqlite_module

    with KnowledgeBase.open(place) as kb:
        graph = kb.graph()
    count = graph.entity_count
    connection = sqlite_module().connect(str(Path(place).with_suffix(".edges")))
    connection.execute("DROP TABLE IF EXISTS edge")
    connection.execute(EDGES)
    columns = (graph.head.tolist(), graph.relation.tolist(), graph.tail.tolist())
    connection.executemany("INSERT INTO edge VALUES (?, ?, ?)", zip(*columns, strict=True))
    connection.execute("CREATE INDEX by_tail ON edge (tail, relation, head)")
    connection.commit()

    def ask(query: str, *values: int) -> list[int]:
        return [row for (row,) in connection.execute(query, values)]

    told: dict[str, Any] = {}
    rows, others = (asked[:FEW] for asked in questions(count, MANY))
    parents = "SELECT tail FROM edge WHERE head = ? AND relation = 0"
    told["parents"], told["1-hop"] = each(lambda row: ask(parents, row), rows)
    told["above"], told["ancestors"] = each(lambda row: ask(ANCESTORS, row), rows)
    told["below"], told["descendants"] = each(lambda row: ask(DESCENDANTS, row), rows)
    asked = asked_ancestors(lambda row: ask(ANCESTORS, row), rows, others)
    told["is"], told["is-a"] = each(
        lambda i: [1] * (asked[i] in ask(ANCESTORS, rows[i])), range(FEW)
    )
    told["common"], told["common ancestors"] = each(
        lambda i: {rows[i], *ask(ANCESTORS, rows[i])} & {others[i], *ask(ANCESTORS, others[i])},
        range(FEW),
    )
    edges = "SELECT head, tail FROM edge"
    _, told["edge_index"] = built(lambda: np.array(connection.execute(edges).fetchall()).T, 1e3)
    if count < SQL_CLOSES:
        (told["pairs"],), told["closure"] = built(lambda: ask(CLOSURE))
    return told


WORKERS: dict[str, Callable[[str], dict[str, Any]]] = {
    "HPO": hpo,
    "ChEBI": lambda place: large(place, "ChEBI"),
    "NCBITaxon": lambda place: large(place, "NCBITaxon"),
    "ontograft": ours,
    "networkx": networkx_route,
    "SQLite": sqlite_route,
}

if __name__ == "__main__":
    main()
