"""Gold marks brought up to date: ids of before mapped forward, and what the ontology lacks told."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kg import EntityTable
from linking.reading import GoldLink, TextRow

NIL = ""
"""The CURIE of a mark that no concept stands for."""


@dataclass(frozen=True, slots=True)
class ResolvedGold:
    """Gold texts whose marks have the CURIEs of today.

    Attributes:
        texts: all that were given, in their order.
        mentions: marks in all.
        mapped: those whose id was one of before, or an IRI.
        nil: those without a concept.
        unknown: those whose id no live entity has; they keep it.
        known: the CURIEs of live entities.
    """

    texts: tuple[TextRow, ...]
    mentions: int
    mapped: int
    nil: int
    unknown: int
    known: frozenset[str]

    @property
    def known_share(self) -> float | None:
        """Of the marks with a concept, the share whose id the ontology has; None without any."""
        marked = self.mentions - self.nil
        return (marked - self.unknown) / marked if marked else None

    def without_unknown(self) -> tuple[TextRow, ...]:
        """The texts without the marks whose id the ontology has not."""
        return tuple(only_marks(text, lambda mark: mark.curie in self.known) for text in self.texts)


def resolve_gold(
    texts: Sequence[TextRow], table: EntityTable, current: Mapping[str, str]
) -> ResolvedGold:
    """Map gold ids to the CURIEs of today.

    Args:
        texts: gold texts.
        table: the entities.
        current: old id -> CURIE, as of `KnowledgeBase.current_ids`.
    """
    live = table.live.tolist()
    known = frozenset(curie for curie, is_live in zip(table.curies, live, strict=True) if is_live)
    newer = {
        iri: curie
        for iri, curie, is_live in zip(table.iris, table.curies, live, strict=True)
        if is_live and iri != curie
    }
    newer |= {old: curie for old, curie in current.items() if old not in known}
    marks = [mark for text in texts for mark in text.gold or ()]
    resolved = tuple(_resolved(text, newer) for text in texts)
    left = [mark for text in resolved for mark in text.gold or () if mark.curie not in known]
    nil = sum(mark.curie == NIL for mark in left)
    return ResolvedGold(
        texts=resolved,
        mentions=len(marks),
        mapped=sum(mark.curie in newer for mark in marks),
        nil=nil,
        unknown=len(left) - nil,
        known=known,
    )


def concepts_of(texts: Iterable[TextRow]) -> frozenset[str]:
    """The concepts that the marks of texts have."""
    return frozenset(mark.curie for text in texts for mark in text.gold or () if mark.curie != NIL)


def _resolved(text: TextRow, newer: Mapping[str, str]) -> TextRow:
    if text.gold is None:
        return text
    marks = (replace(mark, curie=newer.get(mark.curie, mark.curie)) for mark in text.gold)
    return replace(text, gold=tuple(marks))


def only_marks(text: TextRow, wanted: Callable[[GoldLink], bool]) -> TextRow:
    """The text with some of its marks."""
    if text.gold is None:
        return text
    return replace(text, gold=tuple(mark for mark in text.gold if wanted(mark)))
