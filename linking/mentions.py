"""Where names of the knowledge base stand in a text.

Names of scripts that put blanks between words are found by the bag of their stems, so in other
inflections, spellings and orders too ("lung neoplasms" for "neoplasm of the lung"), and with words
that the ontology's own synonyms use alike. Names of other scripts, and very long ones, are found as
they are by one automaton (Aho and Corasick 1975, doi:10.1145/360825.360855) over folded text.
Acronyms must agree in case. Each match says how it differs from the name.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from itertools import chain
from typing import NamedTuple

import numpy as np
from ahocorasick_rs import AhoCorasick

from kg import NameRow
from linking.coordination import completed_parts
from linking.equivalences import alike_stems
from linking.name_bags import MAX_WORDS, NameBags, is_acronym, why_refused
from linking.text import fold, stands_alone
from linking.word_index import WordIndex
from linking.words import Words, base, stem, words_of

Arrays = Mapping[str, np.ndarray]

Make = Callable[[Arrays | None], Arrays]
"""Makes arrays, out of older ones if such are at hand."""

Keep = Callable[[Make], Arrays]
"""Gives the arrays that it keeps; they are made when there are none, or other names."""

KEPT_FORMS = 20_000
"""Surfaces of which it is kept what names they are written like."""


class Form(NamedTuple):
    """One way to write a name.

    Attributes:
        name: index of the name.
        variant: "" for the name as given; else "spelling" (other hyphens or stop words), "plural"
            (or singular, or British), "inflected", "reordered" or "synonym" (a word that the
            ontology uses for one of its words).
    """

    name: int
    variant: str


class LongForm(NamedTuple):
    """What the text itself says that an abbreviation stands for.

    Attributes:
        text: as the text writes it.
        named: it is a mention, and the abbreviation has its forms; otherwise its own.
    """

    text: str
    named: bool


class Part(NamedTuple):
    """A part of a coordination, as "palmar" of "palmar and plantar pits".

    Attributes:
        start, end: what it does not share with other parts.
        written: with what it shares.
    """

    start: int
    end: int
    written: str


class Mention(NamedTuple):
    """A span of text that is written like at least one name, or short for what is.

    Attributes:
        start, end, text: the span.
        key: of all spans that are written like the same names, in any inflection and order.
        forms: the names.
        long_form: what the text says that it is short for.
        part: the part of the coordination that the span is, of which it is a mention.
    """

    start: int
    end: int
    text: str
    key: int
    forms: tuple[Form, ...]
    long_form: LongForm | None = None
    part: Part | None = None

    @property
    def written(self) -> str:
        """What is written like the names: the text of the mention, or what it is short for."""
        if self.part is not None:
            return self.part.written
        long = self.long_form
        return long.text if long is not None and long.named else self.text


@dataclass(frozen=True, slots=True)
class RefusedName:
    """A name that is not looked for, and why."""

    name: NameRow
    reason: str


class _Written(NamedTuple):
    """A name as it is compared with what a text writes."""

    text: str
    folded: str
    words: list[str]


class MentionFinder:
    """All names, by their words or in one automaton.

    Attributes:
        names: the names; a `Form` points into them.
        refused: the names that are not looked for.
    """

    def __init__(
        self,
        names: Sequence[NameRow],
        *,
        learnt: Sequence[NameRow] = (),
        variants: bool = True,
        keep: Keep | None = None,
    ) -> None:
        """Build the index and the automaton.

        Args:
            names: all names of the knowledge base that may be linked.
            learnt: further names, which come after these.
            variants: look for other inflections, spellings, orders and synonymous words too.
            keep: keeps the arrays of the index of `names`, and gives them back.
        """
        self.names = (*names, *learnt)
        self._variants = variants
        self._seen: dict[int, _Written] = {}
        arrays = self._arrays(names) if keep is None else keep(partial(self._arrays, names))
        others = self._arrays(learnt, synonyms=False)
        self._indexes = [
            WordIndex.from_arrays(arrays),
            WordIndex.from_arrays(others, first=len(names)),
        ]
        self._kept_forms: dict[tuple[int, str], tuple[Form, ...]] = {}
        bags, of_learnt = NameBags.from_arrays(arrays), NameBags.from_arrays(others)
        refused = (*bags.refused.tolist(), *(of_learnt.refused + len(names)).tolist())
        self.refused = tuple(
            RefusedName(self.names[at], why_refused(*self._written(at)[:2])) for at in refused
        )
        patterns: dict[str, list[Form]] = {}
        for at in (*bags.whole.tolist(), *(of_learnt.whole + len(names)).tolist()):
            patterns.setdefault(self._written(at).folded, []).append(Form(at, ""))
        self._forms = [tuple(found) for found in patterns.values()]
        self._automaton = AhoCorasick(list(patterns))

    def _arrays(
        self, names: Sequence[NameRow], before: Arrays | None = None, *, synonyms: bool = True
    ) -> Arrays:
        """The index of some names, and how each is looked for.

        Args:
            names: numbered from 0.
            before: those of other names, of which what is the same is taken over.
            synonyms: whether words that these names use alike may stand for each other.
        """
        known = None if before is None else NameBags.from_arrays(before)
        texts = [name.text for name in names]
        found = NameBags.of(texts, variants=self._variants, before=known)
        alike = None
        if self._variants and synonyms:
            rows = np.array([name.row for name in names], dtype=np.int64)
            alike = alike_stems(found.bags, rows[found.bags.names])
        return {**found.arrays(), **WordIndex.of(found.bags, alike).arrays()}

    def find(self, text: str, *, longer: Mapping[str, str] | None = None) -> list[Mention]:
        """All mentions, nested and overlapping ones too, by start, longer first.

        Args:
            text: the text.
            longer: what the text says that its abbreviations stand for.
        """
        folded = fold(text)
        words = words_of(text, folded)
        meant = _meant(text, words, longer) if longer else {}
        mentions, named = [], set()
        known, learnt = (
            {window[:2]: window.key for window in index.find(words, meant)}
            for index in self._indexes
        )
        for place in learnt | known:
            first, last = place
            key = learnt[place] if place in learnt else known[place]
            start, end = words.starts[first], words.ends[last]
            surface = text[start:end]
            found: Sequence[str] = words.words[first : last + 1]
            if meant and not meant.keys().isdisjoint(range(first, last + 1)):
                places = range(first, last + 1)
                found = [w for at in places for w in meant.get(at, [words.words[at]])]
                names = self._names_of((known.get(place), learnt.get(place)))
                forms = self._forms_of(names, surface, folded[start:end], found)
            else:
                forms = self._usual_forms(key, surface, folded[start:end], found)
            if forms:
                mentions.append(Mention(start, end, surface, key, forms))
                named.add((first, last))
        if self._variants:
            mentions.extend(self._in_coordinations(text, folded, words, named))
        if self._forms:
            mentions.extend(self._in_automaton(text, folded))
        mentions.sort(key=lambda mention: (mention.start, -mention.end))
        return mentions

    def _names_of(self, keys: Iterable[int | None]) -> list[int]:
        """The names with these keys, one for each index, learnt ones last."""
        return [
            name
            for index, key in zip(self._indexes, keys, strict=True)
            if key is not None
            for name in index.names_of(key)
        ]

    def _in_coordinations(
        self, text: str, folded: str, words: Words, named: Collection[tuple[int, int]]
    ) -> Iterable[Mention]:
        """Names of which a part is said elsewhere; one for a span, of the most words."""
        found: dict[tuple[int, int], Mention] = {}
        longest = dict.fromkeys(named, MAX_WORDS)
        for places, own in completed_parts(words, folded, named):
            span = (min(places), max(places))
            if len(places) <= longest.get(span, 0):
                continue
            said = [words.words[place] for place in places]
            keys, names = zip(*(index.named(said) for index in self._indexes), strict=True)
            if not any(names):
                continue
            written = " ".join(text[words.starts[at] : words.ends[at]] for at in places)
            forms = self._forms_of(chain(*names), written, fold(written), said)
            if forms:
                longest[span] = len(places)
                start, end = words.starts[span[0]], words.ends[span[1]]
                part = Part(words.starts[own[0]], words.ends[own[1]], written)
                found[span] = Mention(start, end, text[start:end], max(keys), forms, part=part)
        return found.values()

    def _usual_forms(
        self, key: int, surface: str, folded: str, words: Sequence[str]
    ) -> tuple[Form, ...]:
        """The names that a span is written like; kept, since texts repeat what they write."""
        known = self._kept_forms.get((key, surface))
        if known is None:
            if len(self._kept_forms) >= KEPT_FORMS:
                self._kept_forms.clear()
            known = self._forms_of(self._names_of((key, key)), surface, folded, words)
            self._kept_forms[key, surface] = known
        return known

    def _forms_of(
        self, names: Iterable[int], surface: str, folded: str, words: Sequence[str]
    ) -> tuple[Form, ...]:
        """The names that a span is written like; acronyms only in the same letters."""
        forms = []
        for index in dict.fromkeys(names):
            name = self._written(index)
            variant: str | None
            if not is_acronym(name.text):
                variant = _variant(name, folded, words)
            elif surface == name.text:
                variant = ""
            else:
                variant = "plural" if surface == name.text + "s" else None
            if variant is not None and (self._variants or not variant):
                forms.append(Form(index, variant))
        return tuple(forms)

    def _written(self, index: int) -> _Written:
        known = self._seen.get(index)
        if known is None:
            text = " ".join(self.names[index].text.split())
            folded = fold(text).strip()
            known = self._seen[index] = _Written(text, folded, words_of(text, folded).words)
        return known

    def _in_automaton(self, text: str, folded: str) -> Iterator[Mention]:
        found = self._automaton.find_matches_as_indexes(folded, overlapping=True)
        for pattern, start, end in found:
            if stands_alone(folded, start, end):
                key = _key_of(folded[start:end])
                yield Mention(start, end, text[start:end], key, self._forms[pattern])


def _meant(text: str, words: Words, longer: Mapping[str, str]) -> dict[int, Sequence[str]]:
    """What the abbreviations among the words stand for, by place."""
    meant: dict[int, Sequence[str]] = {}
    wanted = {folded for short in longer for folded in (fold(short), fold(short) + "s")}
    for place in [at for at, word in enumerate(words.words) if word in wanted]:
        short = text[words.starts[place] : words.ends[place]]
        long = longer.get(short) or longer.get(short.removesuffix("s"))
        parts = words_of(long, fold(long)).words if long else ()
        if parts:
            meant[place] = parts
    return meant


def _variant(name: _Written, folded: str, words: Sequence[str]) -> str | None:
    """How a span differs from a name that has the same bag of stems; None if by too much."""
    if folded == name.folded:
        return ""
    if "".join(words) == "".join(name.words):
        return "spelling"
    if list(map(base, name.words)) == list(map(base, words)):
        return "plural"
    if len(words) == 1 or len(name.words) == 1:
        return None
    own, others = list(map(stem, name.words)), list(map(stem, words))
    if own == others:
        return "inflected"
    return "reordered" if sorted(own) == sorted(others) else "synonym"


def _key_of(folded: str) -> int:
    return int.from_bytes(blake2b(folded.encode(), digest_size=8).digest(), "little")


def in_languages(names: Iterable[NameRow], languages: Sequence[str]) -> list[NameRow]:
    """The names without a language tag or in one of these languages ("en" takes "en-GB" too)."""
    if not languages:
        return list(names)
    wanted = {language.lower() for language in languages}
    return [
        name
        for name in names
        if not name.lang
        or name.lang.lower() in wanted
        or name.lang.partition("-")[0].lower() in wanted
    ]
