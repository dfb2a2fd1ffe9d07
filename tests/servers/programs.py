"""A program that a test starts and that never outlives it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from huoyan.embedded.processes import accepts_connections, die_with_parent


class Program:
    """One process that can be started, stopped, killed and started again with the same arguments."""

    def __init__(self, argv: Sequence[str | Path], log: Path, *, ready: Callable[[], bool], name: str,
                 environment: Mapping[str, str] | None = None, prepare_child: Callable[[], None] | None = None,
                 stop_signal: int = signal.SIGTERM, **popen: Any) -> None:
        self.argv = [str(word) for word in argv]
        self.log = log
        self.name = name
        self._ready = ready
        self._environment = environment
        self._prepare_child = prepare_child
        self._stop_signal = stop_signal
        self._popen = popen
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Start it and don't wait for it."""
        last_words = die_with_parent(signal.SIGKILL)
        prepare = self._prepare_child

        def before_exec() -> None:
            if prepare:
                prepare()
            # Last: a change of user takes the setting away.
            last_words()

        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=None if self._environment is None else dict(self._environment),
                                            start_new_session=True, **self._popen,
                                            preexec_fn=before_exec)  # noqa: PLW1509  set before exec, by one thread

    def start(self, timeout: float = 60.0) -> None:
        """Start it and wait until it is ready."""
        self.launch()
        deadline = time.monotonic() + timeout
        while not self._ready():
            if not self.is_running:
                raise RuntimeError(f"{self.name} ended at its start:\n{self.log.read_text(errors='replace')[-2000:]}")
            if time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self.name} was not ready:\n{self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.02)

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def is_ready(self) -> bool:
        return self.is_running and self._ready()

    def kill(self) -> None:
        """Take it away as a power cut would."""
        self._end(signal.SIGKILL)

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill_all(self, timeout: float = 20.0) -> None:
        """It and all it started, at once: a server's children would else end in their own time, or not."""
        if self.process is None:
            return
        family = descendants(self.process.pid)
        self.kill()
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + timeout
        while any(_lives(pid) for pid in family):
            if time.monotonic() > deadline:
                raise RuntimeError(f"children of {self.name} outlived their SIGKILL")
            time.sleep(0.005)

    def stop(self) -> None:
        self._end(self._stop_signal)

    def _end(self, number: int) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    @property
    def pid(self) -> int:
        assert self.process is not None, f"{self.name} is not running"
        return self.process.pid


def descendants(pid: int) -> list[int]:
    """The processes that ``pid`` started, and those that they started."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        for task in Path(f"/proc/{waiting.pop()}/task").glob("*"):
            with suppress(OSError):
                children = [int(child) for child in (task / "children").read_text(encoding="ascii").split()]
                found += children
                waiting += children
    return found


def _lives(pid: int) -> bool:
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return told.rpartition(")")[2].split()[0] != "Z"


def listens(port: int) -> bool:
    """Whether ``port`` of this machine takes connections."""
    return accepts_connections(port)


# A port that was given may not be taken yet: it must not be given to a second server.
_GIVEN: set[int] = set()


# Tests run in several processes: a port that one of them has put by for a server that is down is not another's to give.
_SHARES = max(int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")), 2)
_SHARE = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PORTS = 12000 // _SHARES


def unused_port() -> int:
    """A port that stays free until a server of this test run takes it: below the range the system hands out."""
    while True:
        # The kernel gives ports of 32768 and up to outgoing connections, which could take ours while it is down.
        number = 20000 + _SHARE * _PORTS + int.from_bytes(os.urandom(2), "big") % _PORTS
        if number in _GIVEN:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                continue
        _GIVEN.add(number)
        return number
