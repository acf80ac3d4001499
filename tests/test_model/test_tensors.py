"""The graph as PyTorch Geometric's data: the same edges, on the same memory."""

import pytest
import torch

from kg import KnowledgeBase
from model.tensors import to_data, to_hetero_data

ONTOLOGY = """
@prefix : <http://e.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:knows a owl:ObjectProperty .
:cat a owl:Class ; rdfs:subClassOf :animal .
:animal a owl:Class .
:tom a owl:NamedIndividual , :cat ; :knows :jerry .
:jerry a owl:NamedIndividual .
"""


@pytest.fixture
def kb(tmp_path):
    (tmp_path / "zoo.ttl").write_text(ONTOLOGY)
    with KnowledgeBase.open(tmp_path / "kb.db", create=True) as made:
        made.load(tmp_path / "zoo.ttl")
        made.graph()
    # opened again: the arrays are mapped files
    with KnowledgeBase.open(tmp_path / "kb.db") as found:
        yield found


def test_data_has_the_edges_of_the_graph_without_a_copy(kb):
    graph = kb.graph()
    data = to_data(graph)
    assert data.num_nodes == graph.entity_count
    assert data.edge_index.tolist() == graph.edge_index.tolist()
    assert data.edge_type.tolist() == graph.relation.tolist()
    assert data.edge_index.data_ptr() == graph.edge_index.ctypes.data
    assert data.edge_type.data_ptr() == graph.edge_type.ctypes.data
    assert data.validate()


def test_writing_to_a_tensor_reaches_no_file(kb):
    data = to_data(kb.graph())
    before = data.edge_index.clone()
    data.edge_index += 1
    with KnowledgeBase.open(kb.location) as again:
        assert torch.equal(to_data(again.graph()).edge_index, before)


def test_hetero_data_has_nodes_by_kind_and_edges_by_relation(kb):
    graph, table = kb.graph(), kb.table()
    data = to_hetero_data(graph, table)
    names = {
        kind: [table.iris[row].removeprefix("http://e.org/") for row in data[kind].row.tolist()]
        for kind in data.node_types
    }
    assert names == {
        "class": ["cat", "animal"],
        "individual": ["tom", "jerry"],
        "property": ["knows"],
    }
    edges = {
        (relation, names[head][i], names[tail][j])
        for head, relation, tail in data.edge_types
        for i, j in data[head, relation, tail].edge_index.T.tolist()
    }
    assert edges == {
        ("rdfs:subClassOf", "cat", "animal"),
        ("rdf:type", "tom", "cat"),
        (":knows", "tom", "jerry"),
    }
    assert data["class"].live.tolist() == [True, True]


def test_a_graph_without_edges_is_data_too(tmp_path):
    with KnowledgeBase.open(tmp_path / "empty.db", create=True) as kb:
        assert to_data(kb.graph()).num_nodes == 0
        assert to_hetero_data(kb.graph(), kb.table()).node_types == []
