"""SSSOM tables of mappings between ontologies, as the annotated axioms of their OWL form.

https://mapping-commons.github.io/sssom/spec-formats-tsv/, -owl/ and -rdf/ (version 1.1). A row
`subject_id predicate_id object_id …` becomes that triple, and an owl:Axiom about it that carries
the other columns. What a mapping denies ("Not") has the owl:Axiom alone. Nothing becomes an entity:
what the ids are, other files say. Differences: ids may be IRIs; a prefix that no curie_map declares
is read by OBO's rule and reported; a column that the standard does not know is kept.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from kg.readers.csv_rows import csv_rows
from kg.readers.identifiers import expanded, legal
from kg.readers.sniffing import SniffedFile, read_text
from kg.readers.tables import TableRead
from kg.readers.yaml_header import Value, read_yaml_header, texts
from kg.records import LoadWarning
from kg.triples import Triples
from kg.vocabulary import (
    COMMENT,
    DCTERMS,
    OWL,
    PAV,
    PROV,
    RDF,
    RDFS,
    SEMAPV,
    SKOS,
    SSSOM,
    TYPE,
    WELL_KNOWN_PREFIXES,
    XSD,
)

# Slots whose property is not `sssom:` and their name.
_PROPERTIES = {
    "author_id": PAV + "authoredBy",
    "comment": COMMENT,
    "creator_id": DCTERMS + "creator",
    "license": DCTERMS + "license",
    "mapping_date": DCTERMS + "created",
    "mapping_set_description": DCTERMS + "description",
    "mapping_set_source": PROV + "wasDerivedFrom",
    "mapping_set_title": DCTERMS + "title",
    "mapping_set_version": OWL + "versionInfo",
    "publication_date": DCTERMS + "issued",
    "see_also": RDFS + "seeAlso",
}
_REFERENCES = {
    "author_id", "creator_id", "curation_rule", "issue_tracker_item", "license",
    "mapping_justification", "mapping_provider", "mapping_set_source", "mapping_source",
    "mapping_tool_id", "object_match_field", "object_preprocessing", "object_source",
    "reviewer_id", "see_also", "subject_match_field", "subject_preprocessing", "subject_source",
}  # fmt: skip
_DATES = {"mapping_date", "publication_date", "review_date"}
_NUMBERS = {"confidence", "mapping_set_confidence", "reviewer_agreement", "similarity_score"}
_SEVERAL = {
    "author_id", "author_label", "cardinality_scope", "creator_id", "creator_label",
    "curation_rule", "curation_rule_text", "mapping_set_source", "match_string",
    "object_match_field", "object_preprocessing", "reviewer_id", "reviewer_label", "see_also",
    "subject_match_field", "subject_preprocessing",
}  # fmt: skip
# What the set says of all its mappings, where none of them says it for itself.
_PROPAGATED = {
    "cardinality_scope", "curation_rule", "curation_rule_text", "mapping_date", "mapping_provider",
    "mapping_tool", "mapping_tool_id", "mapping_tool_version", "object_match_field",
    "object_preprocessing", "object_source", "object_source_version", "object_type",
    "predicate_type", "similarity_measure", "subject_match_field", "subject_preprocessing",
    "subject_source", "subject_source_version", "subject_type",
}  # fmt: skip
_TYPES = {
    "owl class": OWL + "Class",
    "owl object property": OWL + "ObjectProperty",
    "owl data property": OWL + "DatatypeProperty",
    "owl annotation property": OWL + "AnnotationProperty",
    "owl named individual": OWL + "NamedIndividual",
    "skos concept": SKOS + "Concept",
    "rdfs resource": RDFS + "Resource",
    "rdfs class": RDFS + "Class",
    "rdfs literal": RDFS + "Literal",
    "rdfs datatype": RDFS + "Datatype",
    "rdf property": RDF + "Property",
    "composed entity expression": SSSOM + "ComposedEntityExpression",
}
_MEANINGS = {
    "subject_type": _TYPES,
    "object_type": _TYPES,
    "predicate_type": _TYPES,
    "predicate_modifier": {"Not": SSSOM + "NegatedPredicate"},
}
# Before version 0.9.1 the column match_type was what mapping_justification is now.
_MATCH_TYPES = {
    "Lexical": SEMAPV + "LexicalMatching",
    "Logical": SEMAPV + "LogicalMatching",
    "HumanCurated": SEMAPV + "ManualMappingCuration",
    "Complex": SEMAPV + "CompositeMatching",
    "Unspecified": SEMAPV + "UnspecifiedMatching",
    "SemanticSimilarity": SEMAPV + "SemanticSimilarityThresholdMatching",
}
_LITERAL = "rdfs literal"
_NO_TERM = SSSOM + "NoTermFound"
_BUILT_IN = {  # beside the well-known ones
    "linkml": "https://w3id.org/linkml/"
}
_IN_THE_TRIPLE = {"subject_id", "predicate_id", "object_id", "record_id"}
_BAR = re.compile(r"(?<!\\)\|")  # "\|" is a bar within a value
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_IRI = re.compile(r"(?i)[a-z][a-z0-9+.-]*://[^\s<>\"{}|\\^`]+")
_CURIE = re.compile(r"([A-Za-z_][\w.-]*):[^\s/]\S*")

Row = dict[str, str]


def read_sssom(file: SniffedFile) -> TableRead:
    """Read an SSSOM table; a bad line is lost and reported.

    Metadata that do not stand above the table are taken from the file NAME.sssom.yml beside it.

    Raises:
        FileFaultError, SyntaxFaultError: the file of metadata is there and cannot be read.
    """
    return _Reader(file).read()


class _Reader:
    def __init__(self, file: SniffedFile) -> None:
        lines = file.content.decode("utf-8").split("\n")
        head = next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))
        header = [(at, line[1:]) for at, line in enumerate(lines[:head], start=1)]
        self._table, self._first_line = "\n".join(lines[head:]), head + 1
        self._metadata = b"" if header else _metadata_beside(file)
        if self._metadata:
            header = [(0, line) for line in self._metadata.decode("utf-8").split("\n")]
        self.header, self.warnings = read_yaml_header(header)
        self.triples = Triples()
        curie_map = self.header.pop("curie_map", {})
        self.prefixes = dict(curie_map) if isinstance(curie_map, dict) else {}
        self._undeclared: dict[str, str] = {}
        self._extensions = self._read_extensions()
        self._set = self._set_node()

    def read(self) -> TableRead:
        rows = list(self._rows())
        used = {slot for _, row in rows for slot in row}
        common = [slot for slot in self.header if slot in _PROPAGATED and slot not in used]
        shared = {slot: self.header.pop(slot) for slot in common}
        for slot, value in self.header.items():
            self._annotate(self._set, slot, texts(value), 1)
        for line, row in rows:
            self._mapping(line, row, shared)
        for prefix, iri in self._undeclared.items():
            said = f"The prefix {prefix!r} is in no curie_map; such ids are read as {iri}."
            self.warnings.append(LoadWarning(0, 0, said))
        self.warnings.sort(key=lambda warning: warning.line)
        return TableRead(self.triples, self.prefixes, self.warnings, self._metadata)

    # -- the set -------------------------------------------------------------------------------

    def _set_node(self) -> int:
        iri = texts(self.header.pop("mapping_set_id", ""))
        node = self.triples.term(self._iri(iri[0])) if iri else self.triples.blank()
        for type_ in (OWL + "Ontology", SSSOM + "MappingSet"):
            self._add(node, TYPE, self.triples.term(type_))
        return node

    def _read_extensions(self) -> dict[str, tuple[str, str]]:
        """Property and type of the columns that the file defines."""
        found = {}
        given = self.header.pop("extension_definitions", [])
        for item in given if isinstance(given, list) else []:
            if isinstance(item, dict) and {"slot_name", "property"} <= item.keys():
                hint = item.get("type_hint", "")
                type_ = self._iri(hint) if hint else ""
                found[item["slot_name"]] = (self._iri(item["property"]), type_)
        return found

    # -- the table -----------------------------------------------------------------------------

    def _rows(self) -> Iterator[tuple[int, Row]]:
        """The cells that are not empty, by heading, with the line on which the row begins."""
        heading = self._table.partition("\n")[0]
        separator = "\t" if "\t" in heading else ","
        rows = csv_rows(self._table, separator, lost=self._lost, first_line=self._first_line)
        headings = [name.strip() for name in next(rows, (0, []))[1]]
        for line, cells in rows:
            if any(cell.strip() for cell in cells[len(headings) :]):
                self._lost(line, f"{len(headings)} cells are wanted, not {len(cells)}")
            else:
                pairs = zip(headings, cells, strict=False)
                yield line, {name: cell.strip() for name, cell in pairs if name and cell.strip()}

    def _mapping(self, line: int, row: Row, shared: dict[str, Value]) -> None:
        old = row.pop("match_type", "")
        if old:
            row.setdefault("mapping_justification", _MATCH_TYPES.get(old, old))
        types = {slot: value for slot, value in shared.items() if slot.endswith("_type")}
        subject = self._end(row, types, "subject")
        object_ = self._end(row, types, "object")
        relation = row.get("predicate_id")
        if subject is None or object_ is None or relation is None:
            self._lost(line, "subject, predicate and object are wanted")
            return
        predicate = self.triples.term(self._iri(relation))
        if self._holds(row, subject, object_):
            self.triples.add(subject, predicate, object_)
        record = row.get("record_id")
        node = self.triples.term(self._iri(record)) if record else self.triples.blank()
        self._add(self._set, SSSOM + "mappings", node)
        self._add(node, TYPE, self.triples.term(OWL + "Axiom"))
        self._add(node, OWL + "annotatedSource", subject)
        self._add(node, OWL + "annotatedProperty", predicate)
        self._add(node, OWL + "annotatedTarget", object_)
        for slot, text in row.items():
            if slot not in _IN_THE_TRIPLE:
                parts = _BAR.split(text) if slot in _SEVERAL else [text]
                self._annotate(node, slot, [part.replace("\\|", "|") for part in parts], line)
        for slot, value in shared.items():
            self._annotate(node, slot, texts(value), line)

    def _end(self, row: Row, types: dict[str, Value], side: str) -> int | None:
        """The number of subject or object: an IRI, or the label of what is only a text."""
        type_ = row.get(f"{side}_type") or "".join(texts(types.get(f"{side}_type", "")))
        if type_ == _LITERAL:
            label = row.get(f"{side}_label")
            return self.triples.literal(label) if label else None
        identifier = row.get(f"{side}_id")
        return self.triples.term(self._iri(identifier)) if identifier else None

    def _holds(self, row: Row, subject: int, object_: int) -> bool:
        """Whether the mapping says that its triple is so."""
        ends = {self.triples.terms[subject], self.triples.terms[object_]}
        stated = isinstance(self.triples.terms[subject], str) and _NO_TERM not in ends
        return stated and row.get("predicate_modifier") != "Not"

    # -- values --------------------------------------------------------------------------------

    def _annotate(self, node: int, slot: str, values: list[str], line: int) -> None:
        extension = self._extensions.get(slot)
        property_ = extension[0] if extension else _PROPERTIES.get(slot) or SSSOM + legal(slot)
        for text in filter(None, map(str.strip, values)):
            if extension:
                value = self._extended(text, extension[1])
            else:
                value = self._value(slot, text, line)
            self._add(node, property_, value)

    def _value(self, slot: str, text: str, line: int) -> int:
        if slot in _REFERENCES and (_IRI.fullmatch(text) or _CURIE.fullmatch(text)):
            return self.triples.term(self._iri(text))
        if slot in _DATES:
            return self.triples.literal(text, XSD + "date")
        if slot in _NUMBERS:
            if _DECIMAL.fullmatch(text):
                return self.triples.literal(text, XSD + "double")
            self.warnings.append(LoadWarning(line, 1, f"{slot}: {text!r} is no number."))
        meaning = _MEANINGS.get(slot, {}).get(text)
        return self.triples.term(meaning) if meaning else self.triples.literal(text)

    def _extended(self, text: str, type_: str) -> int:
        if type_.endswith("uriOrCurie"):
            return self.triples.term(self._iri(text))
        return self.triples.literal(text, "" if type_ == XSD + "string" else type_)

    def _iri(self, identifier: str) -> str:
        iri = expanded(identifier, _BUILT_IN | self.prefixes)
        curie = None if _IRI.fullmatch(identifier) else _CURIE.fullmatch(identifier)
        if curie and curie[1] not in {*self.prefixes, *WELL_KNOWN_PREFIXES, *_BUILT_IN}:
            self._undeclared.setdefault(curie[1], iri.removesuffix(identifier.partition(":")[2]))
        return iri

    def _add(self, subject: int, predicate: str, object_: int) -> None:
        self.triples.add(subject, self.triples.term(predicate), object_)

    def _lost(self, line: int, why: str) -> None:
        self.warnings.append(LoadWarning(line, 1, f"Line lost: {why}."))


def _metadata_beside(file: SniffedFile) -> bytes:
    stem = file.name.removesuffix(".tsv").removesuffix(".sssom")
    for suffix in (".sssom.yml", ".yml"):
        path = Path(file.path).with_name(stem + suffix)
        if path.is_file():
            return read_text(path)[0]
    return b""
