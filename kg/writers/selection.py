"""What of a knowledge base is to be written: some of its sources, read as a stream."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, func, select, true

from kg.errors import ExportError
from kg.nearest import nearest_identifiers
from kg.store.dialects import LOOKUP, chunks
from kg.store.quads import StoredQuad, StoredTerm, stored_quads
from kg.store.reading import fetched
from kg.store.schema import prefix, release, source, term, triple
from kg.store.terms import IRI, TRIPLE
from kg.vocabulary import WELL_KNOWN_PREFIXES

BATCH = 20_000
"""Triples whose terms are fetched at once."""

_KEPT_TERMS = 300_000
_DEFAULT_GRAPH = -1
_PREFIX = re.compile(r"[A-Za-z]([\w.-]*[\w-])?", re.ASCII)


@dataclass(frozen=True)
class ChosenSource:
    """A source of the selection, as its newest release has it.

    Args:
        number: in the tables.
        iri, version, licence, spdx, redistributable, sha256: see `kg.Source`.
        rules: Horn rules as the lines of a rules file.
    """

    number: int
    iri: str
    version: str
    licence: str
    spdx: str
    redistributable: bool | None
    sha256: str
    rules: tuple[str, ...]


class Terms(dict[int, StoredTerm]):
    """Terms by number, fetched when they are asked for, many at once if it is known which."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection

    def __missing__(self, number: int) -> StoredTerm:
        self.fetch([number])
        return self[number]

    def fetch(self, numbers: Iterable[int]) -> None:
        """Get the terms of these numbers; older ones are forgotten when there are too many."""
        if len(self) > _KEPT_TERMS:
            self.clear()
        missing = sorted({number for number in numbers if number not in self})
        columns = (term.c.id, term.c.kind, term.c.value, term.c.datatype, term.c.lang)
        for chunk in chunks(missing, LOOKUP):
            chosen = select(*columns).where(term.c.id.in_(chunk))
            self.update(
                (row[0], StoredTerm._make(row[1:])) for row in fetched(self._connection, chosen)
            )

    def parts(self, number: int) -> list[int]:
        """The numbers of the three terms of a triple term."""
        return [int(part) for part in self[number].value.split()]


class Selection:
    """Some sources of a knowledge base, or all.

    Args:
        connection: in a transaction that outlasts the selection.
        sources: IRIs; None for all.
        merge_graphs: whether named graphs count as parts of the default graph.

    Raises:
        ExportError: there is no such source, or none at all.
    """

    def __init__(
        self, connection: Connection, sources: Sequence[str] | None, *, merge_graphs: bool = False
    ) -> None:
        self.connection = connection
        self.merge_graphs = merge_graphs
        known = _sources(connection)
        if not known:
            raise ExportError(
                "The knowledge base is empty.", mend="Load an ontology into it: `ontograft load`."
            )
        for iri in sources or ():
            if iri not in known:
                near = ", ".join(nearest_identifiers(iri, list(known)))
                raise ExportError(
                    f"There is no source {iri}; the nearest: {near}.",
                    mend="`ontograft info KB` lists the sources.",
                )
        chosen = known if sources is None else {iri: known[iri] for iri in sources}
        self.sources: tuple[ChosenSource, ...] = tuple(chosen.values())
        self.whole = len(chosen) == len(known)
        self.terms = Terms(connection)

    @property
    def numbers(self) -> list[int]:
        """The numbers of the sources."""
        return [chosen.number for chosen in self.sources]

    def among(self, column: Column[Any]) -> ColumnElement[bool]:
        """That a column which holds the number of a source holds one of these."""
        return true() if self.whole else column.in_(self.numbers)

    def count(self) -> int:
        """How many triples there are, each counted once a graph (once, if graphs are merged)."""
        columns = [triple.c.subject, triple.c.predicate, triple.c.object]
        if not self.merge_graphs:
            columns.append(triple.c.graph)
        distinct = select(*columns).where(self.among(triple.c.source)).distinct().subquery()
        return self.connection.execute(select(func.count()).select_from(distinct)).scalar_one()

    def named_graphs(self) -> list[str]:
        """IRIs and blank nodes of the named graphs; none if they are merged."""
        if self.merge_graphs:
            return []
        graphs = (
            select(triple.c.graph)
            .where(triple.c.graph != _DEFAULT_GRAPH, self.among(triple.c.source))
            .distinct()
        )
        values = select(term.c.value).where(term.c.id.in_(graphs)).order_by(term.c.value)
        return list(self.connection.execute(values).scalars())

    def predicates(self) -> list[str]:
        """IRIs of all predicates, in order; those inside triple terms left aside."""
        used = select(triple.c.predicate).where(self.among(triple.c.source)).distinct()
        values = select(term.c.value).where(term.c.id.in_(used)).order_by(term.c.value)
        return list(self.connection.execute(values).scalars())

    def has_triple_terms(self) -> bool:
        """Whether an object is a triple, as in RDF 1.2."""
        triples = select(term.c.id).where(term.c.kind == TRIPLE)
        if self.connection.execute(triples.limit(1)).first() is None:
            return False
        found = (
            select(triple.c.object)
            .join(term, term.c.id == triple.c.object)
            .where(term.c.kind == TRIPLE, self.among(triple.c.source))
            .limit(1)
        )
        return self.connection.execute(found).first() is not None

    def prefixes(self) -> dict[str, str]:
        """Prefix to namespace: those that the sources declare, then the usual ones in use."""
        numbers = select(source.c.release).where(self.among(source.c.id))
        declared = (
            select(prefix.c.prefix, prefix.c.namespace)
            .where(prefix.c.release.in_(numbers))
            .order_by(prefix.c.release, prefix.c.prefix)
        )
        found: dict[str, str] = {}
        for name, namespace in self.connection.execute(declared):
            if name not in found and _PREFIX.fullmatch(name):
                found[name] = namespace
        predicates = self.predicates()
        for name, namespace in WELL_KNOWN_PREFIXES.items():
            used = any(iri.startswith(namespace) for iri in predicates)
            if used and namespace not in found.values():
                found.setdefault(name, namespace)
        return dict(sorted(found.items()))

    def quads(self) -> Iterator[StoredQuad]:
        """The triples, each once, by subject, predicate, object and graph; their terms are ready.

        With merged graphs, all are in the default graph.
        """
        everything = stored_quads(self.connection, sources=None if self.whole else self.numbers)
        last: tuple[int, int, int] | None = None
        while batch := list(islice(everything, BATCH)):
            self.terms.fetch(number for quad in batch for number in quad if number >= 0)
            for quad in batch:
                if self.merge_graphs:
                    if quad[:3] == last:
                        continue
                    last = quad[:3]
                    yield StoredQuad(*last, _DEFAULT_GRAPH)
                else:
                    yield quad

    def by_subject(self) -> Iterator[tuple[int, dict[int, list[StoredQuad]]]]:
        """Each subject with its triples by graph, the default graph first."""
        for subject, quads in groupby(self.quads(), key=lambda quad: quad.subject):
            graphs: dict[int, list[StoredQuad]] = {}
            for quad in quads:
                graphs.setdefault(quad.graph, []).append(quad)
            yield subject, dict(sorted(graphs.items()))

    def is_iri(self, number: int) -> bool:
        """Whether a term is an IRI."""
        return self.terms[number].kind == IRI


def _sources(connection: Connection) -> dict[str, ChosenSource]:
    query = (
        select(
            source.c.id, source.c.iri, release.c.version, release.c.licence, release.c.spdx,
            release.c.redistributable, release.c.sha256, release.c.rules,
        )
        .join(release, release.c.id == source.c.release)
        .order_by(source.c.id)
    )  # fmt: skip
    return {
        row.iri: ChosenSource(
            number=row.id,
            iri=row.iri,
            version=row.version,
            licence=row.licence,
            spdx=row.spdx,
            redistributable={1: True, 0: False}.get(row.redistributable),
            sha256=row.sha256,
            rules=tuple(json.loads(row.rules)),
        )
        for row in connection.execute(query)
    }
