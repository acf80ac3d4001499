import pytest

from linking import Candidate, GoldLink, Link, LinkedText, TextRow, TextsError, score_links

TEXT = "aa bb cc dd ee"


def link(start, end, *candidates):
    """Candidates as (curie, probability), best first."""
    made = tuple(Candidate(0, curie, "", "", p, ()) for curie, p in candidates)
    return Link(start, end, TEXT[start:end], made)


GOLD = [
    TextRow("1", TEXT, (GoldLink(0, 2, "A"), GoldLink(3, 8, "B"), GoldLink(9, 11, "C"))),
    TextRow("2", TEXT, (GoldLink(0, 2, "A"),)),
    TextRow("3", TEXT, None),
]
PREDICTED = [
    LinkedText(
        "1",
        TEXT,
        (
            link(0, 2, ("A", 0.9)),  # right
            link(3, 5, ("B", 0.8)),  # right entity, span too short
            link(9, 11, ("D", 0.6), ("C", 0.3)),  # wrong, the right one second
        ),
    ),
    LinkedText("2", TEXT, (link(12, 14, ("A", 0.5)),)),  # right entity, other place
    LinkedText("3", TEXT, (link(0, 2, ("A", 0.9)),)),  # nobody marked this text
]


def test_strict_mentions_agree_in_span_and_entity():
    score = score_links(GOLD, PREDICTED).mention_strict
    assert (score.precision, score.recall, score.f1) == pytest.approx((1 / 4, 1 / 4, 1 / 4))


def test_overlapping_mentions_agree_in_entity_and_share_a_character():
    score = score_links(GOLD, PREDICTED).mention_overlap
    assert (score.precision, score.recall, score.f1) == pytest.approx((2 / 4, 2 / 4, 2 / 4))


def test_documents_agree_in_their_sets_of_entities():
    # text 1: {A, B, D} against {A, B, C}: 2 of 3; text 2: {A} against {A}
    score = score_links(GOLD, PREDICTED).document
    assert (score.precision, score.recall, score.f1) == pytest.approx((3 / 4, 3 / 4, 3 / 4))


def test_f1_is_the_harmonic_mean():
    # 1 of 1 given is right, 1 of 3 wanted is found: 2 * 1 * (1/3) / (4/3) = 1/2
    one = [LinkedText("1", TEXT, (link(0, 2, ("A", 0.9)),))]
    score = score_links(GOLD[:1], one).mention_strict
    assert (score.precision, score.recall, score.f1) == pytest.approx((1.0, 1 / 3, 0.5))


def test_gold_mentions_are_looked_up_by_their_span():
    scores = score_links(GOLD, PREDICTED)
    assert scores.accuracy_at_1 == 1 / 4
    assert scores.recall_at == {1: 1 / 4, 5: 2 / 4, 30: 2 / 4, 64: 2 / 4}  # C stands second


def test_the_calibration_error_is_the_mean_gap_of_the_bins():
    # bins: 0.9 right, 0.8 wrong, 0.6 wrong, 0.5 wrong: (0.1 + 0.8 + 0.6 + 0.5) / 4
    assert score_links(GOLD, PREDICTED).calibration_error == pytest.approx(0.5)


def test_without_predictions_all_is_zero_and_calibration_is_unknown():
    scores = score_links(GOLD[:1], [LinkedText("1", TEXT, ())])
    assert scores.document.to_json() == {"precision": 0.0, "recall": 0.0, "f1": 0.0}
    assert scores.calibration_error is None


def test_the_json_has_the_documented_fields():
    document = score_links(GOLD, PREDICTED).to_json()
    assert set(document) == {
        "mention_strict",
        "mention_overlap",
        "document",
        "gold_mentions",
        "ece",
    }
    shares = {"acc@1", "any@1", "recall@1", "recall@5", "recall@30", "recall@64"}
    assert set(document["gold_mentions"]) == shares


def test_other_texts_than_the_gold_ones_are_refused():
    with pytest.raises(TextsError, match="3 gold texts but 1 linked"):
        score_links(GOLD, PREDICTED[:1])
    with pytest.raises(TextsError, match='id "1": the gold text and the linked text differ'):
        score_links(GOLD[:1], [LinkedText("1", "other", ())])
    with pytest.raises(TextsError, match="no text has gold"):
        score_links(GOLD[2:], PREDICTED[2:])
