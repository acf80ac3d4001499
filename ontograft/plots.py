"""The report's plots, as inline SVG: no script, no network, readable in a light or a dark page."""

import math
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

COLOURS = {
    "dictionary": "#8a8f98",
    "plain": "#4c78a8",
    "features": "#7b6bb5",
    "shuffled": "#e0913c",
    "random-links": "#b8579b",
    "knowledge": "#2a9d6f",
}
NAMES_END, RIGHT = 250, 728
ROW = 24


@dataclass(frozen=True)
class _Dot:
    """A figure with its interval; `aside` if it may lie off the scale of the others."""

    name: str
    arm: str
    interval: tuple[float, float, float]
    aside: bool


def figures_plot(results: dict[str, Any], metric: str, *, parts: tuple[str, ...]) -> Markup:
    """A dot with its interval for each run, one panel for each set of texts.

    The dictionary's row answers nothing where nothing is linked; where it falls off the scale of
    the trained runs, an arrow tells its value.
    """
    panels = []
    for part in parts:
        dots = [
            _Dot(run["run"], run["arm"], tuple(run[part][metric]), run["arm"] == "dictionary")
            for run in results["runs"]
            if None not in run[part][metric]
        ]
        title = f"{part} ({results['runs'][0][part]['texts']} texts)"
        panels.append(_panel(title, dots, zero=False))
    return _stacked(panels)


def differences_plot(results: dict[str, Any]) -> Markup:
    """A dot for each paired difference, and a line at 0."""
    dots = [
        _Dot(
            f"{row['a']} − {row['b']}",
            row["a"].partition("+")[0],
            tuple(row["micro_f1"]),
            row["b"] == "dictionary",
        )
        for row in results["differences"]
        if None not in row["micro_f1"]
    ]
    return _stacked([_panel("", dots, zero=True)])


def losses_plot(results: dict[str, Any]) -> Markup:
    """Task loss of each run over the steps; runs with the rule loss are dashed."""
    runs = [run for run in results["runs"] if run["losses"] and len(run["losses"]) > 1]
    if not runs:
        return Markup("")
    y = _Scale.around([point[1] for run in runs for point in run["losses"]], 250, 10)
    x = _Scale(0, max(point[0] for run in runs for point in run["losses"]), 50, 560)
    parts = [
        Markup(
            '<line x1="50" x2="560" y1="{0}" y2="{0}" class="g"/>'
            '<text x="44" y="{1}" class="n">{2:g}</text>'
        ).format(y(tick), y(tick) + 4, tick)
        for tick in y.ticks()
    ]
    for place, run in enumerate(runs):
        points = " ".join(f"{x(step)},{y(loss)}" for step, loss, _ in run["losses"])
        parts.append(
            Markup(
                '<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6" '
                'stroke-dasharray="{dash}"/><line x1="572" x2="596" y1="{y}" y2="{y}" '
                'stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
                '<text x="602" y="{below}">{name}</text>'
            ).format(
                points=points,
                colour=COLOURS[run["arm"]],
                dash="5 4" if run["rules"] else "",
                y=20 + 20 * place,
                below=24 + 20 * place,
                name=run["run"],
            )
        )
    parts.append(Markup('<text x="305" y="272" class="t">step</text>'))
    return _svg(740, 278, parts)


@dataclass(frozen=True)
class _Scale:
    """Maps figures to pixels."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def around(cls, values: list[float], start: float, end: float) -> "_Scale":
        """A scale with a little air around the values."""
        air = 0.06 * (max(values) - min(values)) or 0.05
        return cls(min(values) - air, max(values) + air, start, end)

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        """Four to eight round figures within the scale."""
        rough = (self.high - self.low) / 5
        unit = 10.0 ** math.floor(math.log10(rough))
        step = unit * min((1, 2, 5, 10), key=lambda factor: abs(factor * unit - rough))
        first = math.ceil(self.low / step)
        return [round(step * i, 10) for i in range(first, math.floor(self.high / step) + 1)]


def _panel(title: str, dots: list[_Dot], *, zero: bool) -> tuple[Markup, int]:
    """The dots of one set of texts with their axis, and the height that they take."""
    framed = [x for dot in dots if not dot.aside for x in dot.interval]
    if not framed:
        framed = [x for dot in dots for x in dot.interval]
    if not framed:
        return Markup(""), 0
    scale = _Scale.around([*framed, 0.0] if zero else framed, NAMES_END + 14, RIGHT)
    top = 18 if title else 0
    bottom = top + ROW * len(dots) + 6
    parts = [Markup('<text x="0" y="12" class="h">{}</text>').format(title)]
    for tick in scale.ticks():
        parts.append(
            Markup(
                '<line x1="{0}" x2="{0}" y1="{1}" y2="{2}" class="{3}"/>'
                '<text x="{0}" y="{4}" class="t">{5:g}</text>'
            ).format(
                scale(tick), top, bottom, "z" if zero and tick == 0 else "g", bottom + 15, tick
            )
        )
    parts.extend(_dot(dot, scale, top + ROW * row + 14) for row, dot in enumerate(dots))
    return Markup("").join(parts), bottom + 28


def _dot(dot: _Dot, scale: _Scale, y: float) -> Markup:
    value, low, high = dot.interval
    name = Markup('<text x="{}" y="{}" class="n">{}</text>').format(NAMES_END, y + 4, dot.name)
    if not scale.low <= value <= scale.high:
        x, arrow, side = (
            (scale.start, f"◂ {value:.3f}", "start")
            if value < scale.low
            else (scale.end, f"{value:.3f} ▸", "end")
        )
        return name + Markup('<text x="{}" y="{}" text-anchor="{}" class="aside">{}</text>').format(
            x, y + 4, side, arrow
        )
    return name + Markup(
        '<line x1="{}" x2="{}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2"/>'
        '<circle cx="{}" cy="{y}" r="5" fill="{colour}"><title>{}</title></circle>'
    ).format(
        scale(max(low, scale.low)),
        scale(min(high, scale.high)),
        scale(value),
        f"{value:.3f} [{low:.3f}, {high:.3f}]",
        y=y,
        colour=COLOURS[dot.arm],
    )


def _stacked(panels: list[tuple[Markup, int]]) -> Markup:
    parts, y = [], 4
    for panel, height in panels:
        parts.append(Markup('<g transform="translate(0 {})">{}</g>').format(y, panel))
        y += height
    return _svg(748, y, parts)


def _svg(width: int, height: float, parts: list[Markup]) -> Markup:
    return Markup('<svg viewBox="0 0 {} {}" role="img">{}</svg>').format(
        width, height, Markup("").join(parts)
    )
