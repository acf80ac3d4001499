"""What the neural parts of the linker are worth, each by itself and together.

ONTOGRAFT_DATA=FOLDER python benchmarks/link_neural.py [--corpora NAME ...] [--parts NAME ...]
    [--gold | --no-gold] [--test] [--json FILE]

Parts: `context` (a context scorer) and `mentions` (a mention detector). With gold they are taught
by the links of the training texts, and the weights of evidence are fitted to the answers of parts
that the other half of these texts taught; without gold, a context scorer is taught by the
ontology's definitions, and the linker has its weights by default. MEDIC has no definitions.

Without `--test` a part of the corpus is judged that is there to choose by: the development texts of
`ncbi` and `bc5cdr`, and every other training article of `cl` and `uberon`. With it, the test texts
are. `gsc` has no parts: every other text teaches, and the others are judged, either way.

Each row is of the same texts: strict and document F1, the share of gold mentions whose concept is
the first candidate, the share of mentions without a concept that stay unlinked where 95 % of the
others are linked, and the calibration error. Beside document F1 stands its difference to the linker
without parts, with the 95 % interval of a paired bootstrap over texts.
"""

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import link_gold
from link_gold import DATA, Corpus
from measure import parser, say, table, write_figures

from kg import KnowledgeBase
from linking import Linker, TextRow, train_linker
from linking.evaluating import Evaluation, compare, evaluate
from linking.gold import resolve_gold
from linking.protocols import Neural
from model.backbone import find_backbone
from model.linker_parts import Taught, teach_detector, teach_scorer

PARTS = ("context", "mentions")
WITHOUT_GOLD = ("context",)


class Setting(NamedTuple):
    """The parts of a linker: what judges with, and what the weights are fitted with."""

    whole: Neural
    unknowing: Callable[[int], Neural]


def main() -> None:
    """Measure the corpora that are there."""
    options = parser(__doc__)
    options.add_argument("--corpora", nargs="*", default=list(CORPORA), choices=CORPORA)
    options.add_argument("--parts", nargs="*", default=list(PARTS), choices=PARTS)
    options.add_argument("--gold", action="store_true", help="only the linkers with gold")
    options.add_argument("--no-gold", action="store_true", help="only the linkers without")
    options.add_argument("--test", action="store_true", help="judge the test texts")
    given = options.parse_args()
    figures: dict[str, Any] = {"test": given.test}
    for name in given.corpora:
        try:
            corpus = CORPORA[name](given.test)
        except FileNotFoundError as error:
            say(f"{name}: skipped, {error.filename} is not there; set ONTOGRAFT_DATA")
            continue
        with (
            tempfile.TemporaryDirectory() as folder,
            KnowledgeBase.open(Path(folder) / "kb.sqlite", create=True) as kb,
        ):
            kb.load(corpus.ontology)
            corpus = link_gold.of_today(corpus, kb.table(), kb.current_ids())
            if not given.gold and any(kb.table().definitions):
                figures[f"{name}, no gold"] = measure(name, kb, corpus, given.parts, gold=False)
            if not given.no_gold:
                figures[f"{name}, gold"] = measure(name, kb, corpus, given.parts, gold=True)
    if given.json:
        write_figures(given.json, figures)


def measure(
    name: str, kb: KnowledgeBase, corpus: Corpus, parts: Sequence[str], *, gold: bool
) -> list[dict[str, Any]]:
    """All rows of one corpus."""
    taught, seconds = {}, {}
    parts = [part for part in parts if gold or part in WITHOUT_GOLD]
    for part in parts:
        start = time.process_time()
        taught[part] = TEACH[part](kb, find_backbone("minilm"), corpus.train if gold else None)
        seconds[part] = time.process_time() - start
    rows, plain = [], None
    for chosen in subsets(parts):
        setting = setting_of({part: taught[part] for part in chosen})
        trained = train_linker(kb, corpus.train, neural=setting.unknowing) if gold else None
        linker = Linker.of(kb, trained=trained, neural=setting.whole)
        found = evaluate(
            linker,
            resolve_gold(corpus.test, kb.table(), kb.current_ids()),
            table=kb.table(),
            graph=kb.graph(),
        )
        plain = plain or found
        # a second linker and a second pass: nothing is remembered of these texts but the names
        fresh = Linker.of(kb, trained=trained, neural=forgetful(setting.whole))
        rows.append(
            {
                "parts": " + ".join(chosen) or "none",
                **scores_of(found, plain),
                "k chars/s": speed(fresh, corpus.test),
                "teach s": round(sum(seconds[part] for part in chosen)),
            }
        )
    told = "trained on gold links" if gold else "no gold"
    title = f"{name}, {told}: {len(corpus.train)} texts to train, {len(corpus.test)} judged"
    columns = list(rows[0])
    table(title, columns, [[row[column] for column in columns] for row in rows])
    return rows


def subsets(parts: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """None, each by itself, and, of several, all."""
    yield ()
    yield from itertools.combinations(parts, 1)
    if len(parts) > 1:
        yield tuple(parts)


def setting_of(taught: dict[str, Taught[Any]]) -> Setting:
    """The parts as a linker takes them."""
    return Setting(
        Neural(**{part: one.whole for part, one in taught.items()}),
        lambda fold: Neural(**{part: one.unknowing(fold) for part, one in taught.items()}),
    )


def scores_of(found: Evaluation, plain: Evaluation) -> dict[str, Any]:
    """The figures of one row."""
    scores, nil = found.scores, found.nil.left_unlinked_at_recall
    document, strict = scores.document, scores.mention_strict
    gain, low, high = compare(found, plain)["difference"]["document"]["f1"]
    return {
        "doc P": round(document.precision, 3),
        "doc R": round(document.recall, 3),
        "doc F1": round(document.f1, 3),
        "gain": f"{gain:+.3f}",
        "95 %": f"{low:+.3f} to {high:+.3f}",
        "strict P": round(strict.precision, 3),
        "strict R": round(strict.recall, 3),
        "strict F1": round(strict.f1, 3),
        "acc@1": round(scores.accuracy_at_1, 3),
        "NIL": "-" if nil is None else round(nil, 3),
        "ECE": round(scores.calibration_error or 0.0, 3),
    }


def speed(linker: Linker, texts: Sequence[TextRow]) -> int:
    """Thousands of characters in a CPU second; names are looked at for the second time."""
    plain = linker.with_neural(Neural())
    for row in texts:
        plain.link(row.text)
    start = time.process_time()
    for row in texts:
        linker.link(row.text)
    seconds = time.process_time() - start
    return round(sum(len(row.text) for row in texts) / seconds / 1e3)


def forgetful(neural: Neural) -> Neural:
    """The same parts, that have read no text yet."""
    for part in (neural.context, neural.mentions):
        if part is not None:
            part.forget()
    return neural


def ncbi(test: bool) -> Corpus:
    """NCBI disease corpus."""
    corpus = link_gold.ncbi()
    if test:
        return corpus
    held = DATA / "ncbi_disease/NCBIdevelopset_corpus.txt"
    return corpus._replace(test=link_gold.pubtator(held, link_gold.medic_curies()))


def bc5cdr(test: bool) -> Corpus:
    """BioCreative V CDR, diseases alone."""
    corpus = link_gold.bc5cdr()
    if test:
        return corpus
    held = DATA / "bc5cdr/CDR_DevelopmentSet.PubTator.txt.gz"
    return corpus._replace(test=link_gold.pubtator(held, link_gold.medic_curies(), kind="Disease"))


def craft(name: str, test: bool) -> Corpus:
    """CRAFT's cell types or anatomy."""
    corpus = link_gold.craft(name)
    if test:
        return corpus
    return corpus._replace(train=corpus.train[::2], test=corpus.train[1::2])


def gsc(test: bool) -> Corpus:
    """HPO GSC+, half to train and half to judge."""
    corpus = link_gold.gsc()
    return corpus._replace(train=corpus.test[::2], test=corpus.test[1::2])


TEACH: dict[str, Callable[..., Taught[Any]]] = {
    "context": teach_scorer,
    "mentions": lambda _, backbone, gold: teach_detector(backbone, gold),
}
CORPORA: dict[str, Callable[[bool], Corpus]] = {
    "ncbi": ncbi,
    "bc5cdr": bc5cdr,
    "cl": lambda test: craft("CL", test),
    "uberon": lambda test: craft("UBERON", test),
    "gsc": gsc,
}

if __name__ == "__main__":
    main()
