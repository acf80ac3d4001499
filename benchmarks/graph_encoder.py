"""Message passing, the sampler, a new entity's vector and the hierarchy layer.

python benchmarks/graph_encoder.py [--json FILE]

The graph is made up: 50,000 nodes, 500,000 edges whose sources follow a power law, 50 relations by
Zipf's law, vectors of 128 numbers. Beside our kernels stands PyG's RGCNConv with a matrix for each
relation. The hierarchy has 44,000 classes with one or two parents; new entities join one of 50,000.
Each row is a fresh process; after one pass that does not count, the least of three.

CPU seconds, one thread.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported
os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
from collections.abc import Callable
from typing import Any

from measure import (
    ROUNDS,
    answer,
    best_of_processes,
    measured,
    parser,
    peak_megabytes,
    table,
    write_figures,
)

NODES, EDGES, RELATIONS, WIDTH = 50_000, 500_000, 50, 128
CLASSES, BATCH = 44_000, 32
LAYERS = ("chunked", "compact", "fused", "layer", "rgcn", "RGCNConv")
FAN_OUTS = (10, 5)
ADDED = 200


def graph() -> tuple[Any, Any]:
    """`edge_index` and `edge_type` of the graph."""
    import torch

    generator = torch.Generator().manual_seed(0)

    def drawn(count: int, power: float) -> Any:
        weight = torch.arange(1, count + 1).float() ** -power
        return torch.multinomial(weight, EDGES, True, generator=generator)

    target = torch.randint(NODES, (EDGES,), generator=generator)
    return torch.stack([drawn(NODES, 0.7), target]), drawn(RELATIONS, 1.0)


def job_of(name: str) -> tuple[Callable[[], Any], list[Any]]:
    """A forward pass, and what has gradients."""
    import torch

    from model.completion.encoder import GraphInputs, RelationalEncoder, Wiring
    from model.message_passing import mean_edges, relational_sum

    edge_index, edge_type = graph()
    torch.manual_seed(0)
    x = torch.randn(NODES, WIDTH, requires_grad=True)
    z = torch.randn(RELATIONS, WIDTH, requires_grad=True)
    if name == "RGCNConv":
        from torch_geometric.nn import RGCNConv

        layer = RGCNConv(WIDTH, WIDTH, RELATIONS)
        return lambda: layer(x, edge_index, edge_type), [x, *layer.parameters()]
    if name in {"layer", "rgcn"}:
        triples = torch.stack([edge_index[1], edge_type, edge_index[0]], 1).numpy()
        wiring = Wiring.of(triples, RELATIONS, NODES)
        kind: Any = "relational" if name == "layer" else name
        encoder = RelationalEncoder(
            GraphInputs(wiring, torch.arange(NODES)), width=WIDTH, layers=1, kind=kind, seed=0
        )
        encoder.eval()
        return encoder, list(encoder.parameters())
    edges = mean_edges(edge_index, edge_type, NODES)
    return lambda: relational_sum(x, z, edges, kernel=name), [x, z]  # type: ignore[arg-type]


def layer(name: str) -> dict[str, Any]:
    """One pass forward, and forward with backward."""
    import torch

    forward, learnt = job_of(name)
    upward = torch.randn(NODES, WIDTH)
    before = peak_megabytes()
    costs = []
    for _ in range(1 + (1 if name == "RGCNConv" else ROUNDS)):
        for tensor in learnt:
            tensor.grad = None
        y, there = measured(forward)
        _, back = measured(lambda y=y: y.backward(upward))
        costs.append((there.cpu, there.cpu + back.cpu))
        del y
    forwards, steps = zip(*costs[1:], strict=True)
    peak = peak_megabytes()
    return {
        "forward": min(forwards), "cpu": min(steps), "megabytes": peak, "added": peak - before,
    }  # fmt: skip


def sampler() -> dict[str, Any]:
    """Seeds a second, with edges of all hops."""
    import numpy as np

    from model.sampling import NeighbourSampler

    edge_index, edge_type = graph()
    made, built = measured(lambda: NeighbourSampler(edge_index.numpy(), edge_type.numpy(), NODES))
    rng = np.random.default_rng(0)
    found: dict[str, Any] = {"build": built.cpu}
    for count in (512, 4_096):
        seeds = [rng.choice(NODES, count, replace=False) for _ in range(20)]
        drawn, cost = measured(lambda s=seeds: [made.sample(one, FAN_OUTS, rng) for one in s])
        found[f"ms {count}"] = cost.cpu / 20 * 1e3
        found[f"seeds/s {count}"] = round(20 * count / cost.cpu)
        found[f"edges {count}"] = int(np.mean([one.edge_index.shape[1] for one in drawn]))
    return {**found, "cpu": built.cpu, "megabytes": peak_megabytes()}


def hierarchy(count: int) -> tuple[Any, Any]:
    """Children and parents of a made-up ontology; early classes have many children."""
    import numpy as np

    rng = np.random.default_rng(0)
    child = np.repeat(np.arange(1, count), 1 + (rng.random(count - 1) < 0.55))
    parent = (rng.random(len(child)) * np.maximum(1, child**0.9)).astype(np.int64)
    return child, parent


def hierarchy_layer() -> dict[str, Any]:
    """The layer over a batch of texts."""
    import torch

    from model.hierarchy_layer import HierarchyLayer

    child, parent = hierarchy(CLASSES)
    made, built = measured(lambda: HierarchyLayer(child, parent, CLASSES))
    torch.manual_seed(0)
    x, upward = torch.rand(BATCH, CLASSES, requires_grad=True), torch.randn(BATCH, CLASSES)
    before = peak_megabytes()
    costs = []
    for _ in range(1 + ROUNDS):
        x.grad = None
        y, there = measured(lambda: made(x))
        _, back = measured(lambda y=y: y.backward(upward))
        costs.append((there.cpu, there.cpu + back.cpu))
    forwards, steps = zip(*costs[1:], strict=True)
    peak = peak_megabytes()
    return {
        "build": built.cpu, "forward": min(forwards), "cpu": min(steps), "megabytes": peak,
        "added": peak - before, "edges": len(child),
        "violations": int((y[:, child] > y[:, parent]).sum()),
    }  # fmt: skip


def new_entity() -> dict[str, Any]:
    """The vectors of entities that were added, one at a time."""
    import numpy as np
    import torch

    from model.completion.encoder import GraphInputs, RelationalEncoder, Wiring
    from model.completion.texts import HashedTexts

    child, parent = hierarchy(NODES)
    hub = np.arange(NODES - 1_000 - ADDED, NODES - ADDED // 2)  # 1,000 old leaves, and half the new
    parent[np.isin(child, hub)] = 5
    triples = np.stack([child, np.zeros_like(child), parent], 1)
    names = [f"disorder {n} of the {n % 97} organ, subtype {n % 7}" for n in range(NODES)]
    reader, fitted = measured(lambda: HashedTexts.fitted(names))
    texts, read = measured(lambda: reader.of(names))
    own = torch.arange(NODES)
    own[-ADDED:] = -1  # the last ones are leaves
    wiring = Wiring.of(triples, 1, NODES)
    inputs = GraphInputs(wiring, own, texts, texts)
    encoder = RelationalEncoder(inputs, width=WIDTH, layers=2, own_count=NODES - ADDED, seed=0)
    _, built = measured(lambda: inputs.sampler)
    whole, pass_ = measured(torch.inference_mode()(encoder.eval()))
    times, sizes, apart = [], [], 0.0
    for row in range(NODES - ADDED, NODES):

        def vector(row: int = row) -> Any:
            reader.of([names[row]])
            return encoder.vectors(inputs, np.array([row]))[0]

        found, cost = measured(vector)
        times.append(cost.cpu * 1e3)
        sizes.append(len(inputs.around(np.array([row]), 2).own))
        apart = max(apart, float((found - whole[row]).abs().max()))
    half = ADDED // 2
    return {
        "ms, below one with 1,000 children": float(np.median(times[:half])),
        "ms, elsewhere": float(np.median(times[half:])),
        "ms, most": max(times),
        "entities around, below one with 1,000 children": int(np.median(sizes[:half])),
        "entities around, elsewhere": int(np.median(sizes[half:])),
        "apart": apart, "sampler": built.cpu,
        "whole pass": pass_.cpu, "texts": fitted.cpu + read.cpu, "cpu": float(np.median(times)),
    }  # fmt: skip


WORKERS: dict[str, Callable[[], dict[str, Any]]] = {
    **{name: (lambda name=name: layer(name)) for name in LAYERS},
    "sampler": sampler,
    "hierarchy": hierarchy_layer,
    "new": new_entity,
}


def main() -> None:
    """Measure all, or be one worker."""
    options = parser(__doc__)
    options.add_argument("--worker", choices=WORKERS, help="used by itself")
    options.add_argument("parts", nargs="*", metavar="PART", help=", ".join(WORKERS))
    chosen = options.parse_args()
    if chosen.worker:
        answer(WORKERS[chosen.worker]())
        return
    figures = {
        name: best_of_processes(sys.executable, [__file__, "--worker", name], key="cpu", rounds=1)
        for name in chosen.parts or WORKERS
    }
    show(figures)
    if chosen.json:
        write_figures(chosen.json, {"parts": figures})


def show(figures: dict[str, Any]) -> None:
    """The tables."""
    columns = ["forward", "cpu", "added", "megabytes"]
    rows = [
        [name, *(found.get(key, "-") for key in columns), found.get("skipped", "")]
        for name, found in figures.items()
        if name not in {"sampler", "new"}
    ]
    if rows:
        table(
            f"{NODES:,} nodes, {EDGES:,} edges, width {WIDTH}; {CLASSES:,} classes x {BATCH}",
            ["", "forward s", "with backward s", "MB added", "MB in all", "remark"],
            rows,
        )
    for name in ("sampler", "new", "hierarchy"):
        if name in figures:
            table(name, ["", "value"], [[k, v] for k, v in figures[name].items() if k != "rounds"])


if __name__ == "__main__":
    main()
