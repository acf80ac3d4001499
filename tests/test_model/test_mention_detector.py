"""A detector on a tiny random encoder: what it finds, how exactly, and how it is kept."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from linking import GoldLink, TextRow, TextsError
from linking.protocols import MentionDetector
from model import build_tiny_backbone
from model.backbone import Backbone, load_backbone
from model.errors import BundleError
from model.fine_tuning import FineTuning
from model.mention_detector import (
    BEGIN,
    INSIDE,
    OUTSIDE,
    MarkedSpans,
    NeuralDetector,
    load_detector,
    marked_spans,
    save_detector,
    token_labels,
    train_detector,
)
from model.token_windows import Tokens, tokens_of, windows_of

TEXTS = (
    "The patient had severe fever and a small rash on the left hand.",
    "We saw no fever, but the rash was there for weeks.",
    "Fever of unknown cause was treated in the clinic.",
    "A rash may come with fever in young patients.",
    "The left hand of the patient was treated for weeks.",
    "In the clinic we saw patients with a small rash.",
)
PLAN = FineTuning(
    epochs=60, batch=6, learning_rate=3e-3, head_learning_rate=3e-3, frozen_layers=0, max_steps=60
)


def marks_of(text: str) -> MarkedSpans:
    """Every "fever" and "rash" is a mention."""
    folded = text.lower()
    spans = [
        (at, at + len(word))
        for word in ("fever", "rash")
        for at in range(len(text))
        if folded.startswith(word, at)
    ]
    return MarkedSpans(text, tuple(spans))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_backbone(tmp_path_factory.mktemp("tiny"), TEXTS * 3, seed=0)


@pytest.fixture(scope="module")
def train(tiny: Path) -> Callable[[], NeuralDetector]:
    marks = [marks_of(text) for text in TEXTS] * 3
    return lambda: train_detector(load_backbone(tiny), marks, plan=PLAN, seed=1)


@pytest.fixture(scope="module")
def detector(train: Callable[[], NeuralDetector]) -> NeuralDetector:
    return train()


@pytest.fixture(scope="module")
def backbone(tiny: Path) -> Backbone:
    return load_backbone(tiny)


def likely(detector: NeuralDetector, text: str) -> set[tuple[int, int]]:
    return {(one.start, one.end) for one in detector.spans(text) if one.log_odds > 0}


def test_it_learns_what_it_is_shown(detector: NeuralDetector) -> None:
    assert isinstance(detector, MentionDetector)
    for text in TEXTS:
        assert likely(detector, text) == set(marks_of(text).spans)


def test_spans_that_are_asked_for_are_answered_in_any_case(detector: NeuralDetector) -> None:
    text = TEXTS[0]
    hand, fever = text.index("left hand"), text.index("fever")
    asked = [(hand, hand + 9), (fever, fever + 5), (3, 4)]
    found = {(one.start, one.end): one.log_odds for one in detector.spans(text, asked)}
    assert found.keys() >= set(asked)
    assert found[hand, hand + 9] < 0 < found[fever, fever + 5]
    assert [(s, e) for s, e, _ in detector.spans(text, asked)] == sorted(found)


def test_offsets_are_code_points_however_long_the_text_is(detector: NeuralDetector) -> None:
    head = "\U0001f600 Zoë and 王 saw weeks of it. "
    text = head * 40 + TEXTS[0]
    shift = len(head) * 40
    fever = TEXTS[0].index("fever")
    assert len(tokens_of(text, detector.backbone.tokenizer)) > detector.backbone.positions
    assert (shift + fever, shift + fever + 5) in likely(detector, text)
    for start, end, _ in detector.spans(text):
        assert text[start:end].strip() == text[start:end] != ""


@pytest.mark.parametrize("text", ["", " \n", "\ud800 fever \udfff", "fever" * 500])
def test_odd_texts_are_read(detector: NeuralDetector, text: str) -> None:
    for start, end, _ in detector.spans(text):
        assert 0 <= start < end <= len(text)


def test_the_same_seed_gives_the_same_detector(
    detector: NeuralDetector, train: Callable[[], NeuralDetector]
) -> None:
    assert train().spans(TEXTS[0]) == detector.spans(TEXTS[0])


def test_what_is_saved_is_loaded_with_equal_answers(
    detector: NeuralDetector, tmp_path: Path
) -> None:
    save_detector(detector, tmp_path / "detector.safetensors")
    again = load_detector(tmp_path / "detector.safetensors")
    assert [again.spans(text) for text in TEXTS] == [detector.spans(text) for text in TEXTS]
    save_detector(again, tmp_path / "again.safetensors")
    first, second = (tmp_path / f"{name}.safetensors" for name in ("detector", "again"))
    assert first.read_bytes() == second.read_bytes()


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    wrong = tmp_path / "detector.safetensors"
    wrong.write_bytes(b"no tensors")
    with pytest.raises(BundleError, match="no trained part of a linker"):
        load_detector(wrong)


def test_another_backbone_in_the_same_place_is_told(
    detector: NeuralDetector, tmp_path: Path
) -> None:
    place = build_tiny_backbone(tmp_path / "moved", TEXTS, seed=0)
    one = train_detector(
        load_backbone(place), [marks_of(t) for t in TEXTS] * 3, plan=FineTuning(max_steps=1), seed=1
    )
    save_detector(one, tmp_path / "detector.safetensors")
    build_tiny_backbone(place, TEXTS, seed=2)
    with pytest.raises(BundleError, match="not the one that this was trained on"):
        load_detector(tmp_path / "detector.safetensors")


def test_too_few_mentions_are_told(backbone: Backbone) -> None:
    with pytest.raises(TextsError, match="4 mentions in 2 texts"):
        train_detector(backbone, [marks_of(t) for t in TEXTS[:2]], plan=PLAN, seed=1)


def test_of_nested_marks_the_longest_is_learnt() -> None:
    #         lung  cancer  cells  today
    tokens = Tokens([1, 2, 3, 4], [0, 5, 12, 18], [4, 11, 17, 23])
    marks = MarkedSpans("lung cancer cells today", ((0, 4), (0, 11), (18, 23)))
    assert token_labels(tokens, marks) == [BEGIN, INSIDE, OUTSIDE, BEGIN]


def test_gold_links_are_mentions_whatever_they_are_linked_to() -> None:
    rows = [TextRow("1", "no fever", (GoldLink(3, 8, ""),)), TextRow("2", "fever", None)]
    assert marked_spans(rows) == [MarkedSpans("no fever", ((3, 8),))]


def test_each_token_belongs_to_one_window_that_has_some_context_for_it() -> None:
    #        0 1 2 3 4 5 6 7 8 9: windows of 4 that share 2; each owns the first of those shared
    found = [(w.first, w.end, w.own_first, w.own_end) for w in windows_of(10, size=4, overlap=2)]
    assert found == [(0, 4, 0, 3), (2, 6, 3, 5), (4, 8, 5, 7), (6, 10, 7, 10)]


def test_training_leaves_the_lower_layers(tiny: Path) -> None:
    plain, taught = load_backbone(tiny), load_backbone(tiny)
    marks = [marks_of(text) for text in TEXTS] * 3
    train_detector(taught, marks, plan=FineTuning(max_steps=2, frozen_layers=2), seed=1)
    before, after = plain.network.state_dict(), taught.network.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all(name.startswith(("encoder.layer.2.", "encoder.layer.3.")) for name in changed)
