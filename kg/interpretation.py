"""From the triples of one file to entities, names, edges and axioms.

Which property means what stands in `kg.vocabulary`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from kg.axioms import FoundAxiom, read_axioms
from kg.errors import FileFaultError
from kg.readers.rdf import base_iri
from kg.records import EdgeOrigin, LoadWarning, NameKind
from kg.statements import Statements, language_rank
from kg.triples import ParsedFile
from kg.vocabulary import (
    BROADER,
    COMMENT,
    DCTERMS,
    DEFINITIONS,
    DEPRECATED,
    ENTITY_KINDS,
    LICENCES,
    METADATA,
    NAME_KINDS,
    NARROWER,
    NO_ENTITY_TYPES,
    OWL,
    RDF,
    RDFS,
    REPLACED_BY,
    SKOS,
    SUBCLASS_OF,
    SYNONYM_TYPE,
    TYPE,
    XSD,
)

_LANGUAGES = (OWL, RDF, RDFS, XSD)  # the words in which ontologies are written
_RANK = {"property": 0, "class": 1, "concept": 2, "individual": 3}
_CODE = re.compile(r"(?i)[a-z]{0,12}[_:.-]?\d[\w.-]*")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+|\d+|[^\W_]+")


class Description(NamedTuple):
    """What one source says about one entity; kind is empty where it only gives it a name."""

    kind: str
    label: str
    label_lang: str
    definition: str
    definition_lang: str
    deprecated: bool
    replaced_by: str


class FoundName(NamedTuple):
    """A name as one source gives it; `type` is an IRI such as that of `layperson`, or empty."""

    iri: str
    text: str
    kind: NameKind
    lang: str
    type: str


class FoundEdge(NamedTuple):
    """An edge as one source states it, all IRIs."""

    head: str
    relation: str
    tail: str
    origin: EdgeOrigin


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
        self._find_kinds()
        names = list(dict.fromkeys(self._names()))
        named = {name.iri for name in names if name.kind == "label"}
        for name in names:
            self.kinds.setdefault(name.iri, "")
        names.extend(self._names_from_iris(named))
        warnings = []
        if not names and not self.file.rules:
            fault = self._no_ontology()
            if not may_name_nothing:
                raise fault
            warnings.append(LoadWarning(0, 0, fault.what))
        iri, version, licence = self._header()
        return Interpretation(
            iri=iri,
            version=version,
            licence=licence,
            descriptions=self._descriptions(names),
            names=names,
            edges=list(dict.fromkeys(self._edges())),
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
            if iri is None or iri.startswith(_LANGUAGES):
                continue
            kinds = {_kind_of_type(type_) for type_ in types} - {""}
            objects = {OWL + "ObjectProperty", OWL + "DatatypeProperty"} & set(types)
            if OWL + "AnnotationProperty" in types and not objects:
                self.excluded.add(iri)
            elif kinds:
                self.kinds[iri] = min(kinds, key=_RANK.__getitem__)
            elif NO_ENTITY_TYPES & set(types):
                self.excluded.add(iri)
        for predicate, kind in (
            (SUBCLASS_OF, "class"),
            (RDFS + "subPropertyOf", "property"),
            (BROADER, "concept"),
        ):
            for subject, _ in self.statements.pairs(predicate):
                iri = self.statements.iri(subject)
                if iri is not None and not self._skipped(iri):
                    self.kinds.setdefault(iri, kind)

    def _skipped(self, iri: str) -> bool:
        return iri in self.excluded or iri.startswith(_LANGUAGES)

    # -- names ---------------------------------------------------------------------------------

    def _names(self) -> Iterator[FoundName]:
        types = self._synonym_types()
        for predicate, kind in NAME_KINDS.items():
            for subject, object_ in self.statements.pairs(predicate):
                iri, literal = self.statements.iri(subject), self.statements.literal(object_)
                if iri is None or literal is None or self._skipped(iri):
                    continue
                text = " ".join(literal.value.split())
                if text:
                    type_ = types.get((subject, predicate, object_), "") if types else ""
                    yield FoundName(iri, text, kind, literal.lang.lower(), type_)

    def _synonym_types(self) -> dict[tuple[int, str, int], str]:
        """Types of synonyms, by subject, predicate and object of the annotated triple."""
        found = {}
        for node, type_ in self.statements.pairs(SYNONYM_TYPE):
            subject = self.statements.values(node, OWL + "annotatedSource")
            predicate = self.statements.values(node, OWL + "annotatedProperty")
            target = self.statements.values(node, OWL + "annotatedTarget")
            if subject and predicate and target:
                name = self.statements.iri(predicate[0]) or ""
                found[subject[0], name, target[0]] = self.statements.iri(type_) or ""
        return found

    def _names_from_iris(self, named: set[str]) -> Iterator[FoundName]:
        """A label for what has none: `ex:LegalDocument` is "Legal Document"; codes stay bare."""
        for iri, kind in self.kinds.items():
            if iri not in named and kind in ("class", "property", "concept"):
                text = _words_of(iri)
                if text:
                    yield FoundName(iri, text, "label", "", "")

    # -- descriptions --------------------------------------------------------------------------

    def _descriptions(self, names: list[FoundName]) -> dict[str, Description]:
        labels: dict[str, FoundName] = {}
        for name in names:
            best = labels.get(name.iri)
            if name.kind == "label" and (
                best is None or language_rank(name.lang) < language_rank(best.lang)
            ):
                labels[name.iri] = name
        definitions = self._definitions()
        deprecated = self._deprecated()
        replaced = dict(self.statements.iri_pairs(DCTERMS + "isReplacedBy"))
        replaced.update(self.statements.iri_pairs(REPLACED_BY))
        found = {}
        for iri, kind in self.kinds.items():
            label = labels.get(iri)
            definition, definition_lang = definitions.get(iri, ("", ""))
            found[iri] = Description(
                kind=kind,
                label=label.text if label else "",
                label_lang=label.lang if label else "",
                definition=definition,
                definition_lang=definition_lang,
                deprecated=iri in deprecated,
                replaced_by=replaced.get(iri, ""),
            )
        return found

    def _definitions(self) -> dict[str, tuple[str, str]]:
        """Text and language by IRI; comments serve only where a file has no definitions at all."""
        found: dict[str, tuple[str, str]] = {}
        given = [pair for predicate in DEFINITIONS for pair in self.statements.pairs(predicate)]
        for subject, object_ in given or self.statements.pairs(COMMENT):
            iri, literal = self.statements.iri(subject), self.statements.literal(object_)
            if iri is None or literal is None or not literal.value.strip():
                continue
            lang = literal.lang.lower()
            if iri not in found or language_rank(lang) < language_rank(found[iri][1]):
                found[iri] = (literal.value.strip(), lang)
        return found

    def _deprecated(self) -> set[str]:
        found = set()
        for subject, object_ in self.statements.pairs(DEPRECATED):
            iri, literal = self.statements.iri(subject), self.statements.literal(object_)
            if iri is not None and literal is not None and literal.value in ("true", "1"):
                found.add(iri)
        marks = {OWL + "DeprecatedClass", OWL + "DeprecatedProperty"}
        for subject, types in self.statements.types().items():
            iri = self.statements.iri(subject)
            if iri is not None and marks & set(types):
                found.add(iri)
        return found

    # -- edges ---------------------------------------------------------------------------------

    def _edges(self) -> Iterator[FoundEdge]:
        for edge in self._all_edges():
            if edge.head != edge.tail and not self._skipped(edge.tail):
                yield edge

    def _all_edges(self) -> Iterator[FoundEdge]:
        for predicate in (SUBCLASS_OF, OWL + "equivalentClass"):
            yield from self._class_edges(predicate)
        for head, tail in self.statements.iri_pairs(BROADER):
            yield FoundEdge(head, BROADER, tail, "asserted")
        for head, tail in self.statements.iri_pairs(NARROWER):
            yield FoundEdge(tail, BROADER, head, "asserted")
        for head, tail in self.statements.iri_pairs(SKOS + "related"):
            yield FoundEdge(head, SKOS + "related", tail, "asserted")
        for head, tail in self.statements.iri_pairs(TYPE):
            if self.kinds.get(head) == "individual" and not _kind_of_language(tail):
                yield FoundEdge(head, TYPE, tail, "asserted")
        for relation in self.statements.predicates():
            yield from self._assertions(relation)

    def _class_edges(self, predicate: str) -> Iterator[FoundEdge]:
        for subject, object_ in self.statements.pairs(predicate):
            head = self.statements.iri(subject)
            # Two names for one class are an axiom: as edges they would be a cycle.
            named = predicate != SUBCLASS_OF and self.statements.iri(object_) is not None
            if head is None or head not in self.kinds or named:
                continue
            for relation, tail in self.statements.parents(object_):
                if relation is None:
                    yield FoundEdge(head, SUBCLASS_OF, tail, "asserted")
                else:
                    yield FoundEdge(head, relation, tail, "restriction")

    def _assertions(self, relation: str) -> Iterator[FoundEdge]:
        if relation in self.excluded or relation.startswith((*METADATA, SKOS)):
            return
        declared = self.kinds.get(relation) == "property"
        for head, tail in self.statements.iri_pairs(relation):
            if head in self.kinds and (declared or tail in self.kinds):
                yield FoundEdge(head, relation, tail, "asserted")

    # -- header --------------------------------------------------------------------------------

    def _header(self) -> tuple[str, str, str]:
        nodes = self._header_nodes()
        iri = next((i for i in map(self.statements.iri, nodes) if i is not None), "")
        version = self._first(nodes, (OWL + "versionInfo", OWL + "versionIRI"))
        return iri or base_iri(self.file.name), version, self._first(nodes, LICENCES)

    def _header_nodes(self) -> list[int]:
        """The node of the ontology; of several, one that no other imports; else the scheme."""
        types = self.statements.types()
        nodes = [node for node, names in types.items() if OWL + "Ontology" in names]
        imported = {node for _, node in self.statements.pairs(OWL + "imports")}
        nodes = [node for node in nodes if node not in imported] or nodes
        if not nodes:
            nodes = [node for node, names in types.items() if SKOS + "ConceptScheme" in names]
        return nodes[:1]

    def _first(self, nodes: list[int], predicates: tuple[str, ...]) -> str:
        for predicate in predicates:
            for node in nodes:
                for value in self.statements.values(node, predicate):
                    literal = self.statements.literal(value)
                    text = literal.value if literal else self.statements.iri(value)
                    if text:
                        return " ".join(text.split())
        return ""


def _kind_of_type(type_: str) -> str:
    if type_ in ENTITY_KINDS:
        return ENTITY_KINDS[type_]
    if type_ in NO_ENTITY_TYPES or type_.startswith((*_LANGUAGES, SKOS)):
        return ""
    return "individual"


def _kind_of_language(iri: str) -> bool:
    return iri.startswith((*_LANGUAGES, SKOS))


def _words_of(iri: str) -> str:
    local = re.split(r"[#/]", iri)[-1]
    if not local or _CODE.fullmatch(local):
        return ""
    return " ".join(_WORD.findall(local))
