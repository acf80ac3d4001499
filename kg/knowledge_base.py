"""The knowledge base: the one way in for files, and the one way out for everything."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import Connection

from kg.errors import NotAKnowledgeBaseError
from kg.records import (
    Axiom,
    Entity,
    LoadProgress,
    LoadReport,
    Mapping,
    NameRow,
    SearchHit,
    Summary,
)
from kg.search import search
from kg.store.database import Database
from kg.store.left_open import importable, left_open
from kg.store.reading import read_axioms, read_entity, read_summary, read_version

if TYPE_CHECKING:
    import kg.graph
    import kg.snapshots
    import kg.sparql.result
    import kg.table

T = TypeVar("T")
Progress = Callable[[LoadProgress], None]


class KnowledgeBase:
    """Ontologies in a database. A context manager; built by `open`.

    Args:
        database: an opened place.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[str, tuple[str, object]] = {}

    @classmethod
    def open(cls, location: str | Path, *, create: bool = False) -> "KnowledgeBase":
        """Open a knowledge base.

        Args:
            location: a path is an SQLite file; anything with `://` is a SQLAlchemy URL.
            create: whether there may be nothing yet; the first `load` then makes it.

        Raises:
            NotAKnowledgeBaseError: nothing is there (without `create`), or something else.
            SchemaVersionError: it was made by a newer ontograft.
            InputError: the URL names an unknown kind of database.
        """
        database = Database(str(location))
        if not create and not database.holds_tables():
            database.close()
            raise NotAKnowledgeBaseError(
                "There is no knowledge base here.",
                where=database.location,
                mend=f"Load an ontology into it: `ontograft load {database.location} FILE`.",
            )
        return cls(database)

    @property
    def location(self) -> str:
        """The path or URL as it was given."""
        return self._database.location

    def load(
        self,
        *files: str | Path,
        data: bool = False,
        strict: bool = False,
        progress: Progress | None = None,
    ) -> tuple[LoadReport, ...]:
        """Load ontology and rules files; a newer file of a known ontology replaces the older.

        All files are read before the first is written, and all are written in one transaction:
        a fault in one, or a kill at any moment, leaves everything as it was. The same ontology is
        one with the same IRI, or the same file name where the file states none.

        Of a folder, every ontology file below it is loaded as a source of its own; one that names
        nothing is reported. What they import is taken from where a catalog-v001.xml below the
        folder says it lies; what lies nowhere here is reported, and nothing is fetched.

        Args:
            files: files of any format that `kg.readers` knows, compressed or not, and folders.
            data: whether a file may be plain triples that name no entity.
            strict: whether RDF that breaks its specification is refused rather than read leniently.
            progress: called before the first and after each file of both steps.

        Raises:
            FileFaultError: a file is missing, empty, of no known format or no ontology, or two of
                the files are the same ontology.
            SyntaxFaultError: a file has a fault that cannot be passed.
            JobError: the database cannot be written.
        """
        from kg.sources import read_sources
        from kg.store.writing import write_source

        read = read_sources(
            files, lambda *at: _tell(progress, "read", *at), data=data, strict=strict
        )
        reports = []
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._database.writing() as connection:
            for done, file in enumerate(read):
                _tell(progress, "write", file.parsed.path, done, len(read))
                dialect = self._database.dialect
                reports.append(write_source(connection, dialect, file, loaded_at=now))
            known = importable(connection)
            for at, file in enumerate(read):
                missing = tuple(iri for iri in file.meaning.imports if iri not in known)
                reports[at] = replace(reports[at], missing_imports=missing)
                if not reports[at].unchanged:
                    warnings = (*reports[at].warnings, *left_open(connection, file.meaning))
                    reports[at] = replace(reports[at], warnings=warnings)
        if read:
            _tell(progress, "write", read[-1].parsed.path, len(read), len(read))
        return tuple(reports)

    def summary(self) -> Summary:
        """Counts and sources."""
        with self._database.reading() as connection:
            return read_summary(connection)

    def search(self, text: str, *, limit: int = 10) -> tuple[SearchHit, ...]:
        """Entities whose names fit a text, best first.

        Args:
            text: words of any script; parts of words are found too.
            limit: how many at most, above 0.
        """
        with self._database.reading() as connection:
            return search(connection, self._database.dialect, text, limit=limit)

    def entity(self, identifier: str) -> Entity:
        """One entity.

        Args:
            identifier: CURIE or IRI.

        Raises:
            UnknownEntityError: no source describes it; the message names the nearest.
        """
        with self._database.reading() as connection:
            return read_entity(connection, identifier, location=self.location)

    def table(self) -> "kg.table.EntityTable":
        """The columns of all entities; kept until the content changes."""
        from kg.store.columns import read_table

        return self._keep_arrays("table", read_table)

    def names(self) -> tuple[NameRow, ...]:
        """Names of live classes, individuals and concepts; kept until the content changes."""
        from kg.store.columns import read_names

        return self._keep_arrays("names", read_names)

    def graph(self, *, inferred: bool = False) -> "kg.graph.Graph":
        """The edges between live entities; kept until the content changes.

        Its arrays, and those of `table` and `names`, are mapped from a snapshot: a folder that is
        made on first use and may be deleted at any time. Beside an SQLite file `X.db` it is in
        `X.db.snapshots`, for other databases in `~/.cache/ontograft`. Where nothing can be written,
        they are in memory only.

        Args:
            inferred: whether to take edges that were inferred, too.
        """
        from kg.store.arrays import read_graph

        what = "graph with inferred edges" if inferred else "graph"
        read = partial(read_graph, inferred=inferred)
        return self._keep_arrays(what, read, with_inferred=inferred)

    def mappings(self, identifier: str | None = None) -> tuple[Mapping, ...]:
        """What other vocabularies call the same, or nearly so; see docs/formats.md, SSSOM.

        From the triples of SKOS matches, owl:sameAs, owl:equivalentClass and -Property to what
        their own source does not describe, and oboInOwl:hasDbXref; and from what tables of
        mappings say of any predicate, with justification and confidence.

        Args:
            identifier: CURIE or IRI of a subject or object; by default all mappings are given.

        Returns:
            By subject, predicate and object; of several for the same, the surest first.
        """
        from kg.store.mappings import read_mappings

        with self._database.reading() as connection:
            return read_mappings(connection, identifier)

    def axioms(self) -> tuple[Axiom, ...]:
        """The typed rule table; kept until the content changes."""
        return self._keep("axioms", read_axioms)

    def sparql(
        self, query: str, *, timeout_s: float = 30.0, row_limit: int = 10_000
    ) -> "kg.sparql.result.SparqlResult":
        """Answer a SPARQL 1.1 query over all triples; the store behind it is built on first use.

        Read-only, and nothing is fetched: no update, SERVICE or FROM; there are no named graphs.
        The prefixes of the files, of our CURIEs and the well-known ones need no declaration. Terms
        come back as they were loaded, "007" as "007", though queries compare values. Values that
        the query computes (AS, VALUES) are canonical; so is a value that was loaded in several
        forms where no other cell of the row says which one it is.

        Args:
            query: SELECT, ASK, CONSTRUCT or DESCRIBE.
            timeout_s: seconds that the answer may take, above 0; building the store not counted.
            row_limit: rows, or triples, that the answer may have, above 0; the rest is left out.

        Raises:
            SparqlFaultError: the query is wrong, with its line and column, or takes too much.
        """
        from kg.sparql.running import run_query
        from kg.sparql.triple_store import read_triple_store

        store = self._keep("triple store", read_triple_store)
        return run_query(store, query, timeout_s=timeout_s, row_limit=row_limit)

    def version(self) -> str:
        """Hexadecimal SHA-256 over the sources' hashes: changes if and only if the content does."""
        with self._database.reading() as connection:
            return read_version(connection)

    def close(self) -> None:
        """Give the connections back; what was read stays usable."""
        self._database.close()

    def __enter__(self) -> "KnowledgeBase":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _keep_arrays(
        self,
        what: str,
        read: "Callable[[Connection, kg.snapshots.Shelf], T]",
        *,
        with_inferred: bool = False,
    ) -> T:
        from kg.store.shelves import content_hash, open_shelf, snapshots_folder

        place = snapshots_folder(self.location)

        def read_from_shelf(connection: Connection) -> T:
            return read(connection, open_shelf(connection, place, with_inferred=with_inferred))

        content = partial(content_hash, with_inferred=with_inferred)
        return self._keep(what, read_from_shelf, content)

    def _keep(
        self,
        what: str,
        read: Callable[[Connection], T],
        content: Callable[[Connection], str] = read_version,
    ) -> T:
        with self._database.reading() as connection:
            version = content(connection)
            kept = self._kept.get(what)
            if kept is None or kept[0] != version:
                kept = (version, read(connection))
                self._kept[what] = kept
        return cast(T, kept[1])


def _tell(progress: Progress | None, step: Any, path: str, done: int, total: int) -> None:
    if progress is not None:
        progress(LoadProgress(step=step, path=path, done=done, total=total))
