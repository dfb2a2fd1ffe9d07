"""``make chance``: whether draws are as random as they say, against what was stated and against a peer.

Units of five strata with very unequal probabilities are drawn many thousand times, each time with another seed, and
counted; the same fixed-size samples are drawn by the R package ``sampling`` where it is there. Tickets are looked at as
numbers: whether they are uniform (chi-square), and whether one tells anything of the next (serial test).
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
from scipy import stats

from sampling.tickets import digest, unit_tickets, written
from tests.chance import strata
from tests.chance.strata import Counted


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chance", description=__doc__)
    parser.add_argument("--draws", type=int, default=20_000, help="draws, each with a seed of its own (20,000)")
    parser.add_argument("--seed", type=int, default=1, help="which seeds, and which city (1)")
    options = parser.parse_args(arguments)
    if not 100 <= options.draws <= 10_000_000:
        parser.error("--draws must be between 100 and 10,000,000")
    wrong = 0
    found = strata.ours(options.draws, options.seed)
    wrong += told("frames of the product, as stated in the frame", found)
    fixed = strata.whole(found, options.draws, options.seed)
    wrong += told("fixed sizes, the product's keys", fixed)
    for way, title in (("formula", "fixed sizes, plain Pareto odds in R"),
                       ("package", "fixed sizes, sampling::UPopips of R as it is")):
        other = strata.peer(fixed, options.draws, options.seed, way)
        if other is None:
            print("\nR with its package sampling is not here: no comparison (tests/chance/prepare installs both)")
            break
        told(title, other)
    wrong += tickets(options.seed)
    print("\nall as stated" if not wrong else f"\n{wrong} of these are not as stated")
    return 1 if wrong else 0


def told(title: str, counted: list[Counted]) -> int:
    """Print each stratum's errors; how many are beyond what chance explains."""
    print(f"\n{title}: {counted[0].draws:,} draws")
    print(f"{'stratum':36} {'units':>6} {'chances':>19} {'largest error':>14} {'mean square':>12} {'beyond 3':>9} "
          f"expected")
    wrong = 0
    for held in counted:
        errors = held.errors()
        p = held.stated[(held.stated > 0) & (held.stated < 1)]
        share = 2 * stats.norm.sf(3)
        beyond, chance = held.beyond(share), len(errors) * share
        # Of thousands of units some are beyond three standard errors by chance: as many as that are not wrong.
        bad = beyond > stats.poisson.ppf(0.999, chance)
        wrong += bad
        print(f"{held.name:36} {len(errors):6} {p.min():9.2g} {p.max():9.2g} {np.abs(errors).max():14.2f} "
              f"{np.square(errors).mean():12.3f} {beyond:9} {chance:8.2f}{'  !' if bad else ''}")
    return wrong


def tickets(seed: int) -> int:
    """Chi-square of tickets in 1,000 classes, of pairs of neighbours in 32 x 32, and the correlation of neighbours."""
    names = written([f"U{n:07d}" for n in range(1_000_000)])
    u = unit_tickets(digest(["tickets", seed]), "random", names) / 9007199254740992.0
    single = stats.chisquare(np.bincount((u * 1000).astype(int), minlength=1000)).pvalue
    first, second = (u[:-1:2] * 32).astype(int), (u[1::2] * 32).astype(int)
    pairs = stats.chisquare(np.bincount(first * 32 + second, minlength=1024)).pvalue
    lag = float(np.corrcoef(u[:-1], u[1:])[0, 1])
    print(f"\ntickets of 1,000,000 units with neighbouring numbers: chi-square p {single:.3f}, serial (pairs) p "
          f"{pairs:.3f}, correlation of neighbours {lag:+.5f} (chance: within {2.58 / len(u) ** 0.5:.5f} in 99 of 100)")
    return sum(p < 0.0005 for p in (single, pairs)) + (abs(lag) > 3.5 / len(u) ** 0.5)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
