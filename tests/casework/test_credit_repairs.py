"""Repair: from its first permitted day, papers told once, a public notice inside the decision, a confirmation."""

from __future__ import annotations

import datetime as dt

import pytest

from casework import penalties, record
from casework.credit_record import exclusions, nightly
from casework.enforcement.errors import GateClosed
from casework.errors import AlreadyDone, CaseworkError, NotFound
from policy import rules
from store import Database
from tests.casework.city import build_city
from tests.casework.crediting import NOW, PAPERS, CreditClerk
from tests.casework.enforcing import VIDEO, Clerk, fine

START = rules().value("credit.start", dt.date(2026, 3, 12))


def _balance(db: Database, unit: int, day: str) -> float:
    with db.connection() as connection:
        return float(record.credit_record(connection, unit, dt.date.fromisoformat(day))["balance"])


@pytest.mark.row(79, 73)
def test_a_repair_goes_from_its_first_day_to_the_confirmation(db: Database) -> None:
    units = build_city(db)
    clerk = CreditClerk(db)
    clerk.penalty("2026-03-12", "C1")
    with pytest.raises(GateClosed, match="decided on 2026-03-12, can be asked for from 2027-03-12 on.*58号") as early:
        clerk.apply("penalty", "C1", "2027-03-11")
    assert early.value.zh
    assert "自 2027-03-12 起" in early.value.zh
    assert db.rows("select from credit_matters") == []
    number = clerk.apply("penalty", "C1", "2027-03-12", papers=["application", "identity"])
    assert number == "XF20270312-0001"
    # 2027-03-12 is a Friday.
    assert clerk.due(number, "repair_complete") == "2027-03-16"
    with pytest.raises(AlreadyDone, match="is being handled"):
        clerk.apply("penalty", "C1", "2027-03-12")
    with pytest.raises(GateClosed, match="certificate, fine_receipt, rectification, promise, mandate"):
        clerk.repair_step(number, "accepted", "2027-03-15")
    assert clerk.repair_step(number, "incomplete", "2027-03-16T17:00") is True
    with pytest.raises(GateClosed, match="told once what is missing"):
        clerk.repair_step(number, "incomplete", "2027-03-17")
    clerk.repair_step(number, "supplied", "2027-03-18", papers=PAPERS)
    clerk.repair_step(number, "accepted", "2027-03-18T15:00")
    # Ten working days from Thursday the 18th: 清明 (Monday 5 April) lies after them.
    assert clerk.due(number, "repair_decided") == "2027-04-01"
    with pytest.raises(AlreadyDone, match="made while it is noticed"):
        clerk.repair_step(number, "approved", "2027-03-19", approved_by="B1")
    clerk.repair_step(number, "public_notice", "2027-03-19")
    assert clerk.due(number, "repair_notice") == "2027-03-26"
    with pytest.raises(GateClosed, match="runs until 2027-03-26: decide after that day"):
        clerk.repair_step(number, "approved", "2027-03-26", approved_by="B1")
    assert clerk.repair_step(number, "approved", "2027-03-29", approved_by="B1") is True
    assert clerk.due(number, "repair_removal") == "2027-04-01"
    clerk.repair_step(number, "confirmed", "2027-03-30")
    assert clerk.repair_step(number, "platform_ended", "2027-04-02") is False, "three working days had passed"
    held = db.row("select ended_on, ended_why from credit_publicity")
    assert held == {"ended_on": dt.date(2027, 3, 29), "ended_why": "repaired"}
    assert _balance(db, units["U1"], "2027-03-28") == START - 6
    assert _balance(db, units["U1"], "2027-03-29") == START
    with pytest.raises(AlreadyDone, match="ended on 2027-03-29"):
        clerk.apply("penalty", "C1", "2027-05-12")
    with pytest.raises(NotFound):
        clerk.apply("penalty", "C1", "2027-05-12", unit="U2")


@pytest.mark.row(79)
def test_a_serious_listing_is_left_by_repair_after_a_year(db: Database) -> None:
    build_city(db)
    clerk = CreditClerk(db)
    listing = clerk.listed("2026-03-12")
    with pytest.raises(GateClosed, match="repair of the serious listing, decided on 2026-03-12.*from 2027-03-12 on"):
        clerk.apply("listing", listing, "2027-03-11")
    number = clerk.apply("listing", listing, "2027-03-12")
    clerk.repair_step(number, "accepted", "2027-03-12T11:00")
    clerk.repair_step(number, "public_notice", "2027-03-12T12:00")
    clerk.repair_step(number, "notice_objection", "2027-03-15", note="邻居称通道仍被堵")
    clerk.repair_step(number, "approved", "2027-03-22", approved_by="B1")
    assert db.rows("select to_day, ended_why from credit_listings") == [
        {"to_day": dt.date(2027, 3, 22), "ended_why": "repaired"}]


def test_a_suspension_waits_three_years_and_is_over_by_then(db: Database) -> None:
    build_city(db)
    clerk = CreditClerk(db)
    clerk.penalty("2026-03-12", "C1", "suspension")
    with pytest.raises(GateClosed, match="from 2029-03-12 on.*停产|from 2029-03-12 on.*three years"):
        clerk.apply("penalty", "C1", "2027-03-12")
    assert clerk.apply("penalty", "C1", "2029-03-12", papers=[])
    assert nightly.run(db, dt.date(2029, 3, 12))["publicity_ended"] == 0
    assert nightly.run(db, dt.date(2029, 3, 13))["publicity_ended"] == 1
    assert nightly.run(db, dt.date(2029, 3, 13))["publicity_ended"] == 0


def test_a_new_record_of_the_kind_stands_against_repair_until_it_is_annulled(db: Database) -> None:
    build_city(db)
    clerk = CreditClerk(db)
    clerk.penalty("2026-03-12", "C1")
    clerk.penalty("2026-11-12", "C2")
    with pytest.raises(GateClosed, match="a new record of the same kind came on 2026-11-12"):
        clerk.apply("penalty", "C1", "2027-03-12")
    penalties.withdraw(db, "C2", dt.date(2027, 3, 13), "复议撤销", "x", now=NOW)
    assert db.row("select ended_why from credit_publicity where ref = 'C2'") == {"ended_why": "withdrawn"}
    assert clerk.apply("penalty", "C1", "2027-03-13")


def test_papers_may_come_one_after_the_other(db: Database) -> None:
    build_city(db)
    clerk = CreditClerk(db)
    clerk.penalty("2026-03-12", "C1")
    number = clerk.apply("penalty", "C1", "2027-03-15", papers=["application", "identity"])
    clerk.repair_step(number, "incomplete", "2027-03-16")
    clerk.repair_step(number, "supplied", "2027-03-17", papers=PAPERS[:5])
    told = clerk.read(number)
    assert (told["standing"], told["steps"][-1]["details"]["missing"]) == ("incomplete", ["mandate"])
    with pytest.raises(CaseworkError, match="papers are missing: mandate"):
        clerk.repair_step(number, "accepted", "2027-03-18")
    clerk.repair_step(number, "supplied", "2027-03-18", papers=["mandate"])
    assert clerk.due(number, "repair_complete") == "2027-03-22"
    assert clerk.repair_step(number, "accepted", "2027-03-19") is True
    assert clerk.due(number, "repair_decided") == "2027-04-01"


def test_a_repair_can_be_refused_or_withdrawn_with_a_reason(db: Database) -> None:
    build_city(db)
    clerk = CreditClerk(db)
    clerk.penalty("2026-03-12", "C1")
    first = clerk.apply("penalty", "C1", "2027-03-12")
    with pytest.raises(CaseworkError, match="needs a note"):
        clerk.repair_step(first, "refused", "2027-03-15")
    clerk.repair_step(first, "refused", "2027-03-15", note="整改证明不实")
    assert [one for one in clerk.read(first)["clocks"] if not one["dropped_at"] and not one["done_at"]] == []
    second = clerk.apply("penalty", "C1", "2027-03-16")
    clerk.repair_step(second, "withdrawn", "2027-03-17", note="申请人撤回")
    assert clerk.apply("penalty", "C1", "2027-03-18")


D = dt.date


@pytest.mark.parametrize(("others", "repairs", "reason"), [
    ([], [], None),
    ([(D(2025, 1, 1), ("fine",))], [], None),                                            # older than the decision
    ([(D(2026, 8, 1), ("fine",))], [], "same kind"),
    ([(D(2027, 1, 1), ("suspension",))], [], "a grave record of 2027-01-01"),
    ([(D(2026, 6, 1), ("warning",)), (D(2026, 7, 1), ("warning",)), (D(2026, 8, 1), ("warning",))], [],
     "3 penalties came within a year"),
    ([], [(D(2026, 5, 1), ("warning",))], "the next can be asked for from 2027-05-01 on"),
    ([], [(D(2025, 1, 1), ("warning",)), (D(2024, 1, 1), ("warning",))], "2 repairs were granted within 5 years"),
    ([], [(D(2023, 1, 1), ("fine",))], "of the same kind was repaired on 2023-01-01"),
    ([], [(D(2021, 1, 1), ("fine",))], None),
])
def test_what_stands_against_a_repair(others: list[tuple[dt.date, tuple[str, ...]]],
                                      repairs: list[tuple[dt.date, tuple[str, ...]]], reason: str | None) -> None:
    found = exclusions.why(exclusions.Facts(D(2026, 3, 12), ("fine",), others, repairs), D(2027, 3, 15))
    assert found is None if reason is None else found is not None and reason in found[0]


def test_a_fine_that_the_record_shows_unpaid_is_not_repaired_on_a_receipt(db: Database) -> None:
    build_city(db)
    case, clerk = Clerk(db), CreditClerk(db)
    number = case.file()
    case.told(number, "2026-03-12", fine(8000))
    case.reviewed(number, "2026-03-13")
    case.step(number, "decision", "2026-03-16", penalties=[fine(8000)], circumstance="light")
    case.step(number, "served", "2026-03-17", how="direct", evidence=[VIDEO])
    repair = clerk.apply("penalty", number, "2027-03-17")
    with pytest.raises(GateClosed, match="16000.00 yuan are owed: enter the payment in the case") as unpaid:
        clerk.repair_step(repair, "accepted", "2027-03-17T11:00")
    assert unpaid.value.zh
    assert "尚欠罚款 16000.00 元" in unpaid.value.zh
    case.step(number, "paid", "2027-03-17T12:00", amount_yuan=16000)
    clerk.repair_step(repair, "accepted", "2027-03-17T13:00")


def test_a_listing_for_a_major_hazard_is_not_repaired_while_the_hazard_stands(db: Database) -> None:
    units = build_city(db)
    clerk = CreditClerk(db)
    listing = clerk.listed("2026-03-12")
    db.rows("insert into major_hazards (major_hazard_no, unit_id, area_code, way, elements, officers, found_at, "
            "found_on, standing, entered_by) values ('Z1', %s, '990101001', 'direct', '{6.1}', '{B1,B2}', "
            "'2026-01-05', '2026-01-05', 'listed', 'x') returning 1", [units["U1"]])
    repair = clerk.apply("listing", listing, "2027-03-12")
    with pytest.raises(GateClosed, match="major hazard Z1 stands: have its correction accepted first"):
        clerk.repair_step(repair, "accepted", "2027-03-12T11:00")
    db.rows("update major_hazards set standing = 'accepted', ended_on = '2027-03-12' returning 1")
    clerk.repair_step(repair, "accepted", "2027-03-12T12:00")
    clerk.repair_step(repair, "public_notice", "2027-03-12T13:00")


def test_a_listing_for_what_was_not_corrected_waits_for_the_re_inspection(db: Database) -> None:
    units = build_city(db)
    clerk = CreditClerk(db)
    listing = clerk.listed("2026-03-12", "general")
    db.rows("insert into inspections (inspection_no, unit_id, kind, inspected_on, status, result) values "
            "('J1', %s, 'other', '2026-01-09', 'done', 'hazards_ordered') returning 1", [units["U1"]])
    db.rows("insert into orders (order_no, unit_id, inspection_id, kind, served_on, correct_by, recheck_by) "
            "select 'G1', unit_id, inspection_id, 'time_limited', '2026-01-09', '2026-01-20', '2026-01-23' "
            "from inspections returning 1")
    repair = clerk.apply("listing", listing, "2027-03-12")
    with pytest.raises(GateClosed, match="order G1 is past its day and open: enter the re-inspection first"):
        clerk.repair_step(repair, "accepted", "2027-03-12T11:00")
    db.rows("update orders set closed_on = '2027-03-12' returning 1")
    clerk.repair_step(repair, "accepted", "2027-03-12T12:00")
