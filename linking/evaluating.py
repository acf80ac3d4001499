"""All that `evaluate-links` says of a linker: scores, parts of the gold, intervals."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from kg import EntityTable, Graph
from linking.evaluation import (
    KS,
    LinkScores,
    Near,
    counts_of,
    paired,
    score_links,
    summed_counts,
)
from linking.gold import ResolvedGold, only_marks
from linking.intervals import (
    LEVEL,
    RESAMPLES,
    SEED,
    Interval,
    Resampled,
    difference,
    intervals,
    resampled,
)
from linking.linker import Linker
from linking.links import Link, LinkedText
from linking.reading import GoldLink, TextRow

Progress = Callable[[int], None]
AMBIGUITY = ("ambiguous", "unambiguous", "no candidate")
"""What a gold mention is by the number of its candidates: several, one, none."""

NIL_RECALL = 0.95
"""Share of mentions of known concepts that stay linked, where NIL is measured at equal recall."""


class Spot(NamedTuple):
    """What the linker sees at a span of a text: how many candidates, and how likely any is meant.

    The second is 1 less the probability of NIL.
    """

    candidates: int
    mass: float


_NOTHING = Spot(0, 0.0)


@dataclass(frozen=True, slots=True)
class Linked:
    """Texts by one linker; all three are in the order of the texts.

    Attributes:
        texts: with its links.
        grounded: with the candidates of each marked span, as `Linker.ground` gives them.
        spots: by start and end, every mention that the linker sees.
    """

    texts: tuple[LinkedText, ...]
    grounded: tuple[LinkedText, ...]
    spots: tuple[Mapping[tuple[int, int], Spot], ...]


@dataclass(frozen=True, slots=True)
class MarkScores:
    """Of some of the gold mentions: how many there are, and the share that is found.

    Attributes:
        mentions: their number; shares are 0 where it is 0.
        recall: linked at the same span with the same concept.
        overlap_recall: linked with the same concept at a span that shares a character.
        gold_mentions: acc@1, any@1, recall@k, see `LinkScores`.
    """

    mentions: int
    recall: float
    overlap_recall: float
    gold_mentions: Mapping[str, float]

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "mentions": self.mentions,
            "recall": self.recall,
            "overlap_recall": self.overlap_recall,
            "gold_mentions": dict(self.gold_mentions),
        }


@dataclass(frozen=True, slots=True)
class NilScores:
    """Of the gold mentions that the ontology has no concept for.

    Attributes:
        mentions: marks without a concept, or with an id that the ontology has not.
        left_unlinked: share that no wrong link overlaps; None without mentions.
        left_unlinked_at_recall: share that would be, by their span, if the threshold were where
            `NIL_RECALL` of the found mentions of known concepts are linked; None without either.
    """

    mentions: int
    left_unlinked: float | None
    left_unlinked_at_recall: float | None


@dataclass(frozen=True)
class Evaluation:
    """What a linker is worth on gold texts; docs/linking.md defines every figure.

    Attributes:
        gold: the texts, brought up to date.
        linked: the same texts by the linker.
        scores: against all marks that have a concept.
        in_ontology: against those whose concept the ontology has; None if there is none.
        nil: of the others.
        parts: "seen", "unseen" (where it is known what was trained on) and `AMBIGUITY`.
        splits: the scores of each split of the texts.
        resampled: for intervals, and for a comparison.
    """

    gold: ResolvedGold
    linked: Linked
    scores: LinkScores
    in_ontology: LinkScores | None
    nil: NilScores
    parts: Mapping[str, MarkScores]
    splits: Mapping[str, LinkScores]
    resampled: Resampled

    def to_json(self) -> dict[str, Any]:
        """The document of `evaluate-links`: that of `LinkScores`, and more."""
        return {
            **self.scores.to_json(),
            "texts": sum(text.gold is not None for text in self.gold.texts),
            "gold": {
                "mentions": self.gold.mentions,
                "mapped": self.gold.mapped,
                "nil": self.gold.nil,
                "unknown": self.gold.unknown,
                "known_share": self.gold.known_share,
            },
            "in_ontology": None if self.in_ontology is None else self.in_ontology.to_json(),
            "nil": {
                "mentions": self.nil.mentions,
                "left_unlinked": self.nil.left_unlinked,
                f"left_unlinked_at_{NIL_RECALL:.0%}_recall": self.nil.left_unlinked_at_recall,
            },
            "parts": {name: part.to_json() for name, part in self.parts.items()},
            "splits": {name: scores.to_json() for name, scores in self.splits.items()},
            "intervals": {
                "level": LEVEL,
                "resamples": len(next(iter(self.resampled.draws.values()))),
                "seed": SEED,
                **_as_document(intervals(self.resampled), bounds_only=True),
            },
        }


def evaluate(
    linker: Linker,
    gold: ResolvedGold,
    *,
    table: EntityTable,
    graph: Graph,
    seen: Collection[str] | None = None,
    resamples: int = RESAMPLES,
    progress: Progress | None = None,
) -> Evaluation:
    """Link gold texts and score the links.

    Args:
        linker: to be judged.
        gold: as `resolve_gold` gives it.
        table, graph: of the same knowledge base.
        seen: the concepts of the training texts; None if that is not known.
        resamples: draws of the bootstrap.
        progress: called with the number of texts done.

    Raises:
        TextsError: no text has gold links.
    """
    texts = gold.texts
    linked = link_all(linker, texts, progress)
    near = near_by_is_a(table, graph)
    pairs = paired(texts, linked.texts, linked.grounded)
    return Evaluation(
        gold=gold,
        linked=linked,
        scores=_scored(texts, linked, near),
        in_ontology=_in_ontology(gold, linked, near),
        nil=_nil(gold, linked),
        parts=dict(_parts(texts, linked, seen)),
        splits=dict(_splits(texts, linked, near)),
        resampled=resampled([counts_of(pair, near) for pair in pairs], resamples=resamples),
    )


def compare(ours: Evaluation, theirs: Evaluation) -> dict[str, Any]:
    """The scores of the other linker, and ours less theirs with intervals, as JSON.

    Args:
        ours, theirs: of the same texts.
    """
    return {
        "scores": theirs.scores.to_json(),
        "difference": _as_document(difference(ours.resampled, theirs.resampled), bounds_only=False),
    }


def link_all(linker: Linker, texts: Sequence[TextRow], progress: Progress | None = None) -> Linked:
    """Link texts, and look up what is marked in them.

    Args:
        linker: as it is set.
        texts: with marks.
        progress: called with the number of texts done.
    """
    linked, spots = [], []
    for done, row in enumerate(texts, start=1):
        found = linker.judge(row.text)
        linked.append(LinkedText(row.id, row.text, linker.links_of(found, linker.settings)))
        spots.append(
            {
                (one.mention.start, one.mention.end): Spot(len(one.owners), 1 - one.nil)
                for one in found
            }
        )
        if progress is not None:
            progress(done)
    return Linked(tuple(linked), tuple(_grounded(linker, texts)), tuple(spots))


def _grounded(linker: Linker, texts: Sequence[TextRow]) -> Iterator[LinkedText]:
    spans = [sorted({(mark.start, mark.end) for mark in row.gold or ()}) for row in texts]
    asked = [(row.text, span) for row, own in zip(texts, spans, strict=True) for span in own]
    found = iter(
        linker.ground(
            [text[start:end] for text, (start, end) in asked],
            k=max(KS),
            texts=[text for text, _ in asked],
            spans=[span for _, span in asked],
        )
    )
    for row, own in zip(texts, spans, strict=True):
        links = [
            Link(start, end, row.text[start:end], candidates)
            for (start, end), candidates in zip(own, found, strict=False)
            if candidates
        ]
        yield LinkedText(row.id, row.text, tuple(links))


def near_by_is_a(table: EntityTable, graph: Graph) -> Near:
    """Whether two CURIEs are the same entity, or parent and child."""
    rows = {curie: row for row, curie in enumerate(table.curies)}

    def near(first: str, second: str) -> bool:
        if first == second:
            return True
        one, other = rows.get(first), rows.get(second)
        if one is None or other is None:
            return False
        return bool(np.isin(other, graph.parents(one)) or np.isin(one, graph.parents(other)))

    return near


def _scored(texts: Sequence[TextRow], linked: Linked, near: Near) -> LinkScores:
    return score_links(texts, linked.texts, looked_up=linked.grounded, near=near)


def _in_ontology(gold: ResolvedGold, linked: Linked, near: Near) -> LinkScores | None:
    if gold.mentions == gold.nil + gold.unknown:
        return None
    return _scored(gold.without_unknown(), linked, near)


def _splits(
    texts: Sequence[TextRow], linked: Linked, near: Near
) -> Iterator[tuple[str, LinkScores]]:
    for split in sorted({row.split for row in texts if row.split and row.gold is not None}):
        at = [number for number, row in enumerate(texts) if row.split == split]
        part = Linked(
            tuple(linked.texts[number] for number in at),
            tuple(linked.grounded[number] for number in at),
            tuple(linked.spots[number] for number in at),
        )
        yield split, _scored([texts[number] for number in at], part, near)


def _parts(
    texts: Sequence[TextRow], linked: Linked, seen: Collection[str] | None
) -> Iterator[tuple[str, MarkScores]]:
    if seen is not None:
        yield "seen", _of_marks(texts, linked, lambda mark, _: mark.curie in seen)
        yield "unseen", _of_marks(texts, linked, lambda mark, _: mark.curie not in seen)
    for name in AMBIGUITY:

        def belongs(_: GoldLink, spot: Spot, name: str = name) -> bool:
            return _ambiguity(spot.candidates) == name

        yield name, _of_marks(texts, linked, belongs)


def _ambiguity(candidates: int) -> str:
    if not candidates:
        return "no candidate"
    return "ambiguous" if candidates > 1 else "unambiguous"


def _of_marks(
    texts: Sequence[TextRow], linked: Linked, belongs: Callable[[GoldLink, Spot], bool]
) -> MarkScores:
    """The scores of the marks that belong to a part of the gold."""

    def chosen_of(row: TextRow, spots: Mapping[tuple[int, int], Spot]) -> TextRow:
        return only_marks(row, lambda mark: belongs(mark, spots.get(_span(mark), _NOTHING)))

    chosen = list(map(chosen_of, texts, linked.spots))
    pairs = paired(chosen, linked.texts, linked.grounded)
    counts = summed_counts(map(counts_of, pairs))

    def share(measure: str) -> float:
        found = counts[measure]
        return found.found / found.wanted if found.wanted else 0.0

    return MarkScores(
        mentions=counts["acc@1"].wanted,
        recall=share("mention_strict"),
        overlap_recall=share("mention_overlap"),
        gold_mentions={measure: share(measure) for measure in counts if "@" in measure},
    )


def _nil(gold: ResolvedGold, linked: Linked) -> NilScores:
    unlinked: list[bool] = []
    known_mass: list[float] = []
    nil_mass: list[float] = []
    for row, links, spots in zip(gold.texts, linked.texts, linked.spots, strict=True):
        marks = row.gold or ()
        right = {(*_span(mark), mark.curie) for mark in marks}
        wrong = [link for link in links.links if (*_span(link), link.curie) not in right]
        for mark in marks:
            spot = spots.get(_span(mark), _NOTHING)
            if mark.curie in gold.known:
                known_mass += [spot.mass] if spot.candidates else []
                continue
            nil_mass.append(spot.mass)
            unlinked.append(not any(_meet(link, mark) for link in wrong))
    at_recall = None
    if nil_mass and known_mass:
        bound = float(np.quantile(known_mass, 1 - NIL_RECALL, method="lower"))
        at_recall = sum(mass < bound for mass in nil_mass) / len(nil_mass)
    share = sum(unlinked) / len(unlinked) if unlinked else None
    return NilScores(len(unlinked), share, at_recall)


def _span(one: GoldLink | Link) -> tuple[int, int]:
    return one.start, one.end


def _meet(link: Link, mark: GoldLink) -> bool:
    return link.start < mark.end and mark.start < link.end


def _as_document(
    measured: Mapping[str, tuple[Interval, Interval, Interval]], bounds_only: bool
) -> dict[str, Any]:
    """Measure -> precision, recall and F1 (of gold mentions the share alone), each as a list."""
    first = 1 if bounds_only else 0
    document: dict[str, Any] = {}
    shares: dict[str, list[float]] = {}
    for measure, (precision, recall, f1) in measured.items():
        if "@" in measure:
            shares[measure] = list(recall[first:])
        else:
            document[measure] = {
                "precision": list(precision[first:]),
                "recall": list(recall[first:]),
                "f1": list(f1[first:]),
            }
    return {**document, "gold_mentions": shares}
