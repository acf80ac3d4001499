"""From the store to the engine, and what follows back into the store, in one transaction."""

import json
import time
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
from sqlalchemy import Connection, delete, insert, select

from kg.errors import InputError, JobError
from kg.reasoning.description_logic import classified
from kg.reasoning.engine import Engine
from kg.reasoning.explaining import Explainer
from kg.reasoning.horn import NamedHornRule, horn_rules
from kg.reasoning.outcome import InferredColumns, Outcome, TripleColumns
from kg.reasoning.owl_rl import owl_rl_rules
from kg.reasoning.patterns import Rule
from kg.reasoning.rdfs import rdfs_rules
from kg.reasoning.records import Budget, Contradiction, Profile, ReasoningReport
from kg.reasoning.stored import (
    Texts,
    crc32,
    find_iris,
    firsts,
    read_columns,
    read_horn_axioms,
    read_terms,
)
from kg.reasoning.terms import TermNumbers
from kg.store.database import Database
from kg.store.dialects import LOOKUP, chunks
from kg.store.inferred import META, InferredFrom
from kg.store.reading import read_version
from kg.store.schema import inferred, meta, relation, term
from kg.store.sums import added_up, keep_sums, sum_of_columns, sum_of_rows, sum_of_terms
from kg.store.terms import IRI
from kg.store.writing import next_number
from kg.vocabulary import METADATA, SKOS

SHOWN_CONTRADICTIONS = 10
"""Of each rule, so many are explained; all are counted."""

_PROFILES = ("rl", "rdfs", "dl")


def reason(
    database: Database,
    *,
    profile: str = "rl",
    budget: Budget | None = None,
    least_weight: float = 1.0,
) -> ReasoningReport:
    """Infer what follows from all triples, and store it; see `KnowledgeBase.reason`.

    Raises:
        InputError: there is no such profile, or `dl` needs what is not installed.
        JobError: the content changed meanwhile, or the database cannot be written.
    """
    if profile not in _PROFILES:
        raise InputError(
            f"There is no profile {profile!r}.", mend=f"Take one of {', '.join(_PROFILES)}."
        )
    chosen = cast(Profile, profile)
    with database.reading() as connection:
        content = read_version(connection)
        triples, terms = read_columns(connection), read_terms(connection)
        texts = Texts(connection, terms.new)
        horn = horn_rules(read_horn_axioms(connection), texts.iri, least_weight=least_weight)
        started = time.monotonic()
        outcome = _outcome(connection, triples, terms, horn, chosen, budget or Budget())
        seconds = time.monotonic() - started
        kept = outcome.inferred
        if outcome.representatives or chosen == "dl":
            kept = _kept(kept, triples)
        names = {rule.name: rule.text for rule in horn}
        explainer = Explainer(
            connection, triples, terms, kept, outcome.rules, rules_of(profile, horn), texts
        )
        contradictions = _contradictions(explainer, outcome)
    made_from = InferredFrom(content, profile, not outcome.stopped, least_weight)
    _store(database, made_from, kept, outcome.rules, terms)
    counts = np.bincount(kept.rule, minlength=len(outcome.rules)).tolist()
    return ReasoningReport(
        profile=chosen,
        triples=len(triples.subject),
        inferred=len(kept.subject),
        by_rule={n: c for n, c in zip(outcome.rules, counts, strict=True) if c},
        rounds=outcome.rounds,
        seconds=round(seconds, 3),
        complete=not outcome.stopped,
        stopped=outcome.stopped,
        contradictions=contradictions,
        contradiction_counts=outcome.clash_counts,
        audits={names[name]: count for name, count in outcome.audits.items()},
        horn={name: names[name] for name in outcome.rules if name in names},
    )


def rules_of(profile: str, horn: Sequence[NamedHornRule]) -> tuple[Rule, ...]:
    """The rules of a profile, then the Horn rules."""
    given = {"rl": owl_rl_rules, "rdfs": rdfs_rules}.get(profile)
    return (*(given() if given else ()), *(found.rule for found in horn))


def _outcome(
    connection: Connection,
    triples: TripleColumns,
    terms: TermNumbers,
    horn: Sequence[NamedHornRule],
    profile: Profile,
    budget: Budget,
) -> Outcome:
    if profile == "dl":
        return classified(connection, triples, terms, seconds=budget.seconds)
    rules = rules_of(profile, horn)
    return Engine(triples, terms, rules, owl=profile == "rl", budget=budget).run()


def _kept(found: InferredColumns, triples: TripleColumns) -> InferredColumns:
    """Without what is asserted, each triple once, as it was found first.

    What was said of a merged term may be found again; and rustdl repeats what it is told.
    """
    asserted = np.stack([triples.subject, triples.predicate, triples.object], axis=1)
    given = np.stack([found.subject, found.predicate, found.object], axis=1)
    first = firsts(np.concatenate([asserted, given]))
    at = np.sort(first[first >= len(asserted)]) - len(asserted)
    return InferredColumns(
        found.subject[at], found.predicate[at], found.object[at], found.rule[at], found.step[at]
    )


def _contradictions(explainer: Explainer, outcome: Outcome) -> tuple[Contradiction, ...]:
    shown: dict[str, int] = {}
    found = []
    for clash in outcome.clashes:
        shown[clash.rule.name] = shown.get(clash.rule.name, 0) + 1
        if shown[clash.rule.name] <= SHOWN_CONTRADICTIONS:
            found.append(explainer.contradiction(clash))
    return tuple(found)


def _store(
    database: Database,
    made_from: InferredFrom,
    found: InferredColumns,
    rules: Sequence[str],
    terms: TermNumbers,
) -> None:
    with database.writing() as connection:
        if read_version(connection) != made_from.content:
            raise JobError(
                "Another process changed the knowledge base while it was reasoned about.",
                where=database.location,
                mend="Run it again.",
            )
        numbers = _added_terms(connection, database, found, terms)
        connection.execute(delete(inferred))
        connection.execute(delete(meta).where(meta.c.key == META))
        columns = (numbers(found.subject), numbers(found.predicate), numbers(found.object))
        names = [rules[number] for number in found.rule.tolist()]
        lists = [column.tolist() for column in columns]
        database.dialect.insert(
            connection, inferred, zip(*lists, names, found.step.tolist(), strict=True)
        )
        _add_relations(connection, database, np.unique(columns[1]).tolist())
        value = json.dumps(made_from._asdict())
        connection.execute(insert(meta), [{"key": META, "value": value}])
        rows = sum_of_columns([*columns, names, found.step])
        total = added_up((rows, sum_of_rows([(META, value)])))
        keep_sums(connection, grown={}, renewed={"inferred": total})


def _add_relations(connection: Connection, database: Database, predicates: list[int]) -> None:
    """Relations that are only inferred become relations of the graph, too."""
    known = set(connection.execute(select(relation.c.iri)).scalars())
    texts = Texts(connection)
    rows: list[tuple[int, str, str]] = []
    for chunk in chunks(predicates, LOOKUP):
        query = select(term.c.value).where(term.c.id.in_(chunk), term.c.kind == IRI)
        for iri in connection.execute(query.order_by(term.c.id)).scalars():
            if iri not in known and not iri.startswith((*METADATA, SKOS)):
                rows.append((len(known) + len(rows), iri, texts.curie(iri)))
    database.dialect.insert(connection, relation, rows)
    keep_sums(connection, grown={"relation": sum_of_rows(rows)}, renewed={})


def _added_terms(
    connection: Connection, database: Database, found: InferredColumns, terms: TermNumbers
) -> Callable[[np.ndarray], np.ndarray]:
    """Write the IRIs that no triple has yet, of the vocabulary or of rules; their numbers."""
    used = np.unique(np.concatenate([found.subject, found.predicate, found.object]))
    rows: list[tuple[int, int, str, str, str, int]] = []
    new = np.arange(terms.count + len(terms.new), dtype=np.int64)
    added = [number for number in used.tolist() if number >= terms.count]
    known = find_iris(connection, [terms.new[number] for number in added])
    free = next_number(connection, term, "id")
    for number in added:
        iri = terms.new[number]
        if iri not in known:
            known[iri] = free + len(rows)
            rows.append((known[iri], IRI, iri, "", "", crc32(iri)))
        new[number] = known[iri]
    database.dialect.insert(connection, term, rows)
    keep_sums(connection, grown={"term": sum_of_terms(rows)}, renewed={})
    return lambda numbers: new[numbers]
