"""Knowledge bases as an ontograft of schema 2 made them: definitions were texts."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from kg.store.sqlite import sqlite_module
from kg.store.sums import sum_of_rows

DESCRIPTION_2 = """\
CREATE TABLE description (
    "row" INTEGER NOT NULL, source INTEGER NOT NULL, kind TEXT NOT NULL, label TEXT NOT NULL,
    label_lang TEXT NOT NULL, definition TEXT NOT NULL, definition_lang TEXT NOT NULL,
    deprecated SMALLINT NOT NULL, replaced_by TEXT NOT NULL,
    PRIMARY KEY ("row", source))"""
DESCRIPTIONS = """
SELECT "row", source, description.kind, label, label_lang, coalesce(trim(value), ''),
    coalesce(lower(lang), ''), deprecated, replaced_by
FROM description LEFT JOIN term ON term.id = definition
"""


def make_sqlite_older(path: Path) -> None:
    """Bring a knowledge base of today back to schema 2."""
    with closing(sqlite_module().connect(path)) as present:
        _make_older(present.cursor(), "?", " WITHOUT ROWID")
        present.commit()


def make_postgresql_older(url: str) -> None:
    """The same."""
    with psycopg.connect(url) as present:
        _make_older(present.cursor(), "%s", "")


def _make_older(cursor: Any, mark: str, end: str) -> None:
    cursor.execute(DESCRIPTIONS)
    rows = cursor.fetchall()
    cursor.execute("DROP TABLE description")
    cursor.execute(DESCRIPTION_2 + end)
    marks = ", ".join([mark] * 9)
    cursor.executemany(f"INSERT INTO description VALUES ({marks})", rows)
    cursor.execute("SELECT id, release FROM source")
    for source, release in cursor.fetchall():
        cursor.execute(f"SELECT sums FROM release WHERE id = {release}")
        sums = json.loads(cursor.fetchone()[0])
        sums["description"] = sum_of_rows([row for row in rows if row[1] == source])
        cursor.execute(
            f"UPDATE release SET sums = {mark} WHERE id = {release}", (json.dumps(sums),)
        )
    cursor.execute("UPDATE meta SET value = '2' WHERE key = 'schema_version'")
    cursor.execute("UPDATE alembic_version SET version_num = '2'")
