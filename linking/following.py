"""A linker that is always that of the knowledge base as it is now."""

from collections.abc import Sequence

from kg import KnowledgeBase
from linking.linker import Linker
from linking.links import Candidate, LinkedText
from linking.settings import LinkerSettings
from linking.trained import Trained


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
        trained: Trained | None = None,
    ) -> None:
        """Build the linker, as by `Linker.of`."""
        self.kb = kb
        self._settings, self._trained = settings, trained
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
            linker = Linker.of(self.kb, settings=self._settings, trained=self._trained)
            if self.kb.version() == version:  # else a load came in between
                self._linker, self._kb_version = linker, version
