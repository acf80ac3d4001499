"""What the benchmarks share: costs, the machine, tables, and the file of figures.

Only the standard library is used here, so that a peer's environment needs nothing of ours.
"""

import argparse
import json
import os
import platform
import re
import resource
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

ROUNDS = 3
"""Every cost is the least of so many measurements."""

ROOT = Path(__file__).resolve().parent.parent

T = TypeVar("T")

_NUMBER = re.compile(r"[\d.,]+[x%]?|-")


@dataclass(frozen=True)
class Cost:
    """What a job took.

    Attributes:
        cpu: user and system seconds of this process, all its threads.
        wall: seconds on the clock; on a shared machine others are in it.
    """

    cpu: float
    wall: float


def measured(job: Callable[[], T]) -> tuple[T, Cost]:
    """Run a job once; what it gave, and what it took."""
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    given = job()
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return given, Cost(round(cpu, 4), round(wall, 4))


def peak_megabytes() -> int:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def answer(document: dict[str, Any]) -> None:
    """The last line of a worker's output, for `best_of_processes`."""
    say("\n" + json.dumps(document))


def best_of_processes(
    python: str, arguments: Sequence[str], *, key: str, rounds: int = ROUNDS
) -> dict[str, Any]:
    """Run a worker in fresh processes, one after another, and keep the cheapest.

    Args:
        python: the interpreter.
        arguments: script and its arguments; the script ends with `answer`.
        key: of the answer, the number to be least, most often "cpu".
        rounds: how many runs.

    Returns:
        The answer of the cheapest run with all values of `key` as "rounds", or {"skipped": why}.
    """
    answers = []
    for _ in range(rounds):
        done = subprocess.run(  # noqa: S603  (our own script)
            [python, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE"},
        )
        last = (done.stderr.strip() or "no output").splitlines()[-1]
        if done.returncode:
            missing = last.startswith("ModuleNotFoundError")
            return {"skipped": "not installed" if missing else last}
        answers.append(json.loads(done.stdout.splitlines()[-1]))
    best = dict(min(answers, key=lambda given: given[key]))
    return {**best, "rounds": [given[key] for given in answers]}


def machine() -> str:
    """Model of the processor, cores, system, Python."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, {platform.system()}, Python {platform.python_version()}"


def commit() -> str:
    """Hash of the commit that is measured, with `+changes` if the packages differ from it."""
    packages = ["kg", "linking", "model", "ontograft"]
    head = _git("rev-parse", "--short=12", "HEAD")
    return f"{head}+changes" if _git("status", "--porcelain", "--", *packages) else head


def _git(*words: str) -> str:
    found = subprocess.run(  # noqa: S603
        ["git", *words],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip()


def parser(description: str | None) -> argparse.ArgumentParser:
    """A parser with the option that all benchmarks have."""
    made = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    made.add_argument("--json", metavar="FILE", help="write the figures there too")
    return made


def write_figures(path: str, figures: dict[str, Any]) -> None:
    """Write the figures with what they need to be repeated."""
    document = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": commit(),
        "machine": machine(),
        "command": shlex.join(["python", *sys.argv]),
        "rounds": ROUNDS,
        **figures,
    }
    Path(path).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table in Markdown, so that it can be published as it is."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [
        max(len(column), *(len(row[index]) for row in cells))
        for index, column in enumerate(columns)
    ]
    numeric = [all(_NUMBER.fullmatch(row[index]) for row in cells) for index in range(len(columns))]
    lines = [
        columns,
        ["-" * (w - 1) + (":" if n else "-") for w, n in zip(widths, numeric, strict=True)],
        *cells,
    ]
    say(f"\n**{title}**\n")
    for line in lines:
        padded = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        )
        say("| " + " | ".join(padded) + " |")


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}" if value < 10 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def say(text: str) -> None:
    """A line on stdout."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
