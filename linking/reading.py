"""Texts from files: a text a line (.txt), or a JSON object a line (.jsonl), with gold if given."""

import difflib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.errors import FileFaultError, SyntaxFaultError
from linking.errors import TextsError

FIELDS = ("id", "text", "links", "labels", "split")


@dataclass(frozen=True, slots=True)
class GoldLink:
    """A link that a careful reader marked; offsets are code points of the text."""

    start: int
    end: int
    curie: str


@dataclass(frozen=True, slots=True)
class TextRow:
    """A text of a corpus.

    Attributes:
        id: its own, or the number of its line.
        text: as given.
        gold: the marked links; None when nobody marked this text, empty when nothing is in it.
        labels: CURIEs that the text as a whole is labelled with.
        split: "train", "dev", "test" or None.
    """

    id: str
    text: str
    gold: tuple[GoldLink, ...] | None = None
    labels: tuple[str, ...] = ()
    split: str | None = None


def read_texts(path: str | Path) -> Iterator[TextRow]:
    """Read a corpus, line by line; blank lines are skipped.

    Args:
        path: `.txt`, a text a line, or `.jsonl`, a line as
            `{"id", "text", "links": [{"start", "end", "curie"}], "labels": [...], "split"}`,
            of which only "text" is needed.

    Raises:
        FileFaultError: missing, a folder, of another kind, or without any text.
        SyntaxFaultError: a line that is not UTF-8 or not JSON; names file:line:column.
        TextsError: a line with a missing, unknown or ill-typed field; names file:line.
    """
    path = Path(path)
    readers: dict[str, Callable[[str, int, str], TextRow]] = {
        ".txt": _read_plain_line,
        ".jsonl": _read_json_line,
    }
    if not path.exists():
        raise FileFaultError(
            "there is no such file", where=str(path), mend="Give a .txt or .jsonl file."
        )
    if path.is_dir():
        raise FileFaultError("is a folder", where=str(path), mend="Give a file in it.")
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise FileFaultError(
            f'"{path.suffix}" is not a kind of text file that is read here',
            where=str(path),
            mend="Name it .txt (a text a line) or .jsonl (a JSON object a line).",
        )
    return _read_lines(path, reader)


def _read_lines(path: Path, reader: Callable[[str, int, str], TextRow]) -> Iterator[TextRow]:
    found = False
    try:
        with path.open("rb") as lines:
            for number, raw in enumerate(lines, start=1):
                line = _decoded(raw, f"{path}:{number}", first=number == 1)
                if line.strip():
                    found = True
                    yield reader(line, number, f"{path}:{number}")
    except OSError as fault:
        raise FileFaultError(
            f"cannot be read: {fault.strerror}", where=str(path), mend="Check its permissions."
        ) from fault
    if not found:
        raise FileFaultError(
            "holds no text", where=str(path), mend="Give a file with at least one text."
        )


def _decoded(raw: bytes, where: str, *, first: bool) -> str:
    try:
        return raw.decode("utf-8-sig" if first else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as fault:
        raise SyntaxFaultError(
            f"byte 0x{raw[fault.start]:02x} is not UTF-8",
            where=f"{where}:{fault.start + 1}",
            mend="Save the file as UTF-8.",
        ) from fault


def _read_plain_line(line: str, number: int, where: str) -> TextRow:
    return TextRow(str(number), line)


def _read_json_line(line: str, number: int, where: str) -> TextRow:
    try:
        document = json.loads(line)
    except json.JSONDecodeError as fault:
        raise SyntaxFaultError(
            f"not JSON: {fault.msg}",
            where=f"{where}:{fault.colno}",
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
    whole = all(isinstance(value, int) and not isinstance(value, bool) for value in (start, end))
    if not whole or not 0 <= start < end <= len(text):
        raise TextsError(
            f"the link {start}..{end} does not lie in the text of {len(text)} characters",
            where=where,
            mend="Offsets count code points from 0; the end is not included.",
        )
    if not isinstance(curie, str):
        raise TextsError(f'"curie" of the link {start}..{end} is no string', where=where)
    return GoldLink(start, end, curie)
