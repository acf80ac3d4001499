"""Encoders of entities: each kind by brute force, and what becomes of new and deleted entities."""

import numpy as np
import pytest
import torch

from kg import KnowledgeBase
from model.completion.encoder import GraphInputs, RelationalEncoder, Wiring
from model.completion.facts import Facts
from model.completion.folder import Embeddings
from model.completion.inductive import inputs_today, kept_encoder, refreshed
from model.completion.learning import LearningSettings, fresh_predictor, learn
from model.completion.predictor import Scorer
from model.completion.ranking import filtered_ranks
from model.completion.recipe import complete, embed, without_encoder
from model.completion.texts import HashedTexts
from model.errors import ConfigError, TriplesError

KINDS = ["relational", "rgcn", "rgat"]
TRIPLES = np.array([[0, 0, 3], [1, 0, 4], [2, 0, 5], [0, 1, 4], [1, 1, 5], [3, 1, 0], [5, 0, 1]])
NONE = np.zeros((0, 3), dtype=np.int64)
HEADER = "format-version: 1.2\nontology: toy\n"
TYPEDEF = "\n[Typedef]\nid: part_of\nname: part of\n"


def inputs_of(triples=TRIPLES, *, count=6, texts=True):
    generator = torch.Generator().manual_seed(2)
    vectors = [torch.randn(count, 4, generator=generator) for _ in range(2)] if texts else []
    return GraphInputs(Wiring.of(triples, 2, count), torch.arange(count), *vectors)


def encoder_of(inputs, *, kind="relational", layers=2):
    return RelationalEncoder(inputs, width=16, layers=layers, kind=kind, seed=0)


def test_a_round_equals_sums_that_are_written_out():
    inputs = inputs_of()
    encoder = encoder_of(inputs, layers=1).eval()
    start = encoder.table + encoder.from_text(inputs.texts) + encoder.from_above(inputs.above)
    x = encoder.norm(start)
    layer, z = encoder.rounds[0], encoder.relations
    for entity in range(6):
        from_tails = [x[t] * z[r] for h, r, t in TRIPLES.tolist() if h == entity]
        from_heads = [x[h] * z[r + 2] for h, r, t in TRIPLES.tolist() if t == entity]
        out, back = (
            torch.stack(part).mean(0) if part else torch.zeros(16)
            for part in (from_tails, from_heads)
        )
        told = layer.from_tails(out) + layer.from_heads(back) + layer.own(x[entity])
        expected = layer.norm(x[entity] + torch.tanh(told))
        assert torch.allclose(encoder()[entity], expected, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_vectors_of_some_entities_are_those_of_a_whole_pass(kind):
    rng = np.random.default_rng(3)
    triples = np.unique(rng.integers([30, 2, 30], size=(70, 3)), axis=0)
    inputs = inputs_of(triples, count=30)
    encoder = encoder_of(inputs, kind=kind)
    rows = np.array([17, 4])
    assert len(inputs.around(rows, 1).own) < 30
    expected = encoder.eval()()[rows]
    assert torch.allclose(encoder.vectors(inputs, rows), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "shared"), [("relational", 1), ("relational", 3), ("rgcn", 1), ("rgat", 1)]
)
def test_every_kind_learns_a_small_graph_by_heart(kind, shared):
    facts = Facts(6, 2, TRIPLES, NONE, NONE, NONE)
    settings = LearningSettings.chosen(
        encoder=kind, width=32, epochs=50, batch=4, learning_rate=0.03, shared=shared
    )
    encoder = RelationalEncoder(inputs_of(texts=False), width=32, kind=kind, seed=0)
    predictor = fresh_predictor(facts, settings, encoder=encoder)
    reports = list(learn(predictor, facts, settings))
    assert reports[-1].loss < reports[0].loss
    assert filtered_ranks(Scorer(predictor), facts.train, facts.known).metrics()["mrr"] > 0.9


def test_one_pass_serves_as_many_batches_as_are_asked_for():
    facts = Facts(6, 2, TRIPLES, NONE, NONE, NONE)
    encoder = encoder_of(inputs_of())
    passes = []
    encoder.register_forward_hook(lambda *_: passes.append(1))
    settings = LearningSettings.chosen(encoder="relational", width=16, epochs=1, batch=1, shared=3)
    list(learn(fresh_predictor(facts, settings, encoder=encoder), facts, settings))
    # the queries of both directions, one a batch
    queries = len({(h, r) for h, r, _ in TRIPLES.tolist()}) + len(
        {(t, r) for _, r, t in TRIPLES.tolist()}
    )
    assert len(passes) == -(-queries // 3)


def test_what_is_asked_for_is_not_heard_in_training():
    inputs = inputs_of(texts=False)
    shorter = inputs_of(TRIPLES[2:], texts=False)
    encoder = RelationalEncoder(inputs, width=16, dropout=0.0, edge_dropout=0.0, unseen=0.0, seed=0)
    # 0 -> 3 asked for from its head, 1 -> 4 from its tail
    encoder.hide(torch.tensor([0, 4]), torch.tensor([0, 2]), torch.tensor([3, 1]))
    assert torch.allclose(encoder(), encoder.encode(shorter), atol=1e-6)
    assert not torch.allclose(encoder(), encoder.encode(shorter), atol=1e-2)


def test_an_entity_that_came_later_has_no_free_vector():
    inputs = inputs_of()
    encoder = encoder_of(inputs, layers=0).eval()
    late = GraphInputs(inputs.wiring, torch.full((6,), -1), inputs.texts, inputs.above)
    expected = encoder.norm(encoder.from_text(inputs.texts) + encoder.from_above(inputs.above))
    assert torch.allclose(encoder.encode(late), expected, atol=1e-6)


def test_rgat_refuses_what_would_not_fit_into_memory():
    wiring = Wiring(
        torch.zeros(2, 10**6, dtype=torch.int64), torch.zeros(10**6, dtype=torch.int64), 1, 1, 1
    )
    with pytest.raises(ConfigError, match="matrix for each edge"):
        RelationalEncoder(
            GraphInputs(wiring, torch.arange(1)), width=64, kind="rgat", layers=1, seed=0
        )


def test_a_text_has_its_vector_whatever_stands_beside_it():
    texts = ["heart valve disease", "diseases of heart valves", "tax law", "", "心脏瓣膜"]
    hashed = HashedTexts.fitted(texts)
    together = hashed.of(texts)
    alone = torch.cat([hashed.of([text]) for text in texts])
    assert torch.allclose(together, alone, atol=1e-6)
    assert together[0] @ together[1] > together[0] @ together[2] + 0.1
    assert together.norm(dim=1).tolist() == pytest.approx([1, 1, 1, 0, 1])
    again = HashedTexts.from_bytes(hashed.to_bytes())
    assert torch.equal(again.of(texts), together)


def term(number, parents, *, part_of=(), name=None):
    lines = [f"\n[Term]\nid: TOY:{number:04d}\nname: {name or f'organ number {number}'}"]
    lines += [f"is_a: TOY:{parent:04d}" for parent in parents]
    lines += [f"relationship: part_of TOY:{whole:04d}" for whole in part_of]
    return "\n".join(lines) + "\n"


def ontology(*, without=(), more=""):
    terms = [term(0, [])]
    terms += [
        term(n, [p for p in ((n - 1) // 3,) if p not in without], part_of=[n - 1] if n > 4 else [])
        for n in range(1, 30)
        if n not in without
    ]
    return HEADER + "".join(terms) + more + TYPEDEF


def loaded(folder, text):
    (folder / "toy.obo").write_text(text)
    kb = KnowledgeBase.open(str(folder / "kb.db"), create=not (folder / "kb.db").exists())
    kb.load(folder / "toy.obo")
    return kb


@pytest.fixture
def trained(tmp_path):
    """A folder of embeddings with an encoder, and the knowledge base."""
    settings = LearningSettings.chosen(
        encoder="relational", texts="hashed", width=16, epochs=4, batch=16
    )
    with loaded(tmp_path, ontology()) as kb:
        made = embed(kb, place=str(tmp_path / "kb.db"), settings=settings)
        made.save(tmp_path / "vectors")
    return made, tmp_path


def test_the_folder_keeps_encoder_and_texts(trained):
    made, folder = trained
    again = Embeddings.load(folder / "vectors")
    assert set(again.encoder) == set(made.encoder)
    assert all(torch.equal(again.encoder[name], made.encoder[name]) for name in made.encoder)
    assert again.texts == made.texts
    assert {"mrr", "seconds", "epochs"} <= set(made.results["encoder none"])


def test_nothing_is_made_anew_while_the_knowledge_base_is_the_same(trained):
    made, folder = trained
    with KnowledgeBase.open(str(folder / "kb.db")) as kb:
        assert refreshed(kb, made) is made


def test_an_added_entity_has_the_vector_that_a_whole_pass_gives(trained):
    made, folder = trained
    more = term(99, [4], part_of=[12], name="organ that was found later")
    with loaded(folder, ontology(more=more)) as kb:
        table = kb.table()
        new = table.row("TOY:0099")
        rows, inputs = inputs_today(kb, made)
        place = rows.tolist().index(new)
        assert inputs.own[place] == -1
        alone = kept_encoder(made, inputs).vectors(inputs, np.array([place]))[0]
        today = refreshed(kb, made)
        whole = today.entities[today.iris.index(table.iris[new])]
        assert torch.allclose(alone, whole, atol=1e-5)
        answers = complete(kb, made, "TOY:0099", "rdfs:subClassOf", k=5)
        assert len(answers) == 5
        heads = complete(kb, made, "TOY:0005", made.curies[1], inverse=True, k=40)
        assert new in [answer.row for answer in heads]


def test_a_deleted_entity_is_in_no_vector(trained, tmp_path_factory):
    made, folder = trained
    shorter = ontology(without=(7, 20))
    with loaded(folder, shorter) as kb, loaded(tmp_path_factory.mktemp("never"), shorter) as never:
        deleted = refreshed(kb, made)
        unknown = refreshed(never, made)
    assert set(deleted.iris) == set(unknown.iris)
    assert not any(iri.endswith(("TOY_0007", "TOY_0020")) for iri in deleted.iris)
    order = [unknown.iris.index(iri) for iri in deleted.iris]
    assert torch.allclose(deleted.entities, unknown.entities[order], atol=1e-5)


def test_without_an_encoder_a_new_entity_is_told_to_have_no_vector(tmp_path):
    settings = LearningSettings.chosen(width=16, epochs=2, texts="hashed")
    with loaded(tmp_path, ontology()) as kb:
        made = embed(kb, place="kb.db", settings=settings)
    with (
        loaded(tmp_path, ontology(more=term(99, [4]))) as kb,
        pytest.raises(TriplesError, match="no vector for TOY:0099"),
    ):
        complete(kb, made, "TOY:0099", "rdfs:subClassOf")


def test_the_baseline_differs_in_the_encoder_and_its_optimiser_alone():
    settings = LearningSettings.chosen(encoder="rgcn", texts="hashed", width=32, seed=4)
    plain = without_encoder(settings)
    assert (plain.encoder, plain.texts, plain.width, plain.seed) == ("none", "hashed", 32, 4)
    assert (plain.optimiser, plain.shared) == ("adagrad", 1)
