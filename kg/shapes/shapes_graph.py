"""The triples that say what the shapes are: out of a file, or those that are loaded."""

import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlalchemy import Connection, select

from kg.errors import ShapesFaultError
from kg.readers.files import read_file
from kg.shapes.vocabulary import BEYOND_CORE, CODE, CORE, PATHS, SH, TYPES
from kg.sparql.result import SparqlTerm
from kg.store.dialects import LOOKUP, chunks
from kg.store.quads import StoredTerm, parts_of
from kg.store.reading import fetched
from kg.store.schema import term, triple
from kg.store.terms import IRI, LITERAL, TRIPLE
from kg.triples import Blank, Literal
from kg.vocabulary import FIRST, NIL, OWL, REST, SUBCLASS_OF, TYPE

_TRIPLES = select(triple.c.subject, triple.c.predicate, triple.c.object).distinct()
_STRUCTURE = (FIRST, REST, TYPE, SUBCLASS_OF)


class ShapesGraph:
    """Looks up the triples of shapes.

    Args:
        triples: subject, IRI of the predicate, object.
        place: where they stand, for messages.
    """

    def __init__(self, triples: Iterable[tuple[SparqlTerm, str, SparqlTerm]], place: str) -> None:
        self.place = place
        self._objects: dict[SparqlTerm, dict[str, dict[SparqlTerm, None]]] = {}
        self._subjects: dict[str, dict[SparqlTerm, None]] = {}
        for subject, predicate, object_ in triples:
            told = self._objects.setdefault(subject, {})
            told.setdefault(predicate, {})[object_] = None
            self._subjects.setdefault(predicate, {})[subject] = None

    def objects(self, subject: SparqlTerm, predicate: str) -> list[SparqlTerm]:
        """The objects of a subject and a predicate, each once."""
        return list(self._objects.get(subject, {}).get(predicate, ()))

    def predicates(self, subject: SparqlTerm) -> list[str]:
        """The predicates that a subject has."""
        return list(self._objects.get(subject, ()))

    def subjects(self, predicate: str) -> list[SparqlTerm]:
        """The subjects that have a predicate, each once."""
        return list(self._subjects.get(predicate, ()))

    def members(self, node: SparqlTerm) -> list[SparqlTerm]:
        """The members of an RDF list.

        Raises:
            ShapesFaultError: it is none, or it runs into itself.
        """
        found: list[SparqlTerm] = []
        seen: set[SparqlTerm] = set()
        while node.value != NIL:
            first, rest = self.objects(node, FIRST), self.objects(node, REST)
            if len(first) != 1 or len(rest) != 1 or node in seen:
                raise self.fault(
                    f"{node.to_ntriples()} is no proper list of RDF.",
                    "Write the list as ( A B C ).",
                )
            seen.add(node)
            found.append(first[0])
            node = rest[0]
        return found

    def instances(self, class_: str) -> list[SparqlTerm]:
        """The instances of a class and of its subclasses here."""
        classes, stack = {class_}, [class_]
        below: dict[str, list[str]] = {}
        for child in self.subjects(SUBCLASS_OF):
            for parent in self.objects(child, SUBCLASS_OF):
                below.setdefault(parent.value, []).append(child.value)
        while stack:
            new = [child for child in below.get(stack.pop(), ()) if child not in classes]
            classes.update(new)
            stack.extend(new)
        return [
            subject
            for subject in self.subjects(TYPE)
            if any(found.value in classes for found in self.objects(subject, TYPE))
        ]

    def triples(self) -> Iterable[tuple[SparqlTerm, str, SparqlTerm]]:
        """All triples."""
        for subject, told in self._objects.items():
            for predicate, objects in told.items():
                for object_ in objects:
                    yield subject, predicate, object_

    def imports(self) -> tuple[str, ...]:
        """What the graph imports; nothing of it is fetched."""
        wanted = OWL + "imports"
        return tuple(
            dict.fromkeys(o.value for s in self.subjects(wanted) for o in self.objects(s, wanted))
        )

    def fault(self, what: str, mend: str) -> ShapesFaultError:
        """A fault of this graph."""
        return ShapesFaultError(what, where=self.place, mend=mend)


def shapes_of_file(path: str | Path) -> ShapesGraph:
    """The triples of a file of any RDF syntax.

    Raises:
        FileFaultError, SyntaxFaultError: as in `kg.readers.files.read_file`.
    """
    parsed = read_file(path)
    terms = [_of_file(found) for found in parsed.triples.terms]
    rows = parsed.triples.anywhere.tolist()
    return ShapesGraph(((terms[s], terms[p].value, terms[o]) for s, p, o in rows), str(path))


def loaded_shapes(connection: Connection, place: str) -> ShapesGraph:
    """All that the tables tell of what has a property or a type of SHACL, with its lists."""
    names = (*CORE, *PATHS, *BEYOND_CORE, *CODE, *TYPES)
    shacl = _numbers(connection, [SH + name for name in names])
    known = _numbers(connection, _STRUCTURE)
    named = list(shacl.values())
    of_type = (triple.c.predicate == known.get(TYPE, -1)) & triple.c.object.in_(named)
    told = select(triple.c.subject).where(triple.c.predicate.in_(named) | of_type).distinct()
    rows = set(fetched(connection, _TRIPLES.where(triple.c.subject.in_(told))))
    asked: set[int] = set()
    reached = {row[0] for row in rows} | {row[2] for row in rows}
    onward = (known.get(FIRST), known.get(REST))
    while wanted := sorted(reached - asked):
        asked |= reached
        for chunk in chunks(wanted, LOOKUP):
            query = _TRIPLES.where(triple.c.subject.in_(chunk))
            found = set(fetched(connection, query.where(triple.c.predicate.in_(known.values()))))
            rows |= found
            reached |= {row[2] for row in found if row[1] in onward}
    terms = read_terms(connection, sorted({id_ for row in rows for id_ in row}))
    return ShapesGraph(((terms[s], terms[p].value, terms[o]) for s, p, o in sorted(rows)), place)


def read_terms(connection: Connection, ids: Sequence[int]) -> dict[int, SparqlTerm]:
    """Terms by their numbers; a blank node is named as in the answers to SPARQL."""
    found: dict[int, SparqlTerm] = {}
    made: dict[int, tuple[int, int, int]] = {}
    columns = (term.c.id, term.c.kind, term.c.value, term.c.datatype, term.c.lang)
    for chunk in chunks(ids, LOOKUP):
        query = select(*columns).where(term.c.id.in_(chunk))
        for id_, *told in fetched(connection, query):
            if told[0] == TRIPLE:
                made[id_] = parts_of(StoredTerm(*told))
            else:
                found[id_] = stored_term(*told)
    if made:
        parts = read_terms(
            connection, sorted({part for triple_ in made.values() for part in triple_})
        )
        for id_, triple_ in made.items():
            found[id_] = SparqlTerm("triple", "", parts=tuple(parts[part] for part in triple_))
    return found


def stored_term(kind: int, value: str, datatype: str, lang: str) -> SparqlTerm:
    """A row of the term table as a term."""
    if kind == IRI:
        return SparqlTerm("uri", value)
    if kind == LITERAL:
        return SparqlTerm("literal", value, datatype, lang)
    if kind == TRIPLE:
        return SparqlTerm("triple", "")
    return SparqlTerm("bnode", f"b{value}")


def _numbers(connection: Connection, iris: Sequence[str]) -> dict[str, int]:
    """The numbers of those of these IRIs that are there."""
    hashes = [zlib.crc32(iri.encode()) for iri in iris]
    query = select(term.c.value, term.c.id).where(
        term.c.hash.in_(hashes), term.c.kind == IRI, term.c.value.in_(iris)
    )
    return dict(fetched(connection, query))


def _of_file(found: object) -> SparqlTerm:
    """A term of a file; its blank nodes are not those of the tables, whose names have a number."""
    if isinstance(found, str):
        return SparqlTerm("uri", found)
    if isinstance(found, Literal):
        return SparqlTerm("literal", found.value, found.datatype, found.lang)
    if isinstance(found, Blank):
        return SparqlTerm("bnode", f"shapes{found.number}")
    return SparqlTerm("triple", "")
