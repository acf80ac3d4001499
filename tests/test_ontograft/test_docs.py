"""The pages say what the code does."""

import doctest
import re
import subprocess
import sys
from pathlib import Path

import typer

from ontograft.cli import app

ROOT = Path(__file__).resolve().parents[2]


def commands():
    return typer.main.get_command(app).commands


def test_pages_made_from_the_code_are_up_to_date():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "docs.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_readme_names_every_command_and_no_other():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("## Commands")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `ontograft ([a-z-]+)", table, flags=re.M)) == set(commands())


def test_every_command_in_the_readme_can_be_typed():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for line in re.findall(r"^(?:\$ )?ontograft ([a-z-]+.*)$", readme, flags=re.M):
        name, *words = line.split()
        assert name in commands(), line
        known = {option for parameter in commands()[name].params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, line


def test_the_readmes_python_runs_as_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = doctest.testfile(
        str(ROOT / "README.md"),
        module_relative=False,
        encoding="utf-8",
        optionflags=doctest.ELLIPSIS,
    )
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_every_link_between_the_pages_leads_somewhere():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page}: {target}"
