"""Python's collector of cycles, held back while a file is read: it walks over all rows again and again."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# New objects between two looks. Rows are freed by their counts; what a collector finds after a long file is nothing.
_SELDOM = 200_000


class _Held:
    """How many hold it back, and what was usual before the first."""

    def __init__(self) -> None:
        self._lock, self._count, self._usual = threading.Lock(), 0, gc.get_threshold()

    def more(self) -> None:
        with self._lock:
            if not self._count:
                self._usual = gc.get_threshold()
                gc.set_threshold(_SELDOM, *self._usual[1:])
            self._count += 1

    def less(self) -> None:
        with self._lock:
            self._count -= 1
            if not self._count:
                gc.set_threshold(*self._usual)


_held = _Held()


@contextmanager
def seldom() -> Iterator[None]:
    """Look for cycles seldom while the block runs, in however many threads at once."""
    _held.more()
    try:
        yield
    finally:
        _held.less()
