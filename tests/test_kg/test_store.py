"""What the store stands: a disk that is full, two loaders at once."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fingerprints import fingerprint
from kg import KnowledgeBase
from kg.store.sqlite import sqlite_module

LOAD = """\
import resource, sys
from kg import JobError, KnowledgeBase
limit, place, *files = sys.argv[1:]
if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
try:
    with KnowledgeBase.open(place, create=True) as kb:
        kb.load(*files)
except JobError as fault:
    print(fault.what, "|", fault.mend)
    sys.exit(fault.exit_code)
"""


def load(place: Path, *files: Path, limit: int = 0) -> subprocess.CompletedProcess[str]:
    """Load in a process of its own.

    Args:
        place: of the knowledge base.
        files: to load.
        limit: bytes that a file may have; 0 for any.
    """
    command = [sys.executable, "-c", LOAD, str(limit), str(place), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def big(tmp_path) -> Path:
    """An ontology whose tables need more than a megabyte."""
    path = tmp_path / "big.obo"
    stanzas = [
        f'[Term]\nid: B:{i:05}\nname: thing number {i}\ndef: "{"What it is. " * 40}{i}" []\n'
        for i in range(1500)
    ]
    path.write_text("format-version: 1.2\nontology: big\n\n" + "\n".join(stanzas))
    return path


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of one megabyte, where this user may make one."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=1M", "tmpfs", str(folder)]
    made = os.geteuid() == 0 and subprocess.run(
        ["mount", *options], check=False, capture_output=True
    ).returncode == 0  # fmt: skip
    try:
        yield folder
    finally:
        if made:
            subprocess.run(["umount", str(folder)], check=True)


def test_a_first_load_that_finds_no_room_leaves_no_file(tmp_path, big):
    with small_disk(tmp_path / "disk") as disk:
        limit = 0 if disk.is_mount() else 500_000
        failed = load(disk / "kb.db", big, limit=limit)
        assert failed.returncode == 1, failed.stderr
        assert failed.stdout.startswith("The disk is full")
        assert "Make room" in failed.stdout
        assert list(disk.iterdir()) == []


@pytest.mark.parametrize("room", [0, 20_000, 200_000])
def test_an_update_that_finds_no_room_leaves_what_was_there(room, tmp_path, zoo_obo, big):
    """By a limit on the size of a file, which every user may set."""
    place = tmp_path / "kb.db"
    assert load(place, zoo_obo).returncode == 0
    with KnowledgeBase.open(place) as kb:
        before = fingerprint(kb)
    failed = load(place, big, limit=place.stat().st_size + room)
    assert failed.returncode == 1, failed.stderr
    assert failed.stdout.startswith("The disk is full")
    with KnowledgeBase.open(place) as kb:
        assert fingerprint(kb) == before
        assert kb.check() == ()
    again = load(place, big)
    assert again.returncode == 0, again.stdout
    with KnowledgeBase.open(place) as kb:
        assert kb.summary().entities == 1506


def test_a_full_disk_leaves_what_was_there(tmp_path, zoo_obo, big):
    with small_disk(tmp_path / "disk") as disk:
        if not disk.is_mount():
            pytest.skip("only root may mount a small file system")
        place = disk / "kb.db"
        assert load(place, zoo_obo).returncode == 0
        with KnowledgeBase.open(place) as kb:
            before = fingerprint(kb)
        failed = load(place, big)
        assert failed.returncode == 1, failed.stderr
        assert failed.stdout.startswith("The disk is full")
        with KnowledgeBase.open(place) as kb:
            assert fingerprint(kb) == before
            assert kb.check() == ()


def test_two_loaders_at_once_both_end_well(tmp_path, zoo_obo, big):
    place = tmp_path / "kb.db"
    files = [big, zoo_obo, big, zoo_obo]
    ended: list[subprocess.CompletedProcess[str]] = []
    loaders = [
        threading.Thread(target=lambda file=file: ended.append(load(place, file))) for file in files
    ]
    for loader in loaders:
        loader.start()
    for loader in loaders:
        loader.join()
    assert [(done.returncode, done.stderr) for done in ended] == [(0, "")] * len(files)
    with KnowledgeBase.open(place) as kb:
        assert kb.summary().entities == 1506
        assert len(kb.releases()) == 2
        assert kb.check() == ()


def test_sqlite_is_that_of_the_wheel_in_its_safest_mode(zoo):
    import pysqlite3

    assert sqlite_module() is pysqlite3.dbapi2
    with zoo._database.reading() as connection:
        assert connection.connection.dbapi_connection.__class__ is pysqlite3.dbapi2.Connection
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2  # FULL
