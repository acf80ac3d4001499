"""What gold texts teach: names, how often what is written so is linked, and to what."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kg import EntityTable
from linking.errors import TextsError
from linking.tagger import SpanTagger


class LearntName(NamedTuple):
    """What gold texts call an entity, and no name of it is."""

    row: int
    text: str


@dataclass
class Surface:
    """What became of the mentions that are written alike.

    Attributes:
        linked, unlinked: how many gold texts link, and leave.
        rows: the entities they are linked to, and how often.
    """

    linked: int = 0
    unlinked: int = 0
    rows: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True)
class Experience:
    """What gold texts taught.

    Attributes:
        names: in the order of the texts.
        surfaces: by `Mention.key`.
        concepts: how often each entity is linked.
        tagger: says which spans look like what they mark; None if that was not learnt.
    """

    names: tuple[LearntName, ...] = ()
    surfaces: Mapping[int, Surface] = field(default_factory=dict)
    concepts: Mapping[int, int] = field(default_factory=dict)
    tagger: SpanTagger | None = None

    def to_json(self, table: EntityTable) -> dict[str, Any]:
        """By IRI, so that it holds for other releases of the ontology too."""
        return {
            "names": [[table.iris[name.row], name.text] for name in self.names],
            "surfaces": [
                [
                    f"{key:016x}",
                    surface.linked,
                    surface.unlinked,
                    [[table.iris[row], count] for row, count in sorted(surface.rows.items())],
                ]
                for key, surface in sorted(self.surfaces.items())
            ],
            "concepts": [[table.iris[row], n] for row, n in sorted(self.concepts.items())],
            "spans": None if self.tagger is None else self.tagger.to_json(),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any], table: EntityTable) -> "Experience":
        """Read back what `to_json` gave; entities that are no more are left out.

        Raises:
            TextsError: it is not of this form.
        """
        rows = {iri: row for row, iri in enumerate(table.iris)}
        try:
            spans = document["spans"]
            return cls(
                names=tuple(
                    LearntName(rows[iri], str(text))
                    for iri, text in document["names"]
                    if iri in rows
                ),
                surfaces={
                    int(key, 16): Surface(
                        int(linked),
                        int(unlinked),
                        Counter({rows[iri]: int(n) for iri, n in owners if iri in rows}),
                    )
                    for key, linked, unlinked, owners in document["surfaces"]
                },
                concepts={rows[iri]: int(n) for iri, n in document["concepts"] if iri in rows},
                tagger=None if spans is None else SpanTagger.from_json(spans),
            )
        except (KeyError, TypeError, ValueError) as fault:
            raise TextsError(
                f"this is not what gold texts taught a linker: {type(fault).__name__} {fault}",
                mend="Train the linker again: `ontograft train-linker`.",
            ) from fault


NO_EXPERIENCE = Experience()


def summed(parts: Iterable[tuple[Mapping[int, Surface], Mapping[int, int]]]) -> Experience:
    """The surfaces and concepts of many texts as one experience, without names."""
    surfaces: dict[int, Surface] = {}
    concepts: Counter[int] = Counter()
    for own, linked in parts:
        for key, surface in own.items():
            total = surfaces.setdefault(key, Surface())
            total.linked += surface.linked
            total.unlinked += surface.unlinked
            total.rows.update(surface.rows)
        concepts.update(linked)
    return Experience((), surfaces, concepts)
