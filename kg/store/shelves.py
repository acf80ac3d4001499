"""Where the arrays of a knowledge base are kept, and the name of what they are made from."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.engine import make_url

from kg.snapshots import FORMAT, Memory, Shelf, Snapshot
from kg.store.database import shown_location
from kg.store.reading import fetched
from kg.store.schema import SCHEMA_VERSION, entity, inferred, meta, release, source


def open_shelf(
    connection: Connection, snapshots: Path | None, *, with_inferred: bool = False
) -> Shelf:
    """The shelf of what a knowledge base holds now.

    Args:
        connection: to the knowledge base.
        snapshots: `snapshots_folder` of its location; None to keep nothing.
        with_inferred: whether for arrays into which inferred triples go.
    """
    if snapshots is None:
        return Memory()
    content = content_hash(connection, with_inferred=with_inferred)
    return Snapshot(snapshots / content, mode=_mode(snapshots))


def content_hash(connection: Connection, *, with_inferred: bool = False) -> str:
    """Names what the arrays are made from: which releases were loaded when, and hold now.

    Two knowledge bases with the same files may number their entities differently, so it is not
    `KnowledgeBase.version`.

    Args:
        connection: to a knowledge base.
        with_inferred: whether inferred triples are among it; the name then says so.
    """
    releases = select(release.c.id, release.c.source, release.c.sha256, release.c.loaded_at)
    current = select(source.c.id, source.c.release)
    told: list[Any] = [
        SCHEMA_VERSION,
        FORMAT,
        connection.execute(select(func.max(entity.c.row))).scalar(),
        *map(list, fetched(connection, releases.order_by(release.c.id))),
        *map(list, fetched(connection, current.order_by(source.c.id))),
    ]
    if with_inferred:
        reasoned = select(meta.c.value).where(meta.c.key == "inferred")
        told.append(connection.execute(reasoned).scalar())
        told.append(connection.execute(select(func.count()).select_from(inferred)).scalar())
    digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]
    return f"{digest}-inferred" if with_inferred else digest


def snapshots_folder(location: str) -> Path | None:
    """Where the snapshots of a knowledge base are; None if it has no place of its own.

    `X.db.snapshots` beside an SQLite file; for other databases a folder of this machine,
    `$XDG_CACHE_HOME/ontograft/snapshots`, or `~/.cache/ontograft/snapshots`.

    Args:
        location: of the knowledge base, a path or a URL.
    """
    if "://" in location:
        url = make_url(location)
        if url.get_backend_name() != "sqlite":
            cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
            name = hashlib.sha256(shown_location(location).encode()).hexdigest()[:32]
            return cache / "ontograft" / "snapshots" / name
        if not url.database or url.database == ":memory:":
            return None
        location = url.database
    return Path(f"{location}.snapshots")


def _mode(snapshots: Path) -> int:
    """Who may read the SQLite file may read its snapshots; those of other databases are private."""
    try:
        mode = snapshots.with_suffix("").stat().st_mode & 0o777
    except OSError:
        return 0o700
    return mode | (mode & 0o444) >> 2
