"""A knowledge base as a store of rdflib answers as rdflib's own store in memory does."""

import itertools
from importlib.metadata import entry_points

import pytest
import rdflib
from rdflib.compare import isomorphic

from kg import InputError, KnowledgeBase, NotAKnowledgeBaseError
from kg.rdflib_store import OntograftStore

# rdflib uses what it deprecates
pytestmark = pytest.mark.filterwarnings("ignore:Dataset.:DeprecationWarning")

E = rdflib.Namespace("http://e.org/")
DEFAULT = rdflib.graph.DATASET_DEFAULT_GRAPH_ID
PRICES = """\
@prefix e: <http://e.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
e:bond a owl:Class ; e:price 2.50 , 2.5 , "007"^^xsd:integer , "x" , "x"@en , "y"@de-ch ;
    e:part _:a , e:share . _:a e:part _:b ; e:name "a" . _:b e:name "b" .
e:share a owl:Class ; e:price 2.50 ; e:name "" .
"""
GRAPHS = """\
@prefix e: <http://e.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
e:a rdfs:label "a" ; e:p e:b .
e:one { e:a e:p e:b , e:c . }
e:two { e:a e:p e:c . e:c e:p e:a . }
"""


@pytest.fixture(autouse=True)
def literals_as_written():
    """So that rdflib's own parser keeps "007" as well."""
    before, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    yield
    rdflib.NORMALIZE_LITERALS = before


@pytest.fixture
def opened(load_text):
    """Graphs over a knowledge base that a text was loaded into; closed in the end."""
    graphs = []

    def open_graph(text, name="text.ttl", kind=rdflib.Graph):
        kb = load_text(text, name)
        graph = kind(store="ontograft")
        graph.open(kb.location)
        graphs.append(graph)
        return graph

    yield open_graph
    for graph in graphs:
        graph.close()


def in_memory(text):
    graph = rdflib.Graph()
    graph.parse(data=text, format="turtle")
    return graph


def test_the_entry_point_leads_to_it():
    (found,) = entry_points(group="rdf.plugins.store", name="ontograft")
    assert found.load() is OntograftStore


def test_the_graph_is_that_of_the_file(opened):
    graph = opened(PRICES)
    assert len(graph) == len(in_memory(PRICES)) == 15
    assert isomorphic(graph, in_memory(PRICES))


def test_all_eight_patterns_give_what_rdflib_gives(opened):
    graph, expected = opened(PRICES), in_memory(PRICES)
    # blank nodes have other names; what has none of them can be compared term by term
    plain = [t for t in expected if not any(isinstance(term, rdflib.BNode) for term in t)]
    assert len(plain) == 11
    for triple in plain:
        for kept in itertools.product([True, False], repeat=3):
            pattern = tuple(t if keep else None for t, keep in zip(triple, kept, strict=True))
            found = sorted(graph.triples(pattern), key=str)
            wanted = sorted(expected.triples(pattern), key=str)
            assert len(found) == len(wanted)
            assert {t for t in found if t in plain} == {t for t in wanted if t in plain}


def test_what_is_not_there_is_not_found(opened):
    graph = opened(PRICES)
    literals = (rdflib.Literal("none"), rdflib.Literal("x", lang="fr"))
    for missing in (E.none, rdflib.BNode("none"), *literals):
        assert list(graph.triples((None, None, missing))) == []
    assert (E.bond, E.price, rdflib.Literal(7)) not in graph  # it is "007"
    assert (E.bond, E.price, rdflib.Literal("y", lang="de-CH")) in graph


def test_more_than_a_page_is_read_whole_and_in_order(opened):
    text = "".join(f"<urn:x:{n}> <urn:x:p> <urn:x:{n % 7}> .\n" for n in range(11_000))
    label = '<urn:x:1> <http://www.w3.org/2000/01/rdf-schema#label> "one" .\n'
    graph = opened(text + label, "many.nt")
    p = rdflib.URIRef("urn:x:p")
    assert len(set(graph)) == len(graph) == 11_001
    assert len(set(graph.subjects(p))) == 11_000
    assert len(list(graph.subjects(p, rdflib.URIRef("urn:x:3")))) == 11_000 // 7
    assert len(list(graph.triples((None, None, rdflib.URIRef("urn:x:3"))))) == 11_000 // 7


def test_graphs_keep_their_names(opened):
    dataset = opened(GRAPHS, "graphs.trig", rdflib.Dataset)
    assert {(s, p, o, g) for s, p, o, g in dataset.quads() if p == E.p} == {
        (E.a, E.p, E.b, DEFAULT),
        (E.a, E.p, E.b, E.one),
        (E.a, E.p, E.c, E.one),
        (E.a, E.p, E.c, E.two),
        (E.c, E.p, E.a, E.two),
    }
    assert len(dataset.graph(E.two)) == 2
    assert len(dataset.graph(E.three)) == 0
    assert {g.identifier for g in dataset.graphs()} == {
        DEFAULT,
        E.one,
        E.two,
    }
    assert set(dataset.objects(E.a, E.p)) == {E.b}
    assert {g.identifier for g in dataset.store.contexts((E.a, E.p, E.c))} == {E.one, E.two}
    # each triple once, in whichever graphs it is
    dataset.default_union = True
    assert sorted(dataset.objects(E.a, E.p)) == [E.b, E.c]


def test_rdflibs_own_sparql_works_over_it(opened):
    graph = opened(PRICES)
    query = "SELECT ?n { e:bond e:part+ ?p . ?p e:name ?n } ORDER BY ?n"
    assert [str(row.n) for row in graph.query(query)] == ["", "a", "b"]
    asked = "SELECT ?p { e:bond e:price ?p FILTER(?p = 7) }"
    assert [str(row.p) for row in graph.query(asked)] == ["007"]


def test_the_prefixes_are_those_of_the_files(opened):
    graph = opened(PRICES)
    assert dict(graph.namespaces())["e"] == rdflib.URIRef("http://e.org/")
    assert graph.qname(E.bond) == "e:bond"
    assert '"007"^^xsd:integer' in graph.serialize(format="longturtle") + graph.serialize(
        format="nt"
    ).replace("<http://www.w3.org/2001/XMLSchema#integer>", "xsd:integer")


def test_nothing_can_be_added_or_removed(opened):
    graph = opened(PRICES)
    with pytest.raises(InputError, match="read-only"):
        graph.add((E.a, E.b, E.c))
    with pytest.raises(InputError, match="read-only"):
        graph.remove((None, None, None))
    with pytest.raises(InputError, match="read-only"):
        graph.parse(data="<urn:x:a> <urn:x:b> <urn:x:c> .", format="turtle")
    assert len(graph) == 15


def test_a_place_without_a_knowledge_base_is_told(tmp_path):
    graph = rdflib.Graph(store="ontograft")
    assert graph.open(str(tmp_path / "none.db")) == rdflib.store.NO_STORE
    with pytest.raises(InputError, match="not open"):
        len(graph)
    (tmp_path / "text.db").write_text("no database")
    with pytest.raises(NotAKnowledgeBaseError):
        graph.open(str(tmp_path / "text.db"))


def test_a_knowledge_base_gives_itself_as_a_dataset(zoo, zoo_ttl):
    dataset = zoo.to_rdflib()
    before = len(dataset)
    assert before == zoo.summary().triples
    zoo_ttl.write_text(zoo_ttl.read_text().replace("obo:zoo.owl a owl", "obo:two.owl a owl"))
    zoo.load(zoo_ttl)
    assert len(dataset) == before  # what held when it was made
    dataset.close()
    fresh = zoo.to_rdflib()
    assert len(fresh) > before
    fresh.close()


def test_a_state_of_the_past_is_one_as_well(zoo, zoo_obo):
    first = zoo.releases()[0].number
    zoo_obo.write_text(zoo_obo.read_text().replace("name: cat", "name: tomcat"))
    zoo.load(zoo_obo)
    with KnowledgeBase.open(zoo.location, at=first) as past:
        dataset = past.to_rdflib()
        assert rdflib.Literal("cat") in set(dataset.objects())
        assert past.search("cat")  # beside it


def test_statements_about_triples_and_directions_are_not_shown(opened):
    graph = opened(
        "@prefix e: <http://e.org/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        'e:a rdfs:label "a"@ar--rtl ; e:p e:b {| e:by e:c |} .'
    )
    assert rdflib.Literal("a", lang="ar") in set(graph.objects())
    # the label, the triple, and who said it; not which triple was said
    assert len(graph) == len(set(graph)) == 3


def test_pyshacl_validates_it(opened):
    pyshacl = pytest.importorskip("pyshacl")
    shapes = """\
        @prefix sh: <http://www.w3.org/ns/shacl#> . @prefix e: <http://e.org/> .
        @prefix owl: <http://www.w3.org/2002/07/owl#> .
        [] a sh:NodeShape ; sh:targetClass owl:Class ; sh:property
            [ sh:path e:name ; sh:minCount 1 ] , [ sh:path e:price ; sh:maxCount 1 ] .
    """
    verdicts = [
        pyshacl.validate(data, shacl_graph=in_memory(shapes), meta_shacl=False)[1]
        for data in (opened(PRICES), in_memory(PRICES))
    ]
    results = [
        {
            tuple(report.value(r, rdflib.SH[part]) for part in ("focusNode", "resultPath"))
            for r in report.objects(None, rdflib.SH.result)
        }
        for report in verdicts
    ]
    assert results[0] == results[1] == {(E.bond, E.name), (E.bond, E.price)}
