"""From the paths that a user names to files read and interpreted: folders, and what they import."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.errors import FileFaultError
from kg.interpretation import interpret
from kg.readers.files import read_file
from kg.readers.folders import catalogued, ontology_files
from kg.store.writing import ReadFile

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class _Wanted:
    """A file to read; a module of a folder may name nothing."""

    path: str | Path
    module: bool


def read_sources(
    paths: Sequence[str | Path],
    tell: Tell,
    *,
    data: bool = False,
    strict: bool = False,
    base: str | None = None,
) -> list[ReadFile]:
    """Read files, the ontologies in folders, and what those import by the folders' catalogs.

    Args:
        paths: files and folders.
        tell: called with the file at work, files done and files in all.
        data: whether a file may name nothing.
        strict, base: see `kg.readers.files.read_file`.

    Raises:
        FileFaultError, SyntaxFaultError: as in `KnowledgeBase.load`.
    """
    queue, catalog = _wanted(paths)
    seen = {os.path.realpath(wanted.path) for wanted in queue}
    read: dict[str, ReadFile] = {}
    for done, wanted in enumerate(queue):
        tell(str(wanted.path), done, len(queue))
        parsed = read_file(wanted.path, data=data, strict=strict, base=base)
        file = ReadFile(parsed, interpret(parsed, may_name_nothing=data or wanted.module))
        iri = file.meaning.iri
        if iri in read:
            raise FileFaultError(
                f"The file is the same ontology, {iri}, as {read[iri].parsed.path}.",
                where=str(wanted.path),
                mend="Load one of the two, or give each its own owl:Ontology IRI.",
            )
        read[iri] = file
        for imported in file.meaning.imports:
            place = catalog.get(imported)
            if place is not None and place.is_file() and os.path.realpath(place) not in seen:
                seen.add(os.path.realpath(place))
                queue.append(_Wanted(place, module=True))  # this loop comes to it
    if queue:
        tell(str(queue[-1].path), len(queue), len(queue))
    return list(read.values())


def _wanted(paths: Sequence[str | Path]) -> tuple[list[_Wanted], dict[str, Path]]:
    wanted: list[_Wanted] = []
    catalog: dict[str, Path] = {}
    for path in paths:
        if Path(path).is_dir():
            wanted += [_Wanted(file, module=True) for file in ontology_files(path)]
            catalog |= catalogued(path)
        else:
            wanted.append(_Wanted(path, module=False))
    return wanted, catalog
