"""Linking: ours against six peers (`link_peers.py`), with the same names.

python benchmarks/link.py [--peers PYTHON] [--json FILE]

Speed is measured on all definitions of HPO, each system in a process of its own, three times.
Quality is measured against the gold links of the finance texts, which ship with the project, and of
GSC+, which does not: set ONTOGRAFT_DATA to a folder with `hpo_gsc_plus/gsc_plus.jsonl`. HPO's names
of modifiers ("Right", "Severe") cost systems that take every name for a mention much precision, so
GSC+ is also measured with the phenotypic abnormalities alone, in names, links and gold.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from link_peers import PEERS, Annotate, Found, owners_of
from measure import answer, best_of_processes, measured, parser, say, table, write_figures

KINDS = ("label", "exact", "narrow", "hidden", "related", "broad")
SYSTEMS = {
    "ontograft": "ontograft, longest",
    "ontograft-all": "ontograft, nested links too",
    "ahocorasick": "ahocorasick-rs, lower case, longest",
    "flashtext": "FlashText, longest",
    "phrasematcher": "spaCy PhraseMatcher(LOWER), longest",
    "fenominal": "fenominal",
    "gilda": "Gilda annotate, own terms",
    "medcat": "MedCAT, regex tokenizer",
}
OURS = ("ontograft", "ontograft-all")
PHENOTYPES = "HP:0000118"
"""Phenotypic abnormality; beside it stand modifiers, modes of inheritance and the like."""
CORPORA = {
    "finance": "Finance, 60 texts, English and Chinese",
    "gsc_plus": "GSC+",
    "gsc_plus_phenotypes": "GSC+, phenotypic abnormalities alone",
}


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


def run_all(
    folder: Path, texts: str, peers: str, *, rounds: int = 3, systems: Iterable[str] = SYSTEMS
) -> dict[str, Any]:
    """The answer of each system on these texts."""
    return {
        name: best_of_processes(
            sys.executable if name in OURS else peers,
            [__file__, "--worker", name, str(folder), texts],
            key="cpu",
            rounds=rounds,
        )
        for name in systems
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
    allowed = set(owners_of(folder, fold=str).values())

    def build() -> Annotate:
        linker = Linker.of(kb, settings=LinkerSettings(**settings))
        return lambda text: [
            Found(link.start, link.end, link.curie)
            for link in linker.link(text).links
            if link.curie in allowed
        ]

    return build


WORKERS: dict[str, Callable[[Path], Callable[[], Annotate]]] = {
    "ontograft": our_linker,
    "ontograft-all": lambda folder: our_linker(folder, overlap="all"),
    **PEERS,
}


def read_gold(corpus: str, folder: Path) -> list[Any] | None:
    """The texts of a corpus with their gold links; None where it is not there."""
    from linking import read_texts
    from ontograft.resources import finance_folder

    if corpus == "finance":
        return list(read_texts(finance_folder() / "texts.jsonl"))
    allowed = set(owners_of(folder, fold=str).values()) if corpus.endswith("phenotypes") else None
    return read_gsc(folder, allowed)


def read_gsc(folder: Path, allowed: set[str] | None) -> list[Any] | None:
    """GSC+ with ids of today, for its own are of an older HPO; all of them, or those allowed."""
    from kg import KnowledgeBase
    from linking import GoldLink, TextRow
    from linking.gold import only_marks, resolve_gold

    path = Path(os.environ.get("ONTOGRAFT_DATA", "")) / "hpo_gsc_plus" / "gsc_plus.jsonl"
    if not os.environ.get("ONTOGRAFT_DATA") or not path.exists():
        return None
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        marked = json.loads(line)
        gold = (GoldLink(m["start"], m["end"], m["id"]) for m in marked["mentions"])
        rows.append(TextRow(marked["pmid"], marked["text"], tuple(gold)))
    with KnowledgeBase.open(folder / "kb.sqlite") as kb:
        resolved = resolve_gold(rows, kb.table(), kb.current_ids()).texts
    return [only_marks(row, lambda m: allowed is None or m.curie in allowed) for row in resolved]


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
    report_skipped(speed)


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
    report_skipped(scores)


def report_skipped(results: dict[str, Any]) -> None:
    """Which systems were not measured, and why."""
    for name, result in results.items():
        if "skipped" in result:
            say(f"\n{SYSTEMS[name]}: skipped, {result['skipped']}")


if __name__ == "__main__":
    main()
