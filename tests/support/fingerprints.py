"""The content of all tables, without the numbers that depend on what was loaded before."""

from collections import Counter

from sqlalchemy import text

from kg import KnowledgeBase

QUERIES = {
    "sources": """
        SELECT source.iri, version, format, licence, spdx, redistributable, sha256, triples, rules
        FROM source JOIN release ON release.id = source.release""",
    "prefixes": """
        SELECT prefix, namespace FROM prefix JOIN source ON source.release = prefix.release""",
    "triples": """
        SELECT s.kind, s.value, p.value, o.kind, o.value, o.datatype, o.lang, graph, source.iri
        FROM triple
        JOIN term AS s ON s.id = subject JOIN term AS p ON p.id = predicate
        JOIN term AS o ON o.id = object JOIN source ON source.id = triple.source""",
    "descriptions": """
        SELECT iri, curie, source, description.kind, label, label_lang, term.value, term.lang,
            deprecated, replaced_by
        FROM description JOIN entity ON entity.row = description.row
        LEFT JOIN term ON term.id = definition""",
    "names": """
        SELECT iri, text, folded, kind, lang, type, source
        FROM name JOIN entity ON entity.row = name.row""",
    "edges": """
        SELECT head.iri, relation.iri, tail.iri, origin, source FROM edge
        JOIN relation ON relation.id = edge.relation
        JOIN entity AS head ON head.row = edge.head JOIN entity AS tail ON tail.row = edge.tail""",
    "axioms": "SELECT kind, arguments, weight, mode, source FROM axiom",
}
Fingerprint = dict[str, "Counter[tuple[object, ...]]"]


def fingerprint(kb: KnowledgeBase) -> Fingerprint:
    """The rows of every table that holds for now, each with its count."""
    with kb._database.reading() as connection:
        return {
            table: Counter(tuple(row) for row in connection.execute(text(query)))
            for table, query in QUERIES.items()
        }
