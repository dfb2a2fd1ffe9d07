"""The record of a visit: what it must have, when it was, by which list, and the old answers beside the new ones."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from casework.errors import CaseworkError
from casework.forms import Answer, Evidence, HazardFound, NewVisit, Recheck, ResultForm, Sheet, result_form
from casework.results import record_result
from casework.sheets import time_class
from policy import rules
from policy.clocks import SHANGHAI
from store import Database
from tests.casework.city import DAY, PHOTO, SHEET, build_city, moment

NOW = moment(DAY + dt.timedelta(days=30), 12)
TEAM = (("B1", "lead"), ("B2", "member"))
ALARM = HazardFound("alarm.broken", "ordered", DAY + dt.timedelta(days=10), note="探测器故障", evidence=(
    Evidence("file://old.jpg", "b" * 64),))


def form(day: dt.date = DAY, hour: int = 9, **changes: Any) -> ResultForm:
    return replace(ResultForm(moment(day, hour), moment(day, hour + 1), "pass", officers=TEAM, sheet=SHEET), **changes)


def enter(db: Database, kind: str, entry: ResultForm, unit: str = "U2") -> str:
    return record_result(db, NewVisit(unit, kind), entry, "wang", now=NOW).inspection_no


@pytest.mark.row(13)
@pytest.mark.parametrize(("kind", "sheet", "named"), [
    ("campaign", Sheet(accompanied_by="李某"), "sheet.responsible_person"),
    ("town", SHEET, "sheet.signed_by"),
    ("opening", replace(SHEET, floor_area_m2=300.0), "sheet.storeys"),
])
def test_a_record_without_a_mandatory_field_is_refused_until_it_is_there(db: Database, kind: str, sheet: Sheet,
                                                                         named: str) -> None:
    build_city(db)
    with pytest.raises(CaseworkError, match=rf"{named} .*消防监督检查规定 Art\. 14") as refused:
        enter(db, kind, form(sheet=sheet))
    assert refused.value.zh is not None
    assert db.rows("select 1 from inspections") == db.rows("select 1 from clocks") == []
    whole = replace(SHEET, signed_by="王某", floor_area_m2=300.0, storeys=3)
    enter(db, kind, form(DAY + dt.timedelta(days=1), sheet=whole))
    assert db.row("select responsible_person, storeys from inspection_sheets") == {
        "responsible_person": "王某", "storeys": 3}


def test_premises_found_closed_have_nobody_to_ask(db: Database) -> None:
    build_city(db)
    assert enter(db, "campaign", form(result="closed", sheet=Sheet()))


@pytest.mark.row(14)
def test_an_item_is_corrected_only_with_evidence(db: Database) -> None:
    build_city(db)
    spot = HazardFound("signs.missing", "corrected_on_spot")
    with pytest.raises(CaseworkError, match="item signs.missing is said to be corrected without evidence"):
        enter(db, "campaign", form(result="hazards_corrected", hazards=(spot,)))
    enter(db, "campaign", form(result="hazards_ordered", hazards=(replace(spot, evidence=(PHOTO,)), ALARM)))
    hazard = db.row("select hazard_id from hazards where handling = 'ordered'")
    assert hazard is not None
    later = DAY + dt.timedelta(days=11)
    with pytest.raises(CaseworkError, match=r"without evidence: add a photograph"):
        enter(db, "reinspection", form(later, corrected=(hazard["hazard_id"],)))
    enter(db, "reinspection", form(later, corrected=(hazard["hazard_id"],), evidence=(PHOTO,)))
    assert db.row("select corrected_on from hazards where handling = 'ordered'") == {"corrected_on": later}


@pytest.mark.parametrize(("hazard", "taken"), [
    (HazardFound("signs.missing", "corrected_on_spot", oral=True, evidence=(PHOTO,)), True),
    (HazardFound("exits.blocked", "corrected_on_spot", oral=True, evidence=(PHOTO,)), False),
    (HazardFound("signs.missing", "ordered", DAY, oral=True), False),
])
def test_only_what_is_trivial_and_corrected_is_ordered_orally(db: Database, hazard: HazardFound, taken: bool) -> None:
    build_city(db)
    entry = form(result="hazards_corrected" if taken else "hazards_ordered" if hazard.due_on else "hazards_corrected",
                 hazards=(hazard,))
    if taken:
        enter(db, "campaign", entry)
        assert db.row("select oral from hazards") == {"oral": True}
    else:
        with pytest.raises(CaseworkError, match=r"an oral order is for what is trivial .*Art\. 19"):
            enter(db, "campaign", entry)


@pytest.mark.row(193)
@pytest.mark.parametrize(("at", "found"), [
    ("2026-03-12T23:40", "off_hours"), ("2026-03-12T09:00", "working"), ("2026-03-12T17:30", "off_hours"),
    ("2026-03-13T00:10", "midnight"), ("2026-03-13T06:00", "off_hours"),
    ("2026-02-14T10:00", "working"),   # a Saturday that works for 春节
    ("2026-02-17T10:00", "holiday"), ("2026-02-17T23:40", "off_hours"), ("2026-03-14T15:00", "holiday"),
])
def test_the_start_gives_the_time_class(at: str, found: str) -> None:
    assert time_class(dt.datetime.fromisoformat(at).replace(tzinfo=SHANGHAI)) == found


@pytest.mark.row(49, 56)
def test_a_visit_cites_its_items_and_what_set_it_off(db: Database) -> None:
    build_city(db)
    with db.connection() as connection:
        connection.execute("insert into inspection_items (item_code, valid_from, name_zh, severity) values "
                           "('alarm.broken', '2026-01-01', '报警系统损坏（新）', 'serious')")
    enter(db, "campaign", form(result="hazards_ordered", hazards=(ALARM,), trigger="assigned", answers=(
        Answer("exits.blocked", "fits"), Answer("signs.missing", "not_applicable", "无此项"))))
    assert db.row("select trigger_code, time_class, items_from, item_from from inspections join inspection_sheets "
                  "using (inspection_id) join hazards using (inspection_id)") == {
        "trigger_code": "assigned", "time_class": "working", "items_from": dt.date(2026, 1, 1),
        "item_from": dt.date(2026, 1, 1)}
    assert db.rows("select item_code, item_from from inspection_answers order by 1") == [
        {"item_code": "exits.blocked", "item_from": dt.date(2009, 1, 1)},
        {"item_code": "signs.missing", "item_from": dt.date(2009, 1, 1)}]
    with pytest.raises(CaseworkError, match="trigger must be one of in_use, monitoring, discredit, assigned"):
        enter(db, "campaign", form(hour=14, trigger="whim"))
    with pytest.raises(CaseworkError, match=r"item alarm\.broken is answered twice"):
        enter(db, "campaign", form(hour=14, result="hazards_ordered", hazards=(ALARM,),
                                   answers=(Answer("alarm.broken", "fits"),)))


def test_every_kind_of_visit_has_one_source() -> None:
    kinds = [entry["code"] for entry in rules().value("kinds.inspections", DAY)]
    told = [kind for entry in rules().value("inspection.triggers", DAY) for kind in entry["kinds"]]
    assert sorted(told) == sorted(kinds)


@pytest.mark.row(101, 55)
def test_a_reinspection_sets_each_old_answer_beside_the_new_one(db: Database) -> None:
    build_city(db)
    signs = HazardFound("signs.missing", "ordered", DAY + dt.timedelta(days=10))
    enter(db, "campaign", form(result="hazards_ordered", hazards=(ALARM, signs)))
    old = {row["item_code"]: row["hazard_id"] for row in db.rows("select item_code, hazard_id from hazards")}
    enter(db, "reinspection", form(DAY + dt.timedelta(days=11), rechecks=(
        Recheck(old["alarm.broken"], True, "已更换", (Evidence("file://new.jpg", "c" * 64),)),)))
    assert db.rows("select hazard_id, corrected, note from hazard_rechecks order by corrected") == [
        {"hazard_id": old["signs.missing"], "corrected": False, "note": None},
        {"hazard_id": old["alarm.broken"], "corrected": True, "note": "已更换"}], "what is not named was not corrected"
    assert db.rows("select uri from inspection_evidence where hazard_id = %s order by 1", [old["alarm.broken"]]) == [
        {"uri": "file://new.jpg"}, {"uri": "file://old.jpg"}]
    # The true result may be said outright, though the hazard that stands is named by silence alone.
    enter(db, "reinspection", form(DAY + dt.timedelta(days=12), result="hazards_ordered"))
    results = db.rows("select distinct result from inspections where kind = 'reinspection'")
    assert results == [{"result": "hazards_ordered"}], "an order that still stands was not passed"
    trace = db.row("select after -> 'not_corrected' as open from audit_log where action = 'result' "
                   "order by audit_id desc limit 1")
    assert trace == {"open": [old["signs.missing"]]}
    with pytest.raises(CaseworkError, match=r"result is hazards_ordered, but.*make it pass"):
        enter(db, "reinspection", form(DAY + dt.timedelta(days=13), result="hazards_ordered", rechecks=(
            Recheck(old["signs.missing"], True, "已补", (Evidence("file://new.jpg", "c" * 64),)),)))


@pytest.mark.parametrize(("data", "sentence"), [
    ({"evidence": [{"uri": "a", "sha256": "12"}]}, "64 hexadecimal digits"),
    ({"sheet": {"colour": "red"}}, "has no field 'colour'"),
    ({"sheet": {"storeys": "many"}}, "sheet.storeys must be a number"),
    ({"answers": [{"item_code": "x", "answer": "maybe"}]}, "answer must be one of fits"),
    ({"rechecks": [{"hazard_id": 1, "corrected": "yes"}]}, "corrected must be true or false"),
])
def test_a_part_of_the_form_that_is_wrong_is_named(data: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CaseworkError, match=sentence):
        result_form({"started_at": "2026-03-12T09:00", "ended_at": "2026-03-12T10:00", "result": "pass", **data})
