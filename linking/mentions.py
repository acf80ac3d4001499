"""Where names of the knowledge base stand in a text: one automaton over all names.

Aho and Corasick 1975 (doi:10.1145/360825.360855), through ahocorasick-rs, over folded text. A match
must not begin or end within a word, except in scripts that put no blanks between words. Acronyms
must agree in case. English names also stand for simple variants: plurals, other hyphenation, "lung
neoplasm" for "neoplasm of the lung"; such a match says which variant it is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ahocorasick_rs import AhoCorasick

from kg import NameRow
from linking.text import STOP_WORDS, fold, has_cjk, stands_alone

MAX_ACRONYM = 6
"""Longest one-word name that may count as an acronym, in characters."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a name.

    Attributes:
        name: index of the name.
        variant: "" for the name as given, else "plural", "singular", "joined", "possessive",
            "article" or "inverted".
        surface: the exact letters wanted; None when case does not matter.
    """

    name: int
    variant: str
    surface: str | None


@dataclass(frozen=True, slots=True)
class LongForm:
    """What the text itself says that an abbreviation stands for.

    Attributes:
        text: as the text writes it.
        named: it is a mention, and the abbreviation has its forms; otherwise its own.
    """

    text: str
    named: bool


@dataclass(frozen=True, slots=True)
class Mention:
    """A span of text that is written like at least one name, or short for what is."""

    start: int
    end: int
    text: str
    forms: tuple[Form, ...]
    long_form: LongForm | None = None

    @property
    def written(self) -> str:
        """What is written like the names: the text of the mention, or what it is short for."""
        long = self.long_form
        return long.text if long is not None and long.named else self.text


@dataclass(frozen=True, slots=True)
class RefusedName:
    """A name that is not looked for, and why."""

    name: NameRow
    reason: str


class MentionFinder:
    """All names in one automaton.

    Attributes:
        names: the names; a `Form` points into them.
        refused: the names that are not looked for.
    """

    def __init__(self, names: Sequence[NameRow], *, variants: bool = True) -> None:
        """Build the automaton.

        Args:
            names: all names of the knowledge base that may be linked.
            variants: look for plurals, other hyphenation and missing possessives too.
        """
        self.names = tuple(names)
        refused = []
        forms: dict[str, list[Form]] = {}
        for index, name in enumerate(self.names):
            text = " ".join(name.text.split())
            pattern = fold(text).strip()
            reason = why_refused(text, pattern)
            if reason:
                refused.append(RefusedName(name, reason))
                continue
            surface = text if is_acronym(text) else None
            forms.setdefault(pattern, []).append(Form(index, "", surface))
            if not variants or name.lang.partition("-")[0].lower() not in ("", "en"):
                continue
            if surface is not None:
                forms.setdefault(pattern + "s", []).append(Form(index, "plural", surface + "s"))
                continue
            for spelling, variant in variants_of(text, pattern):
                forms.setdefault(spelling, []).append(Form(index, variant, None))
        self.refused = tuple(refused)
        self._forms = [tuple(found) for found in forms.values()]
        self._automaton = AhoCorasick(list(forms))

    def find(self, text: str) -> list[Mention]:
        """All mentions, nested and overlapping ones too, by start, longer first."""
        folded = fold(text)
        mentions = []
        for pattern, start, end in self._automaton.find_matches_as_indexes(
            folded, overlapping=True
        ):
            if not stands_alone(folded, start, end):
                continue
            surface = text[start:end]
            forms = tuple(
                form
                for form in self._forms[pattern]
                if form.surface is None or form.surface == surface
            )
            if forms:
                mentions.append(Mention(start, end, surface, forms))
        mentions.sort(key=lambda mention: (mention.start, -mention.end))
        return mentions


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


def variants_of(name: str, folded: str) -> Iterator[tuple[str, str]]:
    """Other ways to write an English name, as (folded text, variant)."""
    if not folded.isascii():
        return
    if "-" in name:
        joined = _joined(name)
        if joined != folded:
            yield joined, "joined"
    if "'s " in folded:
        yield folded.replace("'s ", " "), "possessive"
    if folded[-1].isalpha():
        yield from _in_other_number(folded, "")
    head, of, rest = folded.partition(" of ")
    if of:
        yield from _of_variants(head, rest)


def _in_other_number(phrase: str, rest: str) -> Iterator[tuple[str, str]]:
    """The phrase with its last word in plural or singular, followed by `rest`."""
    start, _, last = phrase.rpartition(" ")
    start = start + " " if start else ""
    for word in plurals(last):
        yield start + word + rest, "plural"
    for word in singulars(last):
        yield start + word + rest, "singular"


def _of_variants(head: str, rest: str) -> Iterator[tuple[str, str]]:
    """Ways to write "head of rest": in plural, with or without the article, as "rest head"."""
    if head[-1:].isalpha():
        yield from _in_other_number(head, f" of {rest}")
    bare = rest.removeprefix("the ")
    yield f"{head} of {bare if bare != rest else 'the ' + rest}", "article"
    if head and head.count(" ") < 2 and bare.count(" ") < 2:
        yield f"{bare} {head}", "inverted"
        for heads, _ in _in_other_number(head, ""):
            yield f"{bare} {heads}", "inverted"


def _joined(name: str) -> str:
    """The folded name with hyphens between longer words left out ("non-immune": "nonimmune")."""
    parts = name.split("-")
    joined = parts[0]
    for before, after in pairwise(parts):
        glue = before[-3:].isalpha() and after[:3].isalpha() and len(before) > 2 and len(after) > 2
        joined += after if glue else "-" + after
    return fold(joined).strip()


def plurals(word: str) -> tuple[str, ...]:
    """Regular English plurals of a lower-case word, and -is -> -es; none for a very short word."""
    if len(word) < 3:
        return ()
    if word.endswith("is"):
        return (word[:-2] + "es",)
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return (word + "es",)
    if word.endswith("y") and word[-2] not in "aeiou":
        return (word[:-1] + "ies",)
    return (word + "s",)


def singulars(word: str) -> tuple[str, ...]:
    """Words that have this one as their regular English plural."""
    if len(word) < 5 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return ()
    if word.endswith("ies"):
        return (word[:-3] + "y",)
    if word.endswith(("sses", "xes", "ches", "shes")):
        return (word[:-2],)
    if word.endswith(("oses", "eses", "yses")):
        return (word[:-1], word[:-2] + "is")
    return (word[:-1],)


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
