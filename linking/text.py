"""How text is looked at: folded characters, word boundaries, words that carry meaning.

Folding never changes the length, so that an offset in folded text is an offset in the text.
Offsets everywhere are code points.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import chain
from sys import intern

HYPHENS = "-\u2010\u2011"
_DASHES = HYPHENS + "\u2012\u2013\u2014\u2212\uff0d"
_QUOTES = "'\u2018\u2019\u02bc\uff07"


class _FoldTable(dict[int, str]):
    """Code point -> one folded character, worked out when first met."""

    def __missing__(self, point: int) -> str:
        folded = _fold_character(chr(point))
        self[point] = folded
        return folded


def _fold_character(character: str) -> str:
    if 0xD800 <= ord(character) <= 0xDFFF:
        return "\ufffd"  # half a surrogate pair: no UTF-8 for it, so no automaton takes it
    if character in _DASHES or character.isspace():
        return " "
    if character in _QUOTES:
        return "'"
    wide = unicodedata.normalize("NFKC", character)
    lower = (wide if len(wide) == 1 else character).lower()
    if len(lower) != 1:
        return character
    base = unicodedata.normalize("NFD", lower)[0]
    # e acute -> e; but in other scripts a mark often makes another letter (Japanese ga is not ka)
    return base if base.isascii() else lower


_FOLD = _FoldTable()


def fold(text: str) -> str:
    """Lower case, no Latin accents, half width; dashes and all white space become a blank.

    Returns:
        As many code points as `text` has.
    """
    return text.translate(_FOLD)


def is_cjk(character: str) -> bool:
    """A letter of a script that puts no blanks between words (Chinese, Japanese, Thai and kin)."""
    point = ord(character)
    return (
        0x3400 <= point <= 0x9FFF
        or 0x3040 <= point <= 0x30FF
        or 0xF900 <= point <= 0xFAFF
        or 0x20000 <= point <= 0x3FFFF
        or 0x0E00 <= point <= 0x0EFF
        or 0x1000 <= point <= 0x109F
        or 0x1780 <= point <= 0x17FF
    )


def has_cjk(text: str) -> bool:
    """The text has such a letter."""
    return not text.isascii() and any(map(is_cjk, text))


def is_word_character(character: str) -> bool:
    """A letter or digit of a script that puts blanks between words."""
    if character.isascii():
        return character.isalnum()
    # a combining mark belongs to the letter before it
    return (character.isalnum() or unicodedata.combining(character) > 0) and not is_cjk(character)


def stands_alone(text: str, start: int, end: int) -> bool:
    """The span does not begin or end within a word."""
    if start > 0 and is_word_character(text[start - 1]) and is_word_character(text[start]):
        return False
    return not (
        end < len(text) and is_word_character(text[end]) and is_word_character(text[end - 1])
    )


_STOP_WORDS = """
a about above after again against all also am an and another any are as at be because been
before being below between both but by can cannot could did do does doing done down during each
either else ever every few for from further had has have having he hence her here hers herself
him himself his how however i if in into is it its itself just least less many may me might
mine more most much must my myself neither no nor not of off often on once one only onto or
other others our ours ourselves out over own per rather same shall she should since so some
such than that the their theirs them themselves then there these they this those though through
thus to too toward towards under until up upon us very via was we well were what when where
whether which while who whom whose why will with within without would yet you your yours
的 了 和 与 或 在 是 有 及 等 对 为 以 于 并 其 该 这 那 之
"""

STOP_WORDS = frozenset(_STOP_WORDS.split())
"""Function words of English and Chinese; no word of any subject."""

_WORD = re.compile(r"[^\W\d_]{3,}")
_KEPT_WORDS = 100_000


def content_words(text: str) -> frozenset[str]:
    """The words of a text that say what it is about, folded; CJK runs as pairs of characters.

    A final "s" is cut so that singular and plural meet.
    """
    return frozenset(chain.from_iterable(map(_content_of, _WORD.findall(fold(text)))))


@lru_cache(_KEPT_WORDS)
def _content_of(word: str) -> tuple[str, ...]:
    """What a word tells of the subject; nothing for a stop word."""
    if word in STOP_WORDS:
        return ()
    if word.isascii():
        plural = word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3
        return (intern(word[:-1] if plural else word),)
    if has_cjk(word):
        return tuple([word[i : i + 2] for i in range(len(word) - 1)])
    return (word,)
