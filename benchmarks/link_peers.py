"""The peers of `link.py` and `link_gold.py`: each takes the same names and gives links.

They run in an environment of their own, so that only the standard library is imported before they
are asked for. All run with their defaults.
"""

import csv
import importlib
import json
from bisect import bisect
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple


class Found(NamedTuple):
    """A link as every system gives it."""

    start: int
    end: int
    curie: str


Annotate = Callable[[str], list[Found]]


def ahocorasick(folder: Path) -> Callable[[], Annotate]:
    """One automaton over the names in lower case; no match begins or ends within a Latin word."""
    from ahocorasick_rs import AhoCorasick, MatchKind

    owner = owners_of(folder, fold=str.lower)

    def inside(text: str, before: int) -> bool:
        """The place before this character lies within a word."""
        if not 0 < before < len(text):
            return False
        left, right = text[before - 1], text[before]
        return left.isascii() and right.isascii() and left.isalnum() and right.isalnum()

    def build() -> Annotate:
        names = list(owner)
        automaton = AhoCorasick(names, matchkind=MatchKind.LeftmostLongest)

        def annotate(text: str) -> list[Found]:
            lower = text.lower()
            return [
                Found(start, end, owner[names[which]])
                for which, start, end in automaton.find_matches_as_indexes(lower)
                if not inside(lower, start) and not inside(lower, end)
            ]

        return annotate

    return build


def phrasematcher(folder: Path) -> Callable[[], Annotate]:
    """SpaCy's, on a blank English pipeline; of matches that overlap, the longest."""
    import spacy
    from spacy.matcher import PhraseMatcher
    from spacy.util import filter_spans

    owner = owners_of(folder, fold=str.lower)

    def build() -> Annotate:
        pipeline = spacy.blank("en")
        matcher = PhraseMatcher(pipeline.vocab, attr="LOWER")
        for text, curie in owner.items():
            matcher.add(curie, [pipeline.make_doc(text)])

        def annotate(text: str) -> list[Found]:
            spans = filter_spans(matcher(pipeline.make_doc(text), as_spans=True))
            return [Found(s.start_char, s.end_char, s.label_) for s in spans]

        return annotate

    return build


def gilda(folder: Path) -> Callable[[], Annotate]:
    """Gilda's annotator over the same names; without its models, which it fetches from S3."""
    library: Any = importlib.import_module("gilda")
    find = importlib.import_module("gilda.ner").annotate
    normalize = importlib.import_module("gilda.process").normalize
    rows = json.loads((folder / "names.json").read_text(encoding="utf-8"))

    def terms() -> Iterator[Any]:
        for text, curie, kind in rows:
            norm = normalize(text)
            if norm.strip():
                status = "name" if kind == "label" else "synonym"
                yield library.Term(norm, text, "KB", curie, text, status, "benchmark")

    def build() -> Annotate:
        grounder = library.Grounder(list(terms()), namespace_priority=["KB"])
        grounder.gilda_disambiguators = {}

        def annotate(text: str) -> list[Found]:
            return [
                Found(a.start, a.end, a.matches[0].term.id) for a in find(text, grounder=grounder)
            ]

        return annotate

    return build


def flashtext(folder: Path) -> Callable[[], Annotate]:
    """FlashText's trie of words, case-insensitive, longest match."""
    library: Any = importlib.import_module("flashtext")
    owner = owners_of(folder, fold=str.lower)

    def build() -> Annotate:
        processor = library.KeywordProcessor()
        for text, curie in owner.items():
            processor.add_keyword(text, curie)

        def annotate(text: str) -> list[Found]:
            spans = processor.extract_keywords(text, span_info=True)
            return [Found(start, end, curie) for curie, start, end in spans]

        return annotate

    return build


def fenominal(folder: Path) -> Callable[[], Annotate]:
    """Fenominal (Rust); it reads the JSON of HPO alone, so each concept is dressed up as of HPO."""
    library: Any = importlib.import_module("fenominal")
    rows = json.loads((folder / "names.json").read_text(encoding="utf-8"))
    names: dict[str, list[str]] = {}
    for text, curie, _ in rows:
        names.setdefault(curie, []).append(text)
    curies = {f"HP:{at:07}": curie for at, curie in enumerate(names, start=1_000_000)}
    place = folder / "dressed.json"
    place.write_text(json.dumps(_obographs(curies, names)), encoding="utf-8")

    def build() -> Annotate:
        miner = library.Fenominal(str(place))

        def annotate(text: str) -> list[Found]:
            ends = list(accumulate(len(character.encode()) for character in text))
            return [
                Found(
                    bisect(ends, one["span"]["start"]),  # it counts bytes
                    bisect(ends, one["span"]["end"]),
                    curies[one["termId"]],
                )
                for one in json.loads(miner.map_text(text))
                if one["termId"] in curies
            ]

        return annotate

    return build


def _obographs(curies: dict[str, str], names: dict[str, list[str]]) -> dict[str, Any]:
    """Concepts below HPO's phenotypic abnormality, with their names."""
    iri = "http://purl.obolibrary.org/obo/"
    tops = {"HP_0000001": "All", "HP_0000118": "Phenotypic abnormality"}
    nodes = [{"id": iri + id, "lbl": label, "type": "CLASS"} for id, label in tops.items()]
    edges = [{"sub": iri + "HP_0000118", "pred": "is_a", "obj": iri + "HP_0000001"}]
    for dressed, curie in curies.items():
        label, *others = names[curie]
        synonyms = [{"pred": "hasExactSynonym", "val": other} for other in others]
        node = {"id": iri + dressed.replace(":", "_"), "lbl": label, "type": "CLASS"}
        nodes.append({**node, "meta": {"synonyms": synonyms}})
        edges.append({"sub": node["id"], "pred": "is_a", "obj": iri + "HP_0000118"})
    version = {"version": iri + "hp/releases/2025-01-16/hp.json"}
    return {"graphs": [{"id": iri + "hp.json", "meta": version, "nodes": nodes, "edges": edges}]}


def medcat(folder: Path) -> Callable[[], Annotate]:
    """MedCAT with its regex tokenizer; its context model is not trained, as there is no text to."""
    config: Any = importlib.import_module("medcat.config").Config()
    config.general.nlp.provider = "regex"
    maker: Any = importlib.import_module("medcat.model_creation.cdb_maker").CDBMaker
    library: Any = importlib.import_module("medcat.cat").CAT
    words: Any = importlib.import_module("medcat.vocab").Vocab()
    place = folder / "medcat.csv"
    rows = json.loads((folder / "names.json").read_text(encoding="utf-8"))
    with place.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["cui", "name", "name_status"])
        writer.writerows(
            [curie, text, "P" if kind == "label" else "A"] for text, curie, kind in rows
        )

    def build() -> Annotate:
        annotator = library(maker(config).prepare_csvs([str(place)]), words)

        def annotate(text: str) -> list[Found]:
            found = annotator.get_entities(text)["entities"].values()
            return [Found(one["start"], one["end"], one["cui"]) for one in found]

        return annotate

    return build


def owners_of(folder: Path, *, fold: Callable[[str], str]) -> dict[str, str]:
    """Folded name -> its first owner, in the order that `prepare` left."""
    owner: dict[str, str] = {}
    for text, curie, _ in json.loads((folder / "names.json").read_text(encoding="utf-8")):
        owner.setdefault(fold(text), curie)
    return owner


PEERS: dict[str, Callable[[Path], Callable[[], Annotate]]] = {
    "ahocorasick": ahocorasick,
    "flashtext": flashtext,
    "phrasematcher": phrasematcher,
    "fenominal": fenominal,
    "gilda": gilda,
    "medcat": medcat,
}
