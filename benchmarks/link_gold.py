"""The linker against gold corpora, without labels and trained on their training part, and peers.

ONTOGRAFT_DATA=FOLDER python benchmarks/link_gold.py [--corpora NAME ...] [--peers PYTHON]
    [--json FILE]

Corpora: `ncbi` and `bc5cdr` (diseases, MEDIC), `cl` and `uberon` (CRAFT, 67 articles to train and
30 to test, in the order of the file), `gsc` (HPO GSC+, no training part; its older ids are mapped
forward by the ontology). Scored by `linking.score_links`, the peers of `link_peers.py` too, which
get the names that ours looks for. A mention that bears several ids counts with the first, as the
corpora's own tables do. Each row is of one process; speed is of the second pass over the test
texts, of peers of the first.

A second table grounds the gold mentions, given as strings: the share whose concept is the first,
or among the first 5 or 30 candidates of `Linker.ground`; mentions of concepts that the ontology
does not have are left out.

A third holds a fifth of the ontology's concepts out, drawn by the BLAKE2b of their CURIEs, so
that what the corpus marks with them is out of the ontology: the share of these mentions left
unlinked, and the share left unlinked by the threshold that finds 95 % of the others which have a
candidate.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import link
from link_peers import PEERS
from measure import parser, say, table, write_figures

from kg import EntityTable, Graph, KnowledgeBase, NameRow
from kg.readers.sniffing import read_text
from linking import GoldLink, Linker, LinkerSettings, TextRow, score_links, train_linker
from linking.evaluating import evaluate
from linking.evaluation import LinkScores
from linking.gold import resolve_gold

DATA = Path(os.environ.get("ONTOGRAFT_DATA", "/nowhere"))
MEDIC = "medic_diseases/medic_06Jul2012.txt.gz"
CRAFT_TRAIN = 67
HELD = 5
"""Of so many concepts one is held out."""


class Corpus(NamedTuple):
    """Gold texts, and the ontology that they point into."""

    ontology: Path
    train: list[TextRow]
    test: list[TextRow]


class Held:
    """A knowledge base without the names of one concept in `HELD`."""

    def __init__(self, kb: KnowledgeBase) -> None:
        whole = kb.table()
        out = [blake2b(one.encode()).digest()[0] % HELD == 0 for one in whole.curies]
        self.rows = frozenset(row for row, held in enumerate(out) if held)
        self._kb = kb
        live = whole.live.copy()
        live[list(self.rows)] = False
        self._table = replace(whole, live=live)

    def table(self) -> EntityTable:
        """The entities; those held out are not live."""
        return self._table

    def names(self) -> tuple[NameRow, ...]:
        """The names of the others."""
        return tuple(name for name in self._kb.names() if name.row not in self.rows)

    def graph(self) -> Graph:
        """All edges."""
        return self._kb.graph()


def main() -> None:
    """Measure the corpora that are there."""
    options = parser(__doc__)
    options.add_argument("--corpora", nargs="*", default=list(CORPORA), choices=CORPORA)
    options.add_argument("--peers", metavar="PYTHON", help="none are measured without it")
    given = options.parse_args()
    figures = {}
    for name in given.corpora:
        try:
            corpus = CORPORA[name]()
        except FileNotFoundError as error:
            say(f"{name}: skipped, {error.filename} is not there; set ONTOGRAFT_DATA")
            continue
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "kb"
            link.prepare(folder, corpus.ontology)
            with KnowledgeBase.open(folder / "kb.sqlite") as kb:
                figures[name] = measure(name, kb, corpus)
            if given.peers:
                figures[name]["peers"] = beside(name, folder, corpus, given.peers)
    if given.json:
        write_figures(given.json, figures)


def measure(name: str, kb: KnowledgeBase, corpus: Corpus) -> dict[str, Any]:
    """All rows of one corpus."""
    rows, grounds = [], []
    corpus = of_today(corpus, kb.table(), kb.current_ids())
    for overlap in ("longest", "best", "all"):
        settings = LinkerSettings(overlap=overlap)
        rows.append(scored(f"no labels, {overlap}", Linker.of(kb, settings=settings), corpus))
    if corpus.train:
        start = time.process_time()
        trained = train_linker(kb, corpus.train)
        seconds = time.process_time() - start
        linker = Linker.of(kb, trained=trained)
        rows.append(scored("trained", linker, corpus, fit=seconds))
        grounds.append(grounded("trained", kb, linker, corpus))
    grounds.append(grounded("no labels", kb, Linker.of(kb), corpus))
    grounds.append(grounded("no labels, no texts", kb, Linker.of(kb), corpus, texts=False))
    nil = out_of_ontology(Held(kb), corpus)
    shown(f"{name}: {len(corpus.train)} texts to train, {len(corpus.test)} to test", rows)
    shown(f"{name}: the gold mentions as strings", grounds)
    shown(f"{name}: a fifth of the concepts held out", nil)
    return {
        **{row["linker"]: row for row in rows},
        "ground": {row["linker"]: row for row in grounds},
        "held out": {row["linker"]: row for row in nil},
    }


def of_today(corpus: Corpus, entities: EntityTable, current: dict[str, str]) -> Corpus:
    """The corpus with the ids of the ontology."""
    train, test = (
        list(resolve_gold(part, entities, current).texts) for part in (corpus.train, corpus.test)
    )
    return corpus._replace(train=train, test=test)


def out_of_ontology(held: Held, corpus: Corpus) -> list[dict[str, Any]]:
    """One row a linker: what becomes of mentions whose concept was held out."""
    gold = resolve_gold(corpus.test, held.table(), {})
    linkers = {"no labels": Linker.of(held)}
    if corpus.train:
        linkers["trained"] = Linker.of(held, trained=train_linker(held, corpus.train))
    rows = []
    for name, linker in linkers.items():
        found = evaluate(linker, gold, table=held.table(), graph=held.graph(), resamples=1)
        document = found.to_json()
        known = document["in_ontology"]["mention_strict"]
        rows.append(
            {
                "linker": name,
                "concepts out": len(held.rows),
                "mentions": document["nil"]["mentions"],
                "left unlinked": round(document["nil"]["left_unlinked"], 3),
                "at 95 % recall": round(document["nil"]["left_unlinked_at_95%_recall"], 3),
                "strict F1 of the others": round(known["f1"], 3),
                "ECE": round(document["ece"] or 0.0, 3),
            }
        )
    return rows


def beside(name: str, folder: Path, corpus: Corpus, python: str) -> dict[str, Any]:
    """A row for each peer, by the same scorer."""
    with KnowledgeBase.open(folder / "kb.sqlite") as kb:
        test = of_today(corpus, kb.table(), kb.current_ids()).test
    texts = json.dumps([row.text for row in test])
    (folder / f"{name}.json").write_text(texts, encoding="utf-8")
    answers = link.run_all(folder, name, python, rounds=1, systems=PEERS)
    scores = link.score_all(test, answers)
    characters = sum(len(row.text) for row in test)
    rows = [
        {
            "peer": link.SYSTEMS[peer],
            **{
                f"{short} {letter}": round(score[what][key], 3)
                for short, what in (("strict", "mention_strict"), ("doc", "document"))
                for letter, key in (("P", "precision"), ("R", "recall"), ("F1", "f1"))
            },
            "M chars/s": round(characters / answers[peer]["cpu"] / 1e6, 2),
            "build s": round(answers[peer]["build_cpu"], 1),
        }
        for peer, score in scores.items()
        if "skipped" not in score
    ]
    if rows:
        shown(f"{name}: peers with the same names", rows)
    link.report_skipped(scores)
    return {row["peer"]: row for row in rows}


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
    """HPO GSC+, with its own ids."""
    from ontograft.demo import hpo_file

    rows = []
    for line in (DATA / "hpo_gsc_plus/gsc_plus.jsonl").read_text(encoding="utf-8").splitlines():
        document = json.loads(line)
        marks = (GoldLink(m["start"], m["end"], m["id"]) for m in document["mentions"])
        rows.append(TextRow(document["pmid"], document["text"], tuple(marks)))
    return Corpus(hpo_file(), [], rows)


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
