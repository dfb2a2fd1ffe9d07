"""The embedded PostgreSQL: made once, started, stopped, killed, and never in doubt about what is wrong."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from huoyan.embedded import postgres as module
from huoyan.embedded import processes
from huoyan.embedded.errors import EmbeddedError
from huoyan.embedded.folders import demo_home, make_folder, secret
from huoyan.embedded.postgres import EmbeddedPostgres, shipped_binaries
from huoyan.embedded.processes import processes_in
from tests.servers.databases import run_folder
from tests.servers.programs import listens, unused_port


@pytest.fixture
def home() -> Iterator[Path]:
    with run_folder("postgres") as folder:
        yield folder


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedPostgres]:
    made = EmbeddedPostgres(home, unused_port())
    yield made
    made.stop()


def write(server: EmbeddedPostgres, number: int) -> None:
    with psycopg.connect(server.dsn) as connection:
        connection.execute("create table if not exists kept (number integer)")
        connection.execute("insert into kept values (%s)", [number])


def kept(server: EmbeddedPostgres) -> list[int]:
    with psycopg.connect(server.dsn) as connection:
        return [row[0] for row in connection.execute("select number from kept order by 1")]


def test_it_keeps_its_data_over_stop_kill_and_another_port(home: Path, server: EmbeddedPostgres) -> None:
    server.start()
    write(server, 1)
    server.stop()
    server.start()
    write(server, 2)
    server.kill()
    moved = EmbeddedPostgres(home, unused_port())
    with moved:
        write(moved, 3)
        assert kept(moved) == [1, 2, 3]


def test_it_is_set_up_for_promises_and_for_chinese(server: EmbeddedPostgres) -> None:
    server.start()
    with psycopg.connect(server.dsn) as connection:
        shown = {name: connection.execute("select current_setting(%s)", [name]).fetchone()[0] for name in (  # type: ignore[index]
            "server_version", "fsync", "full_page_writes", "synchronous_commit", "data_checksums", "server_encoding",
            "listen_addresses", "password_encryption", "jit", "TimeZone")}
        upper = connection.execute("select upper('é') = 'É', '火眼' ~ '^[[:alpha:]]+$'").fetchone()
    assert shown.pop("server_version").startswith("18")
    assert shown == {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "data_checksums": "on",
                     "server_encoding": "UTF8", "listen_addresses": "127.0.0.1",
                     "password_encryption": "scram-sha-256", "jit": "off", "TimeZone": "UTC"}
    assert upper == (True, True)


def test_only_the_password_lets_in(server: EmbeddedPostgres) -> None:
    server.start()
    for password in ("", "password=guess"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(f"host=127.0.0.1 port={server.port} user=huoyan dbname=huoyan {password}")
    mode = (server.home / "postgresql.password").stat().st_mode & 0o777
    assert mode == 0o600
    assert server.data.stat().st_mode & 0o077 == 0


def test_it_runs_as_someone_who_is_not_root(server: EmbeddedPostgres) -> None:
    server.start()
    assert os.stat(f"/proc/{server.pid}").st_uid != 0


def test_a_taken_port_is_one_sentence(server: EmbeddedPostgres, home: Path) -> None:
    server.start()
    with pytest.raises(EmbeddedError, match=f"port {server.port} for PostgreSQL is already taken"):
        EmbeddedPostgres(home / "second", server.port).start()


def test_a_second_server_on_the_same_data_is_one_sentence(server: EmbeddedPostgres, home: Path,
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    server.start()
    write(server, 1)
    second = EmbeddedPostgres(home, unused_port())
    monkeypatch.setattr(second, "_wait_until_unused", lambda: EmbeddedPostgres._wait_until_unused(second, 0.2))
    with pytest.raises(EmbeddedError, match=f"process {server.pid}"):
        second.start()
    assert kept(server) == [1]


def test_a_lock_file_that_names_a_living_stranger_is_no_obstacle(server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    account = server.command().account
    stranger = subprocess.Popen(["/bin/sleep", "60"], **({"user": account.uid} if account else {}))
    try:
        (server.data / "postmaster.pid").write_text(f"{stranger.pid}\n{server.data}\n", encoding="ascii")
        server.start()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_an_interrupted_first_start_leaves_nothing_that_is_taken_for_data(server: EmbeddedPostgres) -> None:
    half = server.data.with_name(server.data.name + ".new")
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n", encoding="ascii")
    server.start()
    assert not half.exists()


def test_a_folder_with_something_else_in_the_datas_place_is_left_alone(server: EmbeddedPostgres) -> None:
    server.data.mkdir()
    (server.data / "diary.txt").write_text("mine", encoding="ascii")
    with pytest.raises(EmbeddedError, match="holds no PostgreSQL data"):
        server.start()
    assert (server.data / "diary.txt").read_text(encoding="ascii") == "mine"


def test_binaries_out_of_reach_are_copied_once(server: EmbeddedPostgres, tmp_path: Path,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can lack the reach that its own helper lacks")
    hidden = tmp_path / "hidden"
    shipped = shipped_binaries()
    shutil.copytree(shipped, hidden / shipped.parent.name / shipped.name, symlinks=True)
    libraries = shipped.parent.with_name(f"{shipped.parent.name}.libs")
    shutil.copytree(libraries, hidden / libraries.name)
    hidden.chmod(0o700)
    monkeypatch.setattr(module, "shipped_binaries", lambda: hidden / shipped.parent.name / shipped.name)
    server.start()
    assert server.command().argv[0].startswith(str(server.home))
    made = (server.home / "binaries").stat().st_mtime_ns
    server.stop()
    server.start()
    assert (server.home / "binaries").stat().st_mtime_ns == made


def test_a_home_out_of_reach_is_one_sentence(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can lack the reach that its own helper lacks")
    tmp_path.chmod(0o700)
    with pytest.raises(EmbeddedError, match="HUOYAN_DEMO_HOME"):
        EmbeddedPostgres(tmp_path / "home", unused_port()).start()


def test_it_dies_with_the_process_that_started_it(home: Path) -> None:
    port = unused_port()
    code = ("import sys, time; from pathlib import Path; from huoyan.embedded.postgres import EmbeddedPostgres\n"
            f"EmbeddedPostgres(Path({str(home)!r}), {port}).start(); print('up', flush=True); time.sleep(60)")
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"up\n"
    assert listens(port)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while listens(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not listens(port)
    with EmbeddedPostgres(home, port) as again:
        write(again, 1)
    assert processes_in(home / "postgresql-18") == []


def test_the_home_folder_follows_the_setting_then_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUOYAN_DEMO_HOME", "/srv/somewhere")
    assert demo_home() == Path("/srv/somewhere")
    monkeypatch.delenv("HUOYAN_DEMO_HOME")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert demo_home() == Path("/var/lib/huoyan-demo")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", "/srv/data")
    assert demo_home() == Path("/srv/data/huoyan")


def test_a_secret_is_made_once_and_an_existing_folder_keeps_its_permissions(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    make_folder(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o750
    first = secret(tmp_path / "one")
    assert len(first) >= 24
    assert secret(tmp_path / "one") == first
    assert secret(tmp_path / "two") != first
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_secret_that_cant_be_made_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="HUOYAN_DEMO_HOME"):
        secret(tmp_path / "missing" / "one")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a user")
def test_the_user_of_the_database_is_made_once_though_two_ask_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    there, made = threading.Event(), []

    def make() -> None:
        made.append(threading.get_ident())
        time.sleep(0.1)
        there.set()

    monkeypatch.setattr(processes, "_SERVICE_USER", "huoyan-nobody-has")
    monkeypatch.setattr(processes, "_has_user", lambda name: there.is_set())
    monkeypatch.setattr(processes, "_make_user", make)
    both = [threading.Thread(target=processes.service_account) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(made) == 1
