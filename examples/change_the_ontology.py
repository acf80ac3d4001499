"""A model follows its ontology: add a concept, and it is read at once; delete it, and it is gone.

python examples/change_the_ontology.py [FOLDER]

The weights are trained once and never touched again. A concept's vector comes from its label,
definition and place in the graph, so one that is added after training has a vector too.
"""

import sys
from pathlib import Path

from rich import print as say

from kg import KnowledgeBase
from model import Predictor, parse_config, run_experiment
from ontograft.resources import finance_folder

TEXT = "The city sold a glacier note in March."
CONCEPT = """
fin:GlacierNote a owl:Class ;
    rdfs:subClassOf fin:Bond ;
    rdfs:label "glacier note"@en ;
    skos:definition "A bond whose coupon falls as a named glacier melts."@en .
"""


def main(folder: Path) -> None:
    """Train on the ontology as it is, then change it twice."""
    folder.mkdir(parents=True, exist_ok=True)
    ontology = folder / "ontology.ttl"  # our own copy
    original = (finance_folder() / "ontology.ttl").read_text(encoding="utf-8")
    load(folder, ontology, original)
    config = parse_config(
        {
            "kb": str(folder / "finance.db"),
            "out": str(folder / "run"),
            "arms": ["knowledge"],
            "rule_loss": [False],
            "task": {
                "root": "fin:FinancialConcept",
                "depth": 1,
                "train": 160,
                "dev": 40,
                "test": 80,
            },
            "training": {"steps": 60, "batch": 8},
        }
    )
    run_experiment(config)
    predictor = Predictor.load(folder / "run")
    tell("as trained", predictor)
    load(folder, ontology, original + CONCEPT)
    tell("with fin:GlacierNote", predictor)
    load(folder, ontology, original)
    tell("without it again", predictor)


def load(folder: Path, ontology: Path, text: str) -> None:
    """Save the ontology file and load it; the same ontology replaces its older form."""
    ontology.write_text(text, encoding="utf-8")
    with KnowledgeBase.open(folder / "finance.db", create=True) as kb:
        kb.load(ontology)


def tell(title: str, predictor: Predictor) -> None:
    """What the model says of the text now."""
    answer = predictor.predict(TEXT)
    say(f"\n{title}: {TEXT}")
    say("  links ", ", ".join(f"{x.text} = {x.curie}" for x in answer.linked.links) or "none")
    say("  labels", ", ".join(f"{x['curie']} {x['probability']:.2f}" for x in answer.labels[:3]))
    read = [x for x in answer.attention if x["curie"]][:4]
    say("  read  ", ", ".join(f"{x['curie']} {x['weight']:.2f}" for x in read) or "nothing")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("runs/change_the_ontology"))
