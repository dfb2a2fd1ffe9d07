"""The roll-up by unit and legal day."""

from __future__ import annotations

import datetime as dt
import threading

import pytest

from scoring import rollup
from store import Database
from tests.scoring.scene import Scene, at

DAY = dt.date(2026, 1, 15)


def day_row(db: Database, unit_id: int, day: str) -> dict[str, object]:
    row = db.row("select * from unit_days where unit_id = %s and day = %s", [unit_id, day])
    assert row is not None
    return row


def test_a_day_is_a_day_in_shanghai(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        device = scene.device(unit)
        for hour in (-0.01, 0.0, 23.99, 24.0):
            scene.reading(device, "voltage", at("2026-01-10", hour), 220)
    rollup.run(db, DAY)
    assert [day_row(db, unit, day)["readings"] for day in ("2026-01-09", "2026-01-10", "2026-01-11")] == [1, 2, 1]


PRESSURES = (
    ("hotel", 120.0, {}, 0.14, 1),              # GB 50974-2014 5.2.2: public, over 100 m
    ("hotel", 120.0, {}, 0.15, 0),
    ("hotel", 60.0, {}, 0.09, 1),               # class one high-rise public
    ("hotel", 20.0, {}, 0.07, 0),
    ("hotel", None, {}, 0.06, 1),
    ("factory", 10.0, {}, 0.09, 1),             # industrial
    ("highrise_residential", 90.0, {}, 0.08, 0),
    ("hotel", 20.0, {}, 1.7, 1),                # above what a zone may have
    ("hotel", 20.0, {"low": 0.3, "high": 0.9}, 0.2, 1),
    ("hotel", 20.0, {"low": 0.3, "high": 0.9}, 0.4, 0),
    ("hotel", 20.0, {"low": "much"}, 0.4, 0),
)


def test_water_pressure_is_judged_by_what_the_building_is(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        units = []
        for kind, height, settings, value, _ in PRESSURES:
            units.append(scene.unit(kind=kind, height_m=height))
            device = scene.device(units[-1], "water_pressure", settings=settings)
            scene.reading(device, "water_pressure", at("2026-01-10", 9), value)
    rollup.run(db, DAY)
    out = [day_row(db, unit, "2026-01-10")["pressure_out"] for unit in units]
    assert out == [expected for *_, expected in PRESSURES]


def test_leakage_cable_and_battery_are_counted_against_their_limits(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        device, sensor = scene.device(unit), scene.device(unit, "smoke")
        for hour, leakage, cable in ((1, 299, 69), (2, 300, 70), (3, 500, 90)):
            scene.reading(device, "residual_current", at("2026-01-10", hour), leakage)
            scene.reading(device, "cable_temperature", at("2026-01-10", hour), cable)
        for hour in (4, 5):
            scene.reading(sensor, "battery", at("2026-01-10", hour), 12)
    rollup.run(db, DAY)
    row = day_row(db, unit, "2026-01-10")
    assert (row["leakage_readings"], row["leakage_over"], row["cable_readings"], row["cable_over"]) == (3, 2, 3, 2)
    assert (row["battery_low"], row["devices"], row["devices_heard"]) == (1, 2, 2)


def test_a_fault_counts_on_every_day_it_lasts_and_an_open_one_to_the_end_of_the_day(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        device = scene.device(unit)
        scene.alarm(device, "fault", at("2026-01-10", 18), at("2026-01-12", 3))
        scene.alarm(device, "bus_fault", at("2026-01-13", 12))
    rollup.run(db, DAY)
    hours = [day_row(db, unit, f"2026-01-{day}")["fault_hours"] for day in (10, 11, 12, 13, 14)]
    assert hours == pytest.approx([6, 24, 3, 12, 24])
    assert [day_row(db, unit, f"2026-01-{day}")["faults"] for day in (10, 11, 13)] == [1, 0, 1]


def test_faults_at_the_same_time_count_once_in_hours(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        scene.alarm(scene.device(unit), "fault", at("2026-01-10", 6), at("2026-01-10", 12))
        scene.alarm(scene.device(unit), "mains_fault", at("2026-01-10", 10), at("2026-01-10", 15))
    rollup.run(db, DAY)
    assert day_row(db, unit, "2026-01-10")["fault_hours"] == pytest.approx(9)


def test_a_late_restore_changes_the_days_it_takes_back(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        alarm = scene.alarm(scene.device(unit), "fault", at("2026-01-10", 12))
    rollup.run(db, DAY)
    assert day_row(db, unit, "2026-01-13")["fault_hours"] == pytest.approx(24)
    with db.connection() as connection:
        connection.execute("update alarms set restored_at = %s where alarm_id = %s", [at("2026-01-11", 6), alarm])
    rollup.run(db, DAY)
    hours = [day_row(db, unit, f"2026-01-{day}")["fault_hours"] for day in (10, 11, 12, 13)]
    assert hours == pytest.approx([12, 6, 0, 0])


def test_a_late_verdict_marks_the_day_the_alarm_was_raised(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        alarm = scene.alarm(scene.device(unit, "smoke"), "fire_alarm", at("2026-01-05", 12), at("2026-01-05", 13))
    rollup.run(db, DAY)
    assert (day_row(db, unit, "2026-01-05")["fire_alarms"], day_row(db, unit, "2026-01-05")["alarms_false"]) == (1, 0)
    with db.connection() as connection:
        connection.execute("update alarms set verdict = 'false', verdict_at = now() where alarm_id = %s", [alarm])
    assert rollup.run(db, DAY)["unit_days"] == 1
    assert day_row(db, unit, "2026-01-05")["alarms_false"] == 1
    with db.connection() as connection:
        connection.execute("update alarms set verdict = 'test' where alarm_id = %s", [alarm])
    rollup.run(db, DAY)
    assert day_row(db, unit, "2026-01-05")["fire_alarms"] == 0


def test_only_the_last_seen_time_of_an_alarm_marks_nothing(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        alarm = scene.alarm(scene.device(scene.unit(), "smoke"), "fire_alarm", at("2026-01-05"), at("2026-01-06"))
        connection.execute("delete from dirty_unit_days")
        connection.execute("update alarms set last_at = now() where alarm_id = %s", [alarm])
        assert connection.execute("select count(*) as n from dirty_unit_days").fetchone() == {"n": 0}


def test_conditions_run_from_event_to_event_over_midnight(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        panel = scene.device(unit, "uitd")
        for kind in ("shielded", "manual_mode", "system_off"):
            scene.event(panel, kind, at("2026-01-10", 20))
            scene.event(panel, kind, at("2026-01-11", 2))
            scene.event(panel, kind, at("2026-01-12", 5), active=False)
        rollup.mark(connection, unit, dt.date(2026, 1, 10), dt.date(2026, 1, 14))
    rollup.run(db, DAY)
    for column in ("shielded_hours", "manual_hours", "system_off_hours"):
        assert [day_row(db, unit, f"2026-01-{day}")[column] for day in (10, 11, 12, 13)] == pytest.approx([4, 24, 5, 0])


def test_silence_is_offline_and_seen_without_a_mark(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        scene.device(unit)
        scene.device(unit, "uitd")
        scene.device(unit, status="retired")
        scene.device(unit, installed="2026-02-01")
    assert rollup.run(db, DAY)["unit_days"] == 1
    row = day_row(db, unit, "2026-01-14")
    # A panel link that has nothing to say is not offline; what is retired or not yet installed is no device.
    assert (row["devices"], row["devices_heard"], row["offline_hours"]) == (2, 0, 24)


def test_offline_hours_come_from_offline_events_where_the_device_was_heard(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        device = scene.device(unit)
        scene.reading(device, "voltage", at("2026-01-10", 5), 220)
        scene.event(device, "offline", at("2026-01-10", 9))
        scene.event(device, "offline", at("2026-01-10", 12), active=False)
        scene.reading(device, "voltage", at("2026-01-10", 12), 220)
    rollup.run(db, DAY)
    assert day_row(db, unit, "2026-01-10")["offline_hours"] == pytest.approx(3)


def test_only_marked_days_are_computed_and_the_day_of_the_run_waits(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        device = scene.device(unit)
        for day in ("2026-01-10", "2026-01-14", "2026-01-15"):
            scene.reading(device, "voltage", at(day, 9), 220)
    rollup.run(db, DAY)
    before = day_row(db, unit, "2026-01-14")["computed_at"]
    assert db.row("select count(*) as n from dirty_unit_days where day < '2026-01-15'") == {"n": 0}
    assert db.row("select count(*) as n from unit_days where day = '2026-01-15'") == {"n": 0}
    with db.connection() as connection:
        scene = Scene(connection)
        scene.reading(device, "voltage", at("2026-01-10", 10), 220)
    assert rollup.run(db, DAY)["unit_days"] == 1
    assert day_row(db, unit, "2026-01-10")["readings"] == 2
    assert day_row(db, unit, "2026-01-14")["computed_at"] == before


def test_a_condition_learnt_of_late_changes_the_days_after_it(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        device = scene.device(unit, "uitd")
        scene.event(device, "shielded", at("2026-01-10", 12))
        rollup.mark(connection, unit, dt.date(2026, 1, 10), dt.date(2026, 1, 13))
    rollup.run(db, DAY)
    assert day_row(db, unit, "2026-01-13")["shielded_hours"] == pytest.approx(24)
    with db.connection() as connection:
        Scene(connection).event(device, "shielded", at("2026-01-11", 6), active=False, received=dt.datetime.now(dt.UTC))
    rollup.run(db, DAY)
    assert [day_row(db, unit, f"2026-01-{day}")["shielded_hours"] for day in (10, 11, 12, 13)] == pytest.approx(
        [12, 6, 0, 0])


def test_a_mark_made_while_the_days_are_rolled_up_survives(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        device = scene.device(unit)
        scene.reading(device, "voltage", at("2026-01-10", 9), 220)
    waiting = threading.Event()

    def write_late() -> None:
        with db.connection() as connection:
            connection.execute("insert into readings select %s, metric_id, %s, 1, now() from metrics limit 1",
                               [device, at("2026-01-10", 10)])
            waiting.set()
            rollup.mark(connection, unit, dt.date(2026, 1, 10))

    limits = rollup.Limits.on(DAY)
    with db.connection() as connection:
        assert rollup._roll_up(connection, dt.date(2026, 1, 10), dt.date(2026, 1, 10), DAY, limits) == 1
        late = threading.Thread(target=write_late)
        late.start()
        assert waiting.wait(10)
    late.join(10)
    assert db.row("select count(*) as n from dirty_unit_days where unit_id = %s", [unit]) == {"n": 1}
    rollup.run(db, DAY)
    assert day_row(db, unit, "2026-01-10")["readings"] == 2


def test_a_long_backlog_is_taken_in_stretches_with_progress(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollup, "STRETCH", 4)
    with db.connection() as connection:
        scene = Scene(connection)
        units = [scene.unit() for _ in range(3)]
        for unit in units:
            scene.reading(scene.device(unit), "voltage", at("2026-01-02", 9), 220)
            rollup.mark(connection, unit, dt.date(2026, 1, 1), dt.date(2026, 1, 8))
    told: list[tuple[int, int]] = []
    found = rollup.run(db, DAY, lambda done, total: told.append((done, total)))
    assert found["unit_days"] == 27
    assert told[-1] == (27, 27)
    assert len(told) == 9
