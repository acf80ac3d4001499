"""The results document: figures of every run, by linked and unlinked texts, and differences."""

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool

from model.metrics import Outcome, micro_f1_difference, plain, score
from model.rules import broken_rules, triggered_rules
from model.run_folder import Run
from model.setting import Setting
from model.task import Example

COMPARED = (
    ("knowledge", "plain"),
    ("knowledge", "features"),
    ("knowledge", "shuffled"),
    ("knowledge", "random-links"),
    ("knowledge+rules", "plain+rules"),
    ("knowledge+rules", "features+rules"),
    ("knowledge+rules", "shuffled+rules"),
    ("knowledge+rules", "random-links+rules"),
    ("knowledge", "dictionary"),
    ("plain+rules", "plain"),
    ("knowledge+rules", "knowledge"),
)
"""Runs whose difference is told, where both are there."""


def results_of(setting: Setting, runs: Mapping[str, Sequence[Run]]) -> dict[str, Any]:
    """The results document: figures of every run, split by linked and unlinked, and differences.

    With several seeds a figure is the mean over them, with the interval over seeds and texts.
    Beside it stand its standard deviation and the value of each seed, in the order of `seeds`. A
    row's own threshold and losses are those of the first seed.

    Args:
        setting: what the runs shared.
        runs: by name, for each seed what came of it.
    """
    task, config = setting.task, setting.config
    outcomes = {"dictionary": [_outcome(setting, _dictionary_answer(setting))]}
    outcomes |= {
        name: [_outcome(setting, run.test >= run.threshold) for run in of_seeds]
        for name, of_seeds in runs.items()
    }
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": machine(),
        "runs_trained": list(config.runs),
        "seeds": list(config.run_seeds),
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
        "runs": _rows(setting, runs, outcomes),
        "differences": _differences(outcomes, seed=config.seed),
    }


def _rows(
    setting: Setting, runs: Mapping[str, Sequence[Run]], outcomes: Mapping[str, Sequence[Outcome]]
) -> list[dict[str, Any]]:
    """The figures of each run."""
    linked = _reads_something(setting, setting.task.of("test"))
    parts = {"all": np.ones_like(linked), "linked": linked, "unlinked": ~linked}
    return [
        {
            "run": name,
            "arm": name.partition("+")[0],
            "rules": name.endswith("+rules"),
            **_training(runs.get(name, ())),
            **{
                part: score(
                    [outcome.part(texts) for outcome in of_seeds],
                    generator=np.random.default_rng(setting.config.seed),
                ).to_json()
                for part, texts in parts.items()
            },
            "losses": runs[name][0].losses if name in runs else None,
        }
        for name, of_seeds in outcomes.items()
    ]


def _training(of_seeds: Sequence[Run]) -> dict[str, Any]:
    """How a run was trained; None of what needs no training."""
    if not of_seeds:
        return {"threshold": None, "thresholds": [], "seconds_per_step": None, "parameters": None}
    seconds = sum(run.seconds_per_step for run in of_seeds) / len(of_seeds)
    return {
        "threshold": of_seeds[0].threshold,
        "thresholds": [run.threshold for run in of_seeds],
        "seconds_per_step": round(seconds, 4),
        "parameters": of_seeds[0].parameters,
    }


def _differences(outcomes: Mapping[str, Sequence[Outcome]], *, seed: int) -> list[dict[str, Any]]:
    """Of the runs that are compared; what has no seed is the same beside each."""
    rows = []
    for a, b in COMPARED:
        if a in outcomes and b in outcomes:
            first, second = outcomes[a], outcomes[b]
            if len(second) == 1:
                second = [second[0]] * len(first)
            difference = micro_f1_difference(first, second, generator=np.random.default_rng(seed))
            rows.append(
                {
                    "a": a,
                    "b": b,
                    "micro_f1": difference.to_json(),
                    "sd": plain(difference.sd),
                    "seeds": [plain(figure) for figure in difference.seeds],
                }
            )
    return rows


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
