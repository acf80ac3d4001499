"""The errors of a linker, for a person: one HTML page, text by text, with reasons.

The page is one file that loads nothing; its few lines of script only hide rows.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, StrictUndefined

from kg import EntityTable
from kg.atomic import write_atomically
from linking.evaluating import Evaluation, Spot
from linking.links import Link
from linking.outcomes import Outcome, OutcomeKind, outcomes_of

KINDS: tuple[OutcomeKind, ...] = (
    "missed",
    "wrong concept",
    "wrong span",
    "spurious",
    "not in the ontology",
    "right",
)
MAX_GROUPS = 50
"""Frequent errors that are listed."""

MAX_TEXTS = 1000
"""Texts that are shown, those with errors before others."""

MAX_CANDIDATES = 5
AROUND = 60
"""Characters of the text that are shown before and after a span."""


class Row(NamedTuple):
    """An outcome as the page shows it: concepts as `CURIE label`, "" for none.

    The remark says of a missed mark what the linker saw on its span.
    """

    kind: str
    place: str
    before: str
    text: str
    after: str
    wanted: str
    linked: str
    linked_text: str
    remark: str
    candidates: tuple[tuple[str, float, str], ...]


class ShownText(NamedTuple):
    """A text with its outcomes."""

    id: str
    errors: int
    rows: tuple[Row, ...]


def write_link_report(
    evaluation: Evaluation, table: EntityTable, path: Path, *, caption: str
) -> None:
    """Write the page, atomically.

    Args:
        evaluation: of a linker on gold texts.
        table: the entities, for their labels.
        path: of the HTML file.
        caption: what was evaluated on what.
    """
    labels = dict(zip(table.curies, table.labels, strict=True))
    found = list(_outcomes(evaluation))
    texts = [
        ShownText(text.id, text.errors, tuple(_rows(text, labels)))
        for text in sorted(found, key=lambda text: not text.errors)[:MAX_TEXTS]
    ]
    counts = Counter(one.kind for text in found for one in text.outcomes)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters["interval"] = _interval
    source = resources.files("ontograft").joinpath("templates/links.html").read_text("utf-8")
    page = environment.from_string(source).render(
        caption=caption,
        kinds=KINDS,
        counts={kind: counts[kind] for kind in KINDS},
        document=evaluation.to_json(),
        groups=_groups(found, labels),
        texts=texts,
        text_count=len(found),
    )
    # half a surrogate pair in a text has no bytes
    write_atomically(path, page.encode("utf-8", "replace"))


class _Found(NamedTuple):
    """A text that has gold, and what became of its marks and links."""

    id: str
    text: str
    outcomes: tuple[Outcome, ...]
    spots: Mapping[tuple[int, int], Spot]

    @property
    def errors(self) -> int:
        return sum(one.is_error for one in self.outcomes)


def _outcomes(evaluation: Evaluation) -> Iterator[_Found]:
    gold, linked = evaluation.gold, evaluation.linked
    for row, links, grounded, spots in zip(
        gold.texts, linked.texts, linked.grounded, linked.spots, strict=True
    ):
        if row.gold is not None:
            outcomes = outcomes_of(row.gold, links.links, grounded.links, gold.known)
            yield _Found(row.id, row.text, outcomes, spots)


def _groups(found: list[_Found], labels: Mapping[str, str]) -> list[tuple[int, str, str, str, str]]:
    """The most frequent errors: how often, kind, surface, the concept wanted and the linked one."""
    groups = Counter(
        (one.kind, text.text[slice(*one.span)].lower(), _wanted(one, labels), _linked(one, labels))
        for text in found
        for one in text.outcomes
        if one.is_error
    )
    ordered = sorted(groups.items(), key=lambda group: (-group[1], group[0]))
    return [(count, *group) for group, count in ordered[:MAX_GROUPS]]


def _rows(found: _Found, labels: Mapping[str, str]) -> Iterator[Row]:
    text = found.text
    for one in found.outcomes:
        start, end = one.span
        shown = one.link or one.seen
        yield Row(
            kind=one.kind,
            place=f"{start}-{end}",
            before=text[max(0, start - AROUND) : start],
            text=text[start:end],
            after=text[end : end + AROUND],
            wanted=_wanted(one, labels),
            linked=_linked(one, labels),
            linked_text=one.link.text if one.link and one.kind == "wrong span" else "",
            remark=_remark(found, one),
            candidates=_candidates(shown),
        )


def _remark(found: _Found, one: Outcome) -> str:
    if one.kind != "missed":
        return ""
    spot = found.spots.get(one.span)
    if spot is None:
        return "no name is written so"
    rivals = (other.link for other in found.outcomes if other.link is not None)
    start, end = one.span
    if any(link.start < end and start < link.end for link in rivals):
        return f"a link overlaps; any candidate here: {spot.mass:.3f}"
    return f"any candidate: {spot.mass:.3f}, NIL: {1 - spot.mass:.3f}"


def _wanted(one: Outcome, labels: Mapping[str, str]) -> str:
    return _named(one.mark.curie, labels) if one.mark else ""


def _linked(one: Outcome, labels: Mapping[str, str]) -> str:
    return _named(one.link.curie, labels) if one.link else ""


def _named(curie: str, labels: Mapping[str, str]) -> str:
    return f"{curie} {labels.get(curie, '')}".strip()


def _candidates(link: Link | None) -> tuple[tuple[str, float, str], ...]:
    """Name, probability and reasons of each candidate."""
    if link is None:
        return ()
    return tuple(
        (f"{one.curie} {one.label}".strip(), one.probability, "; ".join(map(str, one.why)))
        for one in link.candidates[:MAX_CANDIDATES]
    )


def _interval(bounds: Any) -> str:
    """`0.480-0.541`."""
    low, high = bounds
    return f"{low:.3f}-{high:.3f}"
