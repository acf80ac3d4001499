"""What a validation gives: its results, as JSON, as the W3C report graph, and for notebooks."""

from dataclasses import dataclass
from typing import Any

from kg.curies import Curies
from kg.html import table
from kg.shapes.paths import PropertyPath
from kg.shapes.vocabulary import SH, short
from kg.sparql.result import SparqlTerm

_CURIES = Curies({})


@dataclass(frozen=True)
class ValidationResult:
    """One breach of a constraint. https://www.w3.org/TR/shacl/#results-validation-result.

    Args:
        focus: the node that was validated.
        path: to the value; None for a constraint on the node itself.
        value: the node at fault; None where none is, as with a value that is missing.
        severity: IRI, most often sh:Violation.
        component: IRI of the constraint component, such as sh:MinCountConstraintComponent.
        shape: the shape that has the constraint.
        messages: of the shape, in its languages, or our own in English.
        source: the path of the loaded file that describes the focus node; empty if none does.
    """

    focus: SparqlTerm
    path: PropertyPath | None
    value: SparqlTerm | None
    severity: str
    component: str
    shape: SparqlTerm
    messages: tuple[SparqlTerm, ...]
    source: str

    @property
    def message(self) -> str:
        """The message in English, else without a language, else the first."""
        ranked = sorted(self.messages, key=lambda m: (m.lang[:2] != "en", m.lang != ""))
        return ranked[0].value if ranked else ""

    def to_json(self) -> dict[str, Any]:
        """Terms as in SPARQL's JSON; the path as SPARQL writes it, or None."""
        return {
            "focus": self.focus.to_json(),
            "path": None if self.path is None else str(self.path),
            "value": None if self.value is None else self.value.to_json(),
            "severity": self.severity,
            "message": self.message,
            "component": self.component,
            "shape": self.shape.to_json(),
            "source": self.source,
        }

    def to_turtle(self) -> str:
        """A blank node of Turtle; `sh:` is declared."""
        told = [
            ("focusNode", self.focus.to_ntriples()),
            ("resultPath", "" if self.path is None else self.path.to_turtle()),
            ("value", "" if self.value is None else self.value.to_ntriples()),
            ("resultSeverity", f"<{self.severity}>"),
            ("sourceConstraintComponent", f"<{self.component}>"),
            ("sourceShape", self.shape.to_ntriples()),
            ("resultMessage", ", ".join(m.to_ntriples() for m in self.messages)),
        ]
        lines = (f"    sh:{name} {text} ;\n" for name, text in told if text)
        return f"[ a sh:ValidationResult ;\n{''.join(lines)}  ]"


@dataclass(frozen=True)
class ValidationReport:
    """What shapes say of a knowledge base.

    Args:
        results: by shape, constraint and focus node; none if all conforms.
        shapes: how many with a target were asked.
        not_imported: what the shapes import; nothing of it was read.
    """

    results: tuple[ValidationResult, ...]
    shapes: int
    not_imported: tuple[str, ...] = ()

    @property
    def conforms(self) -> bool:
        """Whether there is no result, of whatever severity."""
        return not self.results

    def counts(self) -> dict[tuple[SparqlTerm, str, str], int]:
        """How many results each shape, component and severity has, the most first."""
        found: dict[tuple[SparqlTerm, str, str], int] = {}
        for result in self.results:
            key = (result.shape, result.component, result.severity)
            found[key] = found.get(key, 0) + 1
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    def to_json(self) -> dict[str, Any]:
        """The document of `ontograft validate KB --json`."""
        return {
            "conforms": self.conforms,
            "shapes": self.shapes,
            "not_imported": list(self.not_imported),
            "results": [result.to_json() for result in self.results],
        }

    def to_turtle(self) -> str:
        """The report graph. https://www.w3.org/TR/shacl/#validation-report."""
        results = "".join(f" ;\n  sh:result {result.to_turtle()}" for result in self.results)
        said = f"sh:conforms {str(self.conforms).lower()}{results}"
        return f"@prefix sh: <{SH}> .\n\n[] a sh:ValidationReport ;\n  {said} .\n"

    def _repr_html_(self) -> str:
        """The first results as a table."""
        if self.conforms:
            return f"<b>conforms</b> to {self.shapes:,} shapes"
        columns = ("severity", "focus", "path", "value", "message")
        return table(columns, [shown(result) for result in self.results])


def shown(result: ValidationResult) -> tuple[str, str, str, str, str]:
    """Severity, focus, path, value and message as a person reads them: well-known IRIs short."""
    path = result.path
    return (
        short(result.severity).removeprefix("sh:").lower(),
        _text(result.focus),
        "" if path is None else _CURIES.of(path.iri) if path.iri else str(path),
        "" if result.value is None else _text(result.value),
        result.message,
    )


def _text(term: SparqlTerm) -> str:
    return _CURIES.of(term.value) if term.kind == "uri" else term.value
