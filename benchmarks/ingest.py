"""A queue drained from broker to disk by Huoyan, a bare client, COPY alone and Node-RED; publish to visible."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks import delays, drains, nodered, servers
from benchmarks.figures import Spread, percentile, ratios
from benchmarks.load import DEVICES, REGISTER, VALUES, Load, gateway, publish, single
from benchmarks.options import Options
from benchmarks.report import SPREAD, Report, Table
from store import Database
from tests.servers.mosquitto import Mosquitto, why_not

_MESSAGES, _QUICK_MESSAGES = 100_000, 1000
_GATEWAY, _QUICK_GATEWAY = 6000, 20
_EACH, _QUICK_EACH = 10_000, 300
_SLOW_RATE, _SECONDS, _QUICK_SECONDS = 100, 20, 1
#: Rows of one commit of ours at full load: 5,000 messages.
_ROWS_A_COMMIT = 15_000

Samples = dict[str, list[float]]


def run(options: Options) -> Report:
    """Drain the same queue every way, ``options.runs`` times; then publish at steady rates and watch."""
    reason = why_not()
    if reason:
        return Report("ingest", [], [f"not measured: {reason}"])
    rates: Samples = defaultdict(list)
    work: Samples = defaultdict(list)
    no_nodered = "its figures mean nothing at this size" if options.quick else nodered.prepare()
    with (servers.folder() as folder, servers.database(folder / "home") as server,
          servers.broker(folder / "broker") as broker, Database(server.dsn) as db):
        with db.connection() as connection:
            connection.execute(REGISTER)
            connection.execute(drains.PEER)
        bench = _Bench(folder, server, broker, db, rates, work)
        for number in range(options.runs):
            options.say(f"ingest: run {number + 1} of {options.runs}")
            bench.singles(single(_QUICK_MESSAGES if options.quick else _MESSAGES, number))
            bench.gateways(gateway(_QUICK_GATEWAY if options.quick else _GATEWAY, number))
            if no_nodered is None:
                bench.nodered(single(_QUICK_EACH if options.quick else _EACH, number),
                              single(_QUICK_MESSAGES if options.quick else _MESSAGES, number))
        seconds = _QUICK_SECONDS if options.quick else _SECONDS
        half = max(int(Spread.of(rates["huoyan"]).median / 2), _SLOW_RATE)
        waits = {}
        for rate in (_SLOW_RATE, half):
            options.say(f"ingest: {rate:,} messages a second for {seconds} s, {options.runs} times")
            with db.connection() as connection:
                connection.execute("truncate readings")
            waits[rate] = delays.measure(folder, server.dsn, broker, rate, seconds, options.runs)
    return _report(rates, work, waits, no_nodered)


class _Bench:
    """One run after the other on the same servers; each adds to the samples."""

    def __init__(self, folder: Path, server: servers.RunningDatabase, broker: Mosquitto, db: Database,
                 rates: Samples, work: Samples) -> None:
        self._folder, self._server, self._broker, self._db = folder, server, broker, db
        self._rates, self._work = rates, work

    def singles(self, load: Load) -> None:
        count = load.messages
        drains.subscribe(self._broker, drains.BARE_SESSION)
        publish(self._broker, load)
        seconds, own = drains.bare(self._broker, count)
        self._rates["bare"].append(count / seconds)
        self._work["bare"].append(own / count)
        self._rates["copy"].append(count / drains.copy(self._db, load, load.rows))
        self._rates["copy_batches"].append(count / drains.copy(self._db, load, _ROWS_A_COMMIT))
        for name, processes in (("huoyan", 1), ("two", 2)):
            done = drains.huoyan(self._folder, self._server, self._broker, self._db, load, count=processes)
            self._rates[name].append(count / done.seconds)
            self._work[name].append(done.own / count)
            self._work[f"{name}_database"].append(done.database / count)
            self._work[f"{name}_broker"].append(done.broker / count)

    def gateways(self, load: Load) -> None:
        self._rates["gateway_copy"].append(load.rows / drains.copy(self._db, load, load.rows))
        done = drains.huoyan(self._folder, self._server, self._broker, self._db, load)
        self._rates["gateway"].append(load.rows / done.seconds)
        self._work["gateway"].append(done.own / load.rows)
        self._work["gateway_database"].append(done.database / load.rows)

    def nodered(self, few: Load, many: Load) -> None:
        done = nodered.drain_each(self._folder, self._server, self._broker, self._db, few)
        self._rates["nodered_each"].append(few.messages / done.seconds)
        done = nodered.drain_joined(self._folder, self._server, self._broker, self._db, many)
        self._rates["nodered_joined"].append(many.messages / done.seconds)


_NAMES = {"bare": "(a) bare paho-mqtt client, acknowledges in batches of 500",
          "copy": "(b) COPY of the same rows, one commit",
          "copy_batches": "(b') COPY of the same rows, a commit for every 15,000",
          "huoyan": "(c) huoyan ingest, from the broker to the disk",
          "two": "(d) two huoyan ingest processes",
          "nodered_each": "(e) Node-RED, each message an insert",
          "nodered_joined": "(f) Node-RED, 500 messages an insert"}


def _report(rates: Samples, work: Samples, waits: dict[int, list[list[float]]], no_nodered: str | None) -> Report:
    against = [("bare", 1.5), ("copy", None), ("copy_batches", None), ("nodered_each", 5.0), ("nodered_joined", 1.0)]
    rows = [[f"(c) to {_NAMES[name].split(',')[0]}", *ratios(rates["huoyan"], rates[name]).cells("6.2f"),
             f">= {target}" if target else ""] for name, target in against if rates.get(name)]
    rows += [["(d) to (c): the second process", *ratios(rates["two"], rates["huoyan"]).cells("6.2f"), "> 1"],
             ["gateway: values a second, to COPY of the same rows",
              *ratios(rates["gateway"], rates["gateway_copy"]).cells("6.2f"), ">= 0.6"],
             ["processor time of a message, (c) to (a)", *ratios(work["huoyan"], work["bare"]).cells("6.2f"), "<= 1.3"],
             ["processor time of a message, (d) to (c)", *ratios(work["two"], work["huoyan"]).cells("6.2f"), "< 1.1"]]
    cost = [[told, *Spread.of(work[name]).cells(",.1f", 1e6)] for name, told in (
        ("bare", "(a) bare client"), ("huoyan", "(c) ingest"), ("huoyan_database", "    database meanwhile"),
        ("huoyan_broker", "    broker meanwhile"), ("two", "(d) both ingests"),
        ("two_database", "    database meanwhile"), ("two_broker", "    broker meanwhile"))]
    soon = [[f"{rate:,} a second, p{level * 100:g}",
             *Spread.of([percentile(run, level) for run in found]).cells(",.1f", 1000),
             ("< 100" if rate == _SLOW_RATE else "< 250") if level == 0.99 else ""]
            for rate, found in waits.items() for level in (0.5, 0.99, 1.0)]
    tables = [
        Table(f"a queue of {VALUES} values a message from {DEVICES} devices, QoS 1: messages a second", ["", *SPREAD],
              [[told, *Spread.of(rates[name]).cells(",.0f")] for name, told in _NAMES.items() if rates.get(name)]),
        Table("gateway messages of 102 values: values a second", ["", *SPREAD],
              [["COPY of the same rows", *Spread.of(rates["gateway_copy"]).cells(",.0f")],
               ["huoyan ingest", *Spread.of(rates["gateway"]).cells(",.0f")]]),
        Table("ratio to what was measured in the same run", ["", *SPREAD, "to reach"], rows),
        Table("where the time goes: processor time, us a message", ["", *SPREAD], cost),
        Table("from publish to visible, ms", ["", *SPREAD, "to reach"], soon)]
    notes = ["Each queue was stored exactly once: device, metric, moment and value of every reading compared, and "
             "nothing left with the broker.",
             "The database has fsync and synchronous_commit on; the key of the peers' table is that of readings.",
             "All share the machine's cores: the broker, the database, and whoever drains."]
    if no_nodered:
        notes.append(f"Node-RED was not measured: {no_nodered}")
    figures: dict[str, Any] = {"rates": dict(rates), "processor_seconds": dict(work), "delays": {
        str(rate): {"p50": [percentile(run, .5) for run in found], "p99": [percentile(run, .99) for run in found]}
        for rate, found in waits.items()}, "messages": _MESSAGES}
    return Report("ingest", tables, notes, figures)
