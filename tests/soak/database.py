"""TimescaleDB as production runs it, in a network of its own: killed as a whole, and with a disk that can be full."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from store.migrating import migrate
from tests.servers import timescaledb
from tests.servers.timescaledb import Cluster
from tests.soak.compare import Stored
from tests.soak.traffic import DEVICES, REGISTER, Traffic

#: Nothing about durability is changed: fsync, full_page_writes and synchronous_commit are on.
_SETTINGS = """\
unix_socket_directories = ''
shared_preload_libraries = 'timescaledb'
timescaledb.telemetry_level = 'off'
timescaledb.license = 'apache'
timescaledb.max_background_workers = 0
timescaledb.bgw_launcher_poll_time = 3600000
dynamic_shared_memory_type = 'mmap'
max_connections = 60
shared_buffers = '128MB'
max_wal_size = '{max_wal_mb}MB'
checkpoint_timeout = '1min'
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
listen_addresses = '{listen}'
"""
_MS = "(extract(epoch from {}) * 1000)::bigint"
_READINGS = (f"copy (select device_no, code, {_MS.format('ts')}, value from readings"
             " join devices using (device_id) join metrics using (metric_id)) to stdout (format binary)")
_EVENTS = "select kind, point, active from events where kind <> 'offline'"
_ALARMS = f"select kind, point, {_MS.format('opened_at')}, {_MS.format('restored_at')} from alarms"
_QUARANTINE = "select payload, reason_code from quarantine"
#: Of plain traffic: rows that are what message n says, and rows that are not, by metric. The key of the table keeps
#: each device, metric and moment single, and the moment is the number: so as many right rows are as many messages.
_PLAIN = f"""
with numbered as (
    select code, device_no, value, {_MS.format('ts')} - %(start)s as n
    from readings join devices using (device_id) join metrics using (metric_id))
select code, count(*) filter (where is_right), count(*) filter (where not is_right)
from (select code, n between 0 and %(sent)s - 1 and device_no = 'D' || (n * 7919 + %(seed)s) %% %(devices)s
                   and value = case code when 'event_count' then n when 'battery' then n %% 100
                                         when 'water_pressure' then (n %% 600)::float8 / 100 end as is_right
      from numbered) judged
group by code
"""
_COUNTS = """
select (select count(*) from readings) + (select count(*) from events) + (select count(*) from quarantine)
     + (select count(*) from alarms) + (select count(*) from alarms where restored_at is not null)
"""


class SoakDatabase:
    """A migrated database with the register of :mod:`tests.soak.traffic`. ``url`` is the harness's, as its owner.

    With ``disk_mb`` its disk is a file system in memory of that size, which :meth:`fill` fills.
    """

    def __init__(self, name: str, listen: str, address: str, enter: Callable[[], None] | None,
                 disk_mb: int = 0) -> None:
        _unmount_leftovers()
        self._disk_mb = disk_mb
        settings = _SETTINGS.format(listen=listen, max_wal_mb=128 if disk_mb else 1024)
        self.cluster = Cluster(name, settings, address=address, enter=enter,
                               prepare=self._mount if disk_mb else None)

    @property
    def url(self) -> str:
        return self.cluster.url.removesuffix("/postgres") + "/soak"

    def login(self, address: str) -> str:
        """The URL for ingest, whose login may do what production's may, at ``address``."""
        return f"postgresql://soak_ingest:soak@{address}:{self.cluster.port}/soak"

    def open(self) -> None:
        self.cluster.__enter__()
        with (self.cluster.folder / "data" / "pg_hba.conf").open("a", encoding="ascii") as file:
            file.write("host all all 198.18.0.0/15 scram-sha-256\n")
        self.cluster.start()
        with psycopg.connect(self.cluster.url, autocommit=True) as connection:
            connection.execute("create database soak")
        migrate(self.url)
        with psycopg.connect(self.url) as connection:
            connection.execute(REGISTER)
            connection.execute("create role soak_ingest login password 'soak' in role huoyan_ingest")

    def close(self) -> None:
        self.cluster.kill()
        if self._disk_mb:
            subprocess.run(["umount", "--lazy", self.cluster.folder / "data"], check=False, capture_output=True)
        self.cluster.__exit__(None, None, None)

    def fill(self) -> None:
        """Leave not a byte on its disk."""
        filler = self._filler
        block = bytes(1 << 20)
        with filler.open("wb", buffering=0) as file:
            size = len(block)
            while size >= 1:
                try:
                    if file.write(block[:size]) < size:
                        size //= 2
                except OSError:
                    size //= 2

    def make_room(self) -> None:
        self._filler.unlink(missing_ok=True)

    def count(self) -> int | None:
        """Rows of all kinds; None while the database does not answer."""
        with suppress(psycopg.Error), psycopg.connect(self.url, connect_timeout=3) as connection:
            row = connection.execute(_COUNTS).fetchone()
            return int(row[0]) if row else None
        return None

    def stored(self) -> Stored:
        """All there is, read at once."""
        with psycopg.connect(self.url) as connection:
            events = [(kind, point, active) for kind, point, active in connection.execute(_EVENTS)]
            alarms = [(kind, point, opened, restored) for kind, point, opened, restored in connection.execute(_ALARMS)]
            quarantine = [(bytes(payload), reason) for payload, reason in connection.execute(_QUARANTINE)]
            return Stored(list(_readings(connection)), events, alarms, quarantine)

    def plain(self, traffic: Traffic, sent: int) -> dict[str, tuple[int, int]]:
        """Of plain traffic, by metric: rows that are right, and rows that are not."""
        with psycopg.connect(self.url) as connection:
            rows = connection.execute(_PLAIN, {"start": traffic.start_ms, "sent": sent, "seed": traffic.seed,
                                               "devices": DEVICES})
            return {code: (right, wrong) for code, right, wrong in rows}

    @property
    def _filler(self) -> Path:
        return self.cluster.folder / "data" / "filler"

    def _mount(self, data: Path) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self._disk_mb}m,mode=0700", "huoyan-soak", data],
                       check=True, capture_output=True)


def _readings(connection: psycopg.Connection[Any]) -> Iterator[tuple[str, str, int, float]]:
    with connection.cursor() as cursor, cursor.copy(_READINGS) as copy:
        copy.set_types(["text", "text", "int8", "float8"])
        yield from copy.rows()  # type: ignore[misc]


def why_not() -> str | None:
    """Why there is no such server here, in one sentence; None where there is."""
    if os.geteuid() != 0 or not (timescaledb.root() / "usr/lib/postgresql/17/bin/postgres").exists():
        return "no TimescaleDB that can be killed: it needs root on Debian, and tests/servers/prepare to have run"
    return None


def _unmount_leftovers() -> None:
    """Unmount the disks of runs that were killed."""
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        source, place = line.split()[:2]
        owner = Path(place).parent.name.partition("-")[0]
        if source == "huoyan-soak" and not Path("/proc", owner).exists():
            subprocess.run(["umount", "--lazy", place], check=False, capture_output=True)
