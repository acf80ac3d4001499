"""From a knowledge base to embeddings, and from embeddings to the edges it may lack."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from kg import Axiom, KnowledgeBase
from kg.rules import HornRule, parse_rules
from model.completion.consistency import Consistency, chosen_axioms
from model.completion.encoder import GraphInputs
from model.completion.facts import Facts
from model.completion.folder import Embeddings
from model.completion.graph_facts import GraphFacts, facts_of
from model.completion.inductive import encoder_of, fresh_texts, refreshed, train_inputs
from model.completion.learning import (
    ENCODER_SETTINGS,
    EpochReport,
    LearningSettings,
    fresh_predictor,
    learn,
)
from model.completion.predictor import LinkPredictor, Scorer
from model.completion.proofs import Proof, Prover
from model.completion.ranking import Score, filtered_ranks
from model.completion.relations import Ties, tied
from model.completion.rule_scores import RuleScores, WithRules, best_with_rules
from model.errors import TriplesError
from model.text_vectors import entity_text


@dataclass(frozen=True)
class Completion:
    """An entity that may stand at the other end of an edge.

    Args:
        row: in the knowledge base.
        score: its share of the softmax over all entities that are not known to stand there.
        proof: rules that give the edge.
    """

    row: int
    score: float
    proof: tuple[Proof, ...]


def embed(
    kb: KnowledgeBase,
    *,
    place: str,
    settings: LearningSettings,
    valid: float | str = 0.05,
    test: float | str = 0.05,
    tie: bool = True,
    modes: Mapping[str, str] | None = None,
    open_world: bool = True,
    baseline: bool = True,
    progress: Callable[[EpochReport], None] | None = None,
) -> Embeddings:
    """Learn vectors of the entities and relations of a knowledge base, and measure them.

    Args:
        kb: the knowledge base.
        place: of it, to be written down.
        settings: of the training.
        valid, test: see `facts_of`.
        tie: tie relations that hard axioms call inverse, symmetric or asymmetric, where the
            decoder can.
        modes: of axioms, in the place of their own; see `kg.constraints.with_modes`.
        open_world: an entity of which no class is told may stand anywhere.
        baseline: train a table of vectors with the same texts beside an encoder, and tell its
            figures.
        progress: called after each epoch.

    Raises:
        TriplesError: there is no edge to learn from, or a file names what is not there.
    """
    found = facts_of(kb.graph(), kb.table(), valid=valid, test=test, seed=settings.seed)
    facts = found.facts
    axioms = chosen_axioms(kb.axioms(), modes)
    ties = ties_of(axioms, found.relations, settings) if tie else None
    consistency = Consistency.in_training(axioms, found, kb.table(), open_world=open_world)
    table = kb.table()
    texts = fresh_texts(settings.texts, [entity_text(table, row) for row in found.rows.tolist()])
    inputs = train_inputs(found, table, texts)
    predictor, epochs, seconds = _trained(facts, settings, ties, inputs, consistency, progress)
    score = Scorer(predictor)
    rules = RuleScores(facts, found.relations)
    both = best_with_rules(score, rules, facts)
    results = _results(found, both, score, rules, consistency, seconds, epochs)
    if baseline and settings.encoder != "none":
        plain = without_encoder(settings)
        trained, epochs, seconds = _trained(facts, plain, ties, inputs, consistency, progress)
        results["encoder none"] = {"seconds": round(seconds, 2), "epochs": len(epochs)}
        if len(facts.test):
            results["encoder none"] |= filtered_ranks(
                Scorer(trained), facts.test, facts.known
            ).metrics()
    return Embeddings(
        decoder=settings.decoder,
        entities=score.entities,
        relations=score.relations,
        iris=tuple(table.iris[row] for row in found.rows.tolist()),
        curies=found.relations,
        settings={
            **settings.to_json(),
            "valid": valid,
            "test": test,
            "tie": tie,
            "modes": dict(modes or {}),
            "open_world": open_world,
        },
        results=results,
        kb=place,
        kb_version=kb.version(),
        rule_weight=both.weight,
        encoder=predictor.entities.state_dict() if settings.encoder != "none" else {},
        texts=texts.to_bytes() if texts is not None and settings.encoder != "none" else b"",
    )


def without_encoder(settings: LearningSettings) -> LearningSettings:
    """The settings of the baseline: a table of vectors, trained as a table is by default."""
    usual = LearningSettings()
    return replace(
        settings,
        encoder="none",
        **{name: getattr(usual, name) for name in ENCODER_SETTINGS},
    )


def _trained(
    facts: Facts,
    settings: LearningSettings,
    ties: Ties | None,
    inputs: GraphInputs,
    consistency: Consistency,
    progress: Callable[[EpochReport], None] | None,
) -> tuple[LinkPredictor, list[EpochReport], float]:
    """A trained predictor, its epochs, and the CPU seconds that these took."""
    started = time.process_time()
    features = None
    if inputs.texts is not None and inputs.above is not None:
        features = torch.cat([inputs.texts, inputs.above], 1)
    predictor = fresh_predictor(
        facts,
        settings,
        ties=ties,
        features=features,
        encoder=encoder_of(inputs, settings) if settings.encoder != "none" else None,
    )
    epochs = []
    for report in learn(predictor, facts, settings, soft=consistency.soft()):
        epochs.append(report)
        if progress:
            progress(report)
    return predictor, epochs, time.process_time() - started


def ties_of(
    axioms: tuple[Axiom, ...], relations: tuple[str, ...], settings: LearningSettings
) -> Ties:
    """The ties that hard axioms ask for and the decoder can keep."""
    number = {curie: place for place, curie in enumerate(relations)}
    binding = [axiom for axiom in axioms if axiom.mode == "hard"]
    inverse = [
        (number[first], number[second])
        for first, second in (a.arguments for a in binding if a.kind == "inverse")
        if first in number and second in number
    ]
    symmetric = [
        number[axiom.arguments[0]]
        for axiom in binding
        if axiom.kind == "symmetric" and axiom.arguments[0] in number
    ]
    if settings.decoder in {"transe", "rotate"}:
        symmetric = []
    asymmetric = [
        number[axiom.arguments[0]]
        for axiom in binding
        if axiom.kind == "asymmetric" and axiom.arguments[0] in number
    ]
    return tied(len(relations), inverse=inverse, symmetric=symmetric, turned=asymmetric)


def complete(
    kb: KnowledgeBase,
    embeddings: Embeddings,
    entity: str,
    relation: str,
    *,
    inverse: bool = False,
    k: int = 10,
) -> list[Completion]:
    """The entities to which an edge most likely leads, known ones left out, best first.

    Args:
        kb: the knowledge base as it is now.
        embeddings: made of it, or of an older release.
        entity: the known end: a CURIE, IRI or label.
        relation: a CURIE of the embeddings.
        inverse: the entity is the tail, heads are asked for.
        k: so many.

    Raises:
        UnknownEntityError: there is no such entity.
        TriplesError: the embeddings have no vector for the entity, or not this relation, or a hard
            axiom forbids the entity to stand at its end.
    """
    table, graph = kb.table(), kb.graph()
    embeddings = refreshed(kb, embeddings)
    row = table.row(entity)
    rows = embeddings.rows_in(table)
    own = np.flatnonzero(rows == row)
    if not len(own):
        raise TriplesError(
            f"The embeddings have no vector for {table.curies[row]}: it had no edge, or was not "
            "there, when they were made.",
            mend="Give it an edge, and make them anew: `ontograft embed`.",
        )
    if relation not in embeddings.curies:
        raise TriplesError(
            f"The embeddings do not know the relation {relation}.",
            mend=f"They know {', '.join(embeddings.curies[:10])}.",
        )
    number = embeddings.curies.index(relation)
    count = len(embeddings.curies)
    facts = _facts_now(kb, embeddings, rows)
    rules = RuleScores(facts, embeddings.curies)
    score: Score = WithRules(embeddings, rules, weight=embeddings.rule_weight)
    asked = number + count if inverse else number
    consistency = Consistency(
        chosen_axioms(kb.axioms(), embeddings.settings.get("modes")), graph, table, rows=rows,
        relations=embeddings.curies, open_world=embeddings.settings.get("open_world", True),
    )  # fmt: skip
    consistency.refuse(int(own[0]), asked, curie=table.curies[row], name=relation)
    score = consistency.kept(score, facts.train, vectors=embeddings)
    if consistency.hard.functional[asked]:
        k = 1
    scores = score(own[:1], np.array([asked]))[0].double().numpy()
    taken = facts.known.places(np.array([[own[0], asked]]))
    if taken[0] >= 0:
        scores[facts.known.of(taken)[1]] = -np.inf
    scores[(rows < 0) | (rows == row)] = -np.inf
    if scores.max() == -np.inf:
        return []
    powers = np.exp(scores - scores.max())
    shares = powers / powers.sum()
    prover = Prover(graph, table, [*_stated_rules(kb), *rules.rules])
    found = []
    for at in np.argsort(-shares, kind="stable")[:k].tolist():
        if shares[at] > 0:
            other = int(rows[at])
            ends = (other, row) if inverse else (row, other)
            proof = prover.proofs(ends[0], relation, ends[1])
            found.append(Completion(other, float(shares[at]), tuple(proof)))
    return found


def _facts_now(kb: KnowledgeBase, embeddings: Embeddings, rows: Any) -> Facts:
    """The edges of today between entities that have vectors."""
    graph = kb.graph(inferred=True)
    number_of = np.full(graph.entity_count, -1, dtype=np.int64)
    number_of[rows[rows >= 0]] = np.flatnonzero(rows >= 0)
    of_relation = np.array(
        [embeddings.curies.index(c) if c in embeddings.curies else -1 for c in graph.relations],
        dtype=np.int64,
    )
    triples = np.stack(
        [number_of[graph.head], of_relation[graph.relation], number_of[graph.tail]], axis=1
    )
    none = np.zeros((0, 3), dtype=np.int64)
    kept = triples[(triples >= 0).all(axis=1)]
    return Facts(len(rows), len(embeddings.curies), kept, none, none, none)


def _stated_rules(kb: KnowledgeBase) -> list[HornRule]:
    """Horn rules of the knowledge base."""
    return [
        rule
        for axiom in kb.axioms()
        if axiom.kind == "horn"
        for rule in parse_rules(axiom.arguments[0])
    ]


def _results(
    found: GraphFacts,
    both: WithRules,
    score: Score,
    rules: RuleScores,
    consistency: Consistency,
    seconds: float,
    epochs: list[EpochReport],
) -> dict[str, Any]:
    """The figures of the test edges, beside rules alone and vectors alone."""
    facts = found.facts
    told: dict[str, Any] = {
        "entities": facts.entity_count,
        "relations": facts.relation_count,
        "train": len(facts.train),
        "valid": len(facts.valid),
        "seconds": round(seconds, 2),
        "epochs": epochs[-1].epoch if epochs else 0,
        "rules": len(rules.rules),
        "rule_weight": both.weight,
    }
    if not len(facts.test):
        return told
    asserted = np.concatenate([facts.train, facts.entailed])
    kept = consistency.kept(both, asserted, vectors=score)
    arms: Mapping[str, Score] = {"": kept, "vectors": score, "rules": rules}
    ranks = {name: filtered_ranks(arm, facts.test, facts.known) for name, arm in arms.items()}
    return {
        **ranks[""].to_json(found.relations),
        **told,
        "vectors alone": ranks["vectors"].metrics(),
        "rules alone": ranks["rules"].metrics(),
        "axioms": consistency.price(both, facts, vectors=score),
    }
