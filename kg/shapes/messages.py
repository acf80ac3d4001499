"""What is said of a result whose shape says nothing itself."""

from kg.shapes.shape import Constraint
from kg.sparql.result import SparqlTerm

_SAID = {
    "Class": "The value is no instance of {nodes}.",
    "Datatype": "The value is no well-formed literal of {nodes}.",
    "NodeKind": "The value is no {nodes}.",
    "MinCount": "There are fewer than {number} values.",
    "MaxCount": "There are more than {number} values.",
    "MinExclusive": "The value is not above {nodes}.",
    "MinInclusive": "The value is below {nodes}, or cannot be compared with it.",
    "MaxExclusive": "The value is not below {nodes}.",
    "MaxInclusive": "The value is above {nodes}, or cannot be compared with it.",
    "MinLength": "The value has fewer than {number} characters.",
    "MaxLength": "The value has more than {number} characters.",
    "Pattern": "The value does not match {nodes}.",
    "LanguageIn": "The value's language is none of {nodes}.",
    "UniqueLang": "There are several values of one language.",
    "Equals": "The values are not those of {nodes}.",
    "Disjoint": "The value is one of {nodes} too.",
    "LessThan": "The value is not less than one of {nodes}.",
    "LessThanOrEquals": "The value is greater than one of {nodes}, or cannot be compared with it.",
    "Not": "The value conforms to {shapes}, which it must not.",
    "And": "The value does not conform to all of {shapes}.",
    "Or": "The value conforms to none of {shapes}.",
    "Xone": "The value does not conform to exactly one of {shapes}.",
    "Node": "The value does not conform to {shapes}.",
    "QualifiedMinCount": "Fewer than {number} values conform to {shapes}.",
    "QualifiedMaxCount": "More than {number} values conform to {shapes}.",
    "Closed": "The property is not one that the shape allows.",
    "HasValue": "The value {nodes} is missing.",
    "In": "The value is none of {nodes}.",
}
_NAMED = 3


def message(constraint: Constraint) -> SparqlTerm:
    """One sentence in English."""
    text = _SAID[constraint.component].format(
        number=f"{constraint.number:,}",
        nodes=_list(constraint.nodes),
        shapes=_list(constraint.shapes),
    )
    return SparqlTerm("literal", text, lang="en")


def _list(nodes: tuple[SparqlTerm, ...]) -> str:
    named = [n.value if n.kind != "bnode" else "the shape in brackets" for n in nodes[:_NAMED]]
    more = ", …" if len(nodes) > _NAMED else ""
    return ", ".join(named) + more
