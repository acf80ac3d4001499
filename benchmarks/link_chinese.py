"""Chinese names in Chinese texts: are all that are there found, how fast, and what of short ones.

ONTOGRAFT_DATA=FOLDER python benchmarks/link_chinese.py [--json FILE]

Three vocabularies: company names of `stock_kg_zh` in the news sentences of `finre_zh`, the terms
of `medical_zh_kbert` in its clinical sentences, and the Chinese labels of HPO (Babelon) beside
its English names in the questions and answers of `cmedqa_zh`.

`recall` is the share of the places where a plain search finds a name that are mentions of it. A
place where the name goes on as a longer word of Latin letters or digits ("C" in "C1") is none.
`linked` is the share of the places that are a link to an owner of the name, or lie within a
longer link.

Speed is of a second pass, over sentences as they are and over texts of 30 sentences each, beside
HPO's English names in its own definitions, cut and joined in the same way.

Of the company names, those of two characters are also parts of other words. What of their links
the corpus marks as an entity counts as right; all others were judged by hand, name by name:
results/finre_short_names.tsv.
"""

import csv
import gzip
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from measure import parser, say, table, write_figures

from kg import KnowledgeBase
from kg.readers.sniffing import read_text
from linking import Linker
from linking.text import stands_alone

DATA = Path(os.environ.get("ONTOGRAFT_DATA", "/nowhere"))
JUDGED = Path(__file__).parent / "results" / "finre_short_names.tsv"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
JOINED = 30
"""Sentences of a longer text."""


class Source(NamedTuple):
    """A vocabulary and the sentences to look in."""

    names: list[str]
    sentences: list[str]
    linker: Linker


def main() -> None:
    """Measure what is there."""
    given = parser(__doc__).parse_args()
    figures: dict[str, Any] = {}
    for name, source in SOURCES.items():
        try:
            figures[name] = measure(source())
        except FileNotFoundError as error:
            say(f"{name}: skipped, {error.filename} is not there; set ONTOGRAFT_DATA")
    if not figures:
        return
    columns = list(dict.fromkeys(key for row in figures.values() for key in row))
    rows = [[name, *(row.get(key, "-") for key in columns)] for name, row in figures.items()]
    table("Names in sentences", ["names of", *columns], rows)
    if "companies" in figures:
        figures["short names"] = short_names()
        table("Two characters", ["what", "links"], list(map(list, figures["short names"].items())))
    if given.json:
        write_figures(given.json, figures)


def measure(source: Source) -> dict[str, Any]:
    """Recall of the places, links, and speed."""
    figures: dict[str, Any] = {"count": len(source.names), "sentences": len(source.sentences)}
    if source.names:
        places = found = linked = 0
        for sentence in source.sentences:
            there = list(places_of(source.names, sentence))
            if not there:
                continue
            spans = {(one.start, one.end) for one in source.linker.mentions(sentence)}
            links = [(one.start, one.end) for one in source.linker.link(sentence).links]
            places += len(there)
            found += sum(place in spans for place in there)
            linked += sum(any(a <= s and e <= b for a, b in links) for s, e in there)
        recall = {"recall": found / places, "linked": linked / places}
        figures |= {"places": places, **{key: round(one, 4) for key, one in recall.items()}}
    figures["M chars/s"] = speed(source.linker, source.sentences)
    joined = [
        "\n".join(source.sentences[at : at + JOINED])
        for at in range(0, len(source.sentences), JOINED)
    ]
    return {**figures, "joined": speed(source.linker, joined)}


def places_of(names: Iterable[str], sentence: str) -> Iterable[tuple[int, int]]:
    """Where a plain search finds names that are not parts of a Latin word or a number."""
    for name in names:
        at = sentence.find(name)
        while at >= 0:
            if stands_alone(sentence, at, at + len(name)):
                yield at, at + len(name)
            at = sentence.find(name, at + 1)


def speed(linker: Linker, texts: list[str]) -> float:
    """Million characters a CPU second, in a second pass."""
    for text in texts[:200]:
        linker.link(text)
    start = time.process_time()
    for text in texts:
        linker.link(text)
    return round(sum(map(len, texts)) / (time.process_time() - start) / 1e6, 2)


def short_names() -> dict[str, int]:
    """Links of company names of two characters: marked by the corpus, and judged by hand."""
    source = companies()
    marked = marks()
    links: dict[str, list[bool]] = {}
    for sentence in source.sentences:
        for link in source.linker.link(sentence).links:
            if len(link.text) == 2:
                known = (link.start, link.end) in marked[sentence]
                links.setdefault(link.text, []).append(known)
    with JUDGED.open(encoding="utf-8", newline="") as stream:
        right = {
            row["name"]: int(row["right"]) for row in csv.DictReader(stream, dialect="excel-tab")
        }
    unmarked = {name: known.count(False) for name, known in links.items()}
    judged = sum(min(right.get(name, 0), count) for name, count in unmarked.items())
    return {
        "names": len(links),
        "marked by the corpus": sum(known.count(True) for known in links.values()),
        "judged right": judged,
        "judged wrong": sum(unmarked.values()) - judged,
    }


def companies() -> Source:
    """Short names of listed companies, and financial news."""
    with (DATA / "stock_kg_zh/stock.csv").open(encoding="utf-8") as lines:
        names = {row["name"].strip() for row in csv.DictReader(lines)}
    chosen = sorted(name for name in names if not name.isascii())
    return Source(chosen, sorted(marks()), linker_of(chosen))


def marks() -> dict[str, set[tuple[int, int]]]:
    """Each sentence of the news with the places of the entities that it is marked with."""
    parts = ("train.txt.gz", "valid.txt", "test.txt")
    text = "\n".join(read_text(DATA / "finre_zh" / part)[0].decode() for part in parts)
    found: dict[str, set[tuple[int, int]]] = {}
    for line in text.splitlines():
        if line.count("\t") == 3:
            head, tail, _, sentence = line.split("\t")
            places = found.setdefault(sentence, set())
            for entity in filter(None, (head, tail)):
                places |= {m.span() for m in re.finditer(re.escape(entity), sentence)}
    return found


def medical_terms() -> Source:
    """Terms of more than one character, and clinical sentences."""
    folder = DATA / "medical_zh_kbert"
    triples = (folder / "Medical.spo").read_text(encoding="utf-8").splitlines()
    terms = sorted({term for triple in triples if len(term := triple.split("\t")[0]) > 1})
    # a hyphen at the end of a name ("-", negative) is no part of a mention
    terms = [term for term in terms if term[-1].isalnum() or not term[-1].isascii()]
    parts = ("medical_ner_train.tsv.gz", "medical_ner_dev.tsv", "medical_ner_test.tsv")
    text = "\n".join(read_text(folder / part)[0].decode() for part in parts)
    sentences = {line.split("\t")[0].replace(" ", "") for line in text.splitlines()}
    return Source(terms, sorted(sentences), linker_of(terms))


def phenotypes() -> Source:
    """Chinese labels of HPO, and questions of patients."""
    with gzip.open(DATA / "hpo/hp-zh.babelon.tsv.gz", "rt", encoding="utf-8") as lines:
        labels = {
            row["translation_value"].strip()
            for row in csv.DictReader(lines, dialect="excel-tab")
            if row["predicate_id"] == "rdfs:label"
        }
    path = DATA / "cmedqa_zh/cMedQA_dev.txt.gz"
    sentences = {
        part for line in read_text(path)[0].decode().splitlines() for part in line.split("\t")
    }
    linker = hpo(DATA / "hpo/hp-zh.babelon.tsv.gz")
    return Source(sorted(one for one in labels if len(one) > 1), sorted(sentences)[:5000], linker)


def english() -> Source:
    """HPO's English names in its own definitions, for comparison of speed."""
    text = read_text(DATA / "hpo/hp.obo.gz")[0].decode()
    definitions = re.findall(r'^def: "(.+?)"', text, flags=re.MULTILINE)
    sentences = [one for definition in definitions for one in re.split(r"(?<=\.) ", definition)]
    return Source([], sentences[:5000], hpo())


def hpo(*more: Path) -> Linker:
    """HPO, with translations."""
    with (
        tempfile.TemporaryDirectory() as folder,
        KnowledgeBase.open(Path(folder) / "kb.sqlite", create=True) as kb,
    ):
        kb.load(DATA / "hpo/hp.obo.gz", *more)
        return Linker.of(kb)


def linker_of(names: list[str]) -> Linker:
    """A concept for each name."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [f"<x:{at}> <{LABEL}> {json.dumps(one)} ." for at, one in enumerate(names)]
        path = Path(folder) / "names.ttl"
        path.write_text("\n".join(lines), encoding="utf-8")
        with KnowledgeBase.open(Path(folder) / "kb.sqlite", create=True) as kb:
            kb.load(path)
            return Linker.of(kb)


SOURCES: dict[str, Callable[[], Source]] = {
    "companies": companies,
    "medical terms": medical_terms,
    "HPO in Chinese": phenotypes,
    "HPO in English": english,
}

if __name__ == "__main__":
    main()
