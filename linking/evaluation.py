"""How good links are against gold: mentions, documents, candidates, calibration.

Counts are summed over all texts before precision and recall are taken (micro average).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from linking.errors import TextsError
from linking.links import Link, LinkedText
from linking.reading import GoldLink, TextRow

BINS = 10
"""Bins of equal width over the probability, for the calibration error."""


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and their harmonic mean; each 0 to 1, and 0 where nothing is to count."""

    precision: float
    recall: float
    f1: float

    @classmethod
    def of(cls, *, right: int, given: int, found: int, wanted: int) -> "Score":
        """From counts.

        Args:
            right: predictions that are right.
            given: all predictions.
            found: gold that is found.
            wanted: all gold.
        """
        precision = right / given if given else 0.0
        recall = found / wanted if wanted else 0.0
        total = precision + recall
        return cls(precision, recall, 2 * precision * recall / total if total else 0.0)

    def to_json(self) -> dict[str, float]:
        """With the three names as keys."""
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1}


@dataclass(frozen=True, slots=True)
class LinkScores:
    """How predicted links agree with gold.

    Attributes:
        mention_strict: same start, end and entity.
        mention_overlap: same entity, and the spans share a character.
        document: the set of entities of each text.
        accuracy_at_1: share of gold mentions whose span has the gold entity as its best candidate.
        recall_at: k -> the same with the gold entity among the first k candidates that the link
            keeps (`LinkerSettings.max_candidates` bounds them).
        calibration_error: expected calibration error (Guo et al. 2017, arXiv:1706.04599, eq. 3) of
            the best candidates' probabilities against strict agreement; None without predictions.
    """

    mention_strict: Score
    mention_overlap: Score
    document: Score
    accuracy_at_1: float
    recall_at: dict[int, float]
    calibration_error: float | None

    def to_json(self) -> dict[str, Any]:
        """The document of `evaluate-links`."""
        return {
            "mention_strict": self.mention_strict.to_json(),
            "mention_overlap": self.mention_overlap.to_json(),
            "document": self.document.to_json(),
            "gold_mentions": {
                "acc@1": self.accuracy_at_1,
                **{f"recall@{k}": share for k, share in self.recall_at.items()},
            },
            "ece": self.calibration_error,
        }


def score_links(gold: Sequence[TextRow], predicted: Sequence[LinkedText]) -> LinkScores:
    """Compare links with gold; only texts that have gold count.

    Args:
        gold: texts with marked links.
        predicted: the links of the same texts, in the same order.

    Raises:
        TextsError: the two do not have the same texts, or no text has gold.
    """
    pairs = _paired(gold, predicted)
    return LinkScores(
        mention_strict=_strict(pairs),
        mention_overlap=_overlap(pairs),
        document=_document(pairs),
        accuracy_at_1=_candidate_recall(pairs, 1),
        recall_at={k: _candidate_recall(pairs, k) for k in (5, 64)},
        calibration_error=_calibration_error(pairs),
    )


_Pairs = list[tuple[tuple[GoldLink, ...], tuple[Link, ...]]]


def _paired(gold: Sequence[TextRow], predicted: Sequence[LinkedText]) -> _Pairs:
    if len(gold) != len(predicted):
        raise TextsError(f"{len(gold)} gold texts but {len(predicted)} linked ones")
    pairs = []
    for marked, linked in zip(gold, predicted, strict=True):
        if marked.text != linked.text:
            raise TextsError("the gold text and the linked text differ", where=f'id "{marked.id}"')
        if marked.gold is not None:
            pairs.append((marked.gold, linked.links))
    if not pairs:
        raise TextsError(
            "no text has gold links", mend='Give a "links" list in each line of the .jsonl file.'
        )
    return pairs


def _strict(pairs: _Pairs) -> Score:
    right = given = wanted = 0
    for gold, links in pairs:
        marked = {(link.start, link.end, link.curie) for link in gold}
        found = {(link.start, link.end, link.curie) for link in links}
        right += len(marked & found)
        given += len(found)
        wanted += len(marked)
    return Score.of(right=right, given=given, found=right, wanted=wanted)


def _overlap(pairs: _Pairs) -> Score:
    right = given = found = wanted = 0
    for gold, links in pairs:
        right += sum(any(_meet(link, mark) for mark in gold) for link in links)
        found += sum(any(_meet(link, mark) for link in links) for mark in gold)
        given += len(links)
        wanted += len(gold)
    return Score.of(right=right, given=given, found=found, wanted=wanted)


def _meet(link: Link, mark: GoldLink) -> bool:
    return link.curie == mark.curie and link.start < mark.end and mark.start < link.end


def _document(pairs: _Pairs) -> Score:
    right = given = wanted = 0
    for gold, links in pairs:
        marked, found = {link.curie for link in gold}, {link.curie for link in links}
        right += len(marked & found)
        given += len(found)
        wanted += len(marked)
    return Score.of(right=right, given=given, found=right, wanted=wanted)


def _candidate_recall(pairs: _Pairs, k: int) -> float:
    hits = wanted = 0
    for gold, links in pairs:
        known = {
            (link.start, link.end): {candidate.curie for candidate in link.candidates[:k]}
            for link in links
        }
        hits += sum(mark.curie in known.get((mark.start, mark.end), ()) for mark in gold)
        wanted += len(gold)
    return hits / wanted if wanted else 0.0


def _calibration_error(pairs: _Pairs) -> float | None:
    counts, sums, rights = [0] * BINS, [0.0] * BINS, [0] * BINS
    for gold, links in pairs:
        marked = {(link.start, link.end, link.curie) for link in gold}
        for link in links:
            index = min(BINS - 1, int(link.probability * BINS))
            counts[index] += 1
            sums[index] += link.probability
            rights[index] += (link.start, link.end, link.curie) in marked
    total = sum(counts)
    if not total:
        return None
    return sum(abs(s - r) for s, r in zip(sums, rights, strict=True)) / total
