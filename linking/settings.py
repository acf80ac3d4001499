"""Every setting of the linker, typed and documented."""

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from linking.errors import SettingsError

Overlap = Literal["best", "longest", "all"]


@dataclass(frozen=True)
class LinkerSettings:
    """Settings of a linker.

    Attributes:
        max_candidates: candidates that a link keeps, best first; at least 1.
        nil_threshold: a mention is left unlinked when the probability that none of its
            candidates is meant reaches this; 0 to 1, and 1 keeps every mention.
        overlap: of mentions that overlap, "best" keeps those that are together the most probable,
            "longest" the longest, "all" every one, nested ones too.
        languages: language tags whose names are used ("en" takes "en-GB" too); names without a
            tag are always used; empty: all languages.
        variants: match other inflections, spellings and orders of a name's words too, and words
            that the ontology's own synonyms use alike.
        abbreviations: read what the text itself says that an abbreviation stands for.
    """

    max_candidates: int = 4
    nil_threshold: float = 0.5
    overlap: Overlap = "longest"
    languages: tuple[str, ...] = ()
    variants: bool = True
    abbreviations: bool = True

    def __post_init__(self) -> None:
        """Refuse settings that make no sense.

        Raises:
            SettingsError: with every fault found.
        """
        faults = []
        if self.max_candidates < 1:
            faults.append(f"max_candidates is {self.max_candidates}, below 1")
        if not 0 <= self.nil_threshold <= 1:
            faults.append(f"nil_threshold is {self.nil_threshold}, not within 0 to 1")
        if self.overlap not in get_args(Overlap):
            faults.append(_overlap_fault(self.overlap))
        if faults:
            raise SettingsError("; ".join(faults), where="linker settings")

    def to_json(self) -> dict[str, Any]:
        """All settings as a JSON object."""
        return {**asdict(self), "languages": list(self.languages)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "LinkerSettings":
        """Read settings strictly; what is not given takes its default.

        Raises:
            SettingsError: an unknown key (names the nearest known one), or a value of another type.
        """
        known = {field.name: getattr(cls, field.name) for field in fields(cls)}
        faults = []
        values: dict[str, Any] = {}
        for key, value in document.items():
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1, cutoff=0)
                faults.append(f'unknown key "{key}" (nearest: "{near[0]}")')
                continue
            if key == "overlap" and value not in get_args(Overlap):
                faults.append(_overlap_fault(value))
                continue
            values[key] = _as_type_of(known[key], value)
            if values[key] is None:
                wanted = "list of strings" if key == "languages" else type(known[key]).__name__
                faults.append(f"{key} is {value!r}, wanted: {wanted}")
        if faults:
            raise SettingsError("; ".join(faults), where="linker settings")
        return cls(**values)


def _overlap_fault(value: object) -> str:
    return f'overlap is "{value}", wanted: {" or ".join(get_args(Overlap))}'


def _as_type_of(default: object, value: object) -> object | None:
    """The value in the type of the default; None if it has another."""
    if isinstance(default, tuple):
        if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
            return tuple(value)
        return None
    if isinstance(default, bool) or isinstance(value, bool):
        return value if isinstance(default, bool) and isinstance(value, bool) else None
    if isinstance(default, float):
        return float(value) if isinstance(value, (int, float)) else None
    return value if isinstance(value, type(default)) else None
