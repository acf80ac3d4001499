"""What a query answers: `SparqlResult`, its W3C JSON form and its notebook form."""

import csv
import io
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from kg import html

_ESCAPES = {
    **{code: f"\\u{code:04X}" for code in (*range(0x20), *range(0x7F, 0xA0))},
    ord("\n"): "\\n",
    ord("\r"): "\\r",
    ord("\t"): "\\t",
    ord('"'): '\\"',
    ord("\\"): "\\\\",
}
XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"


class SparqlTerm(NamedTuple):
    """An IRI ("uri"), blank node ("bnode"), literal, or triple term of RDF 1.2 ("triple").

    `datatype` is empty for a plain string; `parts` are subject, predicate and object of a triple
    term, whose value is empty.
    """

    kind: Literal["uri", "bnode", "literal", "triple"]
    value: str
    datatype: str = ""
    lang: str = ""
    parts: tuple["SparqlTerm", ...] = ()

    @property
    def text(self) -> str:
        """The value, or a triple term as N-Triples writes it."""
        return self.to_ntriples() if self.kind == "triple" else self.value

    def to_json(self) -> dict[str, Any]:
        """https://www.w3.org/TR/sparql12-results-json/#select-encode-terms."""
        if self.kind == "triple":
            names = ("subject", "predicate", "object")
            inner = {n: part.to_json() for n, part in zip(names, self.parts, strict=True)}
            return {"type": "triple", "value": inner}
        found = {"type": self.kind, "value": self.value}
        if self.lang:
            found["xml:lang"], _, direction = self.lang.partition("--")
            if direction:
                found["its:dir"] = direction
        elif self.datatype:
            found["datatype"] = self.datatype
        return found

    def to_ntriples(self) -> str:
        """The term as N-Triples writes it."""
        if self.kind == "uri":
            return f"<{self.value}>"
        if self.kind == "bnode":
            return f"_:{self.value}"
        if self.kind == "triple":
            return f"<<( {' '.join(part.to_ntriples() for part in self.parts)} )>>"
        text = self.value.translate(_ESCAPES)
        if self.lang:
            return f'"{text}"@{self.lang}'
        return f'"{text}"^^<{self.datatype}>' if self.datatype else f'"{text}"'


@dataclass(frozen=True)
class SparqlResult:
    """The answer to one query.

    Args:
        form: "select", "ask", or "graph" for CONSTRUCT and DESCRIBE.
        variables: of a SELECT, in its order; subject, predicate, object of a graph.
        rows: a term for each variable, None where it is unbound; none for an ASK.
        truth: the answer to an ASK, else None.
        truncated: the row limit left rows out.
    """

    form: Literal["select", "ask", "graph"]
    variables: tuple[str, ...]
    rows: tuple[tuple[SparqlTerm | None, ...], ...]
    truth: bool | None
    truncated: bool

    def to_json(self) -> dict[str, Any]:
        """SPARQL 1.1 results JSON; a graph as the bindings of its three variables."""
        if self.form == "ask":
            return {"head": {}, "boolean": self.truth}
        bindings = [
            {
                name: term.to_json()
                for name, term in zip(self.variables, row, strict=True)
                if term is not None
            }
            for row in self.rows
        ]
        return {"head": {"vars": list(self.variables)}, "results": {"bindings": bindings}}

    def to_ntriples(self) -> str:
        """The rows of a graph as N-Triples."""
        lines = (" ".join(term.to_ntriples() for term in row if term) for row in self.rows)
        return "".join(f"{line} .\n" for line in lines)

    def to_csv(self) -> str:
        """The values alone, with a head: https://www.w3.org/TR/sparql11-results-csv-tsv/#csv."""
        written = io.StringIO()
        lines = csv.writer(written)  # its dialect is that of RFC 4180
        lines.writerow(["boolean"] if self.form == "ask" else self.variables)
        if self.form == "ask":
            lines.writerow([str(self.truth).lower()])
        for row in self.rows:
            lines.writerow(
                "" if term is None else f"_:{term.value}" if term.kind == "bnode" else term.value
                for term in row
            )
        return written.getvalue()

    def _repr_html_(self) -> str:
        """A table of the first rows."""
        if self.form == "ask":
            return f"<b>{str(self.truth).lower()}</b>"
        rows = [[term.text if term else "" for term in row] for row in self.rows]
        return html.table(self.variables, rows, more="; there are more" if self.truncated else "")
