"""The command export."""

from pathlib import Path
from typing import Annotated

import typer

from ontograft.cli.terminal import (
    AsJson,
    AsOf,
    Inferred,
    KnowledgeBasePlace,
    note,
    print_facts,
    print_json,
)


def export(
    kb: KnowledgeBasePlace,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="To write; .ttl, .nt, .nq, .trig, .rdf, .owl, .jsonld, .obo, .csv, .tsv, "
            ".babelon.tsv, .sssom.tsv and .rules say their format, .gz, .bz2, .xz, .zst and .zip "
            "behind them compress.",
        ),
    ],
    file_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="turtle, n-triples, n-quads, trig, rdf/xml, json-ld, obo, table, triples, names, "
            "babelon, sssom, neo4j (FILE is a folder) or rules.",
        ),
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(metavar="IRI", help="A source to write; may be given again. Default: all."),
    ] = None,
    merge_graphs: Annotated[
        bool,
        typer.Option("--merge-graphs", help="Write named graphs as one, where the format has one."),
    ] = False,
    inferred: Inferred = False,
    licence: Annotated[
        str | None,
        typer.Option(metavar="LICENCE", help="Of the export: an SPDX identifier, address or name."),
    ] = None,
    accept_licences: Annotated[
        bool,
        typer.Option(
            "--accept-licences", help="Write what a licence of the sources forbids; you answer."
        ),
    ] = False,
    at: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Write a knowledge base, or some of its sources, to a file that others read.

    FILE.licence.json beside it names each source with its licence. A licence that forbids handing
    on, and a --licence that is looser than the sources', are refused.
    """
    from kg import KnowledgeBase

    with KnowledgeBase.open(kb, at=at) as base:
        report = base.export(
            file,
            format=file_format,
            sources=source,
            merge_graphs=merge_graphs,
            inferred=inferred,
            licence=licence,
            accept_licences=accept_licences,
        )
    for warning in report.warnings:
        note(warning)
    if as_json:
        print_json(report.to_json())
        return
    print_facts(
        [
            (report.path, f"{report.format}, {report.written:,} {report.unit}"),
            ("licence", report.licence),
        ]
    )
    for left in report.left_out:
        note(f"Left out, for {report.format} has no place for it: {left.count:,} {left.what}.")
