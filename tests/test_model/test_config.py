from pathlib import Path

import pytest

from model import ConfigError, parse_config, read_config

LEAST = {"kb": "kb.sqlite", "out": "out", "task": {"root": "HP:0000001"}}


def test_a_misspelt_key_names_the_nearest_known_one() -> None:
    with pytest.raises(ConfigError, match=r"unknown key `training.stepps`; did you mean `steps`\?"):
        parse_config({**LEAST, "training": {"stepps": 3}})


def test_all_faults_are_reported_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config({"kb": "k", "task": {"root": "x", "depth": 0}, "arms": ["magic"]})
    assert "3 faults" in str(caught.value)
    for name in ("`out` is missing", "`task.depth`", "`arms.0`"):
        assert name in str(caught.value)


def test_broken_toml_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('kb = "a"\nout = \n', encoding="utf-8")
    with pytest.raises(ConfigError, match="line 2"):
        read_config(path)


def test_a_missing_file_is_an_input_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no config file") as caught:
        read_config(tmp_path / "none.toml")
    assert caught.value.exit_code == 2


def test_paths_are_taken_from_the_configs_own_folder(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text('kb = "a.sqlite"\nout = "b"\n[task]\nroot = "x"\n', encoding="utf-8")
    config = read_config(path)
    assert (config.kb, config.out) == (str(tmp_path / "a.sqlite"), str(tmp_path / "b"))
    assert config.task.texts == "definitions"


def test_a_database_url_is_no_path(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text(
        'kb = "postgresql+psycopg://host/kb"\nout = "b"\n[task]\nroot = "x"\n', encoding="utf-8"
    )
    assert read_config(path).kb == "postgresql+psycopg://host/kb"


def test_each_arm_runs_with_and_without_rules() -> None:
    assert parse_config(LEAST).runs == (
        "plain", "plain+rules", "shuffled", "shuffled+rules", "knowledge", "knowledge+rules",
    )  # fmt: skip


def test_a_control_is_never_served() -> None:
    with pytest.raises(ConfigError, match="serve"):
        parse_config({**LEAST, "serve": "shuffled"})
    with pytest.raises(ConfigError, match="serve"):
        parse_config({**LEAST, "arms": ["random-links", "plain"], "serve": "random-links+rules"})
    assert parse_config({**LEAST, "arms": ["plain", "shuffled"]}).served_run == "plain+rules"


def test_a_config_without_seeds_has_one() -> None:
    assert parse_config({**LEAST, "seed": 3}).run_seeds == (3,)
    assert parse_config({**LEAST, "seed": 3, "seeds": [0, 1, 0]}).run_seeds == (0, 1)


@pytest.mark.parametrize("seed", [True, "1", -1, 2**31, 0.5])
def test_a_seed_is_a_whole_number_in_its_range(seed: object) -> None:
    with pytest.raises(ConfigError, match=r"`seeds\.1`"):
        parse_config({**LEAST, "seeds": [0, seed]})


@pytest.mark.parametrize(
    ("key", "value"),
    [("steps", True), ("steps", "6"), ("learning_rate", float("inf")), ("warmup", float("nan"))],
)
def test_a_value_of_another_type_or_without_bound_is_a_fault(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"training.{key}"):
        parse_config({**LEAST, "training": {key: value}})
