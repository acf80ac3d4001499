"""Commands on links: link, evaluate-links, train-linker."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ontograft.cli.terminal import (
    AsJson,
    KnowledgeBasePlace,
    meter,
    note,
    print_facts,
    print_json,
    print_table,
)

FORMATS_HELP = (
    "text (a text a line), jsonl, pubtator, brat, conll (IOB2), label-studio, bioc-xml, bioc-json, "
    "prodigy, spacy; told by the suffix and how the file begins when not said."
)

TrainedLinker = Annotated[
    Path | None,
    typer.Option("--linker", metavar="FILE", help="What `ontograft train-linker` wrote."),
]

if TYPE_CHECKING:
    from kg import KnowledgeBase
    from linking import LinkedText, Linker, TextRow
    from linking.evaluating import Evaluation
    from linking.gold import ResolvedGold


def link(
    kb: KnowledgeBasePlace,
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="A text to link.", show_default=False)
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--input",
            help="A file of texts, or a folder of them, see --format.",
            metavar="FILE",
        ),
    ] = None,
    source_format: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help=f"Of the input: {FORMATS_HELP}")
    ] = None,
    definitions: Annotated[
        bool, typer.Option("--definitions", help="Link the ontology's own definitions.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write to a file, whole or not at all; to a folder for brat and for a folder of "
            "texts.",
        ),
    ] = None,
    output_format: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Of what is written, named as for --format; without it by the suffix of --output "
            "where that is one of theirs, else jsonl.",
        ),
    ] = None,
    trained: TrainedLinker = None,
    workers: Annotated[
        int,
        typer.Option(metavar="N", min=1, help="Processes that link a folder of texts."),
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Find the concepts that a text mentions, with probabilities and reasons.

    Give one of TEXT, --input and --definitions. Many texts are answered with a line of JSON each,
    or in the format that you name. Of a folder, each file is linked in shards of 1,000 texts, each
    a file in the folder of --output; if the run is ended, the same command goes on. (A folder with
    .ann files, or with --format brat, is one corpus of brat.)
    """
    if sum((text is not None, source is not None, definitions)) != 1:
        raise typer.BadParameter("Give one of TEXT, --input FILE and --definitions.")
    if as_json and output_format not in (None, "jsonl"):
        raise typer.BadParameter("--json and another --output-format exclude each other.")
    if source is not None and source.is_dir() and not _is_brat(source, source_format):
        if output is None:
            raise typer.BadParameter("A folder of texts needs --output FOLDER.")
        _link_folder(
            kb, source, output, workers, source_format, output_format, trained, as_json=as_json
        )
        return
    from kg import KnowledgeBase

    with KnowledgeBase.open(kb) as base:
        linker = _linker(base, trained)
        if text is not None:
            linked: Iterable[LinkedText] = [linker.link(text)]
        elif source is not None:
            linked = _link_file(linker, source, source_format)
        else:
            linked = _link_definitions(base, linker)
        if text is not None and output is None and output_format is None and not as_json:
            _print_links(next(iter(linked)))
        else:
            _write(linked, output, output_format)


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


def _linker(base: "KnowledgeBase", trained: Path | None) -> "Linker":
    from linking import Linker, Trained

    return Linker.of(base, trained=Trained.load(trained) if trained else None)


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


def _is_brat(folder: Path, source_format: str | None) -> bool:
    return source_format == "brat" or (source_format is None and any(folder.glob("*.ann")))


def _link_folder(
    kb: str,
    source: Path,
    output: Path,
    workers: int,
    source_format: str | None,
    output_format: str | None,
    trained: Path | None,
    *,
    as_json: bool,
) -> None:
    from time import monotonic

    from linking.sharding import FolderProgress, link_folder

    start = monotonic()
    rate = "nothing left to link"
    with meter() as progress:

        def show(now: FolderProgress) -> None:
            nonlocal rate
            rate = f"{now.linked / (monotonic() - start):,.0f} texts/s"
            progress.show(f"link {source}", now.done, None, rate)

        try:
            report = link_folder(
                kb,
                source,
                output,
                workers=workers,
                format=source_format,
                output_format=output_format or "jsonl",
                trained=trained,
                progress=show,
            )
        except KeyboardInterrupt:
            note(f"What is in {output} is whole. Run the same command again to go on.")
            raise
        progress.show(f"link {source}", report.texts, report.texts, rate)
    if report.passed_over:
        names = ", ".join(report.passed_over[:5]) + (" ..." if report.passed_over[5:] else "")
        note(f"Passed over, being empty or of no known format: {names}")
    if as_json:
        print_json(report.to_json())
        return
    note(
        f"{output}: {report.texts:,} texts of {report.files:,} files in {report.shards:,} shards, "
        f"{report.written:,} of them written now"
    )


def _link_file(linker: "Linker", source: Path, source_format: str | None) -> "Iterator[LinkedText]":
    from linking import read_texts

    texts = list(read_texts(source, format=source_format))
    with meter() as progress:
        yield from linker.link_many(
            texts, progress=lambda done: progress.show(f"link {source}", done, len(texts))
        )


def _link_definitions(kb: "KnowledgeBase", linker: "Linker") -> "Iterator[LinkedText]":
    from linking import definition_texts

    table = kb.table()
    total = sum(
        bool(text) and live
        for text, live in zip(table.definitions, table.live.tolist(), strict=True)
    )
    with meter() as progress:
        for definition in definition_texts(
            kb, linker, progress=lambda done: progress.show("link definitions", done, total)
        ):
            yield definition.linked


def _write(texts: "Iterable[LinkedText]", output: Path | None, output_format: str | None) -> None:
    from linking import FORMATS, write_texts
    from linking.formats import lines_in

    if output is None:
        for part in lines_in(output_format or "jsonl", texts):
            print(part, end="")
        return
    if output_format is None:
        known = {suffix for format in FORMATS.values() for suffix in format.suffixes}
        tells = output.suffix.lower() in known - {".txt"} or output.is_dir()
        output_format = None if tells else "jsonl"
    count = links = 0

    def counted() -> "Iterator[LinkedText]":
        nonlocal count, links
        for text in texts:
            yield text
            count, links = count + 1, links + len(text.links)

    write_texts(output, counted(), format=output_format)
    note(f"{output}: {count:,} texts with {links:,} links")


def _print_links(linked: "LinkedText") -> None:
    if not linked.links:
        note("No concept of the knowledge base was found in the text.")
        return
    print_table(
        "",
        ["place", "text", "concept", "label", "probability"],
        [
            [f"{link.start}-{link.end}", link.text, link.curie, link.label, link.probability]
            for link in linked.links
        ],
        whole="concept",
    )
    print_facts((link.text, link.why) for link in linked.links)
