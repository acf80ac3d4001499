"""The edges as arrays: one step, ways, parts, and networkx.

      0
     / \\
    1   2       3 <-> 4 is a cycle, 5 is a 3, and 5 eats 1
     \\ /
      6
"""

from itertools import pairwise

import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg import Graph, InputError

ROWS = st.integers(0, 9)
EDGES = st.sets(st.tuples(ROWS, st.integers(0, 1), ROWS), max_size=30)


def graph_of(edges, count) -> Graph:
    head, relation, tail = np.array(sorted(edges), dtype=np.int64).reshape(-1, 3).T.copy()
    return Graph(count, head, relation, tail, ("rdfs:subClassOf", "ex:eats"))


@pytest.fixture
def graph() -> Graph:
    edges = [
        (1, 0, 0), (2, 0, 0), (3, 0, 4), (4, 0, 3), (5, 0, 3), (5, 1, 1), (6, 0, 1), (6, 0, 2),
    ]  # fmt: skip
    return graph_of(edges, 7)


def test_parents_and_children_are_one_step_away(graph):
    assert graph.parents(6).tolist() == [1, 2]
    assert graph.children(0).tolist() == [1, 2]
    assert graph.parents(0).tolist() == []


def test_ancestors_and_descendants_go_all_the_way(graph):
    assert graph.ancestors(6).tolist() == [0, 1, 2]
    assert graph.descendants(0).tolist() == [1, 2, 6]
    assert graph.ancestors(6).dtype == np.int64


def test_a_cycle_ends_and_leaves_the_entity_itself_out(graph):
    assert graph.ancestors(3).tolist() == [4]
    assert graph.ancestors(5).tolist() == [3, 4]
    assert graph.descendants(4).tolist() == [3, 5]


def test_is_a_holds_for_ancestors_only(graph):
    assert graph.is_a(6, 0)
    assert not graph.is_a(0, 6)
    assert not graph.is_a(5, 1)
    assert not graph.is_a(6, 6)


def test_a_hierarchy_can_be_over_other_relations(graph):
    eats = graph.hierarchy_over(["ex:eats"])
    assert (eats.ancestors(5).tolist(), eats.ancestors(6).tolist()) == ([1], [])
    both = graph.hierarchy_over(["ex:eats", "rdfs:subClassOf"])
    assert both.ancestors(5).tolist() == [0, 1, 3, 4]
    assert both.descendants(1).tolist() == [5, 6]
    with pytest.raises(InputError, match="ex:drinks"):
        graph.hierarchy_over(["ex:drinks"])


def test_neighbours_are_those_of_one_relation_or_of_all(graph):
    assert graph.neighbours(5).tolist() == [3, 1]
    assert graph.neighbours(5, "ex:eats").tolist() == [1]
    assert graph.neighbours(6, "ex:eats").tolist() == []
    assert graph.neighbours(1, incoming=True).tolist() == [6, 5]
    assert graph.neighbours(1, "ex:eats", incoming=True).tolist() == [5]


def test_an_unknown_relation_is_told_with_the_nearest(graph):
    with pytest.raises(InputError, match="ex:eat is not among the 2 relations") as raised:
        graph.neighbours(5, "ex:eat")
    assert raised.value.mend == "Nearest: ex:eats."


def test_edges_of_an_entity_lead_to_all_that_is_said_of_them(graph):
    edges = graph.edges_of(5)
    assert [graph.relations[r] for r in graph.relation[edges]] == ["rdfs:subClassOf", "ex:eats"]
    assert graph.origin[edges].tolist() == [0, 0]


def test_tensors_share_the_memory_of_the_edges(graph):
    assert graph.edge_index.tolist() == [graph.head.tolist(), graph.tail.tolist()]
    assert graph.edge_type is graph.relation


@pytest.mark.parametrize(
    ("start", "end", "options", "path"),
    [
        (6, 0, {}, (6, 1, 0)),
        (5, 0, {}, (5, 1, 0)),
        (5, 0, {"relations": ["rdfs:subClassOf"]}, None),
        (0, 6, {}, None),
        (0, 6, {"both_ways": True}, (0, 1, 6)),
        (4, 1, {"both_ways": True}, (4, 3, 5, 1)),
        (2, 2, {}, (2,)),
    ],
)
def test_a_shortest_path_keeps_to_relations_and_directions(graph, start, end, options, path):
    assert graph.shortest_path(start, end, **options) == path


@given(EDGES, ROWS, ROWS, st.booleans())
@settings(deadline=None)
def test_a_path_is_as_short_as_networkx_finds_it(edges, start, end, both_ways):
    graph = graph_of(edges, 10)
    theirs = networkx.DiGraph([(head, tail) for head, _, tail in edges])
    theirs.add_nodes_from(range(10))
    theirs = theirs.to_undirected() if both_ways else theirs
    found = graph.shortest_path(start, end, both_ways=both_ways)
    if found is None:
        assert not networkx.has_path(theirs, start, end)
    else:
        assert (found[0], found[-1]) == (start, end)
        assert len(found) == 1 + networkx.shortest_path_length(theirs, start, end)
        assert all(theirs.has_edge(a, b) for a, b in pairwise(found))


@given(EDGES, st.sets(ROWS), st.integers(0, 3))
@settings(deadline=None)
def test_a_subgraph_is_what_networkx_finds_within_so_many_steps(edges, rows, hops):
    part = graph_of(edges, 10).subgraph(rows, hops=hops)
    theirs = networkx.MultiDiGraph([(head, tail, kind) for head, kind, tail in edges])
    theirs.add_nodes_from(range(10))
    around = theirs.to_undirected()
    inside = set()
    for row in rows:
        inside |= set(networkx.single_source_shortest_path_length(around, row, cutoff=hops))
    assert part.rows.tolist() == sorted(inside)
    columns = (part.rows[part.graph.head], part.graph.relation, part.rows[part.graph.tail])
    found = list(zip(*(column.tolist() for column in columns), strict=True))
    expected = ((h, kind, t) for h, t, kind in theirs.subgraph(inside).edges(keys=True))
    assert found == sorted(expected)


def test_a_subgraph_has_all_edges_between_its_rows(graph):
    part = graph.subgraph([6, 1, 5])
    assert part.rows.tolist() == [1, 5, 6]
    triples = list(zip(part.graph.head, part.graph.relation, part.graph.tail, strict=True))
    assert triples == [(1, 1, 0), (2, 0, 0)]
    assert part.graph.relations == graph.relations


def test_a_subgraph_grows_by_hops_over_the_relations_asked_for(graph):
    assert graph.subgraph([5], hops=1).rows.tolist() == [1, 3, 5]
    assert graph.subgraph([5], hops=1, relations=["ex:eats"]).rows.tolist() == [1, 5]
    assert graph.subgraph([1], hops=1).rows.tolist() == [0, 1, 5, 6]
    assert graph.subgraph([1], hops=1, incoming=False).rows.tolist() == [0, 1]
    assert graph.subgraph([], hops=3).rows.tolist() == []


def test_networkx_gets_all_nodes_and_edges(graph):
    exported = graph.to_networkx()
    assert (exported.number_of_nodes(), exported.number_of_edges()) == (7, 8)
    assert exported.edges[5, 1, "ex:eats"] == {"origin": "asserted"}


def test_networkx_gets_a_part_with_the_names_of_its_nodes(zoo):
    table = zoo.table()
    cat, mouse = table.row("ZOO:0002"), table.row("ZOO:0003")
    eats = "http://purl.obolibrary.org/obo/zoo#eats"
    exported = zoo.graph().to_networkx([cat, mouse], relations=[eats], table=table)
    assert dict(exported.nodes) == {
        cat: {"curie": "ZOO:0002", "label": "cat", "kind": "class"},
        mouse: {"curie": "ZOO:0003", "label": "mouse", "kind": "class"},
    }
    assert list(exported.edges(keys=True)) == [(cat, mouse, eats)]


def test_edges_are_sorted_each_once_and_relation_0_is_is_a(load_text):
    kb = load_text(
        "format-version: 1.2\n\n[Term]\nid: A:1\nname: a\nis_a: A:2\nrelationship: r A:2\n\n"
        "[Term]\nid: A:2\nname: b\nis_a: A:2\n\n[Typedef]\nid: r\nname: r\n",
        "a.obo",
    )
    graph = kb.graph()
    assert graph.relations == ("rdfs:subClassOf", "http://purl.obolibrary.org/obo/TEMP#r")
    assert graph.head.tolist() == [0, 0]
    assert graph.relation.tolist() == [0, 1]
    assert graph.tail.tolist() == [1, 1]


def test_an_edge_that_is_stated_and_follows_from_a_restriction_is_stated(load_text):
    kb = load_text(
        "@prefix : <http://e.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        ":p a owl:ObjectProperty . :b a owl:Class . :c a owl:Class .\n"
        ":a a owl:Class ; :p :b ; rdfs:subClassOf\n"
        "  [ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :b ] ,\n"
        "  [ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :c ] .\n"
    )
    table, graph = kb.table(), kb.graph()
    ends = [table.curies[tail][-1] for tail in graph.tail.tolist()]
    origin = dict(zip(ends, graph.origin.tolist(), strict=True))
    assert origin == {"b": 0, "c": 1}
