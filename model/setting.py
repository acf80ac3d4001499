"""The setting of an experiment: texts, links, labels, rules, entity texts; shared by all runs."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from kg import KnowledgeBase
from kg.atomic import write_atomically
from linking import Linker
from model.backbone import Backbone, encoder_layers, find_backbone, load_backbone
from model.batching import Batcher
from model.config import TrainConfig
from model.errors import ConfigError
from model.network import EntityFeatures, KnowledgeClassifier
from model.rules import LabelRules, label_rules
from model.run_folder import basis_of, claim, refuse_another
from model.subgraph import Neighbours, cut_subgraph
from model.task import LabelMatches, Task, build_task, linked_rows
from model.text_vectors import TextVectors, entity_text

VECTORS = "vectors.safetensors"
UNGRAFTED = ("plain", "features")
"""Arms that read no entities."""


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
    """All that the runs share. `config.seed` is that of the sample, or of a run: see `of_seed`."""

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
            with_knowledge=arm not in UNGRAFTED,
            matches=(
                LabelMatches(self.kb.graph(), self.task.label_rows) if arm == "features" else None
            ),
        )

    def of_seed(self, seed: int) -> "Setting":
        """The setting of the runs with a seed, in a folder of its own; the texts are the same."""
        if seed == self.config.seed:
            return self
        return replace(
            self,
            config=self.config.model_copy(update={"seed": seed}),
            folder=self.folder / f"seed-{seed}",
        )


def prepare(config: TrainConfig, kb: KnowledgeBase, *, report: Report) -> Setting:
    """Everything before the first gradient step: texts, links, labels, entity text vectors."""
    folder = _run_folder(config)
    backbone = load_backbone(find_backbone(config.backbone))
    _check_fit(config, backbone)
    basis = basis_of(config, kb, backbone.folder)
    refuse_another(folder, basis)
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
    claim(folder, basis, task.to_json(table))
    neighbours = Neighbours(
        graph, limit=config.graft.neighbours, relations=relations, silent=task.defined
    )
    vectors = TextVectors(backbone)
    stored = folder / VECTORS
    if stored.exists():
        vectors.read(stored)
    label_texts = vectors.of([entity_text(table, row) for row in task.label_rows])
    features = _features(kb, task, neighbours, vectors, hops=config.graph.layers, report=report)
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
        features=features,
        label_texts=label_texts,
        neighbours=neighbours,
        folder=folder,
    )


def with_random_links(setting: Setting, *, report: Report) -> Setting:
    """What the `random-links` control reads: the same, but for the links and their entities.

    Its text vectors are kept in a file of its own, so that the other arms stay as they are, to
    the bit, whether this one is trained or not.
    """
    task = setting.task.with_random_links(setting.kb.table(), seed=setting.config.seed)
    vectors = TextVectors(setting.backbone)
    stored = setting.folder / "random-links-vectors.safetensors"
    vectors.read(stored if stored.exists() else _run_folder(setting.config) / VECTORS)
    hops = setting.config.graph.layers
    features = _features(setting.kb, task, setting.neighbours, vectors, hops=hops, report=report)
    if not stored.exists():
        setting.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(stored, vectors.to_bytes())
    return replace(setting, task=task, features=features)


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
            reads_matches=arm == "features",
        )


def features_of(setting: Setting, arm: str) -> EntityFeatures | None:
    """The entity vectors' sources for an arm; `shuffled` gives each entity another's vector."""
    if arm in UNGRAFTED:
        return None
    features = setting.features
    if arm == "shuffled":
        generator = torch.Generator().manual_seed(setting.config.seed)
        permutation = torch.randperm(len(features.own), generator=generator)
        return replace(features, permutation=permutation)
    return features


def _features(
    kb: KnowledgeBase,
    task: Task,
    neighbours: Neighbours,
    vectors: TextVectors,
    *,
    hops: int,
    report: Report,
) -> EntityFeatures:
    """What is known of the entities that are linked in a task, and of those around them."""
    graph, table = kb.graph(), kb.table()
    subgraph = cut_subgraph(
        graph,
        linked_rows(task.examples),
        neighbours=neighbours,
        relations=graph.relations,
        hops=hops,
        silent=task.defined,
    )
    label_texts = vectors.of([entity_text(table, row) for row in task.label_rows])
    texts = vectors.of(
        [entity_text(table, row) for row in subgraph.rows.tolist()],
        progress=lambda done, total: report(Progress("embed", done, total, "entities")),
    )
    return EntityFeatures.of(
        texts, subgraph, centre=label_texts.mean(0), label_rows=task.label_rows
    )


def _run_folder(config: TrainConfig) -> Path:
    return Path(config.out) / "run"


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
