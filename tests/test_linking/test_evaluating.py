"""What `evaluate-links` says beyond precision and recall, on texts that are counted by hand."""

import pytest

from linking import GoldLink, LinkedText, Linker, LinkerSettings, TextRow, TextsError, score_links
from linking.evaluating import Evaluation, compare, evaluate, near_by_is_a
from linking.gold import concepts_of, resolve_gold

CURRENT = {"OLD:1": "TOY:0002", "http://old/1": "TOY:0002"}


def curie(base, label):
    return base.table().curies[base.table().labels.index(label)]


def row(id, text, *marks, split=None):
    """Marks as (surface, curie)."""
    gold = tuple(GoldLink(text.index(s), text.index(s) + len(s), c) for s, c in marks)
    return TextRow(id, text, gold, split=split)


def judged(base, texts, *, linker=None, seen=None) -> Evaluation:
    gold = resolve_gold(texts, base.table(), CURRENT)
    return evaluate(
        linker or Linker.of(base), gold, table=base.table(), graph=base.graph(), seen=seen,
        resamples=200,
    )  # fmt: skip


@pytest.fixture
def aspirin(toy):
    return curie(toy, "Aspirin")


@pytest.fixture
def fever(toy):
    return curie(toy, "Fever")


def test_old_ids_and_iris_are_brought_up_to_date(toy, aspirin):
    assert aspirin == "TOY:0002"
    iri = toy.table().iris[2]
    texts = [
        row("1", "Aspirin.", ("Aspirin", "OLD:1")),
        row("2", "Aspirin.", ("Aspirin", iri)),
        row("3", "Aspirin and x.", ("Aspirin", aspirin), ("x", "")),
        row("4", "Aspirin and y.", ("Aspirin", "http://old/1"), ("y", "ELSE:7")),
        TextRow("5", "Nobody marked this."),
    ]
    gold = resolve_gold(texts, toy.table(), CURRENT)
    assert (gold.mentions, gold.mapped, gold.nil, gold.unknown) == (6, 3, 1, 1)
    assert gold.known_share == 4 / 5
    assert concepts_of(gold.texts) == {aspirin, "ELSE:7"}
    assert concepts_of(gold.without_unknown()) == {aspirin}
    assert gold.texts[4].gold is None


def test_what_the_ontology_lacks_costs_recall_in_one_score_and_not_in_the_other(toy, aspirin):
    texts = [row("1", "Aspirin against gout.", ("Aspirin", aspirin), ("gout", "ELSE:7"))]
    found = judged(toy, texts)
    assert found.scores.mention_strict.recall == 1 / 2
    assert found.in_ontology is not None
    assert found.in_ontology.mention_strict.recall == 1.0
    only_unknown = judged(toy, [row("1", "No gout.", ("gout", "ELSE:7"))])
    assert only_unknown.in_ontology is None


def test_a_mark_without_concept_is_not_looked_for_and_a_link_on_it_is_told(toy, aspirin):
    texts = [row("1", "Aspirin, gout.", ("Aspirin", aspirin), ("gout", ""))]
    found = judged(toy, texts)
    assert found.scores.mention_strict.recall == 1.0
    assert (found.nil.mentions, found.nil.left_unlinked) == (1, 1.0)
    # here the linker links what stands for no concept
    wrong = judged(toy, [row("1", "Aspirin.", ("Aspirin", ""))])
    assert wrong.nil.left_unlinked == 0.0
    assert wrong.scores.mention_strict.precision == 0.0


def test_nil_at_equal_recall_asks_how_likely_a_span_is_to_be_linked(toy, aspirin):
    texts = [
        row("1", "Aspirin.", ("Aspirin", aspirin)),
        row("2", "Aspirin.", ("Aspirin", "")),
        row("3", "Gout.", ("Gout", "")),
    ]
    # the threshold is where the known mention is: the like one stays linked, the unseen one not
    assert judged(toy, texts).nil.left_unlinked_at_recall == 1 / 2


def test_gold_is_parted_by_training_and_by_the_number_of_candidates(toy, aspirin, fever):
    bond = curie(toy, "Bond")
    texts = [
        row("1", "Aspirin lowers fever.", ("Aspirin", aspirin), ("fever", fever)),
        row("2", "The issuer of the bond.", ("bond", bond)),
        row("3", "A thrombolytic.", ("thrombolytic", aspirin)),
    ]
    parts = judged(toy, texts, seen={aspirin}).parts
    assert {name: part.mentions for name, part in parts.items()} == {
        "seen": 2,
        "unseen": 2,
        "ambiguous": 1,  # "bond" is of two
        "unambiguous": 2,
        "no candidate": 1,
    }
    assert (parts["seen"].recall, parts["unambiguous"].recall) == (1 / 2, 1.0)
    assert parts["no candidate"].recall == 0.0
    assert "seen" not in judged(toy, texts).parts


def test_texts_are_parted_by_their_split(toy, aspirin):
    texts = [
        row("1", "Aspirin.", ("Aspirin", aspirin), split="dev"),
        row("2", "A thrombolytic.", ("thrombolytic", aspirin), split="test"),
        row("3", "Aspirin.", ("Aspirin", aspirin)),
    ]
    splits = judged(toy, texts).splits
    assert {name: scores.mention_strict.recall for name, scores in splits.items()} == {
        "dev": 1.0,
        "test": 0.0,
    }


def test_a_parent_is_near_and_a_grandparent_is_not(toy, aspirin):
    near = near_by_is_a(toy.table(), toy.graph())
    drug, thing = curie(toy, "Drug"), curie(toy, "Thing")
    assert near(aspirin, drug)
    assert near(drug, aspirin)
    assert near(aspirin, aspirin)
    assert not near(aspirin, thing)
    assert not near(aspirin, "ELSE:7")
    scores = judged(toy, [row("1", "Aspirin.", ("Aspirin", drug))]).scores
    assert scores.mention_strict.f1 == 0.0
    assert scores.mention_near is not None
    assert scores.mention_near.f1 == 1.0


def test_namesakes_count_for_any_at_1_alone(toy):
    text = "The bond."
    chemical = curie(toy, "Chemical bond")
    linked = Linker.of(toy, settings=LinkerSettings(nil_threshold=1.0)).link(text)
    assert linked.links[0].curie != chemical
    scores = score_links([row("", text, ("bond", chemical))], [linked])
    assert (scores.accuracy_at_1, scores.any_at_1, scores.recall_at[5]) == (0.0, 1.0, 1.0)
    # two concepts on one span: one of them is strictly right, either is loosely
    both = row("", text, ("bond", chemical), ("bond", linked.links[0].curie))
    scores = score_links([both], [linked])
    assert (scores.accuracy_at_1, scores.any_at_1) == (1 / 2, 1.0)


def test_intervals_hold_the_score_and_are_the_same_each_time(toy, aspirin):
    texts = [
        row(str(i), t, (t.split(".")[0], aspirin)) for i, t in enumerate(["Aspirin.", "Xyzzy."] * 9)
    ]
    document = judged(toy, texts).to_json()
    low, high = document["intervals"]["mention_strict"]["recall"]
    # 9 of 18: a binomial share of 0.5 with a standard deviation of 0.118
    assert low < document["mention_strict"]["recall"] == 0.5 < high
    assert 0.15 < low < 0.4 < 0.6 < high < 0.85
    assert judged(toy, texts).to_json() == document


def test_a_linker_compared_with_itself_differs_in_nothing(toy, aspirin):
    texts = [row(str(i), "Aspirin.", ("Aspirin", aspirin)) for i in range(4)]
    texts.append(row("x", "Xyzzy.", ("Xyzzy", aspirin)))
    ours = judged(toy, texts)
    same = compare(ours, judged(toy, texts))["difference"]
    assert same["mention_strict"]["f1"] == [0.0, 0.0, 0.0]
    deaf = judged(toy, texts, linker=Linker.of(toy, settings=LinkerSettings(nil_threshold=0.0)))
    value, low, high = compare(ours, deaf)["difference"]["mention_strict"]["recall"]
    assert (value, high) == (0.8, 1.0)
    assert 0 < low < value


def test_texts_without_gold_are_refused(toy):
    with pytest.raises(TextsError, match="no text has gold"):
        judged(toy, [TextRow("1", "Aspirin.")])


def test_links_of_texts_are_those_of_the_linker(toy, aspirin):
    linker = Linker.of(toy)
    found = judged(toy, [row("1", "Aspirin lowers fever.", ("Aspirin", aspirin))], linker=linker)
    assert found.linked.texts == (linker.link("Aspirin lowers fever.", id="1"),)
    assert isinstance(found.linked.grounded[0], LinkedText)
