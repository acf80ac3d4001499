"""What the knowledge base knows around an entity: words of its definition, closeness, name use.

All is worked out when first asked for and then kept, so that building a linker stays cheap.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from kg import EntityTable, Graph, NameRow
from linking.text import STOP_WORDS, content_words, fold

_KEPT_PAIRS = 1_000_000


@dataclass(frozen=True, slots=True)
class Use:
    """How many entities have a word as a part of a longer name of theirs.

    Attributes:
        kin: entities from which relations lead to the owner of the word, or the other way.
        elsewhere: all others.
    """

    kin: int
    elsewhere: int

    @property
    def share_elsewhere(self) -> float:
        """Share of the others, drawn towards one half while there are few (by 2 + 2)."""
        return (self.elsewhere + 2) / (self.kin + self.elsewhere + 4)


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
        self._reached: dict[int, frozenset[int]] = {}
        self._branch_use: dict[int, Use] = {}
        self._top: dict[int, bool] = {}
        self._use: dict[tuple[str, int], Use] = {}
        self._closeness: dict[tuple[int, int], float] = {}
        self._one_word_names = _one_word_names(names)
        self._users = _users_of(names, self._one_word_names)

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

    def above(self, row: int, steps: int) -> dict[int, int]:
        """The ancestors that is-a leads to in so many steps, each with the steps it takes."""
        found: dict[int, int] = {}
        level = {row}
        for step in range(1, steps + 1):
            above = {int(parent) for one in level for parent in self._graph.parents(one)}
            level = above - found.keys() - {row}
            found |= dict.fromkeys(level, step)
        return found

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
        pair = (first, second) if first < second else (second, first)
        known = self._closeness.get(pair)
        if known is None:
            if len(self._closeness) > _KEPT_PAIRS:
                self._closeness.clear()
            common = self.upwards(first) & self.upwards(second)
            known = max(map(self.information, common), default=0.0)
            self._closeness[pair] = known
        return known

    def use(self, word: str, row: int) -> Use:
        """How a one-word name occurs as a part of other entities' names.

        Args:
            word: folded.
            row: an owner of the name.
        """
        known = self._use.get((word, row))
        if known is None:
            users = self._users.get(word, frozenset()) - {row}
            led_to = self._led_to(row)
            kin = sum(1 for user in users if user in led_to or row in self._led_to(user))
            known = self._use[word, row] = Use(kin, len(users) - kin)
        return known

    def branch_use(self, row: int) -> Use:
        """The same, summed over all one-word names of the entity's branch.

        A branch is all that lies below a child of a root. Of several, the one that speaks best for
        the entity counts; a root, and an entity without a hierarchy, has none.
        """
        branches = (self._use_of_branch(top) for top in self.upwards(row) if self._tops(top))
        return min(branches, key=lambda use: use.share_elsewhere, default=Use(0, 0))

    def _led_to(self, row: int) -> frozenset[int]:
        """What a path of any relations leads to from the entity, which is itself among it."""
        known = self._reached.get(row)
        if known is None:
            found, stack = {row}, [row]
            while stack:
                fresh = self._tails.get(stack.pop(), frozenset()) - found
                found |= fresh
                stack.extend(fresh)
            known = self._reached[row] = frozenset(found)
        return known

    @cached_property
    def _tails(self) -> dict[int, frozenset[int]]:
        tails: dict[int, set[int]] = {}
        for head, tail in zip(self._graph.head.tolist(), self._graph.tail.tolist(), strict=True):
            tails.setdefault(head, set()).add(tail)
        return {head: frozenset(found) for head, found in tails.items()}

    def _tops(self, row: int) -> bool:
        """The entity is a child of a root."""
        known = self._top.get(row)
        if known is None:
            parents = self._graph.parents(row).tolist()
            known = self._top[row] = any(len(self.upwards(parent)) == 1 for parent in parents)
        return known

    def _use_of_branch(self, top: int) -> Use:
        known = self._branch_use.get(top)
        if known is None:
            below = self._graph.descendants(top).tolist()
            uses = [
                self.use(word, row)
                for row in (top, *below)
                for word in self._one_word_names.get(row, ())
            ]
            known = Use(sum(use.kin for use in uses), sum(use.elsewhere for use in uses))
            self._branch_use[top] = known
        return known


def only_word(name: str) -> str | None:
    """The one word of a name that is no stop word, folded; None when there are more or none."""
    words = [word for word in fold(name).split() if word not in STOP_WORDS]
    return words[0] if len(words) == 1 else None


def _one_word_names(names: Sequence[NameRow]) -> dict[int, tuple[str, ...]]:
    """Row -> its names of one word, folded, sorted."""
    found: dict[int, set[str]] = {}
    for name in names:
        word = only_word(name.text)
        if word is not None:
            found.setdefault(name.row, set()).add(word)
    return {row: tuple(sorted(words)) for row, words in found.items()}


def _users_of(
    names: Sequence[NameRow], one_word_names: Mapping[int, Iterable[str]]
) -> dict[str, frozenset[int]]:
    """One-word name -> rows that own a longer name with this word in it."""
    users: dict[str, set[int]] = {
        word: set() for words in one_word_names.values() for word in words
    }
    for name in names:
        words = fold(name.text).split()
        if len(words) > 1:
            for word in words:
                if word in users:
                    users[word].add(name.row)
    return {word: frozenset(rows) for word, rows in users.items()}
