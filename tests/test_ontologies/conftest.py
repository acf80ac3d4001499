"""The finance ontology as the tests look at it."""

import itertools
import json
from collections.abc import Iterable
from typing import Any

import pytest
from rdflib import OWL, RDF, RDFS, Graph, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from ontograft.resources import finance_folder

FOLDER = finance_folder()


class Reading:
    """The ontology as plain sets: what the checks below talk about."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.classes = set(_named(graph.subjects(RDF.type, OWL.Class)))
        self.properties = set(_named(graph.subjects(RDF.type, OWL.ObjectProperty)))
        self.individuals = set(_named(graph.subjects(RDF.type, OWL.NamedIndividual)))
        self.parents = {c: set(_named(graph.objects(c, RDFS.subClassOf))) for c in self.classes}
        self.disjoint = set(map(frozenset, graph.subject_objects(OWL.disjointWith)))
        for axiom in graph.subjects(RDF.type, OWL.AllDisjointClasses):
            members = Collection(graph, graph.value(axiom, OWL.members))
            self.disjoint |= set(map(frozenset, itertools.combinations(members, 2)))

    def above(self, term: URIRef) -> set[URIRef]:
        """The class and all its ancestors."""
        found, waiting = set(), [term]
        while waiting:
            here = waiting.pop()
            if here not in found:
                found.add(here)
                waiting.extend(self.parents[here])
        return found

    def types(self, individual: URIRef) -> set[URIRef]:
        stated = set(self.graph.objects(individual, RDF.type)) & self.classes
        return set().union(*map(self.above, stated))

    def clashes(self, classes: set[URIRef]) -> list[frozenset[URIRef]]:
        """The disjoint pairs that one thing in all these classes would break."""
        full = set().union(*map(self.above, classes))
        return [pair for pair in self.disjoint if pair <= full]

    def ends(self, relation: URIRef) -> tuple[URIRef, URIRef]:
        return (self.graph.value(relation, RDFS.domain), self.graph.value(relation, RDFS.range))

    def restrictions(self, kind: URIRef) -> list[tuple[URIRef, URIRef, URIRef]]:
        """(class, property, filler) of all restrictions in subClassOf and equivalentClass."""
        found = []
        for owner in self.classes:
            parts = list(self.graph.objects(owner, RDFS.subClassOf))
            for same in self.graph.objects(owner, OWL.equivalentClass):
                parts += list(Collection(self.graph, self.graph.value(same, OWL.intersectionOf)))
            for part in parts:
                filler = self.graph.value(part, kind)
                if filler is not None:
                    found.append((owner, self.graph.value(part, OWL.onProperty), filler))
        return found


def _named(terms: Iterable[Node]) -> list[URIRef]:
    """The terms that are no blank nodes and no literals."""
    return [t for t in terms if isinstance(t, URIRef)]


@pytest.fixture(scope="module")
def finance() -> Reading:
    return Reading(Graph().parse(FOLDER / "ontology.ttl"))


@pytest.fixture(scope="module")
def shapes() -> Graph:
    return Graph().parse(FOLDER / "shapes.ttl")


@pytest.fixture(scope="module")
def texts() -> list[dict[str, Any]]:
    lines = (FOLDER / "texts.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]
