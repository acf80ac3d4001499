"""Words that mean the same in this ontology, learnt from its own synonyms.

Two names of one concept that differ in one word vote for the pair: "kidney stone" and "renal stone"
make kidney ~ renal. A pair counts where several concepts vote for it, and hardly any two concepts
are told apart by it, as "acute" and "chronic" do.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int64, Integer, UInt64

from kg.csr import Csr, Gathered, csr_of_pairs
from linking.bags import Bags, BagWriter, hash_of
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

_SPREAD = np.uint64(0x9E3779B97F4A7C15)

Pairs = dict[str, tuple[str, ...]]


class _Names(NamedTuple):
    """Names of several stems, each once for a concept, by concept and key."""

    concepts: Int64[np.ndarray, " name"]
    keys: UInt64[np.ndarray, " name"]
    stems: Gathered


class _StemPairs(NamedTuple):
    """Pairs of stems, by number, the lower first."""

    first: Int64[np.ndarray, " pair"]
    second: Int64[np.ndarray, " pair"]


class _Votes(NamedTuple):
    """Pairs of stems, and how many concepts vote for each."""

    pairs: _StemPairs
    votes: Int64[np.ndarray, " pair"]


class Reworded(NamedTuple):
    """The keys of reworded bags, and which bags these are."""

    bags: Int64[np.ndarray, " reworded"]
    keys: UInt64[np.ndarray, " reworded"]


def equivalent_stems(bags: Iterable[tuple[int, Sequence[str]]]) -> Pairs:
    """For each stem, those that may stand for it, ascending.

    Args:
        bags: concept and stems of each of its names.
    """
    writer = BagWriter()
    for concept, stems in bags:
        writer.add(concept, stems)
    written = writer.bags()
    stem_of_hash = dict(zip(map(hash_of, writer.numbers), writer.numbers, strict=True))
    known = [stem_of_hash[one] for one in written.hashes.tolist()]
    alike = alike_stems(written, written.names.astype(np.int64))
    return {
        stem: tuple(sorted(known[other] for other in others))
        for stem, others in zip(known, alike.lists(), strict=True)
        if others
    }


def alike_stems(bags: Bags, concepts: Int64[np.ndarray, " bag"]) -> Csr:
    """For each stem, by number, those that may stand for it.

    Args:
        bags: names.
        concepts: that each is a name of.
    """
    names = _distinct_names(bags, concepts)
    count = len(bags.hashes)
    pairs, votes = _votes(names, bags)
    uses = np.unique(names.concepts[names.stems.place] * count + names.stems.neighbour)
    users = np.bincount(uses % max(1, count), minlength=count)
    rarer = np.minimum(users[pairs.first], users[pairs.second])
    likely = (votes >= MIN_SUPPORT) & (votes >= MIN_SHARE * rarer)
    pairs, votes = _StemPairs(pairs.first[likely], pairs.second[likely]), votes[likely]
    kept = _contrasts(names, bags, pairs) <= MAX_CONTRAST * votes
    first, second = pairs.first[kept], pairs.second[kept]
    return csr_of_pairs(
        np.concatenate([first, second]), np.concatenate([second, first]), row_count=count
    )


def reworded(bags: Bags, alike: Csr) -> Reworded:
    """The bags of several stems, with one stem in the place of another.

    Args:
        bags: names.
        alike: for each stem, by number, those that may stand for it.
    """
    lengths = bags.lengths()
    bag = np.repeat(np.arange(len(lengths)), lengths)
    places = np.flatnonzero(lengths[bag] > 1)
    stems = bags.stems[places]
    found = alike.gathered(stems)
    bag = bag[places[found.place]]
    change = bags.hashes[found.neighbour] - bags.hashes[stems[found.place]]
    return Reworded(bag, bags.keys()[bag] + change)


def _distinct_names(bags: Bags, concepts: Int64[np.ndarray, " bag"]) -> _Names:
    long = np.flatnonzero(bags.lengths() > 1)
    keys, concepts = bags.keys()[long], concepts[long]
    order = np.lexsort((keys, concepts))
    order = order[_first_of_run(concepts[order], keys[order])]
    return _Names(concepts[order], keys[order], bags.stems_of().gathered(long[order]))


def _votes(names: _Names, bags: Bags) -> _Votes:
    """The pairs of stems by which two names of a concept differ, and in nothing else."""
    again = names.concepts[1:] == names.concepts[:-1]
    several = np.append(False, again) | np.append(again, False)
    chosen = np.flatnonzero(several[: len(names.keys)][names.stems.place])
    place, stems = names.stems.place[chosen], names.stems.neighbour[chosen]
    concepts = names.concepts[place]
    # what is left of the name without the stem, of one concept
    rest = names.keys[place] - bags.hashes[stems] + concepts.astype(np.uint64) * _SPREAD
    order = np.lexsort((stems, rest))
    order = order[_first_of_run(rest[order], stems[order])]
    rest, stems, concepts = rest[order], stems[order].astype(np.int64), concepts[order]
    first, second = _pairs_within_runs(rest)
    words = ~(bags.digits[stems[first]] | bags.digits[stems[second]])
    first, second = first[words], second[words]
    count = max(1, len(bags.hashes))
    _, pairs = _distinct(concepts[first], stems[first] * count + stems[second])
    pairs, votes = np.unique(pairs, return_counts=True)
    return _Votes(_StemPairs(pairs // count, pairs % count), votes)


def _contrasts(names: _Names, bags: Bags, pairs: _StemPairs) -> Int64[np.ndarray, " pair"]:
    """For each pair, the names that become a name of other concepts alone by it."""
    keys, one_of, name_of = np.unique(names.keys, return_index=True, return_inverse=True)
    owners = csr_of_pairs(name_of, names.concepts, row_count=len(keys))
    chosen = one_of[name_of[names.stems.place]] == names.stems.place
    name, stems = _distinct(
        name_of[names.stems.place[chosen]], names.stems.neighbour[chosen].astype(np.int64)
    )
    numbers = np.arange(len(pairs.first))
    asked = csr_of_pairs(pairs.first, numbers, row_count=len(bags.hashes)).gathered(stems)
    name, pair = name[asked.place], asked.neighbour
    changed = keys[name] - bags.hashes[pairs.first[pair]] + bags.hashes[pairs.second[pair]]
    other = np.minimum(np.searchsorted(keys, changed), len(keys) - 1)
    known = keys[other] == changed
    name, other, pair = name[known], other[known], pair[known]
    own, others = (
        place * (1 + names.concepts.max(initial=0)) + owner
        for place, owner in (owners.gathered(name), owners.gathered(other))
    )
    apart = np.ones(len(name), dtype=np.bool_)
    apart[owners.gathered(name).place[np.isin(own, others)]] = False
    return np.bincount(pair[apart], minlength=len(pairs.first))


def _pairs_within_runs(values: UInt64[np.ndarray, " value"]) -> _StemPairs:
    """The places of all pairs of equal values; equal ones stand side by side."""
    found = [(np.zeros(0, dtype=np.int64),) * 2]
    places, step = np.arange(len(values)), 0
    while len(places):
        step += 1
        places = places[places + step < len(values)]
        places = places[values[places] == values[places + step]]
        found.append((places, places + step))
    first, second = map(np.concatenate, zip(*found, strict=True))
    return _StemPairs(first, second)


def _distinct(
    first: Int64[np.ndarray, " pair"], second: Integer[np.ndarray, " pair"]
) -> tuple[Int64[np.ndarray, " distinct"], Integer[np.ndarray, " distinct"]]:
    """The distinct pairs, by first and second."""
    order = np.lexsort((second, first))
    order = order[_first_of_run(first[order], second[order])]
    return first[order], second[order]


def _first_of_run(
    first: Integer[np.ndarray, " pair"], second: Integer[np.ndarray, " pair"]
) -> Bool[np.ndarray, " pair"]:
    """Which of sorted pairs are other than the one before."""
    other = np.ones(len(first), dtype=np.bool_)
    other[1:] = (first[1:] != first[:-1]) | (second[1:] != second[:-1])
    return other


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
