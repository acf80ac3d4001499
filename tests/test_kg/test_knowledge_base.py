"""Loading again, rows for ever, versions, and places that are no knowledge base."""

import json
import sqlite3
from pathlib import Path

import pytest

from kg import (
    InputError,
    KnowledgeBase,
    NotAKnowledgeBaseError,
    SchemaVersionError,
    UnknownEntityError,
)
from kg.store.database import shown_location
from kg.store.sqlite import sqlite_module

on_both = pytest.mark.parametrize("empty_kb", ["sqlite", "postgresql"], indirect=True)


@on_both
def test_the_summary_counts_what_the_zoo_holds(zoo):
    summary = zoo.summary().to_json()
    # 6 terms; 9 labels and 2 synonyms; is-a and 3 relations.
    counts = {k: summary[k] for k in ("entities", "names", "relations", "schema_version")}
    assert counts == {"entities": 6, "names": 11, "relations": 4, "schema_version": 3}
    (source,) = summary["sources"]
    assert source["iri"] == "http://purl.obolibrary.org/obo/zoo.owl"
    assert (source["version"], source["format"]) == ("2026-01-02", "obo")
    assert source["licence"] == "https://example.org/licence"
    assert source["triples"] == summary["triples"]
    json.dumps(summary)


@on_both
def test_an_entity_is_shown_whole(zoo):
    assert zoo.entity("ZOO:0002").to_json() == {
        "curie": "ZOO:0002",
        "iri": "http://purl.obolibrary.org/obo/ZOO_0002",
        "label": "cat",
        "definition": "An animal that purrs.",
        "kind": "class",
        "names": [
            {"text": "cat", "kind": "label", "lang": ""},
            {"text": "house cat", "kind": "exact", "lang": ""},
            {"text": "feline", "kind": "broad", "lang": ""},
        ],
        "parents": ["ZOO:0001"],
        "ancestors": ["ZOO:0001"],
        "edges": [
            {"relation": "rdfs:subClassOf", "tail": "ZOO:0001", "origin": "asserted"},
            {
                "relation": "http://purl.obolibrary.org/obo/zoo#eats",
                "tail": "ZOO:0003",
                "origin": "restriction",
            },
        ],
        "deprecated": False,
        "replaced_by": None,
    }
    assert zoo.entity("http://purl.obolibrary.org/obo/ZOO_0002") == zoo.entity("ZOO:0002")
    assert zoo.entity("ZOO:0004").ancestors == ("ZOO:0001", "ZOO:0002")


@on_both
def test_a_deprecated_entity_says_by_what_it_is_replaced(zoo):
    moggy = zoo.entity("ZOO:0006")
    assert (moggy.deprecated, moggy.replaced_by) == (True, "ZOO:0002")
    table = zoo.table()
    row = table.row("ZOO:0006")
    assert not table.live[row]
    assert row not in {name.row for name in zoo.names()}


@on_both
def test_an_unknown_curie_names_the_nearest_and_an_old_one_the_new(zoo):
    with pytest.raises(UnknownEntityError, match=r"among the 9 entities \(nearest: ZOO:0001") as e:
        zoo.entity("ZOO:0010")
    assert e.value.where == zoo.location
    assert "ontograft load" in e.value.mend
    with pytest.raises(UnknownEntityError, match="It is now ZOO:0004"):
        zoo.entity("ZOO:0099")
    with pytest.raises(UnknownEntityError, match="nearest: ZOO:0002"):
        zoo.table().row("zoo_0002")


@on_both
def test_loading_the_same_file_again_changes_nothing(zoo, zoo_obo):
    before = zoo.summary()
    (report,) = zoo.load(zoo_obo)
    assert report.unchanged
    assert zoo.summary() == before


@on_both
def test_a_newer_file_replaces_the_older_and_rows_stay(zoo, zoo_obo):
    old, version = zoo.table(), zoo.version()
    text = zoo_obo.read_text()
    mouse = text[text.index("[Term]\nid: ZOO:0003") : text.index("[Term]\nid: ZOO:0004")]
    dog = "[Term]\nid: ZOO:0007\nname: dog\nis_a: ZOO:0001\n\n"
    zoo_obo.write_text(text.replace(mouse, dog).replace("name: cat", "name: tomcat"))
    (report,) = zoo.load(zoo_obo)
    assert not report.unchanged
    new = zoo.table()
    assert new.iris[: len(old)] == old.iris
    assert new.curies[: len(old)] == old.curies
    mouse_row, dog_row = new.row("ZOO:0003"), new.row("ZOO:0007")
    assert dog_row == len(old)
    assert (new.live[mouse_row], new.live[dog_row]) == (False, True)
    assert new.labels[new.row("ZOO:0002")] == "tomcat"
    assert zoo.version() != version
    assert len(zoo.summary().sources) == 1
    assert zoo.search("mouse") == ()
    assert [hit.curie for hit in zoo.search("tomcat")] == ["ZOO:0002"]
    with pytest.raises(UnknownEntityError, match="none describes it now"):
        zoo.entity("ZOO:0003")


@on_both
def test_going_back_to_the_old_file_gives_the_old_content(zoo, zoo_obo):
    text, version, names = zoo_obo.read_text(), zoo.version(), zoo.names()
    summary, table = zoo.summary(), zoo.table()
    zoo_obo.write_text(text.replace("name: youth", "name: childhood"))
    zoo.load(zoo_obo)
    zoo_obo.write_text(text)
    zoo.load(zoo_obo)
    assert (zoo.version(), zoo.names(), zoo.summary()) == (version, names, summary)
    assert zoo.table().labels == table.labels


@on_both
def test_two_ontologies_stand_beside_each_other_and_add_to_one_entity(zoo, tmp_path):
    path = tmp_path / "chinese.ttl"
    path.write_text(
        "<http://purl.obolibrary.org/obo/ZOO_0002> "
        '<http://www.w3.org/2000/01/rdf-schema#label> "猫"@zh .'
    )
    zoo.load(path)
    cat = zoo.entity("ZOO:0002")
    assert (cat.label, cat.kind) == ("cat", "class")
    assert ("猫", "zh") in [(n.text, n.lang) for n in cat.names]
    assert [s.iri for s in zoo.summary().sources] == [
        "http://purl.obolibrary.org/obo/zoo.owl",
        "file:///chinese.ttl",
    ]


def test_progress_is_called_back(empty_kb, zoo_obo):
    seen = []
    empty_kb.load(zoo_obo, progress=lambda p: seen.append((p.step, p.done, p.total)))
    assert seen == [("read", 0, 1), ("read", 1, 1), ("write", 0, 1), ("write", 1, 1)]


def test_an_empty_knowledge_base_answers_and_makes_no_file(tmp_path):
    with KnowledgeBase.open(tmp_path / "new.db", create=True) as kb:
        assert kb.summary().entities == 0
        assert (len(kb.table()), kb.names(), kb.axioms()) == (0, (), ())
        assert (kb.graph().entity_count, kb.graph().relations) == (0, ("rdfs:subClassOf",))
        assert kb.search("cat") == ()
    assert not (tmp_path / "new.db").exists()


def test_what_is_not_there_is_not_opened_without_create(tmp_path):
    with pytest.raises(NotAKnowledgeBaseError, match="no knowledge base here") as raised:
        KnowledgeBase.open(tmp_path / "new.db")
    assert "ontograft load" in raised.value.mend
    with pytest.raises(NotAKnowledgeBaseError, match=r"folder .* does not exist"):
        KnowledgeBase.open(tmp_path / "no" / "new.db", create=True)
    with pytest.raises(NotAKnowledgeBaseError, match="This is a folder"):
        KnowledgeBase.open(tmp_path)


def test_an_empty_file_is_a_knowledge_base_before_its_first_load(tmp_path, zoo_obo):
    (tmp_path / "kb.db").touch()
    with pytest.raises(NotAKnowledgeBaseError):
        KnowledgeBase.open(tmp_path / "kb.db")
    with KnowledgeBase.open(tmp_path / "kb.db", create=True) as kb:
        kb.load(zoo_obo)
        assert kb.summary().entities == 6


def test_a_file_of_another_program_is_refused_and_left_as_it_is(tmp_path, zoo_obo):
    with pytest.raises(NotAKnowledgeBaseError, match="no knowledge base"):
        KnowledgeBase.open(zoo_obo)
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE meta (key TEXT, value TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(NotAKnowledgeBaseError, match="another program"):
        KnowledgeBase.open(path, create=True)
    assert path.read_bytes() == before


def test_a_damaged_file_is_told_to_be_so(zoo, tmp_path):
    zoo.close()
    path = Path(zoo.location)
    content = bytearray(path.read_bytes())
    content[100:2000] = b"\xff" * 1900
    path.write_bytes(content)
    with pytest.raises(NotAKnowledgeBaseError, match="damaged"):
        KnowledgeBase.open(path)


def test_a_newer_schema_is_refused(zoo):
    with sqlite_module().connect(zoo.location) as raw:
        raw.execute("UPDATE meta SET value = '4' WHERE key = 'schema_version'")
    raw.close()
    zoo.close()
    with pytest.raises(SchemaVersionError, match="schema version 4; this ontograft knows 3") as e:
        KnowledgeBase.open(zoo.location)
    assert "upgrade" in e.value.mend.lower()


def test_a_url_of_no_known_database_is_refused():
    with pytest.raises(InputError, match="no database URL"):
        KnowledgeBase.open("nosuch://host/name")


def test_a_url_may_name_an_sqlite_file(tmp_path, zoo_obo):
    with KnowledgeBase.open(f"sqlite:///{tmp_path / 'kb.db'}", create=True) as kb:
        kb.load(zoo_obo)
    with KnowledgeBase.open(tmp_path / "kb.db") as kb:
        assert kb.summary().entities == 6


def test_a_reader_sees_what_another_has_loaded(zoo, tmp_path):
    path = tmp_path / "more.ttl"
    path.write_text("<http://e.org/Dog> a <http://www.w3.org/2002/07/owl#Class> .")
    before = len(zoo.table())
    with KnowledgeBase.open(zoo.location) as other:
        other.load(path)
    assert len(zoo.table()) == before + 1


def test_a_load_that_fails_while_writing_leaves_no_file(tmp_path, zoo_obo, monkeypatch):
    from kg.store.writing import _Writer

    def fail(self: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(_Writer, "_write_axioms", fail)
    kb = KnowledgeBase.open(tmp_path / "kb.db", create=True)
    with kb, pytest.raises(OSError, match="the disk is full"):
        kb.load(zoo_obo)
    assert list(tmp_path.glob("kb.db*")) == []


def test_an_older_sqlite_serves_too(tmp_path, zoo_obo, monkeypatch):
    from kg.store import sqlite

    monkeypatch.setattr(sqlite, "sqlite_module", lambda: sqlite3)
    with KnowledgeBase.open(tmp_path / "kb.db", create=True) as kb:
        kb.load(zoo_obo)
        assert [hit.curie for hit in kb.search("kitt")] == ["ZOO:0004"]


def test_axioms_name_entities_as_they_were_first_named_whatever_prefixes_come_later(tmp_path):
    """The CURIE of an entity is fixed by its first load, here without any prefix."""
    owl, rdfs = "http://www.w3.org/2002/07/owl#", "http://www.w3.org/2000/01/rdf-schema#"
    rdf_type = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    lines = [f"<http://a/x> {rdf_type} <{owl}Ontology> ."]
    for name in ("Bird", "Fish"):
        lines += [
            f"<http://a/x#{name}> {rdf_type} <{owl}Class> .",
            f'<http://a/x#{name}> <{rdfs}label> "{name}" .',
        ]
    first, second = tmp_path / "first.nt", tmp_path / "second.ttl"
    first.write_text("\n".join(lines), encoding="utf-8")
    second.write_text(
        f'@prefix a: <http://a/x#> . @prefix owl: <{owl}> .a:Cow a owl:Class ; <{rdfs}label> "c" .',
        encoding="utf-8",
    )
    with KnowledgeBase.open(tmp_path / "kb.sqlite", create=True) as kb:
        kb.load(first)
        kb.load(second)
        lines.append(f"<http://a/x#Bird> <{owl}disjointWith> <http://a/x#Fish> .")
        first.write_text("\n".join(lines), encoding="utf-8")
        kb.load(first)
        curies = kb.table().curies
        (disjoint,) = [axiom for axiom in kb.axioms() if axiom.kind == "disjoint"]
    assert set(disjoint.arguments) == {"http://a/x#Bird", "http://a/x#Fish"} <= set(curies)


def test_a_store_without_its_version_or_a_table_is_called_damaged(tmp_path):
    source = tmp_path / "o.ttl"
    source.write_text(
        "@prefix o: <https://example.org/o#> . @prefix owl: <http://www.w3.org/2002/07/owl#> ."
        'o:x a owl:Class ; <http://www.w3.org/2000/01/rdf-schema#label> "x" .',
        encoding="utf-8",
    )
    for number, sql in enumerate(
        ("DELETE FROM meta WHERE key = 'schema_version'", "DROP TABLE edge")
    ):
        place = tmp_path / f"{number}.sqlite"
        with KnowledgeBase.open(place, create=True) as kb:
            kb.load(source)
        spoiler = sqlite_module().connect(place)
        spoiler.execute(sql)
        spoiler.commit()
        spoiler.close()
        with pytest.raises(NotAKnowledgeBaseError, match="damaged"):
            KnowledgeBase.open(place)


def test_a_password_in_a_url_is_never_shown(tmp_path):
    assert shown_location("postgresql://me:secret@host/kb") == "postgresql://me:***@host/kb"
    assert shown_location("postgresql://me:se/c@r@host/kb") == "postgresql://me:***@host/kb"
    assert shown_location("postgresql:///kb?password=secret") == "postgresql:///kb?password=***"
    port = "postgresql://host:5432/kb?user=me@company"
    assert shown_location(port) == port
    assert shown_location(str(tmp_path)) == str(tmp_path)
