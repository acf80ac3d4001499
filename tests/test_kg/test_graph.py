"""The hierarchy as arrays.

      0
     / \\
    1   2       3 <-> 4 is a cycle, 5 is a 3, and 5 eats 1
     \\ /
      6
"""

import numpy as np
import pytest

from kg import Graph


@pytest.fixture
def graph() -> Graph:
    edges = [
        (1, 0, 0), (2, 0, 0), (3, 0, 4), (4, 0, 3), (5, 0, 3), (5, 1, 1), (6, 0, 1), (6, 0, 2),
    ]  # fmt: skip
    head, relation, tail = np.array(edges, dtype=np.int64).T.copy()
    return Graph(7, head, relation, tail, ("rdfs:subClassOf", "ex:eats"))


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


def test_networkx_gets_all_nodes_and_edges(graph):
    exported = graph.to_networkx()
    assert (exported.number_of_nodes(), exported.number_of_edges()) == (7, 8)
    assert exported.has_edge(5, 1, key="ex:eats")


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
