"""The controls `random-links` and `features`: what stays of the links, and that no more does."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from kg import EntityTable, KnowledgeBase
from linking import Candidate, Link, LinkedText
from model import run_experiment
from model.setting import Setting, build_network, features_of, prepare, with_random_links
from model.task import LabelMatches, RandomLinks, Task
from zoo import tiny_config


@pytest.fixture(scope="module")
def table(zoo: Path) -> EntityTable:
    with KnowledgeBase.open(zoo / "zoo.sqlite") as kb:
        return kb.table()


@pytest.fixture(scope="module")
def settings(zoo: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Setting, Setting]:
    """What the true arms read, and what the control reads."""
    config = tiny_config(zoo, out=str(tmp_path_factory.mktemp("controls")))
    with KnowledgeBase.open(config.kb) as kb:
        true = prepare(config, kb, report=lambda _: None)
        return true, with_random_links(true, report=lambda _: None)


def text_about(table: EntityTable, *curies: str, id: str = "t") -> LinkedText:
    """A text of one-word mentions, each with a certain candidate and a doubtful one, the bird."""
    links, words = [], []
    for place, curie in enumerate(curies):
        candidates = tuple(
            Candidate(row, table.curies[row], table.iris[row], table.labels[row], probability, ())
            for row, probability in ((table.row(curie), 0.75), (table.row("zoo:bird"), 0.125))
        )
        links.append(Link(5 * place, 5 * place + 4, "word", candidates))
        words.append("word")
    return LinkedText(id, " ".join(words), tuple(links))


def rows_of(text: LinkedText) -> list[int]:
    return [candidate.row for link in text.links for candidate in link.candidates]


def test_spans_and_probabilities_stay(table: EntityTable) -> None:
    text = text_about(table, "zoo:mammal", "zoo:fish")
    drawn = RandomLinks(table, seed=1)(text)
    assert (drawn.id, drawn.text) == (text.id, text.text)
    assert [(link.start, link.end, link.text) for link in drawn.links] == [
        (0, 4, "word"), (5, 9, "word"),
    ]  # fmt: skip
    for link in drawn.links:
        assert [candidate.probability for candidate in link.candidates] == [0.75, 0.125]


def test_a_candidate_carries_the_names_of_the_entity_drawn(table: EntityTable) -> None:
    (link,) = RandomLinks(table, seed=1)(text_about(table, "zoo:mammal")).links
    for candidate in link.candidates:
        assert table.row(candidate.curie) == table.row(candidate.iri) == candidate.row
        assert table.labels[candidate.row] == candidate.label
        assert table.live[candidate.row]
        assert table.kinds[candidate.row] == "class"


def test_the_draw_follows_from_seed_and_text(table: EntityTable) -> None:
    text, other = (text_about(table, "zoo:mammal", "zoo:fish", id=name) for name in ("a", "b"))
    drawn = RandomLinks(table, seed=1)(text)
    assert RandomLinks(table, seed=1)(text) == drawn
    assert rows_of(RandomLinks(table, seed=2)(text)) != rows_of(drawn)
    assert rows_of(RandomLinks(table, seed=1)(other)) != rows_of(drawn)


def test_within_a_text_the_same_stays_the_same_and_others_stay_apart(table: EntityTable) -> None:
    text = text_about(table, "zoo:mammal", "zoo:fish", "zoo:mammal")
    for seed in range(20):
        mammal, bird, fish, second_bird, second_mammal, third_bird = rows_of(
            RandomLinks(table, seed=seed)(text)
        )
        assert (mammal, bird, bird) == (second_mammal, second_bird, third_bird)
        assert len({mammal, bird, fish}) == 3


def test_a_kind_is_drawn_from_its_own(table: EntityTable) -> None:
    # two individuals among the classes: they can only be taken for one another
    kinds = ["class"] * len(table)
    for curie in ("zoo:mammal", "zoo:bird"):
        kinds[table.row(curie)] = "individual"
    mixed = EntityTable(
        table.iris, table.curies, table.labels, table.definitions, table.synonyms, tuple(kinds),
        table.live,
    )  # fmt: skip
    for seed in range(20):
        mammal, bird = rows_of(RandomLinks(mixed, seed=seed)(text_about(mixed, "zoo:mammal")))
        assert {mammal, bird} == {mixed.row("zoo:mammal"), mixed.row("zoo:bird")}


def test_an_entity_is_hit_no_oftener_than_by_chance(table: EntityTable) -> None:
    mammal, drawn = table.row("zoo:mammal"), Counter[int]()
    live = int(sum(table.live))
    for number in range(3000):
        text = text_about(table, "zoo:mammal", id=str(number))
        drawn[rows_of(RandomLinks(table, seed=0)(text))[0]] += 1
    # 3000 / live expected of each; five standard deviations of a binomial are never met
    expected = 3000 / live
    assert abs(drawn[mammal] - expected) < 5 * expected**0.5
    assert len(drawn) == live
    assert max(drawn.values()) < expected + 5 * expected**0.5


def test_all_texts_of_the_task_are_relinked(settings: tuple[Setting, Setting]) -> None:
    true, control = (setting.task for setting in settings)
    for before, after in zip(true.examples, control.examples, strict=True):
        assert (before.labels, before.split, before.row) == (after.labels, after.split, after.row)
        assert len(before.linked.links) == len(after.linked.links)
    assert {e.split for e in control.examples if e.linked.links} == {"train", "dev", "test"}
    assert shared(true, control) < 0.1


def shared(first: Task, second: Task) -> float:
    """Share of the candidates that two tasks have in common, place by place."""
    pairs = [
        pair
        for a, b in zip(first.examples, second.examples, strict=True)
        for pair in zip(rows_of(a.linked), rows_of(b.linked), strict=True)
    ]
    return sum(a == b for a, b in pairs) / len(pairs)


def test_the_network_reads_and_copies_the_random_entities(
    settings: tuple[Setting, Setting],
) -> None:
    true, control = settings
    examples = [example for example in control.task.examples if example.linked.links]
    knowledge = control.batcher("random-links").batch([e.linked for e in examples]).knowledge
    features = features_of(control, "random-links")
    rows = features.subgraph.rows
    read = rows[knowledge.texts.slot_entity[knowledge.texts.slot_relation == 0]]
    drawn = {row for example in examples for row in rows_of(example.linked)}
    assert drawn <= set(read.tolist())
    label_rows = control.task.label_rows
    assert {int(row) for row in rows[features.label_of >= 0]} <= set(label_rows)
    assert torch.equal(features.permutation, torch.arange(len(rows)))
    # the vectors' centre, so also the head, are those of the other arms
    assert torch.equal(control.label_texts, true.label_texts)


def test_the_control_leaves_the_other_arms_as_they_are(zoo: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    arms = {
        "without": ["knowledge"],
        "beside": ["random-links", "knowledge"],
    }
    figures = {}
    for name, trained in arms.items():
        config = tiny_config(zoo, arms=trained, rule_loss=[False], out=str(tmp_path / name))
        results = run_experiment(config)
        figures[name] = results["runs"][-1] | {"seconds_per_step": None}
    assert figures["without"] == figures["beside"]
    for file in ("trained.safetensors", "vectors.safetensors"):
        first, second = (tmp_path / name / "model" / file for name in arms)
        assert first.read_bytes() == second.read_bytes()
    assert {(row["a"], row["b"]) for row in results["differences"]} == {
        ("knowledge", "random-links"), ("knowledge", "dictionary"),
    }  # fmt: skip


def test_a_label_matches_by_the_best_candidate_at_or_below_it(zoo: Path) -> None:
    with KnowledgeBase.open(zoo / "zoo.sqlite") as kb:
        table, graph = kb.table(), kb.graph()
    labels = ("zoo:bird", "zoo:fish", "zoo:hunting_bird", "zoo:mammal")
    matches = LabelMatches(graph, [table.row(curie) for curie in labels])
    # beside each mention stands the bird with 0.125; red_hunting_bird has 0.75
    text = text_about(table, "zoo:red_hunting_bird", "zoo:mammal")
    assert matches(text.links).tolist() == [0.75, 0, 0.75, 0.75]
    assert matches(text.links[1:]).tolist() == [0.125, 0, 0, 0.75]
    assert matches([]).tolist() == [0, 0, 0, 0]


def test_only_links_within_the_tokens_read_match(settings: tuple[Setting, Setting]) -> None:
    setting, _ = settings
    (text,) = [e.linked for e in setting.task.examples if len(e.linked.links) > 1][:1]
    batcher = replace(setting.batcher("features"), max_tokens=8)
    end = text.links[-1].start
    before = replace(text, text=text.text[:end], links=text.links[:-1])
    far = replace(
        text,
        text=f"{before.text} {'and ' * 20}bird",
        links=(*before.links, replace(text.links[-1], start=end + 81, end=end + 85, text="bird")),
    )
    first, second = batcher.batch([before, far]).matches
    assert torch.equal(first, second)
    assert batcher.batch([text]).knowledge.is_empty


def test_features_begin_as_plain_and_learn_to_use_the_matches(
    settings: tuple[Setting, Setting],
) -> None:
    setting, _ = settings
    examples = setting.task.of("train")[:8]
    plain, features = (build_network(setting, arm).eval() for arm in ("plain", "features"))
    batch = setting.batcher("features").batch([example.linked for example in examples])
    assert batch.matches.any()
    with torch.no_grad():
        torch.testing.assert_close(features(batch, None).logits, plain(
            setting.batcher("plain").batch([example.linked for example in examples]), None
        ).logits)  # fmt: skip
    assert features_of(setting, "features") is None
    width = plain.head.weight.shape[1]
    gold = torch.from_numpy(setting.task.gold(examples)).float()
    optimiser = torch.optim.SGD([features.head.weight], lr=0.1)
    for _ in range(30):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            features(batch, None).logits, gold
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    # a label that a link stands at or below is true more often than not
    assert features.head.weight[:, width:].diagonal()[batch.matches.amax(0) > 0].mean() > 0


def test_features_are_trained_without_a_graft(zoo: Path, tmp_path: Path) -> None:
    config = tiny_config(
        zoo, arms=["plain", "features", "knowledge"], rule_loss=[False], out=str(tmp_path)
    )
    results = run_experiment(config)
    _, plain, features, knowledge = results["runs"]
    # one weight for each label and each label's match
    assert features["parameters"] == plain["parameters"] + len(results["labels"]) ** 2
    assert knowledge["parameters"] > features["parameters"]
    assert ("knowledge", "features") in {(row["a"], row["b"]) for row in results["differences"]}
