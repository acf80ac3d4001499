"""The manifests of the W3C's suites as plain records.

https://github.com/w3c/rdf-tests; vocabulary: http://www.w3.org/2001/sw/DataAccess/tests/README.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Store

BASE = "https://w3c.github.io/rdf-tests/"
"""The suites' files are named relative to this address (mf:assumedTestBase)."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
_QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
_SD = "http://www.w3.org/ns/sparql-service-description#"
_FROM = re.compile(r"\bFROM\s+(?:NAMED\s+)?<([^>]*)>", re.I)

Node = NamedNode | BlankNode | Literal


@dataclass(frozen=True)
class GraphFile:
    """A file that a test wants as the named graph `iri`."""

    iri: str
    path: Path


@dataclass(frozen=True)
class Test:
    """One entry of a manifest.

    Args:
        name: the last part of its IRI.
        kind: such as TestTurtleEval or QueryEvaluationTest.
        folder: where its manifest lies, relative to the suites.
        action: the file to load, or the query to ask.
        base: what relative IRIs in `action` are relative to.
        result: what is to come out; None for tests of syntax, or where nothing is to.
        data: files of the default graph, each with its address.
        graphs: the named graphs.
        regime: of entailment, such as "RDFS"; empty for none.
        lax: a result may come once or more often (mf:LaxCardinality).
    """

    name: str
    kind: str
    folder: str
    action: Path
    base: str
    result: Path | None
    data: tuple[GraphFile, ...]
    graphs: tuple[GraphFile, ...]
    regime: str
    lax: bool


class Described:
    """The triples of one file, to be asked by subject and property."""

    def __init__(self, path: Path, base: str) -> None:
        self._store = Store()
        kind = RdfFormat.RDF_XML if path.suffix == ".rdf" else RdfFormat.TURTLE
        self._store.load(path=str(path), format=kind, base_iri=base)

    def subjects(self, property_: str) -> list[Node]:
        """All that have this property."""
        found = self._store.quads_for_pattern(None, NamedNode(property_), None)
        return list(dict.fromkeys(quad.subject for quad in found))

    def values(self, subject: Node, property_: str) -> list[Node]:
        """The objects of one subject; literals among them."""
        found = self._store.quads_for_pattern(subject, NamedNode(property_), None)
        return [quad.object for quad in found]

    def value(self, subject: Node, property_: str) -> Node | None:
        """One of `values`."""
        return next(iter(self.values(subject, property_)), None)

    def members(self, head: Node | None) -> Iterator[Node]:
        """The members of an RDF list; none of anything else."""
        while isinstance(head, BlankNode | NamedNode) and head.value != RDF + "nil":
            member = self.value(head, RDF + "first")
            if member is not None:
                yield member
            head = self.value(head, RDF + "rest")


def read_manifest(suites: Path, manifest: str) -> list[Test]:
    """The tests of a manifest and of those that it includes, in their order.

    Args:
        suites: the folder of the unpacked suites.
        manifest: a path in it.
    """
    path = suites / manifest
    base = BASE + manifest
    described = Described(path, base)
    tests = []
    for node in described.subjects(_MF + "include"):
        for head in described.values(node, _MF + "include"):
            for included in described.members(head):
                tests += read_manifest(suites, included.value.removeprefix(BASE))
    for node in described.subjects(_MF + "entries"):
        for entry in described.members(described.value(node, _MF + "entries")):
            tests += _test(suites, manifest, described, entry)
    return tests


def _test(suites: Path, manifest: str, described: Described, entry: Node) -> list[Test]:
    kind = described.value(entry, RDF + "type")
    action = described.value(entry, _MF + "action")
    if kind is None or action is None:
        return []
    query = described.value(action, _QT + "query") or described.value(action, _QT + "data")
    named = query or action
    if not isinstance(named, NamedNode):  # a test of a protocol has requests, not files
        named = NamedNode(BASE + manifest)
    regime = described.value(entry, _MF + "entailmentRegime")
    regime = regime or described.value(action, _SD + "entailmentRegime")
    if regime is not None:  # of several, the first
        regime = next(described.members(regime), regime)
    cardinality = described.value(entry, _MF + "resultCardinality")
    result = described.value(entry, _MF + "result")
    path = _path(suites, named)
    data, graphs = (
        [GraphFile(n.value, _path(suites, n)) for n in described.values(action, _QT + which)]
        for which in ("data", "graphData")
    )
    if not data and not graphs and path.suffix == ".rq" and result is not None:
        graphs = _asked_for(path, named.value)
    return [
        Test(
            name=re.split(r"[#/]", entry.value)[-1],
            kind=re.split(r"[#/]", kind.value)[-1],
            folder=manifest.rpartition("/")[0],
            action=path,
            base=named.value,
            result=_path(suites, result) if isinstance(result, NamedNode) else None,
            data=tuple(data),
            graphs=tuple(graphs),
            regime="" if regime is None else regime.value.rpartition("/")[2],
            lax=cardinality is not None and cardinality.value.endswith("LaxCardinality"),
        )
    ]


def _path(suites: Path, node: Node) -> Path:
    return suites / node.value.removeprefix(BASE)


def _asked_for(query: Path, base: str) -> list[GraphFile]:
    """The files that a query without data names in FROM: we do not fetch, so they are laid out."""
    names = dict.fromkeys(_FROM.findall(query.read_text(encoding="utf-8")))
    folder = base.rpartition("/")[0]
    return [GraphFile(f"{folder}/{name}", query.parent / name) for name in names]
