"""From a text to its links: mentions -> candidates -> probabilities -> links."""

import math
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Protocol, runtime_checkable

from kg import EntityTable, Graph, NameRow
from linking.candidates import owners_of
from linking.links import Candidate, Link, LinkedText, settle_overlaps
from linking.mentions import Mention, MentionFinder, RefusedName, in_languages
from linking.neighbourhood import Neighbourhood
from linking.probabilities import Proposal, gather_evidence, softmax_with_nil
from linking.reading import TextRow
from linking.settings import LinkerSettings
from linking.text import content_words


@runtime_checkable
class Vocabulary(Protocol):
    """What the linker needs of a knowledge base; `kg.KnowledgeBase` is one."""

    def table(self) -> EntityTable:
        """The entities."""

    def names(self) -> tuple[NameRow, ...]:
        """The names of the live entities."""

    def graph(self) -> Graph:
        """The live edges."""


class Linker:
    """Finds the concepts of one knowledge base in texts. Deterministic; holds no open store.

    Attributes:
        settings: as given to `of`.
        refused: names that are not looked for (too short, only stop words), with the reason.
        name_count: names that are looked for.
    """

    def __init__(
        self,
        *,
        table: EntityTable,
        names: Iterable[NameRow],
        graph: Graph,
        settings: LinkerSettings,
    ) -> None:
        """Build the automaton; `Linker.of` is the usual way."""
        self.settings = settings
        self._table = table
        chosen = in_languages(names, settings.languages)
        self._finder = MentionFinder(chosen, variants=settings.variants)
        self._around = Neighbourhood(table, graph, chosen)
        self.refused: tuple[RefusedName, ...] = self._finder.refused
        self.name_count = len(chosen) - len(self.refused)

    @classmethod
    def of(cls, kb: Vocabulary, *, settings: LinkerSettings | None = None) -> "Linker":
        """The linker of a knowledge base, as it is now."""
        return cls(
            table=kb.table(),
            names=kb.names(),
            graph=kb.graph(),
            settings=settings or LinkerSettings(),
        )

    def mentions(self, text: str) -> list[Mention]:
        """Everything in the text that is written like a name, nested ones too, unjudged."""
        return self._finder.find(text)

    def owners(self, mention: Mention) -> tuple[int, ...]:
        """Rows of the entities that own a name which the mention is written like."""
        return tuple(owner.row for owner in owners_of(mention, self._finder.names))

    def link(self, text: str, *, id: str = "", exclude: Collection[int] = ()) -> LinkedText:
        """Recognise and link the concepts that a text mentions.

        Args:
            text: any length.
            id: carried into the result.
            exclude: rows that are never candidates. Their names are matched and then dropped, so
                that a name nested in them may win.

        Returns:
            The links, by start; offsets in code points of `text`.
        """
        proposals = []
        for mention in self._finder.find(text):
            owners = owners_of(mention, self._finder.names, exclude=exclude)
            if owners:
                proposals.append(Proposal(mention, owners))
        words = content_words(text) if proposals else frozenset()
        links = (self._judge(proposals, index, text, words) for index in range(len(proposals)))
        settled = settle_overlaps(
            (link for link in links if link is not None), self.settings.overlap
        )
        return LinkedText(id, text, settled)

    def link_many(
        self,
        texts: Iterable[TextRow],
        *,
        progress: Callable[[int], None] | None = None,
    ) -> Iterator[LinkedText]:
        """Link texts one by one, in their order.

        Args:
            texts: read as they are needed.
            progress: called with the number of texts done after each.
        """
        for done, row in enumerate(texts, start=1):
            yield self.link(row.text, id=row.id)
            if progress is not None:
                progress(done)

    def _judge(
        self, proposals: list[Proposal], index: int, text: str, words: frozenset[str]
    ) -> Link | None:
        """The link of one mention; None when it most likely means no concept."""
        gathered = gather_evidence(
            proposals,
            index,
            text=text,
            words=words,
            around=self._around,
            settings=self.settings,
        )
        scores = [sum(e.weight for e in evidence) for _, evidence in gathered]
        probabilities, nil = softmax_with_nil(scores, self.settings.nil_weight)
        if nil >= self.settings.nil_threshold and self.settings.nil_threshold < 1:
            return None
        table = self._table
        candidates = [
            Candidate(
                row=owner.row,
                curie=table.curies[owner.row],
                iri=table.iris[owner.row],
                label=table.labels[owner.row],
                # rounded down, so that the sum stays at most 1 and JSON keeps the value
                probability=math.floor(probability * 1e6) / 1e6,
                why=evidence,
            )
            for (owner, evidence), probability in zip(gathered, probabilities, strict=True)
        ]
        candidates.sort(key=lambda candidate: (-candidate.probability, candidate.row))
        mention = proposals[index].mention
        kept = tuple(candidates[: self.settings.max_candidates])
        return Link(mention.start, mention.end, mention.text, kept)
