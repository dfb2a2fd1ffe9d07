"""The frame: who could be drawn on a day, with which probability, who was left out and why, and who could go.

A pure function of a :class:`~sampling.population.Situation` and the rules. What it returns is plain JSON data; the
protocol in ``docs/draw-protocol.md`` says what each field means and how it can be computed again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from policy import WorkCalendar
from sampling import profiles
from sampling.desks import desks, grants, shortage
from sampling.frames import CAPACITY, EXCLUSIONS
from sampling.parameters import CLASSES, GROUPS, Parameters
from sampling.population import Flags, Floats, Ints, Places, Situation
from sampling.quotas import Counted, mass, quotas, steps
from sampling.share import kept_random, needed, stretched, tau
from sampling.strata import Step, Stratum, quantised, stratum, total_probability
from sampling.tickets import PROTOCOL, order_of

# Distinct weights of a stratum, rising, and how many units have each; by desk, arm and turn.
Levels = Mapping[tuple[int, str, str], tuple[list[float], list[int]]]


@dataclass(frozen=True)
class Header:
    """What identifies a draw before its content: its number, its place in the chain and its sources of entropy."""

    draw_no: str
    sequence: int
    previous: str
    frozen_at: str
    policy_version: str
    entropy: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Days:
    """Working days: left of the year, the draw's own with them, of the whole year, and those to spread what is left."""

    left: int
    year: int
    spread: int

    @classmethod
    def on(cls, day: dt.date, work: WorkCalendar, buffer: int) -> Days:
        last = dt.date(day.year, 12, 31)
        left = len(work.between(day, last))
        # Near the year's end the buffer shrinks to half of what is left, so that not everything falls due at once.
        return cls(left, len(work.between(dt.date(day.year, 1, 1), last)), left - min(buffer, left // 2))


@dataclass(frozen=True)
class Split:
    """How the day is split: the targeted share earned and used, the units that the rate is about and the random visits
    that it needs, what the pace is stretched by, and for each desk what it was granted and what it wanted."""

    earned: float
    tau: float
    units: int
    needed: float
    stretch: float
    capacity: list[float]
    wanted: list[float]


def build(situation: Situation, parameters: Parameters, work: WorkCalendar, header: Header, *,
          tune: bool = True) -> dict[str, Any]:
    """The frame of one day as JSON data; the order of the input rows changes nothing."""
    return Maker(situation, parameters, Days.on(situation.day, work, parameters.buffer_days), tune=tune).frame(header)


class Maker:
    """Makes one frame, step by step; :mod:`sampling.replay` makes past ones again with a step changed."""

    def __init__(self, situation: Situation, parameters: Parameters, days: Days, *, tune: bool = True,
                 places: Places | None = None) -> None:
        self.parameters, self.tune, self.situation = parameters, tune, situation
        self.day, self.days = situation.day, days
        self.units = held = situation.population()
        self.officers = sorted(situation.officers, key=lambda officer: order_of(officer.officer_no))
        places = places or Places(situation.parents)
        kinds = ("general", "key")
        is_key = (held.group < 2).astype(np.int32)
        pairs = np.flatnonzero(np.bincount(held.area * 2 + is_key, minlength=2 * len(held.areas)))
        self.desks = desks(((held.areas[pair // 2], kinds[pair % 2]) for pair in pairs.tolist()), self.officers, places,
                           parameters.bodies)
        position = {area: n for n, area in enumerate(held.areas)}
        table = np.zeros((len(held.areas), 2), dtype=np.int32)
        for d, desk in enumerate(self.desks):
            table[[position[area] for area in desk.covers], kinds.index(desk.kind)] = d
        self.at: Ints = table[held.area, is_key]
        self.classes = np.where(held.risk_class < 0, CLASSES.index(parameters.class_without_score),
                                held.risk_class).astype(np.int32)
        self.turn = profiles.turns(held.group, held.visits)
        self.excluded = self._exclusions()
        counted = self._counted()
        self.quotas = quotas(counted, parameters, days.spread, days.year)
        self.profiles = self._profiles()
        paces = {key: (quota.first, quota.again) for key, quota in self.quotas.items()}
        self.weights = [self._weights(profile, paces) for profile in self.profiles]

    def frame(self, header: Header) -> dict[str, Any]:
        held = self.units
        outline, excluded = self.outline(header)
        return outline | {
            "units": {"unit_no": list(held.unit_no), "area": held.area.tolist(), "group": held.group.tolist(),
                      "class": self.classes.tolist(), "score": _or_null(held.score, np.isnan(held.score)),
                      "visits": held.visits.tolist(), "ago": _or_null(held.ago, held.ago < 0),
                      "excluded": excluded.tolist()}}

    def outline(self, header: Header) -> tuple[dict[str, Any], Ints]:
        """The frame without its units, and why each of them is left out."""
        split, strata = self._strata()
        chances = self._chances(strata)
        return {
            "protocol": PROTOCOL, "draw_no": header.draw_no, "draw_date": self.day.isoformat(),
            "sequence": header.sequence, "previous": header.previous, "frozen_at": header.frozen_at,
            "entropy": [dict(source) for source in header.entropy],
            "policy": {"version": header.policy_version, "parameters": self.parameters.as_json()},
            "scores_as_of": self.situation.scores_as_of.isoformat() if self.situation.scores_as_of else None,
            "days": asdict(self.days),
            "tau": {"earned": split.earned, "value": split.tau,
                    "lift": asdict(self.situation.lift) if self.situation.lift else None},
            "precision": {"units": split.units, "needed": split.needed, "stretch": split.stretch},
            "quotas": [asdict(self.quotas[group, c]) for group in GROUPS for c in CLASSES],
            "areas": [{"area": area, "parent": self.situation.parents.get(area)} for area in self.units.areas],
            "desks": [{"desk": desk.name, "kind": desk.kind, "covers": list(desk.covers),
                       "officers": len(desk.officers), "free": desk.free, "wanted": split.wanted[d],
                       "capacity": split.capacity[d],
                       "note": shortage(desk) or ("short" if split.capacity[d] < split.wanted[d] else None)}
                      for d, desk in enumerate(self.desks)],
            "strata": [{"stratum": held.name, "desk": held.desk, "arm": held.arm, "group": held.group,
                        "expected": held.expected, "steps": [asdict(step) for step in held.steps]} for held in strata],
            "profiles": [{"stratum": f"{self.desks[profile.desk].name}/{profiles.TURNS[profile.turn]}",
                          "class": CLASSES[profile.risk_class], "band": profile.band, "units": profile.units, **chance}
                         for profile, chance in zip(self.profiles, chances, strict=True)],
            "officers": [{"officer_no": o.officer_no, "body": o.body, "areas": sorted(o.areas), "can_lead": o.can_lead,
                          "certificate_valid": o.certificate_valid, "load": o.load} for o in self.officers],
            "recusals": sorted([officer, unit] for officer, unit in self.situation.recusals),
        }, self._beyond(chances)

    @property
    def place(self) -> Ints:
        """The position of each unit's profile, -1 where the unit is left out for another reason than capacity."""
        found = np.full(len(self.units), -1, dtype=np.int32)
        found[self.excluded == 0] = self._profile_of
        return found

    def _exclusions(self) -> Ints:
        """Why each unit is left out, as a position in ``EXCLUSIONS``: the first reason that applies."""
        held, code = self.units, {name: n for n, name in enumerate(EXCLUSIONS)}
        cap = np.array([self.parameters.cap[c] for c in CLASSES])[self.classes]
        interval = np.array([self.parameters.exclusion_days[c] for c in CLASSES])[self.classes]
        free = np.array([desk.free for desk in self.desks], dtype=np.int64)[self.at]
        reasons = ((free == 0, "no_officers"), (held.planned, "planned"), (held.visits >= cap, "cap"),
                   ((held.ago >= 0) & (held.ago < interval), "recent"))
        return np.select([when for when, _ in reasons], [code[name] for _, name in reasons], 0).astype(np.int32)

    def _counted(self) -> dict[tuple[str, str], Counted]:
        held = self.units
        staffed = np.array([desk.staffed for desk in self.desks], dtype=np.bool_)[self.at]
        kind = held.group * len(CLASSES) + self.classes

        def count(which: Flags) -> list[int]:
            found: list[int] = np.bincount(kind[which & staffed], minlength=len(GROUPS) * len(CLASSES)).tolist()
            return found

        first = (held.visits == 0) & (self.excluded == 0)
        rows = zip(count(staffed), count(held.visits > 0), count(first), strict=True)
        return {(GROUPS[n // len(CLASSES)], CLASSES[n % len(CLASSES)]): Counted(*row) for n, row in enumerate(rows)}

    def _profiles(self) -> list[profiles.Profile]:
        """Those of the units that are not left out, in the order of desk, turn, class and band."""
        width = self.parameters.score_band
        code, many = profiles.codes(self.at, self.turn, self.classes, profiles.bands(self.units.score, width), width)
        found, self._profile_of, units = np.unique(code[self.excluded == 0], return_inverse=True, return_counts=True)
        return [profiles.of(one, many, number) for one, number in zip(found.tolist(), units.tolist(), strict=True)]

    def _weights(self, profile: profiles.Profile, paces: profiles.Paces) -> dict[str, float]:
        return profile.weights(paces, self.parameters.weight_duty, self.parameters)

    def _due(self) -> Sequence[float]:
        """Crowded key units not yet visited this year, by desk."""
        found: list[float] = np.bincount(self.at[self.turn == 0], minlength=len(self.desks)).tolist()
        return found

    def _strata(self) -> tuple[Split, list[Stratum]]:
        members: dict[tuple[int, str, str], dict[float, int]] = {}
        for profile, weights in zip(self.profiles, self.weights, strict=True):
            for arm, weight in weights.items():
                many_of = members.setdefault((profile.desk, arm, profiles.TURNS[profile.turn]), {})
                many_of[weight] = many_of.get(weight, 0) + profile.units
        due = self._due()
        levels = {key: steps(counts) for key, counts in members.items()}
        many = {key: sum(counts.values()) for key, counts in members.items()}
        duty = [min(due[d] / self.days.spread, many.get((d, "duty", "duty"), 0)) for d in range(len(self.desks))]
        paces = [self._mass(levels, d, "random", 1.0) for d in range(len(self.desks))]
        earned = tau(self.situation.lift, self.parameters.tau)
        known = sum(quota.units for quota in self.quotas.values())
        visits = needed(known, self.parameters.precision, self.days.year)
        pace = 0.0
        for d in range(len(self.desks)):
            pace = pace + sum_(paces[d])
        stretch = stretched(self.parameters.stretch, visits, pace)
        wanted = [duty[d] + stretch * sum_(paces[d]) / (1 - earned) for d in range(len(self.desks))]
        capacity = grants(self.desks, self.officers, duty, [wanted[d] - duty[d] for d in range(len(self.desks))])
        beyond = 0.0
        for d in range(len(self.desks)):
            beyond = beyond + (capacity[d] - min(duty[d], capacity[d]))
        share = kept_random(earned, beyond, visits, self.parameters.tau["floor"])
        split = Split(earned, share, known, visits, stretch, capacity, wanted)
        made: list[Stratum] = []
        start = 0.0
        for d, desk in enumerate(self.desks):
            for (arm, turn), size in self._sizes(d, duty[d], split, paces[d], levels, many).items():
                made.append(stratum(f"{desk.name}/{arm}/{turn}", desk.name, arm, turn, size, start,
                                    *levels[d, arm, turn], tune=self.tune))
                start += size
        return split, made

    def _mass(self, levels: Levels, d: int, arm: str, again: float) -> dict[str, float]:
        """Sum of the weights of one arm at one desk by group and turn, in the order of the protocol."""
        return {turn: mass(*levels[d, arm, turn]) * (again if turn.endswith("-again") else 1.0)
                for turn in profiles.TURNS if (d, arm, turn) in levels}

    def _sizes(self, d: int, duty: float, split: Split, pace: Mapping[str, float], levels: Levels,
               many: Mapping[tuple[int, str, str], int]) -> dict[tuple[str, str], float]:
        """Expected visits by (arm, group) of one desk, in the order in which strata stand."""
        sizes: dict[tuple[str, str], float] = {}
        share = split.tau
        first, beyond = self._day(d, duty, split, sum_(pace))
        if (d, "duty", "duty") in levels:
            sizes["duty", "duty"] = quantised(first)
        risk = self._mass(levels, d, "targeted", self.parameters.again_factor)
        for arm, part, masses in (("random", (1 - share) * beyond, pace), ("targeted", share * beyond, risk)):
            over = sum_(masses)
            for turn, weight in masses.items():
                sizes[arm, turn] = quantised(min(many[d, arm, turn], part * weight / over))
        return sizes

    def _day(self, d: int, duty: float, split: Split, whole: float) -> tuple[float, float]:
        """Visits of one desk that go to duties, and those beyond them; ``whole`` is the pace of its random arm."""
        first = min(duty, split.capacity[d])
        return first, min(split.capacity[d] - first, split.stretch * whole / (1 - split.tau))

    def _chances(self, strata: Sequence[Stratum]) -> list[dict[str, float]]:
        """The probabilities of each profile."""
        by_key = {(held.desk, held.arm, held.group): (held, {step.weight: step for step in held.steps})
                  for held in strata}
        out = []
        for profile, weights in zip(self.profiles, self.weights, strict=True):
            chance = {f"p_{arm}": 0.0 for arm in profiles.ARMS}
            parts: list[tuple[Stratum, Step]] = []
            for arm in profiles.ARMS:
                if arm in weights:
                    held, found = by_key[self.desks[profile.desk].name, arm, profiles.TURNS[profile.turn]]
                    step = found[weights[arm]]
                    chance[f"p_{arm}"] = step.p
                    parts.append((held, step))
            out.append({**chance, "p_total": total_probability(parts)})
        return out

    def _beyond(self, chances: Sequence[Mapping[str, float]]) -> Ints:
        """The reasons, with those added that nothing of the day is left for."""
        out = self.excluded.copy()
        nothing = np.array([chance["p_total"] == 0 for chance in chances], dtype=np.bool_)
        if len(nothing):
            out[self.excluded == 0] = np.where(nothing[self._profile_of], CAPACITY, 0)
        return out


def _or_null(values: Ints | Floats, none: Flags) -> list[Any]:
    """A column as JSON has it: whole numbers without a point, nothing where there is none."""
    known, where = np.unique(np.where(none, 0, values), return_inverse=True)
    told: list[Any] = [int(value) if value == int(value) else value for value in known.tolist()]
    found = [told[n] for n in where.tolist()]
    for n in np.flatnonzero(none).tolist():
        found[n] = None
    return found


def sum_(table: Mapping[str, float]) -> float:
    """Sum in the order of the table: ``sum`` of newer Pythons compensates and would differ from other languages."""
    total = 0.0
    for value in table.values():
        total = total + value
    return total
