"""From IRIs to the identifiers that plain files and tables use: the way back of the readers."""

from kg.readers.identifiers import BARE, expanded
from kg.vocabulary import WELL_KNOWN_PREFIXES

_HEADINGS = {"h", "head", "subject", "source", "from"}  # a first line with these is skipped


class Identifiers:
    """Writes IRIs as short as their reader will understand them.

    Args:
        declaring: whether the format has a place for prefixes; they are in `prefixes` afterwards.
    """

    def __init__(self, *, declaring: bool) -> None:
        self.prefixes: dict[str, str] = {}
        self._declaring = declaring
        self._settled: set[str] = set()

    def of(self, iri: str, curie: str = "", *, bare: bool = True) -> str | None:
        """The shortest text that is read as this IRI; None if there is none.

        Args:
            iri: of an entity or relation.
            curie: by which the knowledge base shows it.
            bare: whether an identifier without a colon may serve.
        """
        local = iri.removeprefix(BARE)
        short = bare and local != iri and ":" not in local and local.lower() not in _HEADINGS
        if short and self._reads(local, iri):
            return local
        prefix, colon, _ = curie.partition(":")
        if colon and curie != iri:
            self._declare(prefix, curie, iri)
            if self._reads(curie, iri):
                self._settled.add(prefix)
                return curie
        return iri if self._reads(iri, iri) else None

    def _declare(self, prefix: str, curie: str, iri: str) -> None:
        """Let the prefix stand for what it stands for here, unless it means something already."""
        if not self._declaring or self._reads(curie, iri):
            return
        meant = prefix in self._settled or prefix in self.prefixes or prefix in WELL_KNOWN_PREFIXES
        local = curie[len(prefix) + 1 :]
        if not meant and local and iri.endswith(local):
            self.prefixes[prefix] = iri[: -len(local)]

    def _reads(self, text: str, iri: str) -> bool:
        plain = text == text.strip() and not any(sign in text for sign in "\t\n\r|")
        return plain and expanded(text, self.prefixes) == iri
