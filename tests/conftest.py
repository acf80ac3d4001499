"""For all tests: no network but this machine, and no setting of the person who runs them."""

import os
import signal
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

import ontograft

if TYPE_CHECKING:
    from postgres import PostgresServer

assert ontograft.__file__  # imported first: it tells OpenMP how to wait before torch is loaded

os.environ["HF_HUB_OFFLINE"] = "1"
for setting in ("ONTOGRAFT_DEBUG", "FORCE_COLOR", "NO_COLOR"):
    os.environ.pop(setting, None)

# A shell's background jobs ignore Ctrl-C and hand that on; the tests that press it need it heard.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def no_cache_of_the_person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Snapshots of databases behind a URL go where the tests' files go."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def only_this_machine() -> Iterator[None]:
    """Refuse connections to other hosts: nothing that we test may need one."""
    connect = socket.socket.connect

    def refuse_others(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise ConnectionRefusedError(f"a test asked for the network: {address}")
        connect(self, address)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse_others)
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator["PostgresServer"]:
    """A real server; `postgres.new_schema()` gives the URL of an empty place in it."""
    from postgres import postgres_server

    with postgres_server() as server:
        yield server
