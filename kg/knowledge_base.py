"""The knowledge base: the one way in for files, and the one way out for everything."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import Connection

from kg.errors import ExportError, InputError, NotAKnowledgeBaseError
from kg.garbage import no_garbage_search
from kg.records import (
    Axiom,
    Difference,
    Entity,
    ExportReport,
    LoadProgress,
    LoadReport,
    Mapping,
    NameRow,
    Release,
    SearchHits,
    Summary,
)
from kg.search import look_up, search
from kg.store.database import Database
from kg.store.reading import read_axioms, read_entity, read_summary, read_version

if TYPE_CHECKING:
    import rdflib

    import kg.audit
    import kg.comparison
    import kg.graph
    import kg.quality
    import kg.reasoning.mining
    import kg.reasoning.records
    import kg.shapes.report
    import kg.snapshots
    import kg.sparql.result
    import kg.table

T = TypeVar("T")
Progress = Callable[[LoadProgress], None]


class KnowledgeBase:
    """Ontologies in a database. A context manager; built by `open`.

    Args:
        database: an opened place.
        past: whether it is a state of the past, which nothing can be added to.
    """

    def __init__(self, database: Database, *, past: bool = False) -> None:
        self._database = database
        self._past = past
        self._kept: dict[str, tuple[str, object]] = {}

    @classmethod
    def open(
        cls, location: str | Path, *, create: bool = False, at: int | str | None = None
    ) -> "KnowledgeBase":
        """Open a knowledge base.

        Args:
            location: a path is an SQLite file; anything with `://` is a SQLAlchemy URL.
            create: whether there may be nothing yet; the first `load` then makes it.
            at: open it as it was after a release, read-only and in memory: a number of `releases`,
                the version of a source, or a date or time (ISO 8601, UTC unless said).

        Raises:
            NotAKnowledgeBaseError: nothing is there (without `create`), or something else.
            SchemaVersionError: it was made by a newer ontograft.
            InputError: the URL names an unknown kind of database, or there is no such release.
        """
        database = Database(str(location))
        if not create and not database.holds_tables():
            database.close()
            raise NotAKnowledgeBaseError(
                "There is no knowledge base here.",
                where=database.location,
                mend=f"Load an ontology into it: `ontograft load {database.location} FILE`.",
            )
        base = cls(database)
        if at is not None:
            with base:
                return cls(base._state_at(at), past=True)
        return base

    @classmethod
    def upgrade(cls, location: str | Path) -> int:
        """Bring a knowledge base that an older ontograft made to the present schema.

        All of it happens or nothing, also if the process is killed.

        Args:
            location: as for `open`.

        Returns:
            The schema version before; the present one if there was nothing to do.

        Raises:
            NotAKnowledgeBaseError: nothing is there, or something else.
            SchemaVersionError: it was made by a newer ontograft.
            JobError: the database cannot be written.
        """
        database = Database(str(location), may_be_older=True)
        try:
            return database.upgrade()
        finally:
            database.close()

    @property
    def location(self) -> str:
        """The path or URL as it was given."""
        return self._database.location

    def load(
        self,
        *files: str | Path,
        data: bool = False,
        strict: bool = False,
        base: str | None = None,
        progress: Progress | None = None,
    ) -> tuple[LoadReport, ...]:
        """Load ontology and rules files; a newer file of a known ontology replaces the older.

        All files are read before the first is written, and all are written in one transaction:
        a fault in one, or a kill at any moment, leaves everything as it was. The same ontology is
        one with the same IRI, or the same file name where the file states none.

        Of a folder, every ontology file below it is loaded as a source of its own; one that names
        nothing is reported. What they import is taken from where a catalog-v001.xml below the
        folder says it lies; what lies nowhere here is reported, and nothing is fetched. A catalog
        stands for the files that it lists. The CSV files of a property graph are one source.

        Args:
            files: files of any format that `kg.readers` knows, compressed or not, and folders.
            data: whether a file may be plain triples that name no entity.
            strict: whether RDF that breaks its specification is refused rather than read leniently.
            base: what relative IRIs are relative to; by default the files' names.
            progress: called before the first and after each file of both steps.

        Raises:
            FileFaultError: a file is missing, empty, of no known format or no ontology, or two of
                the files are the same ontology.
            SyntaxFaultError: a file has a fault that cannot be passed.
            JobError: the database cannot be written.
        """
        from kg.loading import write_files
        from kg.sources import read_sources

        self._refuse_the_past()
        with no_garbage_search():
            read = read_sources(
                files, lambda *at: _tell(progress, "read", *at), data=data, strict=strict, base=base
            )
            return write_files(self._database, read, lambda *at: _tell(progress, "write", *at))

    def remove(self, iri: str) -> LoadReport:
        """Take a source away: what it said no longer holds, and can still be looked at as of then.

        Args:
            iri: of the source.

        Raises:
            InputError: there is no such source.
        """
        from kg.loading import write_files
        from kg.past import removal

        self._refuse_the_past()
        known = [source.iri for source in self.summary().sources]
        if iri not in known:
            raise InputError(
                f"There is no source {iri}.",
                where=self.location,
                mend=f"Name one of these: {', '.join(known) or 'there is none'}.",
            )
        return write_files(self._database, [removal(iri)], lambda *_: None)[0]

    def releases(self) -> tuple[Release, ...]:
        """All that was ever loaded or removed, the oldest first."""
        from kg.past import read_releases

        with self._database.reading() as connection:
            return read_releases(connection)

    def difference(self, old: int | str, new: int | str | None = None) -> Difference:
        """What changed from one state to another.

        Args:
            old, new: as `at` of `open`; `new` is the present if None.

        Raises:
            InputError: there is no such release.
        """
        from kg.versions import difference, read_state

        states = []
        for at in (old, new):
            database = self._database if at is None else self._state_at(at)
            with database.reading() as connection:
                states.append(read_state(connection))
            if at is not None:
                database.close()
        return difference(*states)

    def rollback(self, to: int | str) -> tuple[LoadReport, ...]:
        """Make the state after a release the present one again; what came since stays on record.

        Args:
            to: as `at` of `open`.

        Raises:
            InputError: there is no such release.
        """
        from kg.loading import write_files
        from kg.past import find_release, removal, restored_files

        self._refuse_the_past()
        at = find_release(self.releases(), to, location=self.location)
        with self._database.reading() as connection:
            files = list(restored_files(connection, at).values())
        kept = {file.meaning.iri for file in files}
        files += [removal(s.iri) for s in self.summary().sources if s.iri not in kept]
        return write_files(self._database, files, lambda *_: None)

    def summary(self) -> Summary:
        """Counts and sources."""
        with self._database.reading() as connection:
            return read_summary(connection)

    def search(self, text: str, *, limit: int = 10) -> SearchHits:
        """Entities whose names fit a text, best first; `kg.search` tells how they are scored.

        Args:
            text: words of any script; parts of words are found too, and where that finds too
                little, names with a typo or two. Or a CURIE or IRI.
            limit: how many at most, above 0.
        """
        with self._database.reading() as connection:
            dialect = self._database.dialect_of(connection)
            return search(connection, dialect, text, limit=limit)

    def lookup(self, text: str) -> SearchHits:
        """All entities that a text names exactly: by CURIE, IRI, label or another whole name.

        Args:
            text: case and surplus blanks do not count in a name.

        Returns:
            Labels and identifiers first (score 1), then other names (0.95); deprecated ones have
            half.
        """
        with self._database.reading() as connection:
            return look_up(connection, self._database.dialect, text)

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

    def keep(
        self,
        name: str,
        build: "Callable[[], kg.snapshots.Arrays]",
        *,
        renew: "Callable[[kg.snapshots.Arrays], kg.snapshots.Arrays] | None" = None,
    ) -> "kg.snapshots.Arrays":
        """Arrays that are made of what the knowledge base holds, kept beside its own.

        They are mapped from the snapshot, and built anew when the content is another.

        Args:
            name: of these arrays; letters, digits and hyphens.
            build: makes them.
            renew: makes them out of those of the content before, where these are still kept.
        """
        return self._keep_arrays(f"kept {name}", lambda _, shelf: shelf.kept(name, build, renew))

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

    def compare(
        self, first: str, second: str, *, inferred: bool = False
    ) -> "kg.comparison.Comparison":
        """How two entities relate: common ancestors, the way between them, similarity.

        Args:
            first, second: CURIEs or IRIs.
            inferred: whether to take edges that were inferred, too.

        Raises:
            UnknownEntityError: no entity has one of them.
        """
        from kg.comparison import compare

        return compare(self.graph(inferred=inferred), self.table(), first, second)

    def axioms(self) -> tuple[Axiom, ...]:
        """The typed rule table; kept until the content changes."""
        return self._keep("axioms", read_axioms)

    def sparql(
        self,
        query: str,
        *,
        timeout_s: float = 30.0,
        row_limit: int = 10_000,
        inferred: bool = False,
    ) -> "kg.sparql.result.SparqlResult":
        """Answer a SPARQL 1.1 query over all triples; the store behind it is built on first use.

        Read-only, and nothing is fetched: no update and no SERVICE. The named graphs of the files
        are seen by GRAPH and FROM alone; one that was not loaded is empty.
        The prefixes of the files, of our CURIEs and the well-known ones need no declaration. Terms
        come back as they were loaded, "007" as "007", though queries compare values. Values that
        the query computes (AS, VALUES) are canonical; so is a value that was loaded in several
        forms where no other cell of the row says which one it is.

        Args:
            query: SELECT, ASK, CONSTRUCT or DESCRIBE.
            timeout_s: seconds that the answer may take, above 0; building the store not counted.
            row_limit: rows, or triples, that the answer may have, above 0; the rest is left out.
            inferred: whether to take triples that were inferred, too, as of the default graph.

        Raises:
            InputError: nothing is inferred from what is loaded now.
            SparqlFaultError: the query is wrong, with its line and column, or takes too much.
        """
        from kg.sparql.running import run_query
        from kg.sparql.triple_store import read_triple_store

        if inferred:
            from kg.store.shelves import content_hash

            store = self._keep(
                "triple store with inferred triples",
                partial(read_triple_store, inferred=True),
                partial(content_hash, with_inferred=True),
            )
        else:
            store = self._keep("triple store", read_triple_store)
        return run_query(store, query, timeout_s=timeout_s, row_limit=row_limit)

    def to_rdflib(self) -> "rdflib.Dataset":
        """The triples as a dataset of rdflib, read from the tables when they are asked for.

        Read-only, of the state that holds now; close it when done. `kg.rdflib_store` tells what
        rdflib cannot show. Its SPARQL, SHACL and serializers work on it.

        Raises:
            InputError: rdflib is not installed.
        """
        try:
            from rdflib import Dataset

            from kg.rdflib_store import OntograftStore
        except ModuleNotFoundError as error:
            raise InputError(
                "rdflib is not installed.", mend="pip install 'ontograft[rdflib]'"
            ) from error
        return Dataset(OntograftStore.of(self._database))

    def export(
        self,
        path: str | Path,
        *,
        format: str | None = None,
        sources: Sequence[str] | None = None,
        merge_graphs: bool = False,
        inferred: bool = False,
        licence: str | None = None,
        accept_licences: bool = False,
    ) -> ExportReport:
        """Write sources to a file of any format that is read, and their licences beside it.

        RDF is written without loss: literals keep their form, graphs their names, where the format
        can hold them. Other formats hold less; the report tells what was left out. The same
        content gives the same bytes. FILE.licence.json beside the file names every source with
        its licence.

        Args:
            path: of the file; its folder must exist. A suffix such as .gz compresses it. A folder,
                made or replaced, for "neo4j".
            format: as in `Source`, or "sssom" or "neo4j"; by default what the suffix says.
            sources: IRIs of those to write; None for all.
            merge_graphs: whether named graphs may go into one where the format has but one.
            inferred: whether to write triples that were inferred, too; RDF of all sources alone.
            licence: the licence that you give the export: an SPDX identifier, address or name.
            accept_licences: whether you answer for what the licences of the sources forbid.

        Raises:
            ExportError: the format cannot hold it, there is no such source or format, a source may
                not be handed on, or your licence is looser than a source's.
            InputError: nothing is inferred from what is loaded now.
            OSError: the file cannot be written; an older one is then untouched.
        """
        from kg.writers.exporting import export

        if Path(path).resolve() == Path(self.location).resolve():
            raise ExportError(
                "This is the knowledge base itself, and is left as it is.",
                where=str(path),
                mend="Name another file.",
            )
        with self._database.reading() as connection:
            return export(
                connection,
                Path(path),
                format_=format,
                sources=sources,
                merge_graphs=merge_graphs,
                inferred=inferred,
                licence=licence,
                accept_licences=accept_licences,
            )

    def validate(
        self, shapes: str | Path | None = None, *, inferred: bool = False
    ) -> "kg.shapes.report.ValidationReport":
        """Validate all triples against SHACL shapes; nothing is fetched.

        SHACL Core is answered by the database; shapes that need more go to pySHACL, if it is
        installed, in a process with bounded time and memory.

        Args:
            shapes: a file of any RDF syntax; None for the shapes among the loaded triples.
            inferred: whether to take triples that were inferred, too.

        Raises:
            InputError: nothing is inferred from what is loaded now.
            FileFaultError, SyntaxFaultError: the file cannot be read.
            ShapesFaultError: there is no shape, or one is wrong, recursive or too costly, or needs
                pySHACL where it is not installed.
        """
        from kg.shapes.validating import validate

        with self._database.reading() as connection:
            return validate(connection, shapes, place=self.location, inferred=inferred)

    def reason(
        self,
        profile: str = "rl",
        *,
        budget: "kg.reasoning.records.Budget | None" = None,
        least_weight: float = 1.0,
    ) -> "kg.reasoning.records.ReasoningReport":
        """Infer what follows from all triples, and store it in place of what was inferred before.

        Inferred triples are told apart from asserted ones everywhere, with their rule. Loading
        anything makes them stale: they are then ignored until this runs again. docs/reasoning.md
        lists the rules.

        Args:
            profile: "rl" (OWL 2 RL), "rdfs", or "dl" through the package rustdl.
            budget: ends it early; what was found until then is stored and marked as incomplete.
            least_weight: a soft Horn rule of less weight is left out; hard ones always run.

        Raises:
            InputError: there is no such profile, or `dl` needs what is not installed.
            JobError: the content changed meanwhile, or the database cannot be written.
        """
        from kg.reasoning.running import reason

        self._refuse_the_past()
        return reason(self._database, profile=profile, budget=budget, least_weight=least_weight)

    def explain(
        self, subject: str, relation: str, object_: str
    ) -> "kg.reasoning.records.Explanation":
        """Why a triple or an edge holds: the asserted triples behind it, their files, the rules.

        Is-a edges and relations out of restrictions are explained without `reason`, too.

        Args:
            subject, relation, object_: CURIEs or IRIs.

        Raises:
            InputError: it does not hold, as far as is known.
        """
        from kg.reasoning.asking import explain

        with self._database.reading() as connection:
            return explain(connection, subject, relation, object_, location=self.location)

    def mine(
        self,
        out: str | Path | None = None,
        *,
        min_support: int = 10,
        min_confidence: float = 0.5,
        max_rules: int = 10_000,
    ) -> "kg.reasoning.mining.MinedRules":
        """Find Horn rules of one or two steps that the edges obey; `load` takes the file.

        Args:
            out: the rules file to write, with each rule's figures; None for none.
            min_support: edges that a rule must give and that are there, above 0.
            min_confidence: least share of what it gives that is there, in [0, 1].
            max_rules: so many are kept, the surest first.

        Raises:
            OSError: the file cannot be written.
        """
        from kg.reasoning.mining import mine_rules, write_rules

        mined = mine_rules(
            self.graph(),
            min_support=min_support,
            min_confidence=min_confidence,
            max_rules=max_rules,
        )
        if out is not None:
            write_rules(mined, out)
        return mined

    def audit(
        self,
        rules: str | Path | None = None,
        *,
        modes: dict[str, str] | None = None,
        open_world: bool = True,
    ) -> "kg.audit.RuleAudit":
        """Hold every axiom and rule against the edges: what breaks it, and what clashes.

        Args:
            rules: a rules file that is not loaded yet, held against them, too.
            modes: of axioms, in the place of their own; see `kg.constraints.with_modes`.
            open_world: an entity of which no class is told breaks no domain or range.

        Raises:
            SyntaxFaultError: a rule of the file is none; with its line.
            InputError: a rule of the file names what is not there, or a mode is none.
            OSError: the file cannot be read.
        """
        from kg.audit import audit, refuse_unknown
        from kg.constraints import with_modes
        from kg.rules import read_rules

        axioms, graph, table = self.axioms(), self.graph(), self.table()
        if rules is not None:
            read = read_rules(rules)
            refuse_unknown(read, graph, table, path=str(rules))
            axioms += tuple(
                Axiom("horn", (str(rule),), rule.weight, rule.mode, str(rules)) for rule in read
            )
        return audit(with_modes(axioms, modes or {}), graph, table, open_world=open_world)

    def check(self) -> tuple[str, ...]:
        """What is damaged, a sentence each; nothing if all is as the loads wrote it.

        SQLite checks its pages and indexes; and every table is compared with the sums that each
        load keeps, so that a changed byte in any text or number is found.
        """
        from kg.store.checking import check

        with self._database.reading() as connection:
            return check(connection, self._database.dialect_of(connection))

    def quality(self, *, examples: int = 10) -> "tuple[kg.quality.QualityFinding, ...]":
        """Look for what often goes wrong in ontologies: docs/validation.md lists the checks.

        Args:
            examples: how many cases of each finding are named at most.

        Returns:
            A finding for each check, also of those that found nothing.
        """
        from kg.quality import quality_findings

        graph, curies = self.graph(), self.table().curies
        with self._database.reading() as connection:
            return quality_findings(connection, graph, curies, examples=examples)

    def current_ids(self) -> dict[str, str]:
        """What stands today for identifiers of before: old identifier -> CURIE.

        Old are CURIEs and IRIs of deprecated entities with a replacement (chains are followed),
        alternative ids and notations. What leads to several entities is left out.
        """
        from kg.store.renamed import read_current_ids

        with self._database.reading() as connection:
            return read_current_ids(connection)

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

    def _state_at(self, at: int | str) -> Database:
        from kg.past import find_release, state_at

        return state_at(self._database, find_release(self.releases(), at, location=self.location))

    def _refuse_the_past(self) -> None:
        if self._past:
            raise InputError(
                "A state of the past is only read.",
                where=self.location,
                mend="Open the knowledge base without `at`.",
            )

    def _keep_arrays(
        self,
        what: str,
        read: "Callable[[Connection, kg.snapshots.Shelf], T]",
        *,
        with_inferred: bool = False,
    ) -> T:
        from kg.store.shelves import content_hash, open_shelf, snapshots_folder

        place = None if self._past else snapshots_folder(self.location)

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
