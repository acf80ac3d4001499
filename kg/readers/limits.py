"""What no honest file has, refused before a parser spends minutes or gigabytes on it."""

import re
from collections.abc import Mapping
from itertools import accumulate
from xml.parsers import expat

from kg.errors import SyntaxFaultError

LONGEST_TEXT = 16 << 20
"""Bytes that one text may have: as many as pyoxigraph reads."""

DEEPEST = 1_000
"""Levels of nesting in XML and JSON; both cost more than their number."""

_LINE_FORMATS = ("obo", "rules", "triples", "names", "babelon", "sssom")
_BLOCK = 8 << 10
_JSON_BRACKETS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.S)
_XML_STEPS = {b"<": 1, b"</": -2, b"/>": -1, b"<!": -1, b"<?": -1}
_STEPS = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}


def refuse_long_texts(content: bytes, format_: str, where: str) -> None:
    """Refuse a text, or in a format of lines a line, of more than `LONGEST_TEXT`.

    Args:
        content: of the file.
        format_: see `kg.records.Source`.
        where: the file's path.

    Raises:
        SyntaxFaultError: naming the line where it begins.
    """
    if len(content) < LONGEST_TEXT:
        return
    breaks = b"\n" if format_ in _LINE_FORMATS else b"<" if format_ == "rdf/xml" else b'"'
    half = LONGEST_TEXT // 2
    for at in range(0, len(content) - half, half):
        if content.find(breaks, at, at + half) < 0:
            start = content.rfind(breaks, 0, at) + 1
            end = content.find(breaks, start)
            if (len(content) if end < 0 else end) - start > LONGEST_TEXT:
                raise _fault(
                    content,
                    start,
                    where,
                    f"A text has more than {LONGEST_TEXT >> 20} MiB without a break.",
                )


def refuse_deep_xml(content: bytes, where: str) -> None:
    """Refuse elements in more than `DEEPEST` others.

    Raises:
        SyntaxFaultError: naming the line.
    """
    if not _looks_deep(content, _XML_STEPS):
        return
    parser, depth = expat.ParserCreate("UTF-8"), 0

    def start(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise _fault(
                content, parser.CurrentByteIndex, where, f"More than {DEEPEST:,} nested elements."
            )

    def end(*_: object) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(content, True)
    except expat.ExpatError:
        return  # for the reader to tell


def refuse_deep_json(content: bytes, where: str) -> None:
    """Refuse arrays and objects in more than `DEEPEST` others.

    Raises:
        SyntaxFaultError: naming the line.
    """
    if not _looks_deep(content, _STEPS):
        return
    depth = 0
    for found in _JSON_BRACKETS.finditer(content):
        depth += _STEPS.get(found[0], 0)
        if depth > DEEPEST:
            said = f"More than {DEEPEST:,} nested arrays and objects."
            raise _fault(content, found.start(), where, said)


def _looks_deep(content: bytes, steps: Mapping[bytes, int]) -> bool:
    """Near enough, and quick: signs within comments and texts count too, a block may cut one."""
    blocks = range(0, len(content), _BLOCK)
    counts = (
        sum(step * content.count(sign, at, at + _BLOCK) for sign, step in steps.items())
        for at in blocks
    )
    return max(accumulate(counts), default=0) > DEEPEST // 2


def _fault(content: bytes, at: int, where: str, what: str) -> SyntaxFaultError:
    line = content.count(b"\n", 0, at) + 1
    column = at - content.rfind(b"\n", 0, at)
    return SyntaxFaultError(
        what, where=f"{where}:{line}:{column}", mend="Look whether the file is what you wanted."
    )
