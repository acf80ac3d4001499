"""Writes one release of a source: all of it the first time, later only what differs."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64
from sqlalchemy import Column, Connection, Table, func, insert, select, update

from kg.curies import Curies
from kg.edges import FoundEdge
from kg.interpretation import Interpretation
from kg.licences import recognised
from kg.records import LoadReport, Source
from kg.store.dialects import LOOKUP, MANY, MOST, Dialect, chunks
from kg.store.indexes import indexed_afterwards
from kg.store.reading import fetched
from kg.store.schema import (
    axiom,
    description,
    edge,
    entity,
    name,
    prefix,
    relation,
    release,
    source,
    term,
    triple,
)
from kg.store.sums import header_sum, sum_of_numbers, sum_of_rows
from kg.store.terms import TermWriter
from kg.triples import ParsedFile
from kg.vocabulary import SUBCLASS_OF

_NO_TERM = -1  # for the default graph, and where a definition is missing
_Quads = Int64[np.ndarray, "_ 4"]
_Column = Int64[np.ndarray, " _"]
_Tuple = tuple[Any, ...]


@dataclass(frozen=True)
class ReadFile:
    """A file, parsed and interpreted."""

    parsed: ParsedFile
    meaning: Interpretation

    def source(self) -> Source:
        """The file as a source."""
        licence = recognised(self.meaning.licence)
        return Source(
            iri=self.meaning.iri,
            version=self.meaning.version,
            format=self.parsed.format,
            licence=self.meaning.licence,
            spdx=licence.spdx,
            redistributable=licence.redistributable,
            sha256=self.parsed.sha256,
            triples=len(self.parsed.triples),
            path=self.parsed.path,
        )


def write_source(
    connection: Connection,
    dialect: Dialect,
    file: ReadFile,
    *,
    loaded_at: str,
    changing: Callable[[Iterable[int]], None] | None = None,
) -> LoadReport:
    """Write a file as a release of its source, unless the newest one has the same content.

    Of a source that is known, only what differs is written; what no longer holds moves to the past.

    Args:
        connection: in a transaction that writes.
        dialect: of the connection.
        file: what to write.
        loaded_at: the time of loading, ISO 8601.
        changing: called with rows of entities before what is told of them changes.
    """
    known = connection.execute(
        select(source.c.id, release.c.sha256)
        .join(release, release.c.id == source.c.release)
        .where(source.c.iri == file.meaning.iri)
    ).one_or_none()
    unchanged = known is not None and known.sha256 == file.parsed.sha256
    if not unchanged:
        number = next_number(connection, source, "id") if known is None else known.id
        writer = _Writer(connection, dialect, number, file, changing)
        writer.write(first=known is None, loaded_at=loaded_at)
    return _report(file, unchanged=unchanged)


def next_number(connection: Connection, table: Table, column: str) -> int:
    """One more than the highest of a column, or 0."""
    highest = connection.execute(select(func.coalesce(func.max(table.c[column]), -1)))
    return int(highest.scalar_one()) + 1


def packed(*many: _Quads) -> list[_Column]:
    """One integer for each row of all these arrays, in their order, and equal where they are."""
    together = np.concatenate(many)
    keys = np.zeros(len(together), dtype=np.int64)
    free = 63
    for column in together.T:
        codes = column - column.min(initial=0)
        bits = _bits(codes)
        if bits > free:
            keys = _ranks(keys)
            free = 63 - _bits(keys)
        if bits > free:
            codes = _ranks(codes)
            bits = _bits(codes)
        keys = (keys << bits) | codes
        free -= bits
    ends = np.cumsum([len(rows) for rows in many])
    return np.split(keys, ends[:-1])


def _ranks(values: _Column) -> _Column:
    """The place of each value among all that there are, from 0."""
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _among(keys: _Column, others: _Column) -> Bool[np.ndarray, " _"]:
    """Whether each of these is among others, which ascend; many times as fast as `numpy.isin`."""
    places = np.searchsorted(others, keys)
    found = np.zeros(len(keys), dtype=np.bool_)
    inside = places < len(others)
    found[inside] = others[places[inside]] == keys[inside]
    return found


def _bits(values: _Column) -> int:
    return int(values.max(initial=0)).bit_length()


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


class _Writer:
    """Writes one release; `number` is that of its source."""

    def __init__(
        self,
        connection: Connection,
        dialect: Dialect,
        number: int,
        file: ReadFile,
        changing: Callable[[Iterable[int]], None] | None,
    ) -> None:
        self._connection = connection
        self._dialect = dialect
        self._number = number
        self._file = file
        self._changing = changing
        self._release = next_number(connection, release, "id") or 1
        self._first = True
        self._terms: _Column = np.array([_NO_TERM])
        self._rows: dict[str, int] = {}
        self._curies = Curies({})
        self._sums: dict[str, int] = {}

    def write(self, *, first: bool, loaded_at: str) -> None:
        self._first = first
        if self._release > 1:
            self._write_tables(loaded_at)
            return
        with indexed_afterwards(self._connection, term, triple, entity, name):
            self._write_tables(loaded_at)

    def _write_tables(self, loaded_at: str) -> None:
        added, removed = self._write_triples()
        self._write_release(added, removed, loaded_at)
        self._curies = self._all_curies()
        self._write_entities()
        self._write_descriptions()
        self._write_names()
        self._write_edges(self._file.meaning.edges)
        self._write_axioms()
        self._write_sums()

    def _write_release(self, added: int, removed: int, loaded_at: str) -> None:
        told = self._file.source()
        held = {name: value for name, value in told.to_json().items() if name in release.c}
        held["redistributable"] = {True: 1, False: 0, None: -1}[told.redistributable]
        rules = [rule.with_strength() for rule in self._file.parsed.rules]
        self._connection.execute(
            insert(release).values(
                **held,
                id=self._release,
                source=self._number,
                loaded_at=loaded_at,
                added=added,
                removed=removed,
                rules=json.dumps(rules, ensure_ascii=False),
                sums="",
            )
        )
        if self._first:
            self._insert(source, [(self._number, told.iri, self._release)])
        else:
            known = update(source).where(source.c.id == self._number)
            self._connection.execute(known.values(release=self._release))
        prefixes = self._file.parsed.prefixes
        self._insert(prefix, [(self._release, p, n) for p, n in prefixes.items() if n])

    # -- triples -------------------------------------------------------------------------------

    def _write_triples(self) -> tuple[int, int]:
        """How many were added, and removed."""
        triples = self._file.parsed.triples
        terms = TermWriter(self._connection, self._dialect, self._number)
        ids = self._terms = np.append(terms.write(triples), _NO_TERM)
        self._sums["term"] = terms.sum
        rows = ids[triples.columns()]
        rows = rows[np.argsort(packed(rows)[0])]
        self._sums["triple"] = sum_of_numbers(rows)
        gone = 0
        if not self._first:
            rows, removed = self._changed(rows)
            gone = len(removed)
            self._move_to_past(removed)
        for start in range(0, len(rows), MANY):
            columns = rows[start : start + MANY].T.tolist()
            held = zip(*columns, repeat(self._number), repeat(self._release), strict=False)
            self._insert(triple, held)
        return len(rows), gone

    def _changed(self, rows: _Quads) -> tuple[_Quads, _Quads]:
        """What is new among these, which ascend, and what holds so far and is not among them."""
        columns = (triple.c.subject, triple.c.predicate, triple.c.object, triple.c.graph)
        query = select(*columns).where(triple.c.source == self._number)
        numbers = chain.from_iterable(fetched(self._connection, query))
        held = np.fromiter(numbers, dtype=np.int64).reshape(-1, 4)
        old, new = packed(held, rows)
        order = np.argsort(old, kind="stable")
        held, old = held[order], old[order]
        return rows[~_among(new, old)], held[~_among(old, new)]

    def _move_to_past(self, rows: _Quads) -> None:
        mark = self._dialect.mark
        key = " AND ".join(f"{c} = {mark}" for c in ("subject", "predicate", "object", "graph"))
        copy = (
            "INSERT INTO past_triple "  # noqa: S608
            f"SELECT subject, predicate, object, graph, source, added, {self._release} "
            f"FROM triple WHERE {key} AND source = {self._number}"
        )
        drop = f"DELETE FROM triple WHERE {key} AND source = {self._number}"  # noqa: S608
        for chunk in chunks(map(tuple, rows.tolist()), MANY):
            self._connection.exec_driver_sql(copy, chunk)
            self._connection.exec_driver_sql(drop, chunk)

    # -- what the triples mean -----------------------------------------------------------------

    def _write_entities(self) -> None:
        """Rows for what is described, in the order of the file, then for what edges lead to."""
        meaning = self._file.meaning
        wanted = dict.fromkeys(meaning.descriptions)
        for found in meaning.edges:
            wanted[found.head] = wanted[found.tail] = None
        next_row = next_number(self._connection, entity, "row")
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
        self._sums["entity"] = sum_of_rows(added)
        self._insert(entity, added)

    def _known(self, key: Column[Any], value: Column[Any], of: Iterable[str]) -> dict[str, Any]:
        """One column of entities by another, for these keys at least, as far as they are there."""
        wanted = list(of)
        if len(wanted) > MOST * next_number(self._connection, entity, "row"):
            return dict(fetched(self._connection, select(key, value)))
        found: dict[str, Any] = {}
        for chunk in chunks(wanted, LOOKUP):
            query = select(key, value).where(key.in_(chunk))
            found.update(fetched(self._connection, query))
        return found

    def _write_descriptions(self) -> None:
        terms = self._terms.tolist()
        rows = [
            (
                self._rows[iri], self._number, told.kind, told.label, told.label_lang,
                terms[told.definition], int(told.deprecated), told.replaced_by,
            )
            for iri, told in self._file.meaning.descriptions.items()
        ]  # fmt: skip
        self._renew(description, rows)

    def _write_names(self) -> None:
        rows = [
            (self._rows[n.iri], n.text, n.text.casefold(), n.kind, n.lang, n.type, self._number)
            for n in self._file.meaning.names
        ]
        start = next_number(self._connection, name, "id")
        self._renew_numbered(name, rows, start)
        self._dialect.index_names(self._connection, start)

    def _write_edges(self, edges: Sequence[FoundEdge]) -> None:
        relations = {row.iri: row.id for row in self._connection.execute(select(relation))}
        added = []
        for iri in dict.fromkeys([SUBCLASS_OF, *(found.relation for found in edges)]):
            if iri not in relations:
                relations[iri] = len(relations)
                added.append((relations[iri], iri, self._curies.of(iri)))
        self._sums["relation"] = sum_of_rows(added)
        self._insert(relation, added)
        rows = [
            (self._rows[e.head], relations[e.relation], self._rows[e.tail], e.origin, self._number)
            for e in edges
        ]
        self._renew(edge, sorted(rows))

    def _write_axioms(self) -> None:
        axioms = self._file.meaning.axioms
        # an entity keeps the CURIE of its first load, whatever prefixes are known today
        kept = self._known(entity.c.iri, entity.c.curie, {i for a in axioms for i in a.arguments})
        rows = []
        for found in axioms:
            arguments = [kept.get(iri) or self._curies.of(iri) for iri in found.arguments]
            rows.append((found.kind, json.dumps(arguments), 1.0, "soft", self._number))
        for rule in self._file.parsed.rules:
            text = json.dumps([str(rule)], ensure_ascii=False)
            rows.append(("horn", text, rule.weight, rule.mode, self._number))
        self._renew_numbered(axiom, rows, next_number(self._connection, axiom, "id"))

    def _all_curies(self) -> Curies:
        """Shortens by the prefixes of all sources; of two for one namespace the older wins."""
        query = select(prefix).join(source, source.c.release == prefix.c.release)
        found = self._connection.execute(query.order_by(source.c.id.desc()))
        return Curies({row.prefix: row.namespace for row in found})

    def _write_sums(self) -> None:
        """By which `kg.store.checking` knows the release again."""
        self._sums["release"] = header_sum(self._connection, self._release)
        known = update(release).where(release.c.id == self._release)
        self._connection.execute(known.values(sums=json.dumps(self._sums)))

    # -- rows of a source ----------------------------------------------------------------------

    def _renew(self, table: Table, rows: Sequence[_Tuple]) -> None:
        """Make these the rows of the source in a table, of which the first column is an entity."""
        self._sums[table.name] = sum_of_rows(rows)
        held = set() if self._first else set(self._held(table))
        gone = held.difference(rows)
        added = [row for row in rows if row not in held] if held else rows
        self._announce(chain(gone, added))
        self._delete(table, gone)
        self._insert(table, added)

    def _renew_numbered(self, table: Table, rows: Sequence[_Tuple], start: int) -> None:
        """As `_renew`, for a table with an `id` before the rest; new ids begin at `start`."""
        rows = list(dict.fromkeys(rows))
        self._sums[table.name] = sum_of_rows(rows)
        held = {} if self._first else {row[1:]: row[0] for row in self._held(table)}
        gone = held.keys() - set(rows) if held else ()
        added = [row for row in rows if row not in held] if held else rows
        doomed = [(held[row],) for row in gone]
        if table is name:
            self._announce(chain(gone, added))
            self._dialect.forget_names(self._connection, doomed)
        self._delete(table, doomed)
        self._insert(table, ((id_, *row) for id_, row in enumerate(added, start=start)))

    def _announce(self, rows: Iterable[_Tuple]) -> None:
        """Tell which entities are about to change; they stand in the first column."""
        if self._changing is not None:
            self._changing(row[0] for row in rows)

    def _held(self, table: Table) -> Sequence[_Tuple]:
        return fetched(self._connection, select(table).where(table.c.source == self._number))

    def _delete(self, table: Table, rows: Iterable[_Tuple]) -> None:
        """Rows by their primary key, which are the first columns."""
        keys = [column.name for column in table.primary_key]
        where = " AND ".join(f"{key} = {self._dialect.mark}" for key in keys)
        statement = f"DELETE FROM {table.name} WHERE {where}"  # noqa: S608
        for chunk in chunks((row[: len(keys)] for row in rows), MANY):
            self._connection.exec_driver_sql(statement, chunk)

    def _insert(self, table: Table, rows: Iterable[_Tuple]) -> None:
        self._dialect.insert(self._connection, table, rows)
