"""Words that mean the same in this ontology, learnt from its own synonyms.

Two names of one concept that differ in one word vote for the pair: "kidney stone" and "renal stone"
make kidney ~ renal. A pair counts where several concepts vote for it, and hardly any two concepts
are told apart by it, as "acute" and "chronic" do.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations

from linking.text import fold, has_cjk
from linking.words import stem as stem_of
from linking.words import words_of

MIN_SUPPORT = 3
"""Concepts that have to vote for a pair."""

MIN_SHARE = 0.05
"""Of the concepts that have the rarer word in their names, the share that votes."""

MAX_CONTRAST = 0.5
"""Pairs of concepts that the pair tells apart, for each concept that votes for it."""

MAX_REWORDED = 6
"""Words of a text that is put in other words, at most."""

MAX_REWORDINGS = 8
"""Of one text, the first ones."""

Pairs = dict[str, tuple[str, ...]]


def equivalent_stems(bags: Iterable[tuple[int, Sequence[str]]]) -> Pairs:
    """For each stem, those that may stand for it.

    Args:
        bags: concept and stems of each of its names.
    """
    of_concept: dict[int, set[tuple[str, ...]]] = defaultdict(set)
    for concept, stems in bags:
        if len(stems) > 1:
            of_concept[concept].add(tuple(sorted(stems)))
    concepts: dict[str, int] = defaultdict(int)
    votes: dict[tuple[str, str], int] = defaultdict(int)
    for names in of_concept.values():
        for stem in {stem for name in names for stem in name}:
            concepts[stem] += 1
        if len(names) > 1:
            for pair in _pairs_of(names):
                votes[pair] += 1
    kept = {
        pair: count
        for pair, count in votes.items()
        if count >= MIN_SUPPORT and count >= MIN_SHARE * min(concepts[pair[0]], concepts[pair[1]])
    }
    contrasts = _contrasts(of_concept, kept)
    found: dict[str, list[str]] = defaultdict(list)
    for first, second in sorted(kept):
        if contrasts[first, second] <= MAX_CONTRAST * kept[first, second]:
            found[first].append(second)
            found[second].append(first)
    return {stem: tuple(others) for stem, others in found.items()}


def _contrasts(
    of_concept: Mapping[int, set[tuple[str, ...]]], pairs: Collection[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """For each pair, the names that become a name of another concept alone by it."""
    owners: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for concept, names in of_concept.items():
        for name in names:
            owners[name].add(concept)
    second_of: dict[str, list[str]] = defaultdict(list)
    for first, second in pairs:
        second_of[first].append(second)
    found: dict[tuple[str, str], int] = defaultdict(int)
    for name, concepts in owners.items():
        for place, stem in enumerate(name):
            for other in second_of.get(stem, ()):
                changed = tuple(sorted((*name[:place], other, *name[place + 1 :])))
                if changed in owners and not owners[changed] & concepts:
                    found[stem, other] += 1
    return found


def _pairs_of(names: Iterable[tuple[str, ...]]) -> set[tuple[str, str]]:
    """The pairs of stems by which two of these names differ, and in nothing else."""
    with_gap: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for name in names:
        for place, stem in enumerate(name):
            with_gap[name[:place] + name[place + 1 :]].add(stem)
    return {
        pair
        for stems in with_gap.values()
        if len(stems) > 1
        for pair in combinations(sorted(stems), 2)
        if not any(map(str.isdigit, pair))
    }


class Rewordings:
    """Texts with one word in the place of another that the names of an ontology use alike."""

    def __init__(self, names: Iterable[tuple[int, str]]) -> None:
        """Learn from all names.

        Args:
            names: concept and text of each.
        """
        bags: list[tuple[int, list[str]]] = []
        written: dict[str, Counter[str]] = defaultdict(Counter)
        for concept, text in names:
            words = [] if has_cjk(text) else words_of(text, fold(text)).words
            stems = list(map(stem_of, words))
            bags.append((concept, stems))
            for word, one in zip(words, stems, strict=True):
                written[one][word] += 1
        self._alike = equivalent_stems(bags)
        self._written = {one: written[one].most_common(1)[0][0] for one in self._alike}

    def of(self, text: str) -> list[str]:
        """The text in other words, each time in one; none of a long text."""
        words = words_of(text, fold(text)).words
        if len(words) > MAX_REWORDED:
            return []
        found = [
            " ".join([*words[:at], self._written[other], *words[at + 1 :]])
            for at, word in enumerate(words)
            for other in self._alike.get(stem_of(word), ())
        ]
        return found[:MAX_REWORDINGS]
