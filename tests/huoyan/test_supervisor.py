"""The supervisor: what dies comes back, what stops stops in order, and nothing outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from huoyan.embedded.errors import EmbeddedError
from huoyan.embedded.postgres import EmbeddedPostgres
from huoyan.embedded.supervisor import Child, State, Supervisor, postgres_child
from tests.servers.databases import run_folder
from tests.servers.programs import unused_port

_SLEEP = "import time; time.sleep(600)"
_NOTE = """
import pathlib, signal, sys, time
def stop(*_):
    with open(sys.argv[1], 'a') as file: file.write(sys.argv[2] + ' ')
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
pathlib.Path(sys.argv[1] + sys.argv[2]).touch()
time.sleep(600)
"""


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(said: list[str]) -> Iterator[Supervisor]:
    with Supervisor(said.append) as made:
        yield made


def child(tmp_path: Path, name: str, code: str = _SLEEP, *arguments: str, **more: object) -> Child:
    return Child(name, [sys.executable, "-c", code, *arguments], tmp_path / f"{name}.log",
                 **more)  # type: ignore[arg-type]


def until(holds: Callable[[], bool], seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_killed_child_comes_back_and_one_line_says_so(supervisor: Supervisor, tmp_path: Path,
                                                        said: list[str]) -> None:
    supervisor.start(child(tmp_path, "ingest"))
    first = supervisor.status()[0].pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert until(lambda: said == ["ingest went away (signal 9): restarted"])
    status = supervisor.status()[0]
    assert (status.state, status.restarts, status.last_end) == (State.RUNNING, 1, "signal 9")
    assert status.pid not in (None, first)
    # A program that has just begun has little.
    assert until(lambda: supervisor.status()[0].memory > 1_000_000)
    assert supervisor.memory() > supervisor.status()[0].memory


def test_a_child_that_will_not_start_is_a_sentence_with_its_last_words(supervisor: Supervisor, tmp_path: Path) -> None:
    bad = child(tmp_path, "api", "raise SystemExit('port 8080 is taken')", ready=lambda: False)
    with pytest.raises(EmbeddedError, match=r"api did not start \(exit 1\): port 8080 is taken"):
        supervisor.start(bad)
    with pytest.raises(EmbeddedError, match="nothing can't be started"):
        supervisor.start(Child("nothing", ["/no/such/program"], tmp_path / "nothing.log"))
    assert supervisor.status() == []


def test_a_child_that_is_never_ready_is_stopped_and_named(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match=r"slow was not ready within 0\.3 s"):
        supervisor.start(child(tmp_path, "slow", ready=lambda: False, ready_seconds=0.3))


def test_a_child_that_does_not_come_back_is_said_to_be_down(supervisor: Supervisor, tmp_path: Path,
                                                            said: list[str]) -> None:
    broken = tmp_path / "broken"
    code = f"import os, time\nif os.path.exists({str(broken)!r}): raise SystemExit('no database')\ntime.sleep(600)"
    supervisor.start(child(tmp_path, "ingest", code, ready=lambda: not broken.exists()))
    broken.touch()
    os.kill(supervisor.status()[0].pid or 0, signal.SIGKILL)
    assert until(lambda: bool(said))
    assert said[0].startswith("ingest is down (signal 9): ingest did not start (exit 1): no database")
    assert supervisor.status()[0].state is State.DOWN
    broken.unlink()
    assert until(lambda: supervisor.status()[0].state is State.RUNNING)
    assert said[-1] == "ingest went away (signal 9): restarted"


def test_children_stop_in_reverse_and_a_deaf_one_is_killed(tmp_path: Path, said: list[str]) -> None:
    order = tmp_path / "order"
    with Supervisor(said.append) as supervisor:
        for name in ("first", "second"):
            supervisor.start(child(tmp_path, name, _NOTE, str(order), name,
                                   ready=lambda name=name: Path(f"{order}{name}").exists()))  # type: ignore[misc]
        supervisor.start(child(tmp_path, "deaf", "import signal, time; signal.signal(15, signal.SIG_IGN); "
                               f"open({str(tmp_path / 'ears')!r}, 'w'); time.sleep(600)", stop_seconds=0.3,
                               ready=(tmp_path / "ears").exists))
    assert order.read_text() == "second first "
    assert said == ["deaf did not stop within 0.3 s: killed"]
    assert all(status.state is State.STOPPED and status.pid is None for status in supervisor.status())


def test_a_restarted_child_is_also_stopped_in_order_and_not_cut_off(tmp_path: Path, said: list[str]) -> None:
    order = tmp_path / "order"
    flag = Path(f"{order}only")
    with Supervisor(said.append) as supervisor:
        supervisor.start(child(tmp_path, "only", _NOTE, str(order), "only", ready=flag.exists, before=lambda:
                               flag.unlink(missing_ok=True)))
        os.kill(supervisor.status()[0].pid or 0, signal.SIGKILL)
        assert until(lambda: bool(said))
    assert order.read_text() == "only "


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_and_gives_the_handlers_back(tmp_path: Path, number: signal.Signals) -> None:
    supervisor = Supervisor(lambda line: None)
    supervisor.start(child(tmp_path, "one"))
    pid = supervisor.status()[0].pid or 0
    before = signal.getsignal(number)
    signal.setitimer(signal.ITIMER_REAL, 0)
    sender = subprocess.Popen([sys.executable, "-c", f"import os, time; time.sleep(0.3); os.kill({os.getpid()}, "
                               f"{int(number)})"])
    assert supervisor.wait() == number
    sender.wait()
    assert signal.getsignal(number) is before
    assert gone(pid)


def test_no_child_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    code = f"""
import sys, time
from pathlib import Path
from huoyan.embedded.supervisor import Child, Supervisor
supervisor = Supervisor(print)
supervisor.start(Child("one", [sys.executable, "-c", {_SLEEP!r}], Path({str(tmp_path)!r}) / "one.log"))
print(supervisor.status()[0].pid, flush=True)
time.sleep(600)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert not gone(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert until(lambda: gone(pid))


def test_the_embedded_database_is_revived_with_what_it_had_committed(said: list[str]) -> None:
    with run_folder("supervised") as home, Supervisor(said.append) as supervisor:
        server = EmbeddedPostgres(home, unused_port())
        supervisor.start(postgres_child(server))
        server.create_database()
        with psycopg.connect(server.dsn) as connection:
            connection.execute("create table kept as select 1 as number")
        os.kill(supervisor.status()[0].pid or 0, signal.SIGKILL)
        assert until(lambda: said == ["postgres went away (signal 9): restarted"])
        with psycopg.connect(server.dsn) as connection:
            assert connection.execute("select number from kept").fetchall() == [(1,)]
        supervisor.stop()
        control = server.command().argv[0].removesuffix("postgres") + "pg_controldata"
        state = subprocess.run([control, server.data], capture_output=True, text=True, check=True).stdout
        assert "shut down\n" in state
