"""The commands on links: evaluation with its report, and folders of texts."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

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


def test_a_mention_in_other_words_is_grounded_by_the_most_similar_names(ontograft, toy_kb):
    done = ontograft("ground", toy_kb, "aspirine", "zzz", "--k", "1")
    assert done.code == 0, done.err
    assert "toy:Aspirin" in done.out
    assert 'No name of the knowledge base looks like "zzz"' in done.err


def test_mentions_of_a_file_are_grounded_a_line_each_with_their_texts(ontograft, toy_kb, tmp_path):
    asked = tmp_path / "mentions.tsv"
    asked.write_text("aspirin\n\nFO\tTake fish oil (FO) daily.\n", "utf-8")
    done = ontograft("ground", toy_kb, "--input", asked, "--json")
    first, second = map(json.loads, done.out.splitlines())
    assert (first["mention"], second["mention"]) == ("aspirin", "FO")
    best = first["candidates"][0]
    assert set(best) == {"curie", "iri", "label", "probability", "evidence"}
    assert best["curie"] == "toy:Aspirin"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "Give either mentions or --input"),
        (["aspirin", "--input", "/nowhere"], "Give either mentions or --input"),
        (["--input", "/nowhere"], "there is no such file"),
        (["aspirin", "--k", "0"], "--k"),
        (["aspirin", "--set", "overlap"], "not KEY=VALUE"),
        (["aspirin", "--set", "overlp=all"], 'nearest: "overlap"'),
    ],
)
def test_what_cannot_be_grounded_is_told(ontograft, toy_kb, given, told):
    done = ontograft("ground", toy_kb, *given)
    assert done.code == 2
    assert told in done.err


def test_settings_of_the_linker_are_changed_one_by_one(ontograft, toy_kb):
    text = "Two aspirins."
    assert len(ontograft("link", toy_kb, text, "--json").document["links"]) == 1
    strict = ontograft("link", toy_kb, text, "--set", "variants=false", "--json")
    assert strict.document["links"] == []
    none = ontograft("link", toy_kb, text, "--set", "nil_threshold=0", "--json")
    assert none.document["links"] == []
    one = ontograft("link", toy_kb, text, "--set", "languages=en, zh", "--json")
    assert len(one.document["links"]) == 1


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
    assert "no name is written so" in html  # of "drug"
    assert "<b>aspirin" not in html  # the text's own markup is escaped
    assert "&lt;b&gt;" in html
    assert not re.search(r"(src|href)=|url\(|https?://(?!example\.org)", html)


def test_a_report_that_cannot_be_written_is_told(ontograft, toy_kb, gold, tmp_path):
    done = ontograft("evaluate-links", toy_kb, gold, "--report", tmp_path / "no" / "e.html")
    assert done.code == 2
    assert "Traceback" not in done.err


SHARDS = 8


@pytest.fixture
def folder(tmp_path):
    """Texts for 8 shards of 1,000 each."""
    folder = tmp_path / "texts"
    folder.mkdir()
    for part in range(2):
        lines = (f"Day {n}: insulin." for n in range(SHARDS * 500))
        (folder / f"{part}.txt").write_text("\n".join(lines), "utf-8")
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def started(toy_kb: Path, folder: Path, out: Path, workers: int) -> subprocess.Popen[str]:
    """A run over the folder that has written its first shard."""
    arguments = ["link", toy_kb, "--input", folder, "--output", out, "--workers", workers]
    run = subprocess.Popen(
        [sys.executable, "-m", "ontograft", *map(str, arguments)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not list(out.glob("*.jsonl")):
        assert run.poll() is None, run.communicate()
        time.sleep(0.005)
    return run


def children_of(process: int) -> list[int]:
    return [
        int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()
    ]


def test_a_folder_is_linked_alike_by_one_and_three_workers(ontograft, toy_kb, folder, tmp_path):
    for workers in (1, 3):
        done = ontograft(
            "link", toy_kb, "--input", folder, "--output", tmp_path / f"{workers}",
            "--workers", workers, "--json",
        )  # fmt: skip
        assert done.code == 0, done.err
        assert done.document["shards"] == done.document["written"] == SHARDS
        assert "texts/s" in done.err
    assert files(tmp_path / "1") == files(tmp_path / "3")


def test_a_killed_run_leaves_no_worker_and_goes_on(ontograft, toy_kb, folder, tmp_path):
    whole, out = tmp_path / "whole", tmp_path / "out"
    ontograft("link", toy_kb, "--input", folder, "--output", whole)
    with started(toy_kb, folder, out, 3) as run:
        workers = children_of(run.pid)
        run.kill()
    written = len(list(out.glob("*.jsonl")))
    assert 0 < written < SHARDS
    assert len(workers) >= 3
    end = time.monotonic() + 30
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < end
        time.sleep(0.05)
    done = ontograft("link", toy_kb, "--input", folder, "--output", out, "--workers", 2, "--json")
    assert done.code == 0, done.err
    assert 0 < done.document["written"] < SHARDS
    assert files(out) == files(whole)


def test_ctrl_c_ends_in_order_and_says_how_to_go_on(toy_kb, folder, tmp_path):
    out = tmp_path / "out"
    with started(toy_kb, folder, out, 2) as run:
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to the workers too
        _, told = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "Run the same command again to go on" in told
    assert "Traceback" not in told
    assert not list(out.glob(".*.tmp"))


def test_a_folder_of_links_by_another_linker_is_refused(ontograft, toy_kb, gold, tmp_path):
    texts, out, learnt = tmp_path / "texts", tmp_path / "out", tmp_path / "linker.json"
    texts.mkdir()
    (texts / "a.txt").write_text("Aspirin.", "utf-8")
    lines = gold.read_text("utf-8").splitlines() * 3
    gold.write_text("\n".join(lines), "utf-8")
    assert ontograft("link", toy_kb, "--input", texts, "--output", out).code == 0
    assert ontograft("train-linker", toy_kb, "--gold", gold, "--out", learnt).code == 0
    refused = ontograft(
        "link", toy_kb, "--input", texts, "--output", out, "--linker", learnt, "--json"
    )
    assert refused.code == 2
    assert "another linker" in refused.fault["what"]
    assert "--output" in refused.fault["mend"]


def test_a_folder_of_texts_needs_a_folder_to_write_to(ontograft, toy_kb, tmp_path):
    (tmp_path / "a.txt").write_text("Aspirin.", "utf-8")
    done = ontograft("link", toy_kb, "--input", tmp_path)
    assert (done.code, done.out) == (2, "")


def test_the_report_takes_any_text(ontograft, toy_kb, tmp_path):
    gold, page = tmp_path / "gold.jsonl", tmp_path / "errors.html"
    text = 'Half \ud83e <script>alert("x")</script> \u202e aspirin'
    marks = [{"start": 0, "end": 4, "curie": "</td><img src=x>"}]
    gold.write_text(json.dumps({"id": "<i>", "text": text, "links": marks}), "utf-8")
    done = ontograft("evaluate-links", toy_kb, gold, "--report", page)
    assert done.code == 0, done.err
    html = page.read_text("utf-8")
    assert html.count("<script>") == 1  # our own
    assert "<img" not in html
    assert "<i>" not in html
