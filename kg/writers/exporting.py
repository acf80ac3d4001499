"""One export, from the sources to the file that holds them."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from io import TextIOWrapper
from pathlib import Path

from sqlalchemy import Connection

from kg.atomic import replace_folder, write_atomically
from kg.errors import ExportError
from kg.records import ExportReport, LeftOut
from kg.store.inferred import with_inferred
from kg.writers.compression import open_text, plain_name
from kg.writers.formats import FORMATS, format_of, refuse_compression
from kg.writers.json_ld import write_json_ld
from kg.writers.licensing import terms_of, write_licence_page
from kg.writers.lines import write_lines
from kg.writers.obo import write_obo
from kg.writers.plain import write_babelon, write_names, write_triples
from kg.writers.property_graph import write_nodes, write_relationships
from kg.writers.rdf_xml import write_rdf_xml
from kg.writers.rules import write_rules
from kg.writers.selection import Selection
from kg.writers.sssom import write_sssom
from kg.writers.table import column_map, plan_table, table_line, write_table
from kg.writers.turtle import write_turtle
from kg.writers.written import Written

_GRAPH_FILES = {"nodes.csv", "relationships.csv"}
_RDF: dict[str, Callable[[Selection, TextIOWrapper], int]] = {
    "turtle": write_turtle,
    "trig": write_turtle,
    "n-triples": write_lines,
    "n-quads": write_lines,
    "rdf/xml": write_rdf_xml,
    "json-ld": write_json_ld,
}
_ONE_FILE: dict[str, Callable[[Selection, TextIOWrapper], Written]] = {
    "babelon": write_babelon,
    "names": write_names,
    "obo": write_obo,
    "rules": write_rules,
    "sssom": write_sssom,
    "triples": write_triples,
}


def export(
    connection: Connection,
    path: Path,
    *,
    format_: str | None = None,
    sources: Sequence[str] | None = None,
    merge_graphs: bool = False,
    inferred: bool = False,
    licence: str | None = None,
    accept_licences: bool = False,
) -> ExportReport:
    """Write sources to a file; see `KnowledgeBase.export`."""
    name = format_of(path, format_)
    if inferred and name not in _RDF:
        raise ExportError(
            f"What was inferred is written to RDF alone, not to {name}.",
            where=str(path),
            mend=f"Name one of these formats: {', '.join(_RDF)}.",
        )
    if inferred and sources is not None:
        raise ExportError(
            "What was inferred follows from all sources together.",
            mend="Leave out `--source` (`sources`).",
        )
    selection = Selection(
        connection, sources, merge_graphs=merge_graphs or not FORMATS[name].graphs
    )
    if not merge_graphs:
        _refuse_graphs(connection, name, sources)
    terms = terms_of(selection.sources, stated=licence, accepted=accept_licences)
    with with_inferred(connection) if inferred else nullcontext():
        if name == "table":
            written = _write_table(selection, path)
        elif name == "neo4j":
            written = _write_property_graph(selection, path)
        else:
            written = _write_one(selection, path, name)
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


def _write_one(selection: Selection, path: Path, name: str) -> Written:
    with open_text(path) as out:
        if name in _RDF:
            rules = sum(len(source.rules) for source in selection.sources)
            written = Written("triples", _RDF[name](selection, out), {"rules": rules})
        else:
            written = _ONE_FILE[name](selection, out)
        _refuse_nothing(written)
    return written


def _write_table(selection: Selection, path: Path) -> Written:
    """FILE.csv, and FILE.toml beside it, which is what is to be loaded."""
    beside = path.with_name(f"{Path(plain_name(path)).stem}.toml")
    opening = table_line(path.name)
    if beside.exists() and not beside.read_text("utf-8", "replace").startswith(opening):
        raise ExportError(
            "This file is not the column map of an older export, and is left as it is.",
            where=str(beside),
            mend="Give the table another name; its column map is put beside it.",
        )
    plan = plan_table(selection)
    separator = "," if plain_name(path).lower().endswith(".csv") else "\t"
    with open_text(path) as out:
        written = write_table(selection, plan, out, separator)
        _refuse_nothing(written)
    write_atomically(beside, column_map(selection, plan, path.name))
    return written


def _write_property_graph(selection: Selection, path: Path) -> Written:
    """A folder of two files; one that stands there is replaced, if it holds no others."""
    refuse_compression(path, "neo4j")
    if path.exists() and not (path.is_dir() and {p.name for p in path.iterdir()} <= _GRAPH_FILES):
        raise ExportError(
            "Something else stands here, and is left as it is.",
            where=str(path),
            mend="Name a folder that is new, or one of an older export.",
        )
    staged = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        staged.chmod(0o755)
        with open_text(staged / "nodes.csv") as out:
            nodes = write_nodes(selection, out)
            _refuse_nothing(nodes)
        with open_text(staged / "relationships.csv") as out:
            edges = write_relationships(selection, out)
        replace_folder(staged, path)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    left_out = Counter(nodes.left_out)
    left_out.update(edges.left_out)
    return Written("entities", nodes.number, dict(left_out))


def _refuse_nothing(written: Written) -> None:
    if not written.number:
        raise ExportError(
            f"The sources hold no {written.unit} that this format could hold.",
            mend="`ontograft info KB` says what they hold.",
        )


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
