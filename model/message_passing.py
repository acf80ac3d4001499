"""Sums of composed messages over edges, in kernels that give the same result.

    y_i = sum over edges (j -> i, r) of w * (x_j * z_r)

the composition of CompGCN (Vashishth et al. 2020, arXiv:1911.03082, section 4, "mult"). PyG's
`MessagePassing` would write every message into memory, forward and backward; these do not.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


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


def mean_edges(
    edge_index: Int[Tensor, "2 edge"], edge_type: Int[Tensor, " edge"], count: int
) -> Edges:
    """Edges whose messages are averaged at each target.

    Args:
        edge_index: source and target, as PyG has them.
        edge_type: relation of each edge.
        count: of nodes.
    """
    order = torch.argsort(edge_index[1], stable=True)
    source, target = edge_index[:, order]
    degree = torch.bincount(target, minlength=count).clamp_min(1)
    return Edges(source, target, edge_type[order], 1.0 / degree[target], count)


def relational_sum(
    x: Float[Tensor, "node width"], z: Float[Tensor, "relation width"], edges: Edges
) -> Float[Tensor, "node width"]:
    """The sums at all nodes; see the head of the file."""
    messages = x[edges.source] * z[edges.relation] * edges.weight[:, None]
    return x.new_zeros(edges.count, x.shape[1]).index_add(0, edges.target, messages)
