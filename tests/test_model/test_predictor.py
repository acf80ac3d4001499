import json
from pathlib import Path

import pytest

from kg import KnowledgeBase
from kg.errors import NotAKnowledgeBaseError
from model import Predictor, run_experiment
from zoo import build_zoo, tiny_config, zoo_turtle

TEXT = "A red animal that hunts near the feather nest of a diving bird."


@pytest.fixture(scope="module")
def predictor(experiment: Path) -> Predictor:
    return Predictor.load(experiment)


def test_an_answer_says_labels_links_what_was_read_and_the_rules(predictor: Predictor) -> None:
    answer = predictor.predict(TEXT).to_json()
    json.dumps(answer)
    assert [link["text"] for link in answer["links"]] == ["animal", "feather nest", "diving bird"]
    assert len(answer["labels"]) == len(predictor.labels)
    probabilities = [label["probability"] for label in answer["labels"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert {entry["mention"] for entry in answer["attention"]} == {
        "animal", "feather nest", "diving bird", None,
    }  # fmt: skip
    assert sum(entry["weight"] for entry in answer["attention"]) == pytest.approx(1, abs=1e-2)
    assert all(set(rule) == {"rule", "holds"} for rule in answer["rules"])


def test_neighbours_are_read_beside_the_concept_itself(predictor: Predictor) -> None:
    read = predictor.predict("A diving bird.").attention
    assert {(entry["curie"], entry["relation"]) for entry in read} == {
        ("zoo:diving_bird", None), ("zoo:bird", "rdfs:subClassOf"),
        ("zoo:animal", "rdfs:subClassOf"), (None, None),
    }  # fmt: skip


def test_the_counterfactual_is_the_answer_without_the_link(predictor: Predictor) -> None:
    answer = predictor.predict("A diving bird.")
    (without,) = answer.counterfactual
    plain = {x["curie"]: x["probability"] for x in answer.labels}
    assert without["curie"] == "zoo:diving_bird"
    for change in without["without"]:
        assert change["probability"] - plain[change["curie"]] == pytest.approx(
            change["change"], abs=2e-4
        )


def test_a_text_without_links_is_answered_too(predictor: Predictor) -> None:
    answer = predictor.predict("Nothing of note happened.")
    assert answer.attention == ()
    assert answer.counterfactual == ()
    assert len(answer.labels) == len(predictor.labels)


def test_an_empty_text_is_answered_too(predictor: Predictor) -> None:
    assert predictor.predict("").linked.links == ()


def test_a_knowledge_base_that_moved_is_asked_for(experiment: Path, tmp_path: Path) -> None:
    with pytest.raises(NotAKnowledgeBaseError):
        Predictor.load(experiment, kb=str(tmp_path / "gone.sqlite"))


def test_the_model_follows_the_knowledge_base_without_training(tmp_path: Path) -> None:
    build_zoo(tmp_path)
    config = tiny_config(tmp_path, arms=["knowledge"], rule_loss=[False])
    run_experiment(config)
    predictor = Predictor.load(config.out)
    text = "The gloomy puffin is a sight."
    assert predictor.predict(text).linked.links == ()

    puffin = (
        'zoo:puffin a owl:Class ; rdfs:label "gloomy puffin"@en ; '
        'rdfs:subClassOf zoo:diving_bird ; skos:definition "A bird with a bright bill."@en .'
    )
    source = tmp_path / "zoo.ttl"
    with KnowledgeBase.open(config.kb) as kb:
        source.write_text(zoo_turtle() + puffin, encoding="utf-8")
        kb.load(source)
        added = predictor.predict(text)
        source.write_text(zoo_turtle(), encoding="utf-8")
        kb.load(source)
        removed = predictor.predict(text)

    assert [link.curie for link in added.linked.links] == ["zoo:puffin"]
    assert {entry["curie"] for entry in added.attention} == {
        "zoo:puffin", "zoo:diving_bird", "zoo:bird", "zoo:animal", None,
    }  # fmt: skip
    assert removed.linked.links == ()
    assert removed.attention == ()
    assert predictor.model_version == Predictor.load(config.out).model_version
