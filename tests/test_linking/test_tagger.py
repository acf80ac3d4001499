"""Which spans look like what gold texts mark."""

import random

import numpy as np
import pytest

from linking import GoldLink, Linker, TextRow, TextsError, train_linker
from linking.tagger import (
    BEGIN,
    END,
    INSIDE,
    MAX_LOG_ODDS,
    OUTSIDE,
    SINGLE,
    SpanTagger,
    labels_of,
    tokens_of,
)
from linking.tagging import TaggerFit, marked_text

COLOURS = ["red", "blue", "green", "grey", "white", "black", "pink", "brown"]
ANIMALS = ["fox", "hen", "owl", "cow", "dog", "cat", "bee", "ant"]


def lessons(count=60, seed=3):
    """ "the COLOUR ANIMAL disease" is marked from the colour on; "the COLOUR ANIMAL" is not."""
    chance = random.Random(seed)
    texts = []
    for _ in range(count):
        text, marks = "", []
        for _ in range(4):
            name = f"{chance.choice(COLOURS)} {chance.choice(ANIMALS)}"
            text += "They saw the "
            if chance.random() < 0.5:
                marks.append((len(text), len(text) + len(name) + 8))
                name += " disease"
            text += f"{name} there. "
        texts.append((text, marks))
    return texts


@pytest.fixture(scope="module")
def tagger():
    texts = [marked_text(text, names=(), marks=marks) for text, marks in lessons()]
    return TaggerFit(texts).fitted(range(len(texts)))


def test_tokens_are_words_numbers_signs_and_single_characters_of_chinese():
    tokens = tokens_of("IL-2 甲亢 of_x")
    assert tokens.words == ["IL", "-", "2", "甲", "亢", "of", "_", "x"]
    assert [tokens.starts[at] for at in (0, 1, 2, 3, 4, 5)] == [0, 2, 3, 5, 6, 8]


def test_the_labels_of_tokens_are_those_of_the_longest_span():
    tokens = tokens_of("a b c d e")
    labels = labels_of(tokens, [(2, 3), (0, 5), (8, 9)])
    assert labels.tolist() == [BEGIN, INSIDE, END, OUTSIDE, SINGLE]
    assert labels_of(tokens_of("ab"), [(0, 1)]).tolist() == [OUTSIDE]  # within a token


def test_a_span_is_as_likely_as_the_labellings_that_have_it():
    # outside, begin, inside, end and single of every token weigh 1, 2, 1, 3 and 4
    tagger = SpanTagger({}, np.zeros((3, 5, 5)), np.log([1.0, 2.0, 1.0, 3.0, 4.0]))
    found = tagger.log_odds("x y z", names=(), asked=[(0, 3), (0, 1), (0, 5), (0, 2)])
    # without a longer mention 5 * 5 * 5, with "x y" or "y z" 2 * 3 * 5 each, with all 2 * 1 * 3
    every = 125 + 30 + 30 + 6
    assert found[0, 3] == pytest.approx(np.log(30 / (every - 30)))
    assert found[0, 5] == pytest.approx(np.log(6 / (every - 6)))
    single = 4 * (25 + 6)  # then two tokens alone or one mention of both
    assert found[0, 1] == pytest.approx(np.log(single / (every - single)))
    assert found[0, 2] == -MAX_LOG_ODDS  # no token ends there
    # what is at least 0.3 likely comes unasked: each word by itself
    assert found.keys() == {(0, 3), (0, 1), (0, 5), (0, 2), (2, 3), (4, 5)}


def test_sure_words_part_what_is_judged_together():
    weights = {"0=x": [0.0, 2.0, 0.0, 2.0, 2.0], "0=sure": [20.0, 0, 0, 0, 0]}
    tagger = SpanTagger(weights, np.zeros((3, 5, 5)), np.zeros(5))
    alone = tagger.log_odds("x x", names=(), asked=[(0, 1), (0, 3)])
    found = tagger.log_odds("x x sure x x", names=(), asked=[(0, 1), (0, 3), (9, 12)])
    assert found[0, 1] == pytest.approx(alone[0, 1])
    assert found[0, 3] == pytest.approx(alone[0, 3])
    assert found[9, 12] == pytest.approx(alone[0, 3])


def test_spans_of_words_that_were_never_marked_are_seen_by_what_is_around_them(tagger):
    text = "They saw the mauve ibis disease there. They saw the mauve ibis there."
    end = text.index(" there")
    found = tagger.log_odds(text, names=(), asked=[(52, 62)])
    assert found[13, end] > 0
    assert max(found, key=found.__getitem__) == (13, end)
    assert found[52, 62] < -2


def test_names_of_the_ontology_count():
    # nothing but the names tells what is marked
    texts = []
    for text, marks in lessons():
        plain = text.replace(" disease", " disposal")
        texts.append(marked_text(plain, names=[(s, e + 1) for s, e in marks], marks=()))
        named = [(s, e + 1) for s, e in marks]
        texts[-1] = marked_text(plain, names=named, marks=named)
    tagger = TaggerFit(texts).fitted(range(len(texts)))
    text = "They saw the mauve ibis there."
    with_name = tagger.log_odds(text, names=[(13, 23)], asked=[(13, 23)])
    without = tagger.log_odds(text, names=(), asked=[(13, 23)])
    assert with_name[13, 23] > without[13, 23] + 1


def test_the_same_texts_teach_the_same_and_json_keeps_it(tagger):
    texts = [marked_text(text, names=(), marks=marks) for text, marks in lessons()]
    again = TaggerFit(texts).fitted(range(len(texts)))
    assert again.to_json() == tagger.to_json()
    kept = SpanTagger.from_json(tagger.to_json())
    assert kept.to_json()["bias"] == tagger.to_json()["bias"]
    text = "They saw the mauve ibis disease there."
    place = (13, text.index(" there"))
    assert kept.log_odds(text, names=(), asked=[place])[place] == pytest.approx(
        tagger.log_odds(text, names=(), asked=[place])[place], abs=0.2
    )


def test_texts_without_words_teach_nothing():
    tagger = TaggerFit([marked_text("", names=(), marks=())] * 2).fitted([0, 1])
    assert tagger.log_odds("", names=(), asked=[]) == {}
    assert set(tagger.log_odds("a b", names=(), asked=[(0, 1)])) >= {(0, 1)}


def test_weights_of_another_form_are_told():
    with pytest.raises(TextsError, match="not the weights of spans"):
        SpanTagger.from_json({"features": {"a": [1, 2]}, "names": [], "bias": []})
    with pytest.raises(TextsError, match="not the weights of spans"):
        SpanTagger.from_json({"features": 3})


def test_a_trained_linker_finds_mentions_that_no_name_is_written_like(make_base):
    base = make_base({f"{animal} disease": "Thing" for animal in ANIMALS}, {}, {})
    at = dict(zip(base.table().labels, base.table().curies, strict=True))
    rows = []
    for number, (text, marks) in enumerate(lessons()):
        gold = [
            GoldLink(start, end, at[" ".join(text[start:end].split()[1:])]) for start, end in marks
        ]
        rows.append(TextRow(str(number), text, tuple(gold)))
    linker = Linker.of(base, trained=train_linker(base, rows))
    (link,) = linker.link("They saw the mauve owl disease there.").links
    assert (link.text, link.label) == ("mauve owl disease", "owl disease")
    assert {"alike", "likeness", "marked"} <= {one.name for one in link.candidates[0].why}
