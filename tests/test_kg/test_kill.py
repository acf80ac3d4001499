"""SIGKILL at any moment of a load leaves the knowledge base as it was before, or as after."""

import random
import signal
from pathlib import Path

import pytest

from fingerprints import fingerprint
from forking import Worker, worker
from kg import KnowledgeBase

KILLS = {"sqlite": 100, "postgresql": 50}
TERMS = 60


def ontology(word: str) -> str:
    """A heap-shaped hierarchy whose labels hold a word that tells the version.

    Versions differ in labels, synonyms, the order of the hierarchy, terms and restrictions.
    """
    step = len(word)
    stanzas = [
        f'[Term]\nid: H:{i:05}\nname: {word} {i}\ndef: "Thing {i}." [B:{i}]\n'
        f'synonym: "{word} number {i}" EXACT []\n'
        + (f"is_a: H:{i // step:05}\nrelationship: after H:{i - 1:05}\n" if i else "")
        for i in range(TERMS + step)
    ]
    typedef = "[Typedef]\nid: after\nname: after\nis_transitive: true\n"
    return "\n".join(["format-version: 1.2", "ontology: heap", "", *stanzas, typedef])


@pytest.fixture(scope="module")
def loader():
    with worker() as found:
        yield found


@pytest.fixture(scope="module")
def versions(tmp_path_factory) -> list[Path]:
    """Two versions of an ontology; each has one name and a folder of its own."""
    folder = tmp_path_factory.mktemp("heap")
    for word in ("old", "newer"):
        (folder / word).mkdir()
        (folder / word / "heap.obo").write_text(ontology(word))
    return [folder / word / "heap.obo" for word in ("old", "newer")]


@pytest.fixture(scope="module")
def whole(versions, tmp_path_factory):
    """The content of a knowledge base into which nothing but one version was loaded."""
    found = []
    for number, file in enumerate(versions):
        with KnowledgeBase.open(tmp_path_factory.mktemp("whole") / "kb.db", create=True) as kb:
            kb.load(file)
            found.append(fingerprint(kb))
            assert sum(found[number]["names"].values()) > 2 * TERMS
    assert found[0] != found[1]
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request):
    return request.param


@pytest.fixture
def new_place(kind, request, tmp_path):
    """Gives places of new knowledge bases."""
    if kind == "postgresql":
        return request.getfixturevalue("postgres").new_schema
    numbers = iter(range(1000))
    return lambda: str(tmp_path / f"{next(numbers)}.db")


def state(place: str, wholes: list) -> int | None:
    """Which version is there, all tables of which agree; None before the first load."""
    with KnowledgeBase.open(place, create=True) as kb:
        assert kb.check() == ()
        found = fingerprint(kb)
        if not found["sources"]:
            assert kb.summary().entities == 0
            return None
        number = wholes.index(found)
        word = ("old", "newer")[number]
        assert len(kb.search(f"{word} number", limit=5)) == 5
        assert len(kb.releases()) >= 1
        return number


def nearer(seconds: float, at_work: bool) -> float:
    """How long a load takes, told by whether the last was still at work: machines vary in speed."""
    return seconds * (1.1 if at_work else 0.8)


def test_a_kill_during_the_first_load_leaves_nothing_or_all(
    kind, new_place, loader: Worker, versions, whole
):
    seconds = loader.seconds("load", new_place(), versions[0])
    chance = random.Random(1)
    kills = KILLS[kind] * 3 // 10
    interrupted = 0
    for _ in range(kills):
        place = new_place()
        at = chance.uniform(0, seconds)
        at_work = loader.interrupted(at, signal.SIGKILL, "load", place, versions[0])
        seconds, interrupted = nearer(seconds, at_work), interrupted + at_work
        assert state(place, whole) in (None, 0)
        assert loader.run("load", place, versions[0]) == 0
        assert state(place, whole) == 0
    # Chance may let many loads finish, but a test in which nearly all do proves nothing.
    assert interrupted >= kills // 4


def test_a_kill_during_an_update_leaves_the_old_or_the_new(
    kind, new_place, loader: Worker, versions, whole
):
    place = new_place()
    assert loader.run("load", place, versions[0]) == 0
    seconds = loader.seconds("load", place, versions[1])
    chance = random.Random(2)
    kills = KILLS[kind] * 7 // 10
    interrupted = 0
    now = 1
    for _ in range(kills):
        at = chance.uniform(0, seconds)
        at_work = loader.interrupted(at, signal.SIGKILL, "load", place, versions[1 - now])
        seconds, interrupted = nearer(seconds, at_work), interrupted + at_work
        found = state(place, whole)
        assert found is not None
        now = found
    assert interrupted >= kills // 4


@pytest.mark.parametrize("again", range(3))
def test_an_interrupt_from_the_keyboard_leaves_the_old_or_the_new(
    again, new_place, loader: Worker, versions, whole
):
    place = new_place()
    first = loader.seconds("load", place, versions[0])
    loader.interrupted(first * again / 3, signal.SIGINT, "load", place, versions[1])
    assert state(place, whole) in (0, 1)
    assert loader.run("load", place, versions[1]) == 0
    assert state(place, whole) == 1
