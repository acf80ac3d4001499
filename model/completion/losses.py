"""What a link predictor learns from.

1-vs-all cross-entropy over tails (Lacroix et al. 2018, arXiv:1806.07297, eq. 2):

    L = mean over (q, t) of  -log( e^s(q,t) / sum over e of e^s(q,e) )

What follows from the train triples is left out of the sum, so that nothing entailed is ever a
negative. The other train answers of a query stay in it: without them the MRR of CoDEx-S was .015
lower. All answers of a query are taken at once, so that its scores are computed once. With sampled
negatives each stands for entities / sample of them (Bengio and Senecal 2008, uniform proposals).

The Bernoulli loss is that of ConvE (Dettmers et al. 2018, arXiv:1707.01476, eq. 2), with its label
smoothing; summed over tails, where ConvE takes the mean. The N3 norm is the weighted nuclear 3-norm
of Lacroix et al. 2018, eq. 4. Relation prediction is that of Chen et al. 2021, arXiv:2110.02834,
eq. 3.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from model.completion.decoders import Decoder

SMOOTHING = 0.1


def tails_loss(
    scores: Float[Tensor, "query tail"],
    owner: Int[Tensor, " answer"],
    column: Int[Tensor, " answer"],
    known: tuple[Int[Tensor, " known"], Int[Tensor, " known"]],
    *,
    of_all: float = 1.0,
) -> Float[Tensor, ""]:
    """Mean over the answers of the cross-entropy against all tails but entailed ones.

    Args:
        scores: of each query against tails, all or a sample.
        owner, column: which query each answer belongs to, and where it stands in `scores`.
        known: query and column of what is entailed, and no negative.
        of_all: how many tails each that is no answer stands for.
    """
    own = scores[owner, column]
    against = (scores + math.log(of_all)).index_put(known, scores.new_tensor(-math.inf))
    total = against.index_put((owner, column), own).logsumexp(1)
    return (total[owner] - own).mean()


def bernoulli_loss(
    scores: Float[Tensor, "query tail"],
    owner: Int[Tensor, " answer"],
    column: Int[Tensor, " answer"],
) -> Float[Tensor, ""]:
    """Binary cross-entropy of every tail, summed over tails, mean over queries.

    Args:
        scores: of each query against all tails.
        owner, column: which query each answer belongs to, and its tail.
    """
    right = torch.zeros_like(scores)
    right[owner, column] = 1.0
    right = right * (1 - SMOOTHING) + 1 / scores.shape[1]
    return functional.binary_cross_entropy_with_logits(scores, right, reduction="sum") / len(scores)


def n3(
    decoder: Decoder, vectors: Float[Tensor, "vector width"], weight: Float[Tensor, " vector"]
) -> Float[Tensor, ""]:
    """Weighted sum of the cubed absolute values of vectors."""
    return (decoder.modulus(vectors).pow(3).sum(-1) * weight).sum()


def relations_loss(
    decoder: Decoder,
    head: Float[Tensor, "triple width"],
    tail: Float[Tensor, "triple width"],
    relations: Float[Tensor, "relation width"],
    relation: Int[Tensor, " triple"],
) -> Float[Tensor, ""]:
    """Mean cross-entropy of each triple's relation among all that are no inverses."""
    return functional.cross_entropy(decoder.relation_scores(head, tail, relations), relation)
