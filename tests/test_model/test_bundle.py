import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from model import BundleError, Predictor
from model.bundle import MANIFEST, find_bundle, verify_bundle


@pytest.fixture
def folder(experiment: Path, tmp_path: Path) -> Path:
    """A copy of the model, to be spoilt."""
    return Path(shutil.copytree(experiment / "model", tmp_path / "model"))


def test_the_folder_holds_no_pickle_and_lists_every_file(folder: Path) -> None:
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    listed = set(json.loads((folder / MANIFEST).read_text())["sha256"])
    assert files == listed | {MANIFEST}
    assert {Path(name).suffix for name in files} <= {".json", ".safetensors", ".md", ".txt"}


def test_any_changed_byte_in_any_file_is_noticed_and_named(folder: Path) -> None:
    generator = np.random.default_rng(5)
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST):
        content = path.read_bytes()
        for place in generator.integers(len(content), size=5).tolist():
            spoilt = bytearray(content)
            spoilt[place] ^= 1 << int(generator.integers(8))
            path.write_bytes(spoilt)
            with pytest.raises(BundleError, match=path.name):
                verify_bundle(folder)
        path.write_bytes(content)
    verify_bundle(folder)


def test_a_truncated_file_is_noticed(folder: Path) -> None:
    path = folder / "trained.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BundleError, match="SHA-256 differs"):
        Predictor.load(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "vectors.safetensors").unlink()
    with pytest.raises(BundleError, match=r"vectors.safetensors is missing"):
        verify_bundle(folder)


def test_a_file_that_the_manifest_does_not_list_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    del manifest["sha256"]["trained.safetensors"]
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=r"trained.safetensors is not in the manifest"):
        verify_bundle(folder)


def test_a_manifest_may_not_point_outside(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["sha256"]["../secret"] = "0" * 64
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=r"\.\./secret"):
        verify_bundle(folder)


def test_the_output_folder_of_an_experiment_leads_to_its_model(experiment: Path) -> None:
    assert find_bundle(experiment) == find_bundle(experiment / "model") == experiment / "model"


def test_a_folder_without_a_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"no manifest\.json"):
        find_bundle(tmp_path)
    with pytest.raises(BundleError, match="No such folder"):
        find_bundle(tmp_path / "none")


def test_the_card_names_the_knowledge_base_and_all_runs(folder: Path) -> None:
    card = (folder / "README.md").read_text()
    for word in ("https://example.org/zoo", "| dictionary |", "| plain |", "| shuffled+rules |"):
        assert word in card
