"""Whether the inferred triples still follow from what is loaded."""

import json
from typing import NamedTuple

from sqlalchemy import Connection, select

from kg.store.reading import read_version
from kg.store.schema import meta

META = "inferred"
"""Key of the meta table: what the inferred triples were made from, as JSON."""


class InferredFrom(NamedTuple):
    """What the stored inferred triples rest on.

    Args:
        content: `KnowledgeBase.version` then.
        profile: "rdfs", "rl" or "dl".
        complete: whether all was found.
        least_weight: of the soft Horn rules that ran.
    """

    content: str
    profile: str
    complete: bool
    least_weight: float


def inferred_from(connection: Connection) -> InferredFrom | None:
    """What the inferred triples rest on; None if there are none, or they are stale.

    Whoever reads the table `inferred` asks this first: after a load, its rows may follow no longer.
    """
    told = connection.execute(select(meta.c.value).where(meta.c.key == META)).scalar()
    if told is None:
        return None
    found = InferredFrom(**json.loads(told))
    return found if found.content == read_version(connection) else None
