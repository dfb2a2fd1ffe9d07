"""The feature table of any day, from what was known strictly before it.

Legal days count before ``as_of``; a correction, a verdict, a withdrawal or a check that came on the day or later is
not known yet. What a unit is (kind, area, flags) and which devices it has is taken as the register has it now.

A state that is not known is NaN, never zero: telemetry of a unit without devices, a visit rate of one never inspected,
credit in a district that keeps none, an area that was not entered.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from policy import rules
from scoring import asking, facts, peers
from scoring.asking import Answers, Asking, Coded, Places, block
from scoring.facts import Facts
from scoring.history import Floats, TeamRecord, shrunk_ratio, sums
from scoring.peers import Own
from scoring.rollup import Limits, midnight
from store import Queries
from store.database import Connection

q = Queries(__file__)

# What is counted at a visit: hazards by severity, and whether it ended in an order or a closure.
RATES = ("critical", "serious", "minor", "failed")
LISTS = ("none", "red", "general", "serious")
_NEVER = "none"
# One word for all units that share it; what no one entered follows from whether anything was found.
_RESULTS = {word: word for word in ("pass", "hazards_corrected", "hazards_ordered")}
_UNTOLD = {False: _RESULTS["pass"], True: _RESULTS["hazards_ordered"]}
_METRES_A_STOREY = 3.3


@dataclass(frozen=True)
class FeatureTable:
    """Features of a day: a column for each name, a row for each unit.

    ``numbers`` are float64 with NaN for "not known"; ``words`` are categories.
    """

    as_of: dt.date
    unit_id: npt.NDArray[np.int64]
    unit_no: tuple[str, ...]
    numbers: Mapping[str, Floats]
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.unit_id)

    def row(self, place: int) -> dict[str, float | str | None]:
        """Every feature of one unit, None for what is not known."""
        found: dict[str, float | str | None] = {name: words[place] for name, words in self.words.items()}
        for name, column in self.numbers.items():
            found[name] = None if np.isnan(column[place]) else float(column[place])
        return found


def load(connection: Connection, as_of: dt.date, unit_ids: Sequence[int] | None = None, known: Answers | None = None,
         ) -> FeatureTable:
    """Features of every active unit that was registered by ``as_of``, or of the units named.

    ``known`` is the record of the whole district, where it was read before: a :class:`scoring.district.District`.
    """
    return _Loading(connection, as_of, None if unit_ids is None else list(unit_ids), known).table()


class _Loading:
    """One reading of the database for one day."""

    def __init__(self, connection: Connection, as_of: dt.date, units: list[int] | None, known: Answers | None) -> None:
        record = rules().value("risk.record", as_of)
        self._as_of = as_of
        self._credit_start = float(rules().value("credit.start", as_of))
        self._prior, self._team_prior = record["prior_found"], float(record["prior_team_visits"])
        parameters = {
            "as_of": as_of, "units": asking.array(units), "moment": midnight(as_of),
            "moment_30": midnight(as_of - dt.timedelta(days=30)), "moment_90": midnight(as_of - dt.timedelta(days=90)),
            "moment_12m": midnight(_months_before(as_of, 12)), "moment_36m": midnight(_months_before(as_of, 36)),
            "alarm_kinds": list(Limits.on(as_of).alarm_kinds), "half_life": float(record["half_life_days"]),
            "memory": int(record["memory_days"]),
            "most_critical": record["most"]["critical"], "most_serious": record["most"]["serious"],
            "most_minor": record["most"]["minor"]}
        self._asking = Asking(connection, parameters, known=known, asks_many=units is None or len(units) > asking.FEW)

    def table(self) -> FeatureTable:
        with self._asking.settings():
            told = facts.read(self._asking)
            self._asking = replace(self._asking, units=told.unit_id)
            numbers = dict(told.numbers)
            numbers["height_m"] = np.where(np.isnan(numbers["height_m"]), numbers["storeys"] * _METRES_A_STOREY,
                                           numbers["height_m"])
            numbers |= self._telemetry() | self._record(told)
            last, results = self._last_visit()
            numbers |= last
            credit, lists = self._credit(told.district)
            numbers |= credit
        return FeatureTable(self._as_of, told.unit_id, told.unit_no, numbers,
                            {"kind": told.kind.spelt(), "last_result": results, "credit_list": lists})

    def _telemetry(self) -> dict[str, Floats]:
        raw = self._asking.columns(q, "telemetry", missing=np.nan)
        known = raw["device_days_90"] > 0
        found = {}
        for days in (30, 90):
            found[f"offline_share_{days}"] = _share(raw[f"offline_hours_{days}"], 24.0 * raw[f"device_days_{days}"])
            for name in ("fault_hours", "shielded_hours", "manual_hours", "system_off_hours"):
                found[f"{name}_{days}"] = np.where(known, np.nan_to_num(raw[f"{name}_{days}"]), np.nan)
            for name, over in (("pressure", "out"), ("leakage", "over"), ("cable", "over")):
                found[f"{name}_{over}_share_{days}"] = _share(raw[f"{name}_{over}_{days}"],
                                                              raw[f"{name}_readings_{days}"])
            found[f"faults_{days}"] = np.where(known, np.nan_to_num(raw[f"faults_{days}"]), np.nan)
            found[f"battery_low_share_{days}"] = _share(raw[f"battery_low_{days}"], raw[f"device_days_{days}"])
        duty = self._asking.columns(q, "duty_checks")
        for days in (30, 90):
            found[f"duty_checks_{days}"] = np.where(duty["duty_checks_90"] > 0, duty[f"duty_checks_{days}"], np.nan)
            found[f"duty_unanswered_share_{days}"] = _share(duty[f"duty_unanswered_{days}"],
                                                            duty[f"duty_checks_{days}"])
        cases = self._asking.columns(q, "alarms") | self._asking.columns(q, "system_off")
        # A case opened by a device is telemetry, also where its days have not been rolled up yet.
        heard = known | (cases["alarms_90"] > 0) | (cases["system_off_open_hours"] > 0)
        found["has_telemetry"] = heard.astype(np.float64)
        return found | {name: np.where(heard, column, np.nan) for name, column in cases.items()}

    def _record(self, told: Facts) -> dict[str, Floats]:
        _, teams = self._asking.ask(q, "teams")
        # A team that was not told of yet finds what all find: the last place is for those.
        of_team = defaultdict(lambda: len(teams), {row[0]: number for number, row in enumerate(teams)})
        counted = [*(row[1:] for row in teams), (0,) * (1 + len(RATES))]
        usual = dict(zip(("weight", *RATES), block(counted, 1 + len(RATES)).T, strict=True))
        unit, team, raw = self._visits(of_team)
        found = {"visits": sums(unit, raw["visits"], len(self._asking))}
        for name in RATES:
            rates = TeamRecord(usual["weight"], usual[name]).usual(self._team_prior)
            observed = sums(unit, raw[name], len(self._asking))
            expected = sums(unit, raw["weight"] * rates[team], len(self._asking))
            prior = float(self._prior[name])
            found[f"{name}_ratio"] = np.where(found["visits"] > 0, shrunk_ratio(observed, expected, prior), np.nan)
            if name == "critical":
                own = Own(observed, expected, sums(unit, raw["weight"], len(self._asking)),
                          {code: float(rates[number]) for code, number in of_team.items()}, prior)
                found |= self._others(own, told)
        for name in ("hazards", "penalties", "complaints", "findings", "fires"):
            found |= self._asking.columns(q, name)
        return found

    def _visits(self, of_team: Mapping[str | None, int]) -> tuple[Places, Places, dict[str, Floats]]:
        """The record of each unit by team: where the unit and the team stand, and what was counted."""
        units: list[Places] = []
        teams: list[Places] = []
        counted: list[Floats] = []
        names: Sequence[str] = ()
        for names, rows in self._asking.batches(q, "visits"):
            place, known = self._asking.places(np.array([row[0] for row in rows], dtype=np.int64))
            units.append(place[known])
            teams.append(np.array([of_team[row[1]] for row in rows], dtype=np.intp)[known])
            counted.append(block([row[2:] for row in rows], len(names) - 2)[known])
        columns = np.concatenate(counted).T
        return np.concatenate(units), np.concatenate(teams), dict(zip(names[2:], columns, strict=True))

    def _others(self, own: Own, told: Facts) -> dict[str, Floats]:
        """What the record of others tells."""
        return {"operator_ratio": peers.operators(self._asking, own, told.operator),
                "near_ratio": peers.near(self._asking, own, told.lon, told.lat, self._as_of),
                "items_told": peers.items(self._asking, own),
                **peers.shared(self._asking, own, told, self._as_of)}

    def _last_visit(self) -> tuple[dict[str, Floats], tuple[str, ...]]:
        results = [_NEVER] * len(self._asking)
        numbers: dict[str, Floats] = {}
        for names, rows in self._asking.batches(q, "last_visit"):
            numbers = numbers or {name: np.full(len(self._asking), np.nan) for name in names[1:-1]}
            self._asking.spread(numbers, [row[:-1] for row in rows])
            place, known = self._asking.places(np.array([row[0] for row in rows], dtype=np.int64))
            for at in np.flatnonzero(known).tolist():
                told = rows[at][-1]
                results[place[at]] = _RESULTS[told] if told else _UNTOLD[bool(numbers["last_hazards"][place[at]] > 0)]
        return numbers, tuple(results)

    def _credit(self, districts: Coded) -> tuple[dict[str, Floats], tuple[str, ...]]:
        _, rows = self._asking.ask(q, "credit_districts", {"districts": sorted(districts.words)})
        keeping = {row[0] for row in rows}
        known = districts.each(np.array([district in keeping for district in districts.words], dtype=np.float64), 0.0)
        raw = self._asking.columns(q, "credit")
        lists = tuple([LISTS[number] for number in raw["credit_list"].astype(np.intp).tolist()])
        balance = self._credit_start + raw["credit_points"]
        return {"has_credit": known, "credit_balance": np.where(known > 0, balance, np.nan)}, lists


def _share(part: Floats, whole: Floats) -> Floats:
    """``part / whole``, NaN where nothing was measured."""
    measured = whole > 0
    return np.where(measured, np.nan_to_num(part) / np.where(measured, whole, 1.0), np.nan)


def _months_before(day: dt.date, months: int) -> dt.date:
    """The same day of the month, or the month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
