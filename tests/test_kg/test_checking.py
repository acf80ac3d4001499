"""A knowledge base of which bytes changed on the disk is found out."""

import random
from contextlib import closing
from pathlib import Path

import pytest

from kg import KnowledgeBase, OntograftError
from kg.store.sqlite import sqlite_module

NEW_NAMES = """\
@prefix obo: <http://purl.obolibrary.org/obo/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
obo:ZOO_0002 rdfs:label "猫"@zh ; rdfs:comment "It \\"purrs\\"." .
"""
SPOILING = {
    "a definition": "UPDATE description SET definition = definition + 1 WHERE definition >= 0",
    "a name and what is searched": "UPDATE name SET text = 'dog', folded = 'dog' WHERE id = 1",
    "the kind of a name": "UPDATE name SET kind = 'exact' WHERE kind = 'broad'",
    "the text of a term": "UPDATE term SET value = 'dog' WHERE value = 'cat'",
    "the language of a term": "UPDATE term SET lang = 'de' WHERE lang = 'zh'",
    "the end of an edge": "UPDATE edge SET tail = 0 WHERE tail = (SELECT max(tail) FROM edge)",
    "a triple that is lost": "DELETE FROM triple WHERE object = (SELECT max(object) FROM triple)",
    "a triple of the past that is lost": "DELETE FROM past_triple",
    "the end of a triple": "UPDATE past_triple SET removed = removed + 1",
    "the beginning of a triple": "UPDATE triple SET added = 1",
    "a licence": "UPDATE release SET licence = 'CC0-1.0'",
    "the IRI of a source": "UPDATE source SET iri = iri || 'x'",
    "the newest release": "UPDATE source SET release = 1",
    "a prefix": "UPDATE prefix SET namespace = namespace || 'x'",
    "a CURIE": "UPDATE entity SET curie = 'ZOO:9999' WHERE row = 0",
    "a relation": "UPDATE relation SET curie = 'eat' WHERE id = 1",
    "the weight of an axiom": "UPDATE axiom SET weight = 0.5",
    "the sums themselves": "UPDATE release SET sums = replace(sums, '1', '2')",
    "an inferred triple": "DELETE FROM inferred WHERE object = (SELECT max(object) FROM inferred)",
    "what is inferred from": "UPDATE meta SET value = value || ' ' WHERE key = 'inferred'",
    "the revision": "UPDATE alembic_version SET version_num = '1'",
    "the index of names": "INSERT INTO name_index (rowid, folded) VALUES (0, 'something else')",
}  # fmt: skip


@pytest.fixture
def zoo_file(zoo: KnowledgeBase, zoo_obo, tmp_path) -> Path:
    """A knowledge base with a past, two sources and inferred triples, in one file."""
    (tmp_path / "names.ttl").write_text(NEW_NAMES, encoding="utf-8")
    zoo.load(tmp_path / "names.ttl")
    zoo_obo.write_text(zoo_obo.read_text().replace("name: youth", "name: childhood"))
    zoo.load(zoo_obo)
    zoo.reason()
    assert zoo.check() == ()
    zoo.close()
    return Path(zoo.location)


def damages(path: Path) -> tuple[str, ...]:
    """What is found, whether on opening or by the check."""
    try:
        with KnowledgeBase.open(path) as kb:
            return kb.check()
    except OntograftError as fault:
        return (fault.what,)


def content(path: Path) -> dict[str, list[object]]:
    """Every row of every table."""
    with closing(sqlite_module().connect(path)) as raw:
        tables = raw.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'name_index%'"
        ).fetchall()
        return {name: raw.execute(f"SELECT * FROM {name}").fetchall() for (name,) in tables}


@pytest.mark.parametrize("what", SPOILING)
def test_a_changed_row_of_any_table_is_found(what, zoo_file):
    with closing(sqlite_module().connect(zoo_file)) as raw:
        raw.execute(SPOILING[what])
        assert raw.total_changes > 0
        raw.commit()
    assert damages(zoo_file)


@pytest.mark.parametrize("length", [1, 40])
def test_bytes_overwritten_anywhere_are_found_or_change_nothing(length, zoo_file, tmp_path):
    with closing(sqlite_module().connect(zoo_file)) as raw:
        raw.execute("VACUUM")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert not Path(f"{zoo_file}-wal").exists()
    assert damages(zoo_file) == ()
    whole, before = zoo_file.read_bytes(), content(zoo_file)
    chance = random.Random(length)
    found = 0
    used = [at for at, byte in enumerate(whole[:-length]) if byte]
    for attempt in range(30):
        at = chance.choice(used)  # what is zero is mostly free space
        spoilt = bytearray(whole)
        for place in range(at, at + length):
            spoilt[place] ^= chance.randrange(1, 256)
        path = tmp_path / f"{attempt}.db"
        path.write_bytes(spoilt)
        if damages(path):
            found += 1
        else:
            assert content(path) == before, f"byte {at}"
    assert found >= 12


def test_a_truncated_file_is_found(zoo_file):
    whole = zoo_file.read_bytes()
    zoo_file.write_bytes(whole[: len(whole) // 2])
    assert damages(zoo_file)


def test_a_whole_knowledge_base_stays_whole_through_releases(zoo, zoo_obo, tmp_path):
    (tmp_path / "names.ttl").write_text(NEW_NAMES, encoding="utf-8")
    zoo.load(tmp_path / "names.ttl")
    first = zoo.releases()[-1].number
    text = zoo_obo.read_text()
    for name in ("childhood", "infancy"):
        zoo_obo.write_text(text.replace("name: youth", f"name: {name}"))
        zoo.load(zoo_obo)
        assert zoo.check() == ()
    zoo.rollback(first)
    assert zoo.check() == ()
    zoo.remove(zoo.summary().sources[0].iri)
    assert zoo.check() == ()
    assert len(zoo.releases()) == 6


def test_postgresql_is_checked_by_the_same_sums(postgres, zoo_obo):
    import psycopg

    url = postgres.new_schema()
    with KnowledgeBase.open(url, create=True) as kb:
        kb.load(zoo_obo)
        kb.reason()
        assert kb.check() == ()
        with psycopg.connect(url) as other:
            other.execute("UPDATE term SET value = 'dog' WHERE value = 'cat'")
            other.execute("UPDATE edge SET origin = 'restriction'")
        assert kb.check() == (
            "The table edge differs from what source 0 brought.",
            "1 texts of the table term are not as they were written.",
        )
