"""Folders of modules, their catalogs and imports."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kg import FileFaultError, SyntaxFaultError
from kg.readers.folders import catalogued

OWL = "@prefix owl: <http://www.w3.org/2002/07/owl#> .\n@prefix e: <http://e.org/> .\n"
CATALOG = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<catalog prefer="public" xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">
  <group id="Folder"><uri id="x" name="http://e.org/outside" uri="../outside%20of.ttl"/></group>
  <uri id="y" name="http://e.org/gone" uri="gone.ttl"/>
  <uri id="z" name="http://e.org/far" uri="http://e.org/far.ttl"/>
</catalog>
"""


@pytest.fixture
def modules(tmp_path):
    """all.ttl imports one (by its version) and outside; outside imports what is nowhere."""
    folder = tmp_path / "modules"
    (folder / "inner" / ".hidden").mkdir(parents=True)
    (folder / "all.ttl").write_text(
        OWL + "e:all a owl:Ontology ; owl:imports e:one-2026 , e:outside , e:gone , e:far .\n"
    )
    (folder / "inner" / "one.ttl").write_text(
        OWL + "e:one a owl:Ontology ; owl:versionIRI e:one-2026 . e:Cat a owl:Class .\n"
    )
    (folder / "inner" / "README.md").write_text("# not an ontology\n")
    (folder / "inner" / ".hidden" / "broken.ttl").write_text("broken")
    (folder / "catalog-v001.xml").write_text(CATALOG)
    (tmp_path / "outside of.ttl").write_text(
        OWL + "e:outside a owl:Ontology ; owl:imports e:nowhere . e:Dog a owl:Class .\n"
    )
    return folder


def test_a_folder_is_loaded_with_what_its_catalog_knows(empty_kb, modules):
    reports = {r.source.iri.rpartition("/")[2]: r for r in empty_kb.load(modules)}
    assert list(reports) == ["all", "one", "outside"]
    assert reports["all"].missing_imports == ("http://e.org/gone", "http://e.org/far")
    assert reports["outside"].missing_imports == ("http://e.org/nowhere",)
    assert [w.text for w in reports["all"].warnings] == [
        "The file only imports 4 others, which are not fetched."
    ]
    assert [empty_kb.entity(f"e:{name}").label for name in ("Cat", "Dog")] == ["Cat", "Dog"]
    assert len(empty_kb.summary().sources) == 3
    assert reports["all"].to_json()["missing_imports"] == ["http://e.org/gone", "http://e.org/far"]


def test_a_catalog_stands_for_the_modules_that_it_lists(empty_kb, modules):
    reports = empty_kb.load(modules / "catalog-v001.xml")
    assert [report.source.iri for report in reports] == ["http://e.org/outside"]
    (modules / "catalog-v001.xml").write_text(CATALOG.replace("outside%20of", "nothing"))
    with pytest.raises(FileFaultError, match="lists no file that is here"):
        empty_kb.load(modules / "catalog-v001.xml")
    with pytest.raises(FileFaultError, match="no such file"):
        empty_kb.load(modules / "inner" / "catalog-v001.xml")


def test_an_import_that_was_loaded_before_is_not_missing(empty_kb, modules):
    empty_kb.load(modules / "inner" / "one.ttl")
    (modules / "two.ttl").write_text(
        OWL + "e:two a owl:Ontology ; owl:imports e:one-2026 , e:one . e:Cow a owl:Class .\n"
    )
    (report,) = empty_kb.load(modules / "two.ttl")
    assert report.missing_imports == ()


def test_a_folder_again_changes_nothing(empty_kb, modules):
    empty_kb.load(modules)
    before = empty_kb.version()
    assert all(report.unchanged for report in empty_kb.load(modules))
    assert empty_kb.version() == before


def test_progress_counts_what_the_catalog_adds(empty_kb, modules):
    seen = []
    empty_kb.load(modules, progress=lambda p: seen.append((p.step, p.done, p.total)))
    assert seen == [
        ("read", 0, 2), ("read", 1, 3), ("read", 2, 3), ("read", 3, 3),
        ("write", 0, 3), ("write", 1, 3), ("write", 2, 3), ("write", 3, 3),
    ]  # fmt: skip


def test_a_broken_module_leaves_nothing_half_loaded(empty_kb, modules):
    (modules / "inner" / "two.ttl").write_text("<http://e.org/a> <http://e.org/b>\n")
    with pytest.raises(SyntaxFaultError) as raised:
        empty_kb.load(modules)
    assert "two.ttl:" in raised.value.where
    assert empty_kb.summary().sources == ()


def test_two_modules_of_one_iri_are_refused(empty_kb, modules):
    (modules / "copy.ttl").write_bytes((modules / "inner" / "one.ttl").read_bytes())
    with pytest.raises(FileFaultError, match=r"the same ontology, http://e\.org/one"):
        empty_kb.load(modules)


@pytest.mark.parametrize(
    ("catalog", "said"),
    [
        ("<catalog>\n<uri", "no XML: unclosed token"),
        ('<!DOCTYPE c [<!ENTITY a "b">]>\n<c/>', "declares an entity"),
    ],
)
def test_a_bad_catalog_is_told_with_its_place(modules, catalog, said):
    (modules / "catalog-v001.xml").write_text(catalog)
    with pytest.raises(SyntaxFaultError, match=said) as raised:
        catalogued(modules)
    assert "catalog-v001.xml:" in raised.value.where


@pytest.mark.skipif("ONTOGRAFT_DATA" not in os.environ, reason="needs fibo in ONTOGRAFT_DATA")
def test_fibo_is_loaded_whole(empty_kb):
    # README of fibo: 274 modules; MarketsIndividuals and the OMG Commons are not in the folder.
    folder = Path(os.environ["ONTOGRAFT_DATA"]) / "fibo"
    code = "import kg, sys; kg.KnowledgeBase.open(sys.argv[1], create=True).load(sys.argv[2])"
    subprocess.run([sys.executable, "-c", code, empty_kb.location, folder], check=True)
    reports = empty_kb.load(folder / "FND")
    assert all(report.unchanged for report in reports)
    assert len(empty_kb.summary().sources) == 274
    missing = {iri for report in reports for iri in report.missing_imports}
    assert "https://www.omg.org/spec/Commons/AnnotationVocabulary/" in missing
    # grep -rhoE '<owl:Class rdf:about="[^"]*"' | sort -u | wc -l; one more comes in another form.
    classes = "SELECT (COUNT(DISTINCT ?c) AS ?n) { ?c a owl:Class FILTER(isIRI(?c)) }"
    assert empty_kb.sparql(classes).rows[0][0].value == "3013"
