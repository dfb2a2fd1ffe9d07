"""Facts about processes and ports of this machine that the embedded stack stands on."""

from __future__ import annotations

import ctypes
import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from huoyan.embedded.errors import EmbeddedError

_PR_SET_PDEATHSIG = 1
_SERVICE_USER = "huoyan"


def die_with_parent(death_signal: int) -> Callable[[], None]:
    """A ``preexec_fn`` after which the child gets ``death_signal`` when the process that started it is gone.

    Linux sends it when the *thread* that started the child ends, so only a thread that lives as long as the process
    may start children. A change of user clears the setting: Popen changes the user before ``preexec_fn``, so it holds.
    """
    if not sys.platform.startswith("linux"):
        return lambda: None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def before_exec() -> None:
        prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        # The parent may have died between fork and prctl: then no signal would ever come.
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return before_exec


@dataclass(frozen=True)
class Account:
    """The system user that runs a program which refuses to run as root."""

    name: str
    uid: int
    gid: int


def service_account() -> Account | None:
    """The unprivileged user for PostgreSQL where this process is root; None where it already is unprivileged.

    As root the system user ``huoyan`` is made once; where users can't be made, ``nobody`` serves.
    """
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        return _account(_SERVICE_USER)
    with _one_at_a_time():
        if not _has_user(_SERVICE_USER):
            _make_user()
    for name in (_SERVICE_USER, "nobody"):
        with suppress(KeyError):
            return _account(name)
    raise EmbeddedError("PostgreSQL refuses to run as root and this machine has no other user for it: "
                        "make a system user named huoyan, or start again as a user that is not root")


def _make_user() -> None:
    useradd = shutil.which("useradd", path=os.defpath + ":/usr/sbin:/sbin")
    if useradd:
        subprocess.run([useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
                        "--shell", "/usr/sbin/nologin", _SERVICE_USER], capture_output=True, check=False)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two that make the user at once both succeed, and one of the two numbers they were given is nobody's then."""
    try:
        descriptor = os.open("/run/huoyan-user.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _has_user(name: str) -> bool:
    with suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False


def _account(name: str) -> Account:
    entry = pwd.getpwnam(name)
    return Account(name, entry.pw_uid, entry.pw_gid)


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port of ``host`` that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def require_free_port(port: int, what: str, remedy: str, host: str = "127.0.0.1") -> None:
    """Raise one sentence where ``host:port``, needed by ``what``, is already taken; ``remedy`` says what to do."""
    with socket.socket() as probe:
        # As the servers do: a port left in TIME_WAIT by a server that has just ended is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OverflowError:
            raise EmbeddedError(f"{port} is no port for {what}: {remedy}") from None
        except PermissionError:
            raise EmbeddedError(f"port {port} for {what} may not be used by this user: {remedy}") from None
        except OSError:
            raise EmbeddedError(f"port {port} for {what} is already taken by another program: {remedy}") from None


def accepts_connections(port: int, host: str = "127.0.0.1") -> bool:
    """Whether someone listens on ``host:port``."""
    with suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


def processes_in(folder: Path) -> list[int]:
    """The processes whose working folder is ``folder``, as a PostgreSQL server's is its data folder."""
    wanted = str(folder.resolve())
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if str((entry / "cwd").readlink()) == wanted:
                    found.append(int(entry.name))
    return sorted(found)


def proportional_memory(pid: int, *, own_only: bool = False) -> int:
    """Bytes of memory of ``pid`` and everything it started, shared pages counted by share (PSS); 0 where it is gone."""
    total = 0
    for member in (pid,) if own_only else (pid, *_descendants(pid)):
        with suppress(OSError):
            for line in Path(f"/proc/{member}/smaps_rollup").read_text(encoding="ascii").splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    waiting = [pid]
    while waiting:
        for task in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            with suppress(OSError):
                children = [int(number) for number in task.read_text(encoding="ascii").split()]
                found.extend(children)
                waiting.extend(children)
    return found
