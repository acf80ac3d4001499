"""Opens a place as a database of ours, and gives transactions on it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from kg.errors import (
    InputError,
    JobError,
    NotAKnowledgeBaseError,
    OntograftError,
    SchemaVersionError,
)
from kg.store.dialects import Dialect
from kg.store.postgresql import PostgresqlDialect
from kg.store.schema import APPLICATION, SCHEMA_VERSION, alembic_version, meta, metadata
from kg.store.sqlite import SqliteDialect

_SQLITE_HEADER = b"SQLite format 3\0"


class Database:
    """A place where a knowledge base is, or will be after the first load.

    Args:
        location: a path, which is an SQLite file, or a URL (anything with `://`) of an SQLite file
            or a PostgreSQL database.
        may_be_older: whether an older schema is let in, for `upgrade`.

    Raises:
        NotAKnowledgeBaseError: the place holds something else.
        SchemaVersionError: it was made by a newer ontograft, or by an older one.
        InputError: the URL names an unknown kind of database.
    """

    def __init__(self, location: str, *, may_be_older: bool = False) -> None:
        self.location = shown_location(location)
        self._may_be_older = may_be_older
        self._file, self.dialect = _place(location)
        self._engine: Engine | None = None
        self._empty: Engine | None = None
        if self._file is not None:
            _check_file(self._file)
        try:
            self.holds_tables()
        except BaseException:
            self.close()
            raise

    def holds_tables(self) -> bool:
        """Whether a first load has been finished here."""
        if self._file is not None and not self._file.exists():
            return False
        with self._begin(writing=False) as connection:
            return self._check_schema(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database, an empty one before the first load."""
        if not self.holds_tables():
            with self._empty_engine().begin() as connection:
                yield connection
            return
        with self._begin(writing=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that makes the tables if need be; all of it happens or nothing.

        Raises:
            JobError: the database is locked for long, the disk is full, and the like.
        """
        fresh = self._file is not None and not self._file.exists()
        try:
            with self._translated():
                self.dialect.prepare_writing(self._connected())
            with self._begin(writing=True) as connection:
                if not self._check_schema(connection):
                    self._create_schema(connection)
                yield connection
        except BaseException:
            if fresh:
                self._remove_if_empty()
            raise

    def dialect_of(self, connection: Connection) -> Dialect:
        """The dialect of a connection that `reading` or `writing` gave."""
        return SqliteDialect(None) if connection.engine is self._empty else self.dialect

    def upgrade(self) -> int:
        """Bring the tables to the present schema, all of it or nothing; the version before.

        Raises:
            NotAKnowledgeBaseError: nothing is there.
            JobError: the database cannot be written.
        """
        if not self.holds_tables():
            raise NotAKnowledgeBaseError("There is no knowledge base here.", where=self.location)
        with self.writing() as connection:
            query = select(meta.c.value).where(meta.c.key == "schema_version")
            before = int(connection.execute(query).scalar_one())
            if before < SCHEMA_VERSION:
                from kg.store.migrations import upgrade

                upgrade(connection, before)
        return before

    def close(self) -> None:
        """Give all connections back."""
        for engine in (self._engine, self._empty):
            if engine is not None:
                engine.dispose()
        self._engine = self._empty = None

    def _connected(self) -> Engine:
        if self._engine is None:
            self._engine = self.dialect.engine()
        return self._engine

    def _empty_engine(self) -> Engine:
        if self._empty is None:
            dialect = SqliteDialect(None)
            self._empty = dialect.engine()
            with self._empty.begin() as connection:
                self._create_schema(connection, dialect)
        return self._empty

    @contextmanager
    def _begin(self, *, writing: bool) -> Iterator[Connection]:
        with (
            self._translated(),
            self._connected().connect() as connection,
            connection.execution_options(writing=writing).begin(),
        ):
            yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """The database's errors as ours."""
        try:
            yield
        except ImportError as error:
            raise InputError(
                f"The driver for PostgreSQL is not usable ({error}).",
                where=self.location,
                mend="Install it: `pip install 'ontograft[postgres]'`.",
            ) from error
        except UnicodeEncodeError as error:
            raise InputError(
                f"A text is no Unicode: it has {error.object[error.start]!a}.",
                where=self.location,
                mend="Leave that character out.",
            ) from error
        except DBAPIError as error:
            raise self._error(error) from error
        except Exception as error:
            # `fetched` reads from the driver's own cursor
            driver = self._engine.dialect.dbapi if self._engine else None
            if driver is None or not isinstance(error, driver.Error):
                raise
            raise self._error(DBAPIError("", None, error)) from error

    def _error(self, error: DBAPIError) -> OntograftError:
        said = str(error.orig).strip() or type(error.orig).__name__
        first = said.splitlines()[0]
        kind = self.dialect.fault(error)
        if kind == "damaged":
            return self._damaged(first)
        if kind == "away":
            return NotAKnowledgeBaseError(
                f"The database does not answer: {first}",
                where=self.location,
                mend="Check the URL, and that the server runs.",
            )
        if kind == "text":
            return InputError(
                f"A text cannot be held by this database: {first}.",
                where=self.location,
                mend="Leave it out, or use an SQLite file, which holds any text.",
            )
        what, mend = {
            "busy": (
                "Another process writes to the knowledge base.",
                "Wait until it has finished, and run the command again.",
            ),
            "full": (
                f"The disk is full, or may not be written to ({first}).",
                "Make room and run the command again; the knowledge base is as it was before.",
            ),
        }.get(kind, (f"The database refuses: {first}.", ""))
        return JobError(what, where=self.location, mend=mend)

    def _damaged(self, said: str) -> NotAKnowledgeBaseError:
        return NotAKnowledgeBaseError(
            f"The knowledge base is damaged ({said}).",
            where=self.location,
            mend="Remove it and load the ontology files again.",
        )

    def _check_schema(self, connection: Connection) -> bool:
        tables = inspect(connection).get_table_names()
        if not tables:
            return False
        found = dict[str, str]()
        if meta.name in tables and {c["name"] for c in inspect(connection).get_columns("meta")} == {
            "key",
            "value",
        }:
            found = {row.key: row.value for row in connection.execute(select(meta))}
        if found.get("application") != APPLICATION:
            raise NotAKnowledgeBaseError(
                "This database belongs to another program, and is left as it is.",
                where=self.location,
                mend="Name another file or database for the knowledge base.",
            )
        known = found.get("schema_version", "")
        if not known.isdecimal():
            raise self._damaged("the version of its schema is missing")
        self._check_version(int(known))
        missing = set(metadata.tables) - set(tables) - {alembic_version.name}
        if int(known) == SCHEMA_VERSION and missing:
            raise self._damaged(f"without the table {min(missing)}")
        return True

    def _check_version(self, version: int) -> None:
        told = f"The knowledge base has schema version {version}; this ontograft knows "
        if version > SCHEMA_VERSION:
            raise SchemaVersionError(
                f"{told}{SCHEMA_VERSION}.",
                where=self.location,
                mend="Get a newer one: `pip install --upgrade ontograft`.",
            )
        if version < SCHEMA_VERSION and not self._may_be_older:
            raise SchemaVersionError(
                f"{told}{SCHEMA_VERSION}.",
                where=self.location,
                mend=f"Upgrade it: `ontograft upgrade {self.location}`.",
            )

    def _create_schema(self, connection: Connection, dialect: Dialect | None = None) -> None:
        metadata.create_all(connection)
        (dialect or self.dialect).create_name_index(connection)
        connection.execute(
            insert(meta),
            [
                {"key": "application", "value": APPLICATION},
                {"key": "schema_version", "value": str(SCHEMA_VERSION)},
            ],
        )
        connection.execute(insert(alembic_version).values(version_num=str(SCHEMA_VERSION)))

    def _remove_if_empty(self) -> None:
        """Leave no file where there was none, unless another process has filled it meanwhile."""
        self.close()
        if self._file is None or not self._file.exists() or self.holds_tables():
            return
        self.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._file}{suffix}").unlink(missing_ok=True)


def shown_location(location: str) -> str:
    """The location as messages and files may show it: without the password of a URL."""
    if "://" not in location:
        return location
    shown = re.sub(r"(?<=://)([^:@/?]*):[^?]*@", r"\1:***@", location)
    return re.sub(r"(?i)([?&][a-z]*password=)[^&]*", r"\1***", shown)


def _place(location: str) -> tuple[Path | None, Dialect]:
    """The file, where it is one, and the dialect that is spoken there."""
    if "://" not in location:
        return Path(location), SqliteDialect(location)
    backend = location.partition("://")[0].partition("+")[0].lower()
    try:
        url = make_url(location)
        if backend in ("postgresql", "postgres"):
            return None, PostgresqlDialect(url)
    except (ArgumentError, ValueError):
        backend = ""
    if backend != "sqlite":
        # `from None`: the reason may hold the password
        raise InputError(
            f"{shown_location(location)} is no database URL that ontograft knows.",
            mend="Give a path for an SQLite file, or a URL such as postgresql://HOST/DATABASE.",
        ) from None
    return (Path(url.database) if url.database else None), SqliteDialect(url.database)


def _check_file(path: Path) -> None:
    """Refuse a place that cannot be an SQLite file, before SQLite touches it."""
    where = str(path)
    if path.is_dir():
        raise NotAKnowledgeBaseError(
            "This is a folder.", where=where, mend="Name a file, such as FOLDER/knowledge.db."
        )
    if not path.exists():
        if not path.parent.is_dir():
            raise NotAKnowledgeBaseError(
                f"The folder {path.parent} does not exist.",
                where=where,
                mend=f"Make it: `mkdir -p {path.parent}`.",
            )
        return
    if not path.is_file():
        raise NotAKnowledgeBaseError(
            "This is no file, but a device or a pipe.", where=where, mend="Name a file."
        )
    try:
        with path.open("rb") as stream:
            start = stream.read(len(_SQLITE_HEADER))
    except OSError as error:
        raise NotAKnowledgeBaseError(
            f"The file cannot be read ({error.strerror}).", where=where, mend="Check its rights."
        ) from error
    if start and start != _SQLITE_HEADER:
        raise NotAKnowledgeBaseError(
            "This file is no knowledge base.",
            where=where,
            mend=f"If it is an ontology, load it first: `ontograft load KB {path.name}`.",
        )
