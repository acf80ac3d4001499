"""The members of RDF lists as facts of the engine's own: `l list:member m`, `l list:3:0 m`."""

from collections.abc import Iterator

import numpy as np

from kg.reasoning.facts import Facts, Keys, distinct, first_of, keys_of, second_of
from kg.reasoning.patterns import LIST, MEMBER
from kg.reasoning.terms import TermNumbers
from kg.vocabulary import FIRST, NIL, OWL, REST

# What points at a list that rules read.
POINTING = tuple(
    OWL + name
    for name in (
        "intersectionOf", "unionOf", "oneOf", "propertyChainAxiom", "hasKey", "members",
        "distinctMembers",
    )
)  # fmt: skip


def list_facts(facts: Facts, terms: TermNumbers) -> Iterator[tuple[int, Keys, dict[int, int]]]:
    """Facts about all lists that rules read; a broken or circular list ends where it breaks.

    Returns:
        Number of the predicate, its keys, and the lengths of the lists in them.
    """
    terms.learn([*POINTING, FIRST, REST, NIL])
    heads = {
        head for iri in POINTING for head in second_of(facts.table(terms.number(iri)).keys).tolist()
    }
    if not heads:
        return
    first, rest = (_by_subject(facts, terms.number(iri)) for iri in (FIRST, REST))
    pairs: dict[str, list[tuple[int, int]]] = {MEMBER: []}
    lengths = {}
    for head in heads:
        members = _members(head, first, rest)
        lengths[head] = len(members)
        pairs[MEMBER] += [(head, member) for member in members]
        for place, member in enumerate(members):
            pairs.setdefault(f"{LIST}{len(members)}:{place}", []).append((head, member))
    terms.learn(pairs)
    for name, found in pairs.items():
        columns = np.array(found, dtype=np.int64).reshape(-1, 2)
        yield terms.number(name), distinct(keys_of(columns[:, 0], columns[:, 1])), lengths


def _by_subject(facts: Facts, predicate: int) -> dict[int, int]:
    # the first of several values, as sorted by their numbers
    keys = facts.table(predicate).keys[::-1]
    return dict(zip(first_of(keys).tolist(), second_of(keys).tolist(), strict=True))


def _members(head: int, first: dict[int, int], rest: dict[int, int]) -> list[int]:
    found: list[int] = []
    seen, node = set[int](), head
    while node in first and node not in seen:
        seen.add(node)
        found.append(first[node])
        node = rest.get(node, -1)
    return found
