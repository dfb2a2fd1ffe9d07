"""Seeded violations of each kind are all found, each once; a person decides; the files of officers add up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest

from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.supervision import detectors, findings
from casework.supervision.findings import Wanted
from store import Database
from tests.casework.city import build_city, moment
from tests.casework.enforcing import Clerk
from tests.servers.databases import Server

TODAY = dt.date(2026, 3, 31)
NOW = moment(TODAY, 9)
_SEEDED = """
insert into inspections (inspection_no, unit_id, kind, inspected_on, status, result)
select number, unit_id, 'town', day, 'done', 'pass' from (values
    ('J1', 'U2', date '2026-03-10'), ('J2', 'U1', '2026-03-11'), ('J3', 'U2', '2026-03-12'), ('J4', 'U2', '2026-03-13'),
    ('J5', 'U2', '2025-11-01'), ('J6', 'U2', '2026-03-16'), ('J7', 'U2', '2026-03-17')) s (number, unit_no, day)
    join units using (unit_no);
insert into inspection_officers (inspection_id, officer_no, role)
select inspection_id, officer, case when officer in ('T1', 'B1') then 'lead' else 'member' end from (values
    -- J1 is as it should be, J2 a town at a key unit, J3 one officer, J4 an expired certificate, J5 long ago,
    -- J6 before there was an agreement, J7 a town officer without any certificate.
    ('J1', 'B1'), ('J1', 'B2'), ('J2', 'T1'), ('J2', 'T2'), ('J3', 'B1'), ('J4', 'B1'), ('J4', 'B3'), ('J5', 'B1'),
    ('J6', 'T1'), ('J6', 'T2'), ('J7', 'B1'), ('J7', 'T3')) s (number, officer)
    join inspections on inspection_no = number;
insert into penalties (case_no, unit_id, decided_on, kind, article, amount_yuan)
select number, unit_id, day, 'fine', '消防法 Art. 60', amount from (values
    ('P1', date '2026-03-10', 800000), ('P2', '2026-03-11', 6000)) s (number, day, amount), units where unit_no = 'U1';
insert into clocks (rule, noun, ref, unit_id, area_code, started_at, soon_at, due_at, done_at)
select 'deadlines.recheck', 'order', ref, unit_id, '990101001', '2026-03-01', '2026-03-03', '2026-03-04', done
from (values ('G1', timestamptz '2026-03-03'), ('G2', '2026-03-09'), ('G3', null)) s (ref, done), units
where unit_no = 'U1'
"""


@pytest.fixture(scope="module")
def seeded(servers: Callable[[str], Server]) -> Iterator[Database]:
    with servers("embedded").migrated() as url, Database(url, max_size=2) as opened:
        build_city(opened)
        with opened.connection() as connection:
            for statement in _SEEDED.split(";\n"):
                connection.execute(statement)
        case = Clerk(opened).file("2026-03-05")
        with opened.connection() as connection:
            # A case that was closed though its inquiry was not filmed, as an import may bring it.
            connection.execute("""insert into enforcement_steps (noun, ref, step, at, entered_by)
                                  values ('case', %s, 'inquiry', '2026-03-06', 'x')""", [case])
            connection.execute("update cases set standing = 'closed', closed_on = '2026-03-20'")
        yield opened


def marks(db: Database) -> set[tuple[str, str]]:
    return {(row["detector"], row["ref"]) for row in db.rows("select detector, ref from supervision_findings")}


@pytest.mark.row(110)
def test_seeded_violations_of_each_kind_are_all_found_once_and_nothing_else_is(seeded: Database) -> None:
    found = detectors.run(seeded, TODAY, NOW)
    case = seeded.rows("select case_no from cases")[0]["case_no"]
    assert marks(seeded) == {
        ("beyond_power", "J2"), ("beyond_power", "J6"), ("one_officer", "J3"), ("expired_certificate", "J4"),
        ("expired_certificate", "J7"), ("late_step", "G2 deadlines.recheck"), ("late_step", "G3 deadlines.recheck"),
        ("outside_band", "P1"), ("missing_video", case), ("missing_review", "P1"), ("missing_review", "P2")}
    assert found == {"beyond_power": 2, "one_officer": 1, "expired_certificate": 2, "late_step": 2, "outside_band": 1,
                     "missing_video": 1, "missing_review": 2}
    assert sum(detectors.run(seeded, TODAY, NOW).values()) == 0
    assert detectors.run(seeded, TODAY, NOW, since=dt.date(2025, 1, 1)) == dict.fromkeys(found, 0) | {"one_officer": 1}


def test_a_person_decides_once_with_a_reason_and_only_in_their_areas(seeded: Database) -> None:
    detectors.run(seeded, TODAY, NOW)
    with seeded.connection() as connection:
        (one,) = findings.listed(connection, Wanted("outside_band"))
        assert one["facts"]["highest"] == "50000"
        assert findings.listed(connection, Wanted(), ["990000"]) == []
        with pytest.raises(CaseworkError, match="detector"):
            findings.listed(connection, Wanted("no_such"))
    with pytest.raises(NotFound):
        findings.decide(seeded, one["finding_id"], "fault", "罚款过重", "head", NOW, ["990000"])
    with pytest.raises(CaseworkError, match="reason"):
        findings.decide(seeded, one["finding_id"], "fault", " ", "head", NOW)
    findings.decide(seeded, one["finding_id"], "fault", "罚款畸重", "head", NOW)
    with pytest.raises(AlreadyDone, match="was decided"):
        findings.decide(seeded, one["finding_id"], "explained", "再议", "head", NOW)
    with seeded.connection() as connection:
        assert [row["ref"] for row in findings.listed(connection, Wanted(state="fault"))] == ["P1"]


@pytest.mark.row(116)
def test_the_files_of_all_officers_add_up_to_the_acts(seeded: Database) -> None:
    with seeded.connection() as connection:
        told = findings.summary(connection, dt.date(2026, 1, 1), TODAY)
        assert sum(row["visits"] for row in told["officers"]) == told["acts"]["person_visits"] == 11
        assert told["acts"]["visits"] == 6
        assert sum(row["found"] for row in told["findings"]) == told["acts"]["found"]
        (alone,) = findings.summary(connection, dt.date(2026, 1, 1), TODAY, officer="B3")["officers"]
        assert (alone["visits"], alone["led"], alone["found"]) == (1, 0, 1)
        seen = {row["officer_no"]: row["found"] for row in findings.glance(
            connection, dt.date(2026, 1, 1), TODAY)["officers"]}
        assert seen == {row["officer_no"]: row["found"] for row in told["officers"] if row["found"]}
        with pytest.raises(CaseworkError, match="three years"):
            findings.summary(connection, TODAY, dt.date(2026, 1, 1))


def test_no_mark_can_be_taken_away_by_who_is_marked(seeded: Database) -> None:
    row = seeded.row("""select has_table_privilege('huoyan_api', 'supervision_findings', 'delete') as gone,
        has_column_privilege('huoyan_api', 'supervision_findings', 'detector', 'update') as changed,
        has_table_privilege('huoyan_api', 'supervision_findings', 'insert') as made""")
    assert row == {"gone": False, "changed": False, "made": False}
