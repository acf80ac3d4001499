"""The kernels give what PyTorch Geometric gives, and the same gradients."""

import pytest
import torch
from torch_geometric.nn import MessagePassing

from model import message_passing
from model.message_passing import can_compile, mean_edges, relational_sum

KERNELS = ["chunked", "compact", "fused"]


class Reference(MessagePassing):
    """The composition in PyG's own terms."""

    def __init__(self):
        super().__init__(aggr="mean")

    def forward(self, x, z, edge_index, edge_type):
        return self.propagate(edge_index, x=x, z_r=z[edge_type])

    def message(self, x_j, z_r):
        return x_j * z_r


@pytest.fixture(scope="module")
def graph():
    generator = torch.Generator().manual_seed(1)
    edge_index = torch.randint(30, (2, 200), generator=generator)
    edge_index[1][edge_index[1] == 7] = 8  # nobody speaks to node 7
    edge_type = torch.randint(5, (200,), generator=generator)
    x = torch.randn(30, 8, generator=generator, dtype=torch.float64)
    z = torch.randn(5, 8, generator=generator, dtype=torch.float64)
    return edge_index, edge_type, x, z


def needs_compiler(kernel):
    if kernel == "fused" and not can_compile():
        pytest.skip("no C++ compiler: the kernel `fused` is not offered")


def doubled(edges):
    return message_passing.Edges(
        edges.source, edges.target, edges.relation, edges.weight.double(), edges.count
    )


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("chunk", [1, 64, 1 << 18])
def test_kernels_equal_pyg_forward_and_backward(graph, kernel, chunk, monkeypatch):
    needs_compiler(kernel)
    monkeypatch.setattr(message_passing, "CHUNK", chunk)
    edge_index, edge_type, x, z = graph
    edges = doubled(mean_edges(edge_index, edge_type, 30))
    found, expected = [], []
    for results, run in (
        (found, lambda a, b: relational_sum(a, b, edges, kernel=kernel)),
        (expected, lambda a, b: Reference()(a, b, edge_index, edge_type)),
    ):
        a, b = x.clone().requires_grad_(), z.clone().requires_grad_()
        y = run(a, b)
        y.sin().sum().backward()
        results += [y, a.grad, b.grad]
    for ours, theirs in zip(found, expected, strict=True):
        assert torch.allclose(ours, theirs, atol=1e-6)
    assert (found[0][7] == 0).all()


@pytest.mark.parametrize("kernel", ["chunked", "compact"])
def test_gradients_are_those_of_finite_differences(graph, kernel):
    edge_index, edge_type, x, z = graph
    edges = doubled(mean_edges(edge_index[:, :20], edge_type[:20], 30))
    inputs = (x.clone().requires_grad_(), z.clone().requires_grad_())
    assert torch.autograd.gradcheck(lambda a, b: relational_sum(a, b, edges, kernel=kernel), inputs)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_graph_without_edges_says_nothing(kernel):
    needs_compiler(kernel)
    edges = mean_edges(torch.zeros(2, 0, dtype=torch.int64), torch.zeros(0, dtype=torch.int64), 3)
    x, z = torch.ones(3, 4, requires_grad=True), torch.ones(1, 4, requires_grad=True)
    y = relational_sum(x, z, edges, kernel=kernel)
    y.sum().backward()
    assert (y == 0).all()
    assert (x.grad == 0).all()


def test_without_a_compiler_the_fused_kernel_is_not_chosen(monkeypatch):
    monkeypatch.setenv("ONTOGRAFT_KERNEL", "fused")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CXX", "no-such-compiler")
    message_passing.chosen_kernel.cache_clear()
    try:
        assert message_passing.chosen_kernel() == "chunked"
    finally:
        message_passing.chosen_kernel.cache_clear()
