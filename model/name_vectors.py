"""The vectors of a knowledge base's names in a usearch index, mapped into memory.

The key of a vector is the hash of its name, and nothing else is told of it, so the index of one
content of a knowledge base becomes that of another by adding the names that are new and removing
those that are gone. What was brought up to date is kept beside the other arrays of the knowledge
base (`KnowledgeBase.keep`); the file that training wrote stays as it is.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, UInt64
from usearch.index import Index

from kg import KnowledgeBase, NameRow
from kg.errors import JobError
from linking.protocols import NearName
from model.backbone import load_backbone
from model.errors import BundleError
from model.fine_tuning import FineTuning, Progress
from model.name_encoder import PLAN, NameEncoder, NamePairs, train_encoder

EXACT_UP_TO = 200_000
"""Names among which all are compared; of more, neighbours are looked for in a graph.

Malkov and Yashunin 2018, arXiv:1603.09320.
"""

LEAST_SHARED = 0.5
"""Share of the names of a knowledge base that an index knows at least, to be brought up to date."""

ASKED_AT_ONCE = 512
KEPT_MENTIONS = 100_000


class NameVectors:
    """A `linking.protocols.NameSearch`.

    Args:
        encoder: that made the vectors.
        index: the vectors.
        names: all that the index has, with their owners.
    """

    def __init__(self, encoder: NameEncoder, index: Index, names: Iterable[NameRow]) -> None:
        self.encoder = encoder
        self.index = index
        owners: dict[int, dict[tuple[int, str], None]] = {}
        for name in names:
            owners.setdefault(_key(name.text), {})[name.row, name.text] = None
        self._owners = {key: tuple(own) for key, own in owners.items()}
        self._known: dict[str, Float32[np.ndarray, " width"]] = {}

    def nearest(self, mentions: Sequence[str], k: int) -> list[list[NearName]]:
        """The nearest names of each mention, one of each entity; see the Protocol."""
        found: list[list[NearName]] = []
        for at in range(0, len(mentions), ASKED_AT_ONCE):
            vectors = self._vectors(mentions[at : at + ASKED_AT_ONCE])
            found.extend(self._near(vector, k) for vector in vectors)
        return found

    def _near(self, vector: Float32[np.ndarray, " width"], k: int) -> list[NearName]:
        size, asked = len(self.index), 8 * k
        while size:
            count = min(asked, size)
            found = self.index.search(vector, count, exact=size <= EXACT_UP_TO, threads=1)
            best: dict[int, NearName] = {}
            cosines = np.round(1 - found.distances.astype(np.float64), 4).tolist()
            for key, cosine in zip(found.keys.tolist(), cosines, strict=True):
                for row, name in self._owners.get(key, ()):
                    known = best.get(row)
                    if known is None or (-cosine, name) < (-known.cosine, known.name):
                        best[row] = NearName(row, name, cosine)
            if len(best) >= k or count == size:
                return sorted(best.values(), key=lambda one: (-one.cosine, one.row))[:k]
            asked *= 4
        return []

    def _vectors(self, texts: Sequence[str]) -> Float32[np.ndarray, "text width"]:
        """Of mentions; those of before are remembered."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if len(self._known) + len(new) > KEPT_MENTIONS:
            self._known.clear()
            new = list(dict.fromkeys(texts))
        self._known.update(zip(new, self.encoder.encode(new), strict=True))
        return np.stack([self._known[text] for text in texts])


def teach_names(
    kb: KnowledgeBase,
    backbone: Path,
    gold: Iterable[NameRow] = (),
    *,
    plan: FineTuning = PLAN,
    seed: int = 0,
    progress: Progress | None = None,
) -> NameVectors:
    """A name search, taught by the synonyms of the knowledge base.

    Args:
        kb: the knowledge base.
        backbone: folder of the encoder.
        gold: what gold texts call concepts, and no name is.
        plan: steps and rates.
        seed: of all chance.
        progress: called after each step.

    Raises:
        TextsError: too few concepts have two names.
        BackboneError: the folder holds no encoder.
    """
    names = [*kb.names(), *gold]
    pairs = NamePairs(names, kb.graph())
    encoder = train_encoder(load_backbone(backbone), pairs, plan=plan, seed=seed, progress=progress)
    return NameVectors(encoder, build_index(encoder, names, progress=progress), names)


def build_index(
    encoder: NameEncoder, names: Iterable[NameRow], *, progress: Progress | None = None
) -> Index:
    """The index of names.

    Args:
        encoder: of the vectors.
        names: of the knowledge base.
        progress: called after some names with a step, those done and all.
    """
    texts = sorted({name.text for name in names})
    index = _empty(encoder.width, len(texts))
    _add(index, encoder, texts, progress)
    return index


def updated_index(
    encoder: NameEncoder, older: Index, names: Iterable[NameRow], *, where: str
) -> Index:
    """The index of other names: new ones are added, and those that are gone are removed.

    Args:
        encoder: that made the vectors.
        older: is changed, unless the names are now too many for it.
        names: all of them.
        where: of the index, for the error.

    Raises:
        BundleError: it knows fewer than `LEAST_SHARED` of the names.
    """
    texts = {_key(name.text): name.text for name in names}
    keys = np.array(sorted(texts), dtype=np.uint64)
    known = _known(older, keys)
    if len(keys) and known.mean() < LEAST_SHARED:
        raise BundleError(
            f"The vectors know {known.sum():,} of the {len(keys):,} names of this knowledge base: "
            "they were made for another one.",
            where=where,
            mend="Train it for this knowledge base: `ontograft train-linker KB --names`.",
        )
    there = np.asarray(older.keys)
    gone = there[~np.isin(there, keys)]
    new = [texts[key] for key in keys[~known].tolist()]
    if (len(older) <= EXACT_UP_TO) != (len(keys) <= EXACT_UP_TO):
        index = _empty(encoder.width, len(keys))
        kept = keys[known]
        if len(kept):
            index.add(kept, _kept_vectors(older, kept), threads=1)
    else:
        index = older
        if len(gone):
            index.remove(gone, compact=False, threads=1)
    _add(index, encoder, new, None)
    return index


def index_bytes(index: Index) -> np.ndarray:
    """The index as an array of bytes."""
    return np.frombuffer(index.save() or b"", dtype=np.uint8)


def mapped_index(content: "np.ndarray | Path") -> Index:
    """An index that is read where it lies, in an array or a file.

    Raises:
        BundleError: it is no index.
    """
    return _restored(content, view=True)


def loaded_index(path: Path) -> Index:
    """An index of a file that can be changed; the file is not.

    Raises:
        BundleError: it is no index.
    """
    return _restored(path, view=False)


def _restored(content: "np.ndarray | Path", *, view: bool) -> Index:
    where = str(content) if isinstance(content, Path) else ""
    place: Any = str(content) if isinstance(content, Path) else content.data
    try:
        index = Index.restore(place, view=view)
    except (RuntimeError, ValueError, OSError) as fault:
        raise BundleError(f"This is no index of vectors: {fault}.", where=where) from None
    if index is None:
        raise BundleError(
            "This is no index of vectors.",
            where=where,
            mend="Train it again: `ontograft train-linker`.",
        )
    return index


def _known(index: Index, keys: UInt64[np.ndarray, " name"]) -> Bool[np.ndarray, " name"]:
    """Which of the keys an index has."""
    found: Any = index.contains(keys)
    return np.asarray(found, dtype=np.bool_) if len(keys) else np.zeros(0, dtype=np.bool_)


def _kept_vectors(
    index: Index, keys: UInt64[np.ndarray, " name"]
) -> Float32[np.ndarray, "name width"]:
    found: Any = index.get(keys)
    return np.stack(list(found)).astype(np.float32)


def _empty(width: int, size: int) -> Index:
    """An index for so many vectors; where all are compared, it needs hardly any graph."""
    if size <= EXACT_UP_TO:
        return Index(ndim=width, metric="cos", dtype="f16", connectivity=2, expansion_add=1)
    return Index(ndim=width, metric="cos", dtype="f16")


def _add(
    index: Index, encoder: NameEncoder, texts: Sequence[str], progress: Progress | None
) -> None:
    tell = progress or (lambda *_: None)
    vectors = encoder.encode(texts, lambda done, total: tell("encode names", done, total))
    keys = np.array([_key(text) for text in texts], dtype=np.uint64)
    if len(set(keys.tolist())) < len(keys):
        raise JobError(
            "Two names have the same 64-bit hash; one of them has to be written otherwise."
        )
    if len(keys):
        index.add(keys, vectors, threads=1)


def _key(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())
