import numpy as np
import pytest

from model.metrics import Outcome, best_threshold, micro_f1, micro_f1_difference, score

GOLD = np.array([[1, 1, 0], [1, 0, 0]], dtype=bool)
CHOSEN = np.array([[1, 0, 0], [1, 1, 0]], dtype=bool)
NO_RULES = np.zeros((2, 0), dtype=bool)


def outcome(chosen: np.ndarray, gold: np.ndarray = GOLD) -> Outcome:
    rules = np.zeros((len(gold), 0), dtype=bool)
    return Outcome(gold, chosen, rules, rules)


def test_micro_f1_pools_all_decisions() -> None:
    # 2 hits, 3 true, 3 chosen
    assert micro_f1(GOLD, CHOSEN) == pytest.approx(2 * 2 / (3 + 3))


def test_macro_f1_is_the_mean_over_labels_that_occur() -> None:
    # label 0: F1 1; label 1: 0 hits, so 0; label 2 is true of no text
    scores = score([outcome(CHOSEN)], generator=np.random.default_rng(0))
    assert scores.macro_f1.value == pytest.approx(0.5)


def test_the_violation_rate_is_the_broken_share_of_the_triggered() -> None:
    triggered = np.array([[1, 1], [1, 1]], dtype=bool)
    broken = np.array([[1, 0], [0, 0]], dtype=bool)
    scores = score([Outcome(GOLD, CHOSEN, triggered, broken)], generator=np.random.default_rng(0))
    assert scores.violation_rate.value == 0.25


def test_where_no_rule_is_triggered_the_rate_is_not_defined() -> None:
    scores = score([outcome(CHOSEN)], generator=np.random.default_rng(0))
    assert scores.violation_rate.to_json() == [None, None, None]


def test_no_texts_give_no_figures() -> None:
    empty = outcome(CHOSEN).part(np.zeros(2, dtype=bool))
    assert score([empty], generator=np.random.default_rng(0)).to_json()["micro_f1"] == [None] * 3


def test_an_interval_holds_its_value_and_shrinks_with_more_texts() -> None:
    uneven = np.array([[1, 1, 0], [0, 1, 1]], dtype=bool)  # the first text right, the second wrong
    few = score([outcome(uneven)], generator=np.random.default_rng(0)).micro_f1
    many = score(
        [outcome(np.tile(uneven, (50, 1)), np.tile(GOLD, (50, 1)))],
        generator=np.random.default_rng(0),
    ).micro_f1
    assert few.low <= few.value <= few.high
    assert many.high - many.low < few.high - few.low


def test_an_answer_does_not_differ_from_itself() -> None:
    answer = [outcome(CHOSEN)]
    same = micro_f1_difference(answer, answer, generator=np.random.default_rng(0))
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)


def test_a_better_answer_has_a_difference_above_zero() -> None:
    gold, chosen = np.tile(GOLD, (50, 1)), np.tile(CHOSEN, (50, 1))
    better = micro_f1_difference(
        [outcome(gold, gold)], [outcome(chosen, gold)], generator=np.random.default_rng(0)
    )
    assert better.low > 0


def test_several_seeds_give_the_mean_and_the_standard_deviation() -> None:
    # micro F1 of CHOSEN is 2/3, of the truth 1: mean 5/6, deviations 1/6 each way
    scores = score([outcome(CHOSEN), outcome(GOLD)], generator=np.random.default_rng(0))
    assert scores.micro_f1.value == pytest.approx(5 / 6)
    assert scores.micro_f1.seeds == pytest.approx((2 / 3, 1))
    assert scores.micro_f1.sd == pytest.approx(np.sqrt(2 * (1 / 6) ** 2))
    document = scores.to_json()
    assert document["sd"]["micro_f1"] == pytest.approx(0.23570)
    assert document["seeds"]["micro_f1"] == [0.66667, 1.0]


def test_a_single_seed_has_no_standard_deviation() -> None:
    scores = score([outcome(CHOSEN)], generator=np.random.default_rng(0))
    assert scores.to_json()["sd"]["micro_f1"] is None


def test_seeds_that_disagree_widen_the_interval() -> None:
    # every text is answered alike, so that drawing texts changes nothing: only the seeds differ
    gold = np.ones((30, 1), dtype=bool)
    right, wrong = outcome(gold, gold), outcome(~gold, gold)
    agreeing = score([right, right], generator=np.random.default_rng(0)).micro_f1
    assert (agreeing.value, agreeing.low, agreeing.high) == (1.0, 1.0, 1.0)
    # a quarter of the draws takes the wrong seed twice, a quarter the right one
    split = score([right, wrong], generator=np.random.default_rng(0)).micro_f1
    assert (split.value, split.low, split.high) == (0.5, 0.0, 1.0)


def test_texts_are_drawn_the_same_for_all_seeds() -> None:
    # twice the same answer is no more evidence than once
    answer = outcome(np.tile(CHOSEN, (9, 1)), np.tile(GOLD, (9, 1)))
    once, twice = (
        score([answer] * seeds, generator=np.random.default_rng(0)).micro_f1 for seeds in (1, 2)
    )
    assert (twice.low, twice.high) == pytest.approx((once.low, once.high))


def test_differences_are_taken_seed_by_seed() -> None:
    # both seeds differ by the same amount, whatever the texts drawn: 0 exactly, in every draw
    first, second = outcome(CHOSEN), outcome(GOLD)
    pair = micro_f1_difference([first, second], [first, second], generator=np.random.default_rng(0))
    assert (pair.value, pair.low, pair.high, pair.sd) == (0.0, 0.0, 0.0, 0.0)


def test_the_best_threshold_separates_true_from_false() -> None:
    probability = np.array([[0.30, 0.28, 0.1], [0.27, 0.1, 0.12]])
    assert best_threshold(GOLD, probability) == 0.25


def test_of_equal_thresholds_the_one_nearest_to_a_half_is_taken() -> None:
    probability = np.array([[0.9, 0.9, 0.1], [0.9, 0.1, 0.1]])
    assert best_threshold(GOLD, probability) == 0.5
