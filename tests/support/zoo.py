"""A small zoo ontology, a tiny random backbone, and an experiment of seconds on them."""

import itertools
from pathlib import Path

from kg import KnowledgeBase
from model import TrainConfig, build_tiny_backbone, parse_config

CLADES = ("mammal", "bird", "fish")
KINDS = ("hunting", "grazing", "diving", "nesting", "burrowing")
TRAITS = ("red", "small", "striped", "old", "northern", "silent")
HOMES = {"mammal": "fur den", "bird": "feather nest", "fish": "scale reef"}


def zoo_turtle() -> str:
    """Three clades, five kinds in each, six animals in each kind; a definition names a home."""
    lines = [
        "@prefix zoo: <https://example.org/zoo#> .",
        "@prefix owl: <http://www.w3.org/2002/07/owl#> .",
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .",
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .",
        '<https://example.org/zoo> a owl:Ontology ; owl:versionInfo "1" .',
        'zoo:animal a owl:Class ; rdfs:label "animal"@en .',
        "zoo:bird owl:disjointWith zoo:fish .",
    ]

    def add(name: str, label: str, parent: str, definition: str) -> None:
        lines.append(
            f'zoo:{name} a owl:Class ; rdfs:label "{label}"@en ; rdfs:subClassOf zoo:{parent} ; '
            f'skos:definition "{definition}"@en .'
        )

    for clade in CLADES:
        add(clade, clade, "animal", f"An animal of the {HOMES[clade]}.")
        home = HOMES[clade].split()[1]
        add(home, HOMES[clade], clade, f"The place where a {clade} lives with its young.")
        for kind in KINDS:
            name = f"{kind}_{clade}"
            add(name, f"{kind} {clade}", clade, f"One of the {kind} animals that live in a {home}.")
            for trait in TRAITS:
                definition = f"A {trait} animal of {kind} habit that keeps to the {HOMES[clade]}."
                add(f"{trait}_{name}", f"{trait} {kind} {clade}", name, definition)
    return "\n".join(itertools.chain(lines, [""]))


def tiny_config(folder: Path, *, steps: int = 12, **other: object) -> TrainConfig:
    """An experiment of seconds on the zoo."""
    return parse_config(
        {
            "kb": str(folder / "zoo.sqlite"),
            "out": str(folder / "out"),
            "backbone": str(folder / "tiny"),
            "task": {"root": "zoo:animal", "depth": 2, "min_examples": 2,
                     "train": 40, "dev": 10, "test": 20},
            "graft": {"heads": 4},
            "training": {"steps": steps, "batch": 8, "frozen_layers": 1, "checkpoint_every": 4,
                         "max_tokens": 32},
            **other,
        }
    )  # fmt: skip


def build_zoo(folder: Path) -> None:
    """The knowledge base and the backbone that `tiny_config` names."""
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "zoo.ttl"
    source.write_text(zoo_turtle(), encoding="utf-8")
    with KnowledgeBase.open(folder / "zoo.sqlite", create=True) as kb:
        kb.load(source)
        table = kb.table()
    texts = [*table.labels, *table.definitions]
    build_tiny_backbone(folder / "tiny", texts, seed=1, width=32)
