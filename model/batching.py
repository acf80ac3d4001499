"""Texts with links -> tensors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from linking import LinkedText
from model.backbone import Backbone
from model.knowledge import gather_knowledge, no_knowledge
from model.network import TextBatch
from model.subgraph import Neighbours
from model.task import LabelMatches


@dataclass(frozen=True)
class Batcher:
    """Tokenises texts and lays their links over the tokens.

    Attributes:
        backbone: gives the tokenizer.
        neighbours: which neighbours stand beside a candidate.
        local: row of the knowledge base -> row of the entity matrix.
        max_tokens: what lies beyond is not read.
        with_knowledge: False leaves the links out.
        matches: says what the links within the tokens read say about each label; None leaves it.
    """

    backbone: Backbone
    neighbours: Neighbours
    local: Mapping[int, int]
    max_tokens: int
    with_knowledge: bool = True
    matches: LabelMatches | None = None

    def batch(self, texts: Sequence[LinkedText]) -> TextBatch:
        """The tensors of some texts, padded to the longest."""
        tokens = self.backbone.tokenizer(
            [text.text for text in texts],
            padding=True,
            truncation=True,
            max_length=self.max_tokens,
            return_offsets_mapping=True,
            return_tensors="pt",
        )
        knowledge = (
            gather_knowledge(
                [text.links for text in texts],
                tokens["offset_mapping"],
                neighbours=self.neighbours,
                local=self.local,
            )
            if self.with_knowledge
            else no_knowledge()
        )
        return TextBatch(
            tokens["input_ids"],
            tokens["attention_mask"],
            knowledge,
            matches=self._matches(texts, tokens["offset_mapping"].amax((1, 2)).tolist()),
        )

    def _matches(
        self, texts: Sequence[LinkedText], read: Sequence[int]
    ) -> Float[Tensor, "text label"] | None:
        """What the links say that begin before the last character read of each text."""
        if self.matches is None:
            return None
        return torch.stack(
            [
                torch.from_numpy(self.matches([k for k in text.links if k.start < end]))
                for text, end in zip(texts, read, strict=True)
            ]
        )
