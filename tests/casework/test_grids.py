"""Leads of grid workers and the yearly visits of police stations."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from casework.delegation import grids, leads, stations
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.forms import NewVisit, ResultForm
from casework.results import record_result
from policy.clocks import last_moment
from store import Database
from tests.casework.city import DAY, SHEET, build_city, moment
from tests.casework.test_delegation import visit
from tests.casework.towns import BRIGADE, TOWN, delegate, prepare

NOW = moment(DAY, 20)
PHOTO = ("grid/1.jpg", "a" * 64)


@pytest.fixture
def gridded(db: Database) -> tuple[Database, dict[str, int]]:
    """A village with two grids and a patrol list of two items, one of which ends with the day."""
    units = build_city(db)
    grids.put(db, "C01", TOWN, None, "一村", None, "w")
    for code in ("C0101", "C0102"):
        grids.put(db, code, TOWN, "C01", f"网格{code}", "老张", "w")
    grids.put_task(db, TOWN, "exit", "安全出口", dt.date(2026, 1, 1), None, "w")
    grids.put_task(db, TOWN, "ebike", "电动车入户", dt.date(2026, 1, 1), DAY, "w")
    return db, units


def found(db: Database, at: dt.datetime = NOW, **changes: Any) -> str:
    entry: dict[str, Any] = {"grid_code": "C0101", "place_kind": "small_shop", "place": "老李小卖部",
                             "task_codes": ("exit",), "found_at": at, "found_by": "老张", "signed": True,
                             "photo_ref": PHOTO[0], "photo_sha256": PHOTO[1]} | changes
    return leads.find(db, leads.LeadForm(**entry), "w", at)


def state(db: Database, number: str, now: dt.datetime = NOW) -> dict[str, Any]:
    with db.connection() as connection:
        return leads.one(connection, number, now)


@pytest.mark.row(1)
def test_each_unit_lies_in_exactly_one_grid_of_its_town(gridded: tuple[Database, dict[str, int]]) -> None:
    db, units = gridded
    grids.lay(db, units["U2"], "C0101", DAY, "w")
    laid = grids.lay(db, units["U2"], "C0102", DAY, "w")
    assert laid
    assert (laid["grid_code"], laid["village_code"], laid["town_code"]) == ("C0102", "C01", TOWN)
    with db.connection() as connection:
        assert [row["unit_no"] for row in grids.without(connection, TOWN, None, 10)] == ["U1", "U3"]
        assert [(row["grid_code"], row["units"]) for row in grids.tree(connection, TOWN)] == [
            ("C01", 0), ("C0101", 0), ("C0102", 1)]
    with pytest.raises(CaseworkError, match="C01 is a village"):
        grids.lay(db, units["U2"], "C01", DAY, "w")
    with db.connection() as connection:
        connection.execute("insert into areas values ('990101002', '990101', 'town', '二街道')")
        connection.execute("update units set area_code = '990101002' where unit_no = 'U3'")
    with pytest.raises(CaseworkError, match="does not lie in town"):
        grids.lay(db, units["U3"], "C0101", DAY, "w")
    with pytest.raises(CaseworkError, match="code of another grid"):
        grids.put(db, "C0101", "990101002", None, "x", None, "w")


def test_a_lead_is_entered_once(gridded: tuple[Database, dict[str, int]]) -> None:
    number = found(gridded[0])
    with pytest.raises(AlreadyDone, match=number):
        found(gridded[0])
    assert found(gridded[0], place="老王小卖部") != number


@pytest.mark.row(98, 101)
@pytest.mark.parametrize(("change", "sentence"), [
    ({"task_codes": ("other",)}, "'other' is not on the patrol list"), ({"signed": False}, "is signed"),
    ({"photo_sha256": "x"}, "64 hexadecimal"), ({"place_kind": "mall"}, "place_kind must be one of"),
    ({"grid_code": "C01"}, "is a village"), ({"grid_code": "C9"}, "no grid C9")])
def test_a_lead_needs_item_signature_and_picture(gridded: tuple[Database, dict[str, int]], change: dict[str, Any],
                                                 sentence: str) -> None:
    with pytest.raises(CaseworkError, match=sentence):
        found(gridded[0], **change)


@pytest.mark.row(98)
def test_a_grid_worker_sees_the_list_of_the_day(gridded: tuple[Database, dict[str, int]]) -> None:
    db, tomorrow = gridded[0], DAY + dt.timedelta(days=1)
    found(db, task_codes=("ebike",))
    with pytest.raises(CaseworkError, match="'ebike' is not on the patrol list .* on 2026-03-13"):
        found(db, moment(tomorrow, 9), task_codes=("ebike",))


@pytest.mark.row(99, 101, 105)
def test_a_lead_is_closed_in_the_grid_with_a_picture_and_is_no_inspection(
        gridded: tuple[Database, dict[str, int]]) -> None:
    db = gridded[0]
    number = found(db)
    later = NOW + dt.timedelta(hours=12)
    assert leads.step(db, number, "told", NOW + dt.timedelta(hours=2), "w", later) is None
    with pytest.raises(CaseworkError, match="closed with a picture"):
        leads.step(db, number, "closed", later, "w", later)
    assert leads.step(db, number, "closed", later, "w", later, photo=("grid/2.jpg", "b" * 64)) is True
    with pytest.raises(AlreadyDone, match="is closed"):
        leads.step(db, number, "told", later, "w", later)
    held = state(db, number)
    assert [(row["step"], row["photo_ref"]) for row in held["steps"]] == [
        ("found", "grid/1.jpg"), ("told", None), ("closed", "grid/2.jpg")]
    assert db.rows("select from inspections") == []
    with db.connection() as connection:
        ends = leads.ends(connection, NOW, later, later)
    assert (ends["found"], ends["closed_in_grid"], ends["overdue"]) == (1, 1, 0)
    assert {row["state"]: row["mean_hours"] for row in ends["states"]} == {"found": 2.0, "told": 10.0}


@pytest.mark.row(99, 100)
def test_a_lead_that_is_passed_on_goes_by_a_clock_and_copies_have_receipts(
        gridded: tuple[Database, dict[str, int]]) -> None:
    db = gridded[0]
    number = found(db)
    at = NOW + dt.timedelta(days=8)
    with pytest.raises(CaseworkError, match="say to whom"):
        leads.step(db, number, "passed_on", at, "w", at, note="x")
    assert state(db, number, at)["late"] is True  # seven days in the grid have passed
    assert leads.step(db, number, "passed_on", at, "w", at, note="拒不改正", to="brigade") is False
    # Five working days from Friday 20 March end with the 27th.
    assert state(db, number, at)["due_at"] == last_moment(dt.date(2026, 3, 27))
    leads.step(db, number, "returned", at, "b", at, note="不属管辖")
    assert (state(db, number, at)["state"], state(db, number, at)["rule"]) == ("returned", "delegation.lead_in_grid")
    leads.step(db, number, "passed_on", at, "w", at, note="再送", to="department")
    assert leads.step(db, number, "accepted", at, "b", at) is True
    assert leads.step(db, number, "finished", at, "b", at, note="已改") is True
    leads.copy(db, number, "住建", DAY, "w")
    with pytest.raises(AlreadyDone):
        leads.copy(db, number, "住建", DAY, "w")
    assert leads.answer_copy(db, number, "住建", DAY, False, "w") == {"received_on": DAY, "done_on": None}
    leads.answer_copy(db, number, "住建", DAY + dt.timedelta(days=2), True, "w")
    assert state(db, number, at)["copies"] == [{"department": "住建", "sent_on": DAY, "received_on": DAY,
                                               "done_on": DAY + dt.timedelta(days=2)}]
    with pytest.raises(NotFound):
        leads.answer_copy(db, number, "城管", DAY, True, "w")


@pytest.mark.row(102)
def test_units_without_the_yearly_visit_of_a_police_station_are_listed(db: Database) -> None:
    build_city(db)
    delegate(db)
    prepare(db, "T1", "T2")
    with db.connection() as connection:
        connection.execute("""insert into officers (officer_no, name, body, area_codes, certificate_no)
                              values ('P1', '警', 'police_station', '{990101001}', 'P1'),
                                     ('P2', '察', 'police_station', '{990101001}', 'P2')""")
    stations.put(db, BRIGADE, "restaurant", 2, dt.date(2026, 1, 1), "省厅清单", "b")
    stations.put(db, BRIGADE, "office", 1, dt.date(2026, 1, 1), "省厅清单", "b")
    stations.put(db, BRIGADE, "mall", 1, dt.date(2026, 1, 1), "省厅清单", "b")

    def waiting(area: str = BRIGADE) -> dict[str, int]:
        with db.connection() as connection:
            return {row["unit_no"]: row["visits"] for row in stations.missing(connection, area, DAY)}

    assert waiting() == {"U2": 0, "U3": 0}  # U1 is a key unit: the brigade's
    visit(db, "U2")  # the town's own round does not count
    for hour, unit in ((11, "U2"), (14, "U3")):
        form = ResultForm(moment(DAY, hour), moment(DAY, hour + 1), "pass", (), (("P1", "lead"), ("P2", "member")),
                          sheet=SHEET)
        record_result(db, NewVisit(unit, "daily"), form, "pol", now=NOW)
    assert waiting() == {"U2": 1}
    with db.connection() as connection:
        paced = {row["kind"]: row for row in stations.pace(connection, TOWN, DAY)["kinds"]}
        assert stations.missing(connection, BRIGADE, dt.date(2027, 1, 4), limit=1)[0]["unit_no"] == "U2"
    assert (paced["restaurant"]["asked"], paced["restaurant"]["done"], paced["office"]["missing"]) == (2, 1, 0)
    assert paced["restaurant"]["behind"] == 0
    stations.put(db, TOWN, "restaurant", 0, dt.date(2026, 2, 1), "本镇不列", "b")
    assert waiting(TOWN) == {}
    with pytest.raises(AlreadyDone):
        stations.put(db, TOWN, "restaurant", 1, dt.date(2026, 2, 1), "again", "b")
    assert stations.working_days(dt.date(2026, 2, 13), dt.date(2026, 2, 25)) == 4


def test_the_pace_counts_each_unit_up_to_what_it_is_owed(db: Database) -> None:
    build_city(db)
    stations.put(db, BRIGADE, "restaurant", 2, dt.date(2026, 1, 1), "省厅清单", "b")
    stations.put(db, BRIGADE, "office", 1, dt.date(2026, 1, 1), "省厅清单", "b")
    with db.connection() as connection:
        connection.execute("""insert into units (unit_no, name, area_code, kind)
            select 'P' || n, '单位' || n, %s, case when n %% 2 = 0 then 'restaurant' else 'office' end
            from generate_series(1, 16) n""", [TOWN])
        # Up to four visits, the first of which was made the year before.
        connection.execute("""insert into inspections (inspection_no, unit_id, kind, status, inspected_on)
            select unit_no || '-' || v, unit_id, 'daily', 'done', date '2025-12-31' + case when v > 1 then 5 else 0 end
            from units, generate_series(1, unit_id::int / 2 % 5) v where unit_no like 'P%'""")
        paced = {row["kind"]: row for row in stations.pace(connection, BRIGADE, DAY)["kinds"]}
        waiting = stations.missing(connection, BRIGADE, DAY, limit=500)
        held = connection.execute("""select kind, count(*) as units,
                sum(least(visits, case kind when 'office' then 1 else 2 end)) as done
            from (select u.kind, (select count(*) from inspections i where i.unit_id = u.unit_id
                                  and i.inspected_on >= '2026-01-01') as visits from units u where not u.is_key) x
            where kind in ('restaurant', 'office') group by kind""").fetchall()
    for row in held:
        told = paced[row["kind"]]
        assert (told["units"], told["done"]) == (row["units"], row["done"])
        assert told["missing"] == sum(one["kind"] == row["kind"] for one in waiting)
    assert {paced[kind]["done"] for kind in ("restaurant", "office")} != {0}
