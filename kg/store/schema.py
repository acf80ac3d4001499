"""The tables. Integers stand for terms, entities and relations; texts are kept once."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

SCHEMA_VERSION = 3
APPLICATION = "ontograft"

metadata = MetaData()

# What Alembic keeps: the revision of `kg.store.migrations` that the tables are at.
alembic_version = Table(
    "alembic_version",
    metadata,
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# An ontology, by its IRI; `release` is the one that holds now.
source = Table(
    "source",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("iri", Text, nullable=False, unique=True),
    Column("release", Integer, nullable=False),
)

# One file of a source, as it was loaded. Numbers grow over all sources, so that one number says a
# state of the whole. redistributable: 1 yes, 0 no, -1 not known. rules: a JSON list of texts.
# sums: a JSON object, of `kg.store.sums` by table; empty where an older ontograft wrote.
release = Table(
    "release",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("source", Integer, nullable=False, index=True),
    Column("version", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("licence", Text, nullable=False),
    Column("spdx", Text, nullable=False),
    Column("redistributable", SmallInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("triples", Integer, nullable=False),
    Column("path", Text, nullable=False),
    Column("loaded_at", Text, nullable=False),
    Column("added", Integer, nullable=False),
    Column("removed", Integer, nullable=False),
    Column("rules", Text, nullable=False),
    Column("sums", Text, nullable=False),
)

prefix = Table(
    "prefix",
    metadata,
    Column("release", Integer, primary_key=True),
    Column("prefix", Text, primary_key=True),
    Column("namespace", Text, nullable=False),
)

# kind: 0 IRI, 1 blank node ("SOURCE.NAME"), 2 literal in its lexical form, 3 triple term, whose
# value is the numbers of its three terms. lang: as written; "ar--rtl" has a direction.
# hash: crc32 of the value; an index over long texts would be large, or refused by PostgreSQL.
term = Table(
    "term",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", SmallInteger, nullable=False),
    Column("value", Text, nullable=False),
    Column("datatype", Text, nullable=False),
    Column("lang", Text, nullable=False),
    Column("hash", BigInteger, nullable=False, index=True),
)

# What holds now. graph: a term, or -1 for the default graph; added: the release that brought it.
triple = Table(
    "triple",
    metadata,
    Column("subject", Integer, primary_key=True),
    Column("predicate", Integer, primary_key=True),
    Column("object", Integer, primary_key=True),
    Column("graph", Integer, primary_key=True),
    Column("source", Integer, primary_key=True),
    Column("added", Integer, nullable=False),
    Index("triple_by_object", "predicate", "object"),
    sqlite_with_rowid=False,
)

# What held from release `added` until release `removed` took it away.
past_triple = Table(
    "past_triple",
    metadata,
    Column("subject", Integer, primary_key=True),
    Column("predicate", Integer, primary_key=True),
    Column("object", Integer, primary_key=True),
    Column("graph", Integer, primary_key=True),
    Column("source", Integer, primary_key=True),
    Column("added", Integer, primary_key=True),
    Column("removed", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# What follows from the triples, by which rule, and in which round of the reasoning: the premises
# are triples, or were inferred in an earlier round. meta "inferred" tells from which content.
inferred = Table(
    "inferred",
    metadata,
    Column("subject", Integer, primary_key=True),
    Column("predicate", Integer, primary_key=True),
    Column("object", Integer, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("round", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Rows are dense, 0..n-1, and are never given to another entity.
entity = Table(
    "entity",
    metadata,
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("iri", Text, nullable=False),
    Column("curie", Text, nullable=False),
    Index("entity_by_iri", "iri", unique=True),
    Index("entity_by_curie", "curie", unique=True),
)

# What each source says of an entity; an entity without any is removed, or only referred to.
# definition: the literal's term, or -1 without one.
description = Table(
    "description",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("source", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("label_lang", Text, nullable=False),
    Column("definition", Integer, nullable=False),
    Column("deprecated", SmallInteger, nullable=False),
    Column("replaced_by", Text, nullable=False),
    sqlite_with_rowid=False,
)

name = Table(
    "name",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("row", Integer, nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("folded", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("lang", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("source", Integer, nullable=False),
    # PostgreSQL's usual index refuses texts of a few thousand characters; SQLite asks its index of
    # trigrams for all but the shortest
    Index(
        "ix_name_folded",
        "folded",
        postgresql_using="hash",
        sqlite_where=text("length(folded) < 3"),
    ),
)

relation = Table(
    "relation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("iri", Text, nullable=False, unique=True),
    Column("curie", Text, nullable=False),
)

edge = Table(
    "edge",
    metadata,
    Column("head", Integer, primary_key=True),
    Column("relation", Integer, primary_key=True),
    Column("tail", Integer, primary_key=True),
    Column("origin", Text, primary_key=True),
    Column("source", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

# arguments: a JSON list of CURIEs, or of the one text of a Horn rule.
axiom = Table(
    "axiom",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("arguments", Text, nullable=False),
    Column("weight", Float, nullable=False),
    Column("mode", Text, nullable=False),
    Column("source", Integer, nullable=False),
)


def telling(table: Table) -> list[Column[Any]]:
    """The columns of a table of what sources tell that make a row what it is.

    Those of an entity stand first; `folded` follows from the text.
    """
    return [column for column in table.c if column.name not in ("id", "source", "folded")]
