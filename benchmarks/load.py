"""HPO from its OBO file until it can be used: ontograft, pronto, obonet and rdflib.

python benchmarks/load.py [--peers PYTHON] [--json FILE]

Each system runs in a process of its own, three times; imports are not counted. `--peers` names the
Python of an environment with the peers (benchmarks/README.md); what is not installed is skipped.
"""

import importlib
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

from measure import (
    answer,
    best_of_processes,
    measured,
    parser,
    peak_megabytes,
    say,
    table,
    write_figures,
)

OURS = ("parse", "load", "reopen")
PEERS = ("pronto", "obonet", "rdflib")
WHAT = {
    "parse": "ontograft, parsing alone: triples in memory",
    "load": "ontograft: parse, SQLite, names, table and graph",
    "reopen": "ontograft, every later time: names, table and graph out of the snapshot",
    "pronto": "pronto: objects in memory",
    "obonet": "obonet: networkx graph in memory",
    "rdflib": "rdflib: the same triples, read from N-Triples, in memory",
}


def main() -> None:
    """Measure all and print the table."""
    options = parser(__doc__)
    options.add_argument("--peers", default=sys.executable, metavar="PYTHON")
    options.add_argument("--worker", nargs=2, metavar=("NAME", "FOLDER"), help="used by itself")
    given = options.parse_args()
    if given.worker:
        answer(WORKERS[given.worker[0]](Path(given.worker[1])))
        return
    with tempfile.TemporaryDirectory() as folder:
        # in a process of its own: a child's peak of memory starts at that of its parent
        first = best_of_processes(
            sys.executable, [__file__, "--worker", "prepare", folder], key="triples", rounds=1
        )
        if "skipped" in first:
            raise SystemExit(first["skipped"])
        found = {}
        for name in (*OURS, *PEERS):
            python = sys.executable if name in OURS else given.peers
            worker = [__file__, "--worker", name, folder]
            found[name] = best_of_processes(python, worker, key="cpu")
    report(found)
    if given.json:
        write_figures(given.json, {"load": found})


def report(found: dict[str, Any]) -> None:
    """The table, with ratios to our whole load."""
    ours = found["load"]["cpu"]
    rows = [
        [WHAT[name], r["cpu"], f"{r['cpu'] / ours:.2f}x", r["wall"], r["megabytes"], r["holds"]]
        for name, r in found.items()
        if "skipped" not in r
    ]
    columns = ["system", "CPU s", "of ours", "wall s", "peak MB", "holds"]
    table("Loading HPO, best of 3", columns, rows)
    for name, result in found.items():
        if "skipped" in result:
            say(f"\n{name}: skipped, {result['skipped']}")


def prepare(folder: Path) -> dict[str, Any]:
    """Lay out the OBO file, its triples as N-Triples, and a loaded knowledge base."""
    from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize

    from kg import KnowledgeBase
    from kg import triples as ours
    from kg.readers.files import read_file
    from ontograft.demo import hpo_file

    (folder / "hp.obo").symlink_to(hpo_file())
    read = read_file(folder / "hp.obo").triples

    def term(number: int) -> Any:
        found = read.terms[number]
        if isinstance(found, ours.Blank):
            return BlankNode(f"b{found.number}")
        if isinstance(found, str):
            return NamedNode(found)
        if found.lang:
            return Literal(found.value, language=found.lang)
        return Literal(found.value, datatype=NamedNode(found.datatype) if found.datatype else None)

    triples = [Triple(term(s), term(p), term(o)) for s, p, o in read.rows]
    serialize(triples, str(folder / "hp.nt"), RdfFormat.N_TRIPLES)
    with KnowledgeBase.open(folder / "hpo.sqlite", create=True) as kb:
        kb.load(folder / "hp.obo")
    return {"triples": len(triples)}


def parse(folder: Path) -> dict[str, Any]:
    """Our reader alone."""
    from kg.readers.files import read_file

    read, cost = measured(lambda: read_file(folder / "hp.obo"))
    return _row(cost, f"{len(read.triples.rows):,} triples")


def load(folder: Path) -> dict[str, Any]:
    """Our whole way."""
    import kg.graph
    import kg.table  # noqa: F401  (what is imported late is not counted either)
    from kg import KnowledgeBase

    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        place = Path(fresh) / "hpo.sqlite"

        def job() -> str:
            with KnowledgeBase.open(place, create=True) as kb:
                kb.load(folder / "hp.obo")
                return _held(kb)

        held, cost = measured(job)
    return _row(cost, held)


def reopen(folder: Path) -> dict[str, Any]:
    """What a later process pays."""
    import kg.graph
    import kg.table  # noqa: F401
    from kg import KnowledgeBase

    def job() -> str:
        with KnowledgeBase.open(folder / "hpo.sqlite") as kb:
            return _held(kb)

    held, cost = measured(job)
    return _row(cost, held)


def _held(kb: Any) -> str:
    table, names, graph = kb.table(), kb.names(), kb.graph()
    return f"{len(table):,} entities, {len(names):,} names, {len(graph.head):,} edges"


def pronto(folder: Path) -> dict[str, Any]:
    """The OBO library of its name."""
    library: Any = importlib.import_module("pronto")

    warnings.simplefilter("ignore")
    found, cost = measured(lambda: library.Ontology(folder / "hp.obo", import_depth=0))
    return _row(cost, f"{len(found.terms()):,} terms")


def obonet(folder: Path) -> dict[str, Any]:
    """OBO to networkx."""
    library: Any = importlib.import_module("obonet")

    graph, cost = measured(lambda: library.read_obo(str(folder / "hp.obo"), ignore_obsolete=False))
    return _row(cost, f"{len(graph):,} nodes, {graph.number_of_edges():,} edges")


def rdflib(folder: Path) -> dict[str, Any]:
    """The triples of our reader in rdflib's memory store."""
    library: Any = importlib.import_module("rdflib")

    graph, cost = measured(lambda: library.Graph().parse(folder / "hp.nt", format="nt"))
    return _row(cost, f"{len(graph):,} triples")


def _row(cost: Any, holds: str) -> dict[str, Any]:
    return {"cpu": cost.cpu, "wall": cost.wall, "megabytes": peak_megabytes(), "holds": holds}


WORKERS = {
    "prepare": prepare,
    "parse": parse,
    "load": load,
    "reopen": reopen,
    "pronto": pronto,
    "obonet": obonet,
    "rdflib": rdflib,
}

if __name__ == "__main__":
    main()
