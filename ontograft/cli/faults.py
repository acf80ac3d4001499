"""The one place where faults become messages and exit codes."""

import json
import os
import traceback
from itertools import takewhile
from typing import Any

import typer
from typer.core import TyperGroup

from ontograft.cli.terminal import note

DEBUG = "ONTOGRAFT_DEBUG"
INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 + SIGINT, as shells have it."""

GOES_ON = {"train", "demo"}
"""Commands that continue where they were when given again."""


class CatchingGroup(TyperGroup):
    """The root command: runs the chosen one, and says what went wrong and how to mend it."""

    def invoke(self, ctx: Any) -> Any:
        """Run the chosen command.

        Raises:
            typer.Exit: with the exit code of the fault.
        """
        as_json = "--json" in takewhile(lambda argument: argument != "--", ctx.args)
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            again = " Run the same command again to go on."
            note("Interrupted." + (again if ctx.invoked_subcommand in GOES_ON else ""))
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            raise
        except Exception as fault:
            raise typer.Exit(_report(fault, as_json=as_json)) from None


def _report(fault: Exception, *, as_json: bool) -> int:
    """Say what went wrong on stderr; the exit code. Typer's own signals pass through."""
    from kg.errors import OntograftError  # here: the package `kg` is too slow for `--help`

    if os.environ.get(DEBUG) and not _is_typers(fault):
        note("".join(traceback.format_exception(fault)))
    if isinstance(fault, OntograftError):
        _say(fault.what, fault.where, fault.mend, as_json=as_json)
        return fault.exit_code
    if _is_typers(fault):
        if as_json and hasattr(fault, "format_message"):
            _say(fault.format_message(), "command line", "See --help.", as_json=True)
            return 2
        raise fault
    if isinstance(fault, OSError) and fault.strerror:
        _say(f"{fault.strerror}.", str(fault.filename or ""), "", as_json=as_json)
        return 1
    line = " ".join(f"{type(fault).__name__}: {fault}".split())
    mend = f"Run it again with {DEBUG}=1 and report what it then prints."
    _say(f"This should not happen: {line}", "", mend, as_json=as_json)
    return 1


def _is_typers(fault: Exception) -> bool:
    """Whether it is Typer's own: an exit, or wrong usage, which it reports with exit code 2."""
    return type(fault).__module__.partition(".")[0] in ("typer", "click")


def _say(what: str, where: str, mend: str, *, as_json: bool) -> None:
    if as_json:
        fault = {"what": what, "where": where, "mend": mend}
        note(json.dumps({"error": fault}, ensure_ascii=False))
        return
    note(f"Error: {what}" if not where or where in what else f"Error: {where}: {what}")
    if mend:
        note(f"Mend:  {mend}")
