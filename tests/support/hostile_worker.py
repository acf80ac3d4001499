"""Meets every hostile input in a process of its own: python hostile_worker.py FOLDER RESULTS.

This process imports the command line once. A fork lays an input out, a second fork runs the
commands on it, with a bound on its time and address space; a socket ends it. RESULTS
gets, for each input: exit codes, what was printed, CPU seconds and the peak of memory.
"""

import ctypes
import json
import os
import platform
import resource
import signal
import struct
import sys
import tempfile
import time
import traceback
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import hostile_inputs

SOCKET = 99
_SOCKET_CALLS = {"x86_64": 41, "aarch64": 198}
_CPU_S = 30
_PATIENCE_S = 60
_ADDRESSES = 8 << 30


def main() -> None:
    """Meet them all, or those that are named behind RESULTS."""
    folder, results, *names = sys.argv[1:]
    import_what_commands_need()
    found = {}
    for number, hostile in enumerate(hostile_inputs.INPUTS):
        if not names or hostile.name in names:
            place = Path(folder) / str(number)
            place.mkdir()
            in_fork(lambda h=hostile, p=place: h.build(p))
            found[hostile.name] = meet(hostile, place)
    Path(results).write_text(json.dumps(found), encoding="utf-8")


def import_what_commands_need() -> None:
    """So that no fork has to."""
    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("w") as nowhere:
        os.chdir(folder)
        hostile_inputs.text("x.ttl", hostile_inputs.labelled("cat"))(Path(folder))
        hostile_inputs.text("x.obo", hostile_inputs.OBO)(Path(folder))
        hostile_inputs.table(hostile_inputs.MAP)(Path(folder))
        with redirect_stdout(nowhere), redirect_stderr(nowhere):
            for words in (
                ["load", "kb.sqlite", "x.ttl", "x.obo", "map.toml", "--json"],
                ["info", "kb.sqlite"],
                ["search", "kb.sqlite", "cat"],
                ["show", "kb.sqlite", "http://e.org/A"],
                ["sparql", "kb.sqlite", "SELECT * { ?s ?p ?o }"],
                ["sparql", "kb.sqlite", "no query"],
            ):
                command(words)
        os.chdir("/")


def meet(hostile: hostile_inputs.Hostile, place: Path) -> dict[str, object]:
    """Run the commands; what came of it."""
    codes_file = place / "codes.json"

    def run() -> None:
        os.chdir(place)
        signal.alarm(_PATIENCE_S)
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
        end_at_a_socket()
        codes = []
        for number, words in enumerate(hostile.commands):
            redirect(place / f"said{number}")
            codes.append(command(["kb.sqlite" if word == "KB" else word for word in words]))
            sys.stdout.flush()
            sys.stderr.flush()
        codes_file.write_text(json.dumps(codes))

    began = time.monotonic()
    status, used = in_fork(run)
    said = [
        path.read_bytes().decode("utf-8", errors="replace")
        for path in sorted(place.glob("said*"), key=lambda path: int(path.name[4:]))
    ]
    return {
        "status": status,
        "codes": json.loads(codes_file.read_text()) if codes_file.exists() else [],
        "said": said,
        "cpu": round(used.ru_utime + used.ru_stime, 2),
        "wall": round(time.monotonic() - began, 2),
        "megabytes": used.ru_maxrss // 1024,
    }


def command(words: list[str]) -> int:
    """The exit code of one command."""
    from ontograft.cli.app import app

    try:
        app(words, prog_name="ontograft")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0


def in_fork(job: object) -> tuple[int, resource.struct_rusage]:
    """Run a job in a fork; how it ended, and what it and its children used."""
    pid = os.fork()
    if pid == 0:
        try:
            job()  # type: ignore[operator]
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(98)
        os._exit(0)
    _, status, used = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), used


def redirect(path: Path) -> None:
    """Let stdout and stderr go to a file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


def end_at_a_socket() -> None:
    """End this process at a socket that Python opens, and on Linux at one that Rust does."""

    def hook(event: str, _: object) -> None:
        if event.startswith("socket."):
            os._exit(SOCKET)

    sys.addaudithook(hook)
    number = _SOCKET_CALLS.get(platform.machine()) if sys.platform == "linux" else None
    if number is None:
        return
    # seccomp(2): load the number of the system call; if it is that one, kill; else allow.
    steps = ((0x20, 0, 0, 0), (0x15, 0, 1, number), (6, 0, 0, 0x8000_0000), (6, 0, 0, 0x7FFF_0000))
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    given = Program(len(steps), ctypes.addressof(program))
    system = ctypes.CDLL(None)
    system.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    if system.prctl(22, 2, ctypes.byref(given), 0, 0):  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
        raise OSError("no system calls can be forbidden here")


class Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


if __name__ == "__main__":
    main()
