"""FIBO in the minutes and speeches of the Federal Reserve: links drawn at random, judged by hand.

ONTOGRAFT_DATA=FOLDER python benchmarks/link_finance.py [--json FILE]

No corpus carries FIBO ids. So `fibo` links all texts of `fomc_text`, without labels, and 200 of
the links are drawn at random; results/fibo_fomc_200.tsv has for each the words around it and a
verdict: is this concept meant by these words in this sentence, "yes", "no" or "unclear", with a
reason where it is not "yes". The draw takes the links with the smallest BLAKE2b of seed, text,
place and concept: each link is as likely to be drawn as any other, and a linker that gives some
other links draws mostly the same ones, so that their verdicts hold. Links that are drawn for the
first time are written without a verdict, which is then to be given. Precision counts "unclear" as
wrong; its interval is that of Wilson (1927), 95 %. FIBO lists the words that the US Postal
Service knows in addresses ("course", "view", "wells") as individuals; `addresses` says how many
of the drawn links lead there.
"""

import csv
import gzip
import heapq
import json
import math
import os
import tempfile
import time
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from measure import parser, say, table, write_figures

from kg import KnowledgeBase
from linking import Link, Linker

DATA = Path(os.environ.get("ONTOGRAFT_DATA", "/nowhere"))
JUDGED = Path(__file__).parent / "results" / "fibo_fomc_200.tsv"
SEED = 7
DRAWN = 200
AROUND = 80
"""Characters that are shown before and after a mention."""
ADDRESSES = "/FND/Places/"


class Drawn(NamedTuple):
    """A link as it stands in the list; `before`, `surface` and `after` in one line."""

    text: str
    start: int
    end: int
    before: str
    surface: str
    after: str
    iri: str
    label: str
    probability: float
    verdict: str = ""
    reason: str = ""


def main() -> None:
    """Link, draw, and count the verdicts."""
    given = parser(__doc__).parse_args()
    if not (DATA / "fomc_text").is_dir():
        say("skipped: ONTOGRAFT_DATA names no folder with fibo and fomc_text")
        return
    verdicts = {(row.text, row.start, row.end, row.iri): row for row in read_judged()}
    links, drawn, figures = draw()
    rows = []
    for row in drawn:
        known = verdicts.get((row.text, row.start, row.end, row.iri))
        rows.append(row._replace(verdict=known.verdict, reason=known.reason) if known else row)
    with JUDGED.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, "excel-tab", lineterminator="\n")
        writer.writerow(Drawn._fields)
        writer.writerows(rows)
    counts = {
        name: sum(row.verdict == name for row in rows) for name in ("yes", "no", "unclear", "")
    }
    judged = len(rows) - counts[""]
    low, high = wilson(counts["yes"], judged)
    figures |= {
        "links": links,
        "judged": judged,
        "yes": counts["yes"],
        "no": counts["no"],
        "unclear": counts["unclear"],
        "precision": round(counts["yes"] / judged, 3) if judged else None,
        "interval": [round(low, 3), round(high, 3)],
        "addresses": sum(ADDRESSES in row.iri for row in rows),
    }
    table("FIBO in FOMC texts", ["what", "figure"], [[k, str(v)] for k, v in figures.items()])
    if counts[""]:
        say(f"{counts['']} drawn links have no verdict yet: {JUDGED}")
    if given.json:
        write_figures(given.json, figures)


def draw() -> tuple[int, list[Drawn], dict[str, object]]:
    """The number of all links, those drawn, and the speed."""
    with (
        tempfile.TemporaryDirectory() as folder,
        KnowledgeBase.open(Path(folder) / "kb.sqlite", create=True) as kb,
    ):
        kb.load(DATA / "fibo")
        linker = Linker.of(kb)
    smallest: list[tuple[int, Drawn]] = []
    links = characters = 0
    start = time.process_time()
    for id, text in texts():
        characters += len(text)
        for link in linker.link(text).links:
            links += 1
            place = -number_of(id, link)
            if len(smallest) < DRAWN:
                heapq.heappush(smallest, (place, shown(id, text, link)))
            elif place > smallest[0][0]:
                heapq.heapreplace(smallest, (place, shown(id, text, link)))
    seconds = time.process_time() - start
    ordered = [row for _, row in sorted(smallest, reverse=True)]
    return links, ordered, {"M characters": round(characters / 1e6, 1), "CPU s": round(seconds, 1)}


def texts() -> Iterator[tuple[str, str]]:
    """Id and text of each minute and speech."""
    for part in ("minutes", "speeches"):
        with gzip.open(DATA / "fomc_text" / f"{part}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                document = json.loads(line)
                yield f"{part}/{document['id']}", document["text"]


def number_of(id: str, link: Link) -> int:
    """A random number that is always the same for this link."""
    key = f"{SEED} {id} {link.start} {link.end} {link.iri}".encode()
    return int.from_bytes(blake2b(key, digest_size=8).digest())


def shown(id: str, text: str, link: Link) -> Drawn:
    """A link with the words around it."""
    before = " ".join(text[max(0, link.start - AROUND) : link.start].split())
    after = " ".join(text[link.end : link.end + AROUND].split())
    surface = " ".join(link.text.split())
    span = (id, link.start, link.end, before, surface, after)
    return Drawn(*span, link.iri, link.label, link.probability)


def read_judged() -> list[Drawn]:
    """The list as it is."""
    if not JUDGED.exists():
        return []
    with JUDGED.open(encoding="utf-8", newline="") as stream:
        return [
            Drawn(**{**row, "start": int(row["start"]), "end": int(row["end"])})
            for row in csv.DictReader(stream, dialect="excel-tab")
        ]


def wilson(right: int, all: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    if not all:
        return 0.0, 1.0
    z = 1.959964
    share, width = right / all, z * z / all
    middle = (share + width / 2) / (1 + width)
    half = z * math.sqrt(share * (1 - share) / all + width / all / 4) / (1 + width)
    return middle - half, middle + half


if __name__ == "__main__":
    main()
