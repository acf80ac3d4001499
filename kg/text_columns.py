"""Columns of texts as arrays that can be written to files: one long text, and where each begins."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

Arrays = Mapping[str, np.ndarray]


def text_arrays(name: str, texts: Sequence[str]) -> dict[str, np.ndarray]:
    """A column as two arrays: `NAME_text` in UTF-8, and `NAME_start` in code points."""
    # SQLite may hand out half a surrogate pair, which plain UTF-8 has no bytes for
    joined = "".join(texts).encode("utf-8", "surrogatepass")
    start = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in texts], out=start[1:])
    return {f"{name}_text": np.frombuffer(joined, dtype=np.uint8).copy(), f"{name}_start": start}


def texts_of(arrays: Arrays, name: str) -> tuple[str, ...]:
    """The column that `text_arrays` made these of."""
    joined = arrays[f"{name}_text"].tobytes().decode("utf-8", "surrogatepass")
    return tuple([joined[a:b] for a, b in pairwise(arrays[f"{name}_start"].tolist())])


def category_arrays(name: str, texts: Sequence[str]) -> dict[str, np.ndarray]:
    """A column of few different texts: these once, and `NAME_code`, which says which it is."""
    code = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    codes = np.array([code[text] for text in texts], dtype=np.int32)
    return {**text_arrays(name, list(code)), f"{name}_code": codes}


def categories_of(arrays: Arrays, name: str) -> tuple[str, ...]:
    """The column that `category_arrays` made these of."""
    texts = texts_of(arrays, name)
    return tuple([texts[code] for code in arrays[f"{name}_code"].tolist()])
