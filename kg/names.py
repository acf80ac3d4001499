"""From triples to names and definitions. Which property means what stands in `kg.vocabulary`."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from kg.records import NameKind
from kg.statements import Pair, Statements, language_of, language_rank
from kg.triples import Literal
from kg.vocabulary import (
    COMMENT,
    DEFINITIONS,
    DESCRIPTIONS,
    LABEL_NAME_KINDS,
    NAME_KINDS,
    OTHER_TITLES,
    OWL,
    SKOS_XL,
    SYNONYM_TYPE,
    TITLES,
)

_CODE = re.compile(r"(?i)[a-z]{0,12}[_:.-]?\d[\w.-]*")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+|\d+|[^\W_]+")


class FoundName(NamedTuple):
    """A name as one source gives it; `type` is an IRI such as that of `layperson`, or empty."""

    iri: str
    text: str
    kind: NameKind
    lang: str
    type: str


def read_names(
    statements: Statements, kinds: Mapping[str, str], *, skipped: Callable[[str], bool]
) -> list[FoundName]:
    """The names that a file gives, each once, in the order of their properties and of the file.

    Titles and the like (dcterms:title, schema:name, foaf:name) name only what the file describes:
    as labels where there is no other, else as synonyms.

    Args:
        statements: the file.
        kinds: kind by IRI of what the file describes.
        skipped: whether an IRI is no entity.
    """
    names = dict.fromkeys(_names(statements, kinds, skipped))
    labelled = {name.iri for name in names if name.kind == "label"}
    for predicate in (*TITLES, *OTHER_TITLES):
        for title in _texts(statements, statements.pairs(predicate), kinds.__contains__):
            other = predicate in OTHER_TITLES or title.iri in labelled
            names[_name(title, "exact" if other else "label")] = None
    return list(names)


def names_from_iris(names: list[FoundName], kinds: Mapping[str, str]) -> Iterator[FoundName]:
    """A label for what has none: `ex:LegalDocument` is "Legal Document"; codes stay bare.

    Args:
        names: that the file gives.
        kinds: kind by IRI of what the file describes.
    """
    labelled = {name.iri for name in names if name.kind == "label"}
    for iri, kind in kinds.items():
        if iri not in labelled and kind in ("class", "property", "concept"):
            text = _words_of(iri)
            if text:
                yield FoundName(iri, text, "label", "", "")


def read_definitions(statements: Statements, kinds: Mapping[str, str]) -> dict[str, int]:
    """The literal that is the definition of each entity, the English one if there are several.

    Descriptions (dcterms:description) serve where an entity has no definition, comments only where
    a file has neither for any entity.

    Args:
        statements: the file.
        kinds: kind by IRI of what the file describes.
    """
    found: dict[str, int] = {}
    for predicates in (DEFINITIONS, DESCRIPTIONS, (COMMENT,)):
        if predicates == (COMMENT,) and found:
            break
        here: dict[str, int] = {}
        ranks: dict[str, int] = {}
        for predicate in predicates:
            for iri, literal, number in _texts(
                statements, statements.pairs(predicate), kinds.__contains__
            ):
                rank = language_rank(language_of(literal.lang))
                if iri not in here or rank < ranks[iri]:
                    here[iri], ranks[iri] = number, rank
        found = here | found
    return found


class _Text(NamedTuple):
    """A text about an IRI; `object` is the number of the literal."""

    iri: str
    literal: Literal
    object: int


def _names(
    statements: Statements, kinds: Mapping[str, str], skipped: Callable[[str], bool]
) -> Iterator[FoundName]:
    def wanted(iri: str) -> bool:
        return iri in kinds or not skipped(iri)

    types = _synonym_types(statements)
    for predicate, kind in NAME_KINDS.items():
        for text in _texts(statements, statements.pairs(predicate), wanted):
            type_ = types.get((text.iri, predicate, text.object), "") if types else ""
            yield _name(text, kind, type_)
    for predicate, kind in LABEL_NAME_KINDS.items():
        for text in _texts(statements, _literal_forms(statements, predicate), wanted):
            yield _name(text, kind)


def _texts(
    statements: Statements, pairs: Iterable[Pair], wanted: Callable[[str], bool]
) -> Iterator[_Text]:
    """Those pairs that are a wanted IRI and a text that is not blank."""
    terms = statements.terms
    for subject, object_ in pairs:
        iri, literal = terms[subject], terms[object_]
        if not isinstance(iri, str) or not isinstance(literal, Literal):
            continue
        if wanted(iri) and literal.value.strip():
            yield _Text(iri, literal, object_)


def _literal_forms(statements: Statements, predicate: str) -> Iterator[Pair]:
    """Subject and text of labels that are nodes of their own (SKOS-XL, section B.3)."""
    for subject, label in statements.pairs(predicate):
        for form in statements.values(label, SKOS_XL + "literalForm"):
            yield subject, form


def _name(text: _Text, kind: NameKind, type_: str = "") -> FoundName:
    words = " ".join(text.literal.value.split())
    return FoundName(text.iri, words, kind, language_of(text.literal.lang), type_)


def _synonym_types(statements: Statements) -> dict[tuple[str, str, int], str]:
    """Types of synonyms, by subject, predicate and object of the annotated triple."""
    found = {}
    for node, type_ in statements.pairs(SYNONYM_TYPE):
        subject = statements.values(node, OWL + "annotatedSource")
        predicate = statements.values(node, OWL + "annotatedProperty")
        target = statements.values(node, OWL + "annotatedTarget")
        if subject and predicate and target:
            about = (statements.iri(subject[0]) or "", statements.iri(predicate[0]) or "")
            found[*about, target[0]] = statements.iri(type_) or ""
    return found


def _words_of(iri: str) -> str:
    local = re.split(r"[#/]", iri)[-1]
    if not local or _CODE.fullmatch(local):
        return ""
    return " ".join(_WORD.findall(local))
