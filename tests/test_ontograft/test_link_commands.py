"""The commands on links: evaluation with its report, and folders of texts."""

import json
import re

import pytest

TEXTS = [
    ("Aspirin is a drug.", [("Aspirin", "toy:Aspirin"), ("drug", "toy:Medicine")]),
    ("An analgesic and insulin.", [("analgesic", "toy:Aspirin"), ("insulin", "toy:Insulin")]),
    ("Fish oil, <b>aspirin</b>.", [("Fish oil", "else:1"), ("Fish", "")]),
]


@pytest.fixture
def gold(tmp_path):
    rows = []
    for number, (text, marks) in enumerate(TEXTS):
        links = [
            {"start": text.index(s), "end": text.index(s) + len(s), "curie": curie}
            for s, curie in marks
        ]
        rows.append({"id": str(number), "text": text, "links": links, "split": "test"})
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_an_evaluation_tells_intervals_parts_and_what_is_not_in_the_ontology(
    ontograft, toy_kb, gold
):
    done = ontograft("evaluate-links", toy_kb, gold, "--json")
    assert done.code == 0, done.err
    document = done.document
    # right: Aspirin, insulin; given: those, analgesic, the second aspirin; wanted: 5
    strict = document["mention_strict"]
    assert (strict["precision"], strict["recall"]) == (2 / 4, 2 / 5)
    # analgesic is linked to the parent of what is marked
    assert document["mention_near"]["recall"] == 3 / 5
    assert document["in_ontology"]["mention_strict"]["recall"] == 2 / 4
    assert document["gold"]["unknown"] == document["gold"]["nil"] == 1
    assert document["nil"]["left_unlinked"] == 1.0
    assert document["splits"]["test"]["mention_strict"] == strict
    low, high = document["intervals"]["mention_strict"]["f1"]
    assert low <= strict["f1"] <= high
    assert document["intervals"]["resamples"] == 1000


def test_concepts_of_the_training_texts_are_told_apart(ontograft, toy_kb, gold, tmp_path):
    train = tmp_path / "train.jsonl"
    marks = [{"start": 0, "end": 7, "curie": "http://example.org/toy/Aspirin"}]
    train.write_text(json.dumps({"text": "aspirin", "links": marks}) + "\n", "utf-8")
    done = ontograft("evaluate-links", toy_kb, gold, "--train", train, "--json")
    parts = done.document["parts"]
    assert (parts["seen"]["mentions"], parts["unseen"]["mentions"]) == (2, 3)


def test_two_linkers_are_compared_on_the_same_texts(ontograft, toy_kb, gold):
    done = ontograft("evaluate-links", toy_kb, gold, "--against", "untrained", "--json")
    against = done.document["against"]
    assert against["linker"] == "untrained"
    assert against["difference"]["document"]["f1"] == [0.0, 0.0, 0.0]
    told = ontograft("evaluate-links", toy_kb, gold, "--against", "untrained")
    assert "less untrained" in told.out
    assert "+0.000" in told.out


def test_the_report_shows_every_error_and_loads_nothing(ontograft, toy_kb, gold, tmp_path):
    page = tmp_path / "errors.html"
    done = ontograft("evaluate-links", toy_kb, gold, "--report", page)
    assert done.code == 0, done.err
    html = page.read_text("utf-8")
    kinds = re.findall(r'<tr class="([a-z-]+)">', html)
    assert sorted(kinds) == sorted(
        ["right", "missed", "wrong-concept", "right", "not-in-the-ontology", "spurious"]
    )
    assert "toy:Painkiller painkiller" in html
    assert "label: aspirin" in html  # a reason
    assert "<b>aspirin" not in html  # the text's own markup is escaped
    assert "&lt;b&gt;" in html
    assert not re.search(r"(src|href)=|url\(|https?://(?!example\.org)", html)


def test_a_report_that_cannot_be_written_is_told(ontograft, toy_kb, gold, tmp_path):
    done = ontograft("evaluate-links", toy_kb, gold, "--report", tmp_path / "no" / "e.html")
    assert done.code == 2
    assert "Traceback" not in done.err
