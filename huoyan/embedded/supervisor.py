"""Start the processes of the embedded stack, start again what dies, and stop them all."""

from __future__ import annotations

import enum
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from huoyan.embedded.errors import EmbeddedError
from huoyan.embedded.postgres import EmbeddedPostgres, last_line
from huoyan.embedded.processes import Account, die_with_parent, proportional_memory

# Seconds before the first, second, … start of a process that keeps dying; a healthy spell forgives the past.
_PAUSES = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)
_HEALTHY_SPELL = 60.0
_POLL = 0.05


@dataclass(frozen=True)
class Child:
    """A process to keep alive.

    ``before`` runs before each start; ``ready`` is asked until it says yes or ``ready_seconds`` have passed.
    ``death_signal`` reaches the process when this one is killed: SIGKILL, because what it has acknowledged is stored.
    """

    name: str
    argv: Sequence[str]
    log: Path
    environment: Mapping[str, str] | None = None
    folder: Path | None = None
    account: Account | None = None
    before: Callable[[], None] | None = None
    ready: Callable[[], bool] | None = None
    ready_seconds: float = 120.0
    stop_signal: int = signal.SIGTERM
    stop_seconds: float = 15.0
    death_signal: int = signal.SIGKILL


class State(enum.StrEnum):
    """How a process is doing."""

    STARTING = "starting"
    RUNNING = "running"
    DOWN = "down"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Status:
    """One line of :meth:`Supervisor.status`. ``memory`` in bytes, shared pages counted by share."""

    name: str
    state: State
    pid: int | None
    restarts: int
    memory: int
    last_end: str


@dataclass
class _Slot:
    child: Child
    process: subprocess.Popen[bytes] | None = None
    state: State = State.STOPPED
    started: float = 0.0
    restarts: int = 0
    failures: int = 0
    next_try: float = 0.0
    last_end: str = ""


class Supervisor:
    """Keeps children alive until :meth:`stop`.

    ``say`` gets one line for each thing a person should know. Children start in the order of :meth:`start` and stop in
    reverse. Restarts happen in a thread of this object, which lives until :meth:`stop`.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._slots: list[_Slot] = []
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._stopped = threading.Event()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        self._watcher: threading.Thread | None = None

    def start(self, child: Child) -> None:
        """Start ``child`` and wait until it is ready; one that is not raises a sentence with the end of its log."""
        slot = _Slot(child)
        try:
            self._launch(slot)
            self._await_ready(slot)
        except BaseException:
            self._end(slot)
            raise
        # Watched from now on, and not before: while this one starts, the others can still be revived.
        with self._lock:
            self._slots.append(slot)
        self._watch()

    def status(self) -> list[Status]:
        """How each child is doing, in the order of start."""
        # Without the lock: a restart may hold it for long, and a snapshot that is a moment old is as good.
        found = []
        for slot in tuple(self._slots):
            process = slot.process
            pid = process.pid if process is not None and process.returncode is None else None
            found.append(Status(slot.child.name, slot.state, pid, slot.restarts,
                                proportional_memory(pid) if pid else 0, slot.last_end))
        return found

    def memory(self) -> int:
        """Bytes of all children and what they started, and of this process; shared pages counted by share."""
        return sum(status.memory for status in self.status()) + proportional_memory(os.getpid(), own_only=True)

    def wait(self) -> int:
        """Wait for SIGINT, SIGTERM or :meth:`stop` from elsewhere; then stop every child. Returns the signal, or 0."""
        received = 0

        def note(number: int, _: FrameType | None) -> None:
            nonlocal received
            received = received or number
            self._stopping.set()

        with _handlers(note):
            # A plain wait() without a limit would not be woken by a signal on every platform.
            while not self._stopping.wait(0.5):
                pass
            self.stop()
        return received

    def stop(self) -> None:
        """Stop every child, the last started first; one that outlasts its limit is killed."""
        self._stopping.set()
        self._wake()
        with self._lock:
            for slot in reversed(self._slots):
                self._end(slot)
        # Only now: what the watcher thread has started would be killed at once when that thread ends.
        self._stopped.set()
        if self._watcher is not None:
            self._watcher.join()

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _launch(self, slot: _Slot) -> None:
        child = slot.child
        slot.state = State.STARTING
        if child.before:
            child.before()
        child.log.parent.mkdir(parents=True, exist_ok=True)
        account = {} if child.account is None else {
            "user": child.account.uid, "group": child.account.gid, "extra_groups": []}
        with child.log.open("ab") as log:
            try:
                # A session of its own: Ctrl-C in the terminal reaches this process, which stops them in order.
                slot.process = subprocess.Popen(
                    list(child.argv), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=child.folder,
                    env=None if child.environment is None else dict(child.environment), start_new_session=True,
                    preexec_fn=die_with_parent(child.death_signal), **account)  # type: ignore[call-overload]  # noqa: PLW1509
            except OSError as error:
                raise EmbeddedError(f"{child.name} can't be started: {error.strerror} ({child.argv[0]})") from None
        slot.started = time.monotonic()

    def _await_ready(self, slot: _Slot) -> None:
        child, process = slot.child, slot.process
        assert process is not None  # noqa: S101  launched just before
        deadline = time.monotonic() + child.ready_seconds
        while child.ready is not None and not child.ready():
            if process.poll() is not None:
                raise EmbeddedError(f"{child.name} did not start ({_end_of(process.returncode)}): "
                                    f"{last_line(child.log)} (see {child.log})")
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{child.name} was not ready within {child.ready_seconds:g} s (see {child.log})")
            if self._stopping.is_set():
                raise EmbeddedError(f"{child.name} was stopped while it started")
            time.sleep(_POLL)
        slot.state = State.RUNNING

    def _end(self, slot: _Slot) -> None:
        process = slot.process
        if process is not None and process.poll() is None:
            process.send_signal(slot.child.stop_signal)
            try:
                process.wait(slot.child.stop_seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                self._say(f"{slot.child.name} did not stop within {slot.child.stop_seconds:g} s: killed")
        slot.state = State.STOPPED

    def _watch(self) -> None:
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._keep_alive, name="supervisor", daemon=True)
            self._watcher.start()
        else:
            self._wake()

    def _wake(self) -> None:
        with suppress(BlockingIOError):
            os.write(self._wake_write, b"x")

    def _keep_alive(self) -> None:
        while not self._stopping.is_set():
            self._sleep_until_something_ends()
            with self._lock:
                for slot in self._slots:
                    if not self._stopping.is_set():
                        self._revive(slot)
        self._stopped.wait()

    def _sleep_until_something_ends(self) -> None:
        watched: dict[int, int] = {}
        timeout = 60.0
        with self._lock:
            for slot in self._slots:
                if slot.state is State.RUNNING and slot.process is not None:
                    # The number can't be taken by another process before poll() has collected this one.
                    watched[os.pidfd_open(slot.process.pid)] = slot.process.pid
                elif slot.state is State.DOWN:
                    timeout = min(timeout, max(0.0, slot.next_try - time.monotonic()))
        try:
            ready, _, _ = select.select([self._wake_read, *watched], [], [], timeout)
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
        finally:
            for descriptor in watched:
                os.close(descriptor)

    def _revive(self, slot: _Slot) -> None:
        process, child = slot.process, slot.child
        if slot.state is State.RUNNING and process is not None and process.poll() is not None:
            slot.last_end = _end_of(process.returncode)
            if time.monotonic() - slot.started > _HEALTHY_SPELL:
                slot.failures = 0
            slot.state = State.DOWN
            slot.next_try = time.monotonic() + _PAUSES[min(slot.failures, len(_PAUSES) - 1)]
            slot.failures += 1
        if slot.state is not State.DOWN or time.monotonic() < slot.next_try:
            return
        try:
            self._launch(slot)
            self._await_ready(slot)
        except Exception as error:
            if self._stopping.is_set():
                return
            self._end(slot)
            pause = _PAUSES[min(slot.failures, len(_PAUSES) - 1)]
            slot.failures += 1
            slot.state = State.DOWN
            slot.next_try = time.monotonic() + pause
            self._say(f"{child.name} is down ({slot.last_end}): {error}; next try in {pause:g} s")
        else:
            slot.restarts += 1
            self._say(f"{child.name} went away ({slot.last_end}): restarted")


def postgres_child(server: EmbeddedPostgres) -> Child:
    """The embedded PostgreSQL as a child: prepared again before each start, ready when it answers."""
    server.prepare()
    command = server.command()
    return Child("postgres", command.argv, server.log, environment=command.environment, folder=command.folder,
                 account=command.account, before=server.prepare, ready=server.ready,
                 stop_signal=EmbeddedPostgres.STOP_SIGNAL, stop_seconds=30.0, death_signal=signal.SIGQUIT)


def _end_of(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit {code}"


@contextmanager
def _handlers(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    kept = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, previous in kept.items():
            signal.signal(number, previous)
