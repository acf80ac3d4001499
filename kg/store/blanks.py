"""Names for blank nodes that are the same in every release of an ontology.

A blank node has no name of its own, and a file numbers them anew each time. Here its name is a hash
of all that is said of it, so that the releases of an ontology can be compared triple by triple. As
Merkle trees do it: a node is named when all the nodes that it points at are.
"""

import zlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int64, UInt64

from kg.triples import Blank, Literal, Term, Triples, TripleTerm

_WAVES = 256  # longer RDF lists than that are named by their place in the file
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
_Hashes = UInt64[np.ndarray, " term"]


def blank_names(triples: Triples) -> list[str]:
    """The name of each blank node, by its number.

    Nodes of which the same is said get a count behind the name, in the order of the file. Nodes on
    a circle, or above a list of hundreds, are named by their place in the file.
    """
    terms = triples.terms
    nodes = [at for at, term in enumerate(terms) if isinstance(term, Blank)]
    if not nodes:
        return []
    rows, extra = _rows_of(triples)
    hashes, known = _hashes(terms, rows, extra)
    told = Counter[str]()
    names = []
    for number, (at, sure) in enumerate(zip(nodes, known[nodes].tolist(), strict=True)):
        name = f"{hashes[at]:016x}" if sure else f"n{number}"
        told[name] += 1
        names.append(name if told[name] == 1 else f"{name}-{told[name]}")
    return names


def _rows_of(triples: Triples) -> tuple[Int64[np.ndarray, "row 3"], list[bytes]]:
    """The rows with a subject to be named; a triple term is said to point at its three parts."""
    unnamed = [isinstance(term, Blank | TripleTerm) for term in triples.terms]
    rows = [row for row in triples.rows if unnamed[row[0]]]
    rows += [row[:3] for row in triples.quads if unnamed[row[0]]]
    parts = [b"subject", b"predicate", b"object"]
    first = len(triples.terms)
    for at, term in enumerate(triples.terms):
        if isinstance(term, TripleTerm):
            inner = [triples.find(part) for part in term]
            rows += [(at, first + i, part) for i, part in enumerate(inner) if part is not None]
    return np.array(rows, dtype=np.int64).reshape(-1, 3), parts


def _hashes(
    terms: Sequence[Term], rows: Int64[np.ndarray, "row 3"], extra: Sequence[bytes]
) -> tuple[_Hashes, Bool[np.ndarray, " term"]]:
    """The hash of each term that occurs in the rows, and whether it is final."""
    hashes = np.zeros(len(terms) + len(extra), dtype=np.uint64)
    known = np.array(
        [not isinstance(term, Blank | TripleTerm) for term in terms] + [True] * len(extra)
    )
    for at in np.unique(rows[:, 1:]).tolist():
        if known[at]:
            text = _text(terms[at]) if at < len(terms) else extra[at - len(terms)]
            hashes[at] = zlib.crc32(text)
    unnamed = np.unique(rows[:, 0])
    without = np.flatnonzero(~known)
    known[without[~np.isin(without, unnamed)]] = True  # nothing is said of them
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    for _ in range(_WAVES):
        if not len(rows):
            break
        starts = np.flatnonzero(np.diff(rows[:, 0], prepend=-1))
        ready = np.logical_and.reduceat(known[rows[:, 2]], starts)
        if not ready.any():
            break
        said = _mixed(_mixed(hashes[rows[:, 1]]) + hashes[rows[:, 2]])
        subjects = rows[starts, 0]
        hashes[subjects[ready]] = _mixed(np.add.reduceat(said, starts)[ready])
        known[subjects[ready]] = True
        rows = rows[~known[rows[:, 0]]]
    return hashes, known


def _text(term: Term) -> bytes:
    if isinstance(term, Literal):
        return "\0".join(term).encode()
    return str(term).encode()


def _mixed(values: UInt64[np.ndarray, " value"]) -> UInt64[np.ndarray, " value"]:
    """Each bit of the result depends on all bits: Vigna's splitmix64, with one round."""
    values = values * _ODD
    values = (values ^ (values >> _SHIFT)) * _ODD
    return np.bitwise_xor(values, values >> _SHIFT)
