"""Triples of one file, integer-coded, as every reader leaves them."""

from dataclasses import dataclass, field
from typing import NamedTuple

from kg.records import LoadWarning
from kg.rules import HornRule


class Literal(NamedTuple):
    """A literal in its lexical form; `datatype` is an IRI, or empty for a plain string."""

    value: str
    datatype: str
    lang: str


class Blank(NamedTuple):
    """A blank node, numbered within its file in the order of first use."""

    number: int


# An IRI is a plain string.
Term = str | Literal | Blank


@dataclass
class Triples:
    """A growing set of triples; a term is its number in `terms`."""

    terms: list[Term] = field(default_factory=list)
    rows: list[tuple[int, int, int]] = field(default_factory=list)
    _numbers: dict[Term, int] = field(default_factory=dict)
    _blanks: int = 0

    def term(self, term: Term) -> int:
        """The number of an IRI or literal, given on first sight."""
        number = self._numbers.get(term)
        if number is None:
            number = self._numbers[term] = len(self.terms)
            self.terms.append(term)
        return number

    def find(self, term: Term) -> int | None:
        """The number of a term, if it occurs."""
        return self._numbers.get(term)

    def blank(self) -> int:
        """The number of a new blank node."""
        number = len(self.terms)
        self.terms.append(Blank(self._blanks))
        self._blanks += 1
        return number

    def literal(self, value: str, datatype: str = "", lang: str = "") -> int:
        """The number of a literal."""
        return self.term(Literal(value, datatype, lang))

    def add(self, subject: int, predicate: int, object_: int) -> None:
        """Add one triple, by the numbers of its terms."""
        self.rows.append((subject, predicate, object_))


@dataclass(frozen=True)
class ParsedFile:
    """One file, parsed.

    Args:
        path: as given.
        name: the file's own name, without compression's suffix.
        format: see `kg.records.Source`.
        sha256: of the text after decompression, hexadecimal.
        triples: without duplicates; empty for a rules file.
        prefixes: prefix to namespace, as declared in the file.
        rules: Horn rules; only a rules file has them.
        warnings: what was left out.
    """

    path: str
    name: str
    format: str
    sha256: str
    triples: Triples
    prefixes: dict[str, str]
    rules: tuple[HornRule, ...]
    warnings: tuple[LoadWarning, ...]
