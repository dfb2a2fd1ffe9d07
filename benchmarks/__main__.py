"""``python -m benchmarks [NAME ...]``."""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import json
import os
import sys
import time
from pathlib import Path

import structlog

from benchmarks import machine
from benchmarks.options import Options
from benchmarks.report import Report
from store import HuoyanError

BENCHMARKS = {
    "ingest": "a queue drained from broker to database, against a bare client and a bare COPY; publish to visible",
    "gbt": "GB/T 26875.3 frames decoded in one process, against a bare struct.unpack of the same bytes",
    "links": "GB/T 26875.3 frames stored and confirmed over 1,000 links; memory of 20,000 idle ones; alarm to table",
    "pages": "pages and their JSON on 20,000 units, against a page that asks the database one thing",
    "nightly": "roll-up, features, scores, freeze, draw, verify: time, memory, and how both grow",
    "scale": "features, scores and training on 10,000 and 100,000 units, 1,000,000 if asked: time, memory, growth",
    "draws": "freeze, draw and verify on 10,000 to 1,000,000 units, 20 districts, 2,000 officers: time, memory, growth",
    "year": "a simulated year of draws of 10,000 and 100,000 units, with and without its rivals: time, growth",
    "demo": "huoyan demo from an empty folder, against its limits of time and memory",
    "casework": "lists of the record of supervision of 200,000 units, the night's clocks and detectors, import",
    "imports": "files of the record of past years into that city, one kind after the other",
    "evaluate": "the ranking on cities whose truth is known and on a real record, against simpler orders"}


def main(arguments: list[str]) -> int:
    options, names, json_file = _read(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    about = machine.describe()
    print(f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC  python -m benchmarks {' '.join(arguments)}".rstrip())
    print(machine.text(about), flush=True)
    reports: list[Report] = []
    for name in names:
        began = time.monotonic()
        report = importlib.import_module(f"benchmarks.{name}").run(options)
        reports.append(report)
        print(f"\n{report.text()}\n\n({name}: {time.monotonic() - began:.0f} s, load average now "
              f"{', '.join(f'{load:.2f}' for load in os.getloadavg())})", flush=True)
    if json_file:
        told = {"date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), "arguments": arguments,
                "machine": about, "benchmarks": [report.as_dict() for report in reports]}
        try:
            json_file.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise HuoyanError(f"{json_file} can't be written: {error.strerror}") from None
    return 0


def _read(arguments: list[str]) -> tuple[Options, list[str], Path | None]:
    listing = "\n".join(f"  {name:9} {about}" for name, about in BENCHMARKS.items())
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=f"benchmarks:\n{listing}",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which to run; all if left out")
    parser.add_argument("--runs", type=int, default=3, help="times that each thing is measured (3)")
    parser.add_argument("--quick", action="store_true",
                        help="tiny sizes, to see that it works; the figures mean nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument("--seeds", default="101,102,103", help="of the cities of evaluate (101,102,103)")
    parser.add_argument("--history", type=Path, metavar="FILE", help="the Chicago table for evaluate")
    parser.add_argument("--units", default="", help="sizes for nightly (2000,20000,100000) and scale (10000,100000)")
    given = parser.parse_args(arguments)
    for name in given.names:
        if name not in BENCHMARKS:
            raise HuoyanError(f"there is no benchmark {name}: say one of {', '.join(BENCHMARKS)}")
    if not 1 <= given.runs <= 100:
        raise HuoyanError(f"--runs {given.runs} can't be used: say 1 to 100")
    seeds = _numbers("--seeds", given.seeds, 0, 2**63 - 1)
    units = _numbers("--units", given.units, 50, 1_000_000) if given.units else ()
    options = Options(given.runs, given.quick, seeds, given.history, units,
                      lambda line: print(f"  ... {line}", file=sys.stderr, flush=True))
    return options, given.names or list(BENCHMARKS), given.json


def _numbers(option: str, text: str, least: int, greatest: int) -> tuple[int, ...]:
    try:
        numbers = tuple(int(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if not numbers or not all(least <= number <= greatest for number in numbers):
        raise HuoyanError(f"{option} {text} can't be used: say whole numbers from {least} to {greatest} with commas "
                          f"between them")
    return numbers


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except HuoyanError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
