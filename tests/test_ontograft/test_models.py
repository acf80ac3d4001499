"""Training and answering by command."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

TEXT = "A red animal that hunts near the feather nest of a diving bird."


def test_training_leaves_figures_a_page_and_a_model(zoo_model: Path):
    results = json.loads((zoo_model / "results.json").read_text(encoding="utf-8"))
    assert [run["run"] for run in results["runs"]] == [
        "dictionary",
        "plain+rules",
        "knowledge+rules",
    ]
    assert "<svg" in (zoo_model / "report.html").read_text(encoding="utf-8")
    assert (zoo_model / "model" / "manifest.json").exists()


def test_an_answer_has_the_fields_of_the_design(inside, zoo_model):
    done = inside("predict", zoo_model, TEXT, "--json")
    assert done.code == 0, done.err
    document = done.document
    assert {"labels", "links", "attention", "counterfactual", "rules"} <= set(document)
    assert {"label", "probability"} <= set(document["labels"][0])
    assert {"curie", "label", "weight"} <= set(document["attention"][0])
    assert {"rule", "holds"} <= set(document["rules"][0]) if document["rules"] else True
    assert "zoo:diving_bird" in {link["curie"] for link in document["links"]}


def test_a_person_sees_labels_links_and_what_was_read(inside, zoo_model):
    done = inside("predict", zoo_model, TEXT)
    assert done.code == 0, done.err
    for word in ("probability", "linked", "zoo:diving_bird", "read by the attention", "rules"):
        assert word in done.out


def test_a_changed_byte_in_the_weights_is_told(ontograft, zoo_model, tmp_path):
    copy = tmp_path / "copy" / "model"
    shutil.copytree(zoo_model / "model", copy)
    weights = copy / "trained.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    told = ontograft("predict", copy, TEXT)
    assert told.code == 2
    assert "trained.safetensors" in told.err
    assert "Mend:" in told.err
    assert "Traceback" not in told.err


def test_a_knowledge_base_that_moved_is_told_and_can_be_named(inside, zoo_model, tmp_path):
    shutil.copytree(zoo_model / "model", tmp_path / "far" / "away" / "model")
    shutil.copy(zoo_model.parent / "zoo.sqlite", tmp_path / "zoo.sqlite")
    moved = tmp_path / "far" / "away" / "model"
    told = inside("predict", moved, TEXT)
    assert told.code == 2
    assert "zoo.sqlite" in told.err
    found = inside("predict", moved, TEXT, "--kb", tmp_path / "zoo.sqlite", "--json")
    assert found.document == inside("predict", zoo_model, TEXT, "--json").document


def test_a_folder_without_a_model_is_told(ontograft, tmp_path):
    told = ontograft("predict", tmp_path, TEXT)
    assert (told.code, told.out) == (2, "")
    assert str(tmp_path) in told.err
    assert "ontograft train" in told.err
    assert "Traceback" not in told.err


def test_nothing_is_served_from_a_folder_that_does_not_exist(inside, tmp_path):
    told = inside("serve", tmp_path / "none", "--port", "0")
    assert told.code == 2
    assert str(tmp_path / "none") in told.err


def test_training_that_is_interrupted_says_how_to_go_on(zoo_model: Path, tmp_path: Path):
    folder = tmp_path / "again"
    folder.mkdir()
    for name in ("zoo.sqlite", "train.toml"):
        shutil.copy(zoo_model.parent / name, folder / name)
    shutil.copytree(zoo_model.parent / "tiny", folder / "tiny")
    text = (folder / "train.toml").read_text(encoding="utf-8")
    long = text.replace("steps = 6", "steps = 100000")
    (folder / "train.toml").write_text(long, encoding="utf-8")
    command = [sys.executable, "-m", "ontograft", "train", str(folder / "train.toml")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not list(folder.glob("out/run/**/*.safetensors")) and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, message = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Run the same command again to go on." in message
    assert "Traceback" not in message
