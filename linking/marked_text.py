"""A text with coloured spans for notebooks: no scripts, no style sheets, and every text escaped."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from zlib import crc32

SHOWN_CHARACTERS = 20_000
"""Of a text; of a longer one the beginning is shown, with a note."""
_NAME_LENGTH = 40
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Mark:
    """A span to colour.

    Attributes:
        start, end: code points of the text.
        key: spans of one key have one colour.
        strength: of the colour, 0 to 1.
        name: shown behind the span.
        title: shown when the mouse rests on it.
    """

    start: int
    end: int
    key: str
    strength: float
    name: str
    title: str


def marked_html(text: str, marks: Sequence[Mark]) -> str:
    """The text as an element of HTML; marks within others are nested, those that cross are cut."""
    length = min(len(text), SHOWN_CHARACTERS)
    parts = ["<div style='white-space:pre-wrap;line-height:1.9'>"]
    opened: list[Mark] = []
    starting: dict[int, list[Mark]] = {}
    for mark in marks:
        if mark.end <= length:
            starting.setdefault(mark.start, []).append(mark)
    shown = [mark for found in starting.values() for mark in found]
    bounds = {0, length, *(mark.start for mark in shown), *(mark.end for mark in shown)}
    for at, until in pairwise([*sorted(bounds), length]):
        parts += _closed(opened, at)
        for mark in sorted(starting.get(at, ()), key=lambda mark: -mark.end):
            parts.append(_opening(mark))
            opened.append(mark)
        parts.append(_escaped(text[at:until]))
    parts += _closed(opened, length)
    parts.append("</div>")
    if length < len(text):
        parts.append(f"<p>{length:,} of {len(text):,} characters</p>")
    return "".join(parts)


def _closed(opened: list[Mark], at: int) -> Iterable[str]:
    """Close what ends here; what was opened later and goes on is closed first and opened again."""
    first = next((i for i, mark in enumerate(opened) if mark.end == at), len(opened))
    around = opened[first:]
    opened[first:] = [mark for mark in around if mark.end != at]
    for mark in reversed(around):
        if mark.end == at:
            yield f"<small> {_escaped(_cut(mark.name))}</small>"
        yield "</mark>"
    for mark in opened[first:]:
        yield _opening(mark)


def _opening(mark: Mark) -> str:
    hue = crc32(mark.key.encode("utf-8", "replace")) % 360
    light = round(94 - 22 * mark.strength)
    style = f"background:hsl({hue},70%,{light}%);color:#000;padding:1px 3px;border-radius:3px"
    return f"<mark style='{style}' title='{_escaped(mark.title)}'>"


def _cut(name: str) -> str:
    return name if len(name) <= _NAME_LENGTH else name[: _NAME_LENGTH - 1] + "…"


def _escaped(text: str) -> str:
    return escape(_SURROGATE.sub("\ufffd", text))
