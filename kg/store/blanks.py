"""Names for blank nodes that are the same in every release of an ontology.

A blank node has no name of its own, and a file numbers them anew each time. Here its name is a hash
of all that is said of it and of what refers to it, so that the releases of an ontology can be
compared triple by triple. As in Merkle trees, a node has a hash when all that it points at has one.
"""

import zlib
from collections import Counter

import numpy as np
from jaxtyping import Bool, Int64, UInt64

from kg.triples import BLANK, TRIPLE, Literal, Term, Triples, TripleTerm

_WAVES = 256  # longer RDF lists than that are named by their place in the file
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
_Hashes = UInt64[np.ndarray, " term"]
_Known = Bool[np.ndarray, " term"]


def blank_names(triples: Triples) -> list[str]:
    """The names of the blank nodes, in the order of the terms.

    Nodes of which the same is said, in the same place, get a count behind the name; they can be
    exchanged without a difference. Nodes on a circle, or above a list of hundreds, are named by
    their place in the file.
    """
    nodes = np.flatnonzero(triples.kinds == BLANK).tolist()
    if not nodes:
        return []
    hashes, known = _hashes(triples)
    told = Counter[str]()
    names = []
    for number, (at, sure) in enumerate(zip(nodes, known[nodes].tolist(), strict=True)):
        name = f"{hashes[at]:016x}" if sure else f"n{number}"
        told[name] += 1
        names.append(name if told[name] == 1 else f"{name}-{told[name]}")
    return names


def _hashes(triples: Triples) -> tuple[_Hashes, _Known]:
    """The hash of each term that is said something of, or with, and whether it is final."""
    terms = triples.terms
    named = (triples.kinds != BLANK) & (triples.kinds != TRIPLE)
    known = np.append(named, [True, True, True])
    rows = np.concatenate((triples.columns[:, :3], _parts(triples)))
    rows = rows[~(named[rows[:, 0]] & known[rows[:, 2]])]
    hashes = np.zeros(len(known), dtype=np.uint64)
    for at in np.unique(rows).tolist():
        if known[at]:
            text = _text(terms[at]) if at < len(terms) else f"part {at - len(terms)}"
            hashes[at] = zlib.crc32(text.encode())
    below, said = _told(rows[~known[rows[:, 0]]], hashes, known)
    # what refers to a node tells two apart of which the same is said
    within, placed = _told(rows[~known[rows[:, 2]]][:, ::-1], below, known)
    return within, said & placed


def _parts(triples: Triples) -> Int64[np.ndarray, "_ 3"]:
    """A triple term points at what it is made of, by three predicates of our own."""
    first = len(triples.terms)
    places = np.flatnonzero(triples.kinds == TRIPLE).tolist()
    made = [(at, term) for at in places if isinstance(term := triples.terms[at], TripleTerm)]
    numbers = {term: at for at, term in enumerate(triples.terms)} if made else {}
    rows = [
        (at, first + place, numbers[part]) for at, term in made for place, part in enumerate(term)
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def _told(rows: Int64[np.ndarray, "_ 3"], hashes: _Hashes, known: _Known) -> tuple[_Hashes, _Known]:
    """To the hash of each node that is not known, what its rows say: (node, predicate, other)."""
    hashes, known = hashes.copy(), known.copy()
    silent = np.ones(len(known), dtype=np.bool_)
    silent[rows[:, 0]] = False
    known |= silent
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    for _ in range(_WAVES):
        if not len(rows):
            break
        starts = np.flatnonzero(np.diff(rows[:, 0], prepend=-1))
        ready = np.logical_and.reduceat(known[rows[:, 2]], starts)
        if not ready.any():
            break
        said = _mixed(_mixed(hashes[rows[:, 1]]) + hashes[rows[:, 2]])
        nodes = rows[starts, 0][ready]
        hashes[nodes] = _mixed(hashes[nodes] + np.add.reduceat(said, starts)[ready])
        known[nodes] = True
        rows = rows[~known[rows[:, 0]]]
    return hashes, known


def _text(term: Term) -> str:
    return "\0".join(term) if isinstance(term, Literal) else str(term)


def _mixed(values: UInt64[np.ndarray, " value"]) -> UInt64[np.ndarray, " value"]:
    """Each bit of the result depends on all bits: Vigna's splitmix64, with one round."""
    values = values * _ODD
    values = (values ^ (values >> _SHIFT)) * _ODD
    mixed: UInt64[np.ndarray, " value"] = values ^ (values >> _SHIFT)
    return mixed
