"""Commands on a knowledge base: load, info, search, show, sparql."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ontograft.cli.releases import print_difference
from ontograft.cli.terminal import (
    AsJson,
    AsOf,
    Inferred,
    KnowledgeBasePlace,
    meter,
    note,
    print_facts,
    print_json,
    print_lines,
    print_table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kg import LoadReport

SHOWN_WARNINGS = 20
SHOWN_IMPORTS = 3
SHOWN_REPORTS = 5
COUNTS = ("entities", "names", "edges", "axioms")


def load(
    kb: KnowledgeBasePlace,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Turtle, RDF/XML, JSON-LD, N-Triples, N-Quads, TriG, OBO, .rules, "
            "head-relation-tail, name, Babelon and SSSOM files, Neo4j's CSV, other CSV and TSV by "
            "a column map; also in gzip, bz2, xz, zstd, zip; a folder stands for all ontologies "
            "below it.",
        ),
    ],
    data: Annotated[
        bool, typer.Option("--data", help="Load plain triples too, which name no entity.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse RDF that breaks its specification.")
    ] = False,
    iri_base: Annotated[
        str | None,
        typer.Option("--base", metavar="IRI", help="What relative IRIs are relative to."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Load ontology files into a knowledge base, all or none.

    The knowledge base is made if it does not exist. A newer file of an ontology replaces the
    older one, and what that changed is told. In a folder, catalog-v001.xml says where imports lie;
    nothing is fetched.
    """
    from kg import KnowledgeBase

    with KnowledgeBase.open(kb, create=True) as base, meter() as progress:
        reports = base.load(
            *files,
            data=data,
            strict=strict,
            base=iri_base,
            progress=lambda at: progress.show(f"{at.step} files", at.done, at.total),
        )
    _note_warnings(reports)
    if as_json:
        print_json([report.to_json() for report in reports])
        return
    changes = next((report.changes for report in reports if report.changes), None)
    if len(reports) > SHOWN_REPORTS:
        changed = sum(not report.unchanged for report in reports)
        print_facts([("loaded", changed), ("unchanged", len(reports) - changed)])
        totals = [sum(getattr(report, name) for report in reports) for name in COUNTS]
        triples = sum(report.source.triples for report in reports)
        print_table("", ["triples", *COUNTS], [[triples, *totals]])
        reports = ()
    for report in reports:
        done = "unchanged" if report.unchanged else "loaded"
        licence = [("licence", report.source.licence)] if report.source.licence else []
        print_facts([(done, f"{report.source.iri} {report.source.version}"), *licence])
        rows = [[report.source.triples, *(getattr(report, name) for name in COUNTS)]]
        print_table("", ["triples", *COUNTS], rows)
    if changes:
        print_difference(changes)


def _note_warnings(reports: "Sequence[LoadReport]") -> None:
    """The first warnings, over all files, and what was imported and is not there."""
    lines = []
    for report in reports:
        for warning in report.warnings:
            place = f":{warning.line}:{warning.column}" if warning.line else ""
            lines.append(f"{report.source.path}{place}: {warning.text}")
    for line in lines[:SHOWN_WARNINGS]:
        note(line)
    if len(lines) > SHOWN_WARNINGS:
        note(f"... and {len(lines) - SHOWN_WARNINGS:,} more warnings; --json has them all")
    missing = list(dict.fromkeys(iri for report in reports for iri in report.missing_imports))
    if missing:
        more = ", ..." if len(missing) > SHOWN_IMPORTS else ""
        shown = ", ".join(missing[:SHOWN_IMPORTS])
        note(
            f"Imported, but not loaded and not fetched: {len(missing):,} ontologies: {shown}{more}"
        )


def info(kb: KnowledgeBasePlace, at: AsOf = None, as_json: AsJson = False) -> None:
    """Say what a knowledge base holds, and from which files, versions and licences."""
    from kg import KnowledgeBase

    with KnowledgeBase.open(kb, at=at) as base:
        summary = base.summary().to_json()
    if as_json:
        print_json(summary)
        return
    print_facts((name, value) for name, value in summary.items() if name != "sources")
    for source in summary["sources"]:
        print_facts([("", ""), ("source", source["iri"])])
        print_facts((name, source[name]) for name in ("version", "format", "triples", "licence"))


def search(
    kb: KnowledgeBasePlace,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A name, CURIE or IRI.")],
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="Most hits to print.")] = 10,
    at: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Find entities: exact names first, then parts of names, then names with a typo or two."""
    from kg import KnowledgeBase

    with KnowledgeBase.open(kb, at=at) as base:
        hits = [hit.to_json() for hit in base.search(text, limit=limit)]
    if as_json:
        print_json(hits)
        return
    if not hits:
        note(f"No name in {base.location} is like {text!r}.")
        return
    columns = ["curie", "label", "name", "score"]
    print_table("", columns, [[hit[column] for column in columns] for hit in hits], whole="curie")


def show(
    kb: KnowledgeBasePlace,
    identifier: Annotated[
        str, typer.Argument(metavar="ID", help="CURIE or IRI, such as HP:0000118.")
    ],
    at: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Show an entity: names, definition, parents, ancestors and edges."""
    from kg import KnowledgeBase

    with KnowledgeBase.open(kb, at=at) as base:
        entity = base.entity(identifier).to_json()
    if as_json:
        print_json(entity)
        return
    names = [f"{name['text']} ({name['kind']} {name['lang']})" for name in entity["names"]]
    print_facts(
        [
            (entity["curie"], entity["label"]),
            ("iri", entity["iri"]),
            ("definition", entity["definition"]),
            ("names", "; ".join(name.replace(" )", ")") for name in names)),
            ("parents", ", ".join(entity["parents"])),
            ("ancestors", ", ".join(entity["ancestors"])),
            ("edges", "; ".join(f"{edge['relation']} {edge['tail']}" for edge in entity["edges"])),
            *([("deprecated", "yes")] if entity["deprecated"] else []),
            *([("replaced by", entity["replaced_by"])] if entity["replaced_by"] else []),
        ]
    )


def sparql(
    kb: KnowledgeBasePlace,
    query: Annotated[
        str | None,
        typer.Argument(metavar="QUERY", help="SELECT, ASK, CONSTRUCT or DESCRIBE."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Read the query from a file.")
    ] = None,
    limit: Annotated[
        int, typer.Option(metavar="N", min=1, help="Most rows or triples to print.")
    ] = 1000,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.001, help="How long the answer may take.")
    ] = 30.0,
    inferred: Inferred = False,
    at: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Ask a knowledge base in SPARQL; it is only read, and nothing is fetched.

    The prefixes of its files and CURIEs need no declaration. CONSTRUCT and DESCRIBE print
    N-Triples.
    """
    from kg import KnowledgeBase

    if (query is None) == (file is None):
        raise typer.BadParameter("Give a QUERY or --file FILE, one of the two.")
    text = query or (file.read_text(encoding="utf-8-sig") if file else "")
    with KnowledgeBase.open(kb, at=at) as base:
        found = base.sparql(text, timeout_s=timeout, row_limit=limit, inferred=inferred)
    if as_json:
        print_json(found.to_json())
    elif found.form == "ask":
        print_lines(str(found.truth).lower())
    elif found.form == "graph":
        print_lines(found.to_ntriples())
    else:
        rows = [[term.text if term else None for term in row] for row in found.rows]
        print_table("", found.variables, rows)
    if found.truncated:
        note(f"There are more than these {limit:,}: raise --limit to see them.")
