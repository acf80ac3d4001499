"""Property graphs in the CSV that Neo4j imports: files of nodes and files of relationships.

https://neo4j.com/docs/operations-manual/current/import/, header format. The files of one graph are
one source. A node is an individual of the classes in :LABEL; a relationship is a triple, and what
it has of its own stands in an owl:Axiom about it. docs/formats.md says which IRI what has. A bad
line is lost and reported, never the file.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from kg.readers.csv_rows import csv_rows
from kg.readers.identifiers import BARE, expanded, is_iri, legal
from kg.readers.plain import relation_of
from kg.readers.sniffing import SniffedFile
from kg.records import LoadWarning
from kg.triples import Triples
from kg.vocabulary import LABEL, OWL, SKOS, TYPE, WELL_KNOWN_PREFIXES, XSD

LABELS = "urn:x-label:"
"""Before the name of a :LABEL, whose class it makes."""

_FIELD = re.compile(
    r"(?P<name>.*?)(?::(?P<type>[A-Za-z_]+)(?P<several>\[\])?"
    r"(?:\((?P<space>[^()]*)\))?(?:\{[^{}]*\})?)?"
)
_ROLES = {"ID", "LABEL", "START_ID", "END_ID", "TYPE", "IGNORE"}
_DATATYPES = {
    **dict.fromkeys(("int", "long", "short", "byte"), XSD + "integer"),
    **dict.fromkeys(("float", "double"), XSD + "double"),
    **dict.fromkeys(("localdatetime", "datetime"), XSD + "dateTime"),
    **dict.fromkeys(("localtime", "time"), XSD + "time"),
    **dict.fromkeys(("string", "char", "point", "vector"), ""),
    "boolean": XSD + "boolean",
    "date": XSD + "date",
    "duration": XSD + "duration",
}
_FORMS = {
    XSD + "integer": re.compile(r"[+-]?\d+"),
    XSD + "double": re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|NaN|[+-]?INF"),
    XSD + "boolean": re.compile(r"true|false"),
}
# What a node is called by, the best first, and what else says a name or a definition.
_CALLED = ("name", "label", "title", "preflabel", "preferred_name")
_TEXTS = {
    **dict.fromkeys(("synonym", "synonyms", "alias", "aliases", "altlabel"), SKOS + "altLabel"),
    **dict.fromkeys(("definition", "description"), SKOS + "definition"),
}
_SEPARATORS = ",\t;|"
_ARRAY_SEPARATOR = ";"  # Neo4j's own default


@dataclass(frozen=True)
class Column:
    """One column: `role` is one of `_ROLES`, or empty for a property of that name."""

    name: str
    role: str
    space: str
    datatype: str
    several: bool


@dataclass(frozen=True)
class PropertyGraph:
    """The files of a graph as triples; `sha256` is over all of them, in their order."""

    triples: Triples
    prefixes: dict[str, str]
    warnings: list[LoadWarning]
    sha256: str


def read_property_graph(files: Sequence[SniffedFile]) -> PropertyGraph:
    """Read the files of one graph together, nodes first."""
    reader = _Reader()
    sha256 = hashlib.sha256()
    for file in sorted(files, key=lambda file: (_is_of_relationships(file), file.name)):
        sha256.update(file.content)
        reader.read(file, named=len(files) > 1)
    reader.finish()
    return PropertyGraph(reader.triples, reader.prefixes, reader.warnings, sha256.hexdigest())


def _is_of_relationships(file: SniffedFile) -> bool:
    return b":START_ID" in file.content.partition(b"\n")[0]


class _Reader:
    def __init__(self) -> None:
        self.triples = Triples()
        self.prefixes = {"id": BARE, "label": LABELS}
        self.warnings: list[LoadWarning] = []
        self._file = ""
        self._nodes: set[int] = set()
        self._ends: dict[int, str] = {}
        self._classes: dict[str, int] = {}
        self._properties: dict[str, int] = {}
        self._relations: dict[str, int] = {}

    def read(self, file: SniffedFile, *, named: bool) -> None:
        """Read one file; `named` says whether a warning has to say which it is."""
        self._file = f"{file.name}: " if named else ""
        text = file.content.decode("utf-8")
        separator = max(_SEPARATORS, key=text.partition("\n")[0].count)
        rows = csv_rows(text, separator, lost=self._lost)
        columns = [_column(heading.strip()) for heading in next(rows, (0, []))[1]]
        for column in columns:
            usable = re.fullmatch(r"[^\W\d][\w.-]*", column.space)
            if usable and column.space not in WELL_KNOWN_PREFIXES:
                self.prefixes.setdefault(column.space, _namespace(column.space))
        of_relationships = _is_of_relationships(file)
        for line, cells in rows:
            filled = [
                (column, cell.strip())
                for column, cell in zip(columns, cells, strict=False)
                if cell.strip() and column.role != "IGNORE"
            ]
            if len(cells) != len(columns):
                self._lost(line, f"{len(columns)} cells are wanted, not {len(cells)}")
            elif of_relationships:
                self._relationship(line, filled, otherwise=PurePath(file.name).stem)
            else:
                self._node(line, filled)

    def finish(self) -> None:
        """Ends of relationships that no file of nodes has are nodes without a name, and told."""
        found = {node: name for node, name in self._ends.items() if node not in self._nodes}
        for node in found:
            self._add(node, TYPE, self.triples.term(OWL + "NamedIndividual"))
        if found:
            said = f"{len(found):,} ends of relationships are in no file of nodes here, such as "
            self.warnings.append(LoadWarning(0, 0, f"{said}{next(iter(found.values()))}."))

    def _node(self, line: int, filled: list[tuple[Column, str]]) -> None:
        identified = [(column, cell) for column, cell in filled if column.role == "ID"]
        if not identified:
            self._lost(line, "it has no :ID")
            return
        node = self.triples.term(_node_iri(*identified[0]))
        self._nodes.add(node)
        self._add(node, TYPE, self.triples.term(OWL + "NamedIndividual"))
        named = [column.name for column, _ in filled if column.name.lower() in _CALLED]
        called = min(named, key=lambda name: _CALLED.index(name.lower()), default="")
        for column, cell in filled:
            if column.role == "LABEL":
                for label in filter(None, map(str.strip, cell.split(_ARRAY_SEPARATOR))):
                    self._add(node, TYPE, self._class(label))
            elif not column.role:
                property_ = _property_iri(column.name, called)
                for value in self._values(line, column, cell):
                    self.triples.add(node, self._property(property_, column.name), value)

    def _relationship(self, line: int, filled: list[tuple[Column, str]], *, otherwise: str) -> None:
        found = {column.role: (column, cell) for column, cell in filled if column.role}
        if not {"START_ID", "END_ID"} <= found.keys():
            self._lost(line, "it has no :START_ID or no :END_ID")
            return
        start, end = (self.triples.term(_node_iri(*found[at])) for at in ("START_ID", "END_ID"))
        self._ends[start], self._ends[end] = found["START_ID"][1], found["END_ID"][1]
        type_ = found["TYPE"][1] if "TYPE" in found else otherwise
        if type_ not in self._relations:
            self._relations[type_] = relation_of(self.triples, type_)
        relation = self._relations[type_]
        self.triples.add(start, relation, end)
        own = [(column, cell) for column, cell in filled if not column.role]
        if not own:
            return
        note = self.triples.blank()
        self._add(note, TYPE, self.triples.term(OWL + "Axiom"))
        self._add(note, OWL + "annotatedSource", start)
        self._add(note, OWL + "annotatedProperty", relation)
        self._add(note, OWL + "annotatedTarget", end)
        for column, cell in own:
            property_ = self._property(expanded(column.name, {}), column.name)
            for value in self._values(line, column, cell):
                self.triples.add(note, property_, value)

    # -- terms ---------------------------------------------------------------------------------

    def _values(self, line: int, column: Column, cell: str) -> Iterator[int]:
        """The literals of a cell: one, or several of an array."""
        for part in cell.split(_ARRAY_SEPARATOR) if column.several else [cell]:
            text = part.strip()
            if not text:
                continue
            datatype, form = column.datatype, _FORMS.get(column.datatype)
            if datatype == XSD + "boolean":
                text = text.lower()
            if form is not None and not form.fullmatch(text):
                name = datatype.removeprefix(XSD)
                self._warn(line, f"{column.name}: {text!r} is no {name}, and is kept as a text.")
                datatype = ""
            yield self.triples.literal(text, datatype)

    def _class(self, label: str) -> int:
        number = self._classes.get(label)
        if number is None:
            number = self._classes[label] = self.triples.term(LABELS + legal(label))
            self._add(number, TYPE, self.triples.term(OWL + "Class"))
            self._add(number, LABEL, self.triples.literal(label))
        return number

    def _property(self, iri: str, name: str) -> int:
        number = self._properties.get(iri)
        if number is None:
            number = self._properties[iri] = self.triples.term(iri)
            if iri.startswith(BARE):
                self._add(number, TYPE, self.triples.term(OWL + "DatatypeProperty"))
                self._add(number, LABEL, self.triples.literal(name.replace("_", " ").strip()))
        return number

    def _add(self, subject: int, predicate: str, object_: int) -> None:
        self.triples.add(subject, self.triples.term(predicate), object_)

    def _lost(self, line: int, why: str) -> None:
        self._warn(line, f"Line lost: {why}.")

    def _warn(self, line: int, said: str) -> None:
        self.warnings.append(LoadWarning(line, 1, f"{self._file}{said}"))


def _column(heading: str) -> Column:
    found = _FIELD.fullmatch(heading)
    role = (found["type"] or "").upper() if found else ""
    if found and (role in _ROLES or role.lower() in _DATATYPES):
        return Column(
            name=found["name"],
            role=role if role in _ROLES else "",
            space=found["space"] or "",
            datatype=_DATATYPES.get(role.lower(), ""),
            several=bool(found["several"]),
        )
    return Column(heading, "" if heading else "IGNORE", "", "", several=False)


def _node_iri(column: Column, identifier: str) -> str:
    if not column.space:
        return expanded(identifier, {})
    return identifier if is_iri(identifier) else _namespace(column.space) + legal(identifier)


def _namespace(space: str) -> str:
    return f"{BARE}{legal(space)}:"


def _property_iri(name: str, called: str) -> str:
    if name == called:
        return LABEL
    return _TEXTS.get(name.lower()) or expanded(name, {})
