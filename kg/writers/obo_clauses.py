"""Identifiers, texts and stanzas as OBO 1.4 writes them.

https://owlcollab.github.io/oboformat/doc/GO.format.obo-1_4.html, chapters 2 and 3.
"""

import re

from kg.curies import OBO_PURL
from kg.store.quads import StoredTerm
from kg.store.terms import IRI, LITERAL
from kg.vocabulary import OBO, WELL_KNOWN_PREFIXES

_IDENTIFIER = re.compile(r'[^\s\\!{}"\[\],]+')
_ESCAPES = {ord("\\"): "\\\\", ord("\n"): "\\n", ord("\t"): "\\t"}
_ORDER = (
    "is_anonymous", "name", "namespace", "alt_id", "def", "comment", "subset", "synonym", "xref",
    "property_value", "domain", "range", "is_reflexive", "is_symmetric", "is_asymmetric",
    "is_transitive", "is_functional", "is_inverse_functional", "is_metadata_tag", "instance_of",
    "is_a", "intersection_of", "union_of", "equivalent_to", "disjoint_from", "inverse_of",
    "holds_over_chain", "relationship", "created_by", "creation_date", "is_obsolete",
    "replaced_by", "consider",
)  # fmt: skip


def escaped(text: str) -> str:
    """A text without quotes, in one line."""
    return text.translate({**_ESCAPES, ord("!"): "\\!", ord("{"): "\\{"})


def quoted(text: str) -> str:
    """A text in quotes, in one line."""
    inside = text.translate({**_ESCAPES, ord('"'): '\\"'})
    return f'"{inside}"'


def listed(text: str) -> str:
    """A reference to another database, as it stands in a list or behind `xref:`."""
    signs = {ord(sign): f"\\{sign}" for sign in '",!{'}
    return text.translate({**_ESCAPES, **signs, ord(" "): "\\W"})


class OboIds:
    """Identifiers that OBO's reader takes for the IRIs that they come from.

    Args:
        ontology: its name, as in `ontology: hp`; empty if it has none.
        prefixes: prefix to namespace; those that OBO does not know by itself become `idspaces`.
    """

    def __init__(self, ontology: str, prefixes: dict[str, str]) -> None:
        self.idspaces = {
            name: namespace
            for name, namespace in prefixes.items()
            if name
            and name not in (*WELL_KNOWN_PREFIXES, "urn", "mailto")
            and _IDENTIFIER.fullmatch(namespace)
            and namespace not in (OBO, f"{OBO}{name}_")
        }
        spaces = {**WELL_KNOWN_PREFIXES, **self.idspaces}
        self._spaces = sorted(spaces.items(), key=lambda item: -len(item[1]))
        self._own = f"{OBO}{ontology}#" if ontology else ""

    def of(self, iri: str) -> str | None:
        """The identifier; None if no text is read as this IRI."""
        if not _IDENTIFIER.fullmatch(iri):
            return None
        purl = OBO_PURL.fullmatch(iri)
        if purl and purl[1] not in self.idspaces and purl[1] not in WELL_KNOWN_PREFIXES:
            return f"{purl[1]}:{purl[2]}"
        if self._own and iri.startswith(self._own) and ":" not in iri[len(self._own) :]:
            return iri[len(self._own) :] or None
        for name, namespace in self._spaces:
            local = iri[len(namespace) :]
            if iri.startswith(namespace) and local and not local.startswith("//"):
                return f"{name}:{local}"
        return iri if "://" in iri or iri.startswith(("urn:", "mailto:")) else None

    def value(self, term: StoredTerm) -> str | None:
        """The value of a `property_value`: an identifier, or a text with its datatype."""
        if term.kind == IRI:
            return self.of(term.value)
        if term.kind != LITERAL:
            return None
        datatype = self.of(term.datatype) if term.datatype else "xsd:string"
        return f"{quoted(term.value)} {datatype}" if datatype else None


class Stanza:
    """A stanza that grows; its clauses are put in OBO's order at the end."""

    def __init__(self, kind: str, identifier: str) -> None:
        self.kind = kind
        self._identifier = identifier
        self._clauses: list[tuple[str, str]] = []

    def add(self, tag: str, value: str) -> None:
        """Add a clause."""
        self._clauses.append((tag, value))

    def qualify(self, qualifiers: str) -> None:
        """Add to the newest clause what qualifies it."""
        tag, value = self._clauses[-1]
        self._clauses[-1] = (tag, f"{value} {{{qualifiers}}}")

    def __len__(self) -> int:
        return len(self._clauses)

    def text(self) -> str:
        """The stanza, after an empty line."""
        clauses = sorted(self._clauses, key=lambda clause: _ORDER.index(clause[0]))
        lines = [f"[{self.kind}]", f"id: {self._identifier}"]
        lines += [f"{tag}: {value}" for tag, value in clauses]
        return "\n" + "\n".join(lines) + "\n"
