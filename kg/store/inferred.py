"""Whether the inferred triples still follow from what is loaded; asked beside it, if they do."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import Connection, select

from kg.errors import InputError
from kg.store.reading import read_version
from kg.store.schema import meta

META = "inferred"
"""Key of the meta table: what the inferred triples were made from, as JSON."""

_TOGETHER = """
CREATE TEMPORARY TABLE triple AS
SELECT subject, predicate, object, graph, source, added FROM {lasting}
UNION ALL SELECT subject, predicate, object, -1, -1, 0 FROM inferred
"""
_INDEXES = (
    "CREATE INDEX together_by_subject ON triple (subject, predicate, object, graph)",
    "CREATE INDEX together_by_object ON triple (predicate, object)",
)


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


@contextmanager
def with_inferred(connection: Connection) -> Iterator[None]:
    """While the block runs, the table `triple` holds what was inferred, too.

    It is a temporary table, which has precedence over the lasting one. What was inferred is in the
    default graph and has the source -1. A fault takes the table away with its transaction.

    Args:
        connection: in a transaction.

    Raises:
        InputError: nothing is inferred from what is loaded now.
    """
    if inferred_from(connection) is None:
        raise InputError(
            "Nothing is inferred from what is loaded now.", mend="Run `ontograft reason KB` first."
        )
    run = connection.exec_driver_sql
    if connection.dialect.name == "sqlite":
        run(_TOGETHER.format(lasting="main.triple"))
        temporary = "temp.triple"
    else:
        run(_TOGETHER.format(lasting="triple"))
        # Statements that are prepared already would go on reading the lasting table.
        run("SELECT set_config('search_path', 'pg_temp, ' || current_setting('search_path'), true)")
        temporary = "pg_temp.triple"
    for index in _INDEXES:
        run(index)
    yield
    run(f"DROP TABLE {temporary}")
