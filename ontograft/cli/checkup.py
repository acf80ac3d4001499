"""The command doctor."""

from typing import Annotated

import typer

from ontograft.cli.terminal import AsJson, print_json, print_table


def doctor(
    as_json: AsJson = False,
    folder: Annotated[
        str, typer.Option("--at", metavar="DIR", help="Where disk space is wanted.")
    ] = ".",
) -> None:
    """Check this installation: versions, SQLite, torch, backbone, HPO, disk.

    Ends with 0 if the demo can run here, with 1 if not.
    """
    from ontograft.doctor import examine

    findings = examine(folder)
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
