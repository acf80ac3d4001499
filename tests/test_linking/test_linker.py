import json
import random

import pytest

from linking import (
    Candidate,
    Evidence,
    Link,
    LinkedText,
    Linker,
    LinkerSettings,
    TextRow,
    TextsError,
)
from linking.links import settle_overlaps

ALL = LinkerSettings(overlap="all")


def spans(linked):
    return [(link.text, link.label) for link in linked.links]


def test_a_synonym_leads_to_its_entity(toy_linker):
    assert spans(toy_linker.link("Acetylsalicylic acid thins the blood.")) == [
        ("Acetylsalicylic acid", "Aspirin")
    ]


def test_the_longest_of_nested_mentions_is_kept_or_all_of_them(toy, toy_linker):
    text = "a government bond"
    assert spans(toy_linker.link(text)) == [("government bond", "Government bond")]
    nested = Linker.of(toy, settings=ALL).link(text)
    assert spans(nested) == [("government bond", "Government bond"), ("bond", "Bond")]


def test_chinese_names_stand_beside_english_ones(toy_linker):
    assert spans(toy_linker.link("欧洲央行(ECB)买入政府债券和ASA")) == [
        ("欧洲央行", "European Central Bank"),
        ("ECB", "European Central Bank"),
        ("政府债券", "Government bond"),
        ("ASA", "Aspirin"),
    ]


def test_names_of_languages_not_chosen_are_not_found(toy):
    linker = Linker.of(toy, settings=LinkerSettings(languages=("en",)))
    assert spans(linker.link("债券, bonds")) == [("bonds", "Bond")]


def test_a_modifier_is_left_unlinked(toy, toy_linker):
    assert spans(toy_linker.link("You are right about fever.")) == [("fever", "Fever")]
    kept = Linker.of(toy, settings=LinkerSettings(nil_threshold=1.0))
    assert ("right", "Right") in spans(kept.link("You are right about fever."))


def test_an_excluded_entity_gives_way_to_a_nested_name(toy, toy_linker):
    row = toy.table().labels.index("Government bond")
    assert spans(toy_linker.link("a government bond", exclude={row})) == [("bond", "Bond")]


def test_candidates_are_best_first_and_share_at_most_one(toy_linker):
    (link,) = toy_linker.link("bond").links
    assert [c.label for c in link.candidates] == ["Bond", "Chemical bond"]
    first, second = (c.probability for c in link.candidates)
    assert first > second > 0
    assert first + second <= 1
    assert (link.curie, link.iri, link.probability) == ("TOY:0006", "http://toy/0006", first)


def test_no_more_candidates_than_asked_for(toy):
    linker = Linker.of(toy, settings=LinkerSettings(max_candidates=1))
    (link,) = linker.link("bond").links
    assert len(link.candidates) == 1


def test_a_link_says_why_in_one_line(toy_linker):
    (link,) = toy_linker.link("Pyrexia!").links
    assert link.why == "exact: Pyrexia (+2.8)"


def test_a_linked_text_survives_json(toy, toy_linker):
    linked = toy_linker.link("Aspirin, a drug, lowers fever; 债券 and a bond 🫀 do not.", id="7")
    assert len(linked.links) == 5
    document = json.loads(json.dumps(linked.to_json()))
    assert LinkedText.from_json(document, toy.table()) == linked


def test_the_json_has_the_documented_fields(toy_linker):
    document = toy_linker.link("fever", id="7").to_json()
    assert set(document) == {"id", "text", "links"}
    (link,) = document["links"]
    wanted = {"start", "end", "text", "curie", "iri", "label", "probability", "why", "candidates"}
    assert set(link) == wanted
    assert {"curie", "probability"} <= set(link["candidates"][0])


@pytest.mark.parametrize(
    "document",
    [
        {"id": "7", "text": "fever"},
        {"id": "7", "text": "fever", "links": [{"start": 0, "end": 9, "text": "fever"}]},
        {"id": "7", "text": "fever", "links": [{"start": 0, "end": 5, "text": "bond"}]},
        {
            "id": "7",
            "text": "fever",
            "links": [{"start": 0, "end": 5, "text": "fever", "candidates": []}],
        },
    ],
)
def test_json_that_does_not_hold_together_is_refused(toy, document):
    with pytest.raises(TextsError, match='id "7": not a linked text'):
        LinkedText.from_json(document, toy.table())


def test_many_texts_are_linked_in_their_order_with_progress(toy_linker):
    done = []
    rows = [TextRow("a", "fever"), TextRow("b", "nothing"), TextRow("c", "aspirin")]
    linked = list(toy_linker.link_many(rows, progress=done.append))
    assert [(text.id, len(text.links)) for text in linked] == [("a", 1), ("b", 0), ("c", 1)]
    assert done == [1, 2, 3]


def test_an_empty_knowledge_base_links_nothing(make_base):
    base = make_base({}, {}, {})
    linker = Linker.of(base, settings=LinkerSettings(languages=("xx",)))
    assert linker.link("fever and bonds") == LinkedText("", "fever and bonds", ())


def test_offsets_are_code_points_of_the_text_whatever_the_text(toy):
    generator = random.Random(7)
    names = [row.text for row in toy.names()]
    filler = [" ", "-", "🫀", "é", "İ", "ß", "\n", "\ud800", "的", "x", "(", "s", "ﬁ", "\u0301", ""]
    for settings in (LinkerSettings(), ALL, LinkerSettings(nil_threshold=1.0, overlap="all")):
        linker = Linker.of(toy, settings=settings)
        found = 0
        for _ in range(300):
            parts = generator.choices(names + filler * 2, k=generator.randint(0, 12))
            text = "".join(part.upper() if generator.random() < 0.1 else part for part in parts)
            linked = linker.link(text)
            found += len(linked.links)
            for link in linked.links:
                assert text[link.start : link.end] == link.text
                assert sum(c.probability for c in link.candidates) <= 1
                assert all(c.probability >= 0 for c in link.candidates)
            assert linker.link(text) == linked
            order = [(link.start, -link.end) for link in linked.links]
            assert order == sorted(order)
            if settings.overlap == "longest":
                ends = [0] + [link.end for link in linked.links]
                assert all(link.start >= end for link, end in zip(linked.links, ends, strict=False))
        assert found > 150


def test_the_same_names_in_another_order_give_the_same_links(toy, toy_linker):
    mixed = list(toy.names())
    random.Random(3).shuffle(mixed)
    linker = Linker(table=toy.table(), names=mixed, graph=toy.graph(), settings=LinkerSettings())
    text = "The bond of the ECB, a government bond, is right for ASA and aspirin."
    assert linker.link(text) == toy_linker.link(text)


def link(start, end):
    why = (Evidence("name", "label", 3.0),)
    return Link(start, end, "x" * (end - start), (Candidate(0, "A:1", "", "", 0.9, why),))


def test_of_links_that_overlap_the_longest_wins_then_the_earlier():
    assert settle_overlaps([link(0, 4), link(3, 9), link(8, 12)], "longest") == (link(3, 9),)
    assert settle_overlaps([link(1, 3), link(0, 2)], "longest") == (link(0, 2),)


def test_the_best_links_are_together_the_most_probable():
    # one of 0.9 against two of 0.9 each within it
    assert settle_overlaps([link(0, 9), link(0, 4), link(5, 9)], "best") == (link(0, 4), link(5, 9))
    assert settle_overlaps([link(0, 9), link(0, 4)], "best") == (link(0, 9),)
    assert settle_overlaps([link(0, 4), link(3, 9), link(8, 12)], "best") == (
        link(0, 4),
        link(8, 12),
    )


def test_all_links_are_kept_by_start_longer_first():
    assert settle_overlaps([link(5, 6), link(0, 2), link(0, 4)], "all") == (
        link(0, 4),
        link(0, 2),
        link(5, 6),
    )
