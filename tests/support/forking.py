"""Work on a knowledge base in a process of its own that starts at once, and can be killed.

A server imports everything once; each piece of work is a fork of it. The tests' type checks, which
make loading several times as slow, are not on there.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

SERVER = """\
import os, signal, sys
import kg.loading, kg.sources, kg.store.migrations
from kg import KnowledgeBase, OntograftError

def work(verb, place, *files):
    if verb == "upgrade":
        KnowledgeBase.upgrade(place)
    else:
        with KnowledgeBase.open(place, create=True) as kb:
            kb.load(*files)

def code_of(*words):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        work(*words)
    except KeyboardInterrupt:
        return 130
    except OntograftError as fault:
        print(fault, file=sys.stderr, flush=True)
        return fault.exit_code
    return 0

signal.signal(signal.SIGINT, signal.SIG_IGN)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = code_of(*line.rstrip("\\n").split("\\t"))
        finally:
            os._exit(code)
    print(child, flush=True)
    sys.stdin.readline()  # until then the number of the child is that of no other process
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Worker:
    """Does one piece of work after the other."""

    def __init__(self, server: subprocess.Popen[str]) -> None:
        self._server = server

    def run(self, *words: object) -> int:
        """Work to the end; the exit code.

        Args:
            words: "load", place and files; or "upgrade" and place.
        """
        self._start(words)
        return self._code()

    def seconds(self, *words: object) -> float:
        """How long it takes, done to the end without fault."""
        started = time.monotonic()
        assert self.run(*words) == 0
        return time.monotonic() - started

    def interrupted(self, seconds: float, kind: signal.Signals, *words: object) -> bool:
        """Work and send a signal so long after the start; whether it was still at work."""
        child = self._start(words)
        time.sleep(seconds)
        os.kill(child, kind)
        return self._code() != 0

    def _start(self, words: tuple[object, ...]) -> int:
        """The number of the process that works."""
        return self._told("\t".join(map(str, words)))

    def _code(self) -> int:
        """The exit code, when it has ended; below 0 for a signal."""
        return self._told("")

    def _told(self, line: str) -> int:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(line + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())


@contextmanager
def worker() -> Iterator[Worker]:
    """A worker, while the block runs."""
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        yield Worker(server)
        assert server.stdin is not None
        server.stdin.close()
