"""The encoder that passes messages: rounds of relational message passing over the train graph.

    x = LayerNorm(e * kept + W_t t + W_a a)
    x' = LayerNorm(x + dropout(tanh(W_out m_out + W_in m_in + W_self x)))
    z' = W_z z

e is a free vector of the entity (dropped for a share of the entities in each step, so that the
rest must do without), t the vector of its text, a the mean of its ancestors' texts, m_out the mean
of messages from the tails of its edges, m_in from the heads of those that lead to it, z the vectors
of relations and their inverses. After CompGCN (Vashishth et al. 2020, arXiv:1911.03082, eq. 4 to
7); we differ in LayerNorm, the residual and the inputs. In the place of a round, PyG's RGCNConv
(Schlichtkrull et al. 2018, arXiv:1703.06103) or RGATConv (Busbridge et al. 2019, arXiv:1904.05811)
can stand; both have no vectors of relations but matrices.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from model.completion.facts import Triples
from model.errors import ConfigError
from model.message_passing import Edges, mean_edges, relational_sum
from model.sampling import ALL, NeighbourSampler

Round = Literal["relational", "rgcn", "rgat"]
ROUNDS: tuple[Round, ...] = ("relational", "rgcn", "rgat")

BASES = 8
"""Of the matrices of RGCNConv; and how wide a block of RGATConv's is."""

MOST_NUMBERS = 1 << 28
"""That RGATConv may make of edges in a round: a matrix for each."""


@dataclass(frozen=True, eq=False)
class Wiring:
    """Edges both ways, as PyG has them.

    Attributes:
        edge_index: source and target; each edge of the graph from tail to head, and back.
        edge_type: relation of those from tail to head, relation + relation_count of the others.
        relation_count: of relations that are not inverses.
        count: of nodes.
        heard: how many of the nodes, the first, hear; the others are only heard.
    """

    edge_index: Int64[Tensor, "2 edge"]
    edge_type: Int64[Tensor, " edge"]
    relation_count: int
    count: int
    heard: int

    @classmethod
    def of(cls, triples: Triples, relation_count: int, count: int) -> "Wiring":
        """The wiring of a graph's triples, sorted by target."""
        head, relation, tail = torch.from_numpy(triples).T
        target = torch.cat([head, tail])
        order = torch.argsort(target, stable=True)
        return cls(
            torch.stack([torch.cat([tail, head]), target])[:, order],
            torch.cat([relation, relation + relation_count])[order],
            relation_count,
            count,
            count,
        )

    @cached_property
    def to_heads(self) -> Edges:
        """The edges along which heads hear from tails."""
        return self._half(self.edge_type < self.relation_count, 0)

    @cached_property
    def to_tails(self) -> Edges:
        """The edges along which tails hear from heads."""
        return self._half(self.edge_type >= self.relation_count, self.relation_count)

    @cached_property
    def keys(self) -> Int64[Tensor, " edge"]:
        """A number for each edge, by `key`."""
        source, target = self.edge_index
        return self.key(target, self.edge_type, source)

    def key(
        self, target: Int64[Tensor, " n"], kind: Int64[Tensor, " n"], source: Int64[Tensor, " n"]
    ) -> Int64[Tensor, " n"]:
        """A number for each of these edges, of no other."""
        return (target * (2 * self.relation_count) + kind) * self.count + source

    def without_triples(
        self, head: Int64[Tensor, " n"], relation: Int64[Tensor, " n"], tail: Int64[Tensor, " n"]
    ) -> "Wiring":
        """Triples left out, both ways; inverse relations are after the others."""
        turned = (relation + self.relation_count) % (2 * self.relation_count)
        hidden = torch.cat([self.key(head, relation, tail), self.key(tail, turned, head)])
        return self._with(~torch.isin(self.keys, hidden), self.count, self.heard)

    def without(self, share: float) -> "Wiring":
        """Some edges left out by chance, each with probability `share`."""
        kept = torch.rand(len(self.edge_type)) >= share
        return self._with(kept, self.count, self.heard)

    def onto(self, heard: int, count: int) -> "Wiring":
        """The edges to the first nodes, which come from the first `count`."""
        return self._with(self.edge_index[1] < heard, count, heard)

    def _with(self, kept: Tensor, count: int, heard: int) -> "Wiring":
        return replace(
            self,
            edge_index=self.edge_index[:, kept],
            edge_type=self.edge_type[kept],
            count=count,
            heard=heard,
        )

    def _half(self, own: Tensor, shift: int) -> Edges:
        return mean_edges(self.edge_index[:, own], self.edge_type[own] - shift, self.count)


@dataclass(frozen=True, eq=False)
class GraphInputs:
    """What an encoder makes vectors of.

    Attributes:
        wiring: who hears from whom.
        own: the row of each entity among the free vectors; -1 for one that came later.
        texts: the vector of each entity's text; None without.
        above: the mean of its ancestors' text vectors, 0 without any.
        reach: how many entities, the first, are wanted after each round; empty for all.
    """

    wiring: Wiring
    own: Int64[Tensor, " entity"]
    texts: Float[Tensor, "entity feature"] | None = None
    above: Float[Tensor, "entity feature"] | None = None
    reach: tuple[int, ...] = ()

    @cached_property
    def sampler(self) -> NeighbourSampler:
        """Of the wiring."""
        wiring = self.wiring
        return NeighbourSampler(wiring.edge_index.numpy(), wiring.edge_type.numpy(), wiring.count)

    def around(self, rows: Int64[np.ndarray, " entity"], hops: int) -> "GraphInputs":
        """All that vectors of these entities depend on after so many rounds; they come first."""
        found = self.sampler.sample(rows, [ALL] * hops, np.random.default_rng(0))
        nodes = torch.from_numpy(found.nodes)
        return GraphInputs(
            Wiring(
                torch.from_numpy(found.edge_index),
                torch.from_numpy(found.edge_type),
                self.wiring.relation_count,
                len(nodes),
                len(nodes),
            ),
            self.own[nodes],
            None if self.texts is None else self.texts[nodes],
            None if self.above is None else self.above[nodes],
            reach=found.within[-2::-1],
        )


class RelationalEncoder(nn.Module):
    """See the head of the file.

    Args:
        inputs: the graph to learn from.
        width: of an entity vector.
        layers: rounds of messages.
        kind: of the rounds.
        own_count: how many entities have a free vector.
        dropout: share of what a round adds that is left out in a step.
        edge_dropout: share of the edges left out in a step.
        unseen: share of the entities that do without their free vector in a step.
        seed: of the fresh weights.
    """

    def __init__(
        self,
        inputs: GraphInputs,
        *,
        width: int,
        layers: int = 2,
        kind: Round = "relational",
        own_count: int | None = None,
        dropout: float = 0.1,
        edge_dropout: float = 0.2,
        unseen: float = 0.3,
        seed: int,
    ) -> None:
        super().__init__()
        count = len(inputs.own) if own_count is None else own_count
        relations = 2 * inputs.wiring.relation_count
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)  # layers take no generator
            self.table = nn.Parameter(0.1 * torch.randn(count, width))
            self.relations = nn.Parameter(1 + 0.1 * torch.randn(relations, width))
            feature = None if inputs.texts is None else inputs.texts.shape[1]
            self.from_text = None if feature is None else nn.Linear(feature, width)
            self.from_above = None if feature is None else nn.Linear(feature, width, bias=False)
            self.norm = nn.LayerNorm(width)
            self.rounds = nn.ModuleList(
                _Round(width, relations, dropout)
                if kind == "relational"
                else _PygRound(width, relations, dropout, kind)
                for _ in range(layers)
            )
        if kind == "rgat":
            _check_size(len(inputs.wiring.edge_type), width)
        self.inputs = inputs
        self._edge_dropout, self._unseen = edge_dropout, unseen
        self._hidden: tuple[Tensor, Tensor, Tensor] | None = None

    def hide(
        self, head: Int64[Tensor, " n"], relation: Int64[Tensor, " n"], tail: Int64[Tensor, " n"]
    ) -> None:
        """Do not hear along these triples in the next pass of training: they are asked for."""
        self._hidden = head, relation, tail

    def forward(self) -> Float[Tensor, "entity width"]:
        """The vectors of all entities of the graph that is learnt from."""
        return self.encode(self.inputs)

    def encode(self, inputs: GraphInputs) -> Float[Tensor, "entity width"]:
        """The vectors of all entities, or those within reach, of any graph with the relations."""
        kept = (inputs.own >= 0)[:, None].to(self.table.dtype)
        if self.training and self._unseen:
            kept = kept * (torch.rand(len(kept), 1) >= self._unseen)
        x: Tensor = self.table[inputs.own.clamp_min(0)] * kept
        if self.from_text is not None and self.from_above is not None:
            x = x + self.from_text(inputs.texts) + self.from_above(inputs.above)
        x = self.norm(x)
        wiring = inputs.wiring
        if self.training and self._hidden:
            wiring, self._hidden = wiring.without_triples(*self._hidden), None
        if self.training and self._edge_dropout:
            wiring = wiring.without(self._edge_dropout)
        z: Tensor = self.relations
        for place, layer in enumerate(self.rounds):
            if inputs.reach:
                wiring = wiring.onto(inputs.reach[place], len(x))
            x, z = layer(x, z, wiring)
        return x

    @torch.inference_mode()
    def vectors(
        self, inputs: GraphInputs, rows: Int64[np.ndarray, " entity"]
    ) -> Float[Tensor, "row width"]:
        """The vectors of some entities, as `encode` gives them, from what is around them alone."""
        was_training = self.training
        self.eval()
        found = self.encode(inputs.around(rows, len(self.rounds)))
        self.train(was_training)
        return found


class _Round(nn.Module):
    """Messages x * z, a mean for each direction."""

    def __init__(self, width: int, relations: int, dropout: float) -> None:
        super().__init__()
        self._half = relations // 2
        self.from_tails = nn.Linear(width, width, bias=False)
        self.from_heads = nn.Linear(width, width, bias=False)
        self.own = nn.Linear(width, width)
        self.update = nn.Linear(width, width, bias=False)
        nn.init.eye_(self.update.weight)
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(width)

    def forward(
        self, x: Float[Tensor, "entity width"], z: Float[Tensor, "relation width"], wiring: Wiring
    ) -> tuple[Float[Tensor, "heard width"], Float[Tensor, "relation width"]]:
        heard = wiring.heard
        out = relational_sum(x, z[: self._half], wiring.to_heads)[:heard]
        back = relational_sum(x, z[self._half :], wiring.to_tails)[:heard]
        x = x[:heard]
        told = self.from_tails(out) + self.from_heads(back) + self.own(x)
        return self.norm(x + self.dropout(torch.tanh(told))), self.update(z)


class _PygRound(nn.Module):
    """A layer of PyG, with the residual and LayerNorm of ours."""

    def __init__(self, width: int, relations: int, dropout: float, kind: Round) -> None:
        from torch_geometric.nn import RGATConv, RGCNConv

        super().__init__()
        self.layer: nn.Module = (
            RGCNConv(width, width, relations, num_bases=BASES)
            if kind == "rgcn"
            else RGATConv(width, width, relations, num_blocks=max(1, width // BASES))
        )
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(width)

    def forward(
        self, x: Float[Tensor, "entity width"], z: Float[Tensor, "relation width"], wiring: Wiring
    ) -> tuple[Float[Tensor, "heard width"], Float[Tensor, "relation width"]]:
        told = self.layer(x, wiring.edge_index, wiring.edge_type)[: wiring.heard]
        return self.norm(x[: wiring.heard] + self.dropout(torch.tanh(told))), z


def _check_size(edges: int, width: int) -> None:
    """Refuse what RGATConv cannot hold in memory.

    Raises:
        ConfigError: its matrices would be too many.
    """
    numbers = edges * width * BASES
    if width % BASES:
        raise ConfigError(
            f"width is {width}, which rgat cannot cut into blocks of {BASES}.",
            mend=f"Take a multiple of {BASES}.",
        )
    if numbers > MOST_NUMBERS:
        raise ConfigError(
            f"RGATConv makes a matrix for each edge: {numbers * 4 / 2**30:.1f} GB a round here.",
            mend='Take encoder = "relational" or "rgcn", or a smaller width.',
        )
