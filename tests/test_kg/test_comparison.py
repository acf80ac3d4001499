"""How two entities of the zoo relate; four of its classes are in the is-a hierarchy."""

from math import log

import pytest

from kg import UnknownEntityError
from kg.comparison import Step
from kg.records import Labelled


def test_two_siblings_meet_in_their_parent(zoo):
    found = zoo.compare("ZOO:0004", "ZOO:0003")  # a kitten, which is a cat, and a mouse
    assert (found.first, found.second) == (
        Labelled("ZOO:0004", "kitten"),
        Labelled("ZOO:0003", "mouse"),
    )
    assert found.common_ancestors == (Labelled("ZOO:0001", "animal"),)
    assert not found.first_is_second
    assert not found.second_is_first
    # the root is over all four, so nothing specific is shared
    assert (found.resnik, found.lin) == (0.0, 0.0)


def test_the_way_between_two_follows_any_relation_in_any_direction(zoo):
    eats = "http://purl.obolibrary.org/obo/zoo#eats"
    assert zoo.compare("ZOO:0003", "ZOO:0004").path == (
        Step("ZOO:0002", eats, "ZOO:0003"),
        Step("ZOO:0004", "rdfs:subClassOf", "ZOO:0002"),
    )
    assert zoo.compare("ZOO:0003", "ZOO:0003").path == ()
    assert zoo.compare("ZOO:0003", "ZOO:0006").path is None  # obsolete


def test_an_entity_is_compared_with_its_ancestor(zoo):
    found = zoo.compare("ZOO:0002", "http://purl.obolibrary.org/obo/ZOO_0004")
    assert (found.first_is_second, found.second_is_first) == (False, True)
    assert found.common_ancestors == (Labelled("ZOO:0002", "cat"),)
    # below the cat lies one of four entities, below the kitten none
    cat = 1 - log(2) / log(4)
    assert found.resnik == pytest.approx(cat)
    assert found.lin == pytest.approx(2 * cat / (cat + 1))


def test_an_unknown_entity_is_told(zoo):
    with pytest.raises(UnknownEntityError, match="ZOO:0042"):
        zoo.compare("ZOO:0042", "ZOO:0001")
