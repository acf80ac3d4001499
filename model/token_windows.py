"""A text as windows of tokens that overlap, with offsets in code points of the text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jaxtyping import Int
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from model.backbone import Backbone

CHUNK = 100_000
"""Characters that are given to the tokenizer at once, so that no text is too long for it."""

_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text, without those that the tokenizer adds.

    Attributes:
        ids: of the vocabulary.
        starts, ends: the code points that each stands for.
    """

    ids: list[int]
    starts: list[int]
    ends: list[int]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens of a text that are read together.

    Attributes:
        first, end: of the text's tokens; the end is not included.
        own_first, own_end: those of them that this window answers for, the others are context.
            Each token of the text is owned once.
    """

    first: int
    end: int
    own_first: int
    own_end: int


@dataclass(frozen=True)
class WindowBatch:
    """Windows as tensors; a window's first token stands at place 1, behind the one that opens."""

    ids: Int[Tensor, "window token"]
    mask: Int[Tensor, "window token"]


def tokens_of(text: str, tokenizer: PreTrainedTokenizerFast) -> Tokens:
    """The tokens of a text of any length; half a surrogate pair is read as an unknown character."""
    text = text.translate(_SURROGATES)
    found = Tokens([], [], [])
    at = 0
    while at < len(text):
        end = _cut(text, at)
        part = tokenizer(
            text[at:end], add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )
        found.ids.extend(part["input_ids"])
        found.starts.extend(start + at for start, _ in part["offset_mapping"])
        found.ends.extend(end + at for _, end in part["offset_mapping"])
        at = end
    return found


def windows_of(count: int, *, size: int, overlap: int) -> Iterator[Window]:
    """Cut tokens into windows; of an overlap the earlier window owns the first half.

    Args:
        count: tokens in all.
        size: tokens of a window.
        overlap: tokens that a window shares with the next one; less than `size`.
    """
    first, own = 0, 0
    while own < count:
        end = min(count, first + size)
        own_end = count if end == count else end - overlap // 2
        yield Window(first, end, own, own_end)
        first, own = end - overlap, own_end


def window_batch(ids: Sequence[Sequence[int]], backbone: Backbone) -> WindowBatch:
    """Windows with the tokens that open and close a text, padded to the longest.

    Args:
        ids: of the tokens of each window.
        backbone: has the tokenizer.
    """
    given = backbone.tokenizer.pad(
        {"input_ids": [_closed(window, backbone.tokenizer) for window in ids]},
        return_tensors="pt",
        verbose=False,
    )
    return WindowBatch(given["input_ids"], given["attention_mask"])


def _closed(ids: Sequence[int], tokenizer: PreTrainedTokenizerFast) -> list[int]:
    opens = tokenizer.cls_token_id if tokenizer.cls_token_id is not None else tokenizer.bos_token_id
    closes = (
        tokenizer.sep_token_id if tokenizer.sep_token_id is not None else tokenizer.eos_token_id
    )
    return [opens, *ids, closes]


def _cut(text: str, at: int) -> int:
    """The end of a piece: behind white space where there is some."""
    end = at + CHUNK
    if end >= len(text):
        return len(text)
    blank = max(text.rfind(" ", at + CHUNK // 2, end), text.rfind("\n", at + CHUNK // 2, end))
    return end if blank < 0 else blank + 1
