"""Runs a function in a forked process, so that its time and memory are bounded.

What is in C or Rust can neither be interrupted nor be kept from overflowing the stack; a process
can be ended, and its end harms nobody. It shares all that its parent holds.
"""

import faulthandler
import json
import math
import multiprocessing
import os
import resource
import sys
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any


def ask_fork(answer: Callable[[], Any], *, seconds: float, memory: int) -> Any:
    """What a function gives in a process of its own.

    Args:
        answer: gives what JSON can hold, and raises nothing but MemoryError.
        seconds: that it may take, above 0.
        memory: bytes that it may take beside what this process holds (on Linux).

    Raises:
        TimeoutError: it took longer.
        MemoryError: it took more memory, or nested too deeply.
    """
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    child = fork.Process(target=_child, args=(sender, answer, seconds, memory), daemon=True)
    with warnings.catch_warnings():
        # Python warns of threads that might hold a lock at the fork; the child takes none of ours.
        warnings.simplefilter("ignore", DeprecationWarning)
        child.start()
    sender.close()
    try:
        if not receiver.poll(seconds):
            raise TimeoutError
        return json.loads(receiver.recv_bytes())
    except EOFError:
        raise MemoryError from None
    finally:
        receiver.close()
        child.kill()
        child.join()
        child.close()


def bound(kind: int, most: int) -> None:
    """Lower a limit of this process; one that is lower already stays."""
    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))


def memory_held() -> tuple[int, int]:
    """Bytes of address space, and of memory, that this process holds; 0 where not Linux."""
    if sys.platform != "linux":
        return 0, 0
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()
    reserved, resident = (int(count) * resource.getpagesize() for count in pages[:2])
    return reserved, resident


def _child(sender: Connection, answer: Callable[[], Any], seconds: float, memory: int) -> None:
    faulthandler.disable()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # where Rust would tell why it dies
    bound(resource.RLIMIT_CORE, 0)
    # The parent ends us on time; this holds if it has died itself.
    bound(resource.RLIMIT_CPU, math.ceil(seconds) + 1)
    if sys.platform == "linux":
        bound(resource.RLIMIT_AS, memory_held()[0] + memory)
    try:
        sender.send_bytes(json.dumps(answer()).encode())
    except MemoryError:
        return
