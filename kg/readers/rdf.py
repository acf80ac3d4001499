"""The RDF syntaxes, by pyoxigraph: strictly, and leniently if that fails. Nothing is fetched."""

import re
from itertools import count
from urllib.parse import quote
from xml.parsers import expat

import pyoxigraph

from kg.errors import FileFaultError, InputError, SyntaxFaultError
from kg.readers.limits import refuse_deep_json, refuse_deep_xml
from kg.readers.sniffing import SniffedFile
from kg.records import LoadWarning
from kg.triples import Blank, Literal, Term, Triples, TripleTerm
from kg.vocabulary import RDF, XSD

_FORMATS = {
    "turtle": pyoxigraph.RdfFormat.TURTLE,
    "n-triples": pyoxigraph.RdfFormat.N_TRIPLES,
    "n-quads": pyoxigraph.RdfFormat.N_QUADS,
    "trig": pyoxigraph.RdfFormat.TRIG,
    "rdf/xml": pyoxigraph.RdfFormat.RDF_XML,
    "json-ld": pyoxigraph.RdfFormat.JSON_LD,
}
_WITH_GRAPHS = ("n-quads", "trig", "json-ld")
# Datatypes that a literal has by its form.
_IMPLIED = (XSD + "string", RDF + "langString", RDF + "dirLangString")
_ENTITY = re.compile(
    rb"<!ENTITY\s+(%\s+)?([^\s\"'>]+)\s+(?:(SYSTEM|PUBLIC)\b|\"([^\"]*)\"|'([^']*)')"
)
_REFERENCE = re.compile(rb"&(?!#|(?:lt|gt|amp|quot|apos);)[^;\s]+;")
_MAX_ENTITY_BYTES = 64 * 1024
_MAX_EXPANSION = 64 * 1024 * 1024
_PLACE = re.compile(r"^Parser error (?:at|between) line [^:]*: ")


def read_rdf(
    file: SniffedFile, *, base: str, strict: bool = False
) -> tuple[Triples, dict[str, str], list[LoadWarning]]:
    """Triples, declared prefixes and warnings of a file in an RDF syntax.

    Args:
        file: in one of the RDF formats.
        base: what relative IRIs are relative to.
        strict: whether a file that breaks its specification is refused rather than read leniently.

    Raises:
        SyntaxFaultError: the strict parser cannot read it, nor may or can the lenient one.
        FileFaultError: its DOCTYPE could blow up or read other files.
        InputError: the base is no absolute IRI.
    """
    _check_base(base)
    if file.format == "rdf/xml":
        _refuse_dangerous_doctype(file)
        refuse_deep_xml(file.content, file.path)
    elif file.format == "json-ld":
        refuse_deep_json(file.content, file.path)
    try:
        found = _parse(file, base, lenient=False)
        if file.format == "rdf/xml":
            _refuse_cut_xml(file)
        return found
    except MemoryError as error:
        raise SyntaxFaultError(
            f"{str(error).rstrip('.') or 'It takes too much memory'}.",
            where=file.path,
            mend="Look whether a text in it is not closed.",
        ) from None
    except SyntaxError as fault:
        if strict or (file.format == "rdf/xml" and _xml_place(file.content)[0]):
            raise _fault(file, fault) from None
        try:
            triples, prefixes, warnings = _parse(file, base, lenient=True)
        except SyntaxError:
            raise _fault(file, fault) from None
        line, column = fault.lineno or 0, fault.offset or 0
        said = _PLACE.sub("", str(fault.msg))
        return triples, prefixes, [LoadWarning(line, column, f"Read leniently: {said}"), *warnings]


def base_iri(name: str) -> str:
    """What relative IRIs of a file are relative to by default; the same wherever it lies."""
    return f"file:///{quote(name)}"


def _check_base(base: str) -> None:
    try:
        pyoxigraph.NamedNode(base)
    except ValueError:
        raise InputError(
            f"The base {base!r} is no absolute IRI.", mend="Give one such as http://example.org/."
        ) from None


def _parse(
    file: SniffedFile, base: str, *, lenient: bool
) -> tuple[Triples, dict[str, str], list[LoadWarning]]:
    parser = pyoxigraph.parse(
        file.content, format=_FORMATS[file.format], base_iri=base, lenient=lenient
    )
    numbers = _Numbers()
    graphs = file.format in _WITH_GRAPHS
    default = pyoxigraph.DefaultGraph()
    rows, quads = [], []
    for quad in parser:
        row = (numbers[quad.subject], numbers[quad.predicate], numbers[quad.object])
        if not graphs or quad.graph_name == default:
            rows.append(row)
        else:
            quads.append((*row, numbers[quad.graph_name]))
    triples = Triples(_terms(numbers), rows, quads)
    return triples, dict(parser.prefixes), []


class _Numbers(dict[object, int]):
    """Numbers pyoxigraph's terms on first sight; those that a triple is made of before it."""

    def __missing__(self, term: object) -> int:
        if isinstance(term, pyoxigraph.Triple):
            for part in (term.subject, term.predicate, term.object):
                self[part]
        number = self[term] = len(self)
        return number


def _terms(numbers: _Numbers) -> list[Term]:
    """The terms as ours, by number."""
    terms: list[Term] = []
    blanks = count()
    for term in numbers:
        if isinstance(term, pyoxigraph.NamedNode):
            terms.append(term.value)
        elif isinstance(term, pyoxigraph.Literal):
            terms.append(_literal(term))
        elif isinstance(term, pyoxigraph.Triple):
            parts = (term.subject, term.predicate, term.object)
            terms.append(TripleTerm(*(terms[numbers[part]] for part in parts)))
        else:
            terms.append(Blank(next(blanks)))
    return terms


def _literal(term: pyoxigraph.Literal) -> Literal:
    language = term.language
    if language is None:
        datatype = term.datatype.value
        return Literal(term.value, "" if datatype in _IMPLIED else datatype, "")
    direction = f"--{term.direction.value}" if term.direction else ""
    return Literal(term.value, "", language + direction)


def _fault(file: SniffedFile, error: SyntaxError) -> SyntaxFaultError:
    said = _PLACE.sub("", str(error.msg)).rstrip(".")
    line, column = error.lineno, error.offset
    if line is None and file.format == "rdf/xml":
        line, column = _xml_place(file.content)
    place = f":{line}:{column}" if line else ""
    mend = "Mend the file at this place and load it again."
    if "LoadDocumentCallback" in said:
        said = "The JSON-LD context lies on another server, and nothing is fetched"
        mend = "Put the context into the file itself, in the place of its address."
    return SyntaxFaultError(f"{said}.", where=f"{file.path}{place}", mend=mend)


def _xml_place(content: bytes) -> tuple[int | None, int | None]:
    """Line and column of the first fault in the XML itself; None where XML is not at fault."""
    parser = expat.ParserCreate("UTF-8")  # which it is by now, whatever it declares
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        return error.lineno, error.offset + 1
    return None, None


def _refuse_cut_xml(file: SniffedFile) -> None:
    """The parser takes an end of the file within an element for the end of all elements."""
    if file.content.rstrip().endswith(b"</rdf:RDF>"):
        return
    line, column = _xml_place(file.content)
    if line is not None:
        raise SyntaxFaultError(
            "The XML ends within an element.",
            where=f"{file.path}:{line}:{column}",
            mend="Look whether the download was complete.",
        )


def _refuse_dangerous_doctype(file: SniffedFile) -> None:
    """Entities are fine as abbreviations; not nested, not from other files, not without measure."""
    start = file.content.find(b"<!DOCTYPE")
    if start < 0:
        return

    def refuse(at: int, what: str) -> FileFaultError:
        line = file.content.count(b"\n", 0, at) + 1
        return FileFaultError(
            what,
            where=f"{file.path}:{line}",
            mend="If the file is to be trusted, replace its entities by what they stand for.",
        )

    total = expanded = 0
    for found in _ENTITY.finditer(file.content, start):
        name, outside = found[2], found[3]
        value = found[4] or found[5] or b""
        if outside or found[1]:
            raise refuse(found.start(), "The DOCTYPE has an external or parameter entity.")
        if _REFERENCE.search(value):
            raise refuse(found.start(), "The DOCTYPE has an entity within an entity.")
        total += len(value)
        expanded += len(value) * file.content.count(b"&" + name + b";")
        if total > _MAX_ENTITY_BYTES or expanded > _MAX_EXPANSION:
            raise refuse(found.start(), "The DOCTYPE's entities grow too large.")
