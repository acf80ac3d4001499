"""What goes to the terminal: documents and tables to stdout, progress and notes to stderr."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON to stdout, and nothing else.")]
KnowledgeBasePlace = Annotated[
    str, typer.Argument(metavar="KB", help="The knowledge base: a path or a SQLAlchemy URL.")
]

AsOf = Annotated[
    str | None,
    typer.Option(
        "--at", metavar="RELEASE", help="As it was then: a release's number, version or date."
    ),
]

Inferred = Annotated[
    bool,
    typer.Option("--inferred", help="Take what was inferred, too: after `ontograft reason`."),
]

FORMATS_HELP = (
    "text (a text a line), jsonl, pubtator, brat, conll (IOB2), label-studio, bioc-xml, bioc-json, "
    "prodigy, spacy; told by the suffix and how the file begins when not said."
)

TrainedLinker = Annotated[
    Path | None,
    typer.Option(
        "--linker", metavar="PATH", help="The file or folder that `ontograft train-linker` wrote."
    ),
]


_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(9), *range(11, 32), *range(127, 160))}
_CONTROLS |= {code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


def harmless(text: str) -> str:
    """The text with what commands a terminal, or turns its direction, shown as an escape.

    Names and faults come out of files that strangers wrote.
    """
    return text.translate(_CONTROLS)


def note(text: str) -> None:
    """A line for the person, on stderr."""
    print(harmless(text), file=sys.stderr, flush=True)


def print_json(document: Any) -> None:
    """One JSON document on one line of stdout."""
    print(json.dumps(document, ensure_ascii=False, allow_nan=False))


def print_lines(text: str) -> None:
    """A text on stdout as it is, for a person or a program to read on."""
    print(harmless(text.rstrip("\n")) if sys.stdout.isatty() else text.rstrip("\n"))


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, whole: str = ""
) -> None:
    """A table on stdout; columns whose cells are all numbers are right-aligned.

    Args:
        title: above it; none if empty.
        columns, rows: heads, and a cell for each.
        whole: the column whose cells are never broken over lines, because they are copied.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = [list(row) for row in rows]
    table = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD)
    for index, column in enumerate(columns):
        numeric = all(isinstance(row[index], int | float) for row in rows)
        table.add_column(
            column,
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=column == whole or numeric,
        )
    for row in rows:
        table.add_row(*(Text(cell_text(cell)) for cell in row))
    Console().print(table)


def print_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Name and value, a line each, on stdout."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in facts:
        grid.add_row(name, Text(cell_text(value)))
    Console().print(grid)


def cell_text(value: object) -> str:
    """A value as a person reads it: 19,484 and 0.873."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.3f}"
    return "" if value is None else harmless(str(value))


class Meter:
    """A progress display on stderr with one line a stage: a bar on a terminal, plain lines else."""

    def __init__(self, bars: "Progress | None") -> None:
        self._bars = bars
        self._lines: dict[str, TaskID] = {}
        self._ended: set[str] = set()

    def show(self, stage: str, done: int, total: int | None, remark: str = "") -> None:
        """Say where a stage stands.

        Args:
            stage: its name; a new name starts a new line.
            done, total: in any unit; total None while it is unknown.
            remark: said behind the bar.
        """
        if self._bars is not None:
            if stage not in self._lines:
                self._lines[stage] = self._bars.add_task(stage, total=total, remark="")
            self._bars.update(self._lines[stage], completed=done, total=total, remark=remark)
        elif total is not None and done >= total and stage not in self._ended:
            self._ended.add(stage)
            note(f"{stage}: {total:,} done" + (f" ({remark})" if remark else ""))


@contextmanager
def meter() -> Iterator[Meter]:
    """Show progress on stderr while the block runs."""
    if not sys.stderr.isatty():
        yield Meter(None)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """Steps a second."""

        def render(self, task: Task) -> Text:
            """Empty until there is a rate."""
            return Text(f"{task.speed:,.1f}/s" if task.speed else "")

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[remark]}"),
        console=Console(stderr=True),
    ) as bars:
        yield Meter(bars)
