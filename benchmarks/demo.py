"""``huoyan demo --once`` from an empty folder, against the limits it must keep."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import servers, stages
from benchmarks.figures import Spread
from benchmarks.options import Options
from benchmarks.report import SPREAD, Report, Table
from tests.servers.programs import unused_port

LIMIT_SECONDS, LIMIT_MB = 180.0, 1536.0
_PORTS = ("--port", "--mqtt-port", "--database-port", "--ingest-metrics-port", "--scheduler-metrics-port",
          "--listen-port", "--listen-metrics-port")
_QUICK = ("--units", "50", "--devices", "60", "--days", "30")


def run(options: Options) -> Report:
    """Time and memory of the whole line, started afresh each time."""
    seconds, memory = [], []
    for number in range(options.runs):
        options.say(f"demo: run {number + 1}")
        taken, greatest = _once(_QUICK if options.quick else ())
        seconds.append(taken)
        memory.append(greatest / 2**20)
    rows = [["wall time, s", *Spread.of(seconds).cells(",.1f"), f"{LIMIT_SECONDS:g}",
             f"{max(seconds) / LIMIT_SECONDS:.2f}"],
            ["peak memory of all processes (PSS), MB", *Spread.of(memory).cells(",.0f"), f"{LIMIT_MB:g}",
             f"{max(memory) / LIMIT_MB:.2f}"]]
    columns = ["", *SPREAD, "limit", "max to limit"]
    return Report("demo", [Table("huoyan demo --once from an empty folder", columns, rows)],
                  ["Start, load of the district, the night's jobs, all processes ready, report, and stop.",
                   "Memory is looked at twice a second: what lasts for less may be missed."],
                  {"seconds": seconds, "memory_mb": memory})


def _once(more: tuple[str, ...]) -> tuple[float, int]:
    ports = [word for name in _PORTS for word in (name, str(unused_port()))]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUOYAN_")}
    with servers.folder() as folder:
        words = [sys.executable, "-m", "huoyan.cli", "demo", "--once", "--home", str(folder / "home"), *ports, *more]
        began = time.perf_counter()
        with (folder / "demo.log").open("wb") as log:
            process = subprocess.Popen(words, env=kept, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                with stages.Watch(process.pid) as watch:
                    status = process.wait()
            finally:
                _end(process)
        taken = time.perf_counter() - began
        if status:
            raise RuntimeError(f"the demo ended with {status}: {_last_words(folder / 'demo.log')}")
    return taken, watch.greatest


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        process.wait(60)


def _last_words(log: Path) -> str:
    return " ".join(log.read_text(encoding="utf-8", errors="replace").split())[-500:]
