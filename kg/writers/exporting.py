"""One export, from the sources to the file that holds them."""

from collections.abc import Callable, Sequence
from io import TextIOWrapper
from pathlib import Path

from sqlalchemy import Connection

from kg.errors import ExportError
from kg.records import ExportReport, LeftOut
from kg.writers.compression import open_text
from kg.writers.formats import FORMATS, format_of
from kg.writers.json_ld import write_json_ld
from kg.writers.licensing import terms_of, write_licence_page
from kg.writers.lines import write_lines
from kg.writers.rdf_xml import write_rdf_xml
from kg.writers.selection import Selection
from kg.writers.turtle import write_turtle
from kg.writers.written import Written

_RDF: dict[str, Callable[[Selection, TextIOWrapper], int]] = {
    "turtle": write_turtle,
    "trig": write_turtle,
    "n-triples": write_lines,
    "n-quads": write_lines,
    "rdf/xml": write_rdf_xml,
    "json-ld": write_json_ld,
}


def export(
    connection: Connection,
    path: Path,
    *,
    format_: str | None = None,
    sources: Sequence[str] | None = None,
    merge_graphs: bool = False,
    licence: str | None = None,
    accept_licences: bool = False,
) -> ExportReport:
    """Write sources to a file; see `KnowledgeBase.export`."""
    name = format_of(path, format_)
    selection = Selection(
        connection, sources, merge_graphs=merge_graphs or not FORMATS[name].graphs
    )
    terms = terms_of(selection.sources, stated=licence, accepted=accept_licences)
    if name in _RDF:
        if not merge_graphs:
            _refuse_graphs(connection, name, sources)
        written = _write_rdf(selection, path, name)
    else:
        raise AssertionError(name)
    write_licence_page(path, name, terms, selection.sources)
    return ExportReport(
        path=str(path),
        format=name,
        unit=written.unit,
        written=written.number,
        left_out=tuple(LeftOut(what, count) for what, count in written.left_out.items() if count),
        licence=terms.licence,
        sources=tuple(source.iri for source in selection.sources),
        warnings=terms.warnings,
    )


def _write_rdf(selection: Selection, path: Path, name: str) -> Written:
    with open_text(path) as out:
        count = _RDF[name](selection, out)
        if not count:
            raise ExportError(
                "The sources hold no triples.", mend="Rules are written to a .rules file."
            )
    return Written("triples", count, {"rules": sum(len(s.rules) for s in selection.sources)})


def _refuse_graphs(connection: Connection, name: str, sources: Sequence[str] | None) -> None:
    if FORMATS[name].graphs is False:
        graphs = Selection(connection, sources).named_graphs()
        if graphs:
            raise ExportError(
                f"The format {name} has no place for the {len(graphs):,} named graphs, such as "
                f"{graphs[0]}.",
                mend="Write TriG, N-Quads or JSON-LD, or merge them with `--merge-graphs` "
                "(`merge_graphs=True`).",
            )
