"""N-Triples and N-Quads: https://www.w3.org/TR/rdf12-n-triples/, https://www.w3.org/TR/rdf12-n-quads/."""

import re
from io import TextIOWrapper

from kg.store.quads import StoredTerm
from kg.store.terms import BLANK, IRI, TRIPLE
from kg.writers.selection import Selection, Terms

_ILLEGAL_IN_IRI = re.compile(r"[\x00-\x20<>\"{}|^`\\]")
_KEPT_IRIS = 100_000
_ESCAPES = {
    **{code: f"\\u{code:04X}" for code in (*range(0x20), 0x7F, 0xFFFE, 0xFFFF)},
    ord("\t"): "\\t",
    ord("\b"): "\\b",
    ord("\n"): "\\n",
    ord("\r"): "\\r",
    ord("\f"): "\\f",
    ord('"'): '\\"',
    ord("\\"): "\\\\",
}


def write_lines(selection: Selection, out: TextIOWrapper) -> int:
    """A line for each triple, with its graph if it has a name; gives their count."""
    terms = TermTexts(selection.terms)
    count = 0
    for subject, predicate, object_, graph in selection.quads():
        end = " ." if graph < 0 else f" {terms.of(graph)} ."
        out.write(f"{terms.of(subject)} {terms.of(predicate)} {terms.of(object_)}{end}\n")
        count += 1
    return count


class TermTexts:
    """Terms as N-Triples writes them; Turtle knows shorter forms for some."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._iris: dict[int, str] = {}

    def of(self, number: int) -> str:
        """One term, by its number."""
        known = self._iris.get(number)
        if known is not None:
            return known
        term = self._terms[number]
        if term.kind == IRI:
            if len(self._iris) > _KEPT_IRIS:
                self._iris.clear()
            text = self._iris[number] = self.iri(term.value)
            return text
        if term.kind == BLANK:
            return blank_label(term)
        if term.kind == TRIPLE:
            subject, predicate, object_ = self._terms.parts(number)
            return f"<<( {self.of(subject)} {self.of(predicate)} {self.of(object_)} )>>"
        text = f'"{term.value.translate(_ESCAPES)}"'
        if term.lang:
            return f"{text}@{term.lang}"
        return f"{text}^^{self.iri(term.datatype)}" if term.datatype else text

    def iri(self, value: str) -> str:
        """An IRI; characters that none may have are escaped."""
        return f"<{_ILLEGAL_IN_IRI.sub(_escaped, value)}>"


def blank_label(term: StoredTerm) -> str:
    """The label of a blank node: its name in the store, which every syntax takes."""
    return f"_:b{term.value}"


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04X}"
