"""Linking: ours against bare Aho-Corasick, spaCy's PhraseMatcher and Gilda, with the same names.

python benchmarks/link.py [--peers PYTHON] [--json FILE]

Speed is measured on all definitions of HPO, each system in a process of its own, three times.
Quality is measured against the gold links of the finance texts, which ship with the project, and of
GSC+, which does not: set ONTOGRAFT_DATA to a folder with `hpo_gsc_plus/gsc_plus.jsonl`. HPO's names
of modifiers ("Right", "Severe") cost systems that take every name for a mention much precision, so
GSC+ is also measured with the phenotypic abnormalities alone, in names, links and gold.
"""

import importlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from measure import answer, best_of_processes, measured, parser, say, table, write_figures

KINDS = ("label", "exact", "narrow", "hidden", "related", "broad")
SYSTEMS = {
    "ontograft": "ontograft, longest",
    "ontograft-all": "ontograft, nested links too",
    "ahocorasick": "ahocorasick-rs, lower case, longest",
    "phrasematcher": "spaCy PhraseMatcher(LOWER), longest",
    "gilda": "Gilda annotate, own terms",
}
OURS = ("ontograft", "ontograft-all")
PHENOTYPES = "HP:0000118"
"""Phenotypic abnormality; beside it stand modifiers, modes of inheritance and the like."""
CORPORA = {
    "finance": "Finance, 60 texts, English and Chinese",
    "gsc_plus": "GSC+",
    "gsc_plus_phenotypes": "GSC+, phenotypic abnormalities alone",
}


class Found(NamedTuple):
    """A link as every system gives it."""

    start: int
    end: int
    curie: str


Annotate = Callable[[str], list[Found]]


def main() -> None:
    """Measure all and print the tables."""
    options = parser(__doc__)
    options.add_argument("--peers", default=sys.executable, metavar="PYTHON")
    options.add_argument("--worker", nargs=3, metavar=("NAME", "FOLDER", "TEXTS"))
    given = options.parse_args()
    if given.worker:
        name, folder, texts = given.worker
        answer(work(name, Path(folder), texts))
        return
    with tempfile.TemporaryDirectory() as place:
        figures = compare(Path(place), given.peers)
    if given.json:
        write_figures(given.json, figures)


def compare(place: Path, peers: str) -> dict[str, Any]:
    """All systems on all texts, table by table."""
    from ontograft.demo import hpo_file
    from ontograft.resources import finance_folder

    hpo, finance, phenotypes = place / "hpo", place / "finance", place / "phenotypes"
    definitions = prepare(hpo, hpo_file())
    prepare(phenotypes, hpo_file(), below=PHENOTYPES)
    prepare(finance, finance_folder() / "ontology.ttl", finance_folder() / "rules.rules")
    (hpo / "definitions.json").write_text(json.dumps(definitions), encoding="utf-8")
    size = {"texts": len(definitions), "characters": sum(map(len, definitions))}

    speed = run_all(hpo, "definitions", peers)
    say(f"{size['texts']:,} definitions of HPO, {size['characters']:,} characters")
    report_speed(speed, size)

    quality = {}
    for corpus, folder in (
        ("finance", finance),
        ("gsc_plus", hpo),
        ("gsc_plus_phenotypes", phenotypes),
    ):
        rows = read_gold(corpus, folder)
        if rows is None:
            say("\nGSC+: skipped, ONTOGRAFT_DATA names no folder with hpo_gsc_plus/gsc_plus.jsonl")
            break
        texts = json.dumps([row.text for row in rows])
        (folder / f"{corpus}.json").write_text(texts, encoding="utf-8")
        quality[corpus] = score_all(rows, run_all(folder, corpus, peers, rounds=1))
        report_quality(corpus, quality[corpus])
    return {"definitions": size, "speed": speed, "quality": quality}


def prepare(folder: Path, *files: Path, below: str = "") -> list[str]:
    """Load a knowledge base and lay out the names that our linker looks for.

    Args:
        folder: made.
        files: ontology and rules.
        below: only concepts below this one may be linked; empty: all may.

    Returns:
        The definitions of the live concepts.

    Names that ours refuses (one letter, only stop words) are given to nobody. A name of several
    entities comes with the one of which it is the best kind of name, then the one loaded first.
    """
    from kg import KnowledgeBase
    from linking import Linker

    folder.mkdir()
    with KnowledgeBase.open(folder / "kb.sqlite", create=True) as kb:
        kb.load(*files)
        entities = kb.table()
        refused = {refusal.name for refusal in Linker.of(kb).refused}
        graph = kb.graph()
        allowed = (
            set(graph.descendants(entities.row(below)).tolist())
            if below
            else set(range(len(entities)))
        )
        names = [n for n in kb.names() if n not in refused and n.row in allowed]
        names.sort(key=lambda name: (KINDS.index(name.kind), name.row))
        rows = [(name.text, entities.curies[name.row], name.kind) for name in names]
        (folder / "names.json").write_text(json.dumps(rows), encoding="utf-8")
        live = zip(entities.definitions, entities.live.tolist(), strict=True)
        return [text for text, alive in live if text and alive]


def run_all(folder: Path, texts: str, peers: str, *, rounds: int = 3) -> dict[str, Any]:
    """The answer of each system on these texts."""
    return {
        name: best_of_processes(
            sys.executable if name in OURS else peers,
            [__file__, "--worker", name, str(folder), texts],
            key="cpu",
            rounds=rounds,
        )
        for name in SYSTEMS
        if not (texts == "definitions" and name == "ontograft-all")
    }


def work(name: str, folder: Path, texts: str) -> dict[str, Any]:
    """Build one system and annotate; for gold texts, with the links."""
    rows = json.loads((folder / f"{texts}.json").read_text(encoding="utf-8"))
    build = WORKERS[name](folder)
    annotate, built = measured(build)
    found, linked = measured(lambda: [annotate(text) for text in rows])
    figures = {
        "build_cpu": built.cpu,
        "cpu": linked.cpu,
        "wall": linked.wall,
        "links": sum(map(len, found)),
    }
    return figures if texts == "definitions" else {**figures, "found": found}


def our_linker(folder: Path, **settings: Any) -> Callable[[], Annotate]:
    """Ours; the arrays of the knowledge base are read before, like the names of the others."""
    from kg import KnowledgeBase
    from linking import Linker, LinkerSettings

    kb = KnowledgeBase.open(folder / "kb.sqlite")
    kb.table(), kb.names(), kb.graph()
    allowed = set(_owners(folder, fold=str).values())

    def build() -> Annotate:
        linker = Linker.of(kb, settings=LinkerSettings(**settings))
        return lambda text: [
            Found(link.start, link.end, link.curie)
            for link in linker.link(text).links
            if link.curie in allowed
        ]

    return build


def ahocorasick(folder: Path) -> Callable[[], Annotate]:
    """One automaton over the names in lower case; no match begins or ends within a Latin word."""
    from ahocorasick_rs import AhoCorasick, MatchKind

    owner = _owners(folder, fold=str.lower)

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

    owner = _owners(folder, fold=str.lower)

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


def _owners(folder: Path, *, fold: Callable[[str], str]) -> dict[str, str]:
    """Folded name -> its first owner, in the order that `prepare` left."""
    owner: dict[str, str] = {}
    for text, curie, _ in json.loads((folder / "names.json").read_text(encoding="utf-8")):
        owner.setdefault(fold(text), curie)
    return owner


WORKERS: dict[str, Callable[[Path], Callable[[], Annotate]]] = {
    "ontograft": our_linker,
    "ontograft-all": lambda folder: our_linker(folder, overlap="all"),
    "ahocorasick": ahocorasick,
    "phrasematcher": phrasematcher,
    "gilda": gilda,
}


def read_gold(corpus: str, folder: Path) -> list[Any] | None:
    """The texts of a corpus with their gold links; None where it is not there."""
    from linking import read_texts
    from ontograft.resources import finance_folder

    if corpus == "finance":
        return list(read_texts(finance_folder() / "texts.jsonl"))
    allowed = set(_owners(folder, fold=str).values()) if corpus.endswith("phenotypes") else None
    return read_gsc(allowed)


def read_gsc(allowed: set[str] | None) -> list[Any] | None:
    """GSC+ with ids of today, for its own are of an older HPO; all of them, or those allowed."""
    from linking import GoldLink, TextRow
    from ontograft.demo import hpo_file

    path = Path(os.environ.get("ONTOGRAFT_DATA", "")) / "hpo_gsc_plus" / "gsc_plus.jsonl"
    if not os.environ.get("ONTOGRAFT_DATA") or not path.exists():
        return None
    today, term = {}, ""
    for line in hpo_file().read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(": ")
        if key == "id":
            term = value
        elif key == "alt_id":
            today[value] = term
        elif key == "replaced_by":
            today[term] = value
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        marked = json.loads(line)
        gold = [
            GoldLink(mention["start"], mention["end"], today.get(mention["id"], mention["id"]))
            for mention in marked["mentions"]
        ]
        kept = tuple(link for link in gold if allowed is None or link.curie in allowed)
        rows.append(TextRow(marked["pmid"], marked["text"], kept))
    return rows


def score_all(rows: list[Any], answers: dict[str, Any]) -> dict[str, Any]:
    """Every system's links against the same gold, by `linking.score_links`."""
    from linking import Candidate, Link, LinkedText, score_links

    def linked(row: Any, found: list[list[Any]]) -> Any:
        links = (
            Link(start, end, row.text[start:end], (Candidate(0, curie, "", "", 1.0, ()),))
            for start, end, curie in found
        )
        return LinkedText(row.id, row.text, tuple(links))

    scores: dict[str, Any] = {}
    for name, result in answers.items():
        if "skipped" in result:
            scores[name] = result
            continue
        pairs = zip(rows, result["found"], strict=True)
        found = score_links(rows, [linked(row, links) for row, links in pairs]).to_json()
        scores[name] = {
            key: found[key] for key in ("mention_strict", "mention_overlap", "document")
        }
    return scores


def report_speed(speed: dict[str, Any], size: dict[str, int]) -> None:
    """The table, with ratios to ours."""
    ours = speed["ontograft"]["cpu"]
    rows = [
        [
            SYSTEMS[name],
            result["build_cpu"],
            result["cpu"],
            result["wall"],
            int(size["texts"] / result["cpu"]),
            int(size["characters"] / result["cpu"]),
            f"{ours / result['cpu']:.2f}x",
            result["links"],
        ]
        for name, result in speed.items()
        if "skipped" not in result
    ]
    columns = [
        "system",
        "build CPU s",
        "link CPU s",
        "link wall s",
        "texts/CPU s",
        "chars/CPU s",
        "speed, ours = 1",
        "links",
    ]
    table("Speed, best of 3", columns, rows)
    _report_skipped(speed)


def report_quality(corpus: str, scores: dict[str, Any]) -> None:
    """Precision, recall and F1, strict and by document."""
    rows = [
        [
            SYSTEMS[name],
            *(
                result[what][key]
                for what in ("mention_strict", "document")
                for key in ("precision", "recall", "f1")
            ),
        ]
        for name, result in scores.items()
        if "skipped" not in result
    ]
    columns = ["system", "strict P", "R", "F1", "document P", "R", "F1"]
    table(CORPORA[corpus], columns, rows)
    _report_skipped(scores)


def _report_skipped(results: dict[str, Any]) -> None:
    for name, result in results.items():
        if "skipped" in result:
            say(f"\n{SYSTEMS[name]}: skipped, {result['skipped']}")


if __name__ == "__main__":
    main()
