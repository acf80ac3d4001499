"""Triples as integers, each read from both ends, and which answers of a query are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int64

from kg.csr import Csr
from model.errors import TriplesError

Triples = Int64[np.ndarray, "_ 3"]
"""Head, relation and tail, a row each."""


@dataclass(frozen=True, eq=False)
class Facts:
    """A graph's triples, split for learning and for measuring.

    Args:
        entity_count, relation_count: what the numbers stay below.
        train, valid, test: head, relation and tail; valid and test may be empty.
        entailed: triples that follow from the train triples by rules; never negatives in training.
            They count as known answers in ranking, too.

    Raises:
        TriplesError: a number is out of range, or there is no train triple.
    """

    entity_count: int
    relation_count: int
    train: Triples
    valid: Triples
    test: Triples
    entailed: Triples

    def __post_init__(self) -> None:
        bounds = (self.entity_count, self.relation_count, self.entity_count)
        if not len(self.train):
            raise TriplesError(
                "There is no edge to learn from.",
                mend="Load an ontology whose entities are related to each other.",
            )
        for name in ("train", "valid", "test", "entailed"):
            triples = getattr(self, name)
            if len(triples) and (triples.min() < 0 or (triples.max(axis=0) >= bounds).any()):
                raise TriplesError(
                    f"The {name} triples have a number outside the {self.entity_count:,} entities "
                    f"or {self.relation_count:,} relations.",
                    mend="Number entities and relations from 0.",
                )

    @cached_property
    def known_in_training(self) -> "Answers":
        """For each query that train triples answer, what else follows from them; often nothing."""
        stated = answers_of([self.train], self.relation_count)
        followed = np.unique(both_ways(self.entailed, self.relation_count), axis=0)
        place = stated.places(followed[:, :2])
        tail = followed[:, 2][place >= 0]
        place = place[place >= 0]
        owner, told = stated.of(np.arange(len(stated)))
        span = self.entity_count
        new = ~np.isin(place * span + tail, owner * span + told)
        start = np.concatenate([[0], np.bincount(place[new], minlength=len(stated)).cumsum()])
        tails = Csr(start.astype(np.int64), tail[new].astype(np.int32))
        return Answers(stated.queries, tails, self.relation_count)

    @cached_property
    def known(self) -> "Answers":
        """All answers known to be right, for filtered ranks."""
        return answers_of([self.train, self.valid, self.test, self.entailed], self.relation_count)


@dataclass(frozen=True, eq=False)
class Answers:
    """The tails of each query (head, relation), of both directions.

    A triple (h, r, t) answers the query (h, r) by t, and the query (t, r + relation_count) by h:
    the inverse of r is relation r + relation_count.

    Args:
        queries: (head, relation) of each query, ascending.
        tails: the answers of each query.
        relation_count: of relations that are not inverses.
    """

    queries: Int64[np.ndarray, "query 2"]
    tails: Csr
    relation_count: int

    def __len__(self) -> int:
        """How many queries there are."""
        return len(self.queries)

    def of(
        self, places: Int64[np.ndarray, " query"]
    ) -> tuple[Int64[np.ndarray, " answer"], Int64[np.ndarray, " answer"]]:
        """The answers of some queries: which of the places each belongs to, and the tail."""
        found = self.tails.gathered(places)
        return found.place, found.neighbour.astype(np.int64)

    def places(self, queries: Int64[np.ndarray, "query 2"]) -> Int64[np.ndarray, " query"]:
        """Where queries stand among these; -1 for one that has no answer."""
        width = 2 * self.relation_count
        own = self.queries @ np.array([width, 1])
        wanted = queries @ np.array([width, 1])
        place = np.searchsorted(own, wanted)
        found = place < len(own)
        found[found] = own[place[found]] == wanted[found]
        return np.where(found, place, -1)


def both_ways(triples: Triples, relation_count: int) -> Triples:
    """The triples, and then each turned round with the inverse of its relation."""
    head, relation, tail = triples.T
    turned = np.stack([tail, relation + relation_count, head], axis=1)
    return np.concatenate([triples, turned])


def answers_of(parts: Sequence[Triples], relation_count: int) -> Answers:
    """The answers that triples give, each once."""
    triples = both_ways(np.concatenate(parts), relation_count)
    unique = np.unique(triples, axis=0)
    queries, start = np.unique(unique[:, :2], axis=0, return_index=True)
    bounds = np.append(start, len(unique)).astype(np.int64)
    return Answers(queries, Csr(bounds, unique[:, 2].astype(np.int32)), relation_count)


def split_triples(
    triples: Triples, *, valid: float, test: float, generator: np.random.Generator
) -> tuple[Triples, Triples, Triples]:
    """Deal triples into train, valid and test so that all that is measured is also learnt from.

    A triple goes to valid or test only while its head, relation and tail each have another train
    triple.

    Args:
        triples: each once.
        valid, test: shares, together below 1.
        generator: of the draw.
    """
    order = generator.permutation(len(triples))
    entities = np.bincount(triples[:, [0, 2]].ravel())
    relations = np.bincount(triples[:, 1])
    wanted = round(len(triples) * (valid + test))
    held: list[int] = []
    for at in order.tolist():
        if len(held) == wanted:
            break
        head, relation, tail = triples[at].tolist()
        if entities[head] > 1 and entities[tail] > 1 and relations[relation] > 1:
            entities[head] -= 1
            entities[tail] -= 1
            relations[relation] -= 1
            held.append(at)
    cut = round(len(held) * test / (valid + test)) if held else 0
    kept = np.setdiff1d(np.arange(len(triples)), held)
    return triples[kept], triples[sorted(held[cut:])], triples[sorted(held[:cut])]
