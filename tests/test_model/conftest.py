"""The zoo, built once, and one tiny finished experiment with all arms."""

from pathlib import Path

import pytest

from model import run_experiment
from zoo import build_zoo, tiny_config


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with `zoo.sqlite` and the backbone `tiny`."""
    folder = tmp_path_factory.mktemp("zoo")
    build_zoo(folder)
    return folder


@pytest.fixture(scope="session")
def experiment(zoo: Path) -> Path:
    """Output folder of a finished experiment with all arms."""
    config = tiny_config(zoo)
    run_experiment(config)
    return Path(config.out)
