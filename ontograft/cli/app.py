"""All commands under one name, in the order in which a newcomer needs them."""

from typing import Annotated

import typer

from ontograft import __version__
from ontograft.cli import (
    checkup,
    comparing,
    completing,
    exporting,
    gold,
    knowledge,
    learning,
    links,
    mappings,
    reasoning,
    releases,
    serving,
    validation,
)
from ontograft.cli.faults import CatchingGroup

app = typer.Typer(
    name="ontograft",
    cls=CatchingGroup,
    help="From an ontology to a language model that reads it.",
    epilog="Start with `ontograft demo`. KB is the path of a SQLite file, or a SQLAlchemy URL.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

START = "Start"
KNOWLEDGE = "Knowledge base"
LINKS = "Links"
MODEL = "Model"

app.command(rich_help_panel=START)(learning.demo)
app.command(rich_help_panel=START)(checkup.doctor)
app.command(rich_help_panel=KNOWLEDGE)(knowledge.load)
app.command(rich_help_panel=KNOWLEDGE)(knowledge.info)
app.command(rich_help_panel=KNOWLEDGE)(knowledge.search)
app.command(rich_help_panel=KNOWLEDGE)(knowledge.show)
app.command(rich_help_panel=KNOWLEDGE)(comparing.compare)
app.command(rich_help_panel=KNOWLEDGE)(mappings.mappings)
app.command(rich_help_panel=KNOWLEDGE)(knowledge.sparql)
app.command(rich_help_panel=KNOWLEDGE)(releases.releases)
app.command(rich_help_panel=KNOWLEDGE)(releases.diff)
app.command(rich_help_panel=KNOWLEDGE)(releases.rollback)
app.command(rich_help_panel=KNOWLEDGE)(releases.remove)
app.command(rich_help_panel=KNOWLEDGE)(reasoning.reason)
app.command(rich_help_panel=KNOWLEDGE)(reasoning.explain)
app.command(rich_help_panel=KNOWLEDGE)(reasoning.mine)
app.command(rich_help_panel=KNOWLEDGE)(reasoning.rules)
app.command(rich_help_panel=KNOWLEDGE)(validation.validate)
app.command(rich_help_panel=KNOWLEDGE)(validation.check)
app.command(rich_help_panel=KNOWLEDGE)(validation.leaks)
app.command(rich_help_panel=KNOWLEDGE)(exporting.export)
app.command(rich_help_panel=KNOWLEDGE)(checkup.upgrade)
app.command(rich_help_panel=LINKS)(links.link)
app.command(rich_help_panel=LINKS)(links.ground)
app.command("evaluate-links", rich_help_panel=LINKS)(gold.evaluate_links)
app.command("train-linker", rich_help_panel=LINKS)(gold.train_linker)
app.command(rich_help_panel=MODEL)(completing.embed)
app.command(rich_help_panel=MODEL)(completing.complete)
app.command(rich_help_panel=MODEL)(learning.train)
app.command(rich_help_panel=MODEL)(learning.predict)
app.command(rich_help_panel=MODEL)(serving.serve)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ontograft {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """From an ontology to a language model that reads it."""
