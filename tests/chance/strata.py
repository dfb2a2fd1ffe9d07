"""Five strata with very unequal probabilities, and how often each unit is drawn."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import stats

from sampling.frames import View
from sampling.parameters import Parameters
from sampling.pareto import tuned, wanted
from sampling.population import Floats, Officer, Situation, Unit
from sampling.selection import select
from sampling.tickets import digest, unit_tickets, written
from tests.sampling.city import DISTRICT, LATE, frame_of, town, tree

# Units of a town, and how their scores spread: few and many, flat and steep.
_STRETCH = 30.0
_TOWNS = ((12, 0.5), (40, 3.0), (150, 2.0), (600, 4.0), (2000, 1.0))


@dataclass(frozen=True)
class Counted:
    """One stratum: the probabilities that were stated, and how often each unit was taken in ``draws`` draws."""

    name: str
    stated: Floats
    hits: Floats
    draws: int

    def beyond(self, share: float) -> int:
        """Units taken so much more or less often than stated that chance alone does it to fewer than ``share`` of them.
        """
        p = self.stated
        inside = (p > 0) & (p < 1)
        less = stats.binom.cdf(self.hits[inside], self.draws, p[inside])
        more = stats.binom.sf(self.hits[inside] - 1, self.draws, p[inside])
        return int((np.minimum(less, more) < share / 2).sum())

    def errors(self) -> Floats:
        """Standardised differences of the units whose chance is neither 0 nor 1."""
        p = self.stated
        inside = (p > 0) & (p < 1)
        found: Floats = (self.hits[inside] / self.draws - p[inside]) / np.sqrt(p[inside] * (1 - p[inside]) / self.draws)
        return found


def situation(seed: int) -> Situation:
    """Five towns with officers of their own, so that each is a desk and its random and targeted arms are strata."""
    rng = np.random.default_rng(seed)
    units, officers = [], []
    for n, (many, steep) in enumerate(_TOWNS, start=1):
        for place in range(many):
            score = round(float(100 * rng.random() ** steep), 2)
            units.append(Unit(f"U{n}{place:05d}", town(n), False, False, "ABCD"[min(3, int(score // 25))], score))
        officers += [Officer(f"T{n}{o}", "town", (town(n),), o % 2 == 0, True, 40) for o in range(12)]
    return Situation(LATE, units, officers, {**tree(len(_TOWNS)), DISTRICT: "990000"}, scores_as_of=LATE)


def ours(draws: int, seed: int) -> list[Counted]:
    """The targeted stratum of each town, drawn by the product from one frame with as many seeds."""
    # Days of many visits, so that even the least likely unit is drawn often enough to be counted.
    frame = frame_of(situation(seed), parameters=replace(Parameters.on(LATE), stretch=_STRETCH))
    view = View(frame)
    names = [f"{town(n)}/general/targeted/general" for n in range(1, len(_TOWNS) + 1)]
    hits = np.zeros(len(view))
    for number in range(draws):
        for visit in select(frame, digest([seed, number]), view)[1]:
            if "targeted" in (visit.arm, *visit.also):
                hits[visit.at] += 1
    p = view.chance("p_targeted")
    return [Counted(name, p[which], hits[which], draws) for name in names
            for which in [np.array([f"{view.areas[a]}/general/targeted/general" == name for a in view.area])]]


def whole(strata: list[Counted], draws: int, seed: int) -> list[Counted]:
    """Samples of a fixed size with probabilities in proportion to those of ``strata``, by the product's own keys."""
    out = []
    for held in strata:
        weights, inverse, counts = np.unique(held.stated, return_inverse=True, return_counts=True)
        p, size = fixed(held.stated)
        by_step = np.array([p[inverse == k][0] for k in range(len(weights))])
        odds = np.array(tuned(tuple(by_step.tolist()), tuple(counts.tolist()), size))[inverse]
        hits, names = np.zeros(len(p)), written([f"U{n}" for n in range(len(p))])
        certain = p == 1
        for number in range(draws):
            u = unit_tickets(digest([seed, number]), held.name, names) / 9007199254740992.0
            with np.errstate(divide="ignore"):
                keys = np.where(certain, -1.0, (u / (1 - u)) / odds)
            hits[np.argsort(keys, kind="stable")[:size]] += 1
        out.append(Counted(held.name, p, hits, draws))
    return out


def fixed(stated: Floats) -> tuple[Floats, int]:
    """Probabilities in the same proportion that sum to a whole size, none above 1."""
    weights, inverse, counts = np.unique(stated, return_inverse=True, return_counts=True)
    size = max(1, round(len(stated) / 20))
    return np.array(wanted(weights.tolist(), counts.tolist(), size))[inverse], size


def peer(strata: list[Counted], draws: int, seed: int, way: str) -> list[Counted] | None:
    """The same fixed sizes and probabilities drawn in R, ``package`` or ``formula``; None where there is no R."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "strata.txt"
        file.write_text("".join(" ".join(map(repr, held.stated.tolist())) + "\n" for held in strata), encoding="ascii")
        done = subprocess.run(["Rscript", str(Path(__file__).with_name("pips.R")), str(file), str(draws), str(seed),
                               way],
                              capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    return [Counted(held.name, held.stated, np.array(line.split(), dtype=np.float64), draws)
            for held, line in zip(strata, done.stdout.splitlines(), strict=True)]
