"""Candidates for mentions that are given as strings, and that no name need be written like.

The owners of names that the whole mention is written like come as in a text; to them come the
owners of the names that look most like it or like it in other words, and what is more general than
the best of all these: people annotate so. An abbreviation that the mention's text defines is looked
for by its long form.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain, islice, repeat
from typing import NamedTuple

from kg import NameRow
from linking.abbreviations import definitions_in, short_words
from linking.appraisals import appraised
from linking.candidates import Owner, OwnerKind, owners_of
from linking.equivalences import Rewordings
from linking.evidence import Amount, evidence_of_words
from linking.experience import Experience, LearntName
from linking.grams import TEXTS_AT_ONCE, GramIndex, Similar
from linking.mentions import LongForm, Mention, MentionFinder
from linking.neighbourhood import Neighbourhood
from linking.neural_evidence import context_amounts, dense_amount
from linking.probabilities import Judged, judged
from linking.protocols import NO_NEURAL, NearName, Neural, Span
from linking.text import content_words, fold, has_cjk
from linking.weights import Weights
from linking.words import words_of

REWORDED = 8
"""Owners of similar names of a mention in other words."""

REWORDED_SHARE = 0.8
"""What such a similarity counts of that of the mention itself."""

SPECIFIC = 3
"""Of the candidates, the best, whose ancestors are candidates too."""

STEPS = 3
"""How far up these ancestors are."""

STEP_SHARE = 0.8
"""What an ancestor counts of what the one a step below does."""

FEWEST_ASKED = 30
"""Entities that grams and vectors are each asked for at least, where both are asked."""

KEPT_SURFACES = 5_000
"""Texts of which it is kept what names look like them, in about four kilobytes each."""

_TOKEN = re.compile(r"[^\W_](?:[^\s()\[\],;/]*[^\W_])?")


class _Whole(NamedTuple):
    """A given mention, and what within it is written like names."""

    mention: Mention
    parts: tuple[Mention, ...]


class Alike(NamedTuple):
    """The owner of a name that only looks, or means, like the mention, and by how much."""

    owner: Owner
    amounts: tuple[Amount, ...]


class Grounder:
    """Judges mentions without their place.

    Args:
        finder: has the names.
        around: what the knowledge base knows around their owners.
        learnt_from: the index of the first name that gold texts gave.
        neural: brings more names, and compares texts.
    """

    def __init__(
        self,
        finder: MentionFinder,
        around: Neighbourhood,
        *,
        learnt_from: int,
        neural: Neural = NO_NEURAL,
    ) -> None:
        """Keep them; the index of grams is built when it is first needed."""
        self._finder = finder
        self._around = around
        self._learnt_from = learnt_from
        self._neural = neural
        self._kept: dict[tuple[str, int], list[Similar]] = {}

    def judge(
        self,
        mentions: Sequence[str],
        texts: Sequence[str],
        *,
        k: int,
        weights: Weights,
        experience: Experience,
        spans: Sequence[Span] | None = None,
    ) -> Iterator[Judged]:
        """Each mention with its candidates, the most similar k of them at least.

        Args:
            mentions: any strings.
            texts: of each, empty where there is none.
            k: at least 1.
            weights: of the evidence.
            experience: what gold texts taught.
            spans: the place of each mention in its text, for the context scorer.
        """
        found = [self._whole(*asked) for asked in zip(mentions, self._longer(texts), strict=True)]
        alike = self._alike(found, k)
        places = spans if spans is not None else [None] * len(found)
        for one, text, near, place in zip(found, texts, alike, places, strict=True):
            yield self._judged(one, text, near, weights, experience, place)

    def alike(
        self,
        mentions: Sequence[str],
        k: int,
        *,
        text: str = "",
        unknown: Collection[LearntName] = (),
    ) -> list[tuple[Alike, ...]]:
        """The owners of the names that look or mean most like each mention, k of them at least.

        Args:
            mentions: any strings.
            k: at least 1.
            text: that they stand in, for its abbreviations.
            unknown: learnt names that are passed over.
        """
        (longer,) = self._longer([text])
        found = [self._whole(mention, longer) for mention in mentions]
        return [tuple(near.values()) for near in self._alike(found, k, unknown)]

    @cached_property
    def _grams(self) -> GramIndex:
        names = self._finder.names
        # a learnt name of an entity does not stand for its other names, as it may be passed over
        owners = [
            name.row if at < self._learnt_from else -1 - name.row for at, name in enumerate(names)
        ]
        return GramIndex([name.text for name in names], owners)

    @cached_property
    def _rewordings(self) -> Rewordings:
        names = self._finder.names[: self._learnt_from]
        return Rewordings((name.row, name.text) for name in names)

    @cached_property
    def _labels(self) -> dict[int, NameRow]:
        """The first label of each entity."""
        named = reversed(self._finder.names[: self._learnt_from])
        return {name.row: name for name in named if name.kind == "label"}

    def _nearest(self, written: Sequence[str], k: int) -> Iterator[list[Similar]]:
        """The names that look like each text or like it in other words, best first."""
        kept = self._kept
        for start in range(0, len(written), TEXTS_AT_ONCE):
            asked = written[start : start + TEXTS_AT_ONCE]
            if len(kept) + len(asked) > KEPT_SURFACES:
                kept.clear()
            new = [text for text in dict.fromkeys(asked) if (text, k) not in kept]
            kept.update(zip([(text, k) for text in new], self._searched(new, k), strict=True))
            yield from [kept[text, k] for text in asked]

    def _searched(self, written: Sequence[str], k: int) -> Iterator[list[Similar]]:
        """The same, not kept."""
        learnt = self._learnt_from < len(self._finder.names)
        many = 2 if learnt else 1
        reworded = list(map(self._rewordings.of, written))
        others = self._grams.nearest(list(chain(*reworded)), REWORDED * many)
        for own, texts in zip(self._grams.nearest(written, k * many), reworded, strict=True):
            further = chain(*islice(others, len(texts)))
            lower = [Similar(name, value * REWORDED_SHARE) for name, value in further]
            yield sorted([*own, *lower], key=lambda one: -one.similarity)

    @staticmethod
    def _longer(texts: Sequence[str]) -> Iterator[Mapping[str, str]]:
        """What the abbreviations of each text stand for."""
        text, longer = "", dict[str, str]()
        for other in texts:
            if other is not text:
                text = other
                longer = dict(short_words(found) for found in definitions_in(text))
                # "IDMS" is "isolated DMS", and that "isolated diffuse mesangial sclerosis"
                longer = {short: _written_out(long, longer) for short, long in longer.items()}
            yield longer

    def _whole(self, given: str, longer: Mapping[str, str]) -> _Whole:
        """The mention as a whole, with the names that it is written like, and parts of it."""
        mention = given.strip()
        written = _written_out(mention, longer) if longer else mention
        long = LongForm(written, named=True) if written != mention else None
        span = (0, len(mention))
        # the finder looks at the mention itself, so that acronyms keep their capitals
        found = self._finder.find(mention, longer=longer)
        whole = [one for one in found if (one.start, one.end) == span]
        key, forms = (whole[0].key, whole[0].forms) if whole else (0, ())
        parts = tuple(one for one in found if (one.start, one.end) != span)
        return _Whole(Mention(*span, mention, key, forms, long), parts)

    def _judged(
        self,
        found: _Whole,
        text: str,
        alike: Mapping[int, Alike],
        weights: Weights,
        experience: Experience,
        place: Span | None,
    ) -> Judged:
        mention = found.mention
        exact = owners_of(mention, self._finder.names, learnt_from=self._learnt_from)
        known = {owner.row for owner in exact}
        others = {row: near for row, near in alike.items() if row not in known}
        owners = (*exact, *(near.owner for near in others.values()))
        context = text or mention.text
        appraisal = appraised(
            mention,
            owners,
            named=len(exact),
            shouted=context.isupper(),
            around=self._around,
            weights=weights,
            experience=experience,
        )
        words = content_words(context)
        here = [
            [
                *evidence_of_words(words, appraisal.words, owner, self._around),
                *(others[owner.row].amounts if owner.row in others else ()),
            ]
            for owner in owners
        ]
        if place is not None and self._neural.context is not None:
            rows = [[owner.row for owner in owners]]
            (scores,) = context_amounts(self._neural.context, text, [place], rows)
            for amounts, score in zip(here, scores, strict=True):
                amounts.append(score)
        return judged(mention, appraisal, tuple(map(tuple, here)))

    def _alike(
        self, found: Sequence[_Whole], k: int, unknown: Collection[LearntName] = ()
    ) -> list[dict[int, Alike]]:
        """For each mention, by row, what looks or means like it."""
        written = [one.mention.written for one in found]
        search = self._neural.names
        if search is None:
            similar = map(self._similar, found, self._nearest(written, k), repeat(unknown))
            return [
                {row: Alike(owner, (_similarity(value),)) for row, (owner, value) in one.items()}
                for one in similar
            ]
        k = max(k, FEWEST_ASKED)
        similar = map(self._similar, found, self._nearest(written, k), repeat(unknown))
        return [
            self._with_dense(*both, k)
            for both in zip(similar, search.nearest(written, k), strict=True)
        ]

    def _with_dense(
        self, similar: Mapping[int, tuple[Owner, float]], nearest: Sequence[NearName], k: int
    ) -> dict[int, Alike]:
        """What looks like a mention together with what means the same.

        What only one of the two has among its k counts in the other as much as the last of these.
        """
        owners = {row: owner for row, (owner, _) in similar.items()}
        for near in nearest:
            number = self._numbers.get((near.row, near.name))
            if number is not None and near.row not in owners:
                name, kind = self._finder.names[number], self._kind(number)
                owners[near.row] = Owner(near.row, name, kind, "similar")
        last_similar = min(value for _, value in similar.values()) if len(similar) >= k else 0.0
        last_near = nearest[-1].cosine if len(nearest) >= k else None
        cosines: dict[int, float | None] = {near.row: near.cosine for near in nearest}
        alike = {}
        for row, owner in owners.items():
            value = similar[row][1] if row in similar else last_similar
            cosine = cosines.get(row, last_near)
            dense = () if cosine is None else (dense_amount(cosine, value),)
            alike[row] = Alike(owner, (_similarity(value), *dense))
        return alike

    @cached_property
    def _numbers(self) -> dict[tuple[int, str], int]:
        """The number of each name by its owner and text."""
        return {(name.row, name.text): at for at, name in enumerate(self._finder.names)}

    def _similar(
        self, found: _Whole, nearest: Sequence[Similar], unknown: Collection[LearntName]
    ) -> dict[int, tuple[Owner, float]]:
        """The owners of similar names by row, and how similar the most similar of each is.

        A name that a part of the mention is written like is as similar as their bags of words:
        the cosine, sqrt(words of the part / words of the mention); of Chinese, characters.
        """
        names = self._finder.names
        best: dict[int, tuple[Owner, float]] = {}
        for name, similarity in nearest:
            row = names[name].row
            if row in best or (name >= self._learnt_from and (row, names[name].text) in unknown):
                continue
            best[row] = (Owner(row, names[name], self._kind(name), "similar"), similarity)
        size = len if has_cjk(found.mention.text) else _word_count
        for part in found.parts:
            similarity = min(1.0, size(part.text) / max(1, size(found.mention.text))) ** 0.5
            for owner in owners_of(part, names, learnt_from=self._learnt_from):
                if owner.kind == "learnt" and (owner.row, owner.name.text) in unknown:
                    continue
                if owner.row not in best or best[owner.row][1] < similarity:
                    best[owner.row] = (replace(owner, variant="similar"), similarity)
        return best | self._more_general(found.mention, best)

    def _more_general(
        self, mention: Mention, similar: Mapping[int, tuple[Owner, float]]
    ) -> dict[int, tuple[Owner, float]]:
        """The ancestors of the best candidates, which count less the further up they are."""
        values = {row: value for row, (_, value) in similar.items()}
        exact = owners_of(mention, self._finder.names, learnt_from=self._learnt_from)
        values |= dict.fromkeys((owner.row for owner in exact), 1.0)
        found: dict[int, tuple[Owner, float]] = {}
        for row in sorted(values, key=lambda row: (-values[row], row))[:SPECIFIC]:
            for above, steps in self._around.above(row, STEPS).items():
                value, label = values[row] * STEP_SHARE**steps, self._labels.get(above)
                known = found[above][1] if above in found else values.get(above, 0.0)
                if label and known < value:
                    found[above] = (Owner(above, label, "label", "similar"), value)
        return found

    def _kind(self, name: int) -> OwnerKind:
        return "learnt" if name >= self._learnt_from else self._finder.names[name].kind


def _similarity(value: float) -> Amount:
    return Amount("similarity", value, f"{value:.2f}")


def _words(text: str) -> list[str]:
    return words_of(text, fold(text)).words


def _word_count(text: str) -> int:
    return len(_words(text))


def _written_out(text: str, longer: Mapping[str, str]) -> str:
    """The text with the long forms of its abbreviations, in singular or plural."""

    def long(word: re.Match[str]) -> str:
        short = word[0]
        return longer.get(short) or longer.get(short.removesuffix("s")) or short

    return _TOKEN.sub(long, text)
