"""Decoders: how probable a triple is, given the vectors of head, relation and tail.

Each makes a query of head and relation, in the space of the entities, and compares tails with it.
So one matrix product scores a query against all entities.

| decoder | query | score of a tail t |
|---|---|---|
| DistMult (Yang et al. 2015, arXiv:1412.6575, eq. 2) | h * r | q . t |
| ComplEx (Trouillon et al. 2016, arXiv:1606.06357, eq. 9) | h * r, complex | Re(q . conj(t)) |
| TransE (Bordes et al. 2013, eq. 1, with the L2 norm) | h + r | margin - |q - t| |
| RotatE (Sun et al. 2019, arXiv:1902.10197, eq. 2) | h * exp(i r) | margin - sum |q_k - t_k| |

A complex vector of width/2 numbers is stored as its real parts and then its imaginary parts. The
head of a triple is asked for by the inverse relation, which has a vector of its own unless it is
tied (Lacroix et al. 2018, arXiv:1806.07297, section 3).
"""

from typing import Literal, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from model.errors import ConfigError

DecoderName = Literal["complex", "distmult", "transe", "rotate"]

MARGIN = 9.0
"""What a distance is taken from: scores of right triples are then above 0, as for products."""

Vectors = Float[Tensor, "... width"]


@runtime_checkable
class Decoder(Protocol):
    """What scores triples. All vectors have the same width; it has no parameters."""

    def query(self, head: Vectors, relation: Vectors) -> Vectors:
        """What a tail should be like."""

    def scores(
        self, query: Float[Tensor, "query width"], tails: Float[Tensor, "entity width"]
    ) -> Float[Tensor, "query entity"]:
        """Every query against every tail."""

    def score(self, query: Vectors, tail: Vectors) -> Float[Tensor, "..."]:
        """Each query against its own tail."""

    def relation_scores(
        self,
        head: Float[Tensor, "triple width"],
        tail: Float[Tensor, "triple width"],
        relations: Float[Tensor, "relation width"],
    ) -> Float[Tensor, "triple relation"]:
        """Every pair of head and tail with every relation."""

    def inverse(self, relation: Vectors) -> Vectors:
        """The relation for which (t, inverse, h) scores as (h, relation, t), for tied inverses."""

    def symmetric(self, relation: Vectors) -> Vectors:
        """The nearest relation that is its own inverse."""

    def modulus(self, vector: Vectors) -> Float[Tensor, "... part"]:
        """Absolute values of the (complex) numbers of a vector, for the N3 norm."""


class DistMult:
    """See the head of the file. Every relation is its own inverse."""

    def query(self, head: Vectors, relation: Vectors) -> Vectors:
        """The product."""
        return head * relation

    def scores(
        self, query: Float[Tensor, "query width"], tails: Float[Tensor, "entity width"]
    ) -> Float[Tensor, "query entity"]:
        """Dot products."""
        return query @ tails.T

    def score(self, query: Vectors, tail: Vectors) -> Float[Tensor, "..."]:
        """Dot product."""
        return (query * tail).sum(-1)

    def relation_scores(
        self,
        head: Float[Tensor, "triple width"],
        tail: Float[Tensor, "triple width"],
        relations: Float[Tensor, "relation width"],
    ) -> Float[Tensor, "triple relation"]:
        """Dot products of h * t with the relations."""
        return (head * tail) @ relations.T

    def inverse(self, relation: Vectors) -> Vectors:
        """Itself."""
        return relation

    def symmetric(self, relation: Vectors) -> Vectors:
        """Itself."""
        return relation

    def modulus(self, vector: Vectors) -> Float[Tensor, "... part"]:
        """Absolute values."""
        return vector.abs()


class ComplEx(DistMult):
    """See the head of the file. The inverse of a relation is its conjugate."""

    def query(self, head: Vectors, relation: Vectors) -> Vectors:
        """The complex product."""
        head_real, head_imaginary = head.chunk(2, -1)
        real, imaginary = relation.chunk(2, -1)
        return torch.cat(
            [
                head_real * real - head_imaginary * imaginary,
                head_real * imaginary + head_imaginary * real,
            ],
            -1,
        )

    def relation_scores(
        self,
        head: Float[Tensor, "triple width"],
        tail: Float[Tensor, "triple width"],
        relations: Float[Tensor, "relation width"],
    ) -> Float[Tensor, "triple relation"]:
        """Re(h r conj(t)) is linear in r: its dot product with conj(h) t."""
        return self.query(self.inverse(head), tail) @ relations.T

    def inverse(self, relation: Vectors) -> Vectors:
        """The conjugate."""
        real, imaginary = relation.chunk(2, -1)
        return torch.cat([real, -imaginary], -1)

    def symmetric(self, relation: Vectors) -> Vectors:
        """The real part: then Re(h r conj(t)) = Re(t r conj(h))."""
        real, imaginary = relation.chunk(2, -1)
        return torch.cat([real, torch.zeros_like(imaginary)], -1)

    def modulus(self, vector: Vectors) -> Float[Tensor, "... part"]:
        """Absolute values of the complex numbers."""
        return _complex_modulus(vector)


class TransE:
    """See the head of the file. The inverse of a relation is its negative."""

    def query(self, head: Vectors, relation: Vectors) -> Vectors:
        """The sum."""
        return head + relation

    def scores(
        self, query: Float[Tensor, "query width"], tails: Float[Tensor, "entity width"]
    ) -> Float[Tensor, "query entity"]:
        """The margin less the distances, by |q|^2 - 2 q.t + |t|^2."""
        squared = (
            query.square().sum(-1, keepdim=True)
            - 2 * query @ tails.T
            + tails.square().sum(-1)[None]
        )
        return MARGIN - squared.clamp_min(1e-12).sqrt()

    def score(self, query: Vectors, tail: Vectors) -> Float[Tensor, "..."]:
        """The margin less the distance."""
        return MARGIN - ((query - tail).square().sum(-1) + 1e-12).sqrt()

    def relation_scores(
        self,
        head: Float[Tensor, "triple width"],
        tail: Float[Tensor, "triple width"],
        relations: Float[Tensor, "relation width"],
    ) -> Float[Tensor, "triple relation"]:
        """The relation that a pair asks for is t - h."""
        return self.scores(tail - head, relations)

    def inverse(self, relation: Vectors) -> Vectors:
        """The negative."""
        return -relation

    def symmetric(self, relation: Vectors) -> Vectors:
        """Zero is the only one, and would say that head and tail are the same.

        Raises:
            ConfigError: always.
        """
        raise ConfigError(
            "TransE has no vector for a symmetric relation but zero.",
            mend='Take decoder = "complex" or "distmult", or do not tie symmetric relations.',
        )

    def modulus(self, vector: Vectors) -> Float[Tensor, "... part"]:
        """Absolute values."""
        return vector.abs()


class RotatE:
    """See the head of the file. A relation is angles, in the first half of its vector."""

    def query(self, head: Vectors, relation: Vectors) -> Vectors:
        """The head, each complex number turned by its angle."""
        angle = relation.chunk(2, -1)[0]
        real, imaginary = head.chunk(2, -1)
        cosine, sine = angle.cos(), angle.sin()
        return torch.cat([real * cosine - imaginary * sine, real * sine + imaginary * cosine], -1)

    def scores(
        self, query: Float[Tensor, "query width"], tails: Float[Tensor, "entity width"]
    ) -> Float[Tensor, "query entity"]:
        """The margin less the distances, some queries at a time."""
        step = max(1, 2**22 // max(1, tails.numel()))
        return torch.cat([self.score(part[:, None], tails[None]) for part in query.split(step)])

    def score(self, query: Vectors, tail: Vectors) -> Float[Tensor, "..."]:
        """The margin less the summed distances of the complex numbers."""
        return MARGIN - self.modulus(query - tail).sum(-1)

    def relation_scores(
        self,
        head: Float[Tensor, "triple width"],
        tail: Float[Tensor, "triple width"],
        relations: Float[Tensor, "relation width"],
    ) -> Float[Tensor, "triple relation"]:
        """The margin less the distances, pair by pair."""
        return self.score(self.query(head[:, None], relations[None]), tail[:, None])

    def inverse(self, relation: Vectors) -> Vectors:
        """The angles turned back."""
        return -relation

    def symmetric(self, relation: Vectors) -> Vectors:
        """Angles of 0 or pi have no gradient to choose between them.

        Raises:
            ConfigError: always.
        """
        raise ConfigError(
            "RotatE cannot learn a relation that is tied to be symmetric.",
            mend='Take decoder = "complex" or "distmult", or do not tie symmetric relations.',
        )

    def modulus(self, vector: Vectors) -> Float[Tensor, "... part"]:
        """Absolute values of the complex numbers."""
        return _complex_modulus(vector)


def _complex_modulus(vector: Vectors) -> Float[Tensor, "... part"]:
    real, imaginary = vector.chunk(2, -1)
    return (real.square() + imaginary.square() + 1e-12).sqrt()


DECODERS: dict[DecoderName, Decoder] = {
    "complex": ComplEx(),
    "distmult": DistMult(),
    "transe": TransE(),
    "rotate": RotatE(),
}
