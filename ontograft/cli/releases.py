"""Commands on the releases of a knowledge base: releases, diff, rollback, remove."""

from typing import TYPE_CHECKING, Annotated

import typer

from ontograft.cli.terminal import (
    AsJson,
    KnowledgeBasePlace,
    note,
    print_facts,
    print_json,
    print_lines,
    print_table,
)

if TYPE_CHECKING:
    from kg import Difference

SHOWN = 5

State = Annotated[
    str,
    typer.Argument(
        metavar="RELEASE",
        help="A number of `ontograft releases`, the version of an ontology, or a date.",
    ),
]


def releases(kb: KnowledgeBasePlace, as_json: AsJson = False) -> None:
    """List what was loaded and removed, when, and how many triples that changed."""
    from kg import KnowledgeBase

    with KnowledgeBase.open(kb) as base:
        found = base.releases()
    if as_json:
        print_json([release.to_json() for release in found])
        return
    columns = ["number", "loaded at", "source", "version", "added", "removed", "now"]
    rows = [
        [r.number, r.loaded_at, r.source.iri, r.source.version, r.added, r.removed, r.current]
        for r in found
    ]
    print_table("", columns, rows)


def diff(
    kb: KnowledgeBasePlace,
    old: State,
    new: Annotated[
        str | None,
        typer.Argument(
            metavar="NEWER", help="As RELEASE; the present if left out.", show_default=False
        ),
    ] = None,
    kgcl: Annotated[
        bool, typer.Option("--kgcl", help="Print the Knowledge Graph Change Language.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what changed between two states of a knowledge base, down to ancestors and names."""
    from kg import KnowledgeBase

    with KnowledgeBase.open(kb) as base:
        found = base.difference(old, new)
    if as_json:
        print_json(found.to_json())
    elif kgcl:
        print_lines(found.to_kgcl())
    else:
        print_difference(found)


def print_difference(found: "Difference") -> None:
    """Counts of a difference, and the first of each kind."""
    examples = {
        "added": [f"{curie} {label}" for curie, label in found.added],
        "removed": [f"{curie} {label}" for curie, label in found.removed],
        "deprecated": [
            f"{gone.curie} {gone.label}" + (f" -> {gone.replaced_by}" if gone.replaced_by else "")
            for gone in found.deprecated
        ],
        "relabelled": [f"{curie} {old} -> {new}" for curie, old, new in found.relabelled],
        "reparented": [change.curie for change in found.reparented],
        "ancestors_changed": list(found.ancestors_changed),
        "renamed": list(found.renamed),
    }
    rows = [
        [kind.replace("_", " "), count, "; ".join(examples.get(kind, [])[:SHOWN])]
        for kind, count in found.counts().items()
    ]
    print_table("", ["change", "count", "the first"], rows)


def rollback(kb: KnowledgeBasePlace, to: State, as_json: AsJson = False) -> None:
    """Make an earlier state the present one; what came since stays on record."""
    from kg import KnowledgeBase

    with KnowledgeBase.open(kb) as base:
        reports = base.rollback(to)
    changed = [report for report in reports if not report.unchanged]
    if as_json:
        print_json([report.to_json() for report in reports])
        return
    for report in changed:
        done = "restored" if report.source.format else "removed"
        print_facts([(done, f"{report.source.iri} {report.source.version}")])
    if not changed:
        note("This is the present state already.")


def remove(
    kb: KnowledgeBasePlace,
    source: Annotated[str, typer.Argument(metavar="IRI", help="Of the ontology, see `info`.")],
    as_json: AsJson = False,
) -> None:
    """Take an ontology out of a knowledge base; `diff`, --at and `rollback` still know it."""
    from kg import KnowledgeBase

    with KnowledgeBase.open(kb) as base:
        report = base.remove(source)
    if as_json:
        print_json(report.to_json())
        return
    print_facts([("removed", source)])
    if report.changes:
        print_difference(report.changes)
