"""BioC as XML, read as a stream by expat; `linking/formats/bioc.py` says what it means.

A DOCTYPE may stand there, as BioC files have one; its file is never fetched, and entities that
it declares are refused. What we write has the passages, not their sentences.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import escape

from kg.errors import FileFaultError, SyntaxFaultError
from linking.errors import TextsError
from linking.formats.bioc import Annotation, Document, Piece, infons_of, passages_of, row_of
from linking.reading import GoldLink, Passage, TextRow

_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE collection SYSTEM "BioC.dtd">
<collection>
<source>ontograft</source>
<date></date>
<key>ontograft.key</key>
"""
_CHUNK = 1 << 20
_DIGITS = 18
"""Of a number; Python refuses to read thousands of them."""
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def read(path: Path) -> Iterator[TextRow]:
    """The documents of a file, in its order.

    Raises:
        FileFaultError: it cannot be read.
        SyntaxFaultError: no XML, or one that declares entities; names file:line:column.
        TextsError: no BioC, or annotations that do not hold what they say; names file:line.
    """
    reader = _Reader(path)
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                yield from map(row_of, reader.feed(chunk))
        yield from map(row_of, reader.feed(b"", last=True))
    except OSError as fault:
        raise FileFaultError(
            f"cannot be read: {fault.strerror}", where=str(path), mend="Check its permissions."
        ) from fault


def write(rows: Iterable[TextRow]) -> Iterator[str]:
    """A document for each text.

    Raises:
        TextsError: a control character, which XML cannot hold.
    """
    yield _HEAD
    for number, row in enumerate(rows, start=1):
        id = _written(row.id, row) or str(number)
        yield f"<document>\n<id>{id}</id>\n"
        count = 1
        for passage, links in passages_of(row):
            yield from _passage(passage, links, count, row)
            count += len(links)
        yield "</document>\n"
    yield "</collection>\n"


def _passage(
    passage: Passage, links: Iterable[GoldLink], number: int, row: TextRow
) -> Iterator[str]:
    yield "<passage>\n"
    for key, value in passage.infons:
        quoted = _written(key, row).replace('"', "&quot;")
        yield f'<infon key="{quoted}">{_written(value, row)}</infon>\n'
    yield f"<offset>{passage.start}</offset>\n"
    yield f"<text>{_written(row.text[passage.start : passage.end], row)}</text>\n"
    for at, link in enumerate(links, number):
        yield from _annotation(link, at, row)
    yield "</passage>\n"


def _annotation(link: GoldLink, number: int, row: TextRow) -> Iterator[str]:
    yield f'<annotation id="{number}">\n'
    for key, value in infons_of(link).items():
        yield f'<infon key="{key}">{_written(value, row)}</infon>\n'
    yield f'<location offset="{link.start}" length="{link.end - link.start}"/>\n'
    yield f"<text>{_written(row.text[link.start : link.end], row)}</text>\n</annotation>\n"


def _written(text: str, row: TextRow) -> str:
    wrong = _NOT_IN_XML.search(text)
    if wrong is not None:
        raise TextsError(
            f"XML cannot hold the character U+{ord(wrong[0]):04X}",
            where=f'id "{row.id}"',
            mend="Write bioc-json, or take it out of the text.",
        )
    return escape(text, {"\r": "&#13;"})


class _Reader:
    """The documents that are whole so far."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: list[str] = []
        self._characters: list[str] = []
        self._done: list[Document] = []
        self._key = ""
        self._start_document()
        self._start_holder()
        self._start_annotation()
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters.append
        parser.EntityDeclHandler = self._refuse_entity
        parser.SkippedEntityHandler = self._refuse_entity
        self._parser = parser

    def feed(self, content: bytes, *, last: bool = False) -> list[Document]:
        """Parse the next bytes; what documents end in them."""
        try:
            self._parser.Parse(content, last)
        except expat.ExpatError as fault:
            raise SyntaxFaultError(
                f"no XML: {expat.ErrorString(fault.code)}",
                where=f"{self._path}:{fault.lineno}:{fault.offset + 1}",
                mend="Look whether the file is whole, and in UTF-8.",
            ) from None
        except (LookupError, ValueError) as fault:
            raise SyntaxFaultError(
                f"an encoding that is not known: {fault}",
                where=f"{self._path}:1",
                mend="Save the file as UTF-8.",
            ) from fault
        done, self._done = self._done, []
        return done

    def _where(self) -> str:
        return f"{self._path}:{self._parser.CurrentLineNumber}"

    def _refuse_entity(self, *_: object) -> None:
        raise SyntaxFaultError(
            "the file has an entity of its own, which BioC needs none of",
            where=f"{self._where()}:{self._parser.CurrentColumnNumber + 1}",
            mend="Replace it by what it stands for.",
        )

    def _start_document(self) -> None:
        self._id = ""
        self._begins = True
        self._passage_offset: int | None = None
        self._passage_infons: dict[str, str] = {}
        self._pieces: list[Piece] = []
        self._annotations: list[Annotation] = []

    def _start_holder(self) -> None:
        self._offset: int | None = None
        self._within: int | None = None

    def _start_annotation(self) -> None:
        self._line = self._where() if self._open else ""
        self._infons: dict[str, str] = {}
        self._surface: str | None = None
        self._locations: list[tuple[int, int]] = []

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._open and name != "collection":
            raise TextsError(
                f"a file of <{name}>, not of BioC",
                where=self._where(),
                mend="BioC begins with <collection>.",
            )
        self._open.append(name)
        self._characters.clear()
        if name == "document":
            self._start_document()
        elif name in ("passage", "sentence"):
            self._start_holder()
            if name == "passage":
                self._begins = True
                self._passage_offset = None
                self._passage_infons = {}
        elif name == "annotation":
            self._start_annotation()
        elif name == "infon":
            self._key = attributes.get("key", "")
        elif name == "location" and self._parent() == "annotation":
            offset, length = attributes.get("offset", ""), attributes.get("length", "")
            self._locations.append((self._number(offset), self._number(length)))

    def _end(self, name: str) -> None:
        parent, content = self._parent(), "".join(self._characters)
        self._open.pop()
        self._characters.clear()
        if name == "document":
            self._done.append(Document(self._id, tuple(self._pieces), tuple(self._annotations)))
        elif name == "sentence":
            self._offset, self._within = self._passage_offset, None
        elif name == "annotation":
            self._end_annotation(parent)
        elif name == "infon":
            infons = {"annotation": self._infons, "passage": self._passage_infons}.get(parent, {})
            infons.setdefault(self._key, content)
        elif parent == "annotation":
            if name == "text":
                self._surface = content
        elif parent == "document" and name == "id":
            self._id = content
        elif parent in ("passage", "sentence"):
            if name == "offset":
                self._offset = self._number(content)
                if parent == "passage":
                    self._passage_offset = self._offset
            elif name == "text":
                self._end_text(content)

    def _end_text(self, content: str) -> None:
        self._within = len(self._pieces)
        infons = tuple(self._passage_infons.items()) if self._begins else ()
        self._pieces.append(Piece(self._own_offset(), content, self._begins, infons))
        self._begins = False

    def _end_annotation(self, parent: str) -> None:
        if parent not in ("passage", "sentence"):
            self._locations = []  # of the whole document
        base = self._own_offset() if self._locations else 0
        self._annotations.append(
            Annotation(
                self._infons, self._surface, tuple(self._locations), base, self._within, self._line
            )
        )

    def _own_offset(self) -> int:
        if self._offset is None:
            raise TextsError(
                "a passage or sentence has no offset before its text", where=self._where()
            )
        return self._offset

    def _parent(self) -> str:
        return self._open[-2] if len(self._open) > 1 else ""

    def _number(self, written: str) -> int:
        digits = written.strip()
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= _DIGITS):
            raise TextsError(
                f'"{written[:_DIGITS]}" is no number of at most {_DIGITS} digits',
                where=self._where(),
                mend="Offsets and lengths are whole numbers from 0.",
            )
        return int(digits)
