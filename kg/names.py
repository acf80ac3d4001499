"""From triples to names and definitions. Which property means what stands in `kg.vocabulary`."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from jaxtyping import Int64

from kg.kinds import CLASS, CONCEPT, NAMED, PROPERTY, Kinds
from kg.languages import language_of, language_rank
from kg.records import NameKind
from kg.statements import Pairs, Statements
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

# Entity, text, kind, language and type, as in the columns of `Names`.
_Row = tuple[int, str, NameKind, str, str]
_Places = Int64[np.ndarray, " term"]


@dataclass(frozen=True)
class Names:
    """The names that a file gives, as columns.

    Args:
        entities: numbers of terms.
        texts: without blanks at the ends, and one between words.
        kinds: see `kg.Name`.
        langs: see `kg.Name`.
        types: IRIs such as that of `layperson`, or empty.
    """

    entities: Int64[np.ndarray, " name"]
    texts: Sequence[str]
    kinds: Sequence[NameKind]
    langs: Sequence[str]
    types: Sequence[str]

    def __len__(self) -> int:
        return len(self.texts)

    def labels(self, terms: int) -> _Places:
        """For each term the place of its label, the English one if there are several, or -1."""
        places = np.flatnonzero(np.array([kind == "label" for kind in self.kinds], dtype=np.bool_))
        langs = [self.langs[place] for place in places.tolist()]
        return _preferred(self.entities[places], places, langs, terms)


def read_names(statements: Statements, kinds: Kinds) -> Names:
    """The names of a file, each once, in the order of their properties and of the file.

    Titles and the like (dcterms:title, schema:name, foaf:name) name only what the file describes:
    as labels where there is no other, else as synonyms. What is described and has no label gets one
    of its IRI: `ex:LegalDocument` is "Legal Document"; codes stay bare.

    Args:
        statements: the file.
        kinds: what the file describes; what it only names joins them.
    """
    found: dict[_Row, None] = {}
    types = _synonym_types(statements)
    for predicate, kind in NAME_KINDS.items():
        pairs = _texts(statements, statements.pairs(predicate))
        pairs = pairs.where(kinds.possible(pairs.subjects))
        named = [types.get((s, predicate, o), "") for s, o in pairs] if types else None
        found.update(dict.fromkeys(_rows(statements, pairs, kind, named)))
    for predicate, kind in LABEL_NAME_KINDS.items():
        pairs = _texts(statements, _literal_forms(statements, predicate))
        pairs = pairs.where(kinds.possible(pairs.subjects))
        found.update(dict.fromkeys(_rows(statements, pairs, kind)))
    labelled = {entity for entity, _, kind, _, _ in found if kind == "label"}
    for predicate in (*TITLES, *OTHER_TITLES):
        pairs = _texts(statements, statements.pairs(predicate))
        for row in _rows(statements, pairs.where(kinds.known(pairs.subjects)), "label"):
            other = predicate in OTHER_TITLES or row[0] in labelled
            found[(*row[:2], "exact" if other else "label", *row[3:])] = None
    entities = np.array([row[0] for row in found], dtype=np.int64)
    kinds.add(entities, NAMED)
    found.update(dict.fromkeys(_of_iris(statements, kinds, found)))
    columns = list(zip(*found, strict=True)) or [()] * 5
    return Names(np.array(columns[0], dtype=np.int64), *columns[1:])


def read_definitions(statements: Statements, kinds: Kinds) -> _Places:
    """For each term the literal that is its definition, the English one if there are several.

    Descriptions (dcterms:description) serve where an entity has no definition, comments only where
    a file has neither for any entity.

    Args:
        statements: the file.
        kinds: what the file describes.

    Returns:
        Numbers of terms, -1 where an entity has no definition.
    """
    count = len(statements.terms)
    found = np.full(count, -1, dtype=np.int64)
    for predicates in (DEFINITIONS, DESCRIPTIONS, (COMMENT,)):
        if predicates == (COMMENT,) and (found >= 0).any():
            break
        pairs = Pairs.together([_texts(statements, statements.pairs(p)) for p in predicates])
        pairs = pairs.where(kinds.known(pairs.subjects))
        langs = [language_of(literal.lang) for literal in statements.literals(pairs.objects)]
        here = _preferred(pairs.subjects, pairs.objects, langs, count)
        found = np.where(found < 0, here, found)
    return found


def _preferred(
    entities: Int64[np.ndarray, " text"],
    places: Int64[np.ndarray, " text"],
    langs: Sequence[str],
    terms: int,
) -> _Places:
    """For each term the place of that of its texts that stands first among the best languages."""
    best = np.full(terms, -1, dtype=np.int64)
    rank_of = {lang: language_rank(lang) for lang in set(langs)}
    ranks = np.array([rank_of[lang] for lang in langs], dtype=np.int64)
    # what is written last stays
    order = np.argsort(ranks, kind="stable")[::-1]
    best[entities[order]] = places[order]
    return best


def _texts(statements: Statements, pairs: Pairs) -> Pairs:
    """Those pairs that are an IRI and a text that is not blank."""
    pairs = pairs.where(statements.is_iri[pairs.subjects] & statements.is_literal[pairs.objects])
    literals = statements.literals(pairs.objects)
    said = [literal.value != "" and not literal.value.isspace() for literal in literals]
    return pairs.where(np.array(said, dtype=np.bool_))


def _rows(
    statements: Statements, pairs: Pairs, kind: NameKind, types: Sequence[str] | None = None
) -> Iterator[_Row]:
    literals = statements.literals(pairs.objects)
    return zip(
        pairs.subjects.tolist(),
        [" ".join(literal.value.split()) for literal in literals],
        repeat(kind),
        [language_of(literal.lang) for literal in literals],
        types or repeat(""),
        strict=False,
    )


def _of_iris(statements: Statements, kinds: Kinds, found: Iterable[_Row]) -> Iterator[_Row]:
    """Labels for what has none."""
    labelled = np.zeros(len(statements.terms), dtype=np.bool_)
    labelled[[row[0] for row in found if row[2] == "label"]] = True
    entities = kinds.entities()
    kind = kinds.of[entities]
    wanted = ((kind == CLASS) | (kind == PROPERTY) | (kind == CONCEPT)) & ~labelled[entities]
    for number in entities[wanted].tolist():
        text = _words_of(str(statements.terms[number]))
        if text:
            yield number, text, "label", "", ""


def _literal_forms(statements: Statements, predicate: str) -> Pairs:
    """Subject and text of labels that are nodes of their own (SKOS-XL, section B.3)."""
    return Pairs.of(
        (subject, form)
        for subject, label in statements.pairs(predicate)
        for form in statements.values(label, SKOS_XL + "literalForm")
    )


def _synonym_types(statements: Statements) -> dict[tuple[int, str, int], str]:
    """Types of synonyms, by subject, predicate and object of the annotated triple."""
    found = {}
    for node, type_ in statements.pairs(SYNONYM_TYPE):
        subject = statements.values(node, OWL + "annotatedSource")
        predicate = statements.values(node, OWL + "annotatedProperty")
        target = statements.values(node, OWL + "annotatedTarget")
        if subject and predicate and target:
            about = statements.iri(predicate[0]) or ""
            found[subject[0], about, target[0]] = statements.iri(type_) or ""
    return found


def _words_of(iri: str) -> str:
    local = re.split(r"[#/]", iri)[-1]
    if not local or _CODE.fullmatch(local):
        return ""
    return " ".join(_WORD.findall(local))
