"""What gold texts teach a linker, and that none is judged by what it taught itself."""

import json
import random

import pytest

from kg.errors import FileFaultError, SyntaxFaultError
from linking import GoldLink, Linker, LinkerSettings, TextRow, TextsError, Trained, train_linker
from linking.experience import Experience
from linking.training import FOLDS


@pytest.fixture(scope="module")
def base(make_base):
    return make_base(
        {"Finding": "Thing", "Fever": "Finding", "Cold": "Finding", "Bond": "Thing"},
        {"Cold": [("chill", "related", "en")], "Bond": [("debt", "broad", "en")]},
        {},
    )


def gold_texts(base, count=40):
    """ "chill" is always Cold, "debt" is never Bond, "hot head" is a name that nobody knows."""
    at = dict(zip(base.table().labels, base.table().curies, strict=True))
    generator = random.Random(5)
    texts = []
    for number in range(count):
        parts = [("fever", "Fever"), ("chill", "Cold"), ("debt", ""), ("hot head", "Fever")]
        generator.shuffle(parts)
        text, links = "", []
        for word, label in parts:
            text += "They spoke of "
            if label:
                links.append(GoldLink(len(text), len(text) + len(word), at[label]))
            text += f"{word}. "
        texts.append(TextRow(str(number), text, tuple(links)))
    return texts


@pytest.fixture(scope="module")
def trained(base):
    return train_linker(base, gold_texts(base))


def spans(linked):
    return [(link.text, link.label) for link in linked.links]


def test_a_trained_linker_knows_names_and_habits_of_the_texts(base, trained):
    text = "A hot head, a chill, a debt and a fever."
    assert spans(Linker.of(base).link(text)) == [
        ("chill", "Cold"), ("debt", "Bond"), ("fever", "Fever"),
    ]  # fmt: skip
    linker = Linker.of(base, trained=trained)
    found = linker.link(text)
    assert spans(found) == [("hot head", "Fever"), ("chill", "Cold"), ("fever", "Fever")]
    assert all(link.probability > 0.8 for link in found.links)
    reasons = {reason.name: reason for reason in found.links[0].candidates[0].why}
    assert reasons["learnt"].value == "hot head"
    assert "of 40 times" in reasons["habit"].value


def test_the_record_tells_the_cross_fitted_scores(trained):
    record = trained.record
    assert (record["texts"], record["links"], record["learnt names"]) == (40, 120, 1)
    assert record["cross-fitted"]["mention_strict"]["f1"] == pytest.approx(1.0)
    assert record["cross-fitted"]["ece"] < 0.1


def test_a_name_of_one_fold_alone_does_not_help_that_fold(base):
    texts = gold_texts(base)
    start = len(texts[0].text)
    marks = (*texts[0].gold, GoldLink(start, start + 10, "TOY:0001"))
    once = TextRow("odd", texts[0].text + "brain fire", marks)
    record = train_linker(base, [once, *texts[1:]]).record
    assert record["learnt names"] == 2
    # found by nothing but itself, so it is a miss
    assert record["cross-fitted"]["mention_strict"]["recall"] == pytest.approx(120 / 121)


def test_the_same_texts_teach_the_same(base, trained):
    again = train_linker(base, gold_texts(base))
    assert (again.weights, again.settings, again.taught) == (
        trained.weights,
        trained.settings,
        trained.taught,
    )


def test_few_texts_move_the_weights_little(base):
    few = train_linker(base, gold_texts(base, FOLDS))
    many = train_linker(base, gold_texts(base, 200))
    assert abs(few.weights.of["label"] - 3) <= abs(many.weights.of["label"] - 3) + 0.5


def test_a_trained_linker_is_saved_and_loaded(base, trained, tmp_path):
    trained.save(tmp_path / "linker.json")
    loaded = Trained.load(tmp_path / "linker.json")
    text = "A hot head, a chill, a debt and a fever."
    assert Linker.of(base, trained=loaded).link(text) == Linker.of(base, trained=trained).link(text)
    assert loaded.record == trained.record


def test_what_was_learnt_follows_the_knowledge_base(make_base, trained):
    other = make_base({"Cold": "Thing", "Fever": "Thing"}, {}, {})
    # rows are others, and Bond is no more
    linked = Linker.of(other, trained=trained).link("A hot head, a chill and a debt.")
    table = other.table()
    assert all(table.labels[link.row] == link.label for link in linked.links)


def test_settings_given_hold_over_those_of_the_training(base, trained):
    settings = LinkerSettings(overlap="all", nil_threshold=1.0)
    assert Linker.of(base, trained=trained, settings=settings).settings == settings


@pytest.mark.parametrize(
    ("content", "error", "told"),
    [
        ("{", SyntaxFaultError, "no JSON"),
        ("[]", TextsError, "no trained linker"),
        ('{"format": "other"}', TextsError, "no trained linker"),
        ('{"format": "ontograft-linker-1"}', TextsError, "of another version"),
        ('{"format": "ontograft-linker-2"}', TextsError, "has no 'weights'"),
    ],
)
def test_a_file_that_is_no_trained_linker_is_told(tmp_path, content, error, told):
    path = tmp_path / "linker.json"
    path.write_text(content)
    with pytest.raises(error, match=told):
        Trained.load(path)
    with pytest.raises(FileFaultError, match="cannot be read"):
        Trained.load(tmp_path / "none.json")


def test_a_changed_file_is_told(base, trained, tmp_path):
    path = tmp_path / "linker.json"
    trained.save(path)
    document = json.loads(path.read_text())
    del document["weights"]["label"]
    path.write_text(json.dumps(document))
    with pytest.raises(TextsError, match="not those of this version: label"):
        Trained.load(path)
    with pytest.raises(TextsError, match="not what gold texts taught"):
        Experience.from_json({"names": 3}, base.table())


def test_texts_without_gold_teach_nothing(base):
    with pytest.raises(TextsError, match="0 texts have gold links"):
        train_linker(base, [TextRow(str(i), "A fever.") for i in range(9)])
    unknown = [TextRow(str(i), "A fever.", (GoldLink(2, 7, "X:1"),)) for i in range(9)]
    with pytest.raises(TextsError, match="Mark links in more texts"):
        train_linker(base, unknown)
