"""What lies above what: as networkx finds it in any graph, and worked by hand in a small one.

      0
     / \\
    1   2
   / \\ / \\
  3   4   5      6 is by itself
      |
      7          7 is also below 2
"""

from math import log

import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.closure import transitive_closure
from kg.csr import csr_of_pairs
from kg.hierarchy import Hierarchy

EDGES = [(1, 0), (2, 0), (3, 1), (4, 1), (4, 2), (5, 2), (7, 4), (7, 2)]


def hierarchy_of(edges, count) -> Hierarchy:
    pairs = np.array(sorted(set(edges)), dtype=np.int64).reshape(-1, 2)
    child, parent = pairs[:, 0], pairs[:, 1]
    return Hierarchy(csr_of_pairs(child, parent, count), csr_of_pairs(parent, child, count))


def without_closure(hierarchy: Hierarchy) -> Hierarchy:
    """As it is where there are too many pairs to keep them."""
    bare = Hierarchy(hierarchy.up, hierarchy.down)
    bare.__dict__["closure"] = None
    return bare


@pytest.fixture
def small() -> Hierarchy:
    return hierarchy_of(EDGES, 8)


@st.composite
def graphs(draw):
    count = draw(st.integers(0, 12))
    row = st.integers(0, max(count - 1, 0))
    edges = draw(st.sets(st.tuples(row, row).filter(lambda e: e[0] != e[1]), max_size=30))
    return (edges if count > 1 else set()), count


@given(graphs())
@settings(deadline=None)
def test_the_closure_is_that_of_networkx_also_with_cycles(drawn):
    edges, count = drawn
    hierarchy = hierarchy_of(edges, count)
    theirs = networkx.DiGraph(list(edges))
    theirs.add_nodes_from(range(count))
    for one in (hierarchy, without_closure(hierarchy)):
        for row in range(count):
            above = networkx.descendants(theirs, row) - {row}
            assert one.ancestors(row).tolist() == sorted(above)
            assert one.descendants(row).tolist() == sorted(networkx.ancestors(theirs, row) - {row})
            others = np.arange(count)
            asked = one.is_a(np.full(count, row), others)
            assert asked.tolist() == [other in above for other in range(count)]


@given(graphs())
@settings(deadline=None)
def test_depths_are_those_of_the_graph_with_each_cycle_as_one(drawn):
    edges, count = drawn
    depths = hierarchy_of(edges, count).depths
    theirs = networkx.DiGraph(list(edges))
    theirs.add_nodes_from(range(count))
    one = networkx.condensation(theirs)
    for node in networkx.topological_sort(one.reverse()):
        above = list(one.successors(node))
        longest = max((one.nodes[p]["longest"] + 1 for p in above), default=0)
        shortest = min((one.nodes[p]["shortest"] + 1 for p in above), default=0)
        one.nodes[node].update(longest=longest, shortest=shortest)
        for row in one.nodes[node]["members"]:
            assert (depths.longest[row], depths.shortest[row]) == (longest, shortest)


@given(graphs(), st.data())
@settings(deadline=None)
def test_lowest_common_ancestors_have_no_other_below_them(drawn, data):
    edges, count = drawn
    if not count:
        return
    first, second = (data.draw(st.integers(0, count - 1)) for _ in range(2))
    hierarchy = hierarchy_of(edges, count)
    theirs = networkx.DiGraph(list(edges))
    theirs.add_nodes_from(range(count))
    above = {row: networkx.descendants(theirs, row) | {row} for row in range(count)}
    common = above[first] & above[second]
    lowest = [a for a in common if all(a not in above[b] or b in above[a] for b in common)]
    assert hierarchy.common_ancestors(first, second).tolist() == sorted(common)
    assert hierarchy.lowest_common_ancestors(first, second).tolist() == sorted(lowest)


@given(graphs(), st.data())
@settings(deadline=None)
def test_all_ways_up_are_found(drawn, data):
    edges, count = drawn
    if not count:
        return
    child, ancestor = (data.draw(st.integers(0, count - 1)) for _ in range(2))
    theirs = networkx.DiGraph(list(edges))
    theirs.add_nodes_from(range(count))
    expected = set()
    if child != ancestor:
        expected = set(map(tuple, networkx.all_simple_paths(theirs, child, ancestor)))
    found = hierarchy_of(edges, count).paths(child, ancestor, limit=100_000)
    assert set(found) == expected
    assert [len(path) for path in found] == sorted(len(path) for path in found)


def test_a_closure_of_too_many_pairs_is_none():
    chain = csr_of_pairs(np.arange(1, 6), np.arange(5), 6)
    assert transitive_closure(chain, most_pairs=14) is None
    found = transitive_closure(chain, most_pairs=15)
    assert found is not None
    assert len(found.up.neighbour) == len(found.down.neighbour) == 15
    ring = csr_of_pairs(np.arange(6), np.roll(np.arange(6), 1), 6)
    assert transitive_closure(ring, most_pairs=29) is None
    assert transitive_closure(ring, most_pairs=30) is not None


def test_is_a_takes_arrays_of_any_shape(small):
    children = np.array([[7, 7], [0, 4]])
    ancestors = np.array([[0, 3], [7, 4]])
    assert small.is_a(children, ancestors).tolist() == [[True, False], [False, False]]
    assert small.is_a(np.zeros(0, np.int64), np.zeros(0, np.int64)).tolist() == []


def test_depth_is_that_of_the_longest_and_of_the_shortest_way(small):
    assert small.depths.longest.tolist() == [0, 1, 1, 2, 2, 2, 0, 3]
    assert small.depths.shortest.tolist() == [0, 1, 1, 2, 2, 2, 0, 2]


def test_paths_are_bounded_and_the_shorter_come_first(small):
    assert small.paths(7, 0) == ((7, 2, 0), (7, 4, 1, 0), (7, 4, 2, 0))
    assert len(small.paths(7, 0, limit=2)) == 2
    assert small.paths(0, 7) == ()


def test_information_grows_downwards(small):
    # 7 entities in the hierarchy; below 0, 1, 2 and 4 lie 6, 3, 3 and 1
    for one in (small, without_closure(small)):
        found = one.intrinsic_information()
        expected = [0, 1 - log(4) / log(7), 1 - log(4) / log(7), 1, 1 - log(2) / log(7), 1, 1, 1]
        assert found == pytest.approx(expected)


def test_information_of_a_corpus_counts_what_lies_below(small):
    counts = np.array([0, 0, 0, 2, 0, 1, 0, 1])
    for one in (small, without_closure(small)):
        found = one.information(counts)
        # of 4 occurrences 4 are below 0, 3 below 1, 2 below 2, 1 below 4
        expected = [0, log(4 / 3), log(2), log(2), log(4), log(4), float("inf"), log(4)]
        assert found == pytest.approx(expected)


def test_entities_are_alike_as_far_as_what_they_share_is_specific(small):
    information = small.information(np.array([0, 0, 0, 2, 0, 1, 0, 1]))
    assert small.resnik(4, 5, information) == pytest.approx(log(2))
    assert small.lin(4, 5, information) == pytest.approx(2 * log(2) / (2 * log(4)))
    assert small.lin(5, 5, information) == 1.0
    assert small.resnik(3, 5, information) == 0.0
    assert small.resnik(3, 6, information) == 0.0
