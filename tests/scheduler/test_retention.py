"""What goes when it is old, what never goes, and that no day is computed from a part of its data."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg.types.json import Jsonb

import ingest.retention
from ingest import quarantine
from ingest.quarantine import Quarantined
from ingest.retention import Ages, Held, midnight
from policy import PolicyError, RuleBook, rules
from policy.clocks import legal_day, months_before
from scheduler import find, retention, run_once
from scoring import rollup
from store import Database, capabilities, sizes
from tests.scoring.scene import Scene, at

DAY = dt.date(2026, 11, 15)
NOW = dt.datetime(2026, 11, 15, 2, tzinfo=dt.UTC)
KEPT = dt.date(2024, 11, 15)


def load(db: Database, first: str = "2024-10-20", days: int = 40, each: int = 3) -> tuple[int, int]:
    """A device with ``each`` readings a day, rolled up; returns (unit, device)."""
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit()
        device = scene.device(unit, "water_pressure")
        start = dt.date.fromisoformat(first)
        for n in range(days):
            for hour in range(each):
                scene.reading(device, "water_pressure", at(str(start + dt.timedelta(days=n)), 1 + hour * 0.4), 0.3)
    rollup.run(db, DAY)
    return unit, device


def days_with_readings(db: Database) -> list[dt.date]:
    return [row["day"] for row in db.rows("select distinct legal_day(ts) as day from readings order by 1")]


def rolled_up(db: Database) -> dict[dt.date, int]:
    return {row["day"]: row["readings"] for row in db.rows("select day, readings from unit_days where readings > 0")}


def has_chunks(db: Database) -> bool:
    with db.connection() as connection:
        return capabilities(connection).timescaledb is not None


def test_old_readings_go_and_their_roll_ups_stay(any_db: Database) -> None:
    load(any_db)
    before = rolled_up(any_db)
    chosen = retention.plan(any_db, DAY).telemetry.line("readings")
    assert days_with_readings(any_db) == sorted(before), "a plan changes nothing"
    done = retention.run(any_db, DAY, NOW)
    left = days_with_readings(any_db)
    assert [day for day in left if day >= KEPT] == [day for day in sorted(before) if day >= KEPT]
    gone = len(before) - len(left)
    if has_chunks(any_db):
        assert left[0] > KEPT - dt.timedelta(days=8), "what is left of it shares a chunk with what is kept"
        assert done["readings"] == chosen.chunks == 4
    else:
        assert left[0] == KEPT
        assert done["readings"] == chosen.rows == gone * 3
    assert abs(chosen.rows - gone * 3) <= 3
    assert rolled_up(any_db) == before
    assert any_db.row("select kept_from from retention_marks") == {"kept_from": KEPT}
    assert retention.run(any_db, DAY, NOW)["readings"] == 0, "run again it does nothing"


def test_a_day_that_waits_for_its_roll_up_is_not_dropped(any_db: Database) -> None:
    unit, _ = load(any_db)
    with any_db.connection() as connection:
        rollup.mark(connection, unit, dt.date(2024, 11, 3))
    chosen = retention.plan(any_db, DAY).telemetry.line("readings")
    assert (chosen.kept_from, chosen.held) == (dt.date(2024, 11, 3), Held(dt.date(2024, 11, 3), "waiting", 1))
    assert retention.run(any_db, DAY, NOW)["held"] == "1 units of 2024-11-03 wait for their roll-up"
    assert dt.date(2024, 11, 3) in days_with_readings(any_db)
    assert dt.date(2024, 10, 20) not in days_with_readings(any_db)
    rollup.run(any_db, DAY)
    retention.run(any_db, DAY, NOW)
    assert dt.date(2024, 11, 3) not in days_with_readings(any_db)
    assert rolled_up(any_db)[dt.date(2024, 11, 3)] == 3


def test_a_day_that_was_never_rolled_up_is_rolled_up_first(any_db: Database) -> None:
    load(any_db)
    with any_db.connection() as connection:
        connection.execute("delete from unit_days where day in ('2024-10-28', '2024-10-20')")
    for day in ("2024-10-20", "2024-10-28"):
        done = retention.run(any_db, DAY, NOW)
        assert done["held"] == f"{day} was never rolled up"
        assert dt.date.fromisoformat(day) in days_with_readings(any_db)
        rollup.run(any_db, DAY)
    assert "held" not in retention.run(any_db, DAY, NOW)
    assert len(rolled_up(any_db)) == 40


def test_readings_stay_as_long_as_a_trusted_device_may_bring_more_of_their_day(db: Database) -> None:
    _, device = load(db)
    with db.connection() as connection:
        connection.execute("update devices set settings = '{\"clock\": \"trust\"}' where device_id = %s", [device])
    line = retention.plan(db, DAY).telemetry.line("readings")
    # 180 days of quarantine, 1,100 of a trusted clock, 7 of slack.
    assert (line.kept_from, line.rows, str(line.held)) == (
        dt.date(2023, 5, 8), 0, "devices whose clock is trusted may bring readings from 2023-05-08 on "
                                "(clock.trusted_days)")
    assert retention.run(db, DAY, NOW)["readings"] == 0
    assert len(days_with_readings(db)) == 40


def test_a_verdict_on_an_old_alarm_changes_what_rests_on_cases_and_nothing_else(any_db: Database) -> None:
    unit, device = load(any_db)
    with any_db.connection() as connection:
        scene = Scene(connection)
        alarm = scene.alarm(device, "fire_alarm", at("2024-10-25", 2), at("2024-10-25", 5))
        silent = scene.unit()
        other = scene.device(silent, "smoke")
    rollup.run(any_db, DAY)
    retention.run(any_db, DAY, NOW)
    query = "select * from unit_days where unit_id = %s and day = '2024-10-25'"
    before = any_db.row(query, [unit])
    with any_db.connection() as connection:
        connection.execute("update alarms set verdict = 'false', verdict_at = now() where alarm_id = %s", [alarm])
        # A unit that had no row of that day gets none: it would say that every device was silent.
        Scene(connection).alarm(other, "fault", at("2024-10-25", 2), at("2024-10-25", 3))
    rollup.run(any_db, DAY)
    after = any_db.row(query, [unit])
    assert before is not None
    assert after == {**before, "alarms_false": 1, "computed_at": after["computed_at"] if after else None}
    assert after["readings"] == 3
    assert any_db.row(query, [silent]) is None
    assert any_db.row("select count(*) as n from dirty_unit_days where day < '2024-11-01'") == {"n": 0}


def test_a_case_that_is_restored_late_changes_the_fault_hours_of_a_closed_day(db: Database) -> None:
    unit, device = load(db)
    with db.connection() as connection:
        alarm = Scene(connection).alarm(device, "fault", at("2024-10-25", 2), at("2024-10-25", 5))
    rollup.run(db, DAY)
    retention.run(db, DAY, NOW)
    with db.connection() as connection:
        connection.execute("update alarms set restored_at = %s where alarm_id = %s", [at("2024-10-25", 8), alarm])
    rollup.run(db, DAY)
    row = db.row("select fault_hours, faults, readings from unit_days where day = '2024-10-25' "
                 "and unit_id = %s", [unit])
    assert row == {"fault_hours": 6.0, "faults": 1, "readings": 3}


def test_a_day_marked_while_the_mark_is_set_stays(db: Database) -> None:
    """The mark of retention and a mark for the roll-up wait for each other: there is no moment between the two."""
    unit, _ = load(db)
    set_to: list[dt.date] = []
    with db.connection() as connection:
        rollup.mark(connection, unit, dt.date(2024, 11, 1))
        closing = threading.Thread(target=lambda: set_to.append(ingest.retention._close(db, "readings", KEPT)))
        closing.start()
        closing.join(0.3)
        assert closing.is_alive()
    closing.join(10)
    assert set_to == [dt.date(2024, 11, 1)]


def test_a_run_that_is_killed_between_two_slices_is_finished_by_the_next(db: Database,
                                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    load(db)
    monkeypatch.setattr(ingest.retention, "_WIDEST", dt.timedelta(days=1))
    real, calls = ingest.retention._slices, []

    def killed(*all: Any) -> Any:
        for gone in real(*all):
            calls.append(gone)
            if len(calls) == 3:
                raise KeyboardInterrupt
            yield gone

    with monkeypatch.context() as patch:
        patch.setattr(ingest.retention, "_slices", killed)
        with pytest.raises(KeyboardInterrupt):
            retention.run(db, DAY, NOW)
    assert 0 < len([day for day in days_with_readings(db) if day < KEPT]) < 26
    assert retention.run(db, months_before(DAY, -1).replace(day=1), NOW)["readings"] > 0, "once a month from the start"
    assert [day for day in days_with_readings(db) if day < KEPT] == []


def test_a_rule_that_would_lose_what_must_stay_is_refused(db: Database, tmp_path: Path) -> None:
    def book(name: str, value: Any) -> RuleBook:
        (tmp_path / "x.yaml").write_text(yaml.safe_dump({name: {"zh": "x", "en": "x", "unit": "x", "values": [
            {"valid_from": dt.date(1900, 1, 1), "value": value, "source": "x", "tag": "P"}]}}))
        return RuleBook(Path(rules.__code__.co_filename).with_name("rules"), tmp_path)

    for kind in ("fire_alarm", "gas_alarm", "fault", "comm_fault"):
        with pytest.raises(PolicyError, match=f"{kind} opens cases, and cases are kept for ever: take it out"):
            Ages.on(book("retention.events_months", {kind: 120}), DAY)
    with pytest.raises(PolicyError, match="there is no event kind nonsense"):
        Ages.on(book("retention.events_months", {"nonsense": 120}), DAY)
    # 180 days of quarantine, 90 days of a device's memory, and some: nine months and a week.
    with pytest.raises(PolicyError, match=r"retention.readings_months keeps nothing before 2026-05-15, but data from"):
        Ages.on(book("retention.readings_months", 6), DAY)
    with pytest.raises(PolicyError, match=r"retention.states_months"):
        Ages.on(book("retention.states_months", 9), DAY)
    with pytest.raises(PolicyError, match=r"retention.events_months"):
        Ages.on(book("retention.events_months", {"muted": 1}), DAY)
    with pytest.raises(PolicyError, match=r"retention.readings_months"):
        Ages.on(book("clock.oldest_reading_days", 900), DAY)
    assert Ages.on(book("retention.readings_months", 12), DAY).readings == dt.date(2025, 11, 15)


def test_alarms_faults_and_the_last_of_each_point_never_go(any_db: Database) -> None:
    with any_db.connection() as connection:
        scene = Scene(connection)
        device = scene.device(scene.unit())
        for kind in ("fire_alarm", "gas_alarm", "fault", "shielded", "offline", "vendor_data", "muted", "feedback"):
            for day in ("2015-03-01", "2015-03-02"):
                scene.event(device, kind, at(day, 1))
        scene.event(device, "vendor_data", at("2026-11-01", 1))
        for day, key in (("2015-03-01", "door"), ("2015-03-02", "door"), ("2015-03-01", "firmware")):
            scene._run("insert into states values (%s, %s, %s, 'x', %s)", device, key, at(day), at(day))
        scene.alarm(device, "fire_alarm", at("2015-03-01", 1), at("2015-03-01", 2))
        connection.execute("insert into audit_log (at, actor, action, entity, entity_id) values "
                           "('2015-03-01', 'a', 'b', 'c', 'd')")
    rollup.run(any_db, DAY)
    unit_days = any_db.row("select count(*) as n from unit_days")
    lines = {line.noun: line.rows for line in retention.plan(any_db, DAY).lines}
    assert (lines["events"], lines["states"]) == (5, 1)
    done = retention.run(any_db, DAY, NOW)
    assert (done["events"], done["states"]) == (5, 1)
    left = {row["kind"]: row["days"] for row in any_db.rows(
        "select kind, array_agg(extract(day from ts at time zone 'Asia/Shanghai')::int order by ts) as days "
        "from events group by kind")}
    assert left == {"fire_alarm": [1, 2], "gas_alarm": [1, 2], "fault": [1, 2], "shielded": [1, 2], "offline": [1, 2],
                    "feedback": [2], "vendor_data": [1]}, "feedback lasts: its last word stays"
    assert [row["key"] for row in any_db.rows("select key from states order by key")] == ["door", "firmware"]
    assert any_db.row("select count(*) as n from alarms") == {"n": 1}
    assert any_db.row("select count(*) as n from audit_log") == {"n": 1}
    assert any_db.row("select count(*) as n from unit_days") == unit_days


def test_what_is_long_in_quarantine_is_summed_up(db: Database) -> None:
    with db.connection() as connection:
        quarantine.add(connection, [Quarantined(f"t{n}", b"x", 1, "acme", "json", "r", NOW - dt.timedelta(days=age))
                                    for n, age in enumerate((1, 179, 181, 400))])
        connection.execute("insert into quarantine_summary select 'a', 'b', '2020-01-01', 1, 1, 1, now(), now(), '', "
                           "'', '', ''")
    line = retention.plan(db, DAY).telemetry.line("quarantine")
    assert line.rows == 2
    assert retention.run(db, DAY, NOW)["quarantine_summed_up"] == 2
    (counted,) = quarantine.counts(db)
    assert (counted["payloads"], counted["summarised"]) == (2, 2)
    assert [row["day"].year for row in quarantine.summary(db)] == [2026, 2025]


def score_days(db: Database) -> dict[dt.date, bool]:
    """Days with scores, and whether they still have their reasons."""
    return {row["as_of"]: row["whole"] for row in db.rows(
        "select as_of, bool_or(points is not null or contributions is not null) as whole from scores "
        "group by 1 order by 1")}


def test_reasons_go_before_scores_and_what_a_draw_used_stays(db: Database) -> None:
    days = ["2023-05-01", "2023-05-02", "2023-05-03", "2023-05-04", "2026-06-01", "2026-06-02", "2026-11-01"]
    with db.connection() as connection:
        for day in days:
            connection.execute("insert into score_runs values (%s, 'm', 'v', 1, now(), now())", [day])
            connection.execute("insert into scores values (1, %s, 50, 1, 'B', 'B', %s, '{}')",
                               [day, Jsonb([{"feature": "x", "points": 50}])])
        for number, day, used in ((1, "2023-05-03", "2023-05-02"), (2, "2026-06-03", "2026-06-02")):
            frame = b'{"quotas":[],"scores_as_of":"' + used.encode() + b'","sequence":1,"units":[]}'
            connection.execute(
                "insert into draws (draw_no, draw_date, sequence, status, policy_version, frame, commitment, previous, "
                "frozen_at) values (%s, %s, %s, 'frozen', 'v', %s, 'c', 'p', now())", [day, day, number, frame])
    lines = {line.noun: line.rows for line in retention.plan(db, DAY).lines}
    assert (lines["reasons"], lines["scores"]) == (2, 1)
    done = retention.run(db, DAY, NOW)
    assert (done["score_days_thinned"], done["score_days_dropped"]) == (2, 1)
    # The 3rd is the latest day not after the draw's, by which the estimates go; the 1st is the first of its month.
    assert score_days(db) == {dt.date.fromisoformat(day): whole for day, whole in (
        ("2023-05-01", False), ("2023-05-02", True), ("2023-05-03", True), ("2026-06-01", False),
        ("2026-06-02", True), ("2026-11-01", True))}
    again = retention.run(db, DAY, NOW)
    assert (again["score_days_thinned"], again["score_days_dropped"]) == (0, 0)
    assert db.row("select count(*) as n from score_runs") == {"n": 6}


def test_readings_are_compressed_where_the_edition_can_and_take_late_data(any_db: Database) -> None:
    unit, device = load(any_db, "2026-09-01", days=30, each=20)
    chosen = retention.plan(any_db, DAY)
    with any_db.connection() as connection:
        able = capabilities(connection)
    done = retention.run(any_db, DAY, NOW)
    if not able.compression:
        assert chosen.telemetry.to_compress == 0
        assert chosen.telemetry.edition == ("apache" if able.timescaledb else "plain")
        assert "compressed" not in done
        return
    assert done["compressed"] == chosen.telemetry.to_compress > 0
    assert retention.run(any_db, DAY, NOW)["compressed"] == 0
    count = any_db.row("select count(*) as n from readings")
    late = at("2026-09-10", 12.34)
    with any_db.connection() as connection:
        connection.execute("set local role huoyan_ingest")
        connection.execute("insert into readings select device_id, metric_id, ts, value, now() from readings "
                           "where ts < '2026-09-20' on conflict (device_id, metric_id, ts) do nothing")
        with connection.cursor() as cursor, cursor.copy(
                "copy readings (device_id, metric_id, ts, value, received_at) from stdin (format binary)") as copy:
            copy.set_types(("int4", "int2", "timestamptz", "float8", "timestamptz"))
            copy.write_row((device, 1, late, 0.2, late))
    with pytest.raises(psycopg.errors.UniqueViolation), any_db.connection() as connection:
        connection.execute("insert into readings values (%s, 1, %s, 0.9, now())", [device, at("2026-09-10", 1)])
    assert count is not None
    assert any_db.row("select count(*) as n from readings") == {"n": count["n"] + 1}
    assert retention.run(any_db, DAY, NOW)["compressed"] >= 1, "the chunk that got rows since"
    assert retention.run(any_db, DAY, NOW)["compressed"] == 0
    with any_db.connection() as connection:
        rollup.mark(connection, unit, dt.date(2026, 9, 10))
    rollup.run(any_db, DAY)
    assert rolled_up(any_db)[dt.date(2026, 9, 10)] == 21


def test_the_scheduler_may_let_go_and_nobody_else(any_db: Database) -> None:
    load(any_db)
    wanted = "select telemetry_chunks_drop(now())", "select telemetry_chunk_compress('2020-01-01')", \
        "select telemetry_chunk_interval(24)", "select telemetry_time_indexes_refresh()"
    for role in ("huoyan_ingest", "huoyan_api"):
        with psycopg.connect(any_db.dsn, options=f"-c role={role}", autocommit=True) as connection:
            for statement in wanted:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)  # type: ignore[call-overload]
    url = psycopg.conninfo.make_conninfo(any_db.dsn, options="-c role=huoyan_scheduler")
    with Database(url, max_size=2) as scheduler:
        with pytest.raises(psycopg.errors.RestrictViolation, match="are kept"):
            scheduler.row("select telemetry_chunks_drop(now())")
        done = run_once(scheduler, find("retention"), DAY, NOW)
    assert (done.status, done.error) == ("done", None)
    assert KEPT - dt.timedelta(days=26) not in days_with_readings(any_db)


def test_chunks_span_what_policy_says(any_db: Database) -> None:
    if not has_chunks(any_db):
        assert "chunks" not in retention.run(any_db, DAY, NOW)
        return
    with any_db.connection() as connection:
        connection.execute("select telemetry_chunk_interval(24)")
    retention.run(any_db, DAY, NOW)
    assert any_db.row("select time_interval from timescaledb_information.dimensions "
                      "where hypertable_name = 'readings'") == {"time_interval": dt.timedelta(days=7)}


def test_time_indexes_are_told_again_what_is_in_their_blocks(db: Database) -> None:
    load(db)
    with db.connection() as connection:
        row = connection.execute("select telemetry_time_indexes_refresh() as ranges").fetchone()
        assert row is not None
        assert row["ranges"] >= 1
        connection.execute("set local enable_seqscan = off")
        assert connection.execute("select count(*) as n from readings where ts < '2024-11-01'").fetchone() == {"n": 39}


def test_sizes_are_told_by_table_and_reading(any_db: Database) -> None:
    load(any_db, each=50)
    with any_db.connection() as connection:
        connection.execute("analyze")
        found = {one.name: one for one in sizes.tables(connection, exact=True)}
        estimated = {one.name: one for one in sizes.tables(connection)}
        assert sizes.database_bytes(connection) > 1_000_000
    assert found["readings"].rows == 2000
    assert abs(estimated["readings"].rows - 2000) < 200
    each = found["readings"].bytes_a_row
    assert each is not None
    assert 60 < each < 800, "small chunks waste much"
    assert (found["readings"].chunks is None) is not has_chunks(any_db)


def test_growth_is_the_line_through_the_days_that_were_noted(db: Database) -> None:
    with db.connection() as connection:
        assert sizes.growth(connection, DAY) is None
        for ago, size in ((0, 1300), (1, 1190), (2, 1100), (3, 1010), (60, 5)):
            connection.execute("insert into size_history values (%s, '', 0, %s)", [DAY - dt.timedelta(days=ago), size])
        grown = sizes.growth(connection, DAY)
    assert grown is not None
    assert (round(grown[0], 6), grown[1]) == (96.0, 3)


@pytest.mark.parametrize(("size", "limit", "a_day", "left"), [
    (100, 100, 5.0, 0), (100, 200, 5.0, 20), (100, 200, 0.0, None), (100, 200, -3.0, None), (100, 200, None, None),
])
def test_days_until_the_disk_is_full(size: int, limit: int, a_day: float | None, left: float | None) -> None:
    assert sizes.days_left(size, limit, a_day) == left


def test_the_job_notes_the_sizes_of_its_day(db: Database) -> None:
    done = run_once(db, find("retention"), DAY - dt.timedelta(days=3), NOW)
    assert done.detail["database_bytes"] > 1_000_000
    assert db.row("select day, bytes from size_history where relation = ''") == {
        "day": legal_day(NOW), "bytes": done.detail["database_bytes"]}


def test_midnight_is_that_of_shanghai() -> None:
    assert midnight(dt.date(2026, 3, 10)) == dt.datetime(2026, 3, 9, 16, tzinfo=dt.UTC)


@pytest.mark.parametrize(("day", "months", "before"), [
    ("2026-11-15", 24, "2024-11-15"), ("2026-03-31", 1, "2026-02-28"), ("2024-03-31", 1, "2024-02-29"),
    ("2026-01-10", 1, "2025-12-10"), ("2026-12-31", 13, "2025-11-30"),
])
def test_a_month_before_is_a_day_that_exists(day: str, months: int, before: str) -> None:
    assert months_before(dt.date.fromisoformat(day), months) == dt.date.fromisoformat(before)
