"""One file, from path to triples."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from kg.readers.obo import read_obo
from kg.readers.plain import read_babelon, read_names, read_triples
from kg.readers.property_graph import read_property_graph
from kg.readers.rdf import base_iri, read_rdf
from kg.readers.sniffing import SniffedFile, sniff
from kg.readers.sssom import read_sssom
from kg.readers.tables import read_table
from kg.records import LoadWarning
from kg.rules import HornRule, parse_rules
from kg.triples import ParsedFile, Triples

PROPERTY_GRAPH = "neo4j"
"""The format of which several files are one source."""

_READERS = {
    "obo": read_obo,
    "triples": read_triples,
    "names": read_names,
    "babelon": read_babelon,
}
_TABLES = {"table": read_table, "sssom": read_sssom}  # of which a part may lie in another file


def read_file(
    path: str | Path, *, data: bool = False, strict: bool = False, base: str | None = None
) -> ParsedFile:
    """Read an ontology or rules file of any format that we know.

    Args:
        path: of the file.
        data: whether it may be empty.
        strict: whether RDF that breaks its specification is refused rather than read leniently.
        base: what relative IRIs are relative to, and the IRI of an ontology that states none; by
            default made from the file's name.

    Raises:
        FileFaultError: see `kg.readers.sniffing.sniff`.
        SyntaxFaultError: the text has a fault that no reader can pass.
    """
    return read_sniffed(sniff(path, may_be_empty=data), strict=strict, base=base)


def read_sniffed(file: SniffedFile, *, strict: bool = False, base: str | None = None) -> ParsedFile:
    """As `read_file`, of a file that was opened before."""
    if file.format == PROPERTY_GRAPH:
        return read_graph_files([file], base=base)
    base = base or base_iri(file.name)
    triples, prefixes = Triples(), dict[str, str]()
    warnings: list[LoadWarning] = []
    rules: tuple[HornRule, ...] = ()
    sha256 = hashlib.sha256(file.content)
    if file.format == "rules":
        rules = parse_rules(file.content.decode("utf-8"), path=file.path)
    elif file.format in _TABLES:
        table = _TABLES[file.format](file)
        triples, prefixes, warnings = table.triples, table.prefixes, table.warnings
        sha256.update(table.content)
    elif file.format in _READERS:
        triples, prefixes, warnings = _READERS[file.format](file)
    else:
        triples, prefixes, warnings = read_rdf(file, base=base, strict=strict)
    return ParsedFile(
        path=file.path,
        name=file.name,
        base=base,
        format=file.format,
        sha256=sha256.hexdigest(),
        triples=triples,
        prefixes=prefixes,
        rules=rules,
        warnings=tuple(warnings),
    )


def read_graph_files(files: Sequence[SniffedFile], *, base: str | None = None) -> ParsedFile:
    """The files of one property graph as one; several go by the name of the folder they share.

    Args:
        files: one at least, all of the format `PROPERTY_GRAPH`.
        base: as in `read_file`.
    """
    path, name = files[0].path, files[0].name
    if len(files) > 1:
        folder = os.path.commonpath([os.path.realpath(Path(f.path).parent) for f in files])
        given = Path(path).parent
        path = str(given) if os.path.realpath(given) == folder else folder
        name = Path(folder).name
    graph = read_property_graph(files)
    return ParsedFile(
        path=path,
        name=name,
        base=base or base_iri(name),
        format=PROPERTY_GRAPH,
        sha256=graph.sha256,
        triples=graph.triples,
        prefixes=graph.prefixes,
        rules=(),
        warnings=tuple(graph.warnings),
    )
