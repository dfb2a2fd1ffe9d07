"""Complaints: how they come in, who may know who complained, that the result is told, and one reward for one fact."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest

from casework import complainants, complaints, credit, nightly, rewards
from casework.complaints import complaint_form
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.forms import NewVisit, ResultForm
from casework.results import record_result
from policy import rules
from policy.clocks import SHANGHAI, last_moment, legal_day
from scoring import nightly as scoring_night
from store import Database
from tests.casework.city import DAY, SHEET, build_city, moment

NOW = moment(DAY + dt.timedelta(days=2), 12)


def taken(db: Database, hour: int = 9, **changes: Any) -> str:
    entry = {"unit_no": "U2", "received_at": moment(DAY, hour).isoformat(), "channel": "96119", "kind": "blocked_exit",
             "anonymous": False, "complainant": {"name": "赵某", "phone": "13800000000"}, **changes}
    return complaints.register(db, complaint_form(entry), "wang", now=NOW).complaint_no


def checked(db: Database, number: str, verified: bool = True) -> bool:
    return complaints.record_check(db, number, checked_at=moment(DAY, 20), verified=verified, actor="wang", now=NOW)


def tell(db: Database, number: str, **how: Any) -> bool | None:
    said = {"told_at": moment(DAY, 21), "how": "phone", "why_not": None, **how}
    return complaints.tell(db, number, actor="wang", now=NOW, **said)


def test_a_check_is_the_visit_made_on_the_complaint(db: Database) -> None:
    build_city(db)
    number = taken(db, 9)

    def visited(hour: int) -> str:
        return record_result(db, NewVisit("U2", "complaint"), ResultForm(
            moment(DAY, hour), moment(DAY, hour + 1), "pass", officers=(("B1", "lead"), ("B2", "member")), sheet=SHEET),
            "wang", now=NOW).inspection_no

    def check(hour: int, inspection_no: str) -> bool:
        return complaints.record_check(db, number, checked_at=moment(DAY, hour), verified=True, actor="wang", now=NOW,
                                       inspection_no=inspection_no)

    earlier, later = visited(7), visited(14)
    with pytest.raises(CaseworkError, match=r"had ended before the complaint was received.*Art\. 18"):
        check(15, earlier)
    with pytest.raises(CaseworkError, match=r"before inspection .* began .*Art\. 18"):
        check(10, later)
    assert check(14, later) is True


@pytest.mark.row(61)
@pytest.mark.parametrize(("kind", "until"), [
    ("blocked_exit", "2026-03-13T09:00"),   # 规定 Art. 18(1): 24 hours
    ("facilities_off", "2026-03-13T09:00"),
    ("ebike", "2026-03-17T23:59:59.999999"),          # Art. 18(2): 3 working days, the weekend left out
])
def test_both_clocks_run_from_the_intake(db: Database, kind: str, until: str) -> None:
    build_city(db)
    taken(db, kind=kind, channel="wechat", anonymous=True, complainant=None)
    rows = {row["rule"]: row for row in db.rows("select rule, started_at, due_at from clocks")}
    assert rows["deadlines.complaint_check"]["due_at"] == dt.datetime.fromisoformat(until).replace(tzinfo=SHANGHAI)
    assert rows["deadlines.complaint_tell"]["due_at"] == last_moment(dt.date(2026, 4, 1))
    assert {row["started_at"] for row in rows.values()} == {moment(DAY, 9)}


@pytest.mark.row(61)
def test_every_channel_of_the_rule_is_taken_and_no_other(db: Database) -> None:
    build_city(db)
    for place, channel in enumerate(entry["code"] for entry in rules().value("complaint.channels", DAY)):
        taken(db, hour=place, channel=channel)
    assert {"app", "wechat"} <= {row["channel"] for row in db.rows("select channel from complaints")}
    with pytest.raises(CaseworkError, match="channel must be one of 96119"):
        taken(db, channel="pigeon")


def test_a_complaint_of_long_ago_is_a_slip_or_history(db: Database) -> None:
    build_city(db)
    with pytest.raises(CaseworkError, match="received on 1999-01-01, more than 1825 days ago: bring it in by"):
        taken(db, received_at="1999-01-01T09:00")


def test_who_complained_is_kept_apart_and_each_look_is_traced(db: Database) -> None:
    build_city(db)
    number = taken(db)
    assert complainants.read(db, number, "brigade") == {"name": "赵某", "phone": "13800000000", "hidden": True}
    log = db.rows("select action, entity, before, after from audit_log")
    assert ("read", "complainant") in {(row["action"], row["entity"]) for row in log}
    assert "赵某" not in str(log)
    assert "赵某" not in str(db.rows("select * from complaints"))
    with pytest.raises(CaseworkError, match="an anonymous complaint has no complainant"):
        taken(db, hour=10, anonymous=True)


def test_names_are_cleared_when_they_have_served(db: Database) -> None:
    build_city(db)
    number = taken(db)
    checked(db, number)
    tell(db, number)
    kept = DAY + dt.timedelta(days=rules().value("retention.complainant_days", DAY))
    with db.connection() as connection:
        connection.execute("set local role huoyan_scheduler")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute("select name from complainants")
    assert "complainants_cleared" not in nightly.run(db, kept)
    assert nightly.run(db, kept + dt.timedelta(days=1))["complainants_cleared"] == 1
    assert db.row("select name, phone from complainants") == {"name": None, "phone": None}
    with pytest.raises(NotFound, match="was cleared on"):
        complainants.read(db, number, "brigade")


def test_the_result_is_told_after_the_check_or_it_is_noted_why_not(db: Database) -> None:
    build_city(db)
    first, second = taken(db), taken(db, hour=10)
    with pytest.raises(AlreadyDone, match=r"is not checked: there is no result to tell yet .*Art\. 18"):
        tell(db, first)
    assert checked(db, first)
    assert checked(db, second, verified=False)
    with pytest.raises(CaseworkError, match="say told_at and how, or why_not"):
        tell(db, first, why_not="无人接听")
    assert tell(db, first) is True
    assert tell(db, second, told_at=None, how=None, why_not="号码停机") is None
    with pytest.raises(AlreadyDone, match="was noted before"):
        tell(db, first)
    assert db.rows("select told_how, untold_why from complaints order by complaint_no") == [
        {"told_how": "phone", "untold_why": None}, {"told_how": None, "untold_why": "号码停机"}]
    assert db.rows("select ref from clocks where rule = 'deadlines.complaint_tell' and dropped_at is not null") == [
        {"ref": second}]


@pytest.mark.row(60)
def test_one_fact_is_rewarded_once_and_to_whoever_told_it_first(db: Database) -> None:
    build_city(db)
    first, second = taken(db), taken(db, hour=11, channel="12345")
    with pytest.raises(AlreadyDone, match=r"is not checked: a reward is decided on after the check .*Art\. 18"):
        rewards.grant(db, first, "li", now=NOW)
    checked(db, first)
    checked(db, second)
    with pytest.raises(CaseworkError, match="came in later"):
        rewards.join(db, first, second, "li")
    rewards.join(db, second, first, "li")
    with pytest.raises(AlreadyDone, match=f"tells the same fact as {first}: one fact is rewarded once.*item 17"):
        rewards.grant(db, second, "li", now=NOW)
    signed = db.rows("select checked_at from complaints where complaint_no = %s", [first])[0]["checked_at"]
    for wrong in (signed - dt.timedelta(minutes=1), NOW + dt.timedelta(minutes=1)):
        with pytest.raises(CaseworkError, match="is decided on between its check and now"):
            rewards.grant(db, first, "li", now=NOW, at=wrong)
    assert rewards.grant(db, first, "li", now=NOW, at=signed).amount_yuan == 200
    assert db.rows("select decided_on from complaint_rewards") == [{"decided_on": legal_day(signed)}]
    with pytest.raises(AlreadyDone, match="decided on before: one fact is rewarded once"):
        rewards.grant(db, first, "li", now=NOW)
    rewards.pay(db, first, DAY + dt.timedelta(days=2), "li", now=NOW)
    assert db.row("select state, band, amount_yuan::float8 as yuan from complaint_rewards") == {
        "state": "paid", "band": "serious", "yuan": 200}
    with pytest.raises(AlreadyDone, match="only a granted one is paid"):
        rewards.pay(db, first, DAY + dt.timedelta(days=2), "li", now=NOW)


@pytest.mark.row(60)
@pytest.mark.parametrize("joined", ["before", "between", "after"])
def test_one_fact_gives_points_once_whenever_its_complaints_are_joined(db: Database, joined: str) -> None:
    build_city(db)
    first, second = taken(db), taken(db, hour=11, channel="12345")

    def points() -> float:
        row = db.row("select coalesce(sum(points), 0)::float8 as points from credit_entries")
        assert row
        return float(row["points"])

    if joined == "before":
        rewards.join(db, second, first, "li", now=NOW)
    checked(db, second)
    assert points() == -2
    if joined == "between":
        rewards.join(db, second, first, "li", now=NOW)
    checked(db, first)
    if joined == "after":
        assert points() == -4
        rewards.join(db, second, first, "li", now=NOW)
    assert points() == -2
    credit.run(db, NOW.date())
    assert points() == -2


@pytest.mark.row(60)
def test_what_was_not_true_or_has_no_name_earns_nothing(db: Database) -> None:
    build_city(db)
    false, nobody = taken(db), taken(db, hour=11, anonymous=True, complainant=None)
    checked(db, false, verified=False)
    checked(db, nobody)
    with pytest.raises(AlreadyDone, match="was not found true"):
        rewards.grant(db, false, "li", now=NOW)
    with pytest.raises(AlreadyDone, match="was made without a name"):
        rewards.grant(db, nobody, "li", now=NOW)
    rewards.refuse(db, false, "不属实", "li", now=NOW)
    assert db.row("select state, reason from complaint_rewards") == {"state": "refused", "reason": "不属实"}


def test_a_true_complaint_moves_the_score_of_the_same_night(db: Database) -> None:
    units = build_city(db)
    tomorrow = DAY + dt.timedelta(days=1)
    number = taken(db)

    def score() -> float:
        scoring_night.run(db, tomorrow, force=True)
        row = db.row("select score from scores where unit_id = %s and as_of = %s", [units["U2"], tomorrow])
        assert row is not None
        return float(row["score"])

    before = score()
    checked(db, number)
    assert score() > before
