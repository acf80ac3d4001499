"""The weights that training changed in a neural part of a linker, in one safetensors file.

The rest of the encoder is not copied: the file names the backbone, with the SHA-256 of its weights.
"""

import hashlib
import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from kg.atomic import write_atomically
from model.backbone import Backbone, find_backbone, load_backbone
from model.errors import BackboneError, BundleError
from model.fine_tuning import trained_weights

FORMAT = 1
_AGAIN = "Train it again: `ontograft train-linker`."


def part_bytes(kind: str, network: nn.Module, backbone: Backbone) -> bytes:
    """The content of the file.

    Args:
        kind: "context" or "mentions".
        network: trained.
        backbone: of it.
    """
    weights = trained_weights(network)
    about = {
        "format": FORMAT,
        "kind": kind,
        "backbone": _name_of(backbone.folder),
        "backbone_sha256": sha256_of(backbone.folder / "model.safetensors"),
    }
    return save(weights, metadata={"ontograft": json.dumps(about)})


def save_part(path: Path, kind: str, network: nn.Module, backbone: Backbone) -> None:
    """Write the file, whole or not at all; see `part_bytes`."""
    write_atomically(path, part_bytes(kind, network, backbone))


def load_part(path: Path, kind: str) -> tuple[Backbone, dict[str, Tensor]]:
    """The backbone, freshly loaded, and the weights to lay over it.

    Raises:
        BundleError: it is no such file, or of another kind or version; or the backbone is here in
            another version.
        BackboneError: the backbone is not here.
    """
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {})["ontograft"])
            known = about["format"], about["kind"]
            named, wanted = about["backbone"], about["backbone_sha256"]
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as fault:
        raise BundleError(
            f"This is no trained part of a linker: {type(fault).__name__} {fault}.",
            where=str(path),
            mend=_AGAIN,
        ) from None
    if known != (FORMAT, kind):
        raise BundleError(
            f"This is format {known[0]} of {known[1]!r}, wanted: format {FORMAT} of {kind!r}.",
            where=str(path),
            mend=_AGAIN,
        )
    backbone = load_backbone(find_backbone(named))
    if sha256_of(backbone.folder / "model.safetensors") != wanted:
        raise BundleError(
            f"The backbone {named!r} is not the one that this was trained on.",
            where=str(path),
            mend=f"Put the backbone with SHA-256 {wanted} there, or train it again.",
        )
    return backbone, weights


def lay_over(network: nn.Module, weights: dict[str, Tensor], path: Path) -> None:
    """Put the trained weights into a network; they, and no others, are told to be trained.

    Raises:
        BundleError: they are not those of this network.
    """
    try:
        odd = network.load_state_dict(weights, strict=False).unexpected_keys
        if odd:
            raise RuntimeError(f"there is no {odd[0]}")
    except RuntimeError as fault:
        raise BundleError(
            f"The weights do not fit: {str(fault).splitlines()[-1].strip()}",
            where=str(path),
            mend=_AGAIN,
        ) from None
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name in weights)


def sha256_of(path: Path) -> str:
    """Of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _name_of(folder: Path) -> str:
    """What `find_backbone` finds the folder by."""
    try:
        if find_backbone("minilm") == folder:
            return "minilm"
    except BackboneError:  # not installed, so it is another
        return str(folder.resolve())
    return str(folder.resolve())
