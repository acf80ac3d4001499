"""The releases of a knowledge base, and its state after any of them, made anew from the triples.

A state is found by the number of its newest release. What entities and names the triples of that
time meant is interpreted again; rows and CURIEs of entities are those of the knowledge base.
"""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time

from sqlalchemy import Connection, select

from kg.errors import InputError
from kg.interpretation import interpret
from kg.records import Release
from kg.rules import parse_rules
from kg.store.database import Database
from kg.store.quads import StoredTerm, parts_of, stored_quads, stored_terms
from kg.store.reading import REMOVED, as_source, fetched
from kg.store.schema import entity, prefix, relation, release, source
from kg.store.terms import BLANK, IRI, LITERAL
from kg.store.writing import ReadFile, write_source
from kg.triples import Literal, ParsedFile, Term, Triples, TripleTerm


def read_releases(connection: Connection) -> tuple[Release, ...]:
    """All releases, the oldest first."""
    query = select(source.c.iri, source.c.release.label("newest"), release)
    rows = connection.execute(
        query.join(source, source.c.id == release.c.source).order_by(release.c.id)
    )
    return tuple(
        Release(
            number=row.id,
            source=as_source(row),
            loaded_at=row.loaded_at,
            added=row.added,
            removed=row.removed,
            current=row.id == row.newest and row.format != REMOVED,
        )
        for row in rows
    )


def find_release(releases: tuple[Release, ...], wanted: int | str, *, location: str) -> int:
    """The number of the release that is meant.

    Args:
        releases: all there are.
        wanted: a number, the version of a release, or a date or time (ISO 8601, UTC unless said),
            which means the newest release until then.
        location: for the message.

    Raises:
        InputError: there is none such.
    """
    text = str(wanted)
    numbered = [r.number for r in releases if str(r.number) == text]
    named = [r.number for r in releases if r.source.version == text]
    until = _end_of(text)
    dated = [r.number for r in releases if until and datetime.fromisoformat(r.loaded_at) <= until]
    found = numbered if isinstance(wanted, int) else numbered or named or dated
    if not found:
        versions = dict.fromkeys(r.source.version for r in releases if r.source.version)
        some = ", ".join(list(versions)[-5:]) or "none has a version"
        raise InputError(
            f"There is no release {text!r}.",
            where=location,
            mend=f"Give a number, a version ({some}), or a date on which something was loaded; "
            "`ontograft releases KB` lists them.",
        )
    return max(found)


def restored_files(connection: Connection, at: int) -> dict[int, ReadFile]:
    """Each source as it was after a release, by its number; without those that were not there."""
    terms = stored_terms(connection)
    query = select(source.c.iri, release).join(source, source.c.id == release.c.source)
    newest = {
        row.source: row
        for row in connection.execute(query.where(release.c.id <= at).order_by(release.c.id))
    }
    files = {}
    for number, row in sorted(newest.items()):
        if row.format == REMOVED:
            continue
        spaces = select(prefix.c.prefix, prefix.c.namespace).where(prefix.c.release == row.id)
        parsed = ParsedFile(
            path=row.path,
            name=row.iri,
            base=row.iri,
            format=row.format,
            sha256=row.sha256,
            triples=_triples(connection, terms, number, at),
            prefixes=dict(fetched(connection, spaces)),
            rules=parse_rules("\n".join(json.loads(row.rules)), path=row.path),
            warnings=(),
        )
        told = as_source(row)
        meaning = interpret(parsed, may_name_nothing=True)
        meaning = replace(meaning, iri=told.iri, version=told.version, licence=told.licence)
        files[number] = ReadFile(parsed, meaning)
    return files


def state_at(database: Database, at: int) -> Database:
    """A database in memory that holds the state after a release; writing to it is in vain."""
    copy = Database("sqlite://")
    copy.location = f"{database.location} as of release {at}"
    with database.reading() as old, copy.writing() as new:
        for table in (entity, relation):
            copy.dialect.insert(new, table, fetched(old, select(table)))
        times = {r.id: r.loaded_at for r in old.execute(select(release))}
        for file in restored_files(old, at).values():
            write_source(new, copy.dialect, file, loaded_at=times[at])
    return copy


def removal(iri: str) -> ReadFile:
    """What takes a source away when it is written as its newest release."""
    nothing = ParsedFile(
        path="", name=iri, base=iri, format=REMOVED, sha256="", triples=Triples(), prefixes={},
        rules=(), warnings=(),
    )  # fmt: skip
    return ReadFile(nothing, replace(interpret(nothing, may_name_nothing=True), iri=iri))


def _triples(connection: Connection, terms: dict[int, StoredTerm], number: int, at: int) -> Triples:
    found = Triples()
    blanks: dict[int, int] = {}

    def place(id_: int) -> int:
        stored = terms[id_]
        if stored.kind == BLANK:
            if id_ not in blanks:
                blanks[id_] = found.blank()
            return blanks[id_]
        return found.term(term(stored))

    def term(stored: StoredTerm) -> Term:
        if stored.kind == IRI:
            return stored.value
        if stored.kind == LITERAL:
            return Literal(stored.value, stored.datatype, stored.lang)
        return TripleTerm(*(found.terms[place(part)] for part in parts_of(stored)))

    for subject, predicate, object_, graph in stored_quads(connection, sources=[number], at=at):
        row = (place(subject), place(predicate), place(object_))
        if graph < 0:
            found.rows.append(row)
        else:
            found.quads.append((*row, place(graph)))
    return found


def _end_of(text: str) -> datetime | None:
    """The last moment of a date, or a time itself."""
    try:
        if len(text) == len("2025-01-31"):
            return datetime.combine(date.fromisoformat(text), time.max, UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
