"""The frame: who could be drawn on a day, with which probability, who was left out and why, and who could go.

A pure function of a :class:`~sampling.population.Situation` and the rules. What it returns is plain JSON data; the
protocol in ``docs/draw-protocol.md`` says what each field means and how it can be computed again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from policy import WorkCalendar
from sampling.desks import Desk, desks, grants, shortage
from sampling.parameters import CLASSES, GROUPS, Parameters
from sampling.population import Places, Situation, Unit
from sampling.quotas import Counted, Quota, mass, quotas, steps, targeted_weight
from sampling.share import kept_random, needed, stretched, tau
from sampling.strata import Step, Stratum, quantised, stratum, total_probability
from sampling.tickets import PROTOCOL, order_of

ARMS = ("duty", "random", "targeted")
_TURNS = tuple(f"{group}{turn}" for group in GROUPS for turn in ("", "-again"))


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

    def __init__(self, situation: Situation, parameters: Parameters, days: Days, *, tune: bool = True) -> None:
        self.parameters, self.tune, self.situation = parameters, tune, situation
        self.day, self.days = situation.day, days
        self.units = sorted(situation.units, key=lambda unit: order_of(unit.unit_no))
        self.officers = sorted(situation.officers, key=lambda officer: order_of(officer.officer_no))
        kinds = {unit.unit_no: "key" if unit.is_key else "general" for unit in self.units}
        self.desks = desks(((unit.area, kinds[unit.unit_no]) for unit in self.units), self.officers,
                           Places(situation.parents), parameters.bodies)
        place = {(area, desk.kind): d for d, desk in enumerate(self.desks) for area in desk.covers}
        self.at = [place[unit.area, kinds[unit.unit_no]] for unit in self.units]
        self.classes = [unit.risk_class or parameters.class_without_score for unit in self.units]
        self.excluded = [self._exclusion(unit, c, self.desks[d])
                         for unit, c, d in zip(self.units, self.classes, self.at, strict=True)]
        self.quotas = quotas(self._counted(), parameters, days.spread, days.year)
        self.weights = [self._weights(n) for n in range(len(self.units))]

    def frame(self, header: Header) -> dict[str, Any]:
        split, strata = self._strata()
        by_key = {(held.desk, held.arm, held.group): (held, {step.weight: step for step in held.steps})
                  for held in strata}
        totals: dict[tuple[tuple[str, float], ...], float] = {}
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
            "areas": [{"area": area, "parent": parent} for area, parent in sorted(self.situation.parents.items())],
            "desks": [{"desk": desk.name, "kind": desk.kind, "covers": list(desk.covers),
                       "officers": len(desk.officers), "free": desk.free, "wanted": split.wanted[d],
                       "capacity": split.capacity[d],
                       "note": shortage(desk) or ("short" if split.capacity[d] < split.wanted[d] else None)}
                      for d, desk in enumerate(self.desks)],
            "strata": [{"stratum": held.name, "desk": held.desk, "arm": held.arm, "group": held.group,
                        "expected": held.expected, "steps": [asdict(step) for step in held.steps]} for held in strata],
            "units": [self._unit(n, by_key, totals) for n in range(len(self.units))],
            "officers": [{"officer_no": o.officer_no, "body": o.body, "areas": sorted(o.areas), "can_lead": o.can_lead,
                          "certificate_valid": o.certificate_valid, "load": o.load} for o in self.officers],
            "recusals": sorted([officer, unit] for officer, unit in self.situation.recusals),
        }

    def _exclusion(self, unit: Unit, risk_class: str, desk: Desk) -> dict[str, Any] | None:
        if desk.free == 0:
            return {"code": "no_officers"}
        if unit.planned:
            return {"code": "planned"}
        if unit.visits >= self.parameters.cap[risk_class]:
            return {"code": "cap", "cap": self.parameters.cap[risk_class]}
        if unit.last is not None:
            until = unit.last + dt.timedelta(days=self.parameters.exclusion_days[risk_class])
            if self.day < until:
                return {"code": "recent", "until": until.isoformat()}
        return None

    def _counted(self) -> dict[tuple[str, str], Counted]:
        numbers: dict[tuple[str, str], list[int]] = {}
        for unit, c, d, out in zip(self.units, self.classes, self.at, self.excluded, strict=True):
            if self.desks[d].staffed:
                held = numbers.setdefault((unit.group, c), [0, 0, 0])
                held[0] += 1
                held[1] += unit.visits > 0
                held[2] += unit.visits == 0 and out is None
        return {key: Counted(*held) for key, held in numbers.items()}

    def _weights(self, n: int) -> dict[str, float]:
        """The unit's weight in each arm that it takes part in; a duty still open has an arm of its own."""
        if self.excluded[n] is not None:
            return {}
        unit, c = self.units[n], self.classes[n]
        quota: Quota = self.quotas[unit.group, c]
        weights = {"targeted": targeted_weight(c, unit.score, self.parameters)}
        if unit.group == "duty" and unit.visits == 0:
            weights["duty"] = self.parameters.weight_duty[c]
        else:
            weights["random"] = quota.again if unit.visits else quota.first
        return weights

    def _turn(self, n: int) -> str:
        return self.units[n].group + ("-again" if self.units[n].visits else "")

    def _due(self) -> Sequence[float]:
        """Crowded key units not yet visited this year, by desk."""
        due = [0] * len(self.desks)
        for n, unit in enumerate(self.units):
            due[self.at[n]] += unit.group == "duty" and unit.visits == 0
        return due

    def _strata(self) -> tuple[Split, list[Stratum]]:
        members: dict[tuple[int, str, str], list[float]] = {}
        due = self._due()
        for n in range(len(self.units)):
            for arm, weight in self.weights[n].items():
                members.setdefault((self.at[n], arm, self._turn(n)), []).append(weight)
        levels = {key: steps(weights) for key, weights in members.items()}
        many = {key: len(weights) for key, weights in members.items()}
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
            for (arm, group), size in self._sizes(d, duty[d], split, paces[d], levels, many).items():
                weights, counts = levels[d, arm, group]
                held = stratum(f"{desk.name}/{arm}/{group}", desk.name, arm, group, size, start, weights, counts,
                               tune=self.tune)
                made.append(held)
                start += size
        return split, made

    def _mass(self, levels: Mapping[tuple[int, str, str], tuple[list[float], list[int]]], d: int, arm: str,
              again: float) -> dict[str, float]:
        """Sum of the weights of one arm at one desk by group and turn, in the order of the protocol."""
        return {turn: mass(*levels[d, arm, turn]) * (again if turn.endswith("-again") else 1.0)
                for turn in _TURNS if (d, arm, turn) in levels}

    def _sizes(self, d: int, duty: float, split: Split, pace: Mapping[str, float],
               levels: Mapping[tuple[int, str, str], tuple[list[float], list[int]]],
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

    def _unit(self, n: int, by_key: Mapping[tuple[str, str, str], tuple[Stratum, dict[float, Step]]],
              totals: dict[tuple[tuple[str, float], ...], float]) -> dict[str, Any]:
        unit, desk = self.units[n], self.desks[self.at[n]]
        chances = dict.fromkeys(ARMS, 0.0)
        parts: list[tuple[Stratum, Step]] = []
        for arm in ARMS:
            if arm in self.weights[n]:
                held, found = by_key[desk.name, arm, self._turn(n)]
                step = found[self.weights[n][arm]]
                chances[arm] = step.p
                parts.append((held, step))
        key = tuple((held.name, step.weight) for held, step in parts)
        if key not in totals:
            totals[key] = total_probability(parts) if parts else 0.0
        out = self.excluded[n]
        if out is None and totals[key] == 0:
            out = {"code": "capacity"}
        return {"unit_no": unit.unit_no, "area": unit.area, "stratum": f"{desk.name}/{self._turn(n)}",
                "key": unit.is_key, "crowded": unit.is_crowded, "class": self.classes[n], "score": unit.score,
                "visits": unit.visits, "last": unit.last.isoformat() if unit.last else None, "excluded": out,
                "p_duty": chances["duty"], "p_random": chances["random"], "p_targeted": chances["targeted"],
                "p_total": totals[key]}


def sum_(table: Mapping[str, float]) -> float:
    """Sum in the order of the table: ``sum`` of newer Pythons compensates and would differ from other languages."""
    total = 0.0
    for value in table.values():
        total = total + value
    return total
