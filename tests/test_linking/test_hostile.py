"""Texts that are made to break a linker: an answer in bounded time and memory."""

import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linking import Linker, LinkerSettings

NAMES = {
    "European Central Bank": [("ECB", "exact", "en"), ("欧洲央行", "exact", "zh")],
    "Government bond": [("政府债券", "label", "zh")],
    "Heart failure": [("cardiac failure", "exact", "en")],
    "Non-immune fetal hydrops": [],
    "Élan vital": [],
}
FIRST, LAST = "ECB", "heart failure"


@pytest.fixture(scope="module")
def base(make_base):
    return make_base(dict.fromkeys(NAMES, "Thing"), NAMES, {})


@pytest.fixture(scope="module")
def linker(base):
    return Linker.of(base)


@pytest.fixture(scope="module")
def every(base):
    return Linker.of(base, settings=LinkerSettings(overlap="all", nil_threshold=1.0))


def spans(linker, text):
    links = linker.link(text).links
    assert all(text[link.start : link.end] == link.text for link in links)
    return [(link.text, link.start) for link in links]


@pytest.mark.parametrize(
    "strange",
    [
        "\u202e\u2066right to left\u2069\u202c",  # bidirectional marks
        "\ud800\udfff\udc00",  # lone surrogates
        "\u200b\u200c\u200d\u2060\ufeff",  # of no width
        "\0\x01\x1b[31m\x7f",
        "e\u0301" * 50 + "\u0338" * 200,  # marks upon marks
        "ﬃ İ ß ǅ \u1e9e",  # folding changes the length of these
        "😀👩\u200d👩\u200d👧\U000e0001\U0010ffff",
        "\r\n\x0b\x0c\x85\u2028\u2029",
        "((((([[[[{{{{" * 20,
    ],
    ids=lambda strange: ascii(strange[:4]),
)
def test_names_beside_strange_characters_keep_their_place(linker, strange):
    text = f"{strange} {FIRST} {strange} {LAST} {strange}"
    second = len(strange) * 2 + len(FIRST) + 3
    assert spans(linker, text) == [(FIRST, len(strange) + 1), (LAST, second)]
    assert len(linker.ground([strange, FIRST], texts=[text, text])[1]) > 0


def test_a_name_with_a_character_of_no_width_in_it_is_no_crash(every):
    assert spans(every, "E\u200bCB and heart\u200b failure and heart\u202e failure") is not None


FILLER = "nothing in here is in the ontology, nor is this; "


def test_a_line_of_ten_million_characters_is_linked_to_its_end(linker):
    text = FILLER * (10_000_000 // len(FILLER)) + LAST
    assert spans(linker, text) == [(LAST, len(text) - len(LAST))]


def test_memory_is_bounded_by_the_length_of_a_text(linker):
    text = FILLER * (1_000_000 // len(FILLER)) + LAST
    tracemalloc.start()
    try:
        assert spans(linker, text) == [(LAST, len(text) - len(LAST))]
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 200 * len(text)  # bytes a character


def test_ten_million_characters_without_a_blank_are_one_word(linker):
    assert spans(linker, "x" * 10_000_000) == []
    assert spans(linker, "央" * 1_000_000) == []


@pytest.mark.parametrize(
    "piece", ["(", "(A", "(AB) ", "A (", "简称", "（简称“", "下称:", "a b (AB", "- ", ". "]
)
def test_half_definitions_without_end_are_read_in_linear_time(linker, piece):
    assert linker.link(piece * 50_000).links == ()


def test_a_hundred_thousand_overlapping_matches(make_base):
    names = ["央" * length for length in range(2, 12)]
    text = "央" * 10_010
    linker = Linker.of(make_base(dict.fromkeys(names, "Thing"), {}, {}))
    mentions = linker.mentions(text)
    assert len(mentions) == sum(len(text) - length + 1 for length in range(2, 12)) > 100_000
    assert all(text[one.start : one.end] == one.text for one in mentions)
    links = linker.link(text[:1100]).links  # every call is checked here, which takes its time
    assert sum(link.end - link.start for link in links) == 1100


def test_a_name_of_three_hundred_owners(make_base):
    names = {f"Bond {number}": [("bond", "exact", "en")] for number in range(300)}
    linker = Linker.of(make_base(dict.fromkeys(names, "Thing"), names, {}))
    [*links] = linker.link("bond " * 50, id="many").links
    assert all(len(link.candidates) <= 4 for link in links)
    assert len(linker.ground(["bond"], k=30)[0]) == 30


def test_a_name_of_one_letter_is_refused_and_told(make_base):
    names = {"T": [], "E. coli": [], "q": []}
    linker = Linker.of(make_base(dict.fromkeys(names, "Thing"), names, {}))
    assert {refused.name.text for refused in linker.refused} == {"T", "q"}
    assert [link.text for link in linker.link("T q E. coli t").links] == ["E. coli"]
    assert linker.ground(["T"], k=1)[0][0].label == "T"


def test_names_are_hostile_too(make_base):
    names = ["\ud800x", "\u202eabc", "a" * 100_000, "((", "\u200b", "", " ", "x\0y", "(" * 500]
    linker = Linker.of(make_base(dict.fromkeys(names, "Thing"), {}, {}))
    assert linker.link(" ".join(names)).text
    assert len(linker.ground(names, k=3)) == len(names)


WORDS = [
    "ECB", "Central", "European", "Banks", "bank", "the", "of", "heart", "hearts", "failure",
    "cardiac", "-", "non-immune", "nonimmune", "fetal", "hydrops", "élan", "E\u0301lan", "vital",
    "\u200b", "\u202e", "\ud800", "欧洲", "央行", "欧洲央行", "政府债券", ",",
    "(", ")", "(ECB)", "İ", "ﬀ", "\n",
]  # fmt: skip
texts = st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=15).flatmap(
    lambda words: st.sampled_from([" ".join(words), "".join(words)])
)


@given(texts)
@settings(deadline=None)
def test_offsets_always_slice_the_text_to_the_mention(every, text):
    for mention in every.mentions(text):
        assert text[mention.start : mention.end] == mention.text
    for link in every.link(text).links:
        assert text[link.start : link.end] == link.text
        assert sum(candidate.probability for candidate in link.candidates) <= 1


@given(texts, texts)
@settings(deadline=None)
def test_a_concatenation_has_the_mentions_of_its_parts_away_from_the_seam(base, first, second):
    linker = Linker.of(base, settings=LinkerSettings(abbreviations=False))
    seam = ".\n\nXxxx. "  # ends a sentence, and begins one

    def found(text):
        return {(one.start, one.end, one.forms) for one in linker.mentions(text)}

    shift = len(first) + len(seam)
    moved = {(start + shift, end + shift, forms) for start, end, forms in found(second)}
    assert found(first + seam + second) == found(first) | moved


@given(st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=20)
def test_links_of_a_concatenation_are_those_of_the_parts(every, chance):
    draw = random.Random(chance.random())
    first, second = (" ".join(draw.choices(WORDS[:13], k=9)) + "." for _ in range(2))
    alone = [(link.text, link.curie) for text in (first, second) for link in every.link(text).links]
    both = every.link(f"{first}\n\n{second}").links
    assert [(link.text, link.curie) for link in both] == alone
