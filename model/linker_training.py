"""Teaches the neural parts of a linker, and the linker what they are worth."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg import KnowledgeBase
from linking import LinkerSettings, Neural, TextRow, TextsError, Trained, train_linker
from model.fine_tuning import FineTuning, Progress
from model.linker_folder import NeuralParts, save_linker, taught_names, untrained
from model.linker_parts import teach_detector, teach_scorer
from model.name_encoder import PLAN
from model.name_vectors import NameVectors, teach_names, updated_index


@dataclass(frozen=True)
class NeuralLinker:
    """What was learnt: weights, names and habits, and the neural parts."""

    trained: Trained
    parts: NeuralParts

    def save(self, folder: str | Path, kb: KnowledgeBase) -> None:
        """Write the folder that `model.load_linker` reads; see `save_linker`."""
        save_linker(folder, kb, self.trained, self.parts)


def train_neural_linker(
    kb: KnowledgeBase,
    backbone: Path,
    gold: Sequence[TextRow] | None = None,
    *,
    parts: Collection[str],
    settings: LinkerSettings | None = None,
    plans: dict[str, FineTuning] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> NeuralLinker:
    """Teach a linker with neural parts.

    Args:
        kb: the knowledge base.
        backbone: folder of the encoder, see `find_backbone`.
        gold: texts with links, their ids those of today; None teaches by the ontology alone,
            which teaches no detector.
        parts: which it has: "names", "context", "mentions".
        settings: of the linker; with gold the threshold is found anew.
        plans: steps and rates of a part, by its name.
        seed: of all chance.
        progress: called after each step.

    Raises:
        TextsError: too little to learn from.
        BackboneError: the folder holds no encoder.
    """
    plans = plans or {}
    marked = None if gold is None else [row for row in gold if row.gold is not None]
    if marked is None and "mentions" in parts:
        raise TextsError(
            "a mention detector is taught by gold links alone",
            mend="Give texts with links: `--gold FILE`.",
        )
    search = scorer = detector = None
    if "names" in parts:
        plan = plans.get("names", PLAN)
        search = teach_names(kb, backbone, plan=plan, seed=seed, progress=progress)
    if "context" in parts:
        scorer = teach_scorer(
            kb, backbone, marked, plan=plans.get("context"), seed=seed, progress=progress
        )
    if "mentions" in parts and marked is not None:
        detector = teach_detector(
            backbone, marked, plan=plans.get("mentions"), seed=seed, progress=progress
        )
    trained = untrained(kb.table(), settings)
    if marked is not None:

        def unknowing(fold: int) -> Neural:
            return Neural(
                search,
                None if scorer is None else scorer.unknowing(fold),
                None if detector is None else detector.unknowing(fold),
            )

        trained = train_linker(kb, marked, settings=settings, neural=unknowing, progress=progress)
        search = None if search is None else _with_learnt(kb, search, trained)
    whole = NeuralParts(
        search,
        None if scorer is None else scorer.whole,
        None if detector is None else detector.whole,
    )
    return NeuralLinker(trained, whole)


def _with_learnt(kb: KnowledgeBase, search: NameVectors, trained: Trained) -> NameVectors:
    """The same with the names that gold texts gave."""
    names = taught_names(kb, trained)
    index = updated_index(search.encoder, search.index, names, where="")
    return NameVectors(search.encoder, index, names)
