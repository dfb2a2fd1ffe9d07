"""Off-site findings as casework keeps them: what is the same one, and what a person decides."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework import CaseworkError
from casework.finding_decisions import DecisionForm, decide, decision_form, last_visit_day, open_to
from casework.findings import Episode, Kept, Terms, keep, look, reconcile
from casework.record import unit_record
from store import Database
from tests.casework.city import DAY, build_city, moment

NOON = moment(DAY, 12)
TERMS = Terms(NOON - dt.timedelta(days=30), dt.timedelta(hours=6),
              {"dismissed": dt.timedelta(days=7), "substantiated": dt.timedelta(days=30)})


def at(hour: float) -> dt.datetime:
    return NOON + dt.timedelta(hours=hour)


def episode(unit: int, began: float, ended: float | None, subject: str = "device:1") -> Episode:
    return Episode(unit, subject, None, at(began), None if ended is None else at(ended),
                   {"facts": [{"code": "hours", "value": 30, "unit": "h"}]})


def store(db: Database, episodes: list[Episode], hour: float, rule: str = "system_off") -> None:
    with db.connection() as connection:
        assert look(connection, rule, at(hour))
        keep(connection, rule, episodes, at(hour), TERMS, {"working_days": 1})


@pytest.fixture
def units(db: Database) -> dict[str, int]:
    return build_city(db)


@pytest.fixture
def finding(db: Database, units: dict[str, int]) -> str:
    """One open finding at U2, found at noon."""
    store(db, [episode(units["U2"], -30, None)], 0)
    row = db.row("select finding_no from findings")
    assert row
    return str(row["finding_no"])


def said(db: Database, number: str, decision: str, hour: float = 1, role: str = "brigade", **more: Any) -> None:
    decide(db, number, DecisionForm(decision, "现场电话核实", **more), "wang", role=role, now=at(hour))


def state(db: Database, number: str) -> str:
    row = db.row("select state from findings where finding_no = %s", [number])
    assert row
    return str(row["state"])


# What is the same finding -------------------------------------------------------------------------------------------

_SPANS = st.lists(st.tuples(st.integers(0, 60), st.one_of(st.none(), st.integers(0, 60))), max_size=5)


@given(_SPANS, st.integers(0, 3))
def test_compared_with_what_they_left_episodes_change_nothing(spans: list[tuple[int, int | None]], unit: int) -> None:
    """Whatever episodes there are, further apart than the gap: once kept, they are all seen and none is new."""
    episodes: list[Episode] = []
    begin = 0.0
    for gap, length in spans:
        if episodes and episodes[-1].ended_at is None:
            break
        begin += gap + 6.1
        episodes.append(episode(unit, begin, None if length is None else begin + length))
        begin += length or 0
    first = reconcile([], episodes, at(999), TERMS)
    assert [one for one, _ in first.fresh] == episodes
    kept = [Kept(number, one.unit_id, one.subject, one.began_at, one.ended_at, "open")
            for number, (one, _) in enumerate(first.fresh, 1)]
    again = reconcile(kept, episodes, at(999), TERMS)
    assert (again.fresh, again.lapsed, again.over) == ([], [], [])
    assert [(own.finding_id, one) for own, one in again.seen] == list(enumerate(episodes, 1))


def test_an_episode_that_late_data_splits_leaves_its_first_part_to_the_finding() -> None:
    kept = [Kept(1, 7, "device:1", at(0), None, "open")]
    parts = [episode(7, 0, 30), episode(7, 60, None)]
    changes = reconcile(kept, parts, at(90), TERMS)
    assert [(own.finding_id, one) for own, one in changes.seen] == [(1, parts[0])]
    assert changes.fresh == [(parts[1], None)]


def test_two_findings_that_late_data_joins_are_not_taken_for_unfounded() -> None:
    kept = [Kept(1, 7, "device:1", at(0), at(30), "open"), Kept(2, 7, "device:1", at(60), at(90), "open")]
    changes = reconcile(kept, [episode(7, 0, 90)], at(100), TERMS)
    assert [own.finding_id for own, _ in changes.seen] == [2]
    assert (changes.fresh, changes.lapsed) == ([], [])


def test_what_ended_before_the_look_began_is_left_alone() -> None:
    kept = [Kept(1, 7, "device:1", at(-900), at(-719), "open"), Kept(2, 7, "device:1", at(-100), at(-50), "open"),
            Kept(3, 7, "device:2", at(-100), None, "dismissed", at(-90))]
    changes = reconcile(kept, [], at(0), TERMS)
    assert [one.finding_id for one in changes.lapsed] == [2]
    assert [one.finding_id for one in changes.over] == [3]


def test_numbers_go_on_from_one_rule_to_the_next(db: Database, units: dict[str, int]) -> None:
    many = [episode(units["U1"], 0, 30, f"device:{number}") for number in range(3)]
    store(db, many, 1)
    store(db, many[:1], 1, "offline")
    assert [row["finding_no"] for row in db.rows("select finding_no from findings order by finding_id")] == [
        "X20260312-0001", "X20260312-0002", "X20260312-0003", "X20260312-0004"]


# Decisions ------------------------------------------------------------------------------------------------------------


@pytest.mark.row(57)
def test_only_a_person_makes_a_violation_of_it(db: Database, units: dict[str, int], finding: str) -> None:
    said(db, finding, "substantiated")
    assert state(db, finding) == "substantiated"
    (kept,) = db.rows("select decision, reason, decided_by, decided_at, evidence from finding_decisions")
    assert (kept["decision"], kept["decided_by"], kept["decided_at"]) == ("substantiated", "wang", at(1))
    assert kept["evidence"]["facts"][0]["value"] == 30
    trace = db.row("select actor, action, entity_id, before, after from audit_log")
    assert trace == {"actor": "wang", "action": "substantiated", "entity_id": finding, "before": {"state": "open"},
                     "after": {"state": "substantiated", "reason": "现场电话核实", "inspection_no": None}}
    with db.connection() as connection:
        (row,) = unit_record(connection, units["U2"], DAY)["findings"]
    assert (row["finding_no"], row["state"], row["decided_by"]) == (finding, "substantiated", "wang")


def test_a_state_that_no_decision_bears_can_not_be_written(db: Database, finding: str) -> None:
    with db.connection() as connection:
        connection.execute("update findings set state = 'substantiated'")
    assert state(db, finding) == "open"
    said(db, finding, "dismissed")
    with db.connection() as connection:
        connection.execute("update findings set state = 'substantiated'")
    assert state(db, finding) == "dismissed"
    for change in ("update finding_decisions set decision = 'substantiated'", "delete from finding_decisions",
                   "delete from findings"):
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"), db.connection() as connection:
            connection.execute(change)


def test_the_pages_may_add_a_decision_and_nothing_else(db: Database, finding: str) -> None:
    insert = ("insert into finding_decisions (finding_id, decision, reason, evidence, decided_by, decided_at) "
              "select finding_id, 'dismissed', '误判', '{}', 'wang', found_at from findings")
    reach = [("huoyan_api", "update findings set lapsed_at = now()", False), ("huoyan_scheduler", insert, False),
             ("huoyan_ingest", "select * from findings", False), ("huoyan_api", insert, True),
             ("huoyan_scheduler", "select * from gbt_requests", True)]
    for role, statement, allowed in reach:
        try:
            with db.connection() as connection:
                connection.execute(f"set local role {role}")
                connection.execute(statement)
            done = True
        except psycopg.errors.InsufficientPrivilege:
            done = False
        assert done is allowed, (role, statement)
    assert state(db, finding) == "dismissed"


def test_the_pages_can_decide_under_their_own_login(dsn: str) -> None:
    with Database(dsn, max_size=2) as owner:
        ids = build_city(owner)
        store(owner, [episode(ids["U2"], -30, None)], 0)
        number = (owner.row("select finding_no from findings") or {})["finding_no"]
        with Database(f"{dsn}{'&' if '?' in dsn else '?'}options=-c%20role%3Dhuoyan_api", max_size=2) as pages:
            form = DecisionForm("to_visit", "电话无人接听", DAY, (("B1", "lead"), ("B2", "member")))
            planned = decide(pages, number, form, "wang", role="brigade", now=at(1))
        assert planned.inspection_no
        assert state(owner, number) == "to_visit"


def test_a_visit_to_see_is_planned_and_what_it_found_decides(db: Database, units: dict[str, int], finding: str) -> None:
    form = decision_form({"decision": "to_visit", "reason": "电话无人接听", "visit_on": str(DAY + dt.timedelta(days=1)),
                          "officers": [["T1", "lead"], ["T2", "member"]]})
    planned = decide(db, finding, form, "zhang", role="town", now=at(1))
    visit = db.row("select * from inspections where inspection_no = %s", [planned.inspection_no])
    assert visit
    assert (visit["unit_id"], visit["kind"], visit["status"], visit["planned_on"]) == (
        units["U2"], "finding", "planned", dt.date(2026, 3, 13))
    assert finding in visit["note"]
    assert state(db, finding) == "to_visit"
    with pytest.raises(CaseworkError, match="is not one that was made at the unit"):
        said(db, finding, "substantiated", 2, inspection_no=planned.inspection_no)
    with db.connection() as connection:
        connection.execute("update inspections set status = 'done', inspected_on = '2026-03-13'")
    said(db, finding, "substantiated", 40, inspection_no=planned.inspection_no)
    rows = db.rows("select decision, inspection_id from finding_decisions order by decision_id")
    assert [row["inspection_id"] for row in rows] == [visit["inspection_id"]] * 2


def test_a_true_finding_may_be_the_ground_for_a_visit(db: Database, finding: str) -> None:
    said(db, finding, "substantiated", visit_on=DAY)
    row = db.row("select kind, status from inspections")
    assert row == {"kind": "finding", "status": "planned"}


@pytest.mark.parametrize(("form", "role", "sentence"), [
    ({"decision": "maybe"}, "brigade", "decision must be one of substantiated, dismissed, to_visit"),
    ({"decision": "dismissed", "reason": "  "}, "brigade", "say the reason"),
    ({"decision": "substantiated"}, "town", "the role town may not make this decision"),
    ({"decision": "dismissed"}, "officer", "the role officer may not make this decision"),
    ({"decision": "to_visit"}, "town", "say on which day"),
    ({"decision": "to_visit", "visit_on": "2026-03-11"}, "town", "is to be made from 2026-03-12 to 2026-03-19"),
    ({"decision": "to_visit", "visit_on": "2026-03-20"}, "town", "not on 2026-03-20"),
    ({"decision": "to_visit", "visit_on": "2026-03-13", "officers": [["B1", "lead"]]}, "town", "1 certified officer"),
    ({"decision": "dismissed", "visit_on": "2026-03-13"}, "brigade", "needs no visit"),
    ({"decision": "dismissed", "inspection_no": "J1"}, "brigade", "inspection J1 is not one"),
    ({"decision": "dismissed", "after": 5}, "brigade", "was decided by nobody since"),
    ({"decision": "dismissed", "after": True}, "brigade", "after must be the number"),
])
def test_a_decision_that_can_not_be_taken_is_refused_in_one_sentence(db: Database, finding: str, form: dict[str, Any],
                                                                     role: str, sentence: str) -> None:
    with pytest.raises(CaseworkError, match=sentence):
        decide(db, finding, decision_form({"reason": "核实", **form}), "wang", role=role, now=at(1))
    assert state(db, finding) == "open"
    assert db.rows("select * from inspections") == []
    assert db.rows("select * from audit_log") == []


def test_a_decision_is_changed_by_another_of_those_who_may_make_it(db: Database, finding: str) -> None:
    said(db, finding, "substantiated")
    with pytest.raises(CaseworkError, match="was decided so by wang before") as twice:
        said(db, finding, "substantiated", 2)
    assert twice.value.status == 409
    with pytest.raises(CaseworkError, match="may not make this decision") as theirs:
        said(db, finding, "to_visit", 2, "town", visit_on=DAY)
    assert theirs.value.status == 403
    with pytest.raises(CaseworkError, match="dated before what it decides on"):
        said(db, finding, "dismissed", .5)
    said(db, finding, "dismissed", 3)
    assert state(db, finding) == "dismissed"
    assert len(db.rows("select * from finding_decisions")) == 2


def test_what_lapsed_can_not_be_decided(db: Database, finding: str) -> None:
    store(db, [], 1)
    assert state(db, finding) == "lapsed"
    with pytest.raises(CaseworkError, match="lost its ground"):
        said(db, finding, "substantiated", 2)
    with pytest.raises(CaseworkError, match="there is no off-site finding X1"):
        said(db, "X1", "dismissed")


def test_of_two_who_decide_at_the_same_moment_the_second_is_told(db: Database, finding: str) -> None:
    refused: list[str] = []
    ready = threading.Barrier(2)

    def work(decision: str) -> Callable[[], None]:
        def run() -> None:
            ready.wait()
            try:
                said(db, finding, decision, after=0)
            except CaseworkError as error:
                refused.append(str(error))
        return run

    threads = [threading.Thread(target=work(decision)) for decision in ("substantiated", "dismissed")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert "was decided by wang since you opened it" in refused[0]
    assert len(db.rows("select * from finding_decisions")) == 1


def test_policy_says_who_may_decide_what() -> None:
    assert open_to("brigade", "open", DAY) == ["substantiated", "dismissed", "to_visit"]
    assert open_to("town", "open", DAY) == ["to_visit"]
    assert open_to("officer", "to_visit", DAY) == []
    assert open_to("brigade", "to_visit", DAY) == ["substantiated", "dismissed"]
    assert open_to("town", "dismissed", DAY) == []
    assert open_to("administrator", "dismissed", DAY) == ["substantiated", "to_visit"]
    assert open_to("administrator", "lapsed", DAY) == []
    assert open_to("vendor", "open", DAY) == []
    # Five working days from Thursday.
    assert last_visit_day(DAY) == dt.date(2026, 3, 19)
