"""What consistency costs: link prediction on CoDEx-S with types, with and without its axioms.

python benchmarks/constraints.py [--seeds N] [--arms ARM ...] [--implication NAME] [--json FILE]

CoDEx-S of ONTOGRAFT_DATA has types of entities but no axioms. They are derived from the train edges
alone: domain and range of a relation are the union of the types that at least LEAST of its heads
and tails have; a relation is symmetric if at least MIRRORED of its edges have their mirror image.

Arms: base; soft (the loss of domain and range); tied (symmetric relations have one vector);
mirrored (the loss of what symmetry gives and is not there); each
without and with the mask of domain and range on both arguments, and without and with the soft Horn
rules that `embed` mines from the train edges and adds to the scores. MRR and hits@10 are filtered,
both ends; violations are shares of the answers that no train edge tells.

CPU seconds, one thread.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported
os.environ.setdefault("OMP_NUM_THREADS", "1")

import gzip
import json
from collections import Counter
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from measure import measured, parser, say, table, write_figures

if TYPE_CHECKING:
    from kg import Axiom, Graph
    from kg.records import AxiomKind

LEAST = 0.02
MIRRORED = 0.8
ENDS: "tuple[tuple[AxiomKind, int], ...]" = (("domain", 0), ("range", 2))
FILES = ("train.txt", "valid.txt", "test.txt")
ARMS = {
    "base": (),
    "soft": ("soft",),
    "tied": ("tied",),
    "mirrored": ("mirrored",),
    "soft + mirrored": ("soft", "mirrored"),
    "soft + mirrored + tied": ("soft", "mirrored", "tied"),
}


class TypedGraph:
    """CoDEx-S by numbers, with the axioms that were derived."""

    def __init__(self, folder: Path) -> None:
        import numpy as np

        from model.completion.facts import Facts

        parts = [
            [line.split("\t") for line in (folder / file).read_text().splitlines()]
            for file in FILES
        ]
        entities = sorted({name for part in parts for h, _, t in part for name in (h, t)})
        self.relations = tuple(sorted({r for part in parts for _, r, _ in part}))
        entity = {name: row for row, name in enumerate(entities)}
        relation = {name: number for number, name in enumerate(self.relations)}
        train, valid, test = (
            np.array([(entity[h], relation[r], entity[t]) for h, r, t in part], dtype=np.int64)
            for part in parts
        )
        none = np.zeros((0, 3), dtype=np.int64)
        self.facts: Facts = Facts(len(entities), len(self.relations), train, valid, test, none)
        told = json.loads(gzip.decompress((folder / "entity2types.json.gz").read_bytes()))
        self._types = [set(told.get(name, ())) for name in entities]
        self.axioms: list[Axiom] = []
        self.curies = list(entities)
        self.graph: Graph = self._with_axioms()

    def _with_axioms(self) -> "Graph":
        """Derive the axioms; the graph has the classes, under those that they name."""
        import numpy as np

        from kg import Axiom, Graph
        from kg.constraints import TYPE
        from kg.graph import IS_A

        row: dict[str, int] = {}

        def of_class(name: str) -> int:
            if name not in row:
                row[name] = len(self.curies)
                self.curies.append(name)
            return row[name]

        edges = [(e, 1, of_class(f"class:{t}")) for e, ts in enumerate(self._types) for t in ts]
        train = self.facts.train
        known = {tuple(triple) for triple in train.tolist()}
        for number, name in enumerate(self.relations):
            own = train[train[:, 1] == number]
            for kind, column in ENDS:
                ends = np.unique(own[:, column]).tolist()
                counts = Counter(t for end in ends for t in self._types[end])
                demanded = of_class(f"{kind}:{name}")
                self.axioms.append(Axiom(kind, (name, f"{kind}:{name}")))
                edges += [
                    (of_class(f"class:{t}"), 0, demanded)
                    for t, count in counts.items()
                    if count >= LEAST * len(ends)
                ]
            mirrored = mean((t, r, h) in known for h, r, t in own.tolist())
            if mirrored >= MIRRORED:
                self.axioms.append(Axiom("symmetric", (name,)))
        head, relation, tail = np.array(sorted(set(edges)), dtype=np.int64).T.copy()
        return Graph(len(self.curies), head, relation, tail, (IS_A, TYPE))


def trained(data: TypedGraph, options: Any, parts: tuple[str, ...], seed: int) -> dict[str, Any]:
    """One model, measured without and with the mask."""
    import numpy as np

    from kg.constraints import TAUGHT, Members, constraints_of
    from kg.groundings import Groundings, rules_of
    from model.completion.constraints import (
        Forbidden,
        Masked,
        Soft,
        SoftConstraints,
        unmirrored,
        violation_rates,
    )
    from model.completion.learning import LearningSettings, fresh_predictor, learn
    from model.completion.predictor import Scorer
    from model.completion.ranking import Score, filtered_ranks
    from model.completion.relations import tied
    from model.completion.rule_losses import SoftRules
    from model.completion.rule_scores import RuleScores, best_with_rules, graph_of

    facts = data.facts
    constraints = constraints_of(
        data.axioms, data.graph, data.curies, relations=data.relations, modes=TAUGHT,
        rows=np.arange(facts.entity_count),
    )  # fmt: skip
    settings = LearningSettings.chosen(
        width=256, batch=64, n3=0.05, epochs=options.epochs, seed=seed, every=options.epochs
    )
    symmetric = np.flatnonzero(constraints.symmetric[: constraints.count]).tolist()
    ties = tied(len(data.relations), inverse=[], symmetric=symmetric) if "tied" in parts else None
    predictor = fresh_predictor(facts, settings, ties=ties)
    teach: list[Soft] = []
    if "soft" in parts:
        teach.append(SoftConstraints(constraints, weight=options.weight, every=options.every))
    if "mirrored" in parts:
        graph = graph_of(facts.train, facts.entity_count, data.relations)
        names = data.curies[: facts.entity_count]
        teach.append(
            SoftRules(
                [rule for axiom in data.axioms for rule in rules_of(axiom)],
                Groundings(graph, names, Members([], graph, names)),
                rows=np.arange(facts.entity_count),
                relations=data.relations,
                implication=options.implication,
            )
        )
    reports, cost = measured(lambda: list(learn(predictor, facts, settings, soft=teach)))
    vectors = Scorer(predictor)
    asserted = facts.known_in_training
    forbidden = Forbidden(constraints, facts.train)
    found: dict[str, Any] = {"cpu": cost.cpu, "dev": reports[-1].valid_mrr}
    mined = RuleScores(facts, data.relations)
    both = best_with_rules(vectors, mined, facts)
    arms: dict[str, Score] = {
        "": vectors, "mask": Masked(vectors, forbidden),
        "mined": both, "mined + mask": Masked(both, forbidden),
    }  # fmt: skip
    for name, score in arms.items():
        violations = violation_rates(score, facts.test, asserted, forbidden)
        found[name] = {
            **filtered_ranks(score, facts.test, facts.known).metrics(),
            "dev": filtered_ranks(score, facts.valid, facts.known).metrics()["mrr"],
            "top 1": violations.first["domain and range"],
            "top 10": violations.ten["domain and range"],
            "no answer": violations.missing,
            **({} if "mined" in name else {"unmirrored": unmirrored(score, asserted, constraints)}),
        }
    return found


def main() -> None:
    """Measure all arms."""
    options_of = parser(__doc__)
    options_of.add_argument("--seeds", type=int, default=1, metavar="N")
    options_of.add_argument("--first-seed", type=int, default=0, metavar="N")
    options_of.add_argument("--implication", default="product", metavar="NAME")
    options_of.add_argument("--epochs", type=int, default=14, metavar="N")
    options_of.add_argument("--weight", type=float, default=0.5, metavar="W")
    options_of.add_argument("--every", type=int, default=4, metavar="N")
    options_of.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    options = options_of.parse_args()
    if "ONTOGRAFT_DATA" not in os.environ:
        say("Skipped: ONTOGRAFT_DATA names no folder with kg_codex_s.")
        return
    data = TypedGraph(Path(os.environ["ONTOGRAFT_DATA"]) / "kg_codex_s")
    figures: dict[str, Any] = {}
    for name in options.arms:
        first = options.first_seed
        runs = [
            trained(data, options, ARMS[name], seed) for seed in range(first, first + options.seeds)
        ]
        cpu = round(mean(run["cpu"] for run in runs), 1)
        for mask in ("", "mask", "mined", "mined + mask"):
            arm = " + ".join(part for part in (name, mask) if part)
            figures[arm] = {
                "cpu": cpu,
                **{key: round(mean(run[mask][key] for run in runs), 5) for key in runs[0][mask]},
                "mrr of each seed": [run[mask]["mrr"] for run in runs],
            }
    columns = ["mrr", "dev", "hits@1", "hits@10", "top 1", "top 10", "no answer", "unmirrored",
               "cpu", "mrr of each seed"]  # fmt: skip
    table(
        f"CoDEx-S, {options.epochs} epochs, weight {options.weight:g} every {options.every}",
        ["arm", *columns],
        [[arm, *(found.get(column, "-") for column in columns)] for arm, found in figures.items()],
    )
    if options.json:
        write_figures(options.json, {"rounds": options.seeds, "arms": figures})


if __name__ == "__main__":
    main()
