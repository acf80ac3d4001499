"""The seams where neural networks are plugged into the linker.

`model` has such parts, and you may have your own. Each is optional. What it says is evidence among
the other evidence, with a weight of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

Span = tuple[int, int]
"""Start and end in code points of the text, end exclusive."""


class NearName(NamedTuple):
    """A name of the knowledge base whose vector is near that of a mention.

    Attributes:
        row: the entity that has the name.
        name: as the knowledge base writes it.
        cosine: of the two vectors, -1 to 1.
    """

    row: int
    name: str
    cosine: float


class DetectedSpan(NamedTuple):
    """A span of a text, and how likely it is a mention of any concept, in log-odds."""

    start: int
    end: int
    log_odds: float


@runtime_checkable
class NameSearch(Protocol):
    """Finds names by their meaning; evidence `dense`."""

    def nearest(self, mentions: Sequence[str], k: int) -> Sequence[Sequence[NearName]]:
        """The nearest names of each mention, one of each entity.

        Args:
            mentions: any strings.
            k: entities, at least 1.

        Returns:
            For each mention, nearest first, equals by row; fewer than k where there are fewer.
        """


@runtime_checkable
class ContextScorer(Protocol):
    """Compares the text around a mention with a candidate; evidence `context score`."""

    def scores(
        self, text: str, spans: Sequence[Span], rows: Sequence[Sequence[int]]
    ) -> Sequence[Sequence[float]]:
        """How well the text speaks for each candidate of each span.

        Args:
            text: any length.
            spans: the mentions, in any order.
            rows: for each span, its candidates.

        Returns:
            For each span, an amount for each of its candidates, of the size of log-odds: above 0
            where the text speaks for it, 0 where it says nothing.
        """


@runtime_checkable
class MentionDetector(Protocol):
    """Says which spans of a text are mentions, whatever names there are; evidence `detected`."""

    def spans(self, text: str, also: Sequence[Span] = ()) -> Sequence[DetectedSpan]:
        """The spans that it holds for mentions, and what it says of others.

        Args:
            text: any length.
            also: spans that are asked for in any case, because names stand there.

        Returns:
            What it finds and all of `also`, each span once, by start.
        """


@dataclass(frozen=True)
class Neural:
    """The neural parts of a linker; None for one that it has not.

    Attributes:
        names: brings candidates that no name is written like, in `Linker.ground` and for the spans
            that only the detector sees.
        context: is asked for every candidate of every mention.
        mentions: is asked for every text.
    """

    names: NameSearch | None = None
    context: ContextScorer | None = None
    mentions: MentionDetector | None = None


NO_NEURAL = Neural()
