"""A linker out of a knowledge base and what was trained for it."""

from pathlib import Path
from typing import Protocol, runtime_checkable

from kg import KnowledgeBase
from linking.errors import TextsError
from linking.linker import Linker
from linking.settings import LinkerSettings
from linking.trained import Trained


@runtime_checkable
class OpenLinker(Protocol):
    """`open_linker`, or `model.load_linker`, which reads folders with neural parts too."""

    def __call__(
        self, path: str | Path | None, kb: KnowledgeBase, *, settings: LinkerSettings | None = None
    ) -> Linker:
        """The linker of a knowledge base with what was trained for it."""


def open_linker(
    path: str | Path | None, kb: KnowledgeBase, *, settings: LinkerSettings | None = None
) -> Linker:
    """The linker of a knowledge base with what was trained for it.

    Args:
        path: a file of `train_linker`; None for nothing.
        kb: the knowledge base.
        settings: None takes those of the training.

    Raises:
        FileFaultError, SyntaxFaultError, TextsError: the file is none, or cannot be read.
    """
    if path is not None and Path(path).is_dir():
        raise TextsError(
            "This is a folder. A linker with neural parts is not read here.",
            where=str(path),
            mend="Use `model.load_linker`, or name a file of `ontograft train-linker`.",
        )
    trained = None if path is None else Trained.load(path)
    return Linker.of(kb, settings=settings, trained=trained)
