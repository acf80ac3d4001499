"""Hostile and broken inputs: an answer, or a fault that says file, place and mend; cheaply.

The inputs, with what is to be said of each, stand in tests/support/hostile_inputs.py.
"""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import hostile_inputs
import hostile_worker

MEGABYTES = 300


@pytest.fixture(scope="module")
def met(tmp_path_factory):
    # In a process of its own: without the run-time type checks, and small when it forks.
    folder = tmp_path_factory.mktemp("hostile")
    results = folder / "results.json"
    worker = [sys.executable, Path(hostile_worker.__file__), folder, results]
    subprocess.run(worker, check=True)
    return json.loads(results.read_text(encoding="utf-8"))


@pytest.mark.parametrize("hostile", hostile_inputs.INPUTS, ids=lambda hostile: hostile.name)
def test_a_hostile_input_is_answered_or_refused_in_a_line(met, hostile, record_property):
    found = met[hostile.name]
    record_property("CPU seconds", found["cpu"])
    assert found["status"] not in (hostile_worker.SOCKET, -signal.SIGSYS), "it opened a socket"
    assert found["status"] == 0
    assert found["codes"][-1] == hostile.code
    last = found["said"][-1]
    assert re.search(hostile.says, last)
    assert not [said for said in found["said"] if re.search(hostile.never, said)]
    if hostile.code:
        error, mend = [line for line in last.splitlines() if line.startswith(("Error:", "Mend:"))]
        assert error.startswith("Error: ")
        assert mend.startswith("Mend: ")
    assert found["megabytes"] <= MEGABYTES


@pytest.mark.parametrize(
    "opens",
    [
        "import socket; socket.socket()",
        "from pyoxigraph import Store; "
        "list(Store().query('SELECT * { SERVICE <http://127.0.0.1:47111/> { ?s ?p ?o } }'))",
    ],
    ids=["Python", "Rust"],
)
@pytest.mark.skipif(sys.platform != "linux", reason="what Rust opens is seen on Linux alone")
def test_a_socket_would_have_been_seen(opens):
    code = f"from hostile_worker import end_at_a_socket; end_at_a_socket(); {opens}"
    path = str(Path(hostile_worker.__file__).parent)
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": path}, check=False)
    assert done.returncode in (hostile_worker.SOCKET, -signal.SIGSYS)


def test_there_are_at_least_sixty_of_them():
    assert len({hostile.name for hostile in hostile_inputs.INPUTS}) >= 60
