"""By what the formats of lines and tables are recognised."""

import re

_ROLE = re.compile(r"[^:]*:(ID|START_ID|END_ID)(?:\([^()]*\))?(?:\{[^{}]*\})?")
BABELON_COLUMNS = ("subject_id", "predicate_id", "translation_value", "translation_language")


def looks_like_triples(head: str) -> bool:
    """Whether the first lines are three cells each, the middle one of few different values."""
    lines = [line.rstrip("\r").split("\t") for line in _whole_lines(head)]
    if not lines or any(len(cells) != 3 or not all(map(str.strip, cells)) for cells in lines):
        return False
    if any(cells[0].startswith(("@", "<")) or cells[2].endswith((".", ";")) for cells in lines):
        return False  # a Turtle file with tabs
    return len(lines) < 20 or len({cells[1] for cells in lines}) < 0.8 * len(lines)


def looks_like_names(head: str) -> bool:
    """Whether the first lines are all `id||name`."""
    lines = _whole_lines(head)
    return bool(lines) and all(re.match(r"[^|\t]+(\|[^|]+)*\|\|[^|]", line) for line in lines)


def looks_like_babelon(head: str) -> bool:
    """Whether the first line has the headings of a Babelon table."""
    return set(BABELON_COLUMNS) <= set(head.partition("\n")[0].rstrip("\r").split("\t"))


def looks_like_sssom(head: str) -> bool:
    """Whether the first line that is no comment has the headings of a table of mappings."""
    lines = (line for line in head.split("\n") if not line.startswith("#"))
    cells = set(re.split(r"[\t,]", next(lines, "").rstrip("\r")))
    ends = ({f"{side}_id", f"{side}_label"} for side in ("subject", "object"))
    return "predicate_id" in cells and all(end & cells for end in ends)


def looks_like_property_graph(head: str) -> bool:
    """Whether the first line has the headings of nodes or relationships for Neo4j's import."""
    first = head.partition("\n")[0].rstrip("\r")
    roles = {
        found[1]
        for heading in re.split(r"[,\t;|]", first)
        if (found := _ROLE.fullmatch(heading.strip().strip('"')))
    }
    return "ID" in roles or {"START_ID", "END_ID"} <= roles


SIGNS = {
    "neo4j": looks_like_property_graph,
    "sssom": looks_like_sssom,
    "babelon": looks_like_babelon,
    "names": looks_like_names,
    "triples": looks_like_triples,
}
"""Format and how its first lines look, in the order in which they are to be tried."""


def _whole_lines(head: str) -> list[str]:
    """The first 50 lines that are not blank; what the cut at the end may have broken is left."""
    lines = head.split("\n")
    whole = lines[:-1] if len(lines) > 1 else lines
    return [line for line in whole if line.strip()][:50]
