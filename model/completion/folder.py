"""A trained link predictor as a folder.

    manifest.json            SHA-256 of every other file
    config.json              settings, relations, weight of the rules, place and version of the KB
    vectors.safetensors      vectors of entities and of relations with their inverses
    entities.txt             the IRI of each entity, a line each
    encoder.safetensors      weights of the encoder, if one was trained
    texts.safetensors        what it reads texts with
    results.json             the figures of the test edges

The entities are known by IRI, so the folder goes on with a newer release of the ontology: entities
that are gone are never answers; new ones get their vectors from the encoder, or are told to have
none.
"""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int64
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from kg import EntityTable
from kg.atomic import replace_folder
from model.bundle import verify_bundle, write_manifest
from model.completion.decoders import DECODERS, DecoderName
from model.completion.predictor import scores_of_tails
from model.errors import BundleError

FORMAT = "ontograft-embeddings-1"
_AGAIN = "Make it anew: `ontograft embed KB --out DIR`."


@dataclass(frozen=True, eq=False)
class Embeddings:
    """What training left.

    Args:
        decoder: that scores them.
        entities, relations: vectors; the inverses of relations after the others.
        iris: of the entities.
        curies: of the relations that are no inverses.
        settings, results: as they are written down.
        kb, kb_version: what was learnt from.
        rule_weight: of mined rules beside the vectors.
        encoder: the state of the one that made `entities`; empty for a table.
        texts: what that reads texts with, as a file's content.
    """

    decoder: DecoderName
    entities: Float[Tensor, "entity width"]
    relations: Float[Tensor, "relation width"]
    iris: tuple[str, ...]
    curies: tuple[str, ...]
    settings: dict[str, Any]
    results: dict[str, Any]
    kb: str
    kb_version: str
    rule_weight: float
    encoder: Mapping[str, Tensor] = field(default_factory=dict)
    texts: bytes = b""

    def __call__(
        self, head: Int64[np.ndarray, " query"], relation: Int64[np.ndarray, " query"]
    ) -> Float[Tensor, "query entity"]:
        """Scores of all entities as tails; numbers are places in `iris` and `curies`."""
        decoder = DECODERS[self.decoder]
        return scores_of_tails(decoder, self.entities, self.relations, head, relation)

    def rows_in(self, table: EntityTable) -> Int64[np.ndarray, " entity"]:
        """The row of each entity in a knowledge base; -1 for those that it has no more."""
        row_of = {iri: row for row, iri in enumerate(table.iris)}
        rows = np.array([row_of.get(iri, -1) for iri in self.iris], dtype=np.int64)
        rows[(rows >= 0) & ~table.live[rows]] = -1
        return rows

    def save(self, folder: str | Path) -> None:
        """Write the folder beside its place, then swap it in: the old one or the new, whole."""
        folder = Path(folder)
        staged = folder.with_name(f".{folder.name}.new")
        shutil.rmtree(staged, ignore_errors=True)  # left by a kill
        try:
            staged.mkdir(parents=True)
            place = self.kb
            if "://" not in place:
                place = os.path.relpath(Path(place).resolve(), folder.resolve())
            config = {
                "format": FORMAT,
                "decoder": self.decoder,
                "relations": self.curies,
                "settings": self.settings,
                "rule_weight": self.rule_weight,
                "kb": place,
                "kb_version": self.kb_version,
            }
            vectors = {"entities": self.entities, "relations": self.relations}
            (staged / "vectors.safetensors").write_bytes(_bytes(vectors))
            if self.encoder:
                (staged / "encoder.safetensors").write_bytes(_bytes(self.encoder))
            if self.texts:
                (staged / "texts.safetensors").write_bytes(self.texts)
            (staged / "entities.txt").write_text("\n".join(self.iris), encoding="utf-8")
            for name, document in (("config", config), ("results", self.results)):
                text = json.dumps(document, indent=1, ensure_ascii=False)
                (staged / f"{name}.json").write_text(text, encoding="utf-8")
            write_manifest(staged)
            replace_folder(staged, folder)
        finally:
            shutil.rmtree(staged, ignore_errors=True)

    @classmethod
    def load(cls, folder: str | Path) -> "Embeddings":
        """Read a folder that `save` wrote.

        Raises:
            BundleError: there is none, or it was altered.
        """
        folder = Path(folder)
        if not (folder / "manifest.json").is_file():
            raise BundleError(
                "There are no embeddings here: no manifest.json."
                if folder.exists()
                else "No such folder.",
                where=str(folder),
                mend="Name a folder that `ontograft embed KB --out DIR` wrote.",
            )
        verify_bundle(folder, mend=_AGAIN)
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            if config["format"] != FORMAT:
                raise KeyError(config["format"])
            vectors = load_file(folder / "vectors.safetensors")
            iris = (folder / "entities.txt").read_text(encoding="utf-8").split("\n")
            place = config["kb"]
            if "://" not in place:
                place = os.path.normpath(folder / place)
            encoder, texts = (folder / f"{name}.safetensors" for name in ("encoder", "texts"))
            return cls(
                decoder=config["decoder"],
                entities=vectors["entities"],
                relations=vectors["relations"],
                iris=tuple(iris),
                curies=tuple(config["relations"]),
                settings=config["settings"],
                results=json.loads((folder / "results.json").read_text(encoding="utf-8")),
                kb=place,
                kb_version=config["kb_version"],
                rule_weight=config["rule_weight"],
                encoder=load_file(encoder) if encoder.exists() else {},
                texts=texts.read_bytes() if texts.exists() else b"",
            )
        except (OSError, KeyError, ValueError, SafetensorError) as fault:
            raise BundleError(
                f"These are no embeddings of this version of ontograft: {fault}.",
                where=str(folder),
                mend=_AGAIN,
            ) from None


def _bytes(tensors: Mapping[str, Tensor]) -> bytes:
    return save({name: tensor.contiguous() for name, tensor in tensors.items()})
