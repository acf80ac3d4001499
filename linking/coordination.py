"""Names of which a part is said once for several: "palmar and plantar pits" has "palmar pits".

Only where one part is a name as it stands ("plantar pits") are the others completed by what it may
share with them: the words after its own ("pits"), or those before ("branchial fistulas or cysts"
has "branchial cysts"). The other parts are words between the conjunction and commas before it, two
at most. What comes of it has to be a name.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from linking.words import Words

MAX_PART = 2
"""Words that a part has of its own, at most; `_Text` takes one or two."""

MAX_COMMAS = 4
"""Parts before the one next to the conjunction."""

# the boundary before a word is asked for behind its first letter, so that `re` leaps to letters
_CONJUNCTION = re.compile(
    r"(?:(?:a(?<!\wa)nd|o(?<!\wo)r|n(?<!\wn)or)\b(?:\s*/\s*(?:and|or)\b)?|/)\s*"
)
_BEFORE = re.compile(r"[\s,]*")
_PASSED_OVER = r"\s*(?:(?:a|an|the|of|in)\s+)*"
_AFTER = re.compile(_PASSED_OVER)
_COMMA = re.compile(rf"\s*,{_PASSED_OVER}")
_BREAK = re.compile(r"[.,;:!?()\[\]{}\"|/]")

_Spans = Mapping[int, Sequence[tuple[int, int]]]


class Completed(NamedTuple):
    """A part with the words that it shares.

    Attributes:
        places: of its words, in the order in which they are read.
        own: first and last place of what it does not share.
    """

    places: tuple[int, ...]
    own: tuple[int, int]


def completed_parts(
    words: Words, folded: str, named: Collection[tuple[int, int]]
) -> Iterator[Completed]:
    """The parts of coordinations that do not stand side by side with what they share.

    Args:
        words: of the text.
        folded: the text, folded.
        named: first and last place of what is written like names.
    """
    by_first, by_last = defaultdict(list), defaultdict(list)
    for first, last in named:
        if first < last:
            by_first[first].append((first, last))
            by_last[last].append((first, last))
    if not by_first:
        return
    for found in _CONJUNCTION.finditer(folded):
        place = bisect_left(words.starts, found.end()) - 1  # of the word before it
        if (
            0 <= place < len(words.words) - 1
            and _BEFORE.fullmatch(folded, words.ends[place], found.start())
            and _AFTER.fullmatch(folded, found.end(), words.starts[place + 1])
        ):
            yield from _around(_Text(words, folded), place, by_first, by_last)


class _Text(NamedTuple):
    words: Words
    folded: str

    def has_comma_after(self, place: int) -> bool:
        """Nothing but a comma parts a word from the next."""
        here, there = self.words.ends[place], self.words.starts[place + 1]
        return _COMMA.fullmatch(self.folded, here, there) is not None

    def parts_to(self, last: int) -> list[tuple[int, int]]:
        """What a part with this last word may be, the shortest first."""
        found = [(last, last)]
        if last > 0 and self._joined(last - 1):
            found.append((last - 1, last))
        return found

    def parts_from(self, first: int) -> list[tuple[int, int]]:
        """What a part with this first word may be, the shortest first."""
        found = [(first, first)]
        if first + 1 < len(self.words.words) and self._joined(first):
            found.append((first, first + 1))
        return found

    def _joined(self, place: int) -> bool:
        """No punctuation parts a word from the next."""
        here, there = self.words.ends[place], self.words.starts[place + 1]
        return _BREAK.search(self.folded, here, there) is None


def _around(text: _Text, place: int, by_first: _Spans, by_last: _Spans) -> Iterator[Completed]:
    """Around one conjunction, behind the word at a place."""
    between: list[tuple[int, int]] = []
    end = place  # of the first part
    for _ in range(MAX_COMMAS + 1):
        # in "a large head and ventricular septal defects" both are names as they stand: neither
        # "head" nor "ventricular septal" is a part that wants completing
        first_whole = min((first for first, _ in by_last.get(end, ())), default=end)
        before = [own for own in text.parts_to(end) if own[0] <= first_whole]
        last_whole = max((last for _, last in by_first.get(place + 1, ())), default=place)
        after = [own for own in text.parts_from(place + 1) if own[1] >= last_whole]
        for first, last in by_first.get(place + 1, ()):
            for head in range(first + 1, min(first + MAX_PART, last) + 1):
                shared = tuple(range(head, last + 1))
                for own in (*before, *between):
                    yield Completed((*_places(own), *shared), own)
        for first, last in by_last.get(end, ()):
            for stop in range(max(last - MAX_PART + 1, first + 1), last + 1):
                shared = tuple(range(first, stop))
                for own in (*between, *after):
                    yield Completed((*shared, *_places(own)), own)
        start, _ = text.parts_to(end)[-1]
        if start == 0 or not text.has_comma_after(start - 1):
            return
        between.insert(0, (start, end))
        end = start - 1


def _places(span: tuple[int, int]) -> range:
    return range(span[0], span[1] + 1)
