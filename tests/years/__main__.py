"""The command: ``python -m tests.years``. Exit code 1 when a promise of a draw was broken in any simulated year."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

from tests.years.promises import Verdict, digest, simulated


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.years", description=__doc__)
    parser.add_argument("--years", type=int, default=200, help="how many, each of another city (200)")
    parser.add_argument("--seed", type=int, default=1, help="of the first city (1)")
    parser.add_argument("--sealed", type=int, default=4, help="of them with every bundle sealed and verified (4)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="write all verdicts to this file")
    return parser.parse_args()


def main() -> int:
    chosen, began = _arguments(), time.monotonic()
    jobs = [(chosen.seed + n, n < chosen.sealed) for n in range(chosen.years)]
    found: list[Verdict] = []
    with ProcessPoolExecutor(chosen.processes, get_context("spawn")) as pool:
        for verdict in pool.map(simulated, *zip(*jobs, strict=True)):
            found.append(verdict)
            for line in verdict.failures:
                print(f"BROKEN {line}", flush=True)
            if len(found) % 20 == 0 or len(found) == len(jobs):
                print(f"{len(found)} years, {sum(len(one.failures) for one in found)} broken promises, "
                      f"{time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n", encoding="utf-8")

    def total(name: str) -> int:
        return sum(getattr(one, name) for one in found)

    broken = sum(len(one.failures) for one in found)
    missed = [one for one in found if one.impossible or one.late]
    sealed = [one for one in found if one.bundles]
    lines = [
        f"{len(found)} years, seeds {chosen.seed} to {chosen.seed + len(found) - 1}: {total('days'):,} working days, "
        f"{total('lost'):,} of them without anybody; {total('units'):,} units, {total('visits'):,} visits",
        f"crowded key units: {total('duties'):,}; missed {total('impossible') + total('late')} in {len(missed)} "
        f"years: for {total('impossible')} no pair was ever free, for {total('late')} the last free pair stood "
        f"before more lost days than the rules keep in hand",
        f"class ratios: {total('ratios'):,}; {total('short')} not within one visit where officers were too few for the "
        f"pace on the last day",
        f"caps, intervals, certificates, recusals, leave, loads, leads, areas: {total('visits'):,} visits",
        f"bundles verified, with their chains: {total('bundles'):,} of {len(sealed)} years",
        f"broken promises: {broken}; {time.monotonic() - began:.0f} s, load average "
        f"{', '.join(f'{load:.1f}' for load in os.getloadavg())}; digest {digest(found)}"]
    print("\n".join(lines))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
