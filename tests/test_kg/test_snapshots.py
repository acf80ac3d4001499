"""Snapshots: there when wanted, never trusted when damaged, never in the way."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import create_engine

from kg import KnowledgeBase
from kg.snapshots import MANIFEST, Snapshot
from kg.store.shelves import snapshots_folder

ASK = """\
import sys
from kg import KnowledgeBase
with KnowledgeBase.open(sys.argv[1]) as kb:
    graph = kb.graph()
    print([graph.ancestors(row).tolist() for row in range(graph.entity_count)], graph.relations)
    print("scipy" in sys.modules)
"""


def answers(place: str) -> list[str]:
    """What a fresh process finds, and whether it had to compute the closure."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, place], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def parts(kb: KnowledgeBase) -> dict[str, Path]:
    """The parts of the newest snapshot."""
    place = snapshots_folder(kb.location)
    assert place is not None
    newest = max(place.iterdir(), key=lambda folder: folder.stat().st_mtime_ns)
    return {part.name: part for part in newest.iterdir()}


def closure(kb: KnowledgeBase) -> list[list[int]]:
    graph = kb.graph()
    return [graph.ancestors(row).tolist() for row in range(graph.entity_count)]


def reopened(kb: KnowledgeBase) -> KnowledgeBase:
    return KnowledgeBase.open(kb.location)


def test_a_second_process_finds_the_closure_computed(zoo):
    first, second = answers(zoo.location), answers(zoo.location)
    assert first == [second[0], "True"]
    assert second[1] == "False"
    assert sorted(parts(zoo)) == ["closure", "edges", "is-a"]


def test_arrays_are_renewed_out_of_those_of_the_content_before(tmp_path):
    def kept(content, part, *values):
        shelf = Snapshot(tmp_path / content)
        return shelf.kept(
            part,
            lambda: {"found": np.array(values)},
            lambda before: {"found": np.append(before["found"], values)},
        )["found"].tolist()

    first, second = "0" * 32, "1" * 32
    assert kept(first, "answer", 1) == kept(first, "answer", 2) == [1]
    assert kept(second, "answer", 3) == [1, 3]
    assert kept(second, "other", 4) == [4]
    (tmp_path / second / "answer" / "found.npy").write_bytes(b"damaged")
    assert kept("2" * 32, "answer", 5) == [1, 5]


def test_arrays_of_a_snapshot_are_mapped_and_cannot_be_written(zoo):
    for kb in (zoo, reopened(zoo)):
        index = kb.graph().edge_index
        with pytest.raises(ValueError, match="read-only"):
            index[0, 0] = 7
    assert isinstance(index.base.base, np.memmap)


def test_two_processes_that_write_at_once_both_answer(zoo):
    command = [sys.executable, "-c", ASK, zoo.location]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    found = [process.communicate()[0].splitlines()[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0, 0]
    assert len(set(found)) == 1
    assert sorted(parts(zoo)) == ["closure", "edges", "is-a"]
    assert answers(zoo.location) == [found[0], "False"]


def test_entities_and_names_come_back_as_they_were_read(load_text):
    kb = load_text(
        "@prefix : <http://e.org/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
        ':a a skos:Concept ; skos:prefLabel "银行"@zh , "bank"@en ; skos:altLabel "lender"@en , '
        '"𝄞 house"@en ; skos:definition "It lends\\nmoney."@en ; skos:broader :c .\n'
        ':b a skos:Concept ; skos:prefLabel "rate"@en ; skos:hiddenLabel "rat"@en .\n'
    )
    for one in (kb, reopened(kb)):
        table = one.table()
        a, b, c = (table.row(f"http://e.org/{letter}") for letter in "abc")
        assert (table.labels[a], table.labels[b], table.labels[c]) == ("bank", "rate", "")
        assert sorted(table.synonyms[a]) == sorted(("银行", "lender", "𝄞 house"))
        assert (table.synonyms[b], table.synonyms[c]) == ((), ())
        assert table.definitions[a] == "It lends\nmoney."
        assert table.live.tolist() == [row in (a, b) for row in range(len(table))]
        assert sorted((n.row, n.text, n.kind, n.lang) for n in one.names()) == sorted(
            [
                (a, "bank", "label", "en"),
                (a, "银行", "label", "zh"),
                (a, "lender", "exact", "en"),
                (a, "𝄞 house", "exact", "en"),
                (b, "rate", "label", "en"),
                (b, "rat", "hidden", "en"),
            ]
        )


def flip_a_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def another_array(file: Path) -> None:
    np.save(file, np.zeros(1))


def a_pickle(file: Path) -> None:
    np.save(file, np.array([{"a": 1}]), allow_pickle=True)


@pytest.mark.parametrize("harm", [flip_a_byte, cut, empty, another_array, a_pickle, Path.unlink])
@pytest.mark.parametrize(
    "file", ["closure/up_neighbour.npy", "is-a/down_start.npy", "edges/edge_index.npy"]
)
def test_a_damaged_file_is_noticed_and_made_anew(zoo, harm, file):
    expected = closure(zoo)
    part, name = file.split("/")
    harmed = parts(zoo)[part] / name
    harm(harmed)
    assert closure(reopened(zoo)) == expected
    array = np.load(harmed)
    told = json.loads((harmed.parent / MANIFEST).read_text())["arrays"][harmed.stem]
    assert (list(array.shape), array.dtype.str) == (told["shape"], told["dtype"])


@pytest.mark.parametrize(
    "manifest", ["", "[]", "{}", "null", '{"format": 3}', '{"format": 0}', "[" * 100_000]
)
def test_a_manifest_that_is_none_is_made_anew(zoo, manifest):
    expected = closure(zoo)
    told = parts(zoo)["closure"] / MANIFEST
    before = told.read_text()
    told.write_text(manifest)
    assert closure(reopened(zoo)) == expected
    assert told.read_text() == before


def test_a_snapshot_of_other_content_is_not_taken(zoo, load_text):
    before = closure(zoo)
    (old,) = snapshots_folder(zoo.location).iterdir()
    kb = load_text("<http://e.org/a> a <http://www.w3.org/2002/07/owl#Class> .")
    after = closure(kb)
    assert len(after) == len(before) + 1
    (new,) = {parts(kb)["edges"].parent} - {old}
    shutil.rmtree(new)
    shutil.copytree(old, new)
    assert closure(reopened(kb)) == after


def test_the_same_files_in_another_order_are_another_content(tmp_path, zoo_obo):
    other = tmp_path / "other.ttl"
    other.write_text("<http://e.org/a> a <http://www.w3.org/2002/07/owl#Class> .")
    names = []
    for files in ((zoo_obo, other), (other, zoo_obo)):
        place = tmp_path / "kb.db"
        with KnowledgeBase.open(place, create=True) as kb:
            kb.load(*files)
            version = kb.version()
            kb.graph()
            names.append((version, parts(kb)["edges"].parent.name))
        for file in tmp_path.glob("kb.db*"):
            shutil.rmtree(file) if file.is_dir() else file.unlink()
    assert names[0][0] == names[1][0]
    assert names[0][1] != names[1][1]


def test_only_the_two_newest_snapshots_stay_and_other_files_are_left(zoo, load_text):
    place = snapshots_folder(zoo.location)
    zoo.graph()
    (place / "notes").mkdir()
    for letter in "abc":
        kb = load_text(f"<http://e.org/{letter}> a <http://www.w3.org/2002/07/owl#Class> .")
        kb.graph()
    found = {folder.name for folder in place.iterdir()}
    assert "notes" in found
    assert len(found) == 3


def test_a_reader_keeps_what_is_removed_under_it(zoo):
    reader = reopened(zoo)
    zoo.graph().ancestors(0)
    graph = reader.graph()
    expected = [graph.ancestors(row).tolist() for row in range(graph.entity_count)]
    shutil.rmtree(snapshots_folder(zoo.location))
    assert [graph.ancestors(row).tolist() for row in range(graph.entity_count)] == expected


def test_where_nothing_can_be_written_all_works_from_memory(zoo):
    expected = closure(zoo)
    place = snapshots_folder(zoo.location)
    shutil.rmtree(place)
    # a file in its place stops root, too, whom no permission stops
    place.write_text("in the way")
    assert closure(reopened(zoo)) == expected
    assert place.read_text() == "in the way"


def test_a_damaged_part_that_cannot_be_replaced_is_computed(zoo):
    expected = closure(zoo)
    found = parts(zoo)["closure"]
    shutil.rmtree(found)
    found.write_text("in the way")
    assert closure(reopened(zoo)) == expected


def test_a_database_in_memory_has_no_snapshots(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with KnowledgeBase.open("sqlite://", create=True) as kb:
        assert kb.graph().entity_count == 0
    assert list(tmp_path.iterdir()) == []


def test_snapshots_are_as_private_as_the_knowledge_base(zoo):
    place = snapshots_folder(zoo.location)
    for mode, expected in ((0o600, 0o700), (0o644, 0o755)):
        Path(zoo.location).chmod(mode)
        reopened(zoo).graph()
        assert place.stat().st_mode & 0o777 == expected
        shutil.rmtree(place)


def test_arrays_of_a_database_server_are_kept_in_a_private_cache(
    postgres, zoo_obo, monkeypatch, tmp_path
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    url = postgres.new_schema()
    with KnowledgeBase.open(url, create=True) as kb:
        kb.load(zoo_obo)
        expected = closure(kb)
        place = snapshots_folder(kb.location)
        assert sorted(parts(kb)) == ["closure", "edges", "is-a"]
    assert place.is_relative_to(tmp_path / "cache")
    assert place.stat().st_mode & 0o777 == 0o700
    with KnowledgeBase.open(url) as kb:
        assert closure(kb) == expected
        assert kb.graph(inferred=True).parents(0).tolist() == kb.graph().parents(0).tolist()


def test_each_database_server_has_a_folder_of_its_own_in_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = snapshots_folder("postgresql://me:***@host/one")
    second = snapshots_folder("postgresql://me:***@host/two")
    assert first.parent == second.parent == tmp_path / "ontograft" / "snapshots"
    assert first != second
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    place = snapshots_folder("postgresql://me@host/one")
    assert place.is_relative_to("/home/me/.cache/ontograft/snapshots")
    assert snapshots_folder("sqlite:////data/kb.db") == Path("/data/kb.db.snapshots")


def test_what_is_kept_is_what_was_made(tmp_path):
    made = {"a": np.arange(6).reshape(2, 3), "b": np.zeros((0, 2), np.float32)}
    calls = []

    def make():
        calls.append(1)
        return made

    for _ in range(2):
        found = Snapshot(tmp_path / "0" / ("a" * 32)).kept("part", make)
        assert {name: array.tolist() for name, array in found.items()} == {
            "a": [[0, 1, 2], [3, 4, 5]],
            "b": [],
        }
        assert found["b"].shape == (0, 2)
    assert calls == [1]


def infer(kb: KnowledgeBase, triples: list[tuple[str, str, str]]) -> None:
    """Put more triples of IRIs into the table of what was inferred."""
    engine = create_engine(f"sqlite:///{kb.location}")
    with engine.begin() as connection:
        for place, triple in enumerate(triples):
            numbers = []
            for iri in triple:
                query = "SELECT id FROM term WHERE kind = 0 AND value = ?"
                found = connection.exec_driver_sql(query, (iri,)).scalar()
                assert found is not None
                numbers.append(found)
            insert = "INSERT OR IGNORE INTO inferred VALUES (?, ?, ?, ?, ?)"
            connection.exec_driver_sql(insert, (*numbers, "rule", place))
    engine.dispose()


def test_inferred_edges_come_when_asked_for_and_say_so(zoo, load_text):
    obo, is_a = "http://purl.obolibrary.org/obo/", "http://www.w3.org/2000/01/rdf-schema#subClassOf"
    zoo.reason()  # a kitten is a cat, which is an animal
    infer(
        zoo,
        [
            (f"{obo}ZOO_0004", is_a, f"{obo}ZOO_0002"),  # asserted already
            (f"{obo}ZOO_0002", is_a, f"{obo}ZOO_0006"),  # deprecated
            (f"{obo}ZOO_0002", is_a, f"{obo}ZOO_0002"),  # each is itself
        ],
    )
    table = zoo.table()
    animal, cat, kitten = (table.row(f"ZOO:000{number}") for number in (1, 2, 4))
    for kb in (zoo, reopened(zoo)):
        assert kb.graph().parents(kitten).tolist() == [cat]
        graph = kb.graph(inferred=True)
        assert graph.parents(kitten).tolist() == [animal, cat]
        edges = graph.edges_of(kitten)
        origins = dict(zip(graph.tail[edges].tolist(), graph.origin[edges].tolist(), strict=True))
        assert (origins[animal], origins[cat]) == (2, 0)
        assert graph.parents(cat).tolist() == [animal]
    names = sorted(folder.name for folder in snapshots_folder(zoo.location).iterdir())
    assert [name.endswith("-inferred") for name in names].count(True) == 1
    load_text("<http://e.org/a> a <http://www.w3.org/2002/07/owl#Class> .")
    assert zoo.graph(inferred=True).parents(kitten).tolist() == [cat]  # stale until reasoned again
