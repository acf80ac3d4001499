"""Folders of modules: which files are ontologies, and where OASIS catalogs say that imports lie.

https://docs.oasis-open.org/entity/entity-catalogs.html; Protégé writes them as catalog-v001.xml.
"""

import os
from pathlib import Path
from urllib.parse import unquote
from xml.parsers import expat

from kg.errors import FileFaultError, SyntaxFaultError
from kg.readers.plain_signs import looks_like_property_graph
from kg.readers.sniffing import COMPRESSED, read_head, read_text

CATALOG = "catalog-v001.xml"
SUFFIXES = (
    ".rdf", ".owl", ".ttl", ".nt", ".nq", ".trig", ".jsonld", ".obo", ".rules", ".sssom.tsv",
    ".babelon.tsv",
)  # fmt: skip

_CATALOG_NAMESPACE = "urn:oasis:names:tc:entity:xmlns:xml:catalog"


def ontology_files(folder: str | Path) -> list[Path]:
    """The files below a folder that have an ontology's suffix, compressed or not, in order.

    Also CSV files with the headings of a property graph. Hidden files and folders are left out.

    Raises:
        FileFaultError: there is none.
    """
    found = [path for path in _files(Path(folder)) if _is_wanted(path)]
    if not found:
        raise FileFaultError(
            "This is a folder that holds no ontology file.",
            where=str(folder),
            mend=f"Name a folder with {', '.join(SUFFIXES)} files or the CSV of a property graph, "
            "or the files themselves.",
        )
    return found


def catalogued(folder: str | Path) -> dict[str, Path]:
    """Where ontologies lie, by IRI, as the catalogs below a folder say; only files of here.

    Raises:
        SyntaxFaultError: a catalog is no XML.
    """
    found: dict[str, Path] = {}
    for path in _files(Path(folder)):
        if path.name == CATALOG:
            found = listed(path) | found
    return found


def listed(catalog: str | Path) -> dict[str, Path]:
    """Where ontologies lie, by IRI, as one catalog says; only files of here.

    Raises:
        SyntaxFaultError: it is no XML.
        FileFaultError: it cannot be read.
    """
    found: dict[str, Path] = {}
    for iri, place in _entries(Path(catalog)):
        if "://" not in place:
            target = os.path.normpath(Path(catalog).parent / unquote(place))
            found.setdefault(iri, Path(target))
    return found


def _entries(path: Path) -> list[tuple[str, str]]:
    """Name and place of each `uri` element."""
    found = []

    def start(element: str, attributes: dict[str, str]) -> None:
        if element == f"{_CATALOG_NAMESPACE} uri" and {"name", "uri"} <= set(attributes):
            found.append((attributes["name"], attributes["uri"]))

    def refuse(*_: object) -> None:
        raise SyntaxFaultError(
            "The catalog declares an entity, which none needs.",
            where=f"{path}:{parser.CurrentLineNumber}:{parser.CurrentColumnNumber + 1}",
            mend="Remove the declaration.",
        )

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(read_text(path)[0], True)
    except expat.ExpatError as error:
        raise SyntaxFaultError(
            f"The catalog is no XML: {expat.ErrorString(error.code)}.",
            where=f"{path}:{error.lineno}:{error.offset + 1}",
            mend="Mend or remove the catalog.",
        ) from None
    return found


def _files(folder: Path) -> list[Path]:
    found = []
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = (Path(at) / name for name in sorted(names) if not name.startswith("."))
        found += [path for path in paths if path.is_file()]  # no pipe, no link that leads nowhere
    return found


def _is_wanted(path: Path) -> bool:
    name = path.name.lower()
    for packed in COMPRESSED:
        name = name.removesuffix(packed)
    if name.endswith(SUFFIXES):
        return True
    return name.endswith((".csv", ".tsv")) and looks_like_property_graph(read_head(path))
