"""The axioms of a knowledge base for its embeddings: what is learnt, what is masked, what it costs.

Each axiom has a mode. `hard`: learnt, tied where the decoder can, and no answer breaks it. `soft`:
learnt with its weight. `audit`: how often answers break it is told, and no more.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Int64

from kg import Axiom, EntityTable, Graph
from kg.audit import conflicts
from kg.constraints import BINDING, TAUGHT, Constraints, Members, constraints_of, with_modes
from kg.groundings import Groundings, rules_of
from kg.records import RuleMode
from model.completion.constraints import (
    GROUPS,
    Forbidden,
    Masked,
    Soft,
    SoftConstraints,
    violation_rates,
)
from model.completion.facts import Facts, Triples
from model.completion.graph_facts import GraphFacts
from model.completion.ranking import Score, filtered_ranks
from model.completion.rule_losses import SoftRules
from model.completion.rule_scores import graph_of
from model.errors import TriplesError

TAUGHT_RULES = ("horn", "chain", "symmetric", "inverse", "subproperty")
"""Kinds of axioms that give edges, and whose edges training learns."""

EVERY: tuple[RuleMode, ...] = ("hard", "soft", "audit")


class Consistency:
    """Axioms, for the entities and relations of some embeddings.

    Args:
        axioms: of a knowledge base, with their modes.
        graph: tells the classes of entities; of the train edges where something is measured.
        table: of the knowledge base.
        rows: the row of each entity of the embeddings.
        relations: CURIE of each relation of the embeddings.
        open_world: an entity of which no class is told may stand anywhere.
    """

    def __init__(
        self,
        axioms: Sequence[Axiom],
        graph: Graph,
        table: EntityTable,
        *,
        rows: Int64[np.ndarray, " entity"],
        relations: Sequence[str],
        open_world: bool = True,
    ) -> None:
        def of(modes: tuple[RuleMode, ...]) -> Constraints:
            return constraints_of(
                axioms, graph, table.curies, relations=relations, modes=modes, rows=rows,
                open_world=open_world,
            )  # fmt: skip

        self.hard, self.taught, self.all = of(BINDING), of(TAUGHT), of(EVERY)
        self._rules: SoftRules | None = None

    @classmethod
    def in_training(
        cls, axioms: Sequence[Axiom], found: GraphFacts, table: EntityTable, *, open_world: bool
    ) -> "Consistency":
        """By the classes that the train edges tell, so that nothing held out is known.

        Raises:
            TriplesError: hard axioms clash.
        """
        head, relation, tail = found.facts.train.T
        train = np.stack([found.rows[head], relation, found.rows[tail]], axis=1)
        graph = graph_of(train, len(table), found.relations)
        binding = [axiom for axiom in axioms if axiom.mode == "hard"]
        for clash in conflicts(binding, graph, table):
            raise TriplesError(
                f"Hard axioms clash: {clash.what}, by {' and '.join(clash.rules)}.",
                mend=f"Let one of them not bind: --mode '{clash.rules[0]}=audit'.",
            )
        made = cls(
            axioms, graph, table, rows=found.rows, relations=found.relations, open_world=open_world
        )
        rules = [
            rule
            for axiom in axioms
            if axiom.kind in TAUGHT_RULES and axiom.mode in TAUGHT
            for rule in rules_of(axiom)
        ]
        if rules:
            groundings = Groundings(graph, table.curies, Members(axioms, graph, table.curies))
            made._rules = SoftRules(
                rules, groundings, rows=found.rows, relations=found.relations,
                most=len(found.facts.train),
            )  # fmt: skip
        return made

    def soft(self) -> tuple[Soft, ...]:
        """What training learns from the axioms."""
        ends = [SoftConstraints(self.taught)] if len(self.taught.allowed) else []
        return (*ends, *([self._rules] if self._rules else []))

    def kept(self, score: Score, asserted: Triples, *, vectors: Score) -> Score:
        """Scores whose answers break no hard axiom.

        Args:
            score: the scores.
            asserted: edges that hold.
            vectors: scores of vectors alone.
        """
        if self.hard.empty:
            return score
        return Masked(score, Forbidden(self.hard, asserted, vectors=vectors))

    def price(self, score: Score, facts: Facts, *, vectors: Score) -> dict[str, Any]:
        """What the axioms cost and how often answers break them, whatever their mode.

        Args:
            score: without masks.
            facts: their test triples are asked for.
            vectors: scores of vectors alone.
        """
        if self.all.empty or not len(facts.test):
            return {}
        asserted = np.concatenate([facts.train, facts.entailed])
        forbidden = Forbidden(self.all, asserted, vectors=vectors)
        known = facts.known_in_training
        raw = violation_rates(score, facts.test, known, forbidden)
        masked = Masked(score, forbidden)
        ranks = filtered_ranks(masked, facts.test, facts.known)
        return {
            "without": {
                **filtered_ranks(score, facts.test, facts.known).metrics(),
                "violations": raw.to_json(),
            },
            "with all as hard": {
                **ranks.metrics(),
                "violations": violation_rates(masked, facts.test, known, forbidden).to_json(),
            },
            "with one group as hard": {
                group: filtered_ranks(
                    Masked(score, forbidden, groups=[group]), facts.test, facts.known
                ).metrics()
                for group in GROUPS
                if group in raw.ten
            },
        }

    def refuse(self, entity: int, relation: int, *, curie: str, name: str) -> None:
        """Refuse a question whose own end a hard axiom forbids.

        Args:
            entity, relation: numbers; the relation may be an inverse.
            curie, name: of them.

        Raises:
            TriplesError: the entity may not stand at that end.
        """
        count = self.hard.count
        other = np.array([(relation + count) % (2 * count)])
        if not self.hard.may_be_tail(other, np.array([entity]))[0]:
            end, kind = ("head", "domain") if relation < count else ("tail", "range")
            raise TriplesError(
                f"{curie} may not be the {end} of {name}: its classes are told, and a hard axiom "
                f"of {kind} asks for another.",
                mend=f"Tell that class of {curie}, or make the axiom soft. `ontograft rules KB` "
                "lists what breaks it.",
            )


def chosen_axioms(axioms: tuple[Axiom, ...], modes: Mapping[str, str] | None) -> tuple[Axiom, ...]:
    """Axioms with the modes that a person chose; see `kg.constraints.with_modes`."""
    return with_modes(axioms, modes) if modes else axioms
