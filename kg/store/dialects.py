"""All that differs between databases: how they connect, begin, and search names.

`SqliteDialect` is the default; `PlainDialect` needs nothing but SQL, and serves PostgreSQL.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from itertools import islice
from types import ModuleType
from typing import Any, NamedTuple, Protocol, TypeVar, runtime_checkable

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

T = TypeVar("T")
BUSY_SECONDS = 30
MANY = 50_000
"""Rows handed to the driver at once."""


class NameMatch(NamedTuple):
    """A name found by its text; `relevance` above 0, larger is better."""

    name: int
    relevance: float


@runtime_checkable
class Dialect(Protocol):
    """What the store asks of a database; `mark` stands for a value in the driver's own SQL."""

    mark: str

    def engine(self) -> Engine:
        """A new engine; connects on first use."""

    def prepare_writing(self, engine: Engine) -> None:
        """What must be done before the transaction of the first write."""

    def create_name_index(self, connection: Connection) -> None:
        """Create what `match` needs, beside the tables."""

    def insert(self, connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
        """Insert rows of all columns, in their order; the fastest way there is."""

    def index_names(self, connection: Connection, start: int) -> None:
        """Take the names from this `name.id` on into the index."""

    def forget_names(self, connection: Connection, ids: Sequence[tuple[int]]) -> None:
        """Drop names from the index, before they go from their table."""

    def match(
        self, connection: Connection, words: Sequence[str], *, every: bool, limit: int
    ) -> list[NameMatch]:
        """Names that contain every word (or any), best first; words are case-folded."""


class SqliteDialect:
    """SQLite, through the `pysqlite3` wheel where there is one: it is newer than the system's.

    Args:
        path: of the file; None for a database in memory.
    """

    mark = "?"

    def __init__(self, path: str | None) -> None:
        self._path = path

    def engine(self) -> Engine:
        """An engine whose transactions hold the creation of tables too.

        Python's driver begins no transaction before DDL, so it is told to begin none at all, and
        `begin` says it. https://docs.sqlalchemy.org/en/21/dialects/sqlite.html#pysqlite-serializable
        """
        options: dict[str, Any] = {} if self._path else {"poolclass": StaticPool}
        engine = create_engine(
            URL.create("sqlite", database=self._path),
            module=sqlite_module(),
            connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
            **options,
        )
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
        return engine

    def prepare_writing(self, engine: Engine) -> None:
        """Switch to write-ahead logging; readers then never wait for a load."""
        deadline = time.monotonic() + BUSY_SECONDS
        raw = engine.raw_connection()
        try:
            while True:
                try:
                    raw.cursor().execute("PRAGMA journal_mode = WAL")
                    return
                except engine.dialect.loaded_dbapi.OperationalError as error:
                    # This pragma does not wait by itself when another process is at it.
                    if "locked" not in str(error) or time.monotonic() > deadline:
                        raise OperationalError("PRAGMA journal_mode", None, error) from error
                    time.sleep(0.05)
        finally:
            raw.close()

    def create_name_index(self, connection: Connection) -> None:
        """An FTS5 index of trigrams: finds parts of words, and of Chinese, which has no blanks."""
        connection.exec_driver_sql(
            "CREATE VIRTUAL TABLE name_index USING fts5("
            "folded, content = 'name', content_rowid = 'id', tokenize = 'trigram')"
        )

    def insert(self, connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
        """Tuples through the driver: four times as fast as SQLAlchemy's dictionaries."""
        insert_by_driver(connection, self.mark, table, rows)

    def index_names(self, connection: Connection, start: int) -> None:
        """Take the names from this `name.id` on into the index."""
        connection.exec_driver_sql(
            "INSERT INTO name_index (rowid, folded) SELECT id, folded FROM name WHERE id >= ?",
            (start,),
        )

    def forget_names(self, connection: Connection, ids: Sequence[tuple[int]]) -> None:
        """Drop names from the index."""
        for chunk in chunks(ids, MANY):
            connection.exec_driver_sql(
                "INSERT INTO name_index (name_index, rowid, folded) "
                "SELECT 'delete', id, folded FROM name WHERE id = ?",
                chunk,
            )

    def match(
        self, connection: Connection, words: Sequence[str], *, every: bool, limit: int
    ) -> list[NameMatch]:
        """By trigrams, ranked by bm25; words of one or two characters by LIKE."""
        long = [word for word in words if len(word) >= 3]
        if not long or (every and len(long) < len(words)):
            return match_by_like(connection, words, every=every, limit=limit)
        query = (" AND " if every else " OR ").join(
            '"' + word.replace('"', '""') + '"' for word in long
        )
        found = connection.exec_driver_sql(
            "SELECT rowid, -bm25(name_index) FROM name_index WHERE name_index MATCH ? "
            "ORDER BY bm25(name_index), rowid LIMIT ?",
            (query, limit),
        )
        return [NameMatch(name, max(relevance, 1e-9)) for name, relevance in found]


class PlainDialect:
    """A database that is reached by a SQLAlchemy URL and asked in plain SQL.

    Args:
        url: as for `sqlalchemy.create_engine`.
    """

    mark = "%s"

    def __init__(self, url: URL) -> None:
        self._url = url

    def engine(self) -> Engine:
        """An engine for the URL."""
        return create_engine(self._url, isolation_level="SERIALIZABLE")

    def prepare_writing(self, engine: Engine) -> None:
        """Nothing."""

    def create_name_index(self, connection: Connection) -> None:
        """Nothing beside the index of `name.folded`."""

    def insert(self, connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
        """Tuples through the driver."""
        insert_by_driver(connection, self.mark, table, rows)

    def index_names(self, connection: Connection, start: int) -> None:
        """Nothing."""

    def forget_names(self, connection: Connection, ids: Sequence[tuple[int]]) -> None:
        """Nothing."""

    def match(
        self, connection: Connection, words: Sequence[str], *, every: bool, limit: int
    ) -> list[NameMatch]:
        """By LIKE; the shorter the name, the better."""
        return match_by_like(connection, words, every=every, limit=limit)


def insert_by_driver(
    connection: Connection, mark: str, table: Table, rows: Iterable[tuple[Any, ...]]
) -> None:
    """Insert rows of all columns with the driver's `executemany`."""
    columns = ", ".join(column.name for column in table.columns)
    marks = ", ".join([mark] * len(table.columns))
    sql = f"INSERT INTO {table.name} ({columns}) VALUES ({marks})"  # noqa: S608
    for chunk in chunks(rows, MANY):
        connection.exec_driver_sql(sql, chunk)


def chunks(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most this many rows."""
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk


def match_by_like(
    connection: Connection, words: Sequence[str], *, every: bool, limit: int
) -> list[NameMatch]:
    """Names that contain every word (or any); the share of the name that the words make ranks."""
    from sqlalchemy import and_, func, or_, select

    from kg.store.schema import name

    conditions = [name.c.folded.contains(word, autoescape=True) for word in words]
    query = (
        select(name.c.id, func.length(name.c.folded))
        .where(and_(*conditions) if every else or_(*conditions))
        .order_by(func.length(name.c.folded), name.c.id)
        .limit(limit)
    )
    asked = sum(map(len, words))
    return [NameMatch(row[0], asked / max(row[1], 1)) for row in connection.execute(query)]


def sqlite_module() -> ModuleType:
    """The SQLite driver: the `pysqlite3` wheel, else Python's own."""
    try:
        return import_module("pysqlite3.dbapi2")
    except ImportError:
        return import_module("sqlite3.dbapi2")


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA cache_size = -65536")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
