"""The encoder that passes messages: two rounds of relational message passing over the train graph.

    x = LayerNorm(e * kept + W_f f)
    x' = LayerNorm(x + dropout(tanh(W_out m_out + W_in m_in + W_self x)))
    z' = W_z z

e is a free vector of the entity (dropped for a share of the entities in each step, so that the
rest must do without), f its features, m_out the mean of messages from the tails of its edges, m_in
from the heads of those that lead to it. After CompGCN (Vashishth et al. 2020, arXiv:1911.03082, eq.
4 to 7); we differ in LayerNorm and the residual.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from model.completion.facts import Facts
from model.message_passing import Edges, mean_edges, relational_sum


class RelationalEncoder(nn.Module):
    """See the head of the file."""

    def __init__(
        self,
        facts: Facts,
        *,
        width: int,
        layers: int = 2,
        dropout: float = 0.1,
        edge_dropout: float = 0.2,
        unseen: float = 0.0,
        features: Float[Tensor, "entity feature"] | None = None,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        count = facts.entity_count
        self.table = nn.Parameter(0.1 * torch.randn(count, width, generator=generator))
        self.register_buffer("features", features, persistent=False)
        self.project = None if features is None else nn.Linear(features.shape[1], width)
        self.norm = nn.LayerNorm(width)
        self.layers = nn.ModuleList(
            _Round(width, facts.relation_count, dropout, generator) for _ in range(layers)
        )
        head, relation, tail = torch.from_numpy(facts.train).T
        self._to_heads = torch.stack([tail, head]), relation
        self._to_tails = torch.stack([head, tail]), relation
        self._count, self._edge_dropout, self._unseen = count, edge_dropout, unseen

    def forward(self) -> Float[Tensor, "entity width"]:
        """The vectors of all entities."""
        own: Tensor = self.table
        if self.training and self._unseen:
            own = own * (torch.rand(len(own), 1) >= self._unseen)
        if self.project is not None:
            own = own + self.project(self.get_buffer("features"))
        x: Tensor = self.norm(own)
        kept = None
        if self.training and self._edge_dropout:
            kept = torch.rand(len(self._to_heads[1])) >= self._edge_dropout
        both = [self._edges(*half, kept) for half in (self._to_heads, self._to_tails)]
        for layer in self.layers:
            x = layer(x, *both)
        return x

    def _edges(self, index: Tensor, relation: Tensor, kept: Tensor | None) -> Edges:
        if kept is not None:
            index, relation = index[:, kept], relation[kept]
        return mean_edges(index, relation, self._count)


class _Round(nn.Module):
    def __init__(
        self, width: int, relations: int, dropout: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.out_relations = nn.Parameter(
            1 + 0.1 * torch.randn(relations, width, generator=generator)
        )
        self.in_relations = nn.Parameter(
            1 + 0.1 * torch.randn(relations, width, generator=generator)
        )
        self.from_tails = nn.Linear(width, width, bias=False)
        self.from_heads = nn.Linear(width, width, bias=False)
        self.own = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(width)

    def forward(
        self, x: Float[Tensor, "entity width"], to_heads: Edges, to_tails: Edges
    ) -> Float[Tensor, "entity width"]:
        told = self.from_tails(relational_sum(x, self.out_relations, to_heads))
        told = told + self.from_heads(relational_sum(x, self.in_relations, to_tails))
        heard: Tensor = self.norm(x + self.dropout(torch.tanh(told + self.own(x))))
        return heard
