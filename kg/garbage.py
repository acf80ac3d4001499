"""Python's search for garbage, stopped while very many objects are made."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_garbage_search() -> Iterator[None]:
    """Stop the search for objects that hold each other.

    It looks at all objects again and again, a fifth of the time of a load, and finds none: millions
    of tuples and texts hold no circle.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
