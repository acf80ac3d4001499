"""The plain formats of `kg.readers.plain`: head-relation-tail, name dictionaries, Babelon.

They hold no prefixes: what is no CURIE by OBO's rule or a well-known prefix is written as IRI.
"""

import re
from collections import Counter
from io import TextIOWrapper

from kg.curies import Curies
from kg.readers.identifiers import BARE
from kg.vocabulary import ALTERNATIVE_ID, COMMENT, DEFINITIONS, NAME_KINDS
from kg.writers.entities import StoredEntity, counted, stored_entities
from kg.writers.identifiers import Identifiers
from kg.writers.selection import Selection
from kg.writers.written import Written

TRANSLATED = (*NAME_KINDS, *DEFINITIONS, COMMENT)
"""The properties whose texts Babelon holds."""

_LANGUAGE = re.compile(r"[A-Za-z]{1,8}([-_][A-Za-z0-9]{1,8})*")


def write_triples(selection: Selection, out: TextIOWrapper) -> Written:
    """Head, relation and tail of each edge, between tabs."""
    identifiers = Identifiers(declaring=False)
    count = implied = 0
    lost = Counter[str]()
    for told in stored_entities(selection):
        head = identifiers.of(told.iri, told.curie)
        implied += sum(text == _implied_label(told.iri) for text, _, _ in told.names)
        for edge in told.edges:
            relation = identifiers.of(edge.relation, edge.relation_curie)
            tail = identifiers.of(edge.tail, edge.tail_curie)
            if head is None or relation is None or tail is None or tail.endswith((".", ";")):
                lost["edges whose ends have no identifier"] += 1
                continue
            lost["that an edge comes from a restriction"] += edge.origin == "restriction"
            out.write(f"{head}\t{relation}\t{tail}\n")
            count += 1
    held = counted(selection)
    lost["names"] = held["names"] - implied
    lost["definitions"] = held["definitions"]
    return Written("edges", count, dict(lost))


def write_names(selection: Selection, out: TextIOWrapper) -> Written:
    """A line for each entity: identifier, alternative ones, label, exact synonyms."""
    identifiers = Identifiers(declaring=False)
    count, lost = 0, Counter[str]()
    for told in stored_entities(selection, literals=[ALTERNATIVE_ID]):
        ids = _ids(told, identifiers, lost)
        names = _dictionary_names(told, lost)
        if ids and names:
            out.write(f"{'|'.join(ids)}||{'|'.join(names)}\n")
            count += 1
        else:
            lost["entities without identifier or name"] += 1
    held = counted(selection)
    lost["definitions"] = held["definitions"]
    lost["edges"] = held["edges"]
    return Written("entities", count, dict(lost))


def write_babelon(selection: Selection, out: TextIOWrapper) -> Written:
    """Every name and definition that has a language, by its property.

    https://github.com/monarch-initiative/babelon. The source text is not repeated.
    """
    identifiers, curies = Identifiers(declaring=False), Curies({})
    out.write("subject_id\tpredicate_id\ttranslation_value\ttranslation_language\n")
    count, lost = 0, Counter[str]()
    for told in stored_entities(selection, literals=TRANSLATED):
        subject = identifiers.of(told.iri, told.curie)
        for predicate, values in told.literals.items():
            name = identifiers.of(predicate, curies.of(predicate))
            for term in values:
                text = " ".join(term.value.split())
                if not term.lang:
                    lost["texts without a language"] += 1
                elif not (subject and name and text and _LANGUAGE.fullmatch(term.lang)):
                    lost["texts whose language or identifiers have no form here"] += 1
                else:
                    lost["line ends and blanks of texts"] += text != term.value
                    out.write(f"{subject}\t{name}\t{text}\t{term.lang}\n")
                    count += 1
    lost["edges"] = counted(selection)["edges"]
    return Written("translations", count, dict(lost))


def _implied_label(iri: str) -> str:
    """The label that the reader makes of an identifier without a prefix."""
    return iri.removeprefix(BARE).replace("_", " ").strip() if iri.startswith(BARE) else ""


def _ids(told: StoredEntity, identifiers: Identifiers, lost: Counter[str]) -> list[str]:
    first = identifiers.of(told.iri, told.curie)
    if first is None:
        return []
    ids = [first]
    for term in told.literals.get(ALTERNATIVE_ID, ()):
        if ":" in term.value and not set(term.value) & set("|\t\n\r"):
            ids.append(term.value)
        else:
            lost["alternative identifiers without a prefix"] += 1
    return ids


def _dictionary_names(told: StoredEntity, lost: Counter[str]) -> list[str]:
    names = []
    for text, kind, lang in told.names:
        if kind not in ("label", "exact"):
            lost["names that are narrow, broad, related or hidden"] += 1
        elif "|" in text:
            lost["names with a |"] += 1
        else:
            lost["languages of names"] += bool(lang)
            names.append(text)
    return list(dict.fromkeys(names))
