"""The interpreter while a long file is read: it looks for cycles seldom, and its threads take turns quickly.

The collector of cycles walks over all rows again and again and finds none: rows are freed by their counts. A thread
that waits for the database has to wait for its turn after every few kilobytes; by the usual turns that was a tenth of
an import.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = 200_000  # new objects between two looks for cycles
_TURN = 0.001  # seconds


class _Held:
    """How many files are read, and what was usual before the first."""

    def __init__(self) -> None:
        self._lock, self._count = threading.Lock(), 0
        self._cycles, self._turn = gc.get_threshold(), sys.getswitchinterval()

    def more(self) -> None:
        with self._lock:
            if not self._count:
                self._cycles, self._turn = gc.get_threshold(), sys.getswitchinterval()
                gc.set_threshold(_SELDOM, *self._cycles[1:])
                sys.setswitchinterval(min(_TURN, self._turn))
            self._count += 1

    def less(self) -> None:
        with self._lock:
            self._count -= 1
            if not self._count:
                gc.set_threshold(*self._cycles)
                sys.setswitchinterval(self._turn)


_held = _Held()


@contextmanager
def for_a_long_file() -> Iterator[None]:
    """Hold the interpreter so while the block runs, in however many threads at once."""
    _held.more()
    try:
        yield
    finally:
        _held.less()
