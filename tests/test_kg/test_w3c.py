"""The W3C's RDF and SPARQL suites, through loading, export and queries; see docs/w3c.md."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SUITES = Path(os.environ.get("ONTOGRAFT_DATA", "")) / "w3c_rdf_tests" / "rdf-tests.tar.gz"
WANTED = {
    "N-Triples 1.1": 70,
    "N-Quads 1.1": 87,
    "Turtle 1.1": 313,
    "TriG 1.1": 356,
    "RDF/XML 1.1": 164,
    "SPARQL 1.1 query, evaluation": 231,
    "SPARQL 1.1 query, syntax": 103,
    "N-Triples 1.2": 69,
    "N-Quads 1.2": 67,
    "Turtle 1.2": 103,
    "TriG 1.2": 60,
    "RDF/XML 1.2": 29,
}


@pytest.mark.skipif(not SUITES.is_file(), reason="ONTOGRAFT_DATA has no w3c_rdf_tests")
def test_the_suites_pass_as_the_page_says(tmp_path):
    # In a process of its own, without the run-time type checks, which make it six times as long.
    chosen = [word for name in WANTED for word in ("--suite", name)]
    figures = tmp_path / "w3c.json"
    done = subprocess.run(
        [sys.executable, "benchmarks/w3c.py", *chosen, "--json", figures],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(figures.read_text())["w3c"]
    assert {name: counted["passed"] for name, counted in found.items()} == WANTED
    page = (ROOT / "docs" / "w3c.md").read_text()
    for name, counted in found.items():
        row = f"| {name} | {counted['passed']} | {counted['failed']} | {counted['skipped']} |"
        assert row in page


def test_the_page_names_every_test_that_fails_and_why():
    path = ROOT / "benchmarks" / "w3c_suites.py"
    spec = importlib.util.spec_from_file_location("w3c_suites", path)
    suites = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(suites)
    page = (ROOT / "docs" / "w3c.md").read_text()
    for name, why in suites.FAILING.items():
        assert any(f"`{name}`" in line and why in line for line in page.splitlines()), name
    for why in (*suites.SKIPPED.values(), suites.NO_FETCHING):
        assert why in page
