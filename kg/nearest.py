"""Which known identifiers look most like one that is not known."""

from collections.abc import Iterable

from kg.errors import UnknownEntityError


def nearest_identifiers(
    identifier: str, known: Iterable[str], *, limit: int = 3
) -> tuple[str, ...]:
    """The known identifiers within two edits of the one given, fewest edits first.

    Upper and lower case, and `_` for `:`, are not counted as edits.

    Args:
        identifier: a CURIE or IRI that was not found.
        known: CURIEs; read once.
        limit: how many at most.
    """
    wanted = _folded(identifier)
    close = []
    for candidate in known:
        if abs(len(candidate) - len(wanted)) > 2:
            continue
        edits = edit_distance(wanted, _folded(candidate), at_most=2)
        if edits is not None:
            close.append((edits, candidate))
    return tuple(candidate for _, candidate in sorted(close)[:limit])


def unknown_entity(
    identifier: str, *, count: int, near: tuple[str, ...], where: str = "", remark: str = ""
) -> UnknownEntityError:
    """The error that says how many entities there are and which are nearest.

    Args:
        identifier: what was asked for.
        count: entities of the knowledge base.
        near: CURIEs, best first; may be empty.
        where: the knowledge base, if known.
        remark: a sentence that knows better than `near`, such as "It is now called HP:0000003."
    """
    nearest = f" (nearest: {', '.join(near)})" if near else ""
    what = f"{identifier} is not among the {count:,} entities{nearest}."
    place = where or "KB"
    return UnknownEntityError(
        f"{what} {remark}" if remark else what,
        where=where,
        mend=f"If the ontology file has it, load it again: `ontograft load {place} FILE`.",
    )


def edit_distance(first: str, second: str, *, at_most: int) -> int | None:
    """Insertions, deletions and replacements from one text to the other (Levenshtein).

    Args:
        first: a short text.
        second: another.
        at_most: the largest distance of interest.

    Returns:
        The distance, or None if it is above `at_most`.
    """
    start = 0
    shortest = min(len(first), len(second))
    while start < shortest and first[start] == second[start]:
        start += 1
    end = 0
    while end < shortest - start and first[-1 - end] == second[-1 - end]:
        end += 1
    first, second = first[start : len(first) - end], second[start : len(second) - end]
    if abs(len(first) - len(second)) > at_most or max(len(first), len(second)) > 8 * at_most:
        return None
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, start=1):
        above, row[0] = row[0], i
        for j, other in enumerate(second, start=1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (letter != other))
    return row[-1] if row[-1] <= at_most else None


def _folded(identifier: str) -> str:
    return identifier.casefold().replace("_", ":")
