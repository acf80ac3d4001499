"""RDF/XML: https://www.w3.org/TR/rdf12-xml/."""

import re
from io import TextIOWrapper
from itertools import count
from xml.sax.saxutils import escape, quoteattr

from kg.errors import ExportError
from kg.store.quads import StoredTerm
from kg.store.terms import BLANK, IRI
from kg.vocabulary import RDF
from kg.writers.lines import blank_label
from kg.writers.selection import Selection

_ITS = "http://www.w3.org/2005/11/its"
# XML 1.0's NCName, without the letters beyond ASCII that fonts rarely show apart.
_LOCAL = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*$")
_NAME = re.compile(r"(?!(?i:xml))[A-Za-z_][A-Za-z0-9_.-]*")
_NOT_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
# Words of the syntax itself, which no property can be named (chapter 5.1).
_WORDS = {
    RDF + name
    for name in (
        "Description", "RDF", "ID", "about", "parseType", "resource", "nodeID", "datatype", "li",
        "aboutEach", "aboutEachPrefix", "bagID", "version",
    )
}  # fmt: skip
_TEXT = {"\r": "&#13;"}
_ATTRIBUTE = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}


def write_rdf_xml(selection: Selection, out: TextIOWrapper) -> int:
    """An rdf:Description for each subject; gives the count of triples.

    Raises:
        ExportError: a predicate that no XML element can be named after, a character that XML does
            not know, or a triple term.
    """
    if selection.has_triple_terms():
        raise ExportError(
            "RDF/XML is written without statements about triples.",
            mend="Write Turtle, TriG, N-Triples or N-Quads.",
        )
    elements = _elements(selection)
    namespaces = {name.partition(":")[0]: space for name, space in elements.values()}
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF')
    for name, namespace in sorted({**namespaces, "rdf": RDF, "its": _ITS}.items()):
        out.write(f"\n    xmlns:{name}={_quoted(namespace)}")
    out.write('\n    rdf:version="1.2" its:version="2.0">\n')
    written = 0
    for subject, graphs in selection.by_subject():
        out.write(f"<rdf:Description {_node(selection.terms[subject], 'rdf:about')}>\n")
        for quad in graphs[-1]:
            name = elements[selection.terms[quad.predicate].value][0]
            out.write(f"  <{name}{_object(selection.terms[quad.object], name)}\n")
        out.write("</rdf:Description>\n")
        written += len(graphs[-1])
    out.write("</rdf:RDF>\n")
    return written


def _elements(selection: Selection) -> dict[str, tuple[str, str]]:
    """The element's name and its namespace, for each predicate."""
    reserved = ("rdf", "its")
    known = {
        namespace: name
        for name, namespace in selection.prefixes().items()
        if _NAME.fullmatch(name) and name not in reserved
    }
    known[RDF] = "rdf"
    new = (name for i in count(1) if (name := f"ns{i}") not in known.values())
    found = {}
    for iri in selection.predicates():
        split = _LOCAL.search(iri)
        namespace = iri[: split.start()] if split else ""
        if not namespace or iri in _WORDS:
            raise ExportError(
                f"No XML element can be named after the predicate {iri}.",
                mend="Write Turtle, N-Triples or JSON-LD instead of RDF/XML.",
            )
        if namespace not in known:
            known[namespace] = next(new)
        found[iri] = (f"{known[namespace]}:{iri[len(namespace) :]}", namespace)
    return found


def _node(term: StoredTerm, attribute: str) -> str:
    if term.kind == BLANK:
        return f'rdf:nodeID="{blank_label(term).removeprefix("_:")}"'
    return f"{attribute}={_quoted(term.value)}"


def _object(term: StoredTerm, name: str) -> str:
    """What follows the name of a property's element, to its end."""
    if term.kind in (IRI, BLANK):
        return f" {_node(term, 'rdf:resource')}/>"
    lang, _, direction = term.lang.partition("--")
    kind = f" xml:lang={_quoted(lang)}" if lang else ""
    kind += f' its:dir="{direction}"' if direction else ""
    kind += f" rdf:datatype={_quoted(term.datatype)}" if term.datatype else ""
    return f"{kind}>{escape(_legal(term.value), _TEXT)}</{name}>"


def _quoted(value: str) -> str:
    return quoteattr(_legal(value), _ATTRIBUTE)


def _legal(value: str) -> str:
    found = _NOT_XML.search(value)
    if found:
        raise ExportError(
            f"XML cannot hold the character U+{ord(found[0]):04X}, in {value[:40]!r}.",
            mend="Write Turtle, N-Triples or JSON-LD instead of RDF/XML.",
        )
    return value
