"""Ontograft: from an ontology to a language model that reads it.

The parts are the packages `kg`, `linking` and `model`; this one joins them: command line, demo,
service. Importing it loads none of them.
"""

import importlib.util
import os
from pathlib import Path

__version__ = "0.1.0"

# Read by OpenMP when torch is loaded: threads that spin while they wait cost up to 24 times on a
# busy machine. A user's own setting wins.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def _refuse_foreign_packages() -> None:
    """Make sure that kg, linking and model are ours, not a `model.py` of the working folder."""
    home = Path(__file__).resolve().parent.parent
    for name in ("kg", "linking", "model"):
        spec = importlib.util.find_spec(name)
        if spec is None:
            raise ImportError(
                f"The package `{name}` of ontograft is missing beside {home / 'ontograft'}: "
                "install ontograft anew (`pip install --force-reinstall ontograft`)."
            )
        found = Path(spec.origin or next(iter(spec.submodule_search_locations or [""]))).resolve()
        if not found.is_relative_to(home / name):
            raise ImportError(
                f"`import {name}` would load {found} instead of ontograft's own {home / name}: "
                f"rename that {'folder' if found.is_dir() else 'file'}, "
                "or run Python from another folder."
            )


_refuse_foreign_packages()
