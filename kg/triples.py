"""Triples of one file, integer-coded, as every reader leaves them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from kg.records import LoadWarning
from kg.rules import HornRule

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Int8, Int64


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

IRI, BLANK, LITERAL, TRIPLE = range(4)
"""What a term is, as the store numbers it, too."""

_KINDS: dict[type, int] = {str: IRI, Blank: BLANK, Literal: LITERAL, TripleTerm: TRIPLE}


class Numbers(dict[Term, int]):
    """The number of each term, given on first sight; blank nodes are not looked up.

    Args:
        terms: to which new ones are added.
    """

    def __init__(self, terms: list[Term]) -> None:
        super().__init__()
        self._terms = terms

    def __missing__(self, term: Term) -> int:
        number = self[term] = len(self._terms)
        self._terms.append(term)
        return number


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
    _blanks: int = 0

    def __post_init__(self) -> None:
        self.numbers = Numbers(self.terms)

    def term(self, term: Term) -> int:
        """The number of a term, given on first sight."""
        return self.numbers[term]

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

    # The arrays are made once, so they are asked for when the last triple has been added.

    @cached_property
    def columns(self) -> "Int64[np.ndarray, 'triple 4']":
        """All triples, each once: subject, predicate, object and graph, -1 for the default one."""
        import numpy as np

        from kg.integer_rows import each_once

        columns = np.full((len(self.rows) + len(self.quads), 4), -1, dtype=np.int64)
        in_default = len(self.rows)
        columns[:in_default, :3] = _numbers(self.rows).reshape(-1, 3)
        columns[in_default:] = _numbers(self.quads).reshape(-1, 4)
        return each_once(columns)

    @property
    def anywhere(self) -> "Int64[np.ndarray, 'triple 3']":
        """Subject, predicate and object of the triples of all graphs, each once."""
        from kg.integer_rows import each_once

        columns = self.columns[:, :3]
        return each_once(columns) if self.quads else columns

    @cached_property
    def kinds(self) -> "Int8[np.ndarray, ' term']":
        """Of each term: IRI, BLANK, LITERAL or TRIPLE."""
        import numpy as np

        kinds = map(_KINDS.__getitem__, map(type, self.terms))
        return np.fromiter(kinds, dtype=np.int8, count=len(self.terms))

    def __len__(self) -> int:
        return len(self.columns)


def _numbers(rows: Iterable[Iterable[int]]) -> "Int64[np.ndarray, ' number']":
    import numpy as np

    return np.fromiter(chain.from_iterable(rows), dtype=np.int64)


@dataclass(frozen=True)
class ParsedFile:
    """One file, parsed.

    Args:
        path: as given.
        name: the file's own name, without compression's suffix.
        base: what relative IRIs are relative to, and the IRI of an ontology that states none.
        format: see `kg.records.Source`.
        sha256: of the text after decompression, hexadecimal.
        triples: none for a rules file.
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
