"""Ways to drain a broker's queue, or to write the same rows without one. Each verifies what came of it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import processes, processor_time, servers
from benchmarks.load import DEVICES, VALUES, Load, answer, publish
from store import Database
from store.blocks import copy_block
from tests.servers.mosquitto import Mosquitto
from tests.servers.mqtt import Client

FILTER = "huoyan/v1/#"
SHARE = "benchmark"
BARE_SESSION = "benchmark-bare"
BATCH = 500
_PATIENCE = 300.0
# Counting the whole table again and again would take the time that is measured.
_LAST_STORED = """
select count(*) as n from unnest(%s::text[], %s::bigint[]) as last (device_no, ms)
join devices using (device_no) join metrics on code = 'water_pressure'
join readings r on r.device_id = devices.device_id and r.metric_id = metrics.metric_id
    and r.ts = to_timestamp(ms / 1000) + ms %% 1000 * interval '1 millisecond'
"""
PEER = "create table if not exists peer (like readings including all)"


def subscribe(broker: Mosquitto, session: str) -> None:
    """Make a persistent session, so that the broker queues for it."""
    with Client(broker, None, session, clean=False, manual=True, subscribe=(FILTER,)) as client:
        client.connect()
        client.granted.get(timeout=10)


def forget(broker: Mosquitto, session: str) -> None:
    """End a session, so that the broker does not queue for it what others are to drain."""
    with Client(broker, None, session) as client:
        client.connect()


def bare(broker: Mosquitto, messages: int) -> tuple[float, float]:
    """Seconds from the first message to the last acknowledgement of a paho client that does nothing else, and its
    processor seconds; it acknowledges by hand, 500 at a time, from the network thread."""
    held: list[int] = []
    moments: list[float] = []
    done = threading.Event()
    count = 0
    client = Client(broker, None, BARE_SESSION, clean=False, manual=True)
    paho = client.paho

    def take(_: Any, __: Any, message: Any) -> None:
        nonlocal count
        if not count:
            moments.append(time.perf_counter())
        count += 1
        held.append(message.mid)
        if len(held) == BATCH or count == messages:
            for mid in held:
                paho.ack(mid, 1)
            held.clear()
        if count == messages:
            moments.append(time.perf_counter())
            done.set()

    paho.on_message = take
    before = time.process_time()
    with client:
        client.connect()
        if not done.wait(_PATIENCE):
            raise RuntimeError(f"the bare client got {count} of {messages} messages")
        taken = time.process_time() - before
    forget(broker, BARE_SESSION)
    return moments[1] - moments[0], taken


class Drained:
    """What one drain by Huoyan took: wall seconds, and processor seconds of ingest, database and broker."""

    def __init__(self, seconds: float, own: float, database: float, broker: float) -> None:
        self.seconds, self.own, self.database, self.broker = seconds, own, database, broker


def huoyan(folder: Path, server: servers.RunningDatabase, broker: Mosquitto, db: Database, load: Load, *,
           count: int = 1, **settings: Any) -> Drained:
    """From the first message to the last row that is committed, by ``count`` ingest processes; verified to be stored
    exactly once, with nothing left at the broker.

    The processes are ready, then halted while the queue is filled, so that neither their start nor the publishing
    counts.
    """
    with db.connection() as connection:
        connection.execute("truncate readings, dirty_unit_days, deliveries, delivery_batches")
    if count > 1:
        settings["mqtt_share"] = SHARE
    with processes.ingests(folder, server.dsn, broker, count, **settings) as programs:
        pids = [program.pid for program in programs]
        try:
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            publish(broker, load)
            before = processor_time.of(*pids), processor_time.of(server.pid), processor_time.of(broker.pid)
            began = time.perf_counter()
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        last = [f"D{one}" for one in load.device[-DEVICES:].tolist()], load.ts[-DEVICES:].tolist()
        _until(lambda: answer(db.row(_LAST_STORED, last))["n"] == len(last[0]), "all is stored", every=0.01)
        seconds = time.perf_counter() - began
        time.sleep(0.3)
        own = processor_time.of(*pids) - before[0]
        database, of_broker = processor_time.of(server.pid) - before[1], processor_time.of(broker.pid) - before[2]
    require_stored_once(db, load)
    for session in processes.sessions(count):
        _require_nothing_left(broker, session)
        forget(broker, session)
    return Drained(seconds, own, database, of_broker)


def require_stored_once(db: Database, load: Load, table: str = "readings") -> None:
    """Every row of the load is there, once, and no other."""
    rows = db.rows("select device_no, code, extract(epoch from ts)::numeric * 1000 as ts, value from "
                   + {"readings": "readings", "peer": "peer"}[table]
                   + " join devices using (device_id) join metrics using (metric_id)")
    stored = sorted((row["device_no"], row["code"], int(row["ts"]), row["value"]) for row in rows)
    if stored != load.wanted():
        raise RuntimeError(f"{load.rows} readings were published, {len(stored)} are stored, and they are not those")


def _require_nothing_left(broker: Mosquitto, session: str) -> None:
    with Client(broker, None, session, clean=False, manual=True) as client:
        client.connect()
        left = client.take(1, timeout=0.5)
    if left:
        raise RuntimeError("all is stored, yet the broker still holds messages that were not acknowledged")


def copy(db: Database, load: Load, rows_a_commit: int) -> float:
    """Seconds to write the same rows by binary COPY into a table with the same key, committed so many at a time."""
    device, ts = np.repeat(load.device, VALUES), np.repeat(load.ts, VALUES)
    metric = np.tile(np.arange(1, VALUES + 1), len(load.device))
    value = load.values.ravel()
    moments = (ts * 1000).astype("datetime64[us]")
    with db.connection() as connection:
        connection.execute("truncate peer")
    began = time.perf_counter()
    for start in range(0, len(device), rows_a_commit):
        part = slice(start, start + rows_a_commit)
        with db.connection() as connection:
            copy_block(connection, "peer", {
                "device_id": ("int4", device[part].astype(np.int32)),
                "metric_id": ("int2", metric[part].astype(np.int16)),
                "ts": ("timestamptz", moments[part]), "value": ("float8", value[part]),
                "received_at": ("timestamptz", moments[part])})
    return time.perf_counter() - began


def _until(done: Callable[[], bool], what: str, every: float = 0.05) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {_PATIENCE:g} s: {what}")
        time.sleep(every)

