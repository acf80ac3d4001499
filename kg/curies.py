"""Short names of IRIs: `http://purl.obolibrary.org/obo/HP_0000118` is `HP:0000118`."""

import re
from collections.abc import Mapping

from kg.vocabulary import OBO, WELL_KNOWN_PREFIXES

OBO_PURL = re.compile(re.escape(OBO) + r"([A-Za-z][A-Za-z0-9]*(?:_[A-Za-z]+)*)_([0-9][0-9A-Za-z]*)")
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
        self._odd_namespaces = [n for n in self._by_namespace if not n.endswith(("#", "/"))]

    def of(self, iri: str) -> str:
        """The CURIE of an IRI, or the IRI itself where no prefix fits."""
        obo = OBO_PURL.fullmatch(iri)
        if obo:
            return f"{obo[1]}:{obo[2]}"
        # A namespace that ends within a word, as `obo/HP_` does, is the more exact one.
        odd = max((n for n in self._odd_namespaces if iri.startswith(n)), key=len, default="")
        usual = iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]
        namespace = odd if len(odd) > len(usual) else usual
        if namespace in self._by_namespace and _LOCAL.fullmatch(iri, len(namespace)):
            return f"{self._by_namespace[namespace]}:{iri[len(namespace) :]}"
        return iri
