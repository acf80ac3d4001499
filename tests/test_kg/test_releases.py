"""Newer releases: only what differs is written, the past stays, and all of it agrees."""

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kg import InputError, KnowledgeBase
from kg.store.quads import stored_quads, stored_terms
from kg.store.sqlite import sqlite_module

ZOO = "http://purl.obolibrary.org/obo/zoo.owl"
HEADER = "format-version: 1.2\nontology: zoo\ndata-version: {}\n"
FIRST = """
[Term]
id: ZOO:1
name: animal

[Term]
id: ZOO:2
name: cat
synonym: "house cat" EXACT []
is_a: ZOO:1

[Term]
id: ZOO:3
name: mouse
is_a: ZOO:1

[Term]
id: ZOO:4
name: kitten
is_a: ZOO:2
relationship: eats ZOO:3

[Term]
id: ZOO:5
name: moggy
is_a: ZOO:2
"""
SECOND = """
[Term]
id: ZOO:1
name: animal

[Term]
id: ZOO:2
name: cat
synonym: "house cat" RELATED []
is_a: ZOO:6

[Term]
id: ZOO:3
name: house mouse
is_a: ZOO:1

[Term]
id: ZOO:4
name: kitten
is_a: ZOO:2

[Term]
id: ZOO:5
name: obsolete moggy
is_obsolete: true
replaced_by: ZOO:2

[Term]
id: ZOO:6
name: mammal
is_a: ZOO:1
"""


@pytest.fixture
def release(tmp_path):
    def write(version: str, body: str) -> Path:
        path = tmp_path / f"{version}.obo"
        path.write_text(HEADER.format(version) + body)
        return path

    return write


@pytest.fixture
def twice(empty_kb, release):
    empty_kb.load(release("v1", FIRST))
    empty_kb.load(release("v2", SECOND))
    return empty_kb


def content(kb: KnowledgeBase) -> dict[str, set]:
    """All that the tables say, without their numbers."""
    with kb._database.reading() as connection:
        terms = stored_terms(connection)
        queries = {
            "descriptions": "SELECT iri, description.kind, label, label_lang, value, lang, "
            "deprecated, replaced_by FROM description JOIN entity USING (row) "
            "LEFT JOIN term ON term.id = definition",
            "names": "SELECT iri, text, folded, kind, lang, type FROM name JOIN entity USING (row)",
            "edges": "SELECT h.iri, r.iri, t.iri, origin FROM edge JOIN relation r "
            "ON r.id = edge.relation JOIN entity h ON h.row = head JOIN entity t ON t.row = tail",
            "axioms": "SELECT kind, arguments, weight, mode FROM axiom",
            "now": "SELECT s.iri, version, sha256, triples FROM source s "
            "JOIN release r ON r.id = s.release WHERE r.format <> ''",
        }
        found = {
            what: {tuple(row) for row in connection.exec_driver_sql(query)}
            for what, query in queries.items()
        }
        found["triples"] = {
            tuple(terms[id_] if id_ >= 0 else None for id_ in quad)
            for quad in stored_quads(connection)
        }
    return found


def fresh(tmp_path: Path, file: Path) -> dict[str, set]:
    place = tmp_path / "fresh.db"
    place.unlink(missing_ok=True)
    with KnowledgeBase.open(place, create=True) as kb:
        kb.load(file)
        return content(kb)


def test_a_newer_release_leaves_what_a_fresh_load_of_it_would(twice, release, tmp_path):
    assert content(twice) == fresh(tmp_path, release("v2", SECOND))


def test_what_a_newer_release_changed_is_told_exactly(twice):
    found = twice.difference("v1")
    assert [change.curie for change in found.added] == ["ZOO:6"]
    assert found.removed == ()
    assert [tuple(change) for change in found.deprecated] == [("ZOO:5", "moggy", "ZOO:2", ())]
    assert {tuple(change) for change in found.relabelled} == {
        ("ZOO:3", "mouse", "house mouse"),
        ("ZOO:5", "moggy", "obsolete moggy"),
    }
    assert {change.curie: (change.added, change.removed) for change in found.reparented} == {
        "ZOO:2": (("ZOO:6",), ("ZOO:1",)),
    }
    assert found.ancestors_changed == ("ZOO:2", "ZOO:4")
    assert found.renamed == ("ZOO:2", "ZOO:3", "ZOO:5")
    assert (found.edges_added, found.edges_removed) == (2, 3)


def test_load_tells_the_same_as_the_difference_of_the_two_releases(empty_kb, release):
    assert empty_kb.load(release("v1", FIRST))[0].changes is None
    (report,) = empty_kb.load(release("v2", SECOND))
    assert report.changes == empty_kb.difference(1)
    assert report.to_json()["changes"]["ancestors_changed"] == 2
    assert empty_kb.load(release("v2", SECOND))[0].changes is None


def test_the_difference_backwards_is_the_other_way_round(twice):
    there, back = twice.difference(1, 2), twice.difference(2, 1)
    assert back.added == there.removed
    assert back.removed == there.added
    assert (back.edges_added, back.edges_removed) == (there.edges_removed, there.edges_added)
    # forwards, what is newly deprecated is told apart
    assert set(back.ancestors_changed) == {*there.ancestors_changed, "ZOO:5"}


def test_the_change_language_has_a_line_for_each_change(twice):
    lines = twice.difference("v1").to_kgcl().splitlines()
    assert "create class ZOO:6 'mammal'" in lines
    assert "obsolete ZOO:5 with replacement ZOO:2" in lines
    assert "rename ZOO:3 from 'mouse' to 'house mouse'" in lines
    assert "delete edge ZOO:2 rdfs:subClassOf ZOO:1" in lines


def test_an_earlier_state_is_opened_by_number_version_or_date(twice, release, tmp_path):
    first = fresh(tmp_path, release("v1", FIRST))
    for at in (1, "1", "v1"):
        with KnowledgeBase.open(twice.location, at=at) as past:
            assert content(past) == first
            assert past.entity("ZOO:3").label == "mouse"
            assert past.search("mouse")[0].label == "mouse"
    with KnowledgeBase.open(twice.location, at="2999-01-01") as now:
        assert content(now) == content(twice)


def test_rows_are_the_same_in_every_state(twice):
    now = twice.table()
    with KnowledgeBase.open(twice.location, at=1) as past:
        then = past.table()
    assert then.iris == now.iris
    assert not then.live[then.row("ZOO:6")]
    assert then.live[then.row("ZOO:5")]
    assert not now.live[now.row("ZOO:5")]


def test_a_state_of_the_past_takes_nothing(twice, release):
    with KnowledgeBase.open(twice.location, at=1) as past:
        for change in (
            lambda: past.load(release("v2", SECOND)),
            lambda: past.remove(ZOO),
            lambda: past.rollback(1),
        ):
            with pytest.raises(InputError, match="only read"):
                change()


@pytest.mark.parametrize("at", [0, 3, "v3", "1999-01-01", "", "2026-13-01"])
def test_a_release_that_is_not_there_is_told_with_those_that_are(twice, at):
    with pytest.raises(InputError, match="no release") as error:
        KnowledgeBase.open(twice.location, at=at)
    assert "v1, v2" in error.value.mend


def test_rollback_brings_the_earlier_state_back_and_keeps_the_record(twice, release, tmp_path):
    version = twice.version()
    twice.rollback("v1")
    assert content(twice) == fresh(tmp_path, release("v1", FIRST))
    assert twice.version() != version
    numbers = [(r.number, r.source.version, r.current) for r in twice.releases()]
    assert numbers == [(1, "v1", False), (2, "v2", False), (3, "v1", True)]
    twice.rollback(2)
    assert twice.version() == version
    assert all(report.unchanged for report in twice.rollback(2))


def test_a_source_that_came_later_is_gone_after_a_rollback(twice, tmp_path):
    rules = tmp_path / "more.rules"
    rules.write_text("0.5 :: ZOO:1(x) :- ZOO:2(x).\n")
    twice.load(rules)
    assert [axiom.weight for axiom in twice.axioms() if axiom.kind == "horn"] == [0.5]
    twice.rollback(2)
    assert [source.iri for source in twice.summary().sources] == [ZOO]
    assert not [axiom for axiom in twice.axioms() if axiom.kind == "horn"]
    twice.rollback(3)
    assert [axiom.weight for axiom in twice.axioms() if axiom.kind == "horn"] == [0.5]


def test_a_removed_source_says_nothing_and_can_come_back(twice, release, tmp_path):
    report = twice.remove(ZOO)
    assert len(report.changes.removed) == 6
    assert twice.summary().triples == twice.summary().entities == 0
    assert twice.summary().sources == ()
    assert twice.search("cat") == ()
    assert twice.difference(2).counts()["removed"] == 6
    with pytest.raises(InputError, match="no source"):
        twice.remove(ZOO)
    twice.load(release("v2", SECOND))
    assert content(twice) == fresh(tmp_path, release("v2", SECOND))


def test_a_reload_after_a_small_change_touches_few_rows(twice, release):
    twice.load(release("v3", SECOND.replace("name: mammal", "name: mammal animal")))
    last = twice.releases()[-1]
    assert (last.added, last.removed) == (3, 3)  # the label, version and version IRI


def test_blank_nodes_have_the_same_names_wherever_they_stand_in_the_file(tmp_path):
    owl = (
        "@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix : <http://e.org/> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        "<http://e.org/o> a owl:Ontology .\n"
    )
    some = ":{0} a owl:Class ; rdfs:label '{0}' ; rdfs:subClassOf [ owl:onProperty :p ; "
    some += "owl:someValuesFrom [ owl:unionOf ( :A [ owl:complementOf :{0} ] ) ] ] .\n"
    parts = [some.format(letter) for letter in "ABCDE"]
    circle = "_:x owl:sameAs _:y . _:y owl:sameAs _:x .\n"
    (tmp_path / "a.ttl").write_text(owl + "".join(parts) + circle)
    (tmp_path / "b.ttl").write_text(owl + "".join(reversed(parts)) + circle)
    with KnowledgeBase.open(tmp_path / "kb.db", create=True) as kb:
        kb.load(tmp_path / "a.ttl")
        kb.load(tmp_path / "b.ttl")
        assert [(r.added, r.removed) for r in kb.releases()][1] == (0, 0)


CLASSES = st.dictionaries(
    st.integers(0, 7),
    st.tuples(
        st.sampled_from(["red", "blue", "green"]),
        st.sets(st.integers(0, 7), max_size=2),
        st.sets(st.integers(0, 7), max_size=2),
        st.booleans(),
    ),
    min_size=1,
)


def _obo(classes) -> str:
    lines = []
    for number, (label, parents, parts, obsolete) in classes.items():
        lines += [
            "[Term]",
            f"id: R:{number}",
            f"name: {label} {number}",
            f"is_obsolete: {obsolete}",
        ]
        lines += [f"is_a: R:{parent}" for parent in parents if parent != number]
        lines += [f"relationship: part_of R:{part}" for part in parts if part != number]
        lines.append("")
    return "\n" + "\n".join(lines).replace("True", "true").replace("False", "false")


@settings(
    max_examples=25,
    deadline=None,
    phases=set(Phase) - {Phase.shrink},
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(versions=st.lists(CLASSES, min_size=2, max_size=3))
def test_any_row_of_releases_ends_as_the_last_alone_and_every_one_can_be_opened(
    versions, release, tmp_path
):
    place = tmp_path / "many.db"
    place.unlink(missing_ok=True)
    files = [release(f"v{i}", _obo(classes)) for i, classes in enumerate(versions)]
    with KnowledgeBase.open(place, create=True) as kb:
        for number, file in enumerate(files, start=1):
            (report,) = kb.load(file)
            if number > 1:
                assert report.changes == kb.difference(number - 1, number)
        assert content(kb) == fresh(tmp_path, files[-1])
        assert kb.check() == ()
        for at, file in enumerate(files, start=1):
            with KnowledgeBase.open(place, at=at) as past:
                assert content(past) == fresh(tmp_path, file)


@settings(
    max_examples=25,
    deadline=None,
    phases=set(Phase) - {Phase.shrink},
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(first=CLASSES, second=CLASSES, other=CLASSES, third=CLASSES)
def test_what_several_files_change_at_once_is_the_difference_of_the_states(
    first, second, other, third, release, tmp_path
):
    """Three sources describe the same entities; one load renews two and brings the third."""
    place = tmp_path / "several.db"
    place.unlink(missing_ok=True)

    def of_source(source, version, classes):
        path = release(version, _obo(classes))
        path.write_text(path.read_text().replace("ontology: zoo", f"ontology: {source}"))
        return path

    with KnowledgeBase.open(place, create=True) as kb:
        kb.load(of_source("zoo", "v1", first), of_source("farm", "w1", other))
        reports = kb.load(
            of_source("zoo", "v2", second),
            of_source("farm", "w2", third),
            of_source("barn", "x1", first),
        )
        assert {report.changes for report in reports} == {kb.difference(2, 5)}
        assert kb.check() == ()


def test_nothing_of_the_past_is_lost_by_a_vacuum(twice):
    with closing(sqlite_module().connect(twice.location)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert raw.execute("SELECT count(*) FROM past_triple").fetchone()[0] > 0
