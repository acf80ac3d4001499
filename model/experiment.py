"""An experiment: every arm on the same texts, backbone, budget and seeds, and the figures of all.

The arms differ in nothing but knowledge:
`dictionary`    no learning: the labels above the concepts that the linker found
`plain`         the backbone, no knowledge
`features`      the backbone, and what the links say about each label as plain input to the head
`shuffled`      the graft, with every entity taken for another, drawn at random once for all texts
`random-links`  the graft, with every mention linked to entities drawn at random for each text
`knowledge`     the graft
and each with the name `...+rules` adds the rule-consistency loss.

`shuffled` keeps an entity's identity: where the test texts mention entities that training texts
mention too, training can learn by heart what each stands for. `random-links` keeps nothing but
where the mentions are.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from safetensors import safe_open
from torch import nn

from kg import KnowledgeBase
from kg.atomic import write_atomically
from model.batching import Batcher
from model.bundle import Trained, save_bundle
from model.config import TrainConfig
from model.metrics import best_threshold
from model.network import EntityFeatures, KnowledgeClassifier
from model.results import results_of
from model.run_folder import Curve, Run, read_run, write_run
from model.setting import (
    UNGRAFTED,
    Progress,
    Report,
    Setting,
    build_network,
    features_of,
    prepare,
    with_random_links,
)
from model.training import StepReport, TrainingBatch, repeatable, train_run

EVALUATION_BATCH = 64


LOSS_POINTS = 60
"""Points of a run's loss curve that the results keep."""


def run_experiment(config: TrainConfig, *, report: Report = lambda _: None) -> dict[str, Any]:
    """Train and evaluate all runs, save the figures, and the served run as a model.

    Interrupted, even by SIGKILL, it goes on from the last checkpoint when called again with the
    same config and knowledge base. What is written: `run/` (work in progress), `results.json`,
    and `model/`, all below `config.out`.

    Returns:
        The results document; `results.json` holds the same.

    Raises:
        InputError: anything in the config that does not fit, before any time is spent on it.
        ConfigError: `out` holds a run of another config or of other knowledge.
    """
    out = Path(config.out)
    with KnowledgeBase.open(config.kb) as kb:
        setting = prepare(config, kb, report=report)
        stored = out / "results.json"
        if stored.exists() and _all_finished(setting):
            done: dict[str, Any] = json.loads(stored.read_text(encoding="utf-8"))
            wanted = (list(config.runs), list(config.run_seeds), config.served_run)
            if (done["runs_trained"], done.get("seeds"), done["served"]) == wanted:
                return done
        runs: dict[str, list[Run]] = {name: [] for name in config.runs}
        for seed in config.run_seeds:
            for name in config.runs:
                runs[name].append(train_arm(setting.of_seed(seed), name, report=report))
        results = results_of(setting, runs)
        served = config.served_run
        if served:
            report(Progress("save", 0, 1, f"the model of {served}"))
            save_bundle(out / "model", _trained(setting, served, runs, results))
            report(Progress("save", 1, 1, f"the model of {served}"))
        write_atomically(stored, json.dumps(results, indent=1))  # last: it says that all is done
    return results


def train_arm(setting: Setting, name: str, *, report: Report) -> Run:
    """Train one run, or take over what an earlier attempt finished."""
    folder = setting.folder / name
    folder.mkdir(parents=True, exist_ok=True)
    finished = _finished(setting, name)
    if finished.exists():
        return read_run(finished, name)
    arm, _, with_rules = name.partition("+")
    if arm == "random-links":
        setting = with_random_links(setting, report=report)
    config, task = setting.config, setting.task
    train = task.of("train")
    gold = torch.from_numpy(task.gold(train)).float()
    network, entities = build_network(setting, arm), features_of(setting, arm)
    batcher = setting.batcher(arm)

    def batch_of(chosen: Sequence[int]) -> TrainingBatch:
        return TrainingBatch(batcher.batch([train[i].linked for i in chosen]), gold[list(chosen)])

    stage = f"train {name}"
    if len(config.run_seeds) > 1:
        stage += f", seed {config.seed}"
    curve = Curve(folder / "losses.jsonl", every=max(1, config.training.steps // LOSS_POINTS))

    def after_step(step: StepReport) -> None:
        curve.add(step)
        note = f"{name}  loss {step.task_loss:.2f}  rules {step.rule_loss:.2f}"
        report(Progress(stage, step.step, config.training.steps, note))

    with repeatable():
        seconds = train_run(
            network,
            entities=entities,
            rules=setting.rules if with_rules else None,
            batch_of=batch_of,
            texts=len(train),
            config=config.training,
            seed=config.seed,
            checkpoint=folder / "checkpoint.safetensors",
            report=after_step,
        )
    dev, test = (
        probabilities(network, entities, batcher, [e.linked for e in task.of(split)])
        for split in ("dev", "test")
    )
    run = Run(
        name=name,
        dev=dev,
        test=test,
        threshold=best_threshold(task.gold(task.of("dev")), dev),
        seconds_per_step=round(seconds, 4),
        parameters=sum(p.numel() for p in _trained_weights(network, arm)),
        losses=curve.points(),
    )
    write_run(finished, run, network)
    return run


@torch.inference_mode()
def probabilities(
    network: KnowledgeClassifier,
    entities: EntityFeatures | None,
    batcher: Batcher,
    texts: Sequence[Any],
) -> Float[np.ndarray, "text label"]:
    """Probability of each label for each text, in eval mode."""
    network.eval()
    vectors = None if entities is None else network.entity_vectors(entities)
    parts = []
    for start in range(0, len(texts), EVALUATION_BATCH):
        batch = batcher.batch(texts[start : start + EVALUATION_BATCH])
        parts.append(torch.sigmoid(network(batch, entities, vectors).logits).numpy())
    return np.concatenate(parts)


def _trained_weights(network: KnowledgeClassifier, arm: str) -> list[nn.Parameter]:
    """The weights that training changes; without graft those of backbone and head alone."""
    return [
        weight
        for name, weight in network.named_parameters()
        if weight.requires_grad
        and (arm not in UNGRAFTED or name.startswith(("backbone.", "head.")))
    ]


def _all_finished(setting: Setting) -> bool:
    """Every run is trained with every seed."""
    return all(
        _finished(setting.of_seed(seed), name).exists()
        for seed in setting.config.run_seeds
        for name in setting.config.runs
    )


def _finished(setting: Setting, name: str) -> Path:
    """Where a run's outcome is kept once it is trained."""
    return setting.folder / name / "finished.safetensors"


def _trained(
    setting: Setting, served: str, runs: Mapping[str, Sequence[Run]], results: dict[str, Any]
) -> Trained:
    """The model of a run: that of its first seed."""
    first = setting.of_seed(setting.config.run_seeds[0])
    with safe_open(_finished(first, served), framework="pt") as file:
        weights = {
            key.removeprefix("weight/"): file.get_tensor(key)
            for key in file.keys()  # noqa: SIM118  (safe_open is no mapping)
            if key.startswith("weight/")
        }
    return Trained(
        run=served,
        config=setting.config.model_copy(update={"kb": setting.kb.location}),
        labels=setting.task.labels,
        label_names=setting.task.label_names,
        threshold=runs[served][0].threshold,
        relations=setting.relations,
        backbone=setting.backbone,
        weights=weights,
        vectors=setting.vectors,
        linker=setting.linker.settings,
        kb_version=setting.kb.version(),
        results=results,
    )
