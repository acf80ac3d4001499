"""What the knowledge base answers with: frozen records, each with its JSON form where it has one.

Outside of arrays an entity goes by its CURIE or IRI; `row` is its place in the arrays of
`EntityTable` and `Graph`.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, NamedTuple

from kg import html

EntityKind = Literal["class", "individual", "property", "concept"]
NameKind = Literal["label", "exact", "narrow", "broad", "related", "hidden"]
EdgeOrigin = Literal["asserted", "restriction"]
RuleMode = Literal["hard", "soft", "audit"]
AxiomKind = Literal[
    "subclass",
    "disjoint",
    "domain",
    "range",
    "inverse",
    "symmetric",
    "asymmetric",
    "transitive",
    "functional",
    "inverse_functional",
    "subproperty",
    "equivalent",
    "chain",
    "some",
    "only",
    "max",
    "min",
    "union",
    "complement",
    "key",
    "disjoint_properties",
    "reflexive",
    "irreflexive",
    "horn",
]


@dataclass(frozen=True)
class LoadProgress:
    """How far a load has come.

    Args:
        step: "read" (parse and interpret, per file) or "write" (per file, in one transaction).
        path: the file at work.
        done, total: files finished in this step, and files in all.
    """

    step: Literal["read", "write"]
    path: str
    done: int
    total: int


@dataclass(frozen=True)
class LoadWarning:
    """One thing in a file that was left out or read with doubt; line and column from 1, or 0."""

    line: int
    column: int
    text: str


@dataclass(frozen=True)
class Source:
    """One loaded file.

    Args:
        iri: of the ontology; `file:///NAME` where the file names none.
        version: `owl:versionInfo`, else the version IRI, else empty.
        format: "turtle", "n-triples", "n-quads", "trig", "rdf/xml", "json-ld", "obo", "rules",
            "table", "triples", "names", "babelon", "sssom" or "neo4j".
        licence: IRI or text as the file says it; empty if it says none.
        spdx: identifier of the licence at spdx.org, if it is a known one, else empty.
        redistributable: whether the licence lets it be passed on; None if that is not known.
        sha256: hexadecimal, of the file's text after decompression.
        triples: distinct in each graph.
        path: as it was given.
    """

    iri: str
    version: str
    format: str
    licence: str
    spdx: str
    redistributable: bool | None
    sha256: str
    triples: int
    path: str

    def to_json(self) -> dict[str, Any]:
        """The source as in DESIGN's `info` document."""
        return asdict(self)


class Labelled(NamedTuple):
    """An entity with its label."""

    curie: str
    label: str


class Deprecation(NamedTuple):
    """An entity that is deprecated now.

    Attributes:
        curie, label: the label is the older one.
        replaced_by: the CURIE that stands for it, or None.
        consider: CURIEs or texts of what may stand for it, of oboInOwl:consider.
    """

    curie: str
    label: str
    replaced_by: str | None
    consider: tuple[str, ...] = ()


class Relabelling(NamedTuple):
    """An entity with its older and its newer label."""

    curie: str
    old: str
    new: str


class Reparenting(NamedTuple):
    """An entity whose direct parents changed; all CURIEs."""

    curie: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """What a newer state of a knowledge base has that an older had not, and the other way round.

    Args:
        added, removed: entities that only the newer, or only the older state describes.
        deprecated: marked as obsolete in the newer state alone.
        relabelled: with another label.
        reparented: in both states, with other direct parents by is-a, and not newly deprecated.
        ancestors_changed: CURIEs of such entities whose ancestors by is-a are others.
        renamed: CURIEs of entities in both states, with another set of names, label included.
        edges_added, edges_removed: edges of all relations, by head, relation and tail.
    """

    added: tuple[Labelled, ...]
    removed: tuple[Labelled, ...]
    deprecated: tuple[Deprecation, ...]
    relabelled: tuple[Relabelling, ...]
    reparented: tuple[Reparenting, ...]
    ancestors_changed: tuple[str, ...]
    renamed: tuple[str, ...]
    edges_added: int
    edges_removed: int

    def counts(self) -> dict[str, int]:
        """How many of each."""
        replaced = sum(found.replaced_by is not None for found in self.deprecated)
        suggested = sum(
            found.replaced_by is None and bool(found.consider) for found in self.deprecated
        )
        return {
            "added": len(self.added),
            "removed": len(self.removed),
            "deprecated": len(self.deprecated),
            "deprecated_with_replacement": replaced,
            "deprecated_with_suggestion": suggested,
            "relabelled": len(self.relabelled),
            "reparented": len(self.reparented),
            "ancestors_changed": len(self.ancestors_changed),
            "renamed": len(self.renamed),
            "edges_added": self.edges_added,
            "edges_removed": self.edges_removed,
        }

    def to_json(self) -> dict[str, Any]:
        """Counts and lists, plain."""
        lists = ("added", "removed", "deprecated", "relabelled", "reparented")
        return {
            **asdict(self),
            **{kind: [found._asdict() for found in getattr(self, kind)] for kind in lists},
            "counts": self.counts(),
        }

    def to_kgcl(self) -> str:
        """The changes in the Knowledge Graph Change Language, one a line.

        https://w3id.org/kgcl; Hegde et al. 2025, Database, doi:10.1093/database/baae133.
        """
        return "".join(f"{line}\n" for line in self._kgcl())

    def _kgcl(self) -> Iterator[str]:
        for curie, label in self.added:
            yield f"create class {curie} {_quoted(label)}"
        for curie, _ in self.removed:
            yield f"delete class {curie}"
        for found in self.deprecated:
            other = f" with replacement {found.replaced_by}" if found.replaced_by else ""
            if not other and found.consider:
                other = f" with alternative {','.join(found.consider)}"
            yield f"obsolete {found.curie}{other}"
        for curie, old, new in self.relabelled:
            yield f"rename {curie} from {_quoted(old)} to {_quoted(new)}"
        for curie, added, removed in self.reparented:
            for parent in removed:
                yield f"delete edge {curie} rdfs:subClassOf {parent}"
            for parent in added:
                yield f"create edge {curie} rdfs:subClassOf {parent}"


@dataclass(frozen=True)
class Release:
    """One loading of a source, or its removal.

    Args:
        number: grows by one over all sources; the state of the whole goes by its newest release.
        source: what was loaded; its format is empty where the source was removed.
        loaded_at: ISO 8601, UTC.
        added, removed: triples, compared with the release before.
        current: it is what the source holds now.
    """

    number: int
    source: Source
    loaded_at: str
    added: int
    removed: int
    current: bool

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries and lists."""
        return asdict(self)


@dataclass(frozen=True)
class LoadReport:
    """What one file brought.

    Args:
        source: the file and its header.
        warnings: what was left out, in the order of the file.
        entities, names, edges, axioms: counts of this file alone.
        unchanged: the same content was loaded before, so that nothing was done.
        missing_imports: IRIs that the file imports and that no loaded file is; nothing is fetched.
        changes: what the whole load changed, where the file is a newer release of its source.
    """

    source: Source
    warnings: tuple[LoadWarning, ...]
    entities: int
    names: int
    edges: int
    axioms: int
    unchanged: bool
    missing_imports: tuple[str, ...] = ()
    changes: Difference | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries and lists; the changes as counts."""
        return {
            **asdict(replace(self, changes=None)),
            "warnings": [asdict(w) for w in self.warnings],
            "missing_imports": list(self.missing_imports),
            "changes": self.changes.counts() if self.changes else None,
        }

    def _repr_html_(self) -> str:
        """For notebooks."""
        return html.facts(
            f"{self.source.iri} {self.source.version}".strip(),
            [
                ("", "unchanged" if self.unchanged else "loaded"),
                ("triples", self.source.triples),
                ("entities", self.entities),
                ("names", self.names),
                ("edges", self.edges),
                ("axioms", self.axioms),
                ("licence", self.source.licence),
                ("missing imports", ", ".join(self.missing_imports)),
                ("warnings", "; ".join(w.text for w in self.warnings[: html.SHOWN_ROWS])),
            ],
        )


@dataclass(frozen=True)
class LeftOut:
    """What a format has no place for: "names in other languages", and how many."""

    what: str
    count: int


@dataclass(frozen=True)
class ExportReport:
    """What an export wrote, and what it could not.

    Args:
        path: of the file, or the folder for "neo4j".
        format: as in `Source`.
        unit: what is counted in `written`: "triples", "edges", "entities" and the like.
        written: how many.
        left_out: what the format cannot hold; empty if nothing is lost.
        licence: an SPDX expression over the licences of the sources, or the one that was stated.
        sources: IRIs.
        warnings: what the licences leave in doubt.
    """

    path: str
    format: str
    unit: str
    written: int
    left_out: tuple[LeftOut, ...]
    licence: str
    sources: tuple[str, ...]
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The document of `ontograft export KB FILE --json`."""
        return {
            **asdict(self),
            "left_out": {left.what: left.count for left in self.left_out},
            "sources": list(self.sources),
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True)
class Summary:
    """What a knowledge base holds.

    Args:
        triples: over all sources.
        entities: classes, individuals and concepts that a source describes, deprecated ones too.
        names: labels and synonyms of all kinds and languages.
        relations: properties described or used by an edge, and is-a.
        axioms: typed axioms and rules, the subclass and some-values ones included.
        schema_version: of the tables.
        sources: in the order of their first loading.
    """

    triples: int
    entities: int
    names: int
    relations: int
    axioms: int
    schema_version: int
    sources: tuple[Source, ...]

    def to_json(self) -> dict[str, Any]:
        """The document of `ontograft info KB --json`."""
        return {**asdict(self), "sources": [source.to_json() for source in self.sources]}

    def _repr_html_(self) -> str:
        """For notebooks."""
        counts = ("triples", "entities", "names", "relations", "axioms")
        head = ("iri", "version", "format", "triples", "licence")
        return html.facts(
            "Knowledge base", [(name, getattr(self, name)) for name in counts]
        ) + html.table(head, [[getattr(source, name) for name in head] for source in self.sources])


@dataclass(frozen=True)
class SearchHit:
    """An entity found by one of its names; `score` in (0, 1], 1 for an exact label."""

    curie: str
    iri: str
    label: str
    name: str
    score: float

    def to_json(self) -> dict[str, Any]:
        """One element of `ontograft search KB TEXT --json`."""
        return asdict(self)


class SearchHits(tuple[SearchHit, ...]):
    """What a search found, best first; a tuple that notebooks show as a table."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        """For notebooks."""
        head = ("curie", "label", "name", "score")
        return html.table(head, [[getattr(hit, name) for name in head] for hit in self])


@dataclass(frozen=True)
class Mapping:
    """That two identifiers of different vocabularies mean the same, or nearly so.

    Args:
        subject, predicate, object: CURIEs, or IRIs where no prefix fits; a cross-reference (xref)
            as it is written.
        justification: a CURIE, such as `semapv:LexicalMatching`; empty if none is told.
        confidence: in [0, 1]; None if none is told.
        negated: it is told that this is not so.
        subject_label, object_label: as the table of mappings has them; else empty.
        source: IRI of the source that states it.
    """

    subject: str
    predicate: str
    object: str
    justification: str
    confidence: float | None
    negated: bool
    subject_label: str
    object_label: str
    source: str

    def to_json(self) -> dict[str, Any]:
        """One element of `ontograft mappings KB --json`."""
        return asdict(self)


class NameRow(NamedTuple):
    """A name of the entity in `row`; `lang` is a lower-case BCP 47 tag or empty.

    A tuple, not a dataclass: there are tens of thousands, and it is built three times as fast.
    """

    row: int
    text: str
    kind: NameKind
    lang: str


@dataclass(frozen=True)
class Name:
    """A name of an entity that is known from the context."""

    text: str
    kind: NameKind
    lang: str


@dataclass(frozen=True)
class Edge:
    """A relation to `tail`, both as CURIEs; `origin` says how the file stated it."""

    relation: str
    tail: str
    origin: EdgeOrigin


@dataclass(frozen=True)
class Entity:
    """One entity with all that is told about it.

    Args:
        curie, iri, label, definition: `definition` is empty if none.
        kind: of the first source that tells it.
        names: label, exact, then the other kinds, each by language and text.
        parents: CURIEs, direct, by is-a.
        ancestors: CURIEs, all by is-a, itself excluded.
        edges: outgoing, is-a included.
        deprecated: a source marks it as obsolete.
        replaced_by: CURIE, or None.
    """

    curie: str
    iri: str
    label: str
    definition: str
    kind: EntityKind
    names: tuple[Name, ...]
    parents: tuple[str, ...]
    ancestors: tuple[str, ...]
    edges: tuple[Edge, ...]
    deprecated: bool
    replaced_by: str | None

    def to_json(self) -> dict[str, Any]:
        """The document of `ontograft show KB ID --json`."""
        return {
            **asdict(self),
            "names": [asdict(name) for name in self.names],
            "parents": list(self.parents),
            "ancestors": list(self.ancestors),
            "edges": [asdict(edge) for edge in self.edges],
        }

    def _repr_html_(self) -> str:
        """For notebooks."""
        names = (f"{n.text} ({n.kind} {n.lang})".replace(" )", ")") for n in self.names)
        return html.facts(
            f"{self.curie} {self.label}",
            [
                ("iri", self.iri),
                ("kind", self.kind),
                ("definition", self.definition),
                ("names", "; ".join(names)),
                ("parents", ", ".join(self.parents)),
                ("edges", "; ".join(f"{edge.relation} {edge.tail}" for edge in self.edges)),
                ("deprecated", "yes" if self.deprecated else ""),
                ("replaced by", self.replaced_by or ""),
            ],
        )


@dataclass(frozen=True)
class Axiom:
    """One row of the typed rule table.

    Args:
        kind: says what `arguments` are:
            subclass (child, parent) · disjoint (a, b) · domain, range (property, class) ·
            inverse (p, q) · symmetric, asymmetric, transitive, functional, inverse_functional (p) ·
            subproperty (p, q) · equivalent (a, b) · chain (p1, …, pn, implied) ·
            reflexive, irreflexive (p) · disjoint_properties (p, q) ·
            some, only (class, property, filler): each member has one such value, or no others ·
            max, min (class, property, count) or (class, property, count, filler): of members ·
            union (whole, a, b, …) · complement (a, b) · key (class, p1, …, pn) ·
            horn (the rule's text).
        arguments: CURIEs; a count in digits; or the one text of a Horn rule.
        weight: above 0; how sure the author is.
        mode: "hard" always holds, "soft" is learned with its weight, "audit" is only reported.
        source: IRI of the source that states it.
    """

    kind: AxiomKind
    arguments: tuple[str, ...]
    weight: float = 1.0
    mode: RuleMode = "soft"
    source: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries and lists."""
        return {**asdict(self), "arguments": list(self.arguments)}


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
