"""SIGKILL at any moment of a load leaves the knowledge base as it was before, or as after."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kg import KnowledgeBase
from kg.store.sqlite import sqlite_module

KILLS = 20
TERMS = 2_000
LOADER = """\
import sys
from kg import KnowledgeBase
print("ready", flush=True)
with KnowledgeBase.open(sys.argv[1], create=True) as kb:
    kb.load(sys.argv[2])
print("done", flush=True)
"""


def ontology(terms: int, word: str) -> str:
    """A heap-shaped hierarchy whose labels hold a word that tells the version."""
    stanzas = [
        f'[Term]\nid: H:{i:05}\nname: {word} {i}\ndef: "Thing {i}." [B:{i}]\n'
        f'synonym: "{word} number {i}" EXACT []\n' + (f"is_a: H:{i // 2:05}\n" if i else "")
        for i in range(terms)
    ]
    return "format-version: 1.2\nontology: heap\n\n" + "\n".join(stanzas)


def start(kb: Path, file: Path) -> subprocess.Popen[str]:
    """Load in a second process, without the tests' type checks; its imports are done on return."""
    command = [sys.executable, "-c", LOADER, str(kb), str(file)]
    loader = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert loader.stdout is not None
    assert loader.stdout.readline() == "ready\n"
    return loader


def load(kb: Path, file: Path) -> float:
    """Load to the end; the seconds that it took."""
    loader = start(kb, file)
    began = time.monotonic()
    said, _ = loader.communicate()
    assert said == "done\n"
    return time.monotonic() - began


def kill_after(seconds: float, kb: Path, file: Path) -> bool:
    """Load and kill so long after the start; whether the loader was still at work."""
    loader = start(kb, file)
    time.sleep(seconds)
    os.kill(loader.pid, signal.SIGKILL)
    said, _ = loader.communicate()
    return "done" not in said


def integrity(path: Path) -> str:
    connection = sqlite_module().connect(path)
    (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()
    return verdict


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    """Two versions of an ontology, and the seconds of a first load and of a replacement."""
    folder = tmp_path_factory.mktemp("heap")
    files = []
    for word in ("old", "new"):
        files.append(folder / word / "heap.obo")
        files[-1].parent.mkdir()
        files[-1].write_text(ontology(TERMS, word))
    return files, load(folder / "trial.db", files[0]), load(folder / "trial.db", files[1])


def test_a_kill_during_the_first_load_leaves_nothing_or_all(versions, tmp_path):
    (old, _), seconds, _ = versions
    chance = random.Random(1)
    interrupted = 0
    for attempt in range(KILLS // 2):
        path = tmp_path / f"{attempt}.db"
        interrupted += kill_after(chance.uniform(0, seconds), path, old)
        with KnowledgeBase.open(path, create=True) as kb:
            assert kb.summary().entities in (0, TERMS)
        load(path, old)
        assert integrity(path) == "ok"
        with KnowledgeBase.open(path) as kb:
            assert kb.summary().entities == TERMS
    # Chance may let some loads finish, but a test in which most do proves nothing.
    assert interrupted >= KILLS // 4


def test_a_kill_during_a_replacement_leaves_the_old_or_the_new(versions, tmp_path):
    (old, new), _, seconds = versions
    path = tmp_path / "kb.db"
    load(path, old)
    chance = random.Random(2)
    interrupted = 0
    now, other = old, new
    for _ in range(KILLS // 2):
        interrupted += kill_after(chance.uniform(0, seconds), path, other)
        assert integrity(path) == "ok"
        with KnowledgeBase.open(path) as kb:
            (word,) = {label.split()[0] for label in kb.table().labels}
            assert (kb.summary().entities, kb.summary().names) == (TERMS, 2 * TERMS)
            assert len(kb.graph().head) == TERMS - 1
            assert len(kb.search(f"{word} number", limit=5)) == 5
        if word == other.parent.name:
            now, other = other, now
    assert interrupted >= KILLS // 4
