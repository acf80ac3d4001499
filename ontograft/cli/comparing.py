"""The command that compares two entities."""

from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kg.records import Labelled


def compare(
    kb: KnowledgeBasePlace,
    first: Annotated[str, typer.Argument(metavar="ID", help="CURIE or IRI, such as HP:0000118.")],
    second: Annotated[str, typer.Argument(metavar="ID", help="Another.")],
    inferred: Inferred = False,
    as_json: AsJson = False,
) -> None:
    """Compare two entities: what is above both, the way between them, how alike they are.

    Similarity is that of Resnik and of Lin, 0 to 1, over how much lies below each entity.
    """
    from kg import KnowledgeBase
    from kg.comparison import Step

    with KnowledgeBase.open(kb) as base:
        found = base.compare(first, second, inferred=inferred)
    if as_json:
        print_json(found.to_json())
        return
    print_facts(
        [
            (found.first.curie, found.first.label),
            (found.second.curie, found.second.label),
            *([("is a", f"{first} is a {second}")] if found.first_is_second else []),
            *([("is a", f"{second} is a {first}")] if found.second_is_first else []),
            ("common ancestors", _named(found.common_ancestors)),
            ("Resnik", f"{found.resnik:.3f}"),
            ("Lin", f"{found.lin:.3f}"),
        ]
    )
    if found.path:
        print_table("the shortest way between them", Step._fields, found.path)
    elif found.path is None:
        note("No edges lead from one to the other.")


def _named(entities: "Iterable[Labelled]") -> str:
    return ", ".join(f"{entity.curie} {entity.label}" for entity in entities)
