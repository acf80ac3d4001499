"""Schema 2: releases of sources, named graphs, and triples of the past and of reasoning.

What each source held becomes its first release, of the day of the upgrade.
"""

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from kg.licences import recognised

revision = "2"
down_revision = "1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the new tables and move the rows."""
    for name in ("source", "prefix", "triple", "entity"):
        op.execute(f"CREATE TABLE old_{name} AS SELECT * FROM {name}")  # noqa: S608
        op.drop_table(name)
    _create_tables()
    _move_sources()
    # the number of a source's release is one more than that of the source
    op.execute("INSERT INTO prefix SELECT source + 1, prefix, namespace FROM old_prefix")
    op.execute(
        "INSERT INTO triple SELECT subject, predicate, object, -1, source, source + 1 "
        "FROM old_triple ORDER BY subject, predicate, object, source"
    )
    op.execute("INSERT INTO entity SELECT * FROM old_entity")
    op.create_index("entity_by_iri", "entity", ["iri"], unique=True)
    op.create_index("entity_by_curie", "entity", ["curie"], unique=True)
    for name in ("source", "prefix", "triple", "entity"):
        op.drop_table(f"old_{name}")
    op.drop_index("edge_by_tail", "edge")
    _renew_name_indexes()
    op.execute("UPDATE meta SET value = '2' WHERE key = 'schema_version'")


def _create_tables() -> None:
    op.create_table("source", _key("id"), _text("iri", unique=True), _integer("release"))
    op.create_table(
        "release",
        _key("id"),
        sa.Column("source", sa.Integer, nullable=False, index=True),
        *map(_text, ("version", "format", "licence", "spdx")),
        sa.Column("redistributable", sa.SmallInteger, nullable=False),
        _text("sha256"),
        _integer("triples"),
        *map(_text, ("path", "loaded_at")),
        *map(_integer, ("added", "removed")),
        *map(_text, ("rules", "sums")),
    )
    op.create_table(
        "prefix", _key("release"), _text("prefix", primary_key=True), _text("namespace")
    )
    quad = ("subject", "predicate", "object", "graph", "source")
    op.create_table("triple", *map(_key, quad), _integer("added"), sqlite_with_rowid=False)
    op.create_index("triple_by_object", "triple", ["predicate", "object"])
    op.create_table("entity", _key("row"), _text("iri"), _text("curie"))
    op.create_table(
        "past_triple", *map(_key, (*quad, "added")), _integer("removed"), sqlite_with_rowid=False
    )
    op.create_table(
        "inferred", *map(_key, quad[:3]), _text("rule"), _integer("round"), sqlite_with_rowid=False
    )


def _move_sources() -> None:
    connection = op.get_bind()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    query = (
        "SELECT id, iri, version, format, licence, sha256, triples, path, "
        "(SELECT count(*) FROM old_triple WHERE source = old_source.id) AS added "
        "FROM old_source ORDER BY id"
    )
    for row in connection.execute(sa.text(query)).mappings().all():
        licence = recognised(row["licence"])
        may = {True: 1, False: 0, None: -1}[licence.redistributable]
        told = dict(row) | {
            "release": row["id"] + 1,
            "spdx": licence.spdx,
            "redistributable": may,
            "loaded_at": now,
            "rules": json.dumps(_rules(connection, row["id"]), ensure_ascii=False),
        }
        connection.execute(sa.text("INSERT INTO source VALUES (:id, :iri, :release)"), told)
        connection.execute(
            sa.text(
                "INSERT INTO release VALUES (:release, :id, :version, :format, :licence, :spdx, "
                ":redistributable, :sha256, :triples, :path, :loaded_at, :added, 0, :rules, '')"
            ),
            told,
        )


def _rules(connection: sa.Connection, source: int) -> list[str]:
    """The lines of a source's rules file, as rules of the present tables are kept."""
    query = sa.text(
        "SELECT arguments, weight, mode FROM axiom WHERE kind = 'horn' AND source = :source "
        "ORDER BY id"
    )
    lines = []
    for arguments, weight, mode in connection.execute(query, {"source": source}):
        strength = f"{weight:g}" if mode == "soft" else mode
        lines.append(f"{strength} :: {json.loads(arguments)[0]}")
    return lines


def _renew_name_indexes() -> None:
    op.drop_index("ix_name_folded", "name")
    short = sa.text("length(folded) < 3")
    op.create_index(
        "ix_name_folded", "name", ["folded"], postgresql_using="hash", sqlite_where=short
    )
    if op.get_context().dialect.name == "postgresql":
        from kg.store.postgresql import create_name_index

        create_name_index(op.get_bind())
    else:
        op.drop_table("name_index")
        op.execute(
            "CREATE VIRTUAL TABLE name_index USING fts5(folded, content = 'name', "
            "content_rowid = 'id', tokenize = 'trigram', detail = none, columnsize = 0)"
        )
        op.execute("INSERT INTO name_index (name_index) VALUES ('rebuild')")


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, primary_key=True, autoincrement=False)


def _integer(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, nullable=False)


def _text(name: str, *, primary_key: bool = False, unique: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=False, primary_key=primary_key, unique=unique)
