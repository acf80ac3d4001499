"""Three plain formats, read a line at a time: a bad line is lost and reported, never the file.

triples   head TAB relation TAB tail
names     id[|alternative id...]||name[|synonym...]
babelon   a table of translations, https://github.com/monarch-initiative/babelon
"""

import re
from collections.abc import Iterator

from kg.readers.identifiers import BARE, expanded
from kg.readers.plain_signs import BABELON_COLUMNS
from kg.readers.sniffing import SniffedFile
from kg.records import LoadWarning
from kg.triples import Triples
from kg.vocabulary import ALTERNATIVE_ID, LABEL, OWL, RDFS, SKOS, TYPE

_PREFIXES = {"id": BARE}
_HEADINGS = {"h", "head", "subject", "source", "from"}
_CODE = re.compile(r"(?i)[a-z]{0,3}[_-]?\d+")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}([-_][A-Za-z0-9]{1,8})*")

Read = tuple[Triples, dict[str, str], list[LoadWarning]]


def read_triples(file: SniffedFile) -> Read:
    """Head, relation and tail of each line; a node's label is its identifier, unless it is a code.

    The usual relations (rdfs:subClassOf, rdf:type) may be used as CURIEs.
    """
    triples, warnings = Triples(), list[LoadWarning]()
    nodes, relations = dict[str, int](), dict[str, int]()
    for number, line in _lines(file):
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) != 3 or not all(cells):
            warnings.append(_lost(number, f"3 cells between tabs are wanted, not {len(cells)}"))
            continue
        if number == 1 and cells[0].lower() in _HEADINGS:
            continue
        head, relation, tail = cells
        for name in (head, tail):
            if name not in nodes:
                nodes[name] = _node(triples, name)
        if relation not in relations:
            relations[relation] = relation_of(triples, relation)
        triples.add(nodes[head], relations[relation], nodes[tail])
    return triples, dict(_PREFIXES), warnings


def read_names(file: SniffedFile) -> Read:
    """A concept of each line: the first name is its label, the others are exact synonyms."""
    triples, warnings = Triples(), list[LoadWarning]()
    label, other = triples.term(SKOS + "prefLabel"), triples.term(SKOS + "altLabel")
    for number, line in _lines(file):
        left, bars, right = line.partition("||")
        ids = [part.strip() for part in left.split("|")]
        names = [part.strip() for part in right.split("|") if part.strip()]
        if not bars or not ids[0] or not names:
            warnings.append(_lost(number, "id||name is wanted, with | between several"))
            continue
        subject = triples.term(expanded(ids[0], {}))
        triples.add(subject, triples.term(TYPE), triples.term(SKOS + "Concept"))
        for alternative in filter(None, ids[1:]):
            curie = alternative if ":" in alternative else f"id:{alternative}"
            triples.add(subject, triples.term(ALTERNATIVE_ID), triples.literal(curie))
        triples.add(subject, label, triples.literal(names[0]))
        for name in names[1:]:
            triples.add(subject, other, triples.literal(name))
    return triples, dict(_PREFIXES), warnings


def read_babelon(file: SniffedFile) -> Read:
    """Names and definitions in another language for entities that other files describe."""
    triples, warnings = Triples(), list[LoadWarning]()
    lines = _lines(file)
    headings = next(lines)[1].split("\t")
    places = [headings.index(column) for column in BABELON_COLUMNS]
    untranslated = 0
    for number, line in lines:
        cells = line.split("\t")
        if len(cells) != len(headings):
            said = f"{len(headings)} cells between tabs are wanted, not {len(cells)}"
            warnings.append(_lost(number, said))
            continue
        subject, predicate, value, language = (cells[place].strip() for place in places)
        if not value:
            untranslated += 1
        elif not subject or not predicate:
            warnings.append(_lost(number, "subject_id or predicate_id is empty"))
        elif not _LANGUAGE.fullmatch(language):
            warnings.append(_lost(number, f"{language!r} is no language"))
        else:
            triples.add(
                triples.term(expanded(subject, {})),
                triples.term(expanded(predicate, {})),
                triples.literal(value, lang=language.replace("_", "-").lower()),
            )
    if untranslated:
        warnings.append(LoadWarning(0, 0, f"{untranslated:,} lines have no translation yet."))
    return triples, {}, warnings


def _lines(file: SniffedFile) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, with their numbers from 1."""
    for number, line in enumerate(file.content.decode("utf-8").split("\n"), start=1):
        if line.strip():
            yield number, line.rstrip("\r")


def _lost(number: int, said: str) -> LoadWarning:
    return LoadWarning(number, 1, f"Line lost: {said}.")


def _node(triples: Triples, name: str) -> int:
    iri = expanded(name, {})
    node = triples.term(iri)
    triples.add(node, triples.term(TYPE), triples.term(OWL + "NamedIndividual"))
    if iri.startswith(BARE) and not _CODE.fullmatch(name):
        text = triples.literal(name.replace("_", " ").strip())
        triples.add(node, triples.term(LABEL), text)
    return node


def relation_of(triples: Triples, name: str) -> int:
    """The number of a relation that goes by a word or a CURIE; a word is its label too."""
    iri = expanded(name, {})
    relation = triples.term(iri)
    if not iri.startswith((RDFS, TYPE)):
        triples.add(relation, triples.term(TYPE), triples.term(OWL + "ObjectProperty"))
        if iri.startswith(BARE):
            text = triples.literal(name.replace("_", " ").strip())
            triples.add(relation, triples.term(LABEL), text)
    return relation
