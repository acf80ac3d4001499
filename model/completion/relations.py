"""Vectors of relations and of their inverses, some of them tied by what the ontology says.

A tie is a promise: two relations of one vector can never disagree. An inverse relation takes the
decoder's inverse of the vector of the other, a symmetric one is its own inverse (ComplEx with Im r
= 0: Trouillon et al. 2016, section 3.2).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from model.completion.decoders import Decoder


@dataclass(frozen=True)
class Ties:
    """Which vector each relation has; relation r + count is the inverse of r.

    Attributes:
        own: the parameter row of each of the 2 * count relations.
        turned: take the decoder's inverse of it.
        symmetric: take the nearest symmetric vector of it.
    """

    own: Int[Tensor, " relation"]
    turned: Bool[Tensor, " relation"]
    symmetric: Bool[Tensor, " relation"]


def untied(count: int) -> Ties:
    """Every relation and every inverse has a vector of its own."""
    no = torch.zeros(2 * count, dtype=torch.bool)
    return Ties(torch.arange(2 * count), no, no.clone())


def tied(
    count: int,
    *,
    inverse: Iterable[tuple[int, int]],
    symmetric: Iterable[int],
    turned: Iterable[int] = (),
) -> Ties:
    """The ties of relations that the ontology calls inverse to each other, or symmetric.

    Args:
        count: of relations.
        inverse: pairs of relations, each the inverse of the other.
        symmetric: relations that are their own inverse.
        turned: relations whose two directions have one vector, the asymmetric ones.
    """
    pairs = list(inverse)
    beside: dict[int, list[int]] = {}
    for first, second in pairs:
        beside.setdefault(first, []).append(second)
        beside.setdefault(second, []).append(first)
    ties = untied(count)
    alone = set(symmetric)
    seen: set[int] = set()
    for start in sorted({*beside, *alone, *turned}):
        if start not in seen:
            turns = _turned_from(start, beside)
            seen |= set(turns)
            # the inverse of an inverse that is the relation itself makes it symmetric
            even = any(turns[a] == turns[b] for a in turns for b in beside.get(a, ()))
            for relation, turn in turns.items():
                both = [relation, relation + count]
                ties.own[both] = start
                ties.turned[both] = torch.tensor([turn, not turn])
                ties.symmetric[both] = even or bool(alone & set(turns))
    return ties


def _turned_from(start: int, beside: Mapping[int, Sequence[int]]) -> dict[int, bool]:
    """The relations that inverses lead to, and whether by an odd number of them."""
    turned = {start: False}
    todo = [start]
    while todo:
        at = todo.pop()
        for other in beside.get(at, ()):
            if other not in turned:
                turned[other] = not turned[at]
                todo.append(other)
    return turned


class Relations(nn.Module):
    """One vector for each relation and inverse.

    Args:
        decoder: says what an inverse and a symmetric vector are.
        width: of a vector.
        ties: see `Ties`.
        scale: standard deviation of a fresh vector's numbers.
        generator: of the fresh vectors.
    """

    def __init__(
        self, decoder: Decoder, *, width: int, ties: Ties, scale: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        self._decoder = decoder
        self.table = nn.Parameter(scale * torch.randn(len(ties.own), width, generator=generator))
        self.register_buffer("own", ties.own)
        self.register_buffer("turned", ties.turned)
        self.register_buffer("symmetric", ties.symmetric)
        self._any = bool(ties.turned.any()), bool(ties.symmetric.any())

    def forward(self) -> Float[Tensor, "relation width"]:
        """All vectors, inverses after the others."""
        vectors = self.table[self.get_buffer("own")]
        any_turned, any_symmetric = self._any
        if any_turned:
            turned = self.get_buffer("turned")[:, None]
            vectors = torch.where(turned, self._decoder.inverse(vectors), vectors)
        if any_symmetric:
            symmetric = self.get_buffer("symmetric")[:, None]
            vectors = torch.where(symmetric, self._decoder.symmetric(vectors), vectors)
        return vectors
