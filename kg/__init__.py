"""From ontology files to a store, and from the store to arrays."""

from kg.errors import (
    FileFaultError,
    InputError,
    JobError,
    NotAKnowledgeBaseError,
    OntograftError,
    SchemaVersionError,
    SyntaxFaultError,
    UnknownEntityError,
)
from kg.graph import Graph
from kg.records import (
    Axiom,
    Edge,
    Entity,
    LoadProgress,
    LoadReport,
    LoadWarning,
    Name,
    NameRow,
    SearchHit,
    Source,
    Summary,
)
from kg.table import EntityTable

__all__ = [
    "Axiom",
    "Edge",
    "Entity",
    "EntityTable",
    "FileFaultError",
    "Graph",
    "InputError",
    "JobError",
    "LoadProgress",
    "LoadReport",
    "LoadWarning",
    "Name",
    "NameRow",
    "NotAKnowledgeBaseError",
    "OntograftError",
    "SchemaVersionError",
    "SearchHit",
    "Source",
    "Summary",
    "SyntaxFaultError",
    "UnknownEntityError",
]
