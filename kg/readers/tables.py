"""CSV and TSV tables by a column map: a small TOML file that names the table and its columns.

    table = "drugs.csv"                   # beside this file; may be compressed
    ontology = "http://e.org/drugs"       # IRI of the source; also: version, licence
    namespace = "http://e.org/drug/"      # before ids that are neither CURIE nor IRI
    kind = "class"                        # or "concept", "individual"

    [prefixes]
    e = "http://e.org/"

    [columns]                             # heading = meaning; the others are left out
    code = "id"
    name = "label@en"
    aliases = "exact"                     # several in a cell: "a|b", see list_separator
    group = "parent"
    treats = "e:treats"                   # a CURIE or IRI is a relation to another id
    term = ["id", "label"]                # in the place of "id": one column may mean several

docs/formats.md has all of it.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePath
from typing import Any

from kg.errors import FileFaultError, SyntaxFaultError
from kg.readers.csv_rows import csv_rows
from kg.readers.identifiers import BARE, expanded
from kg.readers.sniffing import SniffedFile, read_text
from kg.records import LoadWarning
from kg.triples import Triples
from kg.vocabulary import (
    ALTERNATIVE_ID,
    BROADER,
    COMMENT,
    DB_XREF,
    DCTERMS,
    DEFINITION,
    DEPRECATED,
    LABEL,
    OBO_IN_OWL,
    OWL,
    REPLACED_BY,
    SKOS,
    SUBCLASS_OF,
    TYPE,
    XSD,
)

KINDS = {
    "class": (OWL + "Class", SUBCLASS_OF),
    "concept": (SKOS + "Concept", BROADER),
    "individual": (OWL + "NamedIndividual", TYPE),
}
TEXTS = {
    "label": LABEL,
    **{
        k: f"{OBO_IN_OWL}has{k.capitalize()}Synonym"
        for k in ("exact", "narrow", "broad", "related")
    },
    "hidden": SKOS + "hiddenLabel",
    "definition": DEFINITION,
    "comment": COMMENT,
    "alternative id": ALTERNATIVE_ID,
    "xref": DB_XREF,
}
WHOLE = {"label", "definition", "comment"}  # never split into several
_MEANINGS = ("id", "parent", "deprecated", "replaced by", *TEXTS)
_SETTINGS: dict[str, type] = {
    "table": str,
    "ontology": str,
    "version": str,
    "licence": str,
    "namespace": str,
    "kind": str,
    "separator": str,
    "list_separator": str,
    "headings": bool,
    "prefixes": dict,
    "columns": dict,
}
_FLAGS = {
    **dict.fromkeys(("true", "1", "yes", "y", "t"), True),
    **dict.fromkeys(("false", "0", "no", "n", "f"), False),
}
_LANGUAGE = re.compile(r"[a-z]{1,8}(-[a-z0-9]{1,8})*")
_TOML_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)")


@dataclass(frozen=True)
class _Column:
    """One column: `meaning` is a word of `_MEANINGS`, or the IRI of a relation."""

    heading: str
    meaning: str
    lang: str


@dataclass(frozen=True)
class TableRead:
    """A table as triples, and the bytes of the file that was read beside the one that is named."""

    triples: Triples
    prefixes: dict[str, str]
    warnings: list[LoadWarning]
    content: bytes


def read_table(file: SniffedFile) -> TableRead:
    """Read a column map and the table that it names.

    Raises:
        SyntaxFaultError: the map is no TOML, or says what it may not.
        FileFaultError: the table is missing, or lacks a column.
    """
    return _TableReader(file).read()


class _TableReader:
    def __init__(self, file: SniffedFile) -> None:
        self.path = file.path
        self.text = file.content.decode("utf-8")
        self.settings = self._settings()
        self.prefixes: dict[str, str] = self.settings.get("prefixes", {})
        self.namespace: str = self.settings.get("namespace", BARE)
        self.triples = Triples()
        self.warnings: list[LoadWarning] = []
        kind = self.settings.get("kind", "class")
        if kind not in KINDS:
            raise self._fault("kind", f"{kind!r} is no kind", tuple(KINDS), kind)
        self.type, self.parent = KINDS[kind]
        self.columns = [
            self._column(heading, meaning)
            for heading, given in self.settings["columns"].items()
            for meaning in ([given] if isinstance(given, str) else given)
        ]
        if [column.meaning for column in self.columns].count("id") != 1:
            raise self._fault("columns", 'one column, and no more, must mean "id"')

    def read(self) -> TableRead:
        table = Path(self.path).parent / self.settings["table"]
        content, name = read_text(table)
        self._header(name)
        by_suffix = "," if name.lower().endswith(".csv") else "\t"
        separator = self.settings.get("separator", by_suffix)
        rows = csv_rows(content.decode("utf-8"), separator, lost=self._lost)
        places = self._places(rows, str(table))
        for line, cells in rows:
            self._row(line, cells, places)
        prefixes = {"id": BARE, **self.prefixes} if self.namespace == BARE else self.prefixes
        return TableRead(self.triples, dict(prefixes), self.warnings, content)

    # -- the map -------------------------------------------------------------------------------

    def _settings(self) -> dict[str, Any]:
        try:
            settings = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            said = str(error)
            place = _TOML_PLACE.search(said)
            where = f"{self.path}:{place[1]}:{place[2]}" if place else self.path
            raise SyntaxFaultError(
                f"{_TOML_PLACE.sub('', said)}.", where=where, mend="See https://toml.io."
            ) from None
        except RecursionError:
            raise SyntaxFaultError(
                "The map is nested too deeply.",
                where=f"{self.path}:1:1",
                mend="See https://toml.io.",
            ) from None
        for key, value in settings.items():
            if key not in _SETTINGS:
                raise self._fault(key, f"{key} is no setting of a table", tuple(_SETTINGS), key)
            if not isinstance(value, _SETTINGS[key]):
                raise self._fault(key, f"{key} must be a {_SETTINGS[key].__name__}")
            if isinstance(value, dict):
                self._check_texts(key, value)
        for key in ("table", "columns"):
            if key not in settings:
                raise self._fault(key, f"{key} is missing")
        named = PurePath(settings["table"])
        if named.is_absolute() or ".." in named.parts:
            raise self._fault("table", f"the table {str(named)!r} lies outside the map's folder")
        for key in ("separator", "list_separator"):
            if len(settings.get(key, "|")) != 1:
                raise self._fault(key, f"{key} must be one character")
        return settings

    def _check_texts(self, key: str, values: dict[str, Any]) -> None:
        lists = [[v] if isinstance(v, str) or key != "columns" else v for v in values.values()]
        if not all(isinstance(v, list) and all(isinstance(t, str) for t in v) for v in lists):
            several = ", or a list of texts" if key == "columns" else ""
            raise self._fault(key, f"every value in [{key}] must be a text{several}")

    def _column(self, heading: str, given: str) -> _Column:
        meaning, at, lang = given.partition("@")
        if ":" in given:
            return _Column(heading, expanded(given, self.prefixes, bare=self.namespace), "")
        if meaning not in _MEANINGS:
            raise self._fault(heading, f"{meaning!r} is no meaning of a column", _MEANINGS, meaning)
        if at and not (_LANGUAGE.fullmatch(lang.lower()) and meaning in TEXTS):
            raise self._fault(heading, f"{given!r} has no language, or may have none")
        return _Column(heading, meaning, lang.lower())

    def _fault(
        self, key: str, what: str, known: tuple[str, ...] = (), given: str = ""
    ) -> SyntaxFaultError:
        found = re.search(rf"^[ \t\[]*\"?{re.escape(key)}\b", self.text, re.M)
        line = self.text.count("\n", 0, found.start()) + 1 if found else 1
        near = get_close_matches(given, known, n=1)
        mend = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(known)}."
        return SyntaxFaultError(
            f"{what}.",
            where=f"{self.path}:{line}:1",
            mend=mend if known else "See docs/formats.md.",
        )

    def _header(self, name: str) -> None:
        iri = self.settings.get("ontology") or f"file:///{expanded(name, {}, bare='')}"
        node = self.triples.term(iri)
        self.triples.add(node, self.triples.term(TYPE), self.triples.term(OWL + "Ontology"))
        for key, predicate in (("version", OWL + "versionInfo"), ("licence", DCTERMS + "license")):
            if key in self.settings:
                value = self.triples.literal(self.settings[key])
                self.triples.add(node, self.triples.term(predicate), value)

    # -- the table -----------------------------------------------------------------------------

    def _places(self, rows: Iterator[tuple[int, list[str]]], table: str) -> list[int]:
        if not self.settings.get("headings", True):
            return [self._number(column) for column in self.columns]
        headings = [heading.strip() for heading in next(rows, (0, []))[1]]
        missing = [c.heading for c in self.columns if c.heading not in headings]
        if missing:
            raise FileFaultError(
                f"The table has no column {missing[0]!r}; it has {', '.join(headings)}.",
                where=f"{table}:1",
                mend=f"Name its headings in [columns] of {self.path}.",
            )
        self.width = len(headings)
        return [headings.index(column.heading) for column in self.columns]

    def _number(self, column: _Column) -> int:
        if not column.heading.isdecimal() or column.heading == "0":
            raise self._fault(column.heading, "without headings, columns go by number, from 1")
        self.width = 0
        return int(column.heading) - 1

    def _row(self, line: int, cells: list[str], places: list[int]) -> None:
        wanted = self.width or max(places) + 1
        if len(cells) != wanted and (self.width or len(cells) < wanted):
            self._lost(line, f"{wanted} cells are wanted, not {len(cells)}")
            return
        found = {c: cells[p].strip() for c, p in zip(self.columns, places, strict=True)}
        name = next(value for column, value in found.items() if column.meaning == "id")
        if not name:
            self._lost(line, "it has no id")
            return
        subject = self._id(name)
        self._add(subject, TYPE, self.triples.term(self.type))
        for column, value in found.items():
            if value and column.meaning != "id":
                self._cell(line, subject, column, value)

    def _cell(self, line: int, subject: int, column: _Column, value: str) -> None:
        meaning = column.meaning
        if meaning == "deprecated":
            flag = _FLAGS.get(value.lower())
            if flag is None:
                said = f"{column.heading}: {value!r} is neither true nor false."
                self.warnings.append(LoadWarning(line, 1, said))
            elif flag:
                self._add(subject, DEPRECATED, self.triples.literal("true", XSD + "boolean"))
            return
        whole = meaning in WHOLE
        for part in [value] if whole else value.split(self.settings.get("list_separator", "|")):
            text = part.strip()
            if not text:
                continue
            if meaning in TEXTS:
                self._add(subject, TEXTS[meaning], self.triples.literal(text, lang=column.lang))
            elif meaning == "parent":
                self._add(subject, self.parent, self._id(text))
            elif meaning == "replaced by":
                self._add(subject, REPLACED_BY, self._id(text))
            else:
                self._add(self.triples.term(meaning), TYPE, self._property())
                self._add(subject, meaning, self._id(text))

    def _lost(self, line: int, why: str) -> None:
        self.warnings.append(LoadWarning(line, 1, f"Line lost: {why}."))

    def _id(self, name: str) -> int:
        return self.triples.term(expanded(name, self.prefixes, bare=self.namespace))

    def _property(self) -> int:
        return self.triples.term(OWL + "ObjectProperty")

    def _add(self, subject: int, predicate: str, object_: int) -> None:
        self.triples.add(subject, self.triples.term(predicate), object_)
