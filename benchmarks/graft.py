"""What the graft costs on MiniLM: time of a training step and of inference, against the backbone.

python benchmarks/graft.py [--threads N] [--json FILE]

Synthetic batches over a real graph: 16 texts of 128 tokens, each with 8 mentions of two tokens and
4 candidates, drawn from HPO. Every round measures all forms, one after another, and the least of
the rounds counts, so that a neighbour on the machine hurts all alike. The design's targets are
1.10 times the backbone for a training step and 1.05 times for inference.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from measure import ROUNDS, Cost, measured, parser, say, table, write_figures
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from kg import Graph, KnowledgeBase
from linking import Candidate, Link
from model.backbone import find_backbone, load_backbone
from model.knowledge import gather_knowledge
from model.network import EntityFeatures, KnowledgeClassifier, TextBatch
from model.subgraph import Neighbours, Subgraph, cut_subgraph
from model.text_vectors import pooled
from ontograft.demo import hpo_file

TEXTS, TOKENS, MENTIONS, CANDIDATES, MENTION_TOKENS = 16, 128, 8, 4, 2
ENTITIES, LABELS, GRAPH_LAYERS = 1000, 60, 2
REPEATS = {"train": 2, "infer": 4}
"""Steps or batches whose mean is one measurement."""
TARGETS = {"train": 1.10, "infer": 1.05}
Forward = Callable[[], Tensor]


@dataclass(frozen=True)
class Bench:
    """A network with a batch that reads a part of HPO.

    Attributes:
        neighbours: most neighbours beside a candidate.
        slots: slots of a mention, mean.
        gathering: CPU seconds of laying the links of the batch over its tokens.
    """

    network: KnowledgeClassifier
    batch: TextBatch
    features: EntityFeatures
    neighbours: int
    slots: float
    gathering: float


def main() -> None:
    """Measure both neighbourhoods with and without frozen layers, and print the tables."""
    options = parser(__doc__)
    options.add_argument("--threads", type=int, default=1)
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "hpo.sqlite"
        with KnowledgeBase.open(place, create=True) as kb:
            kb.load(hpo_file())
            graph = kb.graph()
    for neighbours, frozen in ((0, 0), (24, 0), (24, 3)):
        bench = lay_out(graph, neighbours=neighbours, frozen=frozen)
        costs = compare(bench)
        found.append(report(bench, costs, frozen=frozen))
    if given.json:
        write_figures(given.json, {"threads": given.threads, "targets": TARGETS, "graft": found})


def lay_out(graph: Graph, *, neighbours: int, frozen: int) -> Bench:
    """A fresh network and its batch; equal seeds give equal ones."""
    generator = torch.Generator().manual_seed(5)
    beside = Neighbours(graph, limit=neighbours, relations=graph.relations)
    rows, subgraph = draw_subgraph(graph, beside, generator)
    backbone = load_backbone(find_backbone("minilm"))
    torch.manual_seed(5)
    network = KnowledgeClassifier(
        backbone.network,
        label_texts=torch.randn(LABELS, backbone.width),
        relation_count=len(graph.relations),
        graft_layers=0,
        heads=6,
        graph_layers=GRAPH_LAYERS,
        frozen_layers=frozen,
    )
    start = torch.arange(TOKENS)
    offsets = torch.stack([start, start + 1], dim=1).expand(TEXTS, -1, -1)  # (text, token, 2)
    links = [draw_links(rows, generator) for _ in range(TEXTS)]
    knowledge, cost = measured(
        lambda: gather_knowledge(links, offsets, neighbours=beside, local=subgraph.local)
    )
    ids = torch.randint(1000, 30000, (TEXTS, TOKENS), generator=generator)
    real = torch.isfinite(knowledge.mentions.slot_prior).sum(1).float().mean().item()
    features = EntityFeatures.of(
        torch.randn(len(subgraph.rows), backbone.width, generator=generator),
        subgraph,
        centre=network.centre,
        label_rows=rows[:LABELS],
    )
    batch = TextBatch(ids, torch.ones_like(ids), knowledge)
    return Bench(network, batch, features, neighbours, real, cost.cpu)


def draw_subgraph(
    graph: Graph, beside: Neighbours, generator: torch.Generator
) -> tuple[list[int], Subgraph]:
    """Concepts of HPO at random, as many as give a subgraph of about `ENTITIES`."""
    order = torch.randperm(graph.entity_count, generator=generator).tolist()
    count = 50
    while True:
        subgraph = cut_subgraph(
            graph, order[:count], neighbours=beside, relations=graph.relations, hops=GRAPH_LAYERS
        )
        if len(subgraph.rows) >= ENTITIES:
            return order[:count], subgraph
        count += 25


def draw_links(rows: list[int], generator: torch.Generator) -> tuple[Link, ...]:
    """The links of a text: mentions of equal length, candidates of equal probability."""
    links = []
    for mention in range(MENTIONS):
        start = mention * (TOKENS // MENTIONS) + 3
        drawn = torch.randperm(len(rows), generator=generator)[:CANDIDATES].tolist()
        candidates = tuple(Candidate(rows[i], "", "", "", 0.2, ()) for i in drawn)
        links.append(Link(start, start + MENTION_TOKENS, "", candidates))
    return tuple(links)


def forms(bench: Bench) -> dict[str, Forward]:
    """The backbone, and the graft part by part; the last is the whole classifier."""
    network, batch, features = bench.network, bench.batch, bench.features
    with torch.no_grad():
        kept = network.entity_vectors(features)  # a cached matrix, as evaluation has it

    def text() -> Tensor:
        states = network.backbone(
            input_ids=batch.input_ids, attention_mask=batch.attention_mask
        ).last_hidden_state
        return pooled(states, batch.attention_mask.to(states.dtype))

    def grafted_text() -> Tensor:
        with network.graft.reading(batch.knowledge.mentions, kept):
            return text()

    return {
        "backbone": lambda: network.head(text()),
        "token graft": lambda: network.head(grafted_text()),
        "token graft, readout": lambda: network(batch, features, kept).logits,
        "token graft, readout, graph encoder": lambda: network(batch, features).logits,
    }


def compare(bench: Bench) -> dict[str, dict[str, Cost]]:
    """For training and inference, the least cost of each form: of a step, and of a batch."""
    gold = (torch.rand(TEXTS, LABELS) < 0.1).float()
    every = forms(bench)
    taken: dict[str, dict[str, list[Cost]]] = {
        what: {name: [] for name in every} for what in TARGETS
    }
    for _ in range(ROUNDS):
        for name, forward in every.items():
            taken["train"][name].append(time_training(bench.network, forward, gold))
            taken["infer"][name].append(time_inference(bench.network, forward))
    return {
        what: {name: min(costs, key=lambda cost: cost.cpu) for name, costs in by_name.items()}
        for what, by_name in taken.items()
    }


def time_training(network: KnowledgeClassifier, forward: Forward, gold: Tensor) -> Cost:
    """A gradient step, mean of a few after one to warm up."""
    trained = [p for p in network.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=1e-6)
    network.train()

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        binary_cross_entropy_with_logits(forward(), gold).backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()

    return _mean_cost(step, REPEATS["train"])


@torch.inference_mode()
def time_inference(network: KnowledgeClassifier, forward: Forward) -> Cost:
    """A batch, mean of a few after one to warm up."""
    network.eval()
    return _mean_cost(forward, REPEATS["infer"])


def _mean_cost(job: Callable[[], Any], times: int) -> Cost:
    job()
    _, cost = measured(lambda: [job() for _ in range(times)])
    return Cost(cost.cpu / times, cost.wall / times)


def report(bench: Bench, costs: dict[str, dict[str, Cost]], *, frozen: int) -> dict[str, Any]:
    """Print the table of one setting; the same as JSON."""
    rows: list[list[object]] = []
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for name in costs["train"]:
        row: list[object] = [name]
        figures[name] = {}
        for what, target in TARGETS.items():
            cost, plain = costs[what][name], costs[what]["backbone"]
            ratio = cost.cpu / plain.cpu
            kept = "-" if name == "backbone" else "yes" if ratio <= target else "no"
            row += [cost.cpu, cost.wall, f"{ratio:.2f}x", kept]
            figures[name][what] = {
                "cpu": round(cost.cpu, 4),
                "wall": round(cost.wall, 4),
                "ratio": round(ratio, 3),
            }
        rows.append(row)
    entities, edges = len(bench.features.own), bench.features.subgraph.edge_index.shape[1]
    title = (
        f"{TEXTS} texts of {TOKENS} tokens, {MENTIONS} mentions of {CANDIDATES} candidates; "
        f"at most {bench.neighbours} neighbours a candidate: {bench.slots:.0f} slots a mention; "
        f"{frozen} frozen layers; {entities:,} entities, {edges:,} edges"
    )
    columns = [
        "form",
        "step CPU s",
        "wall s",
        "ratio",
        "<= 1.10",
        "inference CPU s",
        "wall s",
        "ratio",
        "<= 1.05",
    ]
    table(title, columns, rows)
    say(f"\nBeside it, laying the links of a batch over its tokens: {bench.gathering:.3f} CPU s")
    return {
        "neighbours": bench.neighbours,
        "frozen_layers": frozen,
        "slots_per_mention": round(bench.slots, 1),
        "entities": entities,
        "edges": edges,
        "gather_cpu": bench.gathering,
        "forms": figures,
    }


if __name__ == "__main__":
    main()
