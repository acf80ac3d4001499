"""The linker with two million names: how long it takes to build, its memory, its speed.

python benchmarks/link_scale.py [--names NUMBER] [--json FILE]

The knowledge base is made up: each entity has a label and a synonym of one to four words out of a
vocabulary of 30,000, and a parent; it is written as N-Triples and loaded by `ontograft load`. The
texts are sentences of other words in which every third is a name. Each step is a process of its
own, once. Then `ontograft link --input --output` links the texts with one and with two workers.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from measure import (
    answer,
    best_of_processes,
    measured,
    parser,
    peak_megabytes,
    say,
    table,
    write_figures,
)

NAMES = 2_000_000
VOCABULARY = 30_000
TEXTS = 500
SENTENCES = 12
FILES = 4
CHILDREN = 20
"""Of each entity that has some."""

LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
SYNONYM = "<http://www.geneontology.org/formats/oboInOwl#hasExactSynonym>"
IS_A = "<http://www.w3.org/2000/01/rdf-schema#subClassOf>"
A_CLASS = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/2002/07/owl#Class>"
STEPS = {
    "load": "ontograft load",
    "build": "linker built, its index kept",
    "open": "linker from the kept index, and texts linked",
}


def main() -> None:
    """Measure all and print the tables."""
    options = parser(__doc__)
    options.add_argument("--names", type=int, default=NAMES)
    options.add_argument("--worker", nargs=2, metavar=("STEP", "FOLDER"), help="used by itself")
    given = options.parse_args()
    if given.worker:
        step, folder = given.worker
        answer(WORKERS[step](Path(folder)))
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_ontology(folder / "names.nt", given.names)
        write_texts(folder, given.names)
        figures = {
            step: best_of_processes(
                sys.executable, [__file__, "--worker", step, place], key="cpu", rounds=1
            )
            for step in STEPS
        }
        workers = [folder_linked(folder, count) for count in (1, 2)]
    report(given.names, figures, workers)
    if given.json:
        write_figures(given.json, {"names": given.names, **figures, "workers": workers})


def words() -> list[str]:
    """The vocabulary: three or four syllables each."""
    chance = random.Random(0)  # noqa: S311  (no secret)
    syllables = [a + b for a in "bcdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "or")]
    found: dict[str, None] = {}
    while len(found) < VOCABULARY:
        found["".join(chance.choices(syllables, k=chance.choice((3, 4))))] = None
    return list(found)


def names(count: int) -> Iterator[str]:
    """The names, always the same."""
    chance, vocabulary = random.Random(1), words()  # noqa: S311  (no secret)
    for _ in range(count):
        yield " ".join(chance.choices(vocabulary, k=chance.choice((1, 2, 2, 3, 3, 3, 4))))


def write_ontology(path: Path, count: int) -> None:
    """Two names for each entity, and a parent for each but the first."""
    given = names(count)
    with path.open("w", encoding="utf-8") as file:
        for entity in range(count // 2):
            iri = f"<https://example.org/{entity}>"
            file.write(f"{iri} {A_CLASS} .\n")
            for kind, name in zip((LABEL, SYNONYM), islice(given, 2), strict=True):
                file.write(f'{iri} {kind} "{name}" .\n')
            if entity:
                file.write(f"{iri} {IS_A} <https://example.org/{entity // CHILDREN}> .\n")


def write_texts(folder: Path, count: int) -> None:
    """Texts in which every third word is a name."""
    chance = random.Random(2)  # noqa: S311  (no secret)
    some = list(islice(names(count), 0, count, max(1, count // 20_000)))
    other = ["according", "between", "observed", "patients", "results", "the", "of", "showed"]
    (folder / "texts").mkdir()
    for part in range(FILES):
        rows = []
        for number in range(part, TEXTS, FILES):
            sentences = (
                " ".join(
                    [*(chance.choice(other) for _ in range(2)), chance.choice(some)][at % 3]
                    for at in range(18)
                )
                for _ in range(SENTENCES)
            )
            rows.append({"id": str(number), "text": ". ".join(sentences) + "."})
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "texts" / f"{part}.jsonl").write_text(lines, encoding="utf-8")


def load(folder: Path) -> dict[str, Any]:
    """Load the ontology."""
    from kg import KnowledgeBase

    def work() -> None:
        with KnowledgeBase.open(folder / "kb.db", create=True) as kb:
            kb.load(folder / "names.nt")

    _, cost = measured(work)
    return {"cpu": cost.cpu, "wall": cost.wall, "megabytes": peak_megabytes()}


def build(folder: Path) -> dict[str, Any]:
    """Build the linker of a knowledge base of which nothing is kept yet."""
    from kg import KnowledgeBase
    from linking import Linker

    before = peak_megabytes()
    with KnowledgeBase.open(folder / "kb.db") as kb:
        linker, cost = measured(lambda: Linker.of(kb))
    return {
        "cpu": cost.cpu,
        "wall": cost.wall,
        "megabytes": peak_megabytes() - before,
        "looked for": linker.name_count,
    }


def open_and_link(folder: Path) -> dict[str, Any]:
    """Open the linker again, and link the texts twice."""
    from kg import KnowledgeBase
    from linking import Linker, read_texts

    before = peak_megabytes()
    with KnowledgeBase.open(folder / "kb.db") as kb:
        linker, cost = measured(lambda: Linker.of(kb))
    opened = peak_megabytes() - before
    rows = [row for path in sorted((folder / "texts").iterdir()) for row in read_texts(path)]
    characters = sum(len(row.text) for row in rows)
    first, second = (measured(lambda: list(linker.link_many(rows))) for _ in range(2))
    return {
        "cpu": cost.cpu,
        "wall": cost.wall,
        "megabytes": opened,
        "megabytes after texts": peak_megabytes() - before,
        "links": sum(len(text.links) for text in second[0]),
        "characters a CPU second": [round(characters / one.cpu) for _, one in (first, second)],
    }


WORKERS = {"load": load, "build": build, "open": open_and_link}


def folder_linked(folder: Path, workers: int) -> dict[str, Any]:
    """Link the folder of texts with some workers; time on the clock, and all bytes."""
    target = folder / f"links{workers}"
    command = [sys.executable, "-m", "ontograft", "link", str(folder / "kb.db")]
    command += ["--input", str(folder / "texts"), "--output", str(target)]
    start = time.perf_counter()
    subprocess.run(  # noqa: S603  (our own command)
        [*command, "--workers", str(workers)],
        check=True,
        capture_output=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    seconds = time.perf_counter() - start
    found = {path.name: path.read_bytes() for path in sorted(target.glob("*.jsonl"))}
    same = all(
        (folder / "links1" / name).read_bytes() == content for name, content in found.items()
    )
    return {"workers": workers, "wall": round(seconds, 2), "same bytes": same}


def report(count: int, figures: dict[str, Any], workers: list[dict[str, Any]]) -> None:
    """The tables."""
    rows = [
        [STEPS[step], found["cpu"], found["wall"], found["megabytes"]]
        for step, found in figures.items()
        if "skipped" not in found
    ]
    table(f"{count:,} names", ["step", "CPU s", "wall s", "MB above the imports"], rows)
    opened = figures["open"]
    if "skipped" in opened:
        say(f"\nSkipped: {opened['skipped']}")
        return
    first, second = opened["characters a CPU second"]
    say(f"\n{opened['links']:,} links; {first:,} characters a CPU second, {second:,} once more;")
    say(f"{opened['megabytes after texts']:,} MB then.")
    rows = [[one["workers"], one["wall"], str(one["same bytes"])] for one in workers]
    table("ontograft link --input --output", ["workers", "wall s", "same bytes"], rows)


if __name__ == "__main__":
    main()
