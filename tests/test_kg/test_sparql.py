"""Queries: answers as loaded, W3C JSON, limits, and faults with their place."""

import socket
import time

import pyoxigraph
import pytest

from kg import SparqlFaultError, SparqlTerm
from kg.sparql import running
from kg.sparql.triple_store import read_triple_store

XSD = "http://www.w3.org/2001/XMLSchema#"
PRICES = """\
@prefix e: <http://e.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
e:Thing a <http://www.w3.org/2002/07/owl#Class> .
e:agent e:code "007"^^xsd:integer .
e:seven e:code 7 .
e:bond e:price 2.50 , 2.5 ; e:coupons "5"^^xsd:int ; e:callable "1"^^xsd:boolean .
e:share e:price 12.00 ; e:note "ein Text"@de-CH .
"""


@pytest.fixture
def prices(load_text):
    return load_text(PRICES, "prices.ttl")


def values(kb, query):
    return [tuple(cell and cell.value for cell in row) for row in kb.sparql(query).rows]


def test_select_gives_variables_and_rows(zoo):
    found = zoo.sparql(
        "SELECT ?animal ?label { ?animal rdfs:subClassOf ZOO:0001 ; rdfs:label ?label } "
        "ORDER BY ?label"
    )
    assert (found.form, found.variables) == ("select", ("animal", "label"))
    zoo_iri = "http://purl.obolibrary.org/obo/ZOO_000"
    assert found.rows == (
        (SparqlTerm("uri", zoo_iri + "2"), SparqlTerm("literal", "cat")),
        (SparqlTerm("uri", zoo_iri + "3"), SparqlTerm("literal", "mouse")),
    )


def test_the_json_is_that_of_the_w3c(prices):
    query = "e:share e:price ?p ; e:note ?note OPTIONAL { e:share e:no ?none }"
    assert prices.sparql(f"SELECT ?p ?note ?none {{ {query} }}").to_json() == {
        "head": {"vars": ["p", "note", "none"]},
        "results": {
            "bindings": [
                {
                    "p": {"type": "literal", "value": "12.00", "datatype": XSD + "decimal"},
                    "note": {"type": "literal", "value": "ein Text", "xml:lang": "de-ch"},
                }
            ]
        },
    }
    assert prices.sparql("ASK { e:share e:price 12 }").to_json() == {"head": {}, "boolean": False}
    assert prices.sparql("ASK { e:share e:price 12.0 }").to_json()["boolean"] is True


def test_literals_come_back_as_they_were_loaded(prices):
    # The store holds 7 for both, and asks by value; which form is meant, the subject tells.
    rows = values(prices, "SELECT ?s ?code { ?s e:code ?code FILTER(?code < 8) } ORDER BY ?s")
    assert rows == [("http://e.org/agent", "007"), ("http://e.org/seven", "7")]
    (row,) = prices.sparql("SELECT ?n ?c { e:bond e:coupons ?n ; e:callable ?c }").rows
    assert row == (
        SparqlTerm("literal", "5", XSD + "int"),
        SparqlTerm("literal", "1", XSD + "boolean"),
    )


def test_what_a_query_computes_is_not_taken_for_what_was_loaded(prices):
    assert values(prices, "SELECT (3 + 4 AS ?n) {}") == [("7",)]
    assert values(prices, "SELECT ?n { VALUES ?n { 12.0 } }") == [("12",)]
    assert values(prices, "SELECT (MAX(?p) AS ?most) { ?s e:price ?p }") == [("12",)]


def test_construct_and_describe_give_every_form_of_the_triples(prices):
    found = prices.sparql("CONSTRUCT WHERE { e:bond e:price ?p }")
    assert found.form == "graph"
    assert sorted(found.to_ntriples().splitlines()) == [
        f'<http://e.org/bond> <http://e.org/price> "2.5"^^<{XSD}decimal> .',
        f'<http://e.org/bond> <http://e.org/price> "2.50"^^<{XSD}decimal> .',
    ]
    described = prices.sparql("DESCRIBE e:agent")
    assert [row[2].value for row in described.rows] == ["007"]
    assert described.to_json()["head"] == {"vars": ["subject", "predicate", "object"]}


def test_iris_and_languages_that_are_none_come_back_too(load_text):
    # Only the lenient reader lets them pass.
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    kb = load_text(f'<http://e.org/a page> {label} "x"@zh-toolongtag .', "odd.nt")
    (row,) = kb.sparql("SELECT ?s ?x { ?s rdfs:label ?x }").rows
    assert row == (
        SparqlTerm("uri", "http://e.org/a page"),
        SparqlTerm("literal", "x", "", "zh-toolongtag"),
    )


def test_the_store_is_dropped_when_the_content_changes(zoo, zoo_obo):
    ask = 'ASK { ?s rdfs:label "tomcat" }'
    assert zoo.sparql(ask).truth is False
    zoo_obo.write_text(zoo_obo.read_text().replace("name: cat", "name: tomcat"))
    zoo.load(zoo_obo)
    assert zoo.sparql(ask).truth is True


def test_a_triple_of_two_sources_counts_once(zoo, zoo_ttl):
    zoo_ttl.write_text(zoo_ttl.read_text().replace("obo:zoo.owl a owl", "obo:two.owl a owl"))
    zoo.load(zoo_ttl)
    assert values(zoo, 'SELECT (COUNT(*) AS ?n) { ZOO:0002 rdfs:label "cat" }') == [("1",)]


@pytest.mark.parametrize(
    ("query", "place", "said"),
    [
        ("", "1:1", "no query"),
        ("# nothing but SELECT", "1:1", "no query"),
        ("PREFIX e: <http://e.org/>\nINSERT DATA { e:a e:b 1 }", "2:1", "INSERT would change"),
        ("LOAD <file:///etc/passwd>", "1:1", "LOAD would change"),
        ("SELECT * {\n  service <http://127.0.0.1/> { ?s ?p ?o } }", "2:3", "SERVICE would ask"),
        ("SELECT * {\n  ?s nosuch:p ?o }", "2:6", "prefix nosuch: is not declared"),
        ("SELECT * {\n  ?s ?p }", "2:10", "cannot be read beyond }, which is"),
        ("SELECT * { ?s ?p ?o", "1:20", "ends too early"),
        ("SELECT ?s { ?s ?p ?o } GROUP BY ?p", "1:35", "a variable that is unbound"),
        ("SELECT * { ?s ?p ?o } }", "1:24", "cannot be read beyond }, which is"),
        ("ASK { ?s ?p 'open }", "1:13", "text is not closed"),
    ],
)
def test_a_query_that_cannot_serve_is_told_where(zoo, query, place, said):
    with pytest.raises(SparqlFaultError, match=said) as raised:
        zoo.sparql(query)
    assert raised.value.where == f"query:{place}"
    assert raised.value.mend
    assert raised.value.exit_code == 2


def test_keywords_in_texts_iris_and_comments_are_no_keywords(zoo):
    query = """# SERVICE and FROM
        SELECT ?from { ?from rdfs:label "LOAD 'FROM'" ; <http://e.org/SERVICE> '''INSERT''' }"""
    assert zoo.sparql(query).rows == ()


GRAPHS = """\
@prefix e: <http://e.org/> .
e:Thing a <http://www.w3.org/2002/07/owl#Class> .
e:monday { e:tea e:price 2 }
e:friday { e:tea e:price 3 . e:cake e:price 4 }
"""


def test_named_graphs_are_seen_by_graph_and_from_alone(load_text):
    kb = load_text(GRAPHS, "graphs.trig")
    assert values(kb, "SELECT ?s { ?s e:price ?p }") == []
    everywhere = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s e:price ?p } } GROUP BY ?g ORDER BY ?g"
    assert values(kb, everywhere) == [("http://e.org/friday", "2"), ("http://e.org/monday", "1")]
    assert values(kb, "SELECT ?p FROM e:monday { e:tea e:price ?p }") == [("2",)]
    merged = "SELECT ?p FROM e:monday FROM e:friday { e:tea e:price ?p } ORDER BY ?p"
    assert values(kb, merged) == [("2",), ("3",)]
    assert values(kb, "SELECT ?g FROM NAMED e:friday { GRAPH ?g { e:tea ?p ?o } }") == [
        ("http://e.org/friday",)
    ]


@pytest.mark.parametrize("place", ["file:///etc/passwd", "http://127.0.0.1/", "http://e.org/none"])
def test_a_graph_that_was_not_loaded_is_empty_and_never_fetched(load_text, place):
    kb = load_text(GRAPHS, "graphs.trig")
    assert kb.sparql(f"SELECT * FROM <{place}> {{ ?s ?p ?o }}").rows == ()
    assert kb.sparql(f"SELECT * FROM NAMED <{place}> {{ GRAPH ?g {{ ?s ?p ?o }} }}").rows == ()


@pytest.mark.parametrize(
    "before",
    [
        "",
        # Each once ended a comment later for us than for the parser.
        "<http://e.org/\\u0041#> ?p1 ?o1 .",
        "<http://e.org/\u00a0#> ?p1 ?o1 .",
        "ZOO:0001\\# ?p1 ?o1 .",
        "?s1 rdfs:label 'a\\'#' .",
        '?s1 rdfs:label """a"b""#""" .',
        "FILTER(1<2) # >\r",
    ],
)
@pytest.mark.parametrize("silent", ["", "SILENT"])
def test_no_service_is_asked_however_it_is_hidden(zoo, before, silent):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        query = f"SELECT * {{ {before} SERVICE {silent} <{address}> {{ ?s ?p ?o }} }}"
        with pytest.raises(SparqlFaultError, match="SERVICE would ask another server"):
            zoo.sparql(query)
        # and if it were not recognised:
        with zoo._database.reading() as connection:
            store = read_triple_store(connection)
        running._asked_in_fork(store, query, timeout_s=10.0, row_limit=10)
        with pytest.raises(TimeoutError):
            server.accept()


def test_all_variables_come_in_the_order_of_the_query(zoo):
    assert zoo.sparql("SELECT * { ?s ?p ?o } LIMIT 1").variables == ("s", "p", "o")
    assert zoo.sparql("SELECT DISTINCT * { ?z ?y ?a } LIMIT 1").variables == ("z", "y", "a")
    assert zoo.sparql("SELECT ?o ?s { ?s ?p ?o } LIMIT 1").variables == ("o", "s")


@pytest.mark.parametrize(
    "pattern",
    ["?s e:above* e:nobody .", "?s e:above? e:nobody.", "e:nobody (e:above|^e:below)* ?s"],
)
def test_a_path_of_length_zero_leads_to_itself_also_beyond_the_graph(zoo, pattern):
    # https://www.w3.org/TR/sparql11-query/#defn_evalPP_ZeroOrOnePath
    query = f"PREFIX e: <http://e.org/>\nSELECT ?s {{ {pattern} }}"
    assert values(zoo, query) == [("http://e.org/nobody",)]


def test_a_path_of_length_zero_within_the_graph_is_left_to_the_store(zoo):
    found = zoo.sparql("SELECT ?s { ?s rdfs:subClassOf* ZOO:0001 . ?s rdfs:label ?l }")
    assert {row[0].value[-4:] for row in found.rows} == {"0001", "0002", "0003"}


def test_joined_texts_have_no_language(load_text):
    kb = load_text(PRICES.replace('"ein Text"', '"Text"@de-CH , "ein Text"'), "prices.ttl")
    query = 'SELECT (GROUP_CONCAT(?n ; separator="|") AS ?all) { { SELECT ?n { ?s e:note ?n } } }'
    (row,) = kb.sparql(query).rows
    assert sorted(row[0].value.split("|")) == ["Text", "ein Text"]
    assert row[0].lang == ""


def test_every_query_has_random_numbers_of_its_own(zoo):
    pyoxigraph.BlankNode()  # from now on a fork of this process would have the same ones
    first, second = (values(zoo, "SELECT (UUID() AS ?u) (RAND() AS ?r) {}") for _ in range(2))
    assert first[0][0] != second[0][0]
    assert first[0][1] != second[0][1]


def test_csv_holds_the_values_alone(prices):
    found = prices.sparql("SELECT ?s ?note ?none { ?s e:note ?note OPTIONAL { ?s e:no ?none } }")
    assert found.to_csv() == "s,note,none\r\nhttp://e.org/share,ein Text,\r\n"
    assert prices.sparql("ASK {}").to_csv() == "boolean\r\ntrue\r\n"


def test_rows_are_limited_and_said_to_be(zoo):
    found = zoo.sparql("SELECT * { ?s ?p ?o }", row_limit=3)
    assert (len(found.rows), found.truncated) == (3, True)
    assert not zoo.sparql("SELECT * { ?s rdfs:label 'cat' }", row_limit=1).truncated
    assert zoo.sparql("CONSTRUCT WHERE { ?s ?p ?o }", row_limit=3).truncated


def test_a_query_that_runs_for_ever_is_ended(zoo):
    query = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n1 ?o }"
    began = time.monotonic()
    with pytest.raises(SparqlFaultError, match=r"longer than 0\.3 seconds"):
        zoo.sparql(query, timeout_s=0.3)
    assert time.monotonic() - began < 5
    assert zoo.sparql("ASK {}").truth is True


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { " + "{" * 5000 + "}" * 5000 + " }",
        f"ASK {{ FILTER({'(' * 5000}1{')' * 5000}) }}",
    ],
    ids=["groups", "brackets"],
)
def test_a_query_that_is_nested_too_deeply_ends_itself_alone(zoo, query, capfd):
    with pytest.raises(SparqlFaultError, match="nested too deeply"):
        zoo.sparql(query)
    assert capfd.readouterr().err == ""


def test_a_regular_expression_cannot_hang(zoo):
    query = "SELECT ?l { ?s rdfs:label ?l FILTER(REGEX(?l, '(a+)+(a+)+(a+)+$')) }"
    assert zoo.sparql(query, timeout_s=5.0).rows is not None


def test_an_empty_knowledge_base_answers(empty_kb):
    assert empty_kb.sparql("SELECT * { ?s ?p ?o }").rows == ()


def test_a_notebook_shows_a_table(prices):
    shown = prices.sparql("SELECT ?s ?note { ?s e:note ?note }")._repr_html_()
    assert "<th>note</th>" in shown
    assert "<td>ein Text</td>" in shown
    assert prices.sparql("ASK {}")._repr_html_() == "<b>true</b>"
