"""What axioms ask of the ends of edges, worked by hand on a small world."""

import numpy as np
import pytest

from kg import Axiom, Graph
from kg.constraints import constraints_of, with_modes
from kg.errors import InputError

CURIES = (":Thing", ":Person", ":Child", ":Town", ":ann", ":bea", ":rome", ":nobody")
THING, PERSON, CHILD, TOWN, ANN, BEA, ROME, NOBODY = range(8)
RELATIONS = (":livesIn", ":inhabitedBy", ":bornIn")


@pytest.fixture
def graph():
    edges = [
        (PERSON, 0, THING), (CHILD, 0, PERSON), (TOWN, 0, THING),
        (ANN, 1, CHILD), (BEA, 1, PERSON), (ROME, 1, TOWN),
    ]  # fmt: skip
    head, relation, tail = np.array(sorted(edges), dtype=np.int64).T.copy()
    return Graph(len(CURIES), head, relation, tail, ("rdfs:subClassOf", "rdf:type"))


def asked(graph, *axioms, modes=("hard",), **more):
    told = []
    for axiom in axioms:
        kind, *arguments = axiom.split()
        told.append(Axiom(kind, tuple(arguments), mode="hard"))
    return constraints_of(told, graph, CURIES, relations=RELATIONS, modes=modes, **more)


def fit(found, relation, *, head=False):
    count = len(RELATIONS)
    number = np.full(len(CURIES), RELATIONS.index(relation) + (count if head else 0))
    allowed = found.may_be_tail(number, np.arange(len(CURIES)))
    return {CURIES[row] for row in np.flatnonzero(allowed).tolist()}


PERSONS = {":Person", ":Child", ":ann", ":bea"}
TOWNS = {":Town", ":rome"}
UNKNOWN = {":Thing", ":nobody"}
ALL = set(CURIES)


def test_a_range_allows_members_through_subclasses_and_what_no_class_is_told_of(graph):
    found = asked(graph, "range :livesIn :Town", "domain :livesIn :Person")
    assert fit(found, ":livesIn") == TOWNS | UNKNOWN
    assert fit(found, ":livesIn", head=True) == PERSONS | UNKNOWN
    assert fit(found, ":bornIn") == ALL


def test_the_closed_world_forbids_what_no_class_is_told_of(graph):
    found = asked(graph, "range :livesIn :Town", open_world=False)
    assert fit(found, ":livesIn") == TOWNS


def test_two_ranges_have_both_to_hold(graph):
    found = asked(graph, "range :livesIn :Person", "range :livesIn :Child", open_world=False)
    assert fit(found, ":livesIn") == {":Child", ":ann"}


def test_demands_pass_down_to_subproperties_and_over_to_inverses(graph):
    found = asked(
        graph, "range :livesIn :Town", "inverse :inhabitedBy :livesIn",
        "subproperty :bornIn :livesIn", open_world=False,
    )  # fmt: skip
    assert fit(found, ":bornIn") == TOWNS
    assert fit(found, ":inhabitedBy", head=True) == TOWNS
    assert fit(found, ":inhabitedBy") == ALL


def test_demands_pass_through_a_property_that_has_no_edge(graph):
    found = asked(
        graph, "range :stays :Town", "subproperty :bornIn :stays", open_world=False
    )  # fmt: skip
    assert fit(found, ":bornIn") == TOWNS


def test_a_symmetric_relation_asks_the_same_of_both_ends(graph):
    found = asked(graph, "symmetric :livesIn", "range :livesIn :Town", open_world=False)
    assert fit(found, ":livesIn", head=True) == TOWNS
    assert found.symmetric.tolist() == [True, False, False, True, False, False]


def test_members_of_equivalent_classes_and_of_the_parts_of_a_union_count(graph):
    same = asked(graph, "range :livesIn :Town", "equivalent :Child :Town", open_world=False)
    assert fit(same, ":livesIn") == {":Town", ":rome", ":Child", ":ann"}
    union = asked(graph, "range :livesIn :Town", "union :Town :Person", open_world=False)
    assert fit(union, ":livesIn") == TOWNS | PERSONS


def test_a_functional_relation_is_so_forward_and_an_inverse_functional_one_backward(graph):
    found = asked(graph, "functional :livesIn", "inverse_functional :bornIn")
    assert np.flatnonzero(found.functional).tolist() == [0, 2 + 3]


def test_an_asymmetric_relation_is_irreflexive(graph):
    found = asked(graph, "asymmetric :bornIn")
    assert found.irreflexive.tolist() == found.asymmetric.tolist() == [False, False, True] * 2


def test_axioms_of_other_modes_or_of_unknown_classes_ask_nothing(graph):
    assert asked(graph, "range :livesIn :Town", modes=("soft",)).empty
    assert asked(graph, "range :livesIn :Missing").empty


def test_entities_can_be_chosen(graph):
    rows = np.array([ANN, ROME])
    found = asked(graph, "range :livesIn :Town", open_world=False, rows=rows)
    assert found.allowed.tolist() == [[False, True]]


def test_the_weakest_axiom_of_a_relation_gives_its_weight(graph):
    axioms = [Axiom("range", (":livesIn", ":Town"), 0.5), Axiom("range", (":livesIn", ":Thing"))]
    found = constraints_of(axioms, graph, CURIES, relations=RELATIONS, modes=("soft",))
    assert found.weight[0] == 0.5


def test_the_key_that_says_most_chooses_the_mode():
    axioms = [Axiom("range", (name, ":Town")) for name in RELATIONS] + [
        Axiom("symmetric", (":knows",))
    ]
    found = with_modes(axioms, {"range :bornIn": "audit", "all": "hard", "range": "0.3"})
    assert [(axiom.mode, axiom.weight) for axiom in found] == [
        ("soft", 0.3), ("soft", 0.3), ("audit", 0.3), ("hard", 1.0)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"rang": "hard"}, "Did you mean range"),
        ({"range :gone": "hard"}, "No axiom is a range :gone"),
        ({"range": "harsh"}, "no mode"),
        ({"range": "-1"}, "no mode"),
    ],
)
def test_wrong_choices_are_told(choices, words):
    with pytest.raises(InputError) as fault:
        with_modes([Axiom("range", (":livesIn", ":Town"))], choices)
    assert words in str(fault.value)
