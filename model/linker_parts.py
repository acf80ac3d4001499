"""Neural parts of a linker, taught: each once from all texts, and once from either half of them.

Weights of evidence must be fitted to what a part says of texts that it was not taught by, since of
its own it is too sure. So two further parts are taught, each by the texts of some folds of
`linking.training`, and asked for the texts of the others (cross-fitting with two halves).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from kg import KnowledgeBase
from linking import Linker, TextRow
from linking.training import FOLDS
from model import context_scorer, mention_detector
from model.backbone import Backbone, load_backbone
from model.context_scorer import AskedText, ConceptVectors, NeuralScorer, train_scorer
from model.fine_tuning import FineTuning, Progress
from model.linker_lessons import definition_questions, gold_questions
from model.mention_detector import NeuralDetector, marked_spans, train_detector
from model.text_vectors import TextVectors

MOST_DEFINITIONS = 3000
"""Definitions that teach, where no gold does."""

FIRST_HALF = FOLDS // 2
"""Folds below this are one half of the texts, the others the other."""

Part = TypeVar("Part")
Lesson = TypeVar("Lesson")


@dataclass(frozen=True)
class Taught(Generic[Part]):
    """A part of a linker.

    Attributes:
        whole: taught by all texts.
        halves: taught by the folds below `FIRST_HALF`, and by the others; None where the texts
            are not those that the weights of evidence are fitted to.
    """

    whole: Part
    halves: tuple[Part, Part] | None = None

    def unknowing(self, fold: int) -> Part:
        """A part that the texts of a fold did not teach."""
        if self.halves is None:
            return self.whole
        return self.halves[1] if fold < FIRST_HALF else self.halves[0]


def teach_detector(
    backbone: Path,
    gold: Sequence[TextRow],
    *,
    plan: FineTuning | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Taught[NeuralDetector]:
    """A mention detector, taught by gold links, whatever they are linked to.

    Args:
        backbone: folder of the encoder.
        gold: texts with links, in the order in which the weights will be fitted to them.
        plan: steps and rates.
        seed: of all chance.
        progress: called after each step.

    Raises:
        TextsError: too few mentions.
        BackboneError: the folder holds no encoder.
    """
    return each_half_and_all(
        marked_spans(gold),
        lambda marks: train_detector(
            load_backbone(backbone),
            marks,
            plan=plan or mention_detector.PLAN,
            seed=seed,
            progress=progress,
        ),
    )


def teach_scorer(
    kb: KnowledgeBase,
    backbone: Path,
    gold: Sequence[TextRow] | None = None,
    *,
    vectors: TextVectors | None = None,
    plan: FineTuning | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Taught[NeuralScorer]:
    """A context scorer, taught by gold links, or by the definitions of the knowledge base.

    Args:
        kb: the knowledge base.
        backbone: folder of the encoder.
        gold: as of `teach_detector`, with the CURIEs of today; None teaches by the names in
            definitions.
        vectors: of concepts, where some are known.
        plan: steps and rates.
        seed: of all chance.
        progress: called after each step.

    Raises:
        TextsError: too few mentions with candidates.
        BackboneError: the folder holds no encoder.
    """
    plan, tell = plan or context_scorer.PLAN, progress or (lambda *_: None)
    linker, table = Linker.of(kb), kb.table()
    vectors = vectors or TextVectors(load_backbone(backbone), quick=True)
    concepts = ConceptVectors(table, kb.graph(), vectors)

    def train(asked: Sequence[AskedText]) -> NeuralScorer:
        given: Backbone = load_backbone(backbone)
        return train_scorer(given, asked, concepts, plan=plan, seed=seed, progress=progress)

    if gold is None:
        asked = definition_questions(kb, linker, seed=seed, limit=MOST_DEFINITIONS, tell=tell)
        taught = Taught(train(asked))
    else:
        taught = each_half_and_all(gold_questions(linker, gold, table, tell=tell), train)
    concepts.all(progress=progress)
    return taught


def each_half_and_all(
    lessons: Sequence[Lesson], train: Callable[[Sequence[Lesson]], Part]
) -> Taught[Part]:
    """Train on either half, then on all."""
    first = [lesson for at, lesson in enumerate(lessons) if at % FOLDS < FIRST_HALF]
    second = [lesson for at, lesson in enumerate(lessons) if at % FOLDS >= FIRST_HALF]
    halves = (train(first), train(second))
    return Taught(train(lessons), halves)
