"""From the paths that a user names to files read and interpreted: folders, and what they import."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.errors import FileFaultError
from kg.interpretation import interpret
from kg.readers.files import PROPERTY_GRAPH, read_graph_files, read_sniffed
from kg.readers.folders import CATALOG, catalogued, listed, ontology_files
from kg.readers.sniffing import SniffedFile, sniff
from kg.store.writing import ReadFile
from kg.triples import ParsedFile

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class _Wanted:
    """A file to read; a module of a folder may name nothing. `folder` is that which was named."""

    path: str | Path
    module: bool
    folder: str = ""


def read_sources(
    paths: Sequence[str | Path],
    tell: Tell,
    *,
    data: bool = False,
    strict: bool = False,
    base: str | None = None,
) -> list[ReadFile]:
    """Read files, the ontologies in folders and catalogs, and what those import by the catalogs.

    The files of a property graph are one source: those of a folder, or those that are named.

    Args:
        paths: files, folders and catalogs.
        tell: called with the file at work, files done and files in all.
        data: whether a file may name nothing.
        strict, base: see `kg.readers.files.read_file`.

    Raises:
        FileFaultError, SyntaxFaultError: as in `KnowledgeBase.load`.
    """
    queue, catalog = _wanted(paths)
    seen = {os.path.realpath(wanted.path) for wanted in queue}
    read: dict[str, ReadFile] = {}
    graphs: dict[str, list[SniffedFile]] = {}
    for done, wanted in enumerate(queue):
        tell(str(wanted.path), done, len(queue))
        sniffed = sniff(wanted.path, may_be_empty=data)
        if sniffed.format == PROPERTY_GRAPH:
            graphs.setdefault(wanted.folder, []).append(sniffed)
            continue
        parsed = read_sniffed(sniffed, strict=strict, base=base)
        file = _kept(read, parsed, may_name_nothing=data or wanted.module)
        for imported in file.meaning.imports:
            place = catalog.get(imported)
            if place is not None and place.is_file() and os.path.realpath(place) not in seen:
                seen.add(os.path.realpath(place))
                queue.append(_Wanted(place, module=True))  # this loop comes to it
    for files in graphs.values():
        _kept(read, read_graph_files(files, base=base), may_name_nothing=data)
    if queue:
        tell(str(queue[-1].path), len(queue), len(queue))
    return list(read.values())


def _kept(read: dict[str, ReadFile], parsed: ParsedFile, *, may_name_nothing: bool) -> ReadFile:
    """The file with its meaning, kept by its IRI."""
    file = ReadFile(parsed, interpret(parsed, may_name_nothing=may_name_nothing))
    iri = file.meaning.iri
    if iri in read:
        raise FileFaultError(
            f"The file is the same ontology, {iri}, as {read[iri].parsed.path}.",
            where=parsed.path,
            mend="Load one of the two, or give each its own owl:Ontology IRI.",
        )
    read[iri] = file
    return file


def _wanted(paths: Sequence[str | Path]) -> tuple[list[_Wanted], dict[str, Path]]:
    wanted: list[_Wanted] = []
    catalog: dict[str, Path] = {}
    for path in paths:
        if Path(path).is_dir():
            files = ontology_files(path)
            wanted += [_Wanted(file, module=True, folder=str(path)) for file in files]
            catalog |= catalogued(path)
        elif Path(path).name == CATALOG:
            places = listed(path)
            modules = [place for place in dict.fromkeys(places.values()) if place.is_file()]
            if not modules:
                raise FileFaultError(
                    "The catalog lists no file that is here.",
                    where=str(path),
                    mend="Name the ontology files, or the folder that holds them.",
                )
            wanted += [_Wanted(module, module=True, folder=str(path)) for module in modules]
            catalog |= places
        else:
            wanted.append(_Wanted(path, module=False))
    return wanted, catalog
