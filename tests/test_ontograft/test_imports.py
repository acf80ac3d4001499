"""What a command may import, and whose packages `kg`, `linking` and `model` are."""

import subprocess
import sys

import pytest

PROBE = """
import sys
from ontograft.cli import app
try:
    app({arguments!r}, standalone_mode=False)
except SystemExit:
    pass
print(" ".join(name for name in {names!r} if name in sys.modules), file=sys.stderr)
"""

HEAVY = ("torch", "transformers", "torch_geometric", "rdflib")


def imported(arguments, names=HEAVY):
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(arguments=arguments, names=names)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr.splitlines()[-1].split()


def test_help_imports_neither_torch_nor_the_database():
    assert imported(["--help"], (*HEAVY, "sqlalchemy", "numpy", "pydantic", "kg")) == []


@pytest.mark.parametrize("command", [("info",), ("search", "aspirin"), ("show", "toy:Aspirin")])
def test_commands_on_a_knowledge_base_import_no_torch(toy_kb, command):
    name, *rest = command
    assert imported([name, str(toy_kb), *rest]) == []


def test_linking_imports_no_torch(toy_kb):
    assert imported(["link", str(toy_kb), "aspirin"]) == []


def test_a_foreign_model_in_the_working_folder_is_named(tmp_path):
    (tmp_path / "model.py").write_text("print('mine')\n", encoding="utf-8")
    (tmp_path / "script.py").write_text("import ontograft\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    message = done.stderr.splitlines()[-1]
    assert message.startswith("ImportError")
    assert str(tmp_path / "model.py") in message
    assert "rename that file" in message


def test_waiting_threads_sleep_unless_the_user_says_otherwise():
    program = "import ontograft, os; print(os.environ['OMP_WAIT_POLICY'])"
    for given, expected in (({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE")):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={"PATH": "", **given},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == expected
