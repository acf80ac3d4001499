import json
from pathlib import Path

import pytest
from safetensors.torch import load_file

from kg import KnowledgeBase
from kg.errors import NotAKnowledgeBaseError
from model import BundleError, Predictor, run_experiment
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


def test_the_counterfactual_is_the_answer_of_a_knowledge_base_without_the_name(
    predictor: Predictor, zoo: Path, tmp_path: Path
) -> None:
    text = "A diving bird."
    (said,) = predictor.predict(text).counterfactual
    assert said["curie"] == "zoo:diving_bird"

    source = tmp_path / "zoo.ttl"
    source.write_text(zoo_turtle().replace('"diving bird"', '"unheard of"'), encoding="utf-8")
    with KnowledgeBase.open(tmp_path / "other.sqlite", create=True) as kb:
        kb.load(source)
    ignorant = Predictor.load(predictor.folder, kb=str(tmp_path / "other.sqlite"))
    without = {x["curie"]: x["probability"] for x in ignorant.predict(text).labels}
    known = {x["curie"]: x["probability"] for x in predictor.predict(text).labels}
    assert ignorant.predict(text).linked.links != predictor.predict(text).linked.links
    for change in said["without"]:
        if not ignorant.predict(text).linked.links:
            assert change["probability"] == pytest.approx(without[change["curie"]], abs=2e-4)
        assert change["change"] == pytest.approx(
            change["probability"] - known[change["curie"]], abs=2e-4
        )


def test_the_model_that_is_served_answers_as_it_was_evaluated(
    predictor: Predictor, experiment: Path
) -> None:
    task = json.loads((experiment / "run" / "task.json").read_text())
    texts = [example for example in task["examples"] if example["split"] == "test"]
    run = load_file(experiment / "run" / predictor.run / "finished.safetensors")
    unlike = [
        index
        for index, (example, wanted) in enumerate(zip(texts, run["test"], strict=True))
        if example["links"] == predictor.link(example["text"]).to_json()["links"]
        and {x["curie"]: x["probability"] for x in predictor.predict(example["text"]).labels}
        != {
            curie: pytest.approx(p, abs=1e-3)
            for curie, p in zip(predictor.labels, wanted.tolist(), strict=True)
        }
    ]
    assert unlike == []


def test_a_knowledge_base_without_any_of_the_labels_is_refused(
    experiment: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.ttl"
    other.write_text(
        "@prefix o: <https://example.org/o#> . @prefix owl: <http://www.w3.org/2002/07/owl#> ."
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> ."
        'o:x a owl:Class ; rdfs:label "x" .',
        encoding="utf-8",
    )
    with KnowledgeBase.open(tmp_path / "other.sqlite", create=True) as kb:
        kb.load(other)
    with pytest.raises(BundleError, match="labels is in the knowledge base"):
        Predictor.load(experiment, kb=str(tmp_path / "other.sqlite"))


def test_a_text_that_is_not_read_to_its_end_is_marked(predictor: Predictor) -> None:
    assert not predictor.predict("A diving bird.").truncated
    assert predictor.predict("A diving bird. " * 40).truncated


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
