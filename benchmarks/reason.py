"""What follows from EDAM by OWL 2 RL: ontograft, reasonable and owlrl; and small entailments.

python benchmarks/reason.py [--edam FILE] [--peers PYTHON] [--json FILE]

Each system runs in a process of its own, three times, owlrl once; imports and parsing are not
counted. EDAM comes out of the wheel `edam-ontology`, which holds a table: the benchmark makes
N-Triples of its labels, synonyms, definitions, parents and restrictions. `--edam` names the
ontology's own file instead. `--peers` names the Python of an environment with owlrl, reasonable
and edam-ontology.
"""

import csv
import importlib
import sys
import tempfile
from collections.abc import Iterator
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

OURS = ("reason", "engine")
PEERS = ("reasonable", "owlrl")
WHAT = {
    "reason": "ontograft: triples out of SQLite, inferred, written back",
    "engine": "ontograft, the engine alone, on integers",
    "reasonable": "reasonable: in memory, and all triples to Python",
    "owlrl": "owlrl: in an rdflib graph",
}
OWL = "http://www.w3.org/2002/07/owl#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
OIO = "http://www.geneontology.org/formats/oboInOwl#"
EDAM = "http://edamontology.org/"
RELATIONS = ("has format", "has function", "has identifier", "has input", "has output", "has topic")
ONE_ROUND = {"owlrl"}  # it takes a minute

PREFIXES = f"@prefix : <http://example.org/> . @prefix owl: <{OWL}> . @prefix rdfs: <{RDFS}> .\n"
SOME = "a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom"
INDIVIDUALS = "".join(f":{n} a owl:NamedIndividual . " for n in "xyz")
DECLARED = "".join(f":{n} a owl:Class . " for n in "ABCDI") + "".join(
    f":{n} a owl:ObjectProperty . " for n in "pqg"
)
TINY = {
    "subclass": (":A rdfs:subClassOf :B . :B rdfs:subClassOf :C . :x a :A .", ":x a :C ."),
    "inverse": (":p owl:inverseOf :q . :x :p :y .", ":y :q :x ."),
    "transitive": (":p a owl:TransitiveProperty . :x :p :y . :y :p :z .", ":x :p :z ."),
    "property chain": (":g owl:propertyChainAxiom (:p :q) . :x :p :y . :y :q :z .", ":x :g :z ."),
    "some values, subsumption": (
        f":A rdfs:subClassOf [ {SOME} :C ] . :B owl:equivalentClass [ {SOME} :D ] ."
        ":C rdfs:subClassOf :D .",
        ":A rdfs:subClassOf :B .",
    ),
    "domain and range": (":p rdfs:domain :A ; rdfs:range :B . :x :p :y .", ":x a :A . :y a :B ."),
    "below an intersection (not in RL)": (
        ":I owl:equivalentClass [ a owl:Class ; owl:intersectionOf (:A :B) ] ."
        ":C rdfs:subClassOf :A , :B .",
        ":C rdfs:subClassOf :I .",
    ),
}  # fmt: skip


def main() -> None:
    """Measure all and print the tables."""
    options = parser(__doc__)
    options.add_argument("--edam", default="", metavar="FILE")
    options.add_argument("--peers", default=sys.executable, metavar="PYTHON")
    options.add_argument("--worker", nargs=2, metavar=("NAME", "FOLDER"), help="used by itself")
    given = options.parse_args()
    if given.worker:
        name, folder = given.worker
        answer(WORKERS[name](Path(folder)) if name != "prepare" else prepare(folder, given.edam))
        return
    with tempfile.TemporaryDirectory() as folder:
        ready = best_of_processes(
            given.peers if not given.edam else sys.executable,
            [__file__, "--edam", given.edam, "--worker", "prepare", folder],
            key="triples",
            rounds=1,
        )
        if "skipped" in ready:
            raise SystemExit(ready["skipped"])
        loaded = best_of_processes(
            sys.executable, [__file__, "--worker", "load", folder], key="triples", rounds=1
        )
        if "skipped" in loaded:
            raise SystemExit(loaded["skipped"])
        found: dict[str, Any] = {"triples": loaded["triples"]}
        for name in (*OURS, *PEERS):
            python = sys.executable if name in OURS else given.peers
            rounds = {"rounds": 1} if name in ONE_ROUND else {}
            worker = [__file__, "--worker", name, folder]
            found[name] = best_of_processes(python, worker, key="cpu", **rounds)
        small = {
            name: best_of_processes(
                sys.executable if name.startswith("ontograft") else given.peers,
                [__file__, "--worker", f"tiny {name}", folder],
                key="passed",
                rounds=1,
            )
            for name in ("ontograft rl", "ontograft dl", "reasonable", "owlrl")
        }
    report(found, small)
    if given.json:
        write_figures(given.json, {"reason": found, "tiny": small})


def report(found: dict[str, Any], small: dict[str, Any]) -> None:
    """Both tables."""
    ours = found["reason"]["cpu"]
    rows = [
        [WHAT[name], r["cpu"], f"{r['cpu'] / ours:.1f}x", r["wall"], r["megabytes"], r["inferred"]]
        for name, r in ((name, found[name]) for name in (*OURS, *PEERS))
        if "skipped" not in r
    ]
    columns = ["system", "CPU s", "of ours", "wall s", "peak MB", "inferred"]
    table(f"EDAM, {found['triples']:,} triples, OWL 2 RL, best of 3", columns, rows)
    systems = [name for name, result in small.items() if "skipped" not in result]
    marks = [
        [case, *("yes" if case in small[name]["cases"] else "no" for name in systems)]
        for case in TINY
    ]
    totals = [f"{small[name]['passed']} of {len(TINY)}" for name in systems]
    table("Small entailments", ["entailment", *systems], [*marks, ["all", *totals]])
    for name, result in {**found, **small}.items():
        if isinstance(result, dict) and "skipped" in result:
            say(f"\n{name}: skipped, {result['skipped']}")


# -- EDAM ------------------------------------------------------------------------------------------


def prepare(folder: str, edam: str) -> dict[str, Any]:
    """Lay EDAM out as N-Triples, which are Turtle: reasonable reads no other syntax."""
    place = Path(folder) / "edam.ttl"
    if edam:
        from pyoxigraph import RdfFormat, parse, serialize

        name = {".owl": RdfFormat.RDF_XML, ".ttl": RdfFormat.TURTLE}.get(Path(edam).suffix)
        triples = [quad.triple for quad in parse(path=edam, format=name or RdfFormat.N_TRIPLES)]
        serialize(triples, str(place), RdfFormat.N_TRIPLES)
        return {"triples": len(triples)}
    streams: Any = importlib.import_module("edam_ontology.streams")
    lines = list(
        dict.fromkeys(edam_lines(csv.DictReader(streams.tabular_stream(), dialect="excel-tab")))
    )
    place.write_text("".join(lines), encoding="utf-8")
    return {"triples": len(lines)}


def edam_lines(rows: Any) -> Iterator[str]:
    """The table's rows as N-Triples."""
    yield f"<{EDAM}> <{RDF}type> <{OWL}Ontology> .\n"
    for relation in RELATIONS:
        yield f"<{EDAM}{relation.replace(' ', '_')}> <{RDF}type> <{OWL}ObjectProperty> .\n"
    for row in rows:
        iri = row["Class ID"]
        yield f"<{iri}> <{RDF}type> <{OWL}Class> .\n"
        yield f"<{iri}> <{RDFS}label> {quoted(row['Preferred Label'])} .\n"
        for text in filter(None, row["Synonyms"].split("|")):
            yield f"<{iri}> <{OIO}hasExactSynonym> {quoted(text)} .\n"
        for text in filter(None, row["Definitions"].split("|")):
            yield f"<{iri}> <{OIO}hasDefinition> {quoted(text)} .\n"
        for parent in filter(None, row["Parents"].split("|")):
            yield f"<{iri}> <{RDFS}subClassOf> <{parent}> .\n"
        for relation in RELATIONS:
            for at, filler in enumerate(filter(None, (row.get(relation) or "").split("|"))):
                node = f"_:{iri.rpartition('/')[2]}{relation.replace(' ', '')}{at}"
                yield f"<{iri}> <{RDFS}subClassOf> {node} .\n"
                yield f"{node} <{RDF}type> <{OWL}Restriction> .\n"
                yield f"{node} <{OWL}onProperty> <{EDAM}{relation.replace(' ', '_')}> .\n"
                yield f"{node} <{OWL}someValuesFrom> <{filler}> .\n"


def quoted(text: str) -> str:
    """A literal of N-Triples."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'.replace("\r", "\\r")


def load(folder: Path) -> dict[str, Any]:
    """A knowledge base of it."""
    from kg import KnowledgeBase

    with KnowledgeBase.open(folder / "edam.sqlite", create=True) as kb:
        (loaded,) = kb.load(folder / "edam.ttl")
    return {"triples": loaded.source.triples}


# -- EDAM's consequences ---------------------------------------------------------------------------


def reason(folder: Path) -> dict[str, Any]:
    """Our whole way."""
    import kg.reasoning.running  # noqa: F401  (what is imported late is not counted either)
    from kg import KnowledgeBase

    with KnowledgeBase.open(folder / "edam.sqlite") as kb:
        report, cost = measured(lambda: kb.reason("rl"))
    return _row(cost, report.inferred)


def engine(folder: Path) -> dict[str, Any]:
    """The engine, once the triples are there."""
    from kg.reasoning.engine import Engine
    from kg.reasoning.owl_rl import owl_rl_rules
    from kg.reasoning.records import Budget
    from kg.reasoning.stored import read_columns, read_terms
    from kg.store.database import Database

    database = Database(str(folder / "edam.sqlite"))
    with database.reading() as connection:
        triples, terms = read_columns(connection), read_terms(connection)
        rules = owl_rl_rules()
        outcome, cost = measured(
            lambda: Engine(triples, terms, rules, owl=True, budget=Budget()).run()
        )
    database.close()
    return _row(cost, len(outcome.inferred.subject))


def reasonable(folder: Path) -> dict[str, Any]:
    """The Rust reasoner of its name."""
    library: Any = importlib.import_module("reasonable")

    reasoner = library.PyReasoner()
    reasoner.load_file(str(folder / "edam.ttl"))
    found, cost = measured(reasoner.reason)
    return _row(cost, len(found) - len(reasoner.get_base_triples()))


def owlrl(folder: Path) -> dict[str, Any]:
    """The reference in Python."""
    library: Any = importlib.import_module("owlrl")
    rdflib: Any = importlib.import_module("rdflib")

    graph = rdflib.Graph().parse(folder / "edam.ttl", format="nt")
    before = len(graph)
    closure = library.DeductiveClosure(library.OWLRL_Semantics)
    _, cost = measured(lambda: closure.expand(graph))
    return _row(cost, len(graph) - before)


def _row(cost: Any, inferred: int) -> dict[str, Any]:
    return {"cpu": cost.cpu, "wall": cost.wall, "megabytes": peak_megabytes(), "inferred": inferred}


# -- small entailments -----------------------------------------------------------------------------


def tiny_ours(folder: Path, profile: str) -> dict[str, Any]:
    """By `reason` and SQL."""
    from kg import InputError, KnowledgeBase

    passed = []
    for number, (case, (given, follows)) in enumerate(TINY.items()):
        file = folder / f"tiny{number}.ttl"
        declared = DECLARED + (INDIVIDUALS if ":x" in given else "")
        file.write_text(f"{PREFIXES}<http://example.org/> a owl:Ontology . {declared}{given}")
        with KnowledgeBase.open(folder / f"tiny-{profile}{number}.db", create=True) as kb:
            kb.load(file, data=True)
            kb.reason(profile)
            wanted = [triple.split() for triple in follows.rstrip(" .").split(" . ")]
            try:
                for subject, predicate, object_ in wanted:
                    kb.explain(subject, "rdf:type" if predicate == "a" else predicate, object_)
            except InputError:
                continue
        passed.append(case)
    return {"passed": len(passed), "cases": passed}


def tiny_peer(folder: Path, name: str) -> dict[str, Any]:
    """By a library that makes a graph."""
    rdflib: Any = importlib.import_module("rdflib")

    passed = []
    for case, (given, follows) in TINY.items():
        graph = rdflib.Graph().parse(data=PREFIXES + DECLARED + given, format="turtle")
        if name == "owlrl":
            library: Any = importlib.import_module("owlrl")
            library.DeductiveClosure(library.OWLRL_Semantics).expand(graph)
            found = set(graph)
        else:
            file = folder / "tiny-peer.ttl"
            graph.serialize(file, format="nt", encoding="utf-8")
            reasoner = importlib.import_module("reasonable").PyReasoner()
            reasoner.load_file(str(file))
            found = {tuple(map(str, triple)) for triple in reasoner.reason()}
        wanted = set(rdflib.Graph().parse(data=PREFIXES + follows, format="turtle"))
        texts = {tuple(map(str, triple)) for triple in wanted}
        if wanted <= found or texts <= found:
            passed.append(case)
    return {"passed": len(passed), "cases": passed}


WORKERS: dict[str, Any] = {
    "load": load,
    "reason": reason,
    "engine": engine,
    "reasonable": reasonable,
    "owlrl": owlrl,
    "tiny ontograft rl": lambda folder: tiny_ours(folder, "rl"),
    "tiny ontograft dl": lambda folder: tiny_ours(folder, "dl"),
    "tiny reasonable": lambda folder: tiny_peer(folder, "reasonable"),
    "tiny owlrl": lambda folder: tiny_peer(folder, "owlrl"),
}

if __name__ == "__main__":
    main()
