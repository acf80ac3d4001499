"""Filtered ranks of right answers, and what is made of them.

A triple is asked for from both ends. Its rank among all entities counts those that score higher,
without other answers known to be right (Bordes et al. 2013, section 4.1, "filtered"); of equal
scores, half count (the "realistic" rank of Berrendorf et al. 2020, arXiv:2002.06914, section 3).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from model.completion.facts import Answers, Triples, both_ways

HITS = (1, 3, 10)
DRAWS = 1_000
"""Of the bootstrap over triples, as everywhere in ontograft."""

Score = Callable[
    [Int64[np.ndarray, " query"], Int64[np.ndarray, " query"]], Float[Tensor, "query entity"]
]
"""Scores all entities as tails of (head, relation); inverse relations after the others."""


@dataclass(frozen=True, eq=False)
class Ranks:
    """The ranks of some triples.

    Args:
        triples: head, relation, tail.
        tail, head: the rank of each triple's tail and head, from 1.
    """

    triples: Triples
    tail: Float64[np.ndarray, " triple"]
    head: Float64[np.ndarray, " triple"]

    def metrics(self) -> dict[str, float]:
        """Mean reciprocal rank and hits@k over both ends."""
        return _metrics(np.concatenate([self.tail, self.head]))

    def to_json(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Metrics over all, with 95 % intervals, by end and by relation.

        Args:
            names: of the relations.
        """
        of_relation = self.triples[:, 1]
        return {
            **self.metrics(),
            "triples": len(self.triples),
            "interval_95": self._interval(),
            "tails": _metrics(self.tail),
            "heads": _metrics(self.head),
            "relations": {
                names[relation]: {
                    "triples": int((of_relation == relation).sum()),
                    **_metrics(
                        np.concatenate(
                            [
                                self.tail[of_relation == relation],
                                self.head[of_relation == relation],
                            ]
                        )
                    ),
                }
                for relation in np.unique(of_relation).tolist()
            },
        }

    def _interval(self) -> dict[str, list[float]]:
        """Percentile bootstrap over triples, both ends of a triple drawn together."""
        generator = np.random.default_rng(0)
        values = {
            "mrr": (1 / self.tail + 1 / self.head) / 2,
            **{f"hits@{k}": ((self.tail <= k) * 1.0 + (self.head <= k)) / 2 for k in HITS},
        }
        table = np.stack(list(values.values()), axis=1)
        count = len(table)
        means = np.stack(
            [
                np.bincount(generator.integers(count, size=count), minlength=count) @ table / count
                for _ in range(DRAWS)
            ]
        )
        low, high = np.percentile(means, [2.5, 97.5], axis=0).round(4).tolist()
        return {name: [low[i], high[i]] for i, name in enumerate(values)}


def _metrics(ranks: Float64[np.ndarray, " rank"]) -> dict[str, float]:
    found = {"mrr": float((1 / ranks).mean())}
    found |= {f"hits@{k}": float((ranks <= k).mean()) for k in HITS}
    return {name: round(value, 4) for name, value in found.items()}


def filtered_ranks(
    score: Score,
    triples: Triples,
    known: Answers,
    *,
    batch: int = 512,
    progress: Callable[[int, int], None] | None = None,
) -> Ranks:
    """The filtered ranks of triples, both ends.

    Each query is scored once, however many of the triples answer it.

    Args:
        score: see `Score`.
        triples: to rank; all of them among the known answers.
        known: all right answers.
        batch: queries scored at once.
        progress: called with queries done and queries in all.
    """
    wanted = both_ways(triples, known.relation_count)
    queries, query_of = np.unique(wanted[:, :2], axis=0, return_inverse=True)
    query_of = query_of.ravel()
    order = np.argsort(query_of, kind="stable")
    bounds = np.searchsorted(query_of[order], np.arange(len(queries) + 1))
    ranks = np.zeros(len(wanted))
    for start in range(0, len(queries), batch):
        end = min(start + batch, len(queries))
        chosen = order[bounds[start] : bounds[end]]
        scores = score(queries[start:end, 0], queries[start:end, 1])
        ranks[chosen] = _ranks_of(
            scores,
            query_of[chosen] - start,
            wanted[chosen, 2],
            known.of(known.places(queries[start:end])),
        )
        if progress:
            progress(end, len(queries))
    return Ranks(triples, ranks[: len(triples)], ranks[len(triples) :])


def _ranks_of(
    scores: Float[Tensor, "query entity"],
    row: Int64[np.ndarray, " wanted"],
    tail: Int64[np.ndarray, " wanted"],
    known: tuple[Int64[np.ndarray, " answer"], Int64[np.ndarray, " answer"]],
) -> Float64[np.ndarray, " wanted"]:
    """Ranks within one batch: of all entities, less those of known answers that score as well."""
    rows, owner = torch.from_numpy(row), torch.from_numpy(known[0])
    own = scores[rows, torch.from_numpy(tail)]
    # one row of the wanted at a time would be slow, all at once large
    higher = torch.empty(len(own), dtype=torch.int64)
    equal = torch.empty(len(own), dtype=torch.int64)
    for part in torch.arange(len(own)).split(256):
        against = scores[rows[part]]
        higher[part] = (against > own[part, None]).sum(1)
        equal[part] = (against == own[part, None]).sum(1)
    of_known = scores[owner, torch.from_numpy(known[1])]
    pair_wanted, pair_known = _pairs(row, known[0], len(scores))
    mine, other = own[pair_wanted], of_known[pair_known]
    higher -= torch.bincount(pair_wanted[other > mine], minlength=len(own))
    equal -= torch.bincount(pair_wanted[other == mine], minlength=len(own))
    # the answer itself is among the known ones, so nothing of it is left in `equal`
    return (1 + higher + equal / 2).double().numpy()


def _pairs(
    row: Int64[np.ndarray, " wanted"], owner: Int64[np.ndarray, " answer"], queries: int
) -> tuple[Tensor, Tensor]:
    """Every wanted answer with every known answer of the same query."""
    counts = np.bincount(owner, minlength=queries)
    starts = np.cumsum(counts) - counts
    many = counts[row]
    wanted = np.repeat(np.arange(len(row)), many)
    within = np.arange(len(wanted)) - np.repeat(np.cumsum(many) - many, many)
    return torch.from_numpy(wanted), torch.from_numpy(np.repeat(starts[row], many) + within)
