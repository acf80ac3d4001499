"""Commands on edges that a graph may lack: embed, complete."""

from pathlib import Path
from typing import Annotated

import typer

from ontograft.cli.choices import Modes, OpenWorld, modes_of
from ontograft.cli.terminal import (
    AsJson,
    KnowledgeBasePlace,
    meter,
    note,
    print_facts,
    print_json,
    print_table,
)

Held = Annotated[
    str,
    typer.Option(metavar="SHARE|FILE", help="Edges to hold out: a share, or a file of them."),
]


def embed(  # noqa: PLR0913, PLR0917 - each is an option of the command
    kb: KnowledgeBasePlace,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where to write the vectors.")] = Path(
        "embeddings"
    ),
    decoder: Annotated[
        str, typer.Option(metavar="NAME", help="complex, distmult, transe or rotate.")
    ] = "complex",
    loss: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="softmax, or bernoulli where a head has many tails by a relation."
        ),
    ] = "softmax",
    encoder: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="none, relational, rgcn or rgat: what makes entity vectors, also of new entities.",
        ),
    ] = "none",
    layers: Annotated[
        int, typer.Option(metavar="N", min=0, help="Rounds of messages of the encoder.")
    ] = 2,
    texts: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="hashed, minilm or none: how names and definitions are read. Hashed with an "
            "encoder, else none.",
        ),
    ] = None,
    baseline: Annotated[
        bool,
        typer.Option(
            "--baseline/--no-baseline", help="With an encoder, also measure vectors without one."
        ),
    ] = True,
    width: Annotated[int, typer.Option(metavar="N", min=2, help="Of a vector; even.")] = 256,
    epochs: Annotated[int, typer.Option(metavar="N", min=1, help="At most.")] = 60,
    batch: Annotated[int, typer.Option(metavar="N", min=1, help="Queries of a step.")] = 64,
    negatives: Annotated[
        int,
        typer.Option(metavar="N", min=0, help="Wrong tails a step; 0 takes all entities."),
    ] = 0,
    mode: Modes = None,
    open_world: OpenWorld = True,
    valid: Held = "0.05",
    test: Held = "0.05",
    seed: Annotated[int, typer.Option(metavar="N", help="Of all chance.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Learn vectors of a graph's entities and relations, and measure them on edges held out.

    Printed are filtered ranks of both ends of the test edges. `ontograft complete` uses the folder.
    """
    from kg import KnowledgeBase
    from model.completion.learning import LearningSettings
    from model.completion.recipe import embed

    settings = LearningSettings.chosen(
        decoder=decoder, loss=loss, width=width, epochs=epochs, batch=batch, negatives=negatives,
        seed=seed, encoder=encoder, layers=layers,
        texts=texts or ("none" if encoder == "none" else "hashed"),
    )  # fmt: skip
    with KnowledgeBase.open(kb) as base, meter() as progress:
        made = embed(
            base,
            place=kb,
            settings=settings,
            valid=_share(valid),
            test=_share(test),
            modes=modes_of(mode),
            open_world=open_world,
            baseline=baseline,
            progress=lambda at: progress.show(
                "epochs",
                at.epoch,
                at.of,
                f"loss {at.loss:.3f}"
                + (f", dev MRR {at.valid_mrr:.3f}" if at.valid_mrr is not None else ""),
            ),
        )
    made.save(out)
    if as_json:
        print_json(made.results)
        return
    told = {name: v for name, v in made.results.items() if not isinstance(v, dict)}
    for arm in ("vectors alone", "encoder none"):
        told |= {f"{name}, {arm}": v for name, v in made.results.get(arm, {}).items()}
    print_facts(list(told.items()))
    note(f"{out}: ask it with `ontograft complete {kb} HEAD RELATION --embeddings {out}`")


def complete(
    kb: KnowledgeBasePlace,
    entity: Annotated[
        str, typer.Argument(metavar="HEAD", help="CURIE, IRI or label of the known end.")
    ],
    relation: Annotated[str, typer.Argument(metavar="RELATION", help="CURIE of the relation.")],
    embeddings: Annotated[
        Path, typer.Option(metavar="DIR", help="What `ontograft embed` wrote.")
    ] = Path("embeddings"),
    inverse: Annotated[
        bool, typer.Option("--inverse", help="HEAD is the tail; ask for heads.")
    ] = False,
    k: Annotated[int, typer.Option(metavar="N", min=1, help="So many answers.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Rank the entities to which an edge that is not there most likely leads, with proofs.

    A proof is a rule, of the knowledge base or mined from it, and the edges that its body found.
    """
    from kg import KnowledgeBase
    from model.completion.folder import Embeddings
    from model.completion.recipe import complete

    made = Embeddings.load(embeddings)
    with KnowledgeBase.open(kb) as base:
        found = complete(base, made, entity, relation, inverse=inverse, k=k)
        table = base.table()
        stale = base.version() != made.kb_version
    if stale:
        note("The knowledge base has changed since the vectors were made; edges of today count.")
    if as_json:
        print_json(
            [
                {
                    "curie": table.curies[one.row],
                    "label": table.labels[one.row],
                    "score": round(one.score, 6),
                    "proof": [proof.to_json() for proof in one.proof],
                }
                for one in found
            ]
        )
        return
    print_table(
        "",
        ["concept", "label", "score", "proof"],
        [
            [
                table.curies[one.row],
                table.labels[one.row],
                one.score,
                "; ".join(f"{proof.rule} ({proof.rule.weight:.2f})" for proof in one.proof[:1]),
            ]
            for one in found
        ],
    )


def _share(text: str) -> float | str:
    """A share of the edges, or the name of a file of them."""
    try:
        return float(text)
    except ValueError:
        return text
