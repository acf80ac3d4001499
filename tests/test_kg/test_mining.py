"""Rules mined from graphs, against counting by hand and by brute force."""

import itertools
import os
from pathlib import Path

import numpy as np
import pytest

from kg import Graph, KnowledgeBase
from kg.reasoning import mining
from kg.reasoning.mining import mine_rules, write_rules
from kg.rules import read_rules

NEEDS_DATA = pytest.mark.skipif(
    "ONTOGRAFT_DATA" not in os.environ, reason="needs the data sets in ONTOGRAFT_DATA"
)


def graph_of(edges: set[tuple[int, str, int]], entities: int) -> Graph:
    relations = ("rdfs:subClassOf", *sorted({r for _, r, _ in edges} - {"rdfs:subClassOf"}))
    rows = sorted((h, relations.index(r), t) for h, r, t in edges)
    head, relation, tail = np.array(rows, dtype=np.int64).T
    return Graph(entities, head.copy(), relation.copy(), tail.copy(), relations)


def by_text(graph: Graph, **limits):
    return {str(found.rule): found for found in mine_rules(graph, **limits).rules}


def test_figures_are_those_of_a_count_by_hand():
    # a:0 employs 1 and 2, which live in 8; 3 lives in 9, and is known to work for 0 in 9
    edges = {
        (1, "e:worksFor", 0), (2, "e:worksFor", 0), (3, "e:worksFor", 0), (4, "e:worksFor", 5),
        (0, "e:seat", 8), (5, "e:seat", 9),
        (1, "e:livesIn", 8), (2, "e:livesIn", 8), (3, "e:livesIn", 9), (6, "e:livesIn", 9),
    }  # fmt: skip
    rule = "e:livesIn(x, y) :- e:worksFor(x, z), e:seat(z, y)."
    found = by_text(graph_of(edges, 10), min_support=2, min_confidence=0.1)[rule]
    # the body gives (1,8) (2,8) (3,8) (4,9): two are there; 4 lives nowhere that is known
    assert (found.support, found.confidence) == (2, 2 / 4)
    assert found.head_coverage == 2 / 4
    assert found.pca_confidence == pytest.approx(2 / 3)
    assert found.rule.weight == found.confidence


def test_an_inverse_and_a_symmetric_relation_are_found():
    edges = {
        (0, "e:p", 1),
        (1, "e:q", 0),
        (2, "e:p", 3),
        (3, "e:q", 2),
        (4, "e:s", 5),
        (5, "e:s", 4),
    }
    rules = by_text(graph_of(edges, 6), min_support=2, min_confidence=1.0)
    assert {"e:p(x, y) :- e:q(y, x).", "e:q(x, y) :- e:p(y, x).", "e:s(x, y) :- e:s(y, x)."} <= set(
        rules
    )


def test_a_rule_that_says_nothing_is_not_told():
    rules = by_text(graph_of({(0, "e:p", 1), (1, "e:p", 2)}, 3), min_support=1, min_confidence=0.0)
    assert "e:p(x, y) :- e:p(x, y)." not in rules


def brute_force(edges, entities, least, confidence):
    """Every rule by trying every pair of entities."""
    names = sorted({r for _, r, _ in edges})
    steps = [(name, backward) for name in names for backward in (False, True)]

    def holds(step, x, y):
        name, backward = step
        return ((y, name, x) if backward else (x, name, y)) in edges

    def atom(step, x, y):
        return f"{step[0]}({y}, {x})" if step[1] else f"{step[0]}({x}, {y})"

    everyone = range(entities)
    bodies = {atom(s, "x", "y"): {p for p in itertools.product(everyone, repeat=2) if holds(s, *p)}
              for s in steps}  # fmt: skip
    for a, b in itertools.product(steps, repeat=2):
        bodies[f"{atom(a, 'x', 'z')}, {atom(b, 'z', 'y')}"] = {
            (x, y)
            for x, y in itertools.product(everyone, repeat=2)
            if any(holds(a, x, z) and holds(b, z, y) for z in everyone)
        }
    found = {}
    for name, (body, pairs) in itertools.product(names, bodies.items()):
        head = {(x, y) for x, r, y in edges if r == name}
        support = len(head & pairs)
        if body != f"{name}(x, y)" and support >= least and support >= confidence * len(pairs):
            pca = sum(x in {h for h, _ in head} for x, _ in pairs)
            found[f"{name}(x, y) :- {body}."] = (
                support, support / len(pairs), support / len(head), support / pca
            )  # fmt: skip
    return found


@pytest.mark.parametrize("seed", range(5))
def test_all_rules_and_figures_are_those_of_brute_force(seed):
    chance = np.random.default_rng(seed)
    edges = {
        (int(h), f"e:r{r}", int(t)) for h, r, t in chance.integers((0, 0, 0), (8, 3, 8), (30, 3))
    }
    found = mine_rules(graph_of(edges, 8), min_support=2, min_confidence=0.2)
    ours = {
        str(f.rule): (f.support, f.confidence, f.head_coverage, f.pca_confidence)
        for f in found.rules
    }
    theirs = brute_force(edges, 8, 2, 0.2)
    assert ours.keys() == theirs.keys()
    for rule, figures in theirs.items():
        assert ours[rule] == pytest.approx(figures)


def test_paths_through_a_hub_are_left_out_and_told(monkeypatch):
    edges = {(i, "e:type", 0) for i in range(1, 40)} | {(1, "e:p", 2), (2, "e:p", 3)}
    monkeypatch.setattr(mining, "LARGEST_PATH", 1000)
    found = mine_rules(graph_of(edges, 40), min_support=1, min_confidence=0.0)
    assert found.left_out == (("e:type", "e:type"),)


def test_the_rules_file_is_read_and_run(load_text, tmp_path):
    lines = "".join(
        f"<http://e.org/a{i}> <http://e.org/owns> <http://e.org/b{i}> .\n"
        f"<http://e.org/b{i}> <http://e.org/ownedBy> <http://e.org/a{i}> .\n"
        for i in range(12)
    )
    kb: KnowledgeBase = load_text(
        "<http://e.org/> a <http://www.w3.org/2002/07/owl#Ontology> .\n"
        "<http://e.org/owns> a <http://www.w3.org/2002/07/owl#ObjectProperty> .\n"
        "<http://e.org/ownedBy> a <http://www.w3.org/2002/07/owl#ObjectProperty> .\n"
        + "".join(
            f'<http://e.org/{n}{i}> <http://www.w3.org/2000/01/rdf-schema#label> "{n}{i}" .\n'
            for n in "ab" for i in range(13)
        )
        + "<http://e.org/a12> <http://e.org/owns> <http://e.org/b12> .\n" + lines,
        "owners.ttl",
    )  # fmt: skip
    mined = kb.mine(tmp_path / "mined.rules", min_support=10, min_confidence=0.9)
    texts = {str(found.rule): found.support / 13 for found in mined.rules}
    rule = "<http://e.org/ownedBy>(x, y) :- <http://e.org/owns>(y, x)."
    assert texts[rule] == 12 / 13
    read = read_rules(tmp_path / "mined.rules")
    assert [str(r) for r in read] == [str(found.rule) for found in mined.rules]
    assert [r.weight for r in read] == [round(found.confidence, 4) for found in mined.rules]
    kb.load(tmp_path / "mined.rules")
    assert {a.arguments[0] for a in kb.axioms() if a.kind == "horn"} == set(texts)
    kb.reason(least_weight=0.9)
    why = kb.explain("http://e.org/b12", "http://e.org/ownedBy", "http://e.org/a12")
    assert [leaf.triple.predicate for leaf in why.asserted()] == ["http://e.org/owns"]


def test_the_surest_rules_are_kept():
    edges = {(i, "e:p", i + 1) for i in range(5)} | {(i, "e:q", i + 1) for i in range(4)}
    whole = mine_rules(graph_of(edges, 6), min_support=1, min_confidence=0.0)
    kept = mine_rules(graph_of(edges, 6), min_support=1, min_confidence=0.0, max_rules=2)
    assert kept.rules == whole.rules[:2]
    assert kept.rules[0].confidence == max(found.confidence for found in whole.rules)


@NEEDS_DATA
def test_umls_obeys_rules_that_can_be_counted(tmp_path):
    train = Path(os.environ["ONTOGRAFT_DATA"], "kg_umls", "train.tsv")
    edges = [line.split("\t") for line in train.read_text().splitlines()]
    with KnowledgeBase.open(tmp_path / "kb.db", create=True) as kb:
        kb.load(train)
        rules = kb.mine(min_support=20, min_confidence=0.8).rules
    assert len(rules) > 50
    for found in (rules[0], rules[len(rules) // 2], rules[-1]):
        pairs = pairs_of(found.rule.body, edges)
        head = {(h, t) for h, r, t in edges if r == local(found.rule.head.predicate)}
        assert len(pairs & head) == found.support
        assert len(pairs & head) / len(pairs) == pytest.approx(found.confidence)


def local(predicate: str) -> str:
    return predicate.rpartition(":")[2]


def pairs_of(body, edges):
    ways = [("x", "z"), ("z", "y")] if len(body) == 2 else [("x", "y")]
    steps = []
    for atom, ends in zip(body, ways, strict=True):
        found = {(h, t) for h, r, t in edges if r == local(atom.predicate)}
        steps.append(found if atom.arguments == ends else {(t, h) for h, t in found})
    if len(steps) == 1:
        return steps[0]
    return {(x, y) for x, z in steps[0] for other, y in steps[1] if z == other}


def test_a_file_that_cannot_be_written_is_an_error(tmp_path):
    found = mine_rules(graph_of({(0, "e:p", 1)}, 2), min_support=1)
    with pytest.raises(OSError, match="missing"):
        write_rules(found, tmp_path / "missing" / "x.rules")
