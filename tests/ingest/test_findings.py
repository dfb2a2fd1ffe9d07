"""Off-site findings by rule: what is found, when it is the same one, and when it loses its ground."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from casework.finding_decisions import DecisionForm, decide
from ingest import findings
from policy import rules
from policy.clocks import SHANGHAI
from scheduler import find, jobs
from scoring import rollup
from store import Database
from tests.scoring.scene import Scene, at

NOON = at("2026-03-10", 12)


def hours(count: float) -> dt.timedelta:
    return dt.timedelta(hours=count)


def told(scene: Scene, device: int, kind: str, moment: dt.datetime, active: bool = True, point: str = "") -> None:
    scene.connection.execute(
        "insert into events (device_id, ts, kind, point, active, received_at, source) "
        "values (%s, %s, %s, %s, %s, %s, 'x')", [device, moment, kind, point, active, moment])


def rows(db: Database, rule: str | None = None) -> list[dict[str, Any]]:
    return db.rows("select * from findings where %s::text is null or rule = %s order by finding_id", [rule, rule])


def numbers(row: dict[str, Any]) -> dict[str, Any]:
    return {one["code"]: one["value"] for one in row["evidence"]["facts"]}


def test_a_system_that_is_off_for_more_than_a_day_is_a_finding_and_not_before(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        panel = scene.device(unit, "uitd")
        told(scene, panel, "system_off", NOON)
    assert findings.run(db, NOON + hours(24))["raised"] == 0
    assert findings.run(db, NOON + hours(24.1))["raised"] == 1
    (row,) = rows(db)
    assert (row["unit_id"], row["rule"], row["subject"], row["device_id"]) == (
        unit, "system_off", f"device:{panel}", panel)
    assert (row["began_at"], row["ended_at"], row["state"]) == (NOON, None, "open")
    assert row["finding_no"] == "X20260311-0001"
    assert numbers(row) == {"hours": 24.1, "count": 1, "lasting": 1}
    assert row["evidence"]["devices"][0]["device_id"] == panel
    # The evidence says under which rule, so that it can be read when the rule has changed.
    assert row["evidence"]["limit"]["value"] == {"hours": 24}
    assert (row["evidence"]["limit"]["source"], row["evidence"]["limit"]["tag"]) == ("北京市消防条例", "D")
    # One working day from Wednesday noon: the last moment of Thursday.
    assert row["decide_by"] == at("2026-03-13", 0) - dt.timedelta.resolution


def test_a_look_made_twice_changes_nothing_and_a_later_one_goes_on_with_the_same_finding(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        panel = scene.device(scene.unit(), "uitd")
        told(scene, panel, "system_off", NOON)
    findings.run(db, NOON + hours(25))
    (first,) = rows(db)
    assert findings.run(db, NOON + hours(25)) == {"raised": 0, "seen": 1, "lapsed": 0}
    assert rows(db) == [first]
    findings.run(db, NOON + hours(30))
    (again,) = rows(db)
    assert (again["finding_id"], again["found_at"], again["seen_at"]) == (
        first["finding_id"], NOON + hours(25), NOON + hours(30))
    assert (again["decide_by"], numbers(again)["hours"]) == (first["decide_by"], 30)
    with db.connection() as connection:
        told(Scene(connection), panel, "system_off", NOON + hours(31), active=False)
    findings.run(db, NOON + hours(32))
    (ended,) = rows(db)
    assert (ended["ended_at"], numbers(ended)["hours"], numbers(ended)["lasting"]) == (NOON + hours(31), 31, 0)
    # An earlier moment than the last can't tell what was decided from what was not known.
    assert findings.run(db, NOON + hours(26)) == {"raised": 0, "seen": 0, "lapsed": 0}
    assert rows(db) == [ended]


def test_days_without_a_run_cost_nothing(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        panel = scene.device(scene.unit(), "uitd")
        told(scene, panel, "system_off", NOON)
        told(scene, panel, "system_off", NOON + hours(30), active=False)
    assert findings.run(db, NOON + hours(24 * 12))["raised"] == 1
    (row,) = rows(db)
    assert (row["began_at"], row["ended_at"]) == (NOON, NOON + hours(30))
    # Beyond the look back it is history, and stays on record.
    findings.run(db, NOON + hours(24 * 60))
    assert rows(db) == [row]


def test_the_same_trouble_a_week_later_is_another_finding_and_one_within_hours_is_not(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        panel = scene.device(scene.unit(), "uitd")
        for begin, end in ((0, 30), (33, 60), (240, 270)):
            told(scene, panel, "system_off", NOON + hours(begin))
            told(scene, panel, "system_off", NOON + hours(end), active=False)
    findings.run(db, NOON + hours(300))
    first, second = rows(db)
    assert (first["began_at"], first["ended_at"]) == (NOON, NOON + hours(60))
    assert (numbers(first)["count"], numbers(first)["hours"]) == (2, 30)
    assert (second["began_at"], second["again_of"]) == (NOON + hours(240), None)


def test_what_was_repeated_is_one_stretch_and_two_short_ones_are_none(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        steady, restless = scene.device(unit, "uitd"), scene.device(unit, "uitd")
        for hour in (0, 9, 18, 27):
            told(scene, steady, "system_off", NOON + hours(hour))
        for begin, end in ((0, 13), (14, 27)):
            told(scene, restless, "system_off", NOON + hours(begin))
            told(scene, restless, "system_off", NOON + hours(end), active=False)
    findings.run(db, NOON + hours(28))
    assert [row["device_id"] for row in rows(db)] == [steady]


def test_late_data_takes_the_ground_from_what_no_one_has_decided(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        panel = scene.device(scene.unit(), "uitd")
        told(scene, panel, "system_off", NOON)
    findings.run(db, NOON + hours(25))
    with db.connection() as connection:
        told(Scene(connection), panel, "system_off", NOON + hours(2), active=False)
    assert findings.run(db, NOON + hours(26))["lapsed"] == 1
    (row,) = rows(db)
    assert (row["state"], row["lapsed_at"]) == ("lapsed", NOON + hours(26))
    assert findings.run(db, NOON + hours(27))["lapsed"] == 0
    # It comes back as another finding that names the one before: what was lapsed on a day stays so.
    with db.connection() as connection:
        told(Scene(connection), panel, "system_off", NOON + hours(2.5))
    findings.run(db, NOON + hours(28))
    lapsed, fresh = rows(db)
    assert (lapsed["lapsed_at"], fresh["state"], fresh["again_of"]) == (NOON + hours(26), "open", lapsed["finding_id"])


@pytest.mark.parametrize(("decision", "wait_days"), [("dismissed", 7), ("substantiated", 30)])
def test_what_lasts_on_after_a_decision_is_asked_about_again_in_time(db: Database, decision: str,
                                                                     wait_days: int) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        panel = scene.device(scene.unit(), "uitd")
        told(scene, panel, "system_off", NOON)
    findings.run(db, NOON + hours(25))
    (first,) = rows(db)
    decided = NOON + hours(26)
    decide(db, first["finding_no"], DecisionForm(decision, "装修"), "wang", role="brigade", now=decided)
    almost = decided + dt.timedelta(days=wait_days) - hours(1)
    findings.run(db, almost)
    (kept,) = rows(db)
    # The evidence of a decision is what it rested on.
    assert (kept["state"], kept["seen_at"], kept["evidence"]) == (decision, almost, first["evidence"])
    findings.run(db, almost + hours(2))
    old, new = rows(db)
    assert (new["state"], new["again_of"], new["began_at"]) == ("open", old["finding_id"], NOON)
    findings.run(db, almost + hours(3))
    old, new = rows(db)
    assert (old["ended_at"] is not None, new["ended_at"]) == (True, None)


def test_more_than_five_false_alarms_in_a_day_are_a_finding_of_that_day(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit, quiet = scene.unit(), scene.unit()
        panel, smoke, calm = scene.device(unit, "uitd"), scene.device(unit, "smoke"), scene.device(quiet, "uitd")
        for hour in range(6):
            begin = at("2026-03-10", 1 + hour)
            scene.alarm(panel if hour % 2 else smoke, "fire_alarm", begin, begin + hours(.1), "false",
                        begin + hours(.5))
            scene.alarm(calm, "fire_alarm", begin, begin + hours(.1), "false" if hour < 5 else "test", begin)
        late = scene.alarm(panel, "fire_alarm", at("2026-03-09", 23.9), None, "false", at("2026-03-10", 8))
    # By 06:10 five of the six had been judged.
    assert findings.run(db, at("2026-03-10", 6.2))["raised"] == 0
    findings.run(db, at("2026-03-10", 9))
    (row,) = rows(db)
    assert (row["unit_id"], row["subject"], row["ended_at"]) == (unit, "day:2026-03-10", None)
    assert numbers(row) == {"false_alarms": 6, "by_rule": 0, "limit": 5}
    assert (len(row["evidence"]["alarms"]), len(row["evidence"]["devices"])) == (6, 2)
    assert late not in row["evidence"]["alarms"]
    findings.run(db, at("2026-03-11", 1))
    assert rows(db)[0]["ended_at"] == at("2026-03-11", 0)
    # One of them proves to have been real.
    with db.connection() as connection:
        connection.execute("update alarms set verdict = 'confirmed', verdict_at = %s where alarm_id = %s",
                           [at("2026-03-11", 2), row["evidence"]["alarms"][0]])
    findings.run(db, at("2026-03-11", 3))
    assert [one["state"] for one in rows(db, "false_alarms")] == ["lapsed"]


def test_a_confirmed_alarm_that_nothing_follows_is_a_finding(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        units = [scene.unit() for _ in range(5)]
        panels = [scene.device(unit, "uitd") for unit in units]
        open_one, restored, _burnt, _visited, unsure = [
            scene.alarm(panel, "fire_alarm", NOON, None, "confirmed", NOON + hours(.2)) for panel in panels]
        connection.execute("update alarms set restored_at = %s where alarm_id = %s", [NOON + hours(1), restored])
        connection.execute("update alarms set verdict = null, verdict_at = null where alarm_id = %s", [unsure])
        scene.fire(units[2], NOON - hours(.1))
        visit = scene.visit(units[3], "2026-03-10")
        connection.execute("update inspections set started_at = %s where inspection_id = %s", [NOON + hours(1), visit])
    assert findings.run(db, NOON + hours(2.1))["raised"] == 0
    findings.run(db, NOON + hours(3))
    (row,) = rows(db)
    assert (row["rule"], row["evidence"]["alarms"], numbers(row)["hours"]) == ("alarm_unhandled", [open_one], 2.8)
    assert row["decide_by"] == NOON + hours(27)


def test_a_fault_has_the_hours_of_its_kind_of_device(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        panel, smoke = scene.device(unit, "uitd"), scene.device(unit, "smoke")
        gone = scene.device(unit, "uitd", status="retired")
        alarms = [scene.alarm(device, "fault", NOON) for device in (panel, smoke, gone)]
        scene.alarm(panel, "mains_fault", NOON + hours(1), NOON + hours(80))
        scene.alarm(panel, "bus_fault", NOON, None, "test", NOON)
    findings.run(db, NOON + hours(100))
    (row,) = rows(db)
    assert (row["rule"], row["device_id"], numbers(row)) == (
        "fault_unrepaired", panel, {"hours": 100, "count": 2, "lasting": 1})
    assert alarms[0] in row["evidence"]["alarms"]
    findings.run(db, NOON + hours(170))
    assert [row["device_id"] for row in rows(db)] == [panel, smoke]


def test_shielded_points_of_a_panel_are_one_finding_that_counts_them(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        panel = scene.device(scene.unit(), "uitd")
        for number in range(50):
            told(scene, panel, "shielded", NOON + hours(number / 10), point=f"1-{number}")
        told(scene, panel, "shielded", NOON + hours(10), active=False, point="1-0")
    findings.run(db, NOON + hours(80))
    (row,) = rows(db)
    assert numbers(row) == {"hours": 79.9, "count": 49, "lasting": 49}
    assert (len(row["evidence"]["points"]), row["evidence"]["more"]) == (40, 9)


def test_a_silent_device_is_a_finding_after_the_hours_of_its_kind(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit, closed = scene.unit(), scene.unit(status="closed")
        for device in (scene.device(unit, "uitd"), scene.device(unit, "smoke"), scene.device(closed, "uitd")):
            told(scene, device, "offline", NOON)
    findings.run(db, NOON + hours(30))
    assert [(row["rule"], row["unit_id"]) for row in rows(db)] == [("offline", unit)]
    findings.run(db, NOON + hours(169))
    assert len(rows(db)) == 2


def measured(scene: Scene, device: int, metric: str, readings: dict[float, float]) -> None:
    for hour, value in readings.items():
        scene.reading(device, metric, NOON + hours(hour), value)


def test_pressure_out_of_range_counts_only_what_was_measured(any_db: Database) -> None:
    db = any_db
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit(height_m=20)
        low, brief, torn, few, high = [scene.device(unit, "water_pressure") for _ in range(5)]
        measured(scene, low, "water_pressure", {0: .4, 6: .03, 18: .02, 31: .01, 34: .03})
        # Back in range between, a long silence between, too few readings.
        measured(scene, brief, "water_pressure", {0: .03, 12: .03, 20: .4, 21: .03, 34: .03})
        measured(scene, torn, "water_pressure", {-40: .03, -39: .03, 0: .03, 10: .02, 20: .02})
        measured(scene, few, "water_pressure", {0: .03, 25: .03})
        measured(scene, high, "water_pressure", {0: 1.7, 12: 1.8, 25: 1.9, 26: .5})
    moment = NOON + hours(36)
    # The roll-up says at which units to look.
    assert findings.run(db, moment)["raised"] == 0
    rollup.run(db, dt.date(2026, 3, 13))
    findings.run(db, moment)
    found = {row["device_id"]: row for row in rows(db)}
    assert found.keys() == {low, high}
    assert (found[low]["began_at"], found[low]["ended_at"]) == (NOON + hours(6), None)
    assert numbers(found[low]) == {"hours": 28, "readings": 4, "lowest": .01, "highest": .03, "low": .07, "high": 1.6}
    assert (found[high]["began_at"], found[high]["ended_at"]) == (NOON, NOON + hours(25))
    assert found[low]["evidence"]["metric"] == "water_pressure"
    # Silence is not a measurement: the stretch ends with its last reading.
    findings.run(db, NOON + hours(70))
    assert {row["device_id"]: row["ended_at"] for row in rows(db)}[low] == NOON + hours(34)


def test_a_condition_older_than_the_look_back_keeps_its_beginning(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        device = scene.device(scene.unit(), "water_pressure")
        measured(scene, device, "water_pressure", {float(24 * day): .01 for day in range(45)})
    rollup.run(db, dt.date(2026, 5, 1))
    for day in (3, 20, 40, 44):
        findings.run(db, NOON + hours(24 * day + 1))
    (row,) = rows(db)
    assert (row["began_at"], row["ended_at"]) == (NOON, None)


def test_leakage_counts_when_it_comes_again_and_again(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        often, once, apart = [scene.device(unit, "electrical") for _ in range(3)]
        measured(scene, often, "residual_current", {0: 350, 24: 120, 30: 420, 72: 310, 73: 305})
        measured(scene, once, "residual_current", {float(hour): 500 for hour in range(20)})
        measured(scene, apart, "residual_current", {0: 350, 120: 350, 240: 350})
    rollup.run(db, dt.date(2026, 4, 1))
    findings.run(db, NOON + hours(80))
    (row,) = rows(db)
    assert (row["rule"], row["device_id"]) == ("leakage_over", often)
    assert numbers(row) == {"days": 3, "readings": 4, "highest": 420, "limit": 300}
    assert (row["began_at"], row["ended_at"]) == (NOON, None)
    findings.run(db, NOON + hours(24 * 10))
    assert rows(db)[0]["ended_at"] == NOON + hours(73)


def test_what_leaves_the_window_day_by_day_does_not_lose_its_ground(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        wet, leaking = scene.device(unit, "water_pressure"), scene.device(unit, "electrical")
        measured(scene, wet, "water_pressure", {float(hour): .02 for hour in range(0, 60, 6)} | {60: .4})
        measured(scene, leaking, "residual_current", {0: 400, 48: 400, 96: 400, 100: 20})
        panel = scene.device(unit, "uitd")
        scene.alarm(panel, "fire_alarm", NOON, NOON + hours(20), "confirmed", NOON)
        for hour in range(7):
            scene.alarm(panel, "fire_alarm", NOON + hours(1 + hour), NOON + hours(1.1 + hour), "false",
                        NOON + hours(12))
    rollup.run(db, dt.date(2026, 3, 20))
    for day in range(6, 45):
        findings.run(db, NOON + hours(24 * day))
    assert {row["rule"]: (row["state"], row["ended_at"] is not None) for row in rows(db)} == {
        "pressure_out": ("open", True), "leakage_over": ("open", True), "alarm_unhandled": ("open", True),
        "false_alarms": ("open", True)}


def test_duty_checks_that_nobody_answers_are_a_finding(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit, other = scene.unit(), scene.unit()
        panel, rare = scene.device(unit, "uitd"), scene.device(other, "uitd")
        for device, of, hour, state in (
                (panel, unit, 0, "unanswered"), (panel, unit, 24, "answered"), (panel, unit, 48, "unanswered"),
                (panel, unit, 50, "not_sent"), (rare, other, 0, "unanswered"), (rare, other, 240, "unanswered")):
            connection.execute(
                "insert into gbt_requests (device_id, unit_id, kind, command, unit, asked_by, asked_at, send_by,"
                " answer_seconds, state, answered_at, ended_at) values (%s, %s, 'duty_check', 1, 'x', 'wang', %s, %s,"
                " 600, %s, %s, %s)", [device, of, NOON + hours(hour), NOON + hours(hour), state,
                                 NOON + hours(hour) if state == "answered" else None, NOON + hours(hour + .2)])
    findings.run(db, NOON + hours(250))
    (row,) = rows(db)
    assert (row["unit_id"], row["subject"], numbers(row)) == (unit, "", {"unanswered": 2, "days": 7})
    assert (row["began_at"], row["ended_at"]) == (NOON, NOON + hours(48.2))


def test_every_rule_of_policy_has_a_source_a_clock_and_someone_who_detects_it() -> None:
    listed = rules().on(dt.date(2026, 3, 1), "findings.rule.")
    assert {rule.name.rsplit(".", 1)[1] for rule in listed} == set(findings._DETECTORS)
    for rule in listed:
        assert rule.zh
        assert rule.en
        assert rule.source
        assert rule.tag != "V" or rule.article
        assert len(rule.value["decide_within"]) == 1


def test_the_scheduler_can_do_it_under_its_own_login(dsn: str) -> None:
    with Database(dsn, max_size=2) as owner, owner.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        panel = scene.device(unit, "uitd")
        told(scene, panel, "system_off", NOON)
        scene.alarm(panel, "fire_alarm", NOON, NOON + hours(.01))
        sensor = scene.device(unit, "water_pressure")
        measured(scene, sensor, "water_pressure", {float(hour): .01 for hour in range(30)})
    with Database(f"{dsn}{'&' if '?' in dsn else '?'}options=-c%20role%3Dhuoyan_scheduler", max_size=2) as scheduler:
        rollup.run(scheduler, dt.date(2026, 3, 12))
        assert jobs.findings(scheduler, dt.date(2026, 3, 12), NOON + hours(40)) == {
            "judged": 1, "taken_back": 0, "raised": 2, "seen": 0, "lapsed": 0, "system_off": 1, "pressure_out": 1}
        assert find("findings").run(scheduler, dt.date(2026, 3, 12), NOON + hours(41))["raised"] == 0


def test_a_moment_of_the_past_knows_only_what_had_happened(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        panel = scene.device(scene.unit(), "uitd")
        told(scene, panel, "system_off", NOON)
        told(scene, panel, "system_off", NOON + hours(100), active=False)
        scene.alarm(panel, "fault", NOON, NOON + hours(100))
    findings.run(db, NOON + hours(75))
    assert {(row["rule"], row["ended_at"]) for row in rows(db)} == {("system_off", None), ("fault_unrepaired", None)}
    assert {numbers(row)["hours"] for row in rows(db)} == {75}
    assert NOON.astimezone(SHANGHAI).hour == 12
