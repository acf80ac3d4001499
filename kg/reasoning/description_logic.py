"""OWL 2 DL through `rustdl`, if it is installed: classes, and types and relations of individuals.

rustdl (https://github.com/MaastrichtU-IDS/rustdl) is sound. What it could not decide in its time,
or could not read, it leaves out and says so; `ReasoningReport.stopped` tells it. It runs in a
process of its own, which ends with the budget. What it finds bears the rule "dl", and cannot be
explained further.
"""

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64
from sqlalchemy import Connection, select

from kg.errors import InputError, JobError
from kg.reasoning.outcome import Clash, InferredColumns, Outcome, TripleColumns
from kg.reasoning.patterns import Pattern, Rule
from kg.reasoning.terms import TermNumbers
from kg.store.dialects import LOOKUP, chunks
from kg.store.reading import fetched
from kg.store.schema import term
from kg.store.terms import BLANK, IRI, LITERAL
from kg.vocabulary import OWL, RDF, RDFS, SUBCLASS_OF, TYPE, XSD

RULE = "dl"

_NOTHING = OWL + "Nothing"
_EMPTY = {OWL + "Thing", _NOTHING}
_LOGICAL = {RDF + "type", RDF + "first", RDF + "rest"} | {
    RDFS + name for name in ("subClassOf", "subPropertyOf", "domain", "range")
}
# of owl:, what says nothing of the world; imports would make the reader look for files
_NOT_LOGICAL = {
    OWL + name
    for name in (
        "imports", "annotatedSource", "annotatedProperty", "annotatedTarget", "versionInfo",
        "versionIRI", "priorVersion", "deprecated", "backwardCompatibleWith", "incompatibleWith",
    )
}  # fmt: skip
_FINDINGS = ("subclasses", "equivalent", "unsatisfiable", "types", "relations")
_EXPRESSIONS = {
    OWL + "Class": ("intersectionOf", "unionOf", "complementOf", "oneOf"),
    OWL + "Restriction": ("onProperty",),
}
_PROPERTIES = (OWL + "ObjectProperty", OWL + "DatatypeProperty")


def classified(
    connection: Connection, triples: TripleColumns, terms: TermNumbers, *, seconds: float
) -> Outcome:
    """What rustdl finds.

    Args:
        connection: for the texts of the terms.
        triples: all that is asserted.
        terms: their numbers.
        seconds: that it may take, on the clock.

    Raises:
        InputError: rustdl is not installed, or cannot read these axioms.
        JobError: it failed.
    """
    if importlib.util.find_spec("rustdl") is None:
        raise InputError(
            "Reasoning in OWL DL needs the package rustdl, which is not installed.",
            mend="Install it: `pip install 'ontograft[dl]'`. The profile rl needs nothing.",
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ontology.owl"
        path.write_bytes(_rdf_xml(connection, triples, terms))
        about = "individuals" if _has_individuals(connection, triples, terms) else "classes"
        told = _run(path, seconds, about)
    return _outcome(told, terms)


def _run(path: Path, seconds: float, about: str) -> dict[str, Any]:
    """The worker's findings, all together; what it had found until its time was over."""
    command = [sys.executable, "-m", "kg.reasoning.rustdl_worker", str(path), str(seconds), about]
    stopped = []
    try:
        # the worker ends its classification itself; the rest may take longer than it should
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, check=False, timeout=seconds + 10
        )
        output = done.stdout
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
            raise JobError(f"rustdl failed: {said[-1]}")
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
        stopped = [f"Stopped after {seconds:g} s, the most that the budget allows."]
    told: dict[str, Any] = {name: [] for name in _FINDINGS}
    for line in output.decode().splitlines():
        told |= json.loads(line)
    told["stopped"] = [*stopped, *told.get("stopped", [])]
    return told


def _has_individuals(connection: Connection, triples: TripleColumns, terms: TermNumbers) -> bool:
    """Whether anything has a type that is not of the vocabulary: asking for none takes as long."""
    types = np.unique(triples.object[triples.predicate == terms.number(TYPE)]).tolist()
    for chunk in chunks(types, LOOKUP):
        query = select(term.c.value).where(term.c.id.in_(chunk), term.c.kind == IRI)
        for (iri,) in fetched(connection, query):
            if iri == OWL + "NamedIndividual" or not iri.startswith((OWL, RDF, RDFS)):
                return True
    return False


def _outcome(told: dict[str, Any], terms: TermNumbers) -> Outcome:
    found: dict[tuple[str, str, str], None] = {}
    for child, parent in told["subclasses"]:
        if child != parent and parent != OWL + "Thing" and child != _NOTHING:
            found[child, SUBCLASS_OF, parent] = None
    for first, second in told["equivalent"]:
        if first != second and not _EMPTY & {first, second}:
            found[first, OWL + "equivalentClass", second] = None
    for thing, class_ in told["types"]:
        if class_ not in _EMPTY:
            found[thing, TYPE, class_] = None
    for subject, relation, object_ in told["relations"]:
        found[subject, relation, object_] = None
    rows = np.array([[terms.number(part) for part in t] for t in found], dtype=np.int64)
    rows = rows.reshape(-1, 3)
    clashes = [_unsatisfiable(iri) for iri in told["unsatisfiable"] if iri not in _EMPTY]
    if told.get("inconsistent"):
        clashes.append(Clash(Rule("inconsistent", (), None), {}))
    counts: dict[str, int] = {}
    for clash in clashes:
        counts[clash.rule.name] = counts.get(clash.rule.name, 0) + 1
    return Outcome(
        inferred=InferredColumns(
            subject=rows[:, 0].copy(),
            predicate=rows[:, 1].copy(),
            object=rows[:, 2].copy(),
            rule=np.zeros(len(rows), dtype=np.int64),
            step=np.ones(len(rows), dtype=np.int64),
        ),
        rules=(RULE,),
        rounds=1,
        stopped=" ".join(told["stopped"]),
        clashes=clashes,
        clash_counts=counts,
    )


def _unsatisfiable(iri: str) -> Clash:
    return Clash(Rule("unsatisfiable", (Pattern(iri, SUBCLASS_OF, _NOTHING),), None), {})


def _rdf_xml(connection: Connection, triples: TripleColumns, terms: TermNumbers) -> bytes:
    """The logical axioms and facts as RDF/XML: annotations only cost time."""
    from pyoxigraph import RdfFormat, serialize

    return serialize(_triples(connection, triples, terms), format=RdfFormat.RDF_XML) or b""


def _triples(connection: Connection, triples: TripleColumns, terms: TermNumbers) -> Iterator[Any]:
    from pyoxigraph import BlankNode, Literal, NamedNode, Triple

    rows = np.stack([triples.subject, triples.predicate, triples.object], axis=1)
    rows = rows[np.isin(rows[:, 1], _logical(connection, triples, terms))]
    columns = (term.c.id, term.c.kind, term.c.value, term.c.datatype, term.c.lang)
    texts = {row[0]: row[1:] for row in fetched(connection, select(*columns))}

    def node(number: int) -> Any:
        kind, value, datatype, lang = texts[number]
        if kind == IRI:
            return NamedNode(value)
        if kind == BLANK:
            return BlankNode(f"b{number}")
        if lang:
            return Literal(value, language=lang.partition("--")[0])
        return Literal(value, datatype=NamedNode(datatype or XSD + "string"))

    for nodes, kind in _expressions(triples, terms):
        for number in nodes:
            yield Triple(node(number), NamedNode(TYPE), NamedNode(kind))
    for subject, predicate, object_ in rows.tolist():
        kinds = (texts[subject][0], texts[object_][0])
        annotated = texts[object_][1] == OWL + "Axiom"
        if kinds[0] in (IRI, BLANK) and kinds[1] in (IRI, BLANK, LITERAL) and not annotated:
            yield Triple(node(subject), node(predicate), node(object_))


def _expressions(triples: TripleColumns, terms: TermNumbers) -> Iterator[tuple[list[int], str]]:
    """Nodes that are class expressions, and the types that the file does not give them."""
    types = triples.predicate == terms.number(TYPE)
    ranges = triples.subject[types & (triples.object == terms.number(RDFS + "Datatype"))]
    for kind, names in _EXPRESSIONS.items():
        by = np.isin(triples.predicate, [terms.number(OWL + name) for name in names])
        # said twice, the reader takes the node for no expression
        typed = triples.subject[types & (triples.object == terms.number(kind))]
        nodes = np.setdiff1d(triples.subject[by], np.concatenate([typed, ranges]))
        yield nodes[nodes < terms.count].tolist(), kind


def _logical(
    connection: Connection, triples: TripleColumns, terms: TermNumbers
) -> Int64[np.ndarray, " predicate"]:
    """The predicates that say something: of OWL's own vocabulary, and declared properties."""
    types = triples.predicate == terms.number(TYPE)
    kinds = [terms.number(iri) for iri in _PROPERTIES]
    declared = set(triples.subject[types & np.isin(triples.object, kinds)].tolist())
    query = select(term.c.id, term.c.value).where(term.c.kind == IRI, term.c.value.startswith(OWL))
    owl = {n for n, iri in fetched(connection, query) if iri not in _NOT_LOGICAL}
    logical = {terms.number(iri) for iri in _LOGICAL}
    return np.array(sorted(declared | owl | logical), dtype=np.int64)
