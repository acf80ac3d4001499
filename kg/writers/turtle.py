"""Turtle and TriG: https://www.w3.org/TR/rdf12-turtle/, https://www.w3.org/TR/rdf12-trig/."""

import re
from io import TextIOWrapper
from itertools import groupby

from kg.store.quads import StoredQuad
from kg.vocabulary import TYPE
from kg.writers.lines import TermTexts
from kg.writers.selection import Selection, Terms

# Of the names that Turtle allows, those that need no escape.
_LOCAL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]|\.(?=[A-Za-z0-9_-]))*")


def write_turtle(selection: Selection, out: TextIOWrapper) -> int:
    """Triples by subject, named graphs in braces; gives the count of triples.

    A graph is opened anew for each of its subjects that others stand between.
    """
    prefixes = selection.prefixes()
    for name, namespace in prefixes.items():
        out.write(f"@prefix {name}: {TermTexts(selection.terms).iri(namespace)} .\n")
    terms = _ShortTexts(selection.terms, prefixes)
    count, opened = 0, -1
    for _, graphs in selection.by_subject():
        for graph, quads in graphs.items():
            if graph != opened:
                out.write("\n}\n" if opened >= 0 else "")
                out.write(f"\n{terms.of(graph)} {{" if graph >= 0 else "")
                opened = graph
            out.write(_block(quads, terms))
            count += len(quads)
    out.write("}\n" if opened >= 0 else "")
    return count


def _block(quads: list[StoredQuad], terms: "_ShortTexts") -> str:
    """All triples of one subject in one graph."""
    lines = []
    for predicate, alike in groupby(quads, key=lambda quad: quad.predicate):
        objects = " , ".join(terms.of(quad.object) for quad in alike)
        lines.append(f"{terms.predicate(predicate)} {objects}")
    return f"\n{terms.of(quads[0].subject)} " + " ;\n    ".join(lines) + " .\n"


class _ShortTexts(TermTexts):
    """Terms with their IRIs shortened by prefixes."""

    def __init__(self, terms: Terms, prefixes: dict[str, str]) -> None:
        super().__init__(terms)
        self._names = {namespace: name for name, namespace in prefixes.items()}
        # `obo/HP_` ends within a word; the longest such namespace is tried first.
        self._odd = sorted(
            (n for n in self._names if not n.endswith(("#", "/"))), key=len, reverse=True
        )

    def iri(self, value: str) -> str:
        """An IRI, shortened if a prefix fits."""
        for namespace in (*self._odd, value[: max(value.rfind("#"), value.rfind("/")) + 1]):
            if namespace in self._names and value.startswith(namespace):
                local = value[len(namespace) :]
                if _LOCAL.fullmatch(local):
                    return f"{self._names[namespace]}:{local}"
        return super().iri(value)

    def predicate(self, number: int) -> str:
        """A predicate; `a` for a type."""
        return "a" if self._terms[number].value == TYPE else self.of(number)
