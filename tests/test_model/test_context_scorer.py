"""A scorer on a tiny random encoder: it tells two banks apart by the text around them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kg import KnowledgeBase
from linking import GoldLink, Linker, TextRow, TextsError
from linking.protocols import ContextScorer, Neural
from model import build_tiny_backbone
from model.backbone import load_backbone
from model.context_scorer import (
    AskedText,
    ConceptVectors,
    NeuralScorer,
    Question,
    load_scorer,
    save_scorer,
    train_scorer,
)
from model.errors import BundleError
from model.fine_tuning import FineTuning
from model.linker_lessons import definition_questions, gold_questions
from model.text_vectors import TextVectors

ONTOLOGY = """
@prefix ex: <https://example.org/banks#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<https://example.org/banks> a owl:Ontology .
ex:firm a owl:Class ; rdfs:label "firm" ; skos:definition "A body that trades." .
ex:land a owl:Class ; rdfs:label "land" ; skos:definition "Ground that is not under water." .
ex:lender a owl:Class ; rdfs:label "bank" ; rdfs:subClassOf ex:firm ;
    skos:definition "A bank is a firm that lends money." .
ex:shore a owl:Class ; rdfs:label "bank" ; rdfs:subClassOf ex:land ;
    skos:definition "The bank is land beside a river." .
ex:broker a owl:Class ; rdfs:label "broker" ; rdfs:subClassOf ex:firm ;
    skos:definition "A broker is a firm that trades for others, not a bank." .
ex:islet a owl:Class ; rdfs:label "islet" ; rdfs:subClassOf ex:land ;
    skos:definition "Land within a river." .
"""
LENDER = "https://example.org/banks#lender"
SHORE = "https://example.org/banks#shore"
SAID = {
    LENDER: ("lends money to", "trades shares with", "pays money into", "owes money to"),
    SHORE: ("sits by the river", "swims to", "fishes in water near", "walks on land by"),
}
WHO = ("the man", "a woman", "the child", "our friend")
PLAN = FineTuning(
    epochs=80, batch=8, learning_rate=1e-3, head_learning_rate=3e-3, frozen_layers=1, max_steps=160
)


def texts() -> list[TextRow]:
    rows = []
    for iri, sayings in SAID.items():
        for who in WHO:
            for saying in sayings:
                text = f"{who} {saying} the bank"
                mark = GoldLink(len(text) - 4, len(text), iri)
                rows.append(TextRow(str(len(rows)), text, (mark,)))
    return rows


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    folder = tmp_path_factory.mktemp("banks")
    (folder / "banks.ttl").write_text(ONTOLOGY, encoding="utf-8")
    with KnowledgeBase.open(folder / "kb.sqlite", create=True) as base:
        base.load(folder / "banks.ttl")
        yield base


@pytest.fixture(scope="module")
def tiny(kb: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    said = [row.text for row in texts()] + list(kb.table().definitions)
    return build_tiny_backbone(tmp_path_factory.mktemp("tiny"), said * 3, seed=0)


@pytest.fixture(scope="module")
def concepts(kb: KnowledgeBase, tiny: Path) -> ConceptVectors:
    return ConceptVectors(kb.table(), kb.graph(), TextVectors(load_backbone(tiny)))


@pytest.fixture(scope="module")
def questions(kb: KnowledgeBase) -> list[AskedText]:
    return gold_questions(Linker.of(kb), texts(), kb.table(), tell=lambda *_: None)


@pytest.fixture(scope="module")
def train(
    tiny: Path, questions: list[AskedText], concepts: ConceptVectors
) -> Callable[[], NeuralScorer]:
    return lambda: train_scorer(load_backbone(tiny), questions, concepts, plan=PLAN, seed=1)


@pytest.fixture(scope="module")
def scorer(train: Callable[[], NeuralScorer]) -> NeuralScorer:
    return train()


def of_bank(kb: KnowledgeBase, scorer: NeuralScorer, text: str) -> dict[str, float]:
    rows = [kb.table().row(LENDER), kb.table().row(SHORE)]
    at = text.index("bank")
    (scores,) = scorer.scores(text, [(at, at + 4)], [rows])
    return dict(zip((LENDER, SHORE), scores, strict=True))


def test_a_question_has_the_right_concept_and_its_namesake(
    kb: KnowledgeBase, questions: list[AskedText]
) -> None:
    lender, shore = kb.table().row(LENDER), kb.table().row(SHORE)
    first = next(q for q in questions[0].questions if questions[0].text[slice(*q.span)] == "bank")
    assert first.right == 0
    assert first.rows[0] == lender
    assert shore in first.rows
    land = next(
        question
        for asked in questions
        for question in asked.questions
        if asked.text[slice(*question.span)] == "land"
    )
    assert land.right is None  # a name, but nobody marked it


def test_it_learns_what_it_is_shown(kb: KnowledgeBase, scorer: NeuralScorer) -> None:
    assert isinstance(scorer, ContextScorer)
    for row in texts():
        assert row.gold is not None
        found = of_bank(kb, scorer, row.text)
        meant = row.gold[0].curie
        other = SHORE if meant == LENDER else LENDER
        assert found[meant] > 0 > found[other]


def test_the_linker_asks_it(kb: KnowledgeBase, scorer: NeuralScorer) -> None:
    linker = Linker.of(kb, neural=Neural(context=scorer))
    for iri, saying in ((LENDER, "the man lends money to"), (SHORE, "a woman swims to")):
        (link,) = [k for k in linker.link(f"{saying} the bank").links if k.text == "bank"]
        assert link.iri == iri


def test_each_candidate_is_answered_in_any_order(kb: KnowledgeBase, scorer: NeuralScorer) -> None:
    text = texts()[0].text
    at = text.index("bank")
    one, two = kb.table().row(LENDER), kb.table().row(SHORE)
    found = scorer.scores(text, [(at, at + 4), (0, 3), (4, 7)], [[one, two], [], [two]])
    turned = scorer.scores(text, [(4, 7), (at, at + 4)], [[two], [two, one]])
    assert [len(own) for own in found] == [2, 0, 1]
    assert turned[1] == pytest.approx(found[0][::-1])
    assert turned[0] == pytest.approx(found[2])
    assert scorer.scores("", [], []) == []


@pytest.mark.parametrize("text", [" ", "\ud800 bank", "the bank " * 300])
def test_odd_texts_are_read(kb: KnowledgeBase, scorer: NeuralScorer, text: str) -> None:
    rows = [[kb.table().row(LENDER)]]
    assert scorer.scores(text, [(0, len(text))], rows)


def test_the_same_seed_gives_the_same_scores(
    kb: KnowledgeBase, scorer: NeuralScorer, train: Callable[[], NeuralScorer]
) -> None:
    text = texts()[0].text
    assert of_bank(kb, train(), text) == of_bank(kb, scorer, text)


def test_what_is_saved_is_loaded_with_equal_scores(
    kb: KnowledgeBase, scorer: NeuralScorer, tmp_path: Path
) -> None:
    scorer.concepts.all()
    save_scorer(scorer, tmp_path / "scorer")
    again = load_scorer(tmp_path / "scorer", scorer.concepts)
    for row in texts():
        assert of_bank(kb, again, row.text) == of_bank(kb, scorer, row.text)


def test_another_knowledge_base_is_told(scorer: NeuralScorer, tmp_path: Path) -> None:
    scorer.concepts.all()
    save_scorer(scorer, tmp_path / "scorer")
    (tmp_path / "other.ttl").write_text(ONTOLOGY.replace("firm", "ship").replace("land", "sea"))
    with KnowledgeBase.open(tmp_path / "other.sqlite", create=True) as other:
        other.load(tmp_path / "other.ttl")
        concepts = ConceptVectors(other.table(), other.graph(), scorer.concepts.vectors)
        with pytest.raises(BundleError, match="knows 0 of 6 concepts looked up"):
            load_scorer(tmp_path / "scorer", concepts)


def test_only_a_changed_concept_is_read_again(kb: KnowledgeBase, tiny: Path) -> None:
    table, shore = kb.table(), kb.table().row(SHORE)
    vectors = TextVectors(load_backbone(tiny))
    rows = list(range(len(table)))
    before = ConceptVectors(table, kb.graph(), vectors).of(rows)
    changed = list(table.definitions)
    changed[shore] = "The side of a road."
    read: list[int] = []
    after = ConceptVectors(replace(table, definitions=tuple(changed)), kb.graph(), vectors).of(
        rows, progress=lambda _, done, count: read.append(count)
    )
    assert read == [1]
    assert [row for row in rows if not after[row].equal(before[row])] == [shore]


def test_a_concept_is_told_by_its_names_parents_and_definition(
    kb: KnowledgeBase, concepts: ConceptVectors
) -> None:
    text = concepts.text(kb.table().row(SHORE))
    assert text == "bank (land). The bank is land beside a river."


def test_definitions_teach_names_in_them_with_siblings_beside(kb: KnowledgeBase) -> None:
    asked = definition_questions(kb, Linker.of(kb), seed=0, limit=10, tell=lambda *_: None)
    table = kb.table()
    by_text = {one.text: one.questions for one in asked}
    own = by_text["A broker is a firm that trades for others, not a bank."][0]
    broker, lender = table.row("https://example.org/banks#broker"), table.row(LENDER)
    assert own.span == (2, 8)
    assert own.rows == ((broker, lender) if own.right == 0 else (lender,))
    assert asked == definition_questions(kb, Linker.of(kb), seed=0, limit=10, tell=lambda *_: None)


def test_too_few_mentions_are_told(tiny: Path, concepts: ConceptVectors) -> None:
    asked = [AskedText("the bank", (Question((4, 8), (0,), 0),))]
    with pytest.raises(TextsError, match="1 mentions with candidates"):
        train_scorer(load_backbone(tiny), asked, concepts, plan=PLAN, seed=1)
