"""The one config of a training run: every hyper-parameter, typed, documented, read strictly.

A config is a TOML file. Relative paths in it are taken from the file's own folder. An unknown key
is an error that names the nearest known one, and all faults are reported at once. The config
stops at the builder (`model.experiment`): layers take plain numbers.
"""

import difflib
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from model.errors import ConfigError

Arm = Literal["plain", "features", "shuffled", "random-links", "knowledge"]
CONTROLS = ("features", "shuffled", "random-links")
"""Arms that are there to be compared with, and never served."""
Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class TaskConfig(_Section):
    """What is learnt: hierarchical multi-label classification over the ontology's concepts."""

    texts: str = Field(
        "definitions",
        description="`definitions` (the ontology's own, each with its own name masked), or a JSONL "
        'file of {"id", "text", "labels": [CURIE, ...], "split": "train|dev|test"}',
    )
    root: str = Field(description="CURIE above all labels; labels lie strictly below it")
    depth: int = Field(2, ge=1, le=12, description="levels below the root that are labels")
    min_examples: int = Field(8, ge=1, description="training texts a label needs to be kept")
    train: int = Field(400, ge=8, description="training texts taken from the definitions")
    dev: int = Field(150, ge=4, description="texts that choose the decision threshold")
    test: int = Field(500, ge=4, description="texts of held-out concepts that give the figures")


class GraftConfig(_Section):
    """The knowledge-augmented attention."""

    layers: int = Field(0, ge=0, description="uppermost backbone layers grafted; 0: upper half")
    heads: int = Field(6, ge=1, description="attention heads; divide the backbone's width")
    neighbours: int = Field(
        24, ge=0, description="neighbours and ancestors that stand beside a candidate"
    )


class GraphConfig(_Section):
    """The graph encoder that refines the entities' text vectors."""

    layers: int = Field(2, ge=0, description="message-passing layers; 0: text and ancestors only")


class TrainingConfig(_Section):
    """The optimisation."""

    steps: int = Field(150, ge=1, description="gradient steps of each arm")
    batch: int = Field(16, ge=1, description="texts a step")
    max_tokens: int = Field(48, ge=8, le=512, description="tokens of a text that are read")
    frozen_layers: int = Field(3, ge=0, description="lowest backbone layers left as they are")
    learning_rate: float = Field(1e-4, gt=0, description="peak rate of the backbone's weights")
    graft_learning_rate: float = Field(2e-3, gt=0, description="peak rate of all new weights")
    gate_learning_rate: float = Field(3e-2, gt=0, description="peak rate of the graft's gates")
    warmup: float = Field(0.1, ge=0, lt=1, description="share of the steps with a rising rate")
    rule_weight: float = Field(1.0, ge=0, description="weight of the rule loss once it is full")
    rule_start: float = Field(0.2, ge=0, lt=1, description="share of the steps without rule loss")
    checkpoint_every: int = Field(50, ge=1, description="steps between two checkpoints")


class TrainConfig(_Section):
    """One experiment: a task, its arms with and without the rule loss, the same seeds for all."""

    kb: str = Field(description="knowledge base: a path or a SQLAlchemy URL")
    out: str = Field(description="folder for the run, the report and the model")
    backbone: str = Field("minilm", description="`minilm`, or a Hugging Face model folder")
    arms: tuple[Arm, ...] = Field(
        ("plain", "shuffled", "knowledge"),
        strict=False,
        min_length=1,
        description="what is compared: `plain` (no knowledge), `features` (what the links "
        "say about each label as plain input, no graft), `shuffled` (each entity taken for "
        "another, the same one in all texts), `random-links` (each mention linked to random "
        "entities, others in each text), `knowledge`",
    )
    rule_loss: tuple[bool, ...] = Field(
        (False, True), strict=False, min_length=1, description="each arm without, with, or both"
    )
    serve: str = Field("", description="arm kept as the model; empty: the last that is no control")
    seed: Seed = Field(7, description="of the sample, the weights, the order and the dropout")
    seeds: tuple[Seed, ...] = Field(
        (),
        strict=False,
        description="seeds of the weights, the order and the dropout: every run is trained with "
        "each, on the sample of `seed`; the model is of the first; empty: `seed` alone",
    )
    task: TaskConfig
    graft: GraftConfig = GraftConfig()
    graph: GraphConfig = GraphConfig()
    training: TrainingConfig = TrainingConfig()

    @model_validator(mode="after")
    def _served_arm_is_trained(self) -> "TrainConfig":
        servable = self._servable
        if self.serve and self.serve not in servable:
            raise ValueError(f"serve = {self.serve!r} is none of {servable}")
        return self

    @property
    def runs(self) -> tuple[str, ...]:
        """Names of all runs in their order, such as `knowledge` and `knowledge+rules`."""
        return tuple(
            f"{arm}+rules" if rules else arm
            for arm in dict.fromkeys(self.arms)
            for rules in dict.fromkeys(self.rule_loss)
        )

    @property
    def served_run(self) -> str | None:
        """The run that becomes the model; None where only controls are trained."""
        servable = self._servable
        return self.serve or (servable[-1] if servable else None)

    @property
    def run_seeds(self) -> tuple[int, ...]:
        """The seeds that every run is trained with, each once."""
        return tuple(dict.fromkeys(self.seeds)) or (self.seed,)

    @property
    def _servable(self) -> list[str]:
        return [run for run in self.runs if run.partition("+")[0] not in CONTROLS]


def read_config(path: str | Path) -> TrainConfig:
    """Read a TOML config strictly.

    Raises:
        ConfigError: no such file, broken TOML (with line), or any key or value that does not fit;
            all such faults in one message.
    """
    path = Path(path)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"There is no config file {path}.",
            where=str(path),
            mend="Give the path of a TOML file; `ontograft demo` writes one to learn from.",
        ) from None
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigError(
            f"The config cannot be read: {fault}.", where=str(path), mend="Give a UTF-8 TOML file."
        ) from None
    except tomllib.TOMLDecodeError as fault:
        raise ConfigError(
            f"The config is not valid TOML: {fault}.",
            where=str(path),
            mend="Mend that line; strings need quotes, sections stand in [brackets].",
        ) from None
    config = parse_config(raw, where=str(path))
    folder = path.resolve().parent
    texts = config.task.texts
    return config.model_copy(
        update={
            "kb": config.kb if "://" in config.kb else _from(folder, config.kb),
            "out": _from(folder, config.out),
            "backbone": _beside(folder, config.backbone),
            "task": config.task.model_copy(
                update={"texts": texts if texts == "definitions" else _from(folder, texts)}
            ),
        }
    )


def parse_config(raw: dict[str, Any], *, where: str = "") -> TrainConfig:
    """Check a config given as plain values.

    Raises:
        ConfigError: every fault found, with the nearest known key for each unknown one.
    """
    try:
        return TrainConfig.model_validate(raw)
    except ValidationError as fault:
        errors = fault.errors()
        items = {error["loc"][:-1] for error in errors}  # a list with a wrong item is not too short
        faults = [
            _fault_text(error)
            for error in errors
            if error["type"] != "too_short" or error["loc"] not in items
        ]
    raise ConfigError(
        f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in the config: " + "; ".join(faults),
        where=where,
        mend="Mend the named keys; docs/config.md lists all keys with their defaults.",
    )


def _from(folder: Path, path: str) -> str:
    return os.path.normpath(folder / path)


def _beside(folder: Path, backbone: str) -> str:
    beside = _from(folder, backbone)
    return beside if Path(beside).is_dir() else backbone


def _fault_text(error: Any) -> str:
    place = [str(part) for part in error["loc"]]
    name = ".".join(place)
    if not name:
        return str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        known = list(_section_of(place[:-1]).model_fields)
        near = difflib.get_close_matches(place[-1], known, n=1)
        hint = f"; did you mean `{near[0]}`?" if near else f"; known: {', '.join(known)}"
        return f"unknown key `{name}`{hint}"
    if error["type"] == "missing":
        return f"`{name}` is missing"
    return f"`{name}`: {error['msg'].removeprefix('Value error, ')} (got {error['input']!r:.60})"


def _section_of(place: list[str]) -> type[BaseModel]:
    section: type[BaseModel] = TrainConfig
    for name in place:
        annotation = section.model_fields[name].annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            section = annotation
    return section
