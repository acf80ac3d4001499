"""The evidence of an experiment, for a person: a table on the terminal and one HTML page.

The page is one file: no script, no network, plots as inline SVG. What came out is what is shown;
every arm stands beside its controls, also where that is unflattering.
"""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from rich import box
from rich.table import Table

from kg.atomic import write_atomically

PARTS = ("all", "linked", "unlinked")
COLOURS = {
    "dictionary": "#8a8f98",
    "plain": "#4c78a8",
    "shuffled": "#e0913c",
    "knowledge": "#2a9d6f",
}


def figure(interval: list[float | None], *, percent: bool = False) -> str:
    """`0.512 [0.480, 0.541]`, or in per cent; a dash where the figure is not defined."""
    value, low, high = interval
    if value is None or low is None or high is None:
        return "–"
    if percent:
        return f"{value:.1%} [{low:.1%}, {high:.1%}]"
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def difference_figure(interval: list[float | None]) -> str:
    """`+0.031 [+0.010, +0.052]`."""
    value, low, high = interval
    if value is None or low is None or high is None:
        return "–"
    return f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"


def verdict(interval: list[float | None]) -> str:
    """What a difference with its interval lets one say."""
    _, low, high = interval
    if low is None or high is None:
        return "not defined"
    return "better" if low > 0 else "worse" if high < 0 else "no difference shown"


def results_table(results: dict[str, Any]) -> Table:
    """The figures of all runs, for a terminal of 80 columns: value, and its interval below."""
    table = Table(title=_title(results), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.padding = (0, 1, 0, 0)
    table.caption, table.caption_justify = _caption(results), "left"
    table.add_column("run", no_wrap=True)
    columns = [
        ("micro\nF1", "all", "micro_f1", False),
        ("macro\nF1", "all", "macro_f1", False),
        ("rules\nbroken", "all", "violation_rate", True),
        ("micro F1\nlinked", "linked", "micro_f1", False),
        ("micro F1\nunlinked", "unlinked", "micro_f1", False),
    ]
    for title, *_ in columns:
        table.add_column(title, justify="right", no_wrap=True)
    for run in results["runs"]:
        table.add_row(
            run["run"],
            *(_cell(run[part][metric], percent=percent) for _, part, metric, percent in columns),
        )
    return table


def differences_table(results: dict[str, Any]) -> Table:
    """Micro F1 of a run less that of its control, for a terminal."""
    table = Table(title="Micro F1, paired difference [95 %]", title_justify="left")
    table.box, table.padding, table.pad_edge = box.SIMPLE_HEAD, (0, 1, 0, 0), False
    for name in ("run", "less", "difference", ""):
        table.add_column(name, no_wrap=True)
    for row in results["differences"]:
        difference = row["micro_f1"]
        table.add_row(row["a"], row["b"], difference_figure(difference), verdict(difference))
    return table


def _cell(interval: list[float | None], *, percent: bool) -> str:
    """`.512`, and below it `.480-.541`; in per cent `2.1%` and `1.0-3.2`."""
    value, low, high = interval
    if value is None or low is None or high is None:
        return "–"
    if percent:
        return f"{value:.1%}\n[dim]{100 * low:.1f}-{100 * high:.1f}[/dim]"
    return f"{value:.3f}\n[dim]{low:.3f}-{high:.3f}[/dim]".replace("0.", ".")


def write_report(results: dict[str, Any], path: Path) -> None:
    """Write the page, atomically.

    Args:
        results: what `model.run_experiment` returned.
        path: of the HTML file.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters |= {
        "figure": figure,
        "percent": lambda interval: figure(interval, percent=True),
        "difference": difference_figure,
        "verdict": verdict,
    }
    source = resources.files("ontograft").joinpath("templates/report.html").read_text("utf-8")
    page = environment.from_string(source).render(
        title=_title(results),
        caption=_caption(results),
        results=results,
        micro_plot=_forest(results, "micro_f1"),
        violation_plot=_forest(results, "violation_rate", parts=("all",)),
        difference_plot=_difference_plot(results),
        loss_plot=_loss_plot(results),
    )
    write_atomically(path, page)


def _title(results: dict[str, Any]) -> str:
    labels, test = len(results["labels"]), results["texts"]["test"]
    return f"{labels} concepts below {results['config']['task']['root']}, {test} held-out texts"


def _caption(results: dict[str, Any]) -> str:
    config = results["config"]
    return (
        f"{results['date']}; {results['machine']}; {results['texts']['train']} training texts, "
        f"{config['training']['steps']} steps, seed {config['seed']}, "
        f"{results['label_rules']} rules among the labels. "
        "Value [95 % bootstrap interval over the texts]."
    )


@dataclass(frozen=True)
class _Scale:
    """Maps figures to pixels."""

    low: float
    high: float
    left: float
    right: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.left + share * (self.right - self.left), 1)

    def ticks(self, count: int = 5) -> list[float]:
        return [self.low + (self.high - self.low) * i / count for i in range(count + 1)]


def _spread(values: list[float], *, around_zero: bool = False) -> tuple[float, float]:
    """A range with a little air around the values."""
    low, high = min(values), max(values)
    if around_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    air = 0.06 * (high - low) or 0.05
    return low - air, high + air


def _forest(results: dict[str, Any], metric: str, parts: tuple[str, ...] = PARTS) -> Markup:
    """A dot with its interval for each run, one panel for each set of texts."""
    panels = []
    for part in parts:
        rows = [
            (run["run"], run["arm"], run[part][metric])
            for run in results["runs"]
            if run[part][metric][0] is not None
        ]
        if rows:
            panels.append((f"{part} ({results['runs'][0][part]['texts']} texts)", rows))
    return _dots(panels)


def _difference_plot(results: dict[str, Any]) -> Markup:
    rows = [
        (f"{row['a']} − {row['b']}", row["a"].partition("+")[0], row["micro_f1"])
        for row in results["differences"]
        if row["micro_f1"][0] is not None
    ]
    return _dots([("", rows)], zero=True) if rows else Markup("")


def _dots(panels: list[tuple[str, list[Any]]], *, zero: bool = False) -> Markup:
    values = [x for _, rows in panels for _, _, interval in rows for x in interval]
    low, high = _spread(values, around_zero=zero)
    scale = _Scale(low, high, 230, 700)
    parts, y = [], 8
    for title, rows in panels:
        if title:
            y += 16
            parts.append(Markup('<text x="0" y="{}" class="h">{}</text>').format(y, title))
        for name, arm, (value, least, most) in rows:
            y += 24
            parts.append(
                Markup(
                    '<text x="222" y="{}" class="n">{}</text>'
                    '<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="{}" stroke-width="2"/>'
                    '<circle cx="{}" cy="{}" r="5" fill="{}"><title>{}</title></circle>'
                ).format(
                    y + 4, name, scale(least), scale(most), y, y, COLOURS[arm],
                    scale(value), y, COLOURS[arm], f"{value:.3f} [{least:.3f}, {most:.3f}]",
                )
            )  # fmt: skip
        y += 12
    axis = [
        Markup('<line x1="{0}" x2="{0}" y1="4" y2="{1}" class="g"/>'
               '<text x="{0}" y="{2}" class="t">{3}</text>').format(
            scale(tick), y + 4, y + 20, f"{tick:.2f}")
        for tick in scale.ticks()
    ]  # fmt: skip
    if zero:
        axis.append(
            Markup('<line x1="{0}" x2="{0}" y1="4" y2="{1}" class="z"/>').format(scale(0.0), y + 4)
        )
    return _svg(720, y + 26, [*axis, *parts])


def _loss_plot(results: dict[str, Any]) -> Markup:
    """Task loss of each run over the steps; runs with the rule loss are dashed."""
    runs = [run for run in results["runs"] if run["losses"] and len(run["losses"]) > 1]
    if not runs:
        return Markup("")
    low, high = _spread([point[1] for run in runs for point in run["losses"]])
    x = _Scale(0, max(point[0] for run in runs for point in run["losses"]), 50, 560)
    y = _Scale(low, high, 250, 10)
    parts = [
        Markup('<line x1="50" x2="560" y1="{0}" y2="{0}" class="g"/>'
               '<text x="44" y="{1}" class="n">{2}</text>').format(y(t), y(t) + 4, f"{t:.1f}")
        for t in y.ticks(4)
    ]  # fmt: skip
    for place, run in enumerate(runs):
        dash = "5 4" if run["rules"] else ""
        points = " ".join(f"{x(step)},{y(loss)}" for step, loss, _ in run["losses"])
        colour, line = COLOURS[run["arm"]], 20 + 20 * place
        parts.append(
            Markup(
                '<polyline points="{}" fill="none" stroke="{}" stroke-width="1.6" '
                'stroke-dasharray="{}"/><line x1="572" x2="596" y1="{}" y2="{}" stroke="{}" '
                'stroke-width="2" stroke-dasharray="{}"/><text x="602" y="{}">{}</text>'
            ).format(points, colour, dash, line, line, colour, dash, line + 4, run["run"])
        )
    parts.append(Markup('<text x="305" y="272" class="t">step</text>'))
    return _svg(740, 278, parts)


def _svg(width: int, height: float, parts: list[Markup]) -> Markup:
    return Markup('<svg viewBox="0 0 {} {}" role="img">{}</svg>').format(
        width, height, Markup("").join(parts)
    )
