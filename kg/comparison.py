"""How two entities relate: what is above both, the way between them, how alike they are."""

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from kg.graph import Graph
from kg.records import Labelled
from kg.table import EntityTable


class Step(NamedTuple):
    """An edge on the way between two entities, as CURIEs, in its own direction."""

    head: str
    relation: str
    tail: str


@dataclass(frozen=True)
class Comparison:
    """How two entities relate.

    Args:
        first, second: the two.
        first_is_second, second_is_first: whether one is an ancestor of the other by is-a.
        common_ancestors: the lowest of those they have in common, themselves included.
        path: a shortest way from one to the other along edges of any relation and direction; None
            without one.
        resnik, lin: similarity over `Hierarchy.intrinsic_information`, 0 to 1.
    """

    first: Labelled
    second: Labelled
    first_is_second: bool
    second_is_first: bool
    common_ancestors: tuple[Labelled, ...]
    path: tuple[Step, ...] | None
    resnik: float
    lin: float

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries and lists."""
        return {
            **asdict(self),
            "first": self.first._asdict(),
            "second": self.second._asdict(),
            "common_ancestors": [found._asdict() for found in self.common_ancestors],
            "path": None if self.path is None else [step._asdict() for step in self.path],
        }


def compare(graph: Graph, table: EntityTable, first: str, second: str) -> Comparison:
    """Compare two entities.

    Args:
        graph, table: of one knowledge base.
        first, second: CURIEs or IRIs.

    Raises:
        UnknownEntityError: no entity has one of them.
    """
    one, other = table.row(first), table.row(second)
    hierarchy = graph.hierarchy
    information = hierarchy.intrinsic_information()
    rows = graph.shortest_path(one, other, both_ways=True)
    return Comparison(
        first=_labelled(table, one),
        second=_labelled(table, other),
        first_is_second=graph.is_a(one, other),
        second_is_first=graph.is_a(other, one),
        common_ancestors=tuple(
            _labelled(table, row) for row in hierarchy.lowest_common_ancestors(one, other).tolist()
        ),
        path=None if rows is None else tuple(_step(graph, table, *ends) for ends in pairwise(rows)),
        resnik=hierarchy.resnik(one, other, information),
        lin=hierarchy.lin(one, other, information),
    )


def _labelled(table: EntityTable, row: int) -> Labelled:
    return Labelled(table.curies[row], table.labels[row] or table.curies[row])


def _step(graph: Graph, table: EntityTable, start: int, end: int) -> Step:
    """The first edge between two neighbours: from the start if there is one, else to it."""
    for head, tail in ((start, end), (end, start)):
        for edge in graph.edges_of(head).tolist():
            if graph.tail[edge] == tail:
                relation = graph.relations[graph.relation[edge]]
                return Step(table.curies[head], relation, table.curies[tail])
    raise ValueError(f"no edge between rows {start} and {end}")
