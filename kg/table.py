"""The columns of a whole knowledge base, one row an entity."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool

from kg.nearest import nearest_identifiers, unknown_entity


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
