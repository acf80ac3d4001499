from math import e, exp, log

import numpy as np
import pytest

from kg import Graph, NameRow
from linking.candidates import Owner
from linking.evidence import case_amount, covered_ones, glue_amount, modifier_amounts, words_amount
from linking.linker import Linker
from linking.neighbourhood import Neighbourhood, Use
from linking.probabilities import softmax_with_nil
from linking.weights import DEFAULTS, Weights


@pytest.fixture(scope="module")
def around(toy):
    return Neighbourhood(toy.table(), toy.graph(), toy.names())


def row(toy, label):
    return toy.table().labels.index(label)


def test_the_softmax_shares_one_among_candidates_and_nil():
    # e^ln2 : e^0 : e^0 = 2 : 1 : 1
    probabilities, nil = softmax_with_nil([log(2), 0.0])
    assert probabilities == pytest.approx([0.5, 0.25])
    assert nil == pytest.approx(0.25)


def test_the_softmax_survives_large_scores():
    assert softmax_with_nil([1000.0]) == ([1.0], 0.0)


def test_a_label_alone_stands_at_three_in_log_odds(toy_linker):
    (link,) = toy_linker.link("Drug.").links
    assert [(w.name, w.weight) for w in link.candidates[0].why] == [("label", 3.0)]
    assert link.probability == pytest.approx(e**3 / (1 + e**3), abs=1e-6)


def test_two_owners_share_what_one_alone_would_have(make_base):
    base = make_base({}, {"Alpha": [("gamma", "exact", "")], "Beta": [("gamma", "exact", "")]}, {})
    (link,) = Linker.of(base).link("gamma").links
    # 2 * exp(2.8 - ln 2) = exp(2.8), so that NIL has what it would have against one owner
    assert [c.probability for c in link.candidates] == pytest.approx(
        [exp(2.8) / 2 / (1 + exp(2.8))] * 2, abs=1e-6
    )


def test_information_falls_with_what_lies_below(toy, around):
    live = 21
    assert around.information(row(toy, "Aspirin")) == 1.0
    # Financial instrument has Bond and Government bond below it
    assert around.information(row(toy, "Financial instrument")) == pytest.approx(
        1 - log(3) / log(live)
    )
    assert around.information(row(toy, "Thing")) == 0.0


def test_closeness_is_the_information_of_the_nearest_common_ancestor(toy, around):
    bond, aspirin = row(toy, "Bond"), row(toy, "Aspirin")
    # Bond itself, with Government bond below it
    assert around.closeness(bond, row(toy, "Government bond")) == pytest.approx(
        1 - log(2) / log(21)
    )
    assert around.closeness(bond, aspirin) == 0.0


def test_use_tells_related_names_from_unrelated_ones(toy, around):
    # "right": of a hand fracture, a heart failure, an ear infection, an eye pain; none below Right
    assert around.use("right", row(toy, "Right")) == Use(kin=0, elsewhere=4)
    # "bond": Government bond is below Bond, Chemical bond is not
    assert around.use("bond", row(toy, "Bond")) == Use(kin=1, elsewhere=1)


def test_a_branch_is_judged_by_all_of_its_one_word_names(toy, around):
    # Side (0), Right (4), Left (4)
    use = around.branch_use(row(toy, "Left"))
    assert use == Use(kin=0, elsewhere=8)
    assert use.share_elsewhere == pytest.approx((8 + 2) / (8 + 4))


def test_a_word_that_builds_names_of_unrelated_concepts_counts_against(toy, around):
    at = row(toy, "Right")
    owner = Owner(at, NameRow(at, "Right", "label", "en"), "label", "")
    word, branch = modifier_amounts(owner, around)
    assert word.amount == pytest.approx(log(5))  # four users, all unrelated
    # (10/12 - 0.7) / (1 - 0.7) = 4/9 of the way from "no such branch" to "all unrelated"
    assert branch.amount == pytest.approx(4 / 9)


def test_any_relation_makes_kin(make_base):
    base = make_base({"Brain": "Thing", "Brain ventricle": "Thing", "Brain coral": "Thing"}, {}, {})
    graph, at = base.graph(), base.table().labels.index
    joined = Graph(
        graph.entity_count,
        np.append(graph.head, at("Brain ventricle")),
        np.append(graph.relation, 1),
        np.append(graph.tail, at("Brain")),
        (*graph.relations, "part_of"),
    )
    around = Neighbourhood(base.table(), joined, base.names())
    assert around.use("brain", at("Brain")) == Use(kin=1, elsewhere=1)


def test_a_name_of_two_words_is_no_modifier(toy, around):
    at = row(toy, "Chemical bond")
    owner = Owner(at, NameRow(at, "Chemical bond", "label", "en"), "label", "")
    assert list(modifier_amounts(owner, around)) == []


@pytest.mark.parametrize(
    ("surface", "name", "amount"),
    [
        ("fever", "Fever", None),
        ("ECB", "ECB", None),
        ("Wilms tumor", "Wilms tumor", None),
        ("european central bank", "European Central Bank", ("case", -1.0)),
        ("European Central Bank", "European Central Bank", ("case", 1.0)),
        ("AIDS", "Aids", ("shouted", 1.0)),
        ("SEIZURES", "Seizure", None),
    ],
)
def test_capitals_inside_a_name_should_agree(surface, name, amount):
    found = case_amount(surface, name, shouted=False)
    assert (found and found[:2]) == amount


def test_capitals_say_nothing_in_a_text_of_capitals():
    assert case_amount("AIDS", "Aids", shouted=True) is None


@pytest.mark.parametrize(
    ("surface", "words"),
    [("ear", 0), ("fever", 0), ("heart failure", 1), ("a b c d e f", 3), ("债券", 0)],
)
def test_long_mentions_are_surer_than_short_ones(surface, words):
    assert words_amount(surface) == words


def test_a_mention_within_a_longer_one_is_covered():
    assert covered_ones([(0, 9), (0, 4), (5, 9), (5, 12), (12, 14)]) == [
        False, True, True, False, False,
    ]  # fmt: skip
    assert covered_ones([(0, 4), (0, 4), (0, 4)]) == [False, False, False]


@pytest.mark.parametrize(
    ("text", "mention", "amount"),
    [
        ("a cyst-like mass", "cyst", 1.0),
        ("a small lens-shaped mass", "small lens", 1.0),
        ("a pre-cyst", "cyst", 1.0),
        ("a pre-cancer cell", "cancer cell", 0.5),
        ("cyst - large", "cyst", 0.0),
    ],
)
def test_a_hyphen_glues_a_mention_to_its_neighbour(text, mention, amount):
    start = text.index(mention)
    assert glue_amount(text, start, start + len(mention)) == amount


def without(*names):
    return Weights({**DEFAULTS, **dict.fromkeys(names, 0.0)})


def test_words_of_the_definition_tell_one_bond_from_the_other(toy):
    linker = Linker.of(toy).with_weights(without("coherence"))
    (link,) = linker.link("The bond between atoms holds the molecule.").links
    by_label = {c.label: c for c in link.candidates}
    context = {w.name: w for w in by_label["Chemical bond"].why}["context"]
    # "atom", "molecule" and "between" (a function word, not counted)
    assert context.value == "atom, molecule"
    assert context.weight == pytest.approx(0.5 * log(3))
    assert "context" not in {w.name for w in by_label["Bond"].why}


def test_a_close_concept_nearby_speaks_for_a_candidate(toy):
    linker = Linker.of(toy).with_weights(without("context"))
    bond = next(
        link for link in linker.link("A bond, like a government bond").links if link.text == "bond"
    )
    coherence = {w.name: w for w in bond.candidates[0].why}["coherence"]
    assert bond.label == "Bond"
    assert coherence.value == "Government bond (0.77)"  # 1 - ln 2 / ln 21
