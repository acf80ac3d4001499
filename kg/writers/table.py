"""CSV and TSV with a column map, as `kg.readers.tables` reads them.

Of the kinds of entities (classes, concepts, individuals) a table holds one, the most frequent.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper

from sqlalchemy import func, select

from kg.curies import Curies
from kg.languages import language_of
from kg.readers.tables import KINDS, TEXTS, WHOLE
from kg.store.iris import number_of_iri
from kg.store.schema import description, edge, name, relation, term, triple
from kg.vocabulary import ALTERNATIVE_ID, COMMENT, DB_XREF
from kg.writers.entities import StoredEntity, counted, stored_entities
from kg.writers.identifiers import Identifiers
from kg.writers.selection import Selection
from kg.writers.written import Written

_SEPARATORS = ("|", ";", "¦", "‖", "\x1f")  # no name holds the last, which is white space
_LITERALS = {"alternative id": ALTERNATIVE_ID, "xref": DB_XREF, "comment": COMMENT}
_LANGUAGE = re.compile(r"[a-z]{1,8}(-[a-z0-9]{1,8})*")
_COUNTED = ("names", "definitions", "edges")
Cells = dict[str, list[str]]


@dataclass(frozen=True)
class TablePlan:
    """How a selection is laid out as a table.

    Args:
        kind: of its entities.
        columns: heading to meaning; `id` comes first.
        list_separator: between several values in a cell; no value holds it.
        relations: IRI of a relation to its heading.
        identifiers: with the prefixes that the map has to declare.
    """

    kind: str
    columns: dict[str, str]
    list_separator: str
    relations: dict[str, str]
    identifiers: Identifiers


def plan_table(selection: Selection) -> TablePlan:
    """Lay out a table for what the selection holds."""
    kind = _commonest_kind(selection)
    identifiers = Identifiers(declaring=True)
    columns = {"id": "id"}
    columns |= {heading: heading for heading in _text_headings(selection)}
    relations = {}
    used = select(edge.c.relation).where(selection.among(edge.c.source))
    query = select(relation.c.iri, relation.c.curie).where(relation.c.id.in_(used))
    for iri, curie in selection.connection.execute(query.order_by(relation.c.id)):
        if iri == KINDS[kind][1]:
            columns["parent"] = relations[iri] = "parent"
        elif meaning := identifiers.of(iri, curie, bare=False):
            columns[curie] = meaning
            relations[iri] = curie
    columns |= {"deprecated": "deprecated", "replaced by": "replaced by"}
    separator = next(s for s in _SEPARATORS if not _occurs(selection, s))
    return TablePlan(kind, columns, separator, relations, identifiers)


def write_table(
    selection: Selection, plan: TablePlan, out: TextIOWrapper, separator: str
) -> Written:
    """A row for each entity, several where it has several labels in one language."""
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerow(plan.columns)
    count, lost, held = 0, Counter[str](), Counter[str]()
    for told in stored_entities(selection, literals=list(_LITERALS.values())):
        identifier = plan.identifiers.of(told.iri, told.curie)
        if told.kind != plan.kind or identifier is None:
            lost["entities of another kind"] += told.kind != plan.kind
            lost["entities without an identifier"] += told.kind == plan.kind
            continue
        cells = _cells(told, plan, held, lost)
        for row in _rows(cells, plan):
            writer.writerow([identifier, *row])
        count += 1
    totals = counted(selection)
    lost.update({what: totals[what] - held[what] for what in _COUNTED})
    return Written("entities", count, dict(lost))


def column_map(selection: Selection, plan: TablePlan, table: str) -> str:
    """The text of the TOML file that names the table and its columns; after `write_table`."""
    lines = [table_line(table)]
    if len(selection.sources) == 1:
        (source,) = selection.sources
        lines.append(f"ontology = {_toml(source.iri)}")
        lines += [f"version = {_toml(source.version)}"] if source.version else []
        lines += [f"licence = {_toml(source.licence)}"] if source.licence else []
    lines.append(f"kind = {_toml(plan.kind)}")
    lines.append(f"list_separator = {_toml(plan.list_separator)}")
    if plan.identifiers.prefixes:
        lines += ["", "[prefixes]"]
        lines += [f"{_toml(p)} = {_toml(n)}" for p, n in sorted(plan.identifiers.prefixes.items())]
    lines += ["", "[columns]"]
    lines += [f"{_toml(heading)} = {_toml(meaning)}" for heading, meaning in plan.columns.items()]
    return "\n".join(lines) + "\n"


def table_line(table: str) -> str:
    """The line with which a column map begins."""
    return f"table = {_toml(table)}"


def _commonest_kind(selection: Selection) -> str:
    query = (
        select(description.c.kind)
        .where(selection.among(description.c.source), description.c.kind.in_(list(KINDS)))
        .group_by(description.c.kind)
        .order_by(func.count().desc(), description.c.kind)
    )
    return selection.connection.execute(query).scalars().first() or "class"


def _text_headings(selection: Selection) -> Iterator[str]:
    """The columns of names, definitions and literals, each with its language."""
    execute = selection.connection.execute
    kinds = select(name.c.kind, name.c.lang).where(selection.among(name.c.source)).distinct()
    found = {tuple(row) for row in execute(kinds)}
    langs = (
        select(term.c.lang)
        .join(description, description.c.definition == term.c.id)
        .where(selection.among(description.c.source))
        .distinct()
    )
    found |= {("definition", language_of(lang)) for lang in execute(langs).scalars()}
    for meaning, predicate in _LITERALS.items():
        number = number_of_iri(selection.connection, predicate)
        query = (
            select(term.c.lang)
            .join(triple, triple.c.object == term.c.id)
            .where(triple.c.predicate == number, selection.among(triple.c.source))
            .distinct()
        )
        found |= {(meaning, lang) for lang in execute(query).scalars()}
    order = list(TEXTS)
    for meaning, lang in sorted(found, key=lambda at: (order.index(at[0]), at[1])):
        if not lang or _LANGUAGE.fullmatch(lang):
            yield _heading(meaning, lang)


def _heading(meaning: str, lang: str) -> str:
    return f"{meaning}@{lang}" if lang else meaning


def _occurs(selection: Selection, sign: str) -> bool:
    """Whether a text that shares its cell with others holds this sign."""
    names = select(name.c.id).where(name.c.text.contains(sign, autoescape=True))
    listed = set(_LITERALS.values()) - {COMMENT}
    numbers = [number_of_iri(selection.connection, predicate) for predicate in listed]
    literals = (
        select(term.c.id)
        .join(triple, triple.c.object == term.c.id)
        .where(triple.c.predicate.in_(numbers), term.c.value.contains(sign, autoescape=True))
    )
    execute = selection.connection.execute
    return any(execute(query.limit(1)).first() is not None for query in (names, literals))


def _cells(told: StoredEntity, plan: TablePlan, held: Counter[str], lost: Counter[str]) -> Cells:
    cells: Cells = {}

    def put(heading: str, text: str, what: str) -> None:
        if heading in plan.columns and text.strip() == text != "":
            cells.setdefault(heading, []).append(text)
            held[what] += 1
        elif what not in _COUNTED:
            lost[what] += 1

    for text, kind, lang in told.names:
        put(_heading(kind, lang), text, "names")
    for text, lang in told.definitions[:1]:
        put(_heading("definition", lang), text, "definitions")
    for meaning, predicate in _LITERALS.items():
        for literal in told.literals.get(predicate, ()):
            put(_heading(meaning, literal.lang.lower()), literal.value, f"{meaning} texts")
    for found in told.edges:
        tail = plan.identifiers.of(found.tail, found.tail_curie)
        put(plan.relations.get(found.relation, ""), tail or "", "edges")
        lost["that an edge comes from a restriction"] += found.origin == "restriction"
    if told.deprecated:
        cells["deprecated"] = ["true"]
    if told.replaced_by:
        cells["replaced by"] = [_curie(plan, told.replaced_by)]
    return cells


def _curie(plan: TablePlan, iri: str) -> str:
    return plan.identifiers.of(iri, Curies({}).of(iri)) or ""


def _rows(cells: Cells, plan: TablePlan) -> Iterator[list[str]]:
    """The cells after `id`: lists in the first row, the second label of a language in another."""
    headings = list(plan.columns)[1:]
    whole = [heading for heading in headings if heading.partition("@")[0] in WHOLE]
    for at in range(max(1, *(len(cells.get(heading, ())) for heading in whole), 1)):
        row = []
        for heading in headings:
            values = cells.get(heading, [])
            if heading in whole:
                row.append(values[at] if at < len(values) else "")
            else:
                row.append("" if at else plan.list_separator.join(values))
        yield row


def _toml(text: str) -> str:
    """A basic string of TOML, which is JSON's but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
