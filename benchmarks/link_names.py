"""What a trained encoder of names is worth, by itself and in the linker, on gold mentions.

ONTOGRAFT_DATA=FOLDER python benchmarks/link_names.py [--corpora NAME ...] [--linker FOLDER]
    [--test] [--json FILE]

Gold mentions are given as strings, with their texts to the linker. Rows: character grams, the
encoder as it comes and trained, each as the only channel (`nearest`); then `Linker.ground` without
and with the trained encoder; then linkers trained on gold links, where there are training texts,
with strict and document F1 of their links. Shares are of mentions whose concept the ontology has:
the first candidate (acc@1), the first 5 and 30.

Without `--test` the development texts of `ncbi` and `bc5cdr` are judged, with it the test texts;
`gsc` has no parts. `--linker` takes a folder of `ontograft train-linker KB --names` instead of
training one, for a single corpus.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import link_gold
from link_gold import Corpus
from link_neural import CORPORA
from measure import parser, say, table, write_figures

from kg import KnowledgeBase
from linking import Linker, Neural, score_links, train_linker
from linking.grams import GramIndex
from model.backbone import find_backbone, load_backbone
from model.linker_folder import NeuralParts, load_parts, save_linker, untrained
from model.name_encoder import NameEncoder
from model.name_vectors import NameVectors, build_index, teach_names

K = 30


class Gold(NamedTuple):
    """A marked mention: what is written, its concept, and the text."""

    written: str
    row: int
    text: str


def main() -> None:
    """Measure the corpora that are there."""
    options = parser(__doc__)
    options.add_argument("--corpora", nargs="*", default=["gsc", "ncbi", "bc5cdr"], choices=CORPORA)
    options.add_argument("--linker", help="a folder of `train-linker --names` for the one corpus")
    options.add_argument("--test", action="store_true", help="judge the test texts")
    given = options.parse_args()
    figures: dict[str, Any] = {"test": given.test}
    for name in given.corpora:
        try:
            corpus = link_gold.gsc() if name == "gsc" else CORPORA[name](given.test)
        except FileNotFoundError as error:
            say(f"{name}: skipped, {error.filename} is not there; set ONTOGRAFT_DATA")
            continue
        with (
            tempfile.TemporaryDirectory() as folder,
            KnowledgeBase.open(Path(folder) / "kb.sqlite", create=True) as kb,
        ):
            kb.load(corpus.ontology)
            figures[name] = measure(name, kb, corpus, given.linker, Path(folder))
    if given.json:
        write_figures(given.json, figures)


def measure(
    name: str, kb: KnowledgeBase, corpus: Corpus, saved: str | None, folder: Path
) -> list[dict[str, Any]]:
    """All rows of one corpus."""
    start = time.process_time()
    if saved is None:
        taught = teach_names(kb, find_backbone("minilm"))
        save_linker(folder / "linker", kb, untrained(kb.table()), NeuralParts(names=taught))
        say(f"{name}: taught in {time.process_time() - start:.0f} CPU s")
    parts = load_parts(saved or folder / "linker", kb)
    search, neural, plain = parts.names, parts.plugged(), Linker.of(kb)
    gold = marks_of(kb, corpus)
    mentions = [one.written for one in gold]
    names = kb.names()
    grams = GramIndex([one.text for one in names], [one.row for one in names])
    raw = NameEncoder(load_backbone(find_backbone("minilm")))
    channels: dict[str, Callable[[], list[list[int]]]] = {
        "character grams": lambda: [
            [names[one.name].row for one in found] for found in grams.nearest(mentions, K)
        ],
        "MiniLM as it comes": lambda: nearest(
            NameVectors(raw, build_index(raw, names), names), mentions
        ),
        "trained encoder": lambda: nearest(search, mentions),
        "linker": lambda: grounded(plain, gold),
        "linker, trained encoder": lambda: grounded(plain.with_neural(neural), gold),
    }
    rows = [shares(what, find, gold) for what, find in channels.items()]
    columns = list(rows[0])
    table(f"{name}: {len(gold)} gold mentions", columns, [[r[c] for c in columns] for r in rows])
    return [*rows, *(end_to_end(name, kb, corpus, neural) if corpus.train else [])]


def end_to_end(
    name: str, kb: KnowledgeBase, corpus: Corpus, neural: Neural
) -> list[dict[str, Any]]:
    """Linkers trained on gold links, without and with the encoder."""
    rows = []
    for what, parts in (("none", Neural()), ("trained encoder", neural)):
        linker = Linker.of(kb, trained=train_linker(kb, corpus.train, neural=parts), neural=parts)
        start = time.process_time()
        scores = score_links(corpus.test, list(linker.link_many(corpus.test)))
        seconds = time.process_time() - start
        found = shares(
            "", lambda linker=linker: grounded(linker, marks_of(kb, corpus)), marks_of(kb, corpus)
        )
        rows.append(
            {
                "parts": what,
                "strict F1": round(scores.mention_strict.f1, 3),
                "doc F1": round(scores.document.f1, 3),
                "acc@1": found["acc@1"],
                "recall@30": found["recall@30"],
                "ms a text": round(1000 * seconds / len(corpus.test), 1),
            }
        )
    columns = list(rows[0])
    table(f"{name}, trained on gold links", columns, [[r[c] for c in columns] for r in rows])
    return rows


def marks_of(kb: KnowledgeBase, corpus: Corpus) -> list[Gold]:
    """The gold mentions whose concept the ontology has."""
    rows = {curie: row for row, curie in enumerate(kb.table().curies)}
    return [
        Gold(text.text[mark.start : mark.end], rows[mark.curie], text.text)
        for text in corpus.test
        for mark in text.gold or ()
        if mark.curie in rows
    ]


def nearest(search: NameVectors, mentions: Sequence[str]) -> list[list[int]]:
    """Entities by the vectors alone."""
    return [[one.row for one in found] for found in search.nearest(mentions, K)]


def grounded(linker: Linker, gold: Sequence[Gold]) -> list[list[int]]:
    """Entities by all that the linker has."""
    found = linker.ground([one.written for one in gold], k=K, texts=[one.text for one in gold])
    return [[candidate.row for candidate in own] for own in found]


def shares(what: str, find: Callable[[], list[list[int]]], gold: Sequence[Gold]) -> dict[str, Any]:
    """One row."""
    start = time.process_time()
    found = find()
    seconds = time.process_time() - start

    def share(k: int) -> float:
        within = [one.row in own[:k] for one, own in zip(gold, found, strict=True)]
        return round(sum(within) / len(within), 3)

    return {
        "channel": what,
        "acc@1": share(1),
        "recall@5": share(5),
        "recall@30": share(30),
        "CPU s": round(seconds, 1),
    }


if __name__ == "__main__":
    main()
