"""Ontologies from their files until they can be used: ontograft, pronto, obonet and rdflib.

python benchmarks/load.py [--peers PYTHON] [--json FILE]

HPO from the demo's OBO file, to names, graph and closure, which is all that linker and graph
encoder want. FIBO's folder of modules, where ONTOGRAFT_DATA names the data sets. Where the wheel
cellxgene-ontology-guide is installed (or its folder in PYTHONPATH): ChEBI and NCBITaxon, and how
long MONDO and ChEBI take from one release to the next.

Each system runs in a process of its own, three times; imports are not counted. `--peers` names the
Python of an environment with the peers (benchmarks/README.md); what is not installed is skipped.
"""

import importlib
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from measure import (
    ROUNDS,
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
    "load": "ontograft: parse, SQLite, names, graph and closure",
    "reopen": "ontograft, every later time: names, graph and closure out of the snapshot",
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
            place = Path(folder, "hp.obo") if name == "load" else folder
            worker = [__file__, "--worker", name, str(place)]
            found[name] = best_of_processes(python, worker, key="cpu")
        report(found)
        others = {name: _ours("load", path) for name, path in larger(Path(folder))}
        report_others(others)
        updates = {name: _ours("update", path) for name, path in pairs(Path(folder))}
        report_updates(updates)
    if given.json:
        write_figures(given.json, {"load": found, "others": others, "updates": updates})


def _ours(worker: str, path: Path) -> dict[str, Any]:
    rounds = 1 if path.stem == "NCBITaxon" else ROUNDS
    arguments = [__file__, "--worker", worker, str(path)]
    return best_of_processes(sys.executable, arguments, key="cpu", rounds=rounds)


def larger(folder: Path) -> Iterator[tuple[str, Path]]:
    """Ontologies beside HPO: as far as they are here."""
    shared = os.environ.get("ONTOGRAFT_DATA")
    if shared and Path(shared, "fibo").is_dir():
        yield "FIBO, a folder of modules", Path(shared, "fibo")
    if find_spec("cellxgene_ontology_guide"):
        from cellxgene import convert_apart, releases

        for ontology in ("CHEBI", "NCBITaxon"):
            release = releases(ontology)[ontology][-1]
            path = folder / f"{ontology}.nt"
            yield f"{ontology} {release}, {convert_apart(ontology, release, path):,} triples", path
            path.unlink()


def pairs(folder: Path) -> Iterator[tuple[str, Path]]:
    """Folders with two releases of an ontology."""
    if find_spec("cellxgene_ontology_guide"):
        from cellxgene import convert_apart, releases

        for ontology in ("MONDO", "CHEBI"):
            known = releases(ontology)[ontology]
            place = folder / ontology
            place.mkdir()
            convert_apart(ontology, known[0], place / "old.nt")
            convert_apart(ontology, known[-1], place / "new.nt")
            yield f"{ontology} {known[0]} to {known[-1]}", place


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


def report_others(found: dict[str, Any]) -> None:
    """The table of the other ontologies."""
    rows = [
        [name, r["cpu"], r["megabytes"], round(r["store"] / 1e6), r["holds"]]
        for name, r in found.items()
        if "skipped" not in r
    ]
    if rows:
        columns = ["ontology", "CPU s", "peak MB", "store MB", "holds"]
        table("From the file to names, graph and closure", columns, rows)


def report_updates(found: dict[str, Any]) -> None:
    """The table of the newer releases."""
    rows = [
        [name, r["cpu"], r["snapshot"], r["holds"]]
        for name, r in found.items()
        if "skipped" not in r
    ]
    if rows:
        columns = ["from release to release", "CPU s", "of it graph and closure", "report"]
        table("The next release, read and interpreted before", columns, rows)


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
        if not isinstance(found, ours.Literal):
            raise TypeError("OBO has no triple terms")
        if found.lang:
            return Literal(found.value, language=found.lang)
        return Literal(found.value, datatype=NamedNode(found.datatype) if found.datatype else None)

    triples = [Triple(term(s), term(p), term(o)) for s, p, o in read.anywhere.tolist()]
    serialize(triples, str(folder / "hp.nt"), RdfFormat.N_TRIPLES)
    with KnowledgeBase.open(folder / "hpo.sqlite", create=True) as kb:
        kb.load(folder / "hp.obo")
    return {"triples": len(triples)}


def parse(folder: Path) -> dict[str, Any]:
    """Our reader alone."""
    from kg.readers.files import read_file

    read, cost = measured(lambda: read_file(folder / "hp.obo"))
    return _row(cost, f"{len(read.triples):,} triples")


def load(path: Path) -> dict[str, Any]:
    """Our whole way, with the bytes of the store; the closed file is what was written."""
    import kg.graph
    import kg.loading
    import kg.sources
    import kg.store.columns  # noqa: F401  (what is imported late is not counted either)
    from kg import KnowledgeBase

    with tempfile.TemporaryDirectory() as fresh:
        place = Path(fresh) / "kb.sqlite"

        def job() -> str:
            with KnowledgeBase.open(place, create=True) as kb:
                kb.load(path)
                return _held(kb)

        held, cost = measured(job)
        store = place.stat().st_size
    return {**_row(cost, held), "store": store}


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


def update(folder: Path) -> dict[str, Any]:
    """The next release: differences, delta, report and snapshot, without reading the file."""
    from kg import KnowledgeBase
    from kg.garbage import no_garbage_search
    from kg.loading import write_files
    from kg.sources import read_sources
    from kg.store.database import Database

    place = folder / "kb.sqlite"
    place.unlink(missing_ok=True)
    with KnowledgeBase.open(place, create=True) as kb, no_garbage_search():
        kb.load(folder / "old.nt")
        _held(kb)
        new = read_sources([folder / "new.nt"], lambda *_: None)
        database = Database(str(place))
        reports, written = measured(lambda: write_files(database, new, lambda *_: None))
        _, shown = measured(lambda: kb.graph().hierarchy.closure)
    changes = reports[0].changes
    counts = changes.counts() if changes else {}
    told = ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in counts.items())
    cpu = round(written.cpu + shown.cpu, 4)
    return {"cpu": cpu, "wall": written.wall, "snapshot": shown.cpu, "holds": told}


def _held(kb: Any) -> str:
    names, graph = kb.names(), kb.graph()
    closed = graph.hierarchy.closure
    above = f"{len(closed.up.neighbour):,} pairs" if closed else "no"
    return f"{len(names):,} names, {len(graph.head):,} edges, {above} in the closure"


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
    "update": update,
    "reopen": reopen,
    "pronto": pronto,
    "obonet": obonet,
    "rdflib": rdflib,
}

if __name__ == "__main__":
    main()
