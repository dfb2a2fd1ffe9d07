"""A plan put together as plain JSON, and what of it is public."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from policy import Rule, calendar, rules
from registry.items import Item
from sampling.parameters import CLASSES, GROUPS
from sampling.plans import capacity, words
from sampling.plans.capacity import DeskYear, Enrolled
from sampling.plans.reading import Rules, Span
from sampling.plans.shares import paces
from sampling.plans.targets import Held, Key, Row, quotas, spread
from sampling.population import Places

FORMAT = "huoyan-plan/1"
Content = dict[str, Any]
Areas = Mapping[str, Mapping[str, Any]]
# Every rule that a plan is made with, by the start of its name: what is printed is what was used.
PRINTED = ("draw.ratio.", "draw.cap", "draw.bodies", "draw.buffer_days", "draw.class_without_score",
           "draw.counted_kinds", "draw.exclusion_days", "draw.officers", "draw.planned_open_days", "plans.")
HOW = {
    "zh": "各类单位年度应查家数＝各等级比例×家数之和（不足总比例下限时按同一规则统一上调），小数进位；"
          "在等级间、区域间按最大余数法分配整数，一个区域在前一等级多得或少得的，在下一等级抵补；"
          "各月按每日抽取的进度（工作日、年末预留天数、各月力度）分配。各项合计与分项完全相等。",
    "en": "The yearly quota of a group of units is the sum of ratio times units over classes (raised by one rule where "
          "that is below the group's least total), rounded up; classes and areas share it in whole visits by largest "
          "remainder, and what an area was given too much or too little in one class is set off in the next; months "
          "follow the pace of the daily draw (working days, the buffer at the end of the year, weights of months). "
          "Every total is the sum of its parts."}


@dataclass(frozen=True)
class Known:
    """Everything a plan is made from."""

    held: Mapping[Key, Held]
    officers: Sequence[Enrolled]
    areas: Areas
    items: Sequence[Item]
    scores_as_of: dt.date | None


@dataclass(frozen=True)
class Heading:
    """What a plan is called and what it follows. ``salt`` keeps its digest from telling class by trial."""

    plan_no: str
    year: int
    month: int | None
    version: int
    previous: str
    reason: str | None
    salt: str


def of_year(known: Known, span: Span, held_rules: Rules, heading: Heading) -> Content:
    """The plan of a year from what is known on ``span.as_of``."""
    days = span.days
    pace = paces(days, held_rules.draw.buffer_days, held_rules.season)
    rows = spread(quotas(known.held, held_rules.draw), pace)
    return assemble(known, span, held_rules, heading, rows, pace, days)


def assemble(known: Known, span: Span, held_rules: Rules, heading: Heading, rows: Sequence[Row],
             pace: Sequence[float], days: Sequence[dt.date], basis: Mapping[str, Any] | None = None) -> Content:
    """The content of a plan: rows, totals, desks and what can't be met over ``days``, items and rules."""
    places = Places({code: area["parent"] for code, area in known.areas.items()})
    found = capacity.year(rows, known.officers, places, held_rules.draw.bodies, days, held_rules.reserve)
    told = [_shortfall(desk, known.areas) for desk in found.desks if desk.shortfall]
    return {
        "format": FORMAT, "plan_no": heading.plan_no, "year": heading.year, "month": heading.month,
        "version": heading.version, "previous": heading.previous, "reason": heading.reason, "salt": heading.salt,
        "as_of": span.as_of.isoformat(), "first_day": span.first.isoformat(),
        "scores_as_of": known.scores_as_of.isoformat() if known.scores_as_of else None, "basis": basis,
        "policy_version": rules().version(span.first), "rules": [_rule(rule) for rule in printed(span.first)],
        "how": HOW,
        "calendar": _calendar(span, days, pace),
        "areas": {code: dict(known.areas[code]) for code in _named(rows, known.areas)},
        "rows": [asdict(row) | {"booked": list(row.booked), "months": list(row.months)} for row in rows],
        "totals": totals(rows), "desks": [_desk(desk, known.areas) for desk in found.desks],
        "pools": [{"desks": list(pool.desks), "covers": list(pool.covers), "months": list(pool.months)}
                  for pool in found.pools], "shortfalls": told,
        "items": [_item(item) for item in known.items]}


def printed(day: dt.date) -> list[Rule]:
    """The rules that a plan is made with, as they hold on ``day``."""
    return [rule for rule in rules().on(day) if rule.name.startswith(PRINTED)]


def totals(rows: Sequence[Row]) -> Content:
    """Sums of the rows: in all, by group, class, kind and area."""
    def by(name: str, keys: Sequence[str], of: Any) -> list[Content]:
        return [{name: key} | _sum([row for row in rows if of(row) == key]) for key in keys]

    return {"all": _sum(rows), "group": by("group", GROUPS, lambda row: row.group),
            "class": by("class", CLASSES, lambda row: row.risk_class),
            "kind": by("kind", ("key", "general"), lambda row: "general" if row.group == "general" else "key"),
            "area": by("area", sorted({row.area for row in rows}), lambda row: row.area)}


def _sum(rows: Sequence[Row]) -> Content:
    return {"units": sum(row.units for row in rows), "quota": sum(row.quota for row in rows),
            "done": sum(row.done for row in rows), "left": sum(row.left for row in rows),
            "booked": [sum(row.booked[m] for row in rows) for m in range(12)],
            "months": [sum(row.months[m] for row in rows) for m in range(12)]}


def _calendar(span: Span, days: Sequence[dt.date], pace: Sequence[float]) -> Content:
    working = [day.month for day in days]
    return {"announced": calendar().is_announced(span.year), "working_days": len(days),
            "months": [{"month": m, "working_days": working.count(m), "share": pace[m - 1]} for m in range(1, 13)]}


def _named(rows: Sequence[Row], areas: Areas) -> list[str]:
    """The areas of the rows and all above them."""
    found = set()
    for row in rows:
        here: str | None = row.area
        while here is not None and here in areas and here not in found:
            found.add(here)
            here = areas[here]["parent"]
    return sorted(found)


def _desk(desk: DeskYear, areas: Areas) -> Content:
    covers = list(desk.covers)
    return {"desk": desk.desk, "kind": desk.kind, "covers": covers, "place": words.place(covers, areas),
            "officers": desk.officers, "leads": desk.leads, "months": [asdict(month) for month in desk.months]}


def _shortfall(desk: DeskYear, areas: Areas) -> Content:
    assert desk.shortfall is not None  # noqa: S101  the caller asked
    told = asdict(desk.shortfall) | {"place": words.place(list(desk.covers), areas), "covers": list(desk.covers)}
    told["causes"] = [one | {"day": one["day"].isoformat() if one["day"] else None} for one in told["causes"]]
    return told | {"words": words.shortfall(told), "mend": words.mend(told)}


def _item(item: Item) -> Content:
    return asdict(item) | {"valid_from": item.valid_from.isoformat(),
                           "valid_to": item.valid_to.isoformat() if item.valid_to else None}


def _rule(rule: Rule) -> Content:
    return {"name": rule.name, "zh": rule.zh, "en": rule.en, "unit": rule.unit, "value": _plain(rule.value),
            "valid_from": rule.valid_from.isoformat(), "source": rule.source, "article": rule.article, "tag": rule.tag}


def _plain(value: Any) -> Any:
    # YAML keys may be numbers (months); JSON has only text.
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value
