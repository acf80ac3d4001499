"""The one place where faults become messages and exit codes."""

import errno
import json
import os
import traceback
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import typer
from typer.core import TyperGroup

from ontograft.cli.terminal import note

DEBUG = "ONTOGRAFT_DEBUG"
INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 + SIGINT, as shells have it."""

WRONG_PLACES = (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError)
"""What the system says of a path that was given wrong."""

WRONG_NAMES = {errno.ENAMETOOLONG, errno.ELOOP}
"""And of a name that none can have, or of a link that leads to itself."""

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
            _check_encoding(ctx.args)
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
        wrong_place = isinstance(fault, WRONG_PLACES) or fault.errno in WRONG_NAMES
        mend = "Name a place that exists and can be written." if wrong_place else ""
        _say(f"{fault.strerror}.", str(fault.filename or ""), mend, as_json=as_json)
        return 2 if wrong_place else 1
    line = " ".join(f"{type(fault).__name__}: {fault}".split())
    mend = f"Run it again with {DEBUG}=1 and report what it then prints."
    _say(f"This should not happen: {line}", "", mend, as_json=as_json)
    return 1


def _check_encoding(words: Sequence[str]) -> None:
    """Refuse a word of the command line that is no UTF-8.

    Raises:
        InputError: naming the word.
    """
    for word in words:
        try:
            word.encode("utf-8")
        except UnicodeEncodeError:
            from kg.errors import InputError

            raise InputError(
                f"The text {word!a} is not UTF-8.",
                where="command line",
                mend="Give it in UTF-8, or in a file with --input.",
            ) from None


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
