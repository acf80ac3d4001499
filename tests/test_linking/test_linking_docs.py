"""docs/linking.md names what the code counts."""

from pathlib import Path

from linking.evaluation import KS
from linking.intervals import LEVEL, RESAMPLES, SEED
from linking.outcomes import OutcomeKind
from linking.sharding import TEXTS_A_SHARD
from linking.weights import DEFAULTS

PAGE = (Path(__file__).parents[2] / "docs" / "linking.md").read_text("utf-8")


def test_every_kind_of_evidence_is_explained():
    table = PAGE.partition("## Evidence")[2].partition("\n## ")[0]
    assert {name for name in DEFAULTS if f"`{name}`" not in table} == set()


def test_the_figures_of_the_evaluation_are_those_of_the_code():
    assert f"k = {', '.join(map(str, KS))}" in PAGE
    assert f"{LEVEL:.0%}".replace("%", " %") in PAGE
    assert f"{RESAMPLES:,} draws" in PAGE
    assert f"seed {SEED}" in PAGE
    assert f"shards of {TEXTS_A_SHARD:,} texts" in PAGE
    for kind in OutcomeKind.__args__:
        assert f"*{kind}*" in PAGE or kind == "not in the ontology"
