"""What linking gives: evidence, candidates, links, linked texts; to JSON and back."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from kg import EntityTable
from linking.errors import TextsError
from linking.marked_text import Mark, marked_html
from linking.reading import Passage
from linking.settings import Overlap


class Evidence(NamedTuple):
    """One thing that counted for or against a candidate; `weight` in log-odds against NIL."""

    name: str
    value: str
    weight: float

    def __str__(self) -> str:
        """As in `name: label (+3.0)`."""
        return f"{self.name}: {self.value} ({self.weight:+.1f})"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entity that a mention may mean, with its probability and what speaks for it."""

    row: int
    curie: str
    iri: str
    label: str
    probability: float
    why: tuple[Evidence, ...]

    def to_json(self) -> dict[str, Any]:
        """The candidate as it stands in a line of `link KB` and `ground KB`."""
        return {
            "curie": self.curie,
            "iri": self.iri,
            "label": self.label,
            "probability": self.probability,
            "evidence": [[one.name, one.value, one.weight] for one in self.why],
        }


@dataclass(frozen=True, slots=True)
class Link:
    """A mention and the entities it may mean, best first.

    The probabilities sum to at most 1; the rest is "none of them" and candidates not kept.
    Offsets are code points of the text.

    Attributes:
        own: start and end of what a part of a coordination does not share with the other parts:
            "palmar" of "palmar and plantar pits"; None elsewhere.
    """

    start: int
    end: int
    text: str
    candidates: tuple[Candidate, ...]
    own: tuple[int, int] | None = field(default=None, compare=False)

    @property
    def claimed(self) -> tuple[int, int]:
        """What no other link may claim where links are not to overlap."""
        return self.own or (self.start, self.end)

    @property
    def row(self) -> int:
        """Row of the best candidate."""
        return self.candidates[0].row

    @property
    def curie(self) -> str:
        """CURIE of the best candidate."""
        return self.candidates[0].curie

    @property
    def iri(self) -> str:
        """IRI of the best candidate."""
        return self.candidates[0].iri

    @property
    def label(self) -> str:
        """Label of the best candidate."""
        return self.candidates[0].label

    @property
    def probability(self) -> float:
        """Probability of the best candidate."""
        return self.candidates[0].probability

    @property
    def why(self) -> str:
        """The evidence for the best candidate in one line."""
        return "; ".join(map(str, self.candidates[0].why))

    def to_json(self) -> dict[str, Any]:
        """The link as it stands in a line of `link KB`."""
        return {
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "curie": self.curie,
            "iri": self.iri,
            "label": self.label,
            "probability": self.probability,
            "why": self.why,
            "candidates": [candidate.to_json() for candidate in self.candidates],
        }


@dataclass(frozen=True, slots=True)
class LinkedText:
    """A text and its links, by start, longer first; passages as in the `TextRow` it came from."""

    id: str
    text: str
    links: tuple[Link, ...]
    passages: tuple[Passage, ...] = ()

    def without(self, rows: Collection[int]) -> "LinkedText":
        """The same text where these entities are no candidates; a link left with none is gone."""
        links = []
        for link in self.links:
            left = tuple(c for c in link.candidates if c.row not in rows)
            if left:
                links.append(replace(link, candidates=left))
        return replace(self, links=tuple(links))

    def to_json(self) -> dict[str, Any]:
        """One line of `link KB`."""
        return {
            "id": self.id,
            "text": self.text,
            "links": [link.to_json() for link in self.links],
        }

    def _repr_html_(self) -> str:
        """The text in a notebook, each link with its label; rest on it for the reasons."""
        return marked_html(self.text, [_mark_of(link) for link in self.links])

    @classmethod
    def from_json(cls, document: Mapping[str, Any], table: EntityTable) -> "LinkedText":
        """Read back what `to_json` gave.

        Args:
            document: one line of `link KB`.
            table: the entities of the knowledge base that the links point into.

        Raises:
            TextsError: a field is missing or of another type, or offsets do not fit the text.
            UnknownEntityError: a candidate that the table does not have.
        """
        try:
            text = str(document["text"])
            links = tuple(_read_link(link, text, table) for link in document["links"])
            return cls(str(document["id"]), text, links)
        except (KeyError, TypeError, ValueError) as fault:
            raise TextsError(
                f"not a linked text: {type(fault).__name__} {fault}",
                where=f'id "{document.get("id", "")}"',
                mend="Give a line that `ontograft link --json` wrote.",
            ) from fault


def _mark_of(link: Link) -> Mark:
    best, *others = (f"{c.label} ({c.curie}): {c.probability:.3f}" for c in link.candidates)
    return Mark(
        link.start,
        link.end,
        key=link.curie,
        strength=link.probability,
        name=f"{link.label} {link.probability:.2f}",
        title="\n".join([best, link.why, *(f"or {other}" for other in others)]),
    )


def _read_link(document: Mapping[str, Any], text: str, table: EntityTable) -> Link:
    start, end = int(document["start"]), int(document["end"])
    if not 0 <= start < end <= len(text) or text[start:end] != document["text"]:
        raise ValueError(f'{start}..{end} of the text is not "{document["text"]}"')
    candidates = []
    for candidate in document["candidates"]:
        row = table.row(candidate["curie"])
        why = tuple(
            Evidence(str(name), str(value), float(weight))
            for name, value, weight in candidate.get("evidence", ())
        )
        candidates.append(
            Candidate(
                row,
                table.curies[row],
                table.iris[row],
                table.labels[row],
                float(candidate["probability"]),
                why,
            )
        )
    if not candidates:
        raise ValueError(f"the link at {start} has no candidate")
    return Link(start, end, text[start:end], tuple(candidates))


SPARSE = 0.3
"""What a link has to be more probable than to count for its own sake, where links overlap."""
_LITTLE = 1e-9


def _best(links: Sequence[Link]) -> list[Link]:
    """Weighted interval scheduling (Kleinberg and Tardos 2005, Algorithm Design, section 6.1)."""
    ordered = sorted(links, key=lambda link: (link.claimed[1], -link.claimed[0]))
    ends = [link.claimed[1] for link in ordered]
    worth = [0.0]
    before: list[int] = []
    chosen: list[bool] = []
    for at, link in enumerate(ordered):
        before.append(bisect_right(ends, link.claimed[0], 0, at))
        own = sum(candidate.probability for candidate in link.candidates) - SPARSE
        with_it = worth[before[at]] + max(own, _LITTLE)
        chosen.append(with_it >= worth[at])
        worth.append(max(worth[at], with_it))
    taken = []
    at = len(ordered)
    while at:
        if chosen[at - 1]:
            taken.append(ordered[at - 1])
            at = before[at - 1]
        else:
            at -= 1
    return taken


def settle_overlaps(links: Iterable[Link], policy: Overlap) -> tuple[Link, ...]:
    """Choose among links that overlap.

    Args:
        links: in any order.
        policy: "best" takes the links whose probabilities of any candidate sum to most, each less
            `SPARSE`, so that one long mention stands against two within it; "longest" takes the
            longest first, the earlier of equals, and drops what overlaps a taken one; "all" keeps
            every link. Parts of a coordination overlap where what is their own does.

    Returns:
        By start, longer first.
    """
    chosen = sorted(links, key=lambda link: (link.start - link.end, link.start))
    if policy == "longest":
        taken: list[Link] = []
        covered: set[int] = set()
        for link in chosen:
            span = range(*link.claimed)
            if covered.isdisjoint(span):
                covered.update(span)
                taken.append(link)
        chosen = taken
    elif policy == "best":
        chosen = _best(chosen)
    return tuple(sorted(chosen, key=lambda link: (link.start, -link.end)))
