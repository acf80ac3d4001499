"""The model folder: everything an answer needs but the knowledge base, which stays live.

    manifest.json         SHA-256 of every other file; verified before anything is loaded
    config.json           how it was built, labels, threshold, relations, linker settings
    backbone/             the pretrained encoder as it came: reads the entities' texts
    trained.safetensors   the weights that training changed, laid over the backbone
    vectors.safetensors   text vectors of the entities seen in training (a cache)
    results.json          the figures of every arm
    README.md             model card

The knowledge base is not copied: the model follows it. Its place and version are recorded.
"""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from safetensors.torch import save
from torch import Tensor

from kg.atomic import replace_folder
from linking import LinkerSettings
from model.backbone import Backbone
from model.config import TrainConfig
from model.errors import BundleError
from model.text_vectors import TextVectors

FORMAT = 1
MANIFEST = "manifest.json"
_AGAIN = "Copy the whole model folder again, or train it anew with `ontograft train`."


@dataclass(frozen=True)
class Trained:
    """What goes into a model folder; `weights` are those that training changed."""

    run: str
    config: TrainConfig
    labels: tuple[str, ...]
    label_names: tuple[str, ...]
    threshold: float
    relations: tuple[str, ...]
    backbone: Backbone
    weights: dict[str, Tensor]
    vectors: TextVectors
    linker: LinkerSettings
    kb_version: str
    results: dict[str, Any]


def save_bundle(folder: Path, trained: Trained) -> None:
    """Write the model folder beside its place, then swap it in: the old one or the new, whole."""
    staged = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(staged, ignore_errors=True)  # left by a kill
    try:
        (staged / "backbone").mkdir(parents=True)
        trained.backbone.tokenizer.save_pretrained(staged / "backbone")
        for name in ("config.json", "model.safetensors"):
            shutil.copyfile(trained.backbone.folder / name, staged / "backbone" / name)
        (staged / "trained.safetensors").write_bytes(save(trained.weights))
        (staged / "vectors.safetensors").write_bytes(trained.vectors.to_bytes())
        kb = trained.config.kb
        settled = {
            "format": FORMAT,
            "run": trained.run,
            "config": trained.config.model_dump(mode="json"),
            "labels": trained.labels,
            "label_names": trained.label_names,
            "threshold": trained.threshold,
            "relations": trained.relations,
            "linker": trained.linker.to_json(),
            "kb": kb if "://" in kb else os.path.relpath(Path(kb).resolve(), folder.resolve()),
            "kb_version": trained.kb_version,
        }
        _write_json(staged / "config.json", settled)
        _write_json(staged / "results.json", trained.results)
        (staged / "README.md").write_text(_card(trained), encoding="utf-8")
        write_manifest(staged)
        replace_folder(staged, folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def write_manifest(folder: Path) -> None:
    """Write the SHA-256 of every file of a folder into its manifest."""
    manifest = folder / MANIFEST
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p != manifest)
    hashes = {p.relative_to(folder).as_posix(): _sha256(p) for p in files}
    _write_json(manifest, {"format": FORMAT, "sha256": hashes})


def find_bundle(folder: str | Path) -> Path:
    """The model folder itself, or the `model/` in the output folder of an experiment.

    Raises:
        BundleError: neither holds a manifest.
    """
    folder = Path(folder)
    for place in (folder, folder / "model"):
        if (place / MANIFEST).is_file():
            return place
    raise BundleError(
        "There is no model here: no manifest.json." if folder.exists() else "No such folder.",
        where=str(folder),
        mend="Give a folder written by `ontograft train` or `ontograft demo`.",
    )


def verify_bundle(folder: Path, *, mend: str = _AGAIN) -> str:
    """Check every file against the manifest; returns the model's version, the manifest's hash.

    Args:
        folder: of the manifest.
        mend: what to do about a damaged one.

    Raises:
        BundleError: the manifest is broken, a file is missing, is not listed, or differs; names it.
    """
    manifest = folder / MANIFEST
    try:
        raw = json.loads(manifest.read_text(encoding="utf-8"))
        known, hashes = raw["format"], dict(raw["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise BundleError(
            f"The manifest cannot be read: {fault!r}.", where=str(manifest), mend=mend
        ) from None
    if known != FORMAT:
        raise BundleError(
            f"The model has format {known}, this ontograft reads {FORMAT}.",
            where=str(manifest),
            mend="Install the ontograft that wrote it, or train it again.",
        )
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    strange = sorted(there - hashes.keys() - {MANIFEST})
    if strange:
        raise BundleError(
            f"{strange[0]} is not in the manifest.", where=str(folder / strange[0]), mend=mend
        )
    for name, wanted in hashes.items():
        inside = PurePosixPath(name)
        if inside.is_absolute() or ".." in inside.parts:
            raise BundleError(f"The manifest names {name!r}.", where=str(manifest), mend=mend)
        path = folder / inside
        if not path.is_file():
            raise BundleError(f"{name} is missing.", where=str(path), mend=mend)
        if _sha256(path) != wanted:
            raise BundleError(
                f"{name} is not the file that was saved: its SHA-256 differs from the manifest.",
                where=str(path),
                mend=mend,
            )
    return _sha256(manifest)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


def _card(trained: Trained) -> str:
    sources, seeds = trained.results["kb"]["sources"], len(trained.results["seeds"])
    shown = "Value" if seeds == 1 else f"It is the first of {seeds} seeds. Mean over the seeds"
    rows = [
        "| run | micro F1 | macro F1 | rule violations |",
        "|---|---|---|---|",
        *(
            f"| {run['run']} | {_figure(run['all']['micro_f1'])} "
            f"| {_figure(run['all']['macro_f1'])} | {_figure(run['all']['violation_rate'])} |"
            for run in trained.results["runs"]
        ),
    ]
    return "\n".join(
        [
            "---",
            "library_name: ontograft",
            "pipeline_tag: text-classification",
            "---",
            f"# {trained.run}: {len(trained.labels)} concepts below {trained.config.task.root}",
            "",
            f"A knowledge-augmented classifier, trained on {trained.results['date']} "
            f"({trained.results['machine']}). {shown} [95 % bootstrap interval] on "
            f"{trained.results['texts']['test']} test texts:",
            "",
            *rows,
            "",
            "Knowledge base (not contained; the model reads it live):",
            *(
                f"- {s['iri']}, version {s['version'] or 'not stated'}, "
                f"licence {s['licence'] or 'not stated'}"
                for s in sources
            ),
            "",
        ]
    )


def _figure(interval: list[float | None]) -> str:
    value, low, high = interval
    return "-" if value is None else f"{value:.3f} [{low:.3f}, {high:.3f}]"
