"""The rest of a unit's record: complaints, fires, the credit ledger and the credit lists."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import numpy as np

from simulators.city.findings import Findings
from simulators.city.latents import QUARTER_DAYS, Latents
from simulators.city.model import SHANGHAI, Row

_COMPLAINTS_YEAR = .15
_FIRES_YEAR = .045
_ELSEWHERE_YEAR = .30
"""Records of other departments (tax, labour, market supervision) a unit and year: they show how it is run."""
_COMPLAINT_KINDS = ("blocked_exit", "obstructed_evacuation", "facilities_off", "facilities_broken", "electrical",
                    "dangerous_goods", "ebike", "other")
_COMPLAINT_SHARES = (.26, .08, .08, .18, .12, .05, .13, .10)
_URGENT = _COMPLAINT_KINDS[:3]
_CHANNELS = ("12345", "96119", "wechat", "visit", "letter")
_CAUSES = ("电气线路故障", "用火不慎", "遗留火种", "生产作业", "电动自行车", "原因不明")
_ELSEWHERE = ("elsewhere_abnormal_operation", "elsewhere_tax", "elsewhere_labour", "elsewhere_contract")
# Points and articles as this made-up city's ledger has them; a real ledger goes by the rules of its day.
_POINTS: dict[str, tuple[float, str]] = {
    "penalty_warning": (-2.0, "消防法 Art. 58-69"), "penalty_fine": (-6.0, "消防法 Art. 58-69"),
    "penalty_suspension": (-12.0, "消防法 Art. 58"), "penalty_seal": (-10.0, "消防监督检查规定 Art. 22"),
    "major_hazard": (-10.0, "消防监督检查规定 Art. 21"), "order_overdue": (-5.0, "消防监督检查规定 Art. 20"),
    "complaint_verified": (-2.0, "消防监督检查规定 Art. 18"), "fire_ordinary": (-8.0, "消防法 Art. 64"),
    "fire_simple": (-2.0, "消防法 Art. 64"), "elsewhere_abnormal_operation": (-3.0, "企业经营异常名录"),
    "elsewhere_tax": (-2.0, "纳税信用记录"), "elsewhere_labour": (-1.5, "劳动保障守法记录"),
    "elsewhere_contract": (-2.0, "司法执行记录"),
}


def complaint_rows(rng: np.random.Generator, units: list[Row], latents: Latents, quarters: int) -> list[Row]:
    """Complaints of the quarters before ``latents.until``; busy places are complained of more, well run ones less.

    ``check_by`` is left None: the clock of each kind is law, and law is not known here.
    """
    found: list[tuple[dt.datetime, int, bool]] = []
    crowded = np.array([unit["is_crowded"] for unit in units], dtype=np.float64)
    for quarter in range(quarters):
        rate = _COMPLAINTS_YEAR / 4 * np.exp(.55 * latents.management[quarter] + .35 * latents.exposure
                                             + .45 * crowded - .45)
        for unit in np.repeat(np.arange(len(units)), rng.poisson(rate)).tolist():
            right = bool(rng.random() < .25 + .65 * latents.risk(quarter)[unit])
            found.append((_moment(rng, latents.until, quarter), unit, right))
    rows = []
    for number, (received, unit, right) in enumerate(sorted(found), 1):
        kind = _COMPLAINT_KINDS[int(rng.choice(len(_COMPLAINT_KINDS), p=_COMPLAINT_SHARES))]
        hours = rng.gamma(2.0, 5.0 if kind in _URGENT else 14.0) * (2.5 if rng.random() < .03 else 1.0)
        checked = received + dt.timedelta(minutes=int(hours * 60) + 20)
        done = checked.astimezone(SHANGHAI).date() < latents.until
        rows.append({
            "complaint_no": f"TS{received.astimezone(SHANGHAI):%Y%m%d}{number:05d}", "unit_no": units[unit]["unit_no"],
            "received_at": received, "channel": _CHANNELS[int(rng.choice(5, p=(.5, .22, .18, .06, .04)))],
            "anonymous": bool(rng.random() < .6), "kind": kind, "check_by": None,
            "checked_at": checked if done else None, "verified": right if done else None, "note": None,
            "entered_by": "simulator"})
    return rows


def fire_rows(rng: np.random.Generator, units: list[Row], latents: Latents, quarters: int) -> list[Row]:
    """Fires; most are minor ones."""
    found: list[tuple[dt.datetime, int]] = []
    for quarter in range(quarters):
        rate = _FIRES_YEAR / 4 * np.exp(.60 * latents.equipment[quarter] + .25 * latents.management[quarter]
                                        + .45 * latents.exposure - .3)
        found += [(_moment(rng, latents.until, quarter), unit)
                  for unit in np.repeat(np.arange(len(units)), rng.poisson(rate)).tolist()]
    return [{"fire_no": f"HZ{when.astimezone(SHANGHAI):%Y%m%d}{number:04d}", "unit_no": units[unit]["unit_no"],
             "occurred_at": when,
             "procedure": ("minor", "simple", "ordinary")[int(rng.choice(3, p=(346 / 484, 120 / 484, 18 / 484)))],
             "note": _CAUSES[int(rng.integers(len(_CAUSES)))]}
            for number, (when, unit) in enumerate(sorted(found), 1)]


def _moment(rng: np.random.Generator, until: dt.date, quarter: int) -> dt.datetime:
    """Some minute of a quarter, by day rather than by night."""
    day = until - dt.timedelta(days=quarter * QUARTER_DAYS + 1 + int(rng.integers(0, QUARTER_DAYS)))
    minute = int(np.clip(14 * 60 + 280 * rng.normal(), 0, 1439))
    return (dt.datetime.combine(day, dt.time(), SHANGHAI) + dt.timedelta(minutes=minute)).astimezone(dt.UTC)


def credit_rows(rng: np.random.Generator, units: list[Row], latents: Latents, findings: Findings,
                complaints: list[Row], fires: list[Row], quarters: int) -> list[Row]:
    """The ledger: penalties, major hazards, late orders, true complaints, fires, and what others report."""
    rows = [_entry(penalty["unit_no"], penalty["decided_on"], "penalty_" + penalty["kind"], penalty["case_no"])
            for penalty in findings.penalties]
    rows += [_entry(hazard["unit_no"], hazard["found_on"], "major_hazard",
                    f"{hazard['inspection_no']}/{hazard['item_code']}")
             for hazard in findings.hazards if hazard["is_major"]]
    rows += [_entry(order["unit_no"], day, "order_overdue", order["order_no"]) for order, day in findings.late_orders
             if day < latents.until]
    rows += [_entry(complaint["unit_no"], complaint["checked_at"].astimezone(SHANGHAI).date(), "complaint_verified",
                    complaint["complaint_no"]) for complaint in complaints if complaint["verified"]]
    rows += [_entry(fire["unit_no"], fire["occurred_at"].astimezone(SHANGHAI).date(), "fire_" + fire["procedure"],
                    fire["fire_no"]) for fire in fires if fire["procedure"] != "minor"]
    number = 0
    for quarter in range(quarters):
        rate = _ELSEWHERE_YEAR / 4 * np.exp(.30 * latents.management[quarter] - .05)
        for unit in np.repeat(np.arange(len(units)), rng.poisson(rate)).tolist():
            number += 1
            kind = _ELSEWHERE[int(rng.choice(4, p=(.4, .3, .15, .15)))]
            day = _moment(rng, latents.until, quarter).astimezone(SHANGHAI).date()
            rows.append(_entry(units[unit]["unit_no"], day, kind, f"XY{day:%Y%m%d}{number:05d}"))
    return sorted(rows, key=lambda row: (row["occurred_on"], row["event_kind"], row["event_ref"]))


def _entry(unit_no: str, day: dt.date, kind: str, ref: str) -> Row:
    points, article = _POINTS[kind]
    return {"unit_no": unit_no, "occurred_on": day, "points": points, "event_kind": kind, "event_ref": ref,
            "article": article}


def listing_rows(rng: np.random.Generator, units: list[Row], latents: Latents, findings: Findings,
                 entries: list[Row]) -> list[Row]:
    """一般失信, 严重失信 and 守信激励 lists; one unit is on at most one of them."""
    cases: defaultdict[str, list[dt.date]] = defaultdict(list)
    for penalty in findings.penalties:
        cases[penalty["unit_no"]].append(penalty["decided_on"])
    stuck = {hazard["unit_no"]: hazard["due_on"] for hazard in findings.late if hazard["is_major"]}
    marked = {entry["unit_no"] for entry in entries}
    rows: list[Row] = []
    for index, unit in enumerate(units):
        number = unit["unit_no"]
        days = sorted(cases.get(number, ()))
        third = next((days[i + 2] for i in range(len(days) - 2) if (days[i + 2] - days[i]).days <= 365), None)
        second = next((days[i + 1] for i in range(len(days) - 1) if (days[i + 1] - days[i]).days <= 365), None)
        if number in stuck or third:
            start = min(day for day in (stuck.get(number), third) if day) + dt.timedelta(days=10)
            rows += _listed(number, "serious", start, 3 * 365, "重大火灾隐患逾期未改" if number in stuck else
                            "一年内三次以上行政处罚", latents.until)
        elif second:
            rows += _listed(number, "general", second + dt.timedelta(days=10), 365, "一年内两次行政处罚", latents.until)
        elif number not in marked and latents.management[0, index] < -1.0 and rng.random() < .30:
            start = latents.until - dt.timedelta(days=int(rng.integers(30, 500)))
            rows += _listed(number, "red", start, 730, "消防安全守信典型", latents.until)
    return rows


def _listed(unit_no: str, name: str, start: dt.date, days: int, basis: str, until: dt.date) -> list[Row]:
    if start >= until:
        return []
    end = start + dt.timedelta(days=days)
    return [{"unit_no": unit_no, "list": name, "from_day": start, "to_day": end, "basis": basis}]
