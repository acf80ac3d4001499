"""A knowledge base as a store of rdflib: `rdflib.Dataset(OntograftStore("kb.sqlite"))`.

https://rdflib.readthedocs.io/en/stable/persistence/. The entry point `rdf.plugins.store` has it as
"ontograft", so that `rdflib.Graph(store="ontograft")` and `graph.open("kb.sqlite")` do as well. It
is read-only, and sees the state that held when it was opened. Literals keep their lexical form.
rdflib knows neither statements about triples nor directions of text: the former are left out, of
the latter the direction.

A graph of rdflib is the graph of the same name; one with a name of rdflib's own making is the
default graph.
"""

import re
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from itertools import groupby
from typing import TYPE_CHECKING, Any, NoReturn

from rdflib.graph import DATASET_DEFAULT_GRAPH_ID, Graph
from rdflib.store import NO_STORE, VALID_STORE, Store
from rdflib.term import BNode, Identifier, Literal, Node, URIRef
from sqlalchemy import Column, Connection, Row, Select, and_, func, select, tuple_
from sqlalchemy.pool import StaticPool

from kg.errors import InputError
from kg.store.database import Database
from kg.store.dialects import LOOKUP, chunks
from kg.store.schema import prefix, source, term, triple
from kg.store.terms import BLANK, IRI, LITERAL, TRIPLE
from kg.vocabulary import XSD

if TYPE_CHECKING:
    from rdflib.graph import _ContextType, _TriplePatternType, _TripleType

_DEFAULT_GRAPH = -1
_UNKNOWN = -2
"""The number of a term that the knowledge base does not hold."""

_PAGE = 5_000
_KEPT_TERMS = 500_000
_LANGUAGE = re.compile(r"[a-zA-Z]+(?:-[a-zA-Z0-9]+)*")
_Reading = Callable[[], AbstractContextManager[Connection]]
_Row = tuple[int, int, int, int]
_BY_SUBJECT = ("subject", "predicate", "object", "graph")
_BY_OBJECT = ("predicate", "object", "subject", "graph")


class OntograftStore(Store):
    """The triples of a knowledge base, answered by the indexes of its tables.

    Args:
        configuration: the place of the knowledge base: a path, or a SQLAlchemy URL.
        identifier: is not looked at.
    """

    context_aware = True
    graph_aware = True
    formula_aware = False
    transaction_aware = False

    def __init__(
        self, configuration: str | None = None, identifier: Identifier | None = None
    ) -> None:
        self._namespaces: dict[str, URIRef] = {}
        self._prefixes: dict[URIRef, str] = {}
        self._opened = ExitStack()
        self._reader: _Reader | None = None
        super().__init__(configuration, identifier)

    def open(self, configuration: str | tuple[str, str], create: bool = False) -> int | None:
        """Open a knowledge base.

        Args:
            configuration: its place.
            create: must not be asked for.

        Returns:
            rdflib's VALID_STORE, or NO_STORE where there is none.

        Raises:
            NotAKnowledgeBaseError, SchemaVersionError: the place holds something else.
        """
        if create:
            _refuse()
        self.close()
        database = Database(str(configuration))
        self._opened.callback(database.close)
        if not database.holds_tables():
            self.close()
            return NO_STORE
        self._read(database)
        return VALID_STORE

    @classmethod
    def of(cls, database: Database) -> "OntograftStore":
        """A store over a database that is open already, and that others close."""
        store = cls()
        store._read(database)
        return store

    def _read(self, database: Database) -> None:
        """Read in one transaction, and so one state, until the store is closed."""
        connection = self._opened.enter_context(database.reading())
        reading: _Reading = lambda: nullcontext(connection)  # noqa: E731
        if isinstance(connection.engine.pool, StaticPool):
            # a database in memory, which has one connection, for all who read
            self._opened.pop_all().close()
            reading = database.reading
        self._reader = _Reader(reading)
        for name, namespace in self._reader.prefixes():
            self.bind(name, URIRef(namespace), override=False)

    def close(self, commit_pending_transaction: bool = False) -> None:
        """Give the connection back."""
        self._reader = None
        self._opened.close()

    # -- reading -------------------------------------------------------------------------------

    def triples(
        self, triple_pattern: "_TriplePatternType", context: "_ContextType | None" = None
    ) -> "Iterator[tuple[_TripleType, Iterator[_ContextType | None]]]":
        """The triples that fit a pattern, each with the graphs that it is in.

        Args:
            triple_pattern: subject, predicate and object; None for any.
            context: a graph; None for all.
        """
        reader = self._opened_reader()
        subject, predicate, object_ = (
            None if part is None else reader.number(part) for part in triple_pattern
        )
        graph = self._graph_number(context)
        if _UNKNOWN in (subject, predicate, object_, graph):
            return
        rows = reader.rows(subject, predicate, object_, graph)
        for numbers, alike in groupby(rows, key=lambda row: row[:3]):
            terms = [reader.terms[number] for number in numbers]
            graphs = [row[3] for row in alike]
            yield (terms[0], terms[1], terms[2]), iter([self._graph(n) for n in graphs])

    def __len__(self, context: "_ContextType | None" = None) -> int:
        """How many triples a graph has, or all together, each counted once."""
        graph = self._graph_number(context)
        return 0 if graph == _UNKNOWN else self._opened_reader().count(graph)

    def contexts(
        self, triple: "_TripleType | None" = None
    ) -> "Generator[_ContextType, None, None]":
        """The graphs, or those that a triple is in; the default graph if it holds any."""
        reader = self._opened_reader()
        if triple is not None:
            for _, graphs in self.triples(triple):
                yield from (graph for graph in graphs if graph is not None)
            return
        for number in reader.graphs():
            yield self._graph(number)

    def _opened_reader(self) -> "_Reader":
        if self._reader is None:
            raise InputError("The store is not open.", mend='Open it: `graph.open("kb.sqlite")`.')
        return self._reader

    def _graph(self, number: int) -> Graph:
        reader = self._opened_reader()
        name = DATASET_DEFAULT_GRAPH_ID if number < 0 else reader.terms[number]
        return Graph(store=self, identifier=name)  # type: ignore[arg-type]

    def _graph_number(self, context: "_ContextType | None") -> int | None:
        """The number of a graph, -1 for the default one, None for all of them."""
        if context is None or context == self:
            return None
        name = context.identifier
        if name == DATASET_DEFAULT_GRAPH_ID:
            return _DEFAULT_GRAPH
        number = self._opened_reader().number(name)
        unnamed = number == _UNKNOWN and isinstance(name, BNode)
        return _DEFAULT_GRAPH if unnamed else number

    # -- namespaces ----------------------------------------------------------------------------

    def bind(self, prefix: str, namespace: URIRef, override: bool = True) -> None:
        """Remember a prefix, for this store alone."""
        if not override and (prefix in self._namespaces or namespace in self._prefixes):
            return
        self._prefixes.pop(self._namespaces.get(prefix, URIRef("")), None)
        self._namespaces.pop(self._prefixes.get(namespace, ""), None)
        self._namespaces[prefix] = namespace
        self._prefixes[namespace] = prefix

    def namespace(self, prefix: str) -> URIRef | None:
        """The namespace of a prefix."""
        return self._namespaces.get(prefix)

    def prefix(self, namespace: URIRef) -> str | None:
        """The prefix of a namespace."""
        return self._prefixes.get(namespace)

    def namespaces(self) -> Iterator[tuple[str, URIRef]]:
        """All prefixes with their namespaces: those of the files, and those bound here."""
        yield from list(self._namespaces.items())

    # -- what would change it ------------------------------------------------------------------

    def add(self, triple: "_TripleType", context: Any, quoted: bool = False) -> None:
        """Refuse.

        Raises:
            InputError: always.
        """
        _refuse()

    def remove(self, triple: "_TriplePatternType", context: Any = None) -> None:
        """Refuse.

        Raises:
            InputError: always.
        """
        _refuse()

    def add_graph(self, graph: Graph) -> None:
        """Nothing: rdflib calls it for each graph that is looked at."""

    def remove_graph(self, graph: Graph) -> None:
        """Refuse.

        Raises:
            InputError: always.
        """
        _refuse()


class _Reader:
    """The terms and triples of a knowledge base, by their numbers."""

    def __init__(self, reading: _Reading) -> None:
        self._reading = reading
        self.terms = _Terms(self._fetched)
        self._predicates: list[int] | None = None
        held = select(term.c.id).where(term.c.kind == TRIPLE)
        self._has_triple_terms = bool(self._fetched(held.limit(1)))

    def prefixes(self) -> list[tuple[str, str]]:
        """Those that the files declare."""
        query = (
            select(prefix.c.prefix, prefix.c.namespace)
            .where(prefix.c.release.in_(select(source.c.release)))
            .order_by(prefix.c.release, prefix.c.prefix)
        )
        return [(row.prefix, row.namespace) for row in self._fetched(query)]

    def number(self, node: Node) -> int:
        """The number of a term of rdflib, or `_UNKNOWN`."""
        value, lang, datatype = str(node), "", ""
        if isinstance(node, Literal):
            kind, lang = LITERAL, node.language or ""
            datatype = str(node.datatype or "").replace(XSD + "string", "")
        elif isinstance(node, URIRef | BNode):
            kind = IRI if isinstance(node, URIRef) else BLANK
        else:
            return _UNKNOWN
        query = select(term.c.id, term.c.lang).where(
            term.c.hash == zlib.crc32(value.encode("utf-8", "replace")),
            term.c.kind == kind,
            term.c.value == value,
            term.c.datatype == datatype,
        )
        for row in self._fetched(query.order_by(term.c.id)):
            if _language(row.lang).lower() == lang.lower():
                return int(row.id)
        return _UNKNOWN

    def graphs(self) -> list[int]:
        """The numbers of all graphs that hold triples."""
        query = select(triple.c.graph).distinct().order_by(triple.c.graph)
        return [number for (number,) in self._fetched(query)]

    def count(self, graph: int | None) -> int:
        """How many triples there are in a graph, or in all, each counted once."""
        columns = (triple.c.subject, triple.c.predicate, triple.c.object)
        query = self._told(select(*columns).distinct())
        if graph is not None:
            query = query.where(triple.c.graph == graph)
        ((number,),) = self._fetched(select(func.count()).select_from(query.subquery()))
        return int(number)

    def rows(
        self, subject: int | None, predicate: int | None, object_: int | None, graph: int | None
    ) -> Iterator[_Row]:
        """The triples that fit, by the numbers of their terms; the graphs of one together."""
        if object_ is not None and subject is None and predicate is None:
            for each in self._all_predicates():
                yield from self.rows(None, each, object_, graph)
            return
        given = {"subject": subject, "predicate": predicate, "object": object_, "graph": graph}
        wanted = {name: number for name, number in given.items() if number is not None}
        by_object = subject is None and predicate is not None
        order = [triple.c[name] for name in (_BY_OBJECT if by_object else _BY_SUBJECT)]
        query = self._told(
            select(*(triple.c[name] for name in _BY_SUBJECT))
            .where(and_(True, *(triple.c[name] == number for name, number in wanted.items())))
            .distinct()
            .order_by(*order)
            .limit(_PAGE)
        )
        yield from self._paged(query, order)

    def _paged(self, query: Select[Any], order: Sequence[Column[Any]]) -> Iterator[_Row]:
        """The rows of a query, a page at a time: rdflib reads many patterns side by side."""
        last: tuple[int, ...] | None = None
        while True:
            page = query if last is None else query.where(tuple_(*order) > tuple_(*last))
            rows: list[_Row] = [
                (row.subject, row.predicate, row.object, row.graph) for row in self._fetched(page)
            ]
            self.terms.fetch(rows)
            yield from rows
            if len(rows) < _PAGE:
                return
            ended = dict(zip(_BY_SUBJECT, rows[-1], strict=True))
            last = tuple(ended[column.name] for column in order)

    def _all_predicates(self) -> list[int]:
        if self._predicates is None:
            query = select(triple.c.predicate).distinct().order_by(triple.c.predicate)
            self._predicates = [number for (number,) in self._fetched(query)]
        return self._predicates

    def _fetched(self, query: Select[Any]) -> Sequence[Row[Any]]:
        with self._reading() as connection:
            return connection.execute(query).all()

    def _told(self, query: Select[Any]) -> Select[Any]:
        """Without the triples that rdflib has no term for."""
        if not self._has_triple_terms:
            return query
        about = select(term.c.id).where(term.c.kind == TRIPLE)
        return query.where(triple.c.object.not_in(about))


class _Terms(dict[int, Node]):
    """Terms of rdflib by their numbers; of too many the older ones are forgotten."""

    def __init__(self, fetched: Callable[[Select[Any]], Sequence[Row[Any]]]) -> None:
        super().__init__()
        self._fetched = fetched

    def __missing__(self, number: int) -> Node:
        self.fetch([(number,)])
        return self[number]

    def fetch(self, rows: Sequence[tuple[int, ...]]) -> None:
        """Get the terms of these rows of numbers; a negative one is the default graph."""
        if len(self) > _KEPT_TERMS:
            self.clear()
        missing = sorted({n for row in rows for n in row if n >= 0 and n not in self})
        columns = (term.c.id, term.c.kind, term.c.value, term.c.datatype, term.c.lang)
        for chunk in chunks(missing, LOOKUP):
            query = select(*columns).where(term.c.id.in_(chunk))
            for row in self._fetched(query):
                self[row.id] = _node(row.kind, row.value, row.datatype, row.lang)


def _node(kind: int, value: str, datatype: str, lang: str) -> Node:
    if kind == IRI:
        return URIRef(value)
    if kind == BLANK:
        return BNode(value)
    if lang:
        return Literal(value, lang=_language(lang))
    return Literal(value, datatype=URIRef(datatype) if datatype else None, normalize=False)


def _language(lang: str) -> str:
    """A language as rdflib takes it: without a direction, and well-formed."""
    plain = lang.partition("--")[0]
    return plain if not plain or _LANGUAGE.fullmatch(plain) else "und"


def _refuse() -> NoReturn:
    raise InputError(
        "The store is read-only: a knowledge base changes by loading files.",
        mend="Copy what you need into a graph in memory: `rdflib.Graph() + graph`.",
    )
