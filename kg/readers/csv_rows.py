"""Rows of a CSV text, with the lines on which they begin."""

import csv
import io
from collections.abc import Callable, Iterator


def csv_rows(
    text: str, separator: str, *, lost: Callable[[int, str], None], first_line: int = 1
) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty (RFC 4180); one that cannot be read is told, and the next goes on.

    Args:
        text: of all lines.
        separator: one character.
        lost: called with line and reason.
        first_line: the number of the first line.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = first_line + reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lost(line, str(error))
            continue
        if any(cells):
            yield line, cells
