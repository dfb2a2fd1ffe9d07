"""A queue drained from broker to database, and how soon a reading can be seen."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from benchmarks import processes, processor_time, servers
from benchmarks.figures import Spread, percentile, ratios
from benchmarks.options import Options
from benchmarks.report import SPREAD, Report, Table
from store import Database
from store.blocks import copy_block
from tests.servers.mosquitto import Mosquitto, why_not
from tests.servers.mqtt import Client

DEVICES = 500
BATCH = 500
RECEIVE_MAXIMUM = 2000
FILTER = "huoyan/v1/#"
BARE_SESSION = "benchmark-bare"
_MESSAGES, _QUICK_MESSAGES = 30_000, 600
_RATE, _SECONDS, _QUICK_SECONDS = 100, 20, 1
_PATIENCE = 300.0
#: What one message carries: two readings, as a water pressure transmitter on a battery does.
READINGS_A_MESSAGE = 2

_REGISTER = """
insert into areas (area_code, level, name_zh) values ('990000', 'city', '示范市');
insert into areas (area_code, parent_code, level, name_zh) values ('990101', '990000', 'district', '火眼区');
insert into units (unit_no, name, area_code, kind)
select 'U' || n, '单位' || n, '990101', 'hotel' from generate_series(1, 100) n;
insert into vendors (vendor_code, name) values ('bench', '测量');
insert into devices (vendor_code, device_no, unit_id, kind)
select 'bench', 'D' || n, unit_id, 'water_pressure'
from generate_series(0, 499) n join units on unit_no = 'U' || (n % 100 + 1);
"""
_PEER = "create table if not exists peer (like readings including all)"
_STORED = "select count(*) as n, min(received_at) as first from readings"


def run(options: Options) -> Report:
    """Drain one queue three ways, ``options.runs`` times; then publish at a steady rate and watch."""
    reason = why_not()
    if reason:
        return Report("ingest", [], [f"not measured: {reason}"])
    messages = _QUICK_MESSAGES if options.quick else _MESSAGES
    found: dict[str, list[float]] = {"bare": [], "copy": [], "copy_batches": [], "huoyan": []}
    work: dict[str, list[float]] = {"bare": [], "huoyan": [], "database": []}
    with (servers.folder() as folder, servers.database(folder / "home") as server,
          servers.broker(folder / "broker") as broker, Database(server.dsn) as db):
        with db.connection() as connection:
            connection.execute(_REGISTER)
            connection.execute(_PEER)
        for number in range(options.runs):
            options.say(f"ingest: run {number + 1}, queue of {messages:,} messages")
            for session in (BARE_SESSION, processes.INGEST_SESSION):
                _subscribe(broker, session)
            sent = _publish(broker, messages, moment=number)
            before = time.process_time()
            found["bare"].append(messages / _drain_bare(broker, messages))
            work["bare"].append((time.process_time() - before) / messages)
            found["copy"].append(messages / _copy(db, sent, len(sent[0])))
            found["copy_batches"].append(messages / _copy(db, sent, BATCH * READINGS_A_MESSAGE))
            seconds, own, of_database = _drain_huoyan(folder, server, broker, db, sent)
            found["huoyan"].append(messages / seconds)
            work["huoyan"].append(own / messages)
            work["database"].append(of_database / messages)
        seconds = _QUICK_SECONDS if options.quick else _SECONDS
        options.say(f"ingest: {_RATE} messages a second for {seconds} s, {options.runs} times")
        delays = _delays(folder, server.dsn, broker, seconds, options.runs)
    return _report(found, work, delays, messages)


def _subscribe(broker: Mosquitto, session: str) -> None:
    """Make the persistent session, so that the broker queues for it."""
    with Client(broker, None, session, clean=False, manual=True, subscribe=(FILTER,)) as client:
        client.connect()
        client.granted.get(timeout=10)


def _publish(broker: Mosquitto, messages: int, moment: int) -> tuple[Any, Any, Any]:
    """Publish a queue; the rows that must come of it as columns: device, moment (us), value of each reading."""
    device = np.arange(messages) % DEVICES
    start = int(time.time() * 1000) - 3_600_000 * (moment + 1)
    ts = start + np.arange(messages) // DEVICES
    pressure = np.round(0.30 + (np.arange(messages) % 100) / 1000, 3)
    with Client(broker, None, "benchmark-publisher") as client:
        client.connect()
        last = 0
        for number in range(messages):
            payload = json.dumps({"ts": int(ts[number]), "values": {"pressure": float(pressure[number]),
                                                                    "battery": 80 + number % 20}})
            last = client.send(f"huoyan/v1/bench/D{device[number]}/telemetry", payload)
        if not client.wait_for(last, _PATIENCE):
            raise RuntimeError("the broker did not take the queue")
        _until(lambda: all(client.has(mid) for mid in range(max(1, last - 1000), last + 1)), "all is acknowledged")
    return device, ts, pressure


def _drain_bare(broker: Mosquitto, messages: int) -> float:
    """Seconds from the first message to the last acknowledgement, of a client that does nothing else."""
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
    with client:
        client.connect()
        if not done.wait(_PATIENCE):
            raise RuntimeError(f"the bare client got {count} of {messages} messages")
    return moments[1] - moments[0]


def _drain_huoyan(folder: Path, server: servers.RunningDatabase, broker: Mosquitto, db: Database,
                  sent: tuple[Any, Any, Any]) -> tuple[float, float, float]:
    """Seconds from the first message that arrives to the last row that is committed; verified to be stored once.

    Beside them the seconds of processor time: of the process from its being ready, and of the database.
    """
    messages = len(sent[0])
    with db.connection() as connection:
        connection.execute("truncate readings, peer, dirty_unit_days, deliveries")
        connection.execute("update device_last set metric_values = '{}', last_ts = null")
    with processes.ingest(folder, server.dsn, broker) as program:
        before = processor_time.of(program.pid), processor_time.of(server.pid)
        told: list[float] = []

        def all_stored() -> bool:
            row = db.row(_STORED)
            assert row is not None
            if row["n"] < messages * READINGS_A_MESSAGE:
                return False
            told.append((dt.datetime.now(dt.UTC) - row["first"]).total_seconds())
            return True

        _until(all_stored, "all is stored", every=0.02)
        told += [processor_time.of(program.pid) - before[0], processor_time.of(server.pid) - before[1]]
    _require_stored_once(db, sent)
    _require_nothing_left(broker)
    return told[0], told[1], told[2]


def _require_stored_once(db: Database, sent: tuple[Any, Any, Any]) -> None:
    rows = db.rows("select device_no, code, extract(epoch from ts)::numeric * 1000 as ts, value from readings"
                   " join devices using (device_id) join metrics using (metric_id)")
    stored = sorted((row["device_no"], row["code"], int(row["ts"]), row["value"]) for row in rows)
    device, ts, pressure = sent
    wanted = sorted([(f"D{device[n]}", "water_pressure", int(ts[n]), float(pressure[n])) for n in range(len(ts))]
                    + [(f"D{device[n]}", "battery", int(ts[n]), float(80 + n % 20)) for n in range(len(ts))])
    if stored != wanted:
        raise RuntimeError(f"{len(wanted)} readings were published, {len(stored)} are stored, and they are not those")


def _require_nothing_left(broker: Mosquitto) -> None:
    with Client(broker, None, processes.INGEST_SESSION, clean=False, manual=True) as client:
        client.connect()
        left = client.take(1, timeout=0.5)
    if left:
        raise RuntimeError("all is stored, yet the broker still holds messages that were not acknowledged")


def _copy(db: Database, sent: tuple[Any, Any, Any], rows_a_commit: int) -> float:
    """Seconds to write the same rows by binary COPY into a table with the same key, committed so many at a time."""
    device, ts, pressure = (np.repeat(column, READINGS_A_MESSAGE) for column in sent)
    metric = np.tile(np.arange(1, READINGS_A_MESSAGE + 1), len(sent[0]))
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
                "ts": ("timestamptz", moments[part]), "value": ("float8", pressure[part].astype(np.float64)),
                "received_at": ("timestamptz", moments[part])})
    return time.perf_counter() - began


def _delays(folder: Path, dsn: str, broker: Mosquitto, seconds: int, runs: int) -> list[list[float]]:
    """For each run, seconds from publish to visible in another session, of every message at a steady rate."""
    found = []
    with processes.ingest(folder, dsn, broker), psycopg.connect(dsn, autocommit=True) as watching:
        for _ in range(runs):
            found.append(_watched(broker, watching, seconds))
    return found


def _watched(broker: Mosquitto, watching: psycopg.Connection[Any], seconds: int) -> list[float]:
    total = _RATE * seconds
    sent: dict[int, float] = {}
    seen: dict[int, float] = {}
    base = int(time.time() * 1000)

    def publish() -> None:
        with Client(broker, None, "benchmark-publisher") as client:
            client.connect()
            start = time.perf_counter()
            for number in range(total):
                time.sleep(max(0.0, start + number / _RATE - time.perf_counter()))
                # The moment names the message: one device, a millisecond apart at least.
                sent[base + number] = time.perf_counter()
                client.send("huoyan/v1/bench/D0/telemetry",
                            json.dumps({"ts": base + number, "values": {"pressure": 0.4}}))
            time.sleep(0.5)

    publisher = threading.Thread(target=publish)
    publisher.start()
    last, deadline = base - 1, time.monotonic() + seconds + 60
    while len(seen) < total:
        rows = watching.execute(
            "select (extract(epoch from ts) * 1000)::bigint from readings join devices using (device_id)"
            " where device_no = 'D0' and ts > to_timestamp(%s::numeric / 1000) order by ts", [last]).fetchall()
        now = time.perf_counter()
        for (moment,) in rows:
            seen.setdefault(moment, now)
            last = moment
        if time.monotonic() > deadline:
            raise RuntimeError(f"{len(seen)} of {total} messages could be seen")
        time.sleep(0.002)
    publisher.join()
    return [seen[moment] - sent[moment] for moment in sent]


def _until(done: Callable[[], bool], what: str, every: float = 0.05) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {_PATIENCE:g} s: {what}")
        time.sleep(every)


def _report(found: dict[str, list[float]], work: dict[str, list[float]], delays: list[list[float]],
            messages: int) -> Report:
    names = {"bare": "(a) bare paho-mqtt client, acknowledges in batches of 500",
             "copy": "(b) COPY of the same rows, one commit",
             "copy_batches": "(b') COPY of the same rows, a commit for every 500 messages",
             "huoyan": "(c) huoyan ingest, from the broker to the disk"}
    speed = [[told, *Spread.of(found[name]).cells(",.0f")] for name, told in names.items()]
    # What one core could do if fetching and writing simply followed each other.
    both = [1 / (1 / bare + 1 / copy) for bare, copy in zip(found["bare"], found["copy_batches"], strict=True)]
    peers = [("(a)", found["bare"]), ("(b)", found["copy"]), ("(b')", found["copy_batches"]),
             ("(a) then (b'), one after the other", both)]
    against = [[f"(c) to {told}", *ratios(found["huoyan"], peer).cells("6.3f")] for told, peer in peers]
    share = {name: [percentile(run, level) for run in delays] for name, level in (
        ("p50", .5), ("p99", .99), ("max", 1.0))}
    soon = [[name, *Spread.of(values).cells(",.1f", 1000)] for name, values in share.items()]
    return Report("ingest", [
        Table(f"a queue of {messages:,} messages with {READINGS_A_MESSAGE} readings each, QoS 1: messages a second",
              ["", *SPREAD], speed),
        Table("ratio to what was measured in the same run", ["", *SPREAD], against),
        Table("processor time, us a message", ["", *SPREAD], [
            ["(a) bare paho-mqtt client", *Spread.of(work["bare"]).cells(",.0f", 1e6)],
            ["(c) huoyan ingest", *Spread.of(work["huoyan"]).cells(",.0f", 1e6)],
            ["    the database meanwhile", *Spread.of(work["database"]).cells(",.0f", 1e6)],
            ["ratio of the clients, (c) to (a)", *ratios(work["huoyan"], work["bare"]).cells(".1f")]]),
        Table(f"from publish to visible at {_RATE} messages a second, ms", ["", *SPREAD], soon)],
        ["Each queue was stored exactly once: device, metric, moment and value of every reading compared, and nothing "
         "left with the broker.",
         "The database has fsync and synchronous_commit on; the key of the table is that of readings."],
        {"messages": messages, "rates": found, "processor_seconds": work, "delays": share})
