"""No edge of a hierarchy, and no disjoint pair, is ever broken by what the layers give."""

import math

import numpy as np
import pytest
import torch

from model.hierarchy_layer import DisjointLayer, HierarchyLayer


def layer_of(*edges, count):
    child, parent = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    return HierarchyLayer(child.copy(), parent.copy(), count)


def random_hierarchy(rng, count):
    """Every class but the first has one to three parents among those before it."""
    edges = [
        (child, int(parent))
        for child in range(1, count)
        for parent in rng.choice(child, size=min(child, rng.integers(1, 4)), replace=False)
    ]
    return np.array(edges, dtype=np.int64).reshape(-1, 2)


def below(edges, count):
    """Itself and what is below each class, by walking."""
    children = {}
    for child, parent in edges.tolist():
        children.setdefault(parent, []).append(child)
    found = []
    for start in range(count):
        seen, todo = {start}, [start]
        while todo:
            for child in children.get(todo.pop(), ()):
                if child not in seen:
                    seen.add(child)
                    todo.append(child)
        found.append(np.array(sorted(seen), dtype=np.int64))
    return found


def test_a_class_has_the_greatest_of_what_is_below_it():
    # 2 is a 1, 1 is a 0, 3 is a 0
    layer = layer_of((2, 1), (1, 0), (3, 0), count=5)
    found = layer(torch.tensor([[0.1, 0.2, 0.9, 0.4, 0.3], [0.8, 0.1, 0.0, 0.2, 0.6]]))
    expected = [[0.9, 0.9, 0.9, 0.4, 0.3], [0.8, 0.1, 0.0, 0.2, 0.6]]
    assert torch.equal(found, torch.tensor(expected))


def test_classes_in_a_cycle_are_one():
    layer = layer_of((0, 1), (1, 2), (2, 0), (3, 1), count=4)
    found = layer(torch.tensor([[0.1, 0.5, 0.2, 0.3]]))
    assert torch.equal(found, torch.tensor([[0.5, 0.5, 0.5, 0.3]]))


def test_without_edges_nothing_changes():
    x = torch.rand(3, 4)
    assert torch.equal(layer_of(count=4)(x), x)


def test_a_million_answers_break_nothing():
    rng = np.random.default_rng(7)
    generator = torch.Generator().manual_seed(7)
    answers = 0
    while answers < 1_000_000:
        count = int(rng.integers(2, 200))
        edges = random_hierarchy(rng, count)
        layer = layer_of(*edges, count=count)
        under = below(edges, count)
        pairs = rng.integers(count, size=(5, 2))
        # classes with something in common below them cannot be disjoint
        pairs = [(a, b) for a, b in pairs if not np.intersect1d(under[a], under[b]).size]
        first, second = torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).T
        disjoint = DisjointLayer(first, second, under, threshold=0.5)
        x = torch.rand(2000, count, generator=generator)
        closed = layer(x)
        for y in (closed, disjoint(closed)):
            child, parent = torch.from_numpy(edges).T
            assert not (y[:, child] > y[:, parent]).any()
        assert not ((y[:, first] >= 0.5) & (y[:, second] >= 0.5)).any()
        given = (x >= 0.5) & (y < 0.5)
        assert not given.any() or len(pairs)
        answers += y.numel()


@pytest.mark.parametrize("seed", range(5))
def test_values_and_gradients_equal_those_of_the_closure(seed):
    rng = np.random.default_rng(seed)
    edges = random_hierarchy(rng, 12)
    layer, under = layer_of(*edges, count=12), below(edges, 12)
    x = torch.from_numpy(rng.random((4, 12))).requires_grad_()
    expected = torch.stack([x[:, rows].max(1).values for rows in under], 1)
    weight = torch.from_numpy(rng.random((4, 12)))
    (wanted,) = torch.autograd.grad((expected * weight).sum(), x)
    found = layer(x)
    (given,) = torch.autograd.grad((found * weight).sum(), x)
    assert torch.equal(found, expected)
    assert torch.allclose(given, wanted)
    assert torch.autograd.gradcheck(layer, (x,))


def test_the_loss_teaches_the_right_class_below():
    # 1 and 2 are 0; the text has 1 and 0
    layer = layer_of((1, 0), (2, 0), count=3)
    x = torch.tensor([[0.2, 0.3, 0.9]], requires_grad=True)
    right = torch.tensor([[True, True, False]])
    loss = layer.loss(x, right)
    # class 0 by the greatest right class below it, which is 1; class 2 by itself
    expected = -(math.log(0.3) + math.log(0.3) + math.log(1 - 0.9)) / 3
    assert loss.item() == pytest.approx(expected, rel=1e-5)
    loss.backward()
    assert x.grad[0, 1] < 0 < x.grad[0, 2]


def test_the_loss_falls_to_nothing_on_one_batch():
    layer = layer_of((1, 0), (2, 0), (3, 1), count=4)
    right = torch.tensor([[True, True, False, True], [True, False, True, False]])
    logits = torch.zeros(2, 4, requires_grad=True)
    optimiser = torch.optim.Adam([logits], lr=0.3)
    for _ in range(200):
        optimiser.zero_grad()
        loss = layer.loss(logits.sigmoid(), right)
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.01
    assert torch.equal(layer(logits.sigmoid()) >= 0.5, right)


def test_of_two_disjoint_classes_the_more_probable_stays():
    # 2 is a 0; 0 and 1 are disjoint
    y = torch.tensor([[0.8, 0.9, 0.7], [0.9, 0.8, 0.7], [0.9, 0.2, 0.1]])
    layer = DisjointLayer(
        torch.tensor([0]), torch.tensor([1]),
        [np.array([0, 2]), np.array([1]), np.array([2])], threshold=0.5,
    )  # fmt: skip
    found = layer(y)
    assert (found[0] >= 0.5).tolist() == [False, True, False]
    assert (found[1] >= 0.5).tolist() == [True, False, True]
    assert torch.equal(found[2], y[2])
    assert torch.equal(y[0], torch.tensor([0.8, 0.9, 0.7]))
