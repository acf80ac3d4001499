"""Training survives SIGKILL at any moment: after 20 kills the end is that of an unbroken run."""

import json
import subprocess
import sys
from pathlib import Path

KILLS = 20

# One process pays for the imports once; each attempt is a real child of it, killed for real.
ATTEMPTS = f"""
import os, random, signal, sys, time
from pathlib import Path
import torch
torch.set_num_threads(1)
from model import run_experiment
from zoo import tiny_config

folder, chance = Path(sys.argv[1]), random.Random(11)

def attempt(out, kill_after=None):
    config = tiny_config(folder, steps=60, out=str(folder / out), arms=["knowledge"])
    child = os.fork()
    if child == 0:
        def note_first_step(at, seen=[]):
            if at.stage.startswith("train") and not seen:
                seen.append(at)
                with open(folder / "first-steps", "a") as file:
                    file.write(f"{{at.done}}\\n")
        run_experiment(config, report=note_first_step)
        os._exit(0)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return status

began = time.perf_counter()
assert attempt("whole") == 0
span = time.perf_counter() - began
killed, finished, turn = 0, 0, 0
while killed < {KILLS}:
    status = attempt(f"killed{{turn}}", kill_after=chance.uniform(0.1, 0.9) * span)
    if os.WIFSIGNALED(status):
        killed += 1
    else:
        assert status == 0, f"an attempt to go on failed: {{status}}"
        finished, turn = finished + 1, turn + 1
assert attempt(f"killed{{turn}}") == 0
print(killed, turn)
"""


def test_killed_twenty_times_a_run_ends_as_if_nothing_had_happened(zoo: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ATTEMPTS, str(zoo)],
        capture_output=True, text=True, timeout=300, check=False,
        env={"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    killed, turns = map(int, done.stdout.split())
    assert killed == KILLS
    whole = zoo / "whole" / "model"
    for turn in range(turns + 1):
        ended = zoo / f"killed{turn}" / "model"
        for name in ("trained.safetensors", "vectors.safetensors"):
            assert (ended / name).read_bytes() == (whole / name).read_bytes()
        assert figures(ended) == figures(whole)
    # a run that had begun goes on from its last checkpoint, not from the start
    assert any(int(step) > 1 for step in (zoo / "first-steps").read_text().split())


def figures(model: Path) -> list[object]:
    """What came of each run, without how long it took."""
    runs = json.loads((model / "results.json").read_text())["runs"]
    return [{**run, "seconds_per_step": None} for run in runs]
