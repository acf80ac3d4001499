"""What edges make of axioms and rules, worked by hand on a small world."""

import numpy as np
import pytest

from kg import Axiom, EntityTable, Graph
from kg.audit import audit, conflicts, refuse_unknown
from kg.constraints import Members
from kg.errors import InputError
from kg.groundings import Groundings, rules_of
from kg.rules import parse_rules

CURIES = (":Person", ":Child", ":Town", ":ann", ":bea", ":cid", ":rome", ":oslo")
PERSON, CHILD, TOWN, ANN, BEA, CID, ROME, OSLO = range(8)
RELATIONS = ("rdfs:subClassOf", "rdf:type", ":knows", ":livesIn", ":bornIn")
IS_A, TYPE, KNOWS, LIVES, BORN = range(5)
EDGES = [
    (CHILD, IS_A, PERSON), (ANN, TYPE, CHILD), (BEA, TYPE, PERSON), (ROME, TYPE, TOWN),
    (OSLO, TYPE, TOWN), (ANN, KNOWS, BEA), (BEA, KNOWS, ANN), (BEA, KNOWS, CID),
    (ANN, LIVES, ROME), (BEA, LIVES, ROME), (BEA, LIVES, OSLO), (ROME, LIVES, OSLO),
    (ANN, BORN, ROME),
]  # fmt: skip


@pytest.fixture
def graph():
    head, relation, tail = np.array(sorted(EDGES), dtype=np.int64).T.copy()
    return Graph(len(CURIES), head, relation, tail, RELATIONS)


@pytest.fixture
def table():
    count = len(CURIES)
    empty = ("",) * count
    return EntityTable(
        iris=tuple("http://example.org/" + curie[1:] for curie in CURIES),
        curies=CURIES,
        labels=empty,
        definitions=empty,
        synonyms=((),) * count,
        kinds=("individual",) * count,
        live=np.ones(count, dtype=np.bool_),
    )


def axiom(text, mode="soft"):
    kind, *arguments = text.split()
    return Axiom(kind, tuple(arguments), mode=mode)


@pytest.mark.parametrize(
    ("text", "facts", "broken", "example"),
    [
        ("domain :livesIn :Person", 4, 1, ":rome :livesIn :oslo"),
        ("range :livesIn :Town", 4, 0, None),
        ("range :knows :Child", 3, 1, ":ann :knows :bea"),  # of :cid no class is told
        ("functional :livesIn", 4, 2, ":bea :livesIn :rome"),
        ("inverse_functional :livesIn", 4, 4, ":ann :livesIn :rome"),
        ("asymmetric :knows", 3, 2, ":ann :knows :bea"),
        ("irreflexive :knows", 3, 0, None),
        ("disjoint_properties :livesIn :bornIn", 5, 1, ":ann :livesIn :rome"),
        ("disjoint :Person :Child", 4, 2, ":Child is under both"),
        ("symmetric :knows", 3, 1, ":cid :knows :bea is not there"),
        ("transitive :livesIn", 1, 1, ":ann :livesIn :oslo is not there"),
        ("subproperty :bornIn :livesIn", 1, 0, None),
        ("inverse :bornIn :livesIn", 5, 5, ":rome :livesIn :ann is not there"),
        ("chain :knows :livesIn :bornIn", 3, 2, ":ann :bornIn :oslo is not there"),
        ("domain :gone :Person", 0, 0, None),
        ("range :livesIn :Gone", 0, 0, None),
    ],
)
def test_each_kind_of_axiom_is_held_against_the_edges(graph, table, text, facts, broken, example):
    (found,) = audit([axiom(text)], graph, table).rules
    assert (found.rule, found.broken) == (text, broken)
    assert found.vacuous == (facts == 0)
    assert (found.examples[0] if found.examples else None) == example
    if not text.startswith("transitive"):
        assert found.facts == facts


def test_the_closed_world_counts_what_no_class_is_told_of(graph, table):
    (found,) = audit([axiom("range :knows :Person")], graph, table, open_world=False).rules
    assert found.examples == (":bea :knows :cid",)


def test_what_most_breaks_comes_first_and_vacuous_ones_last(graph, table):
    texts = ("domain :gone :Person", "range :livesIn :Town", "functional :livesIn")
    found = audit([axiom(text) for text in texts], graph, table).rules
    assert [one.rule for one in found] == list(reversed(texts))


@pytest.mark.parametrize(
    ("rule", "bodies", "missing"),
    [
        (":livesIn(x, y) :- :bornIn(x, y).", 1, []),
        (":bornIn(x, y) :- :livesIn(x, y), :Child(x).", 1, []),
        (":bornIn(x, :oslo) :- :livesIn(x, :oslo).", 2, [[BEA, OSLO], [ROME, OSLO]]),
        (":knows(x, y) :- :livesIn(x, z), :livesIn(y, z), :Person(x), :Child(y).", 2, [[ANN, ANN]]),
        (":Child(x) :- :knows(x, :ann).", 1, [[BEA]]),
        (":Town(:cid) :- :knows(:bea, :cid).", 1, [[CID]]),
        (":Town(:cid) :- :knows(:cid, :bea).", 0, []),
        (":knows(x, y) :- :bornIn(x, :rome), :bornIn(y, :rome).", 1, [[ANN, ANN]]),
    ],
)  # fmt: skip
def test_rules_give_what_their_bodies_find(graph, rule, bodies, missing):
    groundings = Groundings(graph, CURIES, Members([], graph, CURIES))
    found = groundings.given(parse_rules(rule)[0])
    assert (found.bodies, found.missing.tolist()) == (bodies, missing)


def test_random_joins_equal_brute_force():
    rng = np.random.default_rng(4)
    triples = np.unique(rng.integers([7, 2, 7], size=(40, 3)), axis=0)
    head, relation, tail = triples.T.copy()
    curies = tuple(f":e{row}" for row in range(7))
    graph = Graph(7, head, relation, tail, (":p", ":q"))
    known = {tuple(t) for t in triples.tolist()}
    expected = {
        (x, z)
        for x in range(7) for y in range(7) for z in range(7)
        if (x, 0, y) in known and (y, 1, z) in known and (z, 0, x) in known
    }  # fmt: skip
    rule = parse_rules(":q(x, z) :- :p(x, y), :q(y, z), :p(z, x).")[0]
    found = Groundings(graph, curies, Members([], graph, curies)).given(rule)
    assert found.bodies == len(expected) > 0
    missing = {(x, z) for x, z in expected if (x, 1, z) not in known}
    assert set(map(tuple, found.missing.tolist())) == missing


def test_axioms_that_forbid_are_no_rules():
    assert rules_of(axiom("domain :livesIn :Person")) == ()
    assert [str(rule) for rule in rules_of(axiom("chain :p :q :r"))] == [
        ":r(x0, x2) :- :p(x0, x1), :q(x1, x2)."
    ]


@pytest.mark.parametrize(
    ("texts", "what"),
    [
        (["disjoint :Child :Person"], "nothing can be a :Child"),
        (["disjoint :Person :Town", "range :knows :Child", "range :knows :Town"],
         "nothing can be the tail of :knows"),
        (["symmetric :knows", "asymmetric :knows"], "there can be no edge of :knows"),
        (["disjoint_properties :bornIn :livesIn", "subproperty :bornIn :livesIn"],
         "there can be no edge of :bornIn"),
    ],
)  # fmt: skip
def test_conflicts_are_named_with_the_axioms_that_clash(graph, table, texts, what):
    more = axiom("disjoint :Town :Gone")
    (found,) = conflicts([*map(axiom, texts), more], graph, table)
    assert found.what == what
    assert set(texts) <= set(found.rules)
    assert conflicts([axiom(texts[-1]), more], graph, table) == () or len(texts) == 1


def test_rules_that_name_what_is_not_there_are_refused_with_their_line(graph, table):
    read = parse_rules("# one\n:knows(x, y) :- :knows(y, x).\n:likes(x, y) :- :knows(x, y).")
    with pytest.raises(InputError, match="names :likes") as fault:
        refuse_unknown(read, graph, table, path="my.rules")
    assert fault.value.where == "my.rules:3"
