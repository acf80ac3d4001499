"""The commands doctor and upgrade."""

from typing import Annotated

import typer

from ontograft.cli.terminal import (
    AsJson,
    KnowledgeBasePlace,
    print_json,
    print_lines,
    print_table,
)


def doctor(
    as_json: AsJson = False,
    folder: Annotated[
        str, typer.Option("--at", metavar="DIR", help="Where disk space is wanted.")
    ] = ".",
    base: Annotated[
        str | None, typer.Option("--kb", metavar="KB", help="Check this knowledge base instead.")
    ] = None,
) -> None:
    """Check this installation, or with --kb whether a knowledge base is as it was written.

    Ends with 0 if the demo can run here, or the knowledge base is whole; with 1 if not.
    """
    from ontograft.doctor import examine, examine_base

    findings = examine_base(base) if base else examine(folder)
    fit = all(finding.fit for finding in findings)
    if as_json:
        print_json({"fit": fit, "findings": [finding.to_json() for finding in findings]})
    else:
        print_table(
            "",
            ["", "what", "found", "mend"],
            [
                ["ok" if finding.fit else "NO", finding.name, finding.found, finding.mend]
                for finding in findings
            ],
        )
    if not fit:
        raise typer.Exit(1)


def upgrade(kb: KnowledgeBasePlace, as_json: AsJson = False) -> None:
    """Bring a knowledge base that an older ontograft made to the present schema.

    All of it happens or nothing, also if it is interrupted.
    """
    from kg import KnowledgeBase
    from kg.store.schema import SCHEMA_VERSION

    before = KnowledgeBase.upgrade(kb)
    if as_json:
        print_json({"before": before, "now": SCHEMA_VERSION})
    elif before == SCHEMA_VERSION:
        print_lines(f"Schema version {before}, as it should be.")
    else:
        print_lines(f"Upgraded from schema version {before} to {SCHEMA_VERSION}.")
