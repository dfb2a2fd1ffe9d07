"""The ledger adds up, an event posts once, and a unit is on one list at a time."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from api.names import namer
from casework import bulk, complaints, credit, fires, penalties, record
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.penalties import PenaltyForm, penalty_form
from casework.results import record_result
from policy import rules
from store import Database
from store.database import Connection
from tests.casework.city import DAY, build_city, moment
from tests.casework.test_results import form, ordered, plan

NOW = moment(DAY + dt.timedelta(days=2), 12)
POINTS = rules().value("credit.points", DAY)
START = rules().value("credit.start", DAY)


def fine(**changes: object) -> PenaltyForm:
    told = {"unit_no": "U1", "decided_on": DAY, "kind": "fine", "article": "消防法 第60条",
            "officers": ("B1", "B2"), "amount_yuan": Decimal(20000), **changes}
    return PenaltyForm(**told)  # type: ignore[arg-type]


def account(db: Database, unit: int, day: dt.date = DAY + dt.timedelta(days=1)) -> dict[str, object]:
    with db.connection() as connection:
        return record.credit_record(connection, unit, day)


@pytest.mark.row(73)
def test_the_balance_is_the_start_plus_every_entry(db: Database) -> None:
    units = build_city(db)
    assert account(db, units["U1"])["balance"] == START
    penalties.record_penalty(db, fine(), "wang", now=NOW)
    taken = complaints.register(db, complaints.ComplaintForm("U1", moment(DAY, 8), "12345", "blocked_exit"), "wang",
                                now=NOW)
    complaints.record_check(db, taken.complaint_no, checked_at=moment(DAY, 20), verified=True, actor="wang", now=NOW)
    fires.record_fire(db, fires.FireForm("U1", moment(DAY, 3), "ordinary"), "wang", now=NOW)
    fires.record_fire(db, fires.FireForm("U1", moment(DAY, 4), "minor"), "wang", now=NOW)
    record_result(db, plan(db, units["U1"]), form(result="hazards_ordered", hazards=(ordered(is_major=True),)), "wang",
                  now=NOW)
    told = account(db, units["U1"])
    events = ("penalty_fine", "complaint_verified", "fire_ordinary", "major_hazard")
    assert told["balance"] == START + sum(POINTS[event]["points"] for event in events)
    entries = told["entries"]
    assert isinstance(entries, list)
    assert {entry["event_kind"] for entry in entries} == set(events)
    assert all(entry["article"] and entry["event_ref"] for entry in entries)
    assert account(db, units["U1"], DAY - dt.timedelta(days=1))["balance"] == START, "as of the day before"
    assert credit.run(db, DAY) == {"posted": 0}, "all of it was posted when it was entered"


def test_a_job_posts_what_was_loaded_in_bulk_once(db: Database) -> None:
    units = build_city(db)
    with db.connection() as connection:
        bulk.load_penalties(connection, [
            {"case_no": f"P{n}", "unit_no": "U1", "decided_on": DAY, "kind": "warning", "article": "消防法 60"}
            for n in range(3)])
        bulk.load_fires(connection, [{"fire_no": "F1", "unit_no": "U2", "occurred_at": moment(DAY, 3)}])
        bulk.load_inspections(connection, [{"inspection_no": "H1", "unit_no": "U2", "kind": "import",
                                            "inspected_on": DAY}])
        bulk.load_hazards(connection, [{"inspection_no": "H1", "item_code": "a", "severity": "critical",
                                        "is_major": True}])
    assert credit.run(db, DAY - dt.timedelta(days=1)) == {"posted": 0}
    assert credit.run(db, DAY) == {"posted": 5}
    assert credit.run(db, DAY) == {"posted": 0}
    assert account(db, units["U1"])["balance"] == START + 3 * POINTS["penalty_warning"]["points"]


def test_the_ledger_can_only_grow(db: Database) -> None:
    build_city(db)
    penalties.record_penalty(db, fine(), "wang", now=NOW)
    with pytest.raises(psycopg.Error, match="append-only"), db.connection() as connection:
        connection.execute("update credit_entries set points = 0")


def test_a_case_is_entered_once_and_withdrawn_once(db: Database) -> None:
    units = build_city(db)
    number = penalties.record_penalty(db, fine(case_no="C-7"), "wang", now=NOW)
    with pytest.raises(AlreadyDone, match="case C-7 was entered before"):
        penalties.record_penalty(db, fine(case_no="C-7"), "wang", now=NOW)
    penalties.withdraw(db, number, DAY + dt.timedelta(days=1), "复议撤销", "wang", now=NOW)
    assert account(db, units["U1"])["balance"] == START
    with pytest.raises(AlreadyDone, match="was withdrawn on"):
        penalties.withdraw(db, number, DAY + dt.timedelta(days=1), "again", "wang", now=NOW)
    assert penalties.record_penalty(db, fine(), "wang", now=NOW) == "C20260312-0001"
    assert db.row("select count(*) as n from penalty_officers") == {"n": 4}


@pytest.fixture(scope="module")
def city(still: Database) -> Database:
    build_city(still)
    return still


@pytest.mark.parametrize(("entry", "sentence"), [
    (fine(unit_no="U9"), "unit U9 is not"),
    (fine(officers=("B1",)), "the law asks for 2"),
    (fine(officers=("B1", "B3")), "certificate ended"),
    (fine(officers=("T1", "T2")), "key unit"),
    (fine(decided_on=DAY + dt.timedelta(days=9)), "in the future"),
    (fine(decided_on=dt.date(2012, 1, 1)), "import of history"),
    (fine(kind="caning"), "kind must be one of warning"),
    (fine(amount_yuan=None), "a fine needs its amount"),
    (fine(kind="warning"), "an amount belongs to a fine"),
    (fine(amount_yuan=Decimal(60000)), "above the 50000 yuan"),
    (fine(article="消防法 Art. 99"), r"消防法 Art\. 99 is no ground of a penalty on 2026-03-12: .*58, 59, 60"),
    (fine(article="《消防法》第十六条"), r"Art\. 16 is no ground"), (fine(article="60"), "names a law and an article"),
    (fine(article="消防法67"), r"Art\. 67 is no ground of a fine: it allows warning"),
    (fine(article="消防法60", kind="seal", amount_yuan=None), r"Art\. 60 is no ground of a seal"),
    (fine(article="某省消防条例 Art. 61"), r"under 某省消防条例 Art\. 61 may come to is not known: add"),
    (fine(inspection_no="J1"), "inspection J1 is not one of unit U1"),
])
def test_a_decision_that_can_not_be_is_refused(city: Database, entry: PenaltyForm, sentence: str) -> None:
    with pytest.raises(CaseworkError, match=sentence):
        penalties.record_penalty(city, entry, "wang", now=NOW)
    assert city.rows("select from penalties") == []
    assert city.rows("select from audit_log where entity = 'penalty'") == []


@pytest.mark.parametrize("amount", ["-5", "0", "1.005", "NaN", "1e30", "much", True])
def test_an_amount_that_is_none_is_refused(amount: object) -> None:
    with pytest.raises(CaseworkError, match="amount_yuan must be"):
        penalty_form({"unit_no": "U1", "decided_on": "2026-03-12", "kind": "fine", "article": "x", "officers": [],
                      "amount_yuan": amount})


def test_a_complaint_is_taken_checked_once_and_late_when_its_clock_has_run_out(db: Database) -> None:
    units = build_city(db)
    taken = complaints.register(db, complaints.complaint_form({
        "unit_no": "U1", "received_at": "2026-03-12T08:00", "channel": "96119", "kind": "blocked_exit"}), "w", now=NOW)
    assert (taken.complaint_no, taken.check_by) == ("T20260312-0001", moment(dt.date(2026, 3, 13), 8))
    with db.connection() as connection:
        assert [one["late"] for one in record.open_complaints(connection, moment(DAY, 9))] == [False]
        assert [one["complaint_no"] for one in record.open_complaints(connection, NOW, late_only=True)] == [
            "T20260312-0001"]
        assert record.open_complaints(connection, NOW, ["990101002"]) == []
    with pytest.raises(CaseworkError, match="before the complaint was received"):
        complaints.record_check(db, taken.complaint_no, checked_at=moment(DAY, 7), verified=True, actor="w", now=NOW)
    assert complaints.record_check(db, taken.complaint_no, checked_at=moment(DAY + dt.timedelta(days=1), 9),
                                   verified=False, actor="w", now=NOW, note="无此事") is False
    assert account(db, units["U1"])["balance"] == START, "a complaint that was not true costs nothing"
    with pytest.raises(AlreadyDone, match="was checked at"):
        complaints.record_check(db, taken.complaint_no, checked_at=NOW, verified=True, actor="w", now=NOW)
    with pytest.raises(NotFound):
        complaints.record_check(db, "T0", checked_at=NOW, verified=True, actor="w", now=NOW)


def test_points_are_given_back_after_the_shortest_publicity_once(db: Database) -> None:
    units = build_city(db)
    penalties.record_penalty(db, fine(), "wang", now=NOW)
    entry = db.row("select entry_id from credit_entries")
    assert entry is not None
    with pytest.raises(CaseworkError, match="may be repaired from 2027-03-12"):
        credit.repair(db, entry["entry_id"], "已整改", "wang", day=dt.date(2027, 3, 11))
    given = credit.repair(db, entry["entry_id"], "已整改", "wang", day=dt.date(2027, 3, 12))
    assert given == -POINTS["penalty_fine"]["points"]
    assert account(db, units["U1"], dt.date(2027, 3, 12))["balance"] == START
    with pytest.raises(AlreadyDone):
        credit.repair(db, entry["entry_id"], "again", "wang", day=dt.date(2027, 3, 13))
    penalties.withdraw(db, "C20260312-0001", dt.date(2027, 3, 14), "撤销", "wang", now=moment(dt.date(2027, 3, 15), 9))
    assert account(db, units["U1"], dt.date(2027, 3, 14))["balance"] == START, "no point is given back twice"


def test_a_suspension_is_repaired_after_three_years() -> None:
    assert credit.earliest_repair("penalty_suspension", DAY) == dt.date(2029, 3, 12)
    assert credit.earliest_repair("penalty_fine", DAY) == dt.date(2027, 3, 12)


@pytest.mark.parametrize(("points", "band"), [(100, "good"), (95, "good"), (94.99, "fair"), (80, "fair"), (60, "poor"),
                                             (59, "bad"), (-40, "bad")])
def test_a_balance_has_its_rating(points: float, band: str) -> None:
    assert credit.rating(points, DAY).code == band


def test_three_penalties_within_a_year_are_grounds_for_the_serious_list(db: Database) -> None:
    units = build_city(db)
    for n in range(3):
        penalties.record_penalty(db, fine(kind="warning", amount_yuan=None, case_no=f"C{n}"), "wang", now=NOW)
    with db.connection() as connection:
        assert credit.serious_grounds(connection, units["U1"], DAY) == ["3 penalties within 365 days"]
        assert credit.serious_grounds(connection, units["U1"], DAY + dt.timedelta(days=365)) == []
        assert credit.serious_grounds(connection, units["U2"], DAY) == []


def test_every_event_of_a_ledger_has_a_chinese_name() -> None:
    day = dt.date(2026, 3, 1)
    known = set(rules().value("credit.points", day)) | set(rules().value("credit.events", day))
    told = {f"elsewhere_{kind}" for kind in ("abnormal_operation", "tax", "labour", "contract")}
    assert told | {"repair", "penalty_withdrawn", "complaint_joined"} <= known
    for rule in ("credit.points", "credit.events"):
        for code, words in rules().value(rule, day).items():
            assert words["zh"] != code
            assert namer("zh", day).credit(code) == words["zh"]
            assert namer("en", day).credit(code) == words["en"]


_BROUGHT_IN = (
    """insert into cases (case_no, unit_id, area_code, party, regime, procedure, article, facts, officers, offence_on,
           life_safety, filed_at, filed_on, standing, decided_on, entered_by)
       select 'K' || n, u.unit_id, u.area_code, (array['organisation', 'citizen'])[1 + n % 2], 'own',
              (array['ordinary', 'simple', 'ordinary'])[1 + n % 3], '消防法60', 'x' || n, '{B1}', '2024-01-01', false,
              '2024-01-01', '2024-01-01', 'closed', '2024-01-02', 'import'
       from generate_series(1, 6) n join units u on u.unit_no = 'U1'""",
    """insert into penalties (case_no, unit_id, decided_on, kind, amount_yuan, article, entered_by)
       select no, u.unit_id, date '2024-03-01' - n::int, p.kind, case p.kind when 'fine' then 6000 end, '消防法60',
              'import'
       from units u, unnest(array['K1', 'K2', 'K2-2', 'K3', 'K4', 'P1', 'P2-1', 'P3'], array['fine', 'suspension',
           'warning', 'fine', 'fine', 'fine', 'licence_revoked', 'seal']) with ordinality as p (no, kind, n)
       where unit_no = 'U1'""",
    """insert into fires (fire_no, unit_id, occurred_at, procedure)
       select 'F' || n, u.unit_id, '2024-02-01', (array['ordinary', 'simple', 'minor'])[n]
       from generate_series(1, 3) n join units u on u.unit_no = 'U2'""",
    """insert into complaints (complaint_no, unit_id, received_at, channel, kind, check_by, checked_at, verified,
           entered_by)
       select 'T' || n, u.unit_id, '2024-02-01', '96119', 'other', '2024-02-05', '2024-02-02', true, 'import'
       from generate_series(1, 2) n join units u on u.unit_no = 'U2'""")


def test_the_night_posts_what_was_brought_in_at_once_as_it_would_one_by_one(db: Database,
                                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    build_city(db)

    def left(connection: Connection) -> list[Any]:
        return [[tuple(row.values())[1:] for row in connection.execute(query).fetchall()] for query in (
            "select entry_id, unit_id, occurred_on, points, event_kind, event_ref, article from credit_entries"
            " order by 1",
            "select a.audit_id, a.actor, a.action, e.event_ref, a.before, a.after from audit_log a"
            " join credit_entries e"
            " on e.entry_id::text = a.entity_id where a.entity = 'credit_entry' order by 1",
            "select publicity_id, kind, ref, unit_id, what, basis, decided_on, earliest_on, until_on"
            " from credit_publicity order by 1")]

    with db.connection() as connection:
        for statement in _BROUGHT_IN:
            connection.execute(statement.encode())
    with db.connection() as connection:
        for event in connection.execute(credit.q["unposted"], {"day": DAY}).fetchall():
            credit.post(connection, **event, actor="job:credit")
        singly = left(connection)
        connection.rollback()
    monkeypatch.setattr(credit, "_TOGETHER", 5)
    # Two of the penalties, K1 and K3, are of citizens.
    assert credit.run(db, DAY) == {"posted": 10}
    with db.connection() as connection:
        assert left(connection) == singly
    assert [len(rows) for rows in singly] == [10, 10, 3]
    assert credit.run(db, DAY) == {"posted": 0}
