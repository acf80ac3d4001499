"""Which of the W3C's suites are run and how much of them has to pass; what is not run, or fails."""

from dataclasses import dataclass

_RDF_11, _RDF_12 = "rdf/rdf11/rdf-", "rdf/rdf12/rdf-"


@dataclass(frozen=True)
class Suite:
    """Manifests that are reported together, and how many of their tests have to pass.

    Args:
        manifests: paths.
        goal: a share of the tests that are run.
        evaluation: True for tests of evaluation alone, False for those of syntax, None for all.
    """

    manifests: tuple[str, ...]
    goal: float = 0.0
    evaluation: bool | None = None


_QUERY_11 = (
    "sparql/sparql11/manifest-sparql11-query.ttl",
    "sparql/sparql11/csv-tsv-res/manifest.ttl",
    "sparql/sparql11/json-res/manifest.ttl",
)
SUITES = {
    "N-Triples 1.1": Suite((_RDF_11 + "n-triples/manifest.ttl",), 1.0),
    "N-Quads 1.1": Suite((_RDF_11 + "n-quads/manifest.ttl",), 1.0),
    "Turtle 1.1": Suite((_RDF_11 + "turtle/manifest.ttl",), 1.0),
    "TriG 1.1": Suite((_RDF_11 + "trig/manifest.ttl",), 1.0),
    "RDF/XML 1.1": Suite((_RDF_11 + "xml/manifest.ttl",), 164 / 166),
    "SPARQL 1.1 query, evaluation": Suite(_QUERY_11, 0.98, evaluation=True),
    "SPARQL 1.1 query, syntax": Suite(_QUERY_11, 1.0, evaluation=False),
    "SPARQL 1.1, the rest": Suite(
        (
            "sparql/sparql11/entailment/manifest.ttl",
            "sparql/sparql11/manifest-sparql11-fed.ttl",
            "sparql/sparql11/manifest-sparql11-update.ttl",
            "sparql/sparql11/graph-store-protocol/manifest.ttl",
            "sparql/sparql11/http-rdf-update/manifest.ttl",
            "sparql/sparql11/protocol/manifest.ttl",
            "sparql/sparql11/service-description/manifest.ttl",
        )
    ),
    "SPARQL 1.0": Suite(
        ("sparql/sparql10/manifest-syntax.ttl", "sparql/sparql10/manifest-evaluation.ttl")
    ),
    "N-Triples 1.2": Suite(
        (_RDF_12 + "n-triples/syntax/manifest.ttl", _RDF_12 + "n-triples/c14n/manifest.ttl")
    ),
    "N-Quads 1.2": Suite(
        (_RDF_12 + "n-quads/syntax/manifest.ttl", _RDF_12 + "n-quads/c14n/manifest.ttl")
    ),
    "Turtle 1.2": Suite(
        (_RDF_12 + "turtle/syntax/manifest.ttl", _RDF_12 + "turtle/eval/manifest.ttl")
    ),
    "TriG 1.2": Suite((_RDF_12 + "trig/syntax/manifest.ttl", _RDF_12 + "trig/eval/manifest.ttl")),
    "RDF/XML 1.2": Suite((_RDF_12 + "xml/eval/manifest.ttl",)),
    "RDF 1.1 and 1.2 semantics": Suite(
        (_RDF_12 + "semantics/manifest.ttl", _RDF_11 + "mt/az-tests/manifest.ttl")
    ),
    "SPARQL 1.2": Suite(("sparql/sparql12/manifest.ttl",)),
}

NO_UPDATE = "updates are refused: a knowledge base changes by loading a file"
_NO_SERVER = "the service of ontograft speaks no SPARQL protocol"
SKIPPED = {
    "UpdateEvaluationTest": NO_UPDATE,
    "PositiveUpdateSyntaxTest": NO_UPDATE,
    "NegativeUpdateSyntaxTest": NO_UPDATE,
    "PositiveUpdateSyntaxTest11": NO_UPDATE,
    "NegativeUpdateSyntaxTest11": NO_UPDATE,
    "ProtocolTest": _NO_SERVER,
    "GraphStoreProtocolTest": _NO_SERVER,
    "ServiceDescriptionTest": _NO_SERVER,
}
"""Kinds of test that are not run, and why."""

NO_FETCHING = "SERVICE is refused: nothing is fetched"
ENTAILMENT = "needs entailment ({}); only simple entailment is asked for by a query"

_VALUES = "the store of the query engine holds values: 05 and 5 are one term to a query"
_GRAPH = "pyoxigraph gives the variable of GRAPH its value before the group is evaluated"
_GRAMMAR = "pyoxigraph's grammar allows it"
_XML = "an XML literal is kept as written; the test wants canonical XML, which RDF 1.1 dropped"
FAILING = {
    **dict.fromkeys(("xml-canon-test001", "xml-canon-test002"), _XML),
    **dict.fromkeys(("rdf12-xml-an-13", "rdf12-xml-an-14"), _XML),
    "agg-empty-group-count-graph": _GRAPH,
    "graph": _GRAPH,
    "graph-minus": _GRAPH,
    "bnode01": "pyoxigraph's BNODE(text) gives the same node in every row",
    **dict.fromkeys(
        ("graph-exist", "graph-not-exist", "graph-variable-scope", "graph-optional"), _GRAPH
    ),
    **dict.fromkeys(
        ("dawg-str-1", "dawg-str-2", "sameTerm-simple", "sameTerm-eq", "sameTerm-not-eq"), _VALUES
    ),
    **dict.fromkeys(
        ("open-eq-01", "eq-graph-1", "eq-graph-2", "distinct-1", "distinct-9", "group01"), _VALUES
    ),
    "date-2": "pyoxigraph compares dates with and without a time zone",
    "case-insensitive-booleans": "pyoxigraph takes true and false in small letters only",
    "select-variable-reuse": "pyoxigraph refuses a variable of the same SELECT in an expression",
    **dict.fromkeys(("syn-bad-26", "nested-aggregate-functions"), _GRAMMAR),
    **dict.fromkeys(("tripleterm-subject-03", "tripleterm-subject-06"), _GRAMMAR),
    "triple-term-02": "a blank node gets a name of its own in the knowledge base",
    "ill-formed-string": "simple entailment knows no contradiction",
}
"""Tests that are known to fail, and why."""
