"""A knowledge base that fits on a page, for the examples of this folder."""

from dataclasses import dataclass

import numpy as np
import pytest

from kg import EntityTable, Graph, NameRow
from linking import Linker

DEFINITIONS = {
    "Aspirin": "A drug that thins the blood and lowers fever.",
    "Fever": "A body temperature above normal. Fevers of children often pass by themselves.",
    "Bond": "A financial instrument by which an issuer owes money to the holder of the bond.",
    "Chemical bond": "An attraction between the atoms of a molecule.",
    "Government bond": "A bond issued by a state. Government bonds are bonds without much risk.",
    "Right": "On the side where the liver lies.",
}
NAMES = {
    "Aspirin": [("acetylsalicylic acid", "exact", "en"), ("ASA", "exact", "")],
    "Fever": [("Pyrexia", "exact", "en")],
    "Financial instrument": [("金融工具", "label", "zh")],
    "Bond": [("债券", "label", "zh"), ("debt security", "exact", "en")],
    "Chemical bond": [("bond", "related", "en")],
    "Government bond": [("政府债券", "label", "zh")],
    "European Central Bank": [("ECB", "exact", "en"), ("欧洲央行", "exact", "zh")],
}
PARENTS = {
    "Drug": "Thing",
    "Aspirin": "Drug",
    "Finding": "Thing",
    "Fever": "Finding",
    "Financial instrument": "Thing",
    "Bond": "Financial instrument",
    "Government bond": "Bond",
    "Chemical bond": "Thing",
    "European Central Bank": "Thing",
    "Side": "Thing",
    "Right": "Side",
    "Left": "Side",
    "Right hand fracture": "Finding",
    "Right heart failure": "Finding",
    "Left heart failure": "Finding",
    "Right ear infection": "Finding",
    "Right eye pain": "Finding",
    "Left ear infection": "Finding",
    "Left hand fracture": "Finding",
    "Left eye pain": "Finding",
}


@dataclass(frozen=True)
class ToyBase:
    """The three columns that a linker asks a knowledge base for."""

    entities: EntityTable
    rows: tuple[NameRow, ...]
    edges: Graph

    def table(self) -> EntityTable:
        return self.entities

    def names(self) -> tuple[NameRow, ...]:
        return self.rows

    def graph(self) -> Graph:
        return self.edges


def toy_base(
    parents: dict[str, str],
    names: dict[str, list[tuple[str, str, str]]],
    definitions: dict[str, str],
) -> ToyBase:
    """Each label once, in the order of mention; CURIEs count from TOY:0000."""
    labels = tuple(dict.fromkeys(["Thing", *parents, *names]))
    at = {label: row for row, label in enumerate(labels)}
    rows = []
    for label in labels:
        rows.append(NameRow(at[label], label, "label", "en"))
        rows.extend(NameRow(at[label], *name) for name in names.get(label, ()))
    edges = sorted((at[child], at[parent]) for child, parent in parents.items())
    pairs = np.array(edges, dtype=np.int64).reshape(-1, 2)
    count = len(labels)
    table = EntityTable(
        iris=tuple(f"http://toy/{row:04}" for row in range(count)),
        curies=tuple(f"TOY:{row:04}" for row in range(count)),
        labels=labels,
        definitions=tuple(definitions.get(label, "") for label in labels),
        synonyms=tuple(
            tuple(text for text, kind, _ in names.get(label, ()) if kind == "exact")
            for label in labels
        ),
        kinds=("class",) * count,
        live=np.ones(count, dtype=np.bool_),
    )
    relation = np.zeros(len(pairs), dtype=np.int64)
    graph = Graph(count, pairs[:, 0], relation, pairs[:, 1], ("rdfs:subClassOf",))
    return ToyBase(table, tuple(rows), graph)


@pytest.fixture(scope="session")
def toy() -> ToyBase:
    return toy_base(PARENTS, NAMES, DEFINITIONS)


@pytest.fixture(scope="session")
def toy_linker(toy: ToyBase) -> Linker:
    return Linker.of(toy)


@pytest.fixture(scope="session")
def make_base():
    return toy_base
