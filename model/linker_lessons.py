"""What a context scorer is taught from: gold links, or the ontology's own definitions.

A definition is a text about its concept. The names of other concepts in it, and of its own, are
mentions that the untrained linker is sure of; siblings, and whoever shares the name, are what the
right one is to be told from.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import numpy as np

from kg import EntityTable, Graph
from linking import LinkedText, Linker, TextRow, Vocabulary
from linking.protocols import Span
from model.context_scorer import AskedText, Question

GROUNDED = 10
"""Candidates that a gold mention is asked with, by its letters."""

SIBLINGS = 4
"""Siblings that a mention in a definition is asked with."""

LEFT_OUT = 0.25
"""Of mentions in definitions, the share that is asked without its concept, so that NIL is right."""

SURE = 0.8
"""Least probability of a link that teaches."""

Tell = Callable[[str, int, int], None]


def gold_questions(
    linker: Linker, texts: Sequence[TextRow], table: EntityTable, *, tell: Tell
) -> list[AskedText]:
    """All that is written like names in gold texts, and all marked spans, with their candidates.

    Args:
        linker: untrained, so that it knows nothing of these texts.
        texts: those without marks are passed over; marks of unknown concepts teach NIL.
        table: of the knowledge base.
        tell: called after each text.
    """
    rows = {curie: row for row, curie in enumerate(table.curies)}
    rows |= {iri: row for row, iri in enumerate(table.iris)}
    made = []
    for done, text in enumerate(texts, start=1):
        if text.gold is not None:
            meant: dict[Span, set[int]] = {}
            for mark in text.gold:
                if mark.curie in rows:
                    meant.setdefault((mark.start, mark.end), set()).add(rows[mark.curie])
            asked = _asked(linker, text.text, sorted(meant))
            made.append(AskedText(text.text, tuple(_questions(asked, meant))))
        tell("find candidates", done, len(texts))
    return made


def _asked(linker: Linker, text: str, marked: Sequence[Span]) -> dict[Span, list[int]]:
    """The candidates of what is written like names, and of marked spans."""
    asked = {
        (one.mention.start, one.mention.end): [owner.row for owner in one.owners]
        for one in linker.judge(text)
    }
    grounded = linker.ground(
        [text[start:end] for start, end in marked], k=GROUNDED, texts=[text] * len(marked)
    )
    for span, candidates in zip(marked, grounded, strict=True):
        own = asked.setdefault(span, [])
        own.extend(one.row for one in candidates if one.row not in own)
    return asked


def _questions(
    asked: Mapping[Span, Sequence[int]], meant: Mapping[Span, Collection[int]]
) -> Iterator[Question]:
    for span, rows in sorted(asked.items()):
        right = sorted(meant.get(span, ()))
        if right:
            others = [row for row in rows if row not in right]
            yield Question(span, (right[0], *others), 0)
        elif rows:
            yield Question(span, tuple(rows), None)


def definition_questions(
    kb: Vocabulary, linker: Linker, *, seed: int, limit: int, tell: Tell
) -> list[AskedText]:
    """The names in definitions that the linker is sure of, with siblings beside their owners.

    Args:
        kb: the knowledge base.
        linker: untrained.
        seed: which definitions, siblings, and mentions whose concept is left out.
        limit: definitions at most.
        tell: called after each definition.
    """
    table, graph = kb.table(), kb.graph()
    made = []
    chance = np.random.default_rng(seed)
    for row, linked in _linked_definitions(kb, linker, seed=seed, limit=limit, tell=tell):
        questions = []
        for link in linked.links:
            owners = [one.row for one in link.candidates]
            right = row if row in owners else link.row
            if right != row and link.probability < SURE:
                continue
            others = [one for one in owners if one != right]
            siblings = _siblings(graph, table, right, chance)
            others.extend(one for one in siblings if one not in owners)
            span = (link.start, link.end)
            if others and chance.random() < LEFT_OUT:
                questions.append(Question(span, tuple(others), None))
            else:
                questions.append(Question(span, (right, *others), 0))
        if questions:
            made.append(AskedText(linked.text, tuple(questions)))
    return made


def _linked_definitions(
    kb: Vocabulary, linker: Linker, *, seed: int, limit: int, tell: Tell
) -> Iterator[tuple[int, LinkedText]]:
    table = kb.table()
    rows = [row for row, live in enumerate(table.live.tolist()) if live and table.definitions[row]]
    chosen = np.random.default_rng(seed).permutation(len(rows))[:limit].tolist()
    for done, at in enumerate(chosen, start=1):
        yield rows[at], linker.link(table.definitions[rows[at]])
        tell("link definitions", done, len(chosen))


def _siblings(graph: Graph, table: EntityTable, row: int, chance: np.random.Generator) -> list[int]:
    """Some other children of the parents."""
    found = {
        child
        for parent in graph.parents(row).tolist()
        for child in graph.children(parent).tolist()
        if child != row and table.live[child]
    }
    ordered = sorted(found)
    picked = chance.permutation(len(ordered))[:SIBLINGS].tolist()
    return [ordered[at] for at in picked]
