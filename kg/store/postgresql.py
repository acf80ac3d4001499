"""PostgreSQL, through psycopg 3."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    bindparam,
    create_engine,
    event,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from kg.store.dialects import (
    BUSY_SECONDS,
    Fault,
    NameMatch,
    bounded,
    long_words,
    match_by_like,
    surviving,
)
from kg.store.schema import name

DRIVER = "postgresql+psycopg"
_CONNECT_SECONDS = 10
_LOADERS = 0x6F6E746F67726166
"""The advisory lock that loaders take, one after the other: "ontograf" in ASCII."""

_FAULTS: dict[str, Fault] = {
    "55P03": "busy",  # lock_not_available
    "53100": "full",  # disk_full
    "54000": "text",  # program_limit_exceeded: too long for an index
    "XX001": "damaged",  # data_corrupted
    "XX002": "damaged",  # index_corrupted
}
"""By SQLSTATE. https://www.postgresql.org/docs/current/errcodes-appendix.html"""

_WORDS = "to_tsvector('simple', left(folded, 10000))"
"""What the index of words is of; a tsvector has a greatest length."""


class PostgresqlDialect:
    """PostgreSQL 13 or later.

    Args:
        url: as for `sqlalchemy.create_engine`; its driver does not count.
    """

    mark = "%s"

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername=DRIVER)

    def engine(self) -> Engine:
        """An engine whose readers see one state, and whose writers wait for each other."""
        given = self._url.query
        arguments = {} if "connect_timeout" in given else {"connect_timeout": _CONNECT_SECONDS}
        engine = create_engine(self._url, connect_args=arguments)
        event.listen(engine, "begin", _on_begin)
        return engine

    def prepare_writing(self, engine: Engine) -> None:
        """Nothing."""

    def create_name_index(self, connection: Connection) -> None:
        """An index of words; and one of parts of words, if the server has pg_trgm."""
        create_name_index(connection)

    def insert(self, connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
        """By COPY."""
        from psycopg import Error

        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        statement = f"COPY {table.name} ({columns}) FROM STDIN"
        cursor = connection.connection.cursor()
        try:
            with cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)
        except Error as error:
            raise DBAPIError.instance(statement, None, error, Error) from error
        finally:
            cursor.close()

    def index_names(self, connection: Connection, start: int) -> None:
        """Nothing: the indexes follow the table."""

    def forget_names(self, connection: Connection, ids: Sequence[tuple[int]]) -> None:
        """Nothing: the indexes follow the table."""

    def match(
        self, connection: Connection, words: Sequence[str], *, every: bool, limit: int
    ) -> list[NameMatch]:
        """Names with words that begin so, by the index; if they are few, all that contain them.

        The shorter the name, the better.
        """
        asked = bounded(words)
        asked = asked if every else long_words(asked) or asked
        query = (" & " if every else " | ").join(map(_beginning, asked))
        begun = text(f"{_WORDS} @@ to_tsquery('simple', :words)").bindparams(
            bindparam("words", query)
        )
        found = match_by_like(connection, asked, every=every, limit=limit, where=begun)
        if len(found) < limit:
            found = match_by_like(connection, asked, every=every, limit=limit)
        return found

    def is_named(self, text: str) -> ColumnElement[bool]:
        """By the index of whole names."""
        return name.c.folded == text

    def near(self, connection: Connection, text: str, *, edits: int, limit: int) -> list[int]:
        """By trigrams, which pg_trgm's index finds, and the length."""
        trigrams = surviving(text, edits, {})
        if not trigrams:
            return []
        length = func.length(name.c.folded)
        query = (
            select(name.c.id)
            .where(
                or_(*(name.c.folded.contains(found, autoescape=True) for found in trigrams)),
                length.between(len(text) - edits, len(text) + edits),
            )
            .order_by(name.c.id)
            .limit(limit)
        )
        return list(connection.execute(query).scalars())

    def fault(self, error: DBAPIError) -> Fault:
        """What kind of fault an error of the database is."""
        state = getattr(error.orig, "sqlstate", None)
        if state is not None:
            return _FAULTS.get(state, "other")
        if "NUL" in str(error.orig):  # psycopg says so before the server sees the text
            return "text"
        return "away"

    def check(self, connection: Connection) -> Iterator[str]:
        """Nothing: the server has checksums of its pages, and tells when one is wrong."""
        yield from ()


def create_name_index(connection: Connection) -> None:
    """Index the words of names; and their trigrams, if the server has pg_trgm and allows it."""
    connection.exec_driver_sql(f"CREATE INDEX name_index ON name USING gin ({_WORDS})")
    offered = "SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'"
    if connection.exec_driver_sql(offered).first() is None:
        return
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            connection.exec_driver_sql(
                "CREATE INDEX name_parts ON name USING gin (folded gin_trgm_ops)"
            )
    except DBAPIError:  # not allowed to this user: `match` reads all names then
        return


def _beginning(word: str) -> str:
    """A word as `to_tsquery` reads it: what begins so."""
    quoted = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}':*"


def _on_begin(connection: Connection) -> None:
    if connection.get_execution_options().get("writing", False):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOADERS})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
