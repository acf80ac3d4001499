"""What a writer tells of its work."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Written:
    """How many of what were written, and what was left out because the format has no place."""

    unit: str
    number: int
    left_out: dict[str, int]
