"""Texts of one's own, labelled with concepts of an ontology: write them, train, predict.

python examples/own_texts.py [FOLDER]

The labels are CURIEs. A text labelled with a concept has all that is above it too, so
`fin:CreditRisk` also teaches `fin:FinancialRisk`. With so few texts the figures mean little; the
way is the same with thousands.
"""

import json
import sys
from pathlib import Path

from rich import print as say

from kg import KnowledgeBase
from model import Predictor, parse_config, run_experiment
from ontograft.resources import finance_folder

# a CURIE, and what a reader of news would put under it
TEXTS = {
    "fin:CreditRisk": [
        "The lender doubts that the airline will repay its loan.",
        "Two more tenants of the property group have stopped paying.",
        "Analysts see rising losses on consumer loans.",
        "The rating of the steel maker was cut to junk.",
        "Arrears on car loans have doubled within a year.",
        "The insurer wrote off its bonds of the bankrupt retailer.",
    ],
    "fin:MarketRisk": [
        "A fall of share prices cost the fund a tenth of its value.",
        "The trading desk lost heavily when the dollar rose.",
        "Higher interest rates have pushed bond prices down.",
        "Copper fell by 6% in a day and hit the hedge fund.",
        "Volatility doubled the value-at-risk of the bank.",
        "The pension fund is exposed to a stronger franc.",
    ],
    "fin:OperationalRisk": [
        "A failure of the payment system halted transfers for hours.",
        "Hackers stole the data of two million customers.",
        "A trader hid his losses behind false bookings.",
        "A wrong entry sent the money out twice.",
        "The bank was fined because its staff had mis-sold policies.",
        "The cloud provider's outage closed the exchange.",
    ],
    "fin:LiquidityRisk": [
        "Depositors queued to withdraw their savings.",
        "The fund suspended redemptions as buyers had vanished.",
        "The bank could not roll over its short-term funding.",
        "Its liquidity coverage ratio fell below 100%.",
        "Repo lenders refused the broker's collateral.",
        "A margin call drained the cash of the utility.",
    ],
}
QUESTION = "Customers withdrew their deposits, and the bank's LCR fell."


def write_texts(path: Path) -> None:
    """One JSON object a line; of each concept four texts teach, one tunes, one tests."""
    splits = ("train",) * 4 + ("dev", "test")
    with path.open("w", encoding="utf-8") as file:
        for curie, texts in TEXTS.items():
            for number, (text, split) in enumerate(zip(texts, splits, strict=True)):
                line = {
                    "id": f"{curie}-{number}",
                    "text": text,
                    "labels": [curie],
                    "split": split,
                }
                file.write(json.dumps(line, ensure_ascii=False) + "\n")


def main(folder: Path) -> None:
    """Load, write, train, predict."""
    folder.mkdir(parents=True, exist_ok=True)
    with KnowledgeBase.open(folder / "finance.db", create=True) as kb:
        kb.load(finance_folder() / "ontology.ttl", finance_folder() / "rules.rules")
    write_texts(folder / "texts.jsonl")
    config = parse_config(
        {
            "kb": str(folder / "finance.db"),
            "out": str(folder / "run"),
            "arms": ["plain", "knowledge"],
            "rule_loss": [False],
            "task": {
                "texts": str(folder / "texts.jsonl"),
                "root": "fin:FinancialConcept",
                "depth": 2,
                "min_examples": 4,
            },
            "training": {"steps": 40, "batch": 8},
        }
    )
    results = run_experiment(config)  # also written to run/results.json
    for run in results["runs"]:
        say(f"{run['run']:12} micro F1 on the test texts {run['all']['micro_f1'][0]:.2f}")
    answer = Predictor.load(folder / "run").predict(QUESTION)
    say(QUESTION)
    for label in answer.labels:
        say(f"{label['probability']:.2f}  {label['label']} ({label['curie']})")
    for link in answer.linked.links:
        say(f'"{link.text}" is {link.label} ({link.curie}), p = {link.probability:.2f}')


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("runs/own_texts"))
