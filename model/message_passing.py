"""Sums of composed messages over edges, by kernels that give the same result.

    y_i = sum over edges (j -> i, r) of w * (x_j * z_r)

the composition of CompGCN (Vashishth et al. 2020, arXiv:1911.03082, section 4, "mult"). PyG's
`MessagePassing` writes every message into memory, forward and backward. Here

- `chunked` makes some messages at a time, and makes them again in the backward pass;
- `compact` needs no messages: it sums sources into pairs of relation and target, scales the pairs,
  and sums them into targets, with two products of sparse matrices. It keeps four sparse matrices;
- `fused` is compiled by torch.compile into one loop over the edges. It needs a C++ compiler, and
  some twenty seconds the first time; with more than one thread its sums are atomic and slow.
"""

import os
import shutil
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

Kernel = Literal["chunked", "compact", "fused"]

CHUNK = 1 << 18
"""Numbers in the messages that are made at a time."""


@dataclass(frozen=True)
class Edges:
    """Edges sorted by target, with what their messages weigh.

    Attributes:
        source, target, relation: of each edge.
        weight: of each message.
        count: of nodes.
    """

    source: Int[Tensor, " edge"]
    target: Int[Tensor, " edge"]
    relation: Int[Tensor, " edge"]
    weight: Float[Tensor, " edge"]
    count: int

    @cached_property
    def compact(self) -> "Compact":
        """The matrices of the kernel `compact`, made once."""
        span = self.count
        keys, pair = torch.unique(self.relation * span + self.target, return_inverse=True)
        many = len(keys)
        ones = torch.ones(many, dtype=self.weight.dtype)
        place = torch.arange(many)
        gather = (pair, self.source, self.weight, (many, span))
        spread = (keys % span, place, ones, (span, many))
        return Compact(
            relation=keys // span,
            gather=_csr(*gather),
            gather_back=_csr(*_turned(*gather)),
            spread=_csr(*spread),
            spread_back=_csr(*_turned(*spread)),
        )


@dataclass(frozen=True)
class Compact:
    """Sparse matrices from nodes to pairs of relation and target, and on to nodes.

    Attributes:
        relation: of each pair.
        gather, spread: (pair x node) with the weights, (node x pair) of ones.
        gather_back, spread_back: transposed, for the backward pass.
    """

    relation: Int[Tensor, " pair"]
    gather: Tensor
    gather_back: Tensor
    spread: Tensor
    spread_back: Tensor


def mean_edges(
    edge_index: Int[Tensor, "2 edge"], edge_type: Int[Tensor, " edge"], count: int
) -> Edges:
    """Edges whose messages are averaged at each target.

    Args:
        edge_index: source and target, as PyG has them.
        edge_type: relation of each edge.
        count: of nodes.
    """
    if not bool((edge_index[1, 1:] >= edge_index[1, :-1]).all()):
        order = torch.argsort(edge_index[1], stable=True)
        edge_index, edge_type = edge_index[:, order], edge_type[order]
    source, target = edge_index
    degree = torch.bincount(target, minlength=count).clamp_min(1)
    return Edges(source, target, edge_type, 1.0 / degree[target], count)


def relational_sum(
    x: Float[Tensor, "node width"],
    z: Float[Tensor, "relation width"],
    edges: Edges,
    *,
    kernel: Kernel | None = None,
) -> Float[Tensor, "node width"]:
    """The sums at all nodes; see the head of the file.

    Args:
        x: vectors of nodes.
        z: vectors of relations.
        edges: along which nodes hear.
        kernel: None takes `chosen_kernel`.
    """
    return _KERNELS[kernel or chosen_kernel()](x, z, edges)


@cache
def chosen_kernel() -> Kernel:
    """`chunked`, or what the environment variable ONTOGRAFT_KERNEL names.

    `fused` pays for thousands of passes over one large graph alone, so nobody gets it unasked.
    """
    named = os.environ.get("ONTOGRAFT_KERNEL", "chunked")
    return named if named in _KERNELS and (named != "fused" or can_compile()) else "chunked"  # type: ignore[return-value]


def can_compile() -> bool:
    """Whether there is a C++ compiler for `fused`."""
    return any(shutil.which(name) for name in (os.environ.get("CXX", "g++"), "clang++"))


def _plain(
    x: Tensor, z: Tensor, source: Tensor, target: Tensor, relation: Tensor, weight: Tensor
) -> Tensor:
    messages = x[source] * z[relation] * weight[:, None]
    return torch.zeros_like(x).index_add(0, target, messages)


@cache
def _compiled() -> Callable[..., Tensor]:
    return torch.compile(_plain, dynamic=False)


def _fused(x: Tensor, z: Tensor, edges: Edges) -> Tensor:
    return _compiled()(x, z, edges.source, edges.target, edges.relation, edges.weight)


class _Chunked(torch.autograd.Function):
    """Messages of some edges at a time; nothing is kept of them."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, z: Tensor, edges: Edges) -> Tensor:
        ctx.save_for_backward(x, z)
        ctx.edges = edges
        y = torch.zeros_like(x)
        for part in _parts(edges, x.shape[1]):
            messages = x[edges.source[part]] * z[edges.relation[part]]
            y.index_add_(0, edges.target[part], messages.mul_(edges.weight[part, None]))
        return y

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        (grad,) = grads
        x, z = ctx.saved_tensors
        edges: Edges = ctx.edges
        grad_x, grad_z = torch.zeros_like(x), torch.zeros_like(z)
        for part in _parts(edges, x.shape[1]):
            source, relation = edges.source[part], edges.relation[part]
            heard = grad[edges.target[part]].mul_(edges.weight[part, None])
            grad_z.index_add_(0, relation, heard * x[source])
            grad_x.index_add_(0, source, heard.mul_(z[relation]))
        return grad_x, grad_z, None


class _Compact(torch.autograd.Function):
    """Two sparse products forward, two backward."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, z: Tensor, compact: Compact) -> Tensor:
        pairs = compact.gather @ x
        ctx.save_for_backward(pairs, z)
        ctx.compact = compact
        return compact.spread @ (pairs * z[compact.relation])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        pairs, z = ctx.saved_tensors
        compact: Compact = ctx.compact
        heard = compact.spread_back @ grads[0]
        grad_z = torch.zeros_like(z).index_add_(0, compact.relation, heard * pairs)
        return compact.gather_back @ heard.mul_(z[compact.relation]), grad_z, None


_KERNELS: dict[str, Callable[[Tensor, Tensor, Edges], Tensor]] = {
    "chunked": _Chunked.apply,
    "compact": lambda x, z, edges: _Compact.apply(x, z, edges.compact),  # type: ignore[no-untyped-call]
    "fused": _fused,
}


def _parts(edges: Edges, width: int) -> list[slice]:
    step = max(1, CHUNK // width)
    return [slice(start, start + step) for start in range(0, len(edges.source), step)]


def _csr(row: Tensor, column: Tensor, value: Tensor, shape: tuple[int, int]) -> Tensor:
    with warnings.catch_warnings():
        # "Sparse CSR tensor support is in beta state": their product with a matrix is all we use
        warnings.simplefilter("ignore", UserWarning)
        return torch.sparse_coo_tensor(torch.stack([row, column]), value, shape).to_sparse_csr()


def _turned(
    row: Tensor, column: Tensor, value: Tensor, shape: tuple[int, int]
) -> tuple[Tensor, Tensor, Tensor, tuple[int, int]]:
    return column, row, value, (shape[1], shape[0])
