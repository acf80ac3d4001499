"""Options that choose the modes of axioms, the same wherever they stand."""

from typing import Annotated

import typer

Modes = Annotated[
    list[str] | None,
    typer.Option(
        "--mode",
        metavar="AXIOMS=MODE",
        help="hard, audit, or a weight, for axioms such as domain, 'domain :livesIn', or all. "
        "No answer breaks a hard one. Repeatable.",
    ),
]
OpenWorld = Annotated[
    bool,
    typer.Option(
        "--open-world/--closed-world",
        help="Whether an entity of which no class is told may stand anywhere.",
    ),
]


def modes_of(choices: list[str] | None) -> dict[str, str]:
    """What `--mode AXIOMS=MODE` said.

    Raises:
        InputError: one has no `=`.
    """
    from kg.errors import InputError

    found = {}
    for choice in choices or []:
        axioms, _, mode = choice.rpartition("=")
        if not axioms.strip():
            raise InputError(
                f"{choice!r} is no choice of a mode.",
                where="--mode",
                mend="Write --mode domain=hard, or --mode 'domain :livesIn=audit'.",
            )
        found[" ".join(axioms.split())] = mode.strip()
    return found
