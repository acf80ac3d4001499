"""What makes a load fast leaves the store as it would be without."""

import gc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, inspect

from kg import FileFaultError, KnowledgeBase
from kg.store.schema import metadata
from kg.store.writing import packed

NUMBERS = st.one_of(st.integers(-1, 3), st.integers(-(2**40), 2**40))
ROWS = st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=30)


@given(ROWS, ROWS)
def test_packed_rows_have_the_order_of_the_rows(first, second):
    keys = packed(*(np.array(rows, dtype=np.int64).reshape(-1, 4) for rows in (first, second)))
    together = list(zip(np.concatenate(keys).tolist(), first + second, strict=True))
    for key, row in together:
        for other_key, other_row in together:
            assert (key < other_key) == (row < other_row)


def test_all_indexes_are_there_after_the_first_load(tmp_path):
    place = tmp_path / "kb.sqlite"
    ontology = tmp_path / "a.obo"
    ontology.write_text("[Term]\nid: A:1\nname: one\n", encoding="utf-8")
    with KnowledgeBase.open(place, create=True) as kb:
        kb.load(ontology)
    looked = inspect(create_engine(f"sqlite:///{place}"))
    for table in metadata.tables.values():
        wanted = {index.name for index in table.indexes}
        assert {index["name"] for index in looked.get_indexes(table.name)} == wanted


@pytest.mark.parametrize("on", [True, False])
def test_a_load_leaves_the_search_for_garbage_as_it_was(tmp_path, on):
    was_on = gc.isenabled()
    (gc.enable if on else gc.disable)()
    try:
        with KnowledgeBase.open(tmp_path / "kb.sqlite", create=True) as kb:
            with pytest.raises(FileFaultError):
                kb.load(tmp_path / "missing.obo")
            assert gc.isenabled() == on
    finally:
        (gc.enable if was_on else gc.disable)()


@pytest.mark.parametrize("name", ["x", "ab", "abc", "a" * 50 + " end", "Straße", "银行", 'a "b" c'])
def test_a_whole_name_of_any_length_is_found(load_text, name):
    text = name.replace('"', '\\"')
    kb = load_text(
        "@prefix ex: <http://example.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> . "
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . "
        f'ex:it a owl:Class ; rdfs:label "{text}" . '
        f'ex:longer a owl:Class ; rdfs:label "{text} and more" .'
    )
    hits = kb.search(name.upper())
    assert (hits[0].name, hits[0].score) == (name, 1.0)
    assert [hit.name for hit in kb.lookup(name)] == [name]
