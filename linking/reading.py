"""Texts with gold links, and how they are read from lines: plain ones, or JSON objects.

`linking/formats` holds the other formats, and the table of all.
"""

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.errors import FileFaultError, SyntaxFaultError
from linking.errors import TextsError

FIELDS = ("id", "text", "links", "labels", "split")


@dataclass(frozen=True, slots=True)
class GoldLink:
    """A link that a careful reader marked, or that is written to a file.

    Attributes:
        start, end: code points of the text; the end is not included.
        curie: the concept, as the file names it.
        kind: the type of the mention where the format has one, such as "Disease".
        label: of the concept, where the format has room for it.
        probability: of the concept; None for what a person marked.
    """

    start: int
    end: int
    curie: str
    kind: str = ""
    label: str = ""
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a text, such as its title, in formats that have them.

    Attributes:
        start, end: code points of the text.
        infons: what the file says of it, key and value.
    """

    start: int
    end: int
    infons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TextRow:
    """A text of a corpus.

    Attributes:
        id: its own, or the number of its line.
        text: as given.
        gold: the marked links; None when nobody marked this text, empty when nothing is in it.
        labels: CURIEs that the text as a whole is labelled with.
        split: "train", "dev", "test" or None.
        passages: in their order; empty where the text is one.
    """

    id: str
    text: str
    gold: tuple[GoldLink, ...] | None = None
    labels: tuple[str, ...] = ()
    split: str | None = None
    passages: tuple[Passage, ...] = ()


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a UTF-8 file with their numbers from 1, without line ends; blank ones too.

    Raises:
        FileFaultError: it cannot be read.
        SyntaxFaultError: a line that is not UTF-8; names file:line:column.
    """
    try:
        with path.open("rb") as lines:
            for number, raw in enumerate(lines, start=1):
                yield number, _decoded(raw, f"{path}:{number}", first=number == 1)
    except OSError as fault:
        raise FileFaultError(
            f"cannot be read: {fault.strerror}", where=str(path), mend="Check its permissions."
        ) from fault


def read_plain_lines(path: Path) -> Iterator[TextRow]:
    """A text a line; blank lines are skipped, and the number of the line is the id."""
    for number, line in lines_of(path):
        if line.strip():
            yield TextRow(str(number), line)


def read_json_lines(path: Path) -> Iterator[TextRow]:
    """A JSON object a line; blank lines are skipped."""
    for number, line in lines_of(path):
        if line.strip():
            yield _read_json_line(line, number, f"{path}:{number}")


def _decoded(raw: bytes, where: str, *, first: bool) -> str:
    try:
        return raw.decode("utf-8-sig" if first else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as fault:
        raise SyntaxFaultError(
            f"byte 0x{raw[fault.start]:02x} is not UTF-8",
            where=f"{where}:{fault.start + 1}",
            mend="Save the file as UTF-8.",
        ) from fault


def _read_json_line(line: str, number: int, where: str) -> TextRow:
    try:
        document = json.loads(line)
    except json.JSONDecodeError as fault:
        raise SyntaxFaultError(
            f"not JSON: {fault.msg}",
            where=f"{where}:{fault.colno}",
            mend="A .jsonl file has one whole JSON object a line.",
        ) from fault
    except (RecursionError, ValueError) as fault:  # ValueError: a number of thousands of digits
        raise SyntaxFaultError(
            f"no JSON that can be read: {fault}",
            where=where,
            mend="A .jsonl file has one whole JSON object a line.",
        ) from fault
    if not isinstance(document, dict):
        raise TextsError("a line is not a JSON object", where=where, mend='Write {"text": "..."}.')
    for key in document:
        if key not in FIELDS:
            near = difflib.get_close_matches(key, FIELDS, n=1, cutoff=0)
            raise TextsError(f'unknown field "{key}" (nearest: "{near[0]}")', where=where)
    text = document.get("text")
    if not isinstance(text, str):
        raise TextsError('"text" is missing or no string', where=where)
    split = document.get("split")
    if split is not None and not isinstance(split, str):
        raise TextsError('"split" is no string', where=where)
    labels = document.get("labels") or []
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise TextsError('"labels" is no list of strings', where=where)
    gold = document.get("links")
    if gold is not None:
        if not isinstance(gold, list):
            raise TextsError('"links" is no list', where=where)
        gold = tuple(_read_gold(link, text, where) for link in gold)
    return TextRow(str(document.get("id", number)), text, gold, tuple(labels), split)


def _read_gold(link: Any, text: str, where: str) -> GoldLink:
    try:
        start, end, curie = link["start"], link["end"], link["curie"]
    except (KeyError, TypeError) as fault:
        raise TextsError(
            f"a link lacks {fault}", where=where, mend='A link has "start", "end" and "curie".'
        ) from fault
    check_span(start, end, text, where)
    if not isinstance(curie, str):
        raise TextsError(f'"curie" of the link {start}..{end} is no string', where=where)
    return GoldLink(start, end, curie)


def check_span(start: Any, end: Any, text: str, where: str, *, surface: str | None = None) -> None:
    """Refuse a span that does not lie in the text, or is not what the file says it is.

    Raises:
        TextsError: with the place in the file, and what stands in the text.
    """
    whole = all(isinstance(value, int) and not isinstance(value, bool) for value in (start, end))
    if not whole or not 0 <= start < end <= len(text):
        raise TextsError(
            f"the link {start}..{end} does not lie in the text of {len(text)} characters",
            where=where,
            mend="Offsets count code points from 0; the end is not included.",
        )
    if surface is not None and text[start:end] != surface:
        raise TextsError(
            f'{start}..{end} of the text is "{text[start:end]}", not "{surface}"',
            where=where,
            mend="Offsets count code points from 0; the end is not included.",
        )
