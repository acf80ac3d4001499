"""Linkers of the commands: of a knowledge base alone, with a file, or with a folder."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kg import KnowledgeBase
    from linking import Linker, LinkerSettings
    from linking.opening import OpenLinker


def opener(trained: Path | None) -> "OpenLinker":
    """What opens such a linker; torch is only loaded for a folder."""
    if trained is not None and trained.is_dir():
        from model import load_linker

        return load_linker
    from linking.opening import open_linker

    return open_linker


def opened(
    base: "KnowledgeBase", trained: Path | None, settings: "LinkerSettings | None" = None
) -> "Linker":
    """The linker of a knowledge base with what `ontograft train-linker` wrote."""
    return opener(trained)(trained, base, settings=settings)
