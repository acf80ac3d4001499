"""Test edges that train edges give away."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from kg import FileFaultError, InputError, SyntaxFaultError
from kg.leaks import find_leaks, read_edges

IS_A, LIKES, LIKED_BY, NEAR, PART = range(5)


def edges(*rows):
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def leaks(train, test, **options):
    report = find_leaks(edges(*train), edges(*test), **options)
    return {leak.kind: leak.rows.tolist() for leak in report.leaks if len(leak.rows)}


def test_edges_that_say_something_new_do_not_leak():
    assert leaks([(0, LIKES, 1), (1, LIKES, 2)], [(0, LIKES, 2), (2, NEAR, 3)]) == {}


def test_an_edge_of_both_is_a_duplicate():
    assert leaks([(0, LIKES, 1)], [(2, LIKES, 1), (0, LIKES, 1)]) == {"duplicate": [1]}


def test_the_reverse_with_the_same_relation_is_symmetric():
    assert leaks([(0, NEAR, 1)], [(1, NEAR, 0), (1, LIKES, 0)]) == {"symmetric": [0]}


def test_relations_that_turn_each_others_pairs_are_inverse():
    train = [(h, LIKES, h + 10) for h in range(9)] + [(h + 10, LIKED_BY, h) for h in range(10)]
    # nine of ten pairs are common: more than 0.8 of both, not more than 0.9
    assert leaks(train, [(9, LIKES, 19)]) == {"inverse": [0]}
    assert leaks(train, [(9, LIKES, 19)], share=0.9) == {}


def test_relations_that_have_the_same_pairs_are_parallel():
    train = [(h, LIKES, h + 10) for h in range(9)] + [(h, NEAR, h + 10) for h in range(10)]
    assert leaks(train, [(9, LIKES, 19)]) == {"parallel": [0]}


def test_a_relation_with_many_more_pairs_is_not_parallel():
    train = [(h, LIKES, h + 100) for h in range(9)] + [(h, NEAR, h + 100) for h in range(50)]
    assert leaks(train, [(49, LIKES, 149)]) == {}


def test_a_way_of_is_a_edges_gives_the_long_edge_away():
    chain = [(0, IS_A, 1), (1, IS_A, 2), (2, IS_A, 3)]
    asked = [(0, IS_A, 3), (3, IS_A, 0), (1, IS_A, 3), (0, NEAR, 3)]
    assert leaks(chain, asked, is_a=IS_A) == {"transitive": [0, 2]}
    assert leaks(chain, asked) == {}


def test_other_relations_are_transitive_if_it_is_said():
    chain = [(0, PART, 1), (1, PART, 2), (2, PART, 0)]
    assert leaks(chain, [(0, PART, 2)], transitive=[PART]) == {
        "transitive": [0],
        "symmetric": [0],
    }


def test_what_is_above_hands_its_edges_down():
    # 0 is a 1, which likes 2, which is a 3: so 0 likes 2 and 3, and 1 likes 3
    train = [(0, IS_A, 1), (1, LIKES, 2), (2, IS_A, 3)]
    asked = [(0, LIKES, 2), (0, LIKES, 3), (1, LIKES, 3), (1, LIKES, 0), (0, NEAR, 2)]
    assert leaks(train, asked, is_a=IS_A) == {"inherited": [0, 1, 2]}


def test_the_report_counts_each_edge_once():
    report = find_leaks(edges((0, NEAR, 1), (1, NEAR, 0)), edges((0, NEAR, 1), (5, NEAR, 6)))
    assert report.rows().tolist() == [0]
    document = report.to_json()
    assert (document["train"], document["test"], document["leaking"]) == (2, 2, 1)
    assert document["leaks"][0]["rows"] == [0]


def test_no_edges_are_no_leak():
    assert find_leaks(edges(), edges(), is_a=0).rows().tolist() == []


def test_numbers_below_zero_are_refused():
    with pytest.raises(InputError, match="The test edges are no array"):
        find_leaks(edges(), edges((0, 0, -1)))


def test_edges_are_read_with_common_numbers(tmp_path):
    (tmp_path / "train.tsv").write_text("a\tr\tb\nb\tr\tc\n")
    (tmp_path / "test.tsv.gz").write_bytes(gzip.compress(b"c\ts\ta\n"))
    read = read_edges(tmp_path / "train.tsv", tmp_path / "test.tsv.gz")
    assert [matrix.tolist() for matrix in read.edges] == [[[0, 0, 1], [1, 0, 2]], [[2, 1, 0]]]
    assert (read.entities, read.relations) == (("a", "b", "c"), ("r", "s"))


def test_files_that_are_no_edges_are_told(tmp_path, zoo_obo):
    with pytest.raises(SyntaxFaultError, match="3 cells between tabs are wanted, not 1"):
        read_edges(zoo_obo)
    with pytest.raises(FileFaultError):
        read_edges(tmp_path / "nowhere.tsv")
    (tmp_path / "train.tsv").write_text("a\tr\tb\n" * 5 + "b\tr\n")
    with pytest.raises(SyntaxFaultError, match="not 2") as raised:
        read_edges(tmp_path / "train.tsv")
    assert raised.value.where.endswith("train.tsv:6:1")


@pytest.mark.skipif("ONTOGRAFT_DATA" not in os.environ, reason="needs kg_wn18rr in ONTOGRAFT_DATA")
def test_wn18rr_has_no_inverses_left_but_a_third_is_symmetric():
    # Dettmers et al. 2018 took the inverse relations out of WN18; they left the symmetric ones.
    folder = Path(os.environ["ONTOGRAFT_DATA"]) / "kg_wn18rr"
    read = read_edges(folder / "train.tsv.gz", folder / "test.tsv")
    train, test = read.edges
    assert (len(train), len(test)) == (86_835, 3_134)
    known = {tuple(edge) for edge in train.tolist()}
    turned = sum((t, r, h) in known for h, r, t in test.tolist())
    found = {leak.kind: len(leak.rows) for leak in find_leaks(train, test).leaks}
    assert found["symmetric"] == turned == 1_086
    assert (found["duplicate"], found["inverse"], found["parallel"]) == (0, 0, 0)
