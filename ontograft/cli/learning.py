"""Commands on models: train, predict, demo."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ontograft.cli.terminal import AsJson, meter, note, print_json, print_table

SHOWN_LABELS = 8
SHOWN_READS = 8
SHOWN_CHANGES = 2


def train(
    config: Annotated[
        Path, typer.Argument(metavar="CONFIG", help="A TOML file; docs/config.md lists its keys.")
    ],
    as_json: AsJson = False,
) -> None:
    """Train and evaluate all arms of an experiment; goes on where it was interrupted."""
    from model.config import read_config

    settings = read_config(config)  # first: a wrong key is told before torch is loaded
    from rich.console import Console

    from model.experiment import run_experiment
    from ontograft.report import differences_table, results_table, write_report

    with meter() as progress:
        results = run_experiment(
            settings, report=lambda at: progress.show(at.stage, at.done, at.total, at.note)
        )
    page = Path(settings.out) / "report.html"
    write_report(results, page)
    note(f"Report: {page}")
    if as_json:
        print_json(results)
        return
    Console().print(results_table(results), differences_table(results))


def predict(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A model folder, or the output of train or demo.")
    ],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The text to classify.")],
    kb: Annotated[
        str | None,
        typer.Option(metavar="KB", help="Another place of the model's knowledge base."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Classify a text, and say what was linked, what was read, and which rules hold."""
    from model.predictor import Predictor

    answer = Predictor.load(folder, kb=kb).predict(text).to_json()
    if as_json:
        print_json(answer)
        return
    _print_answer(answer)


def demo(
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where everything goes; made if missing.")
    ] = Path("ontograft-demo"),
    fast: Annotated[
        bool, typer.Option("--fast", help="A tiny random backbone and few steps: a minute.")
    ] = False,
) -> None:
    """Go the whole way: load HPO, link, embed, train, evaluate, answer; about five minutes."""
    from ontograft.demo import run_demo

    run_demo(out, fast=fast)


def _print_answer(answer: dict[str, Any]) -> None:
    if answer["truncated"]:
        note("The text is longer than what the model reads of it; its end had no part in this.")
    print_table(
        "",
        ["label", "concept", "probability", "chosen"],
        [
            [label["label"], label["curie"], label["probability"], "yes" if label["chosen"] else ""]
            for label in answer["labels"][:SHOWN_LABELS]
        ],
    )
    if answer["links"]:
        print_table(
            "linked",
            ["text", "concept", "label", "probability"],
            [
                [link["text"], link["curie"], link["label"], link["probability"]]
                for link in answer["links"]
            ],
        )
    if answer["attention"]:
        print_table(
            "read by the attention",
            ["mention", "concept", "label", "share"],
            [
                [read["mention"], read["curie"], read["label"], read["weight"]]
                for read in answer["attention"][:SHOWN_READS]
            ],
        )
    if answer["counterfactual"]:
        print_table(
            "without it",
            ["concept", "label", "probability", "change"],
            [
                [without["label"], change["label"], change["probability"], change["change"]]
                for without in answer["counterfactual"]
                for change in without["without"][:SHOWN_CHANGES]
            ],
        )
    if answer["rules"]:
        print_table(
            "rules",
            ["rule", ""],
            [[rule["rule"], "holds" if rule["holds"] else "BROKEN"] for rule in answer["rules"]],
        )
