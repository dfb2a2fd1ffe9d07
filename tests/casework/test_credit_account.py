"""Objections, evaluations, foreign records, promises, and an export whose counts add up."""

from __future__ import annotations

import datetime as dt

import pytest

from casework import past, penalties
from casework.credit_record import account, evaluations, export, nightly, objections, told
from casework.errors import AlreadyDone, CaseworkError, NotFound
from policy import rules
from store import Database
from tests.casework.city import build_city
from tests.casework.crediting import NOW, CreditClerk

D = dt.date
USCC = "91310000MA1FL0XX0A"


def _account(db: Database, day: dt.date, unit_no: str = "U1") -> dict[str, object]:
    with db.connection() as connection:
        unit = connection.execute("select unit_id, unit_no, name, uscc, area_code from units where unit_no = %s",
                                  [unit_no]).fetchone()
        assert unit
        return account.of(connection, unit, day)


def _object(db: Database, target: str, ref: object, moment: str, unit: str = "U1") -> str:
    return objections.receive(db, {"unit_no": unit, "target": target, "ref": ref, "received_at": moment,
                                   "text": "处罚对象有误"}, "clerk", now=NOW)


@pytest.mark.row(79, 73)
def test_an_objection_is_answered_in_three_working_days_and_corrects(db: Database) -> None:
    build_city(db)
    clerk = CreditClerk(db)
    clerk.penalty("2026-09-21", "C1")
    entry = db.row("select entry_id from credit_entries")
    assert entry
    number = _object(db, "entry", entry["entry_id"], "2026-09-28T09:00")
    # Three working days from Monday the 28th: the 29th, the 30th, and Thursday 8 October after the holiday.
    assert clerk.due(number, "objection_answered") == "2026-10-08"
    with pytest.raises(AlreadyDone, match="is being handled"):
        _object(db, "entry", entry["entry_id"], "2026-09-28T10:00")
    answer = {"answered_at": "2026-10-09T09:00", "upheld": True, "reason": "同名单位"}
    with pytest.raises(CaseworkError, match="upheld must be"):
        objections.answer(db, number, {**answer, "upheld": "yes"}, "clerk", now=NOW)
    assert objections.answer(db, number, answer, "clerk", now=NOW) is False, "a day late"
    whole = _account(db, D(2026, 10, 9))
    assert whole["balance"] == whole["start"]
    entries = whole["entries"]
    assert isinstance(entries, list)
    assert [(one["points"], one["balance"]) for one in entries] == [(6, 100), (-6, 94)]
    second = _object(db, "penalty", "C1", "2026-10-12T09:00")
    assert objections.answer(db, second, {**answer, "answered_at": "2026-10-12T10:00"}, "clerk", now=NOW) is True
    assert db.row("select ended_why from credit_publicity") == {"ended_why": "objection"}
    listing = clerk.listed("2026-11-02")
    third = _object(db, "listing", listing, "2026-11-03T09:00")
    assert objections.answer(db, third, {**answer, "answered_at": "2026-11-04T10:00", "upheld": False}, "clerk",
                             now=NOW) is True
    assert db.row("select to_day from credit_listings") == {"to_day": None}
    fourth = _object(db, "listing", listing, "2026-11-05T09:00")
    objections.answer(db, fourth, {**answer, "answered_at": "2026-11-05T10:00"}, "clerk", now=NOW)
    assert db.row("select to_day, ended_why from credit_listings") == {"to_day": D(2026, 11, 5),
                                                                      "ended_why": "objection"}
    with pytest.raises(NotFound):
        _object(db, "entry", 999, "2026-11-05T09:00")


@pytest.mark.row(75)
@pytest.mark.parametrize(("balance", "listing", "code"), [
    (100, None, "good"), (100, "red", "good"), (94, None, "fair"), (100, "general", "poor"), (100, "serious", "bad"),
    (59, "general", "bad")])
def test_the_same_inputs_give_the_same_grade(balance: float, listing: str | None, code: str) -> None:
    inputs = {"balance": balance, "list": listing, "penalties": 0, "major_hazards": 0}
    assert [evaluations.grade(inputs, D(2026, 12, 31)) for _ in range(2)] == [code, code]


@pytest.mark.row(75)
def test_a_year_is_evaluated_once_and_never_changed(db: Database) -> None:
    build_city(db)
    clerk = CreditClerk(db)
    clerk.penalty("2026-03-12", "C1")
    with pytest.raises(CaseworkError, match="2026 has not ended"):
        evaluations.evaluate(db, 2026, now=dt.datetime(2026, 12, 31, 9, tzinfo=dt.UTC))
    assert nightly.run(db, D(2027, 1, 2))["evaluated"] == 1, "U1 is the key unit"
    clerk.penalty("2026-04-12", "C2")
    assert nightly.run(db, D(2027, 1, 3))["evaluated"] == 0
    assert evaluations.evaluate(db, 2026, now=NOW) == 0
    row = db.row("select grade, inputs, policy_version from credit_evaluations")
    assert row
    assert row["grade"] == evaluations.grade(row["inputs"], D(2026, 12, 31)) == "fair"
    assert row["inputs"]["balance"] == 94
    assert row["policy_version"] == rules().version(D(2026, 12, 31))


@pytest.mark.row(74, 81)
def test_what_another_body_told_keeps_its_source_and_posts_no_points(db: Database) -> None:
    build_city(db)
    form = {"unit_no": "U1", "source_body": "市市场监督管理局", "source_ref": "市监罚〔2026〕1号",
            "bearing": "discredit",
            "memorandum": "联合监管备忘录", "occurred_on": "2026-03-01", "content": "超范围经营"}
    told.bring_in(db, form, "clerk", now=NOW)
    with pytest.raises(AlreadyDone, match="told of 市监罚〔2026〕1号 before"):
        told.bring_in(db, form, "clerk", now=NOW)
    with pytest.raises(CaseworkError, match="source_body is missing"):
        told.bring_in(db, {**form, "source_body": ""}, "clerk", now=NOW)
    whole = _account(db, D(2026, 3, 12))
    held = whole["foreign"]
    assert isinstance(held, list)
    assert (held[0]["source_body"], held[0]["source_ref"], held[0]["received_on"]) == (
        "市市场监督管理局", "市监罚〔2026〕1号", D(2030, 12, 31))
    assert whole["balance"] == whole["start"]


@pytest.mark.row(203)
def test_a_promise_is_kept_and_found_broken_once(db: Database) -> None:
    build_city(db)
    form = {"unit_no": "U2", "kind": "credit", "promised_on": "2026-03-01", "content": "落实消防安全主体责任"}
    number = told.promise(db, form, "clerk", now=NOW)
    assert number == "CN20260301-0001"
    with pytest.raises(CaseworkError, match="kind must be one of"):
        told.promise(db, {**form, "kind": "marriage"}, "clerk", now=NOW)
    with pytest.raises(CaseworkError, match="was given on 2026-03-01, after"):
        told.break_promise(db, number, {"broken_on": "2026-02-01", "reason": "x"}, "clerk", now=NOW)
    told.break_promise(db, number, {"broken_on": "2026-04-01", "reason": "通道堵塞"}, "clerk", now=NOW)
    with pytest.raises(AlreadyDone):
        told.break_promise(db, number, {"broken_on": "2026-04-02", "reason": "x"}, "clerk", now=NOW)


def test_the_ground_of_a_seal_goes_out_in_chinese(db: Database) -> None:
    build_city(db)
    db.rows("update units set uscc = %s where unit_no = 'U1' returning 1", [USCC])
    with db.connection() as connection:
        past.load(connection, "measures", [{
            "measure_no": "F1", "unit_no": "U1", "kind": "seal", "path": "ordinary", "ground": "exits", "scope": "二层",
            "officers": ["B1", "B2"], "began_at": dt.datetime(2026, 3, 2, tzinfo=dt.UTC), "began_on": D(2026, 3, 2),
            "until_on": D(2026, 3, 30), "standing": "standing"}])
        (row,) = export.rows(connection, "coercion", D(2026, 3, 1), D(2026, 3, 31), None)
    assert row["QZ_SY"] == "疏散通道、安全出口数量不足或者严重堵塞"


@pytest.mark.row(199)
def test_each_of_the_four_kinds_goes_out_and_the_counts_add_up(db: Database) -> None:
    build_city(db)
    clerk = CreditClerk(db)
    db.rows("update units set uscc = %s where unit_no = 'U1' returning 1", [USCC])
    clerk.penalty("2026-03-02", "C1")
    clerk.penalty("2026-03-03", "C2", "warning", unit="U2")
    clerk.penalty("2026-03-04", "C3", "seal")
    clerk.penalty("2026-03-05", "C4", "warning")
    penalties.withdraw(db, "C4", D(2026, 3, 6), "撤销", "clerk", now=NOW)
    told.permit(db, {"unit_no": "U1", "permit_no": "消安许〔2026〕1号", "kind": "opening", "decided_on": "2026-03-01",
                     "content": "大商场一层至三层"}, "clerk", now=NOW)
    with pytest.raises(AlreadyDone):
        told.permit(db, {"unit_no": "U1", "permit_no": "消安许〔2026〕1号", "kind": "opening",
                         "decided_on": "2026-03-01", "content": "x"}, "clerk", now=NOW)
    with db.connection() as connection:
        connection.execute("""insert into inspections (inspection_no, unit_id, kind, inspected_on, status, result)
            select 'J' || unit_no, unit_id, 'draw', '2026-03-09', 'done', 'pass' from units""")
        first, last = D(2026, 3, 1), D(2026, 3, 31)
        told_counts = {kind: export.counts(connection, kind, first, last, None) for kind in export.KINDS}
        out = {kind: list(export.rows(connection, kind, first, last, None)) for kind in export.KINDS}
        with pytest.raises(CaseworkError, match="at most 366 days"):
            export.counts(connection, "penalty", first, D(2028, 1, 1), None)
    assert told_counts["penalty"] == {"in": 3, "exported": 1, "held": {"withdrawn": 1, "no_credit_code": 1}}
    assert told_counts["inspection"] == {"in": 3, "exported": 1, "held": {"no_credit_code": 2}}
    assert told_counts["permit"] == {"in": 1, "exported": 1, "held": {}}
    assert told_counts["coercion"] == {"in": 1, "exported": 1, "held": {}}
    for kind, found in told_counts.items():
        assert found["in"] == found["exported"] + sum(found["held"].values())
        assert len(out[kind]) == found["exported"]
        assert [list(row) for row in out[kind]] == [[field.code for field in export.FIELDS[kind]]]
    assert out["coercion"][0]["QZ_QZLB"] == "临时查封"
    fine = out["penalty"][0]
    assert (fine["CF_XDR_SHXYM"], fine["CF_WSH"], fine["CF_CFLB"], fine["CF_NR_FK"], fine["CF_JDRQ"],
            fine["CF_GSJZQ"], fine["CF_JG"]) == (USCC, "C1", "罚款", "0.8", "2026-03-02", "2029-03-02",
                                                "火眼区消防救援大队")
