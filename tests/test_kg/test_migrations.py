"""Knowledge bases of an older ontograft are upgraded, all at once."""

import json
import random
import shutil
import signal
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, inspect, select, text

from fingerprints import fingerprint
from forking import worker
from kg import InputError, KnowledgeBase, NotAKnowledgeBaseError, SchemaVersionError
from kg.store.database import Database
from kg.store.schema import SCHEMA_VERSION, metadata, release
from kg.store.sqlite import sqlite_module
from schema_1 import write_postgresql, write_sqlite
from schema_2 import make_postgresql_older, make_sqlite_older

CHINESE = """\
@prefix obo: <http://purl.obolibrary.org/obo/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
obo:ZOO_0002 rdfs:label "猫"@zh ; rdfs:seeAlso [ rdfs:label "家猫"@zh ] .
"""
RULES = """\
0.9 :: zoo:eats(x, z) :- zoo:eats(x, y), zoo:eats(y, z).
hard :: zoo:near(x, y) :- zoo:near(y, x).
"""


@pytest.fixture
def present(tmp_path, zoo_obo):
    """The zoo, rules and more names, in the present schema."""
    (tmp_path / "zoo.rules").write_text(RULES)
    (tmp_path / "chinese.ttl").write_text(CHINESE, encoding="utf-8")
    path = tmp_path / "present.db"
    with KnowledgeBase.open(path, create=True) as kb:
        kb.load(zoo_obo, tmp_path / "zoo.rules", tmp_path / "chinese.ttl")
    return path


@pytest.fixture
def old(tmp_path, present):
    """An SQLite file of schema 1."""
    write_sqlite(tmp_path / "old.db", present)
    return tmp_path / "old.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path, present):
    """A knowledge base of schema 1."""
    if request.param == "sqlite":
        write_sqlite(tmp_path / "old.db", present)
        return str(tmp_path / "old.db")
    url = request.getfixturevalue("postgres").new_schema()
    write_postgresql(url, present)
    return url


def answers(place: str | Path) -> list[object]:
    with KnowledgeBase.open(place) as kb:
        table, graph = kb.table(), kb.graph()
        return [
            kb.summary(),
            [kb.entity(table.curies[row]) for row in table.live.nonzero()[0]],
            kb.names(),
            (graph.head.tolist(), graph.relation.tolist(), graph.tail.tolist()),
            kb.axioms(),
            [hit.curie for hit in kb.search("hous")],
            kb.sparql("SELECT ?s ?o { ?s rdfs:subClassOf ?o FILTER isIRI(?o) } ORDER BY ?s ?o"),
        ]


def test_an_older_schema_is_refused_with_the_command_that_upgrades_it(place):
    with pytest.raises(SchemaVersionError, match="schema version 1; this ontograft knows 3") as e:
        KnowledgeBase.open(place)
    assert e.value.mend == f"Upgrade it: `ontograft upgrade {e.value.where}`."


def test_an_upgraded_knowledge_base_answers_as_one_that_is_loaded_anew(place, present, zoo_obo):
    assert KnowledgeBase.upgrade(place) == 1
    assert answers(place) == answers(present)
    with KnowledgeBase.open(place) as kb, KnowledgeBase.open(present) as fresh:
        assert kb.check() == ()
        assert [(r.number, r.source, r.added, r.removed, r.current) for r in kb.releases()] == [
            (r.number, r.source, r.added, r.removed, r.current) for r in fresh.releases()
        ]
        # it goes on as any: the same file is known, and a newer one is a release
        (report,) = kb.load(zoo_obo)
        assert report.unchanged
        zoo_obo.write_text(zoo_obo.read_text().replace("name: cat", "name: tomcat"))
        kb.load(zoo_obo)
        assert kb.entity("ZOO:0002").label == "tomcat"
        kb.rollback(3)
        assert kb.entity("ZOO:0002").label == "cat"
        assert kb.check() == ()


def test_upgrading_again_does_nothing(place):
    KnowledgeBase.upgrade(place)
    before = answers(place)
    assert KnowledgeBase.upgrade(place) == SCHEMA_VERSION
    assert answers(place) == before


def test_nothing_newer_or_foreign_is_upgraded(tmp_path, present):
    with pytest.raises(NotAKnowledgeBaseError):
        KnowledgeBase.upgrade(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()
    with closing(sqlite_module().connect(present)) as raw:
        raw.execute("UPDATE meta SET value = '4' WHERE key = 'schema_version'")
        raw.commit()
    with pytest.raises(SchemaVersionError):
        KnowledgeBase.upgrade(present)
    with pytest.raises(InputError):
        KnowledgeBase.upgrade("nosuch://host/kb")


@pytest.fixture(params=["sqlite", "postgresql"])
def of_schema_2(request, tmp_path, present, zoo_obo):
    """A knowledge base of schema 2, and the same in the present schema."""
    if request.param == "sqlite":
        place = str(shutil.copy(present, tmp_path / "of-schema-2.db"))
        make_sqlite_older(Path(place))
        return place, str(present)
    places = [request.getfixturevalue("postgres").new_schema() for _ in range(2)]
    for place in places:
        with KnowledgeBase.open(place, create=True) as kb:
            kb.load(zoo_obo, tmp_path / "zoo.rules")
            kb.load(tmp_path / "chinese.ttl")
    make_postgresql_older(places[0])
    return places[0], places[1]


def test_from_schema_2_nothing_is_lost(of_schema_2, zoo_obo):
    """Definitions are the same texts, and the sums those that a load would have written."""
    place, fresh = of_schema_2
    with pytest.raises(SchemaVersionError, match="schema version 2; this ontograft knows 3"):
        KnowledgeBase.open(place)
    assert KnowledgeBase.upgrade(place) == 2
    with KnowledgeBase.open(place) as kb, KnowledgeBase.open(fresh) as same:
        assert kb.check() == ()
        assert fingerprint(kb) == fingerprint(same)
        assert all_sums(kb) == all_sums(same)
        assert kb.entity("ZOO:0002").definition == "An animal that purrs."
        zoo_obo.write_text(zoo_obo.read_text().replace("that purrs", "that meows"))
        kb.load(zoo_obo)
        assert kb.entity("ZOO:0002").definition == "An animal that meows."
        assert kb.check() == ()


def test_a_definition_that_no_triple_holds_is_kept(present):
    """An older ontograft may have shown it otherwise than the file has it."""
    make_sqlite_older(present)
    with closing(sqlite_module().connect(present)) as raw:
        raw.execute("UPDATE description SET definition = 'Told long ago.' WHERE definition <> ''")
        raw.execute("UPDATE release SET sums = ''")
        raw.commit()
    KnowledgeBase.upgrade(present)
    with KnowledgeBase.open(present) as kb:
        assert kb.entity("ZOO:0002").definition == "Told long ago."
        assert kb.check() == ()


def test_an_upgrade_does_not_hide_damage(present):
    make_sqlite_older(present)
    with closing(sqlite_module().connect(present)) as raw:
        raw.execute("UPDATE description SET definition = 'It barks.' WHERE definition <> ''")
        raw.commit()
    KnowledgeBase.upgrade(present)
    with KnowledgeBase.open(present) as kb:
        assert kb.check() == ("The table description differs from what source 0 brought.",)


def all_sums(kb: KnowledgeBase) -> list[dict[str, int]]:
    """Of all releases, without that of the release itself, which tells the time of its loading."""
    with kb._database.reading() as connection:
        found = connection.execute(select(release.c.sums).order_by(release.c.id))
        every = [json.loads(sums) for sums in found.scalars()]
    return [{table: sum_ for table, sum_ in sums.items() if table != "release"} for sums in every]


def layout(connection: Connection) -> dict[str, object]:
    """All that a database tells of its tables."""
    looked = inspect(connection)
    return {
        table: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in looked.get_columns(table)],
            looked.get_pk_constraint(table),
            looked.get_unique_constraints(table),
            [(i["name"], i["column_names"], i["unique"]) for i in looked.get_indexes(table)],
        )
        for table in metadata.tables
    }


def layouts(place: str) -> tuple[dict[str, object], list[object], set[str]]:
    """The layout, how it differs from the metadata, and the database's own account of it."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def ours(found: object, name: str, kind: str, *_: object) -> bool:
        return not name.startswith("name_index")  # the index of names is made by the dialect

    with closing(Database(place)) as database, database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        differences = compare_metadata(context, metadata)
        if connection.dialect.name == "sqlite":
            own = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"
        else:
            own = "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema()"
        return layout(connection), differences, set(connection.execute(text(own)).scalars())


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_migrations_make_the_tables_that_a_first_load_makes(
    kind, request, tmp_path, zoo_obo, present
):
    """From nothing, by all revisions, in both databases."""
    if kind == "sqlite":
        made, migrated = str(present), str(tmp_path / "migrated.db")
        engine = create_engine(f"sqlite:///{migrated}", module=sqlite_module())
    else:
        postgres = request.getfixturevalue("postgres")
        made, migrated = postgres.new_database(), postgres.new_database()
        with KnowledgeBase.open(made, create=True) as kb:
            kb.load(zoo_obo)
        engine = create_engine(migrated.replace("postgresql:", "postgresql+psycopg:"))
    from kg.store.migrations import upgrade

    with engine.begin() as connection:
        upgrade(connection, 0)
        connection.execute(
            text("INSERT INTO meta VALUES ('application', 'ontograft'), ('schema_version', '3')")
        )
    engine.dispose()
    assert layouts(migrated) == layouts(made)
    assert layouts(made)[1] == []
    with closing(Database(made)) as database, database.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [
            (str(SCHEMA_VERSION),)
        ]


def test_a_kill_during_an_upgrade_leaves_the_old_or_the_new(old, tmp_path):
    """At 15 moments of it, some of which must fall into the work."""
    trials = [tmp_path / "first.db", tmp_path / "second.db"]
    chance = random.Random(3)
    interrupted = 0
    with worker() as upgrader:
        for trial in trials:
            shutil.copy(old, trial)
        seconds = min([upgrader.seconds("upgrade", trial) for trial in trials])
        whole = answers(trials[0])
        for attempt in range(15):
            path = tmp_path / f"{attempt}.db"
            shutil.copy(old, path)
            at = chance.uniform(0, seconds)
            interrupted += upgrader.interrupted(at, signal.SIGKILL, "upgrade", path)
            with closing(sqlite_module().connect(path)) as raw:
                assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                query = "SELECT value FROM meta WHERE key = 'schema_version'"
                ((version,),) = raw.execute(query)
                tables = {row[0] for row in raw.execute("SELECT name FROM sqlite_master")}
            assert ("past_triple" in tables) == (version == "3")
            assert not {"old_triple", "old_source", "old_description"} & tables
            KnowledgeBase.upgrade(path)
            assert answers(path) == whole
    assert interrupted >= 4
