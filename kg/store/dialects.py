"""What differs between databases: how they connect, begin, load in bulk, and search names.

Each has a file of its own: `sqlite.py`, the default, and `postgresql.py`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal, NamedTuple, Protocol, TypeVar, runtime_checkable

from sqlalchemy import ColumnElement, Connection, Engine, Table, TextClause, and_, func, or_, select
from sqlalchemy.exc import DBAPIError

from kg.store.schema import name

T = TypeVar("T")
Fault = Literal["busy", "full", "damaged", "text", "away", "other"]
"""busy: another one writes; text: one that this database cannot hold; away: it does not answer."""

BUSY_SECONDS = 300
"""How long a writer waits for another."""

MANY = 50_000
"""Rows handed to the driver at once."""

MOST = 0.1
"""From this share of a table on it is faster to read it whole than to look rows up."""

LOOKUP = 500
"""Keys asked for in one query."""

_MOST_WORDS = 100
_LONGEST_WORD = 1000


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

    def is_named(self, text: str) -> ColumnElement[bool]:
        """That a name is this case-folded text."""

    def near(self, connection: Connection, text: str, *, edits: int, limit: int) -> list[int]:
        """Names that may be within some edits of a case-folded text: `name.id` of candidates."""

    def fault(self, error: DBAPIError) -> Fault:
        """What kind of fault an error of the database is."""

    def check(self, connection: Connection) -> Iterator[str]:
        """What the database itself finds damaged, a sentence each."""


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


def long_words(words: Sequence[str]) -> list[str]:
    """Those of three characters or more, which have trigrams."""
    return [word for word in words if len(word) >= 3]


def bounded(words: Sequence[str]) -> list[str]:
    """As many words, each as long, as a database can be asked for at once."""
    return [word[:_LONGEST_WORD] for word in words[:_MOST_WORDS]]


def surviving(text: str, edits: int, frequency: Mapping[str, int]) -> list[str]:
    """Trigrams of a text, one of which stands in every text that is within some edits of it.

    Of trigrams that do not overlap an edit breaks one, or two neighbours if it swaps characters
    (Wu, Manber 1992, doi:10.1145/135239.135244, on partitions), so that two more than edits are
    taken. A text that is too short for them gives all trigrams it has, and some are missed.

    Args:
        text: case-folded.
        edits: that must be survived.
        frequency: how many names hold a trigram; the rarest are taken.
    """
    found = [text[at : at + 3] for at in range(len(text) - 2)]
    apart: list[int] = []
    for at in sorted(range(len(found)), key=lambda at: frequency.get(found[at], 0)):
        if all(abs(at - other) > 2 for other in apart):
            apart.append(at)
    chosen = apart[: edits + 2] if len(apart) > edits + 1 else range(len(found))
    return list(dict.fromkeys(found[at] for at in chosen))


def match_by_like(
    connection: Connection,
    words: Sequence[str],
    *,
    every: bool,
    limit: int,
    where: TextClause | None = None,
) -> list[NameMatch]:
    """Names that contain every word (or any); the share of the name that the words make ranks.

    Args:
        connection: in a transaction.
        words: case-folded.
        every: whether all must be there.
        limit: how many names at most.
        where: what must hold besides.
    """
    conditions = [name.c.folded.contains(word, autoescape=True) for word in words]
    query = (
        select(name.c.id, func.length(name.c.folded))
        .where(and_(*conditions) if every else or_(*conditions))
        .order_by(func.length(name.c.folded), name.c.id)
        .limit(limit)
    )
    if where is not None:
        query = query.where(where)
    asked = sum(map(len, words))
    return [NameMatch(row[0], asked / max(row[1], 1)) for row in connection.execute(query)]
