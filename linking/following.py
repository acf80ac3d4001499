"""A linker that is always that of the knowledge base as it is now."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from kg import KnowledgeBase
from linking.links import Candidate, LinkedText
from linking.opening import OpenLinker, open_linker
from linking.settings import LinkerSettings


class FollowingLinker:
    """Answers by an open knowledge base, whoever changes it; not for two threads at once.

    Attributes:
        kb: the knowledge base; the caller closes it.
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        *,
        settings: LinkerSettings | None = None,
        trained: str | Path | None = None,
        open_linker: OpenLinker = open_linker,
    ) -> None:
        """Build the linker.

        Args:
            kb: the knowledge base.
            settings: None takes those of the training, or the defaults.
            trained: what `train-linker` wrote.
            open_linker: reads it; `model.load_linker` for a folder with neural parts.
        """
        self.kb = kb
        self._open = partial(open_linker, trained, kb, settings=settings)
        self._kb_version = ""
        self._follow()

    @property
    def kb_version(self) -> str:
        """Of the knowledge base as it was at the last answer."""
        return self._kb_version

    def link(self, text: str, *, id: str = "") -> LinkedText:
        """The links of a text."""
        self._follow()
        return self._linker.link(text, id=id)

    def ground(
        self, mentions: Sequence[str], *, k: int, texts: Sequence[str] | None = None
    ) -> list[tuple[Candidate, ...]]:
        """The candidates of given mentions."""
        self._follow()
        return self._linker.ground(mentions, k=k, texts=texts)

    def _follow(self) -> None:
        while self._kb_version != (version := self.kb.version()):
            linker = self._open()
            if self.kb.version() == version:  # else a load came in between
                self._linker, self._kb_version = linker, version
