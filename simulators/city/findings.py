"""What one inspection finds, how it is handled, whether it is corrected in time, and what it costs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np

from simulators.city.items import BY_SEVERITY, EQUIPMENT, MANAGEMENT, Item
from simulators.city.latents import Latents, sigmoid
from simulators.city.model import Row

_MINOR = .40
_MORE_SERIOUS = .30
_CRITICAL = .26
_MAJOR = .018
"""Share of critical findings that are determined a major hazard (重大火灾隐患)."""
FINES = {"58": (30_000, 300_000), "60": (5_000, 50_000), "61": (5_000, 50_000), "66": (1_000, 5_000)}


@dataclass
class Findings:
    """Hazards, orders and penalties so far, and what was not corrected in time."""

    hazards: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    penalties: list[Row] = field(default_factory=list)
    late: list[Row] = field(default_factory=list)
    """Hazards not corrected in time."""
    late_orders: list[tuple[Row, dt.date]] = field(default_factory=list)
    """Orders whose re-inspection failed, with its day."""


@dataclass(frozen=True)
class Outcome:
    """Result of an inspection and the days of its re-inspections with whether the unit passed."""

    result: str
    serious: bool
    rechecks: list[tuple[dt.date, bool]]


def inspect(rng: np.random.Generator, visit: Row, unit: Row, latents: Latents, quarter: int, index: int,
            strictness: float, findings: Findings) -> Outcome:
    """Draw what an inspection finds: serious hazards by the true risk and the strictness of those who look."""
    management, equipment = float(latents.management[quarter, index]), float(latents.equipment[quarter, index])
    lean = .6 * strictness
    serious = bool(rng.random() < sigmoid(latents.logit[quarter, index] + strictness))
    count = 1 + int(rng.poisson(_MORE_SERIOUS * np.exp(.3 * lean))) if serious else 0
    severities = ["critical" if rng.random() < _CRITICAL else "serious" for _ in range(count)]
    severities += ["minor"] * int(rng.poisson(_MINOR * np.exp(.30 * (management + equipment) / 2 + .5 * lean - .05)))
    used: set[str] = set()
    found: list[tuple[Item, Row]] = []
    for severity in severities:
        item = _item(rng, severity, unit, management, equipment, used)
        if item is not None:
            found.append((item, _hazard(rng, visit, item, management)))
    if not found:
        return Outcome("pass", False, [])
    findings.hazards += [hazard for _, hazard in found]
    rechecks = _order(rng, visit, [hazard for _, hazard in found], findings, latents.until)
    _punish(rng, visit, found, rechecks, findings, latents.until)
    # Nothing on or after the last day has happened: a correction that lies ahead is open.
    for _, hazard in found:
        if hazard["corrected_on"] is not None and hazard["corrected_on"] >= latents.until:
            hazard["corrected_on"] = None
    ordered = any(hazard["handling"] == "ordered" for _, hazard in found)
    return Outcome("hazards_ordered" if ordered else "hazards_corrected", serious, rechecks)


def _item(rng: np.random.Generator, severity: str, unit: Row, management: float, equipment: float,
          used: set[str]) -> Item | None:
    """An item of that severity on the side on which the unit is weak."""
    pool = [item for item in BY_SEVERITY[severity] if item.code not in used]
    if not unit["is_crowded"]:
        pool = [item for item in pool if item.code != "S01"]
    if not pool:
        return None
    pull = {EQUIPMENT: np.exp(.6 * equipment), MANAGEMENT: np.exp(.6 * management)}
    weights = np.array([float(pull.get(item.side, .7)) for item in pool])
    item = pool[int(rng.choice(len(pool), p=weights / weights.sum()))]
    used.add(item.code)
    return item


def _hazard(rng: np.random.Generator, visit: Row, item: Item, management: float) -> Row:
    day: dt.date = visit["inspected_on"]
    handling = "ordered"
    if item.severity == "minor" and rng.random() < .33:
        handling = "corrected_on_spot" if rng.random() < .85 else "recorded"
    major = item.severity == "critical" and rng.random() < _MAJOR * np.exp(.6 * management)
    due = corrected = None
    if handling == "corrected_on_spot":
        corrected = day
    elif handling == "ordered":
        allowed = 90 if major else 3 if item.severity == "critical" else int(rng.choice((7, 10, 15, 30)))
        due = day + dt.timedelta(days=allowed)
        on_time = rng.random() < float(sigmoid(2.5 - .95 * management - (.8 if major else 0.0)))
        delay = -int(rng.random() * allowed * .7) if on_time else 1 + int(rng.exponential(16 * np.exp(.3 * management)))
        corrected = due + dt.timedelta(days=delay)
        if not on_time and rng.random() < .04 * np.exp(.5 * management):
            corrected = None
    return {"inspection_no": visit["inspection_no"], "unit_no": visit["unit_no"], "item_code": item.code,
            "severity": item.severity, "is_major": bool(major), "found_on": day, "handling": handling, "due_on": due,
            "corrected_on": corrected, "note": None}


def _order(rng: np.random.Generator, visit: Row, hazards: list[Row], findings: Findings,
           until: dt.date) -> list[tuple[dt.date, bool]]:
    """One notice for all that was ordered; a re-inspection within days of its end, and again until all is right."""
    ordered = [hazard for hazard in hazards if hazard["handling"] == "ordered"]
    if not ordered:
        return []
    due = max(hazard["due_on"] for hazard in ordered)
    rechecks: list[tuple[dt.date, bool]] = []
    day = _workday(due + dt.timedelta(days=1 + int(rng.integers(0, 3))))
    for _ in range(2):
        passed = all(hazard["corrected_on"] is not None and hazard["corrected_on"] <= day for hazard in ordered)
        rechecks.append((day, passed))
        if passed:
            break
        day = _workday(day + dt.timedelta(days=15 + int(rng.integers(0, 20))))
    closed = rechecks[-1][0] if rechecks[-1][1] and rechecks[-1][0] < until else None
    findings.orders.append({
        "order_no": f"ZG{visit['inspection_no'][2:]}", "inspection_no": visit["inspection_no"],
        "unit_no": visit["unit_no"], "kind": "immediate" if (due - visit["inspected_on"]).days <= 3 else "time_limited",
        "served_on": visit["inspected_on"], "correct_by": due, "recheck_by": due + dt.timedelta(days=5),
        "closed_on": closed, "created_by": visit["entered_by"]})
    if not rechecks[0][1]:
        findings.late_orders.append((findings.orders[-1], rechecks[0][0]))
    findings.late += [hazard for hazard in ordered if hazard["due_on"] < until
                      and (hazard["corrected_on"] is None or hazard["corrected_on"] > hazard["due_on"])]
    return rechecks


def _workday(day: dt.date) -> dt.date:
    return day + dt.timedelta(days=(0, 0, 0, 0, 0, 2, 1)[day.weekday()])


def _punish(rng: np.random.Generator, visit: Row, found: list[tuple[Item, Row]], rechecks: list[tuple[dt.date, bool]],
            findings: Findings, until: dt.date) -> None:
    """A case for the gravest item, more likely where the first re-inspection failed."""
    item, _ = min(found, key=lambda pair: ("critical", "serious", "minor").index(pair[0].severity))
    failed = bool(rechecks) and not rechecks[0][1] and rechecks[0][0] < until
    chance = {"critical": .72, "serious": .38, "minor": .04}[item.severity] + (.40 if failed else 0.0)
    if rng.random() >= chance:
        return
    start = rechecks[0][0] if failed else visit["inspected_on"]
    decided = _workday(start + dt.timedelta(days=5 + int(rng.integers(0, 40))))
    if decided >= until:
        return
    kind, amount = "fine", None
    low, high = FINES.get(item.article, (0, 0))
    if item.article == "58" or (item.severity == "critical" and rng.random() < .06):
        kind = "suspension" if rng.random() < .6 else "fine"
    if item.severity == "critical" and rng.random() < .015:
        kind = "seal"
    if not high or (item.severity != "critical" and rng.random() < .25):
        kind = "warning"
    if kind in ("fine", "suspension"):
        amount = float(round((low + (high - low) * rng.beta(1.1, 5.0)) / 500) * 500)
    findings.penalties.append({
        "case_no": f"火消行罚决字〔{decided.year}〕{len(findings.penalties) + 1:05d}号", "unit_no": visit["unit_no"],
        "inspection_no": visit["inspection_no"], "decided_on": decided, "kind": kind, "amount_yuan": amount,
        "article": f"消防法第{CHINESE[item.article]}条", "withdrawn_on": None, "entered_by": visit["entered_by"]})


CHINESE = {"58": "五十八", "60": "六十", "61": "六十一", "63": "六十三", "66": "六十六", "67": "六十七"}
