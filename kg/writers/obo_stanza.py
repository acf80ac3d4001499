"""The clauses of one OBO stanza, from the triples of its subject."""

from collections.abc import Callable, Sequence

from kg.readers.obo import FLAGS, ID_TEXTS, IDS, QUALIFIERS, SCOPES, TEXTS, TYPES
from kg.store.quads import StoredTerm
from kg.store.terms import BLANK, IRI, LITERAL
from kg.vocabulary import (
    DB_XREF,
    DEFINITION,
    DEFINITIONS,
    DEPRECATED,
    FIRST,
    LABEL,
    NAME_KINDS,
    NIL,
    OBO_IN_OWL,
    OWL,
    RDFS,
    REST,
    SUBCLASS_OF,
    SYNONYM_TYPE,
    TYPE,
    XSD,
)
from kg.writers.obo_clauses import OboIds, Stanza, escaped, listed, quoted
from kg.writers.selection import Terms
from kg.writers.surroundings import Said, Surroundings

_SCOPE_OF = {predicate: scope for scope, predicate in SCOPES.items()} | {
    predicate: "EXACT" for predicate, kind in NAME_KINDS.items() if kind == "exact"
}
_TEXT_TAGS = {predicate: tag for tag, predicate in TEXTS.items() if tag != "name"}
_ID_TAGS = {predicate: tag for tag, predicate in IDS.items() if tag != "instance_of"}
_ID_TEXT_TAGS = {predicate: tag for tag, predicate in ID_TEXTS.items()}
_QUALIFIER_TAGS = {predicate: tag for tag, predicate in QUALIFIERS.items()}
_FLAG_TAGS = {type_: tag for tag, type_ in FLAGS.items()}
_EQUIVALENT = (OWL + "equivalentClass", OWL + "equivalentProperty")
_CHAIN = OWL + "propertyChainAxiom"


class StanzaWriter:
    """Turns the triples of one subject into the clauses of its stanza.

    Args:
        terms, around: of the selection.
        ids: of the file.
        stanza: to write to.
        synonym_types: those that the header declares.
    """

    def __init__(
        self,
        terms: Terms,
        around: Surroundings,
        ids: OboIds,
        stanza: Stanza,
        synonym_types: Sequence[str],
    ) -> None:
        self._terms = terms
        self._around = around
        self._ids = ids
        self._stanza = stanza
        self._synonym_types = frozenset(synonym_types)
        self._parts_said = False
        self.used = 0
        """Triples that the clauses hold."""
        self.languages = 0
        """Texts whose language had no place."""
        self._writers: dict[str, Callable[[Said, StoredTerm], bool]] = {
            TYPE: self._type,
            SUBCLASS_OF: self._above,
            RDFS + "subPropertyOf": self._above,
            DB_XREF: self._xref,
            DEPRECATED: self._obsolete,
            _CHAIN: self._chain,
            **dict.fromkeys(_EQUIVALENT, self._equivalent),
            **dict.fromkeys(_SCOPE_OF, self._synonym),
            **dict.fromkeys(_TEXT_TAGS, self._text),
            **dict.fromkeys(_ID_TAGS, self._id),
            **dict.fromkeys(_ID_TEXT_TAGS, self._id_text),
        }

    def write(self, subject: int, label: str) -> None:
        """Write all clauses.

        Args:
            subject: the number of its term.
            label: that is to be its name; of several the first literal which says it.
        """
        said = self._around.of(subject)
        name = self._chosen(said, label)
        if name is not None:
            self._count(self._terms[name.object])
        text = label if name is None else self._terms[name.object].value
        if text:
            self._stanza.add("name", escaped(text))
        definition = self._definition(said)
        for found in said:
            if found in (name, definition):
                continue
            predicate, value = self._terms[found.predicate].value, self._terms[found.object]
            write, before = self._writers.get(predicate), len(self._stanza)
            if (write is not None and write(found, value)) or self._property_value(found, value):
                self._count(value)
                if len(self._stanza) == before + 1:
                    self._qualify(found, noted=predicate in _SCOPE_OF)

    def _count(self, value: StoredTerm) -> None:
        self.used += 1
        self.languages += bool(value.lang)

    def _chosen(self, said: Sequence[Said], label: str) -> Said | None:
        """The triple that `name:` stands for."""
        fitting = [
            found
            for found in said
            if NAME_KINDS.get(self._terms[found.predicate].value) == "label"
            and self._fits(self._terms[found.object], label)
        ]
        return min(fitting, key=lambda f: self._terms[f.predicate].value != LABEL, default=None)

    def _fits(self, value: StoredTerm, label: str) -> bool:
        text = value.value
        return _plain(value) and text == text.strip() and " ".join(text.split()) == label

    def _definition(self, said: Sequence[Said]) -> Said | None:
        """Write the definition, if there is one: OBO's own, else another's."""
        for predicate in DEFINITIONS:
            for found in said:
                value = self._terms[found.object]
                if self._terms[found.predicate].value == predicate and _plain(value):
                    notes = self._notes(found) if predicate == DEFINITION else []
                    self._stanza.add("def", f"{quoted(value.value)} [{', '.join(notes)}]")
                    self._count(value)
                    self._qualify(found, noted=predicate == DEFINITION)
                    return found
        return None

    # -- one triple each; False if it has to be written otherwise ------------------------------

    def _type(self, said: Said, value: StoredTerm) -> bool:
        kind = self._stanza.kind
        if value.value == OWL + TYPES[kind]:
            return True
        if kind == "Typedef" and value.value == OWL + "AnnotationProperty":
            self._stanza.add("is_metadata_tag", "true")
            return True
        if kind == "Typedef" and value.value in _FLAG_TAGS:
            self._stanza.add(_FLAG_TAGS[value.value], "true")
            return True
        identifier = self._ids.of(value.value) if value.kind == IRI else None
        if kind == "Instance" and identifier:
            self._stanza.add("instance_of", identifier)
            return True
        return False

    def _above(self, said: Said, value: StoredTerm) -> bool:
        predicate = self._terms[said.predicate].value
        kind = "Typedef" if predicate != SUBCLASS_OF else "Term"
        if self._stanza.kind != kind:
            return False
        if value.kind == IRI:
            return self._add_id("is_a", value)
        part = self._some(said.object) if kind == "Term" else None
        if part is not None:
            self._stanza.add("relationship", part)
        return part is not None

    def _equivalent(self, said: Said, value: StoredTerm) -> bool:
        predicate = self._terms[said.predicate].value
        kind = "Term" if predicate == OWL + "equivalentClass" else "Typedef"
        if value.kind == IRI and (self._stanza.kind == "Typedef") == (kind == "Typedef"):
            return self._add_id("equivalent_to", value)
        return value.kind == BLANK and kind == "Term" and self._parts(said.object)

    def _parts(self, node: int) -> bool:
        """`intersection_of` or `union_of`; a stanza has room for one definition of each."""
        if self._parts_said or len(self._around.of(node)) != 2:
            return False
        if not self._is(node, TYPE, OWL + "Class"):
            return False
        for tag in ("intersection_of", "union_of"):
            whole = self._around.values(node, OWL + tag.replace("_of", "Of"))
            members = self._members(whole[0]) if whole else None
            parts = [self._part(member) for member in members or ()]
            if len(parts) > 1 and None not in parts:
                for part in parts:
                    self._stanza.add(tag, str(part))
                self.used += 2 + 2 * len(parts)
                self._parts_said = True
                return True
        return False

    def _part(self, member: int) -> str | None:
        value = self._terms[member]
        return self._ids.of(value.value) if value.kind == IRI else self._some(member)

    def _some(self, node: int) -> str | None:
        """`relation filler` of a someValuesFrom restriction with a named filler."""
        relation = self._around.values(node, OWL + "onProperty")
        filler = self._around.values(node, OWL + "someValuesFrom")
        if len(self._around.of(node)) != 3 or not (relation and filler):
            return None
        if not self._is(node, TYPE, OWL + "Restriction"):
            return None
        values = [self._terms[relation[0]], self._terms[filler[0]]]
        words = [self._ids.of(value.value) if value.kind == IRI else None for value in values]
        if None in words:
            return None
        self.used += 3
        return " ".join(map(str, words))

    def _chain(self, said: Said, value: StoredTerm) -> bool:
        members = self._members(said.object) or ()
        words = [self._ids.of(self._terms[m].value) for m in members if self._terms[m].kind == IRI]
        if len(words) < 2 or len(words) < len(members) or None in words:
            return False
        self._stanza.add("holds_over_chain", " ".join(map(str, words)))
        self.used += 2 * len(members)
        return True

    def _synonym(self, said: Said, value: StoredTerm) -> bool:
        predicate = self._terms[said.predicate].value
        if not _plain(value) or not value.value.strip():
            return False
        notes = self._notes(said)
        kinds = [
            identifier
            for node in self._around.axioms(said)
            for number in self._around.values(node, SYNONYM_TYPE)
            if self._terms[number].value in self._synonym_types
            and (identifier := self._ids.of(self._terms[number].value))
        ]
        self.used += min(len(kinds), 1)
        words = " ".join([quoted(value.value), _SCOPE_OF[predicate], *kinds[:1]])
        self._stanza.add("synonym", f"{words} [{', '.join(notes)}]")
        return True

    def _notes(self, said: Said) -> list[str]:
        """The references of a triple, from the axioms about it."""
        found = []
        for node in self._around.axioms(said):
            self.used += 4
            for number in self._around.values(node, DB_XREF):
                value = self._terms[number]
                if _plain(value) and value.value.strip():
                    found.append(listed(value.value))
                    self.used += 1
        return found

    def _qualify(self, said: Said, *, noted: bool) -> None:
        """Add to a clause what the axioms about its triple tell, beside what it has a place for.

        Args:
            said: the triple whose clause was written last.
            noted: whether the clause holds references and the type of a synonym.
        """
        qualifiers = []
        for node in self._around.axioms(said):
            found = [self._qualifier(about, noted=noted) for about in self._around.of(node)]
            told = [qualifier for qualifier in found if qualifier]
            self.used += len(told) + (4 if told and not noted else 0)
            qualifiers += told
        if qualifiers:
            self._stanza.qualify(", ".join(qualifiers))

    def _qualifier(self, said: Said, *, noted: bool) -> str | None:
        predicate, value = self._terms[said.predicate].value, self._terms[said.object]
        if not _plain(value) or value.lang or predicate.startswith(OWL):
            return None
        if noted and predicate == DB_XREF:
            return None
        tag = _QUALIFIER_TAGS.get(predicate) or predicate.removeprefix(OBO_IN_OWL)
        if not tag.isidentifier() or (tag in QUALIFIERS and QUALIFIERS[tag] != predicate):
            tag = self._ids.of(predicate) or ""
        return f"{tag}={quoted(value.value)}" if tag.isidentifier() or ":" in tag else None

    def _text(self, said: Said, value: StoredTerm) -> bool:
        text = value.value
        if not _plain(value) or value.lang or text.strip() != text or not text:
            return False
        self._stanza.add(_TEXT_TAGS[self._terms[said.predicate].value], escaped(text))
        return True

    def _id(self, said: Said, value: StoredTerm) -> bool:
        tag = _ID_TAGS[self._terms[said.predicate].value]
        return value.kind == IRI and self._add_id(tag, value)

    def _id_text(self, said: Said, value: StoredTerm) -> bool:
        if not _plain(value) or value.value.split() != [value.value]:
            return False
        tag = _ID_TEXT_TAGS[self._terms[said.predicate].value]
        self._stanza.add(tag, escaped(value.value))
        return True

    def _xref(self, said: Said, value: StoredTerm) -> bool:
        if not _plain(value) or not value.value.strip():
            return False
        self._stanza.add("xref", listed(value.value))
        return True

    def _obsolete(self, said: Said, value: StoredTerm) -> bool:
        if (value.value, value.datatype) != ("true", XSD + "boolean"):
            return False
        self._stanza.add("is_obsolete", "true")
        return True

    def _property_value(self, said: Said, value: StoredTerm) -> bool:
        name = self._ids.of(self._terms[said.predicate].value)
        text = self._ids.value(value)
        if name and text:
            self._stanza.add("property_value", f"{name} {text}")
        return bool(name and text)

    # -- below -----------------------------------------------------------------------------------

    def _add_id(self, tag: str, value: StoredTerm) -> bool:
        identifier = self._ids.of(value.value)
        if identifier:
            self._stanza.add(tag, identifier)
        return bool(identifier)

    def _is(self, node: int, predicate: str, iri: str) -> bool:
        return [self._terms[v].value for v in self._around.values(node, predicate)] == [iri]

    def _members(self, node: int) -> list[int] | None:
        """The members of an RDF list; None if it is none, or says more."""
        found: list[int] = []
        while self._terms[node].value != NIL:
            first, rest = self._around.values(node, FIRST), self._around.values(node, REST)
            if len(first) != 1 or len(rest) != 1 or len(self._around.of(node)) != 2:
                return None
            if len(found) > 10_000:
                return None
            found.append(first[0])
            node = rest[0]
        return found


def _plain(value: StoredTerm) -> bool:
    return value.kind == LITERAL and not value.datatype
