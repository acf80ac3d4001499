"""Several seeds: each as if it were alone, resumable, and told together."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from model import TrainConfig, run_experiment
from zoo import tiny_config

ARMS = {"arms": ["plain", "random-links", "knowledge"], "rule_loss": [False]}
SEEDS = (7, 1)


KILLED = """
import json, os, signal, sys
import torch
torch.set_num_threads(1)
from model import parse_config, run_experiment

def die_in_the_second(progress):
    if progress.stage == "train random-links, seed 1" and progress.done == 7:
        os.kill(os.getpid(), signal.SIGKILL)

run_experiment(parse_config(json.loads(sys.argv[1])), report=die_in_the_second)
"""


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Sums come out the same to the bit."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def together(zoo: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    """A finished experiment of two seeds."""
    out = str(tmp_path_factory.mktemp("seeds") / "together")
    config = tiny_config(zoo, seeds=list(SEEDS), out=out, **ARMS)
    run_experiment(config)
    return config


def results_in(config: TrainConfig) -> dict:
    return json.loads((Path(config.out) / "results.json").read_text(encoding="utf-8"))


def finished(config: TrainConfig, name: str, seed: int) -> dict[str, torch.Tensor]:
    folder = Path(config.out) / "run" / ("" if seed == config.seed else f"seed-{seed}")
    return load_file(folder / name / "finished.safetensors")


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_seed_is_as_if_it_were_trained_alone(
    together: TrainConfig, zoo: Path, tmp_path: Path, seed: int
) -> None:
    alone = tiny_config(zoo, seeds=[seed], out=str(tmp_path / "alone"), **ARMS)
    own, both = run_experiment(alone), results_in(together)
    place = both["seeds"].index(seed)
    for name in ARMS["arms"]:
        assert same(finished(alone, name, seed), finished(together, name, seed))
        (single,) = (run for run in own["runs"] if run["run"] == name)
        (several,) = (run for run in both["runs"] if run["run"] == name)
        assert single["threshold"] == several["thresholds"][place]
        for part in ("all", "linked", "unlinked"):
            for metric in ("micro_f1", "macro_f1", "violation_rate"):
                assert single[part][metric][0] == several[part]["seeds"][metric][place]


def test_seeds_differ(together: TrainConfig) -> None:
    for name in ARMS["arms"]:
        assert not same(*(finished(together, name, seed) for seed in SEEDS))


def test_without_seeds_the_one_seed_is_trained(
    together: TrainConfig, zoo: Path, tmp_path: Path
) -> None:
    alone = tiny_config(zoo, out=str(tmp_path / "alone"), **ARMS)
    results = run_experiment(alone)
    assert results["seeds"] == [7]
    assert same(finished(alone, "knowledge", 7), finished(together, "knowledge", 7))
    assert results["runs"][-1]["all"]["sd"]["micro_f1"] is None


def test_the_results_are_means_with_their_deviations(together: TrainConfig) -> None:
    results = results_in(together)
    assert results["seeds"] == [7, 1]
    for run in results["runs"][1:]:
        first, second = run["all"]["seeds"]["micro_f1"]
        value, low, high = run["all"]["micro_f1"]
        assert value == pytest.approx((first + second) / 2, abs=2e-5)
        # of two values the deviation is their distance over the root of 2
        deviation = abs(first - second) / 2**0.5
        assert run["all"]["sd"]["micro_f1"] == pytest.approx(deviation, abs=2e-5)
        assert low <= value <= high
    by_name = {run["run"]: run["all"]["seeds"]["micro_f1"] for run in results["runs"]}
    for row in results["differences"]:
        expected = [a - b for a, b in zip(by_name[row["a"]], by_name[row["b"]] * 2, strict=False)]
        assert row["seeds"] == pytest.approx(expected, abs=2e-5)


def test_what_needs_no_training_has_no_seed(together: TrainConfig) -> None:
    dictionary = results_in(together)["runs"][0]
    assert dictionary["run"] == "dictionary"
    assert dictionary["all"]["sd"]["micro_f1"] is None
    assert dictionary["thresholds"] == []


def test_the_model_is_of_the_first_seed(together: TrainConfig) -> None:
    served = load_file(Path(together.out) / "model" / "trained.safetensors")
    trained = finished(together, "knowledge", 7)
    assert same(served, {k.removeprefix("weight/"): v for k, v in trained.items() if "/" in k})


def test_killed_in_its_second_seed_an_experiment_goes_on(
    together: TrainConfig, zoo: Path, tmp_path: Path
) -> None:
    broken = tiny_config(zoo, seeds=list(SEEDS), out=str(tmp_path / "broken"), **ARMS)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, json.dumps(broken.model_dump(mode="json"))],
        capture_output=True, text=True, timeout=300, check=False,
        env={"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    steps: list[tuple[str, int]] = []
    run_experiment(
        broken,
        report=lambda p: steps.append((p.stage, p.done)) if p.stage.startswith("train") else None,
    )
    assert steps[0] == ("train random-links, seed 1", 5)  # from the checkpoint at 4
    assert {stage for stage, _ in steps} == {
        "train random-links, seed 1", "train knowledge, seed 1",
    }  # fmt: skip
    for name in ARMS["arms"]:
        for seed in SEEDS:
            assert same(finished(broken, name, seed), finished(together, name, seed))


def test_a_seed_can_be_added_to_a_finished_experiment(zoo: Path, tmp_path: Path) -> None:
    one = {"arms": ["plain"], "rule_loss": [False], "out": str(tmp_path)}
    run_experiment(tiny_config(zoo, **one))
    stages: set[str] = set()
    results = run_experiment(
        tiny_config(zoo, seeds=[7, 2], **one), report=lambda p: stages.add(p.stage)
    )
    assert {stage for stage in stages if stage.startswith("train")} == {"train plain, seed 2"}
    assert results["seeds"] == [7, 2]
    again: set[str] = set()
    run_experiment(tiny_config(zoo, seeds=[7, 2], **one), report=lambda p: again.add(p.stage))
    assert not again & {"save", "train plain, seed 2"}
