"""A linker with neural parts as a folder: kept whole, verified, and following the ontology."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from clinic import PLAN, build_clinic_backbone, concepts, turtle
from kg import KnowledgeBase
from kg.errors import FileFaultError
from linking import GoldLink, Linker, TextRow
from model import BundleError, NeuralLinker, find_backbone, load_linker, train_neural_linker
from model.backbone import load_backbone
from model.fine_tuning import FineTuning
from model.linker_folder import NeuralParts, save_linker, untrained
from model.name_encoder import NameEncoder
from model.name_vectors import NameVectors, build_index, updated_index

LAY = "kidney pebble", "renal calculus"  # the first is what texts call it, no name is


def loaded(folder: Path, chosen: list) -> KnowledgeBase:
    """The ontology with these concepts, beside or in place of what is there."""
    (folder / "clinic.ttl").write_text(turtle(chosen), "utf-8")
    base = KnowledgeBase.open(folder / "kb.sqlite", create=True)
    base.load(folder / "clinic.ttl")
    return base


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_clinic_backbone(tmp_path_factory.mktemp("backbone"))


@pytest.fixture
def kb(tmp_path: Path) -> KnowledgeBase:
    return loaded(tmp_path, concepts())


@pytest.fixture(scope="module")
def taught(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> NeuralLinker:
    base = loaded(tmp_path_factory.mktemp("kb"), concepts())
    return train_neural_linker(base, tiny, parts=["names"], plans={"names": PLAN})


@pytest.fixture
def saved(taught: NeuralLinker, kb: KnowledgeBase, tmp_path: Path) -> Path:
    taught.save(tmp_path / "linker", kb)
    return tmp_path / "linker"


def first(linker: Linker, mention: str) -> str:
    return linker.ground([mention])[0][0].label


def found(linker: Linker, mention: str) -> list[str]:
    return [one.label for one in linker.ground([mention])[0]]


def test_a_name_is_found_by_its_meaning(saved: Path, kb: KnowledgeBase) -> None:
    """No letters tell that what is pulmonary is of the lung; its siblings tell the encoder."""
    changed = [(n, p, names[:1] if n == "lung-scar" else names) for n, p, names in concepts()]
    other = loaded(Path(kb.location).parent, changed)
    asked = "pulmonary cicatrix"
    assert "lung scar" not in found(Linker.of(other), asked)
    assert "lung scar" in found(load_linker(saved, other), asked)
    dense = [
        one
        for candidate in load_linker(saved, other).ground([asked])[0]
        for one in candidate.why
        if one.name == "dense"
    ]
    assert dense


def nearest(linker_parts: NameVectors, mentions: list[str]) -> list:
    return [
        [(row, name, round(cosine, 2)) for row, name, cosine in found]
        for found in linker_parts.nearest(mentions, 5)
    ]


def test_an_update_equals_a_rebuild(taught: NeuralLinker, kb: KnowledgeBase) -> None:
    """One concept is added, one renamed, one removed; the vectors of the others are kept."""
    search = taught.parts.names
    assert search is not None
    changed = [(n, p, names) for n, p, names in concepts() if n != "skin-stone"]
    changed = [
        (n, p, ("hepatic crash", *names[1:]) if n == "liver-failure" else names)
        for n, p, names in changed
    ]
    changed.append(("lung-hole", "trouble", ("lung hole", "pulmonary cavity")))
    older = build_index(search.encoder, kb.names())
    names = loaded(Path(kb.location).parent, changed).names()
    rebuilt = build_index(search.encoder, names)
    encoded: list[str] = []

    class Counting(NameEncoder):
        def encode(self, texts, progress=None):
            encoded.extend(texts)
            return super().encode(texts, progress)

    updated = updated_index(Counting(search.encoder.backbone), older, names, where="")
    assert sorted(encoded) == ["hepatic crash", "lung hole", "pulmonary cavity"]
    assert len(updated) == len(rebuilt) == len({name.text for name in names})
    keys = np.sort(np.asarray(rebuilt.keys))
    assert (np.sort(np.asarray(updated.keys)) == keys).all()
    assert np.stack(list(updated.get(keys))) == pytest.approx(
        np.stack(list(rebuilt.get(keys))), abs=0.02
    )
    mentions = ["pulmonary cavity", "liver crash", "cutaneous calculus", "bone"]
    one, other = (NameVectors(search.encoder, index, names) for index in (updated, rebuilt))
    assert nearest(one, mentions) == nearest(other, mentions)


def test_the_linker_follows_the_ontology_and_its_folder_stays(
    saved: Path, kb: KnowledgeBase
) -> None:
    before = {path: path.read_bytes() for path in saved.rglob("*") if path.is_file()}
    chosen = [*concepts(), ("lung-hole", "trouble", ("lung hole", "pulmonary cavity"))]
    other = loaded(Path(kb.location).parent, chosen)
    assert first(load_linker(saved, other), "pulmonary cavity") == "lung hole"
    again = load_linker(saved, other)  # from what is kept beside the knowledge base
    assert first(again, "pulmonary cavity") == "lung hole"
    assert list(Path(kb.location).parent.glob("kb.sqlite.snapshots/*/vectors-*")) or list(
        Path(kb.location).parent.glob("kb.sqlite.snapshots/**/index.npy")
    )
    assert {path: path.read_bytes() for path in saved.rglob("*") if path.is_file()} == before


def test_vectors_of_another_ontology_are_refused(saved: Path, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    other = loaded(folder, [(f"a{at}", "", (f"word {at}",)) for at in range(30)])
    with pytest.raises(BundleError, match=r"know 0 of the 30 names .* another one") as refused:
        load_linker(saved, other)
    assert "train-linker" in refused.value.mend


def test_gold_and_parts_are_learnt_together(tiny: Path, kb: KnowledgeBase, tmp_path: Path) -> None:
    surface, known = LAY
    curies = dict(zip(kb.table().labels, kb.table().curies, strict=True))
    text = f"A {surface} was there, and a {known}."
    marks = tuple(
        GoldLink(text.index(one), text.index(one) + len(one), curies["kidney stone"]) for one in LAY
    )
    gold = [TextRow(str(at), text, marks) for at in range(30)]
    plan = FineTuning(max_steps=2, frozen_layers=2)
    linker = train_neural_linker(
        kb, tiny, gold, parts=["names", "context", "mentions"],
        plans=dict.fromkeys(("names", "context", "mentions"), plan),
    )  # fmt: skip
    linker.save(tmp_path / "linker", kb)
    names = [path.name for path in sorted((tmp_path / "linker").iterdir())]
    assert names == ["config.json", "context", "linker.json", "manifest.json", "mentions", "names"]
    learnt = Linker.of(kb, trained=linker.trained, neural=linker.parts.plugged())
    read = load_linker(tmp_path / "linker", kb)
    assert [link.text for link in read.link(text).links] == list(LAY)
    assert read.link(text).to_json() == learnt.link(text).to_json()
    assert {"context score", "detected"} <= {
        name for one in read.judge(text) for name, _, _ in one.evidence[0]
    }


def test_a_changed_file_is_refused_by_name(saved: Path, kb: KnowledgeBase) -> None:
    vectors = saved / "names" / "vectors.usearch"
    content = bytearray(vectors.read_bytes())
    content[len(content) // 2] ^= 1
    vectors.write_bytes(content)
    with pytest.raises(BundleError, match=r"names/vectors\.usearch is not the file") as refused:
        load_linker(saved, kb)
    assert "train-linker" in refused.value.mend


def test_a_linker_of_a_newer_format_is_refused(saved: Path, kb: KnowledgeBase) -> None:
    from model.bundle import write_manifest

    config = json.loads((saved / "config.json").read_text("utf-8"))
    (saved / "config.json").write_text(json.dumps({**config, "format": 99}), "utf-8")
    write_manifest(saved)
    with pytest.raises(BundleError, match="has format 99"):
        load_linker(saved, kb)


def test_what_is_no_linker_is_neither_read_nor_written_over(
    taught: NeuralLinker, kb: KnowledgeBase, tmp_path: Path
) -> None:
    other = tmp_path / "papers"
    other.mkdir()
    (other / "thesis.txt").write_text("years of work", "utf-8")
    with pytest.raises(BundleError, match="no folder of a linker"):
        load_linker(other, kb)
    with pytest.raises(BundleError, match="Something else is there"):
        taught.save(other, kb)
    with pytest.raises(FileFaultError, match="no such folder"):
        taught.save(tmp_path / "nowhere" / "linker", kb)
    assert (other / "thesis.txt").read_text("utf-8") == "years of work"


def test_a_linker_file_is_read_too(taught: NeuralLinker, kb: KnowledgeBase, tmp_path: Path) -> None:
    taught.trained.save(tmp_path / "linker.json")
    assert load_linker(tmp_path / "linker.json", kb).link("renal calculus").links
    assert load_linker(None, kb).link("renal calculus").links


KILLED = """
import os, random, signal, sys, time
from pathlib import Path
from kg import KnowledgeBase
from model.backbone import load_backbone
from model.linker_folder import NeuralParts, save_linker, untrained, verify_linker
from model.name_encoder import NameEncoder
from model.name_vectors import NameVectors, build_index

folder, chance = Path(sys.argv[1]), random.Random(5)
kb = KnowledgeBase.open(folder / "kb.sqlite")
encoder = NameEncoder(load_backbone(Path(sys.argv[2])))
names = kb.names()
parts = NeuralParts(names=NameVectors(encoder, build_index(encoder, names), names))
trained = untrained(kb.table())
save_linker(folder / "linker", kb, trained, parts)
began = time.perf_counter()
save_linker(folder / "linker", kb, trained, parts)
span = time.perf_counter() - began
killed = 0
for _ in range(400):
    child = os.fork()
    if child == 0:
        save_linker(folder / "linker", kb, trained, parts)
        os._exit(0)
    time.sleep(chance.uniform(0.0, 1.1) * span)
    os.kill(child, signal.SIGKILL)
    killed += os.WIFSIGNALED(os.waitpid(child, 0)[1])
    verify_linker(folder / "linker")
    if killed == 20:
        break
print(killed)
"""


def test_killed_while_saving_it_leaves_the_old_folder_or_the_new(
    tiny: Path, kb: KnowledgeBase, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), str(tiny)],
        capture_output=True, text=True, timeout=300, check=False,
        env={"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == 20
    encoder = NameEncoder(load_backbone(tiny))
    names = kb.names()
    parts = NeuralParts(names=NameVectors(encoder, build_index(encoder, names), names))
    save_linker(tmp_path / "linker", kb, untrained(kb.table()), parts)  # past what a kill has left
    assert not list(tmp_path.glob(".linker*"))


def test_the_packaged_encoder_is_taught_and_read(kb: KnowledgeBase, tmp_path: Path) -> None:
    plan = FineTuning(max_steps=2, batch=4, frozen_layers=4)
    linker = train_neural_linker(
        kb, find_backbone("minilm"), parts=["names"], plans={"names": plan}
    )
    linker.save(tmp_path / "linker", kb)
    assert first(load_linker(tmp_path / "linker", kb), "kidney stones") == "kidney stone"
