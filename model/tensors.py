"""The graph of a knowledge base as PyTorch Geometric's data, on the arrays of its snapshot."""

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import Data, HeteroData

from kg import EntityTable, Graph


def shared_tensor(array: np.ndarray) -> Tensor:
    """A tensor on the memory of an array; nothing is copied.

    A graph's arrays refuse to be written. A tensor cannot refuse: writing to this one changes the
    graph in this process, though never the snapshot's file, which is mapped copy-on-write.
    """
    writable = array.view()
    writable.flags.writeable = True
    return torch.from_numpy(writable)


def to_data(graph: Graph) -> Data:
    """All entities as nodes of one kind; a node is its row.

    Returns:
        `edge_index` (2, edge) from head to tail, `edge_type` and `edge_origin` (edge,): numbers
        of `graph.relations` and `kg.graph.ORIGINS`. They share the graph's memory.
    """
    return Data(
        edge_index=shared_tensor(graph.edge_index),
        edge_type=shared_tensor(graph.edge_type),
        edge_origin=shared_tensor(graph.origin),
        num_nodes=graph.entity_count,
    )


def to_hetero_data(graph: Graph, table: EntityTable) -> HeteroData:
    """Entities as nodes by kind ("class", "individual", ...), edges by relation.

    Args:
        graph, table: of one knowledge base.

    Returns:
        For each kind its entities by row: `row` (node,), the row in the table, and `live` (node,).
        For each (kind, relation's CURIE, kind) that has an edge: `edge_index` (2, edge), in places
        within the kinds, and `edge_origin` (edge,), a number of `kg.graph.ORIGINS`.
    """
    kinds = sorted(set(table.kinds))
    number = {kind: place for place, kind in enumerate(kinds)}
    kind = np.array([number[name] for name in table.kinds], dtype=np.int64)
    place = np.empty(len(table), dtype=np.int64)
    made = HeteroData()
    for name in kinds:
        rows = np.flatnonzero(kind == number[name])
        place[rows] = np.arange(len(rows))
        made[name].num_nodes = len(rows)
        made[name].row = torch.from_numpy(rows)
        made[name].live = torch.from_numpy(table.live[rows])
    triples = np.stack([kind[graph.head], graph.relation, kind[graph.tail]])
    found, group = np.unique(triples, axis=1, return_inverse=True)
    order = np.argsort(group, kind="stable")
    # the piece after the last end is empty, and is all there is without an edge
    pieces = np.split(order, np.cumsum(np.bincount(group)))
    for (head, relation, tail), edges in zip(found.T.tolist(), pieces, strict=False):
        store = made[kinds[head], graph.relations[relation], kinds[tail]]
        store.edge_index = torch.from_numpy(place[graph.edge_index[:, edges]])
        store.edge_origin = torch.from_numpy(graph.origin[edges])
    return made
