"""Files that are compressed as their suffix says, the same bytes for the same text every time."""

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, cast

from kg.atomic import open_atomically

SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".zip")

_EARLIEST = (1980, 1, 1, 0, 0, 0)  # that a zip can hold


def plain_name(path: Path) -> str:
    """The file's name without the suffix of a compression."""
    return path.name[: -len(path.suffix)] if path.suffix.lower() in SUFFIXES else path.name


@contextmanager
def open_text(path: Path) -> Iterator[TextIOWrapper]:
    """A text to write, as UTF-8; the file takes its place when the block ends without a fault.

    Args:
        path: the file; its folder must exist.

    Raises:
        OSError: as from `kg.atomic.open_atomically`.
    """
    with ExitStack() as stack:
        plain = stack.enter_context(open_atomically(path))
        packed = stack.enter_context(_compressed(plain, path))
        text = TextIOWrapper(packed, encoding="utf-8", newline="", write_through=False)
        yield text
        text.flush()
        text.detach()


@contextmanager
def _compressed(stream: BinaryIO, path: Path) -> Iterator[BinaryIO]:
    suffix = path.suffix.lower()
    with ExitStack() as stack:
        if suffix == ".gz":
            packed = gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0)
            yield cast(BinaryIO, stack.enter_context(packed))
        elif suffix == ".bz2":
            yield cast(BinaryIO, stack.enter_context(bz2.BZ2File(stream, "wb")))
        elif suffix == ".xz":
            yield cast(BinaryIO, stack.enter_context(lzma.LZMAFile(stream, "wb")))
        elif suffix == ".zst":
            import zstandard

            writer = zstandard.ZstdCompressor().stream_writer(stream, closefd=False)
            yield cast(BinaryIO, stack.enter_context(writer))
        elif suffix == ".zip":
            archive = stack.enter_context(zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED))
            member = zipfile.ZipInfo(plain_name(path), _EARLIEST)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            opened = archive.open(member, "w", force_zip64=True)
            yield cast(BinaryIO, stack.enter_context(opened))
        else:
            yield stream
