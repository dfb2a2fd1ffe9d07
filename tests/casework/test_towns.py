"""Training, guidance, budget lines, meetings, faults and the night: what a brigade owes its towns, and they it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from click.testing import CliRunner

from casework.delegation import guidance, nightly, supervision, town_state, training
from casework.errors import AlreadyDone, CaseworkError, NotFound
from huoyan.commands.towns import show_towns
from policy.clocks import last_moment
from store import Database
from tests.casework.city import DAY, build_city, moment
from tests.casework.test_delegation import NOW, referred, visit
from tests.casework.towns import BRIGADE, TOWN, delegate, prepare

NEW_YEAR = moment(dt.date(2027, 1, 3), 9)


@pytest.fixture
def town(db: Database) -> Database:
    """The small district with an agreement of its town, whose two officers may act."""
    build_city(db)
    delegate(db)
    prepare(db, "T1", "T2")
    return db


def standing(db: Database, day: dt.date) -> dict[str, list[str]]:
    with db.connection() as connection:
        return {row["officer_no"]: row["flags"] for row in training.standing(connection, day, areas=[TOWN])}


@pytest.mark.row(19, 112)
def test_an_officer_with_six_days_on_the_last_of_december_is_flagged_and_with_seven_is_not(town: Database) -> None:
    nightly.run(town, DAY, NOW)
    for day in range(1, 6):
        total = training.attend(town, "T1", "on_the_job", dt.date(2026, 6, day), Decimal(8), "裁量", "b", NEW_YEAR)
    assert total == Decimal(6)  # with the day before the post
    last = dt.date(2026, 12, 31)
    assert standing(town, last)["T1"] == ["few_days"]
    training.attend(town, "T1", "special", dt.date(2026, 12, 30), Decimal(4), "电气", "b", NEW_YEAR)
    assert standing(town, last)["T1"] == ["few_days"]
    assert training.attend(town, "T1", "special", last, Decimal(12), "文书", "b", NEW_YEAR) == Decimal("7.5")
    assert standing(town, last) == {"T1": [], "T2": ["few_days"], "T3": ["no_certificate", "no_training", "no_pass",
                                                                         "few_days"]}
    with town.connection() as connection:
        row = next(one for one in training.standing(connection, last) if one["officer_no"] == "T1")
    assert row["by_kind"] == {"pre_post": 8.0, "special": 16.0, "on_the_job": 40.0}
    ended = town.row("select due_at, done_at from clocks where ref = 'T1/2026'")
    assert ended
    assert ended["due_at"] == last_moment(dt.date(2026, 12, 31)) > ended["done_at"]
    with pytest.raises(AlreadyDone):
        training.attend(town, "T1", "special", last, Decimal(8), "文书", "b", NEW_YEAR)
    with pytest.raises(CaseworkError, match="B1 is not an officer of a town"):
        training.attend(town, "B1", "special", last, Decimal(8), "文书", "b", NEW_YEAR)


@pytest.mark.row(20)
def test_a_town_with_an_empty_quarter_is_listed_until_the_brigade_has_come(town: Database) -> None:
    nightly.run(town, DAY, NOW)

    def without(name: str) -> list[str]:
        with town.connection() as connection:
            return [row["town_code"] for row in guidance.empty(connection, name)]

    assert (without("2025Q4"), without("2026Q1"), without("2026Q2")) == ([], [TOWN], [TOWN])
    assert town.row("select area_code, body, due_at from clocks where rule = 'delegation.guidance_quarter'") == {
        "area_code": BRIGADE, "body": "brigade", "due_at": last_moment(dt.date(2026, 3, 31))}
    with pytest.raises(CaseworkError, match="officers of the brigade"):
        guidance.visit(town, TOWN, DAY, ["T1"], "案卷", "b", NOW)
    guidance.visit(town, TOWN, DAY, ["B1"], "案卷", "b", NOW)
    assert (without("2026Q1"), without("2026Q2")) == ([], [TOWN])
    guidance.visit(town, TOWN, dt.date(2026, 1, 9), ["B2"], "清单", "b", NOW)
    with pytest.raises(AlreadyDone):
        guidance.visit(town, TOWN, DAY, ["B1"], "again", "b", NOW)
    with pytest.raises(CaseworkError, match="written like 2026Q1"):
        guidance.named("2026Q5")


@pytest.mark.parametrize(("day", "first", "last"), [
    ("2026-01-01", "2026-01-01", "2026-03-31"), ("2026-12-31", "2026-10-01", "2026-12-31"),
    ("2028-02-29", "2028-01-01", "2028-03-31")])
def test_a_quarter_has_its_first_and_last_day(day: str, first: str, last: str) -> None:
    _, begins, ends = guidance.quarter(dt.date.fromisoformat(day))
    assert (str(begins), str(ends)) == (first, last)


@pytest.mark.row(10)
def test_the_night_passes_on_what_stayed_uncorrected_and_does_nothing_twice(town: Database) -> None:
    made = visit(town, "U2", "exits.blocked")
    after = DAY + dt.timedelta(days=8)
    with town.connection() as connection:  # the brigade's own re-inspection came in by an import
        connection.execute("insert into inspections (inspection_no, unit_id, kind, inspected_on, status, result)"
                           " select 'R1', unit_id, 'reinspection', %s, 'done', 'pass' from units where unit_no = 'U2'",
                           [after])
    assert nightly.run(town, after - dt.timedelta(days=1), moment(after, 1))["referrals"] == 0
    assert nightly.run(town, after, moment(after, 22))["referrals"] == 1
    assert nightly.run(town, after, moment(after, 22)) == {"referrals": 0, "training_clocks": 0, "guidance_clocks": 0}
    assert referred(town) == [("uncorrected", TOWN, "sent")]
    with town.connection() as connection:
        state = town_state.read(connection, TOWN, moment(after, 22))
    assert [(row["order_no"], row["days_past"], row["referral_state"]) for row in state["open_orders"]] == [
        (made.orders[0], 1, "sent")]
    assert [row["rule"] for row in state["clocks"]][:2] == ["delegation.filing", "delegation.filing"]


@pytest.mark.row(18, 105, 181, 182, 187)
def test_a_town_at_a_glance_says_what_is_missing(db: Database) -> None:
    build_city(db)

    def flags(now: dt.datetime = NOW) -> list[str]:
        with db.connection() as connection:
            return list(town_state.towns(connection, now)[0]["flags"])

    assert flags() == ["no_agreement", "nobody_ready", "no_budget"]
    delegate(db)
    prepare(db, "T1")
    assert flags() == ["one_officer", "no_guidance", "no_budget", "late"]
    prepare(db, "T2")
    guidance.visit(db, TOWN, DAY, ["B1"], "案卷", "b", NOW)
    with db.connection() as connection:
        assert [row["town_code"] for row in supervision.without_budget(connection, 2026, [TOWN])] == [TOWN]
    supervision.set_budget(db, TOWN, 2026, Decimal(50000), "镇预算〔2026〕1号", "b")
    with db.connection() as connection:
        assert supervision.without_budget(connection, 2026, None) == []
        connection.execute("update clocks set done_at = due_at")
    assert flags() == []
    assert flags(moment(dt.date(2027, 1, 5), 9))[0] == "no_agreement"
    with db.connection() as connection, pytest.raises(NotFound):
        town_state.read(connection, TOWN, NOW, ["990102"])


@pytest.mark.row(21, 184, 185)
def test_the_digest_of_a_quarter_counts_delegated_and_empowered_apart_and_equals_the_records(town: Database) -> None:
    delegate(town, regime="empowered", item_codes=["alarm.broken"], signed_on=DAY)
    visit(town, "U2", "exits.blocked", "signs.missing", kind="campaign")
    visit(town, "U2", "alarm.broken", hour=13)
    visit(town, "U2", hour=16)
    with town.connection() as connection:
        (row,) = town_state.digest(connection, dt.date(2026, 1, 1), dt.date(2026, 3, 31))
        (none,) = town_state.digest(connection, dt.date(2026, 4, 1), dt.date(2026, 6, 30))
    hazards = town.row("select count(*) as found, count(distinct inspection_id) as visits from hazards")
    assert hazards
    assert (row["inspections_delegated"], row["inspections_empowered"], row["campaigns"]) == (2, 1, 1)
    assert (row["hazards_found"], row["orders_made"], row["units_inspected"]) == (hazards["found"], 2, 1)
    assert (row["hazards_found"], row["hazards_corrected"]) == (3, 0)
    assert none["inspections_delegated"] == none["hazards_found"] == 0


@pytest.mark.row(29)
def test_an_action_of_a_joint_meeting_is_overdue_until_it_is_done(town: Database) -> None:
    number = supervision.agree(town, "一季度联席会议", dt.date(2026, 2, 1), TOWN, "town", "报送清单", DAY, "b", NOW)
    later = DAY + dt.timedelta(days=1)

    def overdue(day: dt.date) -> list[int]:
        with town.connection() as connection:
            return [row["action_id"] for row in supervision.actions(connection, day, areas=[TOWN], state="overdue")]

    assert (overdue(DAY), overdue(later)) == ([], [number])
    assert supervision.finish_action(town, number, later, "已报", "w", moment(later, 9)) is False
    assert overdue(later) == []
    with pytest.raises(AlreadyDone):
        supervision.finish_action(town, number, later, "已报", "w", moment(later, 9))
    assert supervision.last_day_of(dt.date(2026, 2, 1)) == dt.date(2026, 3, 3)


@pytest.mark.row(23)
def test_a_fault_is_decided_and_then_closed_by_date(town: Database) -> None:
    about = ("inspection", visit(town, "U2").inspection_no)
    number = supervision.find_fault(town, TOWN, "T1", about, DAY, "未出示证件", "b", NOW)
    later = DAY + dt.timedelta(days=3)
    with pytest.raises(CaseworkError, match="is decided before it is closed"):
        supervision.move_fault(town, number, "close", later, None, "b", moment(later, 9))
    with pytest.raises(CaseworkError, match="say the reason"):
        supervision.move_fault(town, number, "decide", later, "", "b", moment(later, 9))
    supervision.move_fault(town, number, "decide", later, "通报批评", "b", moment(later, 9))
    supervision.move_fault(town, number, "close", later, None, "b", moment(later, 9))
    with pytest.raises(AlreadyDone):
        supervision.move_fault(town, number, "close", later, None, "b", moment(later, 9))
    with town.connection() as connection:
        (held,) = supervision.faults(connection, areas=[TOWN])
    assert (held["ref"], held["decided_on"], held["closed_on"]) == (about[1], later, later)
    with pytest.raises(NotFound):
        supervision.find_fault(town, TOWN, None, ("inspection", "J0"), DAY, "x", "b", NOW)


@pytest.mark.row(7, 104)
def test_staff_that_helps_has_no_officers_number_and_so_signs_nothing(town: Database) -> None:
    with pytest.raises(CaseworkError, match="T1 is an officer's number"):
        supervision.set_auxiliary(town, "T1", "小王", TOWN, "登记", DAY, None, "b")
    supervision.set_auxiliary(town, "F1", "小王", TOWN, "登记", DAY, None, "b")
    with pytest.raises(CaseworkError, match="officer F1 is not in the register"):
        visit(town, team=(("T1", "lead"), ("F1", "member")))
    with town.connection() as connection:
        assert [row["auxiliary_no"] for row in supervision.auxiliaries(connection, DAY, [TOWN])] == ["F1"]


def test_the_command_lists_towns_that_lack_something(town: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUOYAN_DATABASE_URL", town.dsn)
    told = CliRunner().invoke(show_towns, ["--missing"], catch_exceptions=False)
    assert told.exit_code == 0
    assert "990101001" in told.output
