"""Texts with links -> tensors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from linking import LinkedText
from model.backbone import Backbone
from model.knowledge import gather_knowledge, no_knowledge
from model.network import TextBatch
from model.subgraph import Neighbours


@dataclass(frozen=True)
class Batcher:
    """Tokenises texts and lays their links over the tokens.

    Attributes:
        backbone: gives the tokenizer.
        neighbours: which neighbours stand beside a candidate.
        local: row of the knowledge base -> row of the entity matrix.
        max_tokens: what lies beyond is not read.
        with_knowledge: False leaves the links out.
    """

    backbone: Backbone
    neighbours: Neighbours
    local: Mapping[int, int]
    max_tokens: int
    with_knowledge: bool = True

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
        return TextBatch(tokens["input_ids"], tokens["attention_mask"], knowledge)
