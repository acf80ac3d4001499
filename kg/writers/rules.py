"""Horn rules, a line each, as `kg.rules` reads them."""

from io import TextIOWrapper

from kg.writers.selection import Selection
from kg.writers.written import Written


def write_rules(selection: Selection, out: TextIOWrapper) -> Written:
    """The rules of the sources, under the name of the source that states them."""
    count = 0
    for source in selection.sources:
        if source.rules:
            out.write(f"# {source.iri}\n" + "".join(f"{rule}\n" for rule in source.rules))
            count += len(source.rules)
    return Written("rules", count, {"triples": selection.count()})
