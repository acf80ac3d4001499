"""Write docs/cli.md and docs/config.md from the code, or check that they are up to date.

python scripts/docs.py [--check]
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel

from model.config import TrainConfig
from ontograft.cli import app

DOCS = Path(__file__).resolve().parent.parent / "docs"
MADE = "<!-- made by `make docs` from the code: do not edit -->\n\n"


def command_page() -> str:
    """Every command with its arguments and options."""
    root = typer.main.get_command(app)
    lines = [
        MADE + "# Commands",
        "",
        root.help,
        "",
        "KB is the path of a SQLite file, or a SQLAlchemy URL. Results go to stdout; progress, "
        "notes and faults go to stderr. Exit codes: 0 it is done, 1 the job failed, 2 what was "
        "given is wrong, 130 interrupted. `ONTOGRAFT_DEBUG=1` adds the traceback to a fault.",
    ]
    for name, command in root.commands.items():
        lines += ["", f"## ontograft {name}", "", *_usage(name, command), "", _dedent(command.help)]
        rows = [_row(parameter) for parameter in command.params if parameter.name != "help"]
        lines += ["", "| argument or option | meaning | default |", "|---|---|---|", *rows]
    return "\n".join(lines) + "\n"


def config_page() -> str:
    """Every key of a training config."""
    lines = [
        MADE + "# Training config",
        "",
        "A TOML file for `ontograft train`. Relative paths are taken from the file's own folder. "
        "An unknown key is an error.",
        *_section("", TrainConfig),
    ]
    return "\n".join(lines) + "\n"


def _usage(name: str, command: Any) -> list[str]:
    parts = [f"ontograft {name}"]
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            parts.append(parameter.metavar if parameter.required else f"[{parameter.metavar}]")
    return ["```", " ".join([*parts, "[OPTIONS]"]), "```"]


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        shown = f"`{parameter.metavar}`"
    elif parameter.is_flag:
        shown = f"`{'`, `'.join(parameter.opts)}`"
    else:
        shown = f"`{parameter.opts[0]} {parameter.metavar}`"
    default = parameter.default
    shown_default = "" if default in (None, False) or parameter.required else f"`{default}`"
    return f"| {shown} | {(parameter.help or '').replace('|', chr(92) + '|')} | {shown_default} |"


def _dedent(text: str | None) -> str:
    return "\n".join(line.strip() for line in (text or "").splitlines())


def _section(name: str, section: type[BaseModel]) -> Iterator[str]:
    yield ""
    yield f"## [{name}]" if name else "## Top level"
    yield ""
    yield (section.__doc__ or "").splitlines()[0]
    yield ""
    yield "| key | default | meaning |"
    yield "|---|---|---|"
    nested: list[tuple[str, type[BaseModel]]] = []
    for key, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            nested.append((key, field.annotation))
            continue
        default = "required" if field.is_required() else f"`{_toml(field.default)}`"
        meaning = (field.description or "").replace("|", "\\|")
        yield f"| `{key}` | {default} | {meaning} |"
    for key, inner in nested:
        yield from _section(key, inner)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def main() -> None:
    stale = []
    for page, text in (("cli.md", command_page()), ("config.md", config_page())):
        path = DOCS / page
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(page)
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path}")
    if stale and "--check" in sys.argv:
        sys.exit(f"out of date: {', '.join(stale)}; run `make docs`")


if __name__ == "__main__":
    main()
