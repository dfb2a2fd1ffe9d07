"""The command: ``python -m tests.soak``. Exit code 1 when anything acknowledged was lost, doubled or wrong."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.servers.mosquitto import why_not as why_no_mosquitto
from tests.soak.database import why_not as why_no_database
from tests.soak.network import Loopback, Namespaces
from tests.soak.network import why_not as why_no_network
from tests.soak.scenarios import SCENARIOS, Options, Result

_COLUMNS = ("published", "acknowledged", "sent_again", "readings", "events", "alarms", "quarantined", "lost",
            "in_window", "doubled", "wrong")
_HEADS = ("published", "acked", "resent", "readings", "events", "alarms", "quarant.", "LOST", "broker's", "DOUBLED",
          "WRONG")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of traffic and faults (1)")
    parser.add_argument("--kills", type=int, default=30, help="SIGKILLs of each part (30)")
    parser.add_argument("--minutes", type=float, default=30.0, help="length of the steady run (30)")
    parser.add_argument("--rate", type=float, default=500.0, help="sustained messages a second (500)")
    parser.add_argument("--steady-rate", type=float, default=10_000.0,
                        help="messages a second of the steady run: half the top rate (10000)")
    parser.add_argument("--away", type=float, default=120.0, help="seconds that the database is away (120)")
    parser.add_argument("--only", nargs="+", choices=sorted(SCENARIOS), default=list(SCENARIOS), metavar="SCENARIO",
                        help=f"of {', '.join(SCENARIOS)}")
    parser.add_argument("--json", type=Path, help="write all counts to this file")
    parser.add_argument("--keep", type=Path, help="keep logs and ledgers in this folder")
    return parser.parse_args()


def _say(line: str) -> None:
    print(line, flush=True)


def _tell(result: Result) -> None:
    found = result.findings
    struck = ", ".join(f"{name} {count}" for name, count in sorted(result.struck.items())) or "nothing"
    _say(f"  struck: {struck}; took {result.seconds:.0f} s")
    if result.fell:
        _say("  ended by itself and was started again: " + ", ".join(f"{k} {v}" for k, v in result.fell.items()))
    _say("  " + ", ".join(f"{name} {getattr(found, name):,}" for name in _COLUMNS))
    for line in [*result.notes, *result.failures, *found.first]:
        _say(f"  - {line}")


def _table(results: list[Result]) -> None:
    rows = [("scenario", *_HEADS), *((result.name, *(f"{getattr(result.findings, name):,}" for name in _COLUMNS))
                                     for result in results)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        _say("  ".join([row[0].ljust(widths[0]),
                        *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]))


def main() -> int:
    chosen = _arguments()
    for reason in (why_no_mosquitto(), why_no_database()):
        if reason:
            print(f"soak: {reason}", file=sys.stderr)
            return 2
    no_network = why_no_network()
    options = Options(chosen.seed, chosen.kills, chosen.minutes, chosen.rate, chosen.steady_rate, chosen.away, _say)
    results: list[Result] = []
    not_run: list[str] = []
    for name in chosen.only:
        scenario = SCENARIOS[name]
        if scenario.needs_cables and no_network:
            not_run.append(f"{name}: not run: {no_network}")
            continue
        _say(f"{name}: {scenario.title} (seed {options.seed})")
        results.append(_run(name, options, bool(no_network), chosen.keep))
        _tell(results[-1])
    _say("")
    _table(results)
    for line in not_run:
        _say(line)
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(result) for result in results], indent=1), encoding="utf-8")
    bad = [result.name for result in results if not result.passed]
    in_window = sum(result.findings.in_window for result in results)
    if in_window:
        _say(f"{in_window:,} messages died with Mosquitto's memory, acknowledged within its save interval.")
    _say(f"FAILED: {', '.join(bad)}" if bad else "no acknowledged message was lost by ingest, none stored twice")
    return 1 if bad else 0


def _run(name: str, options: Options, on_loopback: bool, keep: Path | None) -> Result:
    network = Loopback() if on_loopback else Namespaces()
    try:
        with tempfile.TemporaryDirectory(prefix="huoyan-soak-", ignore_cleanup_errors=True) as made:
            folder = Path(made)
            if keep is not None:
                folder = keep / f"{name}-{os.getpid()}"
                folder.mkdir(parents=True)
            folder.chmod(0o711)
            return SCENARIOS[name].run(options, folder, network)
    finally:
        network.close()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
