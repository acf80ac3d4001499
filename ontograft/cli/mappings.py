"""The command that says what other vocabularies call the same."""

from typing import Annotated

import typer

from ontograft.cli.terminal import AsJson, KnowledgeBasePlace, note, print_json, print_table

COLUMNS = ("subject", "predicate", "object", "confidence", "justification")


def mappings(
    kb: KnowledgeBasePlace,
    identifier: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="CURIE or IRI on either side; by default all."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List mappings to other vocabularies: SKOS matches, xrefs, equivalences, SSSOM tables.

    What a table of mappings denies has "not" before its predicate.
    """
    from kg import KnowledgeBase

    with KnowledgeBase.open(kb) as base:
        found = [mapping.to_json() for mapping in base.mappings(identifier)]
    if as_json:
        print_json(found)
        return
    if not found:
        note(f"{base.location} has no mappings" + (f" of {identifier}." if identifier else "."))
        return
    for mapping in found:
        if mapping["negated"]:
            mapping["predicate"] = f"not {mapping['predicate']}"
    print_table("", COLUMNS, [[mapping[column] for column in COLUMNS] for mapping in found])
