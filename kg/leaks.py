"""Test edges of link prediction that the train edges give away.

A model that copies scores well on such edges and has learned nothing: Toutanova & Chen 2015,
"Observed versus latent features for knowledge base and text inference", found them in FB15k, and
Akrami et al. 2020, arXiv:2003.08001, in FB15k and WN18 by the shares that are used here.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Int64, Integer

from kg.errors import InputError, SyntaxFaultError
from kg.readers.sniffing import read_text

LeakKind = Literal["duplicate", "symmetric", "inverse", "parallel", "transitive", "inherited"]

SHARE = 0.8
"""Akrami et al. 2020, section 4.1: relations that share more of their pairs are nearly one."""

_BATCH = 2_048
_SAID = {
    "duplicate": "The edge itself is a train edge.",
    "symmetric": "Its reverse, with the same relation, is a train edge.",
    "inverse": "Its reverse is a train edge, with a relation that is nearly its inverse.",
    "parallel": "It is a train edge with a relation that is nearly the same.",
    "transitive": "Train edges lead from its head to its tail by a transitive relation.",
    "inherited": "What is above its head has such an edge to its tail, or to what is below it.",
}


@dataclass(frozen=True)
class Leak:
    """The test edges that leak in one way.

    Args:
        kind: the way.
        what: one sentence.
        rows: which test edges, ascending.
    """

    kind: LeakKind
    what: str
    rows: Int64[np.ndarray, " leak"]


@dataclass(frozen=True)
class LeakReport:
    """What of the test edges the train edges give away.

    Args:
        train, test: how many edges there are.
        leaks: one for each kind, those without an edge too.
    """

    train: int
    test: int
    leaks: tuple[Leak, ...]

    def rows(self) -> Int64[np.ndarray, " leak"]:
        """The test edges that leak in any way, ascending."""
        return np.unique(np.concatenate([leak.rows for leak in self.leaks]))

    def to_json(self) -> dict[str, Any]:
        """Counts, and all rows by kind."""
        return {
            "train": self.train,
            "test": self.test,
            "leaking": len(self.rows()),
            "leaks": [
                {"kind": leak.kind, "what": leak.what, "count": len(leak.rows),
                 "rows": leak.rows.tolist()}
                for leak in self.leaks
            ],
        }  # fmt: skip


class _Edges(NamedTuple):
    head: Int64[np.ndarray, " edge"]
    relation: Int64[np.ndarray, " edge"]
    tail: Int64[np.ndarray, " edge"]

    def of(self, relation: int) -> "_Edges":
        chosen = self.relation == relation
        return _Edges(self.head[chosen], self.relation[chosen], self.tail[chosen])


class NamedEdges(NamedTuple):
    """The edges of several files with common numbers.

    Args:
        edges: head, relation and tail of each edge, a matrix for each file.
        entities, relations: the names of the numbers.
    """

    edges: tuple[Int64[np.ndarray, "_ 3"], ...]
    entities: tuple[str, ...]
    relations: tuple[str, ...]


def read_edges(*paths: str | Path) -> NamedEdges:
    """The edges of files with head, relation and tail between tabs, compressed or not.

    Raises:
        FileFaultError: a file is missing, empty or unreadable.
        SyntaxFaultError: a line has not three cells; the message names it.
    """
    entities: dict[str, int] = {}
    relations: dict[str, int] = {}
    found = []
    for path in paths:
        content, _ = read_text(path)
        rows = []
        for number, line in enumerate(content.decode("utf-8").splitlines(), start=1):
            cells = line.split("\t")
            if len(cells) != 3:
                raise SyntaxFaultError(
                    f"3 cells between tabs are wanted, not {len(cells)}.",
                    where=f"{path}:{number}:1",
                    mend="Mend the line, or take it out.",
                )
            head, relation, tail = cells
            rows.append((
                entities.setdefault(head, len(entities)),
                relations.setdefault(relation, len(relations)),
                entities.setdefault(tail, len(entities)),
            ))  # fmt: skip
        found.append(np.array(rows, dtype=np.int64).reshape(-1, 3))
    return NamedEdges(tuple(found), tuple(entities), tuple(relations))


def find_leaks(
    train: Integer[np.ndarray, "train 3"],
    test: Integer[np.ndarray, "test 3"],
    *,
    is_a: int | None = None,
    transitive: Collection[int] = (),
    share: float = SHARE,
) -> LeakReport:
    """Find the test edges that train edges give away; an edge may leak in several ways.

    Args:
        train, test: head, relation and tail of each edge, numbers from 0, the same in both.
        is_a: the relation from child to parent, if there is one: it is transitive, and a child has
            the edges of what is above it.
        transitive: other relations that are transitive.
        share: from 0 to 1; two relations are nearly one, or inverse, if more of the pairs of each
            are pairs of the other.

    Raises:
        InputError: the arrays have not three columns, or numbers below 0.
    """
    known, asked = _edges(train, "train"), _edges(test, "test")
    size = 1 + max(int(part.max(initial=0)) for part in (*known, *asked))
    found: dict[LeakKind, Bool[np.ndarray, " test"]] = {
        "duplicate": _among(asked, known, size),
        "symmetric": _among(_Edges(asked.tail, asked.relation, asked.head), known, size),
        "inverse": _by_alike(asked, known, size, share, backwards=True),
        "parallel": _by_alike(asked, known, size, share, backwards=False),
        "transitive": np.zeros(len(test), dtype=np.bool_),
        "inherited": np.zeros(len(test), dtype=np.bool_),
    }
    for relation in sorted({*transitive, *([] if is_a is None else [is_a])}):
        rows = np.flatnonzero(asked.relation == relation)
        found["transitive"][rows] = _reaches(asked, rows, known.of(relation), size)
    if is_a is not None:
        above = known.of(is_a)
        for relation in np.unique(asked.relation).tolist():
            if relation != is_a:
                rows = np.flatnonzero(asked.relation == relation)
                found["inherited"][rows] = _inherits(asked, rows, known.of(relation), above, size)
    # a plain duplicate, or a way of one edge, is no inference
    found["transitive"] &= ~found["duplicate"]
    found["inherited"] &= ~found["duplicate"]
    leaks = (Leak(kind, _SAID[kind], np.flatnonzero(rows)) for kind, rows in found.items())
    return LeakReport(train=len(train), test=len(test), leaks=tuple(leaks))


def _edges(edges: Integer[np.ndarray, "edge column"], name: str) -> _Edges:
    columns = np.asarray(edges)
    if columns.ndim != 2 or columns.shape[1] != 3 or (columns < 0).any():
        raise InputError(
            f"The {name} edges are no array of head, relation and tail.",
            mend="Give an array of integers from 0, with three columns.",
        )
    return _Edges(*columns.astype(np.int64).T)


def _pairs(edges: _Edges, size: int, *, backwards: bool = False) -> Int64[np.ndarray, " edge"]:
    """One number for head and tail, or for tail and head."""
    first, second = (edges.tail, edges.head) if backwards else (edges.head, edges.tail)
    numbers: Int64[np.ndarray, " edge"] = first * size + second
    return numbers


def _among(asked: _Edges, known: _Edges, size: int) -> Bool[np.ndarray, " test"]:
    """Whether each edge is among the known ones."""
    kinds = 1 + int(max(asked.relation.max(initial=0), known.relation.max(initial=0)))
    mine = _pairs(asked, size) * kinds + asked.relation
    return np.isin(mine, _pairs(known, size) * kinds + known.relation)


def _by_alike(
    asked: _Edges, known: _Edges, size: int, share: float, *, backwards: bool
) -> Bool[np.ndarray, " test"]:
    """Whether another relation, nearly the same or the inverse, has the edge among the known."""
    found = np.zeros(len(asked.head), dtype=np.bool_)
    for relation, other in _alike(known, size, share, backwards=backwards):
        rows = np.flatnonzero(asked.relation == relation)
        there = _pairs(known.of(other), size, backwards=backwards)
        mine = _pairs(asked, size)[rows]
        found[rows] |= np.isin(mine, there)
    return found


def _alike(known: _Edges, size: int, share: float, *, backwards: bool) -> Iterator[tuple[int, int]]:
    """Pairs of relations that share more than `share` of the pairs of each."""
    from scipy.sparse import csr_array

    relations, number = np.unique(known.relation, return_inverse=True)
    pairs, pair = np.unique(
        np.concatenate([_pairs(known, size), _pairs(known, size, backwards=backwards)]),
        return_inverse=True,
    )
    shape = (len(relations), len(pairs))
    ones = np.ones(len(number), dtype=np.int64)
    plain = csr_array((ones, (number, pair[: len(number)])), shape=shape)
    turned = csr_array((ones, (number, pair[len(number) :])), shape=shape)
    plain.data[:] = 1  # an edge that stands twice is one pair
    turned.data[:] = 1
    counts = plain.sum(axis=1)
    both = (plain @ turned.T).tocoo()
    for first, second, common in zip(both.row, both.col, both.data, strict=True):
        smaller = common / max(counts[first], counts[second])
        if first != second and smaller > share:
            yield int(relations[first]), int(relations[second])


def _reaches(
    asked: _Edges, rows: Int64[np.ndarray, " row"], known: _Edges, size: int
) -> Bool[np.ndarray, " row"]:
    """Whether known edges lead from the head to the tail, over any number of them."""
    step = _matrix(known, size)
    found = np.zeros(len(rows), dtype=np.bool_)
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        reached = _closed(_one_hot(asked.head[batch], size) @ step, step)
        found[start : start + _BATCH] = _at(reached, asked.tail[batch])
    return found


def _inherits(
    asked: _Edges, rows: Int64[np.ndarray, " row"], known: _Edges, above: _Edges, size: int
) -> Bool[np.ndarray, " row"]:
    """Whether what is above the head, or it itself, has an edge to what is below the tail, or it.

    (h is-a* a), (a r b), (b is-a* t) gives (h r t).
    """
    up, across = _matrix(above, size), _matrix(known, size)
    found = np.zeros(len(rows), dtype=np.bool_)
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        reached = _closed(_closed(_one_hot(asked.head[batch], size), up) @ across, up)
        found[start : start + _BATCH] = _at(reached, asked.tail[batch])
    return found


def _matrix(edges: _Edges, size: int) -> Any:
    from scipy.sparse import csr_array

    ones = np.ones(len(edges.head), dtype=np.bool_)
    return csr_array((ones, (edges.head, edges.tail)), shape=(size, size))


def _one_hot(nodes: Int64[np.ndarray, " row"], size: int) -> Any:
    from scipy.sparse import csr_array

    at = (np.arange(len(nodes)), nodes)
    return csr_array((np.ones(len(nodes), dtype=np.bool_), at), shape=(len(nodes), size))


def _closed(reached: Any, step: Any) -> Any:
    """What is reached with any number of further steps; ends on cycles too."""
    while True:
        more = reached + reached @ step
        if more.nnz == reached.nnz:
            return reached
        reached = more


def _at(reached: Any, nodes: Int64[np.ndarray, " row"]) -> Bool[np.ndarray, " row"]:
    return np.asarray(reached[np.arange(len(nodes)), nodes], dtype=np.bool_).ravel()
