"""Cases, measures and the like of past years: what stands is left, and what differs from it is rejected by name."""

from __future__ import annotations

import datetime as dt
from copy import copy
from pathlib import Path
from typing import Any

import pytest

from casework import past
from casework.errors import CaseworkError
from casework.kept_loading import Loading
from casework.record_import import import_record
from store import Database
from tests.casework.city import DAY, build_city, moment
from tests.casework.test_record_import import ROWS, TODAY, put

# Of each kind: a cell of its row in ``ROWS`` and another for it, of every column but the key.
OTHERWISE = {
    "cases": [("U1", "U2"), ("ordinary", "simple"), ("60.1.3", "60.1.4"), ("占用疏散通道", "占用车道"),
              ("B1;B2", "B1"), ("2024-05-06", "2024-05-05"), ("2024-05-07", "2024-05-08"), ("archived", "closed"),
              ("2024-06-01", "2024-06-02"), ("2024-07-01", "2024-07-02")],
    "measures": [("U1", "U2"), ("grave", "other"), ("二层", "三层"), ("B1;B2", "B2;B1"), ("2024-05-06", "2024-05-05"),
                 ("2024-06-04", "2024-06-05"), ("lifted", "done"), ("2024-05-30", "2024-05-31")],
    "major-hazards": [("U1", "U2"), ("direct", "combined"), ("6.1", "6.1;6.2"), ("B1;B2", "B1"),
                      ("2024-05-06", "2024-05-05"), ("county", "city"),
                      ("2024-09-01", "2024-09-02"), ("2024-05-10", "2024-05-11")],
    "credit-entries": [("U1", "U2"), ("2024-06-01", "2024-06-02"), (",60", ",61")],
    "agreements": [("delegated", "empowered"), ("990101,inspect", "990000,inspect"), ("inspect;order", "inspect"),
                   ("2024-01-01", "2024-01-02"), ("2026-12-31", "2026-12-30"), ("2023-12-20", "2023-12-21")],
    "training": [("pre_post", "special"), (",8,", ",7.5,"), (",1,", ",0.5,")],
    "guidance": [("B1", "B2"), ("指导", "培训")],
    "referrals": [("key_unit", "other"), ("U1", "U2"), ("990101001", "990101"), ("exits.blocked", "signs.missing"),
                  ("2024-04-01", "2024-04-02"), ("closed,已查处", "accepted,"), ("已查处", "已处理")]}
# Of each kind: its row in ``ROWS`` with another key.
_ANOTHER = {"cases": ("A1,", "A9,"), "measures": ("C1,", "C9,"), "major-hazards": ("M1,", "M9,"),
            "credit-entries": ("OLD-1", "OLD-9"), "agreements": ("W1,", "W9,"), "referrals": ("Y1,", "Y9,"),
            "training": ("2024-02-01", "2024-02-02"), "guidance": ("2024-02-10", "2024-02-11"),
            "listings": ("2024-06-01", "2024-05-01")}
_TABLES = {"credit-entries": "credit_entries", "major-hazards": "major_hazards", "training": "training_days",
           "guidance": "guidance_visits", "listings": "credit_listings"}
_NAMES = {"credit-entries": "penalty_fine/OLD-1", "training": "T1 2024-02-01 岗前培训",
          "guidance": "990101001 2024-02-10"}


def _stored(db: Database, kind: str) -> list[dict[str, Any]]:
    behind = {"major-hazards": "enforcement_steps", "referrals": "referral_steps"}.get(kind)
    found = db.rows(f"select to_jsonb(t) as row from {_TABLES.get(kind, kind)} t order by 1")
    return found + (db.rows(f"select to_jsonb(t) as row from {behind} t order by 1") if behind else [])


@pytest.mark.parametrize("kind", OTHERWISE)
def test_a_row_that_differs_in_any_cell_is_rejected_by_name_and_its_neighbours_are_not(
        db: Database, tmp_path: Path, kind: str) -> None:
    build_city(db)
    head, row = ROWS[kind]
    assert import_record(db, kind, put(tmp_path, kind, ROWS[kind]), actor="w", day=TODAY).inserted == 1
    stood = _stored(db, kind)
    for cell, other in OTHERWISE[kind]:
        assert cell in row, cell
        told = import_record(db, kind, put(tmp_path, kind, [head, row.replace(cell, other, 1)]), actor="w", day=TODAY)
        assert (cell, told.accepted, [one.line for one in told.rejected]) == (cell, 0, [2])
        assert "stands with other facts and stays as it is" in told.rejected[0].reason
        assert told.rejected[0].value == _NAMES.get(kind, row.split(",")[0])
    assert _stored(db, kind) == stood
    lines = [head, row.replace(*OTHERWISE[kind][0], 1), row.replace(*_ANOTHER[kind])]
    beside = import_record(db, kind, put(tmp_path, kind, lines), actor="w", day=TODAY)
    assert (beside.inserted, beside.unchanged, [one.line for one in beside.rejected]) == (1, 0, [2])
    assert all(one in _stored(db, kind) for one in stood)
    again = import_record(db, kind, put(tmp_path, kind, [head, row, lines[2]]), actor="w", day=TODAY)
    assert (again.inserted, again.unchanged, again.rejected) == (0, 2, [])


@pytest.mark.parametrize("kind", _ANOTHER)
def test_a_dry_run_leaves_nothing(db: Database, tmp_path: Path, kind: str) -> None:
    build_city(db)
    told = import_record(db, kind, put(tmp_path, kind, ROWS[kind]), actor="w", day=TODAY, dry_run=True)
    assert (told.inserted, _stored(db, kind)) == (1, [])


@pytest.mark.parametrize("kind", [kind for kind in _ANOTHER if kind != "referrals"])
def test_what_another_enters_between_the_look_and_the_writing_stands(
        db: Database, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    build_city(db)
    insert, entered = Loading._insert, list[str]()

    def late(self: Loading, laid: Any, standing: Any) -> int:
        if not entered:
            entered.append(kind)
            with db.connection() as connection:
                other = copy(self)
                other._connection = connection
                insert(other, laid, standing)
        return insert(self, laid, standing)

    monkeypatch.setattr(Loading, "_insert", late)
    told = import_record(db, kind, put(tmp_path, kind, ROWS[kind]), actor="w", day=TODAY)
    assert (told.inserted, told.unchanged, told.rejected) == (0, 1, [])
    assert len(_stored(db, kind)) == (2 if kind == "major-hazards" else 1)


def test_steps_and_notices_go_with_new_rows_alone(db: Database, tmp_path: Path) -> None:
    build_city(db)
    head, row = ROWS["referrals"]
    lines = [head, row, row.replace("Y1", "Y2").replace("closed,已查处", "accepted,"),
             row.replace("Y1", "Y3").replace("U1", "U9"), row.replace("Y1", "Y4")]
    assert import_record(db, "referrals", put(tmp_path, "r", lines[:2]), actor="w", day=TODAY).inserted == 1
    told = import_record(db, "referrals", put(tmp_path, "r", lines), actor="w", day=TODAY)
    assert (told.inserted, told.unchanged, [one.line for one in told.rejected]) == (2, 1, [4])
    assert db.rows("select referral_no, step, s.reason, s.to_code, s.made_by, s.at from referral_steps s"
                   " join referrals using (referral_id) order by 1") == [
        {"referral_no": no, "step": step, "reason": reason, "to_code": "990101", "made_by": "w",
         "at": dt.datetime(2024, 3, 31, 16, tzinfo=dt.UTC)}
        for no, step, reason in (("Y1", "closed", "已查处"), ("Y2", "accepted", None), ("Y4", "closed", "已查处"))]
    assert db.rows("select distinct owner_code, owner_body from referrals") == [
        {"owner_code": "990101", "owner_body": "brigade"}]
    head, row = ROWS["major-hazards"]
    lines = [head, row, row.replace("M1", "M2").replace(",2024-05-10", ","),
             row.replace("M1", "M3").replace("U1", "U9")]
    assert import_record(db, "major-hazards", put(tmp_path, "m", lines), actor="w", day=TODAY).inserted == 2
    assert db.rows("select noun, ref, step, entered_by, at from enforcement_steps") == [
        {"noun": "major_hazard", "ref": "M1", "step": "notice_served", "entered_by": "w",
         "at": dt.datetime(2024, 5, 9, 16, tzinfo=dt.UTC)}]


def test_rows_that_stand_far_down_a_long_file_are_found(db: Database, tmp_path: Path) -> None:
    build_city(db)
    head, row = ROWS["cases"]
    lines = [head, *(row.replace("A1", f"A{n}") for n in range(6000))]
    some = import_record(db, "cases", put(tmp_path, "some", [head, *lines[5001:5011]]), actor="w", day=TODAY)
    assert some.inserted == 10
    lines[5005] = lines[5005].replace("60.1.3", "60.1.4")
    told = import_record(db, "cases", put(tmp_path, "long", lines), actor="w", day=TODAY)
    assert (told.inserted, told.unchanged, [(one.line, one.value) for one in told.rejected]) == (
        5990, 9, [(5006, "A5004")])
    assert db.rows("select distinct area_code, entered_by, filed_at from cases") == [
        {"area_code": "990101001", "entered_by": "w", "filed_at": dt.datetime(2024, 5, 6, 16, tzinfo=dt.UTC)}]


def test_attendances_are_rounded_once(db: Database, tmp_path: Path) -> None:
    build_city(db)
    head, row = ROWS["training"]
    lines = [head, row.replace(",8,1,", ",7.449,0.335,")]
    for inserted in (1, 0):
        told = import_record(db, "training", put(tmp_path, "t", lines), actor="w", day=TODAY)
        assert (told.inserted, told.rejected) == (inserted, [])
    assert db.rows("select hours::text, days::text from training_days") == [{"hours": "7.4", "days": "0.34"}]


def _case(number: str, **facts: Any) -> dict[str, Any]:
    return {"case_no": number, "unit_no": "U1", "party": "organisation", "regime": "own", "procedure": "ordinary",
            "article": "60", "facts": "占用疏散通道", "officers": ["B1", "B2"], "offence_on": DAY, "life_safety": False,
            "filed_at": moment(DAY, 9), "filed_on": DAY, "standing": "open", **facts}


def test_a_case_that_is_loaded_is_of_its_visit_where_that_is_one_of_its_unit(db: Database) -> None:
    units = build_city(db)
    with db.connection() as connection:
        connection.execute("insert into inspections (inspection_no, unit_id, kind, inspected_on, status)"
                           " values ('J1', %s, 'draw', '2024-01-01', 'done')", [units["U1"]])
        rows = [_case("A1", inspection_no="J1"), _case("A2", inspection_no="J1", unit_no="U2"), _case("A3"),
                _case("A4", inspection_no="J9"), _case("A1", facts="第二行")]
        assert past.load(connection, "cases", rows, "w") == 4
        assert past.load(connection, "cases", rows, "w") == 0
    assert db.rows("select case_no, i.inspection_no, facts, items, c.entered_by from cases c"
                   " left join inspections i using (inspection_id) order by 1") == [
        {"case_no": f"A{n}", "inspection_no": "J1" if n == 1 else None, "facts": "占用疏散通道", "items": [],
         "entered_by": "w"} for n in range(1, 5)]


def test_a_case_of_a_unit_of_nowhere_refuses_the_load(db: Database) -> None:
    build_city(db)
    with pytest.raises(CaseworkError, match="a case names unit 'U99', which is not in the register"), \
            db.connection() as connection:
        past.load(connection, "cases", [_case("A1"), _case("A2", unit_no="U99")])
    assert db.rows("select 1 from cases") == []
