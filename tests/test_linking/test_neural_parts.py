"""Parts that are plugged into the linker; those here are small ones that need no network."""

import random
from dataclasses import dataclass

import pytest

from linking import GoldLink, Linker, Neural, SettingsError, TextRow, TextsError, train_linker
from linking.protocols import DetectedSpan, NearName
from linking.weights import DEFAULT_WEIGHTS, OF_NEURAL_PARTS, Weights


@dataclass(frozen=True)
class Thesaurus:
    """Knows by heart what some words mean."""

    meanings: dict[str, list[NearName]]

    def nearest(self, mentions, k):
        return [self.meanings.get(mention, [])[:k] for mention in mentions]


@dataclass(frozen=True)
class Topic:
    """Speaks for one entity where a word stands in the text, and against it elsewhere."""

    word: str
    row: int

    def scores(self, text, spans, rows):
        sign = 4.0 if self.word in text else -4.0
        return [[sign if row == self.row else 0.0 for row in own] for own in rows]


@dataclass(frozen=True)
class Detector:
    """Holds every "NAME disease" for a mention, and little of anything else."""

    def spans(self, text, also=()):
        found = {span: DetectedSpan(*span, -3.0) for span in also}
        at = text.find(" disease")
        if at >= 0:
            start = text.rfind(" ", 0, at) + 1
            found[start, at + 8] = DetectedSpan(start, at + 8, 9.0)
        return sorted(found.values())


@pytest.fixture(scope="module")
def base(make_base):
    return make_base(
        {"Finding": "Thing", "Scurvy": "Finding", "Fever": "Finding", "Bond": "Thing"},
        {"Bond": [("tie", "exact", "en")], "Fever": [("heat", "exact", "en")]},
        {},
    )


def row_of(base, label):
    return base.table().labels.index(label)


def linked(linker, text):
    return [(link.text, link.label) for link in linker.link(text).links]


def near(base, label, cosine):
    return NearName(row_of(base, label), label, cosine)


def test_a_name_that_only_means_the_same_is_a_candidate(base):
    meanings = {"vitamin C deficiency": [near(base, "Scurvy", 0.9), near(base, "Fever", 0.3)]}
    plain = Linker.of(base).ground(["vitamin C deficiency"])[0]
    [found] = Linker.of(base, neural=Neural(names=Thesaurus(meanings))).ground(
        ["vitamin C deficiency"]
    )
    assert "Scurvy" not in [one.label for one in plain]
    assert found[0].label == "Scurvy"
    assert {"similar", "dense"} <= {one.name for one in found[0].why}


def test_a_name_as_written_stands_above_what_means_the_same(base):
    search = Thesaurus({"fever": [near(base, "Scurvy", 1.0)]})
    [found] = Linker.of(base, neural=Neural(names=search)).ground(["fever"])
    assert found[0].label == "Fever"
    assert "Scurvy" in [one.label for one in found[1:]]


def test_the_text_decides_where_a_context_scorer_speaks(base):
    linker = Linker.of(base, neural=Neural(context=Topic("market", row_of(base, "Bond"))))
    assert linked(linker, "A tie of the market.") == [("tie", "Bond")]
    assert linked(linker, "A tie of the game.") == []
    [inside] = linker.ground(["tie"], texts=["A tie of the market."], spans=[(2, 5)])
    assert "context score" in {one.name for one in inside[0].why}


def test_a_detected_span_without_a_name_gets_what_is_alike(base):
    text = "He had Barlow disease and fever."
    search = Thesaurus({"Barlow disease": [near(base, "Scurvy", 1.0)]})
    assert linked(Linker.of(base), text) == [("fever", "Fever")]
    settings = Linker.of(base, neural=Neural(mentions=Detector(), names=search))
    weights = Weights(DEFAULT_WEIGHTS.of | {"alike": -10.0}, 0.0)
    assert linked(settings.with_weights(weights), text)[0] == ("Barlow disease", "Scurvy")
    [spot] = [one for one in settings.judge(text) if one.mention.text == "Barlow disease"]
    assert {"alike", "likeness", "dense", "detected"} <= {n for n, _, _ in spot.evidence[0]}


def test_excluded_entities_are_no_candidates_of_detected_spans(base):
    search = Thesaurus({"Barlow disease": [near(base, "Scurvy", 1.0)]})
    linker = Linker.of(base, neural=Neural(mentions=Detector(), names=search))
    rows = {row_of(base, "Scurvy")}
    found = linker.judge("Barlow disease", exclude=rows)
    assert all(owner.row not in rows for one in found for owner in one.owners)


def test_what_says_nothing_changes_nothing(base):
    text = "A tie, heat and fever."
    plain, silent = Linker.of(base), Linker.of(base, neural=Neural(names=Thesaurus({})))
    assert silent.link(text).to_json() == plain.link(text).to_json()


class Wrong:
    """Answers in wrong forms."""

    def scores(self, text, spans, rows):
        return [[float("nan")] * len(own) for own in rows]

    def spans(self, text, also=()):
        return [DetectedSpan(0, len(text) + 1, 1.0)]


@pytest.mark.parametrize("part", ["context", "mentions"])
def test_a_part_that_answers_in_a_wrong_form_is_told_of(base, part):
    linker = Linker.of(base, neural=Neural(**{part: Wrong()}))
    with pytest.raises(TextsError, match="gives"):
        linker.link("fever")


def test_spans_need_their_texts(base):
    with pytest.raises(SettingsError, match="1 spans for 1 mentions without texts"):
        Linker.of(base).ground(["fever"], spans=[(0, 5)])


def gold_texts(base):
    """ "tie" is a bond where the text speaks of a market."""
    curie = base.table().curies[row_of(base, "Bond")]
    generator = random.Random(1)
    texts = []
    for number in range(40):
        market = generator.random() < 0.5
        text = f"A tie of the {'market' if market else 'game'}."
        texts.append(TextRow(str(number), text, (GoldLink(2, 5, curie),) if market else ()))
    return texts


def test_training_weighs_what_a_part_says(base):
    """Without the part all ties are alike; with it none is linked wrongly."""
    texts = gold_texts(base)
    plain = train_linker(base, texts)
    scorer = Neural(context=Topic("market", row_of(base, "Bond")))
    informed = train_linker(base, texts, neural=scorer)
    assert plain.record["cross-fitted"]["mention_strict"]["f1"] < 0.9
    assert informed.record["cross-fitted"]["mention_strict"]["f1"] == 1.0
    assert plain.weights.of["context score"] == DEFAULT_WEIGHTS.of["context score"]


def test_each_fold_is_judged_by_its_own_parts(base):
    """The part of one fold speaks the wrong way round, so that fold alone is judged wrongly."""
    row = row_of(base, "Bond")
    right, wrong = Topic("market", row), Topic("game", row)
    texts = gold_texts(base)
    record = train_linker(
        base, texts, neural=lambda fold: Neural(context=wrong if fold == 0 else right)
    ).record
    share_wrong = len(texts[::5]) / len(texts)
    assert record["cross-fitted"]["document"]["recall"] == pytest.approx(
        1 - share_wrong, abs=share_wrong
    )
    assert record["cross-fitted"]["mention_strict"]["f1"] < 1.0


def test_weights_of_before_the_neural_parts_are_read():
    document = DEFAULT_WEIGHTS.to_json()
    older = {name: value for name, value in document.items() if name not in OF_NEURAL_PARTS}
    assert Weights.from_json(older) == DEFAULT_WEIGHTS
