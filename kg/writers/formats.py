"""Which format a file is to be written in: by its suffix, or as the user says."""

from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from kg.errors import ExportError
from kg.writers.compression import SUFFIXES, plain_name


class Format(NamedTuple):
    """A format that is written.

    Args:
        suffixes: by which it is chosen; the longest that fits wins.
        graphs: whether it can hold named graphs, None where triples are not what it holds.
    """

    suffixes: tuple[str, ...]
    graphs: bool | None


FORMATS = {
    "turtle": Format((".ttl",), graphs=False),
    "n-triples": Format((".nt",), graphs=False),
    "n-quads": Format((".nq",), graphs=True),
    "trig": Format((".trig",), graphs=True),
    "rdf/xml": Format((".rdf", ".owl", ".xml"), graphs=False),
    "json-ld": Format((".jsonld",), graphs=True),
    "obo": Format((".obo",), graphs=None),
    "table": Format((".csv", ".tsv"), graphs=None),
    "triples": Format((), graphs=None),
    "names": Format((), graphs=None),
    "babelon": Format((".babelon.tsv",), graphs=None),
    "sssom": Format((".sssom.tsv",), graphs=None),
    "neo4j": Format((), graphs=None),
    "rules": Format((".rules",), graphs=None),
}


def format_of(path: Path, asked: str | None) -> str:
    """The name of the format.

    Args:
        path: of the file to write; the suffix of a compression is passed over.
        asked: what the user says, which goes before the suffix.

    Raises:
        ExportError: there is no such format, or the suffix says none.
    """
    if asked is not None:
        if asked in FORMATS:
            return asked
        near = get_close_matches(asked, FORMATS, n=1)
        mend = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(FORMATS)}."
        raise ExportError(f"There is no format {asked!r}.", mend=mend)
    name = plain_name(path).lower()
    fitting = {
        suffix: format_
        for format_, told in FORMATS.items()
        for suffix in told.suffixes
        if name.endswith(suffix)
    }
    if not fitting:
        raise ExportError(
            "The name of the file does not say its format.",
            where=str(path),
            mend=f"Give `--format`, one of {', '.join(FORMATS)}, or a suffix such as .ttl.",
        )
    return fitting[max(fitting, key=len)]


def refuse_compression(path: Path, format_: str) -> None:
    """A format of several files is not compressed.

    Raises:
        ExportError: the path has the suffix of a compression.
    """
    if path.suffix.lower() in SUFFIXES:
        raise ExportError(
            f"The format {format_} makes several files, which are not compressed.",
            where=str(path),
            mend=f"Leave {path.suffix} away.",
        )
