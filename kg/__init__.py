"""From ontology files to a store, and from the store to arrays."""

from typing import TYPE_CHECKING

from kg.errors import (
    ExportError,
    FileFaultError,
    InputError,
    JobError,
    NotAKnowledgeBaseError,
    OntograftError,
    SchemaVersionError,
    ShapesFaultError,
    SparqlFaultError,
    SyntaxFaultError,
    UnknownEntityError,
)
from kg.knowledge_base import KnowledgeBase
from kg.quality import QualityExample, QualityFinding
from kg.reasoning.records import Budget, Contradiction, Explanation, ReasoningReport
from kg.records import (
    Axiom,
    Deprecation,
    Difference,
    Edge,
    Entity,
    ExportReport,
    LeftOut,
    LoadProgress,
    LoadReport,
    LoadWarning,
    Mapping,
    Name,
    NameRow,
    Relabelling,
    Release,
    Reparenting,
    SearchHit,
    SearchHits,
    Source,
    Summary,
)
from kg.rules import Atom, HornRule, parse_rules, read_rules
from kg.shapes.report import ValidationReport, ValidationResult
from kg.sparql.result import SparqlResult, SparqlTerm

if TYPE_CHECKING:
    from kg.graph import Graph
    from kg.table import EntityTable

__all__ = [
    "Atom",
    "Axiom",
    "Budget",
    "Contradiction",
    "Deprecation",
    "Difference",
    "Edge",
    "Entity",
    "EntityTable",
    "Explanation",
    "ExportError",
    "ExportReport",
    "FileFaultError",
    "Graph",
    "HornRule",
    "InputError",
    "JobError",
    "KnowledgeBase",
    "LeftOut",
    "LoadProgress",
    "LoadReport",
    "LoadWarning",
    "Mapping",
    "Name",
    "NameRow",
    "NotAKnowledgeBaseError",
    "OntograftError",
    "QualityExample",
    "QualityFinding",
    "ReasoningReport",
    "Relabelling",
    "Release",
    "Reparenting",
    "SchemaVersionError",
    "SearchHit",
    "SearchHits",
    "ShapesFaultError",
    "Source",
    "SparqlFaultError",
    "SparqlResult",
    "SparqlTerm",
    "Summary",
    "SyntaxFaultError",
    "UnknownEntityError",
    "ValidationReport",
    "ValidationResult",
    "parse_rules",
    "read_rules",
]


# The two that need numpy are imported on first use: a command that only looks at a knowledge base
# is to start at once.
def __getattr__(name: str) -> object:
    if name == "Graph":
        from kg.graph import Graph

        return Graph
    if name == "EntityTable":
        from kg.table import EntityTable

        return EntityTable
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
