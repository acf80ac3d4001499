"""What statements of licences mean. Identifiers are those of https://spdx.org/licenses/."""

import pytest

from kg.licences import UNKNOWN, Licence, recognised


@pytest.mark.parametrize(
    ("said", "spdx"),
    [
        ("CC0-1.0", "CC0-1.0"),
        ("cc0", "CC0-1.0"),
        ("CC0 1.0 Universal", "CC0-1.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/legalcode", "CC0-1.0"),
        ("CC BY 4.0", "CC-BY-4.0"),
        ("https://creativecommons.org/licenses/by/4.0/deed.en", "CC-BY-4.0"),
        ("http://creativecommons.org/licenses/by/3.0", "CC-BY-3.0"),
        ("creativecommons.org/licenses/by/3.0/us/", "CC-BY-3.0-US"),
        ("http://creativecommons.org/licenses/by/3.0/fr/", "LicenseRef-CC-BY-3.0-FR"),
        ("Creative Commons Attribution 4.0 International (CC BY 4.0)", "CC-BY-4.0"),
        ("CC-BY", "LicenseRef-CC-BY"),
        ("CC-BY-3.0-US", "CC-BY-3.0-US"),
        ("CC BY, see https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        ("https://creativecommons.org/licenses/by-sa/3.0/legalcode.de", "CC-BY-SA-3.0"),
        ("Creative Commons Attribution-ShareAlike 4.0 License", "CC-BY-SA-4.0"),
        ("CC BY-ND 4.0", "CC-BY-ND-4.0"),
        ("http://creativecommons.org/licenses/by-nc/4.0/", "CC-BY-NC-4.0"),
        ("Creative Commons Attribution-NonCommercial-ShareAlike 3.0 Unported", "CC-BY-NC-SA-3.0"),
        ("http://creativecommons.org/licenses/by-nc-nd/4.0", "CC-BY-NC-ND-4.0"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("http://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
        ("mit", "MIT"),
        ("MIT License", "MIT"),
        ("https://opensource.org/licenses/MIT", "MIT"),
        ("https://spdx.org/licenses/MIT.html", "MIT"),
        ("https://spdx.org/licenses/CC-BY-4.0", "CC-BY-4.0"),
        ("https://opensource.org/licenses/BSD-3-Clause", "BSD-3-Clause"),
        ("3-clause BSD license", "BSD-3-Clause"),
        ("ODbL", "ODbL-1.0"),
        ("https://opendatacommons.org/licenses/odbl/1-0/", "ODbL-1.0"),
        ("ODC-By", "ODC-By-1.0"),
        ("http://opendatacommons.org/licenses/pddl/1.0/", "PDDL-1.0"),
        ("Open Government Licence v3.0", "OGL-UK-3.0"),
        (
            "http://www.nationalarchives.gov.uk/doc/open-government-licence/version/2/",
            "OGL-UK-2.0",
        ),
        ("EUPL 1.2", "EUPL-1.2"),
        ("GPL-3.0", "GPL-3.0-only"),
        ("GPLv3+", "GPL-3.0-or-later"),
        ("GNU Lesser General Public License (LGPL), version 2.1", "LGPL-2.1-only"),
        ("https://www.gnu.org/licenses/gpl-3.0.en.html", "GPL-3.0-only"),
        ("https://www.w3.org/copyright/document-license-2023/", "LicenseRef-W3C-Document-2023"),
        ("https://www.w3.org/copyright/software-license-2023/", "LicenseRef-W3C-Software-2023"),
        ("https://hpo.jax.org/app/license", "LicenseRef-HPO"),
    ],
)
def test_a_licence_is_known_in_all_the_ways_of_saying_it(said, spdx):
    assert recognised(said).spdx == spdx


def test_the_header_of_an_obo_file_names_its_licence_in_a_sentence():
    doid = (
        "This work is licensed under a Creative Commons Attribution 3.0 Unported License "
        "http://creativecommons.org/licenses/by/3.0/."
    )
    assert recognised(doid).spdx == "CC-BY-3.0"
    hpo = "Please see license of HPO at http://www.human-phenotype-ontology.org"
    assert recognised(hpo).spdx == "LicenseRef-HPO"


def test_a_text_that_is_given_whole_is_known_by_its_words():
    mit = """Copyright (c) 2013 A. Company

    Permission is hereby granted, free of charge, to any person obtaining a copy of this software
    and associated documentation files (the 'Software'), to deal in the Software without"""
    bsd = """Redistribution and use in source and binary forms, with or without modification, are
    permitted provided that the following conditions are met: 1. Redistributions of source"""
    third = "3. Neither the name of X nor the names of its contributors may be used to endorse"
    assert recognised(mit).spdx == "MIT"
    assert recognised(bsd).spdx == "BSD-2-Clause"
    assert recognised(f"{bsd} {third}").spdx == "BSD-3-Clause"


@pytest.mark.parametrize(
    "said",
    [
        "",
        "http://example.org/licence",
        "All rights reserved.",
        "Peter Robinson, The Human Phenotype Ontology Consortium",
        "Published by MIT Press",
        "CC BY 4.0 for the terms, CC BY-NC 4.0 for the definitions",
        "https://creativecommons.org/",
        "GPL",
        "x" * 1_000_000,
    ],
)
def test_of_what_is_not_known_nothing_is_allowed(said):
    assert recognised(said) == UNKNOWN
    assert Licence("", None, share_alike=False, derivatives=False, commercial=False) == UNKNOWN


@pytest.mark.parametrize(
    ("spdx", "redistributable", "share_alike", "derivatives", "commercial"),
    [
        ("CC0-1.0", True, False, True, True),
        ("CC-BY-4.0", True, False, True, True),
        ("CC-BY-SA-4.0", True, True, True, True),
        ("CC-BY-ND-4.0", True, False, False, True),
        ("CC-BY-NC-SA-3.0", True, True, True, False),
        ("ODbL-1.0", True, True, True, True),
        # Its own words: the content and the logical relationships may not be altered.
        ("LicenseRef-HPO", True, False, False, True),
        # "No right to create modifications or derivatives of W3C documents is granted"
        ("LicenseRef-W3C-Document-2023", True, False, False, True),
        ("LicenseRef-W3C-Software-2023", True, False, True, True),
        ("LicenseRef-UMLS", False, False, False, False),
    ],
)
def test_what_a_licence_allows(spdx, redistributable, share_alike, derivatives, commercial):
    assert recognised(spdx) == Licence(spdx, redistributable, share_alike, derivatives, commercial)
