"""What neural parts say, as amounts of evidence; a part that answers in a wrong form is told of."""

import math
from collections.abc import Iterable, Sequence

from linking.errors import TextsError
from linking.evidence import Amount
from linking.protocols import ContextScorer, DetectedSpan, MentionDetector, Span

NO_AMOUNTS: tuple[Amount, ...] = ()


def dense_amount(cosine: float, similarity: float) -> Amount:
    """How much more alike a name is by its meaning than by its letters.

    So the two are averaged where `dense` weighs half of `similarity`.

    Args:
        cosine: of the vectors.
        similarity: of the character grams, 0 to 1.
    """
    return Amount("dense", cosine - similarity, f"cosine {cosine:.2f}")


def context_amounts(
    scorer: ContextScorer, text: str, spans: Sequence[Span], rows: Sequence[Sequence[int]]
) -> list[list[Amount]]:
    """The scores of the candidates of each span.

    Raises:
        TextsError: the scorer gives not a finite number for each candidate.
    """
    found = scorer.scores(text, spans, rows)
    if [len(one) for one in found] != [len(one) for one in rows]:
        raise TextsError("the context scorer gives not a score for each candidate")
    return [[_score(float(score)) for score in one] for one in found]


def _score(score: float) -> Amount:
    if not math.isfinite(score):
        raise TextsError(f"the context scorer gives the score {score}")
    return Amount("context score", score, f"{score:+.2f}")


def detected_spans(
    detector: MentionDetector, text: str, also: Iterable[Span]
) -> dict[Span, DetectedSpan]:
    """What the detector finds in a text, and says of the given spans.

    Raises:
        TextsError: a span is empty or outside the text, a number is not finite, or a given span
            is not answered.
    """
    found: dict[Span, DetectedSpan] = {}
    asked = list(dict.fromkeys(also))
    for one in detector.spans(text, asked):
        start, end, log_odds = one
        if not 0 <= start < end <= len(text) or not math.isfinite(log_odds):
            raise TextsError(f"the mention detector gives {tuple(one)} for {len(text)} characters")
        found[start, end] = one
    if not found.keys() >= set(asked):
        raise TextsError("the mention detector does not answer for every span that it is asked for")
    return found


def detected_amount(found: DetectedSpan) -> Amount:
    """How likely the span is a mention, in log-odds."""
    return Amount("detected", found.log_odds, f"{found.log_odds:+.2f}")
