"""Every setting of the linker, typed and documented; the weights are log-odds against NIL."""

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from linking.errors import SettingsError

Overlap = Literal["longest", "all"]


@dataclass(frozen=True)
class LinkerSettings:
    """Settings of a linker.

    Attributes:
        max_candidates: candidates that a link keeps, best first; at least 1.
        nil_threshold: a mention is left unlinked when the probability that none of its
            candidates is meant reaches this; 0 to 1, and 1 keeps every mention.
        overlap: "longest" keeps the longest of mentions that overlap, "all" keeps nested ones too.
        languages: language tags whose names are used ("en" takes "en-GB" too); names without a
            tag are always used; empty: all languages.
        variants: match simple plurals and spellings with or without hyphen and possessive too.
        abbreviations: read what the text itself says that an abbreviation stands for.
        nil_weight: log-odds of "none of them" before any evidence.
        context_weight: for words that the text shares with a candidate's definition and parents.
        coherence_weight: for closeness in the graph to the candidates of the other mentions.
        modifier_weight: against one-word names from a branch whose words mostly occur in names of
            unrelated concepts ("right" in "right ventricular hypertrophy").
    """

    max_candidates: int = 4
    nil_threshold: float = 0.5
    overlap: Overlap = "longest"
    languages: tuple[str, ...] = ()
    variants: bool = True
    abbreviations: bool = True
    nil_weight: float = 0.0
    context_weight: float = 0.5
    coherence_weight: float = 1.5
    modifier_weight: float = 1.0

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
        for name in ("context_weight", "coherence_weight", "modifier_weight"):
            if getattr(self, name) < 0:
                faults.append(f"{name} is {getattr(self, name)}, below 0")
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
