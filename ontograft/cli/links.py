"""Commands on texts without gold: link, ground."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ontograft.cli.linkers import opened, opener
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
    from linking import Candidate, LinkedText, Linker, LinkerSettings
    from linking.sharding import FolderReport

Texts = Annotated[
    Path | None,
    typer.Option(
        "--input", metavar="FILE", help="A file of texts, or a folder of them, see --format."
    ),
]
TextsFormat = Annotated[
    str | None, typer.Option("--format", metavar="NAME", help=f"Of the input: {FORMATS_HELP}")
]
Output = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Write to a file, whole or not at all; to a folder for brat and for a folder of "
        "texts.",
    ),
]
OutputFormat = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Of what is written, named as for --format; without it by the suffix of --output "
        "where that is one of theirs, else jsonl.",
    ),
]
Changed = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a setting: overlap=longest, best or all (nested ones too), languages=en,zh, "
        "nil_threshold, max_candidates, variants, abbreviations; may be given several times.",
    ),
]


def link(  # noqa: PLR0913, PLR0917 - each is an option of the command
    kb: KnowledgeBasePlace,
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="A text to link.", show_default=False)
    ] = None,
    source: Texts = None,
    source_format: TextsFormat = None,
    definitions: Annotated[
        bool, typer.Option("--definitions", help="Link the ontology's own definitions.")
    ] = False,
    output: Output = None,
    output_format: OutputFormat = None,
    trained: TrainedLinker = None,
    changed: Changed = None,
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
    settings = _settings(trained, changed)
    if source is not None and source.is_dir() and not _is_brat(source, source_format):
        if output is None:
            raise typer.BadParameter("A folder of texts needs --output FOLDER.")
        report = _link_folder(
            kb,
            source,
            output,
            workers=workers,
            format=source_format,
            output_format=output_format or "jsonl",
            trained=trained,
            settings=settings,
        )
        _tell(report, output, as_json=as_json)
        return
    with _open(kb) as base:
        linker = opened(base, trained, settings)
        if text is not None and output is None and output_format is None and not as_json:
            _print_links(linker.link(text))
        elif text is not None:
            _write([linker.link(text)], output, output_format)
        elif source is not None:
            _write(_link_file(linker, source, source_format), output, output_format)
        else:
            _write(_link_definitions(base, linker), output, output_format)


def ground(
    kb: KnowledgeBasePlace,
    mentions: Annotated[
        list[str] | None,
        typer.Argument(metavar="MENTION...", help="What may be a name of a concept, or like one."),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--input",
            metavar="FILE",
            help="A mention a line; behind a tab there may be the text that it stands in.",
        ),
    ] = None,
    most: Annotated[
        int, typer.Option("--k", metavar="N", min=1, help="Most candidates of each mention.")
    ] = 5,
    trained: TrainedLinker = None,
    changed: Changed = None,
    as_json: AsJson = False,
) -> None:
    """Rank the concepts that given mentions may mean, in whatever words, with reasons.

    Give mentions or --input. The text that a mention stands in tells what its abbreviations are
    short for, and what it is about. --json prints a line for each mention.
    """
    if bool(mentions) == (source is not None):
        raise typer.BadParameter("Give either mentions or --input FILE.")
    asked = _read_mentions(source) if source is not None else [(one, "") for one in mentions or ()]
    with _open(kb) as base:
        linker = opened(base, trained, _settings(trained, changed))
        found = linker.ground([one for one, _ in asked], k=most, texts=[text for _, text in asked])
    for (mention, _), candidates in zip(asked, found, strict=True):
        if as_json:
            print_json({"mention": mention, "candidates": [one.to_json() for one in candidates]})
        else:
            _print_candidates(mention, candidates)


def _open(kb: str) -> "KnowledgeBase":
    from kg import KnowledgeBase

    return KnowledgeBase.open(kb)


def _settings(trained: Path | None, changed: list[str] | None) -> "LinkerSettings | None":
    """Those of the training, or the defaults, with the changes asked for; None without any."""
    if not changed:
        return None
    from linking import LinkerSettings, Trained

    settings = Trained.of_place(trained).settings if trained else LinkerSettings()
    asked = dict(map(_setting, changed))
    return LinkerSettings.from_json({**settings.to_json(), **asked})


def _setting(asked: str) -> tuple[str, Any]:
    """Key and value of KEY=VALUE: a number, true or false, a list for languages, or a word."""
    key, equals, value = asked.partition("=")
    if not equals:
        raise typer.BadParameter(f'"{asked}" is not KEY=VALUE, such as overlap=all.')
    if key == "languages":
        return key, [tag.strip() for tag in value.split(",") if tag.strip()]
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def _read_mentions(source: Path) -> list[tuple[str, str]]:
    """Mention and text of each line that is not empty."""
    from kg.errors import FileFaultError
    from linking.reading import lines_of

    if not source.is_file():
        raise FileFaultError(
            "there is no such file", where=str(source), mend="Give a file with a mention a line."
        )
    lines = (line.rstrip("\r\n").partition("\t") for _, line in lines_of(source))
    return [(mention, text) for mention, _, text in lines if mention.strip()]


def _is_brat(folder: Path, source_format: str | None) -> bool:
    return source_format == "brat" or (source_format is None and any(folder.glob("*.ann")))


def _link_folder(kb: str, source: Path, output: Path, **options: Any) -> "FolderReport":
    """Link a folder, telling how fast it goes."""
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
            opens = opener(options["trained"])
            report = link_folder(kb, source, output, progress=show, open_linker=opens, **options)
        except KeyboardInterrupt:
            note(f"What is in {output} is whole. Run the same command again to go on.")
            raise
        progress.show(f"link {source}", report.texts, report.texts, rate)
    return report


def _tell(report: "FolderReport", output: Path, *, as_json: bool) -> None:
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


def _print_candidates(mention: str, candidates: "Sequence[Candidate]") -> None:
    if not candidates:
        note(f'No name of the knowledge base looks like "{mention}".')
        return
    print_table(
        mention,
        ["concept", "label", "probability", "reasons"],
        [
            [one.curie, one.label, one.probability, "; ".join(map(str, one.why))]
            for one in candidates
        ],
        whole="concept",
    )
