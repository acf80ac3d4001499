"""The folder of a run in progress: what it depends on, its losses, and what came of each run.

A folder belongs to one experiment. What its figures depend on is kept in `claim.json`, and a run
that depends on something else is refused there.
"""

import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from safetensors import safe_open
from safetensors.torch import save

from kg import KnowledgeBase
from kg.atomic import write_atomically
from model.config import TrainConfig
from model.errors import ConfigError
from model.network import KnowledgeClassifier
from model.training import StepReport


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


def basis_of(config: TrainConfig, kb: KnowledgeBase, backbone: Path) -> dict[str, Any]:
    """All that a run's figures depend on."""
    texts = config.task.texts
    # places, and what may be added
    own = {"kb", "out", "serve", "backbone", "arms", "rule_loss", "seeds"}
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


def refuse_another(folder: Path, basis: dict[str, Any]) -> None:
    """Refuse a folder that holds a run which depends on something else."""
    claim = folder / "claim.json"
    if not claim.exists():
        return
    before, now = _flat(json.loads(claim.read_text(encoding="utf-8"))), _flat(basis)
    changed = sorted(key for key in before | now if before.get(key) != now.get(key))
    if changed:
        raise ConfigError(
            f"The folder holds a run that differs in: {', '.join(changed)}.",
            where=str(folder),
            mend="Name another `out`, or delete that folder to start anew.",
        )


def claim(folder: Path, basis: dict[str, Any], task: dict[str, Any]) -> None:
    """Keep the task, and say what this run depends on; only once all that was given is checked."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "claim.json").exists():
        write_atomically(folder / "task.json", json.dumps(task, ensure_ascii=False))
    write_atomically(folder / "claim.json", json.dumps(basis, indent=1))


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


def write_run(path: Path, run: Run, network: KnowledgeClassifier) -> None:
    """Keep what came of a run, its trained weights included, in one file."""
    tensors = {f"weight/{name}": tensor for name, tensor in network.trained_state().items()}
    tensors |= {"dev": torch.from_numpy(run.dev), "test": torch.from_numpy(run.test)}
    plain = {
        "threshold": run.threshold,
        "seconds_per_step": run.seconds_per_step,
        "parameters": run.parameters,
        "losses": run.losses,
    }
    write_atomically(path, save(tensors, metadata={"run": json.dumps(plain)}))


def read_run(path: Path, name: str) -> Run:
    """Read back what `write_run` kept, without the weights."""
    with safe_open(path, framework="np") as file:
        plain = json.loads(file.metadata()["run"])
        plain["losses"] = tuple(tuple(point) for point in plain["losses"])
        return Run(name=name, dev=file.get_tensor("dev"), test=file.get_tensor("test"), **plain)


def _flat(tree: dict[str, Any], above: str = "") -> dict[str, Any]:
    """Leaves by dotted path."""
    leaves: dict[str, Any] = {}
    for key, value in tree.items():
        leaves |= (
            _flat(value, f"{above}{key}.") if isinstance(value, dict) else {above + key: value}
        )
    return leaves


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
