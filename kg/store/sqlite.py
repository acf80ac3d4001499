"""SQLite, through the `pysqlite3` wheel where there is one."""

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from itertools import chain, islice
from types import ModuleType
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Integer,
    Table,
    and_,
    create_engine,
    event,
)
from sqlalchemy import text as sql_text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import StaticPool

from kg.store.dialects import (
    BUSY_SECONDS,
    MANY,
    Fault,
    NameMatch,
    bounded,
    chunks,
    insert_by_driver,
    match_by_like,
    surviving,
)
from kg.store.schema import name

_MOST_VALUES = 999  # that any SQLite takes in a statement
_LONGEST_START = 48  # characters of a word that are looked up by trigrams
_USUAL_LENGTH = 30.0  # of a name
_ALMOST = 1 - 1e-9  # floats are added up in another order in SQL
_FAULTS: dict[str, Fault] = {
    "locked": "busy",
    "malformed": "damaged",
    "not a database": "damaged",
    "Could not decode to UTF-8": "damaged",
    "codec can't decode": "damaged",
    "disk is full": "full",
    "disk I/O error": "full",
}
"""By what SQLite says. https://www.sqlite.org/rescode.html"""


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
        """An FTS5 index of trigrams: finds parts of words, and of Chinese, which has no blanks.

        It keeps which names have a trigram, not where in them: half the size, and a third faster.
        """
        connection.exec_driver_sql(
            "CREATE VIRTUAL TABLE name_index USING fts5(folded, content = 'name', "
            "content_rowid = 'id', tokenize = 'trigram', detail = none, columnsize = 0)"
        )

    def insert(self, connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
        """Tuples through the driver: four times as fast as SQLAlchemy's dictionaries.

        Integers go many rows a statement, twice as fast again; texts would be copied once more.
        """
        integers = sum(isinstance(column.type, Integer) for column in table.columns)
        if 2 * integers > len(table.columns):
            _insert_together(connection, table, rows)
        else:
            insert_by_driver(connection, self.mark, table, rows)

    def index_names(self, connection: Connection, start: int) -> None:
        """Take the names from this `name.id` on into the index."""
        connection.exec_driver_sql(
            "INSERT INTO name_index (rowid, folded) SELECT id, folded FROM name WHERE id >= ?",
            (start,),
        )

    def forget_names(self, connection: Connection, ids: Sequence[tuple[int]]) -> None:
        """Drop names from the index; many at once, as each statement ends on the disk."""
        for chunk in chunks((number for (number,) in ids), MANY):
            marks = ", ".join("?" * len(chunk))
            connection.exec_driver_sql(
                "INSERT INTO name_index (name_index, rowid, folded) "  # noqa: S608
                f"SELECT 'delete', id, folded FROM name WHERE id IN ({marks})",
                tuple(chunk),
            )

    def match(
        self, connection: Connection, words: Sequence[str], *, every: bool, limit: int
    ) -> list[NameMatch]:
        """By trigrams, the rarer words and the shorter names first; short words by LIKE.

        As in BM25, a word weighs the more the fewer names have it, here: its rarest trigram.
        """
        words = bounded(words)
        long = [word for word in words if _trigrams(word)]
        if not long or (every and len(long) < len(words)):
            return match_by_like(connection, words, every=every, limit=limit)
        trigrams = [_trigrams(word) for word in long]
        frequency = _frequency(connection, list(chain(*trigrams)))
        [[names]] = connection.exec_driver_sql("SELECT coalesce(max(id), 0) + 1 FROM name")
        weights = [
            math.log1p(names / (1 + min(frequency.get(t, 0) for t in of_word)))
            for of_word in trigrams
        ]
        query = (" AND " if every else " OR ").join(
            "(" + " AND ".join(map(_quoted, of_word)) + ")" for of_word in trigrams
        )
        weight = " + ".join(["(instr(name.folded, ?) > 0) * ?"] * len(long))
        found = connection.exec_driver_sql(
            "SELECT id, weight / (? + length(folded)) AS relevance FROM ("  # noqa: S608
            f"SELECT name.id, name.folded, {weight} AS weight "
            "FROM name_index JOIN name ON name.id = name_index.rowid WHERE name_index MATCH ?) "
            "WHERE weight > ? ORDER BY relevance DESC, id LIMIT ?",
            (
                _USUAL_LENGTH,
                *chain(*zip(long, weights, strict=True)),
                query,
                sum(weights) * _ALMOST if every else 0.0,
                limit,
            ),
        )
        return [NameMatch(number, relevance) for number, relevance in found]

    def is_named(self, text: str) -> ColumnElement[bool]:
        """By its trigrams; an index holds the names that have none."""
        trigrams = _trigrams(text)
        if len(text) < 3:
            return and_(sql_text("length(folded) < 3"), name.c.folded == text)
        if not trigrams:
            return name.c.folded == text
        query = " AND ".join(map(_quoted, trigrams))
        found = sql_text("SELECT rowid FROM name_index WHERE name_index MATCH :query")
        return and_(
            name.c.id.in_(found.bindparams(query=query).columns(name.c.id)), name.c.folded == text
        )

    def near(self, connection: Connection, text: str, *, edits: int, limit: int) -> list[int]:
        """By the rarest trigrams, and the length."""
        found = [text[at : at + 3] for at in range(len(text) - 2)]
        frequency = _frequency(connection, found)
        chosen = [t for t in surviving(text, edits, frequency) if t in frequency]
        if not chosen:
            return []
        query = " OR ".join(map(_quoted, chosen))
        names = connection.exec_driver_sql(
            "SELECT name.id FROM name_index JOIN name ON name.id = name_index.rowid "
            "WHERE name_index MATCH ? AND length(name.folded) BETWEEN ? AND ? LIMIT ?",
            (query, len(text) - edits, len(text) + edits, limit),
        )
        return [number for (number,) in names]

    def fault(self, error: DBAPIError) -> Fault:
        """What kind of fault an error of the database is."""
        said = str(error.orig)
        return next((kind for sign, kind in _FAULTS.items() if sign in said), "other")

    def check(self, connection: Connection) -> Iterator[str]:
        """By SQLite's check of all pages and indexes, and by FTS5's of its index."""
        for (said,) in connection.exec_driver_sql("PRAGMA integrity_check(5)"):
            if said != "ok":
                yield f"SQLite finds: {said}."
        try:
            connection.exec_driver_sql(
                "INSERT INTO name_index (name_index, rank) VALUES ('integrity-check', 1)"
            )
        except DBAPIError as error:
            if self.fault(error) != "damaged":
                raise
            yield "The index of names differs from the names."


def _insert_together(connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows, as many by a statement as may have values in it."""
    width = len(table.columns)
    together = _MOST_VALUES // width
    columns = ", ".join(table.columns.keys())
    start = f"INSERT INTO {table.name} ({columns}) VALUES "  # noqa: S608
    marks = "(" + ", ".join("?" * width) + ")"
    values = chain.from_iterable(rows)
    while part := tuple(islice(values, MANY // together * together * width)):
        end = len(part) - len(part) % (together * width)
        many = [part[at : at + together * width] for at in range(0, end, together * width)]
        if many:
            connection.exec_driver_sql(start + ", ".join([marks] * together), many)
        if part[end:]:
            rest = (len(part) - end) // width
            connection.exec_driver_sql(start + ", ".join([marks] * rest), part[end:])


def _trigrams(word: str) -> list[str]:
    """As few as cover a word, or its start."""
    start = word[:_LONGEST_START]
    places = (*range(0, len(start) - 3, 3), len(start) - 3) if len(start) >= 3 else ()
    trigrams = dict.fromkeys(start[at : at + 3] for at in places)
    return [trigram for trigram in trigrams if "\0" not in trigram]  # ends a query


def _frequency(connection: Connection, trigrams: Sequence[str]) -> dict[str, int]:
    """How many names have a trigram, for those that any has."""
    connection.exec_driver_sql(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.name_trigram "
        "USING fts5vocab('main', 'name_index', 'row')"
    )
    wanted = tuple(dict.fromkeys(trigrams))
    marks = ", ".join("?" * len(wanted))
    told = connection.exec_driver_sql(
        f"SELECT term, doc FROM temp.name_trigram WHERE term IN ({marks})",  # noqa: S608
        wanted,
    )
    return {row.term: row.doc for row in told}


def _quoted(trigram: str) -> str:
    return '"' + trigram.replace('"', '""') + '"'


def sqlite_module() -> ModuleType:
    """The SQLite driver: the `pysqlite3` wheel, else Python's own."""
    try:
        return import_module("pysqlite3.dbapi2")
    except ImportError:
        return import_module("sqlite3.dbapi2")


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA synchronous = FULL")
    except UnicodeDecodeError as error:  # SQLite quotes a damaged schema in its message
        raise OperationalError("PRAGMA synchronous", None, error) from error
    cursor.execute("PRAGMA cache_size = -65536")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
