"""What became of each mark and each link of a text, for those who look for errors."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from linking.gold import NIL
from linking.links import Link
from linking.reading import GoldLink

OutcomeKind = Literal[
    "right", "wrong concept", "wrong span", "missed", "spurious", "not in the ontology"
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A mark, a link, or both where they belong together.

    Attributes:
        kind: "right"; "wrong concept" (same span); "wrong span" (same concept, spans overlap);
            "missed" (a mark alone); "spurious" (a link alone, or on a mark without a concept); "not
            in the ontology" (a mark whose id the ontology has not, with the link on its span).
        mark: of the gold.
        link: of the linker.
        seen: what the linker could have linked on the mark's span.
    """

    kind: OutcomeKind
    mark: GoldLink | None
    link: Link | None
    seen: Link | None

    @property
    def span(self) -> tuple[int, int]:
        """Start and end of the mark, of the link where there is no mark."""
        one = self.mark or self.link
        return (one.start, one.end) if one is not None else (0, 0)

    @property
    def is_error(self) -> bool:
        """Whether the linker could have done better."""
        return self.kind not in ("right", "not in the ontology")


def outcomes_of(
    marks: Iterable[GoldLink],
    links: Sequence[Link],
    looked_up: Iterable[Link],
    known: Collection[str],
) -> tuple[Outcome, ...]:
    """Pair marks with links: exact ones first, then same span, then same concept.

    Args:
        marks: of one text.
        links: of the same text.
        looked_up: every mention of it with all candidates.
        known: CURIEs that the ontology has.

    Returns:
        By start. Each mark and each link is in one outcome, but marks without a concept in none.
    """
    could = {(link.start, link.end): link for link in looked_up}
    waiting = [mark for mark in dict.fromkeys(marks) if mark.curie != NIL]
    free = list(links)
    found: list[Outcome] = []
    for kind, wanted in _STEPS:
        left = []
        for mark in waiting:
            link = next((link for link in free if wanted(mark, link)), None)
            unknown = kind == "wrong concept" and mark.curie not in known
            if link is not None:
                free.remove(link)
            elif not unknown:
                left.append(mark)
                continue
            seen = could.get((mark.start, mark.end))
            found.append(Outcome("not in the ontology" if unknown else kind, mark, link, seen))
        waiting = left
    found += [Outcome("missed", m, None, could.get((m.start, m.end))) for m in waiting]
    found += [Outcome("spurious", None, link, None) for link in free]
    return tuple(sorted(found, key=lambda one: one.span[0]))


def _same_span(mark: GoldLink, link: Link) -> bool:
    return (mark.start, mark.end) == (link.start, link.end)


def _overlap(mark: GoldLink, link: Link) -> bool:
    return mark.start < link.end and link.start < mark.end


_STEPS: tuple[tuple[OutcomeKind, Callable[[GoldLink, Link], bool]], ...] = (
    ("right", lambda mark, link: _same_span(mark, link) and mark.curie == link.curie),
    ("wrong concept", _same_span),
    ("wrong span", lambda mark, link: _overlap(mark, link) and mark.curie == link.curie),
)
