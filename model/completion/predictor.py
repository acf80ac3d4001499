"""A link predictor: entity vectors, relation vectors, and the decoder that scores them."""

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from model.completion.decoders import Decoder
from model.completion.relations import Relations


class EntityTable(nn.Module):
    """The encoder that is none: a free vector for each entity, plus its projected features.

    The baseline beside every encoder that passes messages.

    Args:
        count: of entities.
        width: of a vector.
        features: fixed input vectors of the entities, such as their texts'; None without.
        scale: standard deviation of a fresh vector's numbers.
        generator: of the fresh vectors.
    """

    def __init__(
        self,
        *,
        count: int,
        width: int,
        features: Float[Tensor, "entity feature"] | None = None,
        scale: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.table = nn.Parameter(scale * torch.randn(count, width, generator=generator))
        self.register_buffer("features", features, persistent=False)
        self.project = None if features is None else nn.Linear(features.shape[1], width)

    def forward(self) -> Float[Tensor, "entity width"]:
        """The table, plus what the features give."""
        if self.project is None:
            return self.table
        projected: Tensor = self.project(self.get_buffer("features"))
        return self.table + projected


class LinkPredictor(nn.Module):
    """Scores triples.

    Args:
        decoder: one of `DECODERS`.
        entities: gives the vectors of all entities.
        relations: gives those of all relations.
    """

    def __init__(self, decoder: Decoder, entities: nn.Module, relations: Relations) -> None:
        super().__init__()
        self.decoder = decoder
        self.entities = entities
        self.relations = relations

    def forward(self) -> tuple[Float[Tensor, "entity width"], Float[Tensor, "relation width"]]:
        """All vectors: entities, and relations with their inverses."""
        return self.entities(), self.relations()


class Scorer:
    """A trained link predictor with its vectors made once; `Score` of the ranking.

    Args:
        predictor: is left as it is.
    """

    @torch.inference_mode()
    def __init__(self, predictor: LinkPredictor) -> None:
        was_training = predictor.training
        predictor.eval()
        self.entities, self.relations = (vectors.detach() for vectors in predictor())
        predictor.train(was_training)
        self._decoder = predictor.decoder

    def __call__(
        self, head: Int64[np.ndarray, " query"], relation: Int64[np.ndarray, " query"]
    ) -> Float[Tensor, "query entity"]:
        """Scores of all entities as tails."""
        return scores_of_tails(self._decoder, self.entities, self.relations, head, relation)


@torch.inference_mode()
def scores_of_tails(
    decoder: Decoder,
    entities: Float[Tensor, "entity width"],
    relations: Float[Tensor, "relation width"],
    head: Int64[np.ndarray, " query"],
    relation: Int64[np.ndarray, " query"],
) -> Float[Tensor, "query entity"]:
    """Scores of all entities as tails of queries; inverse relations after the others."""
    query = decoder.query(entities[torch.from_numpy(head)], relations[torch.from_numpy(relation)])
    return decoder.scores(query, entities)
