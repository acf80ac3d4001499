"""Property graphs in the CSV that Neo4j imports, as `kg.readers.property_graph` reads them.

https://neo4j.com/docs/operations-manual/current/import/, header format. A folder with nodes.csv and
relationships.csv. Classes and concepts are nodes with that label; individuals have those that they
were given.
"""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import TextIOWrapper

from sqlalchemy import Select, func, select

from kg.curies import Curies
from kg.readers.property_graph import LABELS
from kg.store.dialects import LOOKUP, chunks
from kg.store.quads import StoredTerm
from kg.store.schema import entity, term, triple
from kg.store.terms import IRI, LITERAL
from kg.vocabulary import DEFINITIONS, NAME_KINDS, OWL, TYPE, XSD
from kg.writers.entities import StoredEdge, StoredEntity, stored_entities
from kg.writers.identifiers import Identifiers
from kg.writers.selection import Selection
from kg.writers.surroundings import Said, Surroundings, numbers_of
from kg.writers.written import Written

_TYPES = {
    XSD + "integer": "long",
    XSD + "double": "double",
    XSD + "boolean": "boolean",
    XSD + "date": "date",
    XSD + "dateTime": "datetime",
    XSD + "time": "time",
    XSD + "duration": "duration",
}
_KINDS = {"class": "Class", "concept": "Concept", "individual": ""}
_BETWEEN = ";"  # Neo4j's own default
_SYNONYMS = "synonyms:string[]"


@dataclass(frozen=True)
class _Property:
    """A column: a predicate whose objects are literals, all of one datatype or written as texts."""

    predicate: str
    heading: str
    datatype: str
    several: bool


def write_nodes(selection: Selection, out: TextIOWrapper) -> Written:
    """A row for each entity that is no property."""
    identifiers = Identifiers(declaring=False)
    properties = _properties(selection, identifiers, _described(selection))
    writer = csv.writer(out, lineterminator="\n")
    headings = [":ID", "name", _SYNONYMS, "definition", ":LABEL"]
    writer.writerow([*headings, *(found.heading for found in properties)])
    count, lost = 0, Counter[str]()
    for told in stored_entities(selection, literals=[found.predicate for found in properties]):
        identifier = identifiers.of(told.iri, told.curie)
        if told.kind not in _KINDS or told.iri.startswith(LABELS):
            lost["entities that are properties or only named"] += told.kind not in _KINDS
        elif identifier is None:
            lost["entities without an identifier"] += 1
        else:
            cells = [_cell(told.literals.get(p.predicate, ()), p, lost) for p in properties]
            writer.writerow([identifier, *_names(told, lost), _labels(told), *cells])
            count += 1
    return Written("entities", count, dict(lost))


def write_relationships(selection: Selection, out: TextIOWrapper) -> Written:
    """A row for each edge, but for those that `:LABEL` says, with the notes on its triple."""
    identifiers = Identifiers(declaring=False)
    annotated = _annotated(selection)
    properties = _properties(selection, identifiers, annotated)
    writer = csv.writer(out, lineterminator="\n")
    headings = [":START_ID", ":END_ID", ":TYPE"]
    writer.writerow([*headings, *(found.heading for found in properties)])
    count, noted, lost = 0, 0, Counter[str]()
    for batch in chunks(stored_entities(selection), LOOKUP):
        notes = _Notes(selection, batch if properties else [])
        for told in batch:
            for edge in told.edges:
                if edge.relation == TYPE and edge.tail.startswith(LABELS):
                    continue
                row = _ends(told, edge, identifiers)
                if row is None:
                    lost["edges of properties or without identifiers"] += 1
                    continue
                lost["that an edge comes from a restriction"] += edge.origin == "restriction"
                values = notes.on(told, edge)
                noted += bool(values)
                cells = [_cell(values.get(p.predicate, ()), p, lost) for p in properties]
                writer.writerow([*row, *cells])
                count += 1
    lost["triples with notes"] = _noted_triples(selection) - noted
    return Written("edges", count, dict(lost))


def _ends(told: StoredEntity, edge: StoredEdge, identifiers: Identifiers) -> list[str] | None:
    """The first three cells of a relationship; None where one has no text."""
    row = [
        identifiers.of(told.iri, told.curie),
        identifiers.of(edge.tail, edge.tail_curie),
        identifiers.of(edge.relation, edge.relation_curie),
    ]
    found = [cell for cell in row if cell is not None]
    return found if told.kind in _KINDS and len(found) == len(row) else None


class _Notes:
    """What owl:Axiom nodes say of the edges of some entities."""

    def __init__(self, selection: Selection, entities: Sequence[StoredEntity]) -> None:
        self._terms = selection.terms
        self._around = Surroundings(selection, [told.iri for told in entities])
        edges = [edge for told in entities for edge in told.edges]
        ends = {iri for edge in edges for iri in (edge.relation, edge.tail)}
        self._numbers = numbers_of(selection, sorted(ends)) | self._around.numbers

    def on(self, told: StoredEntity, edge: StoredEdge) -> dict[str, list[StoredTerm]]:
        """The literals by their predicate."""
        numbers = [self._numbers.get(iri, -1) for iri in (told.iri, edge.relation, edge.tail)]
        found: dict[str, list[StoredTerm]] = {}
        for node in self._around.axioms(Said(*numbers)):
            for said in self._around.of(node):
                value = self._terms[said.object]
                if value.kind == LITERAL:
                    found.setdefault(self._terms[said.predicate].value, []).append(value)
        return found


def _described(selection: Selection) -> Select[tuple[int]]:
    """The terms of the entities."""
    return select(term.c.id).where(term.c.kind == IRI, term.c.value.in_(select(entity.c.iri)))


def _annotated(selection: Selection) -> Select[tuple[int]]:
    """The nodes that say something of a triple between two IRIs."""
    target = numbers_of(selection, [OWL + "annotatedTarget"])
    return (
        select(triple.c.subject)
        .join(term, term.c.id == triple.c.object)
        .where(triple.c.predicate.in_(target.values()), term.c.kind == IRI)
    )


def _properties(
    selection: Selection, identifiers: Identifiers, subjects: Select[tuple[int]]
) -> list[_Property]:
    """The columns of literals, but for names and definitions."""
    used, value = term.alias(), term.alias()
    literals = (
        select(triple.c.subject, used.c.value.label("predicate"), value.c.datatype)
        .join(used, used.c.id == triple.c.predicate)
        .join(value, value.c.id == triple.c.object)
        .where(value.c.kind == LITERAL, selection.among(triple.c.source))
        .where(triple.c.subject.in_(subjects), used.c.value.not_in([*NAME_KINDS, *DEFINITIONS]))
        .subquery()
    )
    each = (
        select(literals.c.predicate, func.count().label("values"))
        .group_by(literals.c.subject, literals.c.predicate)
        .subquery()
    )
    most = select(each.c.predicate, func.max(each.c["values"])).group_by(each.c.predicate)
    kinds = select(literals.c.predicate, literals.c.datatype).distinct()
    execute = selection.connection.execute
    datatypes: dict[str, set[str]] = {}
    for predicate, datatype in execute(kinds):
        datatypes.setdefault(predicate, set()).add(datatype)
    curies = Curies(selection.prefixes())
    found = []
    for predicate, number in sorted(map(tuple, execute(most))):
        name = identifiers.of(predicate, curies.of(predicate))
        if name is not None:
            one = datatypes[predicate].pop() if len(datatypes[predicate]) == 1 else ""
            datatype = one if one in _TYPES else ""
            heading = f"{name}:{_TYPES.get(datatype, 'string')}{'[]' if number > 1 else ''}"
            found.append(_Property(predicate, heading, datatype, several=number > 1))
    return found


def _names(told: StoredEntity, lost: Counter[str]) -> list[str]:
    """Label, synonyms and definition."""
    label = told.label if any(n.text == told.label for n in told.names) else ""
    synonyms = []
    for text, kind, lang in told.names:
        lost["languages of texts"] += bool(lang)
        if (text, kind) == (label, "label"):
            continue
        if kind not in ("label", "exact"):
            lost["names that are narrow, broad, related or hidden"] += 1
        elif _BETWEEN in text:
            lost["names with a ;"] += 1
        else:
            synonyms.append(text)
    lost["definitions but the first"] += max(len(told.definitions) - 1, 0)
    definition = told.definitions[0][0] if told.definitions else ""
    return [label, _BETWEEN.join(dict.fromkeys(synonyms)), definition]


def _labels(told: StoredEntity) -> str:
    given = [e.tail.removeprefix(LABELS) for e in told.edges if e.tail.startswith(LABELS)]
    return _BETWEEN.join(filter(None, [_KINDS[told.kind], *given]))


def _cell(values: Sequence[StoredTerm], column: _Property, lost: Counter[str]) -> str:
    texts = []
    for value in values:
        lost["languages of texts"] += bool(value.lang)
        lost["datatypes of values"] += value.datatype != column.datatype
        text = value.value.strip()
        if column.several and _BETWEEN in text:
            lost["values with a ;"] += 1
        elif text:
            texts.append(text)
    return _BETWEEN.join(texts)


def _noted_triples(selection: Selection) -> int:
    """How many triples are annotated."""
    parts = numbers_of(
        selection, [f"{OWL}annotated{end}" for end in ("Source", "Property", "Target")]
    )
    said = select(triple.c.subject, triple.c.predicate, triple.c.object).where(
        triple.c.predicate.in_(parts.values()), selection.among(triple.c.source)
    )
    by_node: dict[int, dict[int, int]] = {}
    for node, part, value in selection.connection.execute(said):
        by_node.setdefault(node, {})[part] = value
    return len({tuple(sorted(told.items())) for told in by_node.values()})
