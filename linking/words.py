"""Words of a text and their stems: what counts as the same word in names and in texts.

English inflection is cut (Snowball, Porter 2001); British spelling, Greek letters and Roman
numerals are made alike. Endings that make another concept are never cut: "retinitis" stays apart
from "retina". Words of other scripts stay as they are.
"""

import re
from functools import lru_cache
from itertools import accumulate, compress
from typing import Any, NamedTuple

MAX_STEMS = 200_000
"""Stems that are kept once they are known."""

MAX_SHOUTED = 10
"""Longest text in capitals that may be an abbreviation, in characters."""

PASSED_OVER = frozenset(
    ("a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with")
)
"""Words that make no difference in a name; "without", "under" and "not" do."""
_SMALL = PASSED_OVER | {"s"}
ARTICLES = frozenset(("a", "an", "the"))
"""Those that make no difference beside a single word either; "in the money" is not "money"."""

_UNSPACED = "\u3400-\u9fff\u3040-\u30ff\uf900-\ufaff\U00020000-\U0003ffff\u0e00-\u0eff"
_UNSPACED += "\u1000-\u109f\u1780-\u17ff"  # as `is_cjk` has it
_SPLIT = re.compile(rf"([^\W_{_UNSPACED}]+)")
_BREAK = re.compile(rf"[.,;:!?()\[\]{{}}\"|]|[{_UNSPACED}]+")
_ROMAN = {
    "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11",
    "xii": "12", "xiii": "13", "xiv": "14",
}  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi",
    "ο": "omicron", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi",
    "χ": "chi", "ψ": "psi", "ω": "omega",
}  # fmt: skip
_BRITISH = (
    ("aemi", "emi"), ("haem", "hem"), ("oedem", "edem"), ("oesoph", "esoph"), ("oestr", "estr"),
    ("anaes", "anes"), ("paed", "ped"), ("orrhoe", "orrhe"), ("tumour", "tumor"),
    ("colour", "color"), ("behaviour", "behavior"), ("fibre", "fiber"), ("leuc", "leuk"),
    ("faec", "fec"), ("caec", "cec"), ("foet", "fet"), ("gynae", "gyne"), ("sulph", "sulf"),
    ("isation", "ization"), ("centre", "center"), ("titre", "titer"), ("litre", "liter"),
    ("favour", "favor"), ("labour", "labor"), ("ageing", "aging"), ("grey", "gray"),
)  # fmt: skip
# An ending that names a kind of concept, and its plurals.
_KINDS = (
    ("itides", "itis"), ("itis", "itis"), ("omata", "oma"), ("omas", "oma"), ("oma", "oma"),
    ("oses", "osis"), ("osis", "osis"), ("emias", "emia"), ("emia", "emia"),
    ("pathies", "pathy"), ("pathy", "pathy"), ("ectomies", "ectomy"), ("ectomy", "ectomy"),
    ("lyses", "lysis"), ("lysis", "lysis"), ("iases", "iasis"), ("iasis", "iasis"),
    ("uria", "uria"), ("algia", "algia"), ("plasia", "plasia"), ("plegia", "plegia"),
    ("trophy", "trophy"), ("trophies", "trophy"), ("cyte", "cyte"), ("cytes", "cyte"),
    ("blast", "blast"), ("blasts", "blast"),
)  # fmt: skip


class Words(NamedTuple):
    """The words of a text that tell names apart, in order; `PASSED_OVER` are left out.

    Attributes:
        starts, ends: code points.
        words: folded.
        parts: between words of different parts stands punctuation that no name runs over.
    """

    starts: list[int]
    ends: list[int]
    words: list[str]
    parts: list[int]


def words_of(text: str, folded: str) -> Words:
    """Split a text into words.

    Args:
        text: as given; a word such as "a" counts in capitals, unless the whole text is.
        folded: `fold(text)`.
    """
    pieces = _SPLIT.split(folded)  # gap, word, gap, word, ..., gap
    places = list(accumulate(map(len, pieces)))
    gaps, words, starts, ends = pieces[:-1:2], pieces[1::2], places[:-1:2], places[1::2]
    breaks = [
        gap != " " and _has_break(gap, text, start - len(gap))
        for gap, start in zip(gaps, starts, strict=True)
    ]
    parts = list(accumulate(breaks))
    passed_over = [at for at, word in enumerate(words) if word in _SMALL]
    if passed_over:
        shouted = len(text) > MAX_SHOUTED and text.isupper()
        kept = bytearray(b"\1") * len(words)
        for at in passed_over:
            start = starts[at]
            if words[at] == "s":
                kept[at] = folded[start - 1 : start] != "'"
            else:
                kept[at] = not shouted and text[start : ends[at]].isupper()
        starts, ends = list(compress(starts, kept)), list(compress(ends, kept))
        words, parts = list(compress(words, kept)), list(compress(parts, kept))
    return Words(starts, ends, words, parts)


def _has_break(gap: str, text: str, start: int) -> bool:
    """Punctuation that no name runs over stands in this gap between words of a text."""
    return any(
        match[0] != "." or _ends_sentence(text, start + match.start())
        for match in _BREAK.finditer(gap)
    )


def _ends_sentence(text: str, at: int) -> bool:
    """A full stop before a blank and a capital, and not behind a single letter."""
    after = text[at + 1 : at + 3]
    return (len(after) < 2 or (after[0].isspace() and not after[1].islower())) and not (
        at > 1 and text[at - 2].isspace()
    )


@lru_cache(MAX_STEMS)
def stem(word: str) -> str:
    """What a word has in common with its inflections and other spellings.

    Args:
        word: folded.
    """
    if word in _ROMAN:
        return _ROMAN[word]
    if word in _GREEK:
        return _GREEK[word]
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    word, final = _respelt(word)
    if final:
        return word
    stemmed: str = _stemmer().stemWord(word)
    return stemmed


@lru_cache(MAX_STEMS)
def base(word: str) -> str:
    """What a word has in common with its plural and other spellings alone.

    Args:
        word: folded.
    """
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return stem(word)
    word, final = _respelt(word)
    if final or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("sses", "xes", "ches", "shes")) else word[:-1]


def _respelt(word: str) -> tuple[str, bool]:
    """The word in American spelling, and whether it ends in what is never cut."""
    for british, american in _BRITISH:
        if british in word:
            word = word.replace(british, american)
    for ending, kind in _KINDS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + kind, True
    return word, False


@lru_cache(1)
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")
