"""Loaders at COPY speed: twice is once, and a stray row refuses the load."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from casework import bulk
from casework.errors import CaseworkError
from store import Database
from tests.casework.city import DAY, build_city, moment


def _visits() -> list[dict[str, Any]]:
    return [{"inspection_no": f"H-{n:05d}", "unit_no": f"U{n % 3 + 1}", "kind": "draw", "arm": "random",
             "draw_probability": 0.25, "inspected_on": DAY - dt.timedelta(days=n), "result": "pass",
             "started_at": moment(DAY - dt.timedelta(days=n), 9), "ended_at": moment(DAY - dt.timedelta(days=n), 10),
             "team": "blue", "officers": [("B1", "lead"), ("B2", "member")]} for n in range(200)]


def test_inspections_loaded_twice_stand_once(db: Database) -> None:
    build_city(db)
    with db.connection() as connection:
        first = bulk.load_inspections(connection, _visits())
    with db.connection() as connection:
        second = bulk.load_inspections(connection, iter(_visits()))
    assert first == {"rows": 200, "inserted": 200, "updated": 0, "unchanged": 0, "officers": 400}
    assert second == {"rows": 200, "inserted": 0, "updated": 0, "unchanged": 200, "officers": 0}


def test_a_changed_row_is_brought_up_to_date(db: Database) -> None:
    build_city(db)
    visits = _visits()
    with db.connection() as connection:
        bulk.load_inspections(connection, visits)
        visits[7]["result"] = "hazards_ordered"
        assert bulk.load_inspections(connection, visits)["updated"] == 1


def test_every_other_loader_is_idempotent(db: Database) -> None:
    build_city(db)
    hazards = [{"inspection_no": "H-00001", "item_code": "exits.blocked", "severity": "critical"},
               {"inspection_no": "H-00001", "item_code": "signs.missing", "severity": "minor", "is_major": False}]
    penalties = [{"case_no": "P-1", "unit_no": "U1", "decided_on": DAY, "kind": "fine", "amount_yuan": 5000,
                  "article": "消防法 60", "inspection_no": "H-00001"}]
    complaints = [{"complaint_no": "T-1", "unit_no": "U1", "received_at": moment(DAY, 8), "channel": "12345",
                   "kind": "blocked_exit", "verified": True}]
    fires = [{"fire_no": "F-1", "unit_no": "U2", "occurred_at": moment(DAY, 3)}]
    credit = [{"unit_no": "U1", "occurred_on": DAY, "points": -8, "event_kind": "penalty_fine", "event_ref": "P-1",
               "article": "x"}]
    orders = [{"order_no": "H-00001-G1", "inspection_no": "H-00001", "kind": "immediate", "served_on": DAY,
               "correct_by": DAY, "recheck_by": DAY}]
    listings = [{"unit_no": "U1", "list": "general", "from_day": DAY, "basis": "x"}]
    with db.connection() as connection:
        bulk.load_inspections(connection, _visits())
        for load, rows in ((bulk.load_hazards, hazards), (bulk.load_orders, orders), (bulk.load_penalties, penalties),
                           (bulk.load_complaints, complaints), (bulk.load_fires, fires), (bulk.load_credit, credit),
                           (bulk.load_listings, listings)):
            assert load(connection, rows)["inserted"] == len(rows)
            assert load(connection, rows) == {"rows": len(rows), "inserted": 0, "updated": 0, "unchanged": len(rows)}
    kept = db.row("select found_on, handling from hazards where item_code = 'signs.missing'")
    assert kept == {"found_on": DAY - dt.timedelta(days=1), "handling": "recorded"}
    due = db.row("select check_by - received_at as span from complaints")
    assert due == {"span": dt.timedelta(hours=24)}


CHANGED = {
    bulk.load_hazards: ({"inspection_no": "H-00001", "item_code": "a", "severity": "minor"}, {"severity": "critical"}),
    bulk.load_orders: ({"order_no": "G1", "inspection_no": "H-00001", "kind": "immediate", "served_on": DAY,
                        "correct_by": DAY, "recheck_by": DAY}, {"inspection_no": "H-00002"}),
    bulk.load_penalties: ({"case_no": "P1", "unit_no": "U1", "decided_on": DAY, "kind": "fine", "amount_yuan": 5000,
                           "article": "消防法 60"}, {"amount_yuan": 5000.01, "unit_no": "U2"}),
    bulk.load_complaints: ({"complaint_no": "T1", "unit_no": "U1", "received_at": moment(DAY, 8), "channel": "12345",
                            "kind": "blocked_exit"}, {"verified": True, "checked_at": moment(DAY, 9)}),
    bulk.load_fires: ({"fire_no": "F1", "unit_no": "U1", "occurred_at": moment(DAY, 3)}, {"procedure": "ordinary"})}


def test_what_differs_is_brought_up_to_date_by_every_loader(db: Database) -> None:
    build_city(db)
    with db.connection() as connection:
        bulk.load_inspections(connection, _visits())
        for load, (row, change) in CHANGED.items():
            assert load(connection, [row])["inserted"] == 1
            assert load(connection, [{**row, **change}]) == {"rows": 1, "inserted": 0, "updated": 1, "unchanged": 0}
            assert load(connection, [{**row, **change}])["unchanged"] == 1
    assert db.row("select h.severity, i.inspection_no, p.amount_yuan::text, u.unit_no, c.verified, f.procedure"
                  " from hazards h, orders o join inspections i using (inspection_id), penalties p join units u"
                  " using (unit_id), complaints c, fires f") == {
        "severity": "critical", "inspection_no": "H-00002", "amount_yuan": "5000.01", "unit_no": "U2",
        "verified": True, "procedure": "ordinary"}


def test_a_stray_unit_refuses_the_whole_load(db: Database) -> None:
    build_city(db)
    with pytest.raises(CaseworkError, match="'U99', which is not in the register"), db.connection() as connection:
        bulk.load_fires(connection, [{"fire_no": "F-1", "unit_no": "U1", "occurred_at": moment(DAY, 3)},
                                     {"fire_no": "F-2", "unit_no": "U99", "occurred_at": moment(DAY, 3)}])
    assert db.rows("select from fires") == []


def test_a_unit_is_never_loaded_onto_both_lists(db: Database) -> None:
    build_city(db)
    rows = [{"unit_no": "U1", "list": "general", "from_day": DAY, "basis": "x"},
            {"unit_no": "U1", "list": "serious", "from_day": DAY + dt.timedelta(days=30), "basis": "x"}]
    with pytest.raises(CaseworkError, match="unit U1 would be on the general and the serious list"), \
            db.connection() as connection:
        bulk.load_listings(connection, rows)
