"""Writes one release of a source: all of it the first time, later only what differs."""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, compress, repeat
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64
from sqlalchemy import BigInteger, Column, Connection, Table, cast, func, insert, select, update

from kg.curies import Curies
from kg.edges import ORIGINS
from kg.integer_rows import numbers_once, packed
from kg.interpretation import Interpretation
from kg.kinds import KINDS, PROPERTY
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
    telling,
    term,
    triple,
)
from kg.store.sums import header_sum, sum_of_columns, sum_of_numbers, sum_of_rows
from kg.store.terms import TermWriter
from kg.triples import ParsedFile
from kg.vocabulary import SUBCLASS_OF

_NO_TERM = -1  # for the default graph, and where a definition is missing
_Quads = Int64[np.ndarray, "_ 4"]
_Column = Int64[np.ndarray, " _"]
_Tuple = tuple[Any, ...]
_Columns = dict[str, Sequence[Any]]
Changing = Callable[[Table, int, Collection[_Tuple], Collection[_Tuple]], None]
"""Called with a table, the source, and which of its rows go and come (columns `telling`)."""


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
    changing: Changing | None = None,
) -> LoadReport:
    """Write a file as a release of its source, unless the newest one has the same content.

    Of a source that is known, only what differs is written; what no longer holds moves to the past.

    Args:
        connection: in a transaction that writes.
        dialect: of the connection.
        file: what to write.
        loaded_at: the time of loading, ISO 8601.
        changing: called for each table of what the source tells of entities.
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


def _among(keys: _Column, others: _Column) -> Bool[np.ndarray, " _"]:
    """Whether each of these is among others, which ascend; many times as fast as `numpy.isin`."""
    places = np.searchsorted(others, keys)
    found = np.zeros(len(keys), dtype=np.bool_)
    inside = places < len(others)
    found[inside] = others[places[inside]] == keys[inside]
    return found


def _report(file: ReadFile, *, unchanged: bool) -> LoadReport:
    meaning = file.meaning
    return LoadReport(
        source=file.source(),
        warnings=(*file.parsed.warnings, *meaning.warnings),
        entities=int((meaning.descriptions.kinds != PROPERTY).sum()),
        names=len(meaning.names),
        edges=len(meaning.edges),
        axioms=len(meaning.axioms) + meaning.edges.axioms() + len(file.parsed.rules),
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
        changing: Changing | None,
    ) -> None:
        self._connection = connection
        self._dialect = dialect
        self._number = number
        self._file = file
        self._changing = changing
        self._release = next_number(connection, release, "id") or 1
        self._first = True
        self._terms: _Column = np.array([_NO_TERM])
        self._rows: _Column = np.zeros(0, dtype=np.int64)
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
        self._write_edges()
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
        rows = ids[triples.columns]
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
        held = self._held_triples()
        old, new = packed(held, rows)
        order = np.argsort(old, kind="stable")
        held, old = held[order], old[order]
        return rows[~_among(new, old)], held[~_among(old, new)]

    def _held_triples(self) -> _Quads:
        """Those of the source; the driver hands two integers of 64 bits over faster than four."""
        wide = 1 << 32
        subject, predicate = (cast(c, BigInteger) for c in (triple.c.subject, triple.c.predicate))
        query = select(subject * wide + triple.c.graph, predicate * wide + triple.c.object)
        rows = fetched(self._connection, query.where(triple.c.source == self._number))
        pairs = np.fromiter(chain.from_iterable(rows), dtype=np.int64).reshape(-1, 2)
        # the graph is -1 or more
        high = (pairs + np.array([1, 0])) >> 32
        low = pairs - (high << 32)
        return np.stack([high[:, 0], high[:, 1], low[:, 1], low[:, 0]], axis=1)

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
        terms = self._file.parsed.triples.terms
        described = self._file.meaning.descriptions.entities
        wanted = np.zeros(len(terms), dtype=np.bool_)
        ends = self._file.meaning.edges.rows[:, [0, 2]].ravel()
        wanted[ends] = True
        wanted[described] = False
        numbers = np.concatenate([described, numbers_once(ends[wanted[ends]])])
        iris = [str(terms[number]) for number in numbers.tolist()]
        known = self._known(entity.c.iri, entity.c.row, iris)
        self._rows = np.full(len(terms), -1, dtype=np.int64)
        self._rows[numbers] = [known.get(iri, -1) for iri in iris]
        new = numbers[self._rows[numbers] < 0]
        start = next_number(self._connection, entity, "row")
        rows = range(start, start + len(new))
        self._rows[new] = rows
        iris = [iri for iri in iris if iri not in known]
        shortened = list(map(self._curies.of, iris))
        taken = set(self._known(entity.c.curie, entity.c.row, shortened))
        curies = []
        for iri, curie in zip(iris, shortened, strict=True):
            # Two files may use one prefix for two namespaces; the later IRI stays unshortened.
            curies.append(iri if curie in taken else curie)
            taken.add(curies[-1])
        self._sums["entity"] = sum_of_columns([rows, iris, curies])
        self._insert(entity, zip(rows, iris, curies, strict=True))

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
        told = self._file.meaning.descriptions
        columns: _Columns = {
            "row": self._rows[told.entities].tolist(),
            "kind": [KINDS[kind] for kind in told.kinds.tolist()],
            "label": told.labels,
            "label_lang": told.label_langs,
            "definition": self._terms[told.definitions].tolist(),
            "deprecated": told.deprecated.astype(np.int64).tolist(),
            "replaced_by": told.replaced_by,
        }
        self._renew(description, columns)

    def _write_names(self) -> None:
        names = self._file.meaning.names
        columns: _Columns = {
            "row": self._rows[names.entities].tolist(),
            "text": names.texts,
            "folded": list(map(str.casefold, names.texts)),
            "kind": names.kinds,
            "lang": names.langs,
            "type": names.types,
        }
        start = next_number(self._connection, name, "id")
        self._renew(name, columns, start=start)
        self._dialect.index_names(self._connection, start)

    def _write_edges(self) -> None:
        edges = self._file.meaning.edges
        known = {row.iri: row.id for row in self._connection.execute(select(relation))}
        used = [edges.relations[number] for number in numbers_once(edges.rows[:, 1]).tolist()]
        added = [iri for iri in dict.fromkeys([SUBCLASS_OF, *used]) if iri not in known]
        rows = [(id_, iri, self._curies.of(iri)) for id_, iri in enumerate(added, len(known))]
        self._sums["relation"] = sum_of_rows(rows)
        self._insert(relation, rows)
        known |= {iri: id_ for id_, iri, _ in rows}
        ids = np.array([known.get(iri, -1) for iri in edges.relations], dtype=np.int64)
        head, number, tail, origin = edges.rows.T
        found = np.stack([self._rows[head], ids[number], self._rows[tail], origin], axis=1)
        found = found[np.argsort(packed(found)[0])]
        columns: _Columns = dict(zip(("head", "relation", "tail"), found.T.tolist(), strict=False))
        columns["origin"] = [ORIGINS[number] for number in found[:, 3].tolist()]
        self._renew(edge, columns)

    def _write_axioms(self) -> None:
        axioms = self._file.meaning.axioms
        # an entity keeps the CURIE of its first load, whatever prefixes are known today
        kept = self._known(entity.c.iri, entity.c.curie, {i for a in axioms for i in a.arguments})
        rows = []
        for found in axioms:
            arguments = [kept.get(iri) or self._curies.of(iri) for iri in found.arguments]
            rows.append((found.kind, json.dumps(arguments), 1.0, "soft"))
        for rule in self._file.parsed.rules:
            text = json.dumps([str(rule)], ensure_ascii=False)
            rows.append(("horn", text, rule.weight, rule.mode))
        rows = list(dict.fromkeys(rows))
        fields = ("kind", "arguments", "weight", "mode")
        columns: _Columns = {field: [row[at] for row in rows] for at, field in enumerate(fields)}
        self._renew(axiom, columns, start=next_number(self._connection, axiom, "id"))

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

    def _renew(self, table: Table, columns: _Columns, *, start: int | None = None) -> None:
        """Make these the rows of the source in a table, each of them once.

        Args:
            table: one that has a column `source`.
            columns: by name, without `source` and `id`.
            start: the first new `id`, of a table that has one.
        """
        count = len(next(iter(columns.values())))
        columns = columns | {"source": [self._number] * count}
        whole = [columns[column.name] for column in table.c if column.name != "id"]
        self._sums[table.name] = sum_of_columns(whole)
        gone = self._held(table)
        added = list(zip(*whole, strict=True))
        if self._changing or gone:
            told = list(zip(*(columns[column.name] for column in telling(table)), strict=True))
            new = [held is None for held in map(gone.pop, told, repeat(None))]
            added = list(compress(added, new))
            if self._changing and table is not axiom:
                self._changing(table, self._number, gone, list(compress(told, new)))
        self._delete(table, gone)
        if start is None:
            self._insert(table, added)
        else:
            self._insert(table, ((id_, *row) for id_, row in enumerate(added, start=start)))

    def _held(self, table: Table) -> dict[_Tuple, int]:
        """What a table tells for the source so far; the `id` of each row, where rows have one."""
        if self._first:
            return {}
        query = select(*telling(table)).where(table.c.source == self._number)
        if "id" not in table.c:
            return dict.fromkeys(fetched(self._connection, query), 0)
        rows = fetched(self._connection, query.add_columns(table.c.id))
        return {row[:-1]: row[-1] for row in rows}

    def _delete(self, table: Table, rows: dict[_Tuple, int]) -> None:
        """Rows as `_held` gives them."""
        if "id" in table.c:
            keys, values = ["id"], [(id_,) for id_ in rows.values()]
        else:
            keys = [column.name for column in table.primary_key if column.name != "source"]
            values = [row[: len(keys)] for row in rows]
        if table is name:
            self._dialect.forget_names(self._connection, values)
        where = " AND ".join(f"{key} = {self._dialect.mark}" for key in keys)
        statement = f"DELETE FROM {table.name} WHERE {where} AND source = {self._number}"  # noqa: S608
        for chunk in chunks(values, MANY):
            self._connection.exec_driver_sql(statement, chunk)

    def _insert(self, table: Table, rows: Iterable[_Tuple]) -> None:
        self._dialect.insert(self._connection, table, rows)
