"""The triples and terms of the store as the engine reads them, and their texts for people."""

import json
import zlib
from collections.abc import Collection, Iterable
from itertools import chain
from typing import Any

import numpy as np
from jaxtyping import Int64
from sqlalchemy import Connection, func, select

from kg.curies import Curies
from kg.reasoning.outcome import InferredColumns, TripleColumns
from kg.reasoning.records import TextTriple
from kg.reasoning.terms import LiteralText, TermNumbers
from kg.records import Axiom
from kg.store.dialects import LOOKUP, chunks
from kg.store.inferred import inferred_from
from kg.store.reading import fetched
from kg.store.schema import axiom, entity, inferred, prefix, relation, release, source, term, triple
from kg.store.terms import BLANK, IRI, LITERAL, TRIPLE
from kg.vocabulary import OBO, WELL_KNOWN_PREFIXES, XSD


def read_columns(connection: Connection) -> TripleColumns:
    """All triples that hold, each once, whatever graph or source they are in."""
    query = select(triple.c.subject, triple.c.predicate, triple.c.object).distinct()
    rows = _numbers(connection, query, 3)
    return TripleColumns(*(np.ascontiguousarray(rows[:, i]) for i in range(3)))


def read_horn_axioms(connection: Connection) -> tuple[Axiom, ...]:
    """The Horn rules of the axiom table, in its order."""
    query = select(axiom.c.arguments, axiom.c.weight, axiom.c.mode).where(axiom.c.kind == "horn")
    return tuple(
        Axiom("horn", tuple(json.loads(arguments)), weight, mode)
        for arguments, weight, mode in fetched(connection, query.order_by(axiom.c.id))
    )


def firsts(rows: Int64[np.ndarray, "row width"]) -> Int64[np.ndarray, " kept"]:
    """Where each different row stands first, in the order of the rows' values."""
    order = np.lexsort(rows.T[::-1])
    new = np.ones(len(rows), dtype=np.bool_)
    new[1:] = (rows[order[1:]] != rows[order[:-1]]).any(axis=1)
    kept: Int64[np.ndarray, " kept"] = order[new]
    return kept


def read_terms(connection: Connection) -> TermNumbers:
    """Which number is what; texts are looked up when they are asked for."""
    count = connection.execute(select(func.coalesce(func.max(term.c.id), -1))).scalar_one() + 1
    query = select(term.c.id, term.c.kind).where(term.c.kind != IRI)
    rows = _numbers(connection, query, 2)
    literal, blank = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
    # a statement about a triple term is about the statement, not about a thing
    literal[rows[(rows[:, 1] == LITERAL) | (rows[:, 1] == TRIPLE), 0]] = True
    blank[rows[rows[:, 1] == BLANK, 0]] = True
    return TermNumbers(
        literal,
        blank,
        find=lambda iris: find_iris(connection, iris),
        texts=lambda numbers: _literals(connection, numbers),
    )


def find_iris(connection: Connection, iris: Collection[str]) -> dict[str, int]:
    """The numbers of those IRIs that are terms."""
    found: dict[str, int] = {}
    hashes = {crc32(iri): iri for iri in iris}
    for chunk in chunks(sorted(hashes), LOOKUP):
        query = select(term.c.value, term.c.id).where(term.c.hash.in_(chunk), term.c.kind == IRI)
        found.update({v: n for v, n in fetched(connection, query) if v in iris})
    return found


def read_inferred(connection: Connection) -> tuple[InferredColumns, tuple[str, ...]]:
    """The inferred triples and the names of their rules; none if they are stale."""
    rules: list[str] = []
    if inferred_from(connection) is not None:
        rules = sorted(connection.execute(select(inferred.c.rule).distinct()).scalars())
    numbers = {name: number for number, name in enumerate(rules)}
    columns = (inferred.c.subject, inferred.c.predicate, inferred.c.object)
    query = select(*columns, inferred.c.rule, inferred.c.round)
    rows = [(*r[:3], numbers[r[3]], r[4]) for r in fetched(connection, query)] if rules else []
    table = np.array(rows, dtype=np.int64).reshape(-1, 5)
    return InferredColumns(*(np.ascontiguousarray(table[:, i]) for i in range(5))), tuple(rules)


class Texts:
    """Terms as people read them: CURIEs, blank nodes as `_:NUMBER`, literals in quotes.

    Args:
        connection: kept as long as this is used.
        new: IRIs by number that are not in the store.
    """

    def __init__(self, connection: Connection, new: dict[int, str] | None = None) -> None:
        self._connection = connection
        self._new = {} if new is None else new
        query = select(prefix).join(source, source.c.release == prefix.c.release)
        rows = connection.execute(query.order_by(source.c.id.desc()))
        self._prefixes: dict[str, str] = {row.prefix: row.namespace for row in rows}
        self._curies = Curies(self._prefixes)
        self._known: dict[int, str] = {}

    def triples(
        self, triples: Iterable[tuple[int, int, int]]
    ) -> dict[tuple[int, int, int], TextTriple]:
        """Each triple with its texts."""
        listed = list(triples)
        texts = self.of({number for numbers in listed for number in numbers})
        return {t: TextTriple(*(texts[number] for number in t)) for t in listed}

    def of(self, numbers: Collection[int]) -> dict[int, str]:
        """The text of each number."""
        unknown = [n for n in numbers if n not in self._known]
        self._known.update({n: self.curie(self._new[n]) for n in unknown if n in self._new})
        columns = (term.c.id, term.c.kind, term.c.value, term.c.datatype, term.c.lang)
        for chunk in chunks(sorted(n for n in unknown if n not in self._new), LOOKUP):
            rows = fetched(self._connection, select(*columns).where(term.c.id.in_(chunk)))
            kept = self._kept_curies([row[2] for row in rows if row[1] == IRI])
            for number, kind, value, datatype, lang in rows:
                if kind == IRI:
                    text = str(kept.get(value) or self._curies.of(value))
                elif kind == LITERAL:
                    text = self._literal(value, datatype, lang)
                else:
                    text = f"_:{number}"
                self._known[number] = text
        return {n: self._known[n] for n in numbers}

    def curie(self, iri: str) -> str:
        """The CURIE of an IRI."""
        kept: str | None = self._kept_curies([iri]).get(iri)
        return kept or self._curies.of(iri)

    def iri(self, identifier: str) -> str:
        """The IRI of a CURIE: of an entity or relation, else by the prefixes of the files."""
        for table in (entity, relation):
            query = select(table.c.iri).where(table.c.curie == identifier).limit(1)
            found = self._connection.execute(query).scalar()
            if found is not None:
                return str(found)
        head, colon, rest = identifier.partition(":")
        namespace = {**self._prefixes, **WELL_KNOWN_PREFIXES}.get(head)
        if colon and not rest.startswith("//"):
            if namespace:
                return namespace + rest
            if self._curies.of(f"{OBO}{head}_{rest}") == identifier:
                return f"{OBO}{head}_{rest}"
        return identifier

    def _kept_curies(self, iris: Collection[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for chunk in chunks(iris, LOOKUP):
            for table in (relation, entity):
                query = select(table.c.iri, table.c.curie).where(table.c.iri.in_(chunk))
                found.update(dict(fetched(self._connection, query)))
        return found

    def _literal(self, value: str, datatype: str, lang: str) -> str:
        quoted = json.dumps(value, ensure_ascii=False)
        if lang:
            return f"{quoted}@{lang}"
        plain = not datatype or datatype == XSD + "string"
        return quoted if plain else f"{quoted}^^{self._curies.of(datatype)}"


def paths_of(
    connection: Connection, triples: Collection[tuple[int, int, int]]
) -> dict[tuple[int, int, int], tuple[str, ...]]:
    """The files that assert each triple; none for one that is not asserted."""
    paths = dict(
        fetched(
            connection,
            select(source.c.id, release.c.path).join(release, source.c.release == release.c.id),
        )
    )
    found: dict[tuple[int, int, int], tuple[str, ...]] = {}
    for wanted in triples:
        subject, predicate, object_ = wanted
        query = select(triple.c.source).where(
            triple.c.subject == subject,
            triple.c.predicate == predicate,
            triple.c.object == object_,
        )
        sources = sorted({row[0] for row in fetched(connection, query)})
        found[wanted] = tuple(dict.fromkeys(str(paths[number]) for number in sources))
    return found


def crc32(text: str) -> int:
    """As the store's terms are found by."""
    return zlib.crc32(text.encode())


def _literals(connection: Connection, numbers: Collection[int]) -> dict[int, LiteralText]:
    found: dict[int, LiteralText] = {}
    columns = (term.c.id, term.c.value, term.c.datatype, term.c.lang)
    for chunk in chunks(sorted(numbers), LOOKUP):
        query = select(*columns).where(term.c.id.in_(chunk), term.c.kind == LITERAL)
        found.update({row[0]: LiteralText(*row[1:]) for row in fetched(connection, query)})
    return found


def _numbers(connection: Connection, query: Any, width: int) -> Int64[np.ndarray, "row width"]:
    rows = fetched(connection, query)
    flat = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=width * len(rows))
    return flat.reshape(-1, width)
