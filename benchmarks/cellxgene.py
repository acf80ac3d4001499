"""Large ontologies in several releases, from the wheel cellxgene-ontology-guide, as N-Triples.

python benchmarks/cellxgene.py [ONTOLOGY RELEASE FILE.nt]

Without arguments it lists what there is. The wheel (`pip install --no-deps
cellxgene-ontology-guide`) holds each ontology as JSON: labels, synonyms, definitions, distances to
the ancestors, and what took the place of deprecated terms. Its data stay under their own licences.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import zstandard
from measure import say

_OBO = "http://purl.obolibrary.org/obo/"
_OBO_IN_OWL = "http://www.geneontology.org/formats/oboInOwl#"
_OWL = "http://www.w3.org/2002/07/owl#"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_TRUE = '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>'
_TEXTS = {
    "label": f"<{_RDFS}label>",
    "description": f"<{_OBO}IAO_0000115>",
    "synonyms": f"<{_OBO_IN_OWL}hasExactSynonym>",
    "comments": f"<{_RDFS}comment>",
}
_TERMS = {
    "replaced_by": f"<{_OBO}IAO_0100001>",
    "consider": f"<{_OBO_IN_OWL}consider>",
    "term_tracker": f"<{_OBO}IAO_0000233>",
}
_FILE = re.compile(r"(?P<ontology>\w+)-ontology-(?P<release>.+)\.json\.zst")
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r"})


def convert(ontology: str, release: str, out: Path, *, triples: int | None = None) -> int:
    """Write one release as N-Triples, and return how many triples it has.

    The direct superclasses of a term are its ancestors at distance 1; synonyms are exact ones. The
    ontology's IRI is the same for all releases.

    Args:
        ontology: such as "MONDO".
        release: as `releases` names it, such as "v2025-02-04".
        out: the file to write.
        triples: how many at most, of the first terms; None for all.
    """
    path = _folder() / f"{ontology}-ontology-{release}.json.zst"
    with zstandard.open(path, "rb") as stream:
        terms = json.load(stream)
    count = 0
    with out.open("w", encoding="utf-8", newline="\n") as stream:
        for line in islice(_lines(ontology, release, terms), triples):
            stream.write(line)
            count += 1
    return count


def convert_apart(ontology: str, release: str, out: Path) -> int:
    """As `convert`, in a process of its own: a child's peak of memory starts at its parent's."""
    done = subprocess.run(  # noqa: S603  (our own script)
        [sys.executable, __file__, ontology, release, str(out)],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout.split()[0].replace(",", ""))


def releases(ontology: str | None = None) -> dict[str, list[str]]:
    """The releases of each ontology, oldest first; of one alone, if it is named."""
    found: dict[str, list[str]] = {}
    for path in sorted(_folder().glob(f"{ontology or '*'}-ontology-*.json.zst")):
        parts = _FILE.fullmatch(path.name)
        if parts:
            found.setdefault(parts["ontology"], []).append(parts["release"])
    return found


def _folder() -> Path:
    wheel = find_spec("cellxgene_ontology_guide")
    if wheel is None or not wheel.submodule_search_locations:
        raise ModuleNotFoundError("pip install --no-deps cellxgene-ontology-guide")
    return Path(wheel.submodule_search_locations[0]) / "data"


def _lines(ontology: str, release: str, terms: dict[str, dict[str, Any]]) -> Iterator[str]:
    node = f"<{_OBO}{ontology.lower()}.owl>"
    yield f"{node} {_TYPE} <{_OWL}Ontology> .\n"
    yield f'{node} <{_OWL}versionInfo> "{release}" .\n'
    for curie, term in terms.items():
        subject = _iri(curie)
        yield f"{subject} {_TYPE} <{_OWL}Class> .\n"
        for key, predicate in _TEXTS.items():
            for text in dict.fromkeys(_listed(term.get(key))):
                yield f'{subject} {predicate} "{text.translate(_ESCAPES)}" .\n'
        for ancestor, distance in term["ancestors"].items():
            if distance == 1:
                yield f"{subject} <{_RDFS}subClassOf> {_iri(ancestor)} .\n"
        if term["deprecated"]:
            yield f"{subject} <{_OWL}deprecated> {_TRUE} .\n"
        for key, predicate in _TERMS.items():
            for other in dict.fromkeys(_listed(term.get(key))):
                yield f"{subject} {predicate} {_iri(other)} .\n"


def _listed(value: str | list[str] | None) -> list[str]:
    if isinstance(value, list):
        return value
    return [value] if value else []


def _iri(name: str) -> str:
    """Of a CURIE, an IRI, or the wheel's own `obo.MONDO_0015375`."""
    if "://" in name:
        return f"<{name}>"
    return f"<{_OBO}{name.removeprefix('obo.').replace(':', '_')}>"


def main() -> None:
    """Convert one release, or list all."""
    made = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    made.add_argument("what", nargs="*", metavar="ONTOLOGY RELEASE FILE")
    given = made.parse_args().what
    if len(given) == 3:
        say(f"{convert(given[0], given[1], Path(given[2])):,} triples")
        return
    for ontology, known in releases().items():
        say(f"{ontology}: {', '.join(known)}")


if __name__ == "__main__":
    main()
