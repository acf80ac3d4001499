"""The task: texts with their links, the labels they are to get, and who is held out.

Labels are concepts of the knowledge base strictly below a root. A text that has a label has all
label ancestors of it too. The definitions of an ontology are the first texts it brings along: from
a definition, with its concept's own names masked and its concept never linked, tell where in the
hierarchy the concept stands.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float32

from kg import EntityTable, Graph, KnowledgeBase, UnknownEntityError
from linking import Candidate, Link, LinkedText, Linker, definition_texts, read_texts
from linking.text import is_cjk
from model.config import TaskConfig
from model.errors import ConfigError

Split = Literal["train", "dev", "test"]
SPLITS: tuple[Split, ...] = ("train", "dev", "test")
MIN_WORDS = 5
"""A definition of fewer words says too little to be a text; a CJK character counts as a word."""


@dataclass(frozen=True)
class Example:
    """One text.

    Attributes:
        linked: the text and the links in it.
        labels: places of its labels in `Task.labels`, ascending.
        row: the concept it defines; None for a text that defines none.
    """

    linked: LinkedText
    labels: tuple[int, ...]
    split: Split
    row: int | None


@dataclass(frozen=True)
class Task:
    """Texts, labels and splits.

    Attributes:
        labels: CURIE of each label, in the order of the logits.
        label_rows: row of each label in the knowledge base.
        label_names: what a person reads.
        examples: all texts, train first.
    """

    labels: tuple[str, ...]
    label_rows: tuple[int, ...]
    label_names: tuple[str, ...]
    examples: tuple[Example, ...]

    def of(self, split: Split) -> tuple[Example, ...]:
        """The texts of one split."""
        return tuple(example for example in self.examples if example.split == split)

    def gold(self, examples: Sequence[Example]) -> Bool[np.ndarray, "text label"]:
        """Which labels are true of which text."""
        table = np.zeros((len(examples), len(self.labels)), dtype=bool)
        for index, example in enumerate(examples):
            table[index, list(example.labels)] = True
        return table

    @property
    def defined(self) -> frozenset[int]:
        """Concepts whose definitions are among the texts."""
        return frozenset(e.row for e in self.examples if e.row is not None)

    def with_random_links(self, table: EntityTable, *, seed: int) -> "Task":
        """The same task, where each mention is linked to random entities; see `RandomLinks`."""
        draw = RandomLinks(table, seed=seed)
        return replace(
            self, examples=tuple(replace(e, linked=draw(e.linked)) for e in self.examples)
        )

    def to_json(self, table: EntityTable) -> dict[str, Any]:
        """Everything, as plain values; concepts go by their CURIEs."""
        return {
            "labels": list(self.labels),
            "label_names": list(self.label_names),
            "examples": [
                {
                    "labels": list(e.labels),
                    "split": e.split,
                    "defines": None if e.row is None else table.curies[e.row],
                    **e.linked.to_json(),
                }
                for e in self.examples
            ],
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any], table: EntityTable) -> "Task":
        """Read back what `to_json` gave, also where the table now has other rows."""
        return cls(
            labels=tuple(raw["labels"]),
            label_rows=tuple(table.row(label) for label in raw["labels"]),
            label_names=tuple(raw["label_names"]),
            examples=tuple(
                Example(
                    linked=LinkedText.from_json(e, table),
                    labels=tuple(e["labels"]),
                    split=e["split"],
                    row=None if e["defines"] is None else table.row(e["defines"]),
                )
                for e in raw["examples"]
            ),
        )


class LabelMatches:
    """What links say about each label by themselves: plain features, as of a dictionary.

    A label's is the probability of the most probable candidate that is the label or stands below
    it; 0 where there is none.

    Args:
        graph: of the knowledge base.
        label_rows: row of each label.
    """

    def __init__(self, graph: Graph, label_rows: Sequence[int]) -> None:
        self._graph = graph
        self._place = {row: index for index, row in enumerate(label_rows)}

    def __call__(self, links: Iterable[Link]) -> Float32[np.ndarray, " label"]:
        """The features of one text."""
        found = np.zeros(len(self._place), dtype=np.float32)
        for link in links:
            for candidate in link.candidates:
                above = (candidate.row, *self._graph.ancestors(candidate.row).tolist())
                for row in above:
                    if row in self._place:
                        at = self._place[row]
                        found[at] = max(found[at], candidate.probability)
        return found


class RandomLinks:
    """Takes each candidate of a text for a random live entity of the same kind.

    Spans, their number and the probabilities stay. The entities are drawn anew for every text, so
    that none becomes a code that training could learn by heart. A candidate that a text has twice
    is the same entity both times, and two candidates never become one.

    Args:
        table: of the knowledge base.
        seed: with the id and the words of a text, it settles that text's draw.
    """

    def __init__(self, table: EntityTable, *, seed: int) -> None:
        self._table, self._seed = table, seed
        kinds = np.array(table.kinds)
        self._of_kind = {
            kind: np.flatnonzero(table.live & (kinds == kind))
            for kind in dict.fromkeys(table.kinds)
        }

    def __call__(self, linked: LinkedText) -> LinkedText:
        """The text with random links."""
        name = hashlib.sha256(f"{linked.id}\0{linked.text}".encode(errors="replace")).digest()
        generator = np.random.default_rng([self._seed, *name])
        taken_for: dict[int, int] = {}
        for kind, live in self._of_kind.items():
            rows = sorted(
                {
                    candidate.row
                    for link in linked.links
                    for candidate in link.candidates
                    if self._table.kinds[candidate.row] == kind
                }
            )
            drawn = generator.choice(live, size=len(rows), replace=False).tolist()
            taken_for |= dict(zip(rows, drawn, strict=True))
        links = tuple(
            replace(
                link,
                candidates=tuple(self._entity(taken_for[c.row], c) for c in link.candidates),
            )
            for link in linked.links
        )
        return replace(linked, links=links)

    def _entity(self, row: int, candidate: Candidate) -> Candidate:
        """An entity in the place of a candidate; nothing speaks for it."""
        return replace(
            candidate,
            row=row,
            curie=self._table.curies[row],
            iri=self._table.iris[row],
            label=self._table.labels[row],
            why=(),
        )


@dataclass(frozen=True)
class _Drawn:
    """A text before the labels are settled: `rows` are all label-like concepts true of it."""

    linked: LinkedText
    rows: frozenset[int]
    split: Split
    row: int | None


def build_task(
    config: TaskConfig,
    kb: KnowledgeBase,
    linker: Linker,
    *,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> Task:
    """Draw the texts, link them, settle the labels.

    Args:
        config: which texts and which labels.
        kb: the knowledge base that the labels and links come from.
        linker: finds the links.
        seed: of the draw; the same seed gives the same task.
        progress: called with (done, all) texts linked.

    Raises:
        UnknownEntityError: the root, or a label in the file, is not in the knowledge base.
        ConfigError: too few texts, a split left empty, or no label with enough examples.
    """
    table, graph = kb.table(), kb.graph()
    root = _row(table, config.root, where="task.root")
    possible = _rows_below(graph, root, depth=config.depth)
    if config.texts == "definitions":
        drawn = _draw_definitions(config, kb, linker, possible, seed=seed, progress=progress)
    else:
        drawn = _draw_file(config, linker, table, graph, possible, seed=seed, progress=progress)
    for split in SPLITS:
        if not any(text.split == split for text in drawn):
            raise ConfigError(
                f"No text falls into the split {split!r}.",
                where=config.texts,
                mend="Give more texts, or lines with that split.",
            )
    in_training = Counter(r for text in drawn if text.split == "train" for r in text.rows)
    rows = sorted(row for row, count in in_training.items() if count >= config.min_examples)
    if len(rows) < 2:
        raise ConfigError(
            f"{len(rows)} labels below {config.root} have {config.min_examples} training texts.",
            where="task",
            mend="Lower task.min_examples, raise task.train or task.depth, or name another root.",
        )
    place = {row: index for index, row in enumerate(rows)}
    examples = [
        Example(
            text.linked,
            tuple(sorted(place[r] for r in text.rows if r in place)),
            text.split,
            text.row,
        )
        for text in drawn
    ]
    return Task(
        labels=tuple(table.curies[row] for row in rows),
        label_rows=tuple(rows),
        label_names=tuple(table.labels[row] for row in rows),
        examples=tuple(sorted(examples, key=lambda e: SPLITS.index(e.split))),
    )


def _rows_below(graph: Graph, root: int, *, depth: int) -> frozenset[int]:
    """Concepts at most `depth` steps below the root, without it."""
    found: set[int] = set()
    level = {root}
    for _ in range(depth):
        level = {int(c) for row in level for c in graph.children(row)} - found - {root}
        found |= level
    return frozenset(found)


def _draw_definitions(
    config: TaskConfig,
    kb: KnowledgeBase,
    linker: Linker,
    possible: frozenset[int],
    *,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> list[_Drawn]:
    table, graph = kb.table(), kb.graph()
    root = table.row(config.root)
    rows = [
        int(row)
        for row in graph.descendants(root)
        if table.live[row]
        and int(row) not in possible
        and _words(table.definitions[row]) >= MIN_WORDS
    ]
    wanted = config.train + config.dev + config.test
    if len(rows) < wanted:
        raise ConfigError(
            f"{wanted:,} definitions are asked for, but only {len(rows):,} concepts below "
            f"{config.root} that are not labels themselves have one of {MIN_WORDS} words.",
            where="task",
            mend="Lower task.train, task.dev and task.test, or name a higher root.",
        )
    chosen = np.random.default_rng(seed).permutation(rows)[:wanted].tolist()
    splits: list[Split] = []
    for split, size in zip(SPLITS, (config.train, config.dev, config.test), strict=True):
        splits.extend([split] * size)
    split_of = dict(zip(chosen, splits, strict=True))
    drawn = []
    for done, text in enumerate(definition_texts(kb, linker, rows=chosen), start=1):
        above = frozenset(graph.ancestors(text.row).tolist())
        # what stands below the defined concept stands below its labels too: it would tell them
        linked = text.linked.without(frozenset(graph.descendants(text.row).tolist()))
        drawn.append(_Drawn(linked, above & possible, split_of[text.row], text.row))
        if progress:
            progress(done, wanted)
    return drawn


def _draw_file(
    config: TaskConfig,
    linker: Linker,
    table: EntityTable,
    graph: Graph,
    possible: frozenset[int],
    *,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> list[_Drawn]:
    texts = list(read_texts(config.texts))
    order = np.random.default_rng(seed).permutation(len(texts)).tolist()
    drawn = []
    for done, (text, rank) in enumerate(zip(texts, order, strict=True), start=1):
        place = f"{config.texts}: {text.id}"
        named = [_row(table, label, where=place) for label in text.labels]
        true = frozenset(named).union(*(graph.ancestors(row).tolist() for row in named))
        split = _known_split(text.split, rank / len(texts), where=place)
        linked = linker.link(text.text, id=text.id)
        drawn.append(_Drawn(linked, true & possible, split, None))
        if progress:
            progress(done, len(texts))
    return drawn


def _known_split(given: str | None, share: float, *, where: str) -> Split:
    """The split a line names, or else 70 % train, 10 % dev, 20 % test by its rank in the draw."""
    if given is None:
        return "train" if share < 0.7 else "dev" if share < 0.8 else "test"
    for split in SPLITS:
        if given == split:
            return split
    raise ConfigError(
        f"The split {given!r} is none of {', '.join(SPLITS)}.",
        where=where,
        mend="Name one of them, or leave `split` out on all lines.",
    )


def _row(table: EntityTable, identifier: str, *, where: str) -> int:
    """The row of an entity that a config or a text names."""
    try:
        return table.row(identifier)
    except UnknownEntityError as fault:
        raise UnknownEntityError(
            fault.what, where=where, mend="Name a concept that the knowledge base has."
        ) from None


def _words(text: str) -> int:
    return max(len(text.split()), sum(is_cjk(character) for character in text))


def linked_rows(examples: Iterable[Example]) -> set[int]:
    """Rows of all candidates in the links of these texts."""
    return {c.row for e in examples for link in e.linked.links for c in link.candidates}
