"""An experiment: every arm on the same texts, backbone, budget and seed, and the figures of all.

The arms differ in nothing but knowledge:
`dictionary`  no learning: the labels above the concepts that the linker found
`plain`       the backbone, no knowledge
`shuffled`    the graft, with every entity taken for another, drawn at random
`knowledge`   the graft
and each with the name `...+rules` adds the rule-consistency loss.
"""

import hashlib
import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn

from kg import KnowledgeBase
from kg.atomic import write_atomically
from linking import Linker
from model.backbone import Backbone, encoder_layers, find_backbone, load_backbone
from model.batching import Batcher
from model.bundle import Trained, save_bundle
from model.config import TrainConfig
from model.errors import ConfigError
from model.metrics import Outcome, best_threshold, micro_f1_difference, score
from model.network import EntityFeatures, KnowledgeClassifier
from model.rules import LabelRules, broken_rules, label_rules, triggered_rules
from model.subgraph import Neighbours, cut_subgraph
from model.task import Example, Task, build_task, linked_rows
from model.text_vectors import TextVectors, entity_text
from model.training import StepReport, TrainingBatch, train_run

EVALUATION_BATCH = 64
LOSS_POINTS = 60
"""Points of a run's loss curve that the results keep."""


@dataclass(frozen=True)
class Progress:
    """Where an experiment stands: `done` of `total` in a stage; `note` says what a person reads."""

    stage: str
    done: int
    total: int
    note: str = ""


Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Setting:
    """All that the runs share."""

    config: TrainConfig
    kb: KnowledgeBase
    linker: Linker
    backbone: Backbone
    task: Task
    relations: tuple[str, ...]
    rules: LabelRules
    vectors: TextVectors
    features: EntityFeatures
    label_texts: Float[Tensor, "label width"]
    neighbours: Neighbours
    folder: Path

    def batcher(self, arm: str) -> Batcher:
        """Makes batches for an arm."""
        return Batcher(
            backbone=self.backbone,
            neighbours=self.neighbours,
            local=self.features.subgraph.local,
            max_tokens=self.config.training.max_tokens,
            with_knowledge=arm != "plain",
        )


@dataclass(frozen=True)
class Run:
    """What came of one run: probabilities of the dev and the test texts, and how it went."""

    name: str
    dev: Float[np.ndarray, "dev_text label"]
    test: Float[np.ndarray, "test_text label"]
    threshold: float
    seconds_per_step: float
    parameters: int
    losses: tuple[tuple[int, float, float], ...]


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
        if stored.exists() and all(_finished(setting, name).exists() for name in config.runs):
            done: dict[str, Any] = json.loads(stored.read_text(encoding="utf-8"))
            if (done["runs_trained"], done["served"]) == (list(config.runs), config.served_run):
                return done
        runs = [train_arm(setting, name, report=report) for name in config.runs]
        results = results_of(setting, runs)
        served = config.served_run
        if served:
            report(Progress("save", 0, 1, f"the model of {served}"))
            save_bundle(out / "model", _trained(setting, served, runs, results))
            report(Progress("save", 1, 1, f"the model of {served}"))
        write_atomically(stored, json.dumps(results, indent=1))  # last: it says that all is done
    return results


def prepare(config: TrainConfig, kb: KnowledgeBase, *, report: Report) -> Setting:
    """Everything before the first gradient step: texts, links, labels, entity text vectors."""
    folder = Path(config.out) / "run"
    backbone = load_backbone(find_backbone(config.backbone))
    _check_fit(config, backbone)
    settled = _settled(config, kb, backbone.folder)
    _refuse_another(folder, settled)
    linker = Linker.of(kb)
    task = _task(folder, config, kb, linker, report)
    graph, table = kb.graph(), kb.table()
    relations = graph.relations
    rules = label_rules(task.label_rows, graph, table.curies, kb.axioms())
    if True in config.rule_loss and not rules.count:
        raise ConfigError(
            f"The knowledge base states no rule about the {len(task.labels)} labels.",
            where="rule_loss",
            mend="Set rule_loss = [false], or raise task.depth so that labels stand above others.",
        )
    _claim(folder, settled, task.to_json(table))
    neighbours = Neighbours(
        graph, limit=config.graft.neighbours, relations=relations, silent=task.defined
    )
    subgraph = cut_subgraph(
        graph,
        linked_rows(task.examples),
        neighbours=neighbours,
        relations=relations,
        hops=config.graph.layers,
        silent=task.defined,
    )
    vectors = TextVectors(backbone)
    stored = folder / "vectors.safetensors"
    if stored.exists():
        vectors.read(stored)
    label_texts = vectors.of([entity_text(table, row) for row in task.label_rows])
    texts = vectors.of(
        [entity_text(table, row) for row in subgraph.rows.tolist()],
        progress=lambda done, total: report(Progress("embed", done, total, "entities")),
    )
    if not stored.exists():
        write_atomically(stored, vectors.to_bytes())
    return Setting(
        config=config,
        kb=kb,
        linker=linker,
        backbone=backbone,
        task=task,
        relations=relations,
        rules=rules,
        vectors=vectors,
        features=EntityFeatures.of(
            texts, subgraph, centre=label_texts.mean(0), label_rows=task.label_rows
        ),
        label_texts=label_texts,
        neighbours=neighbours,
        folder=folder,
    )


def train_arm(setting: Setting, name: str, *, report: Report) -> Run:
    """Train one run, or take over what an earlier attempt finished."""
    folder = setting.folder / name
    folder.mkdir(parents=True, exist_ok=True)
    finished = _finished(setting, name)
    if finished.exists():
        return _read_run(finished, name)
    arm, _, with_rules = name.partition("+")
    config, task = setting.config, setting.task
    train = task.of("train")
    gold = torch.from_numpy(task.gold(train)).float()
    network, entities = build_network(setting, arm), features_of(setting, arm)
    batcher = setting.batcher(arm)

    def batch_of(chosen: Sequence[int]) -> TrainingBatch:
        return TrainingBatch(batcher.batch([train[i].linked for i in chosen]), gold[list(chosen)])

    curve = Curve(folder / "losses.jsonl", every=max(1, config.training.steps // LOSS_POINTS))

    def after_step(step: StepReport) -> None:
        curve.add(step)
        note = f"{name}  loss {step.task_loss:.2f}  rules {step.rule_loss:.2f}"
        report(Progress(f"train {name}", step.step, config.training.steps, note))

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
    _write_run(finished, run, network)
    return run


def build_network(setting: Setting, arm: str) -> KnowledgeClassifier:
    """A fresh network; the same seed gives the same weights in every arm."""
    config = setting.config
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return KnowledgeClassifier(
            load_backbone(setting.backbone.folder).network,
            label_texts=setting.label_texts,
            relation_count=len(setting.relations),
            graft_layers=config.graft.layers,
            heads=config.graft.heads,
            graph_layers=config.graph.layers,
            frozen_layers=config.training.frozen_layers,
        )


def features_of(setting: Setting, arm: str) -> EntityFeatures | None:
    """The entity vectors' sources for an arm; `shuffled` gives each entity another's vector."""
    if arm == "plain":
        return None
    features = setting.features
    if arm == "shuffled":
        generator = torch.Generator().manual_seed(setting.config.seed)
        permutation = torch.randperm(len(features.own), generator=generator)
        return replace(features, permutation=permutation)
    return features


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


def results_of(setting: Setting, runs: Sequence[Run]) -> dict[str, Any]:
    """The results document: figures of every run, split by linked and unlinked, and differences."""
    task, config = setting.task, setting.config
    test = task.of("test")
    linked = _reads_something(setting, test)
    outcomes = {"dictionary": _outcome(setting, _dictionary_answer(setting))}
    outcomes |= {run.name: _outcome(setting, run.test >= run.threshold) for run in runs}
    by_name = {run.name: run for run in runs}

    def row(name: str, outcome: Outcome) -> dict[str, Any]:
        run = by_name.get(name)
        return {
            "run": name,
            "arm": name.partition("+")[0],
            "rules": name.endswith("+rules"),
            "threshold": run and run.threshold,
            "seconds_per_step": run and run.seconds_per_step,
            "parameters": run and run.parameters,
            **{
                part: score(
                    outcome.part(texts), generator=np.random.default_rng(config.seed)
                ).to_json()
                for part, texts in (
                    ("all", np.ones(len(test), dtype=bool)),
                    ("linked", linked),
                    ("unlinked", ~linked),
                )
            },
            "losses": run and run.losses,
        }

    pairs = [
        (f"knowledge{rules}", f"{control}{rules}")
        for rules in ("", "+rules")
        for control in ("plain", "shuffled")
    ] + [("knowledge", "dictionary"), ("plain+rules", "plain"), ("knowledge+rules", "knowledge")]
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": machine(),
        "runs_trained": list(config.runs),
        "served": config.served_run,
        "config": config.model_dump(mode="json") | {"kb": setting.kb.location},
        "kb": setting.kb.summary().to_json(),
        "kb_version": setting.kb.version(),
        "labels": [
            {"curie": c, "label": n, "train": int(k)}
            for c, n, k in zip(
                task.labels, task.label_names, task.gold(task.of("train")).sum(0), strict=True
            )
        ],
        "label_rules": setting.rules.count,
        "texts": {split: len(task.of(split)) for split in ("train", "dev", "test")},
        "links": sum(len(e.linked.links) for e in task.examples),
        "entities_embedded": len(setting.features.own),
        "runs": [row(name, outcome) for name, outcome in outcomes.items()],
        "differences": [
            {
                "a": a,
                "b": b,
                "micro_f1": micro_f1_difference(
                    outcomes[a], outcomes[b], generator=np.random.default_rng(config.seed)
                ).to_json(),
            }
            for a, b in pairs
            if a in outcomes and b in outcomes
        ],
    }


def machine() -> str:
    """One line on what the figures were made with."""
    return (
        f"{platform.machine()}, {torch.get_num_threads()} threads, Python "
        f"{platform.python_version()}, torch {torch.__version__}"
    )


class Curve:
    """A run's losses, kept in a file so that a resumed run shows its whole curve."""

    def __init__(self, path: Path, *, every: int) -> None:
        self._path, self._every = path, every

    def add(self, step: StepReport) -> None:
        """Keep a step, if it is one of those that are kept."""
        if step.step % self._every == 0:
            with self._path.open("a", encoding="utf-8") as file:
                # the line end comes first: after a kill the line before may be half a one
                file.write("\n" + json.dumps([step.step, step.task_loss, step.rule_loss]))

    def points(self) -> tuple[tuple[int, float, float], ...]:
        """The curve; a step done again after a kill counts once, and a half line not at all."""
        found: dict[int, tuple[int, float, float]] = {}
        if self._path.exists():
            for line in self._path.read_text(encoding="utf-8").splitlines():
                try:
                    step, task, rules = json.loads(line)
                except ValueError:
                    continue  # cut off by a kill
                found[step] = (step, round(task, 4), round(rules, 4))
        return tuple(found[step] for step in sorted(found))


def _settled(config: TrainConfig, kb: KnowledgeBase, backbone: Path) -> dict[str, Any]:
    """All that a run's figures depend on."""
    texts = config.task.texts
    own = {"kb", "out", "serve", "backbone", "arms", "rule_loss"}  # places, and what may be added
    return {
        "version": version("ontograft"),
        "config": config.model_dump(mode="json", exclude={*own, "task"})
        | {"task": config.task.model_dump(mode="json", exclude={"texts"})},
        "kb_version": kb.version(),
        "backbone": {
            name: _file_hash(backbone / name)
            for name in ("config.json", "model.safetensors", "tokenizer.json")
        },
        "texts": texts if texts == "definitions" else _file_hash(Path(texts)),
    }


def _refuse_another(folder: Path, settled: dict[str, Any]) -> None:
    """Refuse a folder that holds a run which depends on something else."""
    claim = folder / "claim.json"
    if not claim.exists():
        return
    before, now = _flat(json.loads(claim.read_text(encoding="utf-8"))), _flat(settled)
    changed = sorted(key for key in before | now if before.get(key) != now.get(key))
    if changed:
        raise ConfigError(
            f"The folder holds a run that differs in: {', '.join(changed)}.",
            where=str(folder),
            mend="Name another `out`, or delete that folder to start anew.",
        )


def _flat(tree: dict[str, Any], above: str = "") -> dict[str, Any]:
    """Leaves by dotted path."""
    leaves: dict[str, Any] = {}
    for key, value in tree.items():
        leaves |= (
            _flat(value, f"{above}{key}.") if isinstance(value, dict) else {above + key: value}
        )
    return leaves


def _claim(folder: Path, settled: dict[str, Any], task: dict[str, Any]) -> None:
    """Keep the task, and say what this run depends on; only once all that was given is checked."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "claim.json").exists():
        write_atomically(folder / "task.json", json.dumps(task, ensure_ascii=False))
    write_atomically(folder / "claim.json", json.dumps(settled, indent=1))


def _task(
    folder: Path, config: TrainConfig, kb: KnowledgeBase, linker: Linker, report: Report
) -> Task:
    """The task, drawn once and kept with the run that claimed the folder."""
    stored = folder / "task.json"
    if stored.exists() and (folder / "claim.json").exists():
        return Task.from_json(json.loads(stored.read_text(encoding="utf-8")), kb.table())
    return build_task(
        config.task,
        kb,
        linker,
        seed=config.seed,
        progress=lambda done, total: report(Progress("link", done, total, "texts")),
    )


def _trained_weights(network: KnowledgeClassifier, arm: str) -> list[nn.Parameter]:
    """The weights that training changes; of the plain arm those of backbone and head alone."""
    return [
        weight
        for name, weight in network.named_parameters()
        if weight.requires_grad and (arm != "plain" or name.startswith(("backbone.", "head.")))
    ]


def _file_hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as fault:
        raise ConfigError(
            f"The file cannot be read: {fault.strerror}.",
            where=str(path),
            mend="Check the path in the config; it is taken from the config's own folder.",
        ) from None


def _check_fit(config: TrainConfig, backbone: Backbone) -> None:
    """Refuse settings that the backbone cannot take, before any time is spent."""
    depth, width = len(encoder_layers(backbone.network)), backbone.width
    positions = backbone.positions
    faults = [
        text
        for wrong, text in (
            (
                width % config.graft.heads,
                f"graft.heads = {config.graft.heads} does not divide the width {width}",
            ),
            (
                config.graft.layers > depth,
                f"graft.layers = {config.graft.layers}, but it has {depth} layers",
            ),
            (
                config.training.frozen_layers > depth,
                f"training.frozen_layers = {config.training.frozen_layers}, "
                f"but it has {depth} layers",
            ),
            (
                config.training.max_tokens > positions,
                f"training.max_tokens = {config.training.max_tokens}, but it reads {positions}",
            ),
        )
        if wrong
    ]
    if faults:
        raise ConfigError(
            f"The config does not fit the backbone: {'; '.join(faults)}.",
            where=str(backbone.folder),
            mend="Change those keys, or name another backbone.",
        )


def _finished(setting: Setting, name: str) -> Path:
    """Where a run's outcome is kept once it is trained."""
    return setting.folder / name / "finished.safetensors"


def _reads_something(setting: Setting, examples: Sequence[Example]) -> Bool[np.ndarray, " text"]:
    """Which texts have a link within the tokens that are read."""
    knowledge = setting.batcher("knowledge").batch([e.linked for e in examples]).knowledge
    reads = np.zeros(len(examples), dtype=bool)
    reads[knowledge.mentions.set_text.numpy()] = True
    return reads


def _dictionary_answer(setting: Setting) -> Bool[np.ndarray, "text label"]:
    """What the links alone say: every label at or above a linked concept."""
    graph = setting.kb.graph()
    place = {row: index for index, row in enumerate(setting.task.label_rows)}
    test = setting.task.of("test")
    chosen = np.zeros((len(test), len(place)), dtype=bool)
    for index, example in enumerate(test):
        for link in example.linked.links:
            above = (link.row, *graph.ancestors(link.row).tolist())
            chosen[index, [place[row] for row in above if row in place]] = True
    return chosen


def _outcome(setting: Setting, chosen: Bool[np.ndarray, "text label"]) -> Outcome:
    decided = torch.from_numpy(chosen)
    return Outcome(
        gold=setting.task.gold(setting.task.of("test")),
        chosen=chosen,
        triggered=triggered_rules(decided, setting.rules).numpy(),
        broken=broken_rules(decided, setting.rules).numpy(),
    )


def _write_run(path: Path, run: Run, network: KnowledgeClassifier) -> None:
    tensors = {f"weight/{name}": tensor for name, tensor in network.trained_state().items()}
    tensors |= {"dev": torch.from_numpy(run.dev), "test": torch.from_numpy(run.test)}
    plain = {
        "threshold": run.threshold,
        "seconds_per_step": run.seconds_per_step,
        "parameters": run.parameters,
        "losses": run.losses,
    }
    write_atomically(path, save(tensors, metadata={"run": json.dumps(plain)}))


def _read_run(path: Path, name: str) -> Run:
    with safe_open(path, framework="np") as file:
        plain = json.loads(file.metadata()["run"])
        plain["losses"] = tuple(tuple(point) for point in plain["losses"])
        return Run(name=name, dev=file.get_tensor("dev"), test=file.get_tensor("test"), **plain)


def _trained(
    setting: Setting, served: str, runs: Sequence[Run], results: dict[str, Any]
) -> Trained:
    with safe_open(_finished(setting, served), framework="pt") as file:
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
        threshold=next(run.threshold for run in runs if run.name == served),
        relations=setting.relations,
        backbone=setting.backbone,
        weights=weights,
        vectors=setting.vectors,
        linker=setting.linker.settings,
        kb_version=setting.kb.version(),
        results=results,
    )
