"""Small tables for notebooks: no scripts, no styles, and every text escaped."""

from collections.abc import Iterable, Sequence
from html import escape

SHOWN_ROWS = 50
"""Rows of a table that are shown; the rest is counted below."""


def table(head: Sequence[str], rows: Sequence[Sequence[object]], *, more: str = "") -> str:
    """A table; of a long one the first rows, with a note that there are others.

    Args:
        head: of the columns.
        rows: a cell for each column.
        more: said behind the count of rows.
    """
    top = "".join(f"<th>{_cell(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>"
        for row in rows[:SHOWN_ROWS]
    )
    shown = min(len(rows), SHOWN_ROWS)
    note = f"<p>{shown:,} of {len(rows):,} rows{escape(more)}</p>"
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>{note}"


def facts(title: str, told: Iterable[tuple[str, object]]) -> str:
    """A title, and a line for each name and value; those without a value are left out."""
    lines = "".join(
        f"<tr><th>{_cell(name)}</th><td>{_cell(value)}</td></tr>" for name, value in told if value
    )
    return f"<table><caption>{_cell(title)}</caption><tbody>{lines}</tbody></table>"


def _cell(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return escape(f"{value:.3f}" if isinstance(value, float) else str(value))
