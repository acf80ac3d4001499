"""What the licences of the sources say about an export, and the page that goes beside it.

An export never loosens its sources' licences: one that forbids handing on is refused, and so is a
stated licence that allows more than a source does. Beside FILE stands FILE.licence.json, which
names each source with its licence.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.atomic import write_atomically
from kg.errors import ExportError
from kg.licences import Licence, recognised
from kg.writers.selection import ChosenSource

NO_ASSERTION = "NOASSERTION"
"""SPDX's word for a licence that is not known."""

_ACCEPT = "If you have the right to, say so with `--accept-licences` (`accept_licences=True`)."
# Give up every condition, also that of naming the author.
_WITHOUT_CONDITIONS = ("CC0-1.0", "CC-PDM-1.0", "PDDL-1.0", "Unlicense")


@dataclass(frozen=True)
class Terms:
    """Under what an export may be used: an SPDX expression, and what is in doubt."""

    licence: str
    warnings: tuple[str, ...]


def terms_of(
    sources: Sequence[ChosenSource], *, stated: str | None = None, accepted: bool = False
) -> Terms:
    """The terms of an export of these sources.

    Args:
        sources: one at least.
        stated: the licence that the user gives the export: an SPDX identifier, address or name.
        accepted: whether the user answers for what would be refused; it then is a warning.

    Raises:
        ExportError: a source may not be handed on, or the stated licence is looser than a source's.
    """
    faults = [
        f"{source.iri} may not be handed on under its licence ({source.spdx or source.licence})."
        for source in sources
        if source.redistributable is False
    ]
    warnings = _doubts(sources)
    licence = " AND ".join(sorted({source.spdx or NO_ASSERTION for source in sources}))
    if stated is not None:
        given = recognised(stated)
        licence = given.spdx or stated
        if not given.spdx:
            warnings.append(f"{stated!r} is no licence that is known here; it was not compared.")
        else:
            faults += [
                f"{given.spdx} {why} of {source.iri} ({source.spdx})."
                for source in sources
                if (why := _looser(given, recognised(source.licence)))
            ]
    if faults and not accepted:
        more = f" ({len(faults) - 1} more like it)" if len(faults) > 1 else ""
        raise ExportError(faults[0] + more, mend=_ACCEPT)
    return Terms(licence, (*faults, *warnings))


def write_licence_page(
    path: Path, format_: str, terms: Terms, sources: Sequence[ChosenSource]
) -> None:
    """Write FILE.licence.json."""
    page = {
        "file": path.name,
        "format": format_,
        "licence": terms.licence,
        "sources": [
            {
                "iri": source.iri,
                "version": source.version,
                "licence": source.licence,
                "spdx": source.spdx,
                "redistributable": source.redistributable,
                "sha256": source.sha256,
            }
            for source in sources
        ],
        "warnings": list(terms.warnings),
    }
    text = json.dumps(page, ensure_ascii=False, indent=2) + "\n"
    write_atomically(path.with_name(f"{path.name}.licence.json"), text)


def _doubts(sources: Sequence[ChosenSource]) -> list[str]:
    found = []
    unknown = [source for source in sources if source.redistributable is None]
    if unknown:
        first = unknown[0]
        said = f"the licence {first.licence!r} is not known" if first.licence else "none is stated"
        more = f" (and {len(unknown) - 1:,} more sources)" if len(unknown) > 1 else ""
        found.append(f"Licence of {first.iri}{more}: {said}; ask before you hand it on.")
    known = {source.spdx: recognised(source.licence) for source in sources if source.spdx}
    if len(sources) > 1:
        found += [
            f"{spdx} allows no changed versions, and a file of several sources may be one."
            for spdx, licence in known.items()
            if not licence.derivatives and licence.redistributable
        ]
        alike = sorted(spdx for spdx, licence in known.items() if licence.share_alike)
        if len(alike) > 1:
            found.append(f"{' and '.join(alike)} each want the whole under themselves.")
    return found


def _looser(given: Licence, source: Licence) -> str:
    """Why a licence allows more than that of a source; empty if it does not, or nobody knows."""
    if not source.spdx or given.spdx == source.spdx:
        return ""
    if source.share_alike:
        return "is another licence than the share-alike one"
    if given.derivatives and not source.derivatives:
        return "allows changed versions, unlike the licence"
    if given.commercial and not source.commercial:
        return "allows commercial use, unlike the licence"
    if given.spdx in _WITHOUT_CONDITIONS and source.spdx not in _WITHOUT_CONDITIONS:
        return "gives up conditions that stand in the licence"
    return ""
