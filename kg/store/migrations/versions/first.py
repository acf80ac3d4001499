"""Schema 1: of ontograft 0.1.0."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create("meta", _text("key", primary_key=True), _text("value"))
    _create(
        "source",
        _key("id"),
        _text("iri", unique=True),
        *map(_text, ("version", "format", "licence", "sha256")),
        _integer("triples"),
        _text("path"),
    )
    _create("prefix", _key("source"), _text("prefix", primary_key=True), _text("namespace"))
    _create(
        "term",
        _key("id"),
        sa.Column("kind", sa.SmallInteger, nullable=False),
        *map(_text, ("value", "datatype", "lang")),
        sa.Column("hash", sa.BigInteger, nullable=False, index=True),
    )
    _create("triple", *map(_key, ("subject", "predicate", "object", "source")), rowid=False)
    _create("entity", _key("row"), _text("iri", unique=True), _text("curie", unique=True))
    _create(
        "description",
        *map(_key, ("row", "source")),
        *map(_text, ("kind", "label", "label_lang", "definition", "definition_lang")),
        sa.Column("deprecated", sa.SmallInteger, nullable=False),
        _text("replaced_by"),
        rowid=False,
    )
    _create(
        "name",
        _key("id"),
        sa.Column("row", sa.Integer, nullable=False, index=True),
        _text("text"),
        _text("folded", index=True),
        *map(_text, ("kind", "lang", "type")),
        _integer("source"),
    )
    _create("relation", _key("id"), _text("iri", unique=True), _text("curie"))
    _create(
        "edge",
        *map(_key, ("head", "relation", "tail")),
        _text("origin", primary_key=True),
        _key("source"),
        rowid=False,
    )
    op.create_index("edge_by_tail", "edge", ["tail", "relation"])
    _create(
        "axiom",
        _key("id"),
        *map(_text, ("kind", "arguments")),
        sa.Column("weight", sa.Float, nullable=False),
        _text("mode"),
        _integer("source"),
    )
    if op.get_context().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE name_index USING fts5("
            "folded, content = 'name', content_rowid = 'id', tokenize = 'trigram')"
        )


def _create(name: str, *columns: sa.Column[Any], rowid: bool = True) -> None:
    op.create_table(name, *columns, sqlite_with_rowid=rowid)


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, primary_key=True, autoincrement=False)


def _integer(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, nullable=False)


def _text(
    name: str, *, primary_key: bool = False, unique: bool = False, index: bool = False
) -> sa.Column[Any]:
    return sa.Column(
        name, sa.Text, nullable=False, primary_key=primary_key, unique=unique, index=index
    )
