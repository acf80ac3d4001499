"""Texts with links, from files and to files: one table of formats, one small file for each."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from kg.atomic import open_atomically
from kg.errors import FileFaultError
from linking.errors import TextsError
from linking.formats import (
    bioc_json,
    bioc_xml,
    brat,
    conll,
    docbin,
    label_studio,
    prodigy,
    pubtator,
)
from linking.formats.jsonl import write as write_json_lines
from linking.links import LinkedText
from linking.reading import GoldLink, TextRow, read_json_lines, read_plain_lines


@dataclass(frozen=True, slots=True)
class Format:
    """How texts with links are kept in a file.

    Attributes:
        suffixes: of files in it, lower case, the usual one first.
        read: the texts of a file (of a folder for brat).
        write: the content of a file; None where nothing, or no single file of text, is written.
        save: writes what is no single file of text, whole or not at all.
    """

    suffixes: tuple[str, ...]
    read: Callable[[Path], Iterator[TextRow]]
    write: Callable[[Iterable[LinkedText | TextRow]], Iterator[str]] | None = None
    save: Callable[[Iterable[TextRow], Path], None] | None = None


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
        passages=text.passages,
    )


def _of_rows(
    write: Callable[[Iterable[TextRow]], Iterator[str]],
) -> Callable[[Iterable[LinkedText | TextRow]], Iterator[str]]:
    return lambda texts: write(map(row_of, texts))


FORMATS: dict[str, Format] = {
    "text": Format((".txt",), read_plain_lines),
    "jsonl": Format((".jsonl",), read_json_lines, write_json_lines),
    "pubtator": Format((".pubtator",), pubtator.read, _of_rows(pubtator.write)),
    "brat": Format((".ann",), brat.read, save=brat.write),
    "conll": Format((".conll", ".iob", ".iob2", ".bio"), conll.read, _of_rows(conll.write)),
    "label-studio": Format((".json",), label_studio.read, _of_rows(label_studio.write)),
    "bioc-xml": Format((".xml", ".biocxml"), bioc_xml.read, _of_rows(bioc_xml.write)),
    "bioc-json": Format((".json", ".biocjson"), bioc_json.read, _of_rows(bioc_json.write)),
    "prodigy": Format((".jsonl",), prodigy.read, _of_rows(prodigy.write)),
    "spacy": Format((".spacy",), docbin.read, save=docbin.write),
}

# A key of JSON follows no backslash: within a string its quote would.
_SIGNS: dict[str, tuple[str, re.Pattern[bytes]]] = {
    ".txt": ("pubtator", re.compile(rb"\s*\d+\|[ta]\|")),
    ".json": (
        "bioc-json",
        re.compile(
            rb'[^{]*\{[^{]*?("infons"\s*:\s*\{[^}]*\}[^{]*?)?'
            rb'"(documents|passages|PubTator3)"\s*:'
        ),
    ),
    ".jsonl": (
        "prodigy",
        re.compile(rb'\s*\{[^\n]*(?<!\\)"(spans|answer|_input_hash|_task_hash)"\s*:'),
    ),
}
"""By how a file begins, it is in another format than its suffix says."""
_HEAD_BYTES = 1 << 16


def read_texts(path: str | Path, *, format: str | None = None) -> Iterator[TextRow]:
    """Read a corpus.

    Args:
        path: a file, or a folder for brat.
        format: None tells it by the suffix; a folder is brat, and a .txt file that begins like
            PubTator is PubTator, a .json file like BioC is BioC, a .jsonl file like Prodigy's is
            Prodigy's.

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
    """Write texts with their links, whole or not at all.

    Args:
        path: a file, or a folder for brat.
        texts: links with what the format has room for: probability and label where it can.
        format: None tells it by the suffix of the path.

    Raises:
        FileFaultError: of no known format, or of one that keeps no links.
        TextsError: a text that is no Unicode (half a surrogate pair).
    """
    path = Path(path)
    name = _known(format or _by_suffix(path))
    save = FORMATS[name].save
    try:
        if save is not None:
            save(map(row_of, texts), path)
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
        why = "is no single file of text" if FORMATS[format].save else "keeps no links"
        files = ", ".join(name for name, known in FORMATS.items() if known.write)
        raise FileFaultError(f'the format "{format}" {why}', mend=f"Take one of: {files}.")
    return write(texts)


def format_of(path: Path) -> str:
    """The format of a file by its suffix and, for .txt, .json and .jsonl, by how it begins.

    Raises:
        FileFaultError: the suffix is not known.
    """
    name, sign = _SIGNS.get(path.suffix.lower(), ("", None))
    if sign is not None and path.is_file():
        with path.open("rb") as stream:
            if sign.match(stream.read(_HEAD_BYTES).removeprefix(b"\xef\xbb\xbf")):
                return name
    return _by_suffix(path)


def _by_suffix(path: Path) -> str:
    if path.is_dir():
        return "brat"
    for name, format in FORMATS.items():
        if path.suffix.lower() in format.suffixes:
            return name
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


def _some(rows: Iterator[TextRow], path: Path) -> Iterator[TextRow]:
    """The rows, of which there must be one."""
    for first in rows:
        yield from chain([first], rows)
        return
    raise FileFaultError(
        "holds no text", where=str(path), mend="Give a file with at least one text."
    )
