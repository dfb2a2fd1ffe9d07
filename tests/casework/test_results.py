"""A result is entered once, by officers who may sign, or not at all."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import replace
from typing import Any

import pytest

from casework import planning, record
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.forms import HazardFound, NewVisit, ResultForm, result_form
from casework.results import record_result
from store import Database
from tests.casework.city import DAY, PHOTO, SHEET, build_city, moment
from tests.casework.towns import delegate, prepare

NOW = moment(DAY + dt.timedelta(days=1), 12)
TEAM = (("B1", "lead"), ("B2", "member"))


def form(**changes: Any) -> ResultForm:
    return replace(ResultForm(moment(DAY, 9), moment(DAY, 10), "pass", sheet=SHEET, evidence=(PHOTO,)), **changes)


def plan(db: Database, unit: int, team: Any = TEAM, draw: str | None = "D1") -> str:
    with db.connection() as connection:
        number = planning.plan_visit(connection, unit_id=unit, kind="draw", arm="random", draw_no=draw,
                                     probability=0.2, planned_on=DAY, officers=team)
        found = connection.execute("select inspection_no from inspections where inspection_id = %s",
                                   [number]).fetchone()
    assert found is not None
    return str(found["inspection_no"])


def ordered(item: str = "alarm.broken", days: int = 10, **changes: Any) -> HazardFound:
    return replace(HazardFound(item, "ordered", DAY + dt.timedelta(days=days)), **changes)


def everything(db: Database) -> dict[str, Any]:
    """Every row that an entry could touch."""
    return {table: db.rows(f"select * from {table} order by 1") for table in
            ("inspections", "inspection_officers", "hazards", "orders", "credit_entries", "audit_log")}


def test_a_planned_visit_gets_its_result(db: Database) -> None:
    units = build_city(db)
    number = plan(db, units["U1"])
    assert number == "J20260312-0001"
    hazards = (HazardFound("exits.blocked", "corrected_on_spot"), ordered(), ordered("signs.missing", 0))
    done = record_result(db, number, form(result="hazards_ordered", hazards=hazards), "wang", now=NOW)
    assert done.orders == ("J20260312-0001-G1", "J20260312-0001-G2")
    assert db.rows("select kind, served_on, correct_by, recheck_by from orders order by order_no") == [
        {"kind": "immediate", "served_on": DAY, "correct_by": DAY, "recheck_by": dt.date(2026, 3, 17)},
        {"kind": "time_limited", "served_on": DAY, "correct_by": dt.date(2026, 3, 22),
         "recheck_by": dt.date(2026, 3, 25)}]
    kept = db.rows("select item_code, severity, handling, corrected_on from hazards order by hazard_id")
    assert [tuple(row.values()) for row in kept] == [
        ("exits.blocked", "critical", "corrected_on_spot", DAY), ("alarm.broken", "serious", "ordered", None),
        ("signs.missing", "minor", "ordered", None)]
    assert db.row("select status, result, inspected_on, entered_by from inspections") == {
        "status": "done", "result": "hazards_ordered", "inspected_on": DAY, "entered_by": "wang"}
    told = db.rows("select action from audit_log where actor = 'wang'")
    assert {row["action"] for row in told} == {"result", "order"}


def test_a_second_entry_is_refused_and_changes_nothing(db: Database) -> None:
    units = build_city(db)
    number = plan(db, units["U1"])
    record_result(db, number, form(), "wang", now=NOW)
    before = everything(db)
    with pytest.raises(AlreadyDone, match="can't be entered again") as refused:
        record_result(db, number, form(result="hazards_ordered", hazards=(ordered(),)), "li", now=NOW)
    assert refused.value.status == 409
    assert everything(db) == before


@pytest.mark.parametrize("planned", [True, False])
def test_of_entries_at_the_same_moment_one_is_taken(db: Database, planned: bool) -> None:
    units = build_city(db)
    visit: Any = plan(db, units["U1"]) if planned else NewVisit("U1", "complaint")
    outcomes: list[str] = []
    start = threading.Barrier(4)

    def enter() -> None:
        start.wait()
        try:
            entry = form(officers=TEAM, result="hazards_ordered", hazards=(ordered(),))
            record_result(db, visit, entry, "wang", now=NOW)
            outcomes.append("taken")
        except AlreadyDone:
            outcomes.append("refused")

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "refused", "refused", "taken"]
    assert db.row("select count(*) as n from inspections where status = 'done'") == {"n": 1}
    assert db.row("select count(*) as n from orders") == {"n": 1}


REFUSED: list[tuple[str, ResultForm, str]] = [
    ("in the future", form(started_at=moment(DAY, 9) + dt.timedelta(days=9), ended_at=moment(DAY, 10)
                           + dt.timedelta(days=9)), "in the future"),
    ("ends in the future", form(started_at=moment(DAY + dt.timedelta(days=1), 11),
                                ended_at=moment(DAY + dt.timedelta(days=1), 13)), "ends at .* in the future"),
    ("ends before it begins", form(ended_at=moment(DAY, 8)), "before it begins"),
    ("too long", form(started_at=moment(DAY, 9) - dt.timedelta(days=5)), "more than 72 hours"),
    ("too old", form(started_at=moment(dt.date(2015, 1, 5), 9), ended_at=moment(dt.date(2015, 1, 5), 10)),
     "import of history"),
    ("before the draw", form(started_at=moment(DAY - dt.timedelta(days=1), 9),
                             ended_at=moment(DAY - dt.timedelta(days=1), 10)), "was drawn for 2026-03-12"),
    ("unknown item", form(result="hazards_ordered", hazards=(ordered("no.item"),)),
     "item no.item is not in the catalogue"),
    ("an item that ended", form(result="hazards_ordered", hazards=(ordered("old.item"),)), "not in the catalogue"),
    ("an item twice", form(result="hazards_ordered", hazards=(ordered(), ordered())), "named twice"),
    ("no day to correct by", form(result="hazards_ordered", hazards=(ordered(due_on=None),)), "needs the day"),
    ("due before the visit", form(result="hazards_ordered", hazards=(ordered(days=-1),)), "before the visit"),
    ("due in years", form(result="hazards_ordered", hazards=(ordered(days=900),)), "longest period"),
    ("due without an order", form(result="hazards_corrected", hazards=(ordered(handling="corrected_on_spot"),)),
     "belongs to handling ordered"),
    ("a major hazard corrected on the spot", form(result="hazards_corrected", hazards=(
        HazardFound("exits.blocked", "corrected_on_spot", is_major=True),)), "重大火灾隐患"),
    ("a strange handling", form(result="pass", hazards=(HazardFound("exits.blocked", "ignored"),)),
     "handling must be one"),
    ("a strange severity", form(result="hazards_ordered", hazards=(ordered(severity="huge"),)), "severity must be one"),
    ("a strange result", form(result="fine"), "result must be one of pass"),
    ("pass with an order", form(hazards=(ordered(),)), "make it hazards_ordered"),
    ("ordered without a hazard", form(result="hazards_ordered"), "make it pass"),
    ("closed with hazards", form(result="closed", hazards=(ordered(),)), "found closed"),
    ("one officer", form(officers=(("B1", "lead"),)), "the law asks for 2"),
    ("no officer", form(officers=()), "the law asks for 2"),
    ("one officer twice", form(officers=(("B1", "lead"), ("B1", "member"))), "named twice"),
    ("two leads", form(officers=(("B1", "lead"), ("B2", "lead"))), "exactly one"),
    ("no lead", form(officers=(("B1", "member"), ("B2", "member"))), "exactly one"),
    ("a strange role", form(officers=(("B1", "lead"), ("B2", "driver"))), "say lead or member"),
    ("a stranger", form(officers=(("B1", "lead"), ("X9", "member"))), "officer X9 is not in the register"),
    ("an expired certificate", form(officers=(("B1", "lead"), ("B3", "member"))), "certificate ended on 2025-12-31"),
    ("an auxiliary", form(officers=(("B1", "lead"), ("T3", "member"))), "no enforcement certificate"),
    ("served before the visit", form(result="hazards_ordered", hazards=(ordered(),), served_on=DAY
                                     - dt.timedelta(days=1)), "between the visit"),
    ("a hazard of nobody", form(corrected=(4711,)), "hazard 4711 is not one of unit U1"),
]


@pytest.fixture(scope="module")
def planned(still: Database) -> Database:
    plan(still, build_city(still)["U1"])
    return still


@pytest.mark.parametrize(("entry", "sentence"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_can_not_be_is_refused_in_a_sentence_and_leaves_nothing(planned: Database, entry: ResultForm,
                                                                    sentence: str) -> None:
    before = everything(planned)
    with pytest.raises(CaseworkError, match=sentence) as refused:
        record_result(planned, "J20260312-0001", entry, "wang", now=NOW)
    assert "\n" not in str(refused.value)
    assert everything(planned) == before


def test_a_town_may_not_inspect_a_key_unit_but_with_the_brigade_it_may(db: Database) -> None:
    units = build_city(db)
    number = plan(db, units["U1"], (("T1", "lead"), ("T2", "member")))
    with pytest.raises(CaseworkError, match="key unit .* pass it on to the brigade"):
        record_result(db, number, form(), "wang", now=NOW)
    record_result(db, number, form(officers=(("B1", "lead"), ("T2", "member"))), "wang", now=NOW)
    came = db.rows("select officer_no from inspection_officers order by 1")
    assert [row["officer_no"] for row in came] == ["B1", "T2"]


def test_two_certified_town_officers_inspect_a_small_place(db: Database) -> None:
    units = build_city(db)
    delegate(db)
    prepare(db, "T1", "T2")
    record_result(db, plan(db, units["U2"]), form(officers=(("T1", "lead"), ("T2", "member"))), "wang", now=NOW)


def test_a_town_stays_within_its_area(db: Database) -> None:
    build_city(db)
    delegate(db)
    prepare(db, "T1", "T2")
    with db.connection() as connection:
        connection.execute("insert into areas values ('990101002', '990101', 'town', '二街道')")
        connection.execute("update officers set area_codes = '{990101002}' where officer_no = 'T2'")
    with pytest.raises(CaseworkError, match="T2 .* outside the area that was delegated"):
        record_result(db, NewVisit("U2", "daily"), form(officers=(("T1", "lead"), ("T2", "member"))), "wang", now=NOW)


def test_recusal_leave_and_activity_bind(db: Database) -> None:
    build_city(db)
    visit, team = NewVisit("U2", "complaint"), (("B1", "lead"), ("B4", "member"))
    with pytest.raises(CaseworkError, match="B4 can't act at unit U2 on 2026-03-12: recused"):
        record_result(db, visit, form(officers=team), "wang", now=NOW)
    with db.connection() as connection:
        connection.execute("delete from officer_recusals")
        connection.execute("insert into officer_leave values ('B4', %s, %s, '休假')", [DAY, DAY])
    with pytest.raises(CaseworkError, match="on leave"):
        record_result(db, visit, form(officers=team), "wang", now=NOW)
    with db.connection() as connection:
        connection.execute("delete from officer_leave")
        connection.execute("update officers set status = 'inactive' where officer_no = 'B4'")
    with pytest.raises(CaseworkError, match="no longer active"):
        record_result(db, visit, form(officers=team), "wang", now=NOW)


def test_a_certificate_holds_on_its_last_day_and_not_the_day_after(db: Database) -> None:
    build_city(db)
    visit, team = NewVisit("U2", "campaign"), (("B1", "lead"), ("B3", "member"))
    last = dt.date(2025, 12, 31)
    record_result(db, visit, form(officers=team, started_at=moment(last, 9), ended_at=moment(last, 10)), "w", now=NOW)
    after = last + dt.timedelta(days=1)
    late = form(officers=team, started_at=moment(after, 9), ended_at=moment(after, 10))
    with pytest.raises(CaseworkError, match="certificate ended"):
        record_result(db, visit, late, "w", now=NOW)


def test_a_unit_is_not_inspected_before_it_was_registered(db: Database) -> None:
    build_city(db)
    early = dt.date(2026, 2, 27)
    with pytest.raises(CaseworkError, match="registered on 2026-03-01"):
        record_result(db, NewVisit("U3", "campaign"), form(officers=TEAM, started_at=moment(early, 9),
                                                           ended_at=moment(early, 10)), "wang", now=NOW)


def test_an_inspection_around_midnight_belongs_to_the_day_it_began(db: Database) -> None:
    build_city(db)
    night = form(officers=TEAM, started_at=moment(DAY, 23, 40), ended_at=moment(DAY + dt.timedelta(days=1), 0, 20))
    done = record_result(db, NewVisit("U2", "campaign"), night, "w", now=NOW)
    assert done.inspection_no.startswith("J20260312-")


def test_what_does_not_exist_is_404(db: Database) -> None:
    build_city(db)
    for visit in ("J20260312-0099", NewVisit("U99", "complaint")):
        with pytest.raises(NotFound) as missing:
            record_result(db, visit, form(officers=TEAM), "wang", now=NOW)
        assert missing.value.status == 404


def test_a_re_inspection_closes_hazards_and_the_order(db: Database) -> None:
    units = build_city(db)
    first = record_result(db, plan(db, units["U1"]), form(result="hazards_ordered", hazards=(
        ordered(), ordered("signs.missing"))), "wang", now=NOW)
    ids = [row["hazard_id"] for row in db.rows("select hazard_id from hazards order by 1")]
    later = DAY + dt.timedelta(days=11)
    once = {"officers": TEAM, "started_at": moment(later, 9), "ended_at": moment(later, 10)}
    now = moment(later + dt.timedelta(days=2), 9)
    half = record_result(db, NewVisit("U1", "reinspection"), form(corrected=(ids[0],), **once), "wang", now=now)
    assert half.closed_orders == ()
    assert half.points < 0, "the order is past its day and still open"
    with pytest.raises(AlreadyDone, match="was found corrected on"):
        record_result(db, NewVisit("U1", "reinspection"), form(
            corrected=(ids[0],), officers=TEAM, started_at=moment(later, 11), ended_at=moment(later, 12)), "w", now=now)
    rest = record_result(db, NewVisit("U1", "reinspection"), form(
        corrected=(ids[1],), officers=TEAM, started_at=moment(later, 13), ended_at=moment(later, 14)), "w", now=now)
    assert rest.closed_orders == first.orders
    assert rest.points == 0, "an order posts its lateness once"
    with db.connection() as connection:
        told = record.unit_record(connection, units["U1"], later)
        assert told["open_hazards"] == []
        assert [order["closed_on"] for order in told["orders"]] == [later]
        assert record.open_orders(connection, later) == []


def test_hazards_of_another_unit_are_not_closed(db: Database) -> None:
    units = build_city(db)
    record_result(db, plan(db, units["U1"]), form(result="hazards_ordered", hazards=(ordered(),)), "wang", now=NOW)
    one = db.row("select hazard_id from hazards")
    assert one is not None
    with pytest.raises(NotFound, match="is not one of unit U2"):
        record_result(db, NewVisit("U2", "reinspection"), form(officers=TEAM, corrected=(one["hazard_id"],),
                                                               started_at=moment(DAY, 14), ended_at=moment(DAY, 15)),
                      "wang", now=NOW)


def test_a_form_from_json_is_the_same_as_one_from_code() -> None:
    told = result_form({"started_at": "2026-03-12T09:00", "ended_at": "2026-03-12T02:00Z", "result": "hazards_ordered",
                        "officers": [{"officer_no": "B1", "role": "lead"}, ["B2", "member"]],
                        "hazards": [{"item_code": "alarm.broken", "handling": "ordered", "due_on": "2026-03-22"}]})
    assert told == ResultForm(moment(DAY, 9).astimezone(dt.UTC), moment(DAY, 10).astimezone(dt.UTC), "hazards_ordered",
                              (ordered(),), TEAM)


@pytest.mark.parametrize(("data", "sentence"), [
    ([], "must be a table"),
    ({"color": 1}, "no field 'color'"),
    ({"started_at": "yesterday"}, "started_at must be a moment"),
    ({"started_at": "2026-03-12"}, "started_at must be a moment"),
    ({"started_at": None}, "started_at must be a moment"),
    ({"started_at": "2026-03-12T09:00", "ended_at": "2026-03-12T10:00"}, "result is missing"),
    ({"hazards": "x"}, "hazards must be a list"),
    ({"hazards": [{}]}, "hazard 1: item_code is missing"),
    ({"hazards": [{"item_code": "a\nb"}]}, "one line"),
    ({"hazards": [{"item_code": "a", "handling": "ordered", "due_on": "22.3.2026"}]}, "due_on must be a day"),
    ({"hazards": [{"item_code": "a", "handling": "ordered", "is_major": "yes"}]}, "true or false"),
    ({"hazards": [{}] * 501}, "at most 500"),
    ({"officers": ["B1"]}, "an officer is written as"),
    ({"officers": [], "hazards": [], "corrected": ["x"], "started_at": "2026-03-12T09:00",
      "ended_at": "2026-03-12T10:00", "result": "pass"}, "corrected must hold numbers"),
    ({"started_at": "0001-01-01T00:00+14:00"}, "outside the years"),
    ({"started_at": "2026-03-12T09:00", "ended_at": "2026-03-12T10:00", "result": "pass", "note": "a\ud800"},
     "note must be text"),
    ({"hazards": [{"item_code": "a", "handling": "recorded", "note": "\udfff"}]}, "note must be text"),
])
def test_a_malformed_form_is_one_sentence(data: Any, sentence: str) -> None:
    with pytest.raises(CaseworkError, match=sentence):
        result_form(data)


def test_a_visit_of_long_before_any_rule_is_referred_to_an_import(db: Database) -> None:
    build_city(db)
    entry = form(started_at=dt.datetime(2, 1, 2, tzinfo=dt.UTC), ended_at=dt.datetime(2, 1, 3, tzinfo=dt.UTC),
                 officers=TEAM)
    with pytest.raises(CaseworkError, match="the visit was on 0002-01-02, more than .* days ago"):
        record_result(db, NewVisit("U1", "daily"), entry, "wang", now=NOW)


def test_a_closed_unit_takes_the_result_that_was_planned_and_no_new_visit(db: Database) -> None:
    units = build_city(db)
    number = plan(db, units["U1"])
    with db.connection() as connection:
        connection.execute("update units set status = 'closed'")
    for unit in ("U1", "U2"):
        with pytest.raises(CaseworkError, match=rf"unit {unit} is closed \(注销\) in the register of units"):
            record_result(db, NewVisit(unit, "daily"), form(officers=TEAM), "wang", now=NOW)
        with pytest.raises(CaseworkError, match=rf"unit {unit} is closed"):
            planning.plan_by_hand(db, unit_no=unit, kind="campaign", planned_on=DAY, officers=TEAM, actor="wang")
    assert record_result(db, number, form(), "wang", now=NOW).inspection_no == number


@pytest.mark.parametrize("number", ["\ud800", "J\x00", "", "J" * 65])
def test_a_number_that_no_visit_and_no_unit_can_have_is_one_sentence(db: Database, number: str) -> None:
    build_city(db)
    for visit in (number, NewVisit(number, "daily")):
        with pytest.raises(CaseworkError):
            record_result(db, visit, form(officers=TEAM), "wang", now=NOW)
