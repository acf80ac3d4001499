"""Schema 3: a definition is the number of its term; its text is not kept twice."""

import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from kg.languages import language_of
from kg.store.sums import keep_sums, sum_of_rows, sum_of_terms

revision = "3"
down_revision = "2"
branch_labels = None
depends_on = None

_LITERAL = 2
_MANY = 10_000
_TERM = ("id", "kind", "value", "datatype", "lang", "hash")
_DESCRIPTION = (
    "row", "source", "kind", "label", "label_lang", "definition", "deprecated", "replaced_by",
)  # fmt: skip

_Text = tuple[str, str]


def upgrade() -> None:
    """Renew the table `description`, and its sums."""
    op.execute("CREATE TABLE old_description AS SELECT * FROM description")
    op.drop_table("description")
    op.create_table(
        "description",
        *map(_key, ("row", "source")),
        *map(_text, ("kind", "label", "label_lang")),
        sa.Column("definition", sa.Integer, nullable=False),
        sa.Column("deprecated", sa.SmallInteger, nullable=False),
        _text("replaced_by"),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    old = connection.execute(sa.text("SELECT * FROM old_description ORDER BY row, source")).all()
    op.drop_table("old_description")
    numbers = _numbers(connection, {(d.definition, d.definition_lang) for d in old})
    new = [(*told[:5], numbers[told.definition, told.definition_lang], *told[7:]) for told in old]
    _insert(connection, "description", _DESCRIPTION, new)
    _renew_sums(connection, [tuple(told) for told in old], new)
    op.execute("UPDATE meta SET value = '3' WHERE key = 'schema_version'")


def _numbers(connection: sa.Connection, wanted: set[_Text]) -> dict[_Text, int]:
    """The terms of definitions, by text and language; what no term holds becomes one."""
    numbers = {("", ""): -1}
    for number, value, lang in _literals(connection):
        found = (value.strip(), language_of(lang))
        if found in wanted:
            numbers.setdefault(found, number)
    highest = connection.execute(sa.text("SELECT coalesce(max(id), -1) FROM term")).scalar_one()
    rows = [
        (number, _LITERAL, text, "", lang, zlib.crc32(text.encode()))
        for number, (text, lang) in enumerate(sorted(wanted - set(numbers)), start=highest + 1)
    ]
    if rows:
        _insert(connection, "term", _TERM, rows)
        keep_sums(connection, grown={"term": sum_of_terms(rows)}, renewed={})
    return numbers | {(text, lang): number for number, _, text, _, lang, _ in rows}


def _literals(connection: sa.Connection) -> Iterator[Any]:
    query = sa.text("SELECT id, value, lang FROM term WHERE kind = 2 ORDER BY id")
    yield from connection.execute(query.execution_options(yield_per=_MANY))


def _renew_sums(
    connection: sa.Connection, old: list[tuple[Any, ...]], new: list[tuple[Any, ...]]
) -> None:
    """The sums of the new rows, where those of the old are as they were written."""
    query = sa.text(
        "SELECT source.id, release.id, sums FROM source "
        "JOIN release ON release.id = source.release WHERE sums <> ''"
    )
    for source, release, text in connection.execute(query).all():
        sums = json.loads(text)
        if sums.get("description") == sum_of_rows([told for told in old if told[1] == source]):
            sums["description"] = sum_of_rows([told for told in new if told[1] == source])
            connection.execute(
                sa.text("UPDATE release SET sums = :sums WHERE id = :release"),
                {"sums": json.dumps(sums), "release": release},
            )


def _insert(
    connection: sa.Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    marks = ", ".join(f":{column}" for column in columns)
    statement = sa.text(f"INSERT INTO {table} VALUES ({marks})")  # noqa: S608
    for start in range(0, len(rows), _MANY):
        part = rows[start : start + _MANY]
        connection.execute(statement, [dict(zip(columns, row, strict=True)) for row in part])


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, primary_key=True, autoincrement=False)


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=False)
