"""Compares the verifiers in Python and in JavaScript on thousands of random frames, honest and tampered.

``make verifiers`` takes 10,000 frames; ``make verifiers ARGS='--frames 500 --first 20000'`` others, or fewer. Each
frame is frozen and drawn, both derive every number from it, both check the bundle, and both check it changed at random
places.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from typing import Any

from sampling import verify
from sampling.tickets import canonical
from tests.sampling.city import bundle_of, odd_city
from tests.sampling.second import NODE, Second, plain, second
from tests.sampling.tampering import Tamperer

_NAMES = {0: "agrees", 1: "does not agree", 2: "no bundle"}


def differs(other: Second, bundle: dict[str, Any]) -> str | None:
    """The first number that the two derive differently from the frame and the entropy, bit for bit."""
    theirs, frame, result = other.derive(canonical(bundle)), bundle["frame"], bundle["result"]
    rows = {row["unit_no"]: row for row in theirs["drawn"]}
    pairs = dict(zip(rows, theirs["pairs"], strict=True))
    kept = ("weight", "units", "low", "high", "p")
    strata = [{**row, "steps": [{name: step[name] for name in kept} for step in row["steps"]]}
              for row in frame["strata"]]
    both = {
        "commitment": (theirs["commitment"], bundle["commitment"]), "seed": (theirs["seed"], bundle["seed"]),
        "quotas": (theirs["derived"]["quotas"], frame["quotas"]),
        "precision": (theirs["derived"]["precision"], frame["precision"]),
        "tau": (theirs["derived"]["tau"], frame["tau"]["value"]),
        "wanted": (theirs["derived"]["wanted"], [desk["wanted"] for desk in frame["desks"]]),
        "strata": (theirs["derived"]["strata"], strata),
        "profiles": (theirs["derived"]["profiles"], frame["profiles"]),
        "sizes": (theirs["sizes"], [row["size"] for row in result["sizes"]]),
        "visits": ([{**row, "lead": pair[0], "second": pair[1]} for name, row in rows.items() if (pair := pairs[name])],
                   [{key: held for key, held in row.items() if key != "position"} for row in result["visits"]]),
        "unassigned": ([row for name, row in rows.items() if not pairs[name]],
                       [{key: held for key, held in row.items() if key != "reason"} for row in result["unassigned"]]),
    }
    return next((name for name, (one, two) in both.items() if one != two), None)


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="verifiers", description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the seed of the first frame")
    parser.add_argument("--changes", type=int, default=1, help="tampered bundles for each frame")
    options = parser.parse_args(words)
    if NODE is None:
        print("no Node here: the verifier in JavaScript can't be run", file=sys.stderr)
        return 2
    start, told, wrong = time.monotonic(), time.monotonic(), 0
    bits = visits = sentences = 0
    honest: Counter[int] = Counter()
    changed: Counter[int] = Counter()
    with second() as other:
        for n, seed in enumerate(range(options.first, options.first + options.frames), 1):
            bundle = bundle_of(odd_city(seed), str(seed))
            content = canonical(bundle)
            name = differs(other, bundle)
            bits += name is None
            visits += len(bundle["result"]["visits"])
            if name:
                print(f"frame {seed}: the two derive other {name}")
            files = [content, *(json.dumps(one.bundle).encode()
                                for one in Tamperer(json.loads(content), seed).changes(options.changes))]
            for k, data in enumerate(files):
                mine, theirs = verify.check(data), other.check(data)
                if mine[0] != theirs[0]:
                    print(f"frame {seed}, file {k}: Python says {mine}, JavaScript {theirs}")
                    wrong += 1
                (changed if k else honest)[mine[0]] += 1
                sentences += plain(mine[1]) == plain(theirs[1])
            if time.monotonic() - told > 30 or n == options.frames:
                told = time.monotonic()
                print(f"{n} frames, {visits} visits: {bits} derived alike bit for bit; honest: {_told(honest)}; "
                      f"tampered: {_told(changed)}; {wrong} with another status, "
                      f"{sum((honest + changed).values()) - sentences} with another sentence; "
                      f"{time.monotonic() - start:.0f} s", flush=True)
    return 1 if wrong or bits < options.frames or honest[0] < options.frames else 0


def _told(counts: Counter[int]) -> str:
    return ", ".join(f"{counts[status]} {_NAMES[status]}" for status in sorted(counts)) or "none"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
