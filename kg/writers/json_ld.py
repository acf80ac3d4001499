"""JSON-LD 1.1 in its expanded form, which needs no context: https://www.w3.org/TR/json-ld11/."""

import json
from io import TextIOWrapper
from itertools import groupby
from typing import Any

from kg.errors import ExportError
from kg.store.quads import StoredQuad, StoredTerm
from kg.store.terms import BLANK, IRI
from kg.vocabulary import TYPE
from kg.writers.lines import blank_label
from kg.writers.selection import Selection


def write_json_ld(selection: Selection, out: TextIOWrapper) -> int:
    """One JSON array with a node on each line; gives the count of triples.

    Raises:
        ExportError: a triple term, which JSON-LD has no form for.
    """
    if selection.has_triple_terms():
        raise ExportError(
            "JSON-LD has no form for statements about triples.",
            mend="Write Turtle, TriG, N-Triples or N-Quads.",
        )
    count, before = 0, "[\n"
    for _, graphs in selection.by_subject():
        for graph, quads in graphs.items():
            node: dict[str, Any] = _node(selection, quads)
            if graph >= 0:
                node = {"@id": _identifier(selection.terms[graph]), "@graph": [node]}
            out.write(before + json.dumps(node, ensure_ascii=False))
            count, before = count + len(quads), ",\n"
    out.write("\n]\n")
    return count


def _node(selection: Selection, quads: list[StoredQuad]) -> dict[str, Any]:
    terms = selection.terms
    node: dict[str, Any] = {"@id": _identifier(terms[quads[0].subject])}
    for predicate, alike in groupby(quads, key=lambda quad: quad.predicate):
        iri = terms[predicate].value
        objects = [terms[quad.object] for quad in alike]
        if iri == TYPE and all(found.kind in (IRI, BLANK) for found in objects):
            node["@type"] = [_identifier(found) for found in objects]
        else:
            node[iri] = [_object(found) for found in objects]
    return node


def _object(term: StoredTerm) -> dict[str, str]:
    if term.kind in (IRI, BLANK):
        return {"@id": _identifier(term)}
    found = {"@value": term.value}
    lang, _, direction = term.lang.partition("--")
    if lang:
        found["@language"] = lang
    if direction:
        found["@direction"] = direction
    if term.datatype:
        found["@type"] = term.datatype
    return found


def _identifier(term: StoredTerm) -> str:
    return blank_label(term) if term.kind == BLANK else term.value
