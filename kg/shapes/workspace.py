"""Sets of nodes and of pairs beside the tables of the store, for the time of one validation.

They are temporary tables of the connection, so that the database joins them with the triples; a
set goes by its number. Terms that only the shapes have get numbers below 0.
"""

import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Select,
    SmallInteger,
    Table,
    Text,
    insert,
    literal,
    select,
)
from sqlalchemy.schema import CreateTable, DropTable

from kg.errors import ShapesFaultError
from kg.shapes.shapes_graph import read_terms, stored_term
from kg.sparql.result import SparqlTerm
from kg.store.dialects import LOOKUP, chunks
from kg.store.reading import fetched
from kg.store.schema import term, triple
from kg.store.terms import BLANK, IRI, LITERAL, TRIPLE
from kg.vocabulary import SUBCLASS_OF, TYPE

MOST_PAIRS = 20_000_000
"""More focus nodes with their values than that are refused."""

_KINDS = {"uri": IRI, "bnode": BLANK, "literal": LITERAL}
_metadata = MetaData()

node_table = Table(
    "shape_node",
    _metadata,
    Column("scope", Integer, primary_key=True),
    Column("node", Integer, primary_key=True),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)

pair_table = Table(
    "shape_pair",
    _metadata,
    Column("scope", Integer, primary_key=True),
    Column("focus", Integer, primary_key=True),
    Column("value", Integer, primary_key=True),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)

local_term = Table(
    "shape_term",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", SmallInteger, nullable=False),
    Column("value", Text, nullable=False),
    Column("datatype", Text, nullable=False),
    Column("lang", Text, nullable=False),
    prefixes=["TEMPORARY"],
)

_tables = (node_table, pair_table, local_term)


class Workspace:
    """The sets of one validation. Built by `workspace`.

    Args:
        connection: in a transaction, in which it may make temporary tables.

    Attributes:
        has_local_nodes: some node to be validated is not in the store.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.has_local_nodes = False
        self._scopes = 0
        self._ids: dict[SparqlTerm, int] = {}
        self._local: dict[int, SparqlTerm] = {}
        self._subclasses: dict[tuple[int, ...], int] = {}

    def fetch(self, query: Any) -> Sequence[tuple[Any, ...]]:
        """All rows of a query."""
        return fetched(self.connection, query)

    def ids(self, terms: Iterable[SparqlTerm]) -> list[int]:
        """The numbers of terms; those that are not in the store get one below 0."""
        wanted = list(terms)
        new = {found for found in wanted if found not in self._ids}
        if new:
            self._number(new)
        return [self._ids[found] for found in wanted]

    def id(self, wanted: SparqlTerm) -> int:
        """The number of a term."""
        return self.ids([wanted])[0]

    def terms(self, ids: Iterable[int]) -> dict[int, SparqlTerm]:
        """The terms of numbers."""
        wanted = set(ids)
        found = read_terms(self.connection, sorted(id_ for id_ in wanted if id_ >= 0))
        return found | {id_: self._local[id_] for id_ in wanted if id_ < 0}

    def nodes(self, ids: Iterable[int]) -> int:
        """A new set of nodes, from their numbers."""
        self._scopes += 1
        rows = [{"scope": self._scopes, "node": id_} for id_ in sorted(set(ids))]
        if rows:
            self.connection.execute(insert(node_table), rows)
        return self._scopes

    def nodes_of(self, query: Any) -> int:
        """A new set of nodes, from a query with one column."""
        self._scopes += 1
        column = next(iter(query.subquery().c))
        chosen = select(literal(self._scopes, Integer), column).distinct()
        self.connection.execute(insert(node_table).from_select(["scope", "node"], chosen))
        return self._scopes

    def pairs_of(self, query: Any) -> int:
        """A new set of pairs, from a query for focus and value that gives each pair once.

        Raises:
            ShapesFaultError: there are more than `MOST_PAIRS`.
        """
        self._scopes += 1
        self.add_pairs(self._scopes, query)
        return self._scopes

    def add_pairs(self, scope: int, query: Any) -> None:
        """Put pairs that are not there yet into a set.

        Raises:
            ShapesFaultError: there are more than `MOST_PAIRS`.
        """
        inner = query.limit(MOST_PAIRS + 1).subquery()
        chosen = select(literal(scope, Integer), inner.c.focus, inner.c.value)
        columns = ["scope", "focus", "value"]
        done = self.connection.execute(insert(pair_table).from_select(columns, chosen))
        if done.rowcount > MOST_PAIRS:
            raise ShapesFaultError(
                f"A path of the shapes leads from the nodes to more than {MOST_PAIRS:,} values.",
                mend="Choose fewer nodes, or a shorter path.",
            )

    def members(self, scope: int) -> Select[tuple[int]]:
        """The nodes of a set, as a query."""
        return select(node_table.c.node).where(node_table.c.scope == scope)

    def pairs(self, scope: int) -> Select[tuple[int, int]]:
        """The pairs of a set, as a query with the columns focus and value."""
        found = select(pair_table.c.focus, pair_table.c.value)
        return found.where(pair_table.c.scope == scope)

    def classes_below(self, classes: Iterable[int]) -> int:
        """The set of these classes and all their subclasses."""
        key = tuple(sorted(set(classes)))
        if key not in self._subclasses:
            start = self.members(self.nodes(key)).subquery()
            below = select(start.c.node).cte("below", recursive=True)
            subclass = self.id(SparqlTerm("uri", SUBCLASS_OF))
            step = select(triple.c.subject).join(below, triple.c.object == below.c.node)
            below = below.union(step.where(triple.c.predicate == subclass))
            self._subclasses[key] = self.nodes_of(select(below.c.node))
        return self._subclasses[key]

    def instances(self, classes: Iterable[int]) -> Select[tuple[int]]:
        """The instances of these classes and their subclasses, as a query."""
        typed = select(triple.c.subject).where(
            triple.c.predicate == self.id(SparqlTerm("uri", TYPE)),
            triple.c.object.in_(self.members(self.classes_below(classes))),
        )
        return cast("Select[tuple[int]]", typed)

    def _number(self, wanted: Collection[SparqlTerm]) -> None:
        """Give numbers to terms that have none yet: those of the store, or new ones."""
        hashes = {zlib.crc32(_value(found).encode()) for found in wanted if found.kind in _KINDS}
        columns = (term.c.id, term.c.kind, term.c.value, term.c.datatype, term.c.lang)
        for chunk in chunks(sorted(hashes), LOOKUP):
            for id_, *told in self.fetch(select(*columns).where(term.c.hash.in_(chunk))):
                found = stored_term(*told)
                if found in wanted:
                    self._ids[found] = id_
        rows = []
        for found in wanted:
            if found not in self._ids:
                number = self._ids[found] = -2 - len(self._local)  # -1 is the default graph
                self._local[number] = found
                kind = _KINDS.get(found.kind, TRIPLE)
                row = (number, kind, found.value, found.datatype, found.lang)
                rows.append(dict(zip(local_term.c.keys(), row, strict=True)))
        if rows:
            self.connection.execute(insert(local_term), rows)


def _value(found: SparqlTerm) -> str:
    """The value in the store; there, a blank node is named without the b before it."""
    return found.value.removeprefix("b") if found.kind == "bnode" else found.value


@contextmanager
def workspace(connection: Connection) -> Iterator[Workspace]:
    """Temporary tables while the block runs; a fault takes them away with its transaction."""
    for table in _tables:
        connection.execute(CreateTable(table))
    yield Workspace(connection)
    for table in _tables:
        connection.execute(DropTable(table))
