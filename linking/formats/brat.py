"""brat standoff: `NAME.txt` with the text and `NAME.ann` with its mentions, in one folder.

`T1<tab>Type start end<tab>text` is a mention, `N1<tab>Reference T1 CURIE<tab>label` its concept. A
mention without one is no link. A mention in pieces ("0 4;9 12") is read as one from its first
character to its last; one with line breaks is written in pieces, as brat does. Attributes, events,
relations and notes are not read.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from kg.atomic import write_atomically
from kg.errors import FileFaultError, SyntaxFaultError
from linking.errors import TextsError
from linking.reading import GoldLink, TextRow, check_span, lines_of

KIND = "Concept"
"""Type of the mentions that have none."""

_MENTION = re.compile(r"(T\S+)\t(\S+) (\d+ \d+(?:;\d+ \d+)*)\t(.*)")
_CONCEPT = re.compile(r"N\S+\t\S+ (T\S+) (\S+)(?:\t(.*))?")
_UNSAFE = re.compile(r"[^\w.-]|^\.")


def read(path: Path) -> Iterator[TextRow]:
    """The texts of a folder by name, or the one of a `.ann` or `.txt` file."""
    for place in sorted(path.glob("*.txt")) if path.is_dir() else [path.with_suffix(".txt")]:
        text = _read_text(place)
        marks = place.with_suffix(".ann")
        yield TextRow(place.stem, text, _read_links(marks, text) if marks.exists() else None)


def write(rows: Iterable[TextRow], folder: Path) -> None:
    """Two files for each text, named after its id; what else is in the folder stays.

    Raises:
        TextsError: two ids make the same file name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: set[str] = set()
    for number, row in enumerate(rows, start=1):
        name = _UNSAFE.sub("_", row.id) or str(number)
        if name in written:
            raise TextsError(f'two texts would be "{name}.txt"', where=f'id "{row.id}"')
        written.add(name)
        write_atomically(folder / f"{name}.txt", row.text)
        write_atomically(folder / f"{name}.ann", "".join(_lines_of(row)))


def _lines_of(row: TextRow) -> Iterator[str]:
    for number, link in enumerate(row.gold or (), start=1):
        pieces = _pieces(row.text, link.start, link.end)
        spans = ";".join(f"{start} {end}" for start, end in pieces)
        surface = " ".join(row.text[start:end] for start, end in pieces)
        yield f"T{number}\t{link.kind or KIND} {spans}\t{surface}\n"
        yield f"N{number}\tReference T{number} {link.curie}\t{link.label}\n"


def _pieces(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The span without the line breaks in it."""
    found = re.finditer(r"[^\r\n]+", text[start:end])
    return [(start + piece.start(), start + piece.end()) for piece in found]


def _read_text(place: Path) -> str:
    try:
        return place.read_bytes().decode("utf-8")
    except UnicodeDecodeError as fault:
        raise SyntaxFaultError(
            f"byte {fault.start} is not UTF-8", where=str(place), mend="Save the file as UTF-8."
        ) from fault
    except OSError as fault:
        raise FileFaultError(
            f"cannot be read: {fault.strerror}",
            where=str(place),
            mend="NAME.ann needs NAME.txt beside it.",
        ) from fault


def _read_links(marks: Path, text: str) -> tuple[GoldLink, ...]:
    spans: dict[str, tuple[int, int, str]] = {}
    concepts: list[tuple[str, str, str, str]] = []
    for number, line in lines_of(marks):
        where = f"{marks}:{number}"
        if line.startswith("T"):
            mark = _MENTION.fullmatch(line)
            if mark is None:
                raise TextsError(
                    "not a mention", where=where, mend="Write T1<tab>Type start end<tab>text."
                )
            pieces = [tuple(map(int, piece.split())) for piece in mark[3].split(";")]
            start, end = pieces[0][0], pieces[-1][1]
            check_span(start, end, text, where)
            written = " ".join(text[first:last] for first, last in pieces)
            if written != mark[4]:
                raise TextsError(
                    f'{mark[3]} of the text is "{written}", not "{mark[4]}"', where=where
                )
            spans[mark[1]] = (start, end, mark[2])
        elif line.startswith("N"):
            concept = _CONCEPT.fullmatch(line)
            if concept is None:
                raise TextsError(
                    "not a concept", where=where, mend="Write N1<tab>Reference T1 CURIE<tab>label."
                )
            concepts.append((where, concept[1], concept[2], concept[3] or ""))
    links = []
    for where, mention, curie, label in concepts:
        if mention not in spans:
            raise TextsError(f"there is no mention {mention}", where=where)
        start, end, kind = spans[mention]
        links.append(GoldLink(start, end, curie, kind, label))
    return tuple(links)
