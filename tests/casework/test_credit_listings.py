"""No listing without prior notice and a hearing of views; one list at a time; each measure has its law."""

from __future__ import annotations

import datetime as dt

import psycopg
import pytest

from casework import bulk
from casework.credit_record import listings, nightly
from casework.credit_record.periods import first_permitted_day, last_public_day
from casework.enforcement.errors import GateClosed
from casework.errors import AlreadyDone, CaseworkError
from store import Database
from tests.casework.city import build_city
from tests.casework.crediting import NOW, CreditClerk


def _listings(db: Database) -> list[tuple[str, str, str | None, str | None]]:
    return [(row["list"], str(row["from_day"]), row["to_day"] and str(row["to_day"]), row["ended_why"])
            for row in db.rows("select list, from_day, to_day, ended_why from credit_listings order by listing_id")]


@pytest.mark.row(77)
def test_no_unit_is_listed_before_it_was_told_and_heard(db: Database) -> None:
    build_city(db)
    clerk = CreditClerk(db)
    with pytest.raises(CaseworkError, match="notice_no is missing"):
        listings.list_unit(db, {"unit_no": "U1", "list": "serious", "listed_at": "2026-03-12T09:00"}, "x", now=NOW)
    # 2026-03-12 is a Thursday: five working days end on Thursday the 19th.
    number = clerk.notice("2026-03-12")
    with pytest.raises(GateClosed, match="was not served on the unit: no listing without prior notice.*331号"):
        clerk.list(number, "2026-03-13")
    clerk.notice_step(number, "served", "2026-03-12", how="direct")
    assert clerk.due(number, "views_given") == "2026-03-19"
    with pytest.raises(GateClosed, match="until 2026-03-19: list it after that day") as refused:
        clerk.list(number, "2026-03-19T23:59")
    assert refused.value.zh
    assert "2026-03-19" in refused.value.zh
    clerk.notice_step(number, "statement", "2026-03-18", note="已经整改")
    clerk.notice_step(number, "hearing_asked", "2026-03-19")
    with pytest.raises(GateClosed, match="asked for a hearing, which was not held"):
        clerk.list(number, "2026-03-20")
    with pytest.raises(GateClosed, match="hold it"):
        clerk.notice_step(number, "waived", "2026-03-20")
    clerk.notice_step(number, "hearing_held", "2026-03-24", note="听证笔录")
    with pytest.raises(GateClosed, match="was not answered"):
        clerk.list(number, "2026-03-24")
    clerk.notice_step(number, "views_answered", "2026-03-25", accepted=False, note="整改未完成")
    assert _listings(db) == []
    listing = clerk.list(number, "2026-03-26")
    assert _listings(db) == [("serious", "2026-03-26", None, None)]
    assert clerk.read(number)["standing"] == "listed"
    with pytest.raises(AlreadyDone, match="stands at listed"):
        clerk.list(number, "2026-03-27")
    public = db.row("select kind, decided_on, earliest_on, until_on from credit_publicity where ref = %s",
                    [str(listing)])
    assert public == {"kind": "serious", "decided_on": dt.date(2026, 3, 26), "earliest_on": dt.date(2027, 3, 26),
                      "until_on": dt.date(2029, 3, 26)}
    with pytest.raises(psycopg.errors.CheckViolation), db.connection() as connection:
        connection.execute("insert into credit_listings (unit_id, list, from_day, basis, brought_in)"
                           " select unit_id, 'general', '2026-03-01', 'x', false from units where unit_no = 'U2'")


@pytest.mark.row(77)
def test_views_that_were_right_end_the_notice(db: Database) -> None:
    build_city(db)
    clerk = CreditClerk(db)
    number = clerk.notice("2026-09-28", "general")
    clerk.notice_step(number, "served", "2026-09-28", how="electronic")
    # 1 to 7 October are off and Saturday the 10th is worked, as is Sunday 20 September before.
    assert clerk.due(number, "views_given") == "2026-10-10"
    with pytest.raises(GateClosed, match="said nothing"):
        clerk.notice_step(number, "views_answered", "2026-09-29", accepted=True, note="x")
    clerk.notice_step(number, "statement", "2026-09-29", note="已按期改正，附复查记录")
    clerk.notice_step(number, "views_answered", "2026-09-30", accepted=True, note="属实")
    with pytest.raises(GateClosed, match="taken as right"):
        clerk.list(number, "2026-10-12")
    with pytest.raises(GateClosed, match="could be brought until 2026-10-10"):
        clerk.notice_step(number, "hearing_asked", "2026-10-11")
    clerk.notice_step(number, "dropped", "2026-10-12", note="陈述成立")
    assert clerk.read(number)["standing"] == "dropped"
    with pytest.raises(AlreadyDone, match="stands at dropped") as refused:
        clerk.list(number, "2026-10-13")
    assert refused.value.zh == f"告知 {number} 为“已撤销”，不能进行“列入名单”：应在“已送达”时进行"
    assert _listings(db) == []


@pytest.mark.row(78)
def test_each_measure_has_its_law_and_was_told(db: Database) -> None:
    build_city(db)
    clerk = CreditClerk(db)
    number = clerk.notice("2026-03-12", measures=["procurement", "bidding"])
    clerk.notice_step(number, "served", "2026-03-12", how="direct")
    clerk.notice_step(number, "waived", "2026-03-12T11:00")
    without = {"field": "procurement", "measure": "一年内不得参加政府采购"}
    with pytest.raises(GateClosed, match="has no legal basis: name the law"):
        clerk.list(number, "2026-03-13", measures=[without])
    with pytest.raises(CaseworkError, match="field must be one of bidding, procurement"):
        clerk.list(number, "2026-03-13", measures=[{**without, "field": "land", "basis": "x"}])
    clerk.list(number, "2026-03-13", measures=[{**without, "basis": "政府采购法 Art. 22"}])
    assert db.rows("select kind, field, basis from listing_measures") == [
        {"kind": "punishment", "field": "procurement", "basis": "政府采购法 Art. 22"}]
    clerk.listed("2026-04-01", unit="U2")
    held = db.rows("select field, basis from listing_measures order by measure_id offset 1")
    assert [one["field"] for one in held] == ["market_access", "project_approval", "land", "financing", "procurement",
                                             "bidding", "government_funds"]
    assert all(one["basis"] for one in held)


@pytest.mark.row(200)
def test_a_unit_is_never_on_both_lists(db: Database) -> None:
    build_city(db)
    clerk = CreditClerk(db)
    clerk.listed("2026-03-12", "general")
    number = clerk.notice("2026-03-13", "general")
    clerk.notice_step(number, "served", "2026-03-13", how="direct")
    clerk.notice_step(number, "waived", "2026-03-13T11:00")
    with pytest.raises(AlreadyDone, match="is on the general list from 2026-03-12.*: it leaves that one") as twice:
        clerk.list(number, "2026-03-16")
    assert twice.value.zh
    assert "在“一般失信”名单上" in twice.value.zh
    clerk.listed("2026-04-01", "serious")
    assert _listings(db) == [("general", "2026-03-12", "2026-03-31", "replaced"), ("serious", "2026-04-01", None, None)]
    assert db.rows("select kind from credit_publicity where ended_on is null") == [{"kind": "serious"}]
    red = {"list": "red", "unit_no": "U1", "listed_at": "2026-04-02T09:00", "basis": "连续三年无隐患"}
    with pytest.raises(GateClosed, match="the red list is for units without one"):
        listings.list_unit(db, red, "x", now=NOW)


@pytest.mark.row(76)
def test_the_red_list_brings_benefits_and_gives_way_to_discredit(db: Database) -> None:
    build_city(db)
    clerk = CreditClerk(db)
    red = {"list": "red", "unit_no": "U2", "listed_at": "2026-03-12T09:00", "basis": "连续三年无隐患"}
    found = listings.list_unit(db, red, "x", now=NOW)
    assert {row["field"] for row in db.rows("select field from listing_measures where kind = 'benefit'")} == {
        "priority", "deferred_papers", "simpler_procedure", "funds", "resource_trading"}
    assert nightly.run(db, dt.date(2030, 1, 1))["publicity_ended"] == 0, "a red list entry has no longest time"
    clerk.listed("2026-05-06", "general", "U2")
    assert _listings(db)[0] == ("red", "2026-03-12", "2026-05-05", "replaced")
    with pytest.raises(AlreadyDone, match="has ended before"):
        listings.end_red(db, found, {"to_day": "2026-05-04", "reason": "x"}, "x", now=NOW)
    discredit = db.row("select listing_id from credit_listings where list = 'general'")
    assert discredit
    with pytest.raises(GateClosed, match="asked for from 2027-05-06 on.*by itself after 2029-05-06"):
        listings.end_red(db, discredit["listing_id"], {"to_day": "2026-06-01", "reason": "x"}, "x", now=NOW)


def test_a_red_listing_that_was_brought_in_with_its_end_gives_way_too(db: Database) -> None:
    build_city(db)
    with db.connection() as connection:
        bulk.load_listings(connection, [{"unit_no": "U2", "list": "red", "from_day": dt.date(2026, 1, 1),
                                         "to_day": dt.date(2027, 12, 31), "basis": "守信"}])
    CreditClerk(db).listed("2026-05-06", "general", "U2")
    assert _listings(db) == [("red", "2026-01-01", "2026-05-05", "replaced"), ("general", "2026-05-06", None, None)]


def test_three_penalties_are_counted_before_they_are_told(db: Database) -> None:
    build_city(db)
    clerk = CreditClerk(db)
    clerk.penalty("2026-01-05", "C1", "warning")
    clerk.penalty("2026-02-05", "C2", "warning")
    with pytest.raises(GateClosed, match="fewer than 3 penalties within 365 days before 2026-03-12"):
        clerk.notice("2026-03-12", ground="three_penalties")
    clerk.penalty("2026-03-10", "C3", "warning")
    assert clerk.notice("2026-03-12", ground="three_penalties", refs=["C1", "C2", "C3"]) == "GZ20260312-0001"


@pytest.mark.parametrize(("decided", "kinds", "first", "last"), [
    ("2026-03-12", ["penalty_fine"], "2027-03-12", "2029-03-12"),          # 令第58号: at least one year, at most three
    ("2027-06-01", ["penalty_fine"], "2028-06-01", "2030-06-01"),          # across 29 February: years, not 365 days
    ("2028-02-29", ["penalty_warning"], "2029-02-28", "2031-02-28"),       # 民法典 202: the last day of the month
    ("2026-03-12", ["penalty_suspension"], "2029-03-12", "2029-03-12"),    # 停产停业: three years
    ("2026-03-12", ["penalty_fine", "penalty_suspension"], "2029-03-12", "2029-03-12"),  # the longest of several
    ("2027-02-06", [], "2028-02-06", "2030-02-06"),                        # 春节: years run through holidays
])
def test_publicity_runs_in_years_from_the_decision(decided: str, kinds: list[str], first: str, last: str) -> None:
    day = dt.date.fromisoformat(decided)
    assert str(first_permitted_day(kinds, day)) == first
    assert str(last_public_day(day)) == last
