"""Inductive entity vectors: text vectors refined by relational message passing.

    x0 = W [text ; mean of the ancestors' texts]
    x' = LayerNorm(x + ReLU(W_self x + mean_{(s, r) -> i} W_d(r) (x_s ⊙ z_r)))

The composition x_s ⊙ z_r and the weights W_d per direction (towards parents, towards children) are
those of CompGCN (Vashishth et al. 2020, arXiv:1911.03082, eq. 2, with the multiplicative φ). We
differ in the mean of the ancestors as an input, the residual, and LayerNorm for BatchNorm. There is
no table of free embeddings: an entity added today has a vector today.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch_geometric.nn import MessagePassing

from model.subgraph import Subgraph, ancestor_mean


class RelationalLayer(MessagePassing):
    """One round of messages.

    Args:
        width: of an entity vector.
        relation_count: relations of the graph; each has two directions.
    """

    def __init__(self, *, width: int, relation_count: int) -> None:
        super().__init__(aggr="mean")
        self.relation_count = relation_count
        self.relations = nn.Parameter(1.0 + 0.02 * torch.randn(2 * relation_count, width))
        self.to_self = nn.Linear(width, width)
        self.from_tail = nn.Linear(width, width, bias=False)
        self.from_head = nn.Linear(width, width, bias=False)
        self.norm = nn.LayerNorm(width)

    def forward(
        self,
        x: Float[Tensor, "entity width"],
        edge_index: Int[Tensor, "2 edge"],
        edge_type: Int[Tensor, " edge"],
    ) -> Float[Tensor, "entity width"]:
        """Vectors after one round; see the head of the file."""
        total = self.to_self(x)
        forward = edge_type < self.relation_count
        for chosen, weights in ((forward, self.from_tail), (~forward, self.from_head)):
            heard = self.propagate(edge_index[:, chosen], x=x, edge_type=edge_type[chosen])
            total = total + weights(heard)
        return self.norm(x + torch.relu(total))

    def message(
        self, x_j: Float[Tensor, "edge width"], edge_type: Int[Tensor, " edge"]
    ) -> Float[Tensor, "edge width"]:
        """The source's vector, scaled by its relation's."""
        return x_j * self.relations[edge_type]


class GraphEncoder(nn.Module):
    """Text vectors in, entity vectors out.

    Args:
        text_width: of a text vector.
        width: of an entity vector.
        relation_count: relations of the graph.
        layers: rounds of messages; 0 gives the baseline without a graph but for the ancestors.
    """

    def __init__(self, *, text_width: int, width: int, relation_count: int, layers: int) -> None:
        super().__init__()
        self.project = nn.Linear(2 * text_width, width)
        self.norm = nn.LayerNorm(width)
        self.layers = nn.ModuleList(
            RelationalLayer(width=width, relation_count=relation_count) for _ in range(layers)
        )

    def forward(
        self, texts: Float[Tensor, "entity text_width"], subgraph: Subgraph
    ) -> Float[Tensor, "entity width"]:
        """Entity vectors of a subgraph, row by row."""
        x = self.norm(self.project(torch.cat([texts, ancestor_mean(texts, subgraph)], dim=-1)))
        for layer in self.layers:
            x = layer(x, subgraph.edge_index, subgraph.edge_type)
        return x
