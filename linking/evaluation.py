"""How good links are against gold: mentions, documents, candidates, calibration.

Counts are summed over all texts before precision and recall are taken (micro average). A mark
without a concept (NIL) is not looked for; docs/linking.md has the formulas.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from linking.candidates import KIND_RANK
from linking.errors import TextsError
from linking.links import Candidate, Link, LinkedText
from linking.reading import GoldLink, TextRow

BINS = 10
"""Bins of equal width over the probability, for the calibration error."""

KS = (1, 5, 30, 64)
"""Of recall@k."""

Near = Callable[[str, str], bool]
"""Whether two concepts are the same, or one is-a edge apart; by CURIE."""


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


class Counts(NamedTuple):
    """Of one measure in one text, or in many: what precision and recall are shares of."""

    right: int = 0
    given: int = 0
    found: int = 0
    wanted: int = 0


@dataclass(frozen=True, slots=True)
class LinkScores:
    """How predicted links agree with gold.

    Attributes:
        mention_strict: same start, end and entity.
        mention_overlap: same entity, and the spans share a character.
        document: the set of entities of each text.
        accuracy_at_1: share of gold mentions whose span has the gold entity as its best candidate.
        any_at_1: the same where an entity that shares the best candidate's name counts too, and
            one that another mark gives the same span: the laxer reading of some papers.
        recall_at: k -> share with the gold entity among the first k candidates of the span.
        calibration_error: expected calibration error (Guo et al. 2017, arXiv:1706.04599, eq. 3) of
            the best candidates' probabilities against strict agreement; None without predictions.
        mention_near: same span, and the entity or one that is one is-a edge away; None where the
            graph is not known.
    """

    mention_strict: Score
    mention_overlap: Score
    document: Score
    accuracy_at_1: float
    any_at_1: float
    recall_at: dict[int, float]
    calibration_error: float | None
    mention_near: Score | None = None

    def to_json(self) -> dict[str, Any]:
        """The document of `evaluate-links`."""
        near = {} if self.mention_near is None else {"mention_near": self.mention_near.to_json()}
        return {
            "mention_strict": self.mention_strict.to_json(),
            "mention_overlap": self.mention_overlap.to_json(),
            **near,
            "document": self.document.to_json(),
            "gold_mentions": {
                "acc@1": self.accuracy_at_1,
                "any@1": self.any_at_1,
                **{f"recall@{k}": share for k, share in self.recall_at.items()},
            },
            "ece": self.calibration_error,
        }


def score_links(
    gold: Sequence[TextRow],
    predicted: Sequence[LinkedText],
    *,
    looked_up: Sequence[LinkedText] | None = None,
    near: Near | None = None,
) -> LinkScores:
    """Compare links with gold; only texts that have gold count.

    Args:
        gold: texts with marked links.
        predicted: the links of the same texts, in the same order.
        looked_up: the same texts with every mention linked and all candidates kept, for the
            measures of gold mentions; None takes `predicted`.
        near: for `mention_near`.

    Raises:
        TextsError: the two do not have the same texts, or no text has gold.
    """
    pairs = paired(gold, predicted, looked_up)
    total = summed_counts(counts_of(pair, near) for pair in pairs)
    return LinkScores(
        mention_strict=_score(total["mention_strict"]),
        mention_overlap=_score(total["mention_overlap"]),
        document=_score(total["document"]),
        accuracy_at_1=_score(total["acc@1"]).recall,
        any_at_1=_score(total["any@1"]).recall,
        recall_at={k: _score(total[f"recall@{k}"]).recall for k in KS},
        calibration_error=_calibration_error(pairs),
        mention_near=_score(total["mention_near"]) if near else None,
    )


@dataclass(frozen=True, slots=True)
class Pair:
    """A text's marks that have a concept, its links, and all that could be linked in it."""

    marks: tuple[GoldLink, ...]
    links: tuple[Link, ...]
    looked_up: tuple[Link, ...]


def paired(
    gold: Sequence[TextRow],
    predicted: Sequence[LinkedText],
    looked_up: Sequence[LinkedText] | None = None,
) -> list[Pair]:
    """Gold beside links, without the texts that nobody marked.

    Raises:
        TextsError: they are not the same texts, or no text has gold.
    """
    looked_up = predicted if looked_up is None else looked_up
    if not len(gold) == len(predicted) == len(looked_up):
        raise TextsError(f"{len(gold)} gold texts but {len(predicted)} linked ones")
    pairs = []
    for marked, linked, wide in zip(gold, predicted, looked_up, strict=True):
        if not marked.text == linked.text == wide.text:
            raise TextsError("the gold text and the linked text differ", where=f'id "{marked.id}"')
        if marked.gold is not None:
            marks = tuple(mark for mark in marked.gold if mark.curie)
            pairs.append(Pair(marks, linked.links, wide.links))
    if not pairs:
        raise TextsError(
            "no text has gold links", mend='Give a "links" list in each line of the .jsonl file.'
        )
    return pairs


def counts_of(pair: Pair, near: Near | None = None) -> dict[str, Counts]:
    """The counts of one text, by measure."""
    marks, links = pair.marks, pair.links
    wanted = {(mark.start, mark.end, mark.curie) for mark in marks}
    given = {(link.start, link.end, link.curie) for link in links}
    concepts, linked = {mark.curie for mark in marks}, {link.curie for link in links}
    counts = {
        "mention_strict": _agreement(wanted, given),
        "mention_overlap": _matched(marks, links, _meet),
        "document": _agreement(concepts, linked),
        **_of_gold_mentions(marks, pair.looked_up),
    }
    if near is not None:
        counts["mention_near"] = _matched(
            marks,
            links,
            lambda link, mark: (
                (link.start, link.end) == (mark.start, mark.end) and near(link.curie, mark.curie)
            ),
        )
    return counts


def summed_counts(many: Iterable[Mapping[str, Counts]]) -> dict[str, Counts]:
    """The counts of several texts together."""
    total: dict[str, Counts] = {}
    for counts in many:
        for measure, own in counts.items():
            before = total.get(measure, Counts())
            total[measure] = Counts(*(a + b for a, b in zip(before, own, strict=True)))
    return total


def _score(counts: Counts) -> Score:
    return Score.of(
        right=counts.right, given=counts.given, found=counts.found, wanted=counts.wanted
    )


def _agreement(wanted: set[Any], given: set[Any]) -> Counts:
    right = len(wanted & given)
    return Counts(right, len(given), right, len(wanted))


def _matched(
    marks: Sequence[GoldLink], links: Sequence[Link], agree: Callable[[Link, GoldLink], bool]
) -> Counts:
    right = sum(any(agree(link, mark) for mark in marks) for link in links)
    found = sum(any(agree(link, mark) for link in links) for mark in marks)
    return Counts(right, len(links), found, len(marks))


def _meet(link: Link, mark: GoldLink) -> bool:
    return link.curie == mark.curie and link.start < mark.end and mark.start < link.end


def _of_gold_mentions(marks: Sequence[GoldLink], links: Sequence[Link]) -> dict[str, Counts]:
    candidates = {(link.start, link.end): link.candidates for link in links}
    meant: dict[tuple[int, int], set[str]] = {}
    for mark in marks:
        meant.setdefault((mark.start, mark.end), set()).add(mark.curie)
    hits = dict.fromkeys(("acc@1", "any@1", *(f"recall@{k}" for k in KS)), 0)
    for mark in marks:
        place = (mark.start, mark.end)
        found = [candidate.curie for candidate in candidates.get(place, ())]
        hits["acc@1"] += found[:1] == [mark.curie]
        if found:
            hits["any@1"] += found[0] in meant[place] or mark.curie in _namesakes(candidates[place])
        for k in KS:
            hits[f"recall@{k}"] += mark.curie in found[:k]
    return {measure: Counts(0, 0, count, len(marks)) for measure, count in hits.items()}


def _namesakes(candidates: Sequence[Candidate]) -> set[str]:
    """The best candidate, and those that were found by the same name."""
    name = _name_of(candidates[0])
    same = {one.curie for one in candidates if name and _name_of(one) == name}
    return same | {candidates[0].curie}


def _name_of(candidate: Candidate) -> str:
    """The name that speaks for a candidate, in lower case."""
    return next((one.value.lower() for one in candidate.why if one.name in KIND_RANK), "")


def _calibration_error(pairs: Sequence[Pair]) -> float | None:
    counts, sums, rights = [0] * BINS, [0.0] * BINS, [0] * BINS
    for pair in pairs:
        marked = {(mark.start, mark.end, mark.curie) for mark in pair.marks}
        for link in pair.links:
            index = min(BINS - 1, int(link.probability * BINS))
            counts[index] += 1
            sums[index] += link.probability
            rights[index] += (link.start, link.end, link.curie) in marked
    total = sum(counts)
    if not total:
        return None
    return sum(abs(s - r) for s, r in zip(sums, rights, strict=True)) / total
