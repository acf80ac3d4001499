"""The engine against owlrl, a plain implementation of the same rules: neither has more."""

import os
from pathlib import Path

import pytest
import rdflib

from owlrl_oracle import differences, random_ontology

DATA = os.environ.get("ONTOGRAFT_DATA", "")


@pytest.mark.parametrize("seed", range(10))
def test_a_random_ontology_has_the_consequences_that_owlrl_finds(seed):
    missing, extra = differences(random_ontology(seed))
    assert (missing, extra) == (set(), set())


@pytest.mark.skipif(not DATA, reason="ONTOGRAFT_DATA does not say where the data lies")
@pytest.mark.parametrize("name", ["action", "expression", "norm", "relative-places", "role"])
def test_lkif_has_the_consequences_that_owlrl_finds(name):
    graph = rdflib.Graph().parse(Path(DATA, "lkif_core", f"{name}.owl"), format="xml")
    missing, extra = differences(graph)
    assert (missing, extra) == (set(), set())
