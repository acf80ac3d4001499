"""Arrays that were computed once from a knowledge base, kept in files and mapped into memory.

    X.db.snapshots/HASH/edges/      manifest.json, edge_index.npy, edge_type.npy, ...
                       /closure/    once somebody has asked for an ancestor

HASH names the content that the arrays were made from, so they never grow old; all of it can be
deleted at any time. A part is a folder that takes its name in one step, when it is whole. What is
damaged or not ours is made anew; where nothing can be written, arrays stay in memory.
"""

import json
import os
import re
import shutil
import uuid
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from kg.atomic import replace_folder

FORMAT = 3
"""Counts up when the arrays of a part, or their meaning, change."""

KEPT_SNAPSHOTS = 2
MANIFEST = "manifest.json"

_OURS = re.compile(r"[0-9a-f]{32}(-inferred)?")

Arrays = Mapping[str, np.ndarray]


@runtime_checkable
class Shelf(Protocol):
    """Where arrays that took work are kept."""

    def kept(
        self,
        part: str,
        make: Callable[[], Arrays],
        renew: Callable[[Arrays], Arrays] | None = None,
    ) -> Arrays:
        """The arrays of a part, by name.

        Args:
            part: its name.
            make: makes them if they are not there yet.
            renew: makes them then out of the same part of an older content, if there is such.
        """


class Memory:
    """The shelf of a graph that has no place in the file system: it keeps nothing."""

    def kept(
        self,
        part: str,
        make: Callable[[], Arrays],
        renew: Callable[[Arrays], Arrays] | None = None,
    ) -> Arrays:
        """What `make` gives."""
        return make()


class Snapshot:
    """The arrays of one content of one knowledge base, in a folder.

    Args:
        folder: named by the content's hash; it and those above it are made when needed.
        mode: permissions of the folder that holds it, if that is made.
    """

    def __init__(self, folder: Path, *, mode: int = 0o700) -> None:
        self.folder = folder
        self._mode = mode

    def kept(
        self,
        part: str,
        make: Callable[[], Arrays],
        renew: Callable[[Arrays], Arrays] | None = None,
    ) -> Arrays:
        """The arrays of a part, read-only.

        They are mapped out of its files if these are whole. Otherwise they are made and written;
        if that fails, because the place is not writable or full, they are in memory only.
        """
        found = self._read(part)
        if found is None:
            before = self._before(part) if renew is not None else None
            made = make() if renew is None or before is None else renew(before)
            found = {name: _read_only(array) for name, array in made.items()}
            self._write(part, found)
        return found

    def _before(self, part: str) -> Arrays | None:
        """The same part of the newest of the other contents that have it whole."""
        for folder in _others(self.folder):
            found = Snapshot(folder)._read(part)
            if found is not None:
                return found
        return None

    def _read(self, part: str) -> dict[str, np.ndarray] | None:
        folder = self.folder / part
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            if manifest["format"] != FORMAT or manifest["content"] != self._content(part):
                return None
            return {
                name: _mapped(folder / f"{name}.npy", told)
                for name, told in manifest["arrays"].items()
            }
        except Exception:
            # A damaged .npy file or manifest raises errors of many kinds, and all mean the same.
            return None

    def _write(self, part: str, arrays: Arrays) -> None:
        staged = self.folder / f".{part}.{uuid.uuid4().hex}"
        fresh = not self.folder.exists()
        try:
            self.folder.parent.parent.mkdir(parents=True, exist_ok=True)
            self.folder.parent.mkdir(mode=self._mode, exist_ok=True)
            staged.mkdir(parents=True)
            for name, array in arrays.items():
                np.save(staged / f"{name}.npy", array, allow_pickle=False)
            manifest = {
                "format": FORMAT,
                "content": self._content(part),
                "arrays": {name: _told(array) for name, array in arrays.items()},
            }
            (staged / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
            replace_folder(staged, self.folder / part)
        except OSError:
            # Nowhere to write, or another process was first with the same arrays.
            shutil.rmtree(staged, ignore_errors=True)
        if fresh:
            _remove_older(self.folder)

    def _content(self, part: str) -> str:
        return f"{self.folder.name}/{part}"


def _mapped(file: Path, told: Mapping[str, Any]) -> np.ndarray:
    """An array out of its file.

    Raises:
        ValueError: it is not the one that the manifest tells of.
    """
    # Copy-on-write: a tensor that is laid over the array can be written without harm to the file.
    array = np.asarray(np.load(file, mmap_mode="c", allow_pickle=False))
    if _told(array) != told:
        raise ValueError(f"{file} is not as its manifest says")
    return _read_only(array)


def _read_only(array: np.ndarray) -> np.ndarray:
    """A view that nobody writes to by mistake; its base stays as it was, for tensors' sake."""
    view = array.view()
    view.flags.writeable = False
    return view


def _told(array: np.ndarray) -> dict[str, Any]:
    """What the manifest says of an array. crc32 reads about 2.5 GB a CPU second."""
    checksum = zlib.crc32(np.ascontiguousarray(array).data)
    return {"dtype": array.dtype.str, "shape": list(array.shape), "crc32": checksum}


def _remove_older(newest: Path) -> None:
    """Leave the newest snapshots of a knowledge base; a process that maps another keeps it."""
    for folder in _others(newest)[KEPT_SNAPSHOTS - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)


def _others(snapshot: Path) -> list[Path]:
    """The other snapshots of a knowledge base, newest first."""
    try:
        found = [
            (entry.stat().st_mtime_ns, Path(entry.path))
            for entry in os.scandir(snapshot.parent)
            if _OURS.fullmatch(entry.name) and entry.name != snapshot.name
        ]
    except OSError:
        return []
    return [folder for _, folder in sorted(found, reverse=True)]
