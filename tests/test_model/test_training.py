import json
from collections import Counter
from pathlib import Path

import pytest
import torch

from kg import JobError, KnowledgeBase, UnknownEntityError
from linking import Linker
from model import ConfigError, Progress, parse_config, run_experiment
from model.config import TrainingConfig
from model.run_folder import Curve
from model.setting import build_network, features_of, prepare
from model.task import build_task
from model.training import StepReport, learning_rate_share, rule_share, texts_of_step
from zoo import build_zoo, tiny_config, zoo_turtle


class Interrupt(BaseException):
    """Stands for Ctrl-C at a chosen step."""


def test_an_epoch_reads_every_text_once() -> None:
    read = [i for step in range(5) for i in texts_of_step(step, texts=20, batch=4, seed=1)]
    assert Counter(read) == Counter(range(20))


def test_epochs_differ_and_seeds_differ() -> None:
    first = texts_of_step(0, texts=20, batch=20, seed=1)
    assert first != texts_of_step(1, texts=20, batch=20, seed=1)
    assert first != texts_of_step(0, texts=20, batch=20, seed=2)


def test_the_rate_rises_over_the_warm_up_and_falls_to_the_end() -> None:
    config = TrainingConfig(steps=10, warmup=0.2)
    shares = [learning_rate_share(step, config) for step in range(10)]
    assert shares == [0.5, 1.0, 1.0, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8]


def test_the_rule_loss_waits_and_then_grows() -> None:
    config = TrainingConfig(steps=10, rule_start=0.2)
    shares = [round(rule_share(step, config), 6) for step in range(10)]
    assert shares == [0, 0, 0, 0.5, 1, 1, 1, 1, 1, 1]


def test_a_batch_can_be_learnt_by_heart(zoo: Path, tmp_path: Path) -> None:
    config = tiny_config(zoo, out=str(tmp_path))
    with KnowledgeBase.open(config.kb) as kb:
        setting = prepare(config, kb, report=lambda _: None)
        network, entities = build_network(setting, "knowledge"), features_of(setting, "knowledge")
        train = setting.task.of("train")[:8]
        batch = setting.batcher("knowledge").batch([example.linked for example in train])
    gold = torch.from_numpy(setting.task.gold(train)).float()
    optimiser = torch.optim.AdamW(network.parameters(), lr=5e-3)
    for _ in range(150):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            network(batch, entities).logits, gold
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.02
    assert any(layer.gate.abs().max() > 0.01 for layer in network.graft.layers)  # it did read


def test_an_interrupted_run_ends_like_an_uninterrupted_one(zoo: Path, tmp_path: Path) -> None:
    arms = {"arms": ["knowledge"], "rule_loss": [True]}
    whole = tiny_config(zoo, out=str(tmp_path / "whole"), **arms)
    broken = tiny_config(zoo, out=str(tmp_path / "broken"), **arms)
    run_experiment(whole)

    def stop_at_seven(progress: Progress) -> None:
        if progress.stage.startswith("train") and progress.done == 7:
            raise Interrupt

    with pytest.raises(Interrupt):
        run_experiment(broken, report=stop_at_seven)
    assert not torch.are_deterministic_algorithms_enabled()  # torch is left as it was found
    steps: list[int] = []
    run_experiment(
        broken, report=lambda p: steps.append(p.done) if p.stage.startswith("train") else None
    )
    assert steps[0] == 5  # went on from the checkpoint at 4, not from the start
    for name in ("trained.safetensors", "vectors.safetensors"):
        a, b = (Path(c.out) / "model" / name for c in (whole, broken))
        assert a.read_bytes() == b.read_bytes()


def test_a_folder_of_another_config_is_refused(experiment: Path, zoo: Path) -> None:
    with pytest.raises(ConfigError, match=r"differs in: config\.training\.steps"):
        run_experiment(tiny_config(zoo, steps=13))


def test_a_config_that_failed_can_be_mended_and_run_again(zoo: Path, tmp_path: Path) -> None:
    raw = tiny_config(zoo, steps=2, arms=["plain"], rule_loss=[False], out=str(tmp_path / "out"))
    wrong = raw.model_copy(update={"task": raw.task.model_copy(update={"root": "zoo:nothing"})})
    with pytest.raises(UnknownEntityError, match="zoo:nothing") as caught:
        run_experiment(wrong)
    assert caught.value.where == "task.root"
    assert [run["run"] for run in run_experiment(raw)["runs"]] == ["dictionary", "plain"]


def test_training_that_diverges_is_a_failure_and_leaves_no_model(zoo: Path, tmp_path: Path) -> None:
    raw = tiny_config(zoo, arms=["plain"], rule_loss=[False], out=str(tmp_path)).model_dump()
    raw["training"] |= {"learning_rate": 1e30, "graft_learning_rate": 1e30}
    with pytest.raises(JobError, match="training has diverged"):
        run_experiment(parse_config(raw))
    assert not (tmp_path / "model").exists()


def test_a_finished_experiment_is_not_trained_again(experiment: Path, zoo: Path) -> None:
    stages: set[str] = set()
    run_experiment(tiny_config(zoo), report=lambda p: stages.add(p.stage))
    assert not any(stage.startswith("train") for stage in stages)


def test_every_run_stands_in_the_results(experiment: Path) -> None:
    results = json.loads((experiment / "results.json").read_text())
    assert [run["run"] for run in results["runs"]] == [
        "dictionary", "plain", "plain+rules", "shuffled", "shuffled+rules", "knowledge",
        "knowledge+rules",
    ]  # fmt: skip
    for run in results["runs"]:
        assert run["all"]["texts"] == run["linked"]["texts"] + run["unlinked"]["texts"] == 20
    assert {(row["a"], row["b"]) for row in results["differences"]} >= {
        ("knowledge", "plain"), ("knowledge", "shuffled"), ("knowledge", "dictionary"),
    }  # fmt: skip


def test_a_changed_knowledge_base_does_not_mix_into_a_run(tmp_path: Path) -> None:
    build_zoo(tmp_path)
    config = tiny_config(tmp_path, steps=4, arms=["plain"], rule_loss=[False])
    run_experiment(config)
    more = tmp_path / "more.ttl"
    more.write_text(
        "@prefix o: <https://example.org/other#> . @prefix owl: <http://www.w3.org/2002/07/owl#> ."
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> ."
        'o:x a owl:Class ; rdfs:label "x" .',
        encoding="utf-8",
    )
    with KnowledgeBase.open(config.kb) as kb:
        kb.load(more)
    with pytest.raises(ConfigError, match="differs in: kb_version"):
        run_experiment(config)


def test_a_definition_never_links_what_stands_below_its_concept(tmp_path: Path) -> None:
    build_zoo(tmp_path)
    config = tiny_config(tmp_path)
    with KnowledgeBase.open(config.kb) as kb:
        source = tmp_path / "zoo.ttl"
        told = zoo_turtle().replace(
            '"One of the hunting animals that live in a nest."',
            '"What the red hunting bird and the old hunting fish have in common."',
        )
        source.write_text(told, encoding="utf-8")
        kb.load(source)
        # hunting bird is a label of depth 2; one level less makes its definition a text
        task = build_task(
            config.task.model_copy(update={"depth": 1, "train": 60, "dev": 20, "test": 20}),
            kb,
            Linker.of(kb),
            seed=1,
        )
        row = kb.table().row("zoo:hunting_bird")
    (example,) = [e for e in task.examples if e.row == row]
    assert [link.curie for link in example.linked.links] == ["zoo:old_hunting_fish"]


@pytest.mark.parametrize(
    ("section", "key", "value", "said"),
    [
        ("graft", "heads", 5, "graft.heads = 5 does not divide the width 32"),
        ("graft", "layers", 9, "graft.layers = 9, but it has 4 layers"),
        ("training", "frozen_layers", 5, "training.frozen_layers = 5, but it has 4 layers"),
        ("training", "max_tokens", 500, "training.max_tokens = 500, but it reads 128"),
    ],
)
def test_what_the_backbone_cannot_take_is_said_before_any_work(
    zoo: Path, tmp_path: Path, section: str, key: str, value: int, said: str
) -> None:
    raw = tiny_config(zoo, out=str(tmp_path / "x")).model_dump(mode="json")
    raw[section][key] = value
    with pytest.raises(ConfigError, match=said):
        run_experiment(parse_config(raw))
    assert not (tmp_path / "x").exists()


def test_a_rule_loss_without_rules_is_said_before_training(zoo: Path, tmp_path: Path) -> None:
    raw = tiny_config(zoo, out=str(tmp_path / "x")).model_dump(mode="json")
    raw["task"] |= {"root": "zoo:mammal", "depth": 1, "train": 20, "dev": 4, "test": 4}
    with pytest.raises(ConfigError, match="states no rule about the"):
        run_experiment(parse_config(raw))


def test_an_arm_can_be_added_to_a_finished_experiment(zoo: Path, tmp_path: Path) -> None:
    out = {"out": str(tmp_path / "out"), "rule_loss": [False]}
    run_experiment(tiny_config(zoo, arms=["plain"], **out))
    stages: set[str] = set()
    results = run_experiment(
        tiny_config(zoo, arms=["plain", "knowledge"], **out),
        report=lambda p: stages.add(p.stage),
    )
    assert "train knowledge" in stages
    assert "train plain" not in stages
    assert results["served"] == "knowledge"


def test_the_losses_of_a_killed_run_are_read_past_a_half_line(tmp_path: Path) -> None:
    path = tmp_path / "losses.jsonl"
    path.write_text("\n[1, 2.5, 0.0]\n[2, 2.", encoding="utf-8")
    curve = Curve(path, every=1)
    curve.add(StepReport(2, 2.25, 0.5))
    assert curve.points() == ((1, 2.5, 0.0), (2, 2.25, 0.5))


def test_too_many_definitions_asked_for_is_said_before_any_work(zoo: Path, tmp_path: Path) -> None:
    raw = tiny_config(zoo, out=str(tmp_path / "x")).model_dump(mode="json")
    raw["task"]["train"] = 5000
    with pytest.raises(ConfigError, match="5,030 definitions are asked for, but only"):
        run_experiment(parse_config(raw))


def test_labelled_texts_of_the_users_own_train_too(zoo: Path, tmp_path: Path) -> None:
    lines = [
        json.dumps(
            {
                "id": str(i),
                "text": f"We saw a {kind} {clade} today.",
                "labels": [f"zoo:{kind}_{clade}"],
            }
        )
        for i, (kind, clade) in enumerate(
            [(k, c) for k in ("hunting", "diving") for c in ("bird", "fish")] * 12
        )
    ]
    texts = tmp_path / "texts.jsonl"
    texts.write_text("\n".join(lines), encoding="utf-8")
    config = tiny_config(zoo, out=str(tmp_path / "out"), arms=["knowledge"], rule_loss=[False])
    own = config.model_copy(update={"task": config.task.model_copy(update={"texts": str(texts)})})
    results = run_experiment(own)
    # a label brings its ancestors below the root: bird and fish beside the four kinds
    assert {label["curie"] for label in results["labels"]} == {
        "zoo:bird", "zoo:fish", "zoo:hunting_bird", "zoo:hunting_fish", "zoo:diving_bird",
        "zoo:diving_fish",
    }  # fmt: skip
    assert sum(results["texts"].values()) == 48
