"""Folders of texts, linked by several processes; a run that was killed goes on where it was.

Each file is cut into shards of a fixed number of texts. The links of a shard are a file of its own,
which is there whole or not at all, so the files that are missing are what is left to do. A manifest
keeps what they were made by: links of two knowledge bases or linkers are never mixed.
"""

import fcntl
import hashlib
import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from glob import escape
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from kg import KnowledgeBase
from kg.atomic import write_atomically
from kg.errors import FileFaultError, JobError
from linking.errors import TextsError
from linking.formats import FORMATS, format_of, lines_in, read_texts, write_texts
from linking.linker import Linker
from linking.opening import OpenLinker, open_linker
from linking.reading import TextRow
from linking.settings import LinkerSettings
from linking.trained import Trained

TEXTS_A_SHARD = 1000
MANIFEST = "manifest.json"
FORMAT = "ontograft-shards-1"
_AHEAD = 2
"""Shards that wait for each worker, so that none is idle while texts are read."""


@dataclass(frozen=True, slots=True)
class FolderReport:
    """What a run over a folder did.

    Attributes:
        files: that were read.
        passed_over: names of files that are of no known format, or empty.
        texts, shards: in all files.
        written: shards that this run wrote; the others were there.
    """

    files: int
    passed_over: tuple[str, ...]
    texts: int
    shards: int
    written: int

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "files": self.files,
            "passed_over": list(self.passed_over),
            "texts": self.texts,
            "shards": self.shards,
            "written": self.written,
        }


class FolderProgress(NamedTuple):
    """How many texts are done, and how many of them this run linked."""

    done: int
    linked: int


@dataclass(frozen=True)
class _Job:
    """All that a worker needs for any shard."""

    kb: str
    kb_version: str
    trained: Path | None
    settings: LinkerSettings | None
    output_format: str
    open_linker: OpenLinker


class _Shard(NamedTuple):
    path: Path
    texts: tuple[TextRow, ...]


class _Shards:
    """The shards of some files, counted as they are read.

    Attributes:
        of_file: how many each file has, by its name.
        texts_there: texts of shards that were there already.
    """

    def __init__(
        self,
        files: Sequence[Path],
        target: Path,
        suffix: str,
        *,
        format: str | None,
        texts_a_shard: int,
    ) -> None:
        self.of_file = dict.fromkeys((file.name for file in files), 0)
        self.texts_there = 0
        self._files, self._target, self._suffix = files, target, suffix
        self._format, self._size = format, texts_a_shard

    def missing(self) -> Iterator[_Shard]:
        """Those that are not there yet."""
        for file in self._files:
            rows = read_texts(file, format=self._format)
            while texts := tuple(islice(rows, self._size)):
                path = self._target / f"{file.name}.{self.of_file[file.name]:05}{self._suffix}"
                self.of_file[file.name] += 1
                if path.exists():
                    self.texts_there += len(texts)
                else:
                    yield _Shard(path, texts)


def link_folder(  # noqa: PLR0913 - what is linked, how, by what, and how much at once
    kb: str,
    source: str | Path,
    target: str | Path,
    *,
    workers: int = 1,
    format: str | None = None,
    output_format: str = "jsonl",
    trained: str | Path | None = None,
    settings: LinkerSettings | None = None,
    open_linker: OpenLinker = open_linker,
    texts_a_shard: int = TEXTS_A_SHARD,
    progress: Callable[[FolderProgress], None] | None = None,
) -> FolderReport:
    """Link every text file of a folder; the same bytes for any number of workers.

    With several workers the calling program is imported anew in each: guard its main part by
    `if __name__ == "__main__"`.

    Args:
        kb: path or URL of the knowledge base; each worker opens it.
        source: folder of files; those of no known format, hidden and empty ones are passed over.
        target: folder for `NAME.NUMBER.SUFFIX` of each input NAME; made if it is not there.
        workers: processes, at least 1; one works in this process.
        format: of the input; None tells it file by file.
        output_format: one that is a single file.
        trained: what `train-linker` wrote.
        settings: None takes those of the training, or the defaults.
        open_linker: reads it; `model.load_linker` for a folder with neural parts.
        texts_a_shard: at least 1.
        progress: called after each shard.

    Raises:
        FileFaultError: `source` is no folder or holds no text file; a format that is not known, or
            is no single file.
        TextsError: `target` holds something else, or links by another knowledge base or linker;
            a file that does not hold together; nothing is lost, the shards that are there stay.
        JobError: another run works on `target`, or a worker was killed.
    """
    source, target = Path(source), Path(target)
    files, passed_over = _files_of(source, format)
    suffix = _suffix_of(output_format)
    with KnowledgeBase.open(kb) as base:
        version = base.version()
    at = Path(trained) if trained else None
    job = _Job(kb, version, at, settings, output_format, open_linker)
    made_by = _made_by(job, format, texts_a_shard)
    if target.resolve() == source.resolve():
        raise TextsError(
            "the links would go among the texts", where=str(target), mend="Name another folder."
        )
    target.mkdir(parents=True, exist_ok=True)
    with _alone_in(target):
        inputs = _checked_inputs(target / MANIFEST, made_by, files)
        shards = _Shards(files, target, suffix, format=format, texts_a_shard=texts_a_shard)
        linked = written = 0
        for count in _run(job, shards.missing(), workers):
            linked, written = linked + count, written + 1
            if progress is not None:
                progress(FolderProgress(shards.texts_there + linked, linked))
        document = {**made_by, "inputs": inputs, "shards": shards.of_file}
        _write_manifest(target / MANIFEST, document)
    texts = shards.texts_there + linked
    return FolderReport(len(files), passed_over, texts, sum(shards.of_file.values()), written)


def _files_of(source: Path, format: str | None) -> tuple[list[Path], tuple[str, ...]]:
    """The files to read by name, and the names of the others."""
    if not source.is_dir():
        raise FileFaultError("is no folder", where=str(source), mend="Name a folder of text files.")
    files: list[Path] = []
    passed_over: list[Path] = []
    for path in sorted(source.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            (files if _is_read(path, format) else passed_over).append(path)
    if not files:
        raise FileFaultError(
            "holds no text file", where=str(source), mend=f"Known formats: {', '.join(FORMATS)}."
        )
    return files, tuple(path.name for path in passed_over)


def _is_read(path: Path, format: str | None) -> bool:
    if not path.stat().st_size:
        return False
    if format is not None:
        return True
    try:
        format_of(path)
    except FileFaultError:
        return False
    return True


def _suffix_of(output_format: str) -> str:
    """Of the files that are written; refuses a format that is no single file, or not known."""
    if output_format not in FORMATS or FORMATS[output_format].save is None:
        lines_in(output_format, ())
    elif output_format == "brat":
        raise FileFaultError(
            'the format "brat" is two files for each text', mend="Take another --output-format."
        )
    return FORMATS[output_format].suffixes[0]


def _made_by(job: _Job, format: str | None, texts_a_shard: int) -> dict[str, Any]:
    """What decides the bytes of the shards, for the manifest."""
    trained = Trained.of_place(job.trained) if job.trained else None
    settings = job.settings or (trained.settings if trained else LinkerSettings())
    return {
        "format": FORMAT,
        "knowledge_base": job.kb_version,
        "linker": _sha256_of_linker(job.trained) if job.trained else None,
        "settings": settings.to_json(),
        "input_format": format,
        "output_format": job.output_format,
        "texts_a_shard": texts_a_shard,
    }


def _sha256_of_linker(trained: Path) -> str:
    """Of the file, or of the manifest of the folder, which has those of its files."""
    file = trained / "manifest.json" if trained.is_dir() else trained
    if not file.is_file():
        raise FileFaultError("This is no linker.", where=str(trained), mend="Name one.")
    return _sha256(file)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _checked_inputs(manifest: Path, made_by: dict[str, Any], files: list[Path]) -> dict[str, str]:
    """Name -> SHA-256 of all inputs so far; writes the manifest.

    Raises:
        TextsError: what is in the folder was made otherwise, or of other texts.
    """
    inputs = {file.name: _sha256(file) for file in files}
    known = _read_manifest(manifest)
    if known is None:
        _write_manifest(manifest, {**made_by, "inputs": inputs})
        return inputs
    odd = [key.replace("_", " ") for key, value in made_by.items() if known.get(key) != value]
    if odd:
        raise TextsError(
            f"holds links that were made otherwise: another {', '.join(odd)}",
            where=str(manifest.parent),
            mend="Name another --output, or delete this folder to link everything anew.",
        )
    before: dict[str, str] = known.get("inputs", {})
    changed = [
        name
        for name, digest in inputs.items()
        if before.get(name, digest) != digest
        and any(manifest.parent.glob(f"{escape(name)}.[0-9][0-9][0-9][0-9][0-9].*"))
    ]
    if changed:
        raise TextsError(
            f"holds links of other texts than {', '.join(changed[:5])} has now",
            where=str(manifest.parent),
            mend="Delete the links of these files and manifest.json, or name another --output.",
        )
    inputs = dict(sorted({**before, **inputs}.items()))
    _write_manifest(manifest, {**made_by, "inputs": inputs})
    return inputs


def _read_manifest(path: Path) -> dict[str, Any] | None:
    """None where the folder is empty and has none."""
    others = [p for p in path.parent.iterdir() if not p.name.startswith(".")]
    if not others:
        return None
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        document = None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise TextsError(
            "is not empty, and no folder of links",
            where=str(path.parent),
            mend="Name an empty folder, or one that is not there yet.",
        )
    return document


def _write_manifest(path: Path, document: dict[str, Any]) -> None:
    write_atomically(path, json.dumps(document, ensure_ascii=False, indent=2) + "\n")


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder for this run, and clear away what a killed one left half-written."""
    held = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JobError(
                "another run writes to this folder",
                where=str(folder),
                mend="Wait for it, or name another --output.",
            ) from None
        for left in folder.glob(".*.tmp"):
            left.unlink()
        yield
    finally:
        os.close(held)


def _run(job: _Job, shards: Iterable[_Shard], workers: int) -> Iterator[int]:
    """Write shards; the number of texts of each as it is done, in any order."""
    if workers <= 1:
        linker = _built(job)
        for shard in shards:
            yield _write(linker, shard, job.output_format)
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=_end_with_parent) as pool:
        waiting: set[Future[int]] = set()
        try:
            for shard in shards:
                with _interrupts_held():
                    waiting.add(pool.submit(_work, job, shard))
                if len(waiting) >= workers * _AHEAD:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (one.result() for one in done)
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (one.result() for one in done)
        except BrokenProcessPool as fault:
            raise JobError(
                "a worker was killed, most likely for want of memory",
                mend="Run it again to go on, with fewer workers.",
            ) from fault
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """What starts in this block never gets Ctrl-C: the parent ends its workers in order."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_parent() -> None:
    """A worker whose parent was killed ends, too; it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _work(job: _Job, shard: _Shard) -> int:
    """What a worker does with a shard."""
    return _write(_kept(job), shard, job.output_format)


def _write(linker: Linker, shard: _Shard, output_format: str) -> int:
    """Link the texts of a shard and write its file; the number of texts."""
    write_texts(shard.path, linker.link_many(shard.texts), format=output_format)
    return len(shard.texts)


@lru_cache(maxsize=1)
def _kept(job: _Job) -> Linker:
    """The linker of this worker, built for its first shard."""
    return _built(job)


def _built(job: _Job) -> Linker:
    with KnowledgeBase.open(job.kb) as base:
        linker = job.open_linker(job.trained, base, settings=job.settings)
        if base.version() != job.kb_version:
            raise TextsError(
                "the knowledge base was changed during the run",
                where=job.kb,
                mend="Name another --output for links by what it holds now.",
            )
    return linker
