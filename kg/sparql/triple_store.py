"""The triples of the SQL tables as a pyoxigraph store in memory, and the way back to their terms.

The store holds values: "007" and "7" as integers become one term, and xsd:int becomes xsd:integer.
The forms that were loaded are kept beside it and put back into the answers.
"""

import re
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pyoxigraph
from sqlalchemy import Connection, select

from kg.sparql.result import XSD_STRING, SparqlTerm
from kg.store.inferred import with_inferred
from kg.store.quads import stored_terms
from kg.store.reading import fetched
from kg.store.schema import entity, prefix, source, triple
from kg.store.terms import BLANK, IRI, TRIPLE
from kg.vocabulary import OBO, RDF, WELL_KNOWN_PREFIXES

_IMPLIED = (XSD_STRING, RDF + "langString", RDF + "dirLangString")
_SCRATCH = pyoxigraph.NamedNode("urn:x-ontograft:literal")
_Term = pyoxigraph.NamedNode | pyoxigraph.BlankNode | pyoxigraph.Literal | pyoxigraph.Triple


@dataclass(frozen=True)
class TripleStore:
    """A store, and what it does not tell.

    Args:
        store: all triples, each once, in the default graph.
        prefixes: known to every query without a declaration.
        forms: for a term that the store holds for another, or for several: those terms, each with
            the subjects that have it.
    """

    store: pyoxigraph.Store
    prefixes: dict[str, str]
    forms: dict[SparqlTerm, dict[SparqlTerm, set[SparqlTerm]]] = field(default_factory=dict)

    def loaded_forms(
        self, stored: SparqlTerm, beside: Iterable[SparqlTerm | None]
    ) -> list[SparqlTerm]:
        """The terms, as loaded, for which a term in an answer stands; more than one if unclear.

        Args:
            stored: a term of the store.
            beside: the other terms of the row, among which its subject may be.
        """
        forms = self.forms.get(stored)
        if forms is None:
            return [stored]
        subjects = set(beside)
        return [form for form, of in forms.items() if of & subjects] or list(forms)

    def loaded_form(self, stored: SparqlTerm, beside: Iterable[SparqlTerm | None]) -> SparqlTerm:
        """One of `loaded_forms`: the store's own form where that is one of several."""
        forms = self.loaded_forms(stored, beside)
        return stored if stored in forms else forms[0]


def read_triple_store(connection: Connection, *, inferred: bool = False) -> TripleStore:
    """Build the store from the tables.

    Args:
        connection: in a transaction.
        inferred: whether to take what was inferred, too.

    Raises:
        InputError: nothing is inferred from what is loaded now.
    """
    terms, loaded = _terms(connection)
    stored = _as_stored(terms, loaded)
    forms = _forms(stored, loaded)
    watched = {id_: forms[of][loaded[id_]] for id_, of in stored.items() if of in forms}
    columns = (triple.c.subject, triple.c.predicate, triple.c.object, triple.c.graph)
    with with_inferred(connection) if inferred else nullcontext():
        rows = fetched(connection, select(*columns).distinct())
    for subject, _, object_, _ in rows:
        if object_ in watched:
            watched[object_].add(answered(terms[subject]))
    graphs: dict[int, Any] = {**terms, -1: pyoxigraph.DefaultGraph()}
    store = pyoxigraph.Store()
    store.bulk_extend(
        pyoxigraph.Quad(terms[s], terms[p], terms[o], graphs[g])  # type: ignore[arg-type]
        for s, p, o, g in rows
    )
    return TripleStore(store, _prefixes(connection), forms)


def _terms(connection: Connection) -> tuple[dict[int, _Term], dict[int, SparqlTerm]]:
    """All terms by number, and, of those that the store may change, what they are."""
    terms: dict[int, _Term] = {}
    loaded: dict[int, SparqlTerm] = {}
    for id_, (kind, value, datatype, lang) in sorted(stored_terms(connection).items()):
        if kind == IRI:
            iri = terms[id_] = _iri(value)
            if iri.value != value:
                loaded[id_] = SparqlTerm("uri", value)
        elif kind == BLANK:
            terms[id_] = pyoxigraph.BlankNode(f"b{value}")
        elif kind == TRIPLE:
            # its parts have lower numbers; the forms of literals within it are the store's own
            parts: list[Any] = [terms[int(part)] for part in value.split()]
            terms[id_] = pyoxigraph.Triple(*parts)
        elif datatype or lang:
            terms[id_] = _literal(value, datatype, lang)
            loaded[id_] = SparqlTerm("literal", value, datatype, lang)
        else:
            terms[id_] = pyoxigraph.Literal(value)
    return terms, loaded


def answered(found: object) -> SparqlTerm:
    """A term of the store as ours."""
    if isinstance(found, pyoxigraph.NamedNode):
        return SparqlTerm("uri", found.value)
    if isinstance(found, pyoxigraph.BlankNode):
        return SparqlTerm("bnode", found.value)
    if isinstance(found, pyoxigraph.Literal):
        datatype = found.datatype.value
        plain = datatype in _IMPLIED
        direction = f"--{found.direction.value}" if found.direction else ""
        lang = (found.language or "") + direction
        return SparqlTerm("literal", found.value, "" if plain else datatype, lang)
    if isinstance(found, pyoxigraph.Triple):
        parts = (found.subject, found.predicate, found.object)
        return SparqlTerm("triple", "", parts=tuple(map(answered, parts)))
    raise TypeError(f"{found!r} is no term")


def _as_stored(
    terms: dict[int, _Term],
    loaded: dict[int, SparqlTerm],
) -> dict[int, SparqlTerm]:
    """What the store makes of the terms that it may change: put in, and read back."""
    scratch = pyoxigraph.Store()
    scratch.bulk_extend(
        pyoxigraph.Quad(pyoxigraph.NamedNode(f"urn:x-ontograft:{id_}"), _SCRATCH, terms[id_])
        for id_ in loaded
    )
    return {
        int(quad.subject.value.rpartition(":")[2]): answered(quad.object)
        for quad in scratch
        if isinstance(quad.subject, pyoxigraph.NamedNode)
    }


def _forms(
    stored: dict[int, SparqlTerm], loaded: dict[int, SparqlTerm]
) -> dict[SparqlTerm, dict[SparqlTerm, set[SparqlTerm]]]:
    changed = {of for id_, of in stored.items() if of != loaded[id_]}
    forms: dict[SparqlTerm, dict[SparqlTerm, set[SparqlTerm]]] = {}
    for id_, of in sorted(stored.items()):
        if of in changed:
            forms.setdefault(of, {})[loaded[id_]] = set()
    return forms


def _iri(value: str) -> pyoxigraph.NamedNode:
    """Files read leniently may have IRIs that are none; they get a legal stand-in."""
    for legal in (value, quote(value, safe=":/?#[]@!$&'()*+,;=%~"), f"urn:x-iri:{quote(value)}"):
        try:
            return pyoxigraph.NamedNode(legal)
        except ValueError:
            continue
    raise AssertionError(f"percent-encoded, {value!r} is an IRI")


def _literal(value: str, datatype: str, lang: str) -> pyoxigraph.Literal:
    if not lang:
        return pyoxigraph.Literal(value, datatype=_iri(datatype))
    lang, _, way = lang.partition("--")
    direction = pyoxigraph.BaseDirection(way) if way else None
    for legal in (lang, re.sub(r"[^A-Za-z0-9]+", "-", lang).strip("-")):
        try:
            return pyoxigraph.Literal(value, language=legal, direction=direction)
        except ValueError:
            continue
    return pyoxigraph.Literal(value, language="und")


def _prefixes(connection: Connection) -> dict[str, str]:
    """Those of the files, the well-known ones, and those of the CURIEs that we print."""
    current = select(prefix).join(source, source.c.release == prefix.c.release)
    found = {row.prefix: row.namespace for row in connection.execute(current)}
    found |= {**WELL_KNOWN_PREFIXES, "obo": OBO}
    for iri, curie in fetched(connection, select(entity.c.iri, entity.c.curie)):
        name, _, local = curie.partition(":")
        if name not in found and local and iri != curie and iri.endswith(local):
            found[name] = iri[: -len(local)]
    return {name: namespace for name, namespace in found.items() if _is_iri(namespace)}


def _is_iri(value: str) -> bool:
    try:
        pyoxigraph.NamedNode(value)
    except ValueError:
        return False
    return True
