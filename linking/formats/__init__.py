"""Texts with links, from files and to files: one table of formats, one small file for each."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from kg.atomic import open_atomically
from kg.errors import FileFaultError
from linking.errors import TextsError
from linking.formats import brat, conll, label_studio, pubtator
from linking.formats.jsonl import write as write_json_lines
from linking.links import LinkedText
from linking.reading import GoldLink, TextRow, read_json_lines, read_plain_lines


@dataclass(frozen=True, slots=True)
class Format:
    """How texts with links are kept in a file.

    Attributes:
        suffixes: of files in it, lower case, the usual one first.
        read: the texts of a file (of a folder for brat).
        write: the content of a file; None where nothing, or not one file, is written.
    """

    suffixes: tuple[str, ...]
    read: Callable[[Path], Iterator[TextRow]]
    write: Callable[[Iterable[LinkedText | TextRow]], Iterator[str]] | None = None


def row_of(text: LinkedText | TextRow) -> TextRow:
    """A linked text as what is written: the best candidate of each link."""
    if isinstance(text, TextRow):
        return text
    return TextRow(
        text.id,
        text.text,
        tuple(
            GoldLink(link.start, link.end, link.curie, "", link.label, link.probability)
            for link in text.links
        ),
    )


def _of_rows(
    write: Callable[[Iterable[TextRow]], Iterator[str]],
) -> Callable[[Iterable[LinkedText | TextRow]], Iterator[str]]:
    return lambda texts: write(map(row_of, texts))


FORMATS: dict[str, Format] = {
    "text": Format((".txt",), read_plain_lines),
    "jsonl": Format((".jsonl",), read_json_lines, write_json_lines),
    "pubtator": Format((".pubtator",), pubtator.read, _of_rows(pubtator.write)),
    "brat": Format((".ann",), brat.read),
    "conll": Format((".conll", ".iob", ".iob2", ".bio"), conll.read, _of_rows(conll.write)),
    "label-studio": Format((".json",), label_studio.read, _of_rows(label_studio.write)),
}

_PUBTATOR = re.compile(rb"\d+\|[ta]\|")


def read_texts(path: str | Path, *, format: str | None = None) -> Iterator[TextRow]:
    """Read a corpus.

    Args:
        path: a file, or a folder for brat.
        format: None tells it by the suffix; a folder is brat, and a .txt file that begins like
            PubTator is PubTator, any other a text a line.

    Raises:
        FileFaultError: missing, of no known format, or without any text.
        SyntaxFaultError: not UTF-8 or not JSON; names file:line:column.
        TextsError: fields or offsets that do not hold together; names file:line.
    """
    path = Path(path)
    if not path.exists():
        raise FileFaultError(
            "there is no such file", where=str(path), mend="Give a .txt or .jsonl file."
        )
    name = format or format_of(path)
    if path.is_dir() and (name != "brat" or not any(path.glob("*.txt"))):
        raise FileFaultError(
            "is a folder", where=str(path), mend="Give a file in it, or a folder of brat files."
        )
    return _some(FORMATS[_known(name)].read(path), path)


def write_texts(
    path: str | Path, texts: Iterable[LinkedText | TextRow], *, format: str | None = None
) -> None:
    """Write texts with their links, whole or not at all (brat: file by file).

    Args:
        path: a file, or a folder for brat.
        texts: links with what the format has room for: probability and label where it can.
        format: None tells it by the suffix of the path.

    Raises:
        FileFaultError: of no known format, or of one that keeps no links.
        TextsError: a text that is no Unicode (half a surrogate pair).
    """
    path = Path(path)
    name = _known(format or format_of(path))
    try:
        if name == "brat":
            brat.write(map(row_of, texts), path)
            return
        with open_atomically(path) as stream:
            for part in lines_in(name, texts):
                stream.write(part.encode("utf-8"))
    except UnicodeEncodeError as fault:
        raise TextsError(
            "a text holds half a surrogate pair, which UTF-8 cannot write",
            where=str(path),
            mend="Read the text with errors='replace'.",
        ) from fault


def lines_in(format: str, texts: Iterable[LinkedText | TextRow]) -> Iterator[str]:
    """What a file in this format holds, piece by piece.

    Raises:
        FileFaultError: the format is not known, keeps no links or is no single file.
    """
    write = FORMATS[_known(format)].write
    if write is None:
        why = "is two files for each text" if format == "brat" else "keeps no links"
        files = ", ".join(name for name, known in FORMATS.items() if known.write)
        raise FileFaultError(f'the format "{format}" {why}', mend=f"Take one of: {files}.")
    return write(texts)


def format_of(path: Path) -> str:
    """The format of a file by its suffix and, for .txt, by how it begins.

    Raises:
        FileFaultError: the suffix is not known.
    """
    suffix = path.suffix.lower()
    if path.is_dir():
        return "brat"
    for name, format in FORMATS.items():
        if suffix in format.suffixes:
            return "pubtator" if name == "text" and _begins_like_pubtator(path) else name
    raise FileFaultError(
        f'"{path.suffix}" is not a kind of text file that is read here',
        where=str(path),
        mend="Name it .txt (a text a line) or .jsonl (a JSON object a line), or say the format: "
        f"{', '.join(FORMATS)}.",
    )


def _known(name: str) -> str:
    if name not in FORMATS:
        raise FileFaultError(
            f'there is no format "{name}"', mend=f"The formats are: {', '.join(FORMATS)}."
        )
    return name


def _begins_like_pubtator(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return _PUBTATOR.match(stream.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()) is not None


def _some(rows: Iterator[TextRow], path: Path) -> Iterator[TextRow]:
    """The rows, of which there must be one."""
    for first in rows:
        yield from chain([first], rows)
        return
    raise FileFaultError(
        "holds no text", where=str(path), mend="Give a file with at least one text."
    )
