"""Mappings: triples of mapping predicates, and what owl:Axiom nodes say of them (SSSOM)."""

import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Select, select

from kg.curies import Curies
from kg.readers.identifiers import expanded
from kg.records import Mapping
from kg.store.dialects import LOOKUP, chunks
from kg.store.reading import fetched
from kg.store.schema import description, entity, prefix, source, term, triple
from kg.store.terms import BLANK, IRI, LITERAL
from kg.vocabulary import DB_XREF, OWL, SKOS, SSSOM

PREDICATES = (
    *(f"{SKOS}{kind}Match" for kind in ("exact", "close", "broad", "narrow", "related")),
    OWL + "equivalentClass",
    OWL + "equivalentProperty",
    OWL + "sameAs",
    DB_XREF,
)
"""They say that ids of two vocabularies mean the same, or nearly so."""

_LOGICAL = {OWL + "equivalentClass", OWL + "equivalentProperty"}
_SOURCE, _PROPERTY, _TARGET = (f"{OWL}annotated{end}" for end in ("Source", "Property", "Target"))
_JUSTIFICATION, _CONFIDENCE, _MODIFIER, _SUBJECT_LABEL, _OBJECT_LABEL = (
    SSSOM + slot
    for slot in (
        "mapping_justification", "confidence", "predicate_modifier", "subject_label",
        "object_label",
    )
)  # fmt: skip
_SLOTS = (
    _SOURCE, _PROPERTY, _TARGET, _JUSTIFICATION, _CONFIDENCE, _MODIFIER, _SUBJECT_LABEL,
    _OBJECT_LABEL,
)  # fmt: skip


class _Term(NamedTuple):
    kind: int
    value: str


class _Statement(NamedTuple):
    """Terms by number; `notes` is the number of the value by slot, as pairs."""

    subject: int
    predicate: int
    object: int
    source: int
    notes: tuple[tuple[str, int], ...] = ()


def read_mappings(connection: Connection, identifier: str | None) -> tuple[Mapping, ...]:
    """All mappings, or those of one identifier, by subject, predicate and object.

    Args:
        connection: to read from.
        identifier: CURIE or IRI of a subject or object; None for all mappings.
    """
    reader = _Reader(connection)
    wanted = None if identifier is None else reader.numbers_of(identifier)
    annotated = reader.annotated(wanted)
    covered = {found[:3] for found in annotated}
    plain = [found for found in reader.plain(wanted) if found[:3] not in covered]
    return tuple(sorted(set(reader.mappings([*annotated, *plain])), key=_order))


def _order(mapping: Mapping) -> tuple[str, str, str, str, float, str]:
    sure = -1.0 if mapping.confidence is None else mapping.confidence
    ends = (mapping.subject, mapping.predicate, mapping.object)
    return (*ends, mapping.justification, -sure, mapping.source)


class _Reader:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        query = select(prefix.c.prefix, prefix.c.namespace).join(
            source, source.c.release == prefix.c.release
        )
        self.prefixes = dict(fetched(connection, query.order_by(source.c.id.desc())))
        self.curies = Curies(self.prefixes)
        known = self._numbered([*PREDICATES, *_SLOTS, SSSOM + "mappings"])
        self.number = {found.value: number for number, found in known.items() if found.kind == IRI}
        self.shortened: dict[str, str] = {}
        self.predicates = {self.number[p] for p in PREDICATES if p in self.number}

    def numbers_of(self, identifier: str) -> set[int]:
        """The terms that an identifier may be: an IRI, or the text of an xref."""
        query = select(entity.c.iri, entity.c.curie).where(
            (entity.c.curie == identifier) | (entity.c.iri == identifier)
        )
        known = self.connection.execute(query).all()
        iris = {row.iri for row in known} or {expanded(identifier, self.prefixes)}
        texts = {identifier, *(row.curie for row in known), *map(self.curies.of, iris)}
        return set(self._numbered([*iris, *texts]))

    def _numbered(self, values: Iterable[str]) -> dict[int, _Term]:
        """The IRIs and literals with one of these values, by number."""
        found: dict[int, _Term] = {}
        for chunk in chunks(dict.fromkeys(values), LOOKUP):
            hashes = [zlib.crc32(value.encode()) for value in chunk]
            query = select(term.c.id, term.c.kind, term.c.value).where(
                term.c.hash.in_(hashes),
                term.c.value.in_(chunk),
                term.c.kind.in_((IRI, LITERAL)),
            )
            found.update((row[0], _Term(*row[1:])) for row in fetched(self.connection, query))
        return found

    # -- statements ----------------------------------------------------------------------------

    def plain(self, wanted: set[int] | None) -> list[_Statement]:
        """The triples of mapping predicates."""
        columns = (triple.c.subject, triple.c.predicate, triple.c.object, triple.c.source)
        query = select(*columns).where(triple.c.predicate.in_(self.predicates))
        if wanted is not None:
            query = query.where(triple.c.subject.in_(wanted) | triple.c.object.in_(wanted))
        return [_Statement(*row) for row in fetched(self.connection, query)]

    def annotated(self, wanted: set[int] | None) -> list[_Statement]:
        """What the nodes say that tell of a mapping."""
        names = {number: slot for slot, number in self.number.items() if slot in _SLOTS}
        columns = (triple.c.subject, triple.c.predicate, triple.c.object, triple.c.source)
        notes: dict[tuple[int, int], dict[str, int]] = {}
        nodes = self._nodes(wanted)
        for chunk in chunks(nodes, LOOKUP):
            query = select(*columns).where(
                triple.c.subject.in_(chunk), triple.c.predicate.in_(names)
            )
            for node, slot, value, stated_by in fetched(self.connection, query):
                notes.setdefault((node, stated_by), {})[names[slot]] = value
        found = []
        for (node, stated_by), told in notes.items():
            if not {_SOURCE, _PROPERTY, _TARGET} <= told.keys():
                continue
            if nodes[node] or _JUSTIFICATION in told or told[_PROPERTY] in self.predicates:
                ends = (told[_SOURCE], told[_PROPERTY], told[_TARGET])
                found.append(_Statement(*ends, stated_by, tuple(sorted(told.items()))))
        return found

    def _nodes(self, wanted: set[int] | None) -> dict[int, bool]:
        """Nodes that may tell of a mapping, and whether a set of mappings has them."""
        listed = self._objects(SSSOM + "mappings")
        query: Select[tuple[int]] = select(triple.c.subject)
        if wanted is None:
            query = query.where(
                triple.c.predicate == self.number.get(_PROPERTY, -1),
                triple.c.object.in_(self.predicates),
            )
            found = {row[0] for row in fetched(self.connection, query)} | listed
        else:
            ends = [self.number.get(end, -1) for end in (_SOURCE, _TARGET)]
            query = query.where(triple.c.predicate.in_(ends), triple.c.object.in_(wanted))
            found = {row[0] for row in fetched(self.connection, query)}
        return {node: node in listed for node in sorted(found)}

    def _objects(self, predicate: str) -> set[int]:
        query = select(triple.c.object).where(triple.c.predicate == self.number.get(predicate, -1))
        return {row[0] for row in fetched(self.connection, query)}

    # -- records -------------------------------------------------------------------------------

    def mappings(self, statements: Sequence[_Statement]) -> list[Mapping]:
        """Statements as records, without those that map nothing to another vocabulary."""
        numbers = {n for s in statements for n in (*s[:3], *(value for _, value in s.notes))}
        terms = self._terms(numbers)
        iris = {terms[end].value for s in statements for end in (s.subject, s.object)}
        self.shortened, described = self._entities(iris)
        sources = dict(fetched(self.connection, select(source.c.id, source.c.iri)))
        found = []
        for statement in statements:
            ends = [terms[number] for number in statement[:3]]
            own = (ends[2].value, statement.source) in described
            blank = BLANK in (ends[0].kind, ends[2].kind)
            if not blank and not (own and ends[1].value in _LOGICAL):
                notes = {slot: terms[value] for slot, value in statement.notes}
                found.append(self._mapping(ends, notes, sources[statement.source]))
        return found

    def _mapping(self, ends: Sequence[_Term], notes: dict[str, _Term], stated_by: str) -> Mapping:
        subject, predicate, object_ = map(self._shown, ends)
        return Mapping(
            subject=subject,
            predicate=predicate,
            object=object_,
            justification=self._shown(notes.get(_JUSTIFICATION)),
            confidence=_number(notes.get(_CONFIDENCE)),
            negated=_MODIFIER in notes,
            subject_label=self._shown(notes.get(_SUBJECT_LABEL)),
            object_label=self._shown(notes.get(_OBJECT_LABEL)),
            source=stated_by,
        )

    def _shown(self, found: _Term | None) -> str:
        if found is None:
            return ""
        if found.kind != IRI:
            return found.value
        return self.shortened.get(found.value) or self.curies.of(found.value)

    def _terms(self, numbers: set[int]) -> dict[int, _Term]:
        found = {}
        for chunk in chunks(sorted(numbers), LOOKUP):
            query = select(term.c.id, term.c.kind, term.c.value).where(term.c.id.in_(chunk))
            found.update({row[0]: _Term(*row[1:]) for row in fetched(self.connection, query)})
        return found

    def _entities(self, iris: set[str]) -> tuple[dict[str, str], set[tuple[str, int]]]:
        """CURIEs by IRI, and which sources say what each is."""
        shortened: dict[str, str] = {}
        described: set[tuple[str, int]] = set()
        for chunk in chunks(sorted(iris), LOOKUP):
            query = (
                select(entity.c.iri, entity.c.curie, description.c.source)
                .join(description, description.c.row == entity.c.row)
                .where(entity.c.iri.in_(chunk), description.c.kind != "")
            )
            for iri, curie, stated_by in fetched(self.connection, query):
                shortened[iri] = curie
                described.add((iri, stated_by))
        return shortened, described


def _number(found: _Term | None) -> float | None:
    try:
        return None if found is None else float(found.value)
    except ValueError:
        return None
