"""A stage measured in a process of its own, so that its memory is its own."""

from __future__ import annotations

import multiprocessing
import resource
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from huoyan.embedded.processes import proportional_memory

_LOOK_EVERY = 0.5


@dataclass(frozen=True)
class Stage:
    """What a stage returned, and the most memory it and the database server took, in bytes."""

    result: Any
    own_memory: int
    server_memory: int


class Watch:
    """The greatest memory (PSS) of a process and all it started, looked at twice a second."""

    def __init__(self, pid: int) -> None:
        self._pid, self._ended = pid, threading.Event()
        self.greatest = 0
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while True:
            self.greatest = max(self.greatest, proportional_memory(self._pid))
            if self._ended.wait(_LOOK_EVERY):
                return

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


def run(server_pid: int, function: Callable[..., Any], *arguments: Any) -> Stage:
    """Call ``function`` in a fresh process and return its result with the memory it took."""
    with (Watch(server_pid) as watch,
          ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool):
        result, memory = pool.submit(_measured, function, arguments).result()
    return Stage(result, memory, watch.greatest)


def _measured(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, int]:
    result = function(*arguments)
    return result, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
