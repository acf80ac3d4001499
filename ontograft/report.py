"""The evidence of an experiment, for a person: a table on the terminal and one HTML page.

The page is one file: no script, no network, plots as inline SVG. What came out is what is shown;
every arm stands beside its controls, also where that is unflattering.
"""

from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from rich import box
from rich.table import Table

from kg.atomic import write_atomically
from ontograft.plots import differences_plot, figures_plot, losses_plot


def figure(interval: list[float | None], *, percent: bool = False) -> tuple[str, str]:
    """Value and interval, such as `0.512` and `0.480-0.541`; a dash where it is not defined."""
    value, low, high = interval
    if value is None or low is None or high is None:
        return "–", ""
    if percent:
        return f"{value:.1%}", f"{100 * low:.1f}-{100 * high:.1f}"
    return f"{value:.3f}", f"{low:.3f}-{high:.3f}"


def deviation(sd: float | None, *, percent: bool = False) -> str:
    """Standard deviation over the seeds, such as `± 0.012`; empty where there is none."""
    if sd is None:
        return ""
    return f"± {sd:.1%}" if percent else f"± {sd:.3f}"


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
            *(_cell(run[part], metric, percent=percent) for _, part, metric, percent in columns),
        )
    return table


def differences_table(results: dict[str, Any]) -> Table:
    """Micro F1 of a run less that of its control, for a terminal."""
    table = Table(title="Micro F1, paired difference [95 %]", title_justify="left")
    table.box, table.padding, table.show_edge = box.SIMPLE_HEAD, (0, 0), False
    for name in ("run", "less", "difference", ""):
        table.add_column(name, no_wrap=True)
    for row in results["differences"]:
        difference = row["micro_f1"]
        table.add_row(row["a"], row["b"], difference_figure(difference), verdict(difference))
    return table


def _cell(figures: dict[str, Any], metric: str, *, percent: bool) -> str:
    """`.512`, or with several seeds `.512±.012`, and below it `.480-.541`."""
    value, spread = figure(figures[metric], percent=percent)
    value += deviation(figures["sd"][metric], percent=percent).replace(" ", "")
    if not percent:
        value, spread = value.replace("0.", "."), spread.replace("0.", ".")
    return f"{value}\n[dim]{spread}[/dim]"


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
        "deviation": deviation,
        "difference": difference_figure,
        "verdict": verdict,
    }
    source = resources.files("ontograft").joinpath("templates/report.html").read_text("utf-8")
    page = environment.from_string(source).render(
        title=_title(results),
        caption=_caption(results),
        results=results,
        micro_plot=figures_plot(results, "micro_f1", parts=("all", "linked", "unlinked")),
        violation_plot=figures_plot(results, "violation_rate", parts=("all",)),
        difference_plot=differences_plot(results),
        loss_plot=losses_plot(results),
    )
    write_atomically(path, page)


def _title(results: dict[str, Any]) -> str:
    labels, test = len(results["labels"]), results["texts"]["test"]
    return f"{labels} concepts below {results['config']['task']['root']}, {test} held-out texts"


def _caption(results: dict[str, Any]) -> str:
    config, seeds = results["config"], results["seeds"]
    word, shown = "seed", "Value [95 % bootstrap interval over the texts]."
    if len(seeds) > 1:
        word = "seeds"
        shown = "Mean ± standard deviation [95 % bootstrap interval over seeds and texts]."
    return (
        f"{results['date']}; {results['machine']}; {results['texts']['train']} training texts, "
        f"{config['training']['steps']} steps, {word} {', '.join(map(str, seeds))}, "
        f"{results['label_rules']} rules among the labels. {shown}"
    )
