"""The columns of a whole knowledge base, one row an entity."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool

from kg.errors import UnknownEntityError
from kg.nearest import nearest_identifiers


@dataclass(frozen=True)
class EntityTable:
    """All entities; the index is the row, which an entity keeps for ever.

    Args:
        iris, curies, labels: `labels` is empty for an entity that no source describes.
        definitions: empty if none.
        synonyms: exact synonyms in all languages, and labels in the other languages.
        kinds: "class", "individual", "property" or "concept".
        live: False for an entity that is deprecated, or described by no source (any more).
    """

    iris: tuple[str, ...]
    curies: tuple[str, ...]
    labels: tuple[str, ...]
    definitions: tuple[str, ...]
    synonyms: tuple[tuple[str, ...], ...]
    kinds: tuple[str, ...]
    live: Bool[np.ndarray, " entity"]

    def __len__(self) -> int:
        return len(self.iris)

    def row(self, identifier: str) -> int:
        """The row of an entity.

        Args:
            identifier: CURIE or IRI.

        Raises:
            UnknownEntityError: no entity has it; the message names the nearest.
        """
        found = self._rows.get(identifier)
        if found is None:
            near = nearest_identifiers(identifier, self.curies)
            raise unknown_entity(identifier, count=len(self), near=near)
        return found

    @cached_property
    def _rows(self) -> dict[str, int]:
        rows = {iri: row for row, iri in enumerate(self.iris)}
        rows.update((curie, row) for row, curie in enumerate(self.curies))
        return rows


def unknown_entity(
    identifier: str, *, count: int, near: tuple[str, ...], where: str = "", remark: str = ""
) -> UnknownEntityError:
    """The error that says how many entities there are and which are nearest.

    Args:
        identifier: what was asked for.
        count: entities of the knowledge base.
        near: CURIEs, best first; may be empty.
        where: the knowledge base, if known.
        remark: a sentence that knows better than `near`, such as "It is now called HP:0000003."
    """
    nearest = f" (nearest: {', '.join(near)})" if near else ""
    what = f"{identifier} is not among the {count:,} entities{nearest}."
    place = where or "KB"
    return UnknownEntityError(
        f"{what} {remark}" if remark else what,
        where=where,
        mend=f"If the ontology file has it, load it again: `ontograft load {place} FILE`.",
    )
