"""From publish to visible in another session, at a steady rate: of a device that is watched among all the others."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psycopg

from benchmarks import processes
from benchmarks.load import Publisher, Steady, packets, publisher
from tests.servers.mosquitto import Mosquitto

_WATCHED_RATE = 50
_PATIENCE = 60.0
_TOPIC = "huoyan/v1/bench/watched/telemetry"
_SEEN = """
select (extract(epoch from ts) * 1000)::bigint from readings
where device_id = %s and metric_id = %s and ts > to_timestamp(%s::numeric / 1000) order by ts
"""


def measure(folder: Path, dsn: str, broker: Mosquitto, rate: int, seconds: int, runs: int) -> list[list[float]]:
    """For each run, seconds from publish to visible of the watched device's messages, ``rate`` messages a second in
    all."""
    found = []
    with processes.ingest(folder, dsn, broker), psycopg.connect(dsn, autocommit=True) as watching:
        for _ in range(runs):
            others = Steady(broker, max(rate - _WATCHED_RATE, 0), int(time.time() * 1000) - 3_600_000)
            others.start()
            time.sleep(1.0)
            found.append(_watched(broker, watching, min(rate, _WATCHED_RATE), seconds))
            others.stop()
    return found


def _watched(broker: Mosquitto, watching: psycopg.Connection, rate: int, seconds: int) -> list[float]:
    device, metric = _numbers(watching)
    total = rate * seconds
    sent: dict[int, float] = {}
    seen: dict[int, float] = {}
    base = int(time.time() * 1000)
    with publisher(broker, "benchmark-watched") as sender:
        thread = threading.Thread(target=_publish, args=(sender, sent, base, rate, total))
        thread.start()
        last, deadline = base - 1, time.monotonic() + seconds + _PATIENCE
        while len(seen) < total:
            rows = watching.execute(_SEEN, [device, metric, last]).fetchall()
            now = time.perf_counter()
            for (moment,) in rows:
                seen.setdefault(moment, now)
                last = moment
            if time.monotonic() > deadline:
                raise RuntimeError(f"{len(seen)} of {total} messages could be seen")
            time.sleep(0.002)
        thread.join()
    return [seen[moment] - sent[moment] for moment in sent]


def _publish(sender: Publisher, sent: dict[int, float], base: int, rate: int, total: int) -> None:
    start = time.perf_counter()
    for number in range(total):
        time.sleep(max(0.0, start + number / rate - time.perf_counter()))
        # The moment names the message: one device, a millisecond apart at least.
        sent[base + number] = time.perf_counter()
        sender.send(packets([_TOPIC], [b'{"ts":%d,"values":{"water_pressure":0.4}}' % (base + number)]))


def _numbers(watching: psycopg.Connection) -> tuple[int, int]:
    """The watched device and the metric, which is numbered by the time ingest is ready."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        row = watching.execute("select device_id, metric_id from devices, metrics where device_no = 'watched'"
                               " and code = 'water_pressure'").fetchone()
        if row is not None:
            return int(row[0]), int(row[1])
        if time.monotonic() > deadline:
            raise RuntimeError("the metrics have no numbers: nothing was stored")
        time.sleep(0.1)
