"""What a person reads of an experiment with several seeds and with random links."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def trained(inside: Any, zoo_model: Path, tmp_path_factory: pytest.TempPathFactory):
    """What the command said, and where it put everything."""
    folder = tmp_path_factory.mktemp("several-seeds")
    shutil.copy(zoo_model.parent / "zoo.sqlite", folder / "zoo.sqlite")
    shutil.copytree(zoo_model.parent / "tiny", folder / "tiny")
    one_seed = (zoo_model.parent / "train.toml").read_text(encoding="utf-8")
    config = one_seed.replace(
        'arms = ["plain", "knowledge"]',
        'arms = ["plain", "random-links", "knowledge"]\nseeds = [0, 1, 2]',
    )
    (folder / "train.toml").write_text(config, encoding="utf-8")
    return inside("train", folder / "train.toml"), folder / "out"


def test_the_table_shows_mean_and_deviation(trained):
    done, out = trained
    assert done.code == 0, done.err
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    rows = [line.split() for line in done.out.splitlines() if "±" in line]
    shown = {words[0]: words[1] for words in rows if "+rules" in words[0]}
    assert shown == {
        run["run"]: f"{run['all']['micro_f1'][0]:.3f}±{run['all']['sd']['micro_f1']:.3f}".replace(
            "0.", "."
        )
        for run in results["runs"][1:]
    }
    assert "seeds 0, 1, 2" in done.out


def test_the_difference_to_random_links_stands_beside_the_others(trained):
    done, out = trained
    assert "knowledge+rules random-links+rules" in " ".join(done.out.split())
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "knowledge+rules − random-links+rules" in page
    assert "3 seeds: the intervals cover" in page
    assert "± 0." in page


def test_the_model_card_says_which_seed_it_is(trained):
    _, out = trained
    card = (out / "model" / "README.md").read_text(encoding="utf-8")
    assert "the first of 3 seeds" in card


def test_one_seed_shows_no_deviation(zoo_model: Path):
    page = (zoo_model / "report.html").read_text(encoding="utf-8")
    assert "One seed:" in page
    assert "±" not in page
