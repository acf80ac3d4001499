"""From a text to its links: mentions -> candidates -> probabilities -> links."""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from heapq import nlargest
from typing import NamedTuple, Protocol, runtime_checkable

from kg import EntityTable, Graph, KnowledgeBase, NameRow
from linking.abbreviations import definitions_in, short_words, with_abbreviations
from linking.appraisals import Appraisal, Appraiser
from linking.candidates import Owner
from linking.errors import SettingsError
from linking.evidence import (
    Amount,
    covered_ones,
    evidence_of_place,
    evidence_of_words,
    marked_amount,
)
from linking.experience import NO_EXPERIENCE, Experience, LearntName
from linking.grounding import Grounder
from linking.links import Candidate, Link, LinkedText, settle_overlaps
from linking.mentions import Keep, Mention, MentionFinder, RefusedName, in_languages
from linking.neighbourhood import Neighbourhood
from linking.neural_evidence import (
    NO_AMOUNTS,
    context_amounts,
    detected_amount,
    detected_spans,
)
from linking.probabilities import Judged, judged, judged_again, together
from linking.protocols import NO_NEURAL, DetectedSpan, Neural, Span
from linking.reading import TextRow
from linking.settings import LinkerSettings
from linking.tagger import SpanTagger
from linking.text import content_words
from linking.trained import Trained
from linking.weights import DEFAULT_WEIGHTS, Weights

INDEX_FORMAT = 4
"""To be raised when the same names give another index: other stems, other variants."""


ALIKE = 10
"""Entities that are looked for by grams and by vectors where only a detector sees a mention."""

MOST_ALIKE = 5
"""Of these, what is left where gold texts would mark a span."""

UNLIKELY = -7.0
"""Log-odds of a span that gold texts would hardly ever mark, of which nothing more is asked."""


class _Found(NamedTuple):
    """A mention, its candidates, and what neural parts say of each, if they say anything."""

    mention: Mention
    appraisal: Appraisal
    amounts: Sequence[tuple[Amount, ...]] = ()


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
        weights: Weights = DEFAULT_WEIGHTS,
        experience: Experience = NO_EXPERIENCE,
        neural: Neural = NO_NEURAL,
        keep: Keep | None = None,
    ) -> None:
        """Build the index of names, or take it from where `keep` keeps it.

        `Linker.of` is the usual way.
        """
        self.settings = settings
        self._table = table
        self._weights = weights
        self._experience = experience
        self._unknown: Collection[LearntName] = ()
        self._tagger = experience.tagger
        self._neural = neural
        chosen = in_languages(names, settings.languages)
        self._learnt_from = len(chosen)
        learnt = [NameRow(name.row, name.text, "hidden", "") for name in experience.names]
        self._finder = MentionFinder(chosen, learnt=learnt, variants=settings.variants, keep=keep)
        self._around = Neighbourhood(table, graph, chosen)
        self._appraiser = self._new_appraiser()
        self._grounder = self._grounder_with(neural)
        self.refused: tuple[RefusedName, ...] = self._finder.refused
        self.name_count = len(chosen) + len(learnt) - len(self.refused)

    @classmethod
    def of(
        cls,
        kb: Vocabulary,
        *,
        settings: LinkerSettings | None = None,
        trained: Trained | None = None,
        neural: Neural = NO_NEURAL,
    ) -> "Linker":
        """The linker of a knowledge base, as it is now.

        Args:
            kb: the knowledge base.
            settings: None takes those of the training, or the defaults.
            trained: what `train_linker` learnt; it follows the knowledge base when that changes.
            neural: further parts, see `linking/protocols.py`; `model.load_linker` gives saved ones.
        """
        table = kb.table()
        settings = settings or (trained.settings if trained else LinkerSettings())
        return cls(
            table=table,
            names=kb.names(),
            graph=kb.graph(),
            settings=settings,
            weights=trained.weights if trained else DEFAULT_WEIGHTS,
            experience=trained.experience(table) if trained else NO_EXPERIENCE,
            neural=neural,
            keep=keeper(kb, settings),
        )

    def mentions(self, text: str) -> list[Mention]:
        """Everything in the text that is written like a name, nested ones too, unjudged.

        Abbreviations that the text defines of such a name are among them.
        """
        if not self.settings.abbreviations:
            return self._finder.find(text)
        defined = list(definitions_in(text))
        longer = dict(short_words(found) for found in defined)
        return with_abbreviations(text, self._finder.find(text, longer=longer), defined)

    def owners(self, mention: Mention, *, exclude: Collection[int] = ()) -> tuple[Owner, ...]:
        """The candidates of a mention: who owns a name which it is written like."""
        return self._appraiser.owners(mention, exclude=exclude)

    def judge(self, text: str, *, exclude: Collection[int] = ()) -> list[Judged]:
        """All mentions of a text with their candidates, evidence and probabilities.

        Args:
            text: any length.
            exclude: rows that are never candidates.
        """
        found = self._found(text, exclude)
        if self._tagger is not None:
            found = self._with_tagger(text, found, self._tagger, exclude)
        found = self._with_neural(text, found, exclude)
        covered = covered_ones([(mention.start, mention.end) for mention, _, _ in found])
        words = content_words(text) if found else frozenset()
        alone = []
        for (mention, appraisal, amounts), within in zip(found, covered, strict=True):
            placed = evidence_of_place(mention, text=text, covered=within)
            here = [
                [*evidence_of_words(words, appraisal.words, owner, self._around), *placed]
                for owner in appraisal.owners
            ]
            for own, further in zip(here, amounts, strict=False):
                own.extend(further)
            alone.append(judged(mention, appraisal, tuple(map(tuple, here)) if any(here) else ()))
        return together(self._around, alone)

    def judge_again(self, found: Iterable[Judged]) -> list[Judged]:
        """The same evidence by the weights of this linker; coherence, which they change, is new."""
        return together(self._around, judged_again(found, self._weights))

    def named_spans(self, text: str) -> list[Span]:
        """The spans that are written like names of the knowledge base, learnt ones aside."""
        return _named_spans(self._found(text, ()))

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
        links = self.links_of(self.judge(text, exclude=exclude), self.settings)
        return LinkedText(id, text, links)

    def ground(
        self,
        mentions: Sequence[str],
        *,
        k: int = 30,
        texts: Sequence[str] | None = None,
        spans: Sequence[Span] | None = None,
    ) -> list[tuple[Candidate, ...]]:
        """The candidates of mentions that are known to be some, in whatever words.

        Args:
            mentions: any strings.
            k: candidates of each, at least 1.
            texts: the text that each stands in, for its abbreviations and context.
            spans: start and end of each in its text, for a neural context scorer.

        Returns:
            For each mention, best first; empty where no name looks at all like it. The
            probabilities sum to at most 1; the rest is "none of them".

        Raises:
            SettingsError: k is below 1, or there are not as many texts, or spans, as mentions.
        """
        if k < 1:
            raise SettingsError(f"k is {k}, below 1", where="ground")
        if texts is not None and len(texts) != len(mentions):
            raise SettingsError(
                f"{len(texts)} texts for {len(mentions)} mentions",
                where="ground",
                mend="Give for each mention the text that it stands in.",
            )
        if spans is not None and (texts is None or len(spans) != len(mentions)):
            raise SettingsError(
                f"{len(spans)} spans for {len(mentions)} mentions"
                + (" without texts" if texts is None else ""),
                where="ground",
                mend="Give for each mention its text, and where in it it stands.",
            )
        found = self._grounder.judge(
            mentions,
            texts if texts is not None else [""] * len(mentions),
            k=k,
            weights=self._weights,
            experience=self._experience,
            spans=spans,
        )
        return [self._candidates_of(one)[:k] for one in found]

    def links_of(self, found: Iterable[Judged], settings: LinkerSettings) -> tuple[Link, ...]:
        """The links among judged mentions by these settings, by start."""
        bound = settings.nil_threshold
        most = settings.max_candidates
        links = [self._link_of(one, most) for one in found if one.nil < bound or bound == 1]
        return settle_overlaps(links, settings.overlap)

    def with_weights(self, weights: Weights) -> "Linker":
        """The same linker with other weights; the index is shared."""
        other = copy(self)
        other._weights = weights
        other._appraiser = other._new_appraiser()
        return other

    def with_experience(
        self, experience: Experience, *, unknown: Collection[LearntName] = ()
    ) -> "Linker":
        """The same linker with other experience; the index is shared, learnt names are the same.

        Args:
            experience: what gold texts taught.
            unknown: learnt names that are passed over.
        """
        other = copy(self)
        other._experience = experience
        other._unknown = unknown
        other._tagger = experience.tagger
        other._appraiser = other._new_appraiser()
        return other

    def with_tagger(self, tagger: SpanTagger | None) -> "Linker":
        """The same linker with another tagger of spans, or none; all else is shared."""
        other = copy(self)
        other._tagger = tagger
        return other

    def with_neural(self, neural: Neural) -> "Linker":
        """The same linker with other neural parts; the index is shared."""
        other = copy(self)
        other._neural = neural
        other._grounder = other._grounder_with(neural)
        return other

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
            yield replace(self.link(row.text, id=row.id), passages=row.passages)
            if progress is not None:
                progress(done)

    def _grounder_with(self, neural: Neural) -> Grounder:
        return Grounder(self._finder, self._around, learnt_from=self._learnt_from, neural=neural)

    def _new_appraiser(self) -> Appraiser:
        return Appraiser(
            self._finder.names,
            self._around,
            learnt_from=self._learnt_from,
            weights=self._weights,
            experience=self._experience,
            unknown=self._unknown,
        )

    def _found(self, text: str, exclude: Collection[int]) -> list[_Found]:
        """The mentions that are written like names, with the owners of these."""
        shouted = text.isupper()
        found = []
        for mention in self.mentions(text):
            appraisal = self._appraiser.of(mention, shouted=shouted, exclude=exclude)
            if appraisal.owners:
                found.append(_Found(mention, appraisal))
        return found

    def _with_tagger(
        self, text: str, found: list[_Found], tagger: SpanTagger, exclude: Collection[int]
    ) -> list[_Found]:
        """The same with how likely each is marked, and likely spans that no name is written like.

        What gold texts would hardly mark is left out.

        What such a span may mean are the owners of names that look like it, with evidence of its
        own beside that of `ground`.
        """
        places = [(one.mention.start, one.mention.end) for one in found]
        likely = tagger.log_odds(text, names=_named_spans(found), asked=places)
        spans = sorted(likely.keys() - set(places))
        found = [one for one in found if likely[_span(one)] > UNLIKELY]
        if spans:
            new = self._unnamed(text, spans, exclude)
            found = sorted([*found, *new], key=lambda one: (one.mention.start, -one.mention.end))
        marked = [marked_amount(likely[_span(one)]) for one in found]
        return [
            _with_amounts(one, [amount] * len(one.appraisal.owners))
            for one, amount in zip(found, marked, strict=True)
        ]

    def _with_neural(
        self,
        text: str,
        found: list[_Found],
        exclude: Collection[int],
    ) -> list[_Found]:
        """The same with what neural parts say, and with the mentions that only a detector sees."""
        detector, scorer = self._neural.mentions, self._neural.context
        if detector is None and scorer is None:
            return found
        if detector is not None:
            places = [(one.mention.start, one.mention.end) for one in found]
            detected = detected_spans(detector, text, places)
            spans = sorted(detected.keys() - set(places))
            new = self._unnamed(text, spans, exclude)
            found = sorted([*found, *new], key=lambda one: (one.mention.start, -one.mention.end))
            found = [_detected(one, detected) for one in found]
        if scorer is not None and found:
            places = [(one.mention.start, one.mention.end) for one in found]
            rows = [[owner.row for owner in one.appraisal.owners] for one in found]
            scores = context_amounts(scorer, text, places, rows)
            found = [
                _with_amounts(one, amounts) for one, amounts in zip(found, scores, strict=True)
            ]
        return found

    def _unnamed(
        self, text: str, spans: Sequence[Span], exclude: Collection[int]
    ) -> Iterator[_Found]:
        """Mentions that no name is written like, with the owners of names that are most alike.

        Args:
            text: the text.
            spans: of the mentions.
            exclude: rows that are no candidates.
        """
        if not spans:
            return
        written = [text[start:end] for start, end in spans]
        told = text if self.settings.abbreviations else ""
        near = self._grounder.alike(written, ALIKE, text=told, unknown=self._unknown)
        for (start, end), surface, alike in zip(spans, written, near, strict=True):
            candidates = nlargest(
                MOST_ALIKE,
                [one for one in alike if one.owner.row not in exclude],
                key=lambda one: one.amounts[0].amount,
            )
            if candidates:
                mention = Mention(start, end, surface, 0, ())
                owners = tuple(replace(one.owner, variant="alike") for one in candidates)
                appraisal = self._appraiser.appraised(mention, owners, shouted=text.isupper())
                yield _Found(mention, appraisal, [_likeness(one.amounts) for one in candidates])

    def _link_of(self, found: Judged, most: int) -> Link:
        """The link of a mention, with the best of its candidates."""
        mention = found.mention
        own = (mention.part.start, mention.part.end) if mention.part else None
        candidates = self._candidates_of(found)[:most]
        return Link(mention.start, mention.end, mention.text, candidates, own)

    def _candidates_of(self, found: Judged) -> tuple[Candidate, ...]:
        """All candidates of a mention, best first."""
        table = self._table
        probabilities, owners = found.probabilities, found.owners
        ordered = sorted(range(len(owners)), key=lambda at: (-probabilities[at], owners[at].row))
        return tuple(
            Candidate(
                row=owners[at].row,
                curie=table.curies[owners[at].row],
                iri=table.iris[owners[at].row],
                label=table.labels[owners[at].row],
                # rounded down, so that the sum stays at most 1 and JSON keeps the value
                probability=math.floor(probabilities[at] * 1e6) / 1e6,
                why=found.told(at),
            )
            for at in ordered
        )


def _with_amounts(found: _Found, further: Iterable[Amount]) -> _Found:
    """The mention with one more amount for each candidate."""
    before = found.amounts or [NO_AMOUNTS] * len(found.appraisal.owners)
    return found._replace(
        amounts=[(*own, amount) for own, amount in zip(before, further, strict=True)]
    )


def _named_spans(found: Iterable[_Found]) -> list[Span]:
    """Where names of the knowledge base stand, learnt ones aside."""
    return [
        (one.mention.start, one.mention.end)
        for one in found
        if any(owner.kind != "learnt" for owner in one.appraisal.owners)
    ]


def _span(found: _Found) -> Span:
    return found.mention.start, found.mention.end


def _likeness(amounts: Iterable[Amount]) -> tuple[Amount, ...]:
    """Similarity in a text has a weight of its own."""
    return tuple(
        amount._replace(name="likeness") if amount.name == "similarity" else amount
        for amount in amounts
    )


def _detected(found: _Found, detected: Mapping[Span, DetectedSpan]) -> _Found:
    """The mention with what the detector says of its span."""
    amount = detected_amount(detected[found.mention.start, found.mention.end])
    return _with_amounts(found, [amount] * len(found.appraisal.owners))


def keeper(kb: Vocabulary, settings: LinkerSettings) -> Keep | None:
    """Keeps the index of names beside the arrays of a knowledge base, if it does keep some."""
    if not isinstance(kb, KnowledgeBase):
        return None
    told = (INDEX_FORMAT, settings.variants, sorted(settings.languages))
    name = f"linker-{blake2b(repr(told).encode(), digest_size=8).hexdigest()}"
    return lambda make: kb.keep(name, partial(make, None), renew=make)
