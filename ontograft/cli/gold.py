"""Commands on gold links: evaluate-links, train-linker."""

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ontograft.cli.linkers import opened
from ontograft.cli.terminal import (
    FORMATS_HELP,
    AsJson,
    KnowledgeBasePlace,
    TrainedLinker,
    meter,
    note,
    print_facts,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from kg import KnowledgeBase
    from linking import TextRow, Trained
    from linking.evaluating import Evaluation
    from linking.gold import ResolvedGold


def evaluate_links(
    kb: KnowledgeBasePlace,
    gold: Annotated[
        Path,
        typer.Argument(
            metavar="GOLD",
            help='Texts with links: JSONL of {"id", "text", "links": [{"start", "end", "curie"}]}, '
            "or see --format.",
        ),
    ],
    gold_format: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help=f"Of GOLD: {FORMATS_HELP}")
    ] = None,
    trained: TrainedLinker = None,
    train: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The training texts, to tell concepts that were seen from others; without it "
            "those that the file of --linker counts.",
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help='Another linker, or "untrained": compare with it on the same texts.',
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write every error with its reasons to an HTML page."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare the linker with gold links: precision, recall and F1 of mentions and documents.

    Ids of before are mapped to those of today. Intervals are of the bootstrap over texts;
    docs/linking.md defines every figure.
    """
    from kg import KnowledgeBase
    from linking import read_texts
    from linking.evaluating import compare
    from linking.gold import concepts_of

    texts = list(read_texts(gold, format=gold_format))
    with KnowledgeBase.open(kb) as base:
        seen = None
        if train is not None:
            seen = concepts_of(_resolved(base, list(read_texts(train, format=gold_format))).texts)
        ours = _evaluation(base, trained, texts, seen)
        document = ours.to_json()
        if against is not None:
            other = None if against == "untrained" else Path(against)
            theirs = _evaluation(base, other, texts, seen)
            document["against"] = {"linker": against, **compare(ours, theirs)}
        if report is not None:
            from ontograft.link_report import write_link_report

            caption = f"{gold}, {kb}, linker: {trained or 'untrained'}"
            write_link_report(ours, base.table(), report, caption=caption)
            note(f"{report}: open it in a browser")
    if as_json:
        print_json(document)
        return
    print_facts([(f"{len(texts):,} texts", gold), *_gold_facts(document)])
    _print_scores(document, document["intervals"])
    _print_parts(document)
    if against is not None:
        _print_differences(document["against"])


def train_linker(
    kb: KnowledgeBasePlace,
    gold: Annotated[
        Path | None,
        typer.Option("--gold", metavar="FILE", help="Texts with links, as for evaluate-links."),
    ] = None,
    names: Annotated[
        bool,
        typer.Option("--names", help="Train an encoder of names, which finds them by meaning."),
    ] = False,
    context: Annotated[
        bool,
        typer.Option("--context", help="Train a scorer, which compares texts with concepts."),
    ] = False,
    mentions: Annotated[
        bool,
        typer.Option("--mentions", help="Train a detector of mentions, by gold links alone."),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="PATH",
            help="Where to write what was learnt: a file of JSON, linker.json by default; with "
            "--names, --context or --mentions a folder, by default linker.",
        ),
    ] = None,
    gold_format: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help=f"Of the gold: {FORMATS_HELP}")
    ] = None,
    backbone: Annotated[
        str,
        typer.Option(metavar="NAME", help="Of neural parts: `minilm`, or a Hugging Face folder."),
    ] = "minilm",
    seed: Annotated[int, typer.Option(metavar="N", help="Of neural parts.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Teach the linker: names, habits and weights from gold links, in seconds; or neural parts.

    Printed are the scores on the gold texts, each judged by what the other texts taught. Neural
    parts take minutes; names and context need no gold: then the ontology's own names and
    definitions teach.
    Use what was learnt with --linker; it follows the knowledge base when that changes.
    """
    asked = {"names": names, "context": context, "mentions": mentions}
    parts = [part for part, wanted in asked.items() if wanted]
    if gold is None and not parts:
        raise typer.BadParameter(
            "Nothing to learn from: give --gold FILE, or a part to train (--names, --context, "
            "--mentions)."
        )
    from kg import KnowledgeBase
    from linking import read_texts

    texts = None if gold is None else list(read_texts(gold, format=gold_format))
    with KnowledgeBase.open(kb) as base, meter() as progress:
        resolved = None if texts is None else _resolved(base, texts).texts
        if parts:
            output = output or Path("linker")
            trained = _train_neural(base, output, resolved, backbone, parts, seed, progress.show)
        else:
            from linking import train_linker

            output = output or Path("linker.json")
            trained = train_linker(base, resolved or (), progress=progress.show)
            trained.save(output)
    if as_json:
        print_json(trained.record)
        return
    if resolved is not None:
        counts = ("texts", "links", "learnt names")
        print_facts([(name, trained.record[name]) for name in counts])
        _print_scores(trained.record["cross-fitted"])
    note(f"{output}: use it with `ontograft link {kb} --linker {output} ...`")


def _train_neural(
    base: "KnowledgeBase",
    output: Path,
    gold: "Sequence[TextRow] | None",
    backbone: str,
    parts: "Collection[str]",
    seed: int,
    progress: "Callable[[str, int, int], None]",
) -> "Trained":
    """Train and save neural parts; a wrong place or backbone is told of first."""
    from model import find_backbone
    from model.linker_folder import refuse_other_places
    from model.linker_training import train_neural_linker

    refuse_other_places(output)
    found = find_backbone(backbone)
    linker = train_neural_linker(base, found, gold, parts=parts, seed=seed, progress=progress)
    linker.save(output, base)
    return linker.trained


def _resolved(base: "KnowledgeBase", texts: "Sequence[TextRow]") -> "ResolvedGold":
    """Gold with the ids of today."""
    from linking.gold import resolve_gold

    return resolve_gold(texts, base.table(), base.current_ids())


def _evaluation(
    base: "KnowledgeBase",
    trained: Path | None,
    texts: "Sequence[TextRow]",
    seen: "Collection[str] | None",
) -> "Evaluation":
    from linking import Trained
    from linking.evaluating import evaluate

    table = base.table()
    learnt = Trained.of_place(trained) if trained else None
    if seen is None and learnt is not None:
        seen = {table.curies[row] for row in learnt.experience(table).concepts}
    name = str(trained or "untrained")
    with meter() as progress:
        return evaluate(
            opened(base, trained),
            _resolved(base, texts),
            table=table,
            graph=base.graph(),
            seen=seen,
            progress=lambda done: progress.show(f"link, {name}", done, len(texts)),
        )


def _gold_facts(document: "dict[str, Any]") -> "Iterator[tuple[str, object]]":
    gold, nil = document["gold"], document["nil"]
    yield "gold mentions", gold["mentions"]
    yield "ids mapped to those of today", gold["mapped"]
    yield "without a concept", gold["nil"]
    yield "of an id that the KB has not", gold["unknown"]
    if nil["mentions"]:
        yield "of both, left unlinked", nil["left_unlinked"]
    if document["ece"] is not None:
        yield "calibration error", document["ece"]


def _print_scores(scores: "dict[str, Any]", bounds: "dict[str, Any] | None" = None) -> None:
    columns = ["precision", "recall", "f1"]
    measured = {
        name: score
        for name, score in scores.items()
        if isinstance(score, dict) and set(columns) <= set(score)
    }
    heads = ["", *columns, "f1, 95 %"] if bounds else ["", *columns]
    rows = []
    for name, score in measured.items():
        row = [name.replace("_", " "), *(score[column] for column in columns)]
        rows.append([*row, _between(*bounds[name]["f1"])] if bounds else row)
    print_table("", heads, rows)


def _between(low: float, high: float) -> str:
    return f"{low:.3f} to {high:.3f}"


def _print_parts(document: "dict[str, Any]") -> None:
    """A line for all gold mentions, and for each part of them."""
    shares = ["acc@1", "any@1", "recall@5", "recall@30"]
    gold = document["gold"]
    whole = {
        "mentions": gold["mentions"] - gold["nil"],
        "recall": document["mention_strict"]["recall"],
        "gold_mentions": document["gold_mentions"],
    }
    print_table(
        "",
        ["gold mentions", "number", "linked", *shares],
        [
            [name, part["mentions"], part["recall"], *(part["gold_mentions"][s] for s in shares)]
            for name, part in {"all": whole, **document["parts"]}.items()
        ],
        whole="gold mentions",
    )


def _print_differences(against: "dict[str, Any]") -> None:
    rows = []
    for name, score in against["difference"].items():
        if name != "gold_mentions":
            value, low, high = score["f1"]
            rows.append([name.replace("_", " "), f"{value:+.3f}", f"{low:+.3f} to {high:+.3f}"])
    print_table(f"less {against['linker']}", ["", "f1", "95 %"], rows)
