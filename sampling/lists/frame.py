"""The frame of a list draw: objects with weight, exclusion and probability, days, and each department's officers.

A pure function of plain values; ``docs/draw-protocol.md`` says what each field of ``huoyan-list/1`` means.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sampling.errors import DrawError
from sampling.lists.rules import ListRules
from sampling.population import Places
from sampling.quotas import steps
from sampling.roster import most
from sampling.strata import stratum
from sampling.tickets import order_of

LIST_PROTOCOL: Final = "huoyan-list/1"
OWN: Final = "fire"
DAILY_BODY: Final = "brigade"


@dataclass(frozen=True)
class ListObject:
    """One object of a list. ``unit_no``: the unit of the register that it is, or None; ``out``: why it can't be drawn,
    where something outside the rules of cap and interval says so (``closed``, ``drawn``, ``replaced``)."""

    object_no: str
    name: str
    area: str | None
    key: bool
    risk_class: str
    unit_no: str | None = None
    visits: int = 0
    last: dt.date | None = None
    planned: bool = False
    weight: float = 1.0
    out: str | None = None


@dataclass(frozen=True)
class ListOfficer:
    """An officer of a department; ``loads`` are the visits that each day leaves room for. No areas: everywhere."""

    officer_no: str
    body: str | None
    areas: tuple[str, ...]
    can_lead: bool
    certificate_valid: bool
    loads: tuple[int, ...]


@dataclass(frozen=True)
class Department:
    """A department that takes part, with its directory of officers."""

    code: str
    name: str
    officers: Sequence[ListOfficer]


@dataclass(frozen=True)
class Reason:
    """Why something is replaced: a code of policy, words, and the unit or the officer it is about."""

    code: str
    text: str
    unit: str | None = None
    officer: str | None = None


@dataclass(frozen=True)
class ListSpec:
    """What a list draw is made from. ``size`` None takes all that can be drawn."""

    kind: str
    title: str
    day: dt.date
    days: Sequence[dt.date]
    size: int | None
    order: str
    objects: Sequence[ListObject]
    departments: Sequence[Department]
    parents: Mapping[str, str | None]
    recusals: frozenset[tuple[str, str]] = frozenset()
    scores_as_of: dt.date | None = None
    of: Mapping[str, str] | None = None
    reason: Reason | None = None


@dataclass(frozen=True)
class ListHeader:
    """What identifies a list draw: its number, its place in the chain, its sources of entropy."""

    draw_no: str
    sequence: int
    previous: str
    frozen_at: str
    policy_version: str
    entropy: Sequence[Mapping[str, Any]]


def build(spec: ListSpec, rules: ListRules, header: ListHeader) -> dict[str, Any]:
    """The frame as JSON data; the order of the input rows changes nothing. Refused where officers can't do it."""
    objects = sorted(spec.objects, key=lambda one: order_of(one.object_no))
    fits = Fits(spec.parents, rules.bodies, spec.recusals)
    excluded = [_exclusion(one, spec, rules, fits) for one in objects]
    pool = [one for one, out in zip(objects, excluded, strict=True) if out is None]
    size = len(pool) if spec.size is None else spec.size
    _refuse(spec, len(objects), len(pool), size)
    weights, counts = steps(Counter(one.weight for one in pool))
    held = stratum("list", "", "list", "", float(size), 0.0, weights, counts)
    chance = {step.weight: step.p for step in held.steps}
    return {
        "protocol": LIST_PROTOCOL, "draw_no": header.draw_no, "kind": spec.kind, "title": spec.title,
        "draw_date": spec.day.isoformat(), "sequence": header.sequence, "previous": header.previous,
        "frozen_at": header.frozen_at, "entropy": [dict(source) for source in header.entropy],
        "policy": {"version": header.policy_version, "parameters": rules.as_json()},
        "scores_as_of": spec.scores_as_of.isoformat() if spec.scores_as_of else None,
        "of": dict(spec.of) if spec.of else None,
        "reason": None if spec.reason is None else {"code": spec.reason.code, "text": spec.reason.text,
                                                    "unit": spec.reason.unit, "officer": spec.reason.officer},
        "size": size, "order": spec.order, "days": [day.isoformat() for day in spec.days],
        "areas": [{"area": area, "parent": parent} for area, parent in sorted(spec.parents.items())],
        "steps": [{"weight": step.weight, "objects": step.units, "p": step.p, "odds": step.odds_low}
                  for step in held.steps],
        "objects": [{"object_no": one.object_no, "unit_no": one.unit_no, "area": one.area, "key": one.key,
                     "class": one.risk_class, "visits": one.visits,
                     "last": one.last.isoformat() if one.last else None, "weight": one.weight, "excluded": out,
                     "p": 0.0 if out else chance[one.weight]}
                    for one, out in zip(objects, excluded, strict=True)],
        "departments": [{"department": one.code, "name": one.name, "officers": [
            {"officer_no": o.officer_no, "body": o.body, "areas": sorted(o.areas), "can_lead": o.can_lead,
             "certificate_valid": o.certificate_valid, "loads": list(o.loads)}
            for o in sorted(one.officers, key=lambda o: order_of(o.officer_no))]} for one in spec.departments],
        "recusals": sorted([officer, number] for officer, number in spec.recusals),
    }


class Fits:
    """Who may visit what: certificate, body, area, recusal; loads aside. Recusals are of the own department."""

    def __init__(self, parents: Mapping[str, str | None], bodies: Mapping[str, Sequence[str]],
                 recusals: frozenset[tuple[str, str]]) -> None:
        self._places, self._bodies, self._recusals = Places(parents), bodies, recusals

    def team(self, department: str, officers: Sequence[ListOfficer], object_no: str, area: str | None, key: bool,
             day: int | None) -> tuple[int, ...]:
        """The officers, by position, who may make a visit; ``day`` None: on any of the days."""
        return tuple(o for o, one in enumerate(officers) if one.certificate_valid
                     and (max(one.loads, default=0) if day is None else one.loads[day]) > 0
                     and self.near(one, area, key)
                     and not (department == OWN and (one.officer_no, object_no) in self._recusals))

    def near(self, one: ListOfficer, area: str | None, key: bool) -> bool:
        """Whether body and areas of an officer fit an object."""
        if one.body is not None and one.body not in self._bodies["key" if key else "general"]:
            return False
        if not one.areas or area is None:
            return True
        above = self._places.line(area)
        return any(own in above or (one.body == DAILY_BODY and area in self._places.line(own)) for own in one.areas)


def _exclusion(one: ListObject, spec: ListSpec, rules: ListRules, fits: Fits) -> dict[str, Any] | None:
    for department in spec.departments:
        team = fits.team(department.code, department.officers, one.object_no, one.area, one.key, None)
        if len(team) < 2 or not any(department.officers[o].can_lead for o in team):
            return {"code": "no_officers", "department": department.code}
    if one.out is not None:
        return {"code": one.out}
    if one.planned and "planned" in rules.exclusions:
        return {"code": "planned"}
    if one.visits >= rules.cap[one.risk_class] and "cap" in rules.exclusions:
        return {"code": "cap", "cap": rules.cap[one.risk_class]}
    if one.last is not None and "recent" in rules.exclusions:
        until = one.last + dt.timedelta(days=rules.exclusion_days[one.risk_class])
        if spec.days[0] < until:
            return {"code": "recent", "until": until.isoformat()}
    return None


def _refuse(spec: ListSpec, objects: int, pool: int, size: int) -> None:
    """A list too short, or officers too few for it, in one sentence with the numbers."""
    if not pool:
        raise DrawError(f"none of the {objects} objects of the list can be drawn: they are closed, planned, "
                        f"visited too recently or too often, or no two officers who may go there have room",
                        zh=f"名单中的 {objects} 家对象均不可抽取：已注销、已有待检查任务、近期已检查、已达上限，"
                           f"或没有两名仍可派出的人员")
    if size > pool:
        raise DrawError(f"{size} visits are asked for, and {pool} of the {objects} objects of the list can be drawn",
                        zh=f"要求抽取 {size} 家，名单 {objects} 家中可抽取的只有 {pool} 家")
    for department in spec.departments:
        able = [o for o, one in enumerate(department.officers) if one.certificate_valid]
        leads = [one.can_lead for one in department.officers]
        can = sum(most([one.loads[d] for one in department.officers], leads, able,
                       sum(department.officers[o].loads[d] for o in able) // 2) for d in range(len(spec.days)))
        if can < size:
            raise DrawError(f"the officers of {department.code} can make {can} visits from {spec.days[0]} to "
                            f"{spec.days[-1]} beside those already planned, and {size} are asked for",
                            zh=f"{department.name}的人员在 {spec.days[0]} 至 {spec.days[-1]} "
                               f"除已安排任务外可完成 {can} 次检查，要求 {size} 次")
