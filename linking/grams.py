"""Names that look like a given string: exact search by character 3-grams, no neighbour library.

A string is looked at in two views: as it is written, folded, and as its stems, each by itself, in
no order ("neoplasm of the lung" is "lung neoplasms"). Each view is a TF-IDF vector (Salton and
Buckley 1988, doi:10.1016/0306-4573(88)90021-0) of character 3-grams; for scripts without blanks
both are of single characters and pairs. In the second, a stem counts by how rare it is itself,
however long. Similarity is the mean of the two cosines, in which the stems' counts three times. It
is a sparse product of all texts and names, in blocks that bound the memory.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32, Int32, Int64, UInt64

from linking.text import fold, has_cjk
from linking.words import stem, words_of

NAMES_AT_ONCE = 300_000
"""Names that one sparse product goes over."""

TEXTS_AT_ONCE = 32
"""Texts whose grams are counted at a time."""

SHARES = (0.5, 0.25, 0.0)
"""Of the greatest similarity, the shares above which names are looked for, one after another."""

TOLERANCE = 1e-6
"""Similarities are rounded to this."""

MAX_CHARACTERS = 300
"""What a name or text has beyond is not looked at."""

_POINT_BITS = 21
_VIEW_BIT = 63
_VIEWS = 2
_SHARE = np.sqrt(np.array([0.25, 0.75]))  # of similarity: as written, as stems
_Numbers = Int64[np.ndarray, " _"]
_Grams = UInt64[np.ndarray, " _"]
_Similarities = Float32[np.ndarray, " _"]


class Similar(NamedTuple):
    """A name, by its number, and how similar it is: above 0, at most 1."""

    name: int
    similarity: float


class _Pieces(NamedTuple):
    """Strings whose grams are taken, none of them over two.

    Attributes:
        strings: the pieces.
        texts: the number of the text that each is of.
        words: the stem that each is; "" for one that is no word.
    """

    strings: list[str]
    texts: list[int]
    words: list[str]

    def add(self, string: str, text: int, word: str = "") -> None:
        """One more."""
        self.strings.append(string)
        self.texts.append(text)
        self.words.append(word)


class _Counted(NamedTuple):
    """Grams, each with its view in it, and of which text and piece each is."""

    grams: _Grams
    texts: _Numbers
    pieces: _Numbers
    words: list[str]


class GramIndex:
    """The character grams of names."""

    def __init__(self, names: Sequence[str], owners: Sequence[int]) -> None:
        """Count the grams.

        Args:
            names: a `Similar` points into them.
            owners: whose each name is, by number.
        """
        self._owners = np.array(owners, dtype=np.int64)
        by_text = sorted(range(len(names)), key=lambda at: (names[at], owners[at]))
        self._rank = np.empty(len(names), dtype=np.int64)
        self._rank[by_text] = np.arange(len(names))
        counted = _counted(names)
        self._grams, users = np.unique(counted.grams, return_counts=True)
        self._worth = _worth(users, len(names))
        self._unknown = _worth(0, len(names))
        self._word_worth = {
            word: float(_worth(count, len(names))) for word, count in Counter(counted.words).items()
        }
        matrix = self._matrix(counted, len(names))
        self._blocks = [
            (start, matrix[start : start + NAMES_AT_ONCE].T.tocsr())
            for start in range(0, len(names), NAMES_AT_ONCE)
        ]

    def nearest(self, texts: Sequence[str], k: int) -> Iterator[tuple[Similar, ...]]:
        """The most similar names of each text, one of each owner.

        Args:
            texts: any strings.
            k: owners, at least 1.

        Yields:
            For each text, best first, equals by name; fewer than k where the names of fewer owners
            share a gram with it.
        """
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            asked = texts[start : start + TEXTS_AT_ONCE]
            wanted = self._matrix(_counted(asked), len(asked))
            for low, high in pairwise(wanted.indptr.tolist()):
                yield self._nearest(wanted.indices[low:high], wanted.data[low:high], k)

    def _nearest(
        self, grams: Int32[np.ndarray, " _"], weights: _Similarities, k: int
    ) -> tuple[Similar, ...]:
        """The same of one text, by the numbers of its grams and what each counts."""
        found = []
        for first, block in self._blocks:
            similarities = block[grams].T @ weights
            most = float(similarities.max())
            for share in SHARES:  # most names are far below the best one
                bound = share * most
                best = self._best_above(bound, similarities, first, k)
                if len(best[0]) == k and best[1][-1] > bound + TOLERANCE:
                    break
            found.append(best)
        if len(found) > 1:
            names, similarities = map(np.concatenate, zip(*found, strict=True))
            found = [self._best(names, similarities, k)]
        return tuple(
            Similar(name, similarity)
            for names, similarities in found
            for name, similarity in zip(names.tolist(), similarities.tolist(), strict=True)
        )

    def _best_above(
        self, bound: float, similarities: _Similarities, first: int, k: int
    ) -> tuple[_Numbers, _Similarities]:
        """The best names of a block, whose number begins at `first`, among those above a bound."""
        names = (similarities > bound).nonzero()[0]
        return self._best(names + first, similarities[names], k)

    def _matrix(self, counted: _Counted, count: int) -> Any:
        """The vectors of texts, of which the square of the length is `_SHARE` squared in each view.

        Grams that no name has count for the length alone.
        """
        from scipy.sparse import csr_matrix

        grams, columns = np.unique(counted.grams, return_inverse=True)
        place = np.searchsorted(self._grams, grams)
        known = place < len(self._grams)
        known[known] = self._grams[place[known]] == grams[known]
        worth = np.full(len(grams), self._unknown, dtype=np.float32)
        worth[known] = self._worth[place[known]]
        weights = worth[columns] * self._word_scale(counted, worth[columns])[counted.pieces]
        vectors = csr_matrix((weights, (counted.texts, columns)), shape=(count, len(grams)))
        rows, columns = np.repeat(np.arange(count), np.diff(vectors.indptr)), vectors.indices
        view = rows * _VIEWS + (grams[columns] >> np.uint64(_VIEW_BIT)).astype(np.int64)
        squares = np.bincount(view, vectors.data**2, count * _VIEWS)
        weights = (vectors.data / np.sqrt(squares[view]) * _SHARE[view % _VIEWS]).astype(np.float32)
        kept = known[columns]
        return csr_matrix(
            (weights[kept], (rows[kept], place[columns[kept]])), shape=(count, len(self._grams))
        )

    def _word_scale(self, counted: _Counted, worth: _Similarities) -> _Similarities:
        """What the grams of each piece are multiplied with, so that a word has its own worth."""
        squares = np.bincount(counted.pieces, worth**2, len(counted.words))
        unknown = float(self._unknown)
        known = self._word_worth
        return np.array(
            [
                known.get(word, unknown) / np.sqrt(square) if word and square else 1.0
                for word, square in zip(counted.words, squares.tolist(), strict=True)
            ],
            dtype=np.float32,
        )

    def _best(
        self, names: _Numbers, similarities: _Similarities, k: int
    ) -> tuple[_Numbers, _Similarities]:
        """The best name of each of the k best owners, best first."""
        many = 8 * k
        if len(names) > many:
            # the best names are almost always of k owners; equals of the last stay with it
            least = np.partition(similarities, -many)[-many]
            top = similarities >= least - TOLERANCE
            if len(np.unique(self._owners[names[top]])) >= k:
                names, similarities = names[top], similarities[top]
        similarities = np.minimum(np.round(similarities, 6), np.float32(1))
        order = np.lexsort((self._rank[names], -similarities))
        _, first = np.unique(self._owners[names[order]], return_index=True)
        chosen = order[np.sort(first)[:k]]
        return names[chosen], similarities[chosen]


def _worth(users: Any, names: int) -> Any:
    """Inverse document frequency; of what all names have, something is left."""
    return np.float32(1) + np.log((1 + names) / (1 + users)).astype(np.float32)


def _counted(texts: Sequence[str]) -> _Counted:
    """All grams of the texts."""
    written, stems, unspaced = (_Pieces([], [], []) for _ in range(3))
    for number, text in enumerate(texts):
        folded = " ".join(fold(text[:MAX_CHARACTERS]).split())
        if has_cjk(folded):
            unspaced.add(folded, number)
            continue
        written.add(f" {folded} ", number)
        for word in words_of(folded, folded).words or [folded]:
            stems.add(f" {stem(word)} ", number, stem(word))
    parts = [
        _windows(written, 3, view=0),
        _windows(stems, 3, view=1),
        *(_windows(unspaced, length, view=view) for length in (1, 2) for view in range(_VIEWS)),
    ]
    before, pieces = 0, []
    for part in parts:
        pieces.append(part.pieces + before)
        before += len(part.words)
    return _Counted(
        np.concatenate([part.grams for part in parts]),
        np.concatenate([part.texts for part in parts]),
        np.concatenate(pieces),
        [word for part in parts for word in part.words],
    )


def _windows(pieces: _Pieces, length: int, *, view: int) -> _Counted:
    """All substrings of a length; the code points side by side are the gram."""
    joined = "".join(pieces.strings).encode("utf-32-le", "surrogatepass")
    points = np.frombuffer(joined, dtype=np.uint32).astype(np.uint64)
    count = max(0, len(points) - length + 1)
    grams = np.full(count, view << _VIEW_BIT, dtype=np.uint64)
    for at in range(length):
        grams |= points[at : at + count] << np.uint64(_POINT_BITS * (length - 1 - at))
    piece = np.repeat(np.arange(len(pieces.strings)), list(map(len, pieces.strings)))
    whole = np.flatnonzero(piece[:count] == piece[length - 1 : length - 1 + count])
    texts = np.array(pieces.texts, dtype=np.int64)
    return _Counted(grams[whole], texts[piece[whole]], piece[whole], pieces.words)
