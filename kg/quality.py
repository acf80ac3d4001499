"""What often goes wrong in an ontology, each asked of all entities at once.

The checks that need no shapes: they know what labels, definitions and edges are, in whatever
vocabulary a file says them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from kg.store.iris import number_of_iri
from kg.vocabulary import BROADER, METADATA, SKOS, SUBCLASS_OF

if TYPE_CHECKING:
    from kg.graph import Graph


@dataclass(frozen=True)
class QualityExample:
    """One case of a finding.

    Args:
        entities: CURIEs of those that are in it.
        remark: what is the matter with them; empty if the finding says all.
    """

    entities: tuple[str, ...]
    remark: str = ""


@dataclass(frozen=True)
class QualityFinding:
    """What one check found.

    Args:
        check: its name, a row of docs/validation.md.
        what: one sentence.
        count: how many cases there are; 0 if all is well.
        examples: the first cases.
    """

    check: str
    what: str
    count: int
    examples: tuple[QualityExample, ...]

    def to_json(self) -> dict[str, Any]:
        """One element of `ontograft check KB --json`."""
        return {
            **asdict(self),
            "examples": [{**asdict(e), "entities": list(e.entities)} for e in self.examples],
        }


_SAID = {
    "subclass-cycle": "Entities are above themselves by is-a.",
    "dangling-reference": "Edges lead to what no source describes.",
    "duplicate-label": "Several live entities have one label in one language.",
    "missing-label": "Live entities have no label.",
    "missing-definition": "Live entities have no definition.",
    "deprecated-in-use": "Live entities have edges to deprecated ones.",
    "replacement-leads-nowhere": "The replacement of a deprecated entity is none that is live.",
    "undeclared-relation": "Relations are used that no source declares.",
    "curie-collision": "Two namespaces of one prefix give two entities one CURIE.",
}

# An entity is live if a source describes it and none marks it as deprecated; one that is described
# without a kind is only named.
_WITH = """
WITH told AS (
    SELECT row, MAX(deprecated) AS deprecated, MAX(label) AS label, MAX(definition) AS definition,
           MAX(kind) AS kind, MAX(replaced_by) AS replaced_by
    FROM description GROUP BY row
), live AS (SELECT * FROM told WHERE deprecated = 0 AND kind <> '')
"""

# Edges have no circle of one; the triples do.
_OWN_PARENTS = """
SELECT DISTINCT entity.row, entity.curie FROM triple
JOIN term AS subject ON subject.id = triple.subject
JOIN entity ON entity.iri = subject.value
WHERE triple.subject = triple.object AND triple.predicate IN (:subclass, :broader)
ORDER BY entity.row
"""

_DANGLING = """
SELECT head.curie, relation.curie, tail.curie FROM edge
JOIN entity AS head ON head.row = edge.head
JOIN entity AS tail ON tail.row = edge.tail
JOIN relation ON relation.id = edge.relation
WHERE NOT EXISTS (SELECT 1 FROM description WHERE description.row = edge.tail)
GROUP BY edge.head, edge.relation, edge.tail, head.curie, relation.curie, tail.curie
ORDER BY edge.tail, edge.head, edge.relation
"""

_DUPLICATES = """, labelled AS (
    SELECT DISTINCT name.row, name.folded, name.lang FROM name
    JOIN live ON live.row = name.row WHERE name.kind = 'label'
), several AS (
    SELECT folded, lang FROM labelled GROUP BY folded, lang HAVING COUNT(*) > 1
)
SELECT labelled.folded, labelled.lang, entity.curie FROM labelled
JOIN several ON several.folded = labelled.folded AND several.lang = labelled.lang
JOIN entity ON entity.row = labelled.row
ORDER BY labelled.folded, labelled.lang, entity.row
"""

_NO_LABEL = """
SELECT entity.curie FROM live JOIN entity ON entity.row = live.row
WHERE NOT EXISTS (SELECT 1 FROM name WHERE name.row = live.row AND name.kind = 'label')
ORDER BY entity.row
"""

_NO_DEFINITION = """
SELECT entity.curie, live.label FROM live JOIN entity ON entity.row = live.row
WHERE live.definition < 0 AND live.kind <> 'property' ORDER BY entity.row
"""

_DEPRECATED_IN_USE = """
SELECT DISTINCT edge.head, edge.relation, edge.tail, head.curie, relation.curie, tail.curie,
    COALESCE(new.curie, gone.replaced_by)
FROM edge
JOIN live ON live.row = edge.head
JOIN told AS gone ON gone.row = edge.tail AND gone.deprecated <> 0
JOIN entity AS head ON head.row = edge.head
JOIN entity AS tail ON tail.row = edge.tail
JOIN relation ON relation.id = edge.relation
LEFT JOIN entity AS new ON new.iri = gone.replaced_by
ORDER BY edge.tail, edge.head, edge.relation
"""

_REPLACED = """
SELECT entity.curie, entity.iri, told.replaced_by, heir.deprecated, COALESCE(new.curie, '')
FROM told JOIN entity ON entity.row = told.row
LEFT JOIN entity AS new ON new.iri = told.replaced_by
LEFT JOIN told AS heir ON heir.row = new.row
WHERE told.deprecated <> 0 AND told.replaced_by <> '' ORDER BY entity.row
"""

_RELATIONS = """
SELECT relation.iri, relation.curie, COUNT(*) FROM edge
JOIN relation ON relation.id = edge.relation
WHERE NOT EXISTS (
    SELECT 1 FROM entity JOIN description ON description.row = entity.row
    WHERE entity.iri = relation.iri AND description.kind <> ''
)
GROUP BY relation.iri, relation.curie ORDER BY COUNT(*) DESC, relation.iri
"""

# An IRI whose CURIE was taken by another entity goes by the IRI itself.
_COLLISIONS = """
SELECT DISTINCT mine.iri, other.iri, other.curie FROM prefix
JOIN entity AS mine ON mine.curie = mine.iri
    AND SUBSTR(mine.iri, 1, LENGTH(prefix.namespace)) = prefix.namespace
JOIN entity AS other ON other.curie =
    prefix.prefix || ':' || SUBSTR(mine.iri, LENGTH(prefix.namespace) + 1)
WHERE other.row <> mine.row ORDER BY other.curie, mine.iri
"""


def quality_findings(
    connection: Connection, graph: "Graph", curies: tuple[str, ...], *, examples: int
) -> tuple[QualityFinding, ...]:
    """All checks, in the order of docs/validation.md; those without a case too.

    Args:
        connection: in a transaction.
        graph: of the same state.
        curies: by row.
        examples: how many of each finding at most.
    """
    circles = [*_cycles(graph, curies), *_own_parents(connection)]
    cases: dict[str, list[QualityExample]] = {"subclass-cycle": circles}
    for check, find in _CHECKS.items():
        cases[check] = list(find(connection))
    return tuple(
        QualityFinding(check, said, len(cases[check]), tuple(cases[check][:examples]))
        for check, said in _SAID.items()
    )


def _cycles(graph: "Graph", curies: tuple[str, ...]) -> list[QualityExample]:
    """Each set of entities that are all above each other."""
    import numpy as np

    from kg.closure import condense
    from kg.csr import csr_of_pairs
    from kg.graph import ORIGINS

    told = (graph.relation == 0) & (graph.origin != ORIGINS.index("inferred"))
    up = csr_of_pairs(graph.head[told], graph.tail[told], graph.entity_count)
    node = condense(up).node
    found = []
    for circle in np.flatnonzero(np.bincount(node) > 1).tolist():
        members = np.flatnonzero(node == circle).tolist()
        found.append(QualityExample(tuple(curies[row] for row in members)))
    return found


def _rows(connection: Connection, sql: str, values: Mapping[str, object] | None = None) -> Any:
    return connection.execute(text(sql), dict(values or {}))


def _own_parents(connection: Connection) -> Iterable[QualityExample]:
    is_a = {"subclass": SUBCLASS_OF, "broader": BROADER}
    numbers = {key: number_of_iri(connection, iri) for key, iri in is_a.items()}
    for _, curie in _rows(connection, _OWN_PARENTS, numbers):
        yield QualityExample((curie,), "its own parent")


def _dangling(connection: Connection) -> Iterable[QualityExample]:
    for head, relation, tail in _rows(connection, _DANGLING):
        yield QualityExample((head, tail), relation)


def _duplicate_labels(connection: Connection) -> Iterable[QualityExample]:
    found: dict[tuple[str, str], list[str]] = {}
    for label, lang, curie in _rows(connection, _WITH + _DUPLICATES):
        found.setdefault((label, lang), []).append(curie)
    for (label, lang), curies in found.items():
        yield QualityExample(tuple(curies), f"{label}@{lang}" if lang else label)


def _without_label(connection: Connection) -> Iterable[QualityExample]:
    for (curie,) in _rows(connection, _WITH + _NO_LABEL):
        yield QualityExample((curie,))


def _without_definition(connection: Connection) -> Iterable[QualityExample]:
    for curie, label in _rows(connection, _WITH + _NO_DEFINITION):
        yield QualityExample((curie,), label)


def _deprecated_in_use(connection: Connection) -> Iterable[QualityExample]:
    for *_, head, relation, tail, new in _rows(connection, _WITH + _DEPRECATED_IN_USE):
        instead = f"; replaced by {new}" if new else "; without a replacement"
        yield QualityExample((head, tail), relation + instead)


def _lost_replacements(connection: Connection) -> Iterable[QualityExample]:
    """Those whose chain of replacements ends at what nobody describes, is deprecated, or itself."""
    rows = list(_rows(connection, _WITH + _REPLACED))
    onward = {iri: replacement for _, iri, replacement, _, _ in rows}
    live = {replacement for *_, replacement, deprecated, _ in rows if deprecated == 0}
    for curie, iri, replacement, deprecated, new in rows:
        seen = {iri}
        at = replacement
        while at in onward and at not in seen:
            seen.add(at)
            at = onward[at]
        if at not in live:
            if deprecated is None:
                remark = "which no source describes"
            else:
                remark = "which is deprecated, and so is all that replaces it"
            yield QualityExample((curie, new or replacement), remark)


def _undeclared_relations(connection: Connection) -> Iterable[QualityExample]:
    for iri, curie, count in _rows(connection, _RELATIONS):
        if iri != SUBCLASS_OF and not iri.startswith((*METADATA, SKOS)):
            yield QualityExample((curie,), f"{count:,} edges")


def _curie_collisions(connection: Connection) -> Iterable[QualityExample]:
    for mine, other, curie in _rows(connection, _COLLISIONS):
        yield QualityExample((mine, other), curie)


_CHECKS: dict[str, Callable[[Connection], Iterable[QualityExample]]] = {
    "dangling-reference": _dangling,
    "duplicate-label": _duplicate_labels,
    "missing-label": _without_label,
    "missing-definition": _without_definition,
    "deprecated-in-use": _deprecated_in_use,
    "replacement-leads-nowhere": _lost_replacements,
    "undeclared-relation": _undeclared_relations,
    "curie-collision": _curie_collisions,
}
