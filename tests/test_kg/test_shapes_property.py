"""On small random graphs and shapes our results are those of pySHACL."""

import tempfile
import warnings
from collections import Counter
from pathlib import Path

import pyshacl
import rdflib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg import KnowledgeBase

SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
PREFIXES = """\
@prefix : <http://e.org/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

NODES = st.sampled_from([":a", ":b", ":c"])
# no literals of one value in two forms: rdflib would take them for one
LITERALS = st.sampled_from(['"x"', '"xy"', '"x"@en', '"y"@en', '"x"@de', "1", "2", "3.5"])
PREDICATES = st.sampled_from([":p", ":q"])
CLASSES = st.sampled_from([":C", ":D", ":E"])

TRIPLES = st.one_of(
    st.tuples(NODES, PREDICATES, st.one_of(NODES, LITERALS)),
    st.tuples(NODES, st.just("a"), CLASSES),
    st.tuples(CLASSES, st.just("rdfs:subClassOf"), CLASSES),
)

PATHS = st.recursive(
    PREDICATES,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("( {0[0]} {0[1]} )".format),
        st.tuples(inner, inner).map("[ sh:alternativePath ( {0[0]} {0[1]} ) ]".format),
        inner.map("[ sh:inversePath {} ]".format),
        inner.map("[ sh:zeroOrMorePath {} ]".format),
        inner.map("[ sh:oneOrMorePath {} ]".format),
        inner.map("[ sh:zeroOrOnePath {} ]".format),
    ),
    max_leaves=3,
)

OF_NODES = st.one_of(
    CLASSES.map("sh:class {}".format),
    st.sampled_from(["xsd:string", "xsd:integer", "rdf:langString"]).map("sh:datatype {}".format),
    st.sampled_from(["IRI", "Literal", "BlankNodeOrIRI", "IRIOrLiteral"]).map(
        "sh:nodeKind sh:{}".format
    ),
    st.sampled_from(["1", "2", "3"]).map("sh:minInclusive {}".format),
    st.sampled_from(["1", "2", "3"]).map("sh:maxExclusive {}".format),
    st.integers(1, 3).map("sh:minLength {}".format),
    st.integers(0, 3).map("sh:maxLength {}".format),
    st.sampled_from(["^x", "y$", "[ab]"]).map('sh:pattern "{}"'.format),
    st.sampled_from(['"en"', '"de" "fr"']).map("sh:languageIn ( {} )".format),
    PREDICATES.map("sh:equals {}".format),
    PREDICATES.map("sh:disjoint {}".format),
    st.one_of(NODES, LITERALS).map("sh:hasValue {}".format),
    st.lists(st.one_of(NODES, LITERALS), min_size=1, max_size=3).map(
        lambda members: f"sh:in ( {' '.join(members)} )"
    ),
    st.just("sh:closed true ; sh:ignoredProperties ( rdf:type )"),
)
OF_PROPERTIES = st.one_of(
    OF_NODES,
    st.integers(0, 2).map("sh:minCount {}".format),
    st.integers(0, 2).map("sh:maxCount {}".format),
    st.just("sh:uniqueLang true"),
)


def _brackets(body: str) -> str:
    return f"[ {body} ]"


SHAPES = st.recursive(
    OF_NODES,
    lambda inner: st.one_of(
        inner.map(_brackets).map("sh:not {}".format),
        inner.map(_brackets).map("sh:node {}".format),
        st.tuples(inner, inner).map("sh:and ( [ {0[0]} ] [ {0[1]} ] )".format),
        st.tuples(inner, inner).map("sh:or ( [ {0[0]} ] [ {0[1]} ] )".format),
        st.tuples(inner, inner).map("sh:xone ( [ {0[0]} ] [ {0[1]} ] )".format),
        st.tuples(PATHS, inner).map("sh:property [ sh:path {0[0]} ; {0[1]} ]".format),
        st.tuples(PATHS, OF_PROPERTIES).map("sh:property [ sh:path {0[0]} ; {0[1]} ]".format),
        st.tuples(PATHS, inner, st.integers(0, 2)).map(
            "sh:property [ sh:path {0[0]} ; sh:qualifiedValueShape [ {0[1]} ] ; "
            "sh:qualifiedMinCount {0[2]} ; sh:qualifiedMaxCount 1 ]".format
        ),
    ),
    max_leaves=4,
)
TARGETS = st.one_of(
    NODES.map("sh:targetNode {}".format),
    CLASSES.map("sh:targetClass {}".format),
    PREDICATES.map("sh:targetSubjectsOf {}".format),
    PREDICATES.map("sh:targetObjectsOf {}".format),
)


def ours(data: str, shapes: str) -> Counter[tuple[str, ...]]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "data.ttl").write_text(data)
        (place / "shapes.ttl").write_text(shapes)
        with KnowledgeBase.open(place / "kb.db", create=True) as kb:
            kb.load(place / "data.ttl", data=True)
            report = kb.validate(place / "shapes.ttl")
    return Counter(
        (r.component, r.focus.value, r.value.value if r.value else "") for r in report.results
    )


def theirs(data: str, shapes: str) -> Counter[tuple[str, ...]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, report, _ = pyshacl.validate(
            rdflib.Graph().parse(data=data),
            shacl_graph=rdflib.Graph().parse(data=shapes),
            max_validation_depth=60,
        )
    assert isinstance(report, rdflib.Graph), report
    return Counter(
        (str(report.value(result, SH.sourceConstraintComponent)),
         str(report.value(result, SH.focusNode)), str(report.value(result, SH.value) or ""))
        for result in report.objects(None, SH.result)
    )  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(triples=st.lists(TRIPLES, min_size=1, max_size=10), shape=SHAPES, target=TARGETS)
def test_our_results_are_those_of_pyshacl(triples, shape, target):
    data = PREFIXES + "".join(f"{s} {p} {o} .\n" for s, p, o in triples)
    shapes = f"{PREFIXES}:S a sh:NodeShape ; {target} ; {shape} ."
    assert ours(data, shapes) == theirs(data, shapes)
