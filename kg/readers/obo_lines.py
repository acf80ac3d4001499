"""The lines of an OBO 1.4 file: stanzas, clauses, quoted texts, xref lists.

https://owlcollab.github.io/oboformat/doc/GO.format.obo-1_4.html, chapter 2. Whatever cannot be
understood costs its line alone.
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from kg.records import LoadWarning

_TAG = re.compile(r"[A-Za-z_][\w-]*")
_STANZA = re.compile(r"\[([^\]]*)\]\s*(?:!.*)?")
_KNOWN_STANZAS = ("Term", "Typedef", "Instance")
_QUOTED = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"\s*')
_XREF = re.compile(r'\s*((?:[^\s,\\"]|\\.)(?:[^,\\"]|\\.)*?)\s*(?:"(?:[^"\\]|\\.)*")?\s*(?:,|$)')
_QUALIFIERS = re.compile(r'(?<!\\)\{((?:[^{}"]|"(?:[^"\\]|\\.)*")*)\}\s*(?:!.*)?$')
_QUALIFIER = re.compile(r'([^\s=,{}"]+)\s*=\s*"((?:[^"\\]|\\.)*)"')
_LONGEST_LINE = 1 << 20
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "W": " "}


class LineFault(Exception):  # noqa: N818  (it never leaves the reader)
    """A clause that cannot be read; its line is lost and reported."""


class Clause(NamedTuple):
    """`tag: value` in a line, counted from 1; trailing blanks are cut off."""

    line: int
    tag: str
    value: str


@dataclass
class Stanza:
    """A stanza: "Term", "Typedef" or "Instance"; the header has kind ""."""

    kind: str
    line: int
    clauses: list[Clause] = field(default_factory=list)

    def first(self, tag: str) -> str | None:
        """The value of the first clause with this tag."""
        return next((clause.value for clause in self.clauses if clause.tag == tag), None)


class QuotedText(NamedTuple):
    """A text in quotes, unescaped, and what follows it in the line."""

    text: str
    rest: str


class QualifiedValue(NamedTuple):
    """A value without what qualifies it, and that as pairs of tag and text."""

    value: str
    qualifiers: tuple[tuple[str, str], ...]


def split_stanzas(text: str) -> tuple[list[Stanza], list[LoadWarning]]:
    """The header and the stanzas of a file; the first is always the header."""
    stanza = Stanza("", 1)
    stanzas, warnings = [stanza], []
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > _LONGEST_LINE:
            said = f"Line lost: it has more than {_LONGEST_LINE:,} characters."
            warnings.append(LoadWarning(number, 1, said))
            continue
        tag, colon, value = line.partition(":")
        if colon and tag.isidentifier():
            stanza.clauses.append(Clause(number, tag, value.strip()))
            continue
        content = line.strip()
        if not content or content.startswith("!"):
            continue
        opened = _STANZA.fullmatch(content)
        if opened:
            stanza = Stanza(opened[1], number)
            if opened[1] in _KNOWN_STANZAS:
                stanzas.append(stanza)
            else:
                warnings.append(LoadWarning(number, 1, f"Stanza [{opened[1]}] is unknown; lost."))
        elif colon and _TAG.fullmatch(tag.strip()):
            stanza.clauses.append(Clause(number, tag.strip(), value.strip()))
        else:
            warnings.append(
                LoadWarning(number, 1, f"No clause `tag: value`; line lost: {content[:80]}")
            )
    return stanzas, warnings


def unescaped(text: str) -> str:
    r"""The text with `\n`, `\"` and their like replaced by what they stand for."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text)


def quoted(value: str) -> QuotedText:
    """The quoted text at the start of a value.

    Raises:
        LineFault: the value does not start with a complete quoted text.
    """
    found = _QUOTED.match(value)
    if not found:
        raise LineFault('a text in "quotes" is missing')
    return QuotedText(unescaped(found[1]), value[found.end() :])


def qualified(value: str) -> QualifiedValue:
    """Cuts `{source="PMID:1", comment="…"}` off the end of a value."""
    found = _QUALIFIERS.search(value) if '="' in value else None
    pairs = _QUALIFIER.findall(found[1]) if found else []
    if found is None or not pairs:
        return QualifiedValue(value, ())
    qualifiers = tuple((tag, unescaped(text)) for tag, text in pairs)
    return QualifiedValue(value[: found.start()].rstrip(), qualifiers)


def identifiers(value: str) -> list[str]:
    """The identifiers of a value, without trailing `{modifiers}` and `! comment`.

    Raises:
        LineFault: there is none.
    """
    cut = value.find(" !")
    if cut >= 0:
        value = value[:cut]
    cut = value.find(" {")
    if cut >= 0:
        value = value[:cut]
    words = unescaped(value).split()
    if not words or words[0].startswith("!"):
        raise LineFault("an identifier is missing")
    return words


def identifier(value: str) -> str:
    """The one identifier of a value.

    Raises:
        LineFault: there is none, or more than one.
    """
    found = identifiers(value)
    if len(found) != 1:
        raise LineFault(f"one identifier is wanted, {len(found)} words are there")
    return found[0]


def xrefs(rest: str) -> tuple[str, ...]:
    """The identifiers of an xref list such as `[PMID:1, ORCID:2 "a description"]`.

    Raises:
        LineFault: a bracket is missing.
    """
    rest = rest.strip()
    if not rest or rest.startswith(("{", "!")):
        return ()
    end = rest.rfind("]")
    if not rest.startswith("[") or end < 0:
        raise LineFault("the [list of sources] is not closed")
    inside = rest[1:end].strip()
    if not inside:
        return ()
    return tuple(unescaped(found[1]) for found in _XREF.finditer(inside))
