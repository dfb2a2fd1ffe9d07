"""Frames stored and confirmed over many links, and what thousands of idle links cost."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks import processor_time, servers
from benchmarks.figures import Spread, percentile
from benchmarks.options import Options
from benchmarks.panels import POINTS
from benchmarks.report import SPREAD, Report, Table
from huoyan.embedded.processes import proportional_memory
from store import Database
from tests.line.processes import Line, unused_port
from tests.servers.programs import Program

_LINKS, _FRAMES, _QUICK_LINKS, _QUICK_FRAMES = 1000, 40, 20, 2 * POINTS
#: Every device one frame at a time, as the standard has it; and some ahead, for what the listener can do.
_WINDOWS = (1, 8)
_IDLE, _QUICK_IDLE = 20_000, 100
_ALARMS, _QUICK_ALARMS = 50, 3
_OTHER_FILES = 150

_REGISTER = """
insert into areas (area_code, level, name_zh) values ('990000', 'city', '示范市');
insert into areas (area_code, parent_code, level, name_zh) values ('990101', '990000', 'district', '火眼区');
insert into units (unit_no, name, area_code, kind)
select 'U' || n, '单位' || n, '990101', 'hotel' from generate_series(1, 100) n;
insert into vendors (vendor_code, name) values ('bench', '测量');
"""
_DEVICES = """
insert into devices (vendor_code, device_no, unit_id, kind, settings)
select 'bench', 'D' || n, unit_id, 'uitd', jsonb_build_object('gbt26875', jsonb_build_object('address', n))
from generate_series(1, %s) n join units on unit_no = 'U' || (n %% 100 + 1)
"""


class _Panels:
    """The devices, in a process of their own."""

    def __init__(self, port: int, links: int, frames: int, window: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.panels", *map(str, (port, links, frames, window))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.links: int = self._answer()["links"]

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the simulated devices ended")
        told: dict[str, Any] = json.loads(line)
        return told

    def tell(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()

    def send(self) -> dict[str, Any]:
        self.tell("send")
        return self._answer()

    def end(self) -> None:
        self.tell("end")
        self._process.communicate(timeout=60)


def run(options: Options) -> Report:
    """Send over 1,000 links, ``options.runs`` times each way; then hold 20,000 and raise alarms between them."""
    links, frames = (_QUICK_LINKS, _QUICK_FRAMES) if options.quick else (_LINKS, _FRAMES)
    found: dict[str, dict[str, list[float]]] = {}
    for number in range(options.runs):
        for window in _WINDOWS:
            options.say(f"links: run {number + 1}, {links} links, {window} frames ahead")
            for name, value in _rate(links, frames, window).items():
                found.setdefault(str(window), {}).setdefault(name, []).append(value)
    shares = _shares(_QUICK_IDLE if options.quick else _IDLE, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    options.say(f"links: {sum(shares):,} idle links, listeners: {len(shares)}")
    memory, delays = _idle(shares, _QUICK_ALARMS if options.quick else _ALARMS)
    return _report(found, links, frames, memory, delays)


def _shares(links: int, files: int) -> list[int]:
    """How many links each listener holds: one holds them all, unless it may not open so many files."""
    many = -(-links // (files - _OTHER_FILES))
    return [links // many + (n < links % many) for n in range(many)]


@contextmanager
def _site(devices: int, listeners: int = 1) -> Iterator[tuple[Database, list[tuple[Program, int]],
                                                              servers.RunningDatabase]]:
    with (servers.folder() as folder, servers.database(folder / "home") as server, Database(server.dsn) as db,
          ExitStack() as running):
        with db.connection() as connection:
            connection.execute(_REGISTER)
            connection.execute(_DEVICES, [devices])
        programs = []
        for number in range(listeners):
            port, health = unused_port(), unused_port()
            (own := Path(folder) / f"listener-{number}").mkdir()
            line = Line(own, database_url=server.dsn, listen_host="127.0.0.1", listen_tcp_port=port,
                        listen_udp_port=0, listen_metrics_port=health)
            running.callback(line.stop)
            programs.append((line.start("listen", health), port))
        yield db, programs, server


def _rate(links: int, frames: int, window: int) -> dict[str, float]:
    """Frames a second from the first that is sent to the last that is confirmed; verified to be stored once each."""
    with _site(links) as (db, [(program, port)], server):
        panels = _Panels(port, links, frames, window)
        own, other = processor_time.of(program.pid), processor_time.of(server.pid)
        told = panels.send()
        own, other = processor_time.of(program.pid) - own, processor_time.of(server.pid) - other
        panels.end()
        row = db.row("select (select count(*) from events) as events, (select count(*) from quarantine) as refused")
        sent = told["frames"]
        if row != {"events": sent, "refused": 0}:
            raise RuntimeError(f"{sent} frames were confirmed and {row} is stored")
    return {"frames_per_second": sent / told["seconds"], "listener_seconds": own / sent,
            "database_seconds": other / sent, "confirm_p50": percentile(told["waits"], 0.5),
            "confirm_p99": percentile(told["waits"], 0.99)}


def _idle(shares: list[int], alarms: int) -> tuple[dict[str, float], list[float]]:
    """Bytes of the listeners with and without idle links; seconds from a fire's frame to its row in ``alarms``."""
    with _site(alarms + 1, len(shares)) as (db, programs, _):
        before = sum(proportional_memory(program.pid) for program, _ in programs)
        held = [_Panels(port, links, 0, 1) for (_, port), links in zip(programs, shares, strict=True)]
        time.sleep(2)
        after = sum(proportional_memory(program.pid) for program, _ in programs)
        delays = _delays(db, programs[0][1], alarms)
        for panels in held:
            panels.end()
        links = sum(panels.links for panels in held)
        return {"links": links, "listeners": len(shares), "bytes": after,
                "bytes_a_link": (after - before) / max(links, 1)}, delays


def _delays(db: Database, port: int, alarms: int) -> list[float]:
    from tests.ingest.listening import Panel, status

    delays = []
    with Panel(port, (1).to_bytes(6, "little")) as panel:
        for number in range(alarms):
            began = time.monotonic()
            panel.send(status(2, 0x0002, point=number + 1), serial=number)
            while not (found := db.row("select count(*) as n from alarms")) or found["n"] <= number:
                time.sleep(0.002)
            delays.append(time.monotonic() - began)
            panel.hear()
    return delays


def _report(found: dict[str, dict[str, list[float]]], links: int, frames: int, memory: dict[str, float],
            delays: list[float]) -> Report:
    def row(name: str, key: str, window: int, form: str, factor: float = 1.0) -> list[str]:
        return [name, *Spread.of(found[str(window)][key]).cells(form, factor)]

    rates = Table(f"{links:,} links, {frames} frames of type 2 each, every one an event of its own",
                  ["", *SPREAD], [line for window in _WINDOWS for line in (
                      row(f"stored and confirmed, frames/s, {window} ahead", "frames_per_second", window, ",.0f"),
                      row("  processor time of the listener, us a frame", "listener_seconds", window, ",.0f", 1e6),
                      row("  processor time of PostgreSQL, us a frame", "database_seconds", window, ",.0f", 1e6),
                      row("  wait for the confirm, median, ms", "confirm_p50", window, ",.0f", 1e3),
                      row("  wait for the confirm, 99th percentile, ms", "confirm_p99", window, ",.0f", 1e3))])
    held = Table(f"{int(memory['links']):,} idle links", ["", "figure"], [
        ["listeners that hold them", f"{memory['listeners']:.0f}"],
        ["memory of all listeners, MB", f"{memory['bytes'] / 1e6:,.0f}"],
        ["memory a link, bytes", f"{memory['bytes_a_link']:,.0f}"],
        ["a fire's frame to its row in alarms, median, ms", f"{percentile(delays, 0.5) * 1e3:,.0f}"],
        ["a fire's frame to its row in alarms, 99th percentile, ms", f"{percentile(delays, 0.99) * 1e3:,.0f}"]])
    notes = ["every frame is confirmed after the commit of its transaction, synchronous_commit is on",
             "devices, listener and database share this machine"]
    if memory["listeners"] > 1:
        notes.append("one process may not open so many files on this machine, so the links are shared out")
    return Report("links", [rates, held], notes, {
        "windows": found, "idle_links": memory["links"], "idle_bytes": memory["bytes"],
        "bytes_a_link": memory["bytes_a_link"], "alarm_seconds": delays})
