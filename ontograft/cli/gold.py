"""Commands on gold links: evaluate-links, train-linker."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
    from linking import TextRow
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
            help='Another linker file, or "untrained": compare with it on the same texts.',
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
        Path, typer.Argument(metavar="GOLD", help="Texts with links, as for evaluate-links.")
    ],
    output: Annotated[
        Path,
        typer.Option("--out", metavar="FILE", help="Where to write what was learnt; JSON."),
    ] = Path("linker.json"),
    gold_format: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help=f"Of GOLD: {FORMATS_HELP}")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Teach the linker from texts with gold links, in seconds: names, habits and weights.

    Printed are the scores on the same texts, each judged by what the other texts taught. Use what
    was learnt with `ontograft link --linker FILE`; it follows the knowledge base when that changes.
    """
    from kg import KnowledgeBase
    from linking import read_texts, train_linker

    texts = list(read_texts(gold, format=gold_format))
    with KnowledgeBase.open(kb) as base, meter() as progress:
        resolved = _resolved(base, texts).texts
        trained = train_linker(base, resolved, progress=progress.show)
    trained.save(output)
    if as_json:
        print_json(trained.record)
        return
    counts = ("texts", "links", "learnt names")
    print_facts([(name, trained.record[name]) for name in counts])
    _print_scores(trained.record["cross-fitted"])
    note(f"{output}: use it with `ontograft link {kb} --linker {output} ...`")


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
    from linking import Linker, Trained
    from linking.evaluating import evaluate

    table = base.table()
    learnt = Trained.load(trained) if trained else None
    if seen is None and learnt is not None:
        seen = {table.curies[row] for row in learnt.experience(table).concepts}
    name = str(trained or "untrained")
    with meter() as progress:
        return evaluate(
            Linker.of(base, trained=learnt),
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
