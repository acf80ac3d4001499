"""A toy ontology, and the command line as a real process."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ontograft.cli import app
from zoo import build_zoo

ZOO_CONFIG = """\
kb = "zoo.sqlite"
out = "out"
backbone = "tiny"
arms = ["plain", "knowledge"]
rule_loss = [true]

[task]
root = "zoo:animal"
depth = 2
min_examples = 2
train = 40
dev = 10
test = 20

[graft]
heads = 4

[training]
steps = 6
batch = 8
max_tokens = 32
frozen_layers = 1
checkpoint_every = 3
"""

TOY = """\
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix toy: <http://example.org/toy/> .

<http://example.org/toy> a owl:Ontology ;
    owl:versionInfo "1" ;
    dcterms:license <http://www.apache.org/licenses/LICENSE-2.0> .

toy:Medicine a owl:Class ;
    rdfs:label "medicine"@en ;
    skos:definition "What is taken against an illness."@en .

toy:Painkiller a owl:Class ;
    rdfs:subClassOf toy:Medicine ;
    rdfs:label "painkiller"@en ;
    skos:altLabel "analgesic"@en ;
    skos:definition "A medicine that takes pain away."@en .

toy:Aspirin a owl:Class ;
    rdfs:subClassOf toy:Painkiller ;
    rdfs:label "aspirin"@en, "阿司匹林"@zh ;
    skos:altLabel "acetylsalicylic acid"@en ;
    skos:definition "A painkiller that also thins the blood."@en .

toy:Insulin a owl:Class ;
    rdfs:subClassOf toy:Medicine ;
    rdfs:label "insulin"@en ;
    owl:disjointWith toy:Painkiller .
"""


@dataclass(frozen=True)
class Outcome:
    """What a finished command left."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def fault(self) -> dict[str, str]:
        return json.loads(self.err)["error"]


Command = Callable[..., Outcome]


@pytest.fixture(scope="session")
def ontograft() -> Command:
    """Runs `ontograft ARGUMENTS` as a process of its own."""

    def run(*arguments: object, cwd: Path | None = None, **environment: str) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-m", "ontograft", *map(str, arguments)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=cwd,
            env={**os.environ, "COLUMNS": "160", **environment},
            timeout=120,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def inside() -> Command:
    """Runs `ontograft ARGUMENTS` in this process, where torch needs loading only once."""

    def run(*arguments: object) -> Outcome:
        done = CliRunner().invoke(app, list(map(str, arguments)), env={"COLUMNS": "160"})
        return Outcome(done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def toy_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("toy") / "toy.ttl"
    path.write_text(TOY, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def toy_kb(ontograft: Command, toy_file: Path) -> Path:
    """A knowledge base with the toy ontology; only to be read."""
    path = toy_file.with_suffix(".sqlite")
    loaded = ontograft("load", path, toy_file)
    assert loaded.code == 0, loaded.err
    return path


@pytest.fixture(scope="session")
def zoo_model(ontograft: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of `ontograft train` on the zoo; only to be read."""
    folder = tmp_path_factory.mktemp("zoo-model")
    build_zoo(folder)
    (folder / "train.toml").write_text(ZOO_CONFIG, encoding="utf-8")
    trained = ontograft("train", folder / "train.toml")
    assert trained.code == 0, trained.err
    assert "knowledge+rules" in trained.out
    return folder / "out"
