"""From the triples of one file to entities, names, edges and axioms.

Which property means what stands in `kg.vocabulary`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from jaxtyping import Bool, Int8, Int64

from kg.axioms import FoundAxiom, read_axioms
from kg.edges import Edges, no_edges, read_edges
from kg.errors import FileFaultError
from kg.kinds import Kinds, find_kinds, no_kinds
from kg.licences import recognised
from kg.names import Names, read_definitions, read_names
from kg.records import LoadWarning
from kg.statements import Statements
from kg.triples import ParsedFile
from kg.vocabulary import (
    COMMENT,
    DCTERMS,
    DEPRECATED,
    DESCRIPTIONS,
    LICENCES,
    OWL,
    REPLACED_BY,
    SKOS,
    SSSOM,
)

_DEPRECATED_TYPES = (OWL + "DeprecatedClass", OWL + "DeprecatedProperty")


@dataclass(frozen=True)
class Descriptions:
    """What one source says about entities, as columns.

    Args:
        entities: numbers of terms, each once, in the order of the file.
        kinds: numbers of `kg.kinds.KINDS`.
        labels, label_langs: empty where there is none.
        definitions: numbers of the literals among the terms, -1 where there is none.
        deprecated: whether the source says so.
        replaced_by: IRIs, or empty.
    """

    entities: Int64[np.ndarray, " entity"]
    kinds: Int8[np.ndarray, " entity"]
    labels: Sequence[str]
    label_langs: Sequence[str]
    definitions: Int64[np.ndarray, " entity"]
    deprecated: Bool[np.ndarray, " entity"]
    replaced_by: Sequence[str]

    def __len__(self) -> int:
        return len(self.entities)


@dataclass(frozen=True)
class Interpretation:
    """What one file says.

    Args:
        iri, version, licence: see `kg.Source`.
        descriptions, names, edges: by the numbers of the file's terms.
        axioms: without the subclass and some-values ones, which the edges hold.
        imports: IRIs, each once.
        warnings: that it names nothing.
    """

    iri: str
    version: str
    licence: str
    descriptions: Descriptions
    names: Names
    edges: Edges
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

    def run(self, *, may_name_nothing: bool) -> Interpretation:
        # A table of mappings is about entities of other files, and describes none.
        describes = self.file.format != "sssom"
        kinds = find_kinds(self.statements) if describes else no_kinds(self.statements)
        names = read_names(self.statements, kinds)
        descriptions = self._descriptions(kinds, names)
        warnings = []
        told = len(descriptions) or self.file.rules or self.statements.pairs(SSSOM + "mappings")
        if not told:
            fault = self._no_ontology()
            if not may_name_nothing:
                raise fault
            warnings.append(LoadWarning(0, 0, fault.what))
        iri, version, licence = self._header()
        return Interpretation(
            iri=iri,
            version=version,
            licence=licence,
            descriptions=descriptions,
            names=names,
            edges=read_edges(self.statements, kinds) if describes else no_edges(),
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

    # -- descriptions --------------------------------------------------------------------------

    def _descriptions(self, kinds: Kinds, names: Names) -> Descriptions:
        terms = self.statements.terms
        entities = kinds.entities()
        labels = names.labels(len(terms))[entities].tolist()  # -1, the last, where there is none
        replaced = np.full(len(terms), -1, dtype=np.int64)
        for predicate in (DCTERMS + "isReplacedBy", REPLACED_BY):
            pairs = self.statements.between_iris(predicate)
            replaced[pairs.subjects] = pairs.objects
        return Descriptions(
            entities=entities,
            kinds=kinds.of[entities],
            labels=list(map((*names.texts, "").__getitem__, labels)),
            label_langs=list(map((*names.langs, "").__getitem__, labels)),
            definitions=read_definitions(self.statements, kinds)[entities],
            deprecated=self._deprecated()[entities],
            replaced_by=[
                str(terms[number]) if number >= 0 else "" for number in replaced[entities].tolist()
            ],
        )

    def _deprecated(self) -> Bool[np.ndarray, " term"]:
        found = np.zeros(len(self.statements.terms), dtype=np.bool_)
        for subject, object_ in self.statements.pairs(DEPRECATED):
            literal = self.statements.literal(object_)
            found[subject] |= literal is not None and literal.value in ("true", "1")
        for subject, _ in self.statements.typed(_DEPRECATED_TYPES):
            found[subject] = True
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
        nodes = self._typed(OWL + "Ontology")
        imported = {node for _, node in self.statements.pairs(OWL + "imports")}
        nodes = [node for node in nodes if node not in imported] or nodes
        if not nodes:
            nodes = self._typed(SKOS + "ConceptScheme")
        return nodes[:1]

    def _typed(self, type_: str) -> list[int]:
        return [subject for subject, _ in self.statements.typed((type_,))]

    def _values(self, nodes: list[int], predicates: tuple[str, ...]) -> Iterator[str]:
        """What is said of these nodes, by predicate."""
        for predicate in predicates:
            for node in nodes:
                for value in self.statements.values(node, predicate):
                    literal = self.statements.literal(value)
                    text = literal.value if literal else self.statements.iri(value)
                    if text and text.strip():
                        yield " ".join(text.split())
