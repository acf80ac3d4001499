"""A function in a forked process: its answer, and what becomes of one that takes too much."""

import os
import signal
import time

import pytest

from kg.forked import ask_fork, memory_held

MIB = 1 << 20


def test_the_answer_comes_from_another_process_and_leaves_no_trace_here():
    changed = []

    def answer() -> dict[str, int]:
        changed.append(1)
        return {"process": os.getpid()}

    found = ask_fork(answer, seconds=10.0, memory=64 * MIB)
    assert found["process"] != os.getpid()
    assert changed == []


def test_an_answer_that_is_longer_than_a_pipe_holds_is_whole():
    assert ask_fork(lambda: "x" * MIB, seconds=10.0, memory=64 * MIB) == "x" * MIB


def test_what_takes_too_long_is_ended():
    before = time.monotonic()
    with pytest.raises(TimeoutError):
        ask_fork(lambda: time.sleep(60), seconds=0.2, memory=64 * MIB)
    assert time.monotonic() - before < 30


@pytest.mark.parametrize(
    "answer",
    [lambda: len(bytes(256 * MIB)), lambda: os.kill(os.getpid(), signal.SIGSEGV)],
    ids=["too much memory", "killed"],
)
def test_what_takes_too_much_memory_or_dies_gives_a_fault(answer):
    with pytest.raises(MemoryError):
        ask_fork(answer, seconds=10.0, memory=64 * MIB)


def test_memory_held_grows_with_what_is_held():
    before = memory_held()
    held = bytearray(64 * MIB)
    held[::4096] = b"x" * len(held[::4096])
    assert memory_held()[0] >= before[0] + 32 * MIB
    assert memory_held()[1] >= before[1] + 32 * MIB
