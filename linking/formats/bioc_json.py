"""BioC as JSON; `linking/formats/bioc.py` says what it means.

Read are a collection, a list of collections or documents, and what PubTator 3 gives. What we write
has a document a line, with its passages; sentences are not kept.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kg.errors import SyntaxFaultError
from linking.errors import TextsError
from linking.formats.bioc import Annotation, Document, Piece, infons_of, passages_of, row_of
from linking.reading import GoldLink, TextRow, lines_of

_HEAD = '{"source": "ontograft", "date": "", "key": "ontograft.key", "infons": {}, "documents": ['
_LOCATIONS = re.compile(r'(?<!\\)"locations"\s*:')


def read(path: Path) -> Iterator[TextRow]:
    """The documents of a file, in its order.

    Raises:
        SyntaxFaultError: no JSON; names file:line:column.
        TextsError: no BioC, or annotations that do not hold what they say; names file:line.
    """
    content = "\n".join(line for _, line in lines_of(path))
    try:
        whole = json.loads(content)
    except json.JSONDecodeError as fault:
        raise SyntaxFaultError(
            f"not JSON: {fault.msg}",
            where=f"{path}:{fault.lineno}:{fault.colno}",
            mend="Give one BioC collection.",
        ) from fault
    except (RecursionError, ValueError) as fault:  # ValueError: a number of thousands of digits
        raise SyntaxFaultError(
            f"no JSON that can be read: {fault}", where=str(path), mend="Give one BioC collection."
        ) from fault
    places = _places(content, path)
    for number, document in enumerate(_documents(whole, path), start=1):
        try:
            found = _document(document, places)
        except (LookupError, TypeError, AttributeError, ValueError) as fault:
            raise TextsError(
                f"not a BioC document: {type(fault).__name__} {fault}",
                where=f"{path}: document {number}",
                mend='A document is {"id": …, "passages": [{"offset": 0, "text": …}]}.',
            ) from fault
        yield row_of(found)


def write(rows: Iterable[TextRow]) -> Iterator[str]:
    """A document a line, in one collection."""
    before = _HEAD + "\n"
    for number, row in enumerate(rows, start=1):
        document = {"id": row.id or str(number), "infons": {}, "passages": list(_passages(row))}
        yield before + json.dumps({**document, "relations": []}, ensure_ascii=False)
        before = ",\n"
    yield "\n]}\n" if before == ",\n" else _HEAD + "]}\n"


def _passages(row: TextRow) -> Iterator[dict[str, Any]]:
    number = 1
    for passage, links in passages_of(row):
        yield {
            "offset": passage.start,
            "infons": dict(passage.infons),
            "text": row.text[passage.start : passage.end],
            "sentences": [],
            "annotations": [
                _written_annotation(link, at, row.text) for at, link in enumerate(links, number)
            ],
            "relations": [],
        }
        number += len(links)


def _written_annotation(link: GoldLink, number: int, text: str) -> dict[str, Any]:
    return {
        "id": str(number),
        "infons": infons_of(link),
        "text": text[link.start : link.end],
        "locations": [{"offset": link.start, "length": link.end - link.start}],
    }


def _places(content: str, path: Path) -> Iterator[str]:
    """file:line of each annotation, told by its locations; it has them once."""
    line, at = 1, 0
    for found in _LOCATIONS.finditer(content):
        line += content.count("\n", at, found.start())
        at = found.start()
        yield f"{path}:{line}"


def _documents(whole: Any, path: Path) -> Iterator[Any]:
    for one in whole if isinstance(whole, list) else [whole]:
        if not isinstance(one, dict):
            raise TextsError("not a list of BioC collections", where=str(path))
        inner = next((one[key] for key in ("documents", "PubTator3") if key in one), [one])
        yield from inner if isinstance(inner, list) else [inner]


def _document(document: dict[str, Any], places: Iterator[str]) -> Document:
    pieces: list[Piece] = []
    annotations: list[Annotation] = []
    for passage in document["passages"]:
        begins = True
        infons = tuple(_strings(passage.get("infons") or {}).items())
        for holder in (passage, *(passage.get("sentences") or ())):
            offset, text, within = _whole(holder["offset"]), holder.get("text"), None
            if isinstance(text, str) and (text or not holder.get("sentences")):
                within = len(pieces)
                pieces.append(Piece(offset, text, begins, infons if begins else ()))
                begins = False
            for annotation in holder.get("annotations") or ():
                annotations.append(_annotation(annotation, offset, within, next(places, "")))
    return Document(str(document.get("id", "")), tuple(pieces), tuple(annotations))


def _annotation(
    annotation: dict[str, Any], base: int, within: int | None, where: str
) -> Annotation:
    infons = _strings(annotation["infons"])
    locations = tuple((_whole(x["offset"]), _whole(x["length"])) for x in annotation["locations"])
    text = annotation.get("text")
    return Annotation(
        infons, text if isinstance(text, str) else None, locations, base, within, where
    )


def _strings(infons: dict[str, Any]) -> dict[str, str]:
    return {key: value for key, value in infons.items() if isinstance(value, str)}


def _whole(number: Any) -> int:
    if isinstance(number, str) and number.isascii() and number.isdecimal():
        number = int(number)
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise ValueError(f"{number!r} is no whole number from 0")
    return number
