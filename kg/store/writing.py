"""Writes one source, in the place of its older version if there is one."""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Table, delete, func, insert, select, text

from kg.curies import Curies
from kg.interpretation import FoundEdge, Interpretation
from kg.records import LoadReport, LoadWarning, Source
from kg.store.dialects import Dialect
from kg.store.reading import fetched
from kg.store.schema import (
    axiom,
    description,
    edge,
    entity,
    name,
    prefix,
    relation,
    source,
    term,
    triple,
)
from kg.triples import Blank, Literal, ParsedFile, Term
from kg.vocabulary import OWL, SUBCLASS_OF

T = TypeVar("T")
_IRI, _BLANK, _LITERAL = 0, 1, 2
_LOOKUP = 500
_TermKey = tuple[int, str, str, str]


@dataclass(frozen=True)
class ReadFile:
    """A file, parsed and interpreted."""

    parsed: ParsedFile
    meaning: Interpretation

    def source(self) -> Source:
        """The file as a source."""
        return Source(
            iri=self.meaning.iri,
            version=self.meaning.version,
            format=self.parsed.format,
            licence=self.meaning.licence,
            sha256=self.parsed.sha256,
            triples=len(self.parsed.triples.rows),
            path=self.parsed.path,
        )


def write_source(connection: Connection, dialect: Dialect, file: ReadFile) -> LoadReport:
    """Write a file, unless the same content is there already.

    Args:
        connection: in a transaction that writes.
        dialect: of the connection.
        file: what to write; the source with the same IRI is replaced.
    """
    found = connection.execute(
        select(source.c.id, source.c.sha256).where(source.c.iri == file.meaning.iri)
    ).one_or_none()
    unchanged = found is not None and found.sha256 == file.parsed.sha256
    if not unchanged:
        if found is None:
            number = _next(connection, source, "id")
        else:
            number = found.id
            _remove(connection, dialect, number)
        _Writer(connection, number, file).write()
        dialect.index_names(connection, number)
    return _report(file, unchanged=unchanged)


def left_open(connection: Connection, file: ReadFile) -> list[LoadWarning]:
    """What a file leaves to others and none has: ends of edges, and what its names belong to."""
    described = file.meaning.descriptions
    tails = dict.fromkeys(e.tail for e in file.meaning.edges if e.tail not in described)
    named = [iri for iri, found in described.items() if not found.kind]
    return [
        *_undescribed(
            connection, tails, "Edges lead to {} entities that no loaded file describes: {}"
        ),
        *_undescribed(
            connection,
            named,
            "{} entities are only named here, and no loaded file describes them: {}",
            of_kind=True,
        ),
    ]


# IRIs by which the loaded ontologies can be imported.
_IMPORTABLE = """
SELECT iri FROM source
UNION SELECT version.value FROM triple
JOIN term AS predicate ON predicate.id = triple.predicate AND predicate.value = :version
JOIN term AS version ON version.id = triple.object AND version.kind = 0
"""


def importable(connection: Connection) -> frozenset[str]:
    """The IRIs and version IRIs of all loaded ontologies."""
    values = {"version": OWL + "versionIRI"}
    return frozenset(connection.execute(text(_IMPORTABLE), values).scalars())


def _undescribed(
    connection: Connection, iris: Iterable[str], said: str, *, of_kind: bool = False
) -> Iterator[LoadWarning]:
    """A warning if some of these are told of by no source, or by none that tells their kind."""
    wanted = list(iris)
    known = set[str]()
    for chunk in _chunks(wanted, _LOOKUP):
        query = select(entity.c.iri).join(description, description.c.row == entity.c.row)
        found = query.where(entity.c.iri.in_(chunk))
        if of_kind:
            found = found.where(description.c.kind != "")
        known.update(connection.execute(found).scalars())
    missing = [iri for iri in wanted if iri not in known]
    if missing:
        yield LoadWarning(0, 0, said.format(f"{len(missing):,}", ", ".join(missing[:3])))


def _report(file: ReadFile, *, unchanged: bool) -> LoadReport:
    meaning = file.meaning
    derived = sum(e.relation == SUBCLASS_OF or e.origin == "restriction" for e in meaning.edges)
    return LoadReport(
        source=file.source(),
        warnings=(*file.parsed.warnings, *meaning.warnings),
        entities=sum(d.kind != "property" for d in meaning.descriptions.values()),
        names=len(meaning.names),
        edges=len(meaning.edges),
        axioms=len(meaning.axioms) + derived + len(file.parsed.rules),
        unchanged=unchanged,
    )


def _remove(connection: Connection, dialect: Dialect, number: int) -> None:
    """All that a source said; its terms and the rows of its entities stay."""
    dialect.forget_names(connection, number)
    for table in (triple, description, name, edge, axiom, prefix):
        connection.execute(delete(table).where(table.c.source == number))
    connection.execute(delete(source).where(source.c.id == number))


class _Writer:
    def __init__(self, connection: Connection, number: int, file: ReadFile) -> None:
        self._connection = connection
        self._number = number
        self._file = file
        self._rows: dict[str, int] = {}
        self._curies = Curies({})

    def write(self) -> None:
        meaning, number = self._file.meaning, self._number
        self._connection.execute(insert(source).values(id=number, **self._file.source().to_json()))
        prefixes = self._file.parsed.prefixes
        self._insert(prefix, ((number, p, n) for p, n in prefixes.items() if n))
        self._curies = self._all_curies()
        self._write_triples()
        self._write_entities()
        self._insert(
            description,
            ((self._rows[iri], number, *found) for iri, found in meaning.descriptions.items()),
        )
        start = _next(self._connection, name, "id")
        self._insert(
            name,
            (
                (id_, self._rows[n.iri], n.text, n.text.casefold(), n.kind, n.lang, n.type, number)
                for id_, n in enumerate(meaning.names, start=start)
            ),
        )
        self._write_edges(meaning.edges)
        self._write_axioms()

    def _write_triples(self) -> None:
        triples = self._file.parsed.triples
        ids = self._term_ids(triples.terms)
        rows = [(ids[s], ids[p], ids[o], self._number) for s, p, o in triples.rows]
        rows.sort()
        self._insert(triple, rows)

    def _term_ids(self, terms: Sequence[Term]) -> list[int]:
        keys = [self._key(t) for t in terms]
        hashes = [zlib.crc32(key[1].encode()) for key in keys]
        new = _next(self._connection, term, "id")
        known = self._known_terms(hashes) if new else {}
        ids, added = [], []
        for key, hash_ in zip(keys, hashes, strict=True):
            found = known.get(key)
            if found is None:
                found = new
                added.append((new, *key, hash_))
                new += 1
            ids.append(found)
        self._insert(term, added)
        return ids

    def _key(self, found: Term) -> _TermKey:
        if isinstance(found, str):
            return (_IRI, found, "", "")
        if isinstance(found, Literal):
            return (_LITERAL, *found)
        if isinstance(found, Blank):
            return (_BLANK, f"{self._number}.{found.number}", "", "")
        raise TypeError(f"{found!r} is no term")

    def _known_terms(self, hashes: Sequence[int]) -> dict[_TermKey, int]:
        known: dict[_TermKey, int] = {}
        for chunk in _chunks(sorted(set(hashes)), _LOOKUP):
            marks = ", ".join([_mark(self._connection)] * len(chunk))
            found = self._connection.exec_driver_sql(
                f"SELECT id, kind, value, datatype, lang FROM term WHERE hash IN ({marks})",  # noqa: S608
                tuple(chunk),
            )
            known.update(((row[1], row[2], row[3], row[4]), row[0]) for row in found)
        return known

    def _write_entities(self) -> None:
        """Rows for what is described, in the order of the file, then for what edges lead to."""
        meaning = self._file.meaning
        wanted = dict.fromkeys(meaning.descriptions)
        for found in meaning.edges:
            wanted[found.head] = wanted[found.tail] = None
        next_row = _next(self._connection, entity, "row")
        self._rows = self._known(entity.c.iri, entity.c.row, wanted) if next_row else {}
        curies = {iri: self._curies.of(iri) for iri in wanted if iri not in self._rows}
        taken = set(self._known(entity.c.curie, entity.c.row, curies.values()) if next_row else ())
        added = []
        for row, (iri, shortened) in enumerate(curies.items(), start=next_row):
            # Two files may use one prefix for two namespaces; the later IRI stays unshortened.
            curie = iri if shortened in taken else shortened
            taken.add(curie)
            self._rows[iri] = row
            added.append((row, iri, curie))
        self._insert(entity, added)

    def _known(self, key: Column[Any], value: Column[Any], of: Iterable[str]) -> dict[str, Any]:
        """One column by another, for those of these keys that are there."""
        found: dict[str, Any] = {}
        for chunk in _chunks(of, _LOOKUP):
            query = select(key, value).where(key.in_(chunk))
            found.update(fetched(self._connection, query))
        return found

    def _write_edges(self, edges: Sequence[FoundEdge]) -> None:
        relations = {row.iri: row.id for row in self._connection.execute(select(relation))}
        added = []
        for iri in dict.fromkeys([SUBCLASS_OF, *(found.relation for found in edges)]):
            if iri not in relations:
                relations[iri] = len(relations)
                added.append((relations[iri], iri, self._curies.of(iri)))
        self._insert(relation, added)
        self._insert(
            edge,
            sorted(
                (self._rows[e.head], relations[e.relation], self._rows[e.tail], e.origin, number)
                for number in (self._number,)
                for e in edges
            ),
        )

    def _write_axioms(self) -> None:
        rows = []
        start = _next(self._connection, axiom, "id")
        axioms = self._file.meaning.axioms
        # an entity keeps the CURIE of its first load, whatever prefixes are known today
        kept = self._known(entity.c.iri, entity.c.curie, {i for a in axioms for i in a.arguments})
        for found in axioms:
            arguments = json.dumps(
                [kept.get(iri) or self._curies.of(iri) for iri in found.arguments]
            )
            rows.append((found.kind, arguments, 1.0, "soft"))
        for rule in self._file.parsed.rules:
            text = json.dumps([str(rule)], ensure_ascii=False)
            rows.append(("horn", text, rule.weight, rule.mode))
        self._insert(
            axiom, ((id_, *row, self._number) for id_, row in enumerate(rows, start=start))
        )

    def _all_curies(self) -> Curies:
        """Shortens by the prefixes of all sources; of two for one namespace the older wins."""
        found = self._connection.execute(select(prefix).order_by(prefix.c.source.desc()))
        return Curies({row.prefix: row.namespace for row in found})

    def _insert(self, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
        """Tuples through the driver: four times as fast as SQLAlchemy's dictionaries."""
        columns = [column.name for column in table.columns]
        marks = ", ".join([_mark(self._connection)] * len(columns))
        sql = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
        for chunk in _chunks(rows, 50_000):
            self._connection.exec_driver_sql(sql, chunk)


def _mark(connection: Connection) -> str:
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"


def _next(connection: Connection, table: Table, column: str) -> int:
    highest = connection.execute(select(func.coalesce(func.max(table.c[column]), -1)))
    return int(highest.scalar_one()) + 1


def _chunks(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk
