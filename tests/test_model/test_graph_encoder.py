import numpy as np
import torch

from kg import Graph
from model.graph_encoder import GraphEncoder, RelationalLayer
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
    return cut_subgraph(graph, rows, neighbours=beside, relations=RELATIONS, silent=silent)


def test_a_subgraph_holds_the_entities_their_neighbours_and_all_ancestors() -> None:
    assert cut([2]).rows.tolist() == [0, 1, 2]
    assert cut([3]).rows.tolist() == [0, 1, 3]  # 1 is a neighbour of 3, and 0 an ancestor of 1


def test_an_edge_is_heard_in_both_directions_under_two_types() -> None:
    part = cut([2])
    edges = {
        (s, t, r)
        for (s, t), r in zip(part.edge_index.T.tolist(), part.edge_type.tolist(), strict=True)
    }
    assert edges == {(0, 1, 0), (1, 2, 0), (1, 0, 2), (2, 1, 2)}


def test_nobody_hears_from_a_silent_entity() -> None:
    part = cut([2], silent=(1,))
    assert 1 not in part.edge_index[0].tolist()
    # 1 and 2 both have the ancestor 0; that 1 is an ancestor of 2 is not heard
    assert part.ancestor_index.T.tolist() == [[0, 1], [0, 2]]


def test_an_unknown_relation_is_a_slot_of_its_own_kind_but_no_edge() -> None:
    graph = four_nodes()
    beside = Neighbours(graph, limit=4, relations=RELATIONS[:1])
    assert beside(3) == [(2, 1)]
    part = cut_subgraph(graph, [3], neighbours=beside, relations=RELATIONS[:1])
    assert sorted(part.edge_type.tolist()) == [0, 1]


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
        total = layer.to_self(h[target])
        for low, weights in ((0, layer.from_tail), (2, layer.from_head)):
            heard = [
                h[s] * layer.relations[r]
                for (s, t), r in zip(
                    part.edge_index.T.tolist(), part.edge_type.tolist(), strict=True
                )
                if t == target and low <= r < low + 2
            ]
            if heard:
                total = total + weights(torch.stack(heard).mean(0))
        want[target] = x[target] + layer.out(torch.relu(total))
    torch.testing.assert_close(layer(x, part.edge_index, part.edge_type), want)


def encoder(layers: int, centre: torch.Tensor | None = None) -> GraphEncoder:
    torch.manual_seed(0)
    return GraphEncoder(
        width=8,
        relation_count=2,
        layers=layers,
        centre=torch.zeros(8) if centre is None else centre,
    )


def test_a_fresh_encoder_gives_the_mean_of_own_text_and_ancestors_about_the_centre() -> None:
    texts, centre = torch.randn(3, 8), torch.randn(8)
    vectors = encoder(2, centre)(texts, cut([2]))
    own, above = texts[2] - centre, (texts[0] + texts[1]) / 2 - centre
    torch.testing.assert_close(vectors[2], (own + above) / 2)


def test_without_layers_a_vector_depends_on_text_and_ancestors_alone() -> None:
    texts = torch.randn(3, 8)
    before = encoder(0)(texts, cut([3]))
    texts[2] += 1.0  # entity 3, which no ancestor list contains
    after = encoder(0)(texts, cut([3]))
    assert torch.equal(before[:2], after[:2])
    assert not torch.equal(before[2], after[2])


def test_the_vector_of_an_entity_that_training_never_saw_needs_no_training() -> None:
    network, texts = encoder(2), torch.randn(3, 8)
    for layer in network.layers:
        torch.nn.init.normal_(layer.out.weight)
    known, grown = cut([2]), cut([2, 3])  # 3 is new; only 1 hears from it
    with_new = network(torch.cat([texts, torch.randn(1, 8)]), grown)
    assert with_new.shape == (4, 8)
    assert not torch.equal(with_new[1], network(texts, known)[1])


def test_neighbours_are_own_tails_first_then_the_ancestors_nearest_first() -> None:
    graph = four_nodes()
    assert Neighbours(graph, limit=9, relations=RELATIONS)(2) == [(1, 1), (1, 0)]
    assert Neighbours(graph, limit=1, relations=RELATIONS)(2) == [(1, 1)]
    assert Neighbours(graph, limit=9, relations=RELATIONS)(3) == [(2, 1)]


def test_a_label_is_found_among_the_entities_of_a_subgraph() -> None:
    assert label_places(cut([2]), [1, None, 7]).tolist() == [-1, 0, -1]
