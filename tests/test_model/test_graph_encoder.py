import numpy as np
import torch

from kg import Graph
from model.graph_encoder import GraphEncoder, RelationalLayer
from model.network import EntityFeatures
from model.subgraph import Neighbours, ancestor_mean, cut_subgraph, label_places

IS_A, PART_OF = 0, 1
RELATIONS = ("rdfs:subClassOf", "ex:partOf")


def four_nodes() -> Graph:
    """2 -> 1 -> 0 by is-a, 3 -> 1 by part of."""
    return Graph(
        entity_count=4,
        head=np.array([1, 2, 3]),
        relation=np.array([IS_A, IS_A, PART_OF]),
        tail=np.array([0, 1, 1]),
        relations=RELATIONS,
    )


def cut(rows: list[int], silent: tuple[int, ...] = ()):
    graph = four_nodes()
    beside = Neighbours(graph, limit=4, relations=RELATIONS)
    return cut_subgraph(graph, rows, neighbours=beside, relations=RELATIONS, hops=2, silent=silent)


def test_a_subgraph_holds_the_entities_their_neighbours_and_all_ancestors() -> None:
    assert cut([2]).rows.tolist() == [0, 1, 2]
    assert cut([3]).rows.tolist() == [0, 1, 3]  # 1 is a neighbour of 3, and 0 an ancestor of 1


def test_an_entity_hears_from_what_it_points_at_and_from_nothing_below_it() -> None:
    part = cut([2])
    edges = {
        (source, target, kind)
        for (source, target), kind in zip(
            part.edge_index.T.tolist(), part.edge_type.tolist(), strict=True
        )
    }
    assert edges == {(0, 1, IS_A), (1, 2, IS_A)}


def test_nobody_hears_from_a_silent_entity_nor_has_it_as_a_slot() -> None:
    part = cut([2], silent=(1,))
    assert 1 not in part.edge_index[0].tolist()
    # 1 and 2 both have the ancestor 0; that 1 is an ancestor of 2 is not heard
    assert part.ancestor_index.T.tolist() == [[0, 1], [0, 2]]
    beside = Neighbours(four_nodes(), limit=4, relations=RELATIONS, silent=(1,))
    assert beside(2) == [(1, 0)]


def test_a_vector_is_the_same_in_whatever_subgraph_it_is_made() -> None:
    torch.manual_seed(0)
    network, texts = GraphEncoder(width=8, relation_count=2, layers=2), torch.randn(4, 8)
    for layer in network.layers:
        torch.nn.init.normal_(layer.out.weight)

    def vector_of_one(rows: list[int]) -> torch.Tensor:
        part = cut(rows)
        own = texts[part.rows]
        return network(own, ancestor_mean(own, part), part)[part.local[1]]

    alone = vector_of_one([1])
    torch.testing.assert_close(vector_of_one([1, 2, 3]), alone)


def test_an_unknown_relation_is_a_slot_of_its_own_kind_but_no_edge() -> None:
    graph = four_nodes()
    beside = Neighbours(graph, limit=4, relations=RELATIONS[:1])
    assert beside(3) == [(2, 1)]  # one past the relations that are known
    part = cut_subgraph(graph, [3], neighbours=beside, relations=RELATIONS[:1], hops=2)
    assert part.edge_type.tolist() == [IS_A]
    assert part.rows[part.edge_index].tolist() == [[0], [1]]


def test_the_ancestors_mean_is_worked_by_hand() -> None:
    vectors = torch.tensor([[2.0], [4.0], [9.0]])
    assert ancestor_mean(vectors, cut([2])).tolist() == [[0.0], [2.0], [3.0]]


def test_a_layer_equals_the_formula_written_densely() -> None:
    torch.manual_seed(0)
    layer, x, part = RelationalLayer(width=8, relation_count=2), torch.randn(3, 8), cut([3])
    torch.nn.init.normal_(layer.out.weight)
    h = layer.enter(layer.norm(x))
    want = torch.zeros(3, 8)
    for target in range(3):
        heard = [
            h[source] * layer.relations[kind]
            for (source, to), kind in zip(
                part.edge_index.T.tolist(), part.edge_type.tolist(), strict=True
            )
            if to == target
        ]
        mean = torch.stack(heard).mean(0) if heard else torch.zeros(2)
        total = layer.to_self(h[target]) + layer.from_tail(mean)
        want[target] = x[target] + layer.out(torch.relu(total))
    torch.testing.assert_close(layer(x, part.edge_index, part.edge_type), want)


def test_a_fresh_encoder_gives_the_mean_of_own_text_and_ancestors_about_the_centre() -> None:
    texts, centre, part = torch.randn(3, 8), torch.randn(8), cut([2])
    features = EntityFeatures.of(texts, part, centre=centre, label_rows=[])
    network = GraphEncoder(width=8, relation_count=2, layers=2)
    vectors = network(features.own, features.above, part)
    own, above = texts[2] - centre, (texts[0] + texts[1]) / 2 - centre
    torch.testing.assert_close(vectors[2], (own + above) / 2)


def test_neighbours_are_own_tails_first_then_the_ancestors_nearest_first() -> None:
    graph = four_nodes()
    assert Neighbours(graph, limit=9, relations=RELATIONS)(2) == [(1, 1), (1, 0)]
    assert Neighbours(graph, limit=1, relations=RELATIONS)(2) == [(1, 1)]
    assert Neighbours(graph, limit=9, relations=RELATIONS)(3) == [(2, 1)]


def test_a_label_is_found_among_the_entities_of_a_subgraph() -> None:
    assert label_places(cut([2]), [1, None, 7]).tolist() == [-1, 0, -1]
