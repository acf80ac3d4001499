"""Short names that a text defines itself: "septal defect (SD)", "中国中钢集团（下称“中钢”）".

Schwartz and Hearst 2003, "A simple algorithm for identifying abbreviation definitions in biomedical
text", PSB 8:451-462. Each letter and digit of the short form, read from its end, must stand in the
long form in the same order, the first of them at the beginning of a word. Where the long form is a
mention, every occurrence of the short form in the text, before the definition too, is a mention of
the same names. Of two definitions of one short form, each holds up to the next.

In Chinese a verb marks the short form, which need not be made of the long form's characters
("安徽省天然气", "皖天然气"). The long form is the longest mention that ends before it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick

from linking.mentions import LongForm, Mention
from linking.text import fold, stands_alone
from linking.words import base

MAX_SHORT = 10
"""Longest short form, in characters; it has at most two words."""

MAX_LONG = 300
"""Longest long form, in characters."""

MAX_CHINESE_SHORT = 20
"""Longest short form in quotes behind a Chinese verb, in characters."""

_BRACKETS = re.compile(rf"[(（]([^()（）]{{2,{MAX_LONG}}})[)）]")
NEARBY = 50
"""Mentions before a place among which one that covers it is looked for."""

_QUOTES = "\"'“”‘’「」『』"
_CALLED = re.compile(
    rf"(?:以下简?|简|下)称(?:为|作)?[:：]?[ \u3000]?(?:[{_QUOTES}]([^{_QUOTES}()（）\n]"
    rf"{{2,{MAX_CHINESE_SHORT}}})[{_QUOTES}]|([^\s{_QUOTES}()（）,，。;；、:：]"
    rf"{{2,{MAX_SHORT}}})(?=[)）,，。;；\n]|$))"
)
_CLAUSE = re.compile(r"[^\s,，。;；:：、!！?？()（）]+$")
_BEFORE_CALLED = re.compile(r"[\s,，]*(?:[(（][^()（）\n]{0,30})?$")
_FIRST_PART = re.compile(r"[,;，；]\s|[；，]")
_INITIALS = re.compile(r"(?<!\S)[^\W_]")
_LAST_WORD = re.compile(r"\S+$")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Definition:
    """A place where a text says what an abbreviation stands for; offsets in code points.

    Attributes:
        short, short_start: the abbreviation.
        long, long_start: what it stands for.
        loose: the long form begins somewhere in `long`, and ends with it.
    """

    short: str
    short_start: int
    long: str
    long_start: int
    loose: bool = False

    @property
    def long_end(self) -> int:
        """Where the long form ends, exclusive."""
        return self.long_start + len(self.long)


def definitions_in(text: str) -> list[Definition]:
    """The abbreviations that the text defines, by place."""
    found = [*_in_brackets(text), *_behind_a_verb(text)]
    return sorted(found, key=lambda definition: definition.short_start)


def _behind_a_verb(text: str) -> Iterator[Definition]:
    """Chinese: "（以下简称“工商银行”）", "，简称甲亢，"."""
    if "称" not in text:
        return
    for called in _CALLED.finditer(text):
        short = called[1] or called[2]
        window = max(0, called.start() - MAX_LONG)
        before = _BEFORE_CALLED.search(text, window, called.start())
        end = before.start() if before else called.start()
        clause = _CLAUSE.search(text, window, end)
        if clause is None or (len(short) < 3 and clause[0].endswith(short)):
            continue  # "公司" of "有限公司" would be found everywhere
        start = called.start(1 if called[1] else 2)
        yield Definition(short, start, clause[0], clause.start(), loose=True)


def _in_brackets(text: str) -> Iterator[Definition]:
    """Schwartz and Hearst, in both directions: "long (SHORT)" and "SHORT (long)"."""
    for brackets in _BRACKETS.finditer(text):
        inside = _stripped(text, brackets.start(1), _end_of_first_part(brackets))
        before = _stripped(text, max(0, brackets.start() - MAX_LONG), brackets.start())
        if is_short_form(text[slice(*inside)]):
            short, (start, end) = inside, before
            start = _start_of_last_words(text, start, end, short[1] - short[0])
            long_start = start_of_long_form(text[slice(*short)], text[start:end])
        else:
            word = _LAST_WORD.search(text, *before)
            if word is None or not is_short_form(word[0]):
                continue
            short, (start, end) = word.span(), inside
            long_start = start_of_long_form(word[0], text[start:end])
            if long_start != 0:
                continue  # in brackets stands the long form and nothing before it
        if long_start is None:
            continue
        long = text[start + long_start : end]
        if _explains(text[slice(*short)], long):
            yield Definition(text[slice(*short)], short[0], long, start + long_start)


def short_words(found: Definition) -> tuple[str, str]:
    """Short and long form without the last word that both have: "ES cells" tells "ES" as well."""
    short, long = found.short.split(), found.long.split()
    if len(short) == 2 and len(long) > 1 and base(fold(short[1])) == base(fold(long[-1])):
        return short[0], " ".join(long[:-1])
    return found.short, found.long


def is_short_form(text: str) -> bool:
    """Two to ten characters in at most two words, a capital among them, a letter or digit first."""
    return (
        2 <= len(text) <= MAX_SHORT
        and text[0].isalnum()
        and len(text.split()) <= 2
        and any(map(str.isupper, text))
    )


def start_of_long_form(short: str, before: str) -> int | None:
    """Where the shortest text begins that ends like `before` and can be shortened to `short`.

    Where the last words have the letters of `short` as their initials, it is these words.

    Returns:
        An index of `before`; None if there is no such text.
    """
    wanted = [character.lower() for character in short if character.isalnum()]
    initials = list(_INITIALS.finditer(before))[-len(wanted) :]
    if [initial[0].lower() for initial in initials] == wanted:
        return initials[0].start()  # "attenuated adenomatous polyposis coli (AAPC)"
    at = len(before)
    for index in range(len(wanted) - 1, -1, -1):
        at -= 1
        while at >= 0 and not (
            before[at].lower() == wanted[index]
            and (index > 0 or at == 0 or not before[at - 1].isalnum())
        ):
            at -= 1
        if at < 0:
            return None
    while at > 0 and not before[at - 1].isspace():
        at -= 1
    return at


def with_abbreviations(
    text: str, mentions: Sequence[Mention], defined: Iterable[Definition]
) -> list[Mention]:
    """Add the occurrences of the abbreviations that the text defines.

    Args:
        text: the text.
        mentions: its mentions.
        defined: its definitions.

    Returns:
        By start, longer first. A short form whose long form is a mention takes the names of that;
        one whose long form is none keeps its own names, if any, and says what it stands for.
    """
    definitions: dict[str, list[Definition]] = {}
    for definition in defined:
        definitions.setdefault(_singular(definition.short), []).append(definition)
    if not definitions:
        return list(mentions)
    by_span = {(mention.start, mention.end): mention for mention in mentions}
    longest: dict[int, Mention] = {}
    for mention in mentions:  # longer first
        longest.setdefault(mention.end, mention)
    found = dict(by_span)
    for short, start, end in _occurrences(text, definitions):
        known = definitions[short]
        place = bisect_right(known, start, key=lambda definition: definition.short_start)
        definition = known[max(0, place - 1)]
        long = _mention_of(definition, by_span, longest)
        own = by_span.get((start, end))
        if definition.loose and (long is None or _within(start, end, mentions)):
            continue
        if long is not None:
            meaning = LongForm(long.text, named=True)
            span = text[start:end]
            found[start, end] = Mention(start, end, span, long.key, long.forms, meaning)
        elif own is not None:
            found[start, end] = own._replace(long_form=LongForm(definition.long, named=False))
    return sorted(found.values(), key=lambda mention: (mention.start, -mention.end))


def _mention_of(
    definition: Definition,
    by_span: Mapping[tuple[int, int], Mention],
    longest: Mapping[int, Mention],
) -> Mention | None:
    """The mention that is the long form."""
    if not definition.loose:
        return by_span.get((definition.long_start, definition.long_end))
    long = longest.get(definition.long_end)
    return long if long is not None and long.start >= definition.long_start else None


def _within(start: int, end: int, mentions: Sequence[Mention]) -> bool:
    """The span lies in a longer mention; the mentions are by start, longer first."""
    last = bisect_right(mentions, start, key=lambda mention: mention.start)
    return any(
        mention.end >= end and mention.end - mention.start > end - start
        for mention in mentions[max(0, last - NEARBY) : last]
    )


def _occurrences(
    text: str, definitions: dict[str, list[Definition]]
) -> Iterator[tuple[str, int, int]]:
    """Where short forms stand, in singular or plural, as (singular, start, end)."""
    folded = fold(text)
    spellings = [(short, short + ending) for short in definitions for ending in ("", "s")]
    automaton = AhoCorasick([fold(spelling) for _, spelling in spellings])
    for pattern, start, end in automaton.find_matches_as_indexes(folded, overlapping=True):
        short, spelling = spellings[pattern]
        if text[start:end] == spelling and stands_alone(folded, start, end):
            yield short, start, end


def _singular(short: str) -> str:
    """VSDs -> VSD; "AIDS" and "Hbs" stay, as what is left must be in capitals."""
    return short[:-1] if len(short) > 2 and short[-1] == "s" and short[:-1].isupper() else short


def _explains(short: str, long: str) -> bool:
    """The conditions that Schwartz and Hearst put on a long form."""
    limit = min(len(short) + 5, 2 * len(short))
    return len(long) > len(short) and len(long.split()) <= limit and short not in long.split()


def _end_of_first_part(brackets: re.Match[str]) -> int:
    """Of "(VSD; OMIM 614429)" only "VSD" counts."""
    part = _FIRST_PART.search(brackets[1])
    return brackets.end(1) if part is None else brackets.start(1) + part.start()


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at its ends."""
    inside = text[start:end]
    start += len(inside) - len(inside.lstrip())
    return start, start + len(inside.strip())


def _start_of_last_words(text: str, start: int, end: int, short: int) -> int:
    """Where the last words of the span begin, as many as a short form of this length may have."""
    words = list(_WORD.finditer(text, start, end))[-min(short + 5, 2 * short) :]
    return words[0].start() if words else end
