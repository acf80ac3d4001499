"""Link prediction on UMLS, CoDEx-S and WN18RR, beside PyKEEN.

python benchmarks/link_prediction.py [DATASET ...] [--peers PYTHON] [--json FILE]

Each data set of ONTOGRAFT_DATA is loaded into a knowledge base from its three files, and embedded
as `ontograft embed KB --valid FILE --test FILE` would, with the settings below. PyKEEN, where
`--peers` names a Python that has it, ranks the same test triples by the same vectors with its
RankBasedEvaluator (filtered, realistic), so that ranks and times can be compared; and trains a
ComplEx of the same width by itself (LCWA, 1-vs-all softmax, Adagrad) for as many epochs as in
PYKEEN_EPOCHS, untuned.

CPU seconds, one thread.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported
os.environ.setdefault("OMP_NUM_THREADS", "1")

import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from measure import answer, measured, parser, peak_megabytes, say, table, write_figures

FILES = {
    "kg_umls": ("train.tsv", "dev.tsv", "test.tsv"),
    "kg_codex_s": ("train.txt", "valid.txt", "test.txt"),
    "kg_wn18rr": ("train.tsv.gz", "dev.tsv", "test.tsv"),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "kg_umls": {"loss": "bernoulli", "optimiser": "adam", "learning_rate": 0.003, "scale": 0.1,
                "width": 512, "batch": 128, "epochs": 150, "n3": 0.0, "relation_weight": 1.0},
    "kg_codex_s": {"width": 512, "batch": 32, "epochs": 60, "n3": 0.02},
    "kg_wn18rr": {"width": 128, "batch": 512, "epochs": 40, "n3": 0.05, "negatives": 4096},
}  # fmt: skip
PYKEEN_EPOCHS = {"kg_umls": 60, "kg_codex_s": 8, "kg_wn18rr": 0}


def ours(name: str, folder: Path) -> dict[str, Any]:
    """Load, embed, measure; the vectors lie in `folder` afterwards."""
    from kg import KnowledgeBase
    from model.completion.learning import LearningSettings
    from model.completion.recipe import embed

    place = str(folder / "kb.db")
    files = [Path(os.environ["ONTOGRAFT_DATA"]) / name / file for file in FILES[name]]
    settings = replace(LearningSettings.chosen(), **SETTINGS[name])
    with KnowledgeBase.open(place, create=True) as kb:
        kb.load(*files)
        made, cost = measured(
            lambda: embed(
                kb, place=place, settings=settings, valid=str(files[1]), test=str(files[2])
            )
        )
    made.save(folder / "embeddings")
    return {**made.results, "cpu": cost.cpu, "megabytes": peak_megabytes()}


def ranked_again(name: str, folder: Path) -> dict[str, Any]:
    """Our evaluator alone, on the saved vectors."""
    import numpy as np

    from kg import KnowledgeBase
    from model.completion.folder import Embeddings
    from model.completion.graph_facts import facts_of
    from model.completion.ranking import filtered_ranks

    files = [Path(os.environ["ONTOGRAFT_DATA"]) / name / file for file in FILES[name]]
    made = Embeddings.load(folder / "embeddings")
    with KnowledgeBase.open(str(folder / "kb.db")) as kb:
        facts = facts_of(kb.graph(), kb.table(), valid=str(files[1]), test=str(files[2])).facts
    np.savez(
        folder / "facts.npz", train=facts.train, valid=facts.valid, test=facts.test,
        entailed=facts.entailed,
    )  # fmt: skip
    known = facts.known
    ranks, cost = measured(lambda: filtered_ranks(made, facts.test, known))
    return {**ranks.metrics(), "cpu": cost.cpu}


def pykeen_ranks(folder: Path) -> dict[str, Any]:
    """PyKEEN's evaluator on our vectors."""
    import numpy as np
    import torch
    from pykeen.evaluation import RankBasedEvaluator
    from pykeen.models import ComplEx
    from pykeen.triples import CoreTriplesFactory
    from safetensors.torch import load_file

    torch.set_num_threads(1)
    facts = np.load(folder / "facts.npz")
    vectors = load_file(folder / "embeddings" / "vectors.safetensors")
    entities, relations = vectors["entities"], vectors["relations"]
    count, width = len(relations) // 2, entities.shape[1] // 2
    factory = CoreTriplesFactory(
        torch.from_numpy(facts["train"]), len(entities), count, create_inverse_triples=True
    )
    model = ComplEx(triples_factory=factory, embedding_dim=width)

    def put(representation: Any, values: torch.Tensor) -> None:
        real, imaginary = values.chunk(2, -1)
        both = torch.stack([real, imaginary], -1)
        with torch.no_grad():
            parameter = next(iter(representation.parameters()))
            parameter.copy_(both.reshape(parameter.shape))

    put(model.entity_representations[0], entities)
    # PyKEEN has a relation and its inverse beside each other
    put(
        model.relation_representations[0],
        torch.stack([relations[:count], relations[count:]], 1).reshape(2 * count, -1),
    )
    evaluator = RankBasedEvaluator(filtered=True)
    known = [torch.from_numpy(facts[part]) for part in ("train", "valid", "entailed")]
    results, cost = measured(
        lambda: evaluator.evaluate(
            model=model,
            mapped_triples=torch.from_numpy(facts["test"]),
            additional_filter_triples=known,
            batch_size=256,
            use_tqdm=False,
        )
    )
    found = {"mrr": "both.realistic.inverse_harmonic_mean_rank"}
    found |= {f"hits@{k}": f"both.realistic.hits_at_{k}" for k in (1, 3, 10)}
    return {
        **{key: round(float(results.get_metric(name)), 4) for key, name in found.items()},
        "cpu": cost.cpu,
    }


def pykeen_trains(folder: Path, epochs: int, width: int) -> dict[str, Any]:
    """A ComplEx of PyKEEN's own."""
    import numpy as np
    import torch
    from pykeen.pipeline import pipeline
    from pykeen.triples import CoreTriplesFactory

    torch.set_num_threads(1)
    facts = np.load(folder / "facts.npz")
    highest = np.concatenate([facts[part] for part in ("train", "valid", "test")]).max(0)
    entities, relations = int(max(highest[0], highest[2])) + 1, int(highest[1]) + 1
    train, valid, test = (
        CoreTriplesFactory(torch.from_numpy(facts[part]), entities, relations)
        for part in ("train", "valid", "test")
    )
    result, cost = measured(
        lambda: pipeline(
            training=train,
            validation=valid,
            testing=test,
            model="complex",
            model_kwargs={"embedding_dim": width // 2},
            training_loop="lcwa",
            loss="crossentropy",
            optimizer="adagrad",
            optimizer_kwargs={"lr": 0.1},
            training_kwargs={"num_epochs": epochs, "batch_size": 512, "use_tqdm": False},
            evaluation_kwargs={"use_tqdm": False},
            random_seed=0,
            device="cpu",
        )
    )
    return {
        "mrr": round(float(result.get_metric("both.realistic.inverse_harmonic_mean_rank")), 4),
        "hits@10": round(float(result.get_metric("both.realistic.hits_at_10")), 4),
        "cpu": cost.cpu,
        "epochs": epochs,
    }


def run(python: str, *arguments: str) -> dict[str, Any]:
    """A worker's answer, or why there is none."""
    import json

    done = subprocess.run(  # noqa: S603  (our own script)
        [python, str(Path(__file__)), "--worker", *arguments],
        capture_output=True, text=True, check=False, env={**os.environ},
    )  # fmt: skip
    if done.returncode:
        return {"skipped": (done.stderr.strip() or "no output").splitlines()[-1]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


WORKERS: dict[str, Any] = {
    "ours": lambda name, folder: ours(name, Path(folder)),
    "ranked": lambda name, folder: ranked_again(name, Path(folder)),
    "pykeen-ranks": lambda _, folder: pykeen_ranks(Path(folder)),
    "pykeen-trains": lambda name, folder: pykeen_trains(
        Path(folder), PYKEEN_EPOCHS[name], SETTINGS[name]["width"]
    ),
}


def main() -> None:
    """Measure the data sets that were named, or all."""
    options = parser(__doc__)
    options.add_argument("datasets", nargs="*", metavar="DATASET", help=", ".join(FILES))
    options.add_argument("--peers", metavar="PYTHON")
    options.add_argument(
        "--worker", nargs=3, metavar=("WHAT", "NAME", "FOLDER"), help="used by itself"
    )
    chosen = options.parse_args()
    if chosen.worker:
        what, name, folder = chosen.worker
        answer(WORKERS[what](name, folder))
        return
    if "ONTOGRAFT_DATA" not in os.environ:
        say("Skipped: ONTOGRAFT_DATA names no folder with kg_umls, kg_codex_s and kg_wn18rr.")
        return
    figures: dict[str, Any] = {}
    for name in chosen.datasets or FILES:
        with tempfile.TemporaryDirectory() as folder:
            figures[name] = {
                "settings": SETTINGS[name],
                "ours": run(sys.executable, "ours", name, folder),
                "ranked": run(sys.executable, "ranked", name, folder),
            }
            if chosen.peers:
                figures[name]["pykeen evaluator"] = run(chosen.peers, "pykeen-ranks", name, folder)
                if PYKEEN_EPOCHS[name]:
                    trained = run(chosen.peers, "pykeen-trains", name, folder)
                    figures[name]["pykeen complex"] = trained
        show(name, figures[name])
    if chosen.json:
        write_figures(chosen.json, {"rounds": 1, "datasets": figures})


def show(name: str, found: dict[str, Any]) -> None:
    """The table of one data set."""
    own, dash = found["ours"], "-"
    rows = [
        ("ontograft embed, vectors and rules", own),
        ("- vectors alone", own.get("vectors alone", {})),
        ("- rules alone", own.get("rules alone", {})),
        ("ranking alone, vectors", found["ranked"]),
        ("ranking alone, PyKEEN, same vectors", found.get("pykeen evaluator", {})),
        ("PyKEEN ComplEx, untuned", found.get("pykeen complex", {})),
    ]
    table(
        name,
        ["", "MRR", "hits@1", "hits@10", "CPU s", "remark"],
        [
            [
                what,
                *(row.get(key, dash) for key in ("mrr", "hits@1", "hits@10", "cpu")),
                row.get("skipped", ""),
            ]
            for what, row in rows
            if row
        ],
    )


if __name__ == "__main__":
    main()
