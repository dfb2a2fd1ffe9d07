"""Two small districts with everything a page can show: units, devices, readings, alarms, a record, scores, a draw."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any
from unittest import mock

import numpy as np
from psycopg.types.json import Jsonb

import casework.nightly
import ingest.findings
import sampling.draw
import sampling.freeze
import scoring.nightly
from api import accounts
from casework.enforcement import (
    case_forms,
    cases,
    major_hazard_forms,
    major_hazards,
    measure_forms,
    measures,
)
from casework.planning import plan_visit
from policy import rules
from registry import bulk
from sampling import entropy
from sampling.plans import record
from scoring.audit import Stretch, audit
from store import Database

# Late in the year quotas press, so that every draw has several visits whatever the secret root of its chain is.
DAY = dt.date(2026, 12, 7)
NOW = dt.datetime(2026, 12, 7, 2, 0, tzinfo=dt.UTC)
EVENING = dt.datetime(2026, 12, 6, 10, 0, tzinfo=dt.UTC)
MORNING = dt.datetime(2026, 12, 6, 22, 0, tzinfo=dt.UTC)

OURS, THEIRS = "990101", "990102"
TOWNS = {OURS: ("990101001", "990101002"), THEIRS: ("990102001",)}
PASSWORD = "a long enough password"
ROLES = ("administrator", "brigade", "officer", "town", "vendor")
UNITS_A_TOWN = 14


def load(db: Database) -> None:
    """Fill an empty database and run the night's jobs of :data:`DAY`."""
    with db.connection() as connection:
        bulk.load(connection, "areas", _areas())
        bulk.load(connection, "vendors", [{"vendor_code": "anning", "name": "安宁物联"},
                                          {"vendor_code": "other", "name": "别家"}])
        bulk.load(connection, "items", _items())
        bulk.load(connection, "officers", _officers())
        bulk.load(connection, "units", _units())
        bulk.load(connection, "devices", _devices())
        for statement in _HAPPENED:
            connection.execute(statement)
        _quarantine(connection)
        _plan(connection)
    ingest.findings.run(db, NOW)
    casework.nightly.run(db, DAY)
    scoring.nightly.run(db, DAY)
    _chain(db)
    sampling.freeze.run(db, DAY, EVENING)
    sampling.draw.run(db, DAY, MORNING)
    add_audit(db)
    add_plan(db)
    add_accounts(db)
    add_enforcement(db)


def _chain(db: Database) -> None:
    """A hash chain whose root is known: every run shows the same draw, with the same room left beside it."""
    root = hashlib.sha256(b"a root that everyone knows, for tests only").digest()
    with mock.patch("sampling.entropy.secrets.token_bytes", return_value=root), db.connection() as connection:
        entropy.new_year(connection, DAY.year)


def add_enforcement(db: Database) -> None:
    """In our first town a case that waits for its decision, a seal, and a major hazard that was determined."""
    case = {"unit_no": "U0005", "filed_at": "2026-12-01T09:00", "procedure": "ordinary", "article": "消防法 Art. 60",
            "facts": "疏散通道被堵塞", "officers": ["O0", "O1"]}
    number = cases.file(db, case_forms.case_form(case), "test", now=NOW)
    told = {"step": "notice", "at": "2026-12-02T10:00", "penalties": [{"kind": "fine", "amount_yuan": 20000}],
            "public_told": True}
    cases.step(db, number, case_forms.step_form(told), "test", now=NOW)
    meeting = {"held_at": "2026-12-02T15:00", "members": ["O0", "O1", "O3"], "agreed": True,
               "minutes_uri": "s3://minutes/1.pdf", "minutes_sha256": "ab" * 32}
    seal = {"kind": "seal", "unit_no": "U0005", "began_at": "2026-12-02T16:00", "until_on": "2026-12-20",
            "ground": "exits", "scope": "三层歌舞厅", "officers": ["O0", "O1"], "collective": meeting}
    measures.impose(db, measure_forms.measure_form(seal), "test", now=NOW)
    found = {"unit_no": "U0005", "found_at": "2026-12-02T10:00", "way": "direct", "elements": ["安全出口数量不足"],
             "officers": ["O0", "O1"]}
    hazard = major_hazards.find(db, major_hazard_forms.major_hazard_form(found), "test", now=NOW)
    major_hazards.step(db, hazard, major_hazard_forms.step_form(
        {"step": "determined", "at": "2026-12-02T17:00", "collective": meeting}), "test", now=NOW)


def add_audit(db: Database) -> None:
    """An audit of made-up visits of both districts: malls are told too low, and too few schools were visited."""
    rng = np.random.default_rng(7)
    size = 1500
    kind = np.array(["school" if number < 20 else ("mall", "hotel", "office")[number % 3] for number in range(size)])
    told = 1 / (1 + np.exp(-rng.normal(-1.5, .7, size)))
    found = rng.random(size) < np.where(kind == "mall", np.minimum(1, 1.8 * told), told)
    visits = Stretch(dt.date(2026, 10, 1), DAY, "itself", np.arange(size), found, rng.random(size) < .3,
                     np.full(size, .5), told, told, told, {
                         "area": [(OURS, THEIRS)[number % 2] for number in range(size)], "kind": kind.tolist(),
                         "floor_area_m2": [("0-300", "300-1000")[number % 2] for number in range(size)],
                         "occupants": ["unknown"] * size})
    limits = rules().value("model.audit", DAY)
    weeks = [{"before": f"2026-11-{day - 7:02d}", "as_of": f"2026-11-{day:02d}", "model_before": "scorecard",
              "model": "scorecard", "top": 4, "overlap": .75, "correlation": .97, "units": 42, "up": day % 5,
              "down": day % 3, "came": 0, "went": 0} for day in (9, 16, 23, 30)]
    drift = {"kept": {"visits": 900, "found": 180, "error": .031, "chance": .044, "gap": .01},
             "moved": {"before": 42, "now": 42, "index": None, "features": {"last_hazards": {"index": .1, "by": .02}}},
             "lift": {"visits": 270, "found": 60, "top": 54, "lift": {"value": 1.7, "low": 1.2, "high": 2.3}},
             "reasons": [], "untold": [], "limits": dict(rules().value("model.drift", DAY))}
    names = {"area": {OURS: ["火眼区", "Huoyan"], THEIRS: ["邻区", "Next"]},
             "kind": {code: [zh, code] for code, zh in
                      (("mall", "商场市场"), ("hotel", "宾馆饭店"), ("office", "办公"), ("school", "学校"))},
             "floor_area_m2": {"0-300": ["0–300 平方米", "0–300 m²"], "300-1000": ["300–1000 平方米", "300–1000 m²"]},
             "occupants": {"unknown": ["未登记", "not registered"]}}
    content = audit([visits], limits, rules().value("model.weights", DAY)).as_dict() | {
        "limits": dict(limits), "notes": [], "standing": "champion", "names": names, "churn": weeks, "drift": drift}
    with db.connection() as connection:
        connection.execute("insert into audits (as_of, model_no, outcome, policy_version, content, made_by) values"
                           " (%s, 'M20261001-serious', 'serious', 'x', %s, 'scheduler')", [DAY, Jsonb(content)])


def add_plan(db: Database) -> None:
    """The plan of what is left of the year, published."""
    plan = record.make(db, DAY.year, None, EVENING, actor="test")["plan_no"]
    record.adopt(db, plan, EVENING, actor="test")
    record.publish(db, plan, EVENING, actor="test")


def add_accounts(db: Database) -> None:
    """An account of each role in our district; ``far`` is a brigade of the other one. The officer leads one visit."""
    reach: dict[str, dict[str, Any]] = {
        "administrator": {}, "brigade": {"areas": (OURS,)}, "town": {"areas": (TOWNS[OURS][0],)},
        "officer": {"areas": (OURS,), "officer_no": "O2"},
        "vendor": {"vendor_code": "anning"}}
    for role, fields in reach.items():
        accounts.add(db, accounts.NewAccount(role, f"{role} 用户", role, PASSWORD, **fields), actor="test", now=NOW)
    accounts.add(db, accounts.NewAccount("far", "邻区大队", "brigade", PASSWORD, (THEIRS,)), actor="test", now=NOW)


def _areas() -> list[dict[str, Any]]:
    rows = [{"area_code": "990000", "parent_code": None, "level": "city", "name_zh": "示范市", "name_en": "Model City"},
            {"area_code": OURS, "parent_code": "990000", "level": "district", "name_zh": "火眼区", "name_en": "Huoyan"},
            {"area_code": THEIRS, "parent_code": "990000", "level": "district", "name_zh": "邻区", "name_en": "Next"}]
    for district, towns in TOWNS.items():
        rows += [{"area_code": town, "parent_code": district, "level": "town", "name_zh": f"镇{town[-4:]}",
                  "name_en": None} for town in towns]
    return rows


def _items() -> list[dict[str, Any]]:
    return [{"item_code": f"X{n:02d}", "valid_from": dt.date(2020, 1, 1), "name_zh": name, "name_en": english,
             "severity": severity, "category": "general", "basis": "消防法"}
            for n, (name, english, severity) in enumerate(
                [("疏散通道被堵塞", "evacuation route blocked", "critical"),
                 ("灭火器过期", "extinguisher out of date", "minor"),
                 ("自动报警系统故障", "alarm system out of order", "serious")], 1)]


def _officers() -> list[dict[str, Any]]:
    rows = []
    for n in range(12):
        area = OURS if n < 8 else THEIRS
        rows.append({"officer_no": f"O{n}", "name": f"检查员{n}", "body": "brigade", "area_codes": [area],
                     "certificate_no": f"Z{n}", "certificate_from": dt.date(2020, 1, 1),
                     "certificate_to": dt.date(2030, 1, 1), "can_lead": n % 2 == 0, "skills": [], "daily_visits": 3})
    return rows


def _towns() -> list[str]:
    return [town for towns in TOWNS.values() for town in towns]


def _units() -> list[dict[str, Any]]:
    rows = []
    for t, town in enumerate(_towns()):
        for n in range(UNITS_A_TOWN):
            rows.append({"unit_no": f"U{t}{n:03d}", "name": f"第{t}{n:02d}号宾馆" if n % 2 else f"T{t}{n:02d} 商场",
                         "area_code": town, "kind": "hotel" if n % 2 else "mall", "is_key": n % 4 == 0,
                         "is_crowded": n % 8 == 0, "floor_area_m2": 800.0 + 300 * n, "storeys": 1 + n,
                         "height_m": 4.0 * (1 + n), "occupants": 50 * n, "address": f"大街{n}号"})
    return rows


def _devices() -> list[dict[str, Any]]:
    rows = []
    for t in range(len(_towns())):
        for n in range(UNITS_A_TOWN):
            vendor = "anning" if n % 2 else "other"
            rows.append({"vendor_code": vendor, "device_no": f"D{t}{n:03d}", "unit_no": f"U{t}{n:03d}",
                         "kind": "water_pressure" if n % 2 else "uitd", "location": f"{n}层",
                         "installed_on": dt.date(2024, 1, 1)})
    return rows


_HAPPENED = (
    "insert into metrics (code) values ('water_pressure'), ('battery') on conflict do nothing",
    """insert into readings (device_id, metric_id, ts, value, received_at)
       select d.device_id, m.metric_id, timestamptz '2026-12-07 01:30+00' - make_interval(hours => h),
              case m.code when 'battery' then 80 else 0.3 + 0.01 * (h % 5) end, now()
       from devices d, metrics m, generate_series(0, 200, 3) h
       where d.kind = 'water_pressure' and m.code in ('water_pressure', 'battery')""",
    """insert into device_last (device_id, last_ts, last_received_at, online, conditions)
       select device_id, timestamptz '2026-12-07 01:30+00', timestamptz '2026-12-07 01:30+00', device_id % 7 <> 0,
              case when device_id % 5 = 0 then '{"shielded": "2026-12-01T00:00:00Z"}'::jsonb else '{}' end
       from devices""",
    """insert into alarms (device_id, unit_id, kind, point, opened_at, received_at, last_at, restored_at)
       select d.device_id, d.unit_id, case when d.device_id % 2 = 0 then 'fire_alarm' else 'fault' end, '1-2',
              timestamptz '2026-12-07 01:00+00' - make_interval(mins => d.device_id), now(), now(),
              case when d.device_id % 3 = 0 then timestamptz '2026-12-07 01:40+00' end
       from devices d where d.kind = 'uitd'""",
    # Off-site findings of several rules, in each of the towns.
    """insert into events (device_id, ts, kind, point, active, received_at, source)
       select device_id, timestamptz '2026-12-04 02:00+00', 'system_off', '', true, now(), 'test' from devices
       where device_no like 'D_000'
       union all
       select device_id, timestamptz '2026-12-02 02:00+00' + make_interval(hours => n), 'shielded', '1-' || n, true,
              now(), 'test' from devices, generate_series(1, 3) n where device_no like 'D_002'""",
    """insert into readings (device_id, metric_id, ts, value, received_at)
       select d.device_id, m.metric_id, timestamptz '2026-12-07 01:15+00' - make_interval(hours => h), 0.02, now()
       from devices d, metrics m, generate_series(0, 60, 6) h
       where d.device_no like 'D_003' and m.code = 'water_pressure'""",
    """delete from readings using devices d where d.device_id = readings.device_id and d.device_no like 'D_003'
       and readings.value > 0.1 and readings.ts > timestamptz '2026-12-04 12:00+00'""",
    """insert into alarms (device_id, unit_id, kind, point, opened_at, received_at, last_at, restored_at, verdict,
                           verdict_by, verdict_at)
       select d.device_id, d.unit_id, 'fire_alarm', '2-' || n,
              timestamptz '2026-12-05 02:00+00' + make_interval(mins => 20 * n), now(), now(),
              timestamptz '2026-12-05 02:10+00' + make_interval(mins => 20 * n), 'false', 'wang',
              timestamptz '2026-12-05 12:00+00'
       from devices d, generate_series(1, 7) n where d.device_no like 'D_004'""",
    """insert into unit_days (unit_id, day, devices, devices_heard, pressure_readings, pressure_out)
       select unit_id, date '2026-12-06', 1, 1, 4, 4 from units where unit_no like 'U_003'""",
    """insert into inspections (inspection_no, unit_id, kind, inspected_on, started_at, ended_at, status, result,
                                source)
       select 'J-' || unit_no, unit_id, 'campaign', date '2025-06-02', timestamptz '2025-06-02 02:00+00',
              timestamptz '2025-06-02 03:00+00', 'done', 'hazards_ordered', 'import'
       from units where unit_no like 'U_00_'""",
    """insert into inspection_officers
       select inspection_id, o, case when o in ('O0', 'O8') then 'lead' else 'member' end
       from inspections join units using (unit_id),
            unnest(case when area_code like '990101%' then array['O0', 'O1'] else array['O8', 'O9'] end) o""",
    """insert into hazards (inspection_id, unit_id, item_code, severity, found_on, handling, due_on)
       select inspection_id, unit_id, 'X01', 'critical', inspected_on, 'ordered', date '2025-07-01' from inspections""",
    """insert into orders (order_no, inspection_id, unit_id, kind, served_on, correct_by, recheck_by)
       select 'O-' || inspection_no, inspection_id, unit_id, 'time_limited', inspected_on, date '2025-07-01',
              date '2025-07-04' from inspections""",
    """insert into penalties (case_no, unit_id, decided_on, kind, amount_yuan, article)
       select 'C-' || unit_no, unit_id, date '2026-08-03', 'fine', 8000, '60' from units where unit_no like 'U_001'""",
    """insert into complaints (complaint_no, unit_id, received_at, channel, kind, check_by)
       select 'T-' || unit_no, unit_id, timestamptz '2026-12-01 02:00+00', '96119', 'blocked_exit',
              timestamptz '2026-12-02 02:00+00' from units where unit_no like 'U_001'""",
    """insert into fires (fire_no, unit_id, occurred_at, procedure)
       select 'H-' || unit_no, unit_id, timestamptz '2026-03-01 02:00+00', 'simple'
       from units where unit_no like 'U_002'""",
    """insert into complainants (complaint_id, name, phone)
       select complaint_id, '举报人甲', '13800000000' from complaints""",
    """insert into visit_requests (request_no, kind, unit_id, received_at, from_body, held_from, entered_by)
       select 'Q-' || unit_no, 'event', unit_id, timestamptz '2026-12-04 02:00+00', '某公安分局', date '2026-12-20',
              'test'
       from units where unit_no like 'U_001'""",
    """insert into result_publications (inspection_id, queued_at)
       select inspection_id, ended_at from inspections join units using (unit_id) where unit_no like 'U_001'""",
    """insert into credit_entries (unit_id, occurred_on, points, event_kind, event_ref, article)
       select unit_id, date '2026-08-03', -6, 'penalty_fine', 'C-' || unit_no, '60' from units
       where unit_no like 'U_001'""",
    """insert into credit_listings (unit_id, list, from_day, basis)
       select unit_id, 'serious', date '2026-09-01', '三次处罚' from units where unit_no like 'U_003'""",
    """insert into job_runs (job, logical_date, status, started_at, finished_at, runner, detail, error) values
       ('score', '2026-12-07', 'done', '2026-12-06 17:00+00', '2026-12-06 17:00:03+00', 'host:1', '{"units": 42}',
        null),
       ('draw', '2026-12-06', 'failed', '2026-12-05 22:00+00', null, 'host:1', '{}', 'there is no frame')""",
    # Of a listener that will be seen for as long as the tests run.
    "insert into gbt_listeners values ('host:9', now(), timestamptz '2100-01-01', 26875, 26875, 2)",
    """insert into gbt_links
       select 'host:9', device_id, 'tcp', 26875, '10.0.0.' || device_id || ':40001', now(), now(), device_id,
              lpad(device_id::text, 12, '0'), 40, 0 from devices where device_no in ('D0000', 'D2000')""",
    """insert into gbt_requests (device_id, unit_id, kind, command, unit, parameters, asked_by, asked_at, send_by,
                                 answer_seconds, state, sends, sent_at, answer_by, confirmed_at, ended_at)
       select device_id, unit_id, 'duty_check', 1, '\\x5b0105', '{"minutes": 5}', 'brigade',
              timestamptz '2026-12-06 02:00+00', timestamptz '2026-12-06 02:05+00', 340, 'unanswered', 1,
              timestamptz '2026-12-06 02:00+00', timestamptz '2026-12-06 02:05:40+00',
              timestamptz '2026-12-06 02:00:01+00', timestamptz '2026-12-06 02:05:46+00'
       from devices where device_no in ('D0000', 'D2000')""",
    """insert into gbt_request_steps (request_id, at, step, detail)
       select request_id, asked_at, 'asked', '{}'::jsonb from gbt_requests union all
       select request_id, ended_at, 'unanswered', '{}'::jsonb from gbt_requests""",
)


def _plan(connection: Any) -> None:
    """Two visits in our first town and one in the other district that are there whatever the draw picks."""
    for unit_no, lead, second in (("U0003", "O2", "O3"), ("U0005", "O4", "O5"), ("U2003", "O8", "O9")):
        unit = connection.execute("select unit_id from units where unit_no = %s", [unit_no]).fetchone()
        plan_visit(connection, unit_id=unit["unit_id"], kind="campaign", planned_on=DAY,
                   officers=[(lead, "lead"), (second, "member")], actor="test")


def _quarantine(connection: Any) -> None:
    for vendor, payload in (("anning", b'{"pressure": "high"}'), ("other", b"\xff\x00\x01"), (None, "坏".encode())):
        connection.execute(
            "insert into quarantine (received_at, topic, payload, payload_bytes, digest, vendor_code, reason_code,"
            " reason)"
            " values (now(), %s, %s, %s, sha256(%s), %s, 'value', 'the value is no number')",
            [f"huoyan/v1/{vendor}/D0001/telemetry", payload, len(payload), payload, vendor])
    connection.execute("insert into quarantine_summary values ('anning', 'json', '2026-12-01', 3, 4, 500, now(), now(),"
                       " 'huoyan/v1/anning/D0001/telemetry', 'the payload is not JSON', 'd', '{')")
    connection.execute("insert into replay_runs (requested_at, requested_by, vendor_code, up_to, not_before, status,"
                       " total, cut, old, tried, stored, refused, reasons) values (now(), 'administrator', 'anning', 9,"
                       " '1900-01-01', 'done', 5, 1, 0, 5, 4, 1, '{\"range\": 1}')")
    connection.execute("insert into audit_log (actor, action, entity, entity_id, before, after) values"
                       " ('wang', 'update', 'unit', 'U0001', %s, %s)",
                       [Jsonb({"name": "旧"}), Jsonb({"name": "新"})])
