"""A small ontology in which every concept has two names that share no word, and a tiny backbone."""

from collections.abc import Iterable
from pathlib import Path

from model import build_tiny_backbone
from model.fine_tuning import FineTuning

ORGANS = {
    "kidney": "renal", "lung": "pulmonary", "heart": "cardiac", "liver": "hepatic",
    "brain": "cerebral", "skin": "cutaneous", "bone": "osseous", "stomach": "gastric",
}  # fmt: skip
TROUBLES = {
    "failure": "insufficiency", "cancer": "carcinoma", "swelling": "oedema",
    "bleeding": "haemorrhage", "scar": "cicatrix", "stone": "calculus",
}  # fmt: skip

PLAN = FineTuning(
    epochs=200, max_steps=80, batch=32, learning_rate=3e-3, head_learning_rate=3e-3, frozen_layers=0
)
"""Enough for the tiny backbone to learn that a renal calculus is a kidney stone."""

Concept = tuple[str, str, tuple[str, ...]]
"""Local name, local name of the parent, names."""


def concepts() -> list[Concept]:
    """A class for each trouble, and below it one for each organ."""
    found: list[Concept] = [("trouble", "", ("trouble",))]
    for trouble, other in TROUBLES.items():
        found.append((trouble, "trouble", (trouble, other)))
        for organ, latin in ORGANS.items():
            names = (f"{organ} {trouble}", f"{latin} {other}")
            found.append((f"{organ}-{trouble}", trouble, names))
    return found


def turtle(chosen: Iterable[Concept]) -> str:
    """The concepts as an ontology; the first name is the label."""
    lines = [
        "@prefix c: <https://example.org/clinic#> .",
        "@prefix owl: <http://www.w3.org/2002/07/owl#> .",
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .",
        "@prefix oio: <http://www.geneontology.org/formats/oboInOwl#> .",
        "<https://example.org/clinic> a owl:Ontology .",
    ]
    for name, parent, names in chosen:
        parts = [f"c:{name} a owl:Class", f'rdfs:label "{names[0]}"']
        parts += [f"rdfs:subClassOf c:{parent}"] if parent else []
        parts += [f'oio:hasExactSynonym "{other}"' for other in names[1:]]
        lines.append(" ; ".join(parts) + " .")
    return "\n".join([*lines, ""])


def build_clinic_backbone(folder: Path) -> Path:
    """A tiny random BERT that knows the words of the clinic."""
    texts = [text for _, _, names in concepts() for text in names] * 3
    return build_tiny_backbone(folder, texts, seed=0)
