"""Python's collector of cycles, held back while a file is read: it walks over every row again and again, for nothing."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# New objects between two looks. Rows are freed by their counts; what a collector finds after a long file is nothing.
_SELDOM = 200_000

_lock = threading.Lock()
_held = 0
_usual = gc.get_threshold()


@contextmanager
def seldom() -> Iterator[None]:
    """Look for cycles seldom while the block runs, in however many threads at once."""
    global _held, _usual
    with _lock:
        if not _held:
            _usual = gc.get_threshold()
            gc.set_threshold(_SELDOM, *_usual[1:])
        _held += 1
    try:
        yield
    finally:
        with _lock:
            _held -= 1
            if not _held:
                gc.set_threshold(*_usual)
