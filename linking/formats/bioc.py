"""What BioC's XML and JSON share: documents of passages with offsets, and annotations in them.

BioC (Comeau et al. 2013, doi:10.1093/database/bat064) counts in the document. Files differ in
what they count, and from where: code points, UTF-8 bytes or UTF-16 units; from the start of the
document or of the annotation's own sentence or passage. The first way by which every annotation
of a document holds the text that the file says it holds is taken; where there is none, the file is
refused. The concept is the infon "identifier", one named after its vocabulary (MESH, OMIM), or
the first that is an IRI or a CURIE; an annotation without one is no link. One in pieces is read
from its first character to its last.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from linking.errors import TextsError
from linking.reading import GoldLink, Passage, TextRow

NO_CONCEPT = ("", "-", "-1", "None")
KIND = "Concept"
"""Type of the annotations that have none."""
VOCABULARIES = ("MESH", "OMIM")
"""Infons that hold the identifier alone; its prefix is their name."""
LARGEST_GAP = 1000
"""Between two passages, so that offsets stay those of the document; a larger one is one break."""

_CONCEPT = re.compile(r"https?://\S+|[A-Za-z][\w.]*:\S+")


@dataclass(frozen=True, slots=True)
class Piece:
    """The text of a passage or of a sentence.

    Attributes:
        offset: where it starts, as the file counts.
        text: as given.
        begins: it is the first of its passage.
        infons: of the passage that it begins.
    """

    offset: int
    text: str
    begins: bool
    infons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Annotation:
    """An annotation as it stands in the file.

    Attributes:
        infons: its properties.
        surface: the text that it says it holds; None if it says nothing.
        locations: offset and length of each part, as the file counts.
        base: offset of the sentence or passage that it stands in.
        within: which piece that is; None for a passage of sentences.
        where: file:line.
    """

    infons: Mapping[str, str]
    surface: str | None
    locations: tuple[tuple[int, int], ...]
    base: int
    within: int | None
    where: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it stands in the file."""

    id: str
    pieces: tuple[Piece, ...]
    annotations: tuple[Annotation, ...]


def infons_of(link: GoldLink) -> dict[str, str]:
    """What is written about a link."""
    infons = {"identifier": link.curie, "type": link.kind or KIND}
    if link.label:
        infons["name"] = link.label
    if link.probability is not None:
        infons["score"] = repr(link.probability)
    return infons


def passages_of(row: TextRow) -> Iterator[tuple[Passage, tuple[GoldLink, ...]]]:
    """The passages to write, with the links in each.

    Where a link lies in none, or text between them, the text is one passage.
    """
    links = row.gold or ()
    if not row.passages:
        yield Passage(0, len(row.text)), links
        return
    found = [
        (one, tuple(link for link in links if one.start <= link.start and link.end <= one.end))
        for one in row.passages
    ]
    text = "".join(row.text[one.start : one.end] for one in row.passages)
    if sum(len(within) for _, within in found) == len(links) and _bare(text) == _bare(row.text):
        yield from found
    else:
        yield Passage(0, len(row.text)), links


def row_of(document: Document) -> TextRow:
    """The text of all passages, and its links.

    Raises:
        TextsError: an annotation does not hold what it says; names file:line.
    """
    marked = [a for a in document.annotations if a.locations and _concept(a.infons)]
    plain = all(piece.text.isascii() for piece in document.pieces)
    least = (len(marked) + 1, _Placed((), None), True)
    for width in WIDTHS[:1] if plain else WIDTHS:
        placed = _Placed(document.pieces, width)
        for from_start in (True, False):
            spans = [placed.span(annotation, from_start=from_start) for annotation in marked]
            wrong = spans.count(None)
            if not wrong:
                links = tuple(map(_link, marked, (span for span in spans if span is not None)))
                passages = tuple(placed.passages())
                if len(passages) == 1 and not passages[0].infons:
                    passages = ()
                return TextRow(document.id, placed.text, links, passages=passages)
            if wrong < least[0]:
                least = wrong, placed, from_start
    raise _fault(marked, least[1], from_start=least[2])


def _fault(marked: Iterable[Annotation], placed: "_Placed", *, from_start: bool) -> TextsError:
    """The first annotation that does not hold, by the way of counting that most others hold by."""
    wrong = next(a for a in marked if placed.span(a, from_start=from_start) is None)
    return TextsError(
        placed.told(wrong, from_start=from_start),
        where=wrong.where,
        mend="Offsets count from the start of the document; a location has offset and length.",
    )


def _bytes(character: str) -> int:
    return len(character.encode("utf-8", "surrogatepass"))


def _units(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1


WIDTHS: tuple[Callable[[str], int] | None, ...] = (None, _bytes, _units)
"""What files count: code points, UTF-8 bytes, UTF-16 units."""


@dataclass(frozen=True, slots=True)
class _Spot:
    """A piece in the text: its offset in the file and here, and the code points at its offsets."""

    offset: int
    at: int
    length: int
    points: Mapping[int, int] | None

    def point(self, offset: int) -> int | None:
        """The code point of the text at an offset of the file; None outside the piece."""
        count = offset - self.offset
        if self.points is not None:
            found = self.points.get(count)
            return None if found is None else self.at + found
        return self.at + count if 0 <= count <= self.length else None


class _Placed:
    """The pieces of a document in one text, by one way of counting."""

    def __init__(self, pieces: Sequence[Piece], width: Callable[[str], int] | None) -> None:
        parts: list[str] = []
        self._spots: list[_Spot] = []
        at = end = 0
        for piece in pieces:
            gap = piece.offset - end
            if not 0 <= gap <= LARGEST_GAP:
                gap = 1 if parts else 0
            filler = ("\n" if piece.begins and parts else " ") + " " * gap
            parts += [filler[:gap], piece.text]
            at += gap
            length = len(piece.text)
            points = None
            if width is not None:
                counts = accumulate(map(width, piece.text), initial=0)
                points = {count: point for point, count in enumerate(counts)}
            self._spots.append(_Spot(piece.offset, at, length, points))
            at += length
            end = piece.offset + (length if points is None else next(reversed(points)))
        self.text = "".join(parts)
        self._begins = [(piece.begins, piece.infons) for piece in pieces]
        self._by_offset = sorted(self._spots, key=lambda spot: spot.offset)
        self._offsets = [spot.offset for spot in self._by_offset]

    def passages(self) -> Iterator[Passage]:
        """The passages, from the first of their pieces to the last."""
        start, end, known = 0, 0, None
        for spot, (begins, infons) in zip(self._spots, self._begins, strict=True):
            if begins:
                if known is not None:
                    yield Passage(start, end, known)
                start, known = spot.at, infons
            end = spot.at + spot.length
        if known is not None:
            yield Passage(start, end, known)

    def span(self, annotation: Annotation, *, from_start: bool) -> tuple[int, int] | None:
        """Code points of an annotation, if it holds there what it says."""
        shift = 0 if from_start else annotation.base
        found = []
        for offset, length in annotation.locations:
            span = self._find(offset + shift, length, annotation.within)
            if span is None:
                return None
            found.append(span)
        start, end = found[0][0], max(last for _, last in found)
        written = annotation.surface
        if written is not None:
            parts = "".join(self.text[first:last] for first, last in found)
            if _bare(written) not in (_bare(parts), _bare(self.text[start:end])):
                return None
        return start, end

    def told(self, annotation: Annotation, *, from_start: bool) -> str:
        """What stands where an annotation points."""
        offset, length = annotation.locations[0]
        shift = 0 if from_start else annotation.base
        span = self._find(offset + shift, length, annotation.within)
        place = f"{offset}..{offset + length}"
        if span is None:
            return f"the annotation {place} does not lie in the text of a passage"
        return f'{place} of the text is "{self.text[slice(*span)]}", not "{annotation.surface}"'

    def _find(self, offset: int, length: int, within: int | None) -> tuple[int, int] | None:
        own = [self._spots[within]] if within is not None else []
        at = bisect_right(self._offsets, offset)
        for spot in own + self._by_offset[max(at - 1, 0) : at]:
            start, end = spot.point(offset), spot.point(offset + length)
            if start is not None and end is not None and start < end:
                return start, end
        return None


def _bare(text: str) -> str:
    """Corpora differ from their own texts in blanks."""
    return "".join(text.split())


def _concept(infons: Mapping[str, str]) -> str:
    """The concept of an annotation, or nothing."""
    for key, value in infons.items():
        if key.lower() == "identifier":
            return "" if value.strip() in NO_CONCEPT else value.strip()
    for key in VOCABULARIES:
        value = infons.get(key, "").strip()
        if value not in NO_CONCEPT:
            return f"{key}:{value}"
    return next(_others(infons), "")


def _others(infons: Mapping[str, str]) -> Iterator[str]:
    for key, value in infons.items():
        if key != "type" and _CONCEPT.fullmatch(value.strip()):
            yield value.strip()


def _link(annotation: Annotation, span: tuple[int, int]) -> GoldLink:
    infons = annotation.infons
    return GoldLink(
        *span,
        _concept(infons),
        infons.get("type", ""),
        infons.get("name", ""),
        _probability(infons.get("score", "")),
    )


def _probability(score: str) -> float | None:
    try:
        value = float(score)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None
