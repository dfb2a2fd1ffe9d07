"""Off-site findings by rule: each rule of ``findings.rule.*`` looks at what is stored, as of a moment.

A look goes back ``findings.look_back_days`` and finds every episode that meets its rule, whether or not it still lasts;
so a run that was missed costs nothing but time. What is found is a lead: a person decides (:mod:`casework.findings`).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from casework import findings as kept
from casework.findings import Episode, Terms
from ingest.stretches import MOST_NAMED, Stretch, by_device, devices, fact, runs_of_days, text
from policy import PolicyError, rules
from policy.clocks import SHANGHAI, legal_day
from policy.rules import Rule
from store import Database, Queries
from store.database import Connection

_q = Queries(__file__)
_PREFIX = "findings.rule."
_ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Look:
    """One rule's look at the data: what it asks by, and the window (``since``, ``as_of``]."""

    connection: Connection
    value: Mapping[str, Any]
    as_of: dt.datetime
    since: dt.datetime
    rejoin: dt.timedelta

    @property
    def day(self) -> dt.date:
        """The legal day whose rules hold."""
        return legal_day(self.as_of)

    def rows(self, name: str, **more: Any) -> list[dict[str, Any]]:
        """A query of the window; ``hours`` is the table of hours by kind of device."""
        hours = self.value.get("hours")
        asked = {"as_of": self.as_of, "since": self.since,
                 "hours": json.dumps(hours if isinstance(hours, Mapping) else {"default": hours})}
        return self.connection.execute(_q[name], asked | more).fetchall()


def run(db: Database, now: dt.datetime) -> dict[str, Any]:
    """Look for findings as of ``now``: those that began, went on, ended or lost their ground. Twice is as good as once.

    Each rule is a transaction of its own. Moments must rise from run to run: an earlier one than the last changes
    nothing, since what was decided meanwhile could not be told from what was not known.
    """
    book, day = rules(), legal_day(now)
    since = _midnight(day - dt.timedelta(days=book.value("findings.look_back_days", day)))
    terms = Terms(since, dt.timedelta(hours=book.value("findings.rejoin_hours", day)),
                  {state: dt.timedelta(days=days) for state, days in book.value("findings.again_days", day).items()})
    told: dict[str, Any] = {"raised": 0, "seen": 0, "lapsed": 0}
    for rule in book.on(day, _PREFIX):
        code = rule.name.removeprefix(_PREFIX)
        detector = _DETECTORS.get(code)
        if detector is None:
            raise PolicyError(f"the rule {rule.name} asks for findings that nothing detects: say one of "
                              f"{', '.join(sorted(_DETECTORS))}")
        with db.connection() as connection:
            if not kept.look(connection, code, now):
                continue
            found = [_with_limit(episode, rule) for episode in
                     detector.detect(Look(connection, rule.value, now, since, terms.rejoin))]
            reach = detector.reach(rule.value) if detector.reach else None
            changes = kept.keep(connection, code, found, now, terms if reach is None else
                                replace(terms, whole_from=since + reach), rule.value["decide_within"])
        told["raised"] += len(changes.fresh)
        told["seen"] += len(changes.seen)
        told["lapsed"] += len(changes.lapsed)
        if changes.fresh:
            told[code] = len(changes.fresh)
    return told


def _with_limit(episode: Episode, rule: Rule) -> Episode:
    """The evidence says under which rule it was found, so that it can be read when the rule has changed."""
    limit = {"rule": rule.name, "from": str(rule.valid_from), "source": rule.source, "tag": rule.tag,
             "value": {name: value for name, value in rule.value.items() if name != "decide_within"}}
    return Episode(episode.unit_id, episode.subject, episode.device_id, episode.began_at, episode.ended_at,
                   {**episode.evidence, "limit": limit}, episode.is_cut)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), SHANGHAI).astimezone(dt.UTC)


def _condition(kind: str) -> Callable[[Look], list[Episode]]:
    """A condition that a device reported, or that was found of it, and that has lasted too long."""
    def detect(look: Look) -> list[Episode]:
        return by_device(map(_stretch, look.rows("conditions", kind=kind)), look.as_of, look.rejoin)
    return detect


def _faults(look: Look) -> list[Episode]:
    kinds = [kind["code"] for kind in rules().value("events.kinds", look.day) if kind["class"] == "fault"]
    return by_device(map(_stretch, look.rows("faults", kinds=kinds)), look.as_of, look.rejoin)


def _stretch(row: dict[str, Any]) -> Stretch:
    return Stretch(row["unit_id"], row["device_id"], row["kind"], row["point"], row["began"], row["ended"], row)


def _unhandled(look: Look) -> list[Episode]:
    """A confirmed alarm that was neither restored, nor followed by a fire on record or a visit."""
    found = []
    for row in look.rows("unhandled", kinds=look.value["kinds"]):
        ended = row["handled_at"]
        waited = ((ended or look.as_of) - row["verdict_at"]) / dt.timedelta(hours=1)
        evidence = {
            "facts": [fact("hours", waited, "h"), fact("confirmed_by", row["verdict_by"] or "")],
            "devices": devices([row]), "alarms": [row["alarm_id"]], "more": 0,
            "points": [{"kind": row["kind"], "point": row["point"], "began": text(row["opened_at"]),
                        "ended": text(ended)}]}
        found.append(Episode(row["unit_id"], f"alarm:{row['alarm_id']}", row["device_id"], row["opened_at"], ended,
                             evidence))
    return found


def _false_alarms(look: Look) -> list[Episode]:
    """The false alarms of one legal day; a day that has ended is an episode that has ended."""
    found = []
    for row in look.rows("false_alarms", kinds=look.value["kinds"], more_than=look.value["more_than"]):
        begins = _midnight(row["day"])
        evidence = {
            "facts": [fact("false_alarms", row["alarms"]), fact("by_rule", row["by_rule"]),
                      fact("limit", look.value["more_than"])],
            "devices": row["devices"][:MOST_NAMED], "alarms": row["alarm_ids"][:MOST_NAMED],
            "more": max(0, row["alarms"] - MOST_NAMED)}
        found.append(Episode(row["unit_id"], f"day:{row['day']}", None, begins,
                             begins + _ONE_DAY if begins + _ONE_DAY <= look.as_of else None, evidence))
    return found


def _pressure(look: Look) -> list[Episode]:
    """Runs of readings out of range with none in range between them. The roll-up says at which units to look."""
    low, gap = rules().value("risk.pressure_low", look.day), look.value["longest_gap_hours"]
    silence = dt.timedelta(hours=gap)
    found = []
    for row in look.rows(
            "pressure", low_kinds=[",".join(line.get("kinds", ())) for line in low],
            low_heights=[float(line["height_over_m"]) for line in low], low_mpa=[float(line["mpa"]) for line in low],
            pressure_high=float(rules().value("risk.pressure_high", look.day)), first_day=legal_day(look.since),
            gap=silence, readings=look.value["readings"]):
        evidence = {
            "facts": [fact("hours", (row["last"] - row["began"]) / dt.timedelta(hours=1), "h"),
                      fact("readings", row["readings"]), fact("lowest", row["least"], "MPa"),
                      fact("highest", row["most"], "MPa"), fact("low", row["low"], "MPa"),
                      fact("high", row["high"], "MPa")],
            "devices": devices([row]), "metric": "water_pressure", "more": 0}
        found.append(Episode(row["unit_id"], f"device:{row['device_id']}", row["device_id"], row["began"],
                             None if row["newest"] and look.as_of - row["last"] <= silence else row["last"], evidence,
                             is_cut=row["began"] <= look.since + silence))
    return found


def _leakage(look: Look) -> list[Episode]:
    """Days with a reading over the limit that follow each other closely. The roll-up says at which units to look."""
    limit, apart = float(rules().value("risk.leakage_over", look.day)), int(look.value["apart_days"])
    rows = look.rows("leakage", leakage_over=limit, first_day=legal_day(look.since))
    found = []
    for device, group in groupby(rows, key=lambda row: int(row["device_id"])):
        by_day = {row["day"]: row for row in group}
        for run_of in runs_of_days(list(by_day), apart):
            if len(run_of) < look.value["days"]:
                continue
            days = [by_day[day] for day in run_of]
            ended = max(row["last"] for row in days)
            evidence = {
                "facts": [fact("days", len(days), "d"), fact("readings", sum(row["readings"] for row in days)),
                          fact("highest", max(row["most"] for row in days), "mA"), fact("limit", limit, "mA")],
                "devices": devices(days[:1]), "metric": "residual_current", "more": 0}
            found.append(Episode(days[0]["unit_id"], f"device:{device}", device, min(row["first"] for row in days),
                                 None if (look.day - run_of[-1]).days <= apart else ended, evidence,
                                 is_cut=(run_of[0] - legal_day(look.since)).days <= apart))
    return found


def _duty(look: Look) -> list[Episode]:
    """Duty checks (查岗) that nobody answered, so many within so many days; where no table of them is, none."""
    row = look.connection.execute(_q["has_duty_checks"]).fetchone()
    if not row or not row["there"]:
        return []
    within, needed = dt.timedelta(days=look.value["within_days"]), int(look.value["checks"])
    found = []
    for unit, group in groupby(look.rows("duty"), key=lambda row: int(row["unit_id"])):
        for run_of in _dense(list(group), needed, within):
            last = run_of[-1]["ended_at"]
            evidence = {
                "facts": [fact("unanswered", len(run_of)), fact("days", look.value["within_days"], "d")],
                "devices": devices({row["device_id"]: row for row in run_of}.values()),
                "requests": [row["request_id"] for row in run_of][:MOST_NAMED],
                "points": [{"kind": "duty_check", "point": row["device_no"], "began": text(row["asked_at"]),
                            "ended": text(row["ended_at"])} for row in run_of][:MOST_NAMED],
                "more": max(0, len(run_of) - MOST_NAMED)}
            found.append(Episode(unit, "", None, run_of[0]["asked_at"],
                                 None if look.as_of - last <= within else last, evidence,
                                 is_cut=run_of[0]["asked_at"] <= look.since + within))
    return found


def _dense(rows: list[dict[str, Any]], needed: int, within: dt.timedelta) -> Iterable[list[dict[str, Any]]]:
    """Runs of rows of which every one lies among ``needed`` within ``within``."""
    counted: set[int] = set()
    joined: set[int] = set()
    for first in range(len(rows) - needed + 1):
        if rows[first + needed - 1]["asked_at"] - rows[first]["asked_at"] <= within:
            counted.update(range(first, first + needed))
            joined.update(range(first + 1, first + needed))
    run_of: list[dict[str, Any]] = []
    for place in sorted(counted):
        if run_of and place not in joined:
            yield run_of
            run_of = []
        run_of.append(rows[place])
    if run_of:
        yield run_of


@dataclass(frozen=True, slots=True)
class Detector:
    """How a rule is looked for. ``reach`` is given where the look reads only what lies in its window: an episode that
    began so near to the beginning of the window may have lost days to it."""

    detect: Callable[[Look], list[Episode]]
    reach: Callable[[Mapping[str, Any]], dt.timedelta] | None = None


_DETECTORS: dict[str, Detector] = {
    "alarm_unhandled": Detector(_unhandled, lambda value: _ONE_DAY),
    "false_alarms": Detector(_false_alarms, lambda value: _ONE_DAY),
    "system_off": Detector(_condition("system_off")), "fault_unrepaired": Detector(_faults),
    "offline": Detector(_condition("offline")), "shielded": Detector(_condition("shielded")),
    "pressure_out": Detector(_pressure, lambda value: dt.timedelta(hours=value["longest_gap_hours"])),
    "leakage_over": Detector(_leakage, lambda value: (value["apart_days"] + 1) * _ONE_DAY),
    "duty_unanswered": Detector(_duty, lambda value: (value["within_days"] + 1) * _ONE_DAY)}
