"""The sampler beside brute force."""

import numpy as np
import pytest

from model.sampling import ALL, NeighbourSampler

RING = np.array([[1, 2, 3, 4, 0, 2, 3, 4], [0, 1, 2, 3, 4, 0, 0, 0]])
TYPES = np.arange(8)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def graph(rng):
    return rng.integers(40, size=(2, 300)), rng.integers(5, size=300)


def brute_force(edge_index, seeds, hops):
    """The numbers of all edges that lead to the seeds within some hops."""
    level, seen, found = set(seeds), set(seeds), []
    for _ in range(hops):
        edges = [e for e in range(edge_index.shape[1]) if edge_index[1, e] in level]
        found += edges
        level = {int(edge_index[0, e]) for e in edges} - seen
        seen |= level
    return sorted(found), seen


@pytest.mark.parametrize("hops", [0, 1, 2, 3])
def test_all_edges_are_those_of_brute_force(graph, rng, hops):
    edge_index, edge_type = graph
    seeds = np.array([3, 11])
    found = NeighbourSampler(edge_index, edge_type, 40).sample(seeds, [ALL] * hops, rng)
    edges, nodes = brute_force(edge_index, seeds.tolist(), hops)
    assert sorted(found.edges.tolist()) == edges
    assert set(found.nodes.tolist()) == nodes
    assert len(found.nodes) == len(nodes)
    sizes = [len(brute_force(edge_index, seeds.tolist(), hop)[1]) for hop in range(hops + 1)]
    assert list(found.within) == sizes


def test_local_numbers_lead_back_to_the_graph(graph, rng):
    edge_index, edge_type = graph
    sampler = NeighbourSampler(edge_index, edge_type, 40)
    for _ in range(2):  # a second draw must not see the first
        found = sampler.sample(np.array([5, 2, 9]), [4, 3], rng)
        assert found.nodes[: found.within[0]].tolist() == [5, 2, 9]
        assert (found.nodes[found.edge_index] == edge_index[:, found.edges]).all()
        assert (found.edge_type == edge_type[found.edges]).all()


def test_of_a_nodes_edges_so_many_are_drawn_and_none_twice(graph, rng):
    edge_index, edge_type = graph
    found = NeighbourSampler(edge_index, edge_type, 40).sample(np.arange(40), [3], rng)
    degree = np.bincount(edge_index[1], minlength=40)
    assert np.bincount(found.edge_index[1], minlength=40).tolist() == degree.clip(max=3).tolist()
    assert len(np.unique(found.edges)) == len(found.edges)


def test_every_edge_is_as_likely(rng):
    sampler = NeighbourSampler(RING, TYPES, 5)
    drawn = np.concatenate([sampler.sample(np.array([0]), [2], rng).edges for _ in range(4_000)])
    # node 0 has four edges, of which two are drawn: each in half of the draws
    counts = np.bincount(drawn, minlength=8)[[0, 5, 6, 7]]
    assert counts.sum() == 8_000
    assert (abs(counts - 2_000) < 5 * np.sqrt(4_000 / 4)).all()


def test_a_seed_says_what_is_drawn(graph):
    edge_index, edge_type = graph
    sampler = NeighbourSampler(edge_index, edge_type, 40)
    first, second = (
        sampler.sample(np.arange(10), [2, 2], np.random.default_rng(1)).edges for _ in range(2)
    )
    assert first.tolist() == second.tolist()


def test_a_node_that_nobody_leads_to_is_alone(rng):
    found = NeighbourSampler(np.zeros((2, 0), dtype=np.int64), np.zeros(0, int), 3).sample(
        np.array([1]), [5, 5], rng
    )
    assert found.nodes.tolist() == [1]
    assert found.edge_index.shape == (2, 0)
