"""The results document: figures of every run, by linked and unlinked texts, and differences."""

import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool

from model.metrics import Outcome, micro_f1_difference, score
from model.rules import broken_rules, triggered_rules
from model.run_folder import Run
from model.setting import Setting
from model.task import Example


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
