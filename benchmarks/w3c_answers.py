"""What a test of SPARQL wants, and whether our answer is that.

Equal means: the same rows, as often, up to the names of blank nodes; in the same order where the
wanted rows are numbered (rs:index). Language tags have no case.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)
from w3c_manifests import RDF, Described

_RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_FORMATS = {
    ".srx": QueryResultsFormat.XML,
    ".srj": QueryResultsFormat.JSON,
    ".tsv": QueryResultsFormat.TSV,
}
_WHOLE = {
    _XSD + name
    for name in (
        "integer", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger",
        "nonPositiveInteger", "negativeInteger", "unsignedInt", "unsignedLong", "unsignedShort",
        "unsignedByte",
    )
}  # fmt: skip

Term = NamedNode | BlankNode | Literal | Triple
Row = Mapping[str, Term]


@dataclass(frozen=True)
class Answer:
    """An answer to a query.

    Args:
        truth: to an ASK.
        variables: of a SELECT.
        rows: of a SELECT; a variable without a value is missing.
        ordered: whether the order of the rows counts.
        graph: of a CONSTRUCT or DESCRIBE.
    """

    truth: bool | None = None
    variables: frozenset[str] = frozenset()
    rows: Sequence[Row] = ()
    ordered: bool = False
    graph: Sequence[Triple] = field(default=())

    def difference(self, wanted: "Answer", *, lax: bool = False) -> str:
        """Empty if this is the wanted answer, else what differs."""
        if self.truth is not wanted.truth:
            return f"answers {self.truth}, not {wanted.truth}"
        if self.variables != wanted.variables:
            return f"has variables {sorted(self.variables)}, not {sorted(wanted.variables)}"
        ours, theirs = list(self.rows), list(wanted.rows)
        if lax:
            if len(ours) > len(theirs):
                return f"{len(ours)} rows, more than {len(theirs)}"
            ours, theirs = _distinct(ours), _distinct(theirs)
        graphs = (self.graph, wanted.graph)
        if same(*(map(_quad, graph) for graph in graphs)) and same(
            _reified(ours, ordered=wanted.ordered), _reified(theirs, ordered=wanted.ordered)
        ):
            return ""
        return f"{len(ours) or len(self.graph)} rows, not as the {len(theirs) or len(wanted.graph)}"


def same(first: Iterable[Quad], second: Iterable[Quad]) -> bool:
    """Whether two sets of quads are isomorphic."""
    return _canonical(first) == _canonical(second)


def wanted_answer(path: Path, base: str) -> Answer:
    """Read the file that says what a query's answer is to be, but for CSV."""
    if path.suffix in _FORMATS:
        found = parse_query_results(path.read_bytes(), _FORMATS[path.suffix])
        if isinstance(found, QueryBoolean):
            return Answer(truth=bool(found))
        names = [variable.value for variable in found.variables]
        rows = [
            {name: by_value(solution[name]) for name in names if solution[name] is not None}
            for solution in found
        ]
        return Answer(variables=frozenset(names), rows=rows)
    described = Described(path, base)
    if described.subjects(_RS + "boolean") or described.subjects(_RS + "resultVariable"):
        return _result_set(described)
    kind = RdfFormat.RDF_XML if path.suffix == ".rdf" else RdfFormat.TURTLE
    graph = [
        Triple(q.subject, q.predicate, by_value(q.object))
        for q in parse(path=str(path), format=kind, base_iri=base)
    ]
    return Answer(graph=graph)


def wanted_table(path: Path) -> tuple[list[str], Counter[tuple[str, ...]]]:
    """The head and the lines of a CSV file; blank nodes are all the same."""
    with path.open(encoding="utf-8", newline="") as lines:
        head, *rows = csv.reader(lines)
    return head, Counter(
        tuple("_:" if cell.startswith("_:") else cell for cell in row) for row in rows if row
    )


def by_value(term: Term) -> Term:
    """A number or truth value in its canonical form: queries compute values, not spellings."""
    if isinstance(term, Triple):
        return Triple(term.subject, term.predicate, by_value(term.object))
    if not isinstance(term, Literal) or term.language:
        return term
    datatype, text = term.datatype.value, term.value
    try:
        if datatype in _WHOLE:
            text = str(int(text))
        elif datatype == _XSD + "decimal":
            text = f"{Decimal(text).normalize():f}"
        elif datatype in (_XSD + "double", _XSD + "float"):
            text = repr(float(text))
        elif datatype == _XSD + "boolean":
            text = {"1": "true", "0": "false"}.get(text, text)
    except (ArithmeticError, ValueError):
        return term
    return Literal(text, datatype=term.datatype)


def _result_set(described: Described) -> Answer:
    """https://www.w3.org/2001/sw/DataAccess/tests/result-set.n3."""
    (node,) = described.subjects(_RS + "boolean") or described.subjects(_RS + "resultVariable")
    truth = described.value(node, _RS + "boolean")
    if truth is not None:
        return Answer(truth=truth.value in ("true", "1"))
    numbered = []
    for solution in described.values(node, _RS + "solution"):
        row = {}
        for binding in described.values(solution, _RS + "binding"):
            name, value = (described.value(binding, _RS + what) for what in ("variable", "value"))
            row[name.value] = by_value(value)
        index = described.value(solution, _RS + "index")
        numbered.append((0 if index is None else int(index.value), row))
    numbered.sort(key=lambda pair: pair[0])
    names = {name.value for name in described.values(node, _RS + "resultVariable")}
    return Answer(
        variables=frozenset(names),
        rows=[row for _, row in numbered],
        ordered=any(index for index, _ in numbered),
    )


def _quad(triple: Triple) -> Quad:
    return Quad(*triple)


def _distinct(rows: list[Row]) -> list[Row]:
    return [dict(row) for row in dict.fromkeys(frozenset(row.items()) for row in rows)]


def _reified(rows: Sequence[Row], *, ordered: bool) -> list[Quad]:
    """Rows as quads: a blank node a row, with its values, how often it comes, or where."""
    if ordered:
        numbered = [(frozenset(row.items()), number) for number, row in enumerate(rows)]
    else:
        numbered = list(Counter(frozenset(row.items()) for row in rows).items())
    quads = []
    for row, number in numbered:
        node = BlankNode()
        quads.append(Quad(node, NamedNode(RDF + "value"), Literal(number)))
        quads += [Quad(node, NamedNode(f"urn:variable:{name}"), value) for name, value in row]
    return quads


def _canonical(quads: Iterable[Quad]) -> set[Quad]:
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return set(dataset)
