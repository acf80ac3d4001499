"""How each name is looked for: not at all, as a whole, or by bags of stems.

This depends on the text of the name alone. So it is kept by a digest of each text, and of another
release of an ontology only the names that are new are read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64, UInt8, UInt64

from linking.bags import Bags, BagWriter, bags_of, together
from linking.text import STOP_WORDS, fold, has_cjk
from linking.words import ARTICLES, PASSED_OVER, stem, words_of

MAX_WORDS = 10
"""Longest name that is looked for as a bag, in words that are no stop words."""

MAX_ACRONYM = 6
"""Longest one-word name that may count as an acronym, in characters."""

_IN_BAGS, _REFUSED, _WHOLE = range(3)


@dataclass(frozen=True, slots=True)
class NameBags:
    """How names are looked for.

    Attributes:
        digests: of the texts.
        ways: of each name, by bags (0), not at all (1), or as a whole (2).
        bags: by name.
    """

    digests: UInt64[np.ndarray, " name"]
    ways: UInt8[np.ndarray, " name"]
    bags: Bags

    @classmethod
    def of(
        cls, texts: Sequence[str], *, variants: bool, before: "NameBags | None" = None
    ) -> "NameBags":
        """Read names.

        Args:
            texts: the names.
            variants: whether other spellings of a name have bags of their own.
            before: names that were read in the same way; what is among them is not read again.
        """
        digests = np.frombuffer(b"".join(map(_digest, texts)), dtype=np.uint64)
        if before is None:
            return cls(digests, *_read(texts, variants=variants))
        order = np.argsort(before.digests)
        at = np.searchsorted(before.digests[order], digests)
        source = np.append(order, -1)[at]
        fresh = np.flatnonzero(np.append(before.digests, np.uint64(0))[source] != digests)
        count = len(before.digests)
        source[fresh] = count + np.arange(len(fresh))
        ways, bags = _read([texts[place] for place in fresh.tolist()], variants=variants)
        every = together(before.bags, bags, names=count)
        chosen = bags_of(every, source, count + len(fresh))
        return cls(digests, np.concatenate([before.ways, ways])[source], chosen)

    @property
    def refused(self) -> Int64[np.ndarray, " refused"]:
        """The names that are not looked for."""
        return np.flatnonzero(self.ways == _REFUSED)

    @property
    def whole(self) -> Int64[np.ndarray, " whole"]:
        """The names that are looked for as a whole."""
        return np.flatnonzero(self.ways == _WHOLE)

    def arrays(self) -> dict[str, np.ndarray]:
        """Its arrays by name, as they are kept."""
        return {"digests": self.digests, "ways": self.ways, **self.bags.arrays()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "NameBags":
        """What `arrays` gave."""
        return cls(arrays["digests"], arrays["ways"], Bags.from_arrays(arrays))


class _Read(NamedTuple):
    ways: UInt8[np.ndarray, " name"]
    bags: Bags


def _read(texts: Iterable[str], *, variants: bool) -> _Read:
    """How names are looked for, by their texts."""
    ways, writer = bytearray(), BagWriter()
    for number, given in enumerate(texts):
        text = " ".join(given.split())
        pattern = fold(text).strip()
        if why_refused(text, pattern):
            ways.append(_REFUSED)
            continue
        words = () if has_cjk(pattern) else words_of(text, pattern).words
        if not 0 < len(words) <= MAX_WORDS or _leans_on_small_words(words, pattern):
            ways.append(_WHOLE)
            continue
        ways.append(_IN_BAGS)
        writer.add(number, list(map(stem, words)))
        if not variants:
            continue
        if is_acronym(text):
            writer.add(number, [stem(words[0] + "s")])
        joined = _joined(text) if "-" in text else pattern
        if joined != pattern:
            writer.add(number, list(map(stem, words_of(joined, joined).words)))
    return _Read(np.frombuffer(ways, dtype=np.uint8), writer.bags())


def _digest(text: str) -> bytes:
    return blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest()


def why_refused(name: str, folded: str) -> str:
    """Why a name is not looked for in texts; "" when it is."""
    if not any(map(str.isalpha, folded)):
        return "no letter"
    if all(word in STOP_WORDS for word in folded.split()) and not is_acronym(name):
        return "only stop words"
    if has_cjk(folded):
        return "" if len(folded) > 1 else "too short"
    if len(folded) < 2 or (len(folded) == 2 and not is_acronym(name)):
        return "too short"
    return ""


def is_acronym(name: str) -> bool:
    """One short word with at least two capitals, as "ECB", "CET1", "IgE"; no other script."""
    return (
        len(name) <= MAX_ACRONYM
        and name.isascii()
        and not any(map(str.isspace, name))
        and sum(map(str.isupper, name)) >= 2
    )


def _leans_on_small_words(words: Sequence[str], folded: str) -> bool:
    """A single word with a preposition or the like, as "in situ": alone it means something else."""
    parts = folded.split()
    return len(words) == 1 < len(parts) and not (PASSED_OVER - ARTICLES).isdisjoint(parts)


def _joined(name: str) -> str:
    """The folded name with hyphens between longer words left out ("non-immune": "nonimmune")."""
    parts = name.split("-")
    joined = parts[0]
    for before, after in pairwise(parts):
        glue = before[-3:].isalpha() and after[:3].isalpha() and len(before) > 2 and len(after) > 2
        joined += after if glue else "-" + after
    return fold(joined).strip()
