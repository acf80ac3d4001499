"""Which licence a file states, as an SPDX identifier, and what it allows.

https://spdx.org/licenses/. What has no SPDX identifier goes by a `LicenseRef-`. A statement that
names two different licences, or none that we know, is unknown: nobody is told that they may.
"""

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Licence:
    """A licence, and what it is known to allow.

    Args:
        spdx: identifier; empty if the licence is not known.
        redistributable: whether the work may be handed on, at least unchanged; None if not known.
        share_alike: whether changed versions must stay under the same licence.
        derivatives: whether changed versions may be handed on.
        commercial: whether commercial use is allowed.
    """

    spdx: str
    redistributable: bool | None
    share_alike: bool
    derivatives: bool
    commercial: bool


UNKNOWN = Licence("", None, share_alike=False, derivatives=False, commercial=False)

# Free for every use, changed or not, with notices at most.
_FREE = (
    "CC0-1.0", "CC-PDM-1.0", "Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC",
    "Unlicense",
    "ODC-By-1.0", "PDDL-1.0", "OGL-UK-1.0", "OGL-UK-2.0", "OGL-UK-3.0", "W3C", "W3C-20150513",
    "LicenseRef-W3C-Software-2023", "LicenseRef-WordNet-3.0",
)  # fmt: skip
# Free as well, but what is changed stays under the same licence.
_SHARE_ALIKE = (
    "ODbL-1.0", "EUPL-1.1", "EUPL-1.2", "MPL-2.0",
    *(f"{name}-{form}" for name in ("GPL-2.0", "GPL-3.0", "LGPL-2.1", "LGPL-3.0", "AGPL-3.0")
      for form in ("only", "or-later")),
)  # fmt: skip
_TABLE = {
    **{spdx: Licence(spdx, True, False, True, True) for spdx in _FREE},
    **{spdx: Licence(spdx, True, True, True, True) for spdx in _SHARE_ALIKE},
    # https://hpo.jax.org/license: with version and source shown, and the content not altered.
    "LicenseRef-HPO": Licence("LicenseRef-HPO", True, False, False, True),
    # https://www.w3.org/copyright/document-license-2023/: the contents may be copied, not modified.
    "LicenseRef-W3C-Document-2023": Licence(
        "LicenseRef-W3C-Document-2023", True, False, False, True
    ),
    # https://uts.nlm.nih.gov/uts/assets/LicenseAgreement.pdf: each user signs it with the NLM.
    "LicenseRef-UMLS": Licence("LicenseRef-UMLS", False, False, False, False),
    # https://ctdbase.org/about/legal.jsp: handing on and commercial use need CTD's permission.
    "LicenseRef-CTD": Licence("LicenseRef-CTD", False, False, False, False),
}

# Addresses without scheme, `www.`, last slash and file suffix, in lower case.
_ADDRESSES = {
    "creativecommons.org/publicdomain/zero/1.0": "CC0-1.0",
    "creativecommons.org/publicdomain/mark/1.0": "CC-PDM-1.0",
    "apache.org/licenses/license-2.0": "Apache-2.0",
    "opendatacommons.org/licenses/odbl": "ODbL-1.0",
    "opendatacommons.org/licenses/odbl/1-0": "ODbL-1.0",
    "opendatacommons.org/licenses/odbl/1.0": "ODbL-1.0",
    "opendatacommons.org/licenses/by": "ODC-By-1.0",
    "opendatacommons.org/licenses/by/1-0": "ODC-By-1.0",
    "opendatacommons.org/licenses/by/1.0": "ODC-By-1.0",
    "opendatacommons.org/licenses/pddl": "PDDL-1.0",
    "opendatacommons.org/licenses/pddl/1-0": "PDDL-1.0",
    "opendatacommons.org/licenses/pddl/1.0": "PDDL-1.0",
    "nationalarchives.gov.uk/doc/open-government-licence/version/1": "OGL-UK-1.0",
    "nationalarchives.gov.uk/doc/open-government-licence/version/2": "OGL-UK-2.0",
    "nationalarchives.gov.uk/doc/open-government-licence/version/3": "OGL-UK-3.0",
    "gnu.org/licenses/old-licenses/gpl-2.0": "GPL-2.0-only",
    "gnu.org/licenses/gpl-2.0": "GPL-2.0-only",
    "gnu.org/licenses/gpl-3.0": "GPL-3.0-only",
    "gnu.org/licenses/old-licenses/lgpl-2.1": "LGPL-2.1-only",
    "gnu.org/licenses/lgpl-2.1": "LGPL-2.1-only",
    "gnu.org/licenses/lgpl-3.0": "LGPL-3.0-only",
    "gnu.org/licenses/agpl-3.0": "AGPL-3.0-only",
    "mozilla.org/mpl/2.0": "MPL-2.0",
    "mozilla.org/en-us/mpl/2.0": "MPL-2.0",
    "eupl.eu/1.1/en": "EUPL-1.1",
    "eupl.eu/1.2/en": "EUPL-1.2",
    "joinup.ec.europa.eu/collection/eupl/eupl-text-eupl-12": "EUPL-1.2",
    "publications.europa.eu/resource/authority/licence/eupl_1_1": "EUPL-1.1",
    "publications.europa.eu/resource/authority/licence/eupl_1_2": "EUPL-1.2",
    "publications.europa.eu/resource/authority/licence/cc0": "CC0-1.0",
    "publications.europa.eu/resource/authority/licence/cc_by_4_0": "CC-BY-4.0",
    "unlicense.org": "Unlicense",
    "w3.org/copyright/software-license-2023": "LicenseRef-W3C-Software-2023",
    "w3.org/copyright/document-license-2023": "LicenseRef-W3C-Document-2023",
    "w3.org/consortium/legal/2015/copyright-software-and-document": "W3C-20150513",
    "w3.org/consortium/legal/2002/copyright-software-20021231": "W3C",
    "wordnet.princeton.edu/license-and-commercial-use": "LicenseRef-WordNet-3.0",
    "wordnet.princeton.edu/wordnet/license": "LicenseRef-WordNet-3.0",
    "hpo.jax.org/app/license": "LicenseRef-HPO",
    "hpo.jax.org/license": "LicenseRef-HPO",
    "human-phenotype-ontology.org/license": "LicenseRef-HPO",
    "uts.nlm.nih.gov/license": "LicenseRef-UMLS",
    "uts.nlm.nih.gov/uts/assets/licenseagreement": "LicenseRef-UMLS",
    "ctdbase.org/about/legal": "LicenseRef-CTD",
}
# spdx.org/licenses/MIT and opensource.org/licenses/MIT end in the identifier.
_LISTS = (
    "spdx.org/licenses/", "opensource.org/licenses/", "opensource.org/license/",
    "choosealicense.com/licenses/",
)  # fmt: skip

# How a statement names a licence, after `_plain`.
_VERSION = r"(?: version| v)? ?"
_NAMES = {
    r"cc ?0(?: 1\.0)?|creative commons (?:cc ?)?zero|creative commons cc0|cc zero": "CC0-1.0",
    r"public domain mark(?: 1\.0)?": "CC-PDM-1.0",
    rf"apache(?: software)?(?: licen[cs]e)?{_VERSION}2(?:\.0)?": "Apache-2.0",
    r"(?:the )?mit licen[cs]e|expat licen[cs]e": "MIT",
    r"(?:bsd 3 clause|3 clause bsd|new bsd|modified bsd)": "BSD-3-Clause",
    r"(?:bsd 2 clause|2 clause bsd|simplified bsd)": "BSD-2-Clause",
    r"isc licen[cs]e": "ISC",
    r"the unlicense": "Unlicense",
    r"odbl|(?:odc )?open (?:data commons open )?database licen[cs]e": "ODbL-1.0",
    r"odc by|open data commons attribution": "ODC-By-1.0",
    r"pddl|public domain dedication and licen[cs]e": "PDDL-1.0",
    rf"(?:open government licen[cs]e|ogl)(?: uk)?{_VERSION}3(?:\.0)?": "OGL-UK-3.0",
    rf"(?:open government licen[cs]e|ogl)(?: uk)?{_VERSION}2(?:\.0)?": "OGL-UK-2.0",
    rf"(?:open government licen[cs]e|ogl)(?: uk)?{_VERSION}1(?:\.0)?": "OGL-UK-1.0",
    rf"(?:european union public licen[cs]e|eupl){_VERSION}1\.2": "EUPL-1.2",
    rf"(?:european union public licen[cs]e|eupl){_VERSION}1\.1": "EUPL-1.1",
    rf"(?:mozilla public licen[cs]e|mpl){_VERSION}2\.0": "MPL-2.0",
    r"w3c software and document (?:notice and )?licen[cs]e 2023": "LicenseRef-W3C-Software-2023",
    r"wordnet 3\.0 licen[cs]e": "LicenseRef-WordNet-3.0",
    r"hpo licen[cs]e|licen[cs]e of (?:the )?hpo": "LicenseRef-HPO",
    r"umls (?:metathesaurus )?licen[cs]e(?: agreement)?": "LicenseRef-UMLS",
}
# The texts of licences that are given whole.
_TEXTS = {
    "permission is hereby granted free of charge to any person obtaining a copy": "MIT",
    "permission to use copy modify and or distribute this software for any purpose": "ISC",
}
_BSD = "redistribution and use in source and binary forms"
_BSD_NAME = re.compile(r"neither the names? of .{1,200}contributors may be used to endorse")
_CREATIVE_COMMONS = re.compile(
    r"\b(?:cc|creative commons)(?: cc)? (?P<by>by|attribution)"
    r"(?P<nc> nc| non ?commercial)?(?P<end> sa| share ?alike| nd| no ?deriv\w*)?"
    r"(?: licen[cs]e)?(?: version| v)?(?: ?(?P<version>[1-4]\.[05]))?"
)
_CREATIVE_COMMONS_IDENTIFIER = re.compile(r"cc-by(-nc)?(-sa|-nd)?-[1-4]\.[05]")
_CREATIVE_COMMONS_ADDRESS = re.compile(
    r"creativecommons\.org/licenses/(?P<kind>by(?:-nc)?(?:-sa|-nd)?)/(?P<version>[1-4]\.[05])"
    r"(?:/(?P<port>[a-z]{2,4}))?"
)
# Versions made for one country that SPDX lists; the others get a LicenseRef.
_PORTS = {
    "CC-BY-2.5-AU", "CC-BY-3.0-AT", "CC-BY-3.0-AU", "CC-BY-3.0-DE", "CC-BY-3.0-IGO", "CC-BY-3.0-NL",
    "CC-BY-3.0-US", "CC-BY-NC-3.0-DE", "CC-BY-NC-ND-3.0-DE", "CC-BY-NC-ND-3.0-IGO",
    "CC-BY-NC-SA-2.0-DE", "CC-BY-NC-SA-2.0-FR", "CC-BY-NC-SA-2.0-UK", "CC-BY-NC-SA-3.0-DE",
    "CC-BY-NC-SA-3.0-IGO", "CC-BY-ND-3.0-DE", "CC-BY-SA-2.0-UK", "CC-BY-SA-3.0-AT",
    "CC-BY-SA-3.0-DE", "CC-BY-SA-3.0-IGO",
}  # fmt: skip
_GNU = re.compile(
    r"\b(?:gnu )?(?P<kind>lesser general public licen[cs]e|affero general public licen[cs]e|"
    r"general public licen[cs]e|lgpl|agpl|gpl)(?: a?l?gpl)?(?: licen[cs]e)?"
    r"(?: version| ?v)? ?(?P<version>[23](?:\.[01])?)\b(?P<later> ?\+| or (?:at your option )?"
    r"(?:any )?later)?"
)
_MAX_CHARACTERS = 50_000  # no licence is longer than the GPL, which says its name at once
_ADDRESS = re.compile(r"https?://[^\s<>\"'()\]]+", re.I)
_NOISE = re.compile(r"^https?://(?:www\.)?|[#?].*$", re.I)
_FILE = re.compile(r"(?:/(?:legalcode|deed)(?:\.[a-z_-]+)?|\.(?:html?|txt|php|jsp|pdf|en\.html))$")


@lru_cache(maxsize=1024)
def recognised(text_or_iri: str) -> Licence:
    """The licence that a statement names.

    Args:
        text_or_iri: the address of a licence, its SPDX identifier or name, its text, or a sentence
            that names it, such as a `remark:` in the header of an OBO file.

    Returns:
        `UNKNOWN` if it names none that we know, or several that differ.
    """
    text = text_or_iri.strip()[:_MAX_CHARACTERS]
    if spdx := _by_identifier(text):
        return _licence(spdx)
    addresses = _ADDRESS.findall(text) or [text]
    found = {spdx for address in addresses if (spdx := _by_address(address.rstrip(".,;")))}
    found |= _in_text(_plain(_ADDRESS.sub(" ", text)))
    # "CC BY, see https://creativecommons.org/licenses/by/4.0/" is one licence.
    found = {spdx for spdx in found if not any(_is_vaguer(spdx, other) for other in found)}
    return _licence(found.pop()) if len(found) == 1 else UNKNOWN


def _licence(spdx: str) -> Licence:
    if spdx in _TABLE:
        return _TABLE[spdx]
    terms = spdx.removeprefix("LicenseRef-").split("-")  # a Creative Commons licence
    return Licence(spdx, True, "SA" in terms, "ND" not in terms, "NC" not in terms)


def _is_vaguer(spdx: str, other: str) -> bool:
    name = spdx.removeprefix("LicenseRef-")
    return name != spdx and bool(re.fullmatch(rf"{re.escape(name)}-[\d.]+(-[A-Z]+)?", other))


def _by_identifier(text: str) -> str:
    known = {name.lower(): name for name in (*_TABLE, *_PORTS)}
    plain = text.lower()
    if _CREATIVE_COMMONS_IDENTIFIER.fullmatch(plain):
        return plain.upper()
    # GPL-3.0 and GPL-3.0+ are older identifiers that SPDX still knows.
    plain = re.sub(r"^(a?l?gpl-\d\.\d)$", r"\1-only", re.sub(r"\+$", "-or-later", plain))
    return known.get(plain, "")


def _by_address(address: str) -> str:
    plain = _NOISE.sub("", address).lower().rstrip("/")
    plain = _FILE.sub("", plain).rstrip("/")
    for start in _LISTS:
        if plain.startswith(start):
            return _by_identifier(plain.removeprefix(start))
    found = _CREATIVE_COMMONS_ADDRESS.fullmatch(plain)
    if found is None:
        return _ADDRESSES.get(plain, "")
    spdx = f"CC-{found['kind'].upper()}-{found['version']}"
    if found["port"]:
        spdx = f"{spdx}-{found['port'].upper()}"
        return spdx if spdx in _PORTS else f"LicenseRef-{spdx}"
    return spdx


def _in_text(text: str) -> set[str]:
    found = {spdx for phrase, spdx in _TEXTS.items() if phrase in text}
    if _BSD in text:
        found.add("BSD-3-Clause" if _BSD_NAME.search(text) else "BSD-2-Clause")
    found |= {spdx for name, spdx in _NAMES.items() if re.search(rf"\b(?:{name})\b", text)}
    found |= {_creative_commons(match) for match in _CREATIVE_COMMONS.finditer(text)}
    found |= {spdx for match in _GNU.finditer(text) if (spdx := _gnu(match))}
    return found


def _creative_commons(match: re.Match[str]) -> str:
    end = (match["end"] or "").strip()
    kind = "BY" + ("-NC" if match["nc"] else "")
    if end:
        kind += "-SA" if end.startswith("s") else "-ND"
    return f"CC-{kind}-{match['version']}" if match["version"] else f"LicenseRef-CC-{kind}"


def _gnu(match: re.Match[str]) -> str:
    kind, version = match["kind"], match["version"]
    letters = {"l": "LGPL", "a": "AGPL", "g": "GPL"}[kind[0]]
    number = version if "." in version else f"{version}.0"
    spdx = f"{letters}-{number}-{'or-later' if match['later'] else 'only'}"
    return spdx if spdx in _TABLE else ""


def _plain(text: str) -> str:
    """Lower case, with blanks for everything but letters, digits, `.` within numbers and `+`."""
    text = re.sub(r"[^\w.+]+|_", " ", text.lower())
    return " ".join(re.sub(r"\.(?!\d)|(?<!\d)\.", " ", text).split())
