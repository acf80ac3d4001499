"""SIGKILL at any moment of a load leaves the knowledge base as it was before, or as after."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from kg import KnowledgeBase
from kg.store.dialects import sqlite_module

KILLS = 20
LOADER = """\
import sys
from kg import KnowledgeBase
from kg.readers import files
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


def kill_after(seconds: float, kb: str, file: str) -> bool:
    """Load in a second process and kill it so long after its start; whether it was still at work."""
    loader = subprocess.Popen(
        [sys.executable, "-c", LOADER, kb, file], stdout=subprocess.PIPE, text=True
    )
    assert loader.stdout is not None
    assert loader.stdout.readline() == "ready\n"
    time.sleep(seconds)
    os.kill(loader.pid, signal.SIGKILL)
    said, _ = loader.communicate()
    return "done" not in said


def integrity(path: str) -> str:
    connection = sqlite_module().connect(path)
    (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()
    return verdict


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    """Two versions of an ontology, and how long a load of one takes without its start."""
    folder = tmp_path_factory.mktemp("heap")
    files = []
    for word in ("old", "new"):
        files.append(folder / word / "heap.obo")
        files[-1].parent.mkdir()
        files[-1].write_text(ontology(2_000, word))
    began = time.monotonic()
    with KnowledgeBase.open(folder / "trial.db", create=True) as kb:
        kb.load(files[0])
        middle = time.monotonic()
        kb.load(files[1])
    return files, middle - began, time.monotonic() - middle


def test_a_kill_during_the_first_load_leaves_nothing_or_all(versions, tmp_path):
    (old, _), seconds, _ = versions
    chance = random.Random(1)
    interrupted = 0
    for attempt in range(KILLS // 2):
        path = tmp_path / f"{attempt}.db"
        interrupted += kill_after(chance.uniform(0, seconds), str(path), str(old))
        with KnowledgeBase.open(path, create=True) as kb:
            assert kb.summary().entities in (0, 2_000)
            kb.load(old)
            assert kb.summary().entities == 2_000
        assert integrity(str(path)) == "ok"
    assert interrupted


def test_a_kill_during_a_replacement_leaves_the_old_or_the_new(versions, tmp_path):
    (old, new), _, seconds = versions
    path = tmp_path / "kb.db"
    with KnowledgeBase.open(path, create=True) as kb:
        kb.load(old)
    chance = random.Random(2)
    interrupted = 0
    now, next_ = old, new
    for _ in range(KILLS // 2):
        interrupted += kill_after(chance.uniform(0, seconds), str(path), str(next_))
        assert integrity(str(path)) == "ok"
        with KnowledgeBase.open(path) as kb:
            labels = set(label.split()[0] for label in kb.table().labels)
            assert labels in ({now.parent.name}, {next_.parent.name})
            assert kb.summary().names == 4_000
            assert len(kb.search(f"{labels.copy().pop()} number", limit=5)) == 5
            assert (kb.summary().entities, len(kb.graph().head)) == (2_000, 1_999)
        if labels == {next_.parent.name}:
            now, next_ = next_, now
    assert interrupted
