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


class TripleTerm(NamedTuple):
    """A triple as the object of another, as RDF 1.2 has it: `rdf:reifies <<( s p o )>>`."""

    subject: "Term"
    predicate: "Term"
    object: "Term"


# An IRI is a plain string.
Term = str | Literal | Blank | TripleTerm
Row = tuple[int, int, int]


@dataclass
class Triples:
    """Triples that grow from nothing or are given whole; a term is its number in `terms`.

    Args:
        terms: each once; a term stands behind those that it is made of.
        rows: subject, predicate and object of the triples in the default graph.
        quads: subject, predicate, object and graph of those in named graphs.
    """

    terms: list[Term] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    quads: list[tuple[int, int, int, int]] = field(default_factory=list)
    _numbers: dict[Term, int] = field(default_factory=dict)
    _blanks: int = 0

    def term(self, term: Term) -> int:
        """The number of a term, given on first sight."""
        number = self._numbers.get(term)
        if number is None:
            number = self._numbers[term] = len(self.terms)
            self.terms.append(term)
        return number

    def blank(self) -> int:
        """The number of a new blank node."""
        self.terms.append(Blank(self._blanks))
        self._blanks += 1
        return len(self.terms) - 1

    def literal(self, value: str, datatype: str = "", lang: str = "") -> int:
        """The number of a literal."""
        return self.term(Literal(value, datatype, lang))

    def add(self, subject: int, predicate: int, object_: int) -> None:
        """Add one triple to the default graph, by the numbers of its terms."""
        self.rows.append((subject, predicate, object_))

    def anywhere(self) -> list[Row]:
        """The triples of all graphs, each once."""
        if not self.quads:
            return self.rows
        return list(dict.fromkeys([*self.rows, *((s, p, o) for s, p, o, _ in self.quads)]))

    def __len__(self) -> int:
        return len(self.rows) + len(self.quads)


@dataclass(frozen=True)
class ParsedFile:
    """One file, parsed.

    Args:
        path: as given.
        name: the file's own name, without compression's suffix.
        base: what relative IRIs are relative to, and the IRI of an ontology that states none.
        format: see `kg.records.Source`.
        sha256: of the text after decompression, hexadecimal.
        triples: each once in each graph; none for a rules file.
        prefixes: prefix to namespace, as declared in the file.
        rules: Horn rules; only a rules file has them.
        warnings: what was left out.
    """

    path: str
    name: str
    base: str
    format: str
    sha256: str
    triples: Triples
    prefixes: dict[str, str]
    rules: tuple[HornRule, ...]
    warnings: tuple[LoadWarning, ...]
