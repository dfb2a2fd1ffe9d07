"""What records name is there, as by a foreign key, though it is looked up once for a statement."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from store import Database
from tests.servers.databases import Server

CITY = """
    insert into areas (area_code, level, name_zh) values ('990000', 'city', '示范市');
    insert into units (unit_no, name, area_code, kind) values ('U1', '甲', '990000', 'hotel');
    insert into officers (officer_no, name, body, area_codes) values
        ('B1', '甲', 'brigade', array['990000']), ('B2', '乙', 'brigade', array['990000']),
        ('B3', '丙', 'brigade', array['990000']);
    insert into inspections (inspection_no, unit_id, kind, inspected_on, status)
        select no, unit_id, 'draw', '2026-01-02', 'done' from units, unnest(array['J1', 'J2']) no;
    insert into inspection_officers (inspection_id, officer_no, role)
        select inspection_id, 'B1', 'lead' from inspections;
    insert into units (unit_no, name, area_code, kind)
        values ('U2', '乙', '990000', 'hotel'), ('U3', '丙', '990000', 'hotel');
    insert into inspections (inspection_no, unit_id, kind, status) select 'J3', unit_id, 'draw', 'planned' from units
        where unit_no = 'U3'
"""
# A row of each kind of record: of the unit and of the visit whose identities stand in it.
_RECORDS = {
    "inspections": "(inspection_no, unit_id, kind, status) values ('N', {unit}, 'draw', 'planned')",
    "hazards": "(inspection_id, unit_id, item_code, severity, found_on, handling, staff_body)"
               " values ({visit}, {unit}, 'x', 'minor', '2026-01-02', 'recorded', 'brigade')",
    "orders": "(order_no, inspection_id, unit_id, kind, served_on, correct_by, recheck_by, staff_body)"
              " values ('N', {visit}, {unit}, 'immediate', '2026-01-02', '2026-01-02', '2026-01-05', 'brigade')",
    "penalties": "(case_no, inspection_id, unit_id, decided_on, kind, article)"
                 " values ('N', {visit}, {unit}, '2026-01-02', 'warning', '60')",
    "complaints": "(complaint_no, unit_id, received_at, channel, kind, check_by)"
                  " values ('N', {unit}, '2026-01-02', 'other', 'other', '2026-01-05')",
    "fires": "(fire_no, unit_id, occurred_at, procedure) values ('N', {unit}, '2026-01-02', 'simple')"}
_NAMING = [(table, column) for table, row in _RECORDS.items() for column in ("unit", "visit") if f"{{{column}}}" in row]
_ADD = "insert into inspection_officers (inspection_id, officer_no, role) "
_OF_J1 = "select inspection_id, %s, 'member' from inspections where inspection_no = 'J1'"


@pytest.fixture
def city(db: Database) -> Database:
    with db.connection() as connection:
        connection.execute(CITY)  # type: ignore[arg-type]
    return db


@pytest.fixture(scope="module")
def lasting(servers: Callable[[str], Server]) -> Iterator[psycopg.Connection]:
    """A connection whose every change is undone, to one city for all who ask."""
    with servers("embedded").migrated() as dsn, psycopg.connect(dsn) as connection:
        connection.execute(CITY)  # type: ignore[arg-type]
        connection.commit()
        yield connection


@pytest.fixture
def undone(lasting: psycopg.Connection) -> Iterator[psycopg.Connection]:
    yield lasting
    lasting.rollback()


REFUSED = {
    "an officer of nowhere": (_ADD + _OF_J1.replace("%s", "'B9'"), "officer_no B9, which officers do not have"),
    "a visit of nowhere": (_ADD + "values (99, 'B2', 'member')", "inspection_id 99, which inspections do not have"),
    "one stray among many": (_ADD + "select inspection_id, o, 'member' from inspections, unnest(array['B2', 'B9']) o",
                             "officer_no B9, which officers"),
    "renamed to nowhere": ("update inspection_officers set officer_no = 'B9'", "officer_no B9, which officers"),
    "moved to nowhere": ("update inspection_officers set inspection_id = 99 where inspection_id = (select min("
                         "inspection_id) from inspections)", "inspection_id 99, which inspections do not have"),
    "taken on conflict": (_ADD + "select inspection_id, 'B1', 'lead' from inspections on conflict (inspection_id, "
                          "officer_no) do update set officer_no = 'B9'", "officer_no B9, which officers"),
    "an officer taken away": ("delete from officers where officer_no = 'B1'",
                              "officer_no B1 of officers is named by inspection_officers"),
    "an officer renumbered": ("update officers set officer_no = 'B8' where officer_no = 'B1'",
                              "officer_no B1 of officers is named by inspection_officers"),
    "a visit renumbered": ("update inspections set inspection_id = default", "of inspections is named by")}


@pytest.mark.parametrize("what", REFUSED)
def test_what_a_foreign_key_would_refuse_is_refused(undone: psycopg.Connection, what: str) -> None:
    statement, sentence = REFUSED[what]
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match=sentence):
        undone.execute(statement)  # type: ignore[arg-type]


def _record(connection: psycopg.Connection, table: str, **named: int) -> str:
    unit, visit = connection.execute("select unit_id, inspection_id from inspections"
                                     " where inspection_no = 'J3'").fetchone() or (0, 0)
    return f"insert into {table} {_RECORDS[table].format(**{'unit': unit, 'visit': visit, **named})}"


@pytest.mark.parametrize(("table", "column"), _NAMING)
def test_a_record_names_what_there_is(undone: psycopg.Connection, table: str, column: str) -> None:
    word = {"unit": "unit_id", "visit": "inspection_id"}[column]
    sentence = f"{table} name {word} 999, which {'units' if column == 'unit' else 'inspections'} do not have"
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match=sentence), undone.transaction():
        undone.execute(_record(undone, table, **{column: 999}))  # type: ignore[arg-type]
    undone.execute(_record(undone, table))  # type: ignore[arg-type]
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match=sentence), undone.transaction():
        undone.execute(f"update {table} set {word} = 999")  # type: ignore[arg-type]
    undone.execute(f"update {table} set {word} = {word}")  # type: ignore[arg-type]


@pytest.mark.parametrize(("table", "column"), _NAMING)
def test_what_a_record_names_stays(undone: psycopg.Connection, table: str, column: str) -> None:
    undone.execute(_record(undone, table))  # type: ignore[arg-type]
    if (table, column) != ("inspections", "unit"):
        undone.execute("update inspections set unit_id = (select unit_id from units where unit_no = 'U1')"
                       " where inspection_no = 'J3'")
    target, where = ("units", "unit_no = 'U3'") if column == "unit" else ("inspections", "inspection_no = 'J3'")
    statement = f"delete from {target} where {where}"
    if (table, column) == ("hazards", "visit"):
        undone.execute(statement)  # type: ignore[arg-type]
        assert undone.execute("select 1 from hazards").fetchall() == []
    else:
        with pytest.raises(psycopg.errors.ForeignKeyViolation, match=f"of {target} is named by {table}"):
            undone.execute(statement)  # type: ignore[arg-type]


def test_who_changes_a_record_that_names_what_it_named_waits_for_nobody(city: Database) -> None:
    with city.connection() as taking:
        taking.execute("select 1 from units for update")
        with city.connection() as connection:
            connection.execute("set local lock_timeout = '5s'")
            assert connection.execute("update inspections set note = 'x'").rowcount == 3


@pytest.mark.parametrize("table", ["inspections", "officers", "referrals"])
def test_neither_table_is_emptied_at_once(city: Database, table: str) -> None:
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"), city.connection() as connection:
        connection.execute(f"truncate {table} cascade")  # type: ignore[arg-type]


def test_a_visit_takes_its_officers_with_it_and_an_officer_on_no_visit_may_go(city: Database) -> None:
    with city.connection() as connection:
        connection.execute("delete from inspections where inspection_no = 'J1'")
        connection.execute("delete from officers where officer_no = 'B3'")
        connection.execute("update officers set officer_no = 'B7' where officer_no = 'B2'")
        connection.execute("update officers set name = '丁' where officer_no = 'B1'")
    assert len(city.rows("select 1 from inspection_officers")) == 1


@pytest.mark.parametrize("statement", ["delete from inspections", "delete from officers",
                                       "update officers set officer_no = officer_no || 'x'"])
def test_a_snapshot_that_can_not_see_all_visits_takes_nothing_away(city: Database, statement: str) -> None:
    with city.connection() as held:
        held.execute("set transaction isolation level repeatable read")
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="read committed alone"):
            held.execute(statement)  # type: ignore[arg-type]
        held.rollback()


def test_the_processes_may_staff_visits_and_no_more(city: Database) -> None:
    """The function looks with its owner's rights: the API may name officers, and change none of their keys by it."""
    with city.connection() as connection:
        connection.execute("set local role huoyan_api")
        connection.execute(_ADD + _OF_J1, ["B2"])
        assert connection.execute("select nextval('inspections_inspection_id_seq') > 2 as more").fetchone() == {
            "more": True}
        assert connection.execute("select nextval('referrals_referral_id_seq') > 0 as more").fetchone() == {
            "more": True}
    for call in ("reference_known", "reference_kept", "visit_goes"):
        with city.connection() as connection:
            connection.execute("set local role huoyan_api")
            connection.execute("create temp table mine (inspection_id bigint, officer_no text) on commit drop")
            trigger = ("create trigger t after insert on mine referencing new table as came for each statement"
                       f" execute function {call}()")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(trigger)  # type: ignore[arg-type]
            connection.rollback()


def test_who_is_taken_away_meanwhile_is_waited_for_and_not_found(city: Database) -> None:
    found: list[BaseException | None] = []

    def staff() -> None:
        try:
            with city.connection() as connection:
                connection.execute(_ADD + _OF_J1, ["B3"])
            found.append(None)
        except psycopg.Error as error:
            found.append(error)

    with city.connection() as taking:
        taking.execute("delete from officers where officer_no = 'B3'")
        other = threading.Thread(target=staff)
        other.start()
        _wait_for_a_waiter(city)
        assert found == []
    other.join()
    assert isinstance(found[0], psycopg.errors.ForeignKeyViolation)


def test_who_is_named_meanwhile_is_not_taken_away(city: Database) -> None:
    found: list[BaseException | None] = []

    def take() -> None:
        try:
            with city.connection() as connection:
                connection.execute("delete from officers where officer_no = 'B3'")
            found.append(None)
        except psycopg.Error as error:
            found.append(error)

    with city.connection() as naming:
        naming.execute(_ADD + _OF_J1, ["B3"])
        other = threading.Thread(target=take)
        other.start()
        _wait_for_a_waiter(city)
        assert found == []
    other.join()
    assert isinstance(found[0], psycopg.errors.ForeignKeyViolation)


def test_officers_of_a_visit_that_is_taken_away_meanwhile_are_not_left_behind(city: Database) -> None:
    found: list[BaseException | None] = []

    def take() -> None:
        with city.connection() as connection:
            connection.execute("delete from inspections where inspection_no = 'J1'")
        found.append(None)

    with city.connection() as naming:
        naming.execute(_ADD + _OF_J1, ["B3"])
        other = threading.Thread(target=take)
        other.start()
        _wait_for_a_waiter(city)
    other.join()
    assert found == [None]
    assert city.rows("select officer_no from inspection_officers") == [{"officer_no": "B1"}]


def _wait_for_a_waiter(db: Database) -> None:
    until = time.monotonic() + 10
    while not db.rows("select 1 from pg_locks where not granted"):
        assert time.monotonic() < until, "nobody waits"
        time.sleep(0.01)
