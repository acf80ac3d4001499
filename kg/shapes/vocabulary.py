"""The terms of SHACL: those we answer, those that pySHACL answers, and those that only describe."""

from typing import Literal

TargetKind = Literal["node", "class", "subjects_of", "objects_of"]

SH = "http://www.w3.org/ns/shacl#"

PATH = SH + "path"
PROPERTY = SH + "property"
QUALIFIED_SHAPE = SH + "qualifiedValueShape"

# Names below the namespace of SHACL that may stand at a shape.
TARGETS: dict[str, TargetKind] = {
    "targetNode": "node",
    "targetClass": "class",
    "targetSubjectsOf": "subjects_of",
    "targetObjectsOf": "objects_of",
}

# Parameter to component, for the components that have one parameter, by what its value is.
OF_IRI = {
    "class": "Class",
    "datatype": "Datatype",
    "nodeKind": "NodeKind",
    "equals": "Equals",
    "disjoint": "Disjoint",
    "lessThan": "LessThan",
    "lessThanOrEquals": "LessThanOrEquals",
}
OF_COUNT = {
    "minCount": "MinCount",
    "maxCount": "MaxCount",
    "minLength": "MinLength",
    "maxLength": "MaxLength",
}
OF_LITERAL = {
    "minInclusive": "MinInclusive",
    "maxInclusive": "MaxInclusive",
    "minExclusive": "MinExclusive",
    "maxExclusive": "MaxExclusive",
}
OF_NODE = {"hasValue": "HasValue"}
OF_SHAPE = {"not": "Not", "node": "Node", "property": "Property"}
OF_LIST = {"in": "In", "languageIn": "LanguageIn"}
OF_SHAPES = {"and": "And", "or": "Or", "xone": "Xone"}
OF_SEVERAL = (
    "pattern", "flags", "uniqueLang", "closed", "ignoredProperties", "qualifiedValueShape",
    "qualifiedValueShapesDisjoint", "qualifiedMinCount", "qualifiedMaxCount",
)  # fmt: skip

# Parameters that only a property shape may have.
ONLY_OF_PROPERTIES = ("minCount", "maxCount", "uniqueLang", "lessThan", "lessThanOrEquals")

DESCRIBING = (
    "path", "severity", "message", "deactivated", "name", "description", "order", "group",
    "defaultValue", "shapesGraph", "shapesGraphWellFormed", "suggestedShapesGraph", "entailment",
    "declare", "prefix", "namespace", "prefixes",
)  # fmt: skip

# SHACL-SPARQL and SHACL Advanced Features: pySHACL's part.
BEYOND_CORE = (
    "sparql", "target", "rule", "expression", "values", "parameter", "validator", "nodeValidator",
    "propertyValidator", "labelTemplate", "select", "ask", "construct", "update", "filterShape",
    "condition", "subject", "predicate", "object", "nodes", "optional", "returnType",
)  # fmt: skip

# Names that make a node a path.
PATHS = ("inversePath", "alternativePath", "zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath")

# Types by which a thing is told to be of SHACL.
TYPES = (
    "NodeShape", "PropertyShape", "ConstraintComponent", "SPARQLFunction", "SPARQLTarget",
    "SPARQLTargetType", "SPARQLAskValidator", "SPARQLSelectValidator", "SPARQLConstraint",
)  # fmt: skip

# SHACL-JS: code out of a file, which nothing here runs.
CODE = ("js", "jsFunctionName", "jsLibrary", "jsLibraryURL")

CORE: frozenset[str] = (
    frozenset[str]()
    .union(TARGETS, OF_IRI, OF_COUNT, OF_LITERAL, OF_NODE, OF_SHAPE, OF_LIST, OF_SHAPES, OF_SEVERAL)
    .union(DESCRIBING)
)

NODE_KINDS = {
    SH + "IRI": (0,),
    SH + "BlankNode": (1,),
    SH + "Literal": (2,),
    SH + "BlankNodeOrIRI": (0, 1),
    SH + "BlankNodeOrLiteral": (1, 2),
    SH + "IRIOrLiteral": (0, 2),
}


def component_iri(component: str) -> str:
    """The IRI of a constraint component, such as sh:MinCountConstraintComponent of "MinCount"."""
    return f"{SH}{component}ConstraintComponent"


def short(iri: str) -> str:
    """An IRI of SHACL as `sh:NAME`, another as it is."""
    return f"sh:{iri.removeprefix(SH)}" if iri.startswith(SH) else iri
