"""A network of its own for each part, so that the cable between two of them can be pulled.

Each part lives in a network namespace; a pair of them is joined by one virtual cable (veth) and by nothing else. The
namespace of this process has a cable to those parts that it watches.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PARTS = ("publisher", "broker", "ingest", "database")
#: Both ends of each cable; ``harness`` is where this process is.
CABLES = (("publisher", "broker"), ("broker", "ingest"), ("ingest", "database"), ("harness", "broker"),
          ("harness", "ingest"), ("harness", "database"))
_CLONE_NEWNET = 0x40000000
_NAMES = Path("/run/netns")
_PREFIX = "huoyan-soak-"


def why_not() -> str | None:
    """Why there can be no namespaces here, in one sentence; None where there can."""
    if os.geteuid() != 0:
        return "not root: only root can make network namespaces"
    name = f"{_PREFIX}{os.getpid()}-try"
    try:
        done = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "no ip command: install iproute2"
    if done.returncode:
        return f"the kernel allows no network namespaces here: {done.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
    return None


class Loopback:
    """No network to cut: everything is on the loopback address."""

    can_cut = False
    listen = "127.0.0.1"

    def address(self, part: str, seen_from: str = "harness") -> str:
        return "127.0.0.1"

    def enter(self, part: str) -> Callable[[], None] | None:
        """A ``preexec_fn`` that moves the child into the network of ``part``."""
        return None

    def cut(self, one: str, other: str) -> None:
        raise RuntimeError("there is no cable on the loopback")

    def mend(self, one: str, other: str) -> None:
        raise RuntimeError("there is no cable on the loopback")

    def close(self) -> None:
        pass


class Namespaces(Loopback):
    """The parts in namespaces of their own, named after this process."""

    can_cut = True
    listen = "0.0.0.0"

    def __init__(self) -> None:
        _sweep()
        self._setns = ctypes.CDLL(None, use_errno=True).setns
        # A range that is set aside for tests of network devices (RFC 2544); the process number keeps two runs apart.
        self._net = f"198.18.{os.getpid() % 250 + 1}"
        self._addresses: dict[tuple[str, str], str] = {}
        for part in PARTS:
            _ip("netns", "add", self._name(part))
            _ip("-n", self._name(part), "link", "set", "lo", "up")
        for number, (one, other) in enumerate(CABLES):
            ends = (f"hy{os.getpid() % 100000}a{number}", f"hy{os.getpid() % 100000}b{number}")
            _ip("link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
            for part, peer, end, last in ((one, other, ends[0], 1), (other, one, ends[1], 2)):
                address = f"{self._net}.{number * 4 + last}"
                inside = [] if part == "harness" else ["-n", self._name(part)]
                if inside:
                    _ip("link", "set", end, "netns", self._name(part))
                _ip(*inside, "addr", "add", f"{address}/30", "dev", end)
                _ip(*inside, "link", "set", end, "up")
                self._addresses[part, peer] = address

    def address(self, part: str, seen_from: str = "harness") -> str:
        return self._addresses[part, seen_from]

    def enter(self, part: str) -> Callable[[], None] | None:
        path = str(_NAMES / self._name(part))

        def before_exec() -> None:
            descriptor = os.open(path, os.O_RDONLY)
            if self._setns(descriptor, _CLONE_NEWNET):
                os._exit(71)
            os.close(descriptor)

        return before_exec

    def cut(self, one: str, other: str) -> None:
        """Pull the cable at the end of ``one``: nothing is told to either side but that nothing comes any more."""
        self._end(one, other, "down")

    def mend(self, one: str, other: str) -> None:
        self._end(one, other, "up")

    def close(self) -> None:
        for part in PARTS:
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "del", self._name(part))

    def _end(self, one: str, other: str, state: str) -> None:
        number = next(place for place, ends in enumerate(CABLES) if set(ends) == {one, other})
        side = "a" if CABLES[number][0] == one else "b"
        _ip("-n", self._name(one), "link", "set", f"hy{os.getpid() % 100000}{side}{number}", state)

    @staticmethod
    def _name(part: str) -> str:
        return f"{_PREFIX}{os.getpid()}-{part}"


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _sweep() -> None:
    """Remove the namespaces of runs that were killed; their cables go with them."""
    for path in _NAMES.glob(f"{_PREFIX}*-*") if _NAMES.exists() else ():
        owner = path.name.removeprefix(_PREFIX).partition("-")[0]
        if not Path("/proc", owner).exists():
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "del", path.name)
