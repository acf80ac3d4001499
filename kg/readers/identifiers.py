"""From the identifiers that tables and plain lists use to IRIs."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from kg.vocabulary import OBO, WELL_KNOWN_PREFIXES

BARE = "urn:x-id:"
"""Before an identifier that is neither CURIE nor IRI: the same in every file, so that they join."""

_IRI = re.compile(r"(?i)[a-z][a-z0-9+.-]*://\S+|(?:urn|tag|mailto):\S+")
_CURIE = re.compile(r"([A-Za-z][\w.-]*):([\w.-]+)")
_ILLEGAL = re.compile(r"[\x00-\x20<>\"{}|\\^`%#?/\[\]]")


def expanded(identifier: str, prefixes: Mapping[str, str], *, bare: str = BARE) -> str:
    """The IRI of an identifier.

    Args:
        identifier: an IRI, in <> or not; a CURIE of a declared, well-known or OBO prefix; or any
            other text, which gets `bare` before it.
        prefixes: prefix to namespace.
        bare: a namespace.
    """
    if identifier.startswith("<") and identifier.endswith(">"):
        identifier = identifier[1:-1]
    if _IRI.fullmatch(identifier):
        return identifier
    prefix, colon, local = identifier.partition(":")
    namespace = prefixes.get(prefix) or WELL_KNOWN_PREFIXES.get(prefix)
    if colon and namespace:
        return namespace + legal(local)
    if _CURIE.fullmatch(identifier):
        return f"{OBO}{prefix}_{local}"
    return bare + legal(identifier)


def is_iri(identifier: str) -> bool:
    """Whether it is an IRI rather than a CURIE or a text of its own."""
    return _IRI.fullmatch(identifier) is not None


def legal(local: str) -> str:
    """A text as the end of an IRI: what may not stand there is percent-encoded."""
    return _ILLEGAL.sub(lambda found: quote(found[0], safe=""), local)
