"""OBO files as RDF, by the usual mapping to OWL and oboInOwl.

https://owlcollab.github.io/oboformat/doc/obo-syntax.html, chapter 5. Differences: alternative ids
stay annotations of their term (no deprecated class each), and a fault costs its line alone.
"""

from collections.abc import Callable, Sequence

from kg.readers.obo_lines import (
    Clause,
    LineFault,
    Stanza,
    identifier,
    identifiers,
    qualified,
    quoted,
    split_stanzas,
    unescaped,
    xrefs,
)
from kg.readers.sniffing import SniffedFile
from kg.records import LoadWarning
from kg.triples import Triples
from kg.vocabulary import (
    ALTERNATIVE_ID,
    COMMENT,
    DB_XREF,
    DEFINITION,
    DEPRECATED,
    FIRST,
    LABEL,
    NIL,
    OBO,
    OBO_IN_OWL,
    OWL,
    RDFS,
    REPLACED_BY,
    REST,
    SUBCLASS_OF,
    SYNONYM_TYPE,
    TYPE,
    WELL_KNOWN_PREFIXES,
    XSD,
)

SCOPES = {
    scope: f"{OBO_IN_OWL}has{scope.capitalize()}Synonym"
    for scope in ("EXACT", "NARROW", "BROAD", "RELATED")
}
_AXIOM = OWL + "Axiom"
_SOURCE, _PROPERTY, _TARGET = (f"{OWL}annotated{what}" for what in ("Source", "Property", "Target"))
_RESTRICTION, _ON_PROPERTY, _SOME = OWL + "Restriction", OWL + "onProperty", OWL + "someValuesFrom"
TYPES = {"Term": "Class", "Typedef": "ObjectProperty", "Instance": "NamedIndividual"}
# Clauses whose value is kept as a text.
TEXTS = {
    "name": LABEL,
    "comment": COMMENT,
    "namespace": OBO_IN_OWL + "hasOBONamespace",
    "created_by": OBO_IN_OWL + "created_by",
    "creation_date": OBO_IN_OWL + "creation_date",
}
# Clauses whose value is one identifier, written as a text or as an IRI.
ID_TEXTS = {"alt_id": ALTERNATIVE_ID}
IDS = {
    "replaced_by": REPLACED_BY,
    "consider": OBO_IN_OWL + "consider",
    "subset": OBO_IN_OWL + "inSubset",
    "disjoint_from": OWL + "disjointWith",
    "instance_of": TYPE,
    "inverse_of": OWL + "inverseOf",
    "domain": RDFS + "domain",
    "range": RDFS + "range",
}
FLAGS = {
    "is_transitive": OWL + "TransitiveProperty",
    "is_symmetric": OWL + "SymmetricProperty",
    "is_asymmetric": OWL + "AsymmetricProperty",
    "is_functional": OWL + "FunctionalProperty",
    "is_inverse_functional": OWL + "InverseFunctionalProperty",
    "is_reflexive": OWL + "ReflexiveProperty",
}
# Properties of what qualifies a clause; other tags are oboInOwl's.
QUALIFIERS = {"xref": DB_XREF, "comment": COMMENT}
_CONTEXT = {"gci_relation", "gci_filler"}
# Clauses that say nothing which is kept, or that were read before the others.
_SILENT = {
    "id", "is_metadata_tag", "is_class_level", "is_anonymous", "is_cyclic", "is_anti_symmetric",
    "builtin", "expand_expression_to", "expand_assertion_to", "is_class_level_tag",
}  # fmt: skip
_SILENT_HEADER = {
    "format-version", "date", "saved-by", "auto-generated-by", "default-namespace", "remark",
    "idspace", "import", "namespace-id-rule", "owl-axioms", "ontology", "data-version",
    "logical-definition-view-relation", "default-relationship-id-prefix", "id-mapping",
    "default-namespace-id-rule", "version",
}  # fmt: skip


def read_obo(file: SniffedFile) -> tuple[Triples, dict[str, str], list[LoadWarning]]:
    """Triples, prefixes and warnings of an OBO file; each lost line has its warning."""
    stanzas, warnings = split_stanzas(file.content.decode("utf-8"))
    reader = _Reader(stanzas, warnings)
    for stanza in stanzas[1:]:
        reader.stanza(stanza)
    triples = reader.triples
    warnings.sort(key=lambda warning: warning.line)
    return triples, reader.prefixes, warnings


class _Reader:
    def __init__(self, stanzas: Sequence[Stanza], warnings: list[LoadWarning]) -> None:
        self.triples = Triples()
        self._rows, self._number = self.triples.rows, self.triples.numbers
        self.warnings = warnings
        self.prefixes: dict[str, str] = {}
        self._header = stanzas[0]
        self._namespace = self._header.first("default-namespace")
        self._iris: dict[str, int] = {}
        self._synonym_types: set[str] = set()
        self._kind = ""
        self._read_idspaces()
        self._shorthands = _shorthands(stanzas)
        self._read_name()
        self._read_header()

    # -- terms ---------------------------------------------------------------------------------

    def _id(self, name: str) -> int:
        """The number of the IRI of an OBO identifier."""
        number = self._iris.get(name)
        if number is None:
            number = self._iris[name] = self._number[self._expanded(name)]
        return number

    def _expanded(self, name: str) -> str:
        prefix, colon, local = name.partition(":")
        if not colon:
            if name in self._shorthands:
                return self._expanded(self._shorthands[name])
            return self._unprefixed + name
        if local.startswith("//") or prefix in ("urn", "mailto"):
            return name
        if prefix in self.prefixes:
            return self.prefixes[prefix] + local
        if prefix in WELL_KNOWN_PREFIXES:
            return WELL_KNOWN_PREFIXES[prefix] + local
        return f"{OBO}{prefix}_{local}"

    def _add(self, subject: int, predicate: str, object_: int) -> None:
        self._rows.append((subject, self._number[predicate], object_))

    def _list(self, members: Sequence[int]) -> int:
        rest = self._number[NIL]
        for member in reversed(members):
            node = self.triples.blank()
            self._add(node, FIRST, member)
            self._add(node, REST, rest)
            rest = node
        return rest

    def _within(self, term: int, relation: str, filler: str) -> int:
        """The class of those of a term that have a relation."""
        node = self.triples.blank()
        members = self._list([term, self._some(relation, filler)])
        self._add(node, TYPE, self._number[OWL + "Class"])
        self._add(node, OWL + "intersectionOf", members)
        return node

    def _some(self, relation: str, filler: str) -> int:
        node = self.triples.blank()
        self._add(node, TYPE, self._number[_RESTRICTION])
        self._add(node, _ON_PROPERTY, self._id(relation))
        self._add(node, _SOME, self._id(filler))
        return node

    def _annotate(
        self, subject: int, predicate: str, object_: int, notes: Sequence[tuple[str, int]]
    ) -> None:
        """A triple, and an owl:Axiom about it that carries the notes, if there are any."""
        self._add(subject, predicate, object_)
        if not notes:
            return
        node = self._axiom((subject, self._number[predicate], object_))
        for note, value in notes:
            self._add(node, note, value)

    def _axiom(self, about: tuple[int, int, int]) -> int:
        node = self.triples.blank()
        self._add(node, TYPE, self._number[_AXIOM])
        self._add(node, _SOURCE, about[0])
        self._add(node, _PROPERTY, about[1])
        self._add(node, _TARGET, about[2])
        return node

    # -- header --------------------------------------------------------------------------------

    def _read_idspaces(self) -> None:
        for clause in self._header.clauses:
            if clause.tag == "idspace":
                words = clause.value.split()
                if len(words) < 2:
                    self._lost(clause, "a prefix and an IRI are wanted")
                else:
                    self.prefixes[words[0]] = words[1]

    def _read_name(self) -> None:
        """`ontology: hp` names a PURL of OBO; an IRI, or a CURIE for one, stands for itself."""
        ontology = self._header.first("ontology") or ""
        if ":" in ontology:
            self._name, self._iri = "", self._expanded(ontology)
            self._unprefixed = f"{self._iri}#"
        else:
            self._name = ontology.removesuffix(".obo")
            self._iri = f"{OBO}{self._name}.owl" if self._name else ""
            self._unprefixed = f"{OBO}{self._name or 'TEMP'}#"

    def _read_header(self) -> None:
        # Without a name the ontology node is blank, and the source goes by its file's name.
        node = self._number[self._iri] if self._iri else self.triples.blank()
        self._add(node, TYPE, self._number[OWL + "Ontology"])
        for clause in self._header.clauses:
            try:
                self._header_clause(node, clause)
            except LineFault as fault:
                self._lost(clause, str(fault))

    def _header_clause(self, node: int, clause: Clause) -> None:
        tag, value = clause.tag, clause.value
        if tag in ("data-version", "data_version"):
            self._version(node, value)
        elif tag == "property_value":
            self._property_value(node, value)
        elif tag in ("synonymtypedef", "subsetdef"):
            name, _, rest = value.partition(" ")
            if not name:
                raise LineFault("an identifier is missing")
            if tag == "synonymtypedef":
                self._synonym_types.add(name)
            self._add(self._id(name), TYPE, self._number[OWL + "AnnotationProperty"])
            self._add(self._id(name), LABEL, self.triples.literal(quoted(rest.strip()).text))
        elif tag == "remark":
            self._add(node, COMMENT, self.triples.literal(unescaped(value)))
        elif tag not in _SILENT_HEADER and not tag.startswith("treat-xrefs-as"):
            raise LineFault(f"the tag {tag!r} is unknown in the header")

    def _version(self, node: int, value: str) -> None:
        iri = ""
        if "://" in value:
            iri = value
        elif self._name:
            version = value if "/" in value else f"{self._name}/{value}"
            iri = f"{OBO}{version}/{self._name}.owl"
        if iri:
            self._add(node, OWL + "versionIRI", self._number[iri])
        if not iri or "/" not in value:
            self._add(node, OWL + "versionInfo", self.triples.literal(value))

    # -- stanzas -------------------------------------------------------------------------------

    def stanza(self, stanza: Stanza) -> None:
        """Write the triples of one stanza."""
        try:
            subject = self._id(identifier(stanza.first("id") or ""))
        except LineFault as fault:
            self.warnings.append(
                LoadWarning(stanza.line, 1, f"[{stanza.kind}] without id ({fault}); stanza lost.")
            )
            return
        self._kind = stanza.kind
        kind = TYPES[stanza.kind]
        if stanza.kind == "Typedef" and stanza.first("is_metadata_tag") == "true":
            kind = "AnnotationProperty"
        self._add(subject, TYPE, self._number[OWL + kind])
        if self._namespace and stanza.first("namespace") is None:
            text = self.triples.literal(self._namespace)
            self._add(subject, OBO_IN_OWL + "hasOBONamespace", text)
        parts: dict[str, list[Clause]] = {}
        named = False
        for clause in stanza.clauses:
            if clause.tag in ("intersection_of", "union_of"):
                parts.setdefault(clause.tag, []).append(clause)
                continue
            try:
                if clause.tag == "name" and named:
                    raise LineFault("a second name")
                if "{" in clause.value:
                    self._qualified_clause(subject, clause)
                else:
                    self._clause(subject, clause)
                named = named or clause.tag == "name"
            except LineFault as fault:
                self._lost(clause, str(fault))
        for tag, clauses in parts.items():
            self._parts(subject, tag, clauses)

    def _qualified_clause(self, subject: int, clause: Clause) -> None:
        """A clause whose triple an owl:Axiom tells more of, if it ends in qualifiers."""
        value, qualifiers = qualified(clause.value)
        told = dict(qualifiers)
        if told.keys() >= _CONTEXT:
            # It holds only within a context: of "every eye that is part of some fish".
            subject = self._within(subject, told.pop("gci_relation"), told.pop("gci_filler"))
        before = len(self._rows)
        self._clause(subject, clause._replace(value=value))
        added = self._rows[before:]
        main = next((row for row in added if row[0] == subject), None)
        if main is None or not told:
            return
        source = self._number[_SOURCE]
        node = next((s for s, p, o in added if p == source and o == subject), None)
        if node is None:
            node = self._axiom(main)
        for tag, text in told.items():
            property_ = QUALIFIERS.get(tag) or (
                self._expanded(tag) if ":" in tag else OBO_IN_OWL + tag
            )
            self._add(node, property_, self.triples.literal(text))

    def _clause(self, subject: int, clause: Clause) -> None:
        tag, value = clause.tag, clause.value
        if tag in _HANDLERS:
            _HANDLERS[tag](self, subject, value)
        elif tag in TEXTS:
            if not value:
                raise LineFault("a text is missing")
            self._add(subject, TEXTS[tag], self.triples.literal(unescaped(value)))
        elif tag == "is_a":
            predicate = RDFS + "subPropertyOf" if self._kind == "Typedef" else SUBCLASS_OF
            self._add(subject, predicate, self._id(identifier(value)))
        elif tag in IDS:
            self._add(subject, IDS[tag], self._id(identifier(value)))
        elif tag in ID_TEXTS:
            text = self.triples.literal(identifier(value))
            self._add(subject, ID_TEXTS[tag], text)
        elif tag in FLAGS:
            if _flag(value):
                self._add(subject, TYPE, self._number[FLAGS[tag]])
        elif tag == "equivalent_to":
            kind = "equivalentProperty" if self._kind == "Typedef" else "equivalentClass"
            self._add(subject, OWL + kind, self._id(identifier(value)))
        elif tag.endswith("_synonym") and tag[:-8].upper() in SCOPES:
            found = quoted(value)
            self._named(subject, found.text, tag[:-8].upper(), None, xrefs(found.rest))
        elif tag not in _SILENT:
            raise LineFault(f"the tag {tag!r} is unknown")

    def _definition(self, subject: int, value: str) -> None:
        found = quoted(value)
        notes = [(DB_XREF, self.triples.literal(xref)) for xref in xrefs(found.rest)]
        self._annotate(subject, DEFINITION, self.triples.literal(found.text), notes)

    def _synonym(self, subject: int, value: str) -> None:
        found = quoted(value)
        words, bracket, rest = found.rest.partition("[")
        scope, kind = "RELATED", None
        for word in words.split("{")[0].split("!")[0].split():
            if word in SCOPES:
                scope = word
            elif kind is None and (word in self._synonym_types or words.split()[0] in SCOPES):
                kind = word
            else:
                raise LineFault(f"{word!r} is no scope EXACT, NARROW, BROAD or RELATED")
        self._named(subject, found.text, scope, kind, xrefs(bracket + rest))

    def _named(
        self, subject: int, text: str, scope: str, kind: str | None, sources: Sequence[str]
    ) -> None:
        if not text.strip():
            raise LineFault("the text is empty")
        notes = [(DB_XREF, self.triples.literal(xref)) for xref in sources]
        if kind is not None:
            notes.append((SYNONYM_TYPE, self._id(kind)))
        self._annotate(subject, SCOPES[scope], self.triples.literal(text), notes)

    def _xref(self, subject: int, value: str) -> None:
        name = value.split(' "')[0].split(" !")[0].split(" {")[0].strip()
        if not name:
            raise LineFault("an identifier is missing")
        self._add(subject, DB_XREF, self.triples.literal(unescaped(name)))

    def _is_obsolete(self, subject: int, value: str) -> None:
        if _flag(value):
            self._add(subject, DEPRECATED, self.triples.literal("true", XSD + "boolean"))

    def _relationship(self, subject: int, value: str) -> None:
        words = identifiers(value)
        if len(words) != 2:
            raise LineFault("a relation and a term are wanted")
        if self._kind == "Instance":
            self.triples.add(subject, self._id(words[0]), self._id(words[1]))
        elif self._kind == "Term":
            self._add(subject, SUBCLASS_OF, self._some(*words))
        else:
            raise LineFault("a relation of a relation has no meaning here")

    def _property_value(self, subject: int, value: str) -> None:
        name, _, rest = value.partition(" ")
        rest = rest.strip()
        if not name or not rest:
            raise LineFault("a property and its value are wanted")
        if rest.startswith('"'):
            found = quoted(rest)
            datatype = found.rest.split("{")[0].split("!")[0].strip() or "xsd:string"
            iri = self._expanded(datatype)
            plain = iri == XSD + "string"
            target = self.triples.literal(found.text, "" if plain else iri)
        else:
            words = identifiers(rest)
            if len(words) == 2 and words[1].startswith("xsd:"):
                target = self.triples.literal(words[0], self._expanded(words[1]))
            else:
                target = self._id(identifier(rest))
        self.triples.add(subject, self._id(name), target)

    def _parts(self, subject: int, tag: str, clauses: Sequence[Clause]) -> None:
        members = []
        for clause in clauses:
            try:
                words = identifiers(clause.value)
                if len(words) > 2:
                    raise LineFault("a term, or a relation and a term, are wanted")
                members.append(self._id(words[0]) if len(words) == 1 else self._some(*words))
            except LineFault as fault:
                self._lost(clause, str(fault))
        # What is left of a definition with a lost part would say more than its author did.
        if len(members) < len(clauses) or len(members) < 2:
            self._lost(clauses[0], f"fewer than two readable parts of one {tag}, or one lost")
            return
        kind = "intersectionOf" if tag == "intersection_of" else "unionOf"
        node = self.triples.blank()
        self._add(node, TYPE, self._number[OWL + "Class"])
        self._add(node, OWL + kind, self._list(members))
        self._add(subject, OWL + "equivalentClass", node)

    def _chain(self, subject: int, value: str) -> None:
        words = identifiers(value)
        if len(words) < 2:
            raise LineFault("two relations are wanted")
        members = self._list([self._id(word) for word in words])
        self._add(subject, OWL + "propertyChainAxiom", members)

    def _transitive_over(self, subject: int, value: str) -> None:
        members = self._list([subject, self._id(identifier(value))])
        self._add(subject, OWL + "propertyChainAxiom", members)

    def _lost(self, clause: Clause, why: str) -> None:
        shown = f"{clause.tag}: {clause.value}"[:80]
        self.warnings.append(LoadWarning(clause.line, 1, f"Line lost, {why}: {shown}"))


_HANDLERS: dict[str, Callable[[_Reader, int, str], None]] = {
    "def": _Reader._definition,
    "synonym": _Reader._synonym,
    "relationship": _Reader._relationship,
    "property_value": _Reader._property_value,
    "xref": _Reader._xref,
    "is_obsolete": _Reader._is_obsolete,
    "holds_over_chain": _Reader._chain,
    "equivalent_to_chain": _Reader._chain,
    "transitive_over": _Reader._transitive_over,
}


def _flag(value: str) -> bool:
    word = value.split("!")[0].split("{")[0].strip()
    if word not in ("true", "false"):
        raise LineFault(f"{word!r} is neither true nor false")
    return word == "true"


def _shorthands(stanzas: Sequence[Stanza]) -> dict[str, str]:
    """Relations without a prefix, such as part_of, by the prefixed id that their xref gives."""
    found = {}
    for stanza in stanzas[1:]:
        name = (stanza.first("id") or "").strip()
        if stanza.kind != "Typedef" or not name or ":" in name:
            continue
        references = [c.value.split(" ")[0] for c in stanza.clauses if c.tag == "xref"]
        known = [r for r in references if r.startswith(("BFO:", "RO:"))]
        if len(known) == 1:
            found[name] = known[0]
    return found
