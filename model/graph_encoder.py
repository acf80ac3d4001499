"""Inductive entity vectors: text vectors refined by relational message passing.

    x0 = W_own (t - c) + W_above (mean of the ancestors' t - c)
    h  = W_in n(x)
    x' = x + W_out ReLU(W_self h + W_tail mean_{(i, r, s)} (h_s ⊙ z_r))

t is an entity's text vector, c the mean of the labels': what all texts of an ontology share says
nothing. n is LayerNorm, and h a quarter as wide as x. An entity i hears from the tails s of its own
edges. The composition h_s ⊙ z_r is that of CompGCN (Vashishth et al. 2020, arXiv:1911.03082,
section 4, with the multiplicative φ). We differ in hearing along the edges' direction only, so that
a vector does not depend on what lies below it; in the ancestors' mean as an input; and in
pre-normed residual layers whose W_out starts at 0 while W_own and W_above start at half the
identity: a fresh encoder gives the mean of an entity's text and its ancestors', in the very space
in which the backbone pools texts, and training departs from there. There is no table of free
embeddings: an entity added today has a vector today.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch_geometric.nn import MessagePassing

from model.subgraph import Subgraph


class RelationalLayer(MessagePassing):
    """One round of messages.

    Args:
        width: of an entity vector.
        relation_count: relations of the graph.
    """

    def __init__(self, *, width: int, relation_count: int) -> None:
        super().__init__(aggr="mean")
        hidden = max(1, width // 4)
        self.norm = nn.LayerNorm(width)
        self.enter = nn.Linear(width, hidden)
        self.relations = nn.Parameter(1.0 + 0.02 * torch.randn(relation_count, hidden))
        self.to_self = nn.Linear(hidden, hidden)
        self.from_tail = nn.Linear(hidden, hidden, bias=False)
        self.out = nn.Linear(hidden, width)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(
        self,
        x: Float[Tensor, "entity width"],
        edge_index: Int[Tensor, "2 edge"],
        edge_type: Int[Tensor, " edge"],
    ) -> Float[Tensor, "entity width"]:
        """Vectors after one round; see the head of the file."""
        h = self.enter(self.norm(x))
        heard = self.propagate(edge_index, x=h, edge_type=edge_type)
        total = self.to_self(h) + self.from_tail(heard)
        refined: Tensor = x + self.out(torch.relu(total))
        return refined

    def message(
        self, x_j: Float[Tensor, "edge hidden"], edge_type: Int[Tensor, " edge"]
    ) -> Float[Tensor, "edge hidden"]:
        """The source's vector, scaled by its relation's."""
        return x_j * self.relations[edge_type]


class GraphEncoder(nn.Module):
    """Text vectors in, entity vectors of the same width out.

    Args:
        width: of a text vector and of an entity vector.
        relation_count: relations of the graph.
        layers: rounds of messages; 0 gives the baseline without a graph but for the ancestors.
    """

    def __init__(self, *, width: int, relation_count: int, layers: int) -> None:
        super().__init__()
        self.own = nn.Linear(width, width, bias=False)
        self.above = nn.Linear(width, width, bias=False)
        for half in (self.own, self.above):
            with torch.no_grad():
                half.weight.copy_(0.5 * torch.eye(width))
        self.layers = nn.ModuleList(
            RelationalLayer(width=width, relation_count=relation_count) for _ in range(layers)
        )

    def forward(
        self,
        own: Float[Tensor, "entity width"],
        above: Float[Tensor, "entity width"],
        subgraph: Subgraph,
    ) -> Float[Tensor, "entity width"]:
        """Entity vectors of a subgraph, row by row.

        Args:
            own: centred text vector of each entity.
            above: mean of its ancestors' centred text vectors.
            subgraph: who hears from whom.
        """
        x: Tensor = self.own(own) + self.above(above)
        for layer in self.layers:
            x = layer(x, subgraph.edge_index, subgraph.edge_type)
        return x
