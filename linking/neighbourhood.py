"""What the knowledge base knows around an entity: words of its definition, closeness, name use.

All is worked out when first asked for and then kept, so that building a linker stays cheap.
"""

import math
from collections.abc import Sequence

from kg import EntityTable, Graph, NameRow
from linking.text import content_words, fold


class Neighbourhood:
    """Context words, is-a closeness and name use of the entities of one knowledge base."""

    def __init__(self, table: EntityTable, graph: Graph, names: Sequence[NameRow]) -> None:
        """Keep the knowledge base's columns and index the words that are names by themselves."""
        self._table = table
        self._graph = graph
        self._live = max(2, int(table.live.sum()))
        self._context: dict[int, frozenset[str]] = {}
        self._upwards: dict[int, frozenset[int]] = {}
        self._information: dict[int, float] = {}
        self._use: dict[tuple[str, int], tuple[int, int]] = {}
        self._users = _users_of_one_word_names(names)

    def label(self, row: int) -> str:
        """The entity's label, or its CURIE without one."""
        return self._table.labels[row] or self._table.curies[row]

    def context(self, row: int) -> frozenset[str]:
        """Content words of the entity's label, definition and parents' labels."""
        known = self._context.get(row)
        if known is None:
            texts = [self._table.labels[row], self._table.definitions[row]]
            texts.extend(self._table.labels[parent] for parent in self._graph.parents(row).tolist())
            known = self._context[row] = content_words("\n".join(texts))
        return known

    def upwards(self, row: int) -> frozenset[int]:
        """The entity and its ancestors."""
        known = self._upwards.get(row)
        if known is None:
            known = self._upwards[row] = frozenset((row, *self._graph.ancestors(row).tolist()))
        return known

    def information(self, row: int) -> float:
        """How specific the entity is: 1 without descendants, 0 when all lies below it.

        1 - log(1 + descendants) / log(live entities); Seco et al. 2004 (ECAI).
        """
        known = self._information.get(row)
        if known is None:
            below = len(self._graph.descendants(row))
            known = max(0.0, 1 - math.log(1 + below) / math.log(self._live))
            self._information[row] = known
        return known

    def closeness(self, first: int, second: int) -> float:
        """How specific the most specific common ancestor is, 0 to 1 (Resnik 1995, cmp-lg/9511007).

        The entities themselves count as their ancestors; 0 without a common one.
        """
        common = self.upwards(first) & self.upwards(second)
        return max(map(self.information, common), default=0.0)

    def use(self, word: str, row: int) -> tuple[int, int]:
        """How a one-word name occurs as a part of other entities' names.

        Args:
            word: folded.
            row: an owner of the name.

        Returns:
            Users below `row` or above it, and users elsewhere.
        """
        known = self._use.get((word, row))
        if known is None:
            users = self._users.get(word, frozenset()) - {row}
            above = self.upwards(row)
            kin = sum(1 for user in users if user in above or row in self.upwards(user))
            known = self._use[word, row] = (kin, len(users) - kin)
        return known


def _users_of_one_word_names(names: Sequence[NameRow]) -> dict[str, frozenset[int]]:
    """One-word name (folded) -> rows that own a longer name with this word in it."""
    split = [(name.row, fold(name.text).split()) for name in names]
    users: dict[str, set[int]] = {words[0]: set() for _, words in split if len(words) == 1}
    for row, words in split:
        if len(words) > 1:
            for word in words:
                if word in users:
                    users[word].add(row)
    return {word: frozenset(rows) for word, rows in users.items()}
