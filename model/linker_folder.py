"""A linker with neural parts as a folder; without them it is one file of JSON, `linking.Trained`.

    manifest.json                SHA-256 of every other file; verified before anything is loaded
    config.json                  format, version of the knowledge base, parts
    linker.json                  what `linking.train_linker` learnt; without gold, the defaults
    names/model.safetensors      what training changed in the encoder of names
    names/vectors.usearch        the vectors of the names
    context/model.safetensors    of the context scorer
    context/vectors.safetensors  vectors of the concepts that were asked for in training (a cache)
    mentions/model.safetensors   of the mention detector

The knowledge base is not contained, and may change: vectors are made for new names when the linker
is loaded, and kept beside the knowledge base's own arrays. The folder is never changed.
"""

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg import EntityTable, KnowledgeBase, NameRow
from kg.atomic import replace_folder
from kg.errors import FileFaultError
from linking import Linker, LinkerSettings, Neural, Trained
from linking.experience import NO_EXPERIENCE
from linking.trained import IN_FOLDER
from linking.weights import DEFAULT_WEIGHTS
from model.errors import BundleError

if TYPE_CHECKING:
    from model.context_scorer import NeuralScorer
    from model.mention_detector import NeuralDetector
    from model.name_vectors import NameVectors

FORMAT = 1
MEND = "Copy the whole folder again, or train it anew with `ontograft train-linker`."

_CONFIG = "config.json"
_LINKER = IN_FOLDER
_NAMES = Path("names", "model.safetensors")
_NAME_VECTORS = Path("names", "vectors.usearch")
_CONTEXT = Path("context", "model.safetensors")
_CONCEPT_VECTORS = Path("context", "vectors.safetensors")
_MENTIONS = Path("mentions", "model.safetensors")


@dataclass(frozen=True)
class NeuralParts:
    """The parts of a linker that are saved with it; None for one that it has not."""

    names: "NameVectors | None" = None
    context: "NeuralScorer | None" = None
    mentions: "NeuralDetector | None" = None

    def plugged(self) -> Neural:
        """As `Linker.of` takes them."""
        return Neural(self.names, self.context, self.mentions)


def untrained(table: EntityTable, settings: LinkerSettings | None = None) -> Trained:
    """What is saved in place of training by gold, where there was none."""
    return Trained(
        DEFAULT_WEIGHTS, settings or LinkerSettings(), NO_EXPERIENCE.to_json(table), record={}
    )


def taught_names(kb: KnowledgeBase, trained: Trained) -> list[NameRow]:
    """The names of the knowledge base, and those that gold texts gave."""
    learnt = trained.experience(kb.table()).names
    return [*kb.names(), *(NameRow(name.row, name.text, "hidden", "") for name in learnt)]


def save_linker(
    folder: str | Path, kb: KnowledgeBase, trained: Trained, parts: NeuralParts
) -> None:
    """Write the folder beside its place, then swap it in: the old one or the new, whole.

    Args:
        folder: of the linker; it is replaced if it is one, or empty.
        kb: the knowledge base that the parts were made for, as it is now.
        trained: what gold texts taught, or `untrained`.
        parts: at least one.

    Raises:
        BundleError: something else is there.
    """
    from model.bundle import write_manifest

    folder = Path(folder)
    refuse_other_places(folder)
    staged = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(staged, ignore_errors=True)  # left by a kill
    try:
        staged.mkdir()
        trained.save(staged / _LINKER)
        _write_parts(staged, parts)
        config = {
            "format": FORMAT,
            "kb_version": kb.version(),
            "parts": sorted(path.name for path in staged.iterdir() if path.is_dir()),
        }
        (staged / _CONFIG).write_text(json.dumps(config, indent=1), encoding="utf-8")
        write_manifest(staged)
        replace_folder(staged, folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def refuse_other_places(folder: Path) -> None:
    """Whatever is no folder of a linker is not written over.

    Raises:
        BundleError: something else is there.
        FileFaultError: the folder that it is to lie in is not there.
    """
    if not folder.absolute().parent.is_dir():
        raise FileFaultError(
            "There is no such folder.", where=str(folder.parent), mend="Make it, or name another."
        )
    ours = not folder.exists() or (
        folder.is_dir() and (not any(folder.iterdir()) or (folder / _LINKER).is_file())
    )
    if not ours:
        raise BundleError(
            "Something else is there already, and is left as it is.",
            where=str(folder),
            mend="Name another folder for the linker.",
        )


def load_linker(
    path: str | Path | None, kb: KnowledgeBase, *, settings: LinkerSettings | None = None
) -> Linker:
    """The linker of a knowledge base with what was trained for it.

    Args:
        path: a file or folder of `ontograft train-linker`; None for nothing.
        kb: the knowledge base; what was trained follows it when it changes.
        settings: None takes those of the training.

    Raises:
        FileFaultError, SyntaxFaultError, TextsError: the file is none, or cannot be read.
        BundleError: the folder is none, is damaged, or its vectors are of another ontology.
        BackboneError: the encoder that its parts were made of is not here.
    """
    if path is None:
        return Linker.of(kb, settings=settings)
    if not Path(path).is_dir():
        return Linker.of(kb, settings=settings, trained=Trained.load(path))
    neural = load_parts(path, kb).plugged()
    return Linker.of(kb, settings=settings, trained=Trained.of_place(path), neural=neural)


def load_parts(path: str | Path, kb: KnowledgeBase) -> NeuralParts:
    """The neural parts of a folder, brought up to the knowledge base as it is now.

    Args:
        path: the folder.
        kb: the knowledge base.

    Raises:
        BundleError, BackboneError: as of `load_linker`.
    """
    folder = Path(path)
    version = verify_linker(folder)
    return _read_parts(folder, kb, Trained.of_place(folder), version)


def verify_linker(folder: Path) -> str:
    """Check the folder against its manifest; returns its version, the manifest's hash.

    Raises:
        BundleError: it is no folder of a linker, of another version, or damaged.
    """
    from model.bundle import MANIFEST, verify_bundle

    if not (folder / MANIFEST).is_file() or not (folder / _LINKER).is_file():
        raise BundleError(
            "This is no folder of a linker.",
            where=str(folder),
            mend="Name a file or folder that `ontograft train-linker` wrote.",
        )
    version = verify_bundle(folder, mend=MEND)
    known = _config(folder).get("format")
    if known != FORMAT:
        raise BundleError(
            f"The linker has format {known}, this ontograft reads {FORMAT}.",
            where=str(folder),
            mend="Install the ontograft that wrote it, or train it again.",
        )
    return version


def _config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise BundleError(
            f"The configuration cannot be read: {fault}.", where=str(folder / _CONFIG), mend=MEND
        ) from None
    return config if isinstance(config, dict) else {}


def _write_parts(folder: Path, parts: NeuralParts) -> None:
    from model.context_scorer import save_scorer
    from model.mention_detector import save_detector
    from model.name_encoder import save_encoder

    if parts.names is not None:
        (folder / _NAMES).parent.mkdir()
        save_encoder(parts.names.encoder, folder / _NAMES)
        parts.names.index.save(str(folder / _NAME_VECTORS))
    if parts.context is not None:
        (folder / _CONTEXT).parent.mkdir()
        save_scorer(parts.context, folder / _CONTEXT)
        vectors = parts.context.concepts.vectors.to_bytes()
        (folder / _CONCEPT_VECTORS).write_bytes(vectors)
    if parts.mentions is not None:
        (folder / _MENTIONS).parent.mkdir()
        save_detector(parts.mentions, folder / _MENTIONS)


def _read_parts(folder: Path, kb: KnowledgeBase, trained: Trained, version: str) -> NeuralParts:
    from model.mention_detector import load_detector

    names = context = mentions = None
    if (folder / _NAMES).is_file():
        names = _names(folder, kb, taught_names(kb, trained), version)
    if (folder / _CONTEXT).is_file():
        context = _scorer(folder, kb)
    if (folder / _MENTIONS).is_file():
        mentions = load_detector(folder / _MENTIONS)
    return NeuralParts(names, context, mentions)


def _names(
    folder: Path, kb: KnowledgeBase, names: Iterable[NameRow], version: str
) -> "NameVectors":
    """The name search of the knowledge base as it is now."""
    from model.name_encoder import load_encoder
    from model.name_vectors import (
        NameVectors,
        index_bytes,
        loaded_index,
        mapped_index,
        updated_index,
    )

    encoder, file, names = load_encoder(folder / _NAMES), folder / _NAME_VECTORS, list(names)
    if kb.version() == _config(folder).get("kb_version"):
        return NameVectors(encoder, mapped_index(file), names)
    arrays = kb.keep(
        f"vectors-{version[:32]}",
        lambda: {
            "index": index_bytes(
                updated_index(encoder, loaded_index(file), names, where=str(folder))
            )
        },
    )
    return NameVectors(encoder, mapped_index(arrays["index"]), names)


def _scorer(folder: Path, kb: KnowledgeBase) -> "NeuralScorer":
    """The context scorer; vectors of changed concepts are made when they are first asked for."""
    from safetensors import SafetensorError

    from model.context_scorer import ConceptVectors, load_scorer
    from model.part_files import load_part
    from model.text_vectors import TextVectors

    backbone, _ = load_part(folder / _CONTEXT, "context")
    vectors = TextVectors(backbone, quick=True)
    try:
        vectors.read(folder / _CONCEPT_VECTORS)
    except (OSError, SafetensorError) as fault:
        raise BundleError(
            f"The vectors of concepts cannot be read: {fault}.",
            where=str(folder / _CONCEPT_VECTORS),
            mend=MEND,
        ) from None
    return load_scorer(folder / _CONTEXT, ConceptVectors(kb.table(), kb.graph(), vectors))
