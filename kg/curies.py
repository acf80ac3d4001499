"""Short names of IRIs: `http://purl.obolibrary.org/obo/HP_0000118` is `HP:0000118`."""

import re
from collections.abc import Mapping

from kg.vocabulary import OBO, WELL_KNOWN_PREFIXES

_OBO_PURL = re.compile(
    re.escape(OBO) + r"([A-Za-z][A-Za-z0-9]*(?:_[A-Za-z]+)*)_([0-9][0-9A-Za-z]*)"
)
_LOCAL = re.compile(r"[\w.\-]+")


class Curies:
    """Shortens IRIs by OBO's rule, the well-known prefixes, and those that files declare.

    Args:
        prefixes: prefix to namespace. A well-known namespace keeps its usual prefix.
    """

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        usual = {namespace: prefix for prefix, namespace in WELL_KNOWN_PREFIXES.items()}
        usual[OBO] = "obo"
        self._by_namespace = {
            namespace: prefix
            for prefix, namespace in prefixes.items()
            if namespace and prefix not in WELL_KNOWN_PREFIXES
        } | usual

    def of(self, iri: str) -> str:
        """The CURIE of an IRI, or the IRI itself where no prefix fits."""
        obo = _OBO_PURL.fullmatch(iri)
        if obo:
            return f"{obo[1]}:{obo[2]}"
        # The namespace usually ends at the last # or /; it may end at another sign, as in obo/HP_.
        cut = max(iri.rfind("#"), iri.rfind("/")) + 1
        prefix = self._by_namespace.get(iri[:cut])
        if prefix is not None and _LOCAL.fullmatch(iri, cut):
            return f"{prefix}:{iri[cut:]}"
        fitting = [n for n in self._odd_namespaces if iri.startswith(n)]
        if fitting:
            namespace = max(fitting, key=len)
            if _LOCAL.fullmatch(iri, len(namespace)):
                return f"{self._by_namespace[namespace]}:{iri[len(namespace) :]}"
        return iri

    @property
    def _odd_namespaces(self) -> list[str]:
        return [n for n in self._by_namespace if not n.endswith(("#", "/"))]
