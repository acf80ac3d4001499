"""The YAML before the table of an SSSOM file: texts, lists, and mappings of texts, no more.

Tags, anchors and aliases are forbidden there, so that nothing can refer to itself or grow.
https://mapping-commons.github.io/sssom/spec-formats-tsv/
"""

import re
from collections.abc import Iterable

from kg.records import LoadWarning

Item = str | dict[str, str]
Value = str | list[Item] | dict[str, str]

_ENTRY = re.compile(r"(?P<key>\"[^\"]*\"|'[^']*'|[^\s\"'#\[{-][^:]*):(?:\s+(?P<value>.*))?")
_ITEM = re.compile(r"-(?:\s+(?P<value>.*))?")
_BLOCKS = {"|", "|-", "|+", ">", ">-", ">+"}
_NOTHING = {"", "~", "null", "[]", "{}"}


def read_yaml_header(
    lines: Iterable[tuple[int, str]],
) -> tuple[dict[str, Value], list[LoadWarning]]:
    """The values by key; a line that is none of the forms that we know is lost and reported.

    Args:
        lines: with their numbers, without the `#` before each.
    """
    header = _Header()
    for number, line in lines:
        header.line(number, line.rstrip())
    header.end_text()
    return header.values, header.warnings


def texts(value: Value) -> list[str]:
    """The texts of a value; a single one may stand where a list is meant."""
    if isinstance(value, str):
        return [value] if value else []
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


class _Header:
    def __init__(self) -> None:
        self.values: dict[str, Value] = {}
        self.warnings: list[LoadWarning] = []
        self._margin: int | None = None
        self._key = ""
        self._more: list[str] = []

    def end_text(self) -> None:
        """Put a text of several lines together."""
        if self._more:
            self.values[self._key] = " ".join([*texts(self.values[self._key]), *self._more])
            self._more = []

    def line(self, number: int, line: str) -> None:
        text = line.lstrip()
        if not text or text.startswith("#"):
            return
        indent = len(line) - len(text)
        if self._margin is None:
            self._margin = indent
        entry, item = _ENTRY.fullmatch(text), _ITEM.fullmatch(text)
        if indent <= self._margin and entry:
            self.end_text()
            self._key = _scalar(entry["key"])
            self.values[self._key] = _value(entry["value"])
        elif not self._key or not self._inner(text, entry, item):
            said = f"Line lost, it is no entry of the header: {text[:80]}"
            self.warnings.append(LoadWarning(number, 1, said))

    def _inner(self, text: str, entry: re.Match[str] | None, item: re.Match[str] | None) -> bool:
        """Take a line that belongs to the key above it, if it can."""
        above = self.values[self._key]
        if self._more or (isinstance(above, str) and above):
            self._more.append(_scalar(text))  # a text that goes on
        elif item and isinstance(above, list):
            above.append(_item(item))
        elif item and not above:
            self.values[self._key] = [_item(item)]
        elif entry and isinstance(above, dict):
            above.update(_pair(entry))
        elif entry and isinstance(above, list) and isinstance(above[-1], dict):
            above[-1].update(_pair(entry))
        elif entry and not above:
            self.values[self._key] = _pair(entry)
        elif not above:
            self._more.append(_scalar(text))
        else:
            return False
        return True


def _item(item: re.Match[str]) -> Item:
    inner = _ENTRY.fullmatch(item["value"] or "")
    return _pair(inner) if inner else _scalar(item["value"])


def _pair(entry: re.Match[str]) -> dict[str, str]:
    return {_scalar(entry["key"]): _scalar(entry["value"])}


def _value(text: str | None) -> Value:
    text = (text or "").strip()
    if text.startswith("[") and text.endswith("]"):
        return [_scalar(part) for part in text[1:-1].split(",") if part.strip()]
    return "" if text in _BLOCKS else _scalar(text)


def _scalar(text: str | None) -> str:
    text = (text or "").strip()
    if text in _NOTHING:
        return ""
    quote = text[0]
    if quote in "\"'" and len(text) > 1 and text.endswith(quote):
        inner = text[1:-1]
        return inner.replace("''", "'") if quote == "'" else re.sub(r"\\([\"\\/])", r"\1", inner)
    return re.split(r"\s#", text, maxsplit=1)[0].rstrip()
