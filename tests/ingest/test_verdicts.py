"""Verdicts by rule: what a rule is sure of, and what it leaves to a person."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ingest import verdicts
from policy import PolicyError, rules
from store import Database
from tests.scoring.scene import Scene, at

NOON = at("2026-03-10", 12)
LATER = NOON + dt.timedelta(hours=6)


def after(minutes: float) -> dt.datetime:
    return NOON + dt.timedelta(minutes=minutes)


def verdict(db: Database, alarm: int) -> tuple[Any, ...]:
    row = db.row("select verdict, verdict_rule, verdict_by, restored_at is null as open from alarms "
                 "where alarm_id = %s", [alarm])
    assert row
    return tuple(row.values())


def test_a_single_point_that_restored_itself_at_once_is_false_by_rule(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        panel = scene.device(scene.unit(), "uitd")
        alarm = scene.alarm(panel, "fire_alarm", NOON, after(.7))
        connection.execute("delete from dirty_unit_days")
    assert verdicts.run(db, after(100)) == {"judged": 0, "taken_back": 0}
    assert verdicts.run(db, LATER) == {"judged": 1, "taken_back": 0}
    assert verdicts.run(db, LATER) == {"judged": 0, "taken_back": 0}
    assert verdict(db, alarm) == ("false", "short_single", None, False)
    trace = db.row("select actor, action, entity, entity_id, before, after from audit_log")
    assert trace is not None
    assert (trace["actor"], trace["entity_id"], trace["before"]) == ("rule:short_single", str(alarm), {"verdict": None})
    assert trace["after"] == {"verdict": "false", "note": "42 秒后恢复 restored after 42 s",
                              "rule": "verdicts.rule.short_single", "source": "this project", "tag": "P"}
    # The day counts it from now on.
    assert db.rows("select day from dirty_unit_days") == [{"day": dt.date(2026, 3, 10)}]


def test_an_alarm_in_test_mode_is_a_test_by_rule(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        panel, late, long = [scene.device(scene.unit(), "uitd") for _ in range(3)]
        scene.event(panel, "test", after(-60))
        scene.event(late, "test", after(-60))
        scene.event(late, "test", after(-5), active=False)
        scene.event(long, "test", after(-300))
        alarms = [scene.alarm(device, "gas_alarm", NOON, after(20)) for device in (panel, late, long)]
    assert verdicts.run(db, LATER)["judged"] == 1
    assert [verdict(db, alarm)[:2] for alarm in alarms] == [("test", "test_mode"), (None, None), (None, None)]


def test_no_rule_touches_what_may_be_a_fire(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)

        def panel(test: bool = False) -> tuple[int, int]:
            unit = scene.unit()
            device = scene.device(unit, "uitd")
            if test:
                scene.event(device, "test", after(-10))
            return unit, device

        kept = {}
        _, device = panel(test=True)
        kept["open"] = scene.alarm(device, "fire_alarm", NOON)
        unit, device = panel()
        kept["a second point"] = scene.alarm(device, "fire_alarm", NOON, after(.5))
        connection.execute("insert into alarms (device_id, unit_id, kind, point, opened_at, received_at, last_at) "
                           "values (%s, %s, 'fire_alarm', '1-2', %s, %s, %s)", [device, unit, *[after(40)] * 3])
        unit, device = panel()
        kept["another still burning"] = scene.alarm(device, "fire_alarm", NOON, after(.5))
        scene.alarm(scene.device(unit, "smoke"), "fire_alarm", after(-600))
        unit, device = panel()
        kept["pumps started"] = scene.alarm(device, "fire_alarm", NOON, after(.5))
        scene.event(scene.device(unit, "uitd"), "started", after(5))
        for test in (False, True):
            unit, device = panel(test)
            kept[f"a fire on record, test {test}"] = scene.alarm(device, "fire_alarm", NOON, after(.5))
            scene.fire(unit, after(-30))
        unit, device = panel(test=True)
        kept["another device in a test"] = scene.alarm(device, "fire_alarm", NOON, after(90))
        scene.alarm(scene.device(unit, "smoke"), "fire_alarm", after(95), after(99))
        _, device = panel()
        kept["too long"] = scene.alarm(device, "fire_alarm", NOON, after(2))
        _, device = panel()
        kept["gas"] = scene.alarm(device, "gas_alarm", NOON, after(.5))
        _, device = panel()
        kept["a person has said"] = scene.alarm(device, "fire_alarm", NOON, after(.5), "confirmed", after(3))
    verdicts.run(db, LATER)
    wrong = {what: verdict(db, alarm) for what, alarm in kept.items()
             if verdict(db, alarm)[:2] != (("confirmed", None) if what == "a person has said" else (None, None))}
    assert not wrong


def test_late_data_takes_a_verdict_by_rule_back_and_a_persons_never(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit, other = scene.unit(), scene.unit()
        first = scene.alarm(scene.device(unit, "uitd"), "fire_alarm", NOON, after(.5))
        second = scene.alarm(scene.device(other, "uitd"), "fire_alarm", NOON, after(.5))
    assert verdicts.run(db, LATER)["judged"] == 2
    with db.connection() as connection:
        scene = Scene(connection)
        # What the page does when a person judges.
        connection.execute("update alarms set verdict = 'test', verdict_by = 'wang', verdict_rule = null "
                           "where alarm_id = %s", [second])
        for of in (unit, other):
            scene.alarm(scene.device(of, "smoke"), "fire_alarm", after(10))
    assert verdicts.run(db, LATER + dt.timedelta(minutes=5)) == {"judged": 0, "taken_back": 1}
    assert verdict(db, first) == (None, None, None, False)
    assert verdict(db, second) == ("test", None, "wang", False)
    assert [row["action"] for row in db.rows("select action from audit_log order by audit_id")] == [
        "judge", "judge", "take back"]


def test_a_local_rule_may_not_say_that_an_alarm_was_real(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    day = dt.date(2026, 3, 10)
    rule = rules().rule("verdicts.rule.short_single", day)
    changed = type(rule)(**{**{name: getattr(rule, name) for name in rule.__dataclass_fields__},
                            "value": {**rule.value, "verdict": "confirmed"}})
    monkeypatch.setattr(type(rules()), "on", lambda book, at_day, prefix="": [changed])
    with pytest.raises(PolicyError, match="its verdict is false or test"):
        verdicts.run(db, LATER)
