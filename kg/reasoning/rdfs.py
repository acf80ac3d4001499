"""The rules of RDFS that say something, by the names of RDF 1.1 Semantics, section 9.

https://www.w3.org/TR/rdf11-mt/#patterns-of-rdfs-entailment-informative. Left out: rdfs1, 4a, 4b, 6,
8, 10, 12 and 13, which say of everything that it is a resource, and that all lies under itself.
"""

from functools import cache

from kg.reasoning.patterns import Rule, parse_rule

_RULES = {
    "rdfs5": "?p rdfs:subPropertyOf ?q, ?q rdfs:subPropertyOf ?r -> ?p rdfs:subPropertyOf ?r",
    "rdfs11": "?c rdfs:subClassOf ?d, ?d rdfs:subClassOf ?e -> ?c rdfs:subClassOf ?e",
    "rdfs7": "?p rdfs:subPropertyOf ?q, ?x ?p ?y -> ?x ?q ?y",
    "rdfs2": "?p rdfs:domain ?c, ?x ?p ?y -> ?x a ?c",
    "rdfs3": "?p rdfs:range ?c, ?x ?p ?y -> ?y a ?c",
    "rdfs9": "?c rdfs:subClassOf ?d, ?x a ?c -> ?x a ?d",
}


@cache
def rdfs_rules() -> tuple[Rule, ...]:
    """All of them, in the order in which they run."""
    return tuple(
        parse_rule(name, text, transitive=name in ("rdfs5", "rdfs11"))
        for name, text in _RULES.items()
    )
