"""Freeze and draw on a real database: once a day, all or nothing, whatever happens in between."""

from __future__ import annotations

import datetime as dt
import json
import threading
from dataclasses import replace

import psycopg
import pytest

from sampling import chain, draw, freeze, reading, verify
from sampling.errors import DrawError
from store import Database
from tests.sampling.city import LATE as MONDAY
from tests.sampling.city import LATE_EVENING as EVENING
from tests.sampling.city import LATE_MORNING as MORNING
from tests.sampling.city import brigade, city, rows_of, store, town, unit

TUESDAY = dt.date(2026, 12, 22)
WEDNESDAY = dt.date(2026, 12, 23)
THURSDAY = dt.date(2026, 12, 24)
SATURDAY = dt.date(2026, 12, 26)


@pytest.fixture
def town_db(db: Database) -> Database:
    store(db, city(21, units=300, officers=8, day=MONDAY), scores_as_of=dt.date(2026, 12, 20))
    return db


def _drawn(db: Database, day: dt.date = MONDAY) -> dict:
    freeze.run(db, day, EVENING)
    return draw.run(db, day, MORNING)


def test_a_draw_is_frozen_drawn_planned_and_checked(town_db):
    frozen = freeze.run(town_db, MONDAY, EVENING)
    assert frozen["status"] == "frozen"
    assert frozen["units"] == 300
    detail = draw.run(town_db, MONDAY, MORNING)
    assert detail["status"] == "drawn"
    assert detail["commitment"] == frozen["commitment"]
    with town_db.connection() as connection:
        content = reading.bundle_bytes(connection, MONDAY)
        shown = reading.draw_of_day(connection, MONDAY)
        planned = connection.execute(
            "select i.kind, i.planned_on, i.status, i.arm, i.draw_probability, v.probability, v.arm as drawn_arm, "
            "(select count(*) from inspection_officers o where o.inspection_id = i.inspection_id) as officers, "
            "(select officer_no from inspection_officers o where o.inspection_id = i.inspection_id "
            " and role = 'lead') as lead, "
            "v.lead_officer from draw_visits v join inspections i using (inspection_id)").fetchall()
    assert verify.check(content, frozen["commitment"])[0] == 0
    assert len(planned) == detail["visits"] == len(shown["visits"]) > 0
    for row in planned:
        assert (row["kind"], row["planned_on"], row["status"], row["officers"]) == ("draw", MONDAY, "planned", 2)
        assert (row["arm"], row["draw_probability"], row["lead"]) == (
            row["drawn_arm"], row["probability"], row["lead_officer"])
    assert sum(town_db.row("select sum(units) as n from draw_groups").values()) == 300


def test_a_second_freeze_returns_the_first_and_a_second_draw_the_first(town_db):
    first = freeze.run(town_db, MONDAY, EVENING)
    town_db.rows("update units set status = 'closed' where unit_no = 'U00001' returning 1")
    again = freeze.run(town_db, MONDAY, EVENING + dt.timedelta(hours=1))
    assert again["commitment"] == first["commitment"]
    one = draw.run(town_db, MONDAY, MORNING)
    two = draw.run(town_db, MONDAY, MORNING + dt.timedelta(hours=5))
    assert two["record_hash"] == one["record_hash"]
    assert "already" in two["note"]
    assert town_db.row("select count(*) as n from inspections where draw_no is not null")["n"] == one["visits"]


def test_nothing_is_frozen_or_drawn_on_a_day_that_is_no_working_day(town_db):
    assert "not a working day" in freeze.run(town_db, SATURDAY, EVENING)["skipped"]
    assert "not a working day" in draw.run(town_db, SATURDAY, MORNING)["skipped"]
    assert town_db.rows("select 1 from draws") == []


def test_two_threads_drawing_at_once_end_in_one_draw(town_db):
    freeze.run(town_db, MONDAY, EVENING)
    gate, found, problems = threading.Barrier(3), [], []

    def work():
        gate.wait()
        try:
            found.append(draw.run(town_db, MONDAY, MORNING))
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []
    assert len({detail["record_hash"] for detail in found}) == 1
    assert sum("note" in detail for detail in found) == 2
    assert town_db.row("select count(*) as n from inspections where draw_no is not null")["n"] == found[0]["visits"]


@pytest.mark.parametrize("moment", ["first", "middle", "last"])
def test_a_crash_in_the_middle_leaves_nothing_and_the_next_run_gives_the_same_draw(town_db, monkeypatch, moment):
    freeze.run(town_db, MONDAY, EVENING)
    real = draw.plan_all

    def crash(connection, **fields):
        found = None if moment == "first" else real(connection, **fields)
        if moment != "last":
            # What SIGKILL leaves the server with: a connection that is gone in the middle of its transaction.
            connection.execute("select pg_terminate_backend(pg_backend_pid())")
        return found

    monkeypatch.setattr(draw, "plan_all", crash)
    if moment == "last":
        monkeypatch.setattr(draw, "without_frame",
                            lambda bundle: (_ for _ in ()).throw(psycopg.OperationalError("gone")))
    with pytest.raises(psycopg.OperationalError):
        draw.run(town_db, MONDAY, MORNING)
    monkeypatch.undo()
    assert town_db.row("select status from draws")["status"] == "frozen"
    assert town_db.rows("select 1 from draw_visits union all select 1 from inspections where draw_no is not null") == []
    first = draw.run(town_db, MONDAY, MORNING)
    assert first["status"] == "drawn"
    with town_db.connection() as connection:
        assert verify.check(reading.bundle_bytes(connection, MONDAY))[0] == 0


def test_a_missing_freeze_is_made_late_and_said(town_db):
    detail = draw.run(town_db, MONDAY, MORNING)
    assert "frozen only now" in detail["late_freeze"]
    assert detail["status"] == "drawn"


def test_entropy_that_could_be_known_before_the_freeze_is_refused(town_db):
    with pytest.raises(DrawError, match="gathered before: freeze first"):
        draw.run(town_db, MONDAY, MORNING, {"witness": "1 2 3"})
    _drawn(town_db, TUESDAY)
    assert "opened the hash chain beyond it" in draw.run(town_db, MONDAY, MORNING)["skipped"]
    assert "none is put before it" in freeze.run(town_db, MONDAY, EVENING)["skipped"]


def test_witnesses_and_a_beacon_give_the_seed_only_where_the_frame_named_them(town_db):
    freeze.run(town_db, MONDAY, EVENING, entropy=["witness", "beacon:drand-quicknet:4711"])
    with pytest.raises(DrawError, match="waits for its witness"):
        draw.run(town_db, MONDAY, MORNING)
    with pytest.raises(DrawError, match="waits for its beacon"):
        draw.run(town_db, MONDAY, MORNING, {"witness": "7 8 9"})
    detail = draw.run(town_db, MONDAY, MORNING, {"witness": " 7 8 9 ", "beacon": "AB" * 32})
    held = town_db.row("select entropy, seed from draws")
    assert held["entropy"] == [{"source": "witness", "value": "7 8 9"},
                               {"source": "beacon", "network": "drand-quicknet", "round": 4711, "value": "ab" * 32}]
    assert held["seed"] == detail["seed"]
    freeze.run(town_db, TUESDAY, EVENING)
    with pytest.raises(DrawError, match="can't be added afterwards"):
        draw.run(town_db, TUESDAY, MORNING, {"witness": "1"})


@pytest.mark.parametrize("source", ["dice", "chain:1", "beacon", "beacon:net", "beacon:net:0", "beacon:net:x",
                                    "beacon::5"])
def test_a_malformed_source_of_entropy_is_one_sentence_and_freezes_nothing(town_db, source):
    with pytest.raises(DrawError):
        freeze.run(town_db, MONDAY, EVENING, entropy=[source])
    assert town_db.rows("select 1 from draws union all select 1 from entropy_chains") == []


@pytest.mark.parametrize("given", [{"witness": ""}, {"witness": "x" * 501}, {"witness": "1\n2"}, {"beacon": "abc"},
                                   {"beacon": "g" * 64}])
def test_malformed_entropy_is_refused_and_draws_nothing(town_db, given):
    freeze.run(town_db, MONDAY, EVENING, entropy=["witness"] if "witness" in given else ["beacon:net:5"])
    with pytest.raises(DrawError):
        draw.run(town_db, MONDAY, MORNING, given)
    assert town_db.row("select status from draws")["status"] == "frozen"


def test_the_chain_of_records_is_whole_and_a_change_in_the_database_is_found(town_db, dsn):
    for day in (MONDAY, TUESDAY, WEDNESDAY):
        _drawn(town_db, day)
    freeze.run(town_db, THURSDAY, EVENING)
    assert [(number, agrees) for number, agrees, _ in chain.check(town_db)] == [
        ("D20261221", True), ("D20261222", True), ("D20261223", True), ("D20261224", True)]
    with pytest.raises(psycopg.errors.RestrictViolation):
        town_db.rows("update draws set seed = 'x' returning 1")
    with psycopg.connect(dsn) as connection:
        connection.execute("alter table draws disable trigger all")
        connection.execute("update draws set bundle = convert_to(replace(convert_from(bundle, 'UTF8'), "
                           "'\"position\":1,', '\"position\":9,'), 'UTF8') where draw_no = 'D20261222'")
    found = {number: (agrees, text) for number, agrees, text in chain.check(town_db)}
    assert found["D20261221"][0]
    assert found["D20261222"][0] is False


def test_a_visit_changed_or_deleted_in_the_tables_is_found(town_db):
    _drawn(town_db)
    _open(town_db, "draw_visits")
    town_db.rows("update draw_visits set lead_officer = second_officer, second_officer = lead_officer "
                 "where position = 1 returning 1")
    assert [(agrees, "visit 1 in the table" in text) for _, agrees, text in chain.check(town_db)] == [(False, True)]
    town_db.rows("delete from draw_visits where position = 1 returning 1")
    assert [(agrees, "visits, the bundle has" in text) for _, agrees, text in chain.check(town_db)] == [(False, True)]


def _open(db, table):
    """What only the owner of the database could do."""
    with db.connection() as connection:
        connection.execute({"draw_visits": "alter table draw_visits disable trigger all",
                            "draw_groups": "alter table draw_groups disable trigger all"}[table])


@pytest.mark.parametrize(("drawn", "change", "named"), [
    (False, "update draw_groups set expected = 0.5", "in the table are"),
    (True, "update draw_groups set reason = 'recent' where reason = ''", "in the table are"),
    (False, "update draw_groups set units = units + 1", "in the table are"),
    (True, "delete from draw_groups where area_code = (select max(area_code) from draw_groups)", "groups of units"),
    (True, "insert into draw_groups (draw_id, area_code, stratum, units) select draw_id, 'x', 'x', 1 from draws",
     "groups of units"),
])
def test_a_group_changed_in_the_tables_is_found(town_db, drawn, change, named):
    freeze.run(town_db, MONDAY, EVENING)
    if drawn:
        draw.run(town_db, MONDAY, MORNING)
    town_db.rows("insert into units (unit_no, name, area_code, kind) values ('NEW', '新', '990101', 'other') "
                 "returning 1")
    assert [agrees for _, agrees, _ in chain.check(town_db)] == [True]
    _open(town_db, "draw_groups")
    with town_db.connection() as connection:
        connection.execute(change)
    assert [(agrees, named in text) for _, agrees, text in chain.check(town_db)] == [(False, True)]


def test_what_a_draw_has_written_can_not_be_changed_taken_away_or_added_to(town_db):
    _drawn(town_db)
    for statement in (
            "update draw_groups set units = 5", "delete from draw_groups", "truncate draw_groups",
            "update draw_visits set arm = 'random'", "delete from draw_visits", "truncate draw_visits",
            "truncate draws cascade", "delete from draws",
            "insert into draw_groups (draw_id, area_code, stratum, units) select draw_id, 'x', 'x', 1 from draws",
            "insert into draw_visits (draw_id, position, unit_id, stratum, arm, probability, lead_officer, "
            "second_officer) select draw_id, 999, (select max(unit_id) from units where unit_id not in (select unit_id "
            "from draw_visits)), 'x', 'random', 0.5, 'O000', 'O001' from draws"):
        with pytest.raises(psycopg.errors.RestrictViolation), town_db.connection() as connection:
            connection.execute(statement)
    assert [agrees for _, agrees, _ in chain.check(town_db)] == [True]


def test_a_unit_can_not_be_put_into_a_frame_that_waits_for_its_seed(town_db):
    freeze.run(town_db, MONDAY, EVENING)
    with pytest.raises(psycopg.errors.RestrictViolation), town_db.connection() as connection:
        connection.execute("insert into draw_groups (draw_id, area_code, stratum, units) "
                           "select draw_id, 'x', 'x', 1 from draws")


def test_visits_of_the_morning_are_not_drawn_again_and_their_officers_not_twice_on_a_day(town_db):
    _drawn(town_db)
    first = {row["unit_no"] for row in town_db.rows("select unit_no from draw_visits join units using (unit_id)")}
    freeze.run(town_db, TUESDAY, EVENING)
    frame = json.loads(bytes(town_db.row("select frame from draws where draw_date = %s", [TUESDAY])["frame"]))
    assert first
    assert {u["unit_no"] for u in rows_of(frame) if (u["excluded"] or {}).get("code") == "planned"} == first


def test_leave_certificates_and_visits_already_planned_count(db):
    held = replace(city(1, units=0), units=[unit(n) for n in range(60)], officers=[brigade(n) for n in range(5)])
    store(db, held)
    with db.connection() as connection:
        connection.execute("insert into officer_leave values ('O000', %s, %s, '年假')", [MONDAY, MONDAY])
        connection.execute("update officers set certificate_to = %s where officer_no = 'O001'",
                           [MONDAY - dt.timedelta(days=1)])
        connection.execute("update officers set certificate_no = null where officer_no = 'O002'")
        connection.execute("insert into inspections (inspection_no, unit_id, kind, planned_on) "
                           "select 'I1', unit_id, 'complaint', %s from units where unit_no = 'U00001'", [MONDAY])
        connection.execute("insert into inspection_officers select inspection_id, 'O003', 'lead' from inspections")
    freeze.run(db, MONDAY, EVENING)
    frame = json.loads(bytes(db.row("select frame from draws")["frame"]))
    assert {o["officer_no"]: (o["certificate_valid"], o["load"]) for o in frame["officers"]} == {
        "O000": (True, 0), "O001": (False, 2), "O002": (False, 2), "O003": (True, 1), "O004": (True, 2)}
    assert "name" not in frame["officers"][0], "numbers only: no names, no certificates"


def test_a_planned_visit_that_nobody_entered_goes_back_to_the_pool(db):
    duty = unit(1, is_key=True, is_crowded=True)
    store(db, replace(city(1, units=0), units=[duty, unit(2)], officers=[brigade(n) for n in range(4)]))
    db.rows("insert into inspections (inspection_no, unit_id, kind, planned_on) "
            "select 'I' || unit_no, unit_id, 'draw', %s from units returning 1", [MONDAY - dt.timedelta(days=31)])
    freeze.run(db, MONDAY, EVENING)
    frame = json.loads(bytes(db.row("select frame from draws")["frame"]))
    assert frame["units"]["visits"] == [0, 0]
    assert rows_of(frame)[0]["p_duty"] > 0


def test_complaints_and_rechecks_neither_count_nor_exclude(db):
    store(db, replace(city(1, units=0), units=[unit(1)], officers=[brigade(n) for n in range(4)]))
    for n, kind in enumerate(("complaint", "reinspection", "daily", "opening")):
        db.rows("insert into inspections (inspection_no, unit_id, kind, inspected_on, status) "
                "select %s, unit_id, %s, %s, 'done' from units returning 1",
                [f"I{n}", kind, MONDAY - dt.timedelta(days=5)])
    freeze.run(db, MONDAY, EVENING)
    frame = json.loads(bytes(db.row("select frame from draws")["frame"]))
    assert (frame["units"]["visits"][0], frame["units"]["excluded"][0]) == (0, 0)


def test_a_city_without_officers_has_a_draw_that_says_so(db):
    store(db, replace(city(1, units=0), units=[unit(1), unit(2, area=town(2))], officers=[]))
    frozen = freeze.run(db, MONDAY, EVENING)
    assert [note["en"] for note in frozen["notes"]] == [
        "no officers in area 990101 for general units: import officers"]
    with db.connection() as connection:
        shown = reading.draw_of_day(connection, MONDAY)
    assert shown["notes"] == [{"desk": "990101/general", **frozen["notes"][0]}]
    assert shown["notes"][0]["zh"] == "990101没有可检查一般单位的持证执法人员：请导入执法人员"
    assert set(shown["tau"]["reason"]) == {"zh", "en"}
    assert draw.run(db, MONDAY, MORNING)["visits"] == 0
    assert freeze.run(db, TUESDAY, EVENING)["sequence"] == 2


def test_an_empty_register_is_skipped_with_what_to_do(db):
    assert freeze.run(db, MONDAY, EVENING) == {"skipped": "there are no active units: import units"}


def test_a_draw_is_made_from_a_history_of_years_ago(db):
    day = dt.date(2014, 9, 2)
    units = [unit(n, last=dt.date(2014, 1, 1) + dt.timedelta(days=n)) for n in range(150)]
    store(db, replace(city(1, units=0, day=day), units=units, officers=[brigade(n) for n in range(4)]),
          scores_as_of=dt.date(2014, 9, 1))
    db.rows("update inspections set kind = 'import' returning 1")
    detail = draw.run(db, day, MORNING)
    assert detail["status"] == "drawn"
    frame = json.loads(bytes(db.row("select frame from draws")["frame"]))
    assert frame["scores_as_of"] == "2014-09-01"
    assert set(frame["units"]["visits"]) == {1}


def test_pages_show_a_draw_only_of_their_own_areas(town_db):
    _drawn(town_db)
    with town_db.connection() as connection:
        everything = reading.draw_of_day(connection, MONDAY)
        part = reading.draw_of_day(connection, MONDAY, [town(1), town(2)])
        assert reading.draw_of_day(connection, TUESDAY) is None
        listed = reading.draws(connection)
        whole = reading.ratios(connection, MONDAY)
        own = reading.ratios(connection, MONDAY, [town(1)])
        tomorrow = reading.ratios(connection, TUESDAY)
        with pytest.raises(DrawError, match="no draw of"):
            reading.bundle_bytes(connection, TUESDAY)
    assert {v["area_code"] for v in part["visits"]} <= {town(1), town(2)}
    assert part["units"] < everything["units"] == 300
    assert everything["visits"][0]["lead_name"].startswith("张")
    assert [row["visits"] for row in listed] == [len(everything["visits"])]
    assert sum(row["units"] for row in whole["rows"]) == 300
    assert sum(row["units"] for row in own["rows"]) == town_db.row(
        "select count(*) as n from units where area_code = %s", [town(1)])["n"]
    assert sum(row["expected"] for row in whole["rows"]) == pytest.approx(everything["expected"])
    assert (whole["frozen"], tomorrow["frozen"]) == (True, False)


def test_the_secret_of_the_hash_chain_is_in_no_frame_or_bundle_and_links_open_backwards(town_db):
    _drawn(town_db)
    _drawn(town_db, TUESDAY)
    held = town_db.row("select root, anchor, length, per_day from entropy_chains")
    for row in town_db.rows("select frame, bundle from draws"):
        assert held["root"].encode() not in bytes(row["frame"]) + bytes(row["bundle"])
    links = [row["entropy"][0]["value"] for row in town_db.rows("select entropy from draws order by draw_date")]
    from hashlib import sha256

    earlier = bytes.fromhex(links[1])
    for _ in range(held["per_day"]):
        earlier = sha256(earlier).digest()
    assert earlier.hex() == links[0], "the later link hashes to the earlier, not back"
