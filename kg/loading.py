"""Writes files that were read, all in one transaction, and tells what they changed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from kg.records import LoadReport
from kg.store.database import Database
from kg.store.left_open import importable, left_open
from kg.store.reading import read_sources
from kg.store.writing import ReadFile, write_source
from kg.versions import Watch

Tell = Callable[[str, int, int], None]


def write_files(
    database: Database, files: Sequence[ReadFile], tell: Tell
) -> tuple[LoadReport, ...]:
    """Write files as releases of their sources; all of them, or nothing.

    Args:
        database: where to.
        files: in the order of their writing.
        tell: called with the file at work, files done and files in all.

    Raises:
        JobError: the database cannot be written.
    """
    with database.writing() as connection:
        watch = Watch() if _is_newer(connection, files) else None
        now = datetime.now(UTC).isoformat(timespec="seconds")
        reports = []
        for done, file in enumerate(files):
            tell(file.parsed.path, done, len(files))
            report = write_source(
                connection,
                database.dialect,
                file,
                loaded_at=now,
                changing=watch.note if watch else None,
            )
            reports.append(report)
        if watch:
            changes = watch.difference(connection)
            reports = [r if r.unchanged else replace(r, changes=changes) for r in reports]
        known = importable(connection)
        told = [_completed(*pair, connection, known) for pair in zip(reports, files, strict=True)]
    if files:
        tell(files[-1].parsed.path, len(files), len(files))
    return tuple(told)


def _is_newer(connection: Connection, files: Sequence[ReadFile]) -> bool:
    """Whether a file is another release of what is there."""
    known = {source.iri: source.sha256 for source in read_sources(connection)}
    return any(known.get(f.meaning.iri, f.parsed.sha256) != f.parsed.sha256 for f in files)


def _completed(
    report: LoadReport, file: ReadFile, connection: Connection, known: frozenset[str]
) -> LoadReport:
    """The report with what the file leaves open."""
    missing = tuple(iri for iri in file.meaning.imports if iri not in known)
    warnings = report.warnings
    if not report.unchanged:
        warnings = (*warnings, *left_open(connection, file.meaning, file.parsed.triples.terms))
    return replace(report, missing_imports=missing, warnings=warnings)
