"""The linker against gold corpora, without labels and trained on their training part.

ONTOGRAFT_DATA=FOLDER python benchmarks/link_gold.py [--corpora NAME ...] [--json FILE]

Corpora: `ncbi` and `bc5cdr` (diseases, MEDIC), `cl` and `uberon` (CRAFT, 67 articles to train and
30 to test, in the order of the file), `gsc` (HPO GSC+, no training part). Scored by
`linking.score_links`. A mention that bears several ids counts with the first, as the corpora's own
tables do. Each row is of one process; speed is of its second pass over the test texts.

A second table grounds the gold mentions, given as strings: the share whose concept is the first, or
among the first 5 or 30 candidates of `Linker.ground`; mentions of concepts that the ontology does
not have are left out. `zh` links the company names of `stock_kg_zh` in the sentences of `finre_zh`,
and the terms of `medical_zh_kbert` in its clinical sentences: the share of the places where a plain
search finds a name that are mentions, and speed.
"""

import csv
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from measure import parser, say, table, write_figures

from kg import KnowledgeBase
from kg.readers.sniffing import read_text
from linking import GoldLink, Linker, LinkerSettings, TextRow, score_links, train_linker
from linking.evaluation import LinkScores

DATA = Path(os.environ.get("ONTOGRAFT_DATA", "/nowhere"))
MEDIC = "medic_diseases/medic_06Jul2012.txt.gz"
CRAFT_TRAIN = 67
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"


class Corpus(NamedTuple):
    """Gold texts, and the ontology that they point into."""

    ontology: Path
    train: list[TextRow]
    test: list[TextRow]


def main() -> None:
    """Measure the corpora that are there."""
    options = parser(__doc__)
    every = [*CORPORA, "zh"]
    options.add_argument("--corpora", nargs="*", default=every, choices=every)
    given = options.parse_args()
    figures = {}
    for name in given.corpora:
        if name == "zh":
            figures[name] = chinese()
            continue
        try:
            corpus = CORPORA[name]()
        except FileNotFoundError as error:
            say(f"{name}: skipped, {error.filename} is not there; set ONTOGRAFT_DATA")
            continue
        figures[name] = measure(name, corpus)
    if given.json:
        write_figures(given.json, figures)


def measure(name: str, corpus: Corpus) -> dict[str, Any]:
    """All rows of one corpus."""
    rows, grounds = [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        KnowledgeBase.open(Path(folder) / "kb.sqlite", create=True) as kb,
    ):
        kb.load(corpus.ontology)
        for overlap in ("longest", "best", "all"):
            settings = LinkerSettings(overlap=overlap)
            rows.append(scored(f"no labels, {overlap}", Linker.of(kb, settings=settings), corpus))
        if corpus.train:
            start = time.process_time()
            trained = train_linker(kb, corpus.train)
            seconds = time.process_time() - start
            rows.append(scored("trained", Linker.of(kb, trained=trained), corpus, fit=seconds))
            grounds.append(grounded("trained", kb, Linker.of(kb, trained=trained), corpus))
        grounds.append(grounded("no labels", kb, Linker.of(kb), corpus))
        grounds.append(grounded("no labels, no texts", kb, Linker.of(kb), corpus, texts=False))
    shown(f"{name}: {len(corpus.train)} texts to train, {len(corpus.test)} to test", rows)
    shown(f"{name}: the gold mentions as strings", grounds)
    return {
        **{row["linker"]: row for row in rows},
        "ground": {row["linker"]: row for row in grounds},
    }


def shown(title: str, rows: list[dict[str, Any]]) -> None:
    """Print the rows as a table."""
    columns = list(rows[0])
    table(title, columns, [[row[column] for column in columns] for row in rows])


def scored(name: str, linker: Linker, corpus: Corpus, fit: float = 0.0) -> dict[str, Any]:
    """One row: precision, recall and F1, strict and of documents, calibration and speed."""
    list(linker.link_many(corpus.test))
    start = time.process_time()
    linked = list(linker.link_many(corpus.test))
    seconds = time.process_time() - start
    scores: LinkScores = score_links(corpus.test, linked)
    strict, document = scores.mention_strict, scores.document
    characters = sum(len(text.text) for text in corpus.test)
    return {
        "linker": name,
        "strict P": round(strict.precision, 3),
        "strict R": round(strict.recall, 3),
        "strict F1": round(strict.f1, 3),
        "doc P": round(document.precision, 3),
        "doc R": round(document.recall, 3),
        "doc F1": round(document.f1, 3),
        "ECE": round(scores.calibration_error or 0.0, 3),
        "M chars/s": round(characters / seconds / 1e6, 2),
        "fit s": round(fit, 1),
    }


def grounded(
    name: str, kb: KnowledgeBase, linker: Linker, corpus: Corpus, *, texts: bool = True
) -> dict[str, Any]:
    """One row: how often the gold concept is among the first candidates of a gold mention."""
    rows = {curie: row for row, curie in enumerate(kb.table().curies)}
    gold = [
        (text.text[link.start : link.end], rows[link.curie], text.text)
        for text in corpus.test
        for link in text.gold or ()
        if link.curie in rows
    ]
    start = time.process_time()
    linker.ground(["first"])
    built = time.process_time() - start
    mentions = [mention for mention, _, _ in gold]
    start = time.process_time()
    found = linker.ground(mentions, texts=[text for *_, text in gold] if texts else None)
    seconds = time.process_time() - start

    def share(k: int) -> float:
        within = [
            row in {candidate.row for candidate in candidates[:k]}
            for candidates, (_, row, _) in zip(found, gold, strict=True)
        ]
        return round(sum(within) / len(within), 3)

    return {
        "linker": name,
        "mentions": len(gold),
        "acc@1": share(1),
        "recall@5": share(5),
        "recall@30": share(30),
        "build s": round(built, 1),
        "mentions/s": round(len(gold) / seconds),
    }


def chinese() -> dict[str, Any]:
    """One row a vocabulary: the places of its names in sentences that are mentions."""
    rows = []
    try:
        sources = [("companies", *companies()), ("medical terms", *medical_terms())]
    except FileNotFoundError as error:
        say(f"zh: skipped, {error.filename} is not there; set ONTOGRAFT_DATA")
        return {}
    for name, names, sentences in sources:
        with tempfile.TemporaryDirectory() as folder:
            lines = [f"<x:{at}> <{LABEL}> {json.dumps(one)} ." for at, one in enumerate(names)]
            path = Path(folder) / "names.ttl"
            path.write_text("\n".join(lines), encoding="utf-8")
            with KnowledgeBase.open(Path(folder) / "kb.sqlite", create=True) as kb:
                kb.load(path)
                linker = Linker.of(kb)
        start = time.process_time()
        for sentence in sentences:
            linker.link(sentence)
        seconds = time.process_time() - start
        places, found = 0, 0
        for sentence in sentences:
            spans = {(one.start, one.end) for one in linker.mentions(sentence)}
            for one in (name for name in names if name in sentence):
                starts = [at for at in range(len(sentence)) if sentence.startswith(one, at)]
                places += len(starts)
                found += sum((at, at + len(one)) in spans for at in starts)
        rows.append(
            {
                "names of": name,
                "names": len(names),
                "sentences": len(sentences),
                "places": places,
                "recall": round(found / places, 4),
                "M chars/s": round(sum(map(len, sentences)) / seconds / 1e6, 2),
            }
        )
    shown("zh: names in sentences", rows)
    return {row["names of"]: row for row in rows}


def companies() -> tuple[list[str], list[str]]:
    """Short names of listed companies, and financial news."""
    with (DATA / "stock_kg_zh/stock.csv").open(encoding="utf-8") as lines:
        names = {row["name"].strip() for row in csv.DictReader(lines)}
    parts = ("train.txt.gz", "valid.txt", "test.txt")
    text = "\n".join(read_text(DATA / "finre_zh" / part)[0].decode() for part in parts)
    news = {line.split("\t")[3] for line in text.splitlines() if line.count("\t") == 3}
    return sorted(name for name in names if not name.isascii()), sorted(news)


def medical_terms() -> tuple[list[str], list[str]]:
    """Terms of more than one character, and clinical sentences."""
    folder = DATA / "medical_zh_kbert"
    triples = (folder / "Medical.spo").read_text(encoding="utf-8").splitlines()
    terms = {triple.split("\t")[0] for triple in triples}
    parts = ("medical_ner_train.tsv.gz", "medical_ner_dev.tsv", "medical_ner_test.tsv")
    text = "\n".join(read_text(folder / part)[0].decode() for part in parts)
    sentences = {line.split("\t")[0].replace(" ", "") for line in text.splitlines()}
    return sorted(term for term in terms if len(term) > 1), sorted(sentences)


def ncbi() -> Corpus:
    """NCBI disease corpus."""
    folder, curie = DATA / "ncbi_disease", medic_curies()
    train = pubtator(folder / "NCBItrainset_corpus.txt.gz", curie)
    return Corpus(DATA / MEDIC, train, pubtator(folder / "NCBItestset_corpus.txt", curie))


def bc5cdr() -> Corpus:
    """BioCreative V CDR, diseases alone."""
    folder, curie = DATA / "bc5cdr", medic_curies()
    parts = [
        pubtator(folder / f"CDR_{part}Set.PubTator.txt.gz", curie, kind="Disease")
        for part in ("Training", "Test")
    ]
    return Corpus(DATA / MEDIC, *parts)


def craft(name: str) -> Corpus:
    """CRAFT's cell types or anatomy."""
    folder = DATA / "craft_cl_uberon"
    rows = []
    for line in read_text(folder / "craft.jsonl.gz")[0].decode().splitlines():
        document = json.loads(line)
        marks = [GoldLink(m["start"], m["end"], m["id"]) for m in document[name]]
        rows.append(TextRow(document["id"], document["text"], tuple(marks)))
    return Corpus(folder / f"{name}.obo.zip", rows[:CRAFT_TRAIN], rows[CRAFT_TRAIN:])


def gsc() -> Corpus:
    """HPO GSC+, its older ids mapped forward by the ontology."""
    from ontograft.demo import hpo_file

    newer = {}
    current = ""
    for line in Path(hpo_file()).read_text(encoding="utf-8").splitlines():
        tag, _, value = line.partition(": ")
        if tag == "id":
            current = value
        elif tag == "alt_id":
            newer[value] = current
        elif tag == "replaced_by":
            newer[current] = value
    rows = []
    for line in (DATA / "hpo_gsc_plus/gsc_plus.jsonl").read_text(encoding="utf-8").splitlines():
        document = json.loads(line)
        marks = [
            GoldLink(m["start"], m["end"], newer.get(m["id"], m["id"]))
            for m in document["mentions"]
        ]
        rows.append(TextRow(document["pmid"], document["text"], tuple(marks)))
    return Corpus(Path(hpo_file()), [], rows)


def medic_curies() -> Callable[[str], str]:
    """From the ids of the disease corpora to the CURIEs of MEDIC's first ids."""
    first = {}
    for line in read_text(DATA / MEDIC)[0].decode().splitlines():
        ids = line.split("||")[0].split("|")
        first.update({one.removeprefix("OMIM:").removeprefix("MESH:"): ids[0] for one in ids})

    def curie(identifier: str) -> str:
        bare = identifier.removeprefix("OMIM:").removeprefix("MESH:")
        return "id:" + first.get(bare, bare).removeprefix("OMIM:").removeprefix("MESH:")

    return curie


def pubtator(path: Path, curie: Callable[[str], str], kind: str = "") -> list[TextRow]:
    """Title and abstract with their marks, each document once."""
    rows: dict[str, TextRow] = {}
    for block in read_text(path)[0].decode().strip().split("\n\n"):
        title, abstract, *marks = block.strip().split("\n")
        text = f"{title.split('|', 2)[2]}\n{abstract.split('|', 2)[2]}"
        links = []
        for mark in marks:
            fields = mark.split("\t")
            if len(fields) < 6 or (kind and fields[4] != kind):
                continue
            first = fields[5].replace("+", "|").split("|")[0].strip()
            if first != "-1":
                links.append(GoldLink(int(fields[1]), int(fields[2]), curie(first)))
        rows.setdefault(title.split("|")[0], TextRow(title.split("|")[0], text, tuple(links)))
    return list(rows.values())


CORPORA: dict[str, Callable[[], Corpus]] = {
    "ncbi": ncbi,
    "bc5cdr": bc5cdr,
    "cl": lambda: craft("CL"),
    "uberon": lambda: craft("UBERON"),
    "gsc": gsc,
}

if __name__ == "__main__":
    main()
