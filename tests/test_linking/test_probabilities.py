from math import e, exp, log

import numpy as np
import pytest

from kg import Graph, NameRow
from linking import LinkerSettings
from linking.candidates import Owner
from linking.linker import Linker
from linking.neighbourhood import Neighbourhood, Use
from linking.probabilities import (
    case_weight,
    glue_weight,
    length_weight,
    modifier_evidence,
    softmax_with_nil,
)


@pytest.fixture(scope="module")
def around(toy):
    return Neighbourhood(toy.table(), toy.graph(), toy.names())


def row(toy, label):
    return toy.table().labels.index(label)


def test_the_softmax_shares_one_among_candidates_and_nil():
    # e^ln2 : e^0 : e^0 = 2 : 1 : 1
    probabilities, nil = softmax_with_nil([log(2), 0.0], 0.0)
    assert probabilities == pytest.approx([0.5, 0.25])
    assert nil == pytest.approx(0.25)


def test_the_softmax_survives_large_scores():
    assert softmax_with_nil([1000.0], 0.0) == ([1.0], 0.0)


def test_a_label_alone_stands_at_three_in_log_odds(toy_linker):
    (link,) = toy_linker.link("Drug.").links
    assert [(w.name, w.weight) for w in link.candidates[0].why] == [("name", 3.0)]
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
    owner = Owner(row(toy, "Right"), NameRow(row(toy, "Right"), "Right", "label", "en"), "", 3.0)
    word, branch = modifier_evidence(owner, around, 1.0)
    assert word.weight == pytest.approx(-0.5 * log(5))  # four users, all unrelated
    # (10/12 - 0.7) / (1 - 0.7) = 4/9 of the way from "no such branch" to "all unrelated"
    assert branch.weight == pytest.approx(-8 * 4 / 9)


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
    owner = Owner(at, NameRow(at, "Chemical bond", "label", "en"), "", 3.0)
    assert modifier_evidence(owner, around, 1.0) == []


@pytest.mark.parametrize(
    ("surface", "name", "weight"),
    [
        ("fever", "Fever", 0.0),
        ("ECB", "ECB", 0.0),
        ("Wilms tumor", "Wilms tumor", 0.0),
        ("european central bank", "European Central Bank", -0.5),
        ("European Central Bank", "European Central Bank", 0.5),
        ("AIDS", "Aids", -2.0),
        ("SEIZURES", "Seizure", 0.0),
    ],
)
def test_capitals_inside_a_name_should_agree(surface, name, weight):
    assert case_weight(surface, name, text=f"{surface} it is") == weight


def test_capitals_say_nothing_in_a_text_of_capitals():
    assert case_weight("AIDS", "Aids", text="ALL ABOUT AIDS") == 0.0


@pytest.mark.parametrize(
    ("surface", "weight"),
    [("ear", -1.0), ("fever", 0.0), ("heart failure", 0.4), ("a b c d e f", 1.2), ("债券", 0.0)],
)
def test_long_mentions_are_surer_than_short_ones(surface, weight):
    assert length_weight(surface) == pytest.approx(weight)


@pytest.mark.parametrize(
    ("text", "mention", "weight"),
    [
        ("a cyst-like mass", "cyst", -2.0),
        ("a small lens-shaped mass", "small lens", -2.0),
        ("a pre-cyst", "cyst", -2.0),
        ("a pre-cancer cell", "cancer cell", -1.0),
        ("cyst - large", "cyst", 0.0),
    ],
)
def test_a_hyphen_glues_a_mention_to_its_neighbour(text, mention, weight):
    start = text.index(mention)
    assert glue_weight(text, start, start + len(mention)) == weight


def test_words_of_the_definition_tell_one_bond_from_the_other(toy):
    linker = Linker.of(toy, settings=LinkerSettings(coherence_weight=0.0))
    (link,) = linker.link("The bond between atoms holds the molecule.").links
    by_label = {c.label: c for c in link.candidates}
    context = {w.name: w for w in by_label["Chemical bond"].why}["context"]
    # "atom", "molecule" and "between" (a function word, not counted)
    assert context.value == "atom, molecule"
    assert context.weight == pytest.approx(0.5 * log(3))
    assert "context" not in {w.name for w in by_label["Bond"].why}


def test_a_close_concept_nearby_speaks_for_a_candidate(toy):
    linker = Linker.of(toy, settings=LinkerSettings(context_weight=0.0))
    bond = next(
        link for link in linker.link("A bond, like a government bond").links if link.text == "bond"
    )
    coherence = {w.name: w for w in bond.candidates[0].why}["coherence"]
    assert bond.label == "Bond"
    assert coherence.value == "Government bond (0.77)"  # 1 - ln 2 / ln 21
