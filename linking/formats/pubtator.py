"""PubTator: `id|t|title`, `id|a|abstract`, a line of six columns for each mention, a blank line.

Title and abstract make one text with a line break between them. An id of "-1" or "-", or none,
marks a mention of no concept, which is no link. Relations and further columns are not read.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from linking.errors import TextsError
from linking.reading import GoldLink, TextRow, check_span, lines_of

NO_CONCEPT = ("", "-", "-1")
KIND = "Concept"
"""Type of the mentions that have none."""

_HEAD = re.compile(r"([^|\t]+)\|([ta])\|(.*)", re.DOTALL)
_NO_ID = re.compile(r"[|\s]")
_BREAKS = re.compile(r"[\t\n\r]")


def read(path: Path) -> Iterator[TextRow]:
    """The documents of a file, in its order."""
    document: list[tuple[int, str]] = []
    for number, line in lines_of(path):
        if line.strip():
            document.append((number, line))
        elif document:
            yield _read_document(document, path)
            document = []
    if document:
        yield _read_document(document, path)


def write(rows: Iterable[TextRow]) -> Iterator[str]:
    """A document for each text. Line breaks after the first, and tabs, become blanks."""
    for number, row in enumerate(rows, start=1):
        id = _NO_ID.sub("_", row.id) or str(number)
        title, _, abstract = row.text.partition("\n")
        yield f"{id}|t|{_BREAKS.sub(' ', title)}\n{id}|a|{_BREAKS.sub(' ', abstract)}\n"
        for link in row.gold or ():
            surface = _BREAKS.sub(" ", row.text[link.start : link.end])
            kind = link.kind or KIND
            yield f"{id}\t{link.start}\t{link.end}\t{surface}\t{kind}\t{link.curie}\n"
        yield "\n"


def _read_document(lines: list[tuple[int, str]], path: Path) -> TextRow:
    number, first = lines[0]
    title = _HEAD.fullmatch(first)
    if title is None or title[2] != "t":
        raise TextsError(
            "a document does not begin with its title",
            where=f"{path}:{number}",
            mend="Write id|t|title, then id|a|abstract, then the mentions.",
        )
    rest = lines[1:]
    abstract = _HEAD.fullmatch(rest[0][1]) if rest else None
    if abstract is not None:
        rest = rest[1:]
    text = title[3] + (f"\n{abstract[3]}" if abstract is not None and abstract[3] else "")
    links = (_read_mention(line, text, f"{path}:{number}") for number, line in rest)
    return TextRow(title[1], text, tuple(link for link in links if link is not None))


def _read_mention(line: str, text: str, where: str) -> GoldLink | None:
    columns = line.split("\t")
    if len(columns) == 4 and not columns[1].isdecimal():
        return None  # a relation: id, its name, two concepts
    if len(columns) < 5 or not (columns[1].isdecimal() and columns[2].isdecimal()):
        raise TextsError(
            "neither a mention nor a relation",
            where=where,
            mend="A mention has id, start, end, text, type and concept, with tabs between.",
        )
    start, end, surface, kind = int(columns[1]), int(columns[2]), columns[3], columns[4]
    # corpora differ from their own texts in blanks
    same = start < end and "".join(text[start:end].split()) == "".join(surface.split())
    check_span(start, end, text.replace("\n", " "), where, surface=None if same else surface)
    curie = columns[5].strip() if len(columns) > 5 else ""
    return None if curie in NO_CONCEPT else GoldLink(start, end, curie, kind)
