"""From the triples of one file to entities, names, edges and axioms.

Which property means what stands in `kg.vocabulary`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from kg.axioms import FoundAxiom, read_axioms
from kg.edges import FoundEdge, read_edges
from kg.errors import FileFaultError
from kg.licences import recognised
from kg.names import FoundName, names_from_iris, read_definitions, read_names
from kg.records import LoadWarning
from kg.statements import Statements, language_rank
from kg.triples import ParsedFile
from kg.vocabulary import (
    BROADER,
    COMMENT,
    DCTERMS,
    DEPRECATED,
    DESCRIPTIONS,
    ENTITY_KINDS,
    LANGUAGES,
    LICENCES,
    NO_ENTITY_TYPES,
    OWL,
    RDFS,
    REPLACED_BY,
    SKOS,
    SSSOM,
    SUBCLASS_OF,
)

_RANK = {"property": 0, "class": 1, "concept": 2, "individual": 3}


class Description(NamedTuple):
    """What one source says about one entity; kind is empty where it only gives it a name.

    `definition` is the number of the literal among the file's terms, or -1 without one.
    """

    kind: str
    label: str
    label_lang: str
    definition: int
    deprecated: bool
    replaced_by: str


@dataclass(frozen=True)
class Interpretation:
    """What one file says.

    Args:
        iri, version, licence: see `kg.Source`.
        descriptions: by IRI, in the order of the file.
        names, edges: each once.
        axioms: without the subclass and some-values ones, which the edges hold.
        imports: IRIs, each once.
        warnings: that it names nothing.
    """

    iri: str
    version: str
    licence: str
    descriptions: dict[str, Description]
    names: list[FoundName]
    edges: list[FoundEdge]
    axioms: list[FoundAxiom]
    imports: tuple[str, ...]
    warnings: tuple[LoadWarning, ...]


def interpret(file: ParsedFile, *, may_name_nothing: bool = False) -> Interpretation:
    """Read the meaning of a parsed file.

    Args:
        file: any.
        may_name_nothing: whether a file without entities is a warning, not a fault: one of many
            modules may only import others, or describe the ontology itself.

    Raises:
        FileFaultError: it names no class, concept, individual or property, and has no rules.
    """
    return _Interpreter(file).run(may_name_nothing=may_name_nothing)


class _Interpreter:
    def __init__(self, file: ParsedFile) -> None:
        self.file = file
        self.statements = Statements(file.triples)
        self.kinds: dict[str, str] = {}
        self.excluded: set[str] = set()

    def run(self, *, may_name_nothing: bool) -> Interpretation:
        # A table of mappings is about entities of other files, and describes none.
        describes = self.file.format != "sssom"
        if describes:
            self._find_kinds()
        names = read_names(self.statements, self.kinds, skipped=self._skipped)
        for name in names:
            self.kinds.setdefault(name.iri, "")
        names.extend(names_from_iris(names, self.kinds))
        warnings = []
        if not (self.kinds or self.file.rules or self.statements.pairs(SSSOM + "mappings")):
            fault = self._no_ontology()
            if not may_name_nothing:
                raise fault
            warnings.append(LoadWarning(0, 0, fault.what))
        edges = read_edges(self.statements, self.kinds, skipped=self._skipped)
        iri, version, licence = self._header()
        return Interpretation(
            iri=iri,
            version=version,
            licence=licence,
            descriptions=self._descriptions(names),
            names=names,
            edges=edges if describes else [],
            axioms=read_axioms(self.statements),
            imports=tuple(dict.fromkeys(iri for _, iri in self._imports())),
            warnings=tuple(warnings),
        )

    def _imports(self) -> Iterator[tuple[str, str]]:
        return self.statements.iri_pairs(OWL + "imports")

    def _no_ontology(self) -> FileFaultError:
        imports = [iri for _, iri in self._imports()]
        if imports:
            return FileFaultError(
                f"The file only imports {len(imports)} others, which are not fetched.",
                where=self.file.path,
                mend=f"Load the imported files themselves, such as {imports[0]}.",
            )
        return FileFaultError(
            f"The file is {self.file.format} of {len(self.file.triples):,} triples, but no "
            "ontology: it names no class, concept, individual or property.",
            where=self.file.path,
            mend="Name a file with labels (rdfs:label, skos:prefLabel or OBO's `name:`).",
        )

    # -- which IRIs are entities, and of what kind ---------------------------------------------

    def _find_kinds(self) -> None:
        for subject, types in self.statements.types().items():
            iri = self.statements.iri(subject)
            if iri is None or iri.startswith(LANGUAGES):
                continue
            kind = _kind_of_types(types)
            if kind:
                self.kinds[iri] = kind
            elif kind is not None:
                self.excluded.add(iri)
        for predicate, kind in (
            (SUBCLASS_OF, "class"),
            (RDFS + "subPropertyOf", "property"),
            (BROADER, "concept"),
        ):
            for subject, _ in self.statements.pairs(predicate):
                iri = self.statements.iri(subject)
                if iri is not None and iri not in self.kinds and not self._skipped(iri):
                    self.kinds[iri] = kind

    def _skipped(self, iri: str) -> bool:
        return iri in self.excluded or iri.startswith(LANGUAGES)

    # -- descriptions --------------------------------------------------------------------------

    def _descriptions(self, names: list[FoundName]) -> dict[str, Description]:
        labels: dict[str, FoundName] = {}
        for name in names:
            if name.kind == "label":
                best = labels.get(name.iri)
                if best is None or language_rank(name.lang) < language_rank(best.lang):
                    labels[name.iri] = name
        definitions = read_definitions(self.statements, self.kinds)
        deprecated = self._deprecated()
        replaced = dict(self.statements.iri_pairs(DCTERMS + "isReplacedBy"))
        replaced.update(self.statements.iri_pairs(REPLACED_BY))
        found = {}
        for iri, kind in self.kinds.items():
            label = labels.get(iri)
            text, lang = (label.text, label.lang) if label else ("", "")
            definition = definitions.get(iri, -1)
            gone, other = iri in deprecated, replaced.get(iri, "")
            found[iri] = Description(kind, text, lang, definition, gone, other)
        return found

    def _deprecated(self) -> set[str]:
        found = set()
        for subject, object_ in self.statements.pairs(DEPRECATED):
            iri, literal = self.statements.iri(subject), self.statements.literal(object_)
            if iri is not None and literal is not None and literal.value in ("true", "1"):
                found.add(iri)
        for subject, types in self.statements.types().items():
            if OWL + "DeprecatedClass" in types or OWL + "DeprecatedProperty" in types:
                iri = self.statements.iri(subject)
                if iri is not None:
                    found.add(iri)
        return found

    # -- header --------------------------------------------------------------------------------

    def _header(self) -> tuple[str, str, str]:
        nodes = self._header_nodes()
        iri = next((i for i in map(self.statements.iri, nodes) if i is not None), "")
        version = next(self._values(nodes, (OWL + "versionInfo", OWL + "versionIRI")), "")
        return iri or self.file.base, version, self._licence(nodes)

    def _licence(self, nodes: list[int]) -> str:
        """The first statement that names a licence that we know, else the first about licences.

        Some say it in a comment, as OBO's `remark:` is, or beside their version.
        """
        stated = list(self._values(nodes, LICENCES))
        said = chain(stated, self._values(nodes, (COMMENT, OWL + "versionInfo", *DESCRIPTIONS)))
        known = (text for text in said if recognised(text).spdx)
        return next(chain(known, stated), "")

    def _header_nodes(self) -> list[int]:
        """The node of the ontology; of several, one that no other imports; else the scheme."""
        types = self.statements.types()
        nodes = [node for node, names in types.items() if OWL + "Ontology" in names]
        imported = {node for _, node in self.statements.pairs(OWL + "imports")}
        nodes = [node for node in nodes if node not in imported] or nodes
        if not nodes:
            nodes = [node for node, names in types.items() if SKOS + "ConceptScheme" in names]
        return nodes[:1]

    def _values(self, nodes: list[int], predicates: tuple[str, ...]) -> Iterator[str]:
        """What is said of these nodes, by predicate."""
        for predicate in predicates:
            for node in nodes:
                for value in self.statements.values(node, predicate):
                    literal = self.statements.literal(value)
                    text = literal.value if literal else self.statements.iri(value)
                    if text and text.strip():
                        yield " ".join(text.split())


@lru_cache(maxsize=1000)
def _kind_of_types(types: tuple[str, ...]) -> str | None:
    """The kind of what has these types; empty if it is no entity, None if they do not say."""
    if OWL + "Ontology" in types:
        return ""
    kinds = {_kind_of_type(type_) for type_ in types} - {""}
    objects = {OWL + "ObjectProperty", OWL + "DatatypeProperty"} & set(types)
    if OWL + "AnnotationProperty" in types and not objects:
        return ""
    if kinds:
        return min(kinds, key=_RANK.__getitem__)
    return "" if NO_ENTITY_TYPES & set(types) else None


def _kind_of_type(type_: str) -> str:
    if type_ in ENTITY_KINDS:
        return ENTITY_KINDS[type_]
    if type_ in NO_ENTITY_TYPES or type_.startswith((*LANGUAGES, SKOS)):
        return ""
    return "individual"
