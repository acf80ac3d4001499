"""Commands that judge: validate, check, leaks."""

from pathlib import Path
from typing import Annotated

import typer

from ontograft.cli.terminal import (
    AsJson,
    Inferred,
    KnowledgeBasePlace,
    note,
    print_facts,
    print_json,
    print_table,
)

VIOLATED = 3
"""Exit code of `validate` if something does not conform: 1 and 2 say that it could not tell."""

SHOWN_RESULTS = 50
SHOWN_ENTITIES = 4


def validate(
    kb: KnowledgeBasePlace,
    shapes: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="SHACL shapes; without it, those that are loaded."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE.ttl", help="Write the W3C report graph there, in Turtle."),
    ] = None,
    inferred: Inferred = False,
    as_json: AsJson = False,
) -> None:
    """Validate a knowledge base against SHACL shapes.

    Ends with 0 if all conforms, with 3 if not. SHACL Core is answered by the database; what is
    beyond it by pySHACL, if it is installed. Nothing is fetched.
    """
    from kg import KnowledgeBase
    from kg.atomic import write_atomically
    from kg.shapes.report import shown

    with KnowledgeBase.open(kb) as base:
        found = base.validate(shapes, inferred=inferred)
    if report is not None:
        write_atomically(report, found.to_turtle())
    if found.not_imported:
        note(f"Imported by the shapes, and not read: {', '.join(found.not_imported)}")
    if as_json:
        print_json(found.to_json())
    else:
        facts: list[tuple[str, object]] = [("conforms", found.conforms), ("shapes", found.shapes)]
        print_facts([*facts, ("results", len(found.results))])
        if not found.conforms:
            columns = ["severity", "focus", "path", "value", "message"]
            print_table("", columns, map(shown, found.results[:SHOWN_RESULTS]))
        if len(found.results) > SHOWN_RESULTS:
            more = len(found.results) - SHOWN_RESULTS
            note(f"... and {more:,} more results; --json and --report have them all")
    if not found.conforms:
        raise typer.Exit(VIOLATED)


def check(
    kb: KnowledgeBasePlace,
    examples: Annotated[
        int, typer.Option(metavar="N", min=1, help="Most cases to name of each finding.")
    ] = 3,
    as_json: AsJson = False,
) -> None:
    """Look for what often goes wrong: cycles, dangling edges, duplicate labels, and more.

    docs/validation.md says what each check means. Ends with 0 whatever is found.
    """
    from kg import KnowledgeBase

    with KnowledgeBase.open(kb) as base:
        findings = base.quality(examples=examples)
    if as_json:
        print_json([finding.to_json() for finding in findings])
        return
    rows = []
    for finding in findings:
        cases = []
        for example in finding.examples:
            named = ", ".join(example.entities[:SHOWN_ENTITIES])
            more = ", ..." if len(example.entities) > SHOWN_ENTITIES else ""
            cases.append(f"{named}{more}" + (f" ({example.remark})" if example.remark else ""))
        rows.append([finding.check, finding.count, "\n".join(cases)])
    print_table("", ["check", "cases", "such as"], rows, whole="check")


def leaks(
    train: Annotated[Path, typer.Argument(metavar="TRAIN", help="Edges to learn from.")],
    test: Annotated[Path, typer.Argument(metavar="TEST", help="Edges to be predicted.")],
    is_a: Annotated[
        str, typer.Option(metavar="RELATION", help="The relation from child to parent.")
    ] = "",
    transitive: Annotated[
        list[str] | None,
        typer.Option(metavar="RELATION", help="Another transitive one; may be given repeatedly."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find the test edges of link prediction that the train edges give away.

    Files with head, relation and tail between tabs. --json has the numbers of the lines, from 0.
    """
    from kg.errors import InputError
    from kg.leaks import find_leaks, read_edges

    read = read_edges(train, test)
    numbers = {name: number for number, name in enumerate(read.relations)}
    unknown = [name for name in (is_a, *(transitive or ())) if name and name not in numbers]
    if unknown:
        raise InputError(
            f"There is no relation {unknown[0]} in the files.",
            where="command line",
            mend=f"Name one of: {', '.join(read.relations[:20])}.",
        )
    known, asked = read.edges
    found = find_leaks(
        known,
        asked,
        is_a=numbers[is_a] if is_a else None,
        transitive=[numbers[name] for name in transitive or ()],
    )
    if as_json:
        print_json(found.to_json())
        return
    print_facts([("train", found.train), ("test", found.test), ("leaking", len(found.rows()))])
    rows = []
    for leak in found.leaks:
        first = asked[leak.rows[:1]].tolist()
        case = [f"{read.entities[h]} {read.relations[r]} {read.entities[t]}" for h, r, t in first]
        share = len(leak.rows) / max(found.test, 1)
        rows.append([leak.kind, len(leak.rows), share, leak.what, "".join(case)])
    print_table("", ["leak", "edges", "share", "what", "such as"], rows, whole="leak")
