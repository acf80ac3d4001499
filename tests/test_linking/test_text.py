import unicodedata

import pytest

from linking.text import content_words, fold, stands_alone


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Sjögren", "sjogren"),
        ("Non-Immune", "non immune"),
        ("non\u2010immune", "non immune"),
        ("Crohn\u2019s", "crohn's"),
        ("ＥＣＢ", "ecb"),
        ("line\nbreak", "line break"),
        ("が", "が"),
        ("й", "й"),
    ],
)
def test_folding_takes_away_what_does_not_matter(text, folded):
    assert fold(text) == folded


def test_folding_keeps_the_length_of_every_character_there_is():
    for point in range(0x11000):
        assert len(fold(chr(point))) == 1, unicodedata.name(chr(point), hex(point))
    assert len(fold("İstanbul 𝒜 ﬁ ß 한국 🏦")) == len("İstanbul 𝒜 ﬁ ß 한국 🏦")


@pytest.mark.parametrize(
    ("text", "name", "alone"),
    [
        ("the ear hurts", "ear", True),
        ("the hearing", "ear", False),
        ("type 1", "type 1", True),
        ("type 12", "type 1", False),
        ("(ear)", "ear", True),
        ("买入债券吧", "债券", True),
        ("买入ETF吧", "ETF", True),
        ("ETFs", "ETF", False),
    ],
)
def test_a_name_must_not_begin_or_end_within_a_word(text, name, alone):
    start = text.index(name)
    assert stands_alone(text, start, start + len(name)) is alone


def test_content_words_leave_out_function_words_and_meet_in_the_singular():
    assert content_words("The seizures of a seizure") == {"seizure"}


def test_content_words_of_chinese_are_pairs_of_characters():
    assert content_words("央行加息") == {"央行", "行加", "加息"}
