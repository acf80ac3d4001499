"""The examples of definitions are of Schwartz and Hearst 2003, or made in their manner."""

import time

import pytest

from linking import Linker, LinkerSettings
from linking.abbreviations import definitions_in, is_short_form, start_of_long_form


def defined(text):
    found = list(definitions_in(text))
    for definition in found:
        assert text[definition.long_start : definition.long_end] == definition.long
        assert text[definition.short_start :].startswith(definition.short)
    return [(definition.short, definition.long) for definition in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # the paper's own: the shortest long form, each letter in its order
        (
            "caused by heat shock transcription factor (HSF)",
            ("HSF", "heat shock transcription factor"),
        ),
        ("the 3-nitrotyrosine (3-NT) level", ("3-NT", "3-nitrotyrosine")),
        # not the shortest, as these are the initials
        (
            "in attenuated adenomatous polyposis coli (AAPC)",
            ("AAPC", "attenuated adenomatous polyposis coli"),
        ),
        ("HF (heart failure) is", ("HF", "heart failure")),
        ("ataxia-telangiectasia (A-T)", ("A-T", "ataxia-telangiectasia")),
        ("ventricular septal defects (VSDs)", ("VSDs", "ventricular septal defects")),
        ("adenomatous polyposis coli (APC; OMIM 175100)", ("APC", "adenomatous polyposis coli")),
        ("adenomatous polyposis coli (APC, of the gut)", ("APC", "adenomatous polyposis coli")),
        ("🫀 ventricular septal\ndefect（VSD）", ("VSD", "ventricular septal\ndefect")),
    ],
)
def test_a_definition_is_found(text, expected):
    assert defined(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "the heart (left)",  # no capital
        "ten patients (A)",  # one character
        "a long story (WHO)",  # the letters do not occur
        "another defect (NTD)",  # the first letter begins no word
        "VSD (a ventricular septal defect)",  # in brackets is more than the long form
        "the VSD defect (VSD)",  # the long form holds the short one
        "(VSD)",
        "ventricular septal defect (",
        "",
    ],
)
def test_what_defines_nothing(text):
    assert defined(text) == []


def test_the_long_form_has_at_most_five_words_more_than_the_short_one_has_characters():
    # twice the characters, as that is less: 4 words for 2 characters
    assert defined("h two three four f (HF)") == []
    assert defined("h two three f (HF)") == [("HF", "h two three f")]


def test_a_short_form_has_a_capital_and_at_most_two_words_and_ten_characters():
    assert all(map(is_short_form, ["VSD", "3-NT", "HbS", "Type II"]))
    assert not any(map(is_short_form, ["V", "left", "-NT", "A B C", "ABCDEFGHIJK"]))


def test_the_first_letter_stands_at_the_beginning_of_a_word():
    assert start_of_long_form("SD", "a septal defect") == 2
    assert start_of_long_form("SD", "aseptal defect") is None


BASE = {
    "Fever": [],
    "Ventricular septal defect": [],
    "Acute lymphoid leukaemia": [("ALL", "exact", "en")],
}


@pytest.fixture(scope="module")
def linker(make_base):
    return Linker.of(make_base({}, BASE, {}))


def linked(linker, text):
    return [(link.start, link.text, link.label) for link in linker.link(text).links]


def test_a_short_form_means_what_the_text_says_before_and_after(linker):
    text = "VSD: a ventricular septal defect (VSD). Two VSDs; vsd; XVSD."
    label = "Ventricular septal defect"
    assert linked(linker, text) == [
        (0, "VSD", label),
        (7, "ventricular septal defect", label),
        (34, "VSD", label),
        (44, "VSDs", label),
    ]


def test_the_other_direction(linker):
    text = "A VSD (ventricular septal defect) and a VSD."
    assert [word for _, word, _ in linked(linker, text)] == [
        "VSD",
        "ventricular septal defect",
        "VSD",
    ]


def test_a_short_form_without_definition_is_no_mention(linker):
    assert linked(linker, "A VSD.") == []


def test_the_evidence_is_that_of_the_long_form_and_the_definition(linker):
    _, short = linker.link("A ventricular septal defect (VSD)").links
    assert [(e.name, e.value, round(e.weight, 6)) for e in short.candidates[0].why] == [
        ("label", "Ventricular septal defect", 3.0),
        ("abbreviation", 'of "ventricular septal defect"', -0.2),
        ("words", "25 characters", 0.8),
    ]


def test_a_definition_speaks_against_another_owner_of_the_short_form(linker):
    text = "Children with ALL came."
    assert linked(linker, text) == [(14, "ALL", "Acute lymphoid leukaemia")]
    assert linked(linker, "Allergic liver lesion (ALL) is rare.") == []
    # the words of another name of the same concept are no other meaning
    assert linked(linker, "Acute lymphatic leukaemia (ALL)") == [
        (27, "ALL", "Acute lymphoid leukaemia")
    ]


def test_of_two_definitions_each_holds_up_to_the_next(make_base):
    linker = Linker.of(make_base({}, {"Heart failure": [], "Hay fever": []}, {}))
    text = "HF, heart failure (HF), HF, hay fever (HF), HF"
    assert [(word, label) for _, word, label in linked(linker, text)] == [
        ("HF", "Heart failure"),
        ("heart failure", "Heart failure"),
        ("HF", "Heart failure"),
        ("HF", "Heart failure"),
        ("hay fever", "Hay fever"),
        ("HF", "Hay fever"),
        ("HF", "Hay fever"),
    ]


def test_an_excluded_entity_has_no_abbreviation(make_base):
    base = make_base({}, BASE, {})
    row = base.table().labels.index("Ventricular septal defect")
    assert Linker.of(base).link("ventricular septal defect (VSD)", exclude={row}).links == ()


def test_abbreviations_can_be_switched_off(make_base):
    linker = Linker.of(make_base({}, BASE, {}), settings=LinkerSettings(abbreviations=False))
    assert [word for _, word, _ in linked(linker, "ventricular septal defect (VSD)")] == [
        "ventricular septal defect"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 200_000,
        "()" * 100_000,
        "AB " * 100_000 + "(AB)",
        "heart failure (HF) \ud800 (\ud800A) " * 5_000,
        "".join(f"alpha {i} (A{i}) " for i in range(10_000)),
        "a(" + "b" * 500_000 + ")",
    ],
)
def test_hostile_brackets_take_little_time(text, linker):
    began = time.process_time()
    linker.link(text)
    assert time.process_time() - began < 10
