"""From a text to its links: mentions -> candidates -> probabilities -> links."""

import math
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Protocol, runtime_checkable

from kg import EntityTable, Graph, NameRow
from linking.abbreviations import with_abbreviations
from linking.candidates import owners_of
from linking.links import Candidate, Link, LinkedText, settle_overlaps
from linking.mentions import Mention, MentionFinder, RefusedName, in_languages
from linking.neighbourhood import Neighbourhood
from linking.probabilities import Judged, judge_alone, judge_together
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
        """Everything in the text that is written like a name, nested ones too, unjudged.

        Abbreviations that the text defines of such a name are among them.
        """
        mentions = self._finder.find(text)
        return with_abbreviations(text, mentions) if self.settings.abbreviations else mentions

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
        words = content_words(text)
        alone = []
        for mention in self.mentions(text):
            owners = owners_of(mention, self._finder.names, exclude=exclude)
            if owners:
                alone.append(
                    judge_alone(
                        mention,
                        owners,
                        text=text,
                        words=words,
                        around=self._around,
                        settings=self.settings,
                    )
                )
        links = []
        for index in range(len(alone)):
            judged = judge_together(alone, index, around=self._around, settings=self.settings)
            if judged.nil < self.settings.nil_threshold or self.settings.nil_threshold == 1:
                links.append(self._link_of(judged))
        return LinkedText(id, text, settle_overlaps(links, self.settings.overlap))

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

    def _link_of(self, judged: Judged) -> Link:
        """The link of a mention, with the best of its candidates."""
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
            for owner, evidence, probability in zip(
                judged.owners, judged.evidence, judged.probabilities, strict=True
            )
        ]
        candidates.sort(key=lambda candidate: (-candidate.probability, candidate.row))
        mention, kept = judged.mention, tuple(candidates[: self.settings.max_candidates])
        return Link(mention.start, mention.end, mention.text, kept)
