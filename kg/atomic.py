"""Files and folders that are either wholly the old or wholly the new, whenever the power goes.

The new content is written beside the target, forced to the disk, and takes the target's name in
one step of the file system.
"""

import ctypes
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def write_atomically(path: str | Path, content: bytes | str) -> None:
    """Write a whole file; a reader, or a restart after a kill, sees the old one or the new one.

    Args:
        path: the file; its folder must exist.
        content: text is written as UTF-8, as it is (no translation of line ends).

    Raises:
        OSError: the folder is missing, full or not writable; the old file is then untouched.
    """
    with open_atomically(path) as stream:
        stream.write(content.encode("utf-8") if isinstance(content, str) else content)


@contextmanager
def open_atomically(path: str | Path) -> Iterator[BinaryIO]:
    """A stream to write a file to; the file takes its place when the block ends without a fault.

    Args:
        path: the file; its folder must exist.

    Raises:
        OSError: as in `write_atomically`.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "This is a folder", str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "There is no such folder", str(path.parent))
    handle, staged = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as stream:
            os.fchmod(stream.fileno(), _mode_of(path))
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        Path(staged).replace(path)
    except BaseException:
        Path(staged).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def replace_folder(staged: str | Path, target: str | Path) -> None:
    """Let a finished folder take the target's name; what stood there before is removed.

    On Linux the two folders change places in one step (renameat2). Elsewhere two renames are
    needed, and a kill between them leaves the old folder as `.NAME.old` beside the target.

    Args:
        staged: the new folder, complete, on the same file system as the target.
        target: need not exist; its parent must.

    Raises:
        OSError: as from rename; the target is then as it was.
    """
    staged, target = Path(staged), Path(target)
    for folder, _, files in os.walk(staged):
        for file in files:
            with (Path(folder) / file).open("rb") as stream:
                os.fsync(stream.fileno())
        _sync_folder(Path(folder))
    if not target.exists():
        staged.rename(target)
    elif _exchange(staged, target):
        shutil.rmtree(staged)
    else:
        _rename_over(staged, target)
    _sync_folder(target.parent)


def _rename_over(staged: Path, target: Path) -> None:
    aside = target.with_name(f".{target.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    target.rename(aside)
    try:
        staged.rename(target)
    except OSError:
        aside.rename(target)
        raise
    shutil.rmtree(aside)


def _exchange(first: Path, second: Path) -> bool:
    """Swap two folders in one step; False where the system or the file system cannot."""
    if sys.platform != "linux":
        return False
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    failed = renameat2(
        _AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE
    )
    if not failed:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.EXDEV):
        return False
    raise OSError(code, os.strerror(code), str(first), None, str(second))


def _mode_of(path: Path) -> int:
    """The permissions that the file has, or that a newly made one would get."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
