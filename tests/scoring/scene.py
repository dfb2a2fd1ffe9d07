"""A small district for tests: a few lines of SQL for each thing that happens."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from psycopg.types.json import Jsonb

from policy.clocks import SHANGHAI
from store.database import Connection

DISTRICT = "990101"
_numbers = itertools.count(1)


def at(day: str, hour: float = 0.0) -> dt.datetime:
    """A moment by the clock of Shanghai."""
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), SHANGHAI) + dt.timedelta(hours=hour)


class Scene:
    """Puts rows in; what is not told is plain."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._run("insert into areas values ('990000', null, 'city', '市', null), "
                  "('990101', '990000', 'district', '区', null), ('990102', '990000', 'district', '邻区', null) "
                  "on conflict do nothing")
        self._run("insert into vendors (vendor_code, name) values ('ven', 'ven') on conflict do nothing")

    def _run(self, sql: str, *values: Any) -> Any:
        cursor = self.connection.execute(sql, values)
        row = cursor.fetchone() if cursor.description else None
        return next(iter(row.values())) if row else None

    def _number(self, prefix: str) -> str:
        return f"{prefix}{next(_numbers):05d}"

    def unit(self, unit_no: str | None = None, kind: str = "hotel", area: str = DISTRICT, **columns: Any) -> int:
        number = unit_no or self._number("U")
        unit_id: int = self._run("insert into units (unit_no, name, area_code, kind) values (%s, %s, %s, %s) "
                                 "returning unit_id", number, f"单位{number}", area, kind)
        for name, value in columns.items():
            self.connection.execute(f"update units set {name} = %s where unit_id = %s",
                                    [Jsonb(value) if isinstance(value, dict) else value, unit_id])
        return unit_id

    def device(self, unit_id: int, kind: str = "electrical", installed: str = "2020-01-01", **columns: Any) -> int:
        return int(self._run(
            "insert into devices (vendor_code, device_no, unit_id, kind, installed_on, settings, status) "
            "values ('ven', %s, %s, %s, %s, %s, %s) returning device_id", self._number("D"), unit_id, kind, installed,
            Jsonb(columns.get("settings", {})), columns.get("status", "active")))

    def reading(self, device_id: int, metric: str, moment: dt.datetime, value: float) -> None:
        self._run("insert into metrics (code) values (%s) on conflict do nothing", metric)
        self._run("insert into readings select %s, metric_id, %s, %s, %s from metrics where code = %s",
                  device_id, moment, value, moment, metric)
        self.mark_by_device(device_id, moment)

    def event(self, device_id: int, kind: str, moment: dt.datetime, active: bool = True,
              received: dt.datetime | None = None) -> None:
        self._run("insert into events (device_id, ts, kind, active, received_at, source) "
                  "values (%s, %s, %s, %s, %s, 'x')", device_id, moment, kind, active, received or moment)
        self.mark_by_device(device_id, moment)

    def mark_by_device(self, device_id: int, moment: dt.datetime) -> None:
        self._run("insert into dirty_unit_days select unit_id, legal_day(%s) from devices where device_id = %s "
                  "on conflict do nothing", moment, device_id)

    def alarm(self, device_id: int, kind: str, opened: dt.datetime, restored: dt.datetime | None = None,
              verdict: str | None = None, judged: dt.datetime | None = None) -> int:
        return int(self._run(
            "insert into alarms (device_id, unit_id, kind, opened_at, received_at, last_at, restored_at, verdict, "
            "verdict_at) select device_id, unit_id, %s, %s, %s, %s, %s, %s, %s from devices where device_id = %s "
            "returning alarm_id", kind, opened, opened, opened, restored, verdict, judged, device_id))

    def visit(self, unit_id: int, day: str, *severities: str, team: str | None = None, kind: str = "draw",
              result: str | None = None, handling: str = "corrected_on_spot", due: str | None = None,
              corrected: str | None = None, major: bool = False, item: str = "X",
              arm: str | None = None, probability: float | None = None) -> int:
        inspection: int = self._run(
            "insert into inspections (inspection_no, unit_id, kind, inspected_on, status, result, team, arm, "
            "draw_probability) values (%s, %s, %s, %s, 'done', %s, %s, %s, %s) returning inspection_id",
            self._number("I"), unit_id, kind, day, result or ("hazards_corrected" if severities else "pass"), team, arm,
            probability)
        for number, severity in enumerate(severities):
            self._run("insert into hazards (inspection_id, unit_id, item_code, severity, is_major, found_on, handling, "
                      "due_on, corrected_on) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)", inspection, unit_id,
                      f"{item}{number}", severity, major, day, handling, due,
                      corrected or (day if handling == "corrected_on_spot" else None))
        return inspection

    def penalty(self, unit_id: int, day: str, withdrawn: str | None = None, kind: str = "fine") -> None:
        self._run("insert into penalties (case_no, unit_id, decided_on, kind, article, withdrawn_on) "
                  "values (%s, %s, %s, %s, '60', %s)", self._number("P"), unit_id, day, kind, withdrawn)

    def complaint(self, unit_id: int, received: dt.datetime, checked: dt.datetime | None = None,
                  verified: bool | None = None) -> None:
        self._run("insert into complaints (complaint_no, unit_id, received_at, channel, kind, check_by, checked_at, "
                  "verified) values (%s, %s, %s, 'phone', 'other', %s, %s, %s)", self._number("C"), unit_id, received,
                  received, checked, verified)

    def fire(self, unit_id: int, moment: dt.datetime, procedure: str = "simple") -> None:
        self._run("insert into fires (fire_no, unit_id, occurred_at, procedure) values (%s, %s, %s, %s)",
                  self._number("F"), unit_id, moment, procedure)

    def credit(self, unit_id: int, day: str, points: float) -> None:
        self._run("insert into credit_entries (unit_id, occurred_on, points, event_kind, event_ref, article) "
                  "values (%s, %s, %s, 'penalty_fine', %s, '60')", unit_id, day, points, self._number("E"))

    def listing(self, unit_id: int, name: str, first: str, last: str | None = None) -> None:
        self._run("insert into credit_listings values (%s, %s, %s, %s, 'x')", unit_id, name, first, last)

    def finding(self, unit_id: int, found: dt.datetime, lapsed: dt.datetime | None = None) -> int:
        return int(self._run(
            "insert into findings (finding_no, unit_id, rule, began_at, ended_at, found_at, seen_at, evidence,"
            " decide_by, lapsed_at) values (%s, %s, 'system_off', %s, %s, %s, %s, '{}', %s, %s) returning finding_id",
            self._number("X"), unit_id, found, found, found, found, found, lapsed))

    def decision(self, finding_id: int, decision: str, moment: dt.datetime) -> None:
        self._run("insert into finding_decisions (finding_id, decision, reason, evidence, decided_by, decided_at) "
                  "values (%s, %s, 'x', '{}', 'wang', %s)", finding_id, decision, moment)

    def duty_check(self, device_id: int, moment: dt.datetime, state: str = "answered") -> int:
        """A duty check asked an hour before it ended at ``moment``."""
        asked = moment - dt.timedelta(hours=1)
        return int(self._run(
            "insert into gbt_requests (device_id, unit_id, kind, command, unit, asked_by, asked_at, send_by,"
            " answer_seconds, state, answered_at, ended_at) select device_id, unit_id, 'duty_check', 4, '\\x00', 'w', "
            "%s, %s, 600, %s, %s, %s from devices where device_id = %s returning request_id",
            asked, asked, state, moment if state == "answered" else None, moment, device_id))

    def unit_day(self, unit_id: int, day: str) -> dict[str, Any] | None:
        return self.connection.execute("select * from unit_days where unit_id = %s and day = %s",
                                       [unit_id, day]).fetchone()
