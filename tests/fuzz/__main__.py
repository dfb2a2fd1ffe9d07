"""Fuzz the decoders and print what came of it: ``python -m tests.fuzz [TARGET ...] [--inputs N] [--seconds S]``."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz import seeds, structured
from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
#: libFuzzer calls an input that takes longer a hang, and a process that takes more a leak.
_MOST_SECONDS, _MOST_MEGABYTES = 10, 2048
_LONGEST_INPUT = {"frames": 400, "payload": 400, "stream": 300, "sparkplug": 400, "packets": 400, "json": 500,
                  "topic": 500, "clock": 80}


@dataclass(frozen=True)
class Outcome:
    """What one run of a target came to. ``slowest`` in seconds; ``crash`` is what libFuzzer said where it stopped."""

    inputs: int
    seconds: float
    corpus: int
    slowest: float
    megabytes: int
    crash: str


def fuzz(target: str, *, inputs: int, seconds: int, folder: Path, seed: int, is_blind: bool = False) -> Outcome:
    """Run one target in a process of its own; its corpus grows in ``folder``, where its log is too."""
    corpus, crashes, log = folder / target, folder / "crashes", folder / f"{target}.log"
    slowest = folder / f"{target}.slowest"
    for path in (corpus, crashes):
        path.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(seeds.seeds(target)):
        (corpus / f"seed-{number:04}").write_bytes(content)
    words = folder / "words"
    words.write_text("\n".join(seeds.WORDS) + "\n", encoding="utf-8")
    slowest.unlink(missing_ok=True)
    began = time.monotonic()
    with log.open("wb") as output:
        done = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.guided", target, str(corpus), f"-runs={inputs}",
             f"-max_total_time={seconds}", f"-max_len={_LONGEST_INPUT[target]}", f"-dict={words}", f"-seed={seed}",
             f"-timeout={_MOST_SECONDS}", f"-rss_limit_mb={_MOST_MEGABYTES}", f"-artifact_prefix={crashes}/{target}-",
             "-print_final_stats=1", "-verbosity=1"],
            cwd=ROOT, stdout=output,
            env={**os.environ, "HUOYAN_FUZZ_SLOWEST": str(slowest), "HUOYAN_FUZZ_BLIND": "1" if is_blind else ""},
            stderr=subprocess.STDOUT, check=False)
    told = log.read_text(errors="replace")

    def stat(name: str) -> int:
        found = re.search(rf"stat::{name}:\s*(\d+)", told)
        return int(found.group(1)) if found else 0

    took = float(slowest.read_text().split()[0]) if slowest.exists() else 0.0
    return Outcome(stat("number_of_executed_units"), time.monotonic() - began, len(list(corpus.iterdir())), took,
                   stat("peak_rss_mb"), "" if done.returncode == 0 else _ending(told))


def _ending(told: str) -> str:
    """Where a run stopped: from the exception on, without what libFuzzer says of itself."""
    return told[max(told.find("Uncaught Python exception"), len(told) - 6000, 0):]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description="Fuzz the decoders.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"one of {', '.join(TARGETS)}; all if left out")
    parser.add_argument("--inputs", type=int, default=10_000_000, help="inputs for each target (10,000,000)")
    parser.add_argument("--seconds", type=int, default=0, help="longest time for each target (0: no limit)")
    parser.add_argument("--seed", type=int, default=1, help="where chance begins (1)")
    parser.add_argument("--folder", type=Path, default=ROOT / ".fuzz", help="for corpus and crashes (.fuzz)")
    parser.add_argument("--blind", action="store_true", help="from the grown corpus, without coverage: faster")
    parser.add_argument("--structured", action="store_true", help="hypothesis instead of atheris, for the JSON forms")
    chosen = parser.parse_args()
    for name in chosen.targets:
        if name not in TARGETS:
            parser.error(f"there is no target {name}: name one of {', '.join(TARGETS)}")
    if chosen.structured:
        structured.run(chosen.inputs, chosen.seed)
        return 0
    crashed = False
    for target in chosen.targets or TARGETS:
        outcome = fuzz(target, inputs=chosen.inputs, seconds=chosen.seconds, folder=chosen.folder, seed=chosen.seed,
                       is_blind=chosen.blind)
        rate = outcome.inputs / max(outcome.seconds, 0.001)
        print(f"{target:8} {outcome.inputs:>12,} inputs {rate:>9,.0f} a second, "
              f"corpus {outcome.corpus:>6,}, slowest {outcome.slowest * 1000:>7.1f} ms, "
              f"{outcome.megabytes:>5,} MB at most{'' if not outcome.crash else ', CRASHED'}", flush=True)
        if outcome.crash:
            crashed = True
            print(outcome.crash, file=sys.stderr)
    return int(crashed)


if __name__ == "__main__":
    raise SystemExit(main())
