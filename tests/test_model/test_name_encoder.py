"""Names that mean the same get vectors that are near: the loss, the pairs, and what is learnt."""

from dataclasses import replace
from math import e, log
from pathlib import Path

import numpy as np
import pytest
import torch

from clinic import ORGANS, PLAN, TROUBLES, build_clinic_backbone, concepts, turtle
from kg import Graph, KnowledgeBase, NameRow
from linking import TextsError
from model.backbone import load_backbone
from model.errors import BundleError, LossError
from model.name_encoder import (
    FAMILY,
    NameEncoder,
    NamePairs,
    load_encoder,
    nt_xent,
    save_encoder,
    train_encoder,
)

HELD_OUT = ("kidney stone", "renal calculus"), ("lung cancer", "pulmonary carcinoma")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_clinic_backbone(tmp_path_factory.mktemp("backbone"))


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    """Without the second names of two concepts, which are to be inferred."""
    folder = tmp_path_factory.mktemp("kb")
    left_out = {second for _, second in HELD_OUT}
    known = [(n, p, tuple(t for t in names if t not in left_out)) for n, p, names in concepts()]
    (folder / "clinic.ttl").write_text(turtle(known), "utf-8")
    base = KnowledgeBase.open(folder / "kb.sqlite", create=True)
    base.load(folder / "clinic.ttl")
    return base


@pytest.fixture(scope="module")
def pairs(kb: KnowledgeBase) -> NamePairs:
    return NamePairs(kb.names(), kb.graph())


@pytest.fixture(scope="module")
def encoder(tiny: Path, pairs: NamePairs) -> NameEncoder:
    return train_encoder(load_backbone(tiny), pairs, plan=PLAN, seed=3)


def test_the_loss_of_three_pairs_at_right_angles() -> None:
    """Each view has cosine 1 with its partner and 0 with four strangers."""
    eye = torch.eye(3)
    expected = -log(e / (e + 4))
    assert nt_xent(eye, eye, temperature=1.0).item() == pytest.approx(expected)


def test_two_pairs_of_one_concept_are_no_negatives() -> None:
    """The first two examples have two strangers each; the third has all four."""
    eye, alike = torch.eye(3), torch.eye(3, dtype=torch.bool)
    alike[0, 1] = alike[1, 0] = True
    expected = (2 * -log(e / (e + 2)) + -log(e / (e + 4))) / 3
    assert nt_xent(eye, eye, temperature=1.0, alike=alike).item() == pytest.approx(expected)


def test_one_pair_has_no_negative() -> None:
    with pytest.raises(LossError, match="two pairs"):
        nt_xent(torch.eye(1), torch.eye(1), temperature=1.0)


def test_a_family_is_a_concept_with_its_kin(kb: KnowledgeBase, pairs: NamePairs) -> None:
    row, chance = kb.table().labels.index("heart failure"), np.random.default_rng(0)
    seen = set()
    for _ in range(50):
        first, *others = pairs.family(row, chance)
        assert first == row
        assert len(others) == FAMILY - 1 == len(set(others) - {row})
        seen.update(kb.table().labels[one] for one in others)
    assert seen == {"failure", *(f"{organ} failure" for organ in ORGANS if organ != "heart")}


def test_concepts_that_share_a_name_are_alike(tiny: Path) -> None:
    names = [NameRow(0, "Cold", "label", ""), NameRow(1, "cold", "exact", "")]
    names += [NameRow(row, f"name {row}", "label", "") for row in (1, 2)]
    nothing = np.zeros(0, dtype=np.int64)
    pairs = NamePairs(names, Graph(3, nothing, nothing, nothing, ("rdfs:subClassOf",)))
    assert pairs.alike([0, 1, 2]).tolist() == [
        [True, True, False], [True, True, False], [False, False, True],
    ]  # fmt: skip
    assert pairs.two_names(2, np.random.default_rng(0)) == ("name 2", "name 2")
    with pytest.raises(TextsError, match="1 concepts have two names"):
        train_encoder(load_backbone(tiny), pairs, seed=0)


def share_first(encoder: NameEncoder) -> float:
    """Of all second names, how many are nearest to the first name of their own concept."""
    first = [f"{organ} {trouble}" for organ in ORGANS for trouble in TROUBLES]
    second = [f"{latin} {other}" for latin in ORGANS.values() for other in TROUBLES.values()]
    cosines = encoder.encode(second) @ encoder.encode(first).T
    return float((cosines.argmax(1) == np.arange(len(first))).mean())


def test_synonyms_teach_what_words_mean(tiny: Path, encoder: NameEncoder) -> None:
    assert share_first(NameEncoder(load_backbone(tiny))) < 0.3
    assert share_first(encoder) > 0.9


def test_a_name_that_was_never_seen_is_near_what_it_means(encoder: NameEncoder) -> None:
    names = sorted({names[0] for _, _, names in concepts()})
    for known, unseen in HELD_OUT:
        cosines = encoder.encode(names) @ encoder.encode([unseen])[0]
        assert known in [names[at] for at in np.argsort(-cosines)[:3]]


def test_the_same_seed_gives_the_same_encoder(tiny: Path, pairs: NamePairs) -> None:
    plan = replace(PLAN, max_steps=3)
    one, same, other = (
        train_encoder(load_backbone(tiny), pairs, plan=plan, seed=seed).encode(["renal stone"])
        for seed in (1, 1, 2)
    )
    assert (one == same).all()
    assert (one != other).any()


def test_a_saved_encoder_gives_the_same_vectors(encoder: NameEncoder, tmp_path: Path) -> None:
    texts = ["kidney stone", "", "a name longer than the encoder reads " * 20, "\ud83e"]
    save_encoder(encoder, tmp_path / "names.safetensors")
    again = load_encoder(tmp_path / "names.safetensors").encode(texts)
    assert (again == encoder.encode(texts)).all()
    assert np.linalg.norm(again, axis=1) == pytest.approx(np.ones(4), abs=1e-5)


def test_a_file_that_is_no_encoder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "names.safetensors").write_bytes(b"nothing of the kind")
    with pytest.raises(BundleError, match="no trained part"):
        load_encoder(tmp_path / "names.safetensors")
