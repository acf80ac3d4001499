"""Names of which a part is said once for several."""

import pytest

from kg import NameRow
from linking import Linker, LinkerSettings
from linking.mentions import MentionFinder


def parts(text: str, *names: str) -> list[tuple[str, str, str]]:
    """Of each part: what its mention spans, what is its own, and the name."""
    finder = MentionFinder([NameRow(row, name, "label", "en") for row, name in enumerate(names)])
    return [
        (mention.text, text[mention.part.start : mention.part.end], names[mention.forms[0].name])
        for mention in finder.find(text)
        if mention.part is not None
    ]


@pytest.mark.parametrize(
    ("text", "names", "spanned", "own"),
    [
        ("palmar and plantar pits", ["plantar pits", "palmar pits"], None, "palmar"),
        ("Fistulas or cysts", ["fistulas", "cysts"], "", ""),
        ("branchial fistulas or cysts", ["branchial fistula", "branchial cyst"], None, "cysts"),
        ("currency and/or interest swaps", ["interest swap", "currency swap"], None, "currency"),
        ("renal hypoplasia/dysplasia", ["renal hypoplasia", "renal dysplasia"], None, "dysplasia"),
        (
            "anomalies of the ribs and the spine",
            ["rib anomaly", "spine anomaly"],
            "anomalies of the ribs and the spine",
            "spine",
        ),
        ("palmar pits. And plantar pits", ["plantar pits", "palmar pits pits"], "", ""),
        ("palmar. And plantar pits", ["plantar pits", "palmar pits"], "", ""),
        ("palmar creases and plantar pits", ["plantar pits", "palmar pits"], "", ""),
        ("palmar and plantar warts", ["plantar pits", "palmar pits"], "", ""),
    ],
)
def test_a_part_is_completed_by_what_it_shares(text, names, spanned, own):
    wanted = [] if spanned == "" else [(spanned or text, own, names[1])]
    assert parts(text, *names) == wanted


def test_parts_between_commas_are_completed_too():
    text = "sensorineural, conductive or mixed hearing loss"
    names = ("mixed hearing loss", "sensorineural hearing loss", "conductive hearing loss")
    assert parts(text, *names) == [
        (text, "sensorineural", names[1]),
        ("conductive or mixed hearing loss", "conductive", names[2]),
    ]
    text = "hearing loss of sensorineural, conductive or mixed"
    names = ("sensorineural hearing loss", "mixed hearing loss", "conductive hearing loss")
    assert sorted(own for _, own, _ in parts(text, *names)) == ["conductive", "mixed"]


def test_a_part_that_is_no_name_is_none():
    assert parts("sudden and plantar pits", "plantar pits", "palmar pits") == []


def test_where_no_name_stands_whole_nothing_is_completed():
    # "palmar" may be completed by "pits" only because "plantar pits" is a name
    assert parts("palmar and plantar pits", "palmar pits") == []


def test_parts_of_a_coordination_do_not_dispute_each_others_words(make_base):
    base = make_base({}, {"Palmar pits": [], "Plantar pits": []}, {})
    text = "He had palmar and plantar pits."
    for overlap in ("longest", "best", "all"):
        linker = Linker.of(base, settings=LinkerSettings(overlap=overlap))
        links = linker.link(text).links
        assert [(link.text, link.label) for link in links] == [
            ("palmar and plantar pits", "Palmar pits"),
            ("plantar pits", "Plantar pits"),
        ]


def test_without_variants_names_are_found_as_they_are(make_base):
    base = make_base({}, {"Palmar pits": [], "Plantar pits": []}, {})
    linker = Linker.of(base, settings=LinkerSettings(variants=False))
    links = linker.link("palmar and plantar pits").links
    assert [link.text for link in links] == ["plantar pits"]
