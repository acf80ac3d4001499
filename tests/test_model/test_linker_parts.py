"""Parts of a linker, taught by halves of the texts, or by the ontology alone."""

from pathlib import Path

import pytest

from kg import KnowledgeBase
from linking import GoldLink, Linker, TextRow, TextsError, train_linker
from linking.protocols import Neural
from linking.training import FOLDS
from model.fine_tuning import FineTuning
from model.linker_parts import each_half_and_all, teach_detector, teach_scorer
from model.linker_training import train_neural_linker

PLAN = FineTuning(max_steps=2, batch=4, frozen_layers=3, dropout=False)


def gold_of(kb: KnowledgeBase, count: int) -> list[TextRow]:
    """Texts that name an animal each, by its label."""
    table = kb.table()
    rows = []
    for row in range(len(table) - count, len(table)):
        label = table.labels[row]
        text = f"Today we saw a {label} in the field."
        mark = GoldLink(15, 15 + len(label), table.curies[row])
        rows.append(TextRow(str(row), text, (mark,)))
    return rows


def test_a_fold_is_judged_by_what_its_texts_did_not_teach() -> None:
    taught = each_half_and_all(range(12), list)
    assert taught.whole == list(range(12))
    for fold in range(FOLDS):
        own = {text for text in range(12) if text % FOLDS == fold}
        assert own.isdisjoint(taught.unknowing(fold))
    assert sorted(taught.unknowing(0) + taught.unknowing(FOLDS - 1)) == list(range(12))


def test_the_ontology_alone_teaches_a_context_scorer(zoo: Path) -> None:
    told: dict[str, list[int]] = {}
    with KnowledgeBase.open(zoo / "zoo.sqlite") as kb:
        scorer = teach_scorer(
            kb,
            zoo / "tiny",
            plan=PLAN,
            progress=lambda step, done, count: told.setdefault(step, []).append(done),
        )
        found = Linker.of(kb, neural=Neural(context=scorer.whole)).judge("A small grazing bird.")
    assert scorer.unknowing(0) is scorer.whole
    assert told["train the context scorer"] == [1, 2]
    assert "context score" in {name for name, _, _ in found[0].evidence[0]}
    known, count = scorer.whole.concepts.known()
    assert known == count


def test_the_ontology_alone_teaches_no_detector(zoo: Path) -> None:
    with (
        KnowledgeBase.open(zoo / "zoo.sqlite") as kb,
        pytest.raises(TextsError, match="taught by gold links alone"),
    ):
        train_neural_linker(kb, zoo / "tiny", parts=["mentions"])


def test_gold_teaches_both_parts_and_what_they_are_worth(zoo: Path) -> None:
    with KnowledgeBase.open(zoo / "zoo.sqlite") as kb:
        gold = gold_of(kb, 50)
        detector = teach_detector(zoo / "tiny", gold, plan=PLAN)
        scorer = teach_scorer(kb, zoo / "tiny", gold, plan=PLAN)
        trained = train_linker(
            kb,
            gold,
            neural=lambda fold: Neural(
                context=scorer.unknowing(fold), mentions=detector.unknowing(fold)
            ),
        )
    assert trained.weights.of["detected"] != 0.4  # the default, kept where nothing was said
    assert trained.weights.of["context score"] != 1.0
    assert trained.weights.of["dense"] == 12.0


def test_too_few_gold_links_are_told(zoo: Path) -> None:
    with (
        KnowledgeBase.open(zoo / "zoo.sqlite") as kb,
        pytest.raises(TextsError, match="3 mentions in 3 texts teach no mention detector"),
    ):
        teach_detector(zoo / "tiny", gold_of(kb, 6), plan=PLAN)
