"""What officers of visits name is there, as by a foreign key, though it is looked up once for a statement."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest

from store import Database

_CITY = """
    insert into areas (area_code, level, name_zh) values ('990000', 'city', '示范市');
    insert into units (unit_no, name, area_code, kind) values ('U1', '甲', '990000', 'hotel');
    insert into officers (officer_no, name, body, area_codes) values
        ('B1', '甲', 'brigade', array['990000']), ('B2', '乙', 'brigade', array['990000']),
        ('B3', '丙', 'brigade', array['990000']);
    insert into inspections (inspection_no, unit_id, kind, inspected_on, status)
        select no, unit_id, 'draw', '2026-01-02', 'done' from units, unnest(array['J1', 'J2']) no;
    insert into inspection_officers (inspection_id, officer_no, role)
        select inspection_id, 'B1', 'lead' from inspections
"""
_ADD = "insert into inspection_officers (inspection_id, officer_no, role) "
_OF_J1 = "select inspection_id, %s, 'member' from inspections where inspection_no = 'J1'"


@pytest.fixture
def city(any_db: Database) -> Database:
    with any_db.connection() as connection:
        connection.execute(_CITY)  # type: ignore[arg-type]
    return any_db


REFUSED = {
    "an officer of nowhere": (_ADD + _OF_J1.replace("%s", "'B9'"), "officer B9 of a visit is not in the register"),
    "a visit of nowhere": (_ADD + "values (99, 'B2', 'member')", "of visit 99, which there is not"),
    "one stray among many": (_ADD + "select inspection_id, o, 'member' from inspections, unnest(array['B2', 'B9']) o",
                             "officer B9 of a visit"),
    "renamed to nowhere": ("update inspection_officers set officer_no = 'B9'", "officer B9 of a visit"),
    "moved to nowhere": ("update inspection_officers set inspection_id = 99 where inspection_id = (select min("
                         "inspection_id) from inspections)", "of visit 99, which there is not"),
    "taken on conflict": (_ADD + "select inspection_id, 'B1', 'lead' from inspections on conflict (inspection_id, "
                          "officer_no) do update set officer_no = 'B9'", "officer B9 of a visit"),
    "an officer taken away": ("delete from officers where officer_no = 'B1'", "officer B1 stands on visits"),
    "an officer renumbered": ("update officers set officer_no = 'B8' where officer_no = 'B1'", "officer B1 stands"),
    "a visit renumbered": ("update inspections set inspection_id = default", "officers stand on visit")}


@pytest.mark.parametrize("what", REFUSED)
def test_what_a_foreign_key_would_refuse_is_refused(city: Database, what: str) -> None:
    statement, sentence = REFUSED[what]
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match=sentence), city.connection() as connection:
        connection.execute(statement)  # type: ignore[arg-type]


@pytest.mark.parametrize("table", ["inspections", "officers"])
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
    for call in ("visit_officers_known", "visit_officers_kept", "visit_officers_go"):
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
