"""Which entities a mention may mean: the owners of the names that it is written like."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from kg import NameRow
from kg.records import NameKind
from linking.mentions import Mention

OwnerKind = NameKind | Literal["learnt"]

KIND_RANK: dict[OwnerKind, int] = {
    "label": 0, "exact": 1, "learnt": 2, "narrow": 3, "hidden": 4, "related": 5, "broad": 6,
}  # fmt: skip
"""Which name of an owner is shown and counted, of several that match."""

VARIANT_RANK = ("", "spelling", "plural", "inflected", "reordered", "synonym")


@dataclass(frozen=True, slots=True)
class Owner:
    """An entity that owns a name which the mention is written like.

    Attributes:
        row: the entity.
        name: the best of its names that match.
        kind: of the name; "learnt" for one that gold texts gave.
        variant: "" if the mention is that name as given, else how it differs, see `Form`.
    """

    row: int
    name: NameRow
    kind: OwnerKind
    variant: str


def owners_of(
    mention: Mention,
    names: Sequence[NameRow],
    *,
    exclude: Collection[int] = (),
    learnt_from: int | None = None,
) -> tuple[Owner, ...]:
    """The candidates of a mention, each with its best name.

    Args:
        mention: its forms point into `names`.
        names: the names of the finder that gave the mention.
        exclude: rows that are never candidates.
        learnt_from: the index of the first name that gold texts gave; None if there is none.

    Returns:
        By name, best first, then by row; empty if all owners are excluded.
    """
    best: dict[int, tuple[tuple[int, int, str, str], Owner]] = {}
    for form in mention.forms:
        name = names[form.name]
        if name.row in exclude:
            continue
        learnt = learnt_from is not None and form.name >= learnt_from
        kind: OwnerKind = "learnt" if learnt else name.kind
        # of equal names the first by text, whatever the order of the names
        rank = (KIND_RANK[kind], VARIANT_RANK.index(form.variant), name.text, name.lang)
        if name.row not in best or rank < best[name.row][0]:
            best[name.row] = (rank, Owner(name.row, name, kind, form.variant))
    return tuple(owner for _, owner in sorted(best.values(), key=lambda f: (f[0][:2], f[1].row)))
