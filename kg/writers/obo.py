"""OBO, by the mapping of `kg.readers.obo` read backwards.

What OBO has a clause for goes into it; other triples with an IRI or a literal become
`property_value`. Left out are class expressions but `relationship`, `intersection_of` and
`union_of`, what notes on triples tell but in texts, and all languages; several notes on one triple
become one.
"""

import re
from collections import Counter
from collections.abc import Sequence
from io import TextIOWrapper

from sqlalchemy import select

from kg.store.schema import term, triple
from kg.store.terms import IRI, LITERAL
from kg.vocabulary import (
    COMMENT,
    LABEL,
    OBO,
    OBO_IN_OWL,
    OWL,
    SYNONYM_TYPE,
    TYPE,
)
from kg.writers.entities import described_batches
from kg.writers.obo_clauses import OboIds, Stanza, escaped, quoted
from kg.writers.obo_stanza import StanzaWriter
from kg.writers.selection import Selection
from kg.writers.surroundings import Said, Surroundings, numbers_of
from kg.writers.written import Written

_KINDS = {
    "class": "Term",
    "property": "Typedef",
    "individual": "Instance",
    "concept": "Instance",
}
_ANNOTATION_PROPERTY = OWL + "AnnotationProperty"
_PURL = re.compile(re.escape(OBO) + r"([^:]+?)(?<!\.obo)\.owl")


def write_obo(selection: Selection, out: TextIOWrapper) -> Written:
    """A header, then a stanza for each entity, in the order of their first loading."""
    return _OboWriter(selection, out).write()


class _OboWriter:
    def __init__(self, selection: Selection, out: TextIOWrapper) -> None:
        self._selection = selection
        self._out = out
        self._lost = Counter[str]()
        self._used = 0
        (first, *others) = selection.sources
        self._alone = None if others else first.iri
        purl = _PURL.fullmatch(first.iri)
        self._name = purl[1] if self._alone and purl else ""
        self._ids = OboIds(self._name, selection.prefixes())
        self._synonym_types = self._objects(SYNONYM_TYPE)
        self._subsets = self._objects(OBO_IN_OWL + "inSubset")

    def write(self) -> Written:
        self._header()
        stanzas = 0
        for batch in described_batches(self._selection):
            told = {entity.iri: entity for entity in batch.values()}
            around = Surroundings(self._selection, list(told))
            for iri, entity in told.items():
                kind = _KINDS.get(entity.kind)
                if kind is None:
                    self._lost["entities that are only named"] += 1
                else:
                    stanzas += self._stanza(kind, iri, around, label=entity.label)
        stanzas += self._annotation_properties()
        self._lost["triples"] = self._selection.count() - self._used
        return Written("stanzas", stanzas, dict(self._lost))

    def _stanza(self, kind: str, iri: str, around: Surroundings, *, label: str) -> bool:
        identifier = self._ids.of(iri)
        if identifier is None:
            self._lost["entities without an identifier"] += 1
            return False
        stanza = Stanza(kind, identifier)
        writer = StanzaWriter(self._selection.terms, around, self._ids, stanza, self._synonym_types)
        if iri in around.numbers:
            writer.write(around.numbers[iri], label)
        elif label:
            stanza.add("name", escaped(label))
        self._used += writer.used
        self._lost["languages of texts"] += writer.languages
        self._out.write(stanza.text())
        return True

    # -- header --------------------------------------------------------------------------------

    def _header(self) -> None:
        lines = ["format-version: 1.4"]
        lines += self._ontology_clauses()
        for name, namespace in self._ids.idspaces.items():
            lines.append(f"idspace: {name} {namespace}")
        for tag, iris in (("subsetdef", self._subsets), ("synonymtypedef", self._synonym_types)):
            around = Surroundings(self._selection, iris)
            for iri in iris:
                identifier = self._ids.of(iri)
                if identifier is not None:
                    label = self._definition_label(around, iri)
                    lines.append(f"{tag}: {identifier} {quoted(label or identifier)}")
        self._out.write("\n".join(lines) + "\n")

    def _definition_label(self, around: Surroundings, iri: str) -> str:
        """The label of a subset or a type of synonyms."""
        terms = self._selection.terms
        label = ""
        for said in around.of(around.numbers.get(iri, -1)):
            predicate, value = terms[said.predicate].value, terms[said.object]
            if predicate == LABEL and value.kind == LITERAL and not label:
                label = value.value
                self._used += 1
            elif predicate == TYPE and value.value == _ANNOTATION_PROPERTY:
                self._used += 1
        return label

    def _ontology_clauses(self) -> list[str]:
        """What is said of the ontology itself, if it is one."""
        if self._alone is None:
            return []
        around = Surroundings(self._selection, [self._alone])
        said = around.of(around.numbers.get(self._alone, -1))
        identifier = self._ids.of(self._alone)
        whole = self._alone if identifier and "://" in self._alone else identifier
        name = self._name or whole
        # A file that names no ontology goes by its own name, and so does what is made of it.
        lines = [f"ontology: {name}"] if said and name else []
        version, said = self._version(said)
        lines += [f"data-version: {escaped(version)}"] if version else []
        for found in said:
            clause = self._ontology_clause(found)
            if clause:
                lines.append(clause)
                self._used += 1
        return lines

    def _version(self, said: Sequence[Said]) -> tuple[str, list[Said]]:
        """The value of `data-version`, and the triples that it does not stand for.

        The reader takes `2026-01-02` for a version IRI and a version, `x/releases/2026-01-02` for
        a version IRI alone.
        """
        terms = self._selection.terms
        values: dict[str, Said] = {}
        for found in said:
            values.setdefault(terms[found.predicate].value, found)
        info, iri = values.get(OWL + "versionInfo"), values.get(OWL + "versionIRI")
        end = f"/{self._name}.owl"
        address = terms[iri.object].value if iri is not None else ""
        path = address.removeprefix(OBO).removesuffix(end) if address.endswith(end) else ""
        number = terms[info.object].value if info is not None else ""
        held = [iri] if "/" in path else []
        kept = "://" not in number and not (self._name and "/" in number)
        if info is not None and kept and (path == f"{self._name}/{number}" or not held):
            held.append(info)
        self._used += len(held)
        text = number if info in held else path
        return text, [found for found in said if found not in held]

    def _ontology_clause(self, said: Said) -> str | None:
        terms = self._selection.terms
        predicate, value = terms[said.predicate].value, terms[said.object]
        if predicate == TYPE and value.value == OWL + "Ontology":
            self._used += 1
            return None
        if predicate == COMMENT and value.kind == LITERAL and not (value.datatype or value.lang):
            return f"remark: {escaped(value.value)}"
        text = self._ids.value(value)
        name = self._ids.of(predicate)
        return f"property_value: {name} {text}" if name and text else None

    # -- annotation properties -----------------------------------------------------------------

    def _annotation_properties(self) -> int:
        """Those that are neither a subset nor a type of synonyms: a Typedef that says so."""
        done = {*self._subsets, *self._synonym_types}
        known = numbers_of(self._selection, [TYPE, _ANNOTATION_PROPERTY])
        if len(known) < 2:
            return 0
        query = (
            select(term.c.value)
            .join(triple, triple.c.subject == term.c.id)
            .where(
                triple.c.predicate == known[TYPE],
                triple.c.object == known[_ANNOTATION_PROPERTY],
                term.c.kind == IRI,
                self._selection.among(triple.c.source),
            )
            .distinct()
            .order_by(term.c.value)
        )
        found = self._selection.connection.execute(query).scalars()
        iris = [iri for iri in found if iri not in done]
        around = Surroundings(self._selection, iris)
        return sum(self._stanza("Typedef", iri, around, label="") for iri in iris)

    def _objects(self, predicate: str) -> list[str]:
        """The IRIs that are objects of a predicate."""
        known = numbers_of(self._selection, [predicate])
        used = select(triple.c.object).where(
            triple.c.predicate.in_(known.values()), self._selection.among(triple.c.source)
        )
        query = select(term.c.value).where(term.c.id.in_(used), term.c.kind == IRI)
        return list(self._selection.connection.execute(query.order_by(term.c.value)).scalars())
