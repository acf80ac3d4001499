"""Knowledge bases as ontograft made them before its first release: schema 1."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from kg.store.sqlite import sqlite_module
from schema_2 import DESCRIPTIONS

# The tables as ontograft 0.1.0 made them, word for word from its SQLite file; PostgreSQL
# understands them without the WITHOUT ROWID.
SCHEMA_1 = """\
CREATE TABLE meta (key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (key));
CREATE TABLE source (
    id INTEGER NOT NULL, iri TEXT NOT NULL, version TEXT NOT NULL, format TEXT NOT NULL,
    licence TEXT NOT NULL, sha256 TEXT NOT NULL, triples INTEGER NOT NULL, path TEXT NOT NULL,
    PRIMARY KEY (id), UNIQUE (iri));
CREATE TABLE prefix (
    source INTEGER NOT NULL, prefix TEXT NOT NULL, namespace TEXT NOT NULL,
    PRIMARY KEY (source, prefix));
CREATE TABLE term (
    id INTEGER NOT NULL, kind SMALLINT NOT NULL, value TEXT NOT NULL, datatype TEXT NOT NULL,
    lang TEXT NOT NULL, hash BIGINT NOT NULL, PRIMARY KEY (id));
CREATE INDEX ix_term_hash ON term (hash);
CREATE TABLE triple (
    subject INTEGER NOT NULL, predicate INTEGER NOT NULL, object INTEGER NOT NULL,
    source INTEGER NOT NULL, PRIMARY KEY (subject, predicate, object, source)) WITHOUT ROWID;
CREATE TABLE entity (
    "row" INTEGER NOT NULL, iri TEXT NOT NULL, curie TEXT NOT NULL,
    PRIMARY KEY ("row"), UNIQUE (iri), UNIQUE (curie));
CREATE TABLE description (
    "row" INTEGER NOT NULL, source INTEGER NOT NULL, kind TEXT NOT NULL, label TEXT NOT NULL,
    label_lang TEXT NOT NULL, definition TEXT NOT NULL, definition_lang TEXT NOT NULL,
    deprecated SMALLINT NOT NULL, replaced_by TEXT NOT NULL,
    PRIMARY KEY ("row", source)) WITHOUT ROWID;
CREATE TABLE name (
    id INTEGER NOT NULL, "row" INTEGER NOT NULL, text TEXT NOT NULL, folded TEXT NOT NULL,
    kind TEXT NOT NULL, lang TEXT NOT NULL, type TEXT NOT NULL, source INTEGER NOT NULL,
    PRIMARY KEY (id));
CREATE INDEX ix_name_folded ON name (folded);
CREATE INDEX ix_name_row ON name ("row");
CREATE TABLE relation (
    id INTEGER NOT NULL, iri TEXT NOT NULL, curie TEXT NOT NULL, PRIMARY KEY (id), UNIQUE (iri));
CREATE TABLE edge (
    head INTEGER NOT NULL, relation INTEGER NOT NULL, tail INTEGER NOT NULL, origin TEXT NOT NULL,
    source INTEGER NOT NULL, PRIMARY KEY (head, relation, tail, origin, source)) WITHOUT ROWID;
CREATE INDEX edge_by_tail ON edge (tail, relation);
CREATE TABLE axiom (
    id INTEGER NOT NULL, kind TEXT NOT NULL, arguments TEXT NOT NULL, weight FLOAT NOT NULL,
    mode TEXT NOT NULL, source INTEGER NOT NULL, PRIMARY KEY (id));
INSERT INTO meta VALUES ('application', 'ontograft'), ('schema_version', '1');
"""
NAME_INDEX_1 = """\
CREATE VIRTUAL TABLE name_index
USING fts5(folded, content = 'name', content_rowid = 'id', tokenize = 'trigram')
"""
KEPT = ("term", "entity", "description", "name", "relation", "edge", "axiom")
"""Tables of which schema 2 kept all columns."""


def write_schema_1(
    run: Callable[[str], Any],
    insert: Callable[[str, list[Any]], None],
    present: Path,
    *,
    name_index: bool,
) -> None:
    """The rows of a knowledge base in the tables of schema 1.

    Args:
        run: executes a statement.
        insert: inserts rows into a table, given its name.
        present: the knowledge base whose rows these are, with one release of each source.
        name_index: whether there is an FTS5 index.
    """
    for statement in SCHEMA_1.split(";\n"):
        if statement.strip():
            run(statement if name_index else statement.replace("WITHOUT ROWID", ""))
    with closing(sqlite_module().connect(present)) as raw:
        columns = "iri, version, format, licence, sha256, triples, path"
        join = "release JOIN source ON source.release = release.id"
        insert("source", raw.execute(f"SELECT source.id, {columns} FROM {join}").fetchall())
        insert(
            "prefix", raw.execute("SELECT source.id, prefix, namespace FROM prefix "
                                  "JOIN release ON prefix.release = release.id "
                                  "JOIN source ON source.release = release.id").fetchall()
        )  # fmt: skip
        triples = "SELECT subject, predicate, object, source FROM triple"
        insert("triple", raw.execute(triples).fetchall())
        for table in KEPT:
            query = DESCRIPTIONS if table == "description" else f"SELECT * FROM {table}"
            insert(table, raw.execute(query).fetchall())
    if name_index:
        run(NAME_INDEX_1)
        run("INSERT INTO name_index (name_index) VALUES ('rebuild')")


def write_sqlite(path: Path, present: Path) -> None:
    with closing(sqlite_module().connect(path)) as old:
        old.execute("PRAGMA journal_mode = WAL")

        def insert(table: str, rows: list[Any]) -> None:
            marks = ", ".join("?" * len(rows[0]))
            old.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

        write_schema_1(old.execute, insert, present, name_index=True)
        old.commit()


def write_postgresql(url: str, present: Path) -> None:
    with psycopg.connect(url) as old:

        def insert(table: str, rows: list[Any]) -> None:
            marks = ", ".join(["%s"] * len(rows[0]))
            old.cursor().executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

        write_schema_1(old.execute, insert, present, name_index=False)
