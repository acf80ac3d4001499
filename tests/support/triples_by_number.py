"""RDF text to integers and back, without a store: what the engine reads, and what it gave."""

from collections.abc import Iterable

import numpy as np
import rdflib

from kg.reasoning.engine import Engine
from kg.reasoning.outcome import Outcome, TripleColumns
from kg.reasoning.owl_rl import owl_rl_rules
from kg.reasoning.patterns import Rule
from kg.reasoning.records import Budget
from kg.reasoning.terms import LiteralText, TermNumbers


class NumberedGraph:
    """An rdflib graph by numbers."""

    def __init__(self, graph: rdflib.Graph) -> None:
        nodes = sorted({node for triple in graph for node in triple}, key=lambda n: n.n3())
        self.nodes = nodes
        number = {node: i for i, node in enumerate(nodes)}
        rows = np.array([[number[n] for n in t] for t in graph], dtype=np.int64).reshape(-1, 3)
        self.columns = TripleColumns(rows[:, 0].copy(), rows[:, 1].copy(), rows[:, 2].copy())
        iris = {str(n): i for n, i in number.items() if isinstance(n, rdflib.URIRef)}
        self.terms = TermNumbers(
            literal=np.array([isinstance(n, rdflib.Literal) for n in nodes], dtype=np.bool_),
            blank=np.array([isinstance(n, rdflib.BNode) for n in nodes], dtype=np.bool_),
            find=lambda wanted: {iri: iris[iri] for iri in wanted if iri in iris},
            texts=self._texts,
        )

    def _texts(self, numbers):
        found = {}
        for n in numbers:
            node = self.nodes[n] if n < len(self.nodes) else None
            if isinstance(node, rdflib.Literal):
                datatype = str(node.datatype) if node.datatype else ""
                found[n] = LiteralText(str(node), datatype, node.language or "")
        return found

    def node(self, number: int) -> rdflib.term.Node:
        if number < len(self.nodes):
            return self.nodes[number]
        return rdflib.URIRef(self.terms.new[number])


def reasoned(
    graph: rdflib.Graph,
    rules: Iterable[Rule] | None = None,
    *,
    budget: Budget | None = None,
    owl: bool = True,
) -> tuple[NumberedGraph, Outcome]:
    numbered = NumberedGraph(graph)
    engine = Engine(
        numbered.columns,
        numbered.terms,
        owl_rl_rules() if rules is None else tuple(rules),
        owl=owl,
        budget=budget or Budget(),
    )
    return numbered, engine.run()


def inferred_graph(numbered: NumberedGraph, outcome: Outcome) -> rdflib.Graph:
    found = rdflib.Graph()
    given = outcome.inferred
    for s, p, o in zip(given.subject, given.predicate, given.object, strict=True):
        found.add((numbered.node(int(s)), numbered.node(int(p)), numbered.node(int(o))))
    return found
