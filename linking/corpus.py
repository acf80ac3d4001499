"""The first corpus of any ontology: its own definitions, without the names of what they define."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from linking.linker import Linker, Vocabulary
from linking.links import LinkedText

MASK = "[MASK]"
"""Stands for the own name of the concept that a definition defines."""


@dataclass(frozen=True, slots=True)
class DefinitionText:
    """A definition with its concept's own names masked, and what else it mentions.

    Attributes:
        row: the concept that is defined; never among the candidates of the links.
        text: the definition, each own name replaced by `MASK`.
        linked: the links of `text`.
    """

    row: int
    text: str
    linked: LinkedText


def definition_texts(
    kb: Vocabulary,
    linker: Linker,
    *,
    rows: Sequence[int] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Iterator[DefinitionText]:
    """Mask and link the definitions of a knowledge base.

    Args:
        kb: the knowledge base that the linker was made of.
        linker: recognises the own names and the others.
        rows: the concepts wanted, in the order wanted; all live ones if None. Those without a
            definition are passed over.
        progress: called with the number of definitions done after each.
    """
    table = kb.table()
    chosen = [row for row, live in enumerate(table.live.tolist()) if live] if rows is None else rows
    done = 0
    for row in chosen:
        definition = table.definitions[row]
        if not definition:
            continue
        text = mask_names(definition, row, linker)
        linked = linker.link(text, id=table.curies[row], exclude=(row,))
        links = tuple(
            link for link in linked.links if not _touches_mask(text, link.start, link.end)
        )
        yield DefinitionText(row, text, LinkedText(linked.id, text, links))
        done += 1
        if progress is not None:
            progress(done)


def mask_names(text: str, row: int, linker: Linker) -> str:
    """The text with each mention of the entity's own names replaced by `MASK`."""
    masked: list[str] = []
    at = 0
    for mention in linker.mentions(text):
        if mention.end <= at or row not in {owner.row for owner in linker.owners(mention)}:
            continue
        if mention.start >= at:
            masked.extend((text[at : mention.start], MASK))
        at = mention.end  # of names that overlap, all is masked
    masked.append(text[at:])
    return "".join(masked)


def _touches_mask(text: str, start: int, end: int) -> bool:
    """The span overlaps a mask: some vocabularies have a concept named "mask"."""
    return MASK in text[max(0, start - len(MASK) + 1) : end + len(MASK) - 1]
