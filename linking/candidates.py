"""Which entities a mention may mean: the owners of the names that it is written like."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from kg import NameRow
from kg.records import NameKind
from linking.mentions import Mention

KIND_WEIGHTS: dict[NameKind, float] = {
    "label": 3.0,
    "exact": 2.8,
    "narrow": 2.0,
    "hidden": 1.5,
    "related": 1.0,
    "broad": 0.5,
}
"""How much a name of this kind speaks for its owner, in log-odds against NIL."""

VARIANT_WEIGHT = -0.2
"""For a plural or another spelling of the name."""


@dataclass(frozen=True, slots=True)
class Owner:
    """An entity that owns a name which the mention is written like.

    Attributes:
        row: the entity.
        name: the best of its names that match.
        variant: "" if the mention is that name as given, else how it differs.
        weight: for the kind of the name and the variant, in log-odds.
    """

    row: int
    name: NameRow
    variant: str
    weight: float


def owners_of(
    mention: Mention, names: Sequence[NameRow], *, exclude: Collection[int] = ()
) -> tuple[Owner, ...]:
    """The candidates of a mention, each with its best name.

    Args:
        mention: its forms point into `names`.
        names: the names of the finder that gave the mention.
        exclude: rows that are never candidates.

    Returns:
        By weight, best first, then by row; empty if all owners are excluded.
    """
    best: dict[int, Owner] = {}
    for form in mention.forms:
        name = names[form.name]
        if name.row in exclude:
            continue
        weight = KIND_WEIGHTS[name.kind]
        if form.variant:
            weight += VARIANT_WEIGHT
        owner = Owner(name.row, name, form.variant, weight)
        best[name.row] = min(best.get(name.row, owner), owner, key=_rank)
    return tuple(sorted(best.values(), key=lambda owner: (-owner.weight, owner.row)))


def _rank(owner: Owner) -> tuple[float, str, str]:
    """Best first; of equal weight the first by text, whatever the order of the names."""
    return (-owner.weight, owner.name.text, owner.name.lang)
