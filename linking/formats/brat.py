"""brat standoff: `NAME.txt` with the text and `NAME.ann` with its mentions, in one folder.

`T1<tab>Type start end<tab>text` is a mention, `N1<tab>Reference T1 CURIE<tab>label` its concept. A
mention without one is no link. A mention in pieces ("0 4;9 12") is read as one from its first
character to its last; one with line breaks is written in pieces, as brat does. Attributes, events,
relations and notes are not read.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from kg.atomic import replace_folder
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
    """Two files for each text, named after its id, in one step; what else is in the folder stays.

    Raises:
        FileFaultError: it is the working folder, which cannot be replaced under the user's feet.
        TextsError: two ids make the same file name; the folder is then as it was.
    """
    folder = folder.resolve()
    if folder == Path.cwd():
        raise FileFaultError(
            "is the folder that you are in, which cannot be replaced as a whole",
            where=str(folder),
            mend="Name another folder, or one in it.",
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".tmp"))
    try:
        _write_files(rows, staged)
        if folder.is_dir():
            _keep_others(folder, staged)
        else:
            staged.chmod(0o777 & ~_mask())
        replace_folder(staged, folder)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise


def _write_files(rows: Iterable[TextRow], folder: Path) -> None:
    written: set[str] = set()
    for number, row in enumerate(rows, start=1):
        name = _UNSAFE.sub("_", row.id) or str(number)
        if name in written:
            raise TextsError(f'two texts would be "{name}.txt"', where=f'id "{row.id}"')
        written.add(name)
        (folder / f"{name}.txt").write_bytes(row.text.encode("utf-8"))
        (folder / f"{name}.ann").write_bytes("".join(_lines_of(row)).encode("utf-8"))


def _keep_others(folder: Path, staged: Path) -> None:
    """Take over what is in the old folder and not written anew."""
    for path in folder.iterdir():
        target = staged / path.name
        if target.exists():
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.copytree(path, target, symlinks=True, copy_function=_link_or_copy)
        else:
            _link_or_copy(path, target)
    shutil.copystat(folder, staged)


def _link_or_copy(source: str | Path, target: str | Path) -> None:
    """The same file under another name, as the old name goes; a copy where there are no links."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


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
