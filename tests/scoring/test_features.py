"""The feature table of a day."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from scoring import asking, cohorts, features, rollup
from scoring.features import FeatureTable
from store import Database
from tests.scoring.scene import Scene, at

AS_OF = dt.date(2026, 3, 1)


def load(db: Database, as_of: dt.date = AS_OF, units: list[int] | None = None) -> FeatureTable:
    with db.connection() as connection:
        return features.load(connection, as_of, units)


def rows(table: FeatureTable) -> dict[int, dict[str, float | str | None]]:
    return {int(unit): table.row(place) for place, unit in enumerate(table.unit_id)}


def busy(scene: Scene) -> list[int]:
    """Three units with something of everything in their past."""
    units = [scene.unit(f"A{number}", kind="office" if number == 2 else "hotel", floor_area_m2=1000, storeys=3,
                        occupants=50, lon=120.0, lat=30.0,
                        attributes={"tier": f"T{number % 2}", "operator": "连锁", "opened": "2024-05-01"})
             for number in range(3)]
    for number, unit in enumerate(units):
        panel, sensor = scene.device(unit, "uitd"), scene.device(unit)
        scene.reading(sensor, "residual_current", at("2026-02-20", 9), 100 + 250 * number)
        scene.alarm(panel, "fire_alarm", at("2026-02-10", 9), at("2026-02-10", 10), "false", at("2026-02-10", 11))
        scene.alarm(panel, "fault", at("2026-02-11", 9), at("2026-02-12", 10))
        scene.event(panel, "system_off", at("2026-02-26", 9))
        scene.duty_check(panel, at("2026-02-15", 9))
        scene.duty_check(panel, at("2026-02-16", 9), "unanswered" if number else "answered")
        scene.visit(unit, "2025-06-01", "critical", "minor", team="red")
        scene.visit(unit, "2025-12-01", "serious", team="blue", handling="ordered", due="2025-12-20")
        scene.penalty(unit, "2025-12-05")
        scene.complaint(unit, at("2025-11-01", 9), at("2025-11-02", 9), True)
        scene.fire(unit, at("2025-01-01", 9))
        scene.credit(unit, "2025-12-05", -6)
        scene.listing(unit, "general", "2025-12-10")
    return units


def test_nothing_that_happens_on_the_day_or_later_moves_a_feature(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        units = busy(scene)
        rollup.mark(connection, units[0], dt.date(2026, 2, 1), dt.date(2026, 2, 28))
        pending = scene.alarm(scene.device(units[0], "smoke"), "fire_alarm", at("2026-02-20", 8), at("2026-02-20", 9))
        scene.complaint(units[0], at("2026-02-20", 9))
        undecided = scene.finding(units[0], at("2026-02-20", 9))
        true = scene.finding(units[0], at("2026-02-10", 9))
        scene.decision(true, "substantiated", at("2026-02-12", 9))
        open_case = scene.alarm(scene.device(units[0]), "fault", at("2026-02-27", 9))
    rollup.run(db, AS_OF)
    before = load(db)
    with db.connection() as connection:
        scene = Scene(connection)
        for unit in units:
            panel = scene.device(unit, "uitd", installed="2026-03-02")
            for day in ("2026-03-01", "2026-03-20"):
                scene.reading(panel, "residual_current", at(day, 0), 900)
                scene.event(panel, "system_off", at(day, 1))
                scene.duty_check(panel, at(day, 0), "unanswered")
                scene.alarm(panel, "fire_alarm", at(day, 0), None, "confirmed", at(day, 1))
                scene.alarm(panel, "fault", at(day, 0))
                scene.visit(unit, day, "critical", "critical", "serious", team="blue", handling="ordered", due=day,
                            major=True, result="hazards_ordered")
                scene.penalty(unit, day)
                scene.complaint(unit, at(day, 0), at(day, 9), True)
                scene.fire(unit, at(day, 0), "ordinary")
                scene.credit(unit, day, -20)
                scene.listing(unit, "serious", day)
                scene.finding(unit, at(day, 0))
                scene.decision(scene.finding(unit, at(day, 0)), "substantiated", at(day, 1))
        scene.visit(units[0], "2026-03-21", "critical", "critical", "critical", team="blue")
        # What is learnt later of what had happened before.
        connection.execute("update alarms set verdict = 'confirmed', verdict_at = %s where alarm_id = %s",
                           [at("2026-03-01"), pending])
        connection.execute("update alarms set restored_at = %s where alarm_id = %s", [at("2026-03-01", 2), open_case])
        connection.execute("update hazards set corrected_on = '2026-03-01' where corrected_on is null "
                           "and found_on < '2026-03-01'")
        connection.execute("update penalties set withdrawn_on = '2026-03-01' where decided_on < '2026-03-01'")
        connection.execute("update complaints set checked_at = %s, verified = true where checked_at is null",
                           [at("2026-03-01", 3)])
        scene.decision(undecided, "substantiated", at("2026-03-01"))
        scene.decision(true, "dismissed", at("2026-03-01"))
        connection.execute("update credit_listings set to_day = '2026-03-01' where from_day < '2026-03-01'")
        scene.unit("Z9", registered_on=dt.date(2026, 3, 5))
    rollup.run(db, dt.date(2026, 4, 1))
    after = load(db)
    assert list(after.unit_id) == list(before.unit_id)
    assert after.words == before.words
    for name, column in before.numbers.items():
        np.testing.assert_array_equal(after.numbers[name], column, err_msg=name)
    # The same rows are seen from a later day, so the test above could have failed.
    later = load(db, dt.date(2026, 4, 1), units)
    still = [name for name in (
        "alarms_confirmed_90", "fault_hours_90", "leakage_over_share_90", "critical_ratio", "penalties_12m",
        "complaints_verified_12m", "fires_36m", "credit_balance", "major_open", "system_off_open_hours",
        "findings_substantiated_12m", "findings_undecided", "duty_unanswered_share_90", "failed_ratio", "kind_ratio",
        "near_ratio", "operator_ratio", "items_told", "attribute:tier_ratio", "attribute:opened_days")
        if np.array_equal(later.numbers[name], before.numbers[name][np.isin(before.unit_id, units)], equal_nan=True)]
    assert still == []


def test_the_past_is_told_as_it_was(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = busy(scene)[1]
        scene.penalty(unit, "2025-10-01", withdrawn="2025-11-01")
        scene.penalty(unit, "2025-02-28")
        scene.complaint(unit, at("2026-01-01", 9), at("2026-01-02", 9), False)
        scene.visit(unit, "2026-02-01", kind="reinspection")
    rollup.run(db, AS_OF)
    row = rows(load(db))[unit]
    told = {name: row[name] for name in (
        "alarms_90", "alarms_30", "alarms_false_90", "alarms_unjudged_90", "alarms_confirmed_90", "faults_90",
        "leakage_over_share_90", "visits", "days_since_visit", "open_hazards", "overdue_hazards", "major_open",
        "penalties_12m", "complaints_12m", "complaints_verified_12m", "fires_36m", "credit_balance", "credit_list",
        "last_result", "last_serious", "last_critical")}
    assert told == {
        "alarms_90": 1, "alarms_30": 1, "alarms_false_90": 1, "alarms_unjudged_90": 0, "alarms_confirmed_90": 0,
        "faults_90": 1, "leakage_over_share_90": 1, "visits": 2, "days_since_visit": 90, "open_hazards": 1,
        "overdue_hazards": 1, "major_open": 0, "penalties_12m": 1, "complaints_12m": 2, "complaints_verified_12m": 1,
        "fires_36m": 1, "credit_balance": 94, "credit_list": "general", "last_result": "hazards_corrected",
        "last_serious": 1, "last_critical": 0}
    assert row["fault_hours_90"] == pytest.approx(25)
    # From 26 February 09:00 to the first moment of 1 March.
    assert row["system_off_open_hours"] == pytest.approx(63)


def test_a_visit_to_premises_found_closed_moves_nothing(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        units = [scene.unit(), scene.unit()]
        for unit in units:
            scene.visit(unit, "2026-01-10", "serious", team="red", result="hazards_ordered", handling="ordered",
                        due="2026-06-01")
    before = rows(load(db))
    assert before[units[0]]["visits"] == 1
    with db.connection() as connection:
        Scene(connection).visit(units[0], "2026-02-20", team="red", result="closed")
    assert rows(load(db)) == before
    with db.connection() as connection:
        assert cohorts.load(connection, dt.date(2026, 2, 1), AS_OF, "serious") is None, "nor did it find nothing"


def test_a_finding_counts_only_as_what_a_person_had_decided_by_the_day(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        scene.finding(unit, at("2026-02-28", 23))
        scene.finding(unit, at("2026-02-01"), lapsed=at("2026-02-20"))
        scene.finding(unit, at("2026-02-01"), lapsed=at("2026-03-01"))
        for decisions in ((("substantiated", "2026-02-28"),), (("to_visit", "2026-02-10"),),
                          (("substantiated", "2026-02-10"), ("dismissed", "2026-02-20")),
                          (("dismissed", "2026-02-10"), ("substantiated", "2026-02-20")),
                          (("substantiated", "2025-02-28"),),
                          (("substantiated", "2026-02-10"), ("dismissed", "2026-03-01"))):
            number = scene.finding(unit, at(decisions[0][1]))
            for decision, day in decisions:
                scene.decision(number, decision, at(day, 1))
    row = rows(load(db))[unit]
    # One is too long ago, one was changed in time, one only afterwards.
    assert (row["findings_substantiated_12m"], row["findings_undecided"]) == (3, 2)


def test_what_is_not_known_is_a_state_and_not_zero(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        busy(scene)
        bare = scene.unit("B1", area="990102")
        clean = scene.unit("B2")
    rollup.run(db, AS_OF)
    found = rows(load(db))
    for name in ("fault_hours_90", "alarms_90", "offline_share_90", "leakage_over_share_90", "critical_ratio",
                 "days_since_visit", "credit_balance", "floor_area_m2", "system_off_open_hours"):
        assert found[bare][name] is None, name
    assert (found[bare]["has_telemetry"], found[bare]["has_credit"], found[bare]["visits"]) == (0, 0, 0)
    assert found[bare]["last_result"] == "none"
    # Where a district keeps credit, a unit without an entry has its full balance.
    assert found[clean]["credit_balance"] == 100


def test_a_find_counts_against_what_the_same_team_usually_finds(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        strict, mild = scene.unit("S"), scene.unit("M")
        for number in range(40):
            other = scene.unit(f"O{number:02d}")
            scene.visit(other, "2025-08-01", "critical", team="strict")
            scene.visit(other, "2025-09-01", team="mild")
        scene.visit(strict, "2025-10-01", "critical", team="strict")
        scene.visit(mild, "2025-10-01", "critical", team="mild")
    found = rows(load(db))
    assert 1 < float(found[strict]["critical_ratio"] or 0) < float(found[mild]["critical_ratio"] or 0)


def test_the_other_units_of_an_operator_tell_about_this_one(db: Database) -> None:
    code = "91110000MA00000000"
    with db.connection() as connection:
        scene = Scene(connection)
        one, two = scene.unit("A", uscc=code), scene.unit("B", uscc=code)
        alone = scene.unit("C", uscc="91110000MA00000001")
        named = [scene.unit(name, attributes={"operator": "连锁"}) for name in ("D", "E")]
        for _ in range(10):
            scene.visit(alone, "2025-10-01")
        scene.visit(two, "2025-10-01", "critical")
        scene.visit(named[0], "2025-10-01")
    found = rows(load(db))
    assert float(found[one]["operator_ratio"] or 0) > 1
    assert found[two]["operator_ratio"] is None
    assert found[alone]["operator_ratio"] is None
    assert 0 < float(found[named[1]]["operator_ratio"] or 0) < 1


def test_neighbours_and_units_alike_tell_about_a_unit_that_was_never_inspected(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        here = scene.unit("N", kind="cinema", lon=120.0, lat=30.0, attributes={"tier": "high"})
        far = scene.unit("F", kind="office", lon=121.0, lat=31.0, attributes={"tier": "low"})
        nowhere = scene.unit("X", kind="mall")
        for number in range(8):
            beside = scene.unit(f"B{number}", kind="cinema", lon=120.002, lat=30.001, attributes={"tier": "high"})
            scene.visit(beside, "2025-09-01", "critical", team="one")
            quiet = scene.unit(f"Q{number}", kind="office", lon=121.002, lat=31.001, attributes={"tier": "low"})
            scene.visit(quiet, "2025-09-01", team="one")
    found = rows(load(db))
    for name in ("near_ratio", "kind_ratio", "attribute:tier_ratio"):
        assert float(found[here][name] or 0) > 1 > float(found[far][name] or 9), name
        assert found[nowhere][name] is None, name
    assert (found[here]["critical_ratio"], found[here]["last_result"]) == (None, "none")


def test_an_item_tells_what_followed_wherever_it_was_found(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        for number in range(20):
            bad, good = scene.unit(f"B{number:02d}"), scene.unit(f"G{number:02d}")
            scene.visit(bad, "2024-06-01", "minor", team="one", item="BAD")
            scene.visit(bad, "2025-06-01", "critical", team="one")
            scene.visit(good, "2024-06-01", "minor", team="one", item="GOOD")
            scene.visit(good, "2025-06-01", team="one")
        warned, calm, clean = scene.unit("W"), scene.unit("C"), scene.unit("P")
        scene.visit(warned, "2025-12-01", "minor", team="one", item="BAD")
        scene.visit(calm, "2025-12-01", "minor", team="one", item="GOOD")
        scene.visit(clean, "2025-12-01", team="one")
    found = rows(load(db))
    assert float(found[warned]["items_told"] or 0) > 0 > float(found[calm]["items_told"] or 0)
    assert found[clean]["items_told"] == 0


def test_attributes_of_the_register_are_features_by_what_they_hold(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        for number in range(70):
            unit = scene.unit(f"U{number:02d}", attributes={
                "size": number * 1.5, "opened": "2026-01-01", "closing": "2027-01-01", "name": f"n{number}", "level": 3,
                "tier": "high" if number % 2 else "low"})
            scene.visit(unit, "2025-09-01", *(["critical"] if number % 2 else []), team="one")
    table = load(db)
    assert sorted(name for name in table.numbers if name.startswith("attribute:")) == [
        "attribute:closing_days", "attribute:opened_days", "attribute:size", "attribute:tier_ratio"]
    row = table.row(7)
    assert (row["attribute:size"], row["attribute:opened_days"], row["attribute:closing_days"]) == (10.5, 59, None)


def test_features_of_one_unit_are_those_of_the_whole_table(db: Database) -> None:
    with db.connection() as connection:
        units = busy(Scene(connection))
    rollup.run(db, AS_OF)
    whole = rows(load(db))
    assert rows(load(db, units=[units[2]])) == {units[2]: whole[units[2]]}


def test_a_closed_unit_is_left_out_unless_it_is_asked_for(db: Database) -> None:
    with db.connection() as connection:
        closed = Scene(connection).unit("X", status="closed")
    assert len(load(db)) == 0
    assert list(load(db, units=[closed]).unit_id) == [closed]


@pytest.mark.parametrize("batch", [1, 2, 3, 1000])
def test_units_in_batches_by_a_cursor_of_the_server_have_the_features_of_units_read_in_one_go(
        db: Database, batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.connection() as connection:
        units = busy(Scene(connection))
    plain = rows(load(db, units=units))
    monkeypatch.setattr(asking, "FEW", 0)
    monkeypatch.setattr(asking, "_BATCH", batch)
    assert repr(rows(load(db, units=units))) == repr(plain)


def test_an_empty_register_has_a_table_of_no_rows_with_every_column(db: Database) -> None:
    table = load(db)
    assert len(table) == 0
    assert {"critical_ratio", "near_ratio", "fault_hours_90", "last_hazards", "credit_balance"} <= set(table.numbers)
