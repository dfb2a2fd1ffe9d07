"""A visit is planned once by a draw; what a person changes has a reason."""

from __future__ import annotations

import datetime as dt
import threading

import pytest

from casework import planning, record
from casework.errors import AlreadyDone, CaseworkError, NotFound
from store import Database
from tests.casework.city import DAY, build_city

TEAM = (("B1", "lead"), ("B2", "member"))


def test_a_draw_plans_a_unit_once_however_often_it_runs(db: Database) -> None:
    units = build_city(db)
    ids: list[int] = []

    def draw() -> None:
        with db.connection() as connection:
            for unit in ("U1", "U2", "U3"):
                ids.append(planning.plan_visit(connection, unit_id=units[unit], kind="draw", arm="duty", draw_no="D1",
                                               probability=1.0, planned_on=DAY, officers=TEAM))

    threads = [threading.Thread(target=draw) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 9
    assert len(set(ids)) == 3
    with db.connection() as connection:
        planned = record.planned_visits(connection, DAY)
        assert [visit["inspection_no"] for visit in planned] == [f"J20260312-{n:04d}" for n in (1, 2, 3)]
        assert planned[0]["officers"] == [{"officer_no": "B1", "name": "甲", "role": "lead"},
                                          {"officer_no": "B2", "name": "乙", "role": "member"}]
        assert len(record.planned_visits(connection, DAY, ["990101001"])) == 3
        assert record.planned_visits(connection, DAY, ["990101"]) == []
        assert len(record.waiting_visits(connection, DAY)) == 3
        assert record.waiting_visits(connection, DAY - dt.timedelta(days=1)) == []
    assert db.row("select count(*) as n from audit_log where action = 'plan'") == {"n": 3}


def test_our_part_of_a_joint_visit_is_not_moved_alone(db: Database) -> None:
    units = build_city(db)
    with db.connection() as connection:
        planning.plan_visit(connection, unit_id=units["U2"], kind="joint", arm="random", draw_no="L1", probability=0.5,
                            planned_on=DAY, officers=TEAM)
    row = db.row("select inspection_no from inspections")
    assert row
    with pytest.raises(AlreadyDone, match=r"other departments were drawn for 2026-03-12.*Art\. 54") as no:
        planning.replan(db, row["inspection_no"], DAY + dt.timedelta(days=1), "停业一天", "wang")
    assert "重新抽取" in (no.value.zh or "")
    assert db.row("select planned_on from inspections") == {"planned_on": DAY}


def test_numbers_go_on_after_the_highest_and_pass_over_foreign_ones(db: Database) -> None:
    units = build_city(db)
    with db.connection() as connection:
        connection.execute("insert into inspections (inspection_no, unit_id, kind, planned_on) values "
                           "('J20260312-0009', %(u)s, 'draw', %(d)s), ('J20260312-X', %(u)s, 'draw', %(d)s)",
                           {"u": units["U1"], "d": DAY})
    assert planning.plan_by_hand(db, unit_no="U2", kind="campaign", planned_on=DAY, officers=TEAM,
                                 actor="wang") == "J20260312-0010"


def test_a_plan_is_moved_restaffed_and_called_off_with_a_reason(db: Database) -> None:
    build_city(db)
    number = planning.plan_by_hand(db, unit_no="U2", kind="campaign", planned_on=DAY, officers=TEAM, actor="wang")
    planning.replan(db, number, DAY + dt.timedelta(days=1), "停业一天", "wang")
    planning.replace_officers(db, number, (("B2", "lead"), ("T1", "member")), "B1 生病", "wang")
    planning.cancel(db, number, "已搬迁", "wang")
    with db.connection() as connection:
        told = record.inspection(connection, number)
    assert (told["status"], told["planned_on"], told["note"]) == ("cancelled", DAY + dt.timedelta(days=1), "已搬迁")
    assert [officer["officer_no"] for officer in told["officers"]] == ["B2", "T1"]
    assert [row["action"] for row in db.rows("select action from audit_log order by audit_id")] == [
        "plan", "replan", "replace_officers", "cancelled"]
    with pytest.raises(AlreadyDone, match="is cancelled: plan a new visit"):
        planning.replan(db, number, DAY, "again", "wang")


def test_a_visit_that_was_not_possible_stays_on_record(db: Database) -> None:
    build_city(db)
    number = planning.plan_by_hand(db, unit_no="U2", kind="campaign", planned_on=DAY, officers=TEAM, actor="wang")
    planning.not_possible(db, number, "无人", "wang")
    with pytest.raises(AlreadyDone, match="is not possible"):
        planning.cancel(db, number, "x", "wang")


@pytest.fixture(scope="module")
def city(still: Database) -> Database:
    build_city(still)
    return still


@pytest.mark.parametrize(("unit", "kind", "team", "sentence"), [
    ("U9", "campaign", TEAM, "unit U9 is not in the register"),
    ("U2", "draw", TEAM, "kind must be one of campaign"),
    ("U2", "campaign", TEAM[:1], "the law asks for 2"),
    ("U2", "campaign", (("B1", "lead"), ("B4", "member")), "recused"),
    ("U1", "daily", (("T1", "lead"), ("T2", "member")), "key unit"),
])
def test_a_plan_by_hand_passes_the_gates(city: Database, unit: str, kind: str, team: planning.Sequence[tuple[str, str]],
                                         sentence: str) -> None:
    with pytest.raises(CaseworkError, match=sentence):
        planning.plan_by_hand(city, unit_no=unit, kind=kind, planned_on=DAY, officers=team, actor="wang")
    assert city.rows("select from inspections") == []


def test_no_reason_no_change(city: Database) -> None:
    with pytest.raises(CaseworkError, match="say the reason"):
        planning.cancel(city, "J20260312-0001", "  ", "wang")
    with pytest.raises(NotFound, match="there is no inspection"):
        planning.cancel(city, "J20260312-0001", "x", "wang")


def test_a_draw_that_names_a_stranger_is_refused(city: Database) -> None:
    unit = city.row("select unit_id from units limit 1")
    assert unit is not None
    with pytest.raises(CaseworkError, match="officer X9 is not in the register"), city.connection() as connection:
        planning.plan_visit(connection, unit_id=unit["unit_id"], kind="draw", draw_no="D9", planned_on=DAY,
                            officers=(("B1", "lead"), ("X9", "member")))
    with pytest.raises(NotFound, match="unit 99999 is not"), city.connection() as connection:
        planning.plan_visit(connection, unit_id=99999, kind="draw", planned_on=DAY, officers=TEAM)
    assert city.rows("select from inspections") == []
